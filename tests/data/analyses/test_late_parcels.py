"""Late parcels by region."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from bot.data.analyses.late_parcels import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.query.answer_facts import build_result
from bot.data.stats import split_two_groups
from bot.playground.shop.generation import read_planted
from tests.support.metric_queries import answer
from tests.support.sample_tables import sample
from tests.support.small_tables import small

LAST = datetime(2026, 11, 24, 12)


@cache
def found() -> AnalysisResult:
    return find(sample(), AnalysisFilter())


def values_of(measure: str, findings: AnalysisResult | None = None) -> dict[str, Any]:
    facts = (findings or found()).facts
    return {f.id.split(".")[1]: f.value for f in facts if f.id.split(".")[2] == measure}


def parcels(days: int, **row: Any) -> list[dict[str, Any]]:
    """Three orders a day, promised and delivered after three days unless `row` says otherwise."""
    out = []
    for n in range(days):
        day = (LAST - timedelta(days=n)).date()
        due = day + timedelta(days=3)
        for i in range(3):
            known = {"promised": due, "delivered": due if n > 3 else None}
            order = f"{row.get('region')}{n}-{i}"
            out.append(
                {
                    "order": order,
                    "line": 1,
                    "at": LAST - timedelta(days=n),
                    "amount": 9,
                    **known,
                    **row,
                }
            )
    return out


def select_due(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the orders of the last eight weeks whose promised day is past."""
    first, last = date(2026, 9, 30), LAST.date()
    return [row for row in orders if row["promised"] < last and row["at"].date() >= first]


def test_planted_late_parcels_are_found_in_the_south_west() -> None:
    south_west = set(read_planted("late_parcels")["departments"])
    named = set(str(values_of("regions")["late-regions"]).split(", "))
    assert named <= south_west
    assert {"31", "33", "64"} <= named
    assert 22 < values_of("late")["late-regions"] < 35  # planted .28
    assert 4 < values_of("rest")["late-regions"] < 7  # planted .05
    confirmed = {s for s, v in values_of("status").items() if v == "confirmed"} - {"late-regions"}
    assert confirmed
    assert {s.removeprefix("region-") for s in confirmed} <= south_west


def test_late_regions_have_one_share_of_the_others_beside_them() -> None:
    named = str(values_of("regions")["late-regions"]).split(", ")
    rest = values_of("rest")
    told = [rest[key] for one in named if (key := f"region-{one}") in rest]
    assert len(told) > 1
    assert {*told} == {rest["late-regions"]}


def test_start_of_lateness_is_dated() -> None:
    began = date.fromisoformat(str(values_of("since")["late-regions"]))
    assert abs((began - date(2026, 9, 16)).days) <= values_of("since-days")["late-regions"] + 1
    margin = found().get("late-regions", "since-days")
    assert margin
    assert margin.label != "since days"
    assert margin.titled("fr") != margin.label


def test_late_regions_have_exactly_the_share_of_their_late_parcels() -> None:
    every = {"A": 3, "B": 4, "C": 7, "D": 9}  # one day in so many is late
    orders = [row for region in "ABCDEFGH" for row in parcels(200, region=region)[::3]]
    for row in orders:
        if row["delivered"] and row["at"].toordinal() % every.get(row["region"], 25) == 0:
            row["delivered"] += timedelta(days=2)
    findings = find(small(orders=orders), AnalysisFilter())
    named = str(values_of("regions", findings)["late-regions"]).split(", ")
    assert set("AB") <= set(named) < set(every)
    for measure, is_inside in (("late", True), ("rest", False)):
        those = [row for row in select_due(orders) if (row["region"] in named) is is_inside]
        late = sum(not row["delivered"] or row["delivered"] > row["promised"] for row in those)
        share = float(values_of(measure, findings)["late-regions"])
        assert share == pytest.approx(100 * late / len(those), abs=0.05)


