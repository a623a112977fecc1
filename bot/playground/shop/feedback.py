"""What customers write: which orders are spoken of, and about what."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.playground.shop import sheet
from bot.playground.shop.dice import Dice
from bot.playground.shop.goods import Good
from bot.playground.shop.note import REVIEW, Note
from bot.playground.shop.order import Line, Order
from bot.playground.shop.orders import Book
from bot.playground.shop.planted import planted
from bot.playground.shop.span import CLOCK, Span
from bot.playground.shop.texts import Pen

COLUMNS = (
    "id",
    "date",
    "canal",
    "langue",
    "client",
    "commande",
    "référence",
    "article",
    "note",
    "texte",
    "pays",
    "département",
)
MESSAGES = ("e-mail", "e-mail", "chat", "instagram")


class Feedback:
    """All that was written."""

    def __init__(self, seed: int, count: int, span: Span, book: Book):
        self.span, self.book, self.dice = span, book, Dice(seed, "feedback")
        self.late, self.sizing = planted("late_parcels"), planted("sizing")
        special = [*self._on_phones(count), *self._about_sold_out(count)]
        ordinary = self._about_orders(count - len(special))
        self._theme(ordinary)
        self._channels(ordinary)
        self.notes = [*special, *ordinary]
        pens = {language: Pen(language, seed, span) for language in ("fr", "en")}
        for note in self.notes:
            self._date(note)
            pens[note.order.customer.language].write(note)
        self.notes.sort(key=lambda note: (note.day, note.minute, note.order.customer.id))
        for number, note in enumerate(self.notes, 1):
            note.id = f"V{number:06}"

    def write(self, folder: Path) -> int:
        """feedback.csv"""
        return sheet.write(folder / "feedback.csv", COLUMNS, map(self._row, self.notes))

    def _row(self, note: Note) -> tuple[object, ...]:
        who, good = note.order.customer, note.line.good
        return (
            note.id,
            f"{self.span.iso[note.day]}T{CLOCK[note.minute]}:00",
            note.channel,
            who.language,
            who.id,
            note.order.id if note.names_order else "",
            good.ref,
            good.name,
            note.rating or "",
            note.text,
            who.country,
            who.department,
        )

    def _on_phones(self, count: int) -> list[Note]:
        """People whose checkout broke."""
        wanted = round(count * planted("mobile_checkout")["messages"])
        chosen = self.dice.shuffled(self.book.lost)[:wanted]
        return [
            Note(order, order.lines[0], ["phone"], self.dice.pick(MESSAGES)) for order in chosen
        ]

    def _about_sold_out(self, count: int) -> list[Note]:
        """People who saw the advertisement."""
        out = planted("sold_out")
        good = self.book.goods.by_ref[out["product"]]
        recent = [o for o in self.book.kept if o.day >= self.span.since(out["days"])]
        chosen = self.dice.shuffled(recent)[: round(count * out["messages"])]
        line = Line(good, good.sizes[0], good.colours[0], 1, 0, 0)
        return [Note(order, line, ["sold out"], self.dice.pick(MESSAGES)) for order in chosen]

    def _about_orders(self, count: int) -> list[Note]:
        """Parcels that arrived: as many late ones from everywhere as was planted."""
        arrived = [o for o in self.book.kept if o.arrived < self.span.length - 2]
        there = [o for o in arrived if self._is_there(o)]
        others = [o for o in arrived if not self._is_there(o)]
        wanted = round(count * self.late["texts"])
        south = self._mixed(there, wanted, self.late["told"])
        return [*south, *self._mixed(others, count - len(south), self.late["told_otherwise"])]

    def _is_there(self, order: Order) -> bool:
        since = self.span.since(self.late["days"])
        return order.customer.department in self.late["departments"] and order.day >= since

    def _mixed(self, orders: Sequence[Order], count: int, told: float) -> list[Note]:
        """Of that many orders a share, all late, with their lateness told."""
        late = self._pool(o for o in orders if o.is_late)[: round(count * told)]
        chosen = {id(note.order) for note in late}
        rest = self._pool(o for o in orders if id(o) not in chosen)
        for note in late:
            note.themes.append("late")
        return [*late, *rest[: count - len(late)]]

    def _pool(self, orders: Iterable[Order]) -> list[Note]:
        """The orders in any order, one line each; who got what runs small writes twice as often."""
        pool = []
        for order in orders:
            line = self.dice.pick(order.lines)
            small = line.good.ref in self.sizing["products"]
            pool += [Note(order, line)] * (2 if small else 1)
        mixed = self.dice.shuffled(pool)
        return list({id(note.order): note for note in mixed}.values())

    def _theme(self, notes: Sequence[Note]) -> None:
        """Who speaks of sizes and of linen: the planted share of the notes on each product."""
        by_good: dict[str, list[Note]] = {}
        for note in notes:
            by_good.setdefault(note.line.good.ref, []).append(note)
        worn = [n for n in notes if n.line.good.is_worn and not self._runs_small(n.line.good)]
        told = list(self.dice.some(worn, self.sizing["told_otherwise"]))
        for ref in self.sizing["products"]:
            told += self.dice.some(by_good.get(ref, []), self.sizing["told"])
        for note in told:
            note.themes.append("sizing")
        for ref, about in sorted(by_good.items()):
            if self.book.goods.by_ref[ref].is_linen:
                for note in self.dice.some(about, planted("linen_praise")["told"]):
                    note.themes.append("linen")

    def _runs_small(self, good: Good) -> bool:
        return good.ref in self.sizing["products"]

    def _channels(self, notes: Sequence[Note]) -> None:
        """Messages speak of one thing."""
        single = [note for note in notes if len(note.themes) < 2]
        messages = len(notes) - round(len(notes) * planted("feedback")["reviews"])
        for note in self.dice.shuffled(single)[:messages]:
            note.channel = self.dice.pick(MESSAGES)

    def _date(self, note: Note) -> None:
        order, last = note.order, self.span.length - 1
        if not note.names_order:
            day = order.day + self.dice.below(2)
        elif note.channel != REVIEW and "late" in note.themes:
            day = order.promised + 1 + self.dice.below(order.arrived - order.promised)
        else:
            day = order.arrived + 1 + self.dice.below(24)
            if day > last:
                day = order.arrived + 1 + self.dice.below(last - order.arrived)
        note.day, note.minute = min(day, last), self.span.minute(self.dice)
