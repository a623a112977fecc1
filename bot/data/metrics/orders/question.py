"""One question about what was sold: which orders its words mean, and by what they are cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Fact, source_named
from bot.core.sales_query import Tally
from bot.data.analyses.result import Findings, Where
from bot.data.metrics.best_sellers import DAYS
from bot.data.metrics.filters import NAMES, last_day, with_category
from bot.data.metrics.orders import DAWN, EVERYTHING, FEW, PEOPLE, WHOLE, Sold, fair, months_before
from bot.data.metrics.orders.facts import shares
from bot.data.metrics.orders.lines import DATED, Narrowed, lines_of, without_days
from bot.data.metrics.orders.released_rows import Released, isolates_alone, nothing, read, times_of
from bot.data.metrics.orders.values import values
from bot.data.metrics.orders.whole_orders import extremes, times
from bot.data.metrics.resolve import Meant, meant
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug, titled

RETURNED = (timedelta(days=365), timedelta(days=14))  # looked at for returns; still on its way
RETURNS = ("returned", "return-rate")
COUNTS = ("customers", "new-customers")
KINDS = {
    "country": "countries",
    "region": "regions",
    "source": "sources",
    "product": "products",
    "category": "categories",
    "code": "codes",
}


@dataclass(frozen=True)
class Recipe:
    """By what the rows behind an answer are found again: what was asked, its days told exactly, and
    what of it was shown: which sorts of figures of all, and of which values by their cut; cuts of
    which the lines that don't say them are counted; the share of `whole`; whether all days `ever`
    count how often customers order; how many parcels came."""

    where: Where
    shown: Mapping[str, Mapping[str, Sequence[str]]]
    sorts: Sequence[str]
    unsaid: Sequence[str]
    whole: bool
    ever: bool
    parcels: bool


class Asked:
    """One question, answered: the orders it means, cut by one thing."""

    def __init__(self, shelf: Shelf, where: Where, tally: Tally) -> None:
        self.until = last_day(shelf, "orders", where)
        self.shelf, self.where, self.tally = shelf, where, tally
        self.released: Released | None = None  # None: no figure of the orders is told
        self.recipe: Recipe | None = None
        self.whole: Sold | None = None
        self.often: ir.Table | None = None
        self.known: Mapping[str, Mapping[str, str]] = {}
        self.found = Findings("sold", shelf.source("orders"), self.until)

    def answer(self) -> "Asked":
        """Find all that is told."""
        if self.tally.measure == "cancelled":
            self._cancelled()
            return self
        only = self._only()
        if self.found.get("unknown", "words") or not self._says(only):
            return self
        told = self._sold(only)
        if not told.everything():
            return self
        if told.narrow:
            self.whole = self._all_orders(told)
            self.whole.everything(EVERYTHING)
            self.whole.begins()
            shares(self.found, WHOLE, "", EVERYTHING, WHOLE)
        else:
            told.begins()
        self._amounts(told.money)
        self._rates(told.days)
        self._more(told)
        self._check(told)
        return self

    def again(self, recipe: "Recipe") -> Released:
        """The rows that an answer stood on, by what was kept of it."""
        told = self._sold(self._only())
        told.shown = {cut: dict(some) for cut, some in recipe.shown.items()}
        told.sorts, told.unsaid = list(recipe.sorts), set(recipe.unsaid)
        if recipe.whole:
            self.whole = self._all_orders(told)
            self.whole.sorts = told.sorts
        if self.tally.cut == "times":
            self.often = told.ever if recipe.ever else told.lines
        if recipe.parcels:
            self.found.add(WHOLE, "delivered-parcels", 0)
        rows = self._released(told)
        if self.tally.measure in COUNTS and not told.shown and self.often is None:
            rows.total = rows.before = rows.whole = nothing()
        return rows

    def _only(self) -> Narrowed:
        tally = self.tally
        if tally.names or tally.instead or tally.without:
            self.known = values(self.shelf)
        return self._meant()

    def _sold(self, only: Narrowed) -> Sold:
        days = self._days(self.where, self.until, only)
        where, before = replace(self.where, since=days[0]), fair(self.where, days[1])
        return Sold(self.shelf, where, days, before, self.found, only)

    def _all_orders(self, told: Sold) -> Sold:
        """All orders of the same days."""
        tally = Tally(measure=self.tally.measure)
        every = replace(self.where, tally=tally, product=None, category=None)
        return Sold(self.shelf, every, told.days, None, self.found)

    def _more(self, told: Sold) -> None:
        tally = self.tally
        if tally.cut == "times":
            self.often = told.lines if self.where.since else told.ever
            times(self.found, self.shelf, self.often)
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
            extremes(self.found, self.shelf, told.lines, told.money, tally.measure)

    def _check(self, told: Sold) -> None:
        """Whether these figures by themselves tell what a few people did: then the share of all
        goes, and where that is not enough, all of it."""
        self.released = self._released(told)
        if isolates_alone(self.shelf, self.released, whole=True):
            self.found.facts = without_whole(self.found.facts)
            self.released.whole = nothing()
            if isolates_alone(self.shelf, self.released, whole=False):
                told.too_few(self.shelf.sales_floor)
        if self.found.get(FEW, "under") is None and (floor := self._lacks(told)):
            told.too_few(floor)
        if self.found.get(FEW, "under"):
            self.released = None
            return
        if self.tally.measure in COUNTS and not told.shown and self.often is None:
            self.found.facts = counts_alone(self.found.facts)
            self.released.total = self.released.before = self.released.whole = nothing()
        days, before = told.days, told.before
        self.recipe = Recipe(
            where=replace(self.where, since=days[0], until=days[1], against=before),
            shown=told.shown,
            sorts=told.sorts,
            unsaid=sorted(told.unsaid),
            whole=self.found.get(EVERYTHING, "since") is not None,
            ever=self.often is not None and self.where.since is None,
            parcels=self.found.get(WHOLE, "delivered-parcels") is not None,
        )

    def _lacks(self, told: Sold) -> int | None:
        """The floor for which the figure that is asked for could not be told."""
        measure, shelf = self.tally.measure, self.shelf
        floor = shelf.floor if measure in PEOPLE else shelf.sales_floor
        hides = measure in (*PEOPLE, *RETURNS, "delivery-days")
        whole = self.found.get(WHOLE, "orders")
        if self.tally.cut == "times" or not whole or not whole.value:
            return None
        if self.tally.cut and self.tally.cut in told.shown:
            shown = told.shown[self.tally.cut]
            cells = [
                fact
                for fact in self.found.facts
                if fact.id.endswith(f".{measure}") and fact.id.startswith(f"sold.{self.tally.cut}-")
            ]
            lacks = not shown or (hides and not cells)
            return floor if lacks and self.tally.cut in told.hiding else None
        if not hides or self.found.get(WHOLE, measure):
            return None
        if measure == "delivery-days":
            return floor if told.hides_parcels else None
        asked = "known" if measure in RETURNS else "customers"
        return floor if told.row.get(asked) else None

    def _released(self, told: Sold) -> Released:
        """The rows behind every figure that is told."""
        released, shelf = Released(), self.shelf
        cuts = list(told.shown)
        lines = [told.read(cut) for cut in cuts] or [told.read()]
        released.total = np.unique(lines[0].rows)
        released.count(lines[0], told.sorts)
        for cut, some in zip(cuts, lines, strict=False):
            for value, sorts in told.shown[cut].items():
                released.add(some, value, sorts)
            if cut in told.unsaid:
                released.add(some, None, ())
        if self.whole is not None:
            whole = self.whole.read()
            released.whole = np.unique(whole.rows)
            released.count(whole, self.whole.sorts)
        if told.earlier is not None:
            held = [cut for cut in cuts if cut not in DATED]
            before = [told.read(cut, earlier=True) for cut in held] or [told.read(earlier=True)]
            released.before = np.unique(before[0].rows)
            released.count(before[0], told.sorts)
            for cut, some in zip(held, before, strict=False):
                for value, sorts in told.shown[cut].items():
                    released.add(some, value, sorts)
        if self.often is not None:
            released.people += times_of(read(shelf, self.often))
        if self.found.get(WHOLE, "delivered-parcels"):
            released.cells.append(np.unique(lines[0].rows[lines[0].came]))
        return released

    def _meant(self) -> Narrowed:
        """What the words name; facts of it."""
        first, later, without = (
            meant(words, self.known, nearly=self.tally.nearly) if words else Meant()
            for words in (self.tally.names, self.tally.instead, self.tally.without)
        )
        for n, (word, meaning) in enumerate({**first.read, **later.read, **without.read}.items()):
            self.found.add(f"read-{n}", "as", meaning, about=word)
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
            self.found.refuse(
                Words(
                    "{source} says which orders were cancelled: they are left out "
                    "of every figure, and I can't count them apart yet.",
                    source=source,
                )
            )
            return
        self.found.refuse(
            Words("{source} does not say which orders were cancelled.", source=source)
        )

    def _silent(self, column: str) -> None:
        source = source_named(self.found.source)
        if column == "returned":
            self.found.refuse(
                Words(
                    "{source} does not say what came back, so returns can't be told.", source=source
                )
            )
            return
        called = NAMES.get(column, Words(column))
        self.found.refuse(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=source,
                column=called,
            )
        )

    def _days(self, where: Where, until: date, only: Narrowed) -> tuple[date, date]:
        if where.since:
            return where.since, until
        if self.tally.measure in ("returned", "return-rate"):
            return until - RETURNED[0], until - RETURNED[1]
        if self.tally.ever or any(by == "code" for by, _values, _but in only):
            every = replace(without_days(where), product=None, category=None)
            lines = lines_of(self.shelf, every, (DAWN, until), None)
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


def counts_alone(facts: Sequence[Fact]) -> list[Fact]:
    """Counts of customers without the sums of the same orders, which are not asked for: what is
    not told need not be held against other answers."""
    sums = ("revenue", "orders", "units", "average-order", "share", "orders-share", "units-share")
    return [
        fact.model_copy(update={"rows": None})
        for fact in facts
        if not fact.id.rpartition(".")[2].startswith(sums)
    ]


def without_whole(facts: Sequence[Fact]) -> list[Fact]:
    """The same without all other orders, and the shares of them that these are."""
    shares = ("share", "orders-share", "units-share", "customers-share", "returned-share")
    gone = {f"sold.{WHOLE}.{share}" for share in shares}
    return [fact for fact in facts if fact.id not in gone and not _of_all(fact)]


def _of_all(fact: Fact) -> bool:
    return fact.id.startswith(f"sold.{EVERYTHING}.")
