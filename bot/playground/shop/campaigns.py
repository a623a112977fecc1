"""The texts that were sent, to whom, and what came of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.playground.shop import sheet
from bot.playground.shop.customers import Customer
from bot.playground.shop.dice import Dice
from bot.playground.shop.goods import Range
from bot.playground.shop.order import Order
from bot.playground.shop.orders import Book
from bot.playground.shop.planted import planted, table
from bot.playground.shop.span import CLOCK, Span, black_friday, summer_sales, winter_sales

COLUMNS = (
    "code",
    "date",
    "canal",
    "langue",
    "audience",
    "objet",
    "pré-en-tête",
    "texte",
    "appel à l'action",
    "références",
    "envoyés",
    "délivrés",
    "ouverts",
    "clics",
    "désinscriptions",
    "commandes",
    "chiffre d'affaires",
    "devise",
)
MOMENTS: dict[str, Callable[[int], date]] = {
    "summer_sales": lambda year: summer_sales(year)[0],
    "winter_sales": lambda year: winter_sales(year)[0],
    "black_friday": black_friday,
}
PRICE = re.compile(r"\{prix ([A-Z-]+)\}")
WINDOW = 3  # days after it in which an order may come of a campaign
WARMTH = {"clients fidèles": 0.07, "clients qui s'éloignent": -0.08}


@dataclass
class Sent:
    """One campaign and its results. `opened` is None for an SMS."""

    code: str
    day: int
    minute: int
    source: dict[str, Any]
    text: dict[str, str]
    reached: int
    delivered: int
    opened: int | None
    clicked: int
    left: int
    orders: list[Order]


class Campaigns:
    """All forty, in the order they went out. Marks the orders that came of them."""

    def __init__(
        self, seed: int, span: Span, goods: Range, customers: Sequence[Customer], book: Book
    ):
        self.span, self.goods, self.customers = span, goods, customers
        self.dice = Dice(seed, "campaigns")
        self.shares = planted("campaigns")
        self.bought: dict[str, list[Order]] = {}
        self.by_day: dict[int, list[Order]] = {}
        for order in book.kept:
            self.bought.setdefault(order.customer.id, []).append(order)
            self.by_day.setdefault(order.day, []).append(order)
        dated = [(self._day(source), i, source) for i, source in enumerate(_sources())]
        self.sent = [
            self._send(day, source) for day, _, source in sorted(dated, key=lambda d: d[:2])
        ]
        self._attribute()

    def write(self, folder: Path) -> int:
        """campaigns.csv"""
        return sheet.write(folder / "campaigns.csv", COLUMNS, map(self._row, self.sent))

    def _row(self, sent: Sent) -> tuple[object, ...]:
        source, text = sent.source, sent.text
        return (
            sent.code,
            f"{self.span.iso[sent.day]}T{CLOCK[sent.minute]}:00",
            source["channel"],
            source.get("language", "fr"),
            source["audience"],
            text.get("subject", ""),
            text.get("preheader", ""),
            text["body"],
            text.get("call", ""),
            ", ".join(source["products"]),
            sent.reached,
            sent.delivered,
            "" if sent.opened is None else sent.opened,
            sent.clicked,
            sent.left,
            len(sent.orders),
            sheet.money(sum(order.total for order in sent.orders)),
            "EUR",
        )

    def _send(self, day: int, source: dict[str, Any]) -> Sent:
        dice, email = self.dice, source["channel"] == "email"
        people = [one for one in self.customers if self._is_meant(one, source, day)]
        delivered = len(people) - round(len(people) * (0.006 + 0.008 * dice.roll()))
        opened, clicked = self._response(delivered, source)
        return Sent(
            code=f"om-{self.span.on(day):%y%m%d}-{source['slug']}",
            day=day,
            minute=dice.pick((8 * 60 + 30, 10 * 60, 12 * 60 + 15, 18 * 60 + 30)),
            source=source,
            text={
                key: self._worded(source[key], day, email)
                for key in ("subject", "preheader", "body", "call")
                if key in source
            },
            reached=len(people),
            delivered=delivered,
            opened=opened,
            clicked=clicked,
            left=round(delivered * (0.001 + 0.003 * dice.roll())),
            orders=[],
        )

    def _response(self, delivered: int, source: dict[str, Any]) -> tuple[int | None, int]:
        """Opened and clicked; the weekday has no part in it."""
        chance, again = self.dice.roll(), self.dice.roll()
        if source["channel"] == "sms":
            return None, round(delivered * self.shares["sms_clicked"] * (0.8 + 0.4 * chance))
        share = self.shares["opened"] + WARMTH.get(source["audience"], 0.0)
        share += self.shares["concrete"] * source.get("concrete", False)
        opened = round(delivered * (share - 0.02 + 0.04 * chance))
        return opened, round(opened * self.shares["email_clicked"] * (0.85 + 0.3 * again))

    def _attribute(self) -> None:
        """The first orders of those who got a campaign, soon after it, come of it."""
        for sent in self.sent:
            near = [
                order
                for day in range(sent.day, sent.day + WINDOW + 1)
                for order in self.by_day.get(day, [])
                if not order.code
                and (order.day, order.minute) > (sent.day, sent.minute)
                and self._is_meant(order.customer, sent.source, sent.day)
            ]
            wanted = round(sent.clicked * (0.08 + 0.07 * self.dice.roll()))
            about = set(sent.source["products"])
            mixed = self.dice.shuffled(near)
            mixed.sort(key=lambda order: not about & {line.good.ref for line in order.lines})
            sent.orders = mixed[:wanted]
            for order in sent.orders:
                order.code, order.source = sent.code, sent.source["channel"]

    def _is_meant(self, one: Customer, source: dict[str, Any], day: int) -> bool:
        """Whether a campaign goes to a customer."""
        language = source.get("language", "fr")
        if one.language != language or not one.gets(source["channel"], day):
            return False
        before = [order for order in self.bought.get(one.id, []) if order.day < day]
        if source["audience"] == "clients fidèles":
            return len(before) >= 3
        if source["audience"] == "clients qui s'éloignent":
            return bool(before) and day - before[-1].day > 100
        if "category" in source:
            return any(line.good.category == source["category"] for o in before for line in o.lines)
        return True

    def _day(self, source: dict[str, Any]) -> int:
        """The day it went out: the latest that fits, for an earlier one the first; no Sunday."""
        moment, _, later = source["when"].partition("+")
        years = range(self.span.first.year, self.span.last.year + 1)
        days = [
            self.span.number(_on(moment, year) + timedelta(days=int(later or 0))) for year in years
        ]
        fitting = [day for day in days if 3 <= day < self.span.length - 7]
        day = fitting[0 if source.get("earlier") else -1]
        return day + (self.span.on(day).weekday() == 6)

    def _worded(self, text: str, day: int, email: bool) -> str:
        """With the prices of that day; in French e-mails with spaces that do not break."""
        priced = PRICE.sub(
            lambda m: f"{self.goods.by_ref[m[1]].price_on(day) // 100} €", text.strip()
        )
        return re.sub(r" (?=[;:!?€%»])|(?<=«) ", "\u00a0", priced) if email else priced


def _sources() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table("campaigns")["campaigns"]
    return found


def _on(moment: str, year: int) -> date:
    if moment in MOMENTS:
        return MOMENTS[moment](year)
    month, day = moment.split("-")
    return date(year, int(month), int(day))
