"""Tensors of TensorFlow's messages as NumPy arrays, and back, without TensorFlow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import ml_dtypes
import numpy as np

from .errors import invalid
from .protos import tensor_pb2, types_pb2

_MOST_DIMENSIONS = 64  # NumPy takes no more
_SHOWN = 5  # sizes of a shape that an error lists


@dataclass(frozen=True)
class _Kind:
    """Form of a type of numbers in a message.

    Args:
        field: Field with its values.
        dtype: NumPy's type.
        stored: Type of the field's values; a number may consist of several.
    """

    field: str
    dtype: np.dtype
    stored: np.dtype


def _kind(field: str, dtype: type, stored: type | None = None) -> _Kind:
    return _Kind(field, np.dtype(dtype), np.dtype(stored or dtype))


_KINDS: Mapping[int, _Kind] = {
    types_pb2.DT_FLOAT: _kind("float_val", np.float32),
    types_pb2.DT_DOUBLE: _kind("double_val", np.float64),
    types_pb2.DT_HALF: _kind("half_val", np.float16, np.uint16),
    types_pb2.DT_BFLOAT16: _kind("half_val", ml_dtypes.bfloat16, np.uint16),
    types_pb2.DT_INT8: _kind("int_val", np.int8),
    types_pb2.DT_INT16: _kind("int_val", np.int16),
    types_pb2.DT_INT32: _kind("int_val", np.int32),
    types_pb2.DT_INT64: _kind("int64_val", np.int64),
    types_pb2.DT_UINT8: _kind("int_val", np.uint8),
    types_pb2.DT_UINT16: _kind("int_val", np.uint16),
    types_pb2.DT_UINT32: _kind("uint32_val", np.uint32),
    types_pb2.DT_UINT64: _kind("uint64_val", np.uint64),
    types_pb2.DT_BOOL: _kind("bool_val", np.bool_),
    types_pb2.DT_COMPLEX64: _kind("scomplex_val", np.complex64, np.float32),
    types_pb2.DT_COMPLEX128: _kind("dcomplex_val", np.complex128, np.float64),
}
_NUMBERS = {kind.dtype: number for number, kind in _KINDS.items()}


def numpy_type(data_type: int) -> np.dtype:
    """The NumPy type of a `DataType`; `object` for texts.

    Raises:
        ServingError: INVALID_ARGUMENT, a type of no numbers or texts, such as `DT_RESOURCE`.
    """
    if data_type == types_pb2.DT_STRING:
        return np.dtype(object)
    if data_type not in _KINDS:
        known = types_pb2.DataType.DESCRIPTOR.values_by_number
        name = known[data_type].name if data_type in known else f"type {data_type}"
        raise invalid(f"A tensor cannot be of {name}: it must hold numbers, truths or texts.")
    return _KINDS[data_type].dtype


def array(tensor: tensor_pb2.TensorProto, most: int) -> np.ndarray:
    """The values of a message.

    Nothing is allocated before the shape is found to fit the values.

    Args:
        tensor: Message. It may hold fewer values than its shape has elements: the last one is
            repeated then, and without any, all are zeros or empty texts.
        most: Number of elements up to which values may be repeated.

    Returns:
        Array of the message's shape; texts are `bytes`. It cannot be written to if it shares the
        message's memory.

    Raises:
        ServingError: INVALID_ARGUMENT, a type, a shape or a number of values that cannot be.
    """
    dtype = numpy_type(tensor.dtype)
    shape = shape_of(tensor)
    if tensor.tensor_content:
        values = _content(tensor, dtype)
    elif dtype.kind == "O":
        values = np.array(tensor.string_val, object)
    else:
        values = _field(tensor)
    elements = math.prod(shape)
    if len(values) != elements:
        values = _repeated(values, elements, most, shape, bool(tensor.tensor_content))
    return values.reshape(shape)


def proto(values: np.ndarray) -> tensor_pb2.TensorProto:
    """The message of an array, its values in the field of their type.

    Args:
        values: Array of numbers, truths, or texts as `bytes` or `str`.

    Raises:
        ServingError: INVALID_ARGUMENT, values of another type.
    """
    values = np.asarray(values)
    tensor = tensor_pb2.TensorProto()
    for size in values.shape:
        tensor.tensor_shape.dim.add(size=size)
    if values.dtype.kind in "OSU":
        tensor.dtype = types_pb2.DT_STRING
        texts = values.ravel().tolist()
        tensor.string_val.extend(t.encode() if isinstance(t, str) else t for t in texts)
        return tensor
    native = values.dtype.newbyteorder("=")
    if native not in _NUMBERS:
        raise invalid(f"A tensor cannot be of {values.dtype}.")
    tensor.dtype = _NUMBERS[native]
    kind = _KINDS[tensor.dtype]
    stored = np.ascontiguousarray(values, native).ravel().view(kind.stored)
    getattr(tensor, kind.field).extend(stored.tolist())
    return tensor


def packed(values: np.ndarray) -> tensor_pb2.TensorProto:
    """The message of an array as `proto` makes it, but of numbers as bytes: faster to make."""
    native = values.dtype.newbyteorder("=")
    if native not in _NUMBERS:
        return proto(values)
    tensor = tensor_pb2.TensorProto(dtype=_NUMBERS[native])
    for size in values.shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return tensor


def shape_of(tensor: tensor_pb2.TensorProto) -> tuple[int, ...]:
    """The shape of a message.

    Raises:
        ServingError: INVALID_ARGUMENT, a shape that cannot be.
    """
    dimensions = len(tensor.tensor_shape.dim)
    if dimensions > _MOST_DIMENSIONS:
        raise invalid(
            f"A tensor must have at most {_MOST_DIMENSIONS} dimensions. Received: {dimensions}."
        )
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if tensor.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise invalid(f"A tensor must have a shape of known sizes. Received: {_told(shape)}.")
    if math.prod(size for size in shape if size) >= 2**58:  # an empty one can have such sizes, too
        raise invalid(f"A tensor is too large: its shape is {_told(shape)}.")
    return shape


def _content(tensor: tensor_pb2.TensorProto, dtype: np.dtype) -> np.ndarray:
    content = tensor.tensor_content
    if dtype.kind == "O":
        raise invalid("A tensor must have its texts in string_val, not in tensor_content.")
    if len(content) % dtype.itemsize:
        raise invalid(
            f"tensor_content must be of whole numbers of {dtype.itemsize} bytes ({dtype}). "
            f"Received: {len(content)} bytes."
        )
    if dtype.kind == "b":  # other bytes than 0 and 1 are no truths
        return np.frombuffer(content, np.uint8) != 0
    return np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype, copy=False)


def _field(tensor: tensor_pb2.TensorProto) -> np.ndarray:
    kind = _KINDS[tensor.dtype]
    held = getattr(tensor, kind.field)
    try:
        values = np.fromiter(held, kind.stored, len(held))
    except OverflowError as error:
        raise invalid(f"A tensor of {kind.dtype} holds a number out of its range.") from error
    parts = kind.dtype.itemsize // kind.stored.itemsize
    if len(values) % parts:
        raise invalid(f"{kind.field} must hold {parts} values for each number.")
    return values.view(kind.dtype)


def _repeated(
    values: np.ndarray, elements: int, most: int, shape: tuple[int, ...], content: bool
) -> np.ndarray:
    """Values of which the last one is repeated up to a number of elements."""
    if content or len(values) > elements:
        raise invalid(
            f"A tensor of shape {_told(shape)} must have {elements} values. Received: "
            f"{len(values)}."
        )
    if elements > most:
        raise invalid(
            f"A tensor of shape {_told(shape)} has {elements} elements and {len(values)} values; "
            f"values may be repeated in up to {most} elements."
        )
    nothing = b"" if values.dtype.kind == "O" else 0
    whole = np.full(elements, values[-1] if len(values) else nothing, values.dtype)
    whole[: len(values)] = values
    return whole


def _told(shape: tuple[int, ...]) -> str:
    sizes = ", ".join(map(str, shape[:_SHOWN]))
    return f"[{sizes}, …]" if len(shape) > _SHOWN else f"[{sizes}]"
