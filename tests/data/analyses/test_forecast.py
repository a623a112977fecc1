"""The forecasts of customers' behaviour."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from bot.data.analyses.forecast import customer_history as sight
from bot.data.analyses.forecast import find, repurchase
from bot.data.analyses.forecast.next_category import find_transitions
from bot.data.analyses.forecast.purchase_volume import VolumeForecast, WindowForecast
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.purchases import group_by_day, last_day, purchase_lines
from bot.data.warehouse.warehouse import Warehouse
from tests.support import real_orders
from tests.support.paths import DATA
from tests.support.sample_tables import sample
from tests.support.small_tables import small

NOON = datetime(2026, 11, 24, 12)
here = pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")


@cache
def found(where: AnalysisFilter = AnalysisFilter()) -> AnalysisResult:  # noqa: B008 (frozen)
    return find(sample(), where)


def value(findings: AnalysisResult, subject: str, measure: str) -> Decimal | str:
    fact = findings.get(subject, measure)
    assert fact is not None, f"{subject}.{measure}"
    return fact.value


def seen(shop: Warehouse, ahead: int, cuts: int) -> list[sight.CustomerHistory]:
    bought = purchase_lines(shop)
    assert bought is not None
    asked = sight.build_customer_table(group_by_day(bought), last_day(shop), ahead, cuts)
    return list(sight.read_customer_history(shop, asked, ahead, cuts))


def test_ranking_beats_the_base_rate() -> None:
    told = found(AnalysisFilter(days=60))
    assert float(value(told, "buy-60-days", "backtest-auc")) > 0.75
    brier = float(value(told, "buy-60-days", "backtest-brier"))
    assert brier < float(value(told, "buy-60-days", "base-rate-brier"))
    tenths = [float(value(told, f"buy-60-days-tenth-{n}", "bought")) for n in range(1, 11)]
    assert tenths[0] > 5 * tenths[5] > 5 * tenths[9]
    assert int(value(told, "buy-60-days", "windows")) == 3


def test_buyer_count_is_shown_only_after_a_good_backtest() -> None:
    """A window after Christmas expects too much of the spring: 90 days are off, 60 are not."""
    sixty = found(AnalysisFilter(days=60))
    expected = value(sixty, "buy-60-days", "expected-buyers")
    low, high = (value(sixty, "buy-60-days", f"expected-buyers-{end}") for end in ("low", "high"))
    off = abs(float(value(sixty, "buy-60-days", "backtest-worst-error"))) / 100
    assert float(low) == pytest.approx(float(expected) * (1 - off), abs=1)
    assert float(high) == pytest.approx(float(expected) * (1 + off), abs=1)
    ninety = found()
    assert ninety.get("buy-90-days", "expected-buyers") is None
    assert ninety.get("buy-90-days", "backtest-auc") is not None
    assert any("How many will buy" in words.to("en") for words in ninety.limits)


def test_total_is_refused_when_a_season_broke_the_backtest() -> None:
    assert found().get("expected-90-days", "purchases") is None
    refused = [w.to("en") for w in found().limits if "How much will be bought" in w.to("en")]
    assert len(refused) == 1
    assert "A season can do that" in refused[0]


def test_sample_shop_has_no_category_transition() -> None:
    """Nothing of the kind was planted: people come back for the same."""
    ways = [s for s in found().subjects() if "-then-" in s]
    assert ways
    assert all(way.split("-then-")[0] == way.split("-then-")[1] for way in ways)


def test_short_history_names_the_days_that_are_needed() -> None:
    told = found(AnalysisFilter(days=180))
    assert "takes 720 days of orders" in told.limits[0].to("en")
    assert not [s for s in told.subjects() if s.startswith("buy-")]


def test_horizon_out_of_range_is_refused() -> None:
    assert "7 to 365 days" in found(AnalysisFilter(days=3)).limits[0].to("en")


def test_forecast_without_or_with_few_orders_is_refused() -> None:
    assert "import an order file" in find(small(), AnalysisFilter()).limits[0].to("en")
    few = [{"order": str(i), "at": NOON, "customer": str(i), "amount": 5} for i in range(9)]
    assert "tell under 20 apart" in find(small(orders=few), AnalysisFilter()).limits[0].to("en")


def test_model_finds_planted_buyers_that_simple_rules_miss() -> None:
    """A hundred buy every three weeks. Others bought far more often, and left; others came but
    once, and lately: neither how often nor how lately somebody bought tells who comes back."""
    lives = {f"steady-{n}": range(n % 21, 400, 21) for n in range(100)}
    lives |= {f"left-{n}": range(280 + n % 90, 400, 2) for n in range(300)}
    lives |= {f"once-{n}": range(n % 390, n % 390 + 1) for n in range(1200)}
    orders = [
        {"order": f"{who}-{age}", "at": NOON - timedelta(days=age), "customer": who, "amount": 10}
        for who, ages in lives.items()
        for age in ages
    ]
    told = find(small(orders=orders), AnalysisFilter(days=60))
    first = float(value(told, "buy-60-days-tenth-1", "bought"))
    assert first > 60
    assert first > 10 + float(value(told, "buy-60-days", "simple-share"))
    assert int(value(told, "buy-60-days-top", "purchases")) == 19
    assert 0 <= int(value(told, "buy-60-days-top", "silent")) <= 21


def test_random_buyers_are_refused() -> None:
    """Everybody buys at the same rate: nobody is likelier than others."""
    rng = np.random.default_rng(1)
    orders: list[dict[str, Any]] = []
    for customer, many in enumerate(rng.poisson(5, 600)):
        orders += [
            {
                "order": f"{customer}-{n}",
                "at": NOON - timedelta(days=int(day)),
                "customer": str(customer),
                "amount": 10,
            }
            for n, day in enumerate(rng.integers(0, 400, many))
        ]
    told = find(small(orders=orders), AnalysisFilter(days=60))
    assert any("can't be told from the orders" in words.to("en") for words in told.limits)
    assert not [s for s in told.subjects() if s.startswith("buy-")]


def test_every_fact_refers_to_an_existing_query() -> None:
    told = found(AnalysisFilter(days=60))
    assert all(fact.query in told.queries for fact in told.facts)
    assert len({fact.id for fact in told.facts}) == len(told.facts)
    con = sample().engine.con
    assert len(con.execute(told.queries["histories"]).fetchall()) == 4960


def test_history_at_a_cutoff_ignores_later_orders() -> None:
    """What is known at a cut is what an order file that ends there says."""
    days = (200, 150, 149, 61, 60, 59, 30, 1, 0)
    orders = [
        {"order": str(d), "at": NOON - timedelta(days=d), "customer": "a", "amount": 10}
        for d in days
    ]
    now, month, two = seen(small(orders=orders), 30, 2)[:3]
    assert now.frequency == [9]
    assert [now.recency[0], now.tenure[0], now.recent[0]] == [0, 200, 2]
    assert now.next is None
    assert [month.frequency[0], month.recency[0], month.tenure[0]] == [7, 0, 170]
    assert month.next == [2]  # the days 1 and 0; day 30 itself is known
    assert month.next_spend == [20]
    assert [two.frequency[0], two.recency[0], two.recent[0], two.earlier[0]] == [5, 0, 2, 0]
    assert two.next == [2]  # 59 and 30


def test_backtest_uses_only_earlier_data() -> None:
    record = repurchase.backtest_repurchase(seen(sample(), 60, 4))
    assert record is not None
    assert [w.customers for w in record.windows] == sorted(
        (w.customers for w in record.windows), reverse=True
    )
    for window in record.windows:
        rate = window.buyers / window.customers
        assert window.base == pytest.approx(rate * (1 - rate))
    sizes = [size for size, _said, _bought in record.deciles()]
    assert sum(sizes) == sum(w.customers for w in record.windows)


def test_forecast_is_refused_after_a_bad_backtest() -> None:
    good = VolumeForecast(100, [WindowForecast(110, 100), WindowForecast(95, 100)], sound=True)
    assert good.is_reliable
    assert good.between == pytest.approx((90, 110))
    assert not VolumeForecast(
        100, [WindowForecast(130, 100), WindowForecast(100, 100)], sound=True
    ).is_reliable
    assert not VolumeForecast(
        100, [WindowForecast(118, 100), WindowForecast(82, 100)], sound=True
    ).is_reliable
    assert not VolumeForecast(100, [WindowForecast(100, 100)], sound=False).is_reliable


def test_planted_category_transition_is_found() -> None:
    rows = [
        {"a": "", "b": "", "times": 1000},
        {"a": "tent", "b": "", "times": 200},
        {"a": "", "b": "stove", "times": 100},
        {"a": "tent", "b": "stove", "times": 60},
    ]
    way = find_transitions(rows, 20)[0]
    assert (way.a, way.b, way.before, way.after) == ("tent", "stove", 200, 60)
    assert way.lift == pytest.approx(3.0)
    assert way.q < 0.01
    assert find_transitions([*rows[:3], {"a": "tent", "b": "stove", "times": 19}], 20) == []


@here
def test_cdnow_forecast_has_the_measured_figures() -> None:
    told = find(real_orders.cdnow(), AnalysisFilter())
    assert float(value(told, "buy-90-days", "backtest-auc")) == pytest.approx(0.81, abs=0.02)
    assert float(value(told, "buy-90-days", "backtest-brier")) < 0.11
    low, high = (int(value(told, "expected-90-days", f"purchases-{m}")) for m in ("low", "high"))
    assert low < int(value(told, "expected-90-days", "purchases")) < high
    assert float(value(told, "expected-90-days", "purchases-backtest-error")) < 15


@here
def test_totals_of_a_christmas_shop_are_refused() -> None:
    told = find(real_orders.uci(), AnalysisFilter())
    assert told.get("expected-90-days", "purchases") is None
    assert any("How much will be bought" in words.to("en") for words in told.limits)
    assert float(value(told, "buy-90-days", "backtest-auc")) == pytest.approx(0.74, abs=0.02)


def test_churn_groups_report_past_return_rates() -> None:
    """Who is silent for longer than usual buys less, and by no means not at all."""
    told = found(AnalysisFilter(days=60))
    shares = [
        float(value(told, f"{name}-60-days", "bought"))
        for name in ("in-rhythm", "drifting", "silent-longer")
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[1] > 20
    assert value(told, "drifting-60-days", "days") == 60  # its sentence says so: it needs a source


def test_top_tenth_profile_is_reported() -> None:
    told = found(AnalysisFilter(days=60))
    assert int(value(told, "buy-60-days-top", "customers")) == 496
    top, rest = (int(value(told, f"buy-60-days-{who}", "purchases")) for who in ("top", "rest"))
    assert top > 3 * rest
    assert value(told, "buy-60-days", "last-day") == "2026-11-24"
