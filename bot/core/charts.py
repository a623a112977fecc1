"""Charts: the tables and charts that a tool computed, from which the model picks; their pictures.
Nothing is loaded from the network."""

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from bot.core.facts import PERCENT_UNITS, count_percent_decimals, sign_number, spell_number
from bot.core.half_up import round_half_up
from bot.core.parts import Table
from bot.i18n.languages import get_language
from bot.i18n.messages import Language, Words, format_short_day, format_value
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
    cut_after: date | None = None  # its last day, where later orders may still come back
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
            "{what}: up to {day}, as later orders may still come back.",
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
        table stand together, those of the second collection first. In a wide table those of the
        first collection alone keep their earlier figures, and the others where there is room."""
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
            earlier = [
                number
                for number in kept
                if rank(number) and self.column_facts.index(self.column_facts[number]) != number
            ]
            kept = [number for number in kept if number not in earlier]
            used = sum(rank(number) < len(cited) for number in kept)
            earlier = [number for number in earlier if rank(number) < len(cited)]
            kept = [*kept, *earlier][: max(used, most)]
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


# Charts of facts as Vega-Lite specifications, in the brand's colours. The title says what is drawn;
# the finding stands above the chart, on the card.
#
# No I/O here: this module only builds specifications, `render` makes the PNG. The background is
# opaque and light, so that a chart reads the same on a dark screen. Numbers are formatted in the
# reader's language.

GROUND, INK, QUIET = "#ffffff", "#1d1c1d", "#5e5d60"
COLOURS = ("#1264a3", "#c05717")  # the measured series, and the one that it is compared with
WIDTH, WRAP = 380, 50  # on a phone the picture is some 300 wide, and its labels stay readable
MAX_BARS = 12
MAX_TICKS = 8  # days named below a line
MAX_TOLD_POINTS = 12  # of a line, in words
MIN_BARS, MIN_DAYS = 2, 3  # a chart of an exhibit with fewer shows nothing
MAX_NAME_LENGTH = 38  # characters of a bar's name


@dataclass(frozen=True)
class ChartPicture:
    """A chart. `alt` states what is drawn and the figures as text, for screen readers."""

    spec: dict[str, Any]
    alt: str


@dataclass(frozen=True)
class Bar:
    """One bar. `low` and `high` are an interval around it; `strong` marks the title's subject."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    strong: bool = False
    spelled: str | None = None  # the value as people read it; None: the formatted number


@dataclass(frozen=True)
class Point:
    """A day's value and the value that was expected for that day. `name` is that of a month or
    week, `cut` where the data hold it in part alone."""

    day: date
    value: float
    expected: float | None = None
    name: str = ""
    cut: bool = False
    spelled: str = ""  # the value as people read it; "": the formatted number


_POINT = re.compile(r"(\d{4}-\d\d-\d\d): (\d+(?:\.\d+)?)[^;(]*(?:\((\d+(?:\.\d+)?))?")


def parse_points(text: str) -> list[Point]:
    """Parse the points that a fact's text holds: "2026-11-16: 148 (75); …", with the expected
    value in brackets. Returns an empty list for text of another form."""
    return [
        Point(date.fromisoformat(day), float(value), float(expected) if expected else None)
        for day, value, expected in _POINT.findall(text)
    ]


