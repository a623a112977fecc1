"""Product titles as people read them."""

import pytest

from bot.text.normalize import format_title


@pytest.mark.parametrize(
    ("till", "read"),
    [
        ("CHRISTMAS LIGHTS 10 REINDEER", "Christmas Lights 10 Reindeer"),
        ("SET OF 3 REGENCY  CAKE TINS ", "Set of 3 Regency Cake Tins"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS", "Paper Chain Kit 50's Christmas"),
        ("15CM CHRISTMAS T-LIGHT", "15cm Christmas T-Light"),
        ("CHEMISE EN LIN LAVÉ", "Chemise en Lin Lavé"),
        ("USB LED LAMP", "USB LED Lamp"),
    ],
)
def test_title_in_capitals_is_capitalized_by_word(till: str, read: str) -> None:
    assert format_title(till) == read


@pytest.mark.parametrize("title", ["Chemise Alba en lin", "iPhone 15 Pro", "IKEA", "XL"])
def test_other_title_is_not_changed(title: str) -> None:
    assert format_title(title) == title
