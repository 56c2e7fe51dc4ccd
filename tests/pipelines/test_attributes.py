import json

import numpy as np
import pytest

from keras_t2i.pipelines.attributes import MONTAGE, AttributeSchema, count_combinations
from keras_t2i.pipelines.dataset_info import Attribute
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.schema_file import load_celeba_schema, load_schema


def test_the_papers_labels_in_english_and_korean():
    assert MONTAGE.width == 12
    assert len(MONTAGE.combinations()) == 50
    english = MONTAGE.parse("female, wavy, double eyelid")
    np.testing.assert_array_equal(english, MONTAGE.parse("여성, 웨이브형, 쌍커풀"))
    np.testing.assert_array_equal(english, MONTAGE.parse(" Double_Eyelid,FEMALE、 wavy-hair ,"))
    assert np.flatnonzero(english).tolist() == [1, 6, 7]
    assert MONTAGE.describe(english) == "female, wavy, double eyelid"
    korean = [
        *(["남성", "여성", "곱슬머리", "직모(생머리)", "스포츠형", "탈모형", "웨이브형"]),
        *("쌍커풀", "속쌍꺼풀", "왼쪽 비대칭", "외꺼풀", "오른쪽 비대칭"),
    ]
    assert [MONTAGE.place(name) for name in korean] == list(range(12))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("femail, wavy, double", "Unknown label 'femail'. Did you mean 'female'"),
        ("male, female, wavy, double", "exactly one label of the group 'gender'.*male and female"),
        ("male, wavy", "exactly one label of the group 'eyes'.*Received: none"),
        ("", "exactly one label of the group 'gender'"),
    ],
)
def test_wrong_labels_are_named(text, words):
    with pytest.raises(InputError, match=words):
        MONTAGE.parse(text)


def test_a_label_of_two_groups_needs_its_group():
    schema = AttributeSchema(
        (Attribute("body", ("red", "blue")), Attribute("bill", ("red", "black")))
    )
    assert schema.labels == ("body: red", "blue", "bill: red", "black")
    with pytest.raises(InputError, match="of several groups; say 'body: red', 'bill: red'"):
        schema.parse("red, black")
    assert schema.describe(schema.parse("body: red, bill:red")) == "body: red, bill: red"


def test_free_groups_hold_any_number_of_labels():
    schema = AttributeSchema(
        (Attribute("size", ("small", "large")), Attribute("with", ("hat", "scarf"), free=True))
    )
    assert len(schema.combinations()) == 8
    rows = np.stack([schema.parse(t) for t in ("small", "large, scarf, hat")])
    columns = [schema.columns(row) for row in rows]
    assert columns == [(0, 0, 0), (1, 1, 1)]
    np.testing.assert_array_equal(schema.multi_hot(columns), rows)
    np.testing.assert_array_equal(schema.multi_hot([(-1, 1, 0)]), [[0, 0, 1, 0]])


def test_mirrored_labels_trade_places():
    left = MONTAGE.parse("male, wavy, left asymmetric")
    assert MONTAGE.describe(left[MONTAGE.mirror]) == "male, wavy, right asymmetric"
    np.testing.assert_array_equal(left[MONTAGE.mirror][MONTAGE.mirror], left)


def test_one_direction_of_a_mirrored_pair_is_enough():
    one = AttributeSchema((Attribute("side", ("left", "right"), mirrored={"left": "right"}),))
    np.testing.assert_array_equal(one.mirror, [1, 0])