def test_overdue_parcels_count_as_late() -> None:
    orders = parcels(120, region="A")
    for row in orders:
        if row["at"].date() >= date(2026, 10, 20):
            row["delivered"] = None  # nothing has come since
    findings = find(small(orders=orders), AnalysisFilter())
    due = select_due(orders)
    lost = [r for r in due if r["delivered"] is None]
    assert values_of("parcels", findings)["all"] == len(due)
    assert float(values_of("late", findings)["all"]) == pytest.approx(
        100 * len(lost) / len(due), abs=0.05
    )
    assert values_of("before", findings)["all"] == 0


def test_late_share_of_a_question_is_that_of_the_analysis_and_says_of_how_many() -> None:
    orders = parcels(120, region="A")
    for row in orders:
        row["customer"], row["currency"], row["quantity"] = row["order"], "EUR", 1
        if row["at"].date() >= date(2026, 11, 5):
            row["delivered"] = None  # some of them are overdue, some not yet due
    shop = small(orders=orders)
    findings = find(shop, AnalysisFilter())
    total = next(fact for fact in findings.facts if fact.id == "delivery.all.late")
    asked = {"measures": ["late_share"], "since": total.since, "until": total.until}
    said = build_result(shop, answer(shop, dataset="orders", **asked), "en")
    share, due = said.facts
    assert share.number == pytest.approx(total.number)
    assert due.number == values_of("parcels", findings)["all"] == len(select_due(orders))
    assert set(said.exhibits[0].facts) == {share.id, due.id}


def test_parcels_that_are_not_due_are_left_out() -> None:
    early = parcels(60, region="A", promised=date(2026, 12, 24))
    findings = find(small(orders=parcels(60, region="B") + early), AnalysisFilter())
    assert values_of("parcels", findings)["all"] == 3 * 52  # of eight weeks, four days are not due


def test_orders_without_delivery_dates_are_refused() -> None:
    for orders in (parcels(60, promised=None), parcels(60, delivered=None)):
        findings = find(small(orders=orders), AnalysisFilter())
        assert "late ones can't be told" in findings.limits[0].to("en")
    assert "need orders" in find(small(), AnalysisFilter()).limits[0].to("en")


def test_parcels_without_a_past_promised_day_are_not_judged() -> None:
    findings = find(small(orders=parcels(60, promised=date(2026, 12, 24))), AnalysisFilter())
    assert "is over for none of the parcels" in findings.limits[0].to("en")


@pytest.mark.slow
def test_equal_regions_are_no_finding() -> None:
    dice, wrong = np.random.default_rng(1), 0
    due = dice.integers(5, 60, 60).astype(float)
    for _ in range(100):
        wrong += (
            split_two_groups(dice.binomial(due.astype(int), 0.05).astype(float), due) is not None
        )
    assert wrong <= 5


def test_region_groups_have_the_true_shares() -> None:
    dice = np.random.default_rng(2)
    due = np.full(60, 30.0)
    share = np.where(np.arange(60) < 12, 0.28, 0.05)
    shares = []
    for _ in range(30):
        groups = split_two_groups(dice.binomial(30, share).astype(float), due)
        assert groups is not None
        shares.append(groups[:2])
    assert np.mean(shares, axis=0) == pytest.approx([0.28, 0.05], abs=0.02)


@pytest.mark.parametrize(("late", "is_told"), [(0, True), (1, False), (4, False), (5, True)])
def test_share_of_few_late_parcels_is_not_told(late: int, is_told: bool) -> None:
    """As `query_metrics` does: where 1 to 4 people had a late parcel, their share is theirs."""
    orders = parcels(120, region="A")
    on_time = [row for row in select_due(orders) if row["delivered"]]
    for row in orders:
        row["customer"] = row["order"]
        row["delivered"] = row["promised"]
    for row in on_time[:late]:
        row["delivered"] = row["promised"] + timedelta(days=1)
    findings = find(small(orders=orders), AnalysisFilter())
    assert ("all" in values_of("late", findings)) is is_told
    assert ("all" in values_of("p", findings)) is is_told
    assert values_of("before", findings) == {"all": 0}
    assert bool(findings.limits) is not is_told
