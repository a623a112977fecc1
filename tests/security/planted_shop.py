"""Small shops with planted groups: their members are known, and nobody else bought the same.

The orders of planted customers have odd cents, so that a figure about them can be recognized.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.data.warehouse.warehouse import Warehouse
from tests.support.sample_tables import TODAY
from tests.support.small_tables import small

REGIONS = ("Nantes", "Rennes", "Lille", "Bordeaux")
SOURCES = ("newsletter", "google", "direct")
PRODUCTS = {
    "bougie": "Bougie Ambre",
    "vase": "Vase Soliflore",
    "plaid": "Plaid Zinzin",
    "lampe": "Lampe Opaline",
}
CATEGORIES = {"bougie": "Senteurs", "vase": "Vaisselle", "plaid": "Textile", "lampe": "Luminaires"}
DEVICES = ("mobile", "desktop")
PLANTED = {
    "region": "Brest",
    "source": "podcast",
    "code": "VELOURS",
    "product": "Clavecin Doré",
    "category": "Partitions",
    "device": "console",
}


@dataclass
class PlantedShop:
    """A shop with one planted group per column. `orders` are its rows."""

    size: int  # customers of each planted group
    orders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shelf(self) -> Warehouse:
        return small(orders=self.orders)

    def of(self, column: str, value: str) -> list[dict[str, Any]]:
        column = "title" if column == "product" else column
        return [row for row in self.orders if row.get(column) == value]

    def revenue(self, column: str, value: str) -> float:
        return float(sum(row["amount"] for row in self.of(column, value)))


def planted_shop(seed: int, size: int, customers: int = 240) -> PlantedShop:
    """A shop of some hundred customers. For each column, `size` customers have a value that nobody
    else has, in all their orders."""
    dice, shop = random.Random(seed), PlantedShop(size)
    for n in range(customers):
        for _ in range(dice.choice((1, 2, 3))):
            _order(shop, dice, f"c{n}", {})
    for column, value in PLANTED.items():
        for n in range(size):
            for _ in range(dice.choice((1, 2))):
                _order(shop, dice, f"{column}-{n}", {column: value})
    return shop


def _order(shop: PlantedShop, dice: random.Random, customer: str, told: dict[str, str]) -> None:
    product = dice.choice(list(PRODUCTS))
    row: dict[str, Any] = {
        "order": f"o{len(shop.orders)}",
        "line": 1,
        "at": datetime.combine(TODAY, datetime.min.time())
        - timedelta(days=dice.randint(1, 85), minutes=dice.randint(1, 1400)),
        "customer": customer,
        "product": product,
        "title": PRODUCTS[product],
        "category": CATEGORIES[product],
        "quantity": dice.randint(1, 3),
        "amount": Decimal(dice.randint(900, 19000)) / 100,
        "currency": "EUR",
        "country": "FR",
        "region": dice.choice(REGIONS),
        "source": dice.choice(SOURCES),
        "device": dice.choice(DEVICES),
        "returned": dice.random() < 0.2,
        "discount": Decimal(len(shop.orders) % 4),
        "payment_method": ("card", "wallet")[len(shop.orders) % 2],
    }
    if dice.random() < 0.3:
        row["code"] = "AUTOMNE"
    row |= told
    if told:
        row["amount"] = Decimal(dice.randint(300_000, 900_000)) / 100
    if title := told.get("product"):
        row |= {"product": "clavecin", "title": title, "category": "Luminaires"}
    shop.orders.append(row)


def questions(column: str, name: str) -> Iterator[str]:
    """Questions that somebody may ask to learn what a planted group bought."""
    of = {
        "device": f"on {name}",
        "source": f"from {name}",
        "code": f"with code {name}",
        "product": f"of {name}",
        "category": f"of {name}",
    }.get(column, f"in {name}")
    yield f"how much did we sell {of}?"
    yield f"how many orders {of}?"
    yield f"how many units did we sell {of}?"
    yield f"how many customers ordered {of}?"
    yield f"what is the average order {of}?"
    yield f"what is the median order {of}?"
    yield f"what share of sales {of}?"
    yield f"what is the return rate {of}?"
    yield f"sales without {name}"
    yield f"sales per customer {of}"
    yield f"sales {of} by month"
    yield f"sales {of} by weekday"
    yield f"sales {of} this month compared with last month"
    yield f"orders {of} in November"
    yield f"quel est le chiffre d'affaires {name} ?"
    yield f"combien de commandes {name} depuis octobre ?"
    yield f"part des ventes {name}"
    yield f"sales by {column}"
    yield f"how many orders by {column}"
    yield f"return rate by {column}"
    yield f"ventes par {'catégorie' if column == 'category' else column}"
    yield f"which {column} sells best?"
    yield f"which {column} sells least?"
    yield f"share of sales by {column}"
