"""The functions that normalize text, on which stored ids, names and fingerprints depend."""

import unicodedata

import pytest

from bot.text.normalize import (
    collapse_spaces,
    normalize_spelling,
    normalize_stored_text,
    normalize_text,
    normalize_with_offsets,
    straighten_apostrophes,
    strip_accents,
    tokenize,
)


def test_normalized_text_has_the_length_of_the_original() -> None:
    text = "Été à l’île –\u00a0½ Straße ﬁn İ"
    assert len(normalize_text(text)) == len(text)
    assert normalize_text("Été à l’île") == "ete a l'ile"
    assert tokenize("L’Été, t-shirt") == ["l", "ete", "t", "shirt"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_removed_however_they_are_encoded(form: str) -> None:
    text = unicodedata.normalize(form, "Crème Brûlée Œuf ß")  # type: ignore[arg-type]
    assert strip_accents(text) == "Creme Brulee Œuf ß"
    assert normalize_spelling(text) == "creme brulee oeuf ss"


def test_no_combining_mark_stays() -> None:
    marks = "".join(c for c in map(chr, range(0x110000)) if unicodedata.combining(c))
    assert strip_accents(f"a{marks}b") == "ab"


def test_apostrophes_and_spaces_are_unified() -> None:
    assert straighten_apostrophes("l’été d'hiver") == "l'été d'hiver"
    assert collapse_spaces(" a\u00a0\tb\n  e\u0301 ") == "a b é"
    assert normalize_stored_text(" a\r\nb\rc  d\n") == "a\nb\nc  d"


def test_offsets_lead_back_to_the_stored_text() -> None:
    stored = "ma\u200bil: e\u0301a＠x．example"
    read, starts, ends = normalize_with_offsets(stored)
    assert read == "mail: éa@x.example"
    assert stored[starts[6] : ends[6]] == "e\u0301"
    assert stored[starts[8] : ends[-1]] == "＠x．example"
