"""Proposed audiences for a question."""

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
def test_subject_is_read_in_both_languages(words: str, name: str) -> None:
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
def test_subject_without_categories_is_all_matching_products(
    words: str, name: str, keys: tuple[str, ...]
) -> None:
    found = subject_of(words, None, CAPITALS)
    assert found.keys == keys
    assert found.name in (name, "Wooden Star Christmas Garland")


def test_known_product_is_the_subject() -> None:
    found = subject_of("the linen launch", "cui-planche", GOODS)
    assert (found.product, found.name) == ("cui-planche", "Planche à pain Meule en hêtre")


def test_bed_linen_differs_from_linen() -> None:
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
def test_goal_is_recognized(words: str, goal: str | None) -> None:
    assert parse_goal(words) == goal


def test_at_most_three_audiences_and_a_niche() -> None:
    found = list_proposals(Subject("Lin", category="Lin"), None, ("a", "b", "c"))
    assert [one.id for one in found] == ["buyers", "alike", "loyal", "niche"]
    assert found[-1].rule.bought_at_least == 2


def test_facts_can_be_found_again() -> None:
    found = find(sample(), AnalysisFilter(words="the linen launch"))
    shape = re.compile(r"audiences\.[a-z0-9-]+\.[a-z0-9-]+")
    ids = [fact.id for fact in found.facts]
    assert all(shape.fullmatch(id) for id in ids)
    assert len(ids) == len(set(ids))
    assert {fact.query for fact in found.facts if fact.query} <= set(found.queries)
    assert {"niche", "niche-then", "all-then"} <= set(found.queries)


def test_look_alikes_must_buy_more_than_others() -> None:
    found = find(sample(), AnalysisFilter(words="the linen launch"))
    low, others = (found.get("alike", m) for m in ("bought-share-low", "others-share"))
    assert low is not None
    assert others is not None
    assert low.value > others.value  # type: ignore[operator]
    assert found.get("alike", "others-share") != found.get("buyers", "others-share")


def test_intervals_match_published_values() -> None:
    """Wilson's for 10 of 100 is .055 to .174 (Brown, Cai & DasGupta, Stat. Sci. 2001)."""
    low, high = PastPurchases(100, 10, 500.0, 5_000.0).share_interval
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)
    least, most = PastPurchases(100, 10, 500.0, 5_000.0).sales_interval
    assert least < 5 < most
    assert PastPurchases(100, 0, 0.0, 0.0).sales_interval == (0.0, 0.0)


def test_article_is_not_taken_for_a_name() -> None:
    titles = {"sign": "Hand over the sign", "star": "Christmas star", "gift": "Christmas gift tag"}
    subject = subject_of(
        "whom should I target for the Christmas season?", None, PurchasedProducts(titles, {})
    )
    assert (subject.name, subject.products) == ("Christmas", ("star", "gift"))


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Chemise Albba en linn", "Chemise Alba en lin"), ("bougie", "Bougies"), ("tractor", None)],
)
def test_misspelt_name_is_corrected(typed: str, near: str | None) -> None:
    goods = PurchasedProducts(
        {"alba": "Chemise Alba en lin", "figuier": "Figuier"}, {"figuier": "Bougies"}
    )
    assert nearest(typed, goods) == near


def test_lead_names_the_best_selling_product() -> None:
    told = find(sample(), AnalysisFilter(words="whom should I target for the linen launch?"))
    first = told.get("all", "most-bought")
    assert first is not None
    assert "lin" in str(first.value)
