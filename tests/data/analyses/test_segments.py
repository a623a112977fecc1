"""Customer segments on the sample shop."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import ibis.expr.types as ir
import pytest

from bot.core.audience_rule import SEGMENT_LABELS
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments import find
from bot.data.analyses.segments.rfm import (
    SEGMENT_DEFINITIONS,
    assign_segments,
    compute_typical_gap,
    rank_rfm,
)
from bot.data.warehouse.purchases import group_by_order, last_day, purchase_lines
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.playground.shop import fill
from tests.support.sample_tables import TODAY, sample, shelf
from tests.support.small_tables import small

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12)


@cache
def found(where: AnalysisFilter = AnalysisFilter()) -> AnalysisResult:  # noqa: B008 (frozen)
    return find(sample(), where)


def value(subject: str, measure: str, findings: AnalysisResult | None = None) -> Decimal | str:
    fact = (findings or found()).get(subject, measure)
    assert fact is not None, f"{subject}.{measure}"
    return fact.value


def test_every_customer_is_in_exactly_one_segment() -> None:
    sizes = [int(value(group.id, "customers")) for group in SEGMENT_DEFINITIONS]
    assert sum(sizes) == value("all", "customers")
    shares = [float(value(group.id, "revenue-share")) for group in SEGMENT_DEFINITIONS]
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_each_segment_has_its_rule_and_revenue() -> None:
    for group in SEGMENT_DEFINITIONS:
        assert value(group.id, "rule") == group.rule.text
        assert found().get(group.id, "average-order").unit == "EUR"  # type: ignore[union-attr]
        assert found().get(group.id, "customers").about == SEGMENT_LABELS[group.id].text  # type: ignore[union-attr]


def test_segment_figures_agree_with_plain_sums() -> None:
    con = sample().engine.con
    revenue = con.execute("SELECT sum(amount) FROM orders").fetchone()[0]
    sums = fetch_rows(sample(), _groups(sample()).aggregate(spent=lambda t: t.monetary.sum()))
    assert sums[0]["spent"] == revenue  # the sample's orders all have a customer


def test_planted_silent_customers_are_found(tmp_path: Path) -> None:
    shop = fill(tmp_path, size="small", seed=3, today=TODAY)
    made = shelf(tmp_path)
    groups = fetch_rows(made, _groups(made))
    by_life: dict[str, Counter[str]] = {}
    for row in groups:
        life = shop.truth.lives[row["customer"]]
        by_life.setdefault(life, Counter())[row["segment"]] += 1
    lapsed, once = by_life["lapsed"], by_life["once"]
    silent = lapsed["lapsed"] + lapsed["drifting-away"] + lapsed["at-risk"]
    assert silent / lapsed.total() > 0.9
    assert set(once) == {"one-time", "new"}
    loyal = by_life["loyal"]
    assert (loyal["champions"] + loyal["loyal"]) / loyal.total() > 0.5


def test_only_the_planted_taste_group_is_found() -> None:
    tastes = [s for s in found().subjects() if s.startswith("taste-")]
    assert tastes == ["taste-1"]
    names = str(value("taste-1", "products"))
    assert [word in names for word in ("Tablier", "Torchons", "Corbeille", "Planche")] == [True] * 4
    assert names.count(",") == 3
    assert float(value("taste-1", "lift")) >= 4


def test_first_source_has_no_effect_on_repeat_purchases() -> None:
    sources = {"direct", "instagram", "sms", "publicite", "moteur", "email"}
    told = {s.removeprefix("first-") for s in found().subjects() if s.startswith("first-")}
    assert not told & sources
    assert {"cui-planche", "cui-corbeille"} <= told  # the niche comes back more often


def test_repeat_rate_counts_only_customers_with_enough_time() -> None:
    shares = [found().get("second-purchase", f"share-{d}-days") for d in (30, 60, 90, 180)]
    values = [float(fact.value) for fact in shares if fact]
    assert values == sorted(values)
    rows = [fact.rows or 0 for fact in shares if fact]
    assert rows == sorted(rows, reverse=True)
    con = sample().engine.con
    plain = con.execute(
        """WITH days AS (SELECT DISTINCT customer, "at"::DATE AS d FROM orders),
        n AS (SELECT *, row_number() OVER (PARTITION BY customer ORDER BY d) AS n,
          lead(d) OVER (PARTITION BY customer ORDER BY d) AS later FROM days)
        SELECT count(*), count(*) FILTER (later - d <= 90) FROM n
        WHERE n = 1 AND ? - d >= 90""",
        [DAY],
    ).fetchone()
    assert rows[2] == plain[0]
    assert values[2] == round(100 * plain[1] / plain[0], 1)


def test_the_rule_of_loyal_customers_says_that_champions_are_apart() -> None:
    rules = {segment.id: segment.rule.to("en") for segment in SEGMENT_DEFINITIONS}
    assert rules["champions"].startswith(rules["loyal"].removesuffix(", without the champions"))
    assert rules["loyal"].endswith(", without the champions")


def test_filter_by_segment_returns_only_that_segment() -> None:
    told = found(AnalysisFilter(segment="loyal", country="FR"))
    assert set(told.subjects()) == {"all", "loyal"}
    assert int(value("loyal", "customers", told)) < int(value("loyal", "customers"))


def test_unknown_segment_lists_the_existing_ones() -> None:
    told = found(AnalysisFilter(segment="vips"))
    assert "champions" in told.limits[0].to("en")
    assert not told.facts


def test_product_has_what_the_same_customers_buy() -> None:
    told = found(AnalysisFilter(product="cui-planche"))
    pairs = [s for s in told.subjects() if "-with-" in s]
    assert {p.replace("cui-planche", "") for p in pairs} == {
        "-with-cui-tablier",
        "cui-corbeille-with-",
        "-with-cui-torchons",
    }


def test_every_fact_refers_to_an_existing_query() -> None:
    for where in (AnalysisFilter(), AnalysisFilter(product="cui-planche")):
        told = found(where)
        assert all(fact.query in told.queries for fact in told.facts if fact.query)
        assert all(fact.as_of == DAY and str(fact.source) == "orders.csv" for fact in told.facts)
        assert len({fact.id for fact in told.facts}) == len(told.facts)


def test_shown_sql_returns_the_same_figures() -> None:
    con = sample().engine.con
    rows = con.execute(found().queries["groups"]).fetchall()
    assert sum(row[1] for row in rows) == value("all", "customers")


def test_segments_without_or_with_few_orders_are_refused() -> None:
    assert "import an order file" in find(small(), AnalysisFilter()).limits[0].to("en")
    few = [{"order": str(i), "at": NOW, "customer": str(i), "amount": 5} for i in range(9)]
    told = find(small(orders=few), AnalysisFilter())
    assert "tell under 20 apart" in told.limits[0].to("en")
    assert not told.facts


def test_segment_below_the_floor_is_not_shown() -> None:
    orders = [
        {
            "order": f"{c}-{n}",
            "at": datetime(2026, 1 + n, 1 + c % 28),
            "customer": str(c),
            "amount": 10,
        }
        for c in range(150)
        for n in range(2 if c < 40 else 1)
    ]
    orders += [{"order": f"n{c}", "at": NOW, "customer": f"n{c}", "amount": 10} for c in range(7)]
    told = find(small(orders=orders), AnalysisFilter())
    assert value("new", "customers", told) == "under 20"
    assert told.get("new", "average-order") is None


def _groups(shop: Warehouse) -> ir.Table:
    bought = purchase_lines(shop)
    assert bought is not None
    ranked = rank_rfm(group_by_order(bought), last_day(shop))
    gap = compute_typical_gap(shop, ranked)
    assert gap is not None
    return assign_segments(ranked, gap)
