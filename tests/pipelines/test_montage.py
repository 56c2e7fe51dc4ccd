"""AI-Hub's montages, on files of the form that public descriptions of the data set show."""

import json
import os
import unicodedata

import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.montage import Montage

TRAINING, VALIDATION = "01.데이터/1.Training", "01.데이터/2.Validation"


def described(number, gender="M", hair="곱슬머리", eyes="외꺼풀", level=3, listed=True):
    """A JSON file's content, shortened."""
    info = {
        "org_id": number, "org_img_name": str(number), "age": 55, "gender": gender, "level": level,
        "org_path": f"/Images/montage/{number}.png", "org_img_pix": "540x720",
    }  # fmt: skip
    text = {
        "face": {"type": "긴형", "description": "앞머리가 이마를 가린다."},
        "hairstyle": {"type": hair, "part": "오른쪽가르마"},
        "eyes": {"size": "보통", "type": eyes},
    }
    if listed:
        return {"info": [info], "descripton": [text], "sketch_info": [{"org_id": number}]}
    return {"info": info, "description": text}


def face(root, part, number):
    """Place of a picture."""
    kind = "T" if part == TRAINING else "V"
    return root / part / "원천데이터" / f"{kind}S" / "Images" / "montage" / f"{number}.png"


def write(root, part, number, encoding="cp949", folder="H", **changes):
    """A picture, its sketch, and a description in another part of the data."""
    kind = "T" if part == TRAINING else "V"
    for name in ("montage", "org_sketch"):
        picture = root / part / "원천데이터" / f"{kind}S" / "Images" / name / f"{number}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        shade = 200 if name == "montage" else 20
        Image.new("RGB", (18, 24), (shade, 140, 110)).save(picture)
    file = root / part / "라벨링데이터" / f"{kind}L" / "json" / folder / f"{number}_{folder}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(described(number, **changes), ensure_ascii=False)
    file.write_bytes(text.encode(encoding))
    return file


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "050.페르소나 기반의 가상 인물 몽타주 데이터"
    write(root, TRAINING, 1)
    write(root, TRAINING, 2, gender="F", hair="웨이브형", eyes="쌍커풀")
    write(
        root, TRAINING, 3, hair="직모(생머리)", eyes="왼쪽 비대칭", encoding="utf-8", listed=False
    )
    write(root, VALIDATION, 4, hair="스포츠형", eyes="속쌍꺼풀")
    return root


def kept(source, kind=Item, **options):
    return [item for item in Montage(source, **options).items() if isinstance(item, kind)]


def test_the_layout_of_ai_hub_is_read(source, tmp_path):
    items = {item.id.rpartition("/")[2]: item for item in kept(source)}
    assert {name: item.captions[0] for name, item in items.items()} == {
        "1.png": "male, curly, single eyelid",
        "2.png": "female, wavy, double eyelid",
        "3.png": "male, straight, left asymmetric",
        "4.png": "male, crew cut, inner double eyelid",
    }
    assert [items[f"{i}.png"].split for i in (1, 2, 3, 4)] == ["train"] * 3 + ["val"]
    assert all("/montage/" in item.id for item in items.values())
    assert items["1.png"].load(16)[0, 0, 0] == 200  # the face, not the sketch
    info = prepare(Montage(source), tmp_path / "out", image_size=16)
    assert (info.source, info.splits["train"].pictures, info.splits["val"].pictures) == (
        "montage", 3, 1,
    )  # fmt: skip


def test_the_most_detailed_description_counts(source):
    write(source, TRAINING, 1, folder="L", level=1, eyes="쌍커풀")
    write(source, TRAINING, 2, folder="M", level=2, gender="F", hair="웨이브형", eyes="쌍커풀")
    assert next(i.captions[0] for i in kept(source)) == "male, curly, single eyelid"
    assert len(kept(source)) == 4
    (note,) = kept(source, Note)
    assert note.startswith("1 of 4 faces have several descriptions with other labels")


def test_training_alone_is_divided_by_share(source):
    for number in range(10, 20):
        write(source, TRAINING, number)
    assert {item.split for item in kept(source / "01.데이터" / "1.Training")} == {"train", "test"}


def test_pictures_beside_their_descriptions(tmp_path):
    Image.new("RGB", (18, 24)).save(tmp_path / "20.png")
    (tmp_path / "20.json").write_text(json.dumps(described(20)), "utf-8")
    assert [item.id for item in kept(tmp_path)] == ["20.png"]


