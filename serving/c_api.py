"""A SavedModel in TensorFlow's C library alone, as a C++ server loads it.

Nothing here imports Python's TensorFlow: a model that runs here needs no operation, kernel or
resource that only Python would bring along. The library is the one inside the `tensorflow` package.
"""

import ctypes
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_NUMBERS = {1: "float32", 3: "int32", 4: "uint8", 9: "int64", 10: "bool"}
_CODES = {name: code for code, name in _NUMBERS.items()}
_STRING, _STRING_BYTES = 7, 24


class CApiError(RuntimeError):
    """TensorFlow's C library answered with an error."""


class _Output(ctypes.Structure):
    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


class SavedModel:
    """A loaded SavedModel.

    Args:
        directory: Folder of a version, such as `saved_models/birds/1`.

    Raises:
        CApiError: The model cannot be loaded.
    """

    def __init__(self, directory: Path) -> None:
        self._library = _library()
        self._status = self._library.TF_NewStatus()
        self._graph = self._library.TF_NewGraph()
        options = self._library.TF_NewSessionOptions()
        tags = (ctypes.c_char_p * 1)(b"serve")
        self._session = self._library.TF_LoadSessionFromSavedModel(
            options, None, str(directory).encode(), tags, 1, self._graph, None, self._status
        )
        self._check()

    def run(self, inputs: dict[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """Run tensors by name, such as `serving_default_caption:0`.

        Args:
            inputs: Arrays by the tensors' names; strings as object arrays of bytes.
            outputs: Names of the tensors to fetch.

        Returns:
            An array an output; strings as object arrays of bytes.
        """
        feeds = [self._tensor(np.asarray(value)) for value in inputs.values()]
        fetched = (ctypes.c_void_p * len(outputs))()
        self._library.TF_SessionRun(
            self._session,
            None,
            self._outputs(list(inputs)),
            (ctypes.c_void_p * len(feeds))(*feeds),
            len(feeds),
            self._outputs(outputs),
            fetched,
            len(outputs),
            None,
            0,
            None,
            self._status,
        )
        self._check()
        answers = [tensor for tensor in fetched if tensor is not None]  # none is: no error came
        results = [self._array(tensor) for tensor in answers]
        for tensor in (*feeds, *answers):
            self._library.TF_DeleteTensor(tensor)
        return results

    def _outputs(self, names: Sequence[str]) -> Any:
        found = []
        for name in names:
            operation, _, index = name.partition(":")
            pointer = self._library.TF_GraphOperationByName(self._graph, operation.encode())
            if not pointer:
                raise CApiError(f"The model has no operation {operation!r}.")
            found.append(_Output(pointer, int(index or 0)))
        return (_Output * len(found))(*found)

    def _tensor(self, value: np.ndarray) -> int:
        shape = (ctypes.c_int64 * value.ndim)(*value.shape)
        if value.dtype != object:
            value = np.ascontiguousarray(value)
            code = _CODES[value.dtype.name]
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

    def _array(self, tensor: int) -> np.ndarray:
        rank = self._library.TF_NumDims(tensor)
        shape = [self._library.TF_Dim(tensor, i) for i in range(rank)]
        start, code = self._library.TF_TensorData(tensor), self._library.TF_TensorType(tensor)
        if code != _STRING:
            size = self._library.TF_TensorByteSize(tensor)
            held = ctypes.string_at(start, size)
            return np.frombuffer(held, _NUMBERS[code]).reshape(shape).copy()
        texts = np.empty(int(np.prod(shape)), object)
        for i in range(len(texts)):
            place = start + i * _STRING_BYTES
            data = self._library.TF_StringGetDataPointer(place)
            texts[i] = ctypes.string_at(data, self._library.TF_StringGetSize(place))
        return texts.reshape(shape)

    def _check(self) -> None:
        if self._library.TF_GetCode(self._status):
            raise CApiError(self._library.TF_Message(self._status).decode())


def _library() -> ctypes.CDLL:
    """The C library inside the `tensorflow` package, found without importing the package."""
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        raise CApiError("The package `tensorflow`, which holds the C library, is not installed.")
    folder = Path(spec.submodule_search_locations[0])
    ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"), ctypes.RTLD_GLOBAL)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    many = ctypes.c_size_t
    declared: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "TF_NewStatus": (pointer, ()),
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
        "TF_StringGetDataPointer": (pointer, (pointer,)),
        "TF_StringGetSize": (many, (pointer,)),
    }
    for name, (result, arguments) in declared.items():
        # ctypes makes functions as attributes: `library[name]` would be another object each time.
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
