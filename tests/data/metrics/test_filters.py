"""Validation of filters."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from bot.data.analyses.funnel import find as funnel
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.best_sellers import find as sellers
from bot.data.metrics.filters import FILTERS_BY_KIND, validate_filter
from bot.data.service import list_analyses
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from tests.support.sample_tables import sample


@pytest.fixture(scope="module")
def shelf() -> Warehouse:
    return sample("small")


def one(name: str, value: Any) -> AnalysisFilter:
    return AnalysisFilter(**{name: value})


def said(shelf: Warehouse, kind: str, where: AnalysisFilter) -> str:
    with pytest.raises(CannotDo) as no:
        validate_filter(shelf, kind, where)
    return no.value.words.to("en")


def test_each_analysis_declares_its_filters() -> None:
    assert set(FILTERS_BY_KIND) == set(list_analyses())
    assert {name for names in FILTERS_BY_KIND.values() for name in names} <= {
        one.name for one in fields(AnalysisFilter)
    }


@pytest.mark.parametrize("kind", sorted(FILTERS_BY_KIND))
def test_unsupported_filter_is_refused(shelf: Warehouse, kind: str) -> None:
    values: dict[str, Any] = {"since": date(2026, 9, 1), "until": date(2026, 9, 30), "days": 30}
    for name in {one.name for one in fields(AnalysisFilter)} - {
        *FILTERS_BY_KIND[kind],
    }:
        where = one(name, values.get(name, "mobile"))
        told = said(shelf, kind, where)
        assert told.startswith(
            f"{kind} can't be narrowed by {name}, but by: {FILTERS_BY_KIND[kind][0]}"
        )


@pytest.mark.parametrize("kind", sorted(FILTERS_BY_KIND))
def test_unknown_value_is_refused_with_the_existing_ones(shelf: Warehouse, kind: str) -> None:
    for name in {"country", "region", "device", "source", "channel", "category"} & set(
        FILTERS_BY_KIND[kind]
    ):
        told = said(shelf, kind, one(name, "nowhere"))
        assert "called nowhere. It has: " in told, (name, told)
    if "country" in FILTERS_BY_KIND[kind]:
        assert "FR" in said(shelf, kind, AnalysisFilter(country="XX"))
        assert validate_filter(shelf, kind, AnalysisFilter(country="fr")) == AnalysisFilter(
            country="fr"
        )


@pytest.mark.parametrize(
    "kind", sorted(kind for kind in FILTERS_BY_KIND if "product" in FILTERS_BY_KIND[kind])
)
def test_product_can_be_given_by_its_title(shelf: Warehouse, kind: str) -> None:
    title, key = next(
        (row["title"], row["product"])
        for row in shelf.engine.to_pyarrow(shelf.products).to_pylist()
        if row["title"]
    )
    assert validate_filter(shelf, kind, AnalysisFilter(product=title.upper())).product == key
    assert validate_filter(shelf, kind, AnalysisFilter(product=key)).product == key
    assert said(shelf, kind, AnalysisFilter(product="zzz")) == "There is no product zzz."
    assert validate_filter(shelf, kind, AnalysisFilter(product=title[:-3])).product == key


def test_segment_filter_is_refused_without_segments(shelf: Warehouse) -> None:
    assert said(shelf, "trends", AnalysisFilter(segment="gold")).startswith(
        "Segments stand in the customers"
    )


def test_invalid_rule_is_refused(shelf: Warehouse) -> None:
    assert said(shelf, "audiences", AnalysisFilter(rule="women")).startswith(
        "rule wants an audience's rule"
    )


def test_product_in_the_filter_is_reported_without_a_change(shelf: Warehouse) -> None:
    best = next(f.id for f in sellers(shelf, AnalysisFilter()).facts if ".product-" in f.id)
    product = best.split(".product-")[1].rsplit(".", 1)[0]
    found: AnalysisResult = funnel(shelf, AnalysisFilter(product=product))
    assert found.get(f"product-{product}-view-to-cart", "rate")
