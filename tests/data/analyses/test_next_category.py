"""What is bought next after one product or category."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from bot.data.analyses.forecast import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from tests.support.sample_tables import sample
from tests.support.small_tables import small

START = datetime(2026, 1, 5, 12)
PLAIN = """
WITH bought AS (
  SELECT DISTINCT customer, CAST("at" AS DATE) AS day, product FROM orders
  WHERE customer IS NOT NULL AND amount >= 0
    AND (status IS NULL OR lower(status) NOT IN ('cancelled', 'canceled', 'annulée'))
), days AS (
  SELECT customer, day, lead(day) OVER (PARTITION BY customer ORDER BY day) AS after
  FROM (SELECT DISTINCT customer, day FROM bought)
), nexts AS (
  SELECT *, EXISTS (
    SELECT * FROM bought b WHERE b.customer = d.customer AND b.day = d.day AND b.product = ?
  ) AS had FROM days d WHERE after IS NOT NULL
)
SELECT (SELECT count(*) FROM nexts), (SELECT count(*) FROM nexts WHERE had),
  count(*), count(*) FILTER (had), count(DISTINCT n.customer) FILTER (had)
FROM nexts n JOIN bought b ON b.customer = n.customer AND b.day = n.after WHERE b.product = ?
"""


@cache
def shop() -> AnalysisResult:
    return find(sample(), AnalysisFilter(product="lin-alba"))


def order(who: int, day: int, thing: str) -> dict[str, Any]:
    return {
        "customer": f"C{who}",
        "order": f"{who}-{day}",
        "at": START + timedelta(days=day),
        "product": thing,
        "title": thing.capitalize(),
        "category": "Kitchen",
        "amount": Decimal(10),
        "currency": "EUR",
    }


def planted(where: AnalysisFilter) -> AnalysisResult:
    """300 customers: of the 100 who begin with a kettle 60 buy tea next; else it is anything."""
    others = ("mug", "plate", "bowl", "tea", "spoon")
    rows = []
    for who in range(300):
        first = "kettle" if who < 100 else others[who % 4]
        second = "tea" if who < 60 else others[who % 5]
        rows += [order(who, who % 50, first), order(who, 60 + who % 40, second)]
    rows += [order(who, 200, "whisk") for who in range(5)]
    rows += [order(who, 220, "spoon") for who in range(5)]
    return find(small(orders=rows), where)


def test_next_purchase_counts_agree_with_plain_sql() -> None:
    told = shop()
    for thing in ("lin-alba", "lin-marceau"):
        row = sample().engine.con.execute(PLAIN, ["lin-alba", thing]).fetchone()
        assert row
        every, before, times, after, people = row
        facts = {
            m: told.get(f"after-product-{thing}", m)
            for m in ("purchases", "customers", "share", "at-large", "lift")
        }
        values = {m: float(fact.value) for m, fact in facts.items() if fact}
        assert values == {
            "purchases": after,
            "customers": people,
            "share": round(100 * after / before, 1),
            "at-large": round(100 * times / every, 1),
            "lift": round(after / before / (times / every), 1),
        }
    whole = told.get("after", "purchases")
    assert whole
    assert whole.value == before


def test_only_the_planted_next_purchase_is_found() -> None:
    told = planted(AnalysisFilter(product="kettle"))
    verdicts = {
        fact.about: fact.value
        for fact in told.facts
        if fact.id.startswith("behaviour.after-product-") and fact.label == "verdict"
    }
    assert verdicts["Tea"] == "more often"
    assert set(verdicts.values()) <= {"more often", "as always"}
    assert [name for name, verdict in verdicts.items() if verdict == "more often"] == ["Tea"]


def test_product_with_few_buyers_is_refused() -> None:
    told = planted(AnalysisFilter(product="whisk"))
    assert told.get("after", "purchases") is None
    assert any("Under 20 purchases with “Whisk”" in words.to("en") for words in told.limits)


def test_groups_below_the_floor_are_not_shown() -> None:
    for told in (shop(), planted(AnalysisFilter(product="kettle"))):
        shown = [f for f in told.facts if f.id.startswith("behaviour.after-")]
        people = [f.value for f in shown if f.label == "customers"]
        assert people
        assert min(int(n) for n in people) >= 20


def test_unknown_product_name_is_reported() -> None:
    told = planted(AnalysisFilter(product="umbrella"))
    assert any("anything called “umbrella”" in words.to("en") for words in told.limits)
