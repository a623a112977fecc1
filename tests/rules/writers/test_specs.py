"""What a description says in so many words …"""

import re
import tomllib

import pytest

from bot.rules.writers.specs import FILE, read


def said(text: str, written: str = "fr", language: str = "en") -> list[str]:
    return [spec.text for spec in read(text, written, language)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("Filé et tissé au Portugal.", "spun and woven in Portugal"),
        ("Tissée en Tunisie.", "woven in Tunisia"),
        ("Laine d'agneau filée en Écosse.", "lambswool spun in Scotland"),
        ("Lin de 320 g/m².", "the cloth weighs 320 g/m²"),
        ("1 600 g/m², envers nu", "the cloth weighs 1600 g/m²"),
        ("Lavage à 60 °C.", "[it washes|they wash] at 60 °C"),
        ("Il porte douze kilos de marché.", "it carries twelve kilos of shopping"),
        ("La grande sœur : 1,2 litre.", "[it holds|each holds] 1.2 litres"),
        ("Mèche de coton, quarante heures.", "forty hours of burning"),
        ("Il bouloche un peu.", "it pills a little at first"),
    ],
)  # fmt: skip
def test_is_said_in_the_other_language(french: str, english: str) -> None:
    assert english in said(french)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Woven in Italy from combed cotton.", "tissé en Italie"),
        ("Linen, 320 gsm.", "la toile pèse 320 g/m²"),
        ("Machine washable.", "lavage en machine"),
    ],
)
def test_is_read_in_english_too(english: str, french: str) -> None:
    assert french in said(english, "en", "fr")


@pytest.mark.parametrize(
    "text",
    [
        "Pas de lave-vaisselle.",
        "Livré à Lyon, tissu souple.",
        "Tissé en Zorglubie.",
        "180 grammes de cire de colza",
        "Lavage laine à froid.",
    ],
)
def test_says_no_more_than_what_is_there(text: str) -> None:
    found = said(text)
    for wrong in ("dishwasher", "woven", "it weighs", "wash at"):
        assert not any(wrong in one and "no dishwasher" not in one for one in found), found


def test_is_nothing_where_the_table_has_no_such_phrase() -> None:
    assert read("Une chose qu'on aime.", "fr", "en") == []


def test_has_shapes_that_can_be_read_and_texts_in_both_languages() -> None:
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["specs"]
    for key, (_, french, english, text_en, text_fr, *_shorts) in rows.items():
        assert re.compile(french), key
        assert re.compile(english), key
        assert text_en, key
        assert text_fr, key
