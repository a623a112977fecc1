"""Best sellers."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.best_sellers import find
from bot.data.warehouse.warehouse import Warehouse
from tests.support.small_tables import small as small_shelf

DAY = datetime(2026, 11, 20, 10)


def small(**tables: Any) -> Warehouse:
    """A shop of so few orders that a floor would hide them all."""
    shelf = small_shelf(**tables)
    shelf.sales_floor = 1
    return shelf


def line(order: str, product: str, amount: float, quantity: int = 1, **more: Any) -> dict[str, Any]:
    told = {"title": product.upper(), "currency": "EUR", "at": DAY}
    return {
        "order": order,
        "product": product,
        "amount": amount,
        "quantity": quantity,
        **told,
        **more,
    }


def test_best_sellers_are_ranked_by_revenue_net_of_refunds() -> None:
    shelf = small(
        orders=[
            line("1", "linen shirt", 90, 2),
            line("2", "candle fig", 60, 5),
            line("3", "linen shirt", -45, -1),
            line("4", "wool plaid", 300, status="cancelled"),
            line("5", "postage", 500),
        ]
    )
    found = find(shelf, AnalysisFilter())
    keys = [f.id.split(".")[1] for f in found.facts if f.id.endswith(".revenue")]
    assert keys == ["product-candle-fig", "product-linen-shirt"]
    best = found.get("product-candle-fig", "revenue")
    assert best is not None
    assert f"{best.value} {best.unit} {best.about}" == "60 EUR Candle Fig"
    units = found.get("product-linen-shirt", "units")
    assert units is not None
    assert units.value == 1


def test_two_currencies_are_never_summed() -> None:
    shelf = small(
        orders=[line("1", "x", 10), line("2", "x", 10), line("3", "x", 900, currency="USD")]
    )
    found = find(shelf, AnalysisFilter())
    sold = found.get("product-x", "revenue")
    assert sold is not None
    assert f"{sold.value} {sold.unit}" == "20 EUR"
    assert ["USD" in words.to("en") for words in found.limits] == [True]


def test_best_sellers_are_of_the_requested_days() -> None:
    old = datetime(2026, 6, 1)
    shelf = small(orders=[line("1", "x", 10), line("2", "y", 900, at=old)])
    assert find(shelf, AnalysisFilter()).get("product-y", "revenue") is None
    june = AnalysisFilter(since=old.date(), until=old.date())
    assert find(shelf, june).get("product-y", "revenue") is not None


def test_products_without_a_title_are_left_out() -> None:
    shelf = small(orders=[line("1", "dd113cb02b2af9c8", 10, title=None)])
    found = find(shelf, AnalysisFilter())
    assert not found.facts


def test_stock_corrections_count_as_no_order() -> None:
    shelf = small(
        orders=[
            line("1", "linen shirt", 90, 2),
            line("2", "linen shirt", 30),
            line("3", "linen shirt", 0),
            line("w1", "linen shirt", 0, -400),
            line("w2", "candle fig", 0, -3),
        ]
    )
    shelf = replace(shelf, sales_floor=1)
    found = find(shelf, AnalysisFilter())
    told = {f.id.split(".", 1)[1]: str(f.value) for f in found.facts}
    assert (told["product-linen-shirt.orders"], told["product-linen-shirt.units"]) == ("3", "4")


def test_postage_and_vouchers_are_no_best_sellers() -> None:
    shelf = small(orders=[line("1", "linen shirt", 90), line("1", "postage", 900)])
    found = find(replace(shelf, sales_floor=1), AnalysisFilter())
    keys = {f.id.split(".")[1] for f in found.facts}
    assert {one for one in keys if one.startswith("product-")} == {"product-linen-shirt"}
