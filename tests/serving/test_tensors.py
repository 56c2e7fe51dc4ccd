"""Arrays and messages against TensorFlow's own conversion; messages that cannot be."""

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from serving.errors import ServingError
from serving.protos import tensor_pb2, types_pb2
from serving.tensors import array, numpy_type, proto

NUMBERS = [
    np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.int16, np.int32, np.int64,
    np.uint8, np.uint16, np.uint32, np.uint64, np.bool_, np.complex64, np.complex128,
]  # fmt: skip


def message(kind, shape, **values):
    made = tensor_pb2.TensorProto(dtype=types_pb2.DataType.Value(kind), **values)
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    return made


def same(found, wanted):
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("shape", [(2, 3), (), (1,), (0, 4)])
def test_numbers_as_tensorflow_holds_them(dtype, shape):
    rng = np.random.default_rng(0)
    values = np.asarray(rng.integers(0, 100, shape)).astype(dtype)
    if values.dtype.kind == "c":
        values = values + np.asarray(1j, dtype)
    same(array(proto(values), 0), values)
    same(tf.make_ndarray(proto(values)), values)
    same(array(tf.make_tensor_proto(values), 0), values)
    assert numpy_type(proto(values).dtype) == values.dtype


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
def test_the_ends_of_a_range_and_nan(dtype):
    ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    same(array(proto(ends), 0), ends)
    assert np.isnan(array(proto(np.array([np.nan], np.float16)), 0)[0])


@pytest.mark.parametrize("texts", [["a", "Vögel"], [b"\xff\x00"], [["a"], ["b"]]])
def test_texts(texts):
    held = proto(np.array(texts, object))
    same(array(held, 0), tf.make_ndarray(tf.make_tensor_proto(texts, tf.string)))


def test_texts_of_a_fixed_width():
    same(array(proto(np.array([["a", "bcd"]])), 0), np.array([[b"a", b"bcd"]], object))


def test_other_orders_in_memory():
    values = np.arange(6, dtype=">f4").reshape(2, 3).T
    same(array(proto(values), 0), values.astype("f4"))


@pytest.mark.parametrize(
    ("kind", "field", "given", "wanted"),
    [
        ("DT_FLOAT", "float_val", [1, 2], [1, 2, 2, 2]),
        ("DT_FLOAT", "float_val", [], [0, 0, 0, 0]),
        ("DT_COMPLEX64", "scomplex_val", [1, 2], [1 + 2j] * 4),
        ("DT_STRING", "string_val", [b"a"], [b"a"] * 4),
        ("DT_STRING", "string_val", [], [b""] * 4),
    ],
)
def test_values_are_repeated_up_to_a_limit(kind, field, given, wanted):
    held = message(kind, (2, 2), **{field: given})
    assert array(held, 4).ravel().tolist() == wanted
    with pytest.raises(ServingError, match=r"\[2, 2\] has 4 elements .* in up to 3 elements"):
        array(held, 3)


@pytest.mark.parametrize(
    ("held", "rule"),
    [
        (message("DT_FLOAT", [4 * 10**8], float_val=[1]), "repeated in up to 1000 elements"),
        (message("DT_STRING", [2 * 10**7], string_val=[b"a"]), "repeated in up to 1000"),
        (message("DT_FLOAT", [10**12, 10**12], float_val=[1]), "too large"),
        (message("DT_FLOAT", [0, 2**62], float_val=[]), "too large"),
        (message("DT_FLOAT", [-1], float_val=[1]), r"known sizes. Received: \[-1\]"),
        (message("DT_FLOAT", [1] * 65, float_val=[1]), "at most 64 dimensions. Received: 65"),
        (message("DT_FLOAT", [2], float_val=[1, 2, 3]), r"shape \[2\] must have 2 values.*: 3"),
        (message("DT_FLOAT", [3], tensor_content=b"\0" * 8), "must have 3 values. Received: 2"),
        (message("DT_FLOAT", [3], tensor_content=b"\0" * 9), "whole numbers of 4 bytes"),
        (message("DT_STRING", [1], tensor_content=b"\1a"), "texts in string_val"),
        (message("DT_UINT8", [1], int_val=[300]), "uint8 holds a number out of its range"),
        (message("DT_HALF", [1], half_val=[-1]), "float16 holds a number out of its range"),
        (message("DT_COMPLEX64", [1], scomplex_val=[1]), "scomplex_val must hold 2 values"),
        (message("DT_RESOURCE", [1]), "cannot be of DT_RESOURCE"),
        (message("DT_VARIANT", [1]), "cannot be of DT_VARIANT"),
        (tensor_pb2.TensorProto(dtype=999), "cannot be of type 999"),
        (tensor_pb2.TensorProto(), "cannot be of DT_INVALID"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_is_an_invalid_argument(held, rule):
    with pytest.raises(ServingError, match=rule) as caught:
        array(held, 1000)
    assert caught.value.code == "INVALID_ARGUMENT"


def test_an_unknown_rank_is_refused():
    held = message("DT_FLOAT", [], float_val=[1])
    held.tensor_shape.unknown_rank = True
    with pytest.raises(ServingError, match="known sizes"):
        array(held, 1000)


def test_times_are_no_tensors():
    with pytest.raises(ServingError, match="cannot be of datetime64"):
        proto(np.array(["2020-01-01"], "datetime64[D]"))


def test_truths_of_other_bytes_are_true():
    assert array(message("DT_BOOL", [3], tensor_content=b"\0\1\2"), 0).tolist() == [0, 1, 1]
