"""Join exhibits whose tables have the same kind of rows: rows of the first, columns of each.

Nothing is computed: each cell is one that a tool has released. A column says what the others are
not of, such as its days; a row of several groups (the total, the others) has figures of another
table only where both tables have the same rows. Tables of the same columns, of which each has rows
of its own, stand one under the other as blocks: a row says what the other blocks are not of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.core.exhibits import EXPLAINED, NO_FIGURE, QUOTED, Exhibit, ScopePart, TableRows
from bot.core.parts import Table
from bot.text.normalize import normalize_text

NO_CELL = "–"
MAX_SHOWN = 2  # exhibits of a report
MAX_TITLE = 80  # characters of a column's title
# parts of how a call was read that say which rows, which order
OF_ROWS = ("by", "having", "more", EXPLAINED)
RowKey = tuple[str, ...]
ColumnKey = tuple[str, str]  # the title of a measure's first column, and its own


def arrange_exhibits(exhibits: Sequence[Exhibit]) -> tuple[list[Exhibit], list[Exhibit]]:
    """Return the exhibits that a report shows of those that were chosen, joined where they have
    the same kind of rows, and those that have no place. Two that can't be joined stand one under
    the other; a card shows the first rows of each."""
    groups: list[list[Exhibit]] = []
    for exhibit in exhibits:
        group = next((some for some in groups if can_join(some, exhibit)), None)
        if group is None:
            groups.append([exhibit])
        else:
            group.append(exhibit)
    joined = [join_exhibits(group) for group in groups]
    return joined[:MAX_SHOWN], joined[MAX_SHOWN:]


def can_join(group: Sequence[Exhibit], exhibit: Exhibit) -> bool:
    """Whether the table can be joined to these: its rows are of the same kind, some are those of
    the first or its columns are, and no column of the same title says otherwise."""
    sources = _Source.list_of([*group, exhibit])
    kinds = {(one.rows.dimensions, one.rows.heads) for one in sources}
    if len(sources) <= len(group) or len(kinds) > 1:
        return False
    first, *_, last = sources
    if any(len(title) > MAX_TITLE for one in sources for title in one.titles):
        return False
    if any(one.contradicts(last) for one in sources[:-1]):
        return False
    has_same_rows = first.groups & last.groups or first.names.keys() == last.names.keys()
    return bool(has_same_rows) or last.can_follow(first)


def join_exhibits(group: Sequence[Exhibit]) -> Exhibit:
    """Return the exhibits of a group as one."""
    if len(group) < 2:
        return group[0]
    sources = _Source.list_of(group)
    first, *others = sources
    columns: dict[ColumnKey, tuple[_Source, int]] = {}
    for one in sources:
        for number, key in enumerate(one.columns):
            columns.setdefault(key, (one, number))
    # tables that have no other column give their rows; then no row is of all others together
    more = [one for one in others if one.can_follow(first) and one.groups - first.groups]
    names = {**first.names}
    if more:
        listed = [(one, key) for one in (first, *more) for key in one.names if key in one.groups]
        names = {key: one.names[key] for one, key in reversed(listed)}
        names = {key: names[key] for _one, key in listed}
    shared = _find_shared_parts(sources)
    short = {key: name for one in sources for key, name in one.shorten(shared).items()}
    names |= short
    rows = [
        (*names[row], *(_find_cell(sources, row, column) for column in columns)) for row in names
    ]
    more_scope = [("more", ", ".join(shared))] if short else []
    used = [*columns.values()]
    shown = frozenset[str]().union(*(one.exhibit.column_facts[n] for one, n in used))
    facts = dict.fromkeys(id for one in sources for id in one.table.facts if id in shown)
    return group[0].model_copy(
        update={
            "table": Table(
                columns=(*first.rows.heads, *(one.titles[n] for one, n in used)),
                rows=tuple(rows),
                facts=tuple(facts),
            ),
            "chart": None,
            "joined": tuple(one.id for one in group),
            "facts": tuple(dict.fromkeys(id for one in group for id in one.facts)),
            "measure_facts": {},
            "scope": (*_join_scopes(group), *more_scope),
            "short_scope": (*_join_scopes(group, is_short=True), *more_scope),
            "days": first.days,
            # else the heads of its own columns alone say it
            "footnote": group[0].footnote if len({one.footnote for one in group}) == 1 else "",
            "total": "" if more else group[0].total,
            "column_facts": tuple(one.exhibit.column_facts[n] for one, n in used),
            "column_days": (),
            "column_places": tuple(n for _one, n in used),
            "column_tables": tuple(sources.index(one) for one, _n in used),
        }
    )


@dataclass(frozen=True)
class _Source:
    """One of the exhibits that are joined. `own`: its conditions that the others have not; `days`:
    those of the first figures, which the title of the table tells; `block`: what each of its rows
    says that it is of."""

    exhibit: Exhibit
    table: Table
    rows: TableRows
    own: tuple[str, ...]
    days: str
    block: str = ""

    @classmethod
    def list_of(cls, exhibits: Sequence[Exhibit]) -> "list[_Source]":
        """Return those of the exhibits that can be joined at all."""
        common = set.intersection(*({*_list_conditions(one)} for one in exhibits))
        days = _find_days(exhibits)
        found = [
            cls(
                one,
                one.table,
                one.rows,
                tuple(text for part, text in _list_conditions(one) if (part, text) not in common),
                days,
            )
            for one in exhibits
            if one.table and one.rows and one.column_facts
        ]
        blocks = [replace(one, own=(), block=", ".join(one.own)) for one in found]
        return blocks if found and _are_blocks(blocks) else found

    def can_follow(self, first: "_Source") -> bool:
        """Whether its rows can stand under those of the first."""
        return self.keys <= first.keys or self.rows.are_own

    @cached_property
    def titles(self) -> list[str]:
        """The titles of its columns of figures. Those of a compared measure but the first have a
        time or “change” alone."""
        facts = self.exhibit.column_facts
        heads = self.table.columns[-len(facts) :]
        titles = []
        for number, head in enumerate(heads):
            own = self.own if facts.index(facts[number]) == number else ()
            days = self.exhibit.column_days[number : number + 1]
            other = (one for one in days if one != self.days)
            titles.append(", ".join(filter(None, (head, *own, *other))))
        return titles

    @cached_property
    def columns(self) -> dict[ColumnKey, dict[RowKey, str]]:
        """Its columns of figures, each with its cells by what its row is of."""
        facts, many = self.exhibit.column_facts, len(self.rows.heads)
        return {
            (self.titles[facts.index(facts[number])], title): {
                _read_key(self._name_row(row)): row[many + number]
                for row in self.table.rows
                if row[many + number] not in NO_FIGURE
            }
            for number, title in enumerate(self.titles)
        }

    @property
    def keys(self) -> frozenset[ColumnKey]:
        return frozenset(self.columns)

    @cached_property
    def names(self) -> dict[RowKey, tuple[str, ...]]:
        return {_read_key(name): name for name in map(self._name_row, self.table.rows)}

    @cached_property
    def groups(self) -> frozenset[RowKey]:
        """Its rows that are of one group each."""
        named = (_read_key(self._name_row(names)) for names in self.rows.groups)
        return frozenset(named) & self.names.keys()

    def _name_row(self, row: Sequence[str]) -> tuple[str, ...]:
        first, *more = row[: len(self.rows.heads)]
        return (" · ".join(filter(None, (first, self.block))), *more)

    def shorten(self, shared: Sequence[str]) -> dict[RowKey, tuple[str, ...]]:
        """Return the name of its single row without the parts that the others have, too; nothing
        where it has no other."""
        own = ", ".join(one for one in self.rows.parts if one not in shared)
        return dict.fromkeys(self.names, (own[:1].upper() + own[1:],)) if shared and own else {}

    def contradicts(self, other: "_Source") -> bool:
        """Whether a column of both has another figure of the same group."""
        return any(
            self.columns[key].get(row, cell) != cell
            for key in self.keys & other.keys
            for row, cell in other.columns[key].items()
            if row in self.groups & other.groups
        )


def _find_shared_parts(sources: Sequence[_Source]) -> tuple[str, ...]:
    first, *others = [one.rows.parts for one in sources]
    return tuple(part for part in first if all(part in some for some in others))


def _are_blocks(sources: Sequence[_Source]) -> bool:
    """Whether each has rows of its own, which can stand under those of the first."""
    first, *others = sources
    own = [
        one.groups if one.rows.are_own else {*map(_read_key, one.rows.groups)} for one in sources
    ]
    are_apart = all(own) and len(set[RowKey]().union(*own)) == sum(map(len, own))
    return are_apart and all(one.can_follow(first) for one in others)


def _find_cell(sources: Sequence[_Source], row: RowKey, column: ColumnKey) -> str:
    """Return the figure of the first table that has it. A row of several groups is the same in
    tables with the same rows alone."""
    first = sources[0]
    for one in sources:
        is_group = row in one.groups
        if (is_group or one.names.keys() == first.names.keys()) and (
            cell := one.columns.get(column, {}).get(row)
        ):
            return cell
    return NO_CELL


def _list_conditions(exhibit: Exhibit) -> list[ScopePart]:
    """Return the parts of how it was read that say which figures these are: those on what the rows
    are of are clear from the rows."""
    of_rows = exhibit.rows.dimensions if exhibit.rows else ()
    return [one for one in exhibit.scope if one[0] not in ("what", "days", *OF_ROWS, *of_rows)]


def _find_days(group: Sequence[Exhibit]) -> str:
    return next((days for one in group for days in one.column_days if days), "")


def _join_scopes(group: Sequence[Exhibit], *, is_short: bool = False) -> tuple[ScopePart, ...]:
    """Return what all have in common, and what the rows of the first are; as short as a card says
    it."""
    first, *others = [(is_short and one.short_scope) or one.scope for one in group]
    common = {*first}.intersection(*others)
    what = () if group[0].measure_facts else (one for one in first if one[0] == "what")
    rest = (one for one in first if one[0] != "what" and (one[0] in OF_ROWS or one in common))
    return (*what, *rest)


def _read_key(names: Sequence[str]) -> RowKey:
    return tuple(normalize_text(name).strip(QUOTED) for name in names)
