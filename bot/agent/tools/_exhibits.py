"""Exhibits of tools: tables with a row for each subject, and the charts beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.agent.tools._analysis import group_by_subject
from bot.core.charts import parse_points
from bot.core.exhibits import Exhibit, ExhibitChart, ExhibitPoint, TableRows
from bot.core.fact_sentences import date_table, name_days
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.core.rounding import spell_column
from bot.i18n.messages import Language, Words

MAX_TABLE_ROWS = 15
MAX_BARS = 12
NO_CELL = "–"
WHOLE = Words("All")


def build_table(
    facts: Sequence[Fact], heading: Words, columns: Mapping[str, Words], language: Language
) -> Table | None:
    """Return a table with a row for each subject; None without rows."""
    exhibit = build_table_exhibit("", facts, heading, columns, language)
    return exhibit.table if exhibit else None


def build_table_exhibit(
    shows: str,
    facts: Sequence[Fact],
    heading: Words,
    columns: Mapping[str, Words],
    language: Language,
    *,
    rows_of: str = "",
    whole: Words = WHOLE,
    groups: Sequence[Sequence[Fact]] = (),
    gaps: Mapping[str, Mapping[str, str]] | None = None,
) -> Exhibit | None:
    """Return an exhibit whose table has a row for each subject, or for each of the `groups` of
    facts, and a column for each measure; None without rows. A column that is empty in every row is
    left out. `rows_of`: what the rows are of, where query_metrics names them alike. `whole` names
    a row whose facts are about nothing in particular; with a name of its own it is a group. `gaps`
    says of a measure, by what a row is about, what stands in the place of a missing figure."""
    rows = [
        (group, {fact.parts.measure: fact for fact in group})
        for group in groups or group_by_subject(facts).values()
    ]
    rows = [(group, known) for group, known in rows if any(name in known for name in columns)]
    rows = rows[:MAX_TABLE_ROWS]
    used = [name for name in columns if any(name in known for _, known in rows)]
    if not rows:
        return None
    columns_of_cells = [
        spell_column([known.get(name) for _, known in rows], language) for name in used
    ]
    cells = [
        (
            _name_subject(group, language, whole),
            *(
                cell or (gaps or {}).get(name, {}).get(group[0].about, NO_CELL)
                for name, cell in zip(used, row, strict=True)
            ),
        )
        for (group, _), row in zip(rows, zip(*columns_of_cells, strict=True), strict=True)
    ]
    columns_of_facts = [[known[name] for _, known in rows if name in known] for name in used]
    titles = (heading, *(columns[name] for name in used))
    table = Table(
        columns=tuple(title.to(language) for title in titles),
        rows=tuple(cells),
        facts=tuple(known[name].id for _, known in rows for name in used if name in known),
    )
    dated = date_table(table, [[known.get(n) for n in used] for _, known in rows], language).rows
    of_groups = [
        (dated[number][0],)
        for number, (group, _) in enumerate(rows)
        if whole is not WHOLE or any(fact.about for fact in group)
    ]
    days = [{name_days(fact, language) for fact in some} for some in columns_of_facts]
    return Exhibit(
        shows=shows,
        whole=_name_subject((), language),
        table=table.model_copy(update={"rows": dated}),
        column_facts=tuple(frozenset(fact.id for fact in some) for some in columns_of_facts),
        column_days=tuple("" if len(own) > 1 else min(own) for own in days),
        rows=TableRows(dimensions=(rows_of,), heads=table.columns[:1], groups=tuple(of_groups))
        if rows_of
        else None,
    )


def _name_subject(group: Sequence[Fact], language: Language, whole: Words = WHOLE) -> str:
    about = next((fact.about for fact in group if fact.about), "")
    if about:
        return Words(about).to(language)
    name = whole.to(language)
    return name[:1].upper() + name[1:]


def build_bars(facts: Sequence[Fact], measure: str, language: Language) -> ExhibitChart | None:
    """Return a bar for each subject that has the measure, with its range from `<measure>-low` to
    `<measure>-high`; None for fewer than two bars."""
    points, unit, is_change = [], "", False
    for group in group_by_subject(facts).values():
        known = {fact.parts.measure: fact.value for fact in group}
        fact = next((one for one in group if one.parts.measure == measure), None)
        if fact is None or not isinstance(fact.value, Decimal):
            continue
        unit, is_change = fact.unit or "", fact.is_change
        points.append(
            ExhibitPoint(
                name=_name_subject(group, language),
                value=float(str(fact.as_read.value)),
                spelled=fact.shown(language),
                low=_to_float(known.get(f"{measure}-low")),
                high=_to_float(known.get(f"{measure}-high")),
            )
        )
    if len(points) < 2:
        return None
    return ExhibitChart(
        kind="bars", points=tuple(points[:MAX_BARS]), unit=unit, is_change=is_change
    )


def build_line(points: str, unit: str, title: str) -> ExhibitChart | None:
    """Return the line of the points that an analysis stored as a text; None for fewer than two.
    `title` says what it is, in the reader's language."""
    parsed = parse_points(points)
    if len(parsed) < 2:
        return None
    return ExhibitChart(
        kind="line",
        title=title,
        points=tuple(
            ExhibitPoint(
                name=point.day.isoformat(),
                day=point.day,
                value=point.value,
                expected=point.expected,
            )
            for point in parsed
        ),
        unit=unit,
    )


