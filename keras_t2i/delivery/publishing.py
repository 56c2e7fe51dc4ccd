"""The one publisher of a model's versions, in a folder or at an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_t2i.delivery.blessing import Refused
from keras_t2i.exporting import lineage
from keras_t2i.exporting.sent import LAST
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.address import is_address
from keras_t2i.pipelines.remote.cache import folder_for
from keras_t2i.pipelines.remote.mirror import Mirror
from keras_t2i.pipelines.remote.place import Place


@contextmanager
def only_publisher(to: Path) -> Iterator[Path]:
    """Give the folder of a model's versions; nobody else publishes there while the block works.

    Versions at an address are fetched whole, each once to a machine, for they are compared with
    and rolled back to. What is new, a refusal as well, is sent at the end of the block. As buckets
    have no locks, lineage and versions there must be as they were when they were fetched; only who
    starts to send in the very moment of this look is not seen. The lineage goes last: a version
    that was sent without its line gets it by `catch_up`.

    Args:
        to: Folder of a model's versions, or its address.

    Raises:
        InputError: Another process publishes there, or did meanwhile; or the address cannot be
            read or written. What the block raises names the address, not the folder here.
    """
    if not is_address(to):
        with lineage.only_publisher(to):
            yield to
        return
    place, folder = Place(to), folder_for("published", to)
    mirror = Mirror(place, folder, left_out=(lineage.LOCK,))
    refusal: Refused | None = None
    try:
        with lineage.only_publisher(folder):
            before = _published(place)
            mirror.fetch()
            try:
                yield folder
            except Refused as refused:
                refusal = refused
            if _published(place) != before:
                raise InputError(
                    f"{folder}: another machine published there meanwhile, so nothing was; the "
                    "same command again compares with what is served now."
                )
            mirror.send(last=(LAST, lineage.FILE))
    except InputError as error:
        raise InputError(str(error).replace(str(folder), place.address)) from error
    if refusal is not None:
        raise Refused(str(refusal).replace(str(folder), place.address))


def _published(place: Place) -> dict[str, str]:
    """The lineage and the versions' files at a place, whole versions and what is being sent."""
    files = place.files().items()
    return {name: state for name, state in files if name[0].isdigit() or name == lineage.FILE}
