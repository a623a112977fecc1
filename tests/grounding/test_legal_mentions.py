"""Legal sentences for alcohol and sweets."""

import pytest

from bot.grounding.legal import ALCOHOL_WARNING, is_alcohol, is_sweet
from bot.i18n.messages import LANGUAGES
from tests.rules.test_texts import ENGLISH, FRENCH, text_of, written

ALCOHOL = [
    "vin rouge",
    "coffret de trois vins",
    "Champagne brut",
    "bière ambrée",
    "rhum vieux",
    "craft beer",
    "red wine, case of 3",
    "gin de Bretagne",
]
NONE = [
    "verre à vin",
    "flûte à champagne",
    "wine glasses",
    "tire-bouchon à vin",
    "champagne satin top",
    "vinaigre de cidre",
    "robe couleur champagne",
    "seau à champagne",
    "chemise en lin",
]


@pytest.mark.parametrize("sold", ALCOHOL)
def test_drink_needs_the_alcohol_warning(sold: str) -> None:
    assert is_alcohol(sold)


@pytest.mark.parametrize("sold", NONE)
def test_glassware_needs_no_alcohol_warning(sold: str) -> None:
    assert not is_alcohol(sold)


@pytest.mark.parametrize(
    ("sold", "asked"),
    [
        ("ballotin de chocolats", True),
        ("confiture de figues", True),
        ("verre à sirop", False),
        ("gilet couleur chocolat", False),
        ("sac à goûter", False),
    ],
)
def test_sweet_food_is_flagged(sold: str, asked: bool) -> None:
    assert is_sweet(sold) is asked


@pytest.mark.parametrize(
    "words",
    [
        "un mail : notre vin rouge de Noël, -10 %",
        "un sms : notre champagne brut, -10 % jusqu'au 12 décembre",
        "fiche produit : notre bière ambrée",
    ],
)
def test_text_by_rules_contains_the_warning(words: str) -> None:
    _, done = written(words, FRENCH)
    assert ALCOHOL_WARNING["fr"].rstrip(".") in text_of(done)
    assert not [check for check in done.checks if check.rule == "alcohol"]


def test_shirt_needs_no_warning() -> None:
    for language in LANGUAGES:
        assert ALCOHOL_WARNING[language] not in text_of(
            written("e-mail: the linen shirt", ENGLISH)[1]
        )