def _to_float(value: Decimal | str | None) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


def build_exhibit(
    shows: str, table: Table | None, chart: ExhibitChart | None = None
) -> tuple[Exhibit, ...]:
    """Return the exhibit, or nothing when it would be empty."""
    if table is None and chart is None:
        return ()
    return (Exhibit(shows=shows, table=table, chart=chart),)


@dataclass(frozen=True)
class GroupExhibit:
    """An exhibit of groups: a table with a row for each, and a chart with a bar for each."""

    shows: str
    heading: Words
    columns: Mapping[str, Words]  # by measure
    bars: str = ""  # the measure of the bars; a table alone without one
    rows_of: str = ""  # what the rows are of, where query_metrics names them alike: "product"

    def build(
        self, facts: Sequence[Fact], language: Language, *, whole: Words = WHOLE
    ) -> tuple[Exhibit, ...]:
        """Return the exhibit of these facts, or nothing when it would be empty."""
        exhibit = build_table_exhibit(
            self.shows,
            facts,
            self.heading,
            self.columns,
            language,
            rows_of=self.rows_of,
            whole=whole,
        )
        chart = build_bars(facts, self.bars, language) if self.bars else None
        if exhibit is None or chart is None:
            return (exhibit,) if exhibit else build_exhibit(self.shows, None, chart)
        chart = chart.model_copy(update={"title": self._name_chart(language)})
        return (exhibit.model_copy(update={"chart": chart}),)

    def build_parts(
        self,
        whole: Sequence[Fact],
        parts: Mapping[str, Sequence[Fact]],
        headings: Mapping[str, Words],
        language: Language,
    ) -> tuple[Exhibit, ...]:
        """Return a table for each kind of parts, as devices and countries overlap, each with the
        whole; that of the whole alone where there are no parts."""
        found = [
            one
            for name, some in parts.items()
            if some
            for one in replace(
                self, shows=f"{self.shows} by {name}", heading=headings[name], rows_of=name
            ).build([*whole, *some], language)
        ]
        return (*found,) or self.build(whole, language)

    def _name_chart(self, language: Language) -> str:
        """Return what the bars are: "bought before by audience"."""
        heading = self.heading.to(language)
        what = heading[:1].lower() + heading[1:]
        words = Words("{measure} by {what}", measure=self.columns[self.bars], what=what)
        return words.to(language)
