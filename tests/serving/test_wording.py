"""Errors of clients in the words that TensorFlow Serving's sources have for them."""

import pytest

from serving.errors import ServingError
from serving.rest.examples import parse_examples
from serving.rest.reading import parse_json, parse_predict
from serving.signatures import Signatures

ONE = {"x": "DT_FLOAT"}
TWO = {"a": "DT_STRING", "b": "DT_FLOAT"}


@pytest.mark.parametrize(
    ("text", "dtypes", "words"),
    [
        ("[1]", ONE, "JSON Value: Array of 1 Is not object"),
        ('{"instances":1}', ONE, "to be a list/array"),
        ('{"instances":[]}', ONE, "No values in 'instances' array"),
        (
            '{"instances":[1]}',
            TWO,
            "instances is a plain list, but expecting list of objects as multiple input tensors",
        ),
        (
            '{"inputs":[1]}',
            TWO,
            "inputs is a plain value/list, but expecting an object as multiple input tensors",
        ),
        ('{"inputs":{"a":"x"}}', TWO, "Missing named input: b in 'inputs' object."),
        (
            '{"instances":[{"a":"x","b":1},2]}',
            TWO,
            "Expecting object but got list at item 1 of input list",
        ),
        (
            '{"instances":[1,{"x":1}]}',
            ONE,
            "Expecting value/list but got object at item 1 of input list",
        ),
        (
            '{"instances":[{"a":"x","b":1},{"a":"x","c":1}]}',
            TWO,
            "Failed to process element: 1 key: c of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: c",
        ),
        (
            '{"instances":[{"a":"x"}]}',
            TWO,
            "Failed to process element: 0 of 'instances' list. JSON object: Object of 1 must only "
            "have keys: a,b",
        ),
        ('{"instances":[true]}', ONE, "JSON Value: true Type: True is not of expected type: float"),
        (
            '{"inputs":{"a":{"c":1},"b":1}}',
            TWO,
            "JSON Value: Object of 1 not formatted correctly for base64 data",
        ),
        ('{"instances":[1.5]}', {"x": "DT_HALF"}, "Conversion of JSON Value: 1.5 to type: half"),
    ],
)
def test_of_predict(text, dtypes, words):
    with pytest.raises(ServingError) as caught:
        parse_predict(parse_json(text), dtypes)
    assert caught.value.code == "INVALID_ARGUMENT"
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "When method is classify, key 'examples' is expected and was not found"),
        ('{"examples":{}}', "Expecting 'examples' value to be an list/array"),
        ('{"examples":[]}', "'examples' value is an empty array"),
        ('{"examples":[true]}', "Example must be JSON object but got JSON True"),
        (
            '{"examples":[{"a":["x",1]}]}',
            "Unexpected element type in feature: a expecting type: bytes",
        ),
        (
            '{"examples":[{"a":18446744073709551615}]}',
            "Feature: a has uint64 element. Only int64_t is supported.",
        ),
    ],
)
def test_of_examples(text, words):
    with pytest.raises(ServingError) as caught:
        parse_examples(parse_json(text))
    assert words in caught.value.message


def test_of_inputs_over_grpc():
    from serving.protos import meta_graph_pb2

    definition = meta_graph_pb2.SignatureDef()
    definition.inputs["b"].name = definition.inputs["c"].name = "x:0"
    with pytest.raises(ServingError) as caught:
        Signatures({"s": definition}).check_inputs("s", ["a"])
    assert caught.value.message == (
        "input size does not match signature: 1!=2 len({a}) != len({b,c}). Sent extra: {a}. "
        "Missing but required: {b,c}."
    )
