"""Error messages for files that can't be read, each one clear sentence."""

from collections.abc import Mapping, Sequence

from bot.data.catalogue.cells import CURRENCIES
from bot.data.catalogue.reader import RejectedProduct as ProductReject
from bot.data.catalogue.rows import list_known_fields
from bot.data.column_labels import label_kind, name_missing_columns
from bot.data.ingest.column_names import (
    PRODUCTS_KIND,
    ColumnMatch,
    has_meaning,
    list_missing_columns,
    normalize_column_name,
)
from bot.data.ingest.file_schema import ImportOptions, MappedColumn
from bot.data.ingest.header import guess_columns, is_order_lines, preview_cells
from bot.data.ingest.rejects import RejectedRow
from bot.data.schema import ColumnType, load_kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words

LEAST_TOTALS = 3  # columns that tell a table of an analytics tool
LEAST_KNOWN = 3  # columns that tell which kind a file without one of its columns is nearest to


def check_options(options: ImportOptions) -> None:
    """Raises CannotDo for an unknown kind, column or currency."""
    kind, currency = options.kind, options.currency
    if kind and kind not in (*load_kinds(), PRODUCTS_KIND):
        raise CannotDo(
            "There is no kind {kind}. The kinds are: {known}.",
            kind=kind,
            known=", ".join((*load_kinds(), PRODUCTS_KIND)),
        )
    asked = [one for name, one in load_kinds().items() if kind in (None, name)]
    known = {name for one in asked for name in (*one.columns, *one.aids)}
    if kind in (None, PRODUCTS_KIND):
        known |= {name for name in list_known_fields() if not name.startswith("option_")}
    if wrong := [one for one in options.called.values() if one not in known]:
        raise CannotDo(
            "There is no column {column}. The columns are: {known}.",
            column=wrong[0],
            known=", ".join(sorted(known)),
        )
    if currency and currency not in CURRENCIES:
        raise CannotDo("{currency} is no currency that I know.", currency=currency)


def check_given_columns(name: str, given: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises CannotDo for a column that the file does not have."""
    has = {normalize_column_name(one) for one in names}
    if gone := [theirs for theirs in given if normalize_column_name(theirs) not in has]:
        raise CannotDo("{file} has no column {column}.", file=name, column=gone[0])


def unknown_file_error(
    name: str, names: Sequence[str], match: ColumnMatch, kind: str | None
) -> CannotDo:
    """Return the error that tells what a file lacks to be of a known kind."""
    columns = ", ".join(one for one in names if one)[:200]
    has = match.columns
    if kind in (None, "orders") and "order" in has and "at" in has and "customer" in has:
        return CannotDo(
            "{file} says when orders were placed, but not what they were worth. The file of "
            "their lines completes it, the one with an order and a price on each row: import "
            "both in one command, or give me one table of both.",
            file=name,
        )
    if kind in (None, "orders") and is_order_lines(match):
        return CannotDo(
            "{file} has the lines of orders, but not when they were placed. The file of the "
            "orders completes it, the one with an order and its date on each row: import both "
            "in one command, or give me one table of both.",
            file=name,
        )
    if kind:
        return CannotDo(
            "{file} can't be {kind}: I find no column for {missing}. Its columns are: {columns}.",
            file=name,
            kind=label_kind(kind),
            missing=name_missing_columns(list_missing_columns(match)),
            columns=columns,
        )
    return CannotDo(_describe_unknown_kind(name, names, match, columns))


def _describe_unknown_kind(
    name: str, names: Sequence[str], match: ColumnMatch, columns: str
) -> Words:
    """Return the message for a file of no known kind, with what would help."""
    said = {normalize_column_name(one) for one in names}
    totals = sum(has_meaning(one, "analytics_total") for one in said)
    if totals >= LEAST_TOTALS and not said & {"sessionid", "userid", "visitorid"}:
        return Words(
            "{file} holds totals of an analytics tool, and I can't find in them where buyers are "
            "lost. Export what they are counted from: a row for each step of a visit, with the "
            "visit, the time and the step (view, cart, checkout, purchase).",
            file=name,
        )
    if {"product", "category"} <= {*match.columns}:
        return Words(
            "{file} sorts products into categories, but doesn't name them: by itself it is no "
            "catalogue. Give it to me together with the orders and their lines, and it completes "
            "them.",
            file=name,
        )
    if match.score >= LEAST_KNOWN:
        missing = list_missing_columns(match)
        return Words(
            "I can't tell what {file} holds. It is nearest to {kind}, but I find no column for "
            "{missing}. Its columns are: {columns}. Give that column a plainer name, or say in a "
            "terminal what it is: --as {key} --map theirs={ours}",
            file=name,
            kind=label_kind(match.kind),
            key=match.kind,
            missing=name_missing_columns(missing),
            ours=missing[0][0],
            columns=columns,
        )
    return Words(
        "I can't tell what {file} holds. Its columns are: {columns}. I know orders, visits to the "
        "shop, customer feedback, products, past prices, campaign results, tests of variants, and "
        "customers with their consents. If it is one of these, give its columns plainer names, or "
        "say in a terminal what they are: --as orders --map theirs=ours",
        file=name,
        columns=columns,
    )


def missing_header_error(name: str, first: Sequence[str], given: Mapping[str, str]) -> CannotDo:
    """Return the error for a table without column names, of which too few were given."""
    told = dict(given) or guess_columns(first) or {"1": "order", "2": "at"}
    return CannotDo(
        "{file} begins with a row, “{columns}”, and not with the names of its columns. Put "
        "them on its first line, or say them by number in a terminal: {example} and so on. "
        "Those of orders are called order, customer, at, product, quantity and amount.",
        file=name,
        columns=preview_cells(first),
        example=" ".join(f"--map {n}={ours}" for n, ours in told.items()),
    )


def empty_column_error(name: str, one: MappedColumn, cell: str, type_: ColumnType) -> CannotDo:
    """Return the error for a needed column without readable values."""
    if type_ in ("day", "moment"):
        return CannotDo(
            "{file}: I can't read the dates of {column}, such as “{cell}”.",
            file=name,
            column=one.theirs,
            cell=cell[:40],
        )
    return CannotDo(
        "{file}: I can't read the numbers of {column}, such as “{cell}”.",
        file=name,
        column=one.theirs,
        cell=cell[:40],
    )


def no_rows_error(name: str, rejects: Sequence[RejectedRow | ProductReject]) -> CannotDo:
    """No row that could come in, and why the first did not."""
    if not rejects:
        return CannotDo("{file} has the columns but no rows.", file=name)
    first = rejects[0]
    return CannotDo(
        "No row of {file} can be read. Line {line}, {column}: {reason}.",
        file=name,
        line=first.line,
        column=first.column or "?",
        reason=first.reason.words(),
    )
