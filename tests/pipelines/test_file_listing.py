"""The one rule by which all commands list the files of folders."""

import os
import unicodedata

import pytest
from PIL import Image

from keras_t2i.pipelines import picture_formats
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.file_listing import files_below, pictures_below
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources.folder import Folder
from keras_t2i.pipelines.sources.labelled import Labelled
from keras_t2i.pipelines.sources.midi_files import MidiFiles
from keras_t2i.pipelines.sources.pairs import Pairs
from keras_t2i.pipelines.sources.plain import Pictures

COMPOSED, APART = (unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD"))


def save(path, colour=0, form=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 20), colour).save(path, form)


@pytest.fixture
def without_heic(monkeypatch):
    """As where the extra is not installed."""
    known = picture_formats.suffixes() - {".heic", ".heif", ".heics", ".heifs", ".hif"}
    monkeypatch.setattr(picture_formats, "suffixes", lambda: known)
    monkeypatch.setattr("keras_t2i.pipelines.file_listing.suffixes", lambda: known)
    formats = tuple(name for name in picture_formats.formats() if name != "HEIF")
    monkeypatch.setattr("keras_t2i.pipelines.images.formats", lambda: formats)


def test_hidden_files_and_droppings_do_not_count(tmp_path):
    save(tmp_path / "a" / "1.png")
    for name in (".hidden.png", "._1.png", ".ipynb_checkpoints/1.png", "__MACOSX/a/1.png",
                 "@eaDir/1.png", "a/.thumbs/1.png"):  # fmt: skip
        save(tmp_path / name)
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        (tmp_path / "a" / name).write_bytes(b"x")
    listing = files_below(tmp_path)
    assert list(listing.paths) == listing.pictures == ["a/1.png"]
    assert listing.left_out(listing.pictures) == []


def test_formats_by_suffix_in_any_case_and_without_one_by_content(tmp_path):
    names = ["a.PNG", "b.jfif", "c.tif", "d.tiff", "e.avif", "f.jpe", "g.bmp", "h.webp", "i.jp2"]
    for name in names:
        save(tmp_path / name)
    save(tmp_path / "j", form="PNG")
    (tmp_path / "README").write_text("no picture")
    for name in ("k.xyz", "l.xyz", "m.pdf"):
        (tmp_path / name).write_bytes(b"no picture")
    listing = pictures_below(tmp_path)
    assert listing.pictures == [*names, "j"]
    (line,) = listing.left_out(listing.pictures)
    assert "4 files of other formats left out: .xyz (2), " in line
    assert "no suffix (1)" in line
    (line,) = listing.left_out(listing.pictures, beside={".xyz", ".pdf"})
    assert line.endswith("1 file of other formats left out: no suffix (1).")


def test_what_is_left_out_is_told_and_stored(tmp_path):
    for i in range(3):
        save(tmp_path / "in" / f"{i}.png")
    (tmp_path / "in" / "x.xyz").write_bytes(b"?")
    info = prepare(Pictures(tmp_path / "in", 0.0), tmp_path / "out", 8)
    assert any("1 file of other formats left out: .xyz (1)" in line for line in info.warnings)
    save(tmp_path / "wanted" / "0.png")
    pairs = prepare(Pairs(tmp_path / "in", tmp_path / "wanted", 0.0), tmp_path / "p", 8, True)
    assert any(".xyz (1)" in line for line in pairs.warnings)


