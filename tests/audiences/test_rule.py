"""Customer groups and buying patterns behind audience rules."""

from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from bot.data.analyses.segments import (
    basket,
    find_best_days,
    find_best_hours,
    find_distinctive_categories,
    repeat_purchase,
)
from bot.data.analyses.segments.basket import select_buyers, select_lookalikes
from bot.data.analyses.segments.rfm import assign_segments, rank_rfm
from bot.data.warehouse.purchases import group_by_day, group_by_order, last_day, purchase_lines
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from tests.support.small_tables import small

END = date(2026, 11, 24)


def bought(shop: Warehouse) -> ir.Table:
    table = purchase_lines(shop)
    assert table is not None
    return table


def order(customer: str, at: date, amount: float = 10, **more: Any) -> dict[str, Any]:
    noon = datetime(at.year, at.month, at.day, 12)
    return {"order": f"{customer}-{at}", "at": noon, "customer": customer, "amount": amount, **more}


def back(days: int) -> date:
    return date.fromordinal(END.toordinal() - days)


def segment_of(shop: Warehouse, gap: int) -> dict[str, str]:
    rows = fetch_rows(shop, assign_segments(rank_rfm(group_by_order(bought(shop)), END), gap))
    return {row["customer"]: row["segment"] for row in rows}


def test_refund_counts_as_money_but_not_as_purchase() -> None:
    shop = small(
        orders=[
            order("a", back(10), 50),
            order("a", back(3), -20),
            order("b", back(5), -5),  # paid back what was bought before the file begins
            order("c", back(4), 30, status="cancelled"),
        ]
    )
    rows = fetch_rows(shop, rank_rfm(group_by_order(bought(shop)), END))
    assert [(r["customer"], r["frequency"], r["recency"], str(r["monetary"])) for r in rows] == [
        ("a", 1, 10, "30.00")
    ]


def test_rfm_uses_fifths_with_ties_by_customer() -> None:
    rng = np.random.default_rng(4)
    orders = [
        order(f"c{c:03}", back(int(rng.integers(0, 40))), int(rng.integers(1, 5)))
        for c in range(103)
    ]
    shop = small(orders=orders)
    rows = fetch_rows(shop, rank_rfm(group_by_order(bought(shop)), END))
    for letter, key in (
        ("m", lambda r: (r["monetary"], r["customer"])),
        ("r", lambda r: (-r["recency"], r["customer"])),
    ):
        ranked = sorted(rows, key=key)
        fifths = np.array_split(np.arange(len(ranked)), 5)
        expected = [n + 1 for n, fifth in enumerate(fifths) for _ in fifth]
        assert [r[letter] for r in ranked] == expected


def test_recency_is_relative_to_each_customers_rhythm() -> None:
    weekly = [order("weekly", back(70 - 20 * n)) for n in range(2)]
    often = [order("often", back(n)) for n in (200, 180, 160)]  # every 20 days, silent for 160
    rare = [order("rare", back(n)) for n in (460, 310, 160)]  # every 150 days, silent for 160
    late = [order("late", back(n)) for n in (360, 260, 250)]  # every 55 days, silent for 250
    once = [order("once", back(200)), order("fresh", back(10))]
    shop = small(orders=[*weekly, *often, *rare, *late, *once])
    told = segment_of(shop, gap=30)
    assert told["often"] == "lapsed"
    assert told["rare"] in ("loyal", "champions")
    assert told["late"] == "lapsed"
    assert told["once"] == "one-time"
    assert told["fresh"] == "new"
    assert told["weekly"] == "promising"  # two orders: the shop's gap of 30, silent for 50


def test_monthly_buyer_is_not_lapsed_after_a_busy_week() -> None:
    busy = [order("busy", back(n)) for n in (24, 23, 22)]
    assert segment_of(small(orders=busy), gap=40)["busy"] in ("champions", "loyal")


def test_rules_compile_for_other_engines() -> None:
    table = ibis.table(
        {"customer": "string", "order": "string", "at": "timestamp", "amount": "decimal(18, 2)"},
        name="orders",
    )
    for dialect in ("bigquery", "postgres", "trino", "snowflake"):
        assert (
            "ntile"
            in str(ibis.to_sql(assign_segments(rank_rfm(table, END), 40), dialect=dialect)).lower()
        )


def test_cohorts_are_compared_within_their_start_months() -> None:
    cohorts = [
        {"month": "2026-01", "customers": 1000, "back": 500},
        {"month": "2026-07", "customers": 1000, "back": 100},
    ]
    winter = [{"name": "wool", "month": "2026-01", "customers": 300, "back": 150}]
    found = repeat_purchase.compare_groups(winter, cohorts, 20)[0]
    assert found.share == 0.5
    assert found.others == pytest.approx(0.5)  # not the 30 % of all
    assert found.q > 0.9
    good = [{"name": "board", "month": "2026-07", "customers": 300, "back": 60}]
    assert repeat_purchase.compare_groups(good, cohorts, 20)[0].q < 0.01


