"""The plan of a test: sample size, duration and audience."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from bot.core.audience_rule import AudienceRule
from bot.core.metric_query import PlanRequest, find_place
from bot.data.analyses import audience_proposals
from bot.data.analyses.experiments.baseline import find_population
from bot.data.analyses.experiments.plan import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from tests.support.sample_tables import sample
from tests.support.small_tables import small


@cache
def basket_plan() -> AnalysisResult:
    return find(sample(), AnalysisFilter(plan=PlanRequest("basket")))


def value(found: AnalysisResult, subject: str, measure: str) -> Any:
    fact = found.get(subject, measure)
    assert fact is not None, (subject, measure)
    return fact.value


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("plan a test of free delivery on the basket page", "basket"),
        ("un test de livraison offerte sur la page panier", "basket"),
        ("test +10 % sur la fiche produit", "product"),
        ("the subject line, 300 recipients a day", "subject"),
        ("prévois un test d'e-mail", "letter"),
        ("one-click payment at the checkout", "checkout"),
        ("plan a test", None),
    ],
)
def test_place_of_a_test_is_found_by_keywords(words: str, place: str | None) -> None:
    assert find_place(words) == place


def test_sample_size_agrees_with_the_textbook() -> None:
    """4 % against 5 %, power .8, alpha .05: 6,745 each (R's power.prop.test: 6,744.9)."""
    found = find(small(), AnalysisFilter(plan=PlanRequest("visit", Decimal(4), Decimal(25), 2000)))
    assert value(found, "visit-lift-25", "people") == 6745
    assert value(found, "visit-lift-25", "in-all") == 13490
    assert value(found, "visit-lift-25", "weeks") == 7
    assert value(found, "visit", "asked") == 25


def test_base_rate_is_the_one_of_the_place() -> None:
    """Of the visits with a cart fewer buy than of those at the checkout, and fewer open e-mails."""
    basket = basket_plan()
    checkout = find(sample(), AnalysisFilter(plan=PlanRequest("checkout")))
    assert value(basket, "basket", "base") < value(checkout, "checkout", "base")
    assert value(basket, "basket", "weekly") > value(checkout, "checkout", "weekly")
    subject = find(sample(), AnalysisFilter(plan=PlanRequest("subject")))
    assert 30 < value(subject, "subject", "base") < 40
    assert str(subject.source) == "campaigns.csv"


def test_base_rate_begins_where_the_rate_has_changed_and_says_so() -> None:
    """Mobile orders broke on 11 November; a rate that is typed has no days."""
    mobile = AnalysisFilter(device="mobile", plan=PlanRequest("checkout"))
    found = find(sample(), mobile)
    assert value(found, "checkout", "first-day") == "2026-11-11"
    assert value(found, "checkout", "base") == Decimal("38.4")
    assert [limit.params["day"] for limit in found.limits if "day" in limit.params]
    desktop = find(sample(), replace(mobile, device="desktop"))
    assert value(desktop, "checkout", "first-day") == "2026-10-28"
    typed = find(sample(), replace(mobile, plan=PlanRequest("checkout", Decimal(40))))
    assert not typed.limits


def test_plan_for_one_product_counts_only_its_visits() -> None:
    every = find(sample(), AnalysisFilter(plan=PlanRequest("product")))
    one = find(sample(), AnalysisFilter(product="lin-alba", plan=PlanRequest("product")))
    assert value(one, "product", "weekly") < value(every, "product", "weekly") / 10
    assert value(one, "product", "product") == "lin-alba"


def test_shorter_test_detects_only_larger_lifts() -> None:
    found = basket_plan()
    least = [value(found, f"basket-weeks-{n}", "smallest-lift") for n in (2, 4, 8)]
    assert least == sorted(least, reverse=True)
    assert value(found, "basket-lift-20", "weeks") <= 4


def test_missing_base_rate_names_the_data_that_is_needed() -> None:
    found = find(small(), AnalysisFilter(plan=PlanRequest("subject")))
    assert found.facts == []
    assert "import campaign results that say how many were delivered and opened" in found.limits[
        0
    ].to("en")


def test_planned_rate_never_exceeds_100_percent() -> None:
    found = find(small(), AnalysisFilter(plan=PlanRequest("visit", Decimal(95), None, 1000)))
    assert found.get("visit-lift-5", "rate") is not None
    assert found.get("visit-lift-20", "rate") is None


def test_every_fact_refers_to_an_existing_query() -> None:
    found = basket_plan()
    assert all(fact.query is None or fact.query in found.queries for fact in found.facts)
    con = sample().engine.con
    assert con.execute(found.queries["base"]).fetchall()


def test_audience_of_a_rule_is_counted() -> None:
    rule = AudienceRule(segments=("lapsed",), countries=("FR",))
    people = find_population(sample(), AnalysisFilter(rule=rule.stored))
    assert people is not None
    assert people.rule == rule
    assert people.fits > people.ordered > 0


def test_test_without_a_rule_has_no_audience() -> None:
    assert find_population(sample(), AnalysisFilter(plan=PlanRequest("letter"))) is None


def test_mailing_test_counts_only_customers_with_consent() -> None:
    """Half of it would be split off people who may not be written to."""
    rule = AudienceRule(segments=("champions", "loyal"))
    letter = find_population(
        sample(), AnalysisFilter(plan=PlanRequest("letter", reach="email"), rule=rule.stored)
    )
    banner = find_population(sample(), AnalysisFilter(plan=PlanRequest("visit"), rule=rule.stored))
    assert letter is not None
    assert banner is not None
    assert banner.size == banner.fits == letter.fits
    counted = audience_proposals.find(sample(), AnalysisFilter(rule=rule.stored)).get(
        "yours", "by-email"
    )
    assert counted is not None
    assert letter.size == counted.value
    told = find(
        sample(), AnalysisFilter(plan=PlanRequest("letter", reach="email"), rule=rule.stored)
    )
    assert value(told, "audience", "size") == letter.size < letter.fits


def test_plan_for_a_part_of_one_product_counts_fewer_of_its_visits() -> None:
    plan = PlanRequest("product")
    every = find(sample(), AnalysisFilter(product="lin-alba", plan=plan))
    mobile = find(sample(), AnalysisFilter(product="lin-alba", device="mobile", plan=plan))
    assert 0 < value(mobile, "product", "weekly") < value(every, "product", "weekly")


def test_part_of_few_people_gives_no_rate() -> None:
    """Nor one without which the rest would be of few people."""
    visits = [
        {
            "session": f"s{n}",
            "visitor": f"v{n}",
            "at": datetime(2026, 11, 20, 10),
            "step": step,
            "device": "tablet" if n < 8 else "mobile",
        }
        for n in range(400)
        for step in (["view", "purchase"] if n % 2 else ["view"])
    ]
    shelf = small(events=visits)
    assert find(shelf, AnalysisFilter(plan=PlanRequest())).get("visit", "base")
    for device in ("tablet", "mobile"):
        found = find(shelf, AnalysisFilter(device=device, plan=PlanRequest()))
        assert found.facts == []
        assert "Too few" in found.limits[0].to("en")
