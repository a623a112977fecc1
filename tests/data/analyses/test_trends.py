"""Trends of weekly series, and returns."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.trends import find
from bot.data.analyses.trends.expectation import SeriesDeviation
from bot.data.analyses.trends.series_assessment import judge_changes
from bot.data.analyses.trends.weekly_series import WeeklySeries
from bot.errors import CannotDo
from tests.support.paths import DATA
from tests.support.real_orders import uci
from tests.support.sample_tables import sample
from tests.support.small_tables import small

CANDLES = "category-bougies-et-senteurs"


@cache
def found() -> AnalysisResult:
    return find(sample(), AnalysisFilter())


def values_of(measure: str, findings: AnalysisResult | None = None) -> dict[str, Any]:
    facts = (findings or found()).facts
    return {f.id.split(".")[1]: f.value for f in facts if f.id.split(".")[2] == measure}


def steady(
    weeks: int, each: int = 5, *, last: int | None = None, **row: Any
) -> list[dict[str, Any]]:
    """So many orders a day, up to Sunday, 22 November 2026; `last` for the last week."""
    end = datetime(2026, 11, 22, 12)
    return [
        {"order": f"{n}-{i}", "line": 1, "at": end - timedelta(days=n), "amount": 10, **row}
        for n in range(7 * weeks)
        for i in range((each if last is None or n >= 7 else last) + n % 2)
    ]


def test_only_planted_trends_are_confirmed() -> None:
    status = values_of("status")
    assert status[CANDLES] == "confirmed"
    rising = {s for s in status if status[s] == "confirmed" and not s.startswith("returns-")}
    assert {s for s in rising if values_of("change")[s] > 0} == {CANDLES}
    began = date.fromisoformat(str(values_of("since")[CANDLES]))
    assert abs((began - date(2026, 11, 2)).days) <= 7  # planted on 4 November


def test_tested_series_are_counted_and_the_current_week_left_out() -> None:
    assert values_of("series")["tested"] == 16
    assert values_of("week")["tested"] == "2026-11-16"
    assert values_of("last")["total-orders"] == 250  # 16 to 22 November


def test_last_weeks_agree_with_plain_sql() -> None:
    con = sample().engine.con
    sql = """SELECT sum(quantity) / 3 FROM orders JOIN products p USING (product)
        WHERE p.category = 'Bougies et senteurs'
        AND "at" >= DATE '2026-11-02' AND "at" < DATE '2026-11-23'"""
    assert values_of("last")[CANDLES] == round(con.execute(sql).fetchone()[0])
    assert values_of("weeks")[CANDLES] == 3


def test_products_that_run_small_have_confirmed_returns() -> None:
    status = {s: v for s, v in values_of("status").items() if s.startswith("returns-")}
    sure = {s for s, v in status.items() if v == "confirmed"}
    assert sure == {"returns-lin-alba", "returns-lin-solene", "returns-mai-maud"}
    for subject in sure:
        assert 17 < values_of("rate")[subject] < 27
        assert 4 < values_of("rest")[subject] < 6
        assert values_of("reason")[subject] == "trop petit"


@pytest.mark.parametrize("category", [None, "Mailles", "Vêtements en lin"])
def test_the_rest_of_returns_is_the_plain_rate_of_all_other_lines(category: str | None) -> None:
    findings = find(sample(), AnalysisFilter(category=category))
    rest = values_of("rest", findings)
    assert "returns-mai-maud" in rest or category == "Vêtements en lin"
    for subject, told in rest.items():
        (plain,) = (
            sample()
            .engine.con.execute(
                """SELECT 100.0 * count(*) FILTER (returned) / count(*) FROM orders
            LEFT JOIN products p USING (product)
            WHERE product IS DISTINCT FROM $1 AND ($2 IS NULL OR p.category = $2)
            AND returned IS NOT NULL AND amount >= 0
            AND "at" >= DATE '2026-11-24' - 365 AND "at" < DATE '2026-11-24' - 14""",
                [subject.removeprefix("returns-"), category],
            )
            .fetchone()
        )
        assert float(told) == round(plain, 1), subject


def test_every_fact_has_source_date_and_query() -> None:
    findings = found()
    for fact in findings.facts:
        assert str(fact.source) == "orders.csv"
        assert fact.as_of == date(2026, 11, 24)
        assert fact.query is None or "SELECT" in findings.queries[fact.query]


def test_filter_restricts_the_series() -> None:
    findings = find(sample(), AnalysisFilter(country="fr", device="mobile"))
    assert values_of("last", findings)["total-orders"] < values_of("last")["total-orders"]
    assert not [s for s in values_of("last", findings) if s.startswith("device-desktop")]
    category = find(sample(), AnalysisFilter(category="Mailles"))
    assert values_of("last", category)["category-mailles"] == 92  # all units: no total repeats it


@pytest.mark.parametrize(
    ("where", "subject"),
    [
        (AnalysisFilter(category="Bougies et senteurs"), CANDLES),
        (AnalysisFilter(country="FR"), "country-fr"),
        (AnalysisFilter(device="mobile"), "device-mobile"),
    ],
)
def test_a_week_of_a_series_has_one_expected_value(where: AnalysisFilter, subject: str) -> None:
    narrowed = find(sample(), where)
    for measure in ("status", "last", "expected", "level", "change", "weeks"):
        assert values_of(measure, narrowed)[subject] == values_of(measure)[subject]
    total = values_of("expected", narrowed).get("total-orders")
    assert total is None or subject == CANDLES or total == values_of("expected")[subject]


def test_last_point_of_a_chart_is_what_the_week_is_tested_against() -> None:
    for subject, points in values_of("points").items():
        if values_of("weeks")[subject] == 1:
            week = str(points).rpartition("; ")[2]
            assert week.endswith(f"({round(values_of('expected')[subject])})")


def test_filter_by_brand_uses_the_catalogue() -> None:
    orders = [dict(one, product="p1", quantity=1.0) for one in steady(30, each=6)]
    orders += [{**one, "order": f"x{one['order']}", "product": "p2"} for one in orders]
    goods = [
        {"product": name, "title": name, "category": "c", "brand": brand}
        for name, brand in (("p1", "Linea"), ("p2", "Alba"), ("p3", None))
    ]
    shelf = small(products=goods, orders=orders)
    both = values_of("last", find(shelf, AnalysisFilter()))["total-orders"]
    assert values_of("last", find(shelf, AnalysisFilter(brand="linea")))["total-orders"] * 2 == both
    with pytest.raises(CannotDo, match="no brand called Nobody"):
        find(shelf, AnalysisFilter(brand="Nobody"))


def test_less_than_a_year_reports_the_missing_season() -> None:
    findings = find(small(orders=steady(30)), AnalysisFilter())
    assert "too few to tell the season" in findings.limits[0].to("en")
    assert "saison" in findings.limits[0].to("fr")
    assert values_of("status", findings)["total-orders"] == "steady"


def test_drop_is_found_with_less_than_a_year() -> None:
    findings = find(small(orders=steady(30, last=1)), AnalysisFilter())
    assert values_of("status", findings)["total-orders"] == "confirmed"
    assert values_of("since", findings)["total-orders"] == "2026-11-16"


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        (steady(30, each=1), "so a week's change is chance"),
        (steady(12), "Trends need 18 whole weeks of orders; there are 12"),
        (steady(1)[3:20], "don't cover one whole week"),
    ],
)
def test_unusable_orders_are_refused_with_the_reason(
    orders: list[dict[str, Any]], words: str
) -> None:
    findings = find(small(orders=orders), AnalysisFilter())
    assert words in findings.limits[0].to("en")
    assert not values_of("change", findings)


def test_trends_without_orders_are_refused() -> None:
    assert "order file" in find(small(), AnalysisFilter()).limits[0].to("en")


def test_cancelled_orders_and_refunds_are_left_out() -> None:
    extra = steady(30, status="cancelled") + steady(30, quantity=-1)
    for n, row in enumerate(extra):
        row["order"] = f"x{n}"
    plain, more = (
        find(small(orders=rows), AnalysisFilter()) for rows in (steady(30), steady(30) + extra)
    )
    assert values_of("last", plain) == values_of("last", more)


def test_amounts_are_not_summed_across_currencies() -> None:
    orders = steady(30, currency="EUR")
    orders += [dict(row, order="p" + row["order"], currency="GBP") for row in orders[::3]]
    findings = find(small(orders=orders), AnalysisFilter())
    assert "in EUR is added up; the rest is in GBP" in findings.limits[-1].to("en")
    alone = find(small(orders=steady(30, currency="EUR")), AnalysisFilter())
    assert values_of("last", findings)["total-revenue"] == values_of("last", alone)["total-revenue"]


def test_real_shop_is_analysed() -> None:
    if not DATA.is_dir():
        pytest.skip("the real data is not here")
    findings = find(uci(), AnalysisFilter())
    assert values_of("week", findings)["tested"] == "2011-11-28"
    level = findings.limits[0].to("en")  # the file spans 53 weeks, too few for a season
    assert "52 weeks" in level
    assert "the level of the eight weeks before" in level
    assert values_of("series", findings)["tested"] > 100


def test_hardly_sold_product_is_new_without_a_percentage() -> None:
    bag = {"product": "bag", "title": "Jumbo bag", "quantity": 40.0, "amount": 80}
    orders = [dict(one, product="tray") for one in steady(30)]
    orders += [{**one, "order": f"b{one['order']}", **bag} for one in steady(6)]
    findings = find(small(orders=orders), AnalysisFilter())
    new = {fact.id: fact for fact in findings.facts if ".new-product-bag." in fact.id}
    assert {name.rsplit(".", 1)[1] for name in new} == {"last", "since"}
    assert next(iter(new.values())).about == "Jumbo bag"
    assert "product-bag" not in values_of("change", findings)
    assert max(float(change) for change in values_of("change", findings).values()) < 10_000


def two_years(**weekly: list[int]) -> list[dict[str, Any]]:
    """Products with so many single units in each of 104 weeks up to 22 November 2026, each bought
    by somebody else."""
    end = datetime(2026, 11, 22, 12)
    return [
        {
            "order": f"{name}-{week}-{n}",
            "line": 1,
            "at": end - timedelta(days=7 * week + n % 7),
            "customer": f"{name}-{week}-{n}",
            "product": name,
            "quantity": 1.0,
            "amount": 10,
        }
        for name, units in weekly.items()
        for week, many in enumerate(reversed(units))
        for n in range(many)
    ]


def test_single_product_is_confirmed_only_when_no_season_explains_it() -> None:
    even = {f"p{n}": [40 + n % 3] * 104 for n in range(6)}
    gone = [40] * 103 + [4]
    peak = [20] * 40 + [20] * 20 + [90] * 43 + [30]  # back to above where it stood in its year
    toy = [0] * 35 + [60] * 16 + [0] * 36 + [60] * 16 + [4]  # sells four months a year
    fresh = [0] * 84 + [60] * 19 + [4]  # no year of its own behind it
    shown = find(
        small(orders=two_years(**even, gone=gone, peak=peak, toy=toy, new=fresh)), AnalysisFilter()
    )
    status = {s: v for s, v in values_of("status", shown).items() if s.startswith("product-")}
    assert status.pop("product-gone") == "confirmed"
    assert set(status) <= {"product-peak", "product-toy", "product-new"}
    assert status["product-new"] == "to watch"
    assert set(status.values()) == {"to watch"}
    assert any("to watch at most" in words.to("en") for words in shown.limits)


def test_bulk_order_of_one_customer_counts_as_one_purchase() -> None:
    """Both products sell 200 units where 60 are usual: to one customer, and to two hundred."""
    usual = [60 + n % 3 for n in range(103)]
    others = {f"p{n}": [40] * 104 for n in range(6)}
    orders = two_years(carton=[*usual, 0], pieces=[*usual, 200], **others)
    orders.append(
        {
            "order": "x",
            "line": 1,
            "at": datetime(2026, 11, 20),
            "customer": "one",
            "product": "carton",
            "quantity": 200.0,
            "amount": 2000,
        }
    )
    status = values_of("status", find(small(orders=orders), AnalysisFilter()))
    assert "product-pieces" in status
    assert "product-carton" not in status


def test_hundreds_of_products_do_not_hide_a_total() -> None:
    """Two hundred products of which none moved, one as likely by chance as one in a hundred, and
    five other series of which one is."""
    p = np.concatenate([np.linspace(0.01, 1, 200), [0.01, 0.045, 0.5, 0.7, 0.9]])
    keys = [*(("product", str(n)) for n in range(200)), *(("device", str(n)) for n in range(5))]
    counts = np.full((205, 80), 50.0)
    weeks = [date(2025, 1, 6) + timedelta(weeks=n) for n in range(80)]
    series = WeeklySeries(keys, weeks, counts, counts, counts)
    half, one = np.full(205, 50.0), np.ones(205)
    status, _ = judge_changes(series, SeriesDeviation(half, half, half * 2, p, one, season=True))
    assert status[200:] == ["confirmed", "to watch", "", "", ""]
    assert set(status[:200]) == {""}


def test_a_part_is_judged_as_one_more_series_of_the_shop() -> None:
    """Beside ten series of the shop, p = .02 is no finding, alone it would be one. The same series
    under another name has the status of the shop's."""
    p = np.array([*np.linspace(0.03, 1, 9), 0.04, 0.02, 0.001])
    keys = [*(("device", str(n)) for n in range(10)), ("country", "FR"), ("total", "orders")]
    counts = np.full((12, 80), 50.0) + np.arange(12.0)[:, None]
    counts[11] = counts[9]
    weeks = [date(2025, 1, 6) + timedelta(weeks=n) for n in range(80)]
    series = WeeklySeries(keys, weeks, counts, counts, counts)
    half, one = np.full(12, 50.0), np.ones(12)
    deviation = SeriesDeviation(half, half, half * 2, p, one, season=True)
    assert judge_changes(series, deviation, 10) == (["to watch", "to watch"], [False, False])
    alone = SeriesDeviation(
        half[10:11], half[10:11], half[10:11] * 2, p[10:11], one[10:11], season=True
    )
    assert judge_changes(series.only([10]), alone)[0] == ["confirmed"]


def test_products_are_named_by_their_order_lines_without_a_catalogue() -> None:
    orders = [dict(one, product="tray", title="Oak tray") for one in steady(30, 8, last=2)]
    for one in orders[:5]:
        one["title"] = "damaged?"
    findings = find(small(orders=orders), AnalysisFilter())
    assert {f.about for f in findings.facts if ".product-tray." in f.id} == {"Oak tray"}


def test_weeks_before_a_truncation_are_analysed() -> None:
    cut = find(small(orders=steady(30, 12, last=1)), AnalysisFilter())
    whole = find(small(orders=steady(30, 12, last=4)), AnalysisFilter())
    assert any("breaks off" in words.to("en") for words in cut.limits)
    status = [found.get("total-orders", "status") for found in (cut, whole)]
    assert [fact and fact.value for fact in status] == ["steady", "confirmed"]
    assert cut.get("ended", "since") is not None
    assert not any("breaks off" in words.to("en") for words in whole.limits)
