"""Exhibits: the tables and charts that a tool computed, from which the model picks."""

import textwrap
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel

from bot.core.parts import Table
from bot.i18n.messages import Language, Words, format_short_day
from bot.text.normalize import normalize_text


class ExhibitPoint(BaseModel, frozen=True):
    """One bar, or one day or month of a line. `name` is the label on the axis."""

    name: str
    value: float
    low: float | None = None  # a range around the value
    high: float | None = None
    expected: float | None = None  # of a line: the value that was expected on that day
    day: date | None = None  # of a line
    spelled: str = ""  # the value as people read it
    cut: bool = False  # of a month or the like that the data hold in part: the name says which


class ExhibitChart(BaseModel, frozen=True):
    """The data of a chart. `title` says what is drawn, in the reader's language: the measure, by
    what, and the days."""

    kind: Literal["bars", "line"]
    title: str = ""
    points: tuple[ExhibitPoint, ...]
    unit: str = ""  # of a Fact: a currency, % or one of FACT_UNITS, in English
    is_change: bool = False  # its values say by how much something rose or fell
    measure: str = ""  # of the facts that it draws, where the exhibit has several


MAX_COLUMNS = 6  # of figures, where no sentence tells of more
MAX_BARS = 12  # of a chart
MAX_ASKED_COLUMNS = 12  # where a table was asked for
MAX_CARD_COLUMNS = 4  # those of a phone, with the names of the rows
MAX_SHOWN_ROWS = 12  # of a table on the card; what is more stands behind Details
MAX_NAMED, MAX_IN_TITLE = 3, 2  # measures in a line
NO_FIGURE = ("", "–")  # cells
QUOTED = ' \u00a0"“”«»'  # what may stand around a name
ScopePart = tuple[str, str]  # of how a call was read: "what", "country", "days" … and its text
PEOPLE = "people"  # the part that says whom a call counted
EXPLAINED = "explained"  # the part that says what names mean
WHEN = "when"  # the part that says of which days by another day than the query's
AGAINST = "against"  # the days with those that they are compared with
# parts that say nothing of which part of the data it is
OF_DAYS = ("days", WHEN, AGAINST)
NO_CONDITIONS = ("what", "by", "having", EXPLAINED, *OF_DAYS)
MAX_ROW_NAME = 60  # characters


class TableRows(BaseModel, frozen=True):
    """What the rows of a table are of, by which it can be joined to another."""

    dimensions: tuple[str, ...]  # by the names that tools share: ("product",)
    heads: tuple[str, ...]  # of the columns that name them, without days
    groups: tuple[tuple[str, ...], ...]  # the names of those that are of one group each
    are_own: bool = False  # rows of the same name in another such table are of something else
    parts: tuple[str, ...] = ()  # of the name of a single row: its conditions


