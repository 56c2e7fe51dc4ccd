"""Files of a given sentence encoder: how they are recognised, opened, summed and copied."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow

if TYPE_CHECKING:
    from keras_t2i.text.frozen.program import Program
    from keras_t2i.text.frozen.sentence_model import SentenceModel

TOKENIZER = "tokenizer.json"
_EXTRA = "pip install 'keras-t2i[sentence]'"


@dataclass(frozen=True)
class Kind:
    """A kind of files.

    Args:
        recognises: Function that tells whether a path is of it.
        open: Function that reads the network.
    """

    recognises: Callable[[Path], bool]
    open: "Callable[[Path], Program]"


def _keras(path: Path) -> "Program":
    from keras_t2i.text.frozen.keras_program import KerasProgram

    return KerasProgram(path)


def _saved(path: Path) -> "Program":
    from keras_t2i.text.frozen.saved_program import SavedProgram

    return SavedProgram(path)


def _onnx(path: Path) -> "Program":
    from keras_t2i.text.frozen.onnx_program import OnnxProgram

    return OnnxProgram(path)


def is_saved_model(path: Path) -> bool:
    """Whether a path is the folder of a SavedModel."""
    return (path / "saved_model.pb").is_file()


_KINDS = (
    Kind(lambda path: path.suffix == ".keras" and path.is_file(), _keras),
    Kind(is_saved_model, _saved),
    Kind(lambda path: path.suffix == ".onnx" and path.is_file(), _onnx),
)


def require(path: Path, option: str) -> Kind:
    """The kind of a given encoder; nothing is loaded.

    Args:
        path: The file or folder.
        option: Option that names it, for the message.

    Raises:
        InputError: Nothing there, or no kind that is known.
    """
    if not path.exists():
        raise InputError(f"{option} {path}: no such file.")
    kind = next((kind for kind in _KINDS if kind.recognises(path)), None)
    if kind is None:
        raise InputError(
            f"{option} {path}: must be a .keras or .onnx file, or the folder of a SavedModel."
        )
    return kind


def open_model(path: Path, option: str) -> "SentenceModel":
    """The encoder of a file or folder.

    Args:
        path: The file or folder.
        option: Option that names it, for the message.

    Raises:
        InputError: Nothing there, not readable, no sentence encoder, or a package is missing.
    """
    kind = require(path, option)
    load_tensorflow()  # without its chatter
    from keras_t2i.text.frozen.sentence_model import sentence_model

    try:
        return sentence_model(kind.open(path), tokenizer_of(path))
    except ModuleNotFoundError as error:
        raise InputError(f"{option} {path} needs the package {error.name}: {_EXTRA}.") from error
    except Exception as error:  # those of Keras, TensorFlow and onnxruntime have no common family
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(
            f"{option} {path}: cannot be used as a sentence encoder: {reason}."
        ) from error


def tokenizer_of(path: Path) -> Path:
    """Place of the tokenizer of an encoder: beside a file, or in a SavedModel's folder."""
    return (path if path.is_dir() else path.parent) / TOKENIZER


def sum_of(path: Path) -> str:
    """sha256 of an encoder's files, with their names, in hexadecimal digits."""
    digest = hashlib.sha256()
    for file in _files(path):
        digest.update(str(file.relative_to(path.parent)).encode() + b"\0")
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def copy(path: Path, folder: Path) -> None:
    """Copy an encoder's files into a folder, under their names."""
    for file in _files(path):
        target = folder / file.relative_to(path.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _files(path: Path) -> list[Path]:
    """The files of an encoder; large ONNX models have a second one of the same beginning."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    tokenizer = [tokenizer_of(path)] if tokenizer_of(path).is_file() else []
    return sorted([*path.parent.glob(f"{escape(path.name)}*"), *tokenizer])
