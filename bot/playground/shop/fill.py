"""Writes the whole shop into a folder."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from bot.playground.shop import ads, customers, trials
from bot.playground.shop.campaigns import Campaigns
from bot.playground.shop.feedback import Feedback
from bot.playground.shop.goods import Range
from bot.playground.shop.orders import Book
from bot.playground.shop.planted import HERE, planted
from bot.playground.shop.span import Span
from bot.playground.shop.visits import Visits

Size = Literal["small", "middle", "large"]
FILES = (
    "products.csv",
    "prices.csv",
    "customers.csv",
    "orders.csv",
    "events.csv",
    "feedback.csv",
    "campaigns.csv",
    "ads.csv",
    "experiments.csv",
    "brand.toml",
    "policy.toml",
)


@dataclass(frozen=True)
class Truth:
    """What no file says, to hold analyses against."""

    lost_orders: int  # on phones, since the checkout broke
    lost_revenue: Decimal
    themes: dict[str, tuple[str, ...]]  # of each text in feedback.csv, by its id
    lives: dict[str, str]  # how each customer was made, by id


@dataclass(frozen=True)
class Shop:
    """What is in the folder: rows by file, and the truth."""

    folder: Path
    size: Size
    seed: int
    first: date
    until: date
    products: int
    customers: int
    orders: int
    order_lines: int
    events: int
    feedback: int
    campaigns: int
    ads: int
    experiments: int
    truth: Truth


def fill(
    folder: Path,
    *,
    size: Size = "middle",
    seed: int = 7,
    today: date,
    until: date | None = None,
) -> Shop:
    """Write the shop's files. Its data end on `until`, by default the day before `today`."""
    last = until or today - timedelta(days=1)
    folder.mkdir(parents=True, exist_ok=True)
    counts = planted("sizes")[size]
    span = Span(last, planted("span")["months"])
    goods = Range(seed, span)
    people = customers.invent(seed, counts["customers"], span, list(goods.categories))
    book = Book(seed, span, goods, people)
    campaigns = Campaigns(seed, span, goods, people, book)
    feedback = Feedback(seed, counts["feedback"], span, book)
    for name in ("brand.toml", "policy.toml"):
        shutil.copyfile(HERE / name, folder / name)
    return Shop(
        folder=folder,
        size=size,
        seed=seed,
        first=span.first,
        until=last,
        products=goods.write(folder),
        customers=customers.write(folder, people, span),
        orders=len(book.kept),
        order_lines=book.write(folder),
        events=Visits(seed, span, goods, book).write(folder),
        feedback=feedback.write(folder),
        campaigns=campaigns.write(folder),
        ads=ads.write(folder, seed, span, goods),
        experiments=trials.write(folder, seed, span),
        truth=_truth(book, feedback),
    )


def _truth(book: Book, feedback: Feedback) -> Truth:
    return Truth(
        lost_orders=len(book.lost),
        lost_revenue=Decimal(sum(order.total for order in book.lost)) / 100,
        themes={note.id: tuple(note.themes) for note in feedback.notes},
        lives={order.customer.id: order.customer.life for order in book.kept},
    )
