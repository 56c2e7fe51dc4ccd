import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.labelled import Labelled
from keras_t2i.pipelines.sources.montage import Montage

LABELS = {
    "a/1.png": "여성, 웨이브형, 쌍커풀",
    "2.png": "male, straight, single",
    "3.png": "남성, 직모, 왼쪽 비대칭",
}


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "montage"
    (root / "a").mkdir(parents=True)
    modes = dict(zip(LABELS, ("L", "RGBA", "CMYK"), strict=True))
    for name, mode in modes.items():
        suffix = ".png" if mode != "CMYK" else ".jpg"
        picture = Image.new("RGB", (20, 24), (180, 140, 110)).convert(mode)
        picture.save(root / name.replace(".png", suffix))
    table = {name.replace("3.png", "3.jpg"): text.split(", ") for name, text in LABELS.items()}
    (root / "labels.json").write_text(json.dumps(table, ensure_ascii=False), "utf-8")
    return root


def kept(source, **options):
    return [item for item in Labelled(source, **options).items() if isinstance(item, Item)]


def in_csv(source, text):
    (source / "labels.json").unlink(missing_ok=True)
    (source / "labels.csv").write_text(text, "utf-8")


def test_labels_in_both_languages_and_pictures_of_all_modes(source, tmp_path):
    assert [i.captions[0] for i in kept(source)] == [
        "female, wavy, double eyelid",
        "male, straight, single eyelid",
        "male, straight, left asymmetric",
    ]
    for item in kept(source):
        assert item.load(16).shape == (16, 16, 3)
        assert np.abs(item.load(16).astype(int) - (180, 140, 110)).mean() < 40
    info = prepare(Montage(source), tmp_path / "out", image_size=16)
    assert info.source == "montage"
    assert info.splits["train"].labels["straight"] == 2


def test_tables_of_every_form_say_the_same(source):
    expected = [(i.id, i.attributes) for i in kept(source)]
    rows = json.loads((source / "labels.json").read_text("utf-8"))
    entries = [{"file": name, "labels": labels, "split": "train"} for name, labels in rows.items()]
    (source / "labels.json").write_text(json.dumps(entries))
    assert [(i.id, i.attributes) for i in kept(source)] == expected
    (source / "labels.json").unlink()
    (source / "labels.jsonl").write_text("\n".join(json.dumps(e) for e in entries) + "\n")
    assert [(i.id, i.attributes) for i in kept(source)] == expected
    (source / "labels.jsonl").unlink()
    in_csv(source, "file,labels\n" + "".join(f'{n},"{", ".join(v)}"\n' for n, v in rows.items()))
    assert [(i.id, i.attributes) for i in kept(source)] == expected
    lines = [f"{n},{v[0]},{v[1]},{v[2]}\n" for n, v in rows.items()]
    in_csv(source, "file,gender,hair,eyes\n" + "".join(lines))
    assert [(i.id, i.attributes) for i in kept(source)] == expected


def test_tables_take_the_commas_that_texts_take(source):
    in_csv(source, "file,labels\n2.png,남성、직모，외꺼풀\n")
    assert [i.captions[0] for i in kept(source)] == ["male, straight, single eyelid"]
    (source / "labels.csv").unlink()
    (source / "labels.json").write_text(json.dumps({"2.png": "남성、직모，외꺼풀"}), "utf-8")
    assert [i.captions[0] for i in kept(source)] == ["male, straight, single eyelid"]


def test_unknown_columns_make_a_schema(source):
    in_csv(source, "file,mood,split\na/1.png,glad,train\n2.png,sad,test\n3.jpg,glad,train\n")
    labelled = Labelled(source)
    assert [(a.name, a.values) for a in labelled.attributes] == [("mood", ("glad", "sad"))]
    assert [(i.split, i.attributes) for i in kept(source)] == [
        ("train", (0,)),
        ("test", (1,)),
        ("train", (0,)),
    ]


def test_a_schema_file_with_a_free_group(source, tmp_path):
    schema = tmp_path / "schema.json"
    group = {"name": "with", "labels": {"hat": ["모자"], "scarf": []}, "free": True}
    schema.write_text(json.dumps({"groups": [group]}), "utf-8")
    in_csv(source, "file,with\na/1.png,모자;scarf\n2.png,\n3.jpg,scarf\n")
    assert [i.attributes for i in kept(source, schema=schema)] == [(1, 1), (0, 0), (0, 1)]


def test_spellings_of_one_label_are_one_label(source):
    in_csv(source, "file,mood\na/1.png,Glad\n2.png, glad\n3.jpg,SAD\n")
    labelled = Labelled(source)
    assert [(a.name, a.values) for a in labelled.attributes] == [("mood", ("Glad", "SAD"))]
    assert [i.attributes for i in kept(source)] == [(0,), (0,), (1,)]
    (note,) = (item for item in labelled.items() if isinstance(item, Note))
    assert "is not built in, so the columns make the groups of labels: mood (2)" in note


