"""Generates the data of Maison Ormelin, an invented French shop.

`fill` writes products, orders, site traffic, feedback, campaigns and experiments into a folder:
the same bytes for the same size, seed and day. PLANTED.md beside this file describes the patterns
that are planted in the data.
"""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from bot.playground.shop import customers, marketing
from bot.playground.shop.feedback import CustomerFeedback
from bot.playground.shop.generation import SHOP_FOLDER, SalesPeriod, read_planted
from bot.playground.shop.marketing import CampaignHistory
from bot.playground.shop.orders import OrderBook, VisitLog
from bot.playground.shop.products import ProductRange

Size = Literal["small", "middle", "large"]


@dataclass(frozen=True)
class Truth:
    """Facts that no file contains, to check analyses against."""

    lost_orders: int  # on phones, since the checkout fault began
    themes: dict[str, tuple[str, ...]]  # of each feedback text, by its id
    lives: dict[str, str]  # each customer's segment, by customer id


@dataclass(frozen=True)
class Shop:
    """A written shop, and the truth behind its data."""

    folder: Path
    first: date
    until: date
    truth: Truth


def fill(
    folder: Path, *, size: Size = "middle", seed: int = 7, today: date, until: date | None = None
) -> Shop:
    """Write the shop's files. The data end on `until`, by default the day before `today`."""
    last = until or today - timedelta(days=1)
    folder.mkdir(parents=True, exist_ok=True)
    counts = read_planted("sizes")[size]
    period = SalesPeriod(last, read_planted("span")["months"])
    products = ProductRange(seed, period)
    people = customers.generate_customers(
        seed, counts["customers"], period, list(products.categories)
    )
    book = OrderBook(seed, period, products, people)
    campaigns = CampaignHistory(seed, period, products, people, book)
    feedback = CustomerFeedback(seed, counts["feedback"], period, book)
    for name in ("brand.toml", "policy.toml"):
        shutil.copyfile(SHOP_FOLDER / name, folder / name)
    products.write(folder)
    customers.write_customers(folder, people, period)
    book.write(folder)
    VisitLog(seed, period, products, book).write(folder)
    feedback.write(folder)
    campaigns.write(folder)
    marketing.write_ads(folder, seed, period, products)
    marketing.write_experiments(folder, seed, period)
    truth = Truth(
        lost_orders=len(book.lost_orders),
        themes={note.id: tuple(note.themes) for note in feedback.notes},
        lives={order.customer.id: order.customer.segment for order in book.orders},
    )
    return Shop(folder, period.first, last, truth)
