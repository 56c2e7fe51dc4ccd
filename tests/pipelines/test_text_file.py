"""Tables whose quotes are wrong: no source may take one picture's row for another's words."""

import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.sources import Item
from keras_t2i.pipelines.sources.celeba import CelebA
from keras_t2i.pipelines.sources.folder import Folder
from keras_t2i.pipelines.sources.labelled import Labelled
from keras_t2i.pipelines.text_file import csv_rows, filled_lines, read_text


def write(folder, name, text):
    for picture in "abcd":
        Image.new("RGB", (8, 8)).save(folder / f"{picture}.png")
    (folder / name).write_text(text, "utf-8")
    return folder


STRAY = {
    "closed by the next quoted caption": ('a.png,1\nb.png,"long{0}\nc.png,1\nd.png,"1" w\n', 3),
    "closed at the end of a later row": ('a.png,1\nb.png,"long{0}\nc.png,1\nd.png,1"\n', 3),
    "closed nowhere": ('a.png,1\nb.png,"long{0}\nc.png,1\nd.png,1\n', 3),
    "closed too soon": ('a.png,1\nb.png,"long" {0}\nc.png,1\n', 3),
}


@pytest.mark.parametrize(("rows", "line"), STRAY.values(), ids=STRAY)
@pytest.mark.parametrize(
    ("source", "table", "head"),
    [(Folder, "captions.csv", "file,caption"), (Folder, "metadata.csv", "file_name,text"),
     (Labelled, "labels.csv", "file,labels"), (CelebA, "list_attr_celeba.csv", "image_id,Male")],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_a_stray_quote_is_named_by_its_line(tmp_path, source, table, head, rows, line):
    write(tmp_path, table, f"{head}\n{rows.format(' beak')}")
    with pytest.raises(InputError, match=rf"{table}, line {line}: (not CSV|a quoted field)"):
        list(source(tmp_path).items())


def test_quoted_fields_may_hold_commas_quotes_and_line_breaks(tmp_path):
    table = 'file,caption\na.png,"red, and\nwide, too"\nb.png,"a ""b"".\nA bird, 3.5 inches"\n'
    rows = "c.png,grey\nd.png,d\n"
    write(tmp_path, "captions.csv", table + rows)
    items = [item for item in Folder(tmp_path).items() if isinstance(item, Item)]
    assert items[0].captions == ("red, and wide, too",)
    assert items[1].captions == ('a "b". A bird, 3.5 inches',)
    assert len(items) == 4


def test_rows_have_the_number_of_their_first_line_and_blank_ones_do_not_count(tmp_path):
    table = '\ufeffa,b\r\n\r\n1,"2\r\n3"\r\n,\r\n  \r\n4, "5, 6"\r\n'
    (tmp_path / "x.csv").write_bytes(table.encode())
    rows = list(csv_rows(tmp_path / "x.csv"))
    assert rows == [(1, ["a", "b"]), (3, ["1", "2\n3"]), (7, ["4", "5, 6"])]


def test_lines_end_at_line_feeds_alone():
    assert list(filled_lines("a\u2028b\n\n \n\x0bc\x85\n")) == [(1, "a\u2028b"), (4, "\x0bc\x85")]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.txt: cannot be read \(No such file"):
        read_text(tmp_path / "gone.txt")
