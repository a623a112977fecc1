"""What an AI may be shown of an unknown file, and what the file itself proves about a mapping that
was proposed for it.

A proposal is never believed. Each of its columns is held against the file's cells: it is proved,
or shown as not proved, or dropped because the cells contradict it. Consents are never proposed:
that somebody agreed to something can't be told from cells.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.data.catalogue.cells import CURRENCIES
from bot.data.ingest.column_names import (
    CONSENT_COLUMNS,
    PRODUCTS_KIND,
    find_personal_columns,
    is_complete,
    match_columns,
    normalize_column_name,
)
from bot.data.ingest.column_sql import create_macros, select_cells, target_columns
from bot.data.ingest.file_schema import (
    FileSchema,
    ImportOptions,
    MappedColumn,
    inspect_format,
    layout_of_schema,
)
from bot.data.ingest.header import (
    DATE_PATTERN,
    EMAIL_PATTERN,
    find_header,
    is_telling,
    layout_under_header,
)
from bot.data.ingest.source import open_source
from bot.data.ingest.tool_exports import recognize_columns
from bot.data.ingest.upload import ColumnProof, ColumnSample, ColumnSamples, TableFile
from bot.data.schema import load_kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.privacy import find_personal_data
from bot.text.normalize import collapse_spaces

PROPOSED_KINDS = tuple(kind for kind in load_kinds() if kind not in ("consents", "experiments"))
NEVER_PROPOSED = frozenset(CONSENT_COLUMNS)

# What is shown of the cells.

SAMPLED_ROWS = 200
SHOWN_CELLS = 5  # different ones of a column
SHOWN_COLUMNS = 60
MAX_NAME_CHARACTERS, MAX_CELL_CHARACTERS = 60, 40
MIN_REPEATED_ROWS, MAX_CATEGORIES = 5, 12  # of words that are shown as they are


def sample_columns(part: TableFile) -> ColumnSamples | None:
    """Return the names and some veiled cells of a file whose columns are not known; None for any
    other file. Raises CannotDo for a file that can't be read."""
    path = part.path
    file = inspect_format(path, path.name)
    head = find_header(path, file, path.name, ImportOptions(sheets=part.sheets))
    if head.first or is_complete(recognize_columns(head.names, path.name, ImportOptions())):
        return None
    with open_source(path, path.name, layout_under_header(head, file)) as source:
        cells = ", ".join(f"c{place}" for place in range(len(head.names)))
        rows = source.con.execute(
            f"SELECT {cells} FROM {source.relation} LIMIT {SAMPLED_ROWS}"
        ).fetchall()
    personal = find_personal_columns(head.names, ())
    samples = tuple(
        ColumnSample(mask_name(name), _veil_cells([row[at] or "" for row in rows], at in personal))
        for at, name in enumerate(head.names[:SHOWN_COLUMNS])
    )
    return ColumnSamples(head.names, samples)


def mask_name(name: str) -> str:
    """Return a column's name as it may be shown: a first row of data may stand in its place."""
    short = collapse_spaces(name)[:MAX_NAME_CHARACTERS]
    return _draw_shape(short) if find_personal_data(short) else short


def _veil_cells(cells: Sequence[str], is_personal: bool) -> tuple[str, ...]:
    """Return different cells: numbers, dates and words that repeat as they are, of all else only
    the shape."""
    said = [one for cell in cells if (one := collapse_spaces(cell))]
    times = Counter(said)
    are_categories = len(times) <= MAX_CATEGORIES and not is_personal
    shown = [
        one[:MAX_CELL_CHARACTERS]
        if not is_personal
        and not find_personal_data(one)
        and (is_telling(one) or (are_categories and times[one] >= MIN_REPEATED_ROWS))
        else _draw_shape(one[:MAX_CELL_CHARACTERS])
        for one in times
    ]
    return tuple(dict.fromkeys(shown))[:SHOWN_CELLS]


