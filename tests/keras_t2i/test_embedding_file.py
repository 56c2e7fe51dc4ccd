"""Embeddings in a file that grows, is gone on with, and is mapped."""

import numpy as np
import pytest

from keras_t2i.tasks.text_to_image import embedding_file
from keras_t2i.tasks.text_to_image.embedding_file import computed_rows, files, kept_rows

COUNT, WIDTH = 50, 3
FILES = files("embeddings")
ROWS = np.arange(COUNT * WIDTH, dtype="float32").reshape(COUNT, WIDTH)


@pytest.fixture(autouse=True)
def blocks_of_eight(monkeypatch):
    monkeypatch.setattr(embedding_file, "_ROWS", 8)


class Killed(BaseException):
    """Stands for the end of the process."""


def embed_until(end, asked):
    """Give rows up to some, then be killed."""

    def embed(rows):
        asked.append(rows.start)
        if rows.start >= end:
            raise Killed
        return ROWS[rows]

    return embed


def test_rows_are_computed_once(tmp_path):
    assert kept_rows(tmp_path) is None
    asked = []
    np.testing.assert_array_equal(
        computed_rows(tmp_path, (COUNT, WIDTH), embed_until(COUNT, asked)), ROWS
    )
    assert asked == list(range(0, COUNT, 8))
    np.testing.assert_array_equal(kept_rows(tmp_path), ROWS)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES[:2])


@pytest.mark.parametrize("torn", [0, 5, 9])
def test_a_killed_computation_goes_on_with_whole_rows(tmp_path, torn):
    with pytest.raises(Killed):
        computed_rows(tmp_path, (COUNT, WIDTH), embed_until(24, []))
    assert kept_rows(tmp_path) is None
    unfinished = tmp_path / FILES[2]
    unfinished.write_bytes(unfinished.read_bytes()[: -torn or None])  # rows are 12 bytes
    asked = []
    found = computed_rows(tmp_path, (COUNT, WIDTH), embed_until(COUNT, asked))
    np.testing.assert_array_equal(found, ROWS)
    assert asked[0] == (24 if not torn else 23)


def test_a_computation_that_was_killed_at_once_begins_anew(tmp_path):
    (tmp_path / FILES[2]).write_bytes(b"\x93NUM")
    np.testing.assert_array_equal(
        computed_rows(tmp_path, (COUNT, WIDTH), embed_until(COUNT, [])), ROWS
    )


def test_large_ones_are_mapped(tmp_path, monkeypatch):
    assert not isinstance(
        computed_rows(tmp_path, (COUNT, WIDTH), embed_until(COUNT, [])), np.memmap
    )
    monkeypatch.setattr(embedding_file, "_MAPPED", 100)
    mapped = kept_rows(tmp_path)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, ROWS)


@pytest.mark.parametrize("name", FILES[:2])
def test_damaged_ones_are_none(tmp_path, name):
    computed_rows(tmp_path, (COUNT, WIDTH), embed_until(COUNT, []))
    held = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(held[:-2] + bytes([held[-2] ^ 3]) + held[-1:])
    assert kept_rows(tmp_path) is None
