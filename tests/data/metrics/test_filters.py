"""What is asked about by hand …"""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from bot.data.analyses.funnel import find as funnel
from bot.data.analyses.result import Findings, Where
from bot.data.metrics.best_sellers import find as sellers
from bot.data.metrics.filters import BY, fitting
from bot.data.service import analyses
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from tests.support.sample_tables import sample


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return sample("small")


def one(name: str, value: Any) -> Where:
    return Where(**{name: value})


def said(shelf: Shelf, kind: str, where: Where) -> str:
    with pytest.raises(CannotDo) as no:
        fitting(shelf, kind, where)
    return no.value.words.to("en")


def test_is_known_of_each_analysis() -> None:
    assert set(BY) == set(analyses())
    assert {name for names in BY.values() for name in names} <= {one.name for one in fields(Where)}


@pytest.mark.parametrize("kind", sorted(BY))
def test_is_never_passed_over_in_silence(shelf: Shelf, kind: str) -> None:
    values: dict[str, Any] = {"since": date(2026, 9, 1), "until": date(2026, 9, 30), "days": 30}
    for name in {one.name for one in fields(Where)} - {"wanted", "against", *BY[kind]}:
        where = one(name, values.get(name, "mobile"))
        told = said(shelf, kind, where)
        assert told.startswith(f"{kind} can't be narrowed by {name}, but by: {BY[kind][0]}")


@pytest.mark.parametrize("kind", sorted(BY))
def test_is_said_not_to_be_there_with_what_is(shelf: Shelf, kind: str) -> None:
    for name in {"country", "region", "device", "source", "channel", "category"} & set(BY[kind]):
        told = said(shelf, kind, one(name, "nowhere"))
        assert "called nowhere. It has: " in told, (name, told)
    if "country" in BY[kind]:
        assert "FR" in said(shelf, kind, Where(country="XX"))
        assert fitting(shelf, kind, Where(country="fr")) == Where(country="fr")


@pytest.mark.parametrize("kind", sorted(kind for kind in BY if "product" in BY[kind]))
def test_may_be_a_product_by_its_title(shelf: Shelf, kind: str) -> None:
    title, key = next(
        (row["title"], row["product"])
        for row in shelf.engine.to_pyarrow(shelf.products).to_pylist()
        if row["title"]
    )
    assert fitting(shelf, kind, Where(product=title.upper())).product == key
    assert fitting(shelf, kind, Where(product=key)).product == key
    assert said(shelf, kind, Where(product="zzz")) == "There is no product zzz."
    assert title in said(shelf, kind, Where(product=title[:-3]))


def test_may_be_no_segment_while_nobody_named_one(shelf: Shelf) -> None:
    assert said(shelf, "trends", Where(segment="gold")).startswith(
        "Segments stand in the customers"
    )


def test_may_be_a_rule_only_when_it_is_one(shelf: Shelf) -> None:
    assert said(shelf, "audiences", Where(rule="women")).startswith("rule wants an audience's rule")


def test_is_told_of_a_product_that_did_not_move(shelf: Shelf) -> None:
    best = next(f.id for f in sellers(shelf, Where()).facts if ".product-" in f.id)
    product = best.split(".product-")[1].rsplit(".", 1)[0]
    found: Findings = funnel(shelf, Where(product=product))
    assert found.get(f"product-{product}-view-to-cart", "rate")
