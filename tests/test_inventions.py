"""An AI's invention in words that no list was made from …"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.proof.nouns import everyday, key, nouns
from tests.test_rewriting import wrong

SAID: dict[str, Any] = tomllib.loads(Path(__file__).with_name("inventions.toml").read_text("utf-8"))
FOUND = 0.9  # of the inventions; without the nouns, lists and capitals found 20 of these 52


def rows(kind: str) -> list[tuple[str, ...]]:
    return [(*row, language) for language, some in SAID[kind].items() for row in some]


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("invented"))
async def test_is_found(words: str, part: str, text: str, language: str) -> None:
    assert await wrong(words, part, text, language)


def test_is_found_nine_times_in_ten() -> None:
    found, missed = len(rows("invented")), len(rows("missed"))
    assert found >= 48
    assert found >= FOUND * (found + missed)


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("fair"))
async def test_is_not_seen_in_what_is_fair(words: str, part: str, text: str, language: str) -> None:
    assert await wrong(words, part, text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Speak to the beekeepers first.", "en", ["beekeepers"]),
        ("Write to them without peeking at the results.", "en", []),
        ("Parlez d'abord aux apiculteurs.", "fr", ["apiculteurs"]),
        ("Regardez avant de pousser les résultats.", "fr", []),
        ("Les questions représentent une part des textes.", "fr", []),
    ],
)
def test_is_a_word_that_stands_where_a_subject_stands(
    text: str, language: str, found: list[str]
) -> None:
    assert [one.text for one in nouns(text, language)] == found


@pytest.mark.parametrize(
    ("one", "other"), [("categories", "category"), ("clientes", "client"), ("bobbles", "bobble")]
)
def test_is_no_other_form_of_a_known_word(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_is_no_word_that_we_say_ourselves() -> None:
    assert {key(word) for word in ("parcels", "colis", "checkout", "panier")} <= everyday()
