"""Whatever a client sends, it gets an answer or an error of its own, never one of the server's."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.rest.examples import parse_examples
from serving.rest.paths import Target, parse_path
from serving.rest.reading import parse_json, parse_predict
from serving.rest.writing import decimal, predict_response
from tests.serving.requests import BODIES, METHODS, PATHS

_DTYPES = st.dictionaries(
    st.sampled_from(["x", "caption", "seed"]),
    st.sampled_from(["DT_FLOAT", "DT_INT64", "DT_INT32", "DT_UINT8", "DT_STRING", "DT_BOOL"]),
    min_size=1,
)
_QUICK = settings(max_examples=400, deadline=None)


def outcome(call):
    """What a call returns, or the error of the client's that it raises."""
    try:
        return call()
    except ServingError as error:
        return error


def is_clients_fault(result):
    return isinstance(result, ServingError) and result.code == "INVALID_ARGUMENT"


@_QUICK
@given(BODIES, _DTYPES)
def test_bodies(body, dtypes):
    document = outcome(lambda: parse_json(body))
    if is_clients_fault(document):
        return
    request = outcome(lambda: parse_predict(document, dtypes))
    if not is_clients_fault(request):
        assert all(isinstance(t, np.ndarray) for t in request.tensors.values())
        assert set(request.tensors) == set(dtypes)
    examples = outcome(lambda: parse_examples(document))
    assert is_clients_fault(examples) or examples.examples


@_QUICK
@given(METHODS, PATHS)
def test_paths(method, path):
    found = outcome(lambda: parse_path(method, path))
    assert isinstance(found, Target) or is_clients_fault(found)


@_QUICK
@given(st.floats(width=32))
def test_floats_come_back_as_they_were(value):
    value = np.float32(value)
    back = np.float32(json.loads(decimal(value)))
    assert back == value or (np.isnan(back) and np.isnan(value))


@_QUICK
@given(st.floats())
def test_doubles_come_back_as_they_were(value):
    value = np.float64(value)
    back = np.float64(json.loads(decimal(value)))
    assert back == value or (np.isnan(back) and np.isnan(value))


@_QUICK
@given(st.lists(st.text(max_size=5), min_size=1, max_size=4), st.booleans())
def test_strings_come_back_as_they_were(texts, row):
    held = np.array([t.encode("utf-8", "surrogatepass") for t in texts], dtype=object)
    found = json.loads(predict_response({"text": held}, row))
    expected = [h.decode("utf-8", "replace") for h in held]
    assert found["predictions" if row else "outputs"] == expected