def _draw_shape(cell: str) -> str:
    """Return what kind of characters a cell has: `Anna-2, Lyon` → `Aaaa-9, Aaaa`."""
    if EMAIL_PATTERN.fullmatch(cell):
        return "(e-mail address)"
    if len(cell.split()) > 4:
        return "(a text of several words)"
    shape = re.sub(r"[^\W\d_]", lambda one: "A" if one[0].isupper() else "a", cell)
    return re.sub(r"\d", "9", shape)


# Which columns of a proposal may be tried at all.


def select_proposed(names: Sequence[str], kind: str, proposed: Mapping[int, str]) -> dict[str, str]:
    """Return the columns of a proposal that may be tried, theirs → ours. `proposed`: the file's
    column, from 0 → ours. What the names themselves tell counts more, and is left out."""
    if kind not in PROPOSED_KINDS:
        return {}
    schema, known = load_kinds()[kind], match_columns(kind, names, {})
    personal = find_personal_columns(names, ())
    told = {normalize_column_name(one) for one in names if names.count(one) == 1 and one}
    tried: dict[str, str] = {}
    for at, ours in proposed.items():
        if not 0 <= at < len(names) or normalize_column_name(names[at]) not in told:
            continue
        if at in known.used() or ours in {**known.columns, **known.aids} or ours in tried.values():
            continue
        column = schema.columns.get(ours)
        if ours in NEVER_PROPOSED or (column is None and ours not in schema.aids):
            continue
        if at in personal and (column is None or column.type != "person"):
            continue
        tried[names[at]] = ours
    return tried


# What the cells prove.

PROVED_ROWS = 20_000
MIN_READABLE_SHARE = 0.98  # of the cells that are not empty
MIN_FILLED_SHARE = 0.5  # of the cells of a column that each row needs
MIN_AGREEING_SHARE = 0.98  # of the rows in which a rule between columns holds
MIN_WORDS_OF_TEXT = 4  # of a typical text
MAX_QUANTITY = 10_000
CENT = 0.015


@dataclass(frozen=True)
class _Cells:
    """The cells of some rows, as they are and as ours, by column."""

    raw: Mapping[str, Sequence[str | None]]
    ours: Mapping[str, Sequence[Any]]

    def pairs(self, *names: str) -> list[tuple[Any, ...]]:
        """Return the rows in which all of these are filled."""
        if any(name not in self.ours for name in names):
            return []
        rows = zip(*(self.ours[name] for name in names), strict=True)
        return [row for row in rows if None not in row]

    def share(self, names: Sequence[str], holds: Callable[..., bool]) -> float | None:
        rows = self.pairs(*names)
        return sum(holds(*row) for row in rows) / len(rows) if rows else None


def prove_columns(
    path: Path, found: FileSchema, proposed: Collection[str]
) -> tuple[tuple[ColumnProof, ...], tuple[str, ...]]:
    """Return what the file proves of the `proposed` columns of its schema (theirs), and those that
    its cells contradict."""
    mine = [one for one in found.columns if one.theirs in proposed]
    cells = _read_cells(path, found)
    proofs: list[ColumnProof] = []
    contradicted: list[str] = []
    for one in mine:
        proof = _prove_column(found.kind, one, cells)
        if proof is None:
            contradicted.append(one.theirs)
        else:
            proofs.append(proof)
    lost = [one for one in proposed if one not in {column.theirs for column in mine}]
    return tuple(proofs), (*contradicted, *lost)


