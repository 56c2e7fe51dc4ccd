"""A SavedModel for TensorFlow Serving, written whole or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_t2i.exporting import lineage
from keras_t2i.metrics.programs import know_program
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.address import is_address, named
from keras_t2i.pipelines.remote.place import Place
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.pipelines.whole_folder import whole_folder
from keras_t2i.pipelines.writable import require_folder

if TYPE_CHECKING:
    import keras


def write_version(
    out: Path,
    archive: "keras.export.ExportArchive",
    examples: Mapping[str, Any],
    card: dict[str, Any],
) -> Path:
    """Write a model as the next version under `out`; returns the version's folder.

    The version appears under its number at once and whole: a server that watches the folder never
    loads half of it. With it go warm-up requests and a model card (`assets.extra/`).

    Args:
        out: Folder of the model's versions; it is created.
        archive: The model's signatures.
        examples: A value for each named input that is no plain number or vector.
        card: The model card.

    Raises:
        InputError: `out` is a file.
    """
    from keras_t2i.exporting.model_card import FILE
    from keras_t2i.exporting.warmup import write_warmup

    check_folder(out)
    version = next_version(out)
    with whole_folder(version, "saved_model.pb") as partial:
        archive.write_out(str(partial), verbose=False)
        write_warmup(partial, examples)
        write_json(partial / "assets.extra" / FILE, card)
    know_program(version)
    return version


def next_version(out: Path) -> Path:
    """Folder of the version that comes next under `out`, which need not exist.

    No number comes twice, also where versions were removed: a server does not look again at a
    number that it has loaded.
    """
    names = (held.name for held in out.iterdir()) if out.is_dir() else ()
    there = [int(name) for name in names if name.isdigit()]
    return out / str(1 + max((*there, *lineage.numbers(out)), default=0))


def check_folder(out: Path, option: str = "--out") -> None:
    """Refuse a place that cannot hold versions, before anything is loaded.

    Args:
        out: Folder of the model's versions, which need not exist, or its address.
        option: Option that names it, for the message.

    Raises:
        InputError: A place that is a file, a run, a folder of other files, or that cannot be
            written.
    """
    if is_address(out):
        place = Place(out)
        held = sorted({name.split("/")[0] for name in place.files()})
    else:
        require_folder(out, option)
        held = sorted(path.name for path in out.iterdir()) if out.exists() else []
    if "experiment.json" in held:
        raise InputError(
            f"{option} {named(out)} is a run or a pretrained model; choose another folder."
        )
    others = [name for name in held if not name.startswith(".") and name != lineage.FILE]
    if others and not any(name.isdigit() for name in others):
        raise InputError(
            f"{option} {named(out)} holds other files and no version of a model ({others[0]}); "
            "choose another folder."
        )
    if is_address(out):
        place.check_writable()
