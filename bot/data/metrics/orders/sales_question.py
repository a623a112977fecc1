"""One question about what was sold: which orders its words mean, and by what they are cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Fact
from bot.core.sales_query import SalesQuery
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.best_sellers import DEFAULT_DAYS
from bot.data.metrics.entity_resolution import ResolvedValues, load_order_values, resolve_values
from bot.data.metrics.filters import FILTER_NAMES, add_category, find_last_whole_day
from bot.data.metrics.orders import (
    ALL_SUBJECT,
    EARLIEST_DATE,
    FEW_SUBJECT,
    PEOPLE_MEASURES,
    WHOLE_SUBJECT,
    SalesReport,
    find_comparison_days,
    find_first_month,
)
from bot.data.metrics.orders.order_lines import (
    TIME_DIMENSIONS,
    NarrowedFilters,
    remove_days,
    select_order_lines,
)
from bot.data.metrics.orders.released_rows import (
    ReleasedRows,
    group_by_order_count,
    isolates_few_people,
    make_empty_rows,
    read_line_rows,
)
from bot.data.metrics.orders.sales_facts import add_order_extremes, add_order_frequency, add_shares
from bot.data.warehouse.purchases import CANCELLED_STATUSES
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import format_title, slugify

RETURN_PERIODS = (
    timedelta(days=365),
    timedelta(days=14),
)  # looked at for returns; still on its way
RETURN_MEASURES = ("returned", "return-rate")
CUSTOMER_COUNT_MEASURES = ("customers", "new-customers")
DIMENSION_PLURALS = {
    "country": "countries",
    "region": "regions",
    "source": "sources",
    "product": "products",
    "category": "categories",
    "code": "codes",
}


@dataclass(frozen=True)
class AnswerRecipe:
    """By what the rows behind an answer are found again: what was asked, its days told exactly, and
    what of it was shown: which sorts of figures of all, and of which values by their cut; cuts of
    which the lines that don't say them are counted; the share of `whole`; whether all days `ever`
    count how often customers order; how many parcels came."""

    where: AnalysisFilter
    shown: Mapping[str, Mapping[str, Sequence[str]]]
    sorts: Sequence[str]
    unsaid: Sequence[str]
    whole: bool
    ever: bool
    parcels: bool


class SalesQuestion:
    """One question, answered: the orders it means, cut by one thing."""

    def __init__(self, shelf: Warehouse, where: AnalysisFilter, tally: SalesQuery) -> None:
        self.until = find_last_whole_day(shelf, "orders", where)
        self.shelf, self.where, self.tally = shelf, where, tally
        self.released: ReleasedRows | None = None  # None: no figure of the orders is told
        self.recipe: AnswerRecipe | None = None
        self.whole: SalesReport | None = None
        self.often: ir.Table | None = None
        self.known: Mapping[str, Mapping[str, str]] = {}
        self.found = AnalysisResult("sold", shelf.source("orders"), self.until)

    def answer(self) -> "SalesQuestion":
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
            self.whole.everything(WHOLE_SUBJECT)
            self.whole.begins()
            add_shares(self.found, ALL_SUBJECT, "", WHOLE_SUBJECT, ALL_SUBJECT)
        else:
            told.begins()
        self._amounts(told.money)
        self._rates(told.days)
        self._more(told)
        self._check(told)
        return self

    def again(self, recipe: "AnswerRecipe") -> ReleasedRows:
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
            self.found.add(ALL_SUBJECT, "delivered-parcels", 0)
        rows = self._released(told)
        if self.tally.measure in CUSTOMER_COUNT_MEASURES and not told.shown and self.often is None:
            rows.total = rows.before = rows.whole = make_empty_rows()
        return rows

    def _only(self) -> NarrowedFilters:
        tally = self.tally
        if tally.names or tally.instead or tally.without:
            self.known = load_order_values(self.shelf)
        return self._meant()

    def _sold(self, only: NarrowedFilters) -> SalesReport:
        days = self._days(self.where, self.until, only)
        where, before = (
            replace(self.where, since=days[0]),
            find_comparison_days(self.where, days[1]),
        )
        return SalesReport(self.shelf, where, days, before, self.found, only)

    def _all_orders(self, told: SalesReport) -> SalesReport:
        """All orders of the same days."""
        tally = SalesQuery(measure=self.tally.measure)
        every = replace(self.where, tally=tally, product=None, category=None)
        return SalesReport(self.shelf, every, told.days, None, self.found)

    def _more(self, told: SalesReport) -> None:
        tally = self.tally
        if tally.cut == "times":
            self.often = told.lines if self.where.since else told.ever
            add_order_frequency(self.found, self.shelf, self.often)
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
            add_order_extremes(self.found, self.shelf, told.lines, told.money, tally.measure)

    def _check(self, told: SalesReport) -> None:
        """Whether these figures by themselves tell what a few people did: then the share of all
        goes, and where that is not enough, all of it."""
        self.released = self._released(told)
        if isolates_few_people(self.shelf, self.released, whole=True):
            self.found.facts = remove_whole_shares(self.found.facts)
            self.released.whole = make_empty_rows()
            if isolates_few_people(self.shelf, self.released, whole=False):
                told.too_few(self.shelf.sales_floor)
        if self.found.get(FEW_SUBJECT, "under") is None and (floor := self._lacks(told)):
            told.too_few(floor)
        if self.found.get(FEW_SUBJECT, "under"):
            self.released = None
            return
        if self.tally.measure in CUSTOMER_COUNT_MEASURES and not told.shown and self.often is None:
            self.found.facts = keep_counts_only(self.found.facts)
            self.released.total = self.released.before = self.released.whole = make_empty_rows()
        days, before = told.days, told.before
        self.recipe = AnswerRecipe(
            where=replace(self.where, since=days[0], until=days[1], against=before),
            shown=told.shown,
            sorts=told.sorts,
            unsaid=sorted(told.unsaid),
            whole=self.found.get(WHOLE_SUBJECT, "since") is not None,
            ever=self.often is not None and self.where.since is None,
            parcels=self.found.get(ALL_SUBJECT, "delivered-parcels") is not None,
        )

    def _lacks(self, told: SalesReport) -> int | None:
        """The floor for which the figure that is asked for could not be told."""
        measure, shelf = self.tally.measure, self.shelf
        floor = shelf.floor if measure in PEOPLE_MEASURES else shelf.sales_floor
        hides = measure in (*PEOPLE_MEASURES, *RETURN_MEASURES, "delivery-days")
        whole = self.found.get(ALL_SUBJECT, "orders")
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
        if not hides or self.found.get(ALL_SUBJECT, measure):
            return None
        if measure == "delivery-days":
            return floor if told.hides_parcels else None
        asked = "known" if measure in RETURN_MEASURES else "customers"
        return floor if told.row.get(asked) else None

    def _released(self, told: SalesReport) -> ReleasedRows:
        """The rows behind every figure that is told."""
        released, shelf = ReleasedRows(), self.shelf
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
            held = [cut for cut in cuts if cut not in TIME_DIMENSIONS]
            before = [told.read(cut, earlier=True) for cut in held] or [told.read(earlier=True)]
            released.before = np.unique(before[0].rows)
            released.count(before[0], told.sorts)
            for cut, some in zip(held, before, strict=False):
                for value, sorts in told.shown[cut].items():
                    released.add(some, value, sorts)
        if self.often is not None:
            released.people += group_by_order_count(read_line_rows(shelf, self.often))
        if self.found.get(ALL_SUBJECT, "delivered-parcels"):
            released.cells.append(np.unique(lines[0].rows[lines[0].came]))
        return released

    def _meant(self) -> NarrowedFilters:
        """What the words name; facts of it."""
        first, later, without = (
            resolve_values(words, self.known, nearly=self.tally.nearly)
            if words
            else ResolvedValues()
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
                key = f"{'but' if but else 'only'}-{by}-{slugify(value)}"
                self.found.add(key, "name", format_title(self.known[by][value]), about=by)
        return tuple(told)

    def _says(self, only: NarrowedFilters) -> bool:
        """Whether the orders say what they are to be cut by."""
        orders = self.shelf.table("orders")
        asked = {"returned": "returned", "return-rate": "returned"}.get(self.tally.measure, "")
        late = any(one.by == "late" for one in self.tally.only)
        code = any(one.by == "code" for one in self.tally.only)
        for column in (asked, "promised" if late else "", "code" if code else "", self.tally.cut):
            if orders is None or column not in orders.columns or column in ("product", "order"):
                continue
            table = add_category(self.shelf, orders) if column == "category" else orders
            said = table.filter(table[column].notnull()).select(column).limit(1)
            if not fetch_rows(self.shelf, said):
                self._silent(column)
                return False
        return True

    def _cancelled(self) -> None:
        """No figure here counts them; whether the orders say which they are."""
        orders, source = self.shelf.table("orders"), self.found.source.words()
        assert orders is not None
        said = (
            orders.filter(orders.status.lower().isin(CANCELLED_STATUSES)).select("status").limit(1)
        )
        if fetch_rows(self.shelf, said):
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
        source = self.found.source.words()
        if column == "returned":
            self.found.refuse(
                Words(
                    "{source} does not say what came back, so returns can't be told.", source=source
                )
            )
            return
        called = FILTER_NAMES.get(column, Words(column))
        self.found.refuse(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=source,
                column=called,
            )
        )

    def _days(self, where: AnalysisFilter, until: date, only: NarrowedFilters) -> tuple[date, date]:
        if where.since:
            return where.since, until
        if self.tally.measure in ("returned", "return-rate"):
            return until - RETURN_PERIODS[0], until - RETURN_PERIODS[1]
        if self.tally.ever or any(by == "code" for by, _values, _but in only):
            every = replace(remove_days(where), product=None, category=None)
            lines = select_order_lines(self.shelf, every, (EARLIEST_DATE, until), None)
            (row,) = fetch_rows(self.shelf, lines.aggregate(day=lines.day.min()))
            return row["day"] or until, until
        if self.tally.cut == "month":
            return find_first_month(until), until
        return until - timedelta(days=DEFAULT_DAYS - 1), until

    def _values(self, told: SalesReport) -> None:
        """How many countries, sources, products … the orders name."""
        cut = self.tally.cut
        lines = add_category(self.shelf, told.lines) if cut == "category" else told.lines
        asked = lines.aggregate(many=lines[cut].nunique(where=lines.net >= 0))
        self.found.queries["values"] = defer_sql(asked)
        (row,) = fetch_rows(self.shelf, asked)
        self.found.add(
            ALL_SUBJECT,
            f"{cut}-values",
            int(row["many"]),
            unit=DIMENSION_PLURALS.get(cut),
            query="values",
        )

    def _rates(self, days: tuple[date, date]) -> None:
        """Of orders and sales: on average a day, a week, a month of 30 days."""
        many = (days[1] - days[0]).days + 1
        for measure in ("orders", "revenue"):
            if (whole := self.found.get(ALL_SUBJECT, measure)) is None:
                continue
            for unit, length in (("day", 1), ("week", 7), ("month", 30)):
                mean = round(float(whole.value) * length / many, 1 if measure == "orders" else 0)
                self.found.add(
                    ALL_SUBJECT, f"{measure}-per-{unit}", mean, unit=whole.unit, query=ALL_SUBJECT
                )

    def _amounts(self, money: str | None) -> None:
        for end in ("from", "to"):
            if (pieces := getattr(self.tally, f"pieces_{end}")) is not None:
                self.found.add(
                    ALL_SUBJECT, f"pieces-{end}", pieces, unit="units", query=ALL_SUBJECT
                )
        for measure in ("over", "under"):
            if (value := getattr(self.tally, measure)) is not None:
                self.found.add(ALL_SUBJECT, measure, value, unit=money, query=ALL_SUBJECT)


def keep_counts_only(facts: Sequence[Fact]) -> list[Fact]:
    """Counts of customers without the sums of the same orders, which are not asked for: what is
    not told need not be held against other answers."""
    sums = ("revenue", "orders", "units", "average-order", "share", "orders-share", "units-share")
    return [
        fact.model_copy(update={"rows": None})
        for fact in facts
        if not fact.id.rpartition(".")[2].startswith(sums)
    ]


def remove_whole_shares(facts: Sequence[Fact]) -> list[Fact]:
    """The same without all other orders, and the shares of them that these are."""
    shares = ("share", "orders-share", "units-share", "customers-share", "returned-share")
    gone = {f"sold.{ALL_SUBJECT}.{share}" for share in shares}
    return [fact for fact in facts if fact.id not in gone and not _is_of_whole(fact)]


def _is_of_whole(fact: Fact) -> bool:
    return fact.id.startswith(f"sold.{WHOLE_SUBJECT}.")
