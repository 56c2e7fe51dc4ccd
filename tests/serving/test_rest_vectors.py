"""The REST codec against TensorFlow Serving's own test cases."""

import json
import math
import re

import numpy as np
import pytest

from serving.errors import ServingError
from serving.rest.examples import parse_examples
from serving.rest.paths import is_api, parse_path
from serving.rest.reading import parse_json, parse_predict
from serving.rest.writing import (
    classify_response,
    error_response,
    predict_response,
    regress_response,
)

_NUMPY = {
    "DT_INT32": "int32",
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_COMPLEX64": "complex64",
}
# Half a million nested lists: Python's parser refuses them, which the contract allows.
TOO_DEEP = {"DeeplyNestedWellFormed/0", "DeeplyNestedMalformed/0"}


def text_of(case):
    if "request" in case:
        return case["request"]
    return "".join(
        p if isinstance(p, str) else p["repeat"] * p["times"] for p in case["request_parts"]
    )


def number(value):
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else value


def tensor(spec):
    if spec["shape"] is None:
        return None
    if spec["dtype"] == "DT_STRING":
        values = np.array([v.encode() for v in spec["values"]] or [], dtype=object)
    else:
        values = np.array([number(v) for v in spec["values"]], _NUMPY[spec["dtype"]])
    return values.reshape(spec["shape"])


def without_spaces(text):
    return re.sub(r"\s", "", text)


def same_body(found, expect):
    if expect.get("compare") == "number_text":
        assert without_spaces(found) == without_spaces(expect["body"])
    elif expect["body"]:
        assert json.loads(found) == json.loads(expect["body"])
    else:
        assert found == ""


def refused(expect, call):
    with pytest.raises(ServingError) as caught:
        call()
    assert caught.value.code == expect["code"]
    assert expect.get("error_contains", "").lower() in caught.value.message.lower()
    if "http_status" in expect:
        assert caught.value.http_status == expect["http_status"]


def test_predict_requests(vectors):
    for case in vectors["predict_request"]:
        expect = case["expect"]

        def parse(case=case):
            return parse_predict(parse_json(text_of(case)), case["tensor_info"])

        if case["id"] in TOO_DEEP:
            refused({"code": "INVALID_ARGUMENT", "error_contains": "too deeply"}, parse)
            continue
        if not expect["ok"]:
            refused(expect, parse)
            continue
        found = parse()
        assert found.row == (expect["format"] == "row"), case["id"]
        assert found.signature_name == expect.get("signature_name", "")
        assert len(found.tensors) == expect["num_inputs"]
        for name, spec in expect["tensors"].items():
            wanted = tensor(spec)
            np.testing.assert_array_equal(found.tensors[name], wanted, case["id"])
            assert found.tensors[name].dtype == wanted.dtype
            assert found.tensors[name].shape == wanted.shape
            if wanted.dtype.kind == "f":
                np.testing.assert_array_equal(np.signbit(found.tensors[name]), np.signbit(wanted))


def test_predict_responses(vectors):
    for case in vectors["predict_response"]:
        tensors = {name: tensor(spec) for name, spec in case["tensors"].items()}

        def write(case=case, tensors=tensors):
            return predict_response(tensors, case["format"] == "row")

        if case["expect"]["ok"]:
            same_body(write(), case["expect"])
        else:
            refused(case["expect"], write)


def test_classify_and_regress_requests(vectors):
    for case in vectors["classify_regress_request"]:
        expect = case["expect"]

        def parse(case=case):
            return parse_examples(parse_json(case["request"]))

        if not expect["ok"]:
            refused(expect, parse)
            continue
        found = parse()
        assert found.signature_name == expect.get("signature_name", "")
        assert len(found.examples) == len(expect["examples"])
        for one, other in zip(found.examples, expect["examples"], strict=True):
            same_features(one, other)
        same_features(found.context, expect.get("context", {}))


def same_features(found, expected):
    assert set(found) == set(expected)
    kinds = {"bytes_list": bytes, "float_list": float, "int64_list": int}
    for name, spec in expected.items():
        ((kind, values),) = spec.items()
        assert {type(v) for v in found[name]} <= {kinds[kind]}
        wanted = [v.encode() if kind == "bytes_list" else number(v) for v in values]
        for a, b in zip(found[name], wanted, strict=True):
            assert a == b or (math.isnan(a) and math.isnan(b))


def test_classify_regress_and_status_responses(vectors):
    for case in vectors["classify_response"]:
        results = [
            [(label, np.float32(s)) for label, s in row] for row in case.get("classifications", [])
        ]
        if case["expect"]["ok"]:
            same_body(classify_response(results), case["expect"])
        else:
            refused(case["expect"], lambda r=results: classify_response(r))
    for case in vectors["regress_response"]:
        values = [np.float32(number(v)) for v in case["values"]]
        if case["expect"]["ok"]:
            same_body(regress_response(values), case["expect"])
        else:
            refused(case["expect"], lambda v=values: regress_response(v))
    for case in vectors["status_response"]:
        same_body(error_response(case["status"]["message"]), case["expect"])


def test_paths(vectors):
    for case in vectors["url"]:
        expect = case["expect"]
        method, path = case["http_method"], case["path"]
        if "code" in expect:
            refused(expect, lambda m=method, p=path: parse_path(m, p))
        elif not expect["match"]:
            refused(
                {"code": "INVALID_ARGUMENT", "error_contains": "Malformed request"},
                lambda m=method, p=path: parse_path(m, p),
            )
        else:
            found = parse_path(method, path)
            assert found.name == expect["model_name"]
            assert found.version == expect.get("version")
            assert found.label == expect.get("label")
            assert found.verb == expect.get("verb", "")
            assert found.metadata == (expect.get("subresource") == "metadata")
    for case in vectors["path_regex"]:
        assert is_api(case["path"]) == case["dispatched"]


def test_every_vector_is_used(vectors):
    assert {k: len(v) for k, v in vectors.items() if isinstance(v, list)} == {
        "predict_request": 31, "predict_response": 16, "classify_regress_request": 11,
        "classify_response": 2, "regress_response": 3, "status_response": 3, "url": 21,
        "path_regex": 3,
    }  # fmt: skip


def test_status_codes(vectors):
    for code, status in vectors["status_code_map"].items():
        if code not in ("source", "OK"):
            assert ServingError(code, "").http_status == status
