"""Facts of a product, each with its source and date."""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.facts import Evidence
from bot.data.catalogue.product import PriceChange, Product, build_product_facts, find_lowest_price

FULL = Product(
    handle="linen-shirt",
    title="Linen Shirt",
    description="Soft and airy.",
    type="Shirts",
    vendor="partners-demo",
    tags=("summer", "new"),
    price=Decimal("49.00"),
    price_to=Decimal("55.00"),
    compare_at=Decimal("59.00"),
    currency="EUR",
    sizes=("S", "M"),
    colours=("white",),
    materials=("linen",),
    link="https://shop.example/linen-shirt",
    stock=7,
    status="draft",
    lowest_30_days=Decimal("45.00"),
    source="shop.csv, line 12",
    as_of=date(2026, 11, 24),
)


def test_every_filled_field_becomes_a_fact() -> None:
    assert {f.label: (f.value, f.unit) for f in build_product_facts(FULL)} == {
        "name": ("Linen Shirt", None),
        "price": (Decimal("49.00"), "EUR"),
        "price to": (Decimal("55.00"), "EUR"),
        "compare-at price": (Decimal("59.00"), "EUR"),
        "lowest price 30 days": (Decimal("45.00"), "EUR"),
        "description": ("Soft and airy.", None),
        "type": ("Shirts", None),
        "vendor": ("partners-demo", None),
        "tags": ("summer, new", None),
        "sizes": ("S, M", None),
        "colours": ("white", None),
        "materials": ("linen", None),
        "link": ("https://shop.example/linen-shirt", None),
        "stock": (Decimal(7), None),
    }


def test_fact_has_id_source_and_day() -> None:
    evidence = Evidence(facts=build_product_facts(FULL))
    assert evidence.of("product") == evidence.facts
    for fact in evidence.facts:
        assert fact.id == f"product.linen-shirt.{fact.label}"
        assert (str(fact.source), fact.as_of) == ("shop.csv, line 12", date(2026, 11, 24))


def test_missing_field_has_no_fact() -> None:
    bare = Product(handle="vase", title="Vase", source="x", as_of=date(2026, 1, 1))
    assert [fact.label for fact in build_product_facts(bare)] == ["name"]


def test_zero_stock_and_zero_price_are_facts() -> None:
    given = FULL.model_copy(update={"stock": 0, "price": Decimal(0)})
    facts = {fact.label: fact.value for fact in build_product_facts(given)}
    assert [facts["stock"], facts["price"]] == [Decimal(0), Decimal(0)]


def test_price_without_currency_has_no_unit() -> None:
    facts = build_product_facts(FULL.model_copy(update={"currency": None}))
    assert {fact.unit for fact in facts} == {None}


def test_price_history_overrides_stated_lowest_price() -> None:
    history = (PriceChange(day=date(2026, 1, 1), price=Decimal(60)),)
    facts = build_product_facts(FULL.model_copy(update={"price_history": history}))
    assert next(f.value for f in facts if f.label == "lowest price 30 days") == 60


NOVEMBER = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("history", "lowest"),
    [
        ([], None),
        # one price, ever since: a cut still to be announced is measured against it
        ([("2026-01-01", 60)], 60),
        # cut today: what was asked in the 30 days before, the cut price itself left out
        ([("2026-01-01", 60), ("2026-11-24", 45)], 60),
        # raised shortly before the cut: the lower price of those days counts
        ([("2026-01-01", 50), ("2026-11-10", 60), ("2026-11-24", 45)], 50),
        # a short sale inside the window counts, one before it does not
        ([("2026-01-01", 60), ("2026-11-01", 40), ("2026-11-03", 60), ("2026-11-24", 50)], 40),
        ([("2026-01-01", 60), ("2026-09-01", 40), ("2026-09-03", 60), ("2026-11-24", 50)], 60),
        # cut long ago: the 30 days before that cut
        ([("2026-01-01", 60), ("2026-08-01", 50)], 60),
        # raised: no cut in force, so the last 30 days, today included
        ([("2026-01-01", 40), ("2026-11-20", 60)], 40),
        ([("2026-01-01", 40), ("2026-08-01", 60)], 60),
        # what is still to come does not count
        ([("2026-01-01", 60), ("2026-12-01", 30)], 60),
        ([("2026-12-01", 30)], None),
    ],
)
def test_reduction_is_compared_with_lowest_price_of_30_days(
    history: list[tuple[str, int]], lowest: int | None
) -> None:
    points = tuple(PriceChange(day=date.fromisoformat(d), price=Decimal(p)) for d, p in history)
    found = find_lowest_price(points, NOVEMBER)
    assert (None if found is None else int(found)) == lowest
    assert find_lowest_price(points[::-1], NOVEMBER) == found
