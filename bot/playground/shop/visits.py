"""Who looked, filled a cart, went to the checkout, bought: browsing as the shop's pages see it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.playground.shop import sheet
from bot.playground.shop.dice import Dice, Loaded
from bot.playground.shop.goods import Good, Range
from bot.playground.shop.order import Order
from bot.playground.shop.orders import Book
from bot.playground.shop.planted import planted
from bot.playground.shop.span import CLOCK, Span

HEADER = "session,client,moment,événement,page,référence,appareil,source,pays,commande,montant\n"
SOURCES = Loaded(
    ("direct", "moteur", "email", "sms", "instagram", "publicité"), (21, 33, 10, 1, 22, 13)
)
COUNTRIES = Loaded(("FR", "BE", "LU", "CH", "GB", "IE"), (870, 38, 6, 18, 44, 24))
LOOKS = Loaded((1, 2, 3, 5), (62, 22, 11, 5))  # pages seen by those who only look
SECONDS = tuple(f":{second:02}" for second in range(60))
Session = tuple[int, str]  # the minute it began, and its rows


class Visits:
    """The sessions of the last half year, cut to the steps that were planted."""

    def __init__(self, seed: int, span: Span, goods: Range, book: Book):
        self.span, self.goods, self.dice = span, goods, Dice(seed, "visits")
        start = span.since(planted("span")["event_days"])
        self.bought = [order for order in book.kept if order.day >= start]
        self.lost = [order for order in book.lost if order.day >= start]

    def write(self, folder: Path) -> int:
        """events.csv, by time. How many events."""
        sessions = sorted(self._sessions())
        count = 0
        with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(HEADER)
            for number, (_, rows) in enumerate(sessions, 1):
                name = f"s{number:07}"
                lines = rows.split("\n")
                count += len(lines)
                file.write(f"{name}," + f"\n{name},".join(lines) + "\n")
        return count

    def _sessions(self) -> Iterator[Session]:
        for order in self.bought:
            yield self._with_order(order, "purchase")
        for order in self.lost:
            yield self._with_order(order, "checkout")
        for device, (carted, checked, paid) in planted("steps").items():
            like = [o for o in (*self.bought, *self.lost) if o.device == device]
            checkouts = round(len(like) / paid)
            carts = round(checkouts / checked)
            views = round(carts / carted)
            yield from self._without(like, checkouts - len(like), ("cart", "checkout"))
            yield from self._without(like, carts - checkouts, ("cart",))
            yield from self._without(like, views - carts, ())

    def _with_order(self, order: Order, end: str) -> Session:
        """The way to an order, to its end or to the checkout where it was lost."""
        who, client = order.customer, order.customer.id
        steps = [("view", line.good) for line in order.lines]
        steps += [("cart", line.good) for line in order.lines]
        tail = f"{order.device},{order.source},{who.country}"
        rows = self._rows(client, order.day, order.minute, tail, steps)
        rows.append(self._row(client, order.day, order.minute, "checkout,/paiement,", tail, ","))
        if end == "purchase":
            sold = f"{order.id},{sheet.money(order.total)}"
            rows.append(self._row(client, order.day, order.minute, "purchase,/merci,", tail, sold))
        return order.day * 1440 + order.minute, "\n".join(rows)

    def _without(
        self, like: Sequence[Order], count: int, steps: Sequence[str]
    ) -> Iterator[Session]:
        """Sessions that end before the purchase, on the days when people buy."""
        dice = self.dice
        for _ in range(count):
            near = dice.pick(like)
            minute = self.span.minute(dice)
            die = self.goods.bought_on(near.day)
            country = COUNTRIES.draw(dice)
            tail = f"{near.device},{SOURCES.draw(dice)},{country}"
            known = dice.roll() < (0.45 if steps else 0.12)
            client, home = (near.customer.id, near.customer.country) if known else ("", country)
            if known:
                tail = f"{tail[:-2]}{home}"
            seen = [("view", die.draw(dice)) for _ in range(LOOKS.draw(dice))]
            if steps:
                seen.append(("cart", seen[-1][1]))
            rows = self._rows(client, near.day, minute, tail, seen)
            if len(steps) == 2:
                rows.append(self._row(client, near.day, minute, "checkout,/paiement,", tail, ","))
            yield near.day * 1440 + minute, "\n".join(rows)

    def _rows(
        self, client: str, day: int, minute: int, tail: str, steps: Sequence[tuple[str, Good]]
    ) -> list[str]:
        rows, at = [], max(0, minute - len(steps))
        for step, good in steps:
            page = "/panier" if step == "cart" else good.page
            rows.append(self._row(client, day, at, f"{step},{page},{good.ref}", tail, ","))
            at += at < minute
        return rows

    def _row(self, client: str, day: int, minute: int, what: str, tail: str, sold: str) -> str:
        moment = f"{self.span.iso[day]}T{CLOCK[minute]}:00"
        return f"{client},{moment},{what},{tail},{sold}"