def test_links_to_folders_are_entered_and_no_folder_counts_twice(tmp_path):
    for name in ("blue", "green"):
        for i in range(3):
            save(tmp_path / "in" / name / f"{i}.png")
    for i in range(3):
        save(tmp_path / "elsewhere" / "red" / f"{i}.png")
    (tmp_path / "in" / "red").symlink_to(tmp_path / "elsewhere" / "red")
    info = prepare(Pictures(tmp_path / "in", 0.0), tmp_path / "out", 8)
    assert info.splits["train"].pictures == 9
    assert info.classes == ("blue", "green", "red")
    assert not any("lead to folders" in line for line in info.warnings)
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "green")
    (tmp_path / "in" / "blue" / "loop").symlink_to(tmp_path / "in")
    listing = pictures_below(tmp_path / "in")
    assert len(listing.pictures) == 9
    (line,) = listing.left_out(listing.pictures)
    assert line.endswith("lead to folders that count already: again, blue/loop.")


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    save(tmp_path / "1.png")
    (tmp_path / "2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(InputError, match=r"2\.png: no such picture.*--skip-broken"):
        prepare(Pictures(tmp_path), tmp_path / "out", 8)


def test_names_that_are_not_utf_8_are_named(tmp_path):
    folder = tmp_path / "in"
    for i in range(3):
        save(folder / f"{i}.png")
    bad = os.fsencode(folder) + b"/pi\xf1on.png"
    with open(bad, "wb") as file:  # noqa: PTH123
        file.write((folder / "0.png").read_bytes())
    for source in (Pictures(folder, 0.0), Folder(folder, 0.0)):
        for i in range(3):
            (folder / f"{i}.txt").write_text("words")
        with pytest.raises(InputError, match=r"pi\\xf1on\.png: the name is not UTF-8"):
            prepare(source, tmp_path / "out", 8)
        out = tmp_path / source.name
        info = prepare(source, out, 8, skip_broken=True)
        assert info.splits["train"].pictures == 3
        assert "not UTF-8" in info.skipped[0]


@pytest.mark.parametrize(("on_disk", "in_table"), [(APART, COMPOSED), (COMPOSED, APART)])
def test_accents_match_in_either_form(tmp_path, on_disk, in_table):
    save(tmp_path / "in" / on_disk / f"{on_disk}.png", "red")
    (tmp_path / "in" / "captions.csv").write_text(
        f"file,caption\n{in_table}/{in_table}.png,a red one\n", "utf-8"
    )
    prepare(Folder(tmp_path / "in", 0.0), tmp_path / "out", 8)
    held = read_split(tmp_path / "out", "train")
    assert held.captions == ["a red one"]
    assert held.ids == [f"{COMPOSED}/{COMPOSED}.png"]
    assert held.images[0, 0, 0].tolist() == [255, 0, 0]

    (tmp_path / "in" / "captions.csv").rename(tmp_path / "captions.csv")
    (tmp_path / "in" / on_disk / f"{in_table}.txt").write_text("beside it")
    prepare(Folder(tmp_path / "in", 0.0), tmp_path / "beside", 8)
    assert read_split(tmp_path / "beside", "train").captions == ["beside it"]

    (tmp_path / "in" / "labels.csv").write_text(
        f"file,hair\n{in_table}/{in_table}.png,red\n", "utf-8"
    )
    prepare(Labelled(tmp_path / "in", test_share=0.0), tmp_path / "labelled", 8)
    assert len(read_split(tmp_path / "labelled", "train").images) == 1

    save(tmp_path / "wanted" / in_table / f"{in_table}.png", "blue")
    pairs = prepare(Pairs(tmp_path / "in", tmp_path / "wanted", 0.0), tmp_path / "pairs", 8)
    assert pairs.splits["train"].pictures == 1


def test_two_files_of_one_name_are_refused(tmp_path):
    save(tmp_path / f"{COMPOSED}.png")
    save(tmp_path / f"{APART}.png")
    with pytest.raises(InputError, match="another file has the same name, its accents written"):
        prepare(Pictures(tmp_path), tmp_path / "out", 8)


def test_a_table_names_formats_that_were_not_read_before(tmp_path):
    save(tmp_path / "t.tiff")
    (tmp_path / "captions.csv").write_text("file,caption\nt.tiff,a picture\n")
    assert prepare(Folder(tmp_path, 0.0), tmp_path / "out", 8).splits["train"].captions == 1


def test_heic_is_read_with_the_extra(tmp_path):
    pytest.importorskip("pillow_heif")
    picture_formats.formats()
    save(tmp_path / "x.heic", (200, 30, 30))
    prepare(Pictures(tmp_path, 0.0), tmp_path / "out", 8)
    red, green, _ = read_split(tmp_path / "out", "train").images[0, 0, 0].tolist()
    assert red > 150 > green


def test_heic_without_the_extra_says_what_it_needs(tmp_path, without_heic):
    save(tmp_path / "1.png")
    (tmp_path / "x.heic").write_bytes(b"\x00\x00\x00\x18ftypheic")
    listing = pictures_below(tmp_path)
    assert listing.pictures == ["1.png"]
    (line,) = listing.left_out(listing.pictures)
    assert ".heic (1); HEIC needs an extra: pip install" in line
    (tmp_path / "captions.csv").write_text("file,caption\n1.png,one\nx.heic,two\n")
    with pytest.raises(InputError, match=r"x\.heic: named with a caption, but HEIC needs an extra"):
        prepare(Folder(tmp_path, 0.0), tmp_path / "out", 8)
    (tmp_path / "labels.csv").write_text("file,kind\n1.png,one\nx.heic,two\n")
    with pytest.raises(InputError, match=r"x\.heic: HEIC needs an extra"):
        prepare(Labelled(tmp_path, test_share=0.0), tmp_path / "out", 8)


def test_an_empty_folder_says_what_is_in_it(tmp_path):
    with pytest.raises(InputError, match=r"--given .*: no such folder"):
        pictures_below(tmp_path / "none", "--given")
    (tmp_path / "1.xyz").write_bytes(b"?")
    with pytest.raises(InputError, match=r"no pictures in it\. .*1 file of other formats.*\.xyz"):
        pictures_below(tmp_path)


def test_melodies_follow_the_same_rule(tmp_path):
    (tmp_path / "in" / "__MACOSX").mkdir(parents=True)
    (tmp_path / "in" / "__MACOSX" / "a.mid").write_bytes(b"?")
    with pytest.raises(InputError, match=r"no \.mid or \.midi file in it"):
        prepare_melodies(MidiFiles(tmp_path / "in"), tmp_path / "out")
    with open(os.fsencode(tmp_path / "in") + b"/caf\xe9.mid", "wb") as file:  # noqa: PTH123
        file.write(b"?")
    (tmp_path / "in" / "b.MID").write_bytes(b"?")
    with pytest.raises(InputError, match=r"caf\\xe9\.mid: the name is not UTF-8"):
        prepare_melodies(MidiFiles(tmp_path / "in"), tmp_path / "out")


@pytest.mark.parametrize("name", ["a[1]", "a*b", "a?b", "a{1,2}b", "a b", "back\\slash", "ü 鸟"])
def test_folders_of_any_name(tmp_path, name):
    for i in range(2):
        save(tmp_path / name / "in" / f"{i}.png", (100 * i, 0, 0))
    prepare(Pictures(tmp_path / name / "in", 0.0), tmp_path / name / "out", 8)
    assert len(read_split(tmp_path / name / "out", "train").images) == 2
    linked = tmp_path / "link"
    linked.symlink_to(tmp_path / name)
    prepare(Pictures(linked / "in", 0.0), linked / "again", 8)
    assert (tmp_path / name / "again" / "dataset.json").exists()


def test_enlarged_pictures_are_told(tmp_path):
    (tmp_path / "in").mkdir()
    for i, side in enumerate((40, 10, 6)):
        Image.new("RGB", (side, side + 3)).save(tmp_path / "in" / f"{i}.png")
    info = prepare(Pictures(tmp_path / "in", 0.0), tmp_path / "out", 16)
    (line,) = [line for line in info.warnings if "enlarged" in line]
    assert "2 of 3 pictures are enlarged to 16 pixels" in line
    assert line.endswith("the smallest is cut from 6.")
    info = prepare(Pictures(tmp_path / "in", 0.0), tmp_path / "small", 4)
    assert not [line for line in info.warnings if "enlarged" in line]


def test_a_link_to_itself_is_skipped_as_one_that_leads_nowhere(tmp_path):
    source = tmp_path / "in"
    save(source / "a.png")
    (source / "loop.png").symlink_to("loop.png")
    (source / "gone.png").symlink_to("nowhere.png")
    info = prepare(Pictures(source, test_share=0.0), tmp_path / "out", 8, skip_broken=True)
    assert info.splits["train"].pictures == 1
    assert sorted(info.skipped) == [
        f"{source / name}: no such picture." for name in ("gone.png", "loop.png")
    ]
