"""Proposed audiences for a question."""

import re
from datetime import date, timedelta
from functools import cache

import pytest

from bot.core.audience_rule import AudienceRule, OrderCondition
from bot.core.audience_words import describe_conditions
from bot.data.analyses.audience_proposals import find, find_similar_name, list_proposals
from bot.data.analyses.audience_proposals.proposal_facts import PastPurchases
from bot.data.analyses.products import PurchasedProducts, Subject
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from tests.support.metric_queries import condition
from tests.support.sample_tables import sample

LINEN = "Vêtements en lin"
SILENT_SINCE, LAST_ORDER_UNTIL = date(2026, 8, 1), date(2026, 7, 31)


@cache
def found_for_linen() -> AnalysisResult:
    return find(sample(), AnalysisFilter(category=LINEN))


@pytest.mark.parametrize(
    ("goal", "first"),
    [("win back", "drifting"), ("second order", "newcomers"), ("reward", "loyal"), (None, "loyal")],
)
def test_goal_decides_which_audience_comes_first(goal: str | None, first: str) -> None:
    assert list_proposals(Subject(), goal, ())[0].id == first


def test_at_most_three_audiences_and_a_niche() -> None:
    found = list_proposals(Subject("Lin", categories=("Lin",)), None, ("a", "b", "c"))
    assert [one.id for one in found] == ["buyers", "alike", "loyal", "niche"]
    assert found[-1].rule.bought_at_least == 2


def test_active_buyers_of_a_niche_are_none_to_win_back() -> None:
    found = list_proposals(Subject(), "win back", ("a", "b", "c"))
    assert [one.id for one in found] == ["drifting", "lapsed"]


def test_facts_can_be_found_again() -> None:
    found = found_for_linen()
    shape = re.compile(r"audiences\.[a-z0-9-]+\.[a-z0-9-]+")
    ids = [fact.id for fact in found.facts]
    assert all(shape.fullmatch(id) for id in ids)
    assert len(ids) == len(set(ids))
    assert {fact.query for fact in found.facts if fact.query} <= set(found.queries)
    assert {"alike", "alike-then", "all-then"} <= set(found.queries)


def test_look_alikes_must_buy_more_than_others() -> None:
    found = found_for_linen()
    low, others = (found.get("alike", m) for m in ("bought-share-low", "others-share"))
    assert low is not None
    assert others is not None
    assert low.value > others.value  # type: ignore[operator]
    assert found.get("alike", "others-share") != found.get("buyers", "others-share")


@pytest.mark.parametrize(
    "silence",
    [
        OrderCondition(since=SILENT_SINCE, never=True),
        OrderCondition(
            filters=((condition("customer_not_ordered", "at_least", str(SILENT_SINCE)),),)
        ),
        OrderCondition(
            filters=((condition("customer_last_order", "at_most", str(LAST_ORDER_UNTIL)),),)
        ),
    ],
)
def test_past_purchases_are_the_same_however_the_silence_is_worded(
    silence: OrderCondition,
) -> None:
    def find_past(rule: AudienceRule) -> list[object]:
        found = find(sample(), AnalysisFilter(rule=rule.stored))
        facts = [found.get("yours", name) for name in ("customers", "people-then", "bought-share")]
        return [fact and fact.value for fact in facts]

    expected = find_past(AudienceRule(last_until=LAST_ORDER_UNTIL))
    assert None not in expected
    assert find_past(AudienceRule(orders=(silence,))) == expected


def test_segments_together_do_not_tell_the_size_of_one_that_is_too_small() -> None:
    def count(*segments: str) -> object:
        rule = AudienceRule(segments=segments, countries=("GB",))
        fact = find(sample(), AnalysisFilter(rule=rule.stored)).get("yours", "customers")
        return fact and fact.value

    assert count("loyal") == "under 20"
    assert count("champions", "loyal") == f"at least {count('champions')}"


def test_every_day_of_a_rule_moves() -> None:
    first = condition("customer_first_order", "between", "2026-03-01", "2026-03-31")
    ordered = OrderCondition(
        filters=((first, condition("customer_first_order", "is", "any")),),
        since=date(2026, 5, 1),
        until=date(2026, 5, 31),
    )
    rule = AudienceRule(last_from=date(2026, 6, 1), orders=(ordered,), bought_within=90)
    moved = rule.move(timedelta(days=-1))
    assert describe_conditions(moved).to("en") == (
        "bought in the last 90 days; first order from 28 February 2026 to 30 March 2026 or with "
        "first order from 30 April 2026 to 30 May 2026; last order on 31 May 2026 or later"
    )
    assert moved.move(timedelta(days=1)) == rule


def test_intervals_match_published_values() -> None:
    """Wilson's for 10 of 100 is .055 to .174 (Brown, Cai & DasGupta, Stat. Sci. 2001)."""
    low, high = PastPurchases(100, 10, 500.0, 5_000.0).share_interval
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)
    least, most = PastPurchases(100, 10, 500.0, 5_000.0).sales_interval
    assert least < 5 < most
    assert PastPurchases(100, 0, 0.0, 0.0).sales_interval == (0.0, 0.0)


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Chemise Albba en linn", "Chemise Alba en lin"), ("bougie", "Bougies"), ("tractor", None)],
)
def test_misspelt_name_is_corrected(typed: str, near: str | None) -> None:
    goods = PurchasedProducts(
        {"alba": "Chemise Alba en lin", "figuier": "Figuier"}, {"figuier": "Bougies"}
    )
    assert find_similar_name(typed, goods) == near


def test_lead_names_the_best_selling_product() -> None:
    told = found_for_linen()
    first = told.get("all", "most-bought")
    assert first is not None
    assert "lin" in str(first.value)


def test_niche_of_other_products_is_left_out() -> None:
    assert "niche" not in found_for_linen().subjects()
    kitchen = find(sample(), AnalysisFilter(category="Cuisine et linge de table"))
    assert "niche" in kitchen.subjects()
