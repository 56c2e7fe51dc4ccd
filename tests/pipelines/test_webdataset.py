"""Shards of WebDataset: pictures and captions in archives."""

import gzip
import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.webdataset import WebDataset


def picture(colour=(200, 30, 30), kind="PNG"):
    held = io.BytesIO()
    Image.new("RGB", (12, 8), colour).save(held, kind)
    return held.getvalue()


def shard(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def described(**fields):
    return json.dumps({"url": "x", "status": "success", **fields}).encode()


def told(source):
    found = list(source.items())
    items = {i.id: (i.split, i.captions) for i in found if isinstance(i, Item)}
    return items, [str(i) for i in found if isinstance(i, Broken)]


def test_shards_of_img2dataset_are_read_in_place(tmp_path):
    source = tmp_path / "in"
    blue = picture((30, 30, 200), "JPEG")
    shard(source / "00000.tar", [
        ("000000000.jpg", picture()), ("000000000.txt", b"a red\xc2\xa0one\n\nit is red\n"),
        ("000000000.json", described(caption="not this")), ("._000000000.jpg", b"junk"),
    ])  # fmt: skip
    shard(source / "00001.tar", [
        ("in/000010000.json", described(caption="a blue one")), ("in/000010000.jpg", blue),
        ("notes.cls", b"3"),
    ])  # fmt: skip
    for name in ("00000.parquet", "00000_stats.json"):  # img2dataset puts them beside
        (source / name).write_bytes(b"x")
    before = sorted(source.rglob("*"))
    info = prepare(WebDataset(source, test_share=0.0), tmp_path / "out", image_size=8)
    assert sorted(source.rglob("*")) == before
    assert (info.splits["train"].pictures, info.skipped) == (2, ())
    train = read_split(tmp_path / "out", "train")
    assert train.ids == ["00000.tar/000000000", "00001.tar/in/000010000"]
    assert train.captions == ["a red one", "it is red", "a blue one"]
    for image, colour in zip(train.images, ((200, 30, 30), (30, 30, 200)), strict=True):
        np.testing.assert_allclose(image[4, 4], colour, atol=4)


def test_one_archive_is_a_source_and_a_share_of_it_is_held_out(tmp_path):
    files = [(f"{i}.{kind}", data) for i in range(10)
             for kind, data in (("png", picture()), ("txt", b"red"))]  # fmt: skip
    items, broken = told(WebDataset(shard(tmp_path / "x.tar", files), test_share=0.2))
    assert broken == []
    assert sorted(split for split, _ in items.values()) == ["test"] * 2 + ["train"] * 8


def test_shards_named_after_splits_divide(tmp_path):
    files = [("0.png", picture()), ("0.txt", b"red")]
    for name in ("birds-train-0000.tar", "birds-train-0001.tar", "val/0000.tar", "test.tar"):
        shard(tmp_path / name, files)
    items, _ = told(WebDataset(tmp_path))
    assert {name: split for name, (split, _) in items.items()} == {
        "birds-train-0000.tar/0": "train", "birds-train-0001.tar/0": "train",
        "test.tar/0": "test", "val/0000.tar/0": "val",
    }  # fmt: skip


def test_of_shards_to_train_on_alone_a_share_is_held_out(tmp_path):
    files = [(f"{i}.{kind}", data) for i in range(10)
             for kind, data in (("png", picture()), ("txt", b"red"))]  # fmt: skip
    items, _ = told(WebDataset(shard(tmp_path / "train-0.tar", files), test_share=0.3))
    assert sorted(split for split, _ in items.values()) == ["test"] * 3 + ["train"] * 7


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("1.png", picture())], "x.tar/1: must have one caption file (.txt or .json). Received: "),
        ([("1.txt", b"red")], "x.tar/1: must have one picture. Received: none"),
        ([("1.png", picture()), ("1.jpg", picture()), ("1.txt", b"red")], "Received: 1.png, 1.jpg"),
        ([("1.png", picture()), ("1.txt", b"red"), ("1.txt", b"blue")], "one caption file."),
        ([("1.png", picture()), ("1.txt", b"\n")], "1.txt: there is no caption in it"),
        ([("1.png", picture()), ("1.txt", b"caf\xe9")], "1.txt: not readable as UTF-8"),
        ([("1.png", picture()), ("1.json", b"{")], "1.json: not JSON"),
        ([("1.png", picture()), ("1.json", b"[]")], "1.json: must be a JSON object"),
        ([("1.png", picture()), ("1.json", described())], "1.json: `caption` must be texts"),
        ([("1.png", picture()[:-25]), ("1.txt", b"red")], "x.tar, 1.png: the picture is broken"),
        ([("1.png", b"red"), ("1.txt", b"red")], "x.tar, 1.png: is no picture of a format"),
    ],
)
def test_broken_samples_are_named_and_skipped(tmp_path, files, message):
    good = [("0.png", picture()), ("0.txt", b"good")]
    source = WebDataset(shard(tmp_path / "x.tar", [*good, *files]))
    with pytest.raises(InputError) as stopped:
        prepare(source, tmp_path / "out", image_size=8)
    assert message in str(stopped.value)
    assert not (tmp_path / "out").exists()
    info = prepare(source, tmp_path / "out", image_size=8, skip_broken=True)
    assert message in info.skipped[0]
    assert read_split(tmp_path / "out", "train").captions == ["good"]


