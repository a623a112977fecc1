"""One question about what was sold: which orders its words mean, and by what they are cut."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from bot.evidence import source_named
from bot.library.bought import CANCELLED
from bot.library.findings import Findings, Where
from bot.library.naming import Meant, meant
from bot.library.narrow import NAMES, last_day, with_category
from bot.library.read import rows_of, sql_later
from bot.library.sellers import DAYS
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.library.sold import DAWN, EVERYTHING, WHOLE, Sold, fair, months_before
from bot.library.sold.facts import shares
from bot.library.sold.lines import Narrowed, lines_of, without_days
from bot.library.sold.orders import extremes, times
from bot.library.sold.values import values
from bot.library.titled import titled
from bot.tally import Tally
from bot.words import Words

RETURNED = (timedelta(days=365), timedelta(days=14))  # looked at for returns; still on its way
KINDS = {"country": "countries", "region": "regions", "source": "sources", "product": "products",
         "category": "categories", "code": "codes"}  # fmt: skip


class Asked:
    """One question, answered: the orders it means, cut by one thing."""

    def __init__(self, shelf: Shelf, where: Where, tally: Tally) -> None:
        until = last_day(shelf, "orders", where)
        self.shelf, self.tally = shelf, tally
        self.found = Findings("sold", shelf.source("orders"), until)
        if tally.measure == "cancelled":
            self._cancelled()
            return
        self.known = values(shelf) if tally.names or tally.instead or tally.without else {}
        only = self._meant()
        if self.found.get("unknown", "words") or not self._says(only):
            return
        days = self._days(where, until, only)
        told = Sold(shelf, replace(where, since=days[0]), days, fair(where, days[1]),
                    self.found, only)  # fmt: skip
        told.everything()
        all_orders = replace(where, tally=Tally(measure=tally.measure), product=None, category=None)
        sized = (tally.over, tally.under, tally.pieces_from, tally.pieces_to)
        narrow = only or tally.only or where.product or any(end is not None for end in sized)
        if narrow:
            whole = Sold(shelf, all_orders, days, None, self.found)
            whole.everything(EVERYTHING)
            whole.begins(whole.ever)
            shares(self.found, WHOLE, "", EVERYTHING, WHOLE)
        else:
            told.begins(told.ever)
        self._amounts(told.money)
        self._rates(days)
        self._more(told, where)

    def _more(self, told: Sold, where: Where) -> None:
        tally = self.tally
        if tally.cut == "times":
            times(self.found, self.shelf, told.lines if where.since else told.ever)
        elif tally.measure == "values":
            self._values(told)
        elif tally.cut:
            told.by(tally.cut)
        for by in dict.fromkeys(by for by, some, but in told.only if len(some) > 1 and not but):
            if not tally.cut and by != "product":
                told.by(by)
        if tally.measure == "delivery-days":
            told.delivered()
        if tally.measure in ("largest-order", "median-order"):
            extremes(self.found, self.shelf, told.lines, told.money)

    def _meant(self) -> Narrowed:
        """What the words name; facts of it."""
        first, later, without = (
            meant(words, self.known, nearly=self.tally.nearly) if words else Meant()
            for words in (self.tally.names, self.tally.instead, self.tally.without)
        )
        for n, (word, read) in enumerate({**first.read, **later.read, **without.read}.items()):
            self.found.add(f"read-{n}", "as", read, about=word)
        strange = self.tally.strange
        if unknown := [*first.unknown, *later.unknown, *without.unknown, *strange]:
            self.found.add("unknown", "words", " ".join(unknown))
            return ()
        only: Mapping[str, list[str]] = {**first.only, **later.only}
        told = [(by, tuple(values), False) for by, values in only.items()]
        told += [(by, tuple(values), True) for by, values in without.only.items()]
        for by, some, but in told:
            for value in some:
                key = f"{'but' if but else 'only'}-{by}-{slug(value)}"
                self.found.add(key, "name", titled(self.known[by][value]), about=by)
        return tuple(told)

    def _says(self, only: Narrowed) -> bool:
        """Whether the orders say what they are to be cut by."""
        orders = self.shelf.table("orders")
        asked = {"returned": "returned", "return-rate": "returned"}.get(self.tally.measure, "")
        late = any(one.by == "late" for one in self.tally.only)
        code = any(one.by == "code" for one in self.tally.only)
        for column in (asked, "promised" if late else "", "code" if code else "", self.tally.cut):
            if orders is None or column not in orders.columns or column in ("product", "order"):
                continue
            table = with_category(self.shelf, orders) if column == "category" else orders
            said = table.filter(table[column].notnull()).select(column).limit(1)
            if not rows_of(self.shelf, said):
                self._silent(column)
                return False
        return True

    def _cancelled(self) -> None:
        """No figure here counts them; whether the orders say which they are."""
        orders, source = self.shelf.table("orders"), source_named(self.found.source)
        assert orders is not None
        said = orders.filter(orders.status.lower().isin(CANCELLED)).select("status").limit(1)
        if rows_of(self.shelf, said):
            self.found.refuse(Words("{source} says which orders were cancelled: they are left out "
                                    "of every figure, and I can't count them apart yet.",
                                    source=source))  # fmt: skip
            return
        self.found.refuse(Words("{source} does not say which orders were cancelled.",
                                source=source))  # fmt: skip

    def _silent(self, column: str) -> None:
        source = source_named(self.found.source)
        if column == "returned":
            self.found.refuse(Words("{source} does not say what came back, so returns can't be "
                                    "told.", source=source))  # fmt: skip
            return
        called = NAMES.get(column, Words(column))
        self.found.refuse(Words("{source} does not say the {column}, so nothing can be told by "
                                "it.", source=source, column=called))  # fmt: skip

    def _days(self, where: Where, until: date, only: Narrowed) -> tuple[date, date]:
        if where.since:
            return where.since, until
        if self.tally.measure in ("returned", "return-rate"):
            return until - RETURNED[0], until - RETURNED[1]
        if self.tally.ever or any(by == "code" for by, _values, _but in only):
            lines = lines_of(self.shelf, without_days(where), (DAWN, until), None)
            (row,) = rows_of(self.shelf, lines.aggregate(day=lines.day.min()))
            return row["day"] or until, until
        if self.tally.cut == "month":
            return months_before(until), until
        return until - timedelta(days=DAYS - 1), until

    def _values(self, told: Sold) -> None:
        """How many countries, sources, products … the orders name."""
        cut = self.tally.cut
        lines = with_category(self.shelf, told.lines) if cut == "category" else told.lines
        asked = lines.aggregate(many=lines[cut].nunique(where=lines.net >= 0))
        self.found.queries["values"] = sql_later(asked)
        (row,) = rows_of(self.shelf, asked)
        self.found.add(
            WHOLE, f"{cut}-values", int(row["many"]), unit=KINDS.get(cut), query="values"
        )

    def _rates(self, days: tuple[date, date]) -> None:
        """Of orders and sales: on average a day, a week, a month of 30 days."""
        many = (days[1] - days[0]).days + 1
        for measure in ("orders", "revenue"):
            if (whole := self.found.get(WHOLE, measure)) is None:
                continue
            for unit, length in (("day", 1), ("week", 7), ("month", 30)):
                mean = round(float(whole.value) * length / many, 1 if measure == "orders" else 0)
                self.found.add(WHOLE, f"{measure}-per-{unit}", mean, unit=whole.unit, query=WHOLE)

    def _amounts(self, money: str | None) -> None:
        for end in ("from", "to"):
            if (pieces := getattr(self.tally, f"pieces_{end}")) is not None:
                self.found.add(WHOLE, f"pieces-{end}", pieces, unit="units", query=WHOLE)
        for measure in ("over", "under"):
            if (value := getattr(self.tally, measure)) is not None:
                self.found.add(WHOLE, measure, value, unit=money, query=WHOLE)