def test_small_first_purchases_are_left_out() -> None:
    cohorts = [{"month": "2026-01", "customers": 1000, "back": 500}]
    few = [{"name": "x", "month": "2026-01", "customers": 19, "back": 19}]
    assert repeat_purchase.compare_groups(few, cohorts, 20) == []


def test_no_pair_is_found_when_some_people_only_buy_more() -> None:
    """People differ in how much they buy; what they buy is independent."""
    rows, people = _counted_pairs(extra=0)
    assert [p for p in basket.find_pairs(rows, people) if p.q <= 0.1] == []


def test_related_pairs_are_found() -> None:
    rows, people = _counted_pairs(extra=150)
    found = basket.find_pairs(rows, people)
    assert basket.group_pairs(found) == [("t00", "t01", "t02")]


def test_tastes_are_not_joined_over_one_bridge() -> None:
    def pair(a: str, b: str) -> basket.ItemPair:
        return basket.ItemPair(a, b, 50, 5.0, 1.5, 0.001)

    left = [pair("a", "b"), pair("a", "c"), pair("b", "c")]
    right = [pair("x", "y"), pair("x", "z"), pair("y", "z")]
    found = basket.group_pairs([*left, *right, pair("c", "x")])
    assert sorted(found) == [("a", "b", "c"), ("x", "y", "z")]


def test_look_alikes_are_chosen_by_shared_products() -> None:
    orders = []
    for c in range(200):
        things = ["bread", "board"] if c < 40 else ["bread"] if c < 60 else ["wool"]
        orders += [
            order(f"c{c:03}", back(10 + n), product=t, category="x") for n, t in enumerate(things)
        ]
    shop = small(orders=orders)
    seed = select_buyers(bought(shop), "board", None)
    chosen = {r["customer"] for r in fetch_rows(shop, select_lookalikes(bought(shop), seed, 20))}
    assert chosen <= {f"c{c:03}" for c in range(40, 60)}
    assert len(chosen) == 16  # a tenth of the 160 without it


def test_no_best_day_within_chance() -> None:
    rows: list[dict[str, Any]] = [
        {"segment": "s", "weekday": d, "hour": 9, "orders": 100 + (d == 3) * 10} for d in range(7)
    ]
    assert find_best_days(rows) == {}
    rows[3]["orders"] = 150
    assert find_best_days(rows) == {"s": "thursday"}


def test_no_hour_from_a_file_with_days_only() -> None:
    rows: list[dict[str, Any]] = [
        {"segment": "s", "weekday": d, "hour": 0, "orders": 50} for d in range(7)
    ]
    assert find_best_hours(rows) == {}


def test_two_orders_of_a_day_are_one_purchase() -> None:
    morning, evening = datetime(2026, 11, 1, 9), datetime(2026, 11, 1, 20)
    shop = small(
        orders=[
            {"order": "1", "at": morning, "customer": "a", "amount": 5},
            {"order": "2", "at": evening, "customer": "a", "amount": 7},
        ]
    )
    rows = fetch_rows(shop, group_by_day(bought(shop)))
    assert [(str(r["day"]), str(r["amount"])) for r in rows] == [("2026-11-01", "12.00")]
    assert fetch_rows(shop, repeat_purchase.build_first_purchases(bought(shop)))[0]["again"] is None
    assert last_day(shop) == date(2026, 11, 1)


def _counted_pairs(extra: int) -> tuple[list[dict[str, Any]], int]:
    """Twelve products bought by people who buy different amounts. `extra` more people bought the
    first three."""
    rng = np.random.default_rng(11)
    people = 3000
    appetite = rng.gamma(1.0, 0.06, people).clip(0, 0.9)
    owns = rng.random((people, 12)) < appetite[:, None]
    owns[:extra, :3] = True
    counts = owns.T.astype(int) @ owns.astype(int)
    rows = [
        {"a": f"t{a:02}", "b": f"t{b:02}", "both": int(counts[a, b])}
        for a in range(12)
        for b in range(a, 12)
    ]
    return rows, people


def test_few_buyers_are_no_taste() -> None:
    rows = [
        {"segment": "lapsed", "category": "law books", "customers": 3},
        {"segment": "lapsed", "category": "toys", "customers": 25},
        {"segment": "new", "category": "toys", "customers": 2000},
    ]
    assert find_distinctive_categories(rows, floor=20) == {}
    assert find_distinctive_categories(rows, floor=1)["lapsed"][0] == "law books"