@pytest.mark.parametrize("damage", ["in a picture", "between files", "a header", "compressed"])
def test_damaged_archives_are_named_and_what_is_whole_is_read(tmp_path, damage):
    path = shard(tmp_path / "x.tar", [("0.png", picture()), ("0.txt", b"good"),
                                      ("1.png", b"x" * 2000), ("1.txt", b"bad")])  # fmt: skip
    data = bytearray(path.read_bytes())
    with tarfile.open(path) as archive:
        places = {member.name: member.offset for member in archive}
    if damage == "in a picture":
        data = data[: places["1.png"] + 600]
    elif damage == "between files":
        data = data[: places["1.png"]]
    elif damage == "a header":
        data[places["1.png"]] ^= 1
    else:
        data = gzip.compress(data)
    path.write_bytes(data)
    items, broken = told(WebDataset(path))
    assert f"{path}: not readable as a .tar file to its end" in broken[-1]
    if damage != "compressed":
        assert items["x.tar/0"][1] == ("good",)


def test_nothing_to_read_is_said(tmp_path):
    for source, rule in ((tmp_path / "none", "no such folder or file"), (tmp_path, r"no \.tar")):
        with pytest.raises(InputError, match=rule):
            list(WebDataset(source).items())


def test_a_name_that_is_not_utf_8_is_named(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        for name, data in (("1.png", picture()), ("1.txt", b"red"), ("caf\xe9.png", picture())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    items, broken = told(WebDataset(path, test_share=0.0))
    assert list(items) == ["x.tar/1"]
    assert broken == [f"{path}, caf\\xe9.png: the name is not UTF-8; rename it."]


def link(name, kind, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_hard_links_are_read_and_no_other_file_vanishes(tmp_path):
    path = shard(tmp_path / "x.tar", [
        ("1.png", picture()), ("1.txt", b"red"), ("../3.png", picture()), (".4.png", picture()),
    ])  # fmt: skip
    with tarfile.open(path, "a") as archive:
        archive.addfile(link("2.png", tarfile.LNKTYPE, "1.png"))
        archive.addfile(link("2.txt", tarfile.LNKTYPE, "1.txt"))
        archive.addfile(link("5.png", tarfile.SYMTYPE, "1.png"))
        archive.addfile(link("6.png", tarfile.LNKTYPE, "gone.png"))
        archive.addfile(link("notes", tarfile.SYMTYPE, "1.txt"))
    found = [one for one in WebDataset(path, test_share=0.0).items() if isinstance(one, Item)]
    assert [(one.id, one.captions) for one in found] == [
        ("x.tar/1", ("red",)),
        ("x.tar/2", ("red",)),
    ]
    np.testing.assert_array_equal(found[0].load(8), found[1].load(8))
    _, broken = told(WebDataset(path, test_share=0.0))
    assert broken == [
        f"{path}, ../3.png: lies outside of the archive.",
        f"{path}, 5.png: a link or device, not a file of the archive; pack what it leads to.",
        f"{path}, 6.png: a link or device, not a file of the archive; pack what it leads to.",
    ]


def test_a_file_stored_with_holes_is_named(tmp_path):
    path = shard(tmp_path / "x.tar", [("1.png", picture()), ("1.txt", b"red")])
    with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("2.png")
        member.pax_headers = {"GNU.sparse.map": "0,4,100,0", "GNU.sparse.size": "100"}
        member.size = 4
        archive.addfile(member, io.BytesIO(b"\x89PNG"))
    items, broken = told(WebDataset(path, test_share=0.0))
    assert list(items) == ["x.tar/1"]
    assert broken == [f"{path}, 2.png: stored with holes; pack it without --sparse."]


def test_half_a_character_in_a_caption_is_named_and_skipped(tmp_path):
    files = [("1.png", picture()), ("1.json", b'{"caption": "a \\ud83d bird"}'),
             ("2.png", picture()), ("2.json", b'{"caption": "a \\ud83d\\udc26 bird"}')]  # fmt: skip
    items, (reason,) = told(WebDataset(shard(tmp_path / "x.tar", files), test_share=0.0))
    assert items == {"x.tar/2": ("train", ("a \U0001f426 bird",))}
    assert "1.json: not JSON (\\ud83d is half a character (a lone surrogate), in " in reason


def test_archives_that_are_packed_are_told(tmp_path):
    (tmp_path / "1.tar.gz").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no \.tar file in it\..*decompress .* 1\.tar\.gz"):
        list(WebDataset(tmp_path).items())
    shard(tmp_path / "0.tar", [("1.png", picture()), ("1.txt", b"red")])
    (tmp_path / "0_stats.json").write_bytes(b"x")
    left, packed = [one for one in WebDataset(tmp_path).items() if isinstance(one, Note)]
    assert left.endswith("1 file of other formats left out: .gz (1).")
    assert packed.endswith("decompress what is packed, such as 1.tar.gz.")
