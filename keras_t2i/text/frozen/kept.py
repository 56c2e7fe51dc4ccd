"""A run's own copy of the sentence encoder that it was given."""

from pathlib import Path

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.pipelines.whole_folder import recover, whole_folder
from keras_t2i.text.frozen import files
from keras_t2i.training.run import read_json

FOLDER = "sentence_encoder"  # in the folder of the encoder's stage
_SUM = "sum.json"


def keep(path: Path, stage: Path) -> None:
    """Copy an encoder's files into a stage's folder, so that the run draws without the original.

    Args:
        path: The encoder's file or folder.
        stage: Folder of the stage.

    Raises:
        InputError: The run was begun with other files.
    """
    path = path if path.name not in ("", "..") else path.resolve()  # `.` has no name
    folder, found = stage / FOLDER, files.sum_of(path)
    recover(folder)
    if not (folder / _SUM).exists():
        with whole_folder(folder, _SUM) as partial:
            files.copy(path, partial)
            write_json(partial / _SUM, {"name": path.name, "sha256": found})
    known = _read(folder)["sha256"]
    if found != known:
        raise InputError(
            f"{path}: the run was begun with files of sha256 {known}. Received: {found}. Put the "
            "former files there, or use another --run folder."
        )


def kept_encoder(stage: Path) -> Path:
    """Place of the encoder in a stage's folder.

    Raises:
        InputError: The copy is missing or damaged.
    """
    folder = stage / FOLDER
    recover(folder)
    held = _read(folder)
    path = folder / held["name"]
    if files.sum_of(path) != held["sha256"]:
        raise InputError(f"{path}: damaged: its sha256 is not that of {_SUM}.")
    return path


def _read(folder: Path) -> dict[str, str]:
    if not (folder / _SUM).is_file():
        raise InputError(f"{folder}: the run's sentence encoder is missing.")
    return read_json(folder / _SUM)
