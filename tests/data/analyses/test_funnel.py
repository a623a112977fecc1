"""The purchase funnel."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bot.agent.tool import ToolError
from bot.data.analyses.funnel import _Path, find
from bot.data.analyses.funnel.steps import BasketValue, estimate_basket, estimate_loss
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.stats import find_change_point
from tests.support.metric_queries import query_tool, tool_deps, workspace_data
from tests.support.sample_tables import sample
from tests.support.small_tables import small

MOBILE = "device-mobile-checkout-to-purchase"
LAST = datetime(2026, 11, 24, 12)


@cache
def found() -> AnalysisResult:
    return find(sample(), AnalysisFilter())


def values_of(measure: str, findings: AnalysisResult | None = None) -> dict[str, Any]:
    facts = (findings or found()).facts
    return {f.id.split(".")[1]: f.value for f in facts if f.id.split(".")[2] == measure}


def visits(days: int, *steps: str, each: int = 10, **row: Any) -> list[dict[str, Any]]:
    """So many sessions a day that took these steps; the last step only every second."""
    return [
        {
            "session": f"{'-'.join(steps)}{n}-{i}",
            "at": LAST - timedelta(days=n),
            "step": step,
            **row,
        }
        for n in range(days)
        for i in range(each)
        for step in (steps if i % 2 else steps[:-1])
    ]


def test_planted_checkout_drop_on_phones_is_confirmed() -> None:
    assert values_of("status")[MOBILE] == "confirmed"
    assert float(values_of("rate")[MOBILE]) == pytest.approx(38.4, abs=0.05)
    assert 56 < values_of("before")[MOBILE] < 60
    away = abs((date.fromisoformat(str(values_of("since")[MOBILE])) - date(2026, 11, 11)).days)
    assert away <= values_of("since-days")[MOBILE] <= 3


def test_loss_interval_contains_the_true_loss() -> None:
    """117 orders, worth 14,509 €, never came: PLANTED.md."""
    assert values_of("lost-buyers-low")[MOBILE] < 117 < values_of("lost-buyers-high")[MOBILE]
    assert values_of("lost-money-low")[MOBILE] < 14509 < values_of("lost-money-high")[MOBILE]
    money = found().get(MOBILE, "lost-money")
    assert money is not None
    assert money.unit == "EUR"
    assert list(values_of("lost-money")) == [MOBILE]  # nowhere twice


def test_no_other_device_or_step_is_confirmed() -> None:
    sure = {s for s, status in values_of("status").items() if status == "confirmed"}
    assert sure == {MOBILE, "total-all-checkout-to-purchase"}
    steady = [s for s in values_of("status") if s.startswith(("device-desktop", "device-tablet"))]
    assert len(steady) == 6
    assert {values_of("status")[s] for s in steady} == {"steady"}


def test_segments_that_follow_the_drop_are_marked() -> None:
    follow = {s for s, status in values_of("status").items() if status == "follows"}
    assert "source-moteur-checkout-to-purchase" in follow
    assert {values_of("through")[s] for s in follow} == {"mobile"}
    assert values_of("through")["total-all-checkout-to-purchase"] == "mobile"


@pytest.mark.parametrize(
    ("where", "subject"),
    [
        (AnalysisFilter(device="mobile"), "device-mobile"),
        (AnalysisFilter(country="FR"), "country-fr"),
        (AnalysisFilter(source="moteur"), "source-moteur"),
    ],
)
def test_a_part_has_the_verdict_of_the_whole_shop_and_its_own_cost(
    where: AnalysisFilter, subject: str
) -> None:
    part = find(sample(), where)
    for step in ("view-to-cart", "cart-to-checkout"):
        of_shop = values_of("status").get(f"{subject}-{step}", "steady")
        assert values_of("status", part).get(f"{subject}-{step}", "steady") == of_shop
    key = f"{subject}-checkout-to-purchase"
    assert values_of("p", part)[key] == values_of("p")[key]
    assert values_of("status", part)[key] == "confirmed"
    assert values_of("since", part)[key] == values_of("since")[MOBILE]
    assert {"rate-since", "lost-buyers", "lost-money"} <= {
        fact.parts.measure for fact in part.facts if fact.parts.subject == key
    }


@pytest.mark.parametrize(
    ("until", "last", "is_over"),
    [
        (date(2026, 11, 10), 24, True),  # the days after it are known
        (date(2026, 11, 10), 10, False),
        (None, 17, True),  # a week within the days that are examined
        (None, 12, False),
    ],
)
def test_a_change_is_over_once_the_step_is_back_where_it_was(
    until: date | None, last: int, is_over: bool
) -> None:
    """Two in five pay from 4 to 10 November, before and after that four in five."""
    events = [
        {"session": f"{day}-{n}", "at": at, "step": step, "device": "mobile" if n % 2 else "tablet"}
        for day in range(70)
        if (at := datetime(2026, 11, last, 12) - timedelta(days=day))
        for n in range(50)
        for step in ("view", "cart", "purchase")
        if step != "purchase"
        or n < (20 if datetime(2026, 11, 4) <= at < datetime(2026, 11, 11) else 40)
    ]
    found = find(small(events=events), AnalysisFilter(until=until))
    key = "total-all-cart-to-purchase"
    assert values_of("since", found)[key] == "2026-11-04"
    assert values_of("rate-after", found).get(key) == (80 if is_over else None)


@dataclass(frozen=True)
class NamedCounts:
    """The counts of parts, told by their names."""

    of: str

    def mask_of(self, dimension: str, value: str) -> str:
        return value

    def counts(self, mask: str) -> str:
        return f"{mask} of {self.of}"


@pytest.mark.parametrize(
    ("is_narrowed", "step", "dated_by"),
    [
        (False, ("country", "BE", None), "BE of shop"),
        (False, ("total", "all", ("device", "mobile")), "mobile of shop"),
        (True, ("country", "BE", ("source", "ads")), "BE of shop"),
        (True, ("total", "all", ("source", "ads")), "ads of part"),
        (True, ("total", "all", ("device", "mobile")), "mobile of shop"),
        (True, ("device", "mobile", None), "mobile of shop"),
        (True, ("source", "seo", None), "mobile of shop"),
    ],
)
def test_a_change_has_one_first_day_whatever_part_is_asked_for(
    is_narrowed: bool, step: tuple[str, str, Any], dated_by: str
) -> None:
    shop, (dimension, value, through) = NamedCounts("shop"), step
    visits = NamedCounts("part") if is_narrowed else shop
    parts = (("device", "mobile"), ("country", "BE")) if is_narrowed else ()
    moved = {(*part, 1): part for part in parts} | {("source", "seo", 1): ("device", "mobile")}
    path: Any = _Path(cast(Any, visits), cast(Any, shop), None, moved)
    told = SimpleNamespace(dimension=dimension, value=value, through=through, at=1)
    assert path.count_moved(told) == dated_by


def test_funnel_counts_agree_with_plain_sql() -> None:
    con = sample().engine.con
    sql = """WITH s AS (SELECT session, min("at") AS first, max(device) AS device,
            max(CASE step WHEN 'purchase' THEN 4 WHEN 'checkout' THEN 3 ELSE 0 END) AS deep
            FROM events GROUP BY 1)
        SELECT count(*) FILTER (deep >= 3), count(*) FILTER (deep = 4) FROM s
        WHERE device = 'mobile' AND first >= '2026-11-11'"""
    assert con.execute(sql).fetchone() == (values_of("visits")[MOBILE], values_of("passed")[MOBILE])


def test_session_counts_once_with_steps_in_any_order() -> None:
    events = visits(20, "purchase", "cart", "view", "view", "purchase")
    events += visits(20, "checkout", "x") + visits(20, "view", "cart")
    findings = find(small(events=events), AnalysisFilter())
    assert values_of("visits", findings)["total-all-view-to-cart"] == 14 * 30
    assert values_of("passed", findings)["total-all-view-to-cart"] == 14 * 25
    assert values_of("passed", findings)["total-all-cart-to-checkout"] == 14 * 20
    assert values_of("passed", findings)["total-all-checkout-to-purchase"] == 14 * 10


@pytest.mark.parametrize(
    ("reached", "shown"),
    [
        ((90, 60, 30, 15), {"view_to_cart", "cart_to_checkout", "checkout_to_order"}),
        ((90, 60, 30, 28), {"view_to_cart", "cart_to_checkout"}),  # two did not buy
        ((90, 60, 30, 3), {"view_to_cart", "cart_to_checkout"}),
        ((90, 60, 50, 25), {"view_to_cart", "checkout_to_order"}),  # ten left the cart
        ((90, 60, 12, 6), {"view_to_cart"}),
        ((90, 12, 12, 6), set()),
    ],
)
async def test_rates_have_the_floors_of_questions_about_visits(
    reached: tuple[int, ...], shown: set[str]
) -> None:
    steps = ("view", "cart", "checkout", "purchase")
    events = [
        {
            "session": f"{days_ago}-{n}",
            "at": LAST - timedelta(days=days_ago),
            "step": step,
            "device": "mobile",
        }
        for days_ago, counts in ((3, reached), (30, (600, 400, 300, 100)))
        for step, many in zip(steps, counts, strict=True)
        for n in range(many)
    ]
    shop = small(events=events)
    rates = values_of("rate", find(shop, AnalysisFilter()))
    by_step = {
        "total-all-view-to-cart": "view_to_cart",
        "total-all-cart-to-checkout": "cart_to_checkout",
        "total-all-checkout-to-purchase": "checkout_to_order",
    }
    assert {name for subject, name in by_step.items() if subject in rates} == shown
    for name in by_step.values():
        asked = {"dataset": "visits", "measures": [name], "since": "2026-11-11"}
        with nullcontext() if name in shown else pytest.raises(ToolError):
            await query_tool(tool_deps(workspace_data(shop)), **asked, until="2026-11-24")


def test_change_is_not_explained_by_the_same_visits_under_another_name() -> None:
    """All but a few visits are from France, and each one on a phone comes from Instagram."""
    events = [
        {
            "session": f"{device}{days_ago}-{n}",
            "at": LAST - timedelta(days=days_ago),
            "step": step,
            "device": device,
            "source": "instagram" if device == "mobile" else "search",
            "country": "LU" if n == days_ago == 0 else "FR",
        }
        for days_ago in range(70)
        for device in ("mobile", "desktop")
        for n in range(40)
        for step in ("view", "cart", "purchase")
        if step != "purchase" or n < (10 if days_ago < 14 and device == "mobile" else 25)
    ]
    findings = find(small(events=events), AnalysisFilter())
    status, through = values_of("status", findings), values_of("through", findings)
    for subject in ("device-mobile", "source-instagram"):
        assert status[f"{subject}-cart-to-purchase"] == "confirmed"
    assert not [subject for subject in status if subject.startswith("country-")]
    assert "FR" not in through.values()
    assert set(through) == {"total-all-cart-to-purchase"}
    cut = find(small(events=events), AnalysisFilter(device="mobile", source="instagram"))
    assert set(values_of("status", cut).values()) <= {"confirmed", "steady"}
    assert not values_of("through", cut)


def test_missing_step_is_left_out() -> None:
    events = visits(30, "view", "cart") + visits(30, "view", "cart", "purchase")
    subjects = find(small(events=events), AnalysisFilter()).subjects()
    assert "total-all-cart-to-purchase" in subjects
    assert not [s for s in subjects if "checkout" in s]


def test_traffic_without_steps_is_refused() -> None:
    for events in (visits(70, "view"), visits(70, "session_start")):
        findings = find(small(events=events), AnalysisFilter())
        assert "there is no path to purchase to show" in findings.limits[0].to("en")
        assert "parcours d'achat" in findings.limits[0].to("fr")
        assert not findings.facts
    assert "needs visits" in find(small(), AnalysisFilter()).limits[0].to("en")


def test_less_than_four_weeks_are_not_compared() -> None:
    events = visits(20, "view", "cart", "purchase") + visits(20, "view", "cart")
    findings = find(small(events=events), AnalysisFilter())
    assert "less than four weeks" in findings.limits[0].to("en")
    assert set(values_of("status", findings).values()) == {"steady"}
    assert values_of("rate", findings)["total-all-view-to-cart"] == 75


def test_today_is_left_out() -> None:
    shelf = small(today=date(2026, 11, 24), events=visits(40, "view", "cart", "purchase"))
    assert find(shelf, AnalysisFilter()).as_of == date(2026, 11, 23)


def test_filter_by_product() -> None:
    findings = find(sample(), AnalysisFilter(product="lin-alba"))
    assert {s.split("-")[0] for s in findings.subjects()} <= {"tested", "product"}
    assert values_of("steps", findings)["tested"] == 1


def test_basket_comes_from_orders_when_visits_have_no_amounts() -> None:
    """Half bought before, a tenth since fourteen days; an order is worth 80 €."""
    before = [
        r
        for r in visits(70, "view", "cart", "purchase", each=40)
        if r["at"].date() < date(2026, 11, 11)
    ]
    after = visits(14, "view", "cart", each=60)
    after += visits(14, "view", "cart", "purchase", each=12)
    for row in after:
        row["session"] = "late" + row["session"]
    orders = [
        {
            "order": str(n),
            "line": 1,
            "at": LAST - timedelta(days=n % 60),
            "amount": 70 + n % 21,
            "currency": "EUR",
        }
        for n in range(210)
    ]
    findings = find(small(events=before + after, orders=orders), AnalysisFilter())
    subject = "total-all-cart-to-purchase"
    buyers, money = (values_of(f"lost-{what}", findings)[subject] for what in ("buyers", "money"))
    assert buyers > 50
    assert float(money / buyers) == pytest.approx(80, rel=0.02)


def test_change_date_interval_has_its_coverage() -> None:
    dice, held = np.random.default_rng(1), 0
    of = np.full(70, 40.0)
    for _ in range(100):
        share = np.where(np.arange(70) < 56, 0.6, 0.4)
        day = find_change_point(dice.binomial(40, share).astype(float), of)
        assert day is not None
        held += abs(day[0] - 56) <= day[1]
    assert held >= 90


def test_no_change_has_no_date() -> None:
    dice = np.random.default_rng(2)
    of = np.full(70, 40.0)
    dated = [find_change_point(dice.binomial(40, 0.6, 70).astype(float), of) for _ in range(100)]
    assert sum(day is not None for day in dated) <= 10
    assert find_change_point(np.ones(5), np.full(5, 2.0)) is None


def test_loss_interval_has_its_coverage() -> None:
    dice, held = np.random.default_rng(3), 0
    for _ in range(200):
        of = np.full(70, 40.0)
        would = dice.binomial(40, 0.6, 70).astype(float)
        did = np.concatenate([would[:56], dice.binomial(would[56:].astype(int), 2 / 3)])
        cost = estimate_loss(np.stack([of, did], axis=1), 0, 56, 1.0, BasketValue(100.0, 5.0))
        held += cost.buyers[1] <= would[56:].sum() - did[56:].sum() <= cost.buyers[2]
    assert 180 <= held <= 199


def test_basket_value_is_estimated() -> None:
    amounts = np.array([50.0, 70.0, 90.0, 110.0])
    known = estimate_basket(4, amounts.sum(), (amounts**2).sum())
    assert known is not None
    assert known.mean == 80
    assert known.error == pytest.approx(amounts.std(ddof=1) / 2)
    assert estimate_basket(1, 50, 2500) is None