def test_pictures_that_the_table_does_not_name_are_counted(source):
    Image.new("RGB", (9, 9)).save(source / "more.png")
    notes = [item for item in Labelled(source).items() if isinstance(item, Note)]
    assert notes == ["1 pictures left out: labels.json does not name them."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('file,labels\n2.png,"male, wavi, double"\n', r"line 2: Unknown label 'wavi'.*'wavy'"),
        ('file,labels\n2.png,"male, female, wavy, double"\n', r"line 2: .*one label of the group"),
        ('file,labels\nno.png,"male, wavy, double"\n', r"line 2: no such picture: .*no\.png"),
        (f'file,labels\n{"n" * 300}.png,"male, wavy, double"\n', r"line 2: File name too long"),
    ],
)
def test_what_is_wrong_with_a_picture_is_named(source, tmp_path, text, words):
    in_csv(source, text)
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"groups": [
        {"name": "gender", "labels": ["male", "female"]},
        {"name": "hair", "labels": ["wavy", "straight"]},
        {"name": "eyes", "labels": ["double"]},
    ]}))  # fmt: skip
    (broken,) = (i for i in Labelled(source, schema=schema).items() if isinstance(i, Broken))
    with pytest.raises(InputError, match=words):
        prepare(Labelled(source, schema=schema), tmp_path / "out")
    assert "line 2" in broken


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,labels\n2.png,happy\n", r"line 2: Unknown label 'happy'.* say with --schema"),
        ("file,labels,labels\n2.png,male,wavy\n", "each column needs a name of its own"),
        ('file,labels\n2.png,"male\n', r"labels.csv, line \d: not CSV"),
        ("file,mood\n2.png,glad\n3.jpg,glad; \n1.png,a、b\n", "no comma"),
        ("name,labels\n2.png,male\n", "line 1: needs the column file"),
        ("file,labels,hair\n2.png,male,wavy\n", "either labels or a column for each group"),
        ("file,hair\n2.png,wavy,x\n", "line 2: has other fields"),
        ("file,labels\n", "names no picture"),
        ("file,mood,split\n2.png,glad,tests\n", "line 2: `split` must be one of"),
        ("file,mood\n2.png,glad\n2.png,sad\n", r"line 3: 2\.png is named at .*line 2"),
    ],
)
def test_what_is_wrong_with_the_table_is_named(source, text, words):
    in_csv(source, text)
    with pytest.raises(InputError, match=words):
        kept(source)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("3", "must be an object or a list"),
        ('[{"file": "2.png", "labels": 3}]', "entry 1: `labels` must be a list"),
        ('{"2.png": ["male"], "2.png": ["female"]}', "'2.png' appears twice in one object"),
        ('["2.png"]', "entry 1: must be an object"),
        ('[{"file": "2.png", "labels": [], "split": {}}]', "entry 1: `split` must be one of"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"labels": ["male"]}]', "entry 1: `file` must name a picture"),
    ],
)
def test_wrong_json_is_named(source, text, words):
    (source / "labels.json").write_text(text)
    with pytest.raises(InputError, match=words):
        kept(source)


def test_missing_and_double_tables(source):
    with pytest.raises(InputError, match="test-share must lie"):
        kept(source, test_share=1.0)
    (source / "labels.csv").write_text("file,labels\n")
    with pytest.raises(InputError, match="more than one table"):
        kept(source)
    for name in ("labels.csv", "labels.json"):
        (source / name).unlink()
    with pytest.raises(InputError, match="no table of labels"):
        kept(source)


def test_a_picture_of_one_pixel_ends_the_command_with_its_name(source, tmp_path):
    Image.new("RGB", (1, 1)).save(source / "2.png")
    words = [sys.executable, "-m", "pipelines.prepare", "labelled", "--source", str(source)]
    ended = subprocess.run(
        [*words, "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "2.png: a picture must be at least 8×8. Received: 1×1" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


def test_pictures_outside_of_the_folder_are_refused(source, tmp_path):
    Image.new("RGB", (20, 24)).save(tmp_path / "out.png")
    names = ("../out.png", str(tmp_path / "out.png"))
    in_csv(source, "file,labels\n" + "".join(f'{name},"{LABELS["2.png"]}"\n' for name in names))
    broken = [one for one in Labelled(source).items() if isinstance(one, Broken)]
    assert len(broken) == 2
    assert all("it lies outside of the folder" in one for one in broken)


def test_half_a_character_in_a_schema_is_refused(source, tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"groups": [{"name": "sort", "labels": ["\ud83d", "b"]}]}))
    with pytest.raises(InputError, match=r"schema.json: not readable as JSON \(\\ud83d is half"):
        kept(source, schema=schema)
