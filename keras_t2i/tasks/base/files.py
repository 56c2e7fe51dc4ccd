"""Files that `generate --translate` names."""

from pathlib import Path

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.sources.files import picture_files
from keras_t2i.tasks.base.options import GenerateOptions

_NO_PICTURES = ("captions", "labels", "file", "interpolate", "arithmetic", "attention",
                "combinations", "reconstruct")  # fmt: skip


def only_pictures(request: GenerateOptions) -> None:
    """Refuse what a run from pictures to pictures cannot do.

    Raises:
        InputError: It is asked for.
    """
    request.refuse(_NO_PICTURES, "it takes pictures; give --translate FILE ….")


def picture_paths(request: GenerateOptions) -> list[Path]:
    """The files, and the pictures in the folders, that are to be translated.

    Raises:
        InputError: None is given, or a folder has none.
    """
    if not request.translate:
        raise InputError("Give --translate with pictures, or folders of them.")
    return [file for path in request.translate for file in _files(path)]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [path / name for name in picture_files(path, "--translate")]