def test_counts_come_the_most_frequent_first():
    texts = ["male, wavy, double"] * 2 + ["female, wavy, double"]
    counts = count_combinations(MONTAGE, np.stack([MONTAGE.parse(t) for t in texts]))
    assert list(counts.items()) == [
        ("male, wavy, double eyelid", 2),
        ("female, wavy, double eyelid", 1),
    ]


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ([Attribute("a", ())], "has no labels"),
        ([Attribute("a", ("x", "x"))], "'x' twice"),
        ([Attribute("a", ("x",)), Attribute("a", ("y",))], "the same name"),
        ([Attribute("a", ("x",), aliases={"z": "y"})], "'y' is none of the labels"),
        ([Attribute("a", ("x",), mirrored={"y": "x"})], "'y' is none of the labels"),
        ([Attribute("a", ("x_y", "X Y"))], "'X Y' twice"),
        ([Attribute("a", ("x", "y"), aliases={"Y": "x"})], "'Y' means both 'y' and 'x'"),
        ([Attribute("a", ("x, y",))], "no comma"),
        ([Attribute("a", (" ",))], "must hold something"),
        ([Attribute("a", ("x",)), Attribute("A", ("y",))], "the same name"),
        ([Attribute("a", ("x", "y", "z"), mirrored={"x": "y", "y": "z"})], "one mirror image"),
    ],
)
def test_impossible_schemas_are_refused(attributes, words):
    with pytest.raises(InputError, match=words):
        AttributeSchema(tuple(attributes))


def test_too_many_combinations_are_not_listed():
    wide = AttributeSchema((Attribute("a", tuple(f"l{i}" for i in range(20)), free=True),))
    with pytest.raises(InputError, match="more than 100,000 combinations"):
        wide.combinations()


def test_groups_are_found_by_name():
    assert MONTAGE.part("Hair") == slice(2, 7)
    with pytest.raises(InputError, match=r"No group 'hairs'\. Did you mean 'hair'"):
        MONTAGE.part("hairs")


def written(tmp_path, value):
    path = tmp_path / "schema.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def test_schemas_from_files(tmp_path):
    groups = [
        {"name": "gender", "labels": {"male": ["남성"], "female": []}},
        {"name": "side", "labels": ["left", "right"], "mirrored": {"left": "right"}},
        {"name": "with", "labels": ["hat"], "free": True},
    ]
    schema = load_schema(written(tmp_path, {"groups": groups}))
    assert schema.describe(schema.parse("남성, left")) == "male, left"
    assert schema.attributes[2].free
    sourced = [{"name": "gender", "labels": {"male": "Male", "female": "-Male"}}]
    schema, expressions = load_celeba_schema(written(tmp_path, {"groups": sourced}))
    assert expressions == {"male": "Male", "female": "-Male"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{", "not readable as JSON"),
        ({"groups": []}, "with a group at least"),
        ([], "with a group at least"),
        ({"groups": [{"labels": ["a"]}]}, "group 1: needs a `name`"),
        ({"groups": [{"name": "g", "labels": []}]}, "group 1: `labels` must be"),
        ({"groups": [{"name": "g", "labels": {"a": 3}}]}, "'a' needs a list of other names"),
        ({"groups": [{"name": " ", "labels": ["a"]}]}, "group 1: needs a `name`"),
        ({"groups": [{"name": "g", "labels": ["a", "a"]}]}, "`labels` has 'a' twice"),
        ({"groups": [{"name": "g", "labels": {"a": ["c"], "b": ["c"]}}]}, "stands for both"),
        ({"groups": [{"name": "g", "labels": ["a"]}], "x": 1}, "unknown field 'x'"),
        ({"groups": [{"name": "g", "labels": ["a"], "fre": True}]}, "unknown field 'fre'"),
        ({"groups": [{"name": "g", "labels": ["a"], "free": 1}]}, "`free` must be true or false"),
        ({"groups": [{"name": "g", "labels": ["a"], "mirrored": []}]}, "`mirrored` must map"),
        (
            {"groups": [{"name": "g", "labels": ["a"]}, {"name": "g", "labels": ["b"]}]},
            "schema.json: Two groups",
        ),
    ],
)
def test_malformed_schema_files_are_named(tmp_path, value, words):
    with pytest.raises(InputError, match=words):
        load_schema(written(tmp_path, value))


def test_a_sourced_label_without_source_is_named(tmp_path):
    groups = {"groups": [{"name": "g", "labels": ["a"]}]}
    with pytest.raises(InputError, match="'a' needs the name of an attribute"):
        load_celeba_schema(written(tmp_path, groups))