def test_what_cannot_be_used_is_named(source):
    bald = write(source, TRAINING, 5, hair="민머리")
    damaged = write(source, TRAINING, 6)
    damaged.write_bytes(b'{"info": [')
    other = write(source, TRAINING, 7)
    other.write_text("{}")
    write(source, TRAINING, 8)
    face(source, TRAINING, 8).unlink()
    eyeless = write(source, TRAINING, 9)
    eyeless.write_text(json.dumps(described(9, eyes=None)))
    told = "\n".join(kept(source, Broken))
    assert len(kept(source, Broken)) == 5
    assert len(kept(source)) == 4
    assert f"{bald}: Unknown label '민머리'" in told
    assert f"{damaged}: not JSON" in told
    assert f"{other}: has no object `info`" in told
    assert "no such picture" in told
    assert "Images/montage/8.png" in told
    assert f"{eyeless}: `type` must be a text. Received: None" in told


def test_a_number_in_both_parts_means_two_faces(source):
    write(source, VALIDATION, 1, gender="F", hair="웨이브형", eyes="쌍커풀")
    held = [(item.split, item.captions[0]) for item in kept(source) if item.id.endswith("/1.png")]
    assert held == [("train", "male, curly, single eyelid"), ("val", "female, wavy, double eyelid")]
    face(source, VALIDATION, 1).unlink()
    assert "no such picture" in kept(source, Broken)[0]


def test_of_several_pictures_the_nearest_is_meant(source):
    other = source / "again"
    write(other, TRAINING, 1, gender="F", hair="웨이브형", eyes="쌍커풀")
    assert {item.captions[0] for item in kept(source) if item.id.endswith("/1.png")} == {
        "male, curly, single eyelid", "female, wavy, double eyelid",
    }  # fmt: skip
    beside = source / TRAINING / "원천데이터" / "TS2" / "montage" / "2.png"
    beside.parent.mkdir(parents=True)
    Image.new("RGB", (18, 24)).save(beside)
    (told,) = kept(source, Broken)
    assert "2_H.json: `org_path` must mean one picture. Received: Images/montage/2.png" in told


def test_what_is_left_out_is_said(source):
    write(source, TRAINING, 5).unlink()
    (source / "more.zip").touch()
    (source / "again").symlink_to(source, target_is_directory=True)
    told = "\n".join(kept(source, Note))
    assert "1 pictures left out: no description names them" in told
    assert ".zip (1)" in told
    assert "lead to folders that count already: again" in told
    file = write(source, TRAINING, 6)
    file.rename(file.with_name(os.fsdecode(b"\xff.json")))
    assert "\\xff.json: the name is not UTF-8" in kept(source, Broken)[0]


def test_a_name_may_be_written_with_accents_apart(source):
    apart = unicodedata.normalize("NFD", "가.png")
    file = write(source, TRAINING, 5)
    file.write_text(file.read_text("cp949").replace("/5.png", f"/{apart}"), "utf-8")
    picture = face(source, TRAINING, 5)
    picture.rename(picture.with_name(apart))
    assert "가.png" in {item.id.rpartition("/")[2] for item in kept(source)}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("org_path", "/", "must name a picture. Received: '/'"),
        ("org_path", "montage/..", "must name a picture. Received: 'montage/..'"),
        ("org_path", "montage/5\0.png", "must be a text of one line"),
        ("org_path", "montage/" + "5" * 5000, "at most 1000 characters"),
        ("gender", "M\nM", "must be a text of one line"),
        ("gender", ["M" * 5000], "must be a text. Received: ['MMM"),
        ("level", "3", "must be a whole number. Received: '3'"),
        ("level", True, "must be a whole number. Received: True"),
    ],
)
def test_a_wrong_field_is_told_in_a_short_line(source, field, value, told):
    file = write(source, TRAINING, 5)
    held = described(5)
    held["info"][0][field] = value
    file.write_text(json.dumps(held))
    (line,) = kept(source, Broken)
    assert line.startswith(f"{file}: `{field}` ")
    assert told in line
    assert "\n" not in line
    assert len(line.removeprefix(str(file))) < 200
    assert len(kept(source)) == 4


def test_a_folder_of_neither_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match="no table of labels"):
        kept(tmp_path)
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(InputError, match=r"none of its \.json files describes a montage"):
        kept(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        kept(tmp_path / "gone")