def _read_cells(path: Path, found: FileSchema) -> _Cells:
    columns = {name: one.type for name, one in load_kinds()[found.kind].columns.items()}
    aids = {one.ours: one.place for one in found.columns if one.ours not in columns}
    with open_source(path, found.name, layout_of_schema(found)) as source:
        create_macros(source.con, b"")
        for hiding in ("bare_words", "bare_alike"):
            source.con.execute(f"CREATE OR REPLACE MACRO {hiding}(x) AS x")
        told = [one for one in target_columns(found) if found.place(one.name) is not None]
        some = select_cells(found, f"(SELECT * FROM {source.relation} LIMIT {PROVED_ROWS})")
        wanted = {one.name: (f"said(bare(c{found.place(one.name)}))", one.sql) for one in told}
        wanted |= {
            aid: (f"said(bare(c{place}))", f"as_exact(t{place}, d{place}, '{found.mark(place)}')")
            for aid, place in aids.items()
            if aid in ("unit_price", "line_discount")
        }
        if not wanted:
            return _Cells({}, {})
        selects = ", ".join(f"{raw}, {sql}" for raw, sql in wanted.values())
        rows = source.con.execute(f"SELECT {selects} FROM {some}").fetchall()
    by_column = list(zip(*rows, strict=True)) or [()] * (2 * len(wanted))
    return _Cells(
        {name: by_column[2 * at] for at, name in enumerate(wanted)},
        {name: by_column[2 * at + 1] for at, name in enumerate(wanted)},
    )


def _prove_column(kind: str, column: MappedColumn, cells: _Cells) -> ColumnProof | None:
    """Return what the cells say of one column; None where they contradict it."""
    ours, schema = column.ours, load_kinds()[kind].columns.get(column.ours)
    raw = [one for one in cells.raw.get(ours, ()) if one is not None]
    values = [one for one in cells.ours.get(ours, ()) if one is not None]
    if not raw or len(values) < MIN_READABLE_SHARE * len(raw):
        return None
    if schema and schema.needed and len(raw) < MIN_FILLED_SHARE * len(cells.raw[ours]):
        return None
    type_ = schema.type if schema else "number"
    why: Words | bool | None = False
    if type_ in ("day", "moment"):
        why = _prove_days(values)
    elif type_ in ("money", "number", "whole"):
        why = _prove_figures(kind, ours, values, cells)
    elif ours in ("order", "customer", "id"):
        why = _prove_keys(ours, raw, cells)
    elif ours == "currency":
        known = sum(str(one).upper() in CURRENCIES for one in values)
        why = known == len(values) and Words("every cell is a currency")
        if not known:
            return None
    elif ours == "text":
        long = sum(len(str(one).split()) >= MIN_WORDS_OF_TEXT for one in raw)
        why = 2 * long >= len(raw) and Words("most cells are sentences")
        if len(raw) > 4 * long:
            return None
    elif _looks_like_something_else(raw):
        return None
    if why is None:
        return None
    if isinstance(why, Words) and len(values) == len(raw):
        return ColumnProof(theirs=column.theirs, ours=ours, proved=True, why=why)
    return ColumnProof(theirs=column.theirs, ours=ours, proved=False, why=UNPROVED)


UNPROVED = Words("nothing in the file proves it")


def _prove_days(values: Sequence[Any]) -> Words | bool | None:
    days = [one.date() if isinstance(one, datetime) else one for one in values]
    if not all(isinstance(one, date) for one in days):
        return None
    first, last = min(days), max(days)
    return Words("every cell is a date, from {first} to {last}", first=first, last=last)


def _prove_figures(
    kind: str, ours: str, values: Sequence[Any], cells: _Cells
) -> Words | bool | None:
    """Return the rule that the figures keep; False where none applies, None where one is broken."""
    numbers = [float(one) for one in values]
    if ours == "rating":
        return Words("every cell is a rating") if 0 <= min(numbers) <= max(numbers) <= 5 else None
    if ours == "quantity" and any(one != int(one) or abs(one) > MAX_QUANTITY for one in numbers):
        return None
    if ours in PRODUCT_RULE:
        agreeing = cells.share(
            PRODUCT_RULE, lambda a, b, c: abs(float(a) * float(b) - float(c)) <= CENT
        )
        # A column of ones proves nothing: any two equal columns would keep the rule.
        several = cells.share(PRODUCT_RULE[:1], lambda a: float(a) != 1)
        if agreeing is not None and several:
            if agreeing < MIN_AGREEING_SHARE:
                return None
            share = int(100 * agreeing)
            return Words("quantity times price is the amount in {share}% of rows", share=share)
    if kind == "campaigns" and ours in FUNNEL:
        return _prove_funnel(ours, cells)
    return False


