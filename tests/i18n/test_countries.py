"""Country names as files write them and as people say them."""

import pytest

from bot.i18n.countries import (
    find_countries,
    list_country_names,
    list_named_countries,
    parse_country_code,
    translate_country,
)
from bot.i18n.messages import Country, Words, restore_words


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
def test_country_is_translated(written: str, english: str, french: str) -> None:
    assert (translate_country(written, "en"), translate_country(written, "fr")) == (english, french)


def test_country_words_exclude_the_code() -> None:
    assert list_country_names("DE") == {"germany", "allemagne"}
    assert parse_country_code("in") == "IN"
    assert "in" not in list_country_names("IN")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("FR", ("FR",)),
        ("our UK and Irish customers", ("GB", "IE")),
        ("nos clients au Royaume-Uni et en Côte d'Ivoire", ("GB", "CI")),
        ("les clientes belges", ("BE",)),
        ("loyal customers in Ireland", ()),
        ("our customers", ()),
        ("no", ()),
    ],
)
def test_people_of_countries_alone_are_told_from_others(words: str, codes: tuple[str, ...]) -> None:
    assert list_named_countries(words) == codes


def test_country_in_a_sentence_is_translated_when_shown() -> None:
    words = restore_words(Words("{place}.", place=Country(name="ES")).model_dump(mode="json"))
    assert (words.to("en"), words.to("fr")) == ("Spain.", "Espagne.")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("the UK", ("GB",)),
        ("the UK people waiting for the throw", ("GB",)),
        ("clients fidèles, nos clientes belges et françaises", ("BE", "FR")),
        ("people in the United Kingdom who bought linen", ("GB",)),
        ("people who bought Irish linen", ()),
        ("clientes qui ont acheté une robe en jersey", ()),
        ("clients à fort CA", ()),
    ],
)
def test_countries_of_people_are_found_in_what_is_said_of_them(
    words: str, codes: tuple[str, ...]
) -> None:
    assert find_countries(words) == codes
