"""Spellings that count as the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_t2i.pipelines.attributes import MONTAGE
from keras_t2i.pipelines.spelling import (
    COMMAS,
    decomposed,
    folded_characters,
    key,
    split_names,
)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("  Double_Eyelid ", "double eyelid"),
        ("crew-cut", "crew cut"),
        ("ＦＥＭＡＬＥ", "female"),
        ("hair　:wavy", "hair: wavy"),
        ("hair  :  wavy", "hair: wavy"),
        ("HAIR：WAVY", "hair: wavy"),
        ("Straße", "strasse"),
        ("ﾒｶﾞﾈ", "メガネ"),
        (unicodedata.normalize("NFD", "쌍커풀"), "쌍커풀"),
        ("Vie\u0302\u0323t", "việt"),  # the marks in the other order
    ],
)
def test_spellings_of_one_name(name, folded):
    assert key(name) == folded


def test_commas_of_all_kinds_stand_between_names():
    for comma in COMMAS:
        assert [key(name) for name in split_names(f"red{comma} {comma}left")] == ["red", "left"]
        assert MONTAGE.describe(MONTAGE.parse(f"여성{comma}웨이브형{comma}쌍커풀")) == (
            "female, wavy, double eyelid"
        )
    assert split_names(" ,_, -,") == []


def texts():
    """Any texts, but for the Greek iota subscript: a mark that folds into a letter, so that the
    order of the marks about it counts."""
    return st.text().filter(lambda text: "\u0345" not in unicodedata.normalize("NFD", text))


@given(texts())
def test_spelling_again_changes_nothing_and_both_forms_say_the_same(name):
    assert key(key(name)) == key(name)
    assert unicodedata.normalize("NFD", key(name)) == decomposed(name)


@given(texts())
def test_unicode_forms_of_a_text_are_spelled_alike(name):
    forms = {key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert forms == {key(name)}


def test_the_table_holds_every_character_that_folds_into_the_letters():
    every = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    changing = [c for c in every if c != c.casefold() or not unicodedata.is_normalized("NFKD", c)]
    folded = {
        c: decomposed(f"x{c}x")[1:-1] for c in {*changing, *filter(str.isspace, every), *"ab_-"}
    }
    wanted = {c: text for c, text in folded.items() if set(text) <= set("ab ")}
    assert folded_characters("ab ") == wanted
    assert {"Ａ", "𝓫", "ⓐ", "_", "-", "\u3000", "\t", "a"} <= wanted.keys()