PRODUCT_RULE = ("quantity", "unit_price", "amount")
FUNNEL = ("impressions", "sent", "delivered", "opened", "clicks", "orders")


def _prove_funnel(ours: str, cells: _Cells) -> Words | bool | None:
    """Fewer open than get a mail, and fewer click than see an ad."""
    place = FUNNEL.index(ours)
    pairs = [(FUNNEL[at], ours) for at in range(place)]
    pairs += [(ours, FUNNEL[at]) for at in range(place + 1, len(FUNNEL))]
    told = [
        share
        for more, less in pairs
        if {more, less} != {"impressions", "sent"}
        and (share := cells.share((more, less), lambda a, b: a >= b)) is not None
    ]
    if any(share < MIN_AGREEING_SHARE for share in told):
        return None
    holds = bool(told) and min(told) == 1
    return holds and Words("no row has more of it than of what comes before")


def _prove_keys(ours: str, raw: Sequence[str], cells: _Cells) -> Words | bool | None:
    """Order numbers and customers are no dates and no amounts, and an order has one day and one
    customer."""
    if ours != "customer" and _looks_like_something_else(raw):
        return None
    if ours == "customer" and all(EMAIL_PATTERN.fullmatch(one) for one in raw):
        return Words("every cell is an e-mail address")
    if ours == "id":
        return len(set(raw)) == len(raw) and Words("no two cells are the same")
    for pair in (("order", "at"), ("order", "customer")):
        if ours in pair and (rows := cells.pairs(*pair)):
            beside: dict[Any, set[Any]] = {}
            for order, other in rows:
                beside.setdefault(order, set()).add(other)
            torn = sum(len(one) > 1 for one in beside.values())
            if torn > (1 - MIN_AGREEING_SHARE) * len(beside):
                return None
            # Where each order has one row only, the rule is kept by whatever the column holds.
            if len(beside) < len(rows) and ours == "order" and not torn:
                return Words("all rows of an order have the same day and the same customer")
    return False


def _looks_like_something_else(raw: Sequence[str]) -> bool:
    """Whether the cells of a column of words or numbers are addresses, dates or amounts."""
    few = raw[:SAMPLED_ROWS]
    for shape in (EMAIL_PATTERN, DATE_PATTERN, AMOUNT_PATTERN):
        if 2 * sum(shape.fullmatch(one) is not None for one in few) > len(few):
            return True
    return False


AMOUNT_PATTERN = re.compile(
    r"[-+]?(?:[A-Z]{3}|[€$£])?\s?\d[\d '\u00a0.,]*[.,]\d{2}\s?(?:[A-Z]{3}|[€$£])?"
)


def try_mapping(
    part: TableFile,
    proposed: Mapping[str, str],
    understand: Callable[[Mapping[str, str]], FileSchema],
) -> tuple[FileSchema, tuple[ColumnProof, ...], tuple[str, ...]] | None:
    """Read the file by a proposed mapping (theirs → ours), without the columns that its cells
    contradict. Return the schema, what is proved, and the columns that were dropped; None where
    nothing is left that makes rows of the kind."""
    called, dropped = dict(proposed), list[str]()
    while called:
        try:
            found = understand(called)
        except CannotDo:
            return None
        if found.kind == PRODUCTS_KIND:
            return None
        proofs, wrong = prove_columns(part.path, found, called)
        if not wrong:
            return found, proofs, tuple(dropped)
        dropped += wrong
        called = {theirs: ours for theirs, ours in called.items() if theirs not in wrong}
    return None
