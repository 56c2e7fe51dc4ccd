"""Models that are exported to an address: written here, then sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from keras_t2i.exporting import lineage
from keras_t2i.pipelines.remote.address import is_address
from keras_t2i.pipelines.remote.cache import folder_for
from keras_t2i.pipelines.remote.mirror import Mirror
from keras_t2i.pipelines.remote.place import Place

# The file that makes a folder a SavedModel.
LAST = "saved_model.pb"


@contextmanager
def models_at(out: Path) -> Iterator[Path]:
    """Give the folder of a model's versions to write to; what is new there goes to its address.

    Of the versions that are at the address, the numbers and the cards are here. The file that makes
    a version a SavedModel is sent last: a server that looks meanwhile finds none, and tries again.

    Args:
        out: Folder of the model's versions, or its address.

    Raises:
        InputError: The address cannot be read or written.
    """
    if not is_address(out):
        yield out
        return
    folder = folder_for("models", out)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "writer.lock"):
        mirror = Mirror(Place(out), folder, left_out=(lineage.LOCK,))
        mirror.fetch(wanted=lambda name: "/" not in name or "/assets.extra/" in name)
        yield folder
        mirror.send(last=(LAST,))