class Exhibit(BaseModel, frozen=True):
    """A table, a chart or both, about the same figures. `id` is given by the loop: e1, e2, …;
    none where nothing can be shown, and only how the figures were read is kept."""

    id: str = ""
    shows: str  # what it shows, in words for the model: "orders by country, 1–26 November"
    read_as: str = ""  # how its call was read, for people; "": as it shows
    scope: tuple[ScopePart, ...] = ()  # the same, part by part
    short_scope: tuple[ScopePart, ...] = ()  # the same, as short as a card says it
    days: str = ""  # those that its figures are of, for people
    measure_facts: dict[str, frozenset[str]] = {}  # of its measures, by name
    total: str = ""  # the name of the row that is of all rows together
    whole: str = ""  # the name of a row that is about nothing in particular
    cut: str = ""  # how many of the rows it shows, for whoever sees it
    cut_after: date | None = None  # its last day, where later orders are not settled yet
    is_open: bool = False  # whether orders of its last days may still come back, and they count
    footnote: str = ""  # whose figures they are, where its title or how it was read says so
    not_ranked: str = ""  # how many groups have no place in its order, for people
    table: Table | None = None
    chart: ExhibitChart | None = None
    facts: tuple[str, ...] = ()  # the ids of its facts
    ranked_facts: tuple[str, ...] = ()  # those of the groups that have a place in its order
    column_facts: tuple[frozenset[str], ...] = ()  # of each of the last columns, its measure's
    column_days: tuple[str, ...] = ()  # that each of these is of, where its head doesn't say it
    column_places: tuple[int, ...] = ()  # that each of these had in the table that it comes from
    column_tables: tuple[int, ...] = ()  # the numbers of these tables
    rows: TableRows | None = None  # where other tables may have rows of the same kind
    joined: tuple[str, ...] = ()  # the ids of the exhibits that it joins

    @property
    def all_facts(self) -> frozenset[str]:
        return frozenset([*self.facts, *(self.table.facts if self.table else ())])

    def shows_of(self, other: "Exhibit") -> bool:
        """Whether it is this exhibit, or one that was joined with this one."""
        return bool(other.id) and other.id in (self.id, *self.joined)

    def list_scope(self, cited: Collection[str]) -> tuple[ScopePart, ...]:
        """Return how it was read, part by part, with the measures of which these facts are."""
        return self._name_measures(self.short_scope or self.scope, cited)

    def _name_measures(
        self, scope: Iterable[ScopePart], cited: Collection[str]
    ) -> tuple[ScopePart, ...]:
        named = self.list_measures(cited) or [*self.measure_facts][:1]
        rest = (one for one in scope if one[0] != "what" or not named)
        return (*(("what", name) for name in named), *rest)

    def list_measures(self, cited: Collection[str]) -> list[str]:
        """Return the names of the measures of these facts."""
        return [name for name, facts in self.measure_facts.items() if facts & {*cited}]

    def tell_scope(self, cited: Collection[str], days: str = "") -> str:
        """Return how it was read as one line: what of these facts, by what, of which part of the
        data, and of which days: `days` where nobody named any."""
        return join_scope(self._name_measures(self.scope, cited), self.days or days)

    def tell_end(self, told: Collection[str], language: Language, today: date) -> str:
        """Say that the measures of these facts end before the data do, and why; nothing where they
        don't."""
        if self.cut_after is None or not (named := self.list_measures(told)):
            return ""
        listed = ", ".join(named[:MAX_NAMED])
        words = Words(
            "{what}: up to {day}, as later orders may still be on their way or come back.",
            what=listed[:1].upper() + listed[1:],
            day=format_short_day(self.cut_after, language, today),
        )
        return words.to(language)

    def build_card_table(self) -> Table | None:
        """Return the table with what it is of as its title and what it leaves out as its note,
        without columns and rows that hold no figure."""
        if self.table is None:
            return None
        names = self._count_names()
        rows = [
            row for row in self.table.rows if any(cell not in NO_FIGURE for cell in row[names:])
        ]
        if all(row[0] == self.total for row in rows):  # it stands in the sentence
            return None
        used = [
            number
            for number in range(len(self.table.columns))
            if any(row[number] not in NO_FIGURE for row in rows)
        ]
        if [row[0] for row in rows] == [self.whole]:
            named = ", ".join(text for part, text in self.scope if part not in NO_CONDITIONS)
            rows = [(named[:1].upper() + named[1:] or self.whole, *rows[0][1:])]
        short = shorten_names(row[0] for row in rows)
        rows = [(short[row[0]], *row[1:]) for row in rows]
        return self.table.model_copy(
            update={
                "title": self._tell_title(used),
                "columns": tuple(self.table.columns[number] for number in used),
                "rows": tuple(tuple(row[number] for number in used) for row in rows),
                "note": "\n".join(filter(None, (self.cut, self.not_ranked))),
            }
        )

    def _tell_title(self, used: Collection[int]) -> str:
        """Return what the table is of: its measures, as many as a title has room for, unless it
        says by what; of which part of the data, where the rows don't; and the days."""
        scope = self.list_scope(frozenset[str]().union(*self.column_facts) or self.all_facts)
        measures = [text for part, text in scope if part == "what"]
        is_of_people = self.rows is not None and PEOPLE in self.rows.dimensions
        left_out = {"what", EXPLAINED, *([PEOPLE] if is_of_people else ())}  # the rows name people
        scope = tuple(one for one in scope if one[0] not in left_out)
        days, others = self._tell_column_days(used)
        if not scope and days and len({*self.column_days}) > 1:  # of some columns alone
            days, others = "", self._tell_column_days(used, most="")[1]
        if days and all(part != AGAINST for part, _ in scope):  # as exact as its figures
            scope = tuple(one for one in scope if one[0] != "days")
        if self.table and is_of_people:
            measures = [*self.table.columns[:1]]
        elif len(measures) > MAX_IN_TITLE and any(part == "by" for part, _ in scope):
            measures = []  # the columns name them
        elif not measures and not any(part not in OF_DAYS for part, _ in scope):
            read_as = "" if self.scope else self.read_as.partition("\n")[0]
            measures = [read_as] if read_as else self._list_heads()
        more = "…" if measures[MAX_IN_TITLE:] else ""
        what = ", ".join(measures[:MAX_IN_TITLE]) + more
        line = join_scope([("what", what), *scope], days or self.days)
        title = ". ".join(filter(None, (line, others, self.footnote)))
        return title[:1].upper() + title[1:]

    def _list_heads(self) -> list[str]:
        """Return what its columns of figures are of, each once, without days and conditions."""
        columns = zip(self.list_figure_columns(), self.column_facts, strict=True)
        heads = {facts: head.partition(", ")[0] for (head, _), facts in reversed([*columns])}
        return [*dict.fromkeys([*heads.values()][::-1])]

    def _tell_column_days(self, used: Collection[int], most: str | None = None) -> tuple[str, str]:
        """Return the days that most columns are of whose heads don't say it, or these, and those of
        the others with their names."""
        heads: dict[str, list[str]] = {}
        for number, days in enumerate(self.column_days, self._count_names()):
            if self.table and days and number in used:
                heads.setdefault(days, []).append(self.table.columns[number])
        if most is None:
            most = self.days or max(heads, key=lambda days: len(heads[days]), default="")
        told = (f"{', '.join(some)} ({days})" for days, some in heads.items() if days != most)
        return ("" if self.days else most), ", ".join(told)

    def shows_table(self, told: Collection[str], *, asked: bool = False) -> bool:
        """Return whether its table says more than its chart: where it was asked for, and where bars
        would leave out rows, an earlier time or a measure of the facts that are told."""
        if self.table is None or self.chart is None:
            return False
        if asked or self.chart.kind != "bars":
            return asked
        rows = [row for row in self.table.rows if row[0] != self.total]
        return len(rows) > MAX_BARS or self._compares(told)

    def _compares(self, cited: Collection[str]) -> bool:
        several = {facts for facts in self.column_facts if facts & {*cited}}
        return len(several) > 1 or len({*self.column_facts}) < len(self.column_facts)

    def with_columns_first(self, *cited: Collection[str], most: int = MAX_COLUMNS) -> "Exhibit":
        """Return the exhibit with `most` columns of figures at most. Where a card has no room for
        all, those of the first collection of facts come first; of the others the columns of each
        table stand together, those of the second collection first. In a wide table all of the
        first collection stand, the newest figures of the second, and where there is room their
        earlier ones, the changes, and the others."""
        many, names = len(self.column_facts), self._count_names()
        if self.table is None or names + many <= MAX_CARD_COLUMNS:
            return self

        def rank(number: int) -> int:
            facts = self.column_facts[number]
            return next((n for n, ids in enumerate(cited) if facts & {*ids}), len(cited))

        places = self.column_places or range(many)
        tables = self.column_tables or (0,) * many
        kept = sorted(range(many), key=lambda number: (rank(number), places[number]))
        if many > most:

            def find_place(number: int) -> tuple[bool, int]:
                nth = self.column_facts[:number].count(self.column_facts[number])
                return rank(number) == len(cited), nth if rank(number) else 0

            kept.sort(key=find_place)
            used = sum(find_place(number) == (False, 0) for number in kept)
            kept = kept[: max(used, most)]
        best = {tables[n]: rank(n) for n in sorted(kept, key=rank, reverse=True)}
        kept.sort(key=lambda n: (rank(n) > 0, best[tables[n]], tables[n], rank(n), places[n]))
        return self.with_columns(kept)

    def with_columns(self, numbers: Sequence[int]) -> "Exhibit":
        """Return the exhibit with these columns of figures, in this order."""
        if self.table is None:
            return self
        names = self._count_names()
        gone = frozenset[str]().union(*self.column_facts)
        gone -= frozenset[str]().union(*(self.column_facts[n] for n in numbers))

        def pick(row: Sequence[str]) -> tuple[str, ...]:
            return (*row[:names], *(row[names + n] for n in numbers))

        table = self.table.model_copy(
            update={
                "columns": pick(self.table.columns),
                "rows": tuple(pick(row) for row in self.table.rows),
                "facts": tuple(id for id in self.table.facts if id not in gone),
            }
        )
        of_columns = {
            name: tuple(values[n] for n in numbers)
            for name in ("column_facts", "column_days", "column_places", "column_tables")
            if (values := getattr(self, name))
        }
        return self.model_copy(update={"table": table, **of_columns})

    def list_figure_columns(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the columns of figures: head and cells."""
        if self.table is None or not self.column_facts:
            return []
        columns = zip(self.table.columns, zip(*self.table.rows, strict=True), strict=True)
        return [*columns][self._count_names() :]

    def name_row(self, row: Sequence[str]) -> str:
        """Return the name of a row of its table."""
        return " · ".join(filter(None, row[: self._count_names()]))

    def _count_names(self) -> int:
        """Return how many columns of the table name its rows."""
        if self.table is None or not self.column_facts:
            return 1
        return len(self.table.columns) - len(self.column_facts)

    def split_rows(self, names: Collection[str]) -> tuple["Exhibit", frozenset[str]]:
        """Return the exhibit without the rows and bars of these names, and what stood in their
        cells."""
        table, chart, left_out = self.table, self.chart, frozenset(names)
        if table:
            rows = [row for row in table.rows if any(is_row_name(one, row) for one in names)]
            left_out = left_out.union(*rows)
            if rows and self.total:  # it is of those left out as well
                first = next((n for n, row in enumerate(table.rows) if row[0] == self.total), None)
                rows += table.rows[first:] if first is not None else ()
            kept = tuple(row for row in table.rows if row not in rows)
            table = table.model_copy(update={"rows": kept}) if kept else None
        if chart:
            points = [
                point
                for point in chart.points
                if not any(is_row_name(one, (point.name,)) for one in left_out)
            ]
            chart = chart.model_copy(update={"points": tuple(points)})
        return self.model_copy(update={"table": table, "chart": chart, "cut": ""}), left_out


def join_scope(scope: Iterable[ScopePart], days: str = "") -> str:
    """Return the parts in one line, each text once: what and by what first, the days last, with
    those that they are compared with where a part says them. `days` are left out where a part says
    other ones: they were not asked for."""
    texts: dict[str, dict[str, None]] = {}
    for part, text in scope:
        texts.setdefault(part, {})[text] = None
    what = ", ".join([*texts.pop("what", {})][:MAX_NAMED])
    head = " ".join(filter(None, [what, *texts.pop("by", {})]))
    own, compared = texts.pop("days", {}), texts.pop(AGAINST, {})
    last = compared or own or ([] if WHEN in texts else [days])
    middle = (", ".join(some) for some in texts.values())
    line = [head, *middle, ", ".join(last)]
    known, told = {what.casefold()} if head != what else set[str](), list[str]()
    for text in filter(None, line):
        if text.casefold() not in known:
            told.append(text)
        known.add(text.casefold())
    return " · ".join(told)


def shorten_names(names: Iterable[str]) -> dict[str, str]:
    """Return short names of rows by their names: of long ones the beginning, or the beginning and
    the end where others begin alike."""
    every = [*dict.fromkeys(names)]
    short = {one: textwrap.shorten(one, MAX_ROW_NAME, placeholder="…") for one in every}
    half = MAX_ROW_NAME // 2 - 2
    alike = [one for one in every if [*short.values()].count(short[one]) > 1]
    return short | {one: f"{one[:half].rstrip()} … {one[-half:].lstrip()}" for one in alike}


def is_row_name(name: str, row: Sequence[str]) -> bool:
    """Whether a cell of the row is this name, with or without days, conditions or a
    number behind it."""
    low = normalize_text(name).strip(QUOTED)
    cells = (normalize_text(cell).strip(QUOTED) for cell in row)
    return any(
        cell == low or cell.startswith((f"{low} · ", f"{low}, ", f"{low} (")) for cell in cells
    )
