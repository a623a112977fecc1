"""Prices before a cut."""

from decimal import Decimal

import pytest

from bot.agent.stated_facts import find_stated_facts
from bot.core.facts import Evidence
from bot.grounding.copy_checks import list_faults
from bot.grounding.price_cuts import find_former_prices
from tests.support.shirt import TODAY, fact, only, proved, request

PRICE = fact("product.a.price", "price", Decimal("35"), "EUR")
LOW = fact("product.a.low", "lowest price, last 30 days", Decimal("45"), "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "Now 35 instead of 50.",
        "35 € au lieu de 50 €.",
        "35, au lieu de 50.",
        "It was €50, now it is €35.",
        "Before: €50. Today: €35.",
        "Avant 50 €, maintenant 35 €.",
        "La chemise passe de 50 € à 35 €.",
        "From €50 down to €35.",
        "50 € → 35 €",
        "~~50 €~~ 35 €",
        "Ancien prix : 50 €.",
    ],
)
def test_former_price_must_be_the_lowest_of_30_days(text: str) -> None:
    assert [one.first.base for one in find_former_prices(text)] == [Decimal(50)]
    known = only(proved(text, evidence=Evidence(facts=(PRICE, LOW))), "price cut")
    assert [check.level for check in known] == ["block"]
    assert "€45.00" in known[0].words.to("en")


def test_lowest_price_may_be_shown_as_former() -> None:
    evidence = Evidence(facts=(PRICE, LOW))
    for text in ("35 € au lieu de 45 €.", "Now 35 instead of 45.", "De 45 € à 35 €."):
        assert not only(proved(text, evidence=evidence), "price cut")


@pytest.mark.parametrize(
    "text",
    [
        "Three pockets instead of 2 pockets.",
        "Sizes from 36 to 46.",
        "Avant 18 h, au magasin.",
        "Before 12 December.",
        "De 40 € à 60 €.",
        "Lavage à 30 °C plutôt que 40 °C.",
        "A bag rather than 3 parcels.",
    ],
)
def test_other_sums_are_no_former_prices(text: str) -> None:
    assert not find_former_prices(text)


def test_cut_without_a_known_price_before_takes_a_yes() -> None:
    asked = request("mail : -20 % sur la chemise", product="a")
    checks = proved("-20 % sur la chemise.", evidence=Evidence(facts=(PRICE,)), asked=asked)
    (unknown,) = only(checks, "price cut")
    assert unknown.level == "warn"


def test_cut_of_no_named_product_is_only_told() -> None:
    asked = request("mail de bienvenue, -10 % avec BIENVENUE10")
    said = "-10 % sur votre première commande avec BIENVENUE10."
    (told,) = only(proved(said, evidence=Evidence(facts=(PRICE,)), asked=asked), "price cut")
    assert told.level == "info"
    assert "not for one product" in told.words.to("en").lower()
    shown = f"{said} La chemise : 35 €."
    (told,) = only(proved(shown, evidence=Evidence(facts=(PRICE,)), asked=asked), "price cut")
    assert told.level == "warn"


def test_cut_of_the_brief_is_counted_from_the_lowest_price() -> None:
    now = fact("product.a.price", "price", Decimal("50"), "EUR")
    asked = request("mail : -20 % sur la chemise", product="a")
    (check,) = only(
        proved("-20 % sur la chemise.", evidence=Evidence(facts=(now, LOW)), asked=asked),
        "price cut",
    )
    assert check.level == "block"
    assert "the cut is 11 %" in check.words.to("en")


TITLE, OTHER_TITLE = fact("product.a.name", "name", "Nappe"), fact("product.b.name", "name", "Pull")
OTHER_NOW = fact("product.b.price", "price", Decimal("41"), "EUR")
OTHER_LOW = fact("product.b.low", "lowest price, last 30 days", Decimal("48"), "EUR")
TWO = Evidence(facts=(TITLE, PRICE, LOW, OTHER_TITLE, OTHER_NOW, OTHER_LOW))


def test_each_product_has_its_own_lowest_price() -> None:
    asked = request("mail : la nappe et le pull", product="a")
    said = "La nappe : 35 € au lieu de 45 €. Le pull : 41 € au lieu de 48 €."
    assert not only(proved(said, evidence=TWO, asked=asked), "price cut")
    wrong = said.replace("48", "60")
    (check,) = only(proved(wrong, evidence=TWO, asked=asked), "price cut")
    assert check.level == "block"


def test_code_of_a_text_without_a_product_is_no_cut_of_one_that_was_looked_up() -> None:
    asked = request("mail de bienvenue, -10 % avec BIENVENUE10")
    said = "-10 % sur votre première commande avec BIENVENUE10."
    (told,) = only(proved(said, evidence=TWO, asked=asked), "price cut")
    assert told.level == "info"


def test_new_cut_that_a_person_orders_takes_a_yes() -> None:
    """On 41 instead of 48 a person orders 20 % off: which price follows is theirs to say."""
    evidence = Evidence(facts=(OTHER_TITLE, OTHER_NOW, OTHER_LOW))
    said = "-20 % sur le pull."
    (new,) = only(
        proved(said, evidence=evidence, asked=request("-20 % sur le pull", product="b")),
        "price cut",
    )
    assert (new.level, new.quote) == ("warn", "20 %")
    assert "€38.40" in new.words.to("en")
    assert "€32.80" in new.words.to("en")
    (invented,) = only(
        proved(said, evidence=evidence, asked=request("le pull", product="b")), "price cut"
    )
    assert invented.level == "block"


