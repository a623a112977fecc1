"""A country as it is written in a file …"""

import pytest

from bot.i18n.countries import called, code_of, names_of
from bot.i18n.messages import Country, Words, words_from


@pytest.mark.parametrize(
    ("written", "english", "french"),
    [
        ("BE", "Belgium", "Belgique"),
        ("Allemagne", "Germany", "Allemagne"),
        ("united kingdom", "United Kingdom", "Royaume-Uni"),
        ("USA", "United States", "États-Unis"),
        ("Atlantis", "Atlantis", "Atlantis"),
        ("33", "33", "33"),
        ("", "", ""),
    ],
)
def test_is_said_as_each_language_says_it(written: str, english: str, french: str) -> None:
    assert (called(written, "en"), called(written, "fr")) == (english, french)


def test_is_known_in_a_sentence_by_its_names_and_not_by_its_code() -> None:
    assert names_of("DE") == {"germany", "allemagne"}
    assert code_of("in") == "IN"
    assert "in" not in names_of("IN")


def test_keeps_its_language_open_until_it_is_read() -> None:
    words = words_from(Words("{place}.", place=Country(name="ES")).model_dump(mode="json"))
    assert (words.to("en"), words.to("fr")) == ("Spain.", "Espagne.")
