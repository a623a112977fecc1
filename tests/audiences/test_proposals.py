"""What a question about audiences is about …"""

import re

import pytest

from bot.data.analyses.audience_proposals import find
from bot.data.analyses.audience_proposals.candidates import list_proposals, parse_goal
from bot.data.analyses.audience_proposals.proposal_facts import PastPurchases
from bot.data.analyses.products import PurchasedProducts
from bot.data.analyses.result import AnalysisFilter
from bot.rules.goods import concepts
from bot.rules.library.audiences.naming import nearest
from bot.rules.library.audiences.subject import Subject, subject_of
from bot.text.slugs import format_title
from tests.support.sample_tables import sample

GOODS = PurchasedProducts(
    {
        "lin-alba": "Chemise Alba en lin lavé",
        "lin-marceau": "Chemise Marceau en lin",
        "cui-planche": "Planche à pain Meule en hêtre",
        "bou-figue": "Bougie Figue",
        "lit-nuee": "Plaid Nuée",
    },
    {
        "lin-alba": "Vêtements en lin",
        "lin-marceau": "Vêtements en lin",
        "cui-planche": "Cuisine",
        "bou-figue": "Bougies et senteurs",
        "lit-nuee": "Linge de lit",
    },
)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("whom should I target for the linen launch?", "Vêtements en lin"),
        ("qui cibler pour le lancement du lin ?", "Vêtements en lin"),
        ("target bed linen", "Linge de lit"),
        ("candles for Christmas", "Bougies et senteurs"),
        ("à qui parler des bougies ?", "Bougies et senteurs"),
        ("la chemise Alba", "Chemise Alba en lin lavé"),
        ("bread bakers", "Planche à pain Meule en hêtre"),
        ("whom should I write to?", ""),
        ("qui cibler pour reconquérir ?", ""),
    ],
)
def test_is_read_in_both_languages(words: str, name: str) -> None:
    assert subject_of(words, None, GOODS).name == name


CAPITALS = PurchasedProducts(
    {
        "a": format_title("WHITE HANGING HEART T-LIGHT HOLDER"),
        "b": format_title("CHRISTMAS LIGHTS 10 REINDEER"),
        "c": format_title("JUMBO BAG 50'S CHRISTMAS"),
        "d": format_title("CHRISTMAS LIGHTS 10 SANTAS"),
        "e": format_title("PAPER CHAIN KIT VINTAGE CHRISTMAS"),
        "f": format_title("WOODEN STAR CHRISTMAS GARLAND"),
    },
    {},
)


@pytest.mark.parametrize(
    ("words", "name", "keys"),
    [
        ("whom should I target for the christmas lights?", "Christmas lights", ("b", "d")),
        ("à qui proposer les guirlandes de Noël ?", "guirlandes de Noël", ("f",)),
        ("christmas", "Christmas", ("b", "c", "d", "e", "f")),
    ],
)
def test_without_categories_is_the_products_that_are_all_that_was_asked(
    words: str, name: str, keys: tuple[str, ...]
) -> None:
    found = subject_of(words, None, CAPITALS)
    assert found.keys == keys
    assert found.name in (name, "Wooden Star Christmas Garland")


def test_is_the_product_that_is_known_already() -> None:
    found = subject_of("the linen launch", "cui-planche", GOODS)
    assert (found.product, found.name) == ("cui-planche", "Planche à pain Meule en hêtre")


def test_tells_bed_linen_from_linen() -> None:
    assert concepts("bed linen") == {"bedding"}
    assert concepts("linen") == concepts("en lin") == {"linen"}


@pytest.mark.parametrize(
    ("words", "goal"),
    [
        ("win them back", "drifting"),
        ("faire revenir les clients inactifs", "drifting"),
        ("new customers for a second order", "newcomers"),
        ("our best customers", "loyal"),
        ("the linen launch", None),
    ],
)
def test_knows_what_is_wanted(words: str, goal: str | None) -> None:
    assert parse_goal(words) == goal


def test_gives_at_most_three_audiences_and_the_niche() -> None:
    found = list_proposals(Subject("Lin", category="Lin"), None, ("a", "b", "c"))
    assert [one.id for one in found] == ["buyers", "alike", "loyal", "niche"]
    assert found[-1].rule.bought_at_least == 2


def test_gives_facts_that_can_be_found_again() -> None:
    found = find(sample(), AnalysisFilter(words="the linen launch"))
    shape = re.compile(r"audiences\.[a-z0-9-]+\.[a-z0-9-]+")
    ids = [fact.id for fact in found.facts]
    assert all(shape.fullmatch(id) for id in ids)
    assert len(ids) == len(set(ids))
    assert {fact.query for fact in found.facts if fact.query} <= set(found.queries)
    assert {"niche", "niche-then", "all-then"} <= set(found.queries)


def test_shows_look_alikes_only_where_they_bought_more_than_others_without_it() -> None:
    found = find(sample(), AnalysisFilter(words="the linen launch"))
    low, others = (found.get("alike", m) for m in ("bought-share-low", "others-share"))
    assert low is not None
    assert others is not None
    assert low.value > others.value  # type: ignore[operator]
    assert found.get("alike", "others-share") != found.get("buyers", "others-share")


def test_has_intervals_by_the_book() -> None:
    """Wilson's for 10 of 100 is .055 to .174 (Brown, Cai & DasGupta, Stat. Sci. 2001)."""
    low, high = PastPurchases(100, 10, 500.0, 5_000.0).share_interval
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)
    least, most = PastPurchases(100, 10, 500.0, 5_000.0).sales_interval
    assert least < 5 < most
    assert PastPurchases(100, 0, 0.0, 0.0).sales_interval == (0.0, 0.0)


def test_take_no_article_for_the_name_of_a_thing() -> None:
    titles = {"sign": "Hand over the sign", "star": "Christmas star", "gift": "Christmas gift tag"}
    subject = subject_of(
        "whom should I target for the Christmas season?", None, PurchasedProducts(titles, {})
    )
    assert (subject.name, subject.products) == ("Christmas", ("star", "gift"))


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Chemise Albba en linn", "Chemise Alba en lin"), ("bougie", "Bougies"), ("tractor", None)],
)
def test_name_what_was_meant_by_a_slip_of_the_pen(typed: str, near: str | None) -> None:
    goods = PurchasedProducts(
        {"alba": "Chemise Alba en lin", "figuier": "Figuier"}, {"figuier": "Bougies"}
    )
    assert nearest(typed, goods) == near


def test_lead_to_the_product_of_the_category_that_most_people_bought() -> None:
    told = find(sample(), AnalysisFilter(words="whom should I target for the linen launch?"))
    first = told.get("all", "most-bought")
    assert first is not None
    assert "lin" in str(first.value)