def test_new_cut_of_a_range_names_what_is_reduced_already() -> None:
    low = fact("reduced.a.lowest", "lowest price, reduced already", Decimal("48"), "EUR")
    names = ("Kerven", "Maud", "Ravel", "Bivouac")
    reduced = (low.model_copy(update={"id": f"reduced.{n}.low", "about": n}) for n in names)
    evidence = Evidence(facts=(OTHER_TITLE, OTHER_NOW, OTHER_LOW, *reduced))
    said = "-20 % sur les mailles."
    for words, level in ((said, "warn"), ("les mailles", "block")):
        asked = request(words, category="Mailles")
        (check,) = only(proved(f"{said} Pull : 41 €.", evidence=evidence, asked=asked), "price cut")
        assert check.level == level
        assert ("(“Kerven”, “Maud”, “Ravel”, …)" in check.words.to("en")) is (level == "warn")


def test_new_cut_of_two_products_names_the_reduced_one() -> None:
    full = fact("product.a.low", "lowest price, last 30 days", Decimal("35"), "EUR")
    cut = OTHER_LOW.model_copy(update={"id": "reduced.b.lowest", "about": "Pull"})
    evidence = Evidence(facts=(TITLE, PRICE, full, OTHER_TITLE, cut))
    said = "-20 % sur la nappe et le pull."
    asked = request(said, product="a", others=("b",))
    (new,) = only(proved(said, evidence=evidence, asked=asked), "price cut")
    assert new.level == "warn"
    assert "(“Pull”)" in new.words.to("en")


@pytest.mark.parametrize("offer", ["15% off", "15%"])
def test_another_cut_than_the_briefs_is_said_and_none_is_made_up(offer: str) -> None:
    evidence = Evidence(facts=(TITLE, PRICE, LOW))
    asked = request(offer, product="a", offer=offer)
    (check,) = only(proved("-20 % sur la nappe.", evidence=evidence, asked=asked), "price cut")
    assert (check.level, check.quote) == ("block", "20 %")
    assert offer in check.words.to("en")
    assert "22" not in check.words.to("en")


def test_price_before_may_stand_beside_the_price_that_a_new_cut_gives() -> None:
    asked = request("another -10 % on the jumper, on top of today's price", product="b")
    evidence = Evidence(facts=(OTHER_TITLE, OTHER_NOW, OTHER_LOW))
    checks = proved("36,90 € au lieu de 48 €.", evidence=evidence, asked=asked)
    assert not only(checks, "price")
    assert not [one for one in only(checks, "price cut") if one.level == "block"]


@pytest.mark.parametrize(("typed", "level"), [("59,90 €", "block"), ("35 €", None)])
def test_price_that_an_edit_gives_is_held_to_the_catalogue(typed: str, level: str | None) -> None:
    edited = find_stated_facts(typed, "UMAX", TODAY, source="edit")
    evidence = Evidence(facts=(TITLE, PRICE, LOW, *edited))
    asked = request("mail : la nappe", product="a")
    checks = only(proved(f"La nappe est à {typed}.", evidence=evidence, asked=asked), "price")
    assert [check.level for check in checks] == ([level] if level else [])


BOWL = fact("product.a.price", "price", Decimal("24.90"), "EUR")
BOWL_LOW = fact("product.a.low", "lowest price, last 30 days", Decimal("22"), "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "Two bowls for €40 instead of €56.",
        "Le lot de 2 : 40 € au lieu de 50 €.",
        "3 pour 2 : 50 € au lieu de 75 €.",
        "Two bowls for €40: 20% off.",
    ],
)
def test_price_of_several_is_not_held_to_the_price_of_one(text: str) -> None:
    asked = request("mail : les bols", product="a")
    evidence = Evidence(facts=(BOWL, BOWL_LOW))
    assert not only(proved(text, evidence=evidence, asked=asked), "price cut")


@pytest.mark.parametrize(
    "text", ["Two colours, 20 € instead of 56 €.", "24,90 € au lieu de 56 €, 2 poches."]
)
def test_price_of_one_is_held_to_the_lowest_whatever_the_text_counts(text: str) -> None:
    asked = request("mail : les bols", product="a")
    checks = proved(text, evidence=Evidence(facts=(BOWL, BOWL_LOW)), asked=asked)
    assert [check.level for check in only(checks, "price cut")] == ["block"]


@pytest.mark.parametrize(
    ("offer", "level"), [("-20 % dès 2 bols", "warn"), ("-20 % jusqu'au 12/12", "block")]
)
def test_cut_that_asks_for_several_pieces_takes_a_yes(offer: str, level: str) -> None:
    asked = request(f"mail : {offer}", product="a", offer=offer)
    checks = proved(f"{offer}.", evidence=Evidence(facts=(BOWL, BOWL_LOW)), asked=asked)
    (cut,) = only(checks, "price cut")
    assert cut.level == level
    assert bool(list_faults([cut])) is (level == "block")