def build_bar_chart(
    title: str,
    all_bars: Sequence[Bar],
    *,
    language: Language,
    unit: str = "",
    is_change: bool = False,
    colours: Sequence[str] = COLOURS,
    reference: float | None = None,
) -> ChartPicture:
    """Build horizontal bars in the given order, at most MAX_BARS. `unit` is that of a Fact; values
    that are changes have their sign. `reference` is a value at which a dashed line is drawn across
    them."""
    bars = list(all_bars)[:MAX_BARS]
    rows = [
        {
            "name": textwrap.shorten(bar.name, MAX_NAME_LENGTH, placeholder="…"),
            "at": n,
            "value": bar.value,
            "low": bar.low,
            "high": bar.high,
            "strong": bar.strong,
            "label": bar.spelled or _format_value(bar.value, unit, language, is_change),
            "end": max(0.0, bar.value, bar.high or 0.0),
        }
        for n, bar in enumerate(bars)
    ]
    top = max([bar.high or bar.value for bar in bars], default=1.0) or 1.0
    bottom = min([0.0, *(bar.low or bar.value for bar in bars)])
    scale = {"domain": [bottom * 1.15, max(top, 0.0) * 1.18]}
    y = {
        "field": "name",
        "type": "nominal",
        "sort": {"field": "at"},
        "axis": {"title": None, "labelLimit": 300, "ticks": False, "domain": False},
    }
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": None}
    colour = {
        "condition": {"test": "datum.strong", "value": colours[0]},
        "value": _lighten(colours[0]),
    }
    if not any(bar.strong for bar in bars):
        colour = {"value": colours[0]}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "height": 22}, "encoding": {"y": y, "x": x, "color": colour}},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 15},
            "encoding": {
                "y": y,
                "x": {"field": "end", "type": "quantitative", "scale": scale, "axis": None},
                "text": {"field": "label"},
            },
        },
    ]
    if any(bar.low is not None for bar in bars):
        low = {"field": "low", "type": "quantitative", "scale": scale, "axis": None}
        rule = {"type": "rule", "color": INK, "strokeWidth": 1.5}
        reach = {"y": y, "x": low, "x2": {"field": "high"}}
        layers.insert(1, {"mark": rule, "encoding": reach})
    if reference is not None:
        rule = {"type": "rule", "color": QUIET, "strokeDash": [4, 4]}
        layers.append({"mark": rule, "encoding": {"x": {"datum": reference, "scale": scale}}})
    spec = _build_spec(title, rows, layers, height={"step": 34})
    marks = get_language(language).marks
    figures = f"{marks.semicolon} ".join(
        f"{bar.name}{marks.colon} {row['label']}" for bar, row in zip(bars, rows, strict=True)
    )
    return ChartPicture(spec, f"{title.rstrip('.')}. {figures}")


def build_line_chart(
    title: str,
    points: Sequence[Point],
    *,
    language: Language,
    unit: str = "",
    colours: Sequence[str] = COLOURS,
    named: tuple[str, str] = ("", ""),
) -> ChartPicture:
    """Build a line of values by day or week, and a dashed line of the expected values. `named`
    are the legend names of the two lines."""
    rows = [{"day": p.day.isoformat(), "value": p.value, "expected": p.expected} for p in points]
    every = -(-len(points) // MAX_TICKS) or 1
    ticks = [point.day for point in points[::-every]]
    x = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {
            "title": None,
            "grid": False,
            "format": "%d/%m",
            "values": [{"utc": True, **_split_day(day)} for day in reversed(ticks)],
            "labelFlush": True,
        },
    }
    y_axis = {
        "title": None,
        "tickCount": 5,
        "gridColor": "#e6e6e6",
        "domain": False,
        "labelExpr": _write_label_expression(unit, language),
    }
    y = {"field": "value", "type": "quantitative", "axis": y_axis, "scale": {"zero": True}}
    layers: list[dict[str, Any]] = []
    if any(p.expected is not None for p in points):
        layers.append(
            {
                "mark": {"type": "line", "strokeDash": [5, 4], "color": colours[1]},
                "encoding": {"x": x, "y": {**y, "field": "expected"}},
            }
        )
    layers.append(
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "color": colours[0]},
            "encoding": {"x": x, "y": y},
        }
    )
    spec = _build_spec(title, rows, layers, height=260)
    cut = [textwrap.wrap(point.name, WRAP) for point in points if point.cut]
    spec["title"]["subtitle"] = [*_legend_labels(named), *(line for some in cut for line in some)]
    return ChartPicture(
        spec, f"{title.rstrip('.')}. {_describe_line(points, unit, language, named)}"
    )


def _describe_line(
    points: Sequence[Point], unit: str, language: Language, named: tuple[str, str]
) -> str:
    """Say all points of a short line; of a long one the first, the lowest, the highest and the
    last."""
    marks = get_language(language).marks
    shown = [*points]
    if len(points) > MAX_TOLD_POINTS:
        lowest, highest = (pick(points, key=lambda one: one.value) for pick in (min, max))
        shown = [one for one in points if one in (points[0], lowest, highest, points[-1])]
    told = []
    for point in shown:
        text = f"{point.name or format_value(point.day, language)}{marks.colon} "
        text += point.spelled or _format_value(point.value, unit, language)
        if point is points[-1] and point.expected is not None:
            other = named[1] or Words("expected").to(language)
            expected = _format_value(point.expected, unit, language)
            text += f" ({other}{marks.colon} {expected})"
        told.append(text)
    return f"{marks.semicolon} ".join(told)


