"""The exports of known tools: which columns they have, and what those columns mean.

Each file of `tools/` describes one tool with the source of its column names. An export is
recognised by its own columns, in any order; a file that is not recognised is read by
`column_names.toml`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from bot.data.catalogue.cells import find_currency
from bot.data.ingest.column_names import (
    PRODUCTS_KIND,
    ColumnMatch,
    find_personal_columns,
    guess_kind,
    is_complete,
    normalize_column_name,
)
from bot.data.ingest.file_schema import ImportOptions
from bot.data.schema import load_kinds

TOOLS_FOLDER = Path(__file__).parent / "tools"
# Columns of exports that ours are computed from: fields of a whole order, which stand on one of its
# lines or are repeated on each.
ORDER_FIELDS = frozenset(
    {
        *("order_subtotal", "order_discount", "order_shipping", "order_tax", "order_refunded"),
        *("order_total", "order_handling", "cancelled_at", "payment"),
    }
)


class ToolExport(BaseModel, frozen=True, extra="forbid"):
    """One export of a tool, as a file of `tools/` describes it."""

    id: str
    tool: str
    kind: str
    source: str
    checked: date
    # A file is this export when it has at least one column of each of these groups …
    known_by: tuple[tuple[str, ...], ...]
    not_with: tuple[str, ...] = ()  # … and none of these, which are columns of another export.
    # Our column, or a field that ours are computed from (see `ORDER_FIELDS`) → the tool's names for
    # it, the preferred first.
    columns: dict[str, tuple[str, ...]]
    carried: bool = False  # the fields of an order stand on its first line only
    values: dict[str, dict[str, str]] = {}  # our column → the tool's word → our word
    fixed: dict[str, str] = {}  # our column → the value of all rows
    kept: dict[str, tuple[str, ...]] = {}  # a field → its values in the rows that are read
    dates: Literal["day-first", "month-first"] | None = None
    rating_scale: float | None = None  # ratings are multiplied by this
    without_tax: bool = False  # amounts are without tax
    names_for_people: bool = False  # customers have a name and no number
    # Other files have such columns, too: the export is recognised only where the columns do not
    # make a file of another kind.
    common: bool = False

    def match(self, names: Sequence[str]) -> ColumnMatch | None:
        """Return the export's columns in a file, or None when the file is not this export."""
        places = _place_names(tuple(names))
        if any(normalize_column_name(one) in places for one in self.not_with):
            return None
        if not all(
            any(_find_name(places, one) is not None for one in group) for group in self.known_by
        ):
            return None
        found: dict[str, int] = {}
        for ours, called in self.columns.items():
            there = [_find_name(places, one) for one in called]
            free = [at for at in there if at is not None and at not in found.values()]
            if free:
                found[ours] = free[0]
        kind = load_kinds()[self.kind]
        columns = {ours: at for ours, at in found.items() if ours in kind.columns}
        aids = {ours: at for ours, at in found.items() if ours in kind.aids}
        fields = {ours: at for ours, at in found.items() if ours not in {**columns, **aids}}
        score = 1_000 + len(found)
        return ColumnMatch(self.kind, columns, aids, fields=fields, score=score, export=self.id)


@cache
def load_exports() -> dict[str, ToolExport]:
    """Return all exports by id, such as `shopify.orders`."""
    found = {}
    for path in sorted(TOOLS_FOLDER.glob("*.toml")):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        tool = read.pop("tool")
        for name, definition in read.items():
            id = f"{path.stem}.{name}"
            found[id] = ToolExport(id=id, tool=tool, **definition)
    return found


def recognize_columns(names: Sequence[str], file: str, options: ImportOptions) -> ColumnMatch:
    """Return the columns of a known tool's export; for any other file, see `guess_kind`."""
    given, kind = options.called, options.kind
    if (known := _match_export(tuple(names), kind)) is None:
        return guess_kind(names, file, given, kind)
    if not kind and load_exports()[known.export].common:
        other = guess_kind(names, file, given, kind)
        if other.kind not in (known.kind, PRODUCTS_KIND) and is_complete(other):
            return other
    known = apply_given(known, given, names) if given else known
    return replace(known, personal=find_personal_columns(names, known.used()))


@lru_cache(maxsize=500)
def _match_export(names: tuple[str, ...], kind: str | None) -> ColumnMatch | None:
    """Return the match of the export with the most columns of the file, or None when the file is no
    known export, or one of another kind than `kind`."""
    matches = [
        found
        for export in load_exports().values()
        if kind in (None, export.kind) and (found := export.match(names)) is not None
    ]
    return max(matches, key=lambda one: one.score, default=None)


def apply_given(match: ColumnMatch, given: Mapping[str, str], names: Sequence[str]) -> ColumnMatch:
    """Return the match with a person's own mapping (theirs → ours), which takes precedence."""
    kind = load_kinds()[match.kind]
    parts = (dict(match.columns), dict(match.aids), dict(match.fields))
    for theirs, ours in given.items():
        place = next(
            (
                at
                for at, name in enumerate(names)
                if normalize_column_name(name) == normalize_column_name(theirs)
            ),
            None,
        )
        if place is None:
            continue
        for part in parts:
            for other in [one for one, at in part.items() if at == place]:
                del part[other]
        (parts[0] if ours in kind.columns else parts[1])[ours] = place
    return ColumnMatch(
        match.kind, parts[0], parts[1], fields=parts[2], score=match.score, export=match.export
    )


def _find_name(places: Mapping[str, int], called: str) -> int | None:
    """Return the position of the column of this name. A name with … at its end is the beginning of
    a question that a survey asked."""
    name = normalize_column_name(called)
    if not called.endswith("…"):
        return places.get(name)
    return next((at for one, at in places.items() if one.startswith(name)), None)


@lru_cache(maxsize=500)
def _place_names(names: tuple[str, ...]) -> dict[str, int]:
    """Return the positions of the file's columns by comparable name, also without the currency that
    a name ends with: `Amount spent (EUR)`."""
    places: dict[str, int] = {}
    for at, name in enumerate(names):
        if name:
            places.setdefault(normalize_column_name(name), at)
    for at, name in enumerate(names):
        bare = re.sub(r"\s*[(\[]([^)\]]*)[)\]]\s*$", _drop_currency, name)
        if bare != name and bare:
            places.setdefault(normalize_column_name(bare), at)
    return places


def _drop_currency(bracket: re.Match[str]) -> str:
    return "" if find_currency(bracket[1]) else bracket[0]
