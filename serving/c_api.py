"""A SavedModel in TensorFlow's C library alone, as a C++ server loads it.

Nothing here imports Python's TensorFlow: a model that runs here needs no operation, kernel or
resource that only Python would bring along. The library is the one inside the `tensorflow` package.
"""

import ctypes
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

_NUMBERS = {
    1: np.dtype("float32"),
    2: np.dtype("float64"),
    3: np.dtype("int32"),
    4: np.dtype("uint8"),
    5: np.dtype("int16"),
    6: np.dtype("int8"),
    8: np.dtype("complex64"),
    9: np.dtype("int64"),
    10: np.dtype("bool"),
    14: np.dtype(ml_dtypes.bfloat16),
    17: np.dtype("uint16"),
    18: np.dtype("complex128"),
    19: np.dtype("float16"),
    22: np.dtype("uint32"),
    23: np.dtype("uint64"),
}
_CODES = {dtype: code for code, dtype in _NUMBERS.items()}
_STRING, _STRING_BYTES = 7, 24


class CApiError(RuntimeError):
    """TensorFlow's C library answered with an error.

    Args:
        message: Words of the library.
        code: Number of the canonical code of RPC, such as 3 for INVALID_ARGUMENT.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.message, self.code = message, code


class _Output(ctypes.Structure):
    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


class SavedModel:
    """A loaded SavedModel. Its runs may come from several threads at a time.

    Args:
        directory: Folder of a version, such as `saved_models/birds/1`.
        config: Serialized `ConfigProto` of its session; empty for TensorFlow's defaults.

    Raises:
        CApiError: The model cannot be loaded.
    """

    def __init__(self, directory: Path, config: bytes = b"") -> None:
        self._library = _library()
        self._graph = self._library.TF_NewGraph()
        options = self._library.TF_NewSessionOptions()
        tags = (ctypes.c_char_p * 1)(b"serve")
        try:
            with self._status() as status:
                self._library.TF_SetConfig(options, config, len(config), status)
            with self._status() as status:
                self._session = self._library.TF_LoadSessionFromSavedModel(
                    options, None, str(directory).encode(), tags, 1, self._graph, None, status
                )
        finally:
            self._library.TF_DeleteSessionOptions(options)

    def run(
        self, inputs: Mapping[str, np.ndarray], outputs: Sequence[str], options: bytes = b""
    ) -> list[np.ndarray]:
        """Run tensors by name, such as `serving_default_caption:0`.

        Args:
            inputs: Arrays by the tensors' names; strings as object arrays of bytes.
            outputs: Names of the tensors to fetch.
            options: Serialized `RunOptions`, such as one with a `timeout_in_ms`.

        Returns:
            An array an output; strings as object arrays of bytes.

        Raises:
            CApiError: There is no such tensor, or the graph refuses the inputs.
        """
        fed, fetched = self._outputs(list(inputs)), self._outputs(outputs)
        held = [np.asarray(value) for value in inputs.values()]
        feeds: list[int] = []
        answers = (ctypes.c_void_p * len(outputs))()
        given = self._library.TF_NewBufferFromString(options, len(options)) if options else None
        try:
            feeds.extend(self._tensor(value) for value in held)
            with self._status() as status:
                self._library.TF_SessionRun(
                    self._session, given,
                    fed, (ctypes.c_void_p * len(feeds))(*feeds), len(feeds),
                    fetched, answers, len(outputs),
                    None, 0, None, status,
                )  # fmt: skip
            return [self._array(tensor) for tensor in answers if tensor is not None]
        finally:
            for tensor in answers:
                if tensor is not None:
                    self._library.TF_DeleteTensor(tensor)
            for tensor, value in zip(feeds, held, strict=False):
                self._delete(tensor, value)
            if given is not None:
                self._library.TF_DeleteBuffer(given)

    @contextmanager
    def _status(self) -> Iterator[int]:
        """A status of one call, whose error is raised."""
        status = self._library.TF_NewStatus()
        try:
            yield status
            code = self._library.TF_GetCode(status)
            if code:
                raise CApiError(self._library.TF_Message(status).decode("utf-8", "replace"), code)
        finally:
            self._library.TF_DeleteStatus(status)

    def _outputs(self, names: Sequence[str]) -> Any:
        found = []
        for name in names:
            operation, _, index = name.partition(":")
            pointer = self._library.TF_GraphOperationByName(self._graph, operation.encode())
            if not pointer:
                raise CApiError(f"The model has no operation {operation!r}.", 5)
            found.append(_Output(pointer, int(index or 0)))
        return (_Output * len(found))(*found)

    def _tensor(self, value: np.ndarray) -> int:
        shape = (ctypes.c_int64 * value.ndim)(*value.shape)
        if value.dtype != object:
            value = np.ascontiguousarray(value)
            code = _CODES[value.dtype]
            tensor = self._library.TF_AllocateTensor(code, shape, value.ndim, value.nbytes)
            ctypes.memmove(self._library.TF_TensorData(tensor), value.ctypes.data, value.nbytes)
            return tensor
        tensor = self._library.TF_AllocateTensor(
            _STRING, shape, value.ndim, value.size * _STRING_BYTES
        )
        start = self._library.TF_TensorData(tensor)
        for i, text in enumerate(value.ravel()):
            place = start + i * _STRING_BYTES
            self._library.TF_StringInit(place)
            self._library.TF_StringCopy(place, text, len(text))
        return tensor

    def _delete(self, tensor: int, value: np.ndarray) -> None:
        """Free a tensor that was fed. Its texts have memory of their own, freed by nobody else."""
        if value.dtype == object:
            start = self._library.TF_TensorData(tensor)
            for i in range(value.size):
                self._library.TF_StringDealloc(start + i * _STRING_BYTES)
        self._library.TF_DeleteTensor(tensor)

    def _array(self, tensor: int) -> np.ndarray:
        rank = self._library.TF_NumDims(tensor)
        shape = [self._library.TF_Dim(tensor, i) for i in range(rank)]
        start, code = self._library.TF_TensorData(tensor), self._library.TF_TensorType(tensor)
        if code in _NUMBERS:
            size = self._library.TF_TensorByteSize(tensor)
            held = bytearray(ctypes.string_at(start, size))
            return np.frombuffer(held, _NUMBERS[code]).reshape(shape)
        if code != _STRING:
            raise CApiError(f"An output is of the type {code}, which is no array.", 12)
        texts = np.empty(int(np.prod(shape)), object)
        for i in range(len(texts)):
            place = start + i * _STRING_BYTES
            data = self._library.TF_StringGetDataPointer(place)
            texts[i] = ctypes.string_at(data, self._library.TF_StringGetSize(place))
        return texts.reshape(shape)


def _file(folder: Path, name: str) -> str:
    """Path of a library in the package, as its builds for macOS and Linux name it."""
    suffix = ".2.dylib" if sys.platform == "darwin" else ".so.2"
    return str(folder / (name + suffix))


@cache
def _library() -> ctypes.CDLL:
    """The C library inside the `tensorflow` package, found without importing the package."""
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        raise CApiError("The package `tensorflow`, which holds the C library, is not installed.")
    folder = Path(spec.submodule_search_locations[0])
    try:
        ctypes.CDLL(_file(folder, "libtensorflow_framework"), ctypes.RTLD_GLOBAL)
        library = ctypes.CDLL(_file(folder, "libtensorflow_cc"), ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise CApiError(f"TensorFlow's C library cannot be loaded: {error}.") from error
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    many = ctypes.c_size_t
    declared: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "TF_NewStatus": (pointer, ()),
        "TF_DeleteStatus": (None, (pointer,)),
        "TF_SetConfig": (None, (pointer, text, many, pointer)),
        "TF_DeleteSessionOptions": (None, (pointer,)),
        "TF_NewBufferFromString": (pointer, (text, many)),
        "TF_DeleteBuffer": (None, (pointer,)),
        "TF_NewGraph": (pointer, ()),
        "TF_NewSessionOptions": (pointer, ()),
        "TF_GetCode": (number, (pointer,)),
        "TF_Message": (text, (pointer,)),
        "TF_LoadSessionFromSavedModel": (
            pointer,
            (pointer, pointer, text, pointer, number, pointer, pointer, pointer),
        ),
        "TF_GraphOperationByName": (pointer, (pointer, text)),
        "TF_SessionRun": (
            None,
            (*[pointer] * 4, number, pointer, pointer, number, pointer, number, pointer, pointer),
        ),
        "TF_AllocateTensor": (pointer, (number, pointer, number, many)),
        "TF_DeleteTensor": (None, (pointer,)),
        "TF_TensorData": (pointer, (pointer,)),
        "TF_TensorType": (number, (pointer,)),
        "TF_TensorByteSize": (many, (pointer,)),
        "TF_NumDims": (number, (pointer,)),
        "TF_Dim": (ctypes.c_int64, (pointer, number)),
        "TF_StringInit": (None, (pointer,)),
        "TF_StringCopy": (None, (pointer, text, many)),
        "TF_StringDealloc": (None, (pointer,)),
        "TF_StringGetDataPointer": (pointer, (pointer,)),
        "TF_StringGetSize": (many, (pointer,)),
    }
    for name, (result, arguments) in declared.items():
        # ctypes makes functions as attributes: `library[name]` would be another object each time.
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