def _build_spec(
    title: str, rows: list[dict[str, Any]], layers: list[dict[str, Any]], *, height: Any
) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": GROUND,
        "padding": 18,
        "width": WIDTH,
        "height": height,
        "title": {
            "text": textwrap.wrap(title, WRAP) or [""],
            "anchor": "start",
            "fontSize": 19,
            "lineHeight": 24,
            "color": INK,
            "offset": 14,
            "subtitleColor": QUIET,
        },
        "data": {"values": rows},
        "layer": layers,
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "axis": {"labelColor": INK, "labelFontSize": 15},
        },
    }


def _split_day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "date": day.day}


def _legend_labels(named: tuple[str, str]) -> list[str]:
    labels = [f"{sign} {name}" for sign, name in zip(("—", "- -"), named, strict=True) if name]
    return ["  ·  ".join(labels)] if labels else []


def _format_value(value: float, unit: str, language: Language, is_change: bool = False) -> str:
    is_money = len(unit) == 3 and unit.isupper()
    decimals = 2 if is_money else 1
    if unit in PERCENT_UNITS:
        decimals = count_percent_decimals(Decimal(value), unit, is_change=is_change)
    rounded = round_half_up(value, decimals if abs(value) < 1000 else 0)
    plain = Decimal(int(rounded)) if rounded == int(rounded) else rounded
    return sign_number(spell_number(plain, unit, language), is_positive=is_change and plain > 0)


def _write_label_expression(unit: str, language: Language) -> str:
    """Return a Vega expression that writes an axis label as people of the language do, with a
    currency or %; what is counted stands in the title."""
    is_shown = unit == "%" or (len(unit) == 3 and unit.isupper())
    before, _, after = _format_value(7, unit if is_shown else "", language).partition("7")
    decimal, thousands = (
        format_value(Decimal(n), language)[1:-d] for n, d in (("1.5", 1), ("1000", 3))
    )
    number = "replace(format(datum.value, ','), /,/g, '_')"
    number = f"replace(replace({number}, '.', '{decimal}'), /_/g, '{thousands}')"
    return f"'{before}' + {number} + '{re.sub(r'[.,]00', '', after)}'"


def _lighten(colour: str) -> str:
    """Mix the colour half and half with white."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


# The charts of exhibits.


def build_exhibit_chart(
    exhibit: Exhibit, language: Language, colours: Sequence[str] = (), *, finding: str = ""
) -> ChartPicture | None:
    """Build the chart of an exhibit; None when it has none, or too few points to show anything.
    Its title is the finding that it shows, with what is drawn below; without one, what is drawn."""
    chart = exhibit.chart
    if chart is None:
        return None
    subject = chart.title or exhibit.read_as.partition("\n")[0] or exhibit.shows
    subject = subject[:1].upper() + subject[1:]
    colours = tuple(colours) if len(colours) == len(COLOURS) else COLOURS
    picture = _build_exhibit_picture(chart, finding or subject, language, colours)
    if picture is not None and finding:
        below = picture.spec["title"].get("subtitle", [])
        picture.spec["title"]["subtitle"] = [*textwrap.wrap(subject, WRAP), *below]
    return picture


def _build_exhibit_picture(
    chart: ExhibitChart, title: str, language: Language, colours: Sequence[str]
) -> ChartPicture | None:
    if chart.kind == "line":
        return _build_exhibit_line(chart, title, language, colours)
    if len(chart.points) < MIN_BARS:
        return None
    bars = [
        Bar(one.name, one.value, one.low, one.high, spelled=one.spelled or None)
        for one in chart.points
    ]
    return build_bar_chart(
        title,
        bars,
        language=language,
        unit=chart.unit,
        is_change=chart.is_change,
        colours=colours,
    )


def _build_exhibit_line(
    chart: ExhibitChart, title: str, language: Language, colours: Sequence[str]
) -> ChartPicture | None:
    points = [
        Point(one.day, one.value, one.expected, _name_point(one), one.cut, one.spelled)
        for one in chart.points
        if one.day
    ]
    if len(points) < MIN_DAYS:
        return None
    return build_line_chart(title, points, language=language, unit=chart.unit, colours=colours)


def _name_point(point: ExhibitPoint) -> str:
    """Return the name of a month or week; of a day none: it is written in the reader's language."""
    return "" if point.day and point.name == point.day.isoformat() else point.name


# Render charts as PNG. Nothing is loaded from the network: a description with an address is
# refused.

PNG_SCALE = 2.0  # for high-density screens


def render_png(picture: ChartPicture) -> bytes:
    """Render a chart. The same chart gives the same bytes. It takes 0.6 s the first time, then 0.15
    s. Raises ValueError for a description that can't be drawn or refers to an address."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(picture.spec, scale=PNG_SCALE, allowed_base_urls=[]))
