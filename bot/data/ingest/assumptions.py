"""Sentences about what was assumed of a file without a proof."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.data.ingest.column_formats import FormatProof
from bot.data.ingest.column_names import CONSENT_COLUMNS, ColumnMatch, classify_metric
from bot.data.ingest.column_sql import select_cells, target_columns
from bot.data.ingest.file_schema import FileSchema, LoadResult
from bot.data.ingest.header import preview_cells
from bot.data.ingest.source import RowSource
from bot.data.ingest.tool_exports import load_exports
from bot.data.ingest.totals import AGGREGATE_KINDS
from bot.data.schema import load_kinds
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.merge import (
    count_known,
    count_overlaps,
    count_replaced,
    list_lost_columns,
)
from bot.data.warehouse.store import RowStore
from bot.i18n.messages import Words

NO_DATES = Words("There are no dates.")
ORDER_STATUSES = ("sold", "cancelled", "returned", "unpaid", "test")
MOST_NAMED = 5
AD_MONEY_COLUMNS = ("spend", "sales", "budget")  # columns of campaigns


def list_assumptions(
    match: ColumnMatch,
    names: Sequence[str],
    proof: FormatProof,
    said: str | None,
    asked: str | None,
) -> Iterator[Words]:
    """Yield a sentence for each unproved assumption. `said` is the file's currency, `asked` the one
    that a person set."""
    if not proof.order.proved or proof.order.clashes:
        yield describe_date_order(proof.order.day_first, proof.order.year_first)
    if proof.decimal == "," and proof.mark_proved:
        yield Words("Numbers are read with a decimal comma.")
    for at, (cell, value) in proof.doubtful.items():
        yield Words(
            "“{cell}” in {column} is read as {value}: nothing else says what its sign means.",
            cell=cell,
            column=names[at],
            value=value,
        )
    if proof.signed:
        yield Words("Amounts are in several currencies, by the sign beside each.")
    elif said and not asked and "currency" not in match.columns:
        yield Words("Amounts are in {currency}.", currency=said)
    if lacks_currency(match, said):
        yield Words("No currency is named.")
    twice = [one for at, one in enumerate(names) if one and one in names[:at]]
    if twice:
        yield Words("{column} is there twice: the first one is read.", column=twice[0])
    if proof.rating_scale != 1:
        top = 10 if proof.rating_scale == 0.5 else 100
        yield Words("Ratings go up to {top} and are brought to 5.", top=top)
    yield from _describe_export(match)
    yield from _describe_derived_columns(match, names)


def _describe_export(match: ColumnMatch) -> Iterator[Words]:
    """Say which tool's export a file is, and what its columns do not hold."""
    export = load_exports().get(match.export)
    if export is None:
        return
    yield Words("These are the columns of an export of {tool}.", tool=export.tool)
    if export.without_tax:
        yield Words("{tool} writes these amounts without tax.", tool=export.tool)
    if export.names_for_people:
        yield Words(
            "It names customers and has no number or address of theirs: this file can't tell who "
            "bought again."
        )


def lacks_currency(match: ColumnMatch, said: str | None) -> bool:
    """Return whether a file has amounts but no currency."""
    priced = match.kind in ("orders", "prices") or any(
        one in match.columns for one in AD_MONEY_COLUMNS
    )
    return priced and not said and "currency" not in match.columns


def describe_repeats(found: FileSchema, taken: LoadResult) -> Iterator[Words]:
    """Describe rows that a later row of the same file replaces, with the columns that are equal,
    and lines of orders that had the same number."""
    keys = [one.theirs for one in found.columns if one.ours in load_kinds()[found.kind].key]
    columns = ", ".join(keys)
    if taken.doubled and not keys:
        yield Words.count(
            "{n} row says the same as a row further down: it counts once.",
            "{n} rows say the same as a row further down: they count once.",
            taken.doubled,
        )
    elif taken.doubled and found.kind in AGGREGATE_KINDS:
        yield Words.count(
            "{n} row has the same {columns} as a row further down: they are added up.",
            "{n} rows have the same {columns} as rows further down: they are added up.",
            taken.doubled,
            columns=columns,
        )
    elif taken.doubled:
        yield Words.count(
            "{n} row has the same {columns} as a row further down, which takes its place.",
            "{n} rows have the same {columns} as a row further down, which takes their place.",
            taken.doubled,
            columns=columns,
        )
    if taken.numbered:  # of orders
        yield Words.count(
            "{n} line has the same {columns} as another one of its order: both count.",
            "{n} lines have the same {columns} as others of their order: all of them count.",
            taken.numbered,
            columns=columns,
        )


def describe_date_order(day_first: bool, year_first: bool) -> Words:
    if year_first:
        return Words("Dates are read as year/month/day.")
    if day_first:
        return Words("Dates are read as day/month.")
    return Words("Dates are read as month/day.")


def describe_skipped_lines(above: int, first: Sequence[str]) -> Iterator[Words]:
    """Describe lines above the header, or a first row that is read as data."""
    if above:
        yield Words.count(
            "{n} line above the names of the columns is left out.",
            "{n} lines above the names of the columns are left out.",
            above,
        )
    if first:
        yield Words(
            "The columns have no names: the first row is “{columns}”.",
            columns=preview_cells(first),
        )


def _describe_derived_columns(match: ColumnMatch, names: Sequence[str]) -> Iterator[Words]:
    has, aids = match.columns, match.aids
    if match.kind == "orders":
        if "amount" not in has and "quantity" in has and "unit_price" in aids and not match.export:
            yield Words(
                "The amount is {quantity} times {price}.",
                quantity=names[has["quantity"]],
                price=names[aids["unit_price"]],
            )
        if "order" not in has:
            yield Words("There are no order numbers: a customer's day is one order.")
        if "line" not in has and ("product" in has or "title" in has):
            yield Words("Lines are numbered by their place in the order.")
    if match.kind == "events" and "session" not in has:
        yield Words("There are no sessions: a visitor's day is one.")
    if match.kind == "feedback" and "id" not in has:
        yield Words("There are no ids: they are made from the rows.")
    if match.kind == "experiments":
        if "experiment" not in has:
            yield Words("The test is called by the file's name.")
        if "unit" not in has and "users" not in has:
            yield Words("Each row is a person of its own.")
        if match.metrics:
            yield _describe_metrics(list(match.metrics))
    if match.kind == "consents" and not any(one in has for one in CONSENT_COLUMNS):
        yield Words("No consent is told: nobody of this file may be written to.")
    if match.kind == "customers":
        yield Words("No consent is stated: the consents that are stored stay as they are.")
    if load_kinds()[match.kind].dated not in has:
        yield NO_DATES


def _describe_metrics(metrics: list[str]) -> Words:
    """Describe the metrics of an experiment. One yes-or-no with one amount stays one row; otherwise
    each metric becomes a row."""
    names = ", ".join(metrics)
    if len(metrics) == 1 or sorted(map(classify_metric, metrics)) == ["successes", "values"]:
        return Words("What is measured: {metrics}.", metrics=names)
    return Words("Each row becomes {n}, one a measure: {metrics}.", n=len(metrics), metrics=names)


def describe_spans(source: RowSource, found: FileSchema) -> Iterator[Words]:
    """Say which days rows without a day of their own are about."""
    if found.period:
        first, last = found.period
        yield Words(
            "No row has a date: each covers {first} to {last}, as the head of the file says.",
            first=first,
            last=last,
        )
        return
    dated = load_kinds()[found.kind].dated
    if not found.has(dated, "until"):
        return
    days = {one.name: one.sql for one in target_columns(found) if one.name in (dated, "until")}
    cells = select_cells(found, source.relation)
    longest = source.con.execute(
        f"SELECT max(date_diff('day', ({days[dated]})::DATE, ({days['until']})::DATE)) + 1 "
        f"FROM {cells}"
    ).fetchall()[0][0]
    if longest and longest > 1:
        yield Words("A row covers up to {n} days and counts on the first of them.", n=longest)


def describe_unknown_statuses(source: RowSource, found: FileSchema) -> Iterator[Words]:
    """Name the states of orders that are none of ours: such orders count as sales."""
    if found.kind != "orders" or not found.has("status"):
        return
    status = next(one.sql for one in target_columns(found) if one.name == "status")
    cells = select_cells(found, source.relation)
    unknown = source.con.execute(
        f"SELECT status, count(*) FROM (SELECT {status} AS status FROM {cells}) "
        f"WHERE NOT list_contains({[*ORDER_STATUSES]}, status) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if unknown:
        named = ", ".join(f"“{word[:40]}”" for word, _ in unknown[:MOST_NAMED])
        yield Words.count(
            "{n} row is in a state that is not known and counts as a sale: {states}.",
            "{n} rows are in a state that is not known and count as sales: {states}.",
            sum(rows for _, rows in unknown),
            states=named,
        )


def describe_arms(source: RowSource, found: FileSchema) -> Iterator[Words]:
    """Say how many people of a test were shown several variants, and that no split is stated."""
    if found.kind != "experiments":
        return
    if found.has("unit", "variant"):
        sql = {one.name: one.sql for one in target_columns(found)}
        rows = f"SELECT {sql['unit']} AS u, {sql['variant']} AS v, {sql['experiment']} AS e"
        cells = select_cells(found, source.relation)
        several = source.con.execute(
            f"SELECT count(*) FROM (SELECT u FROM ({rows} FROM {cells}) WHERE u IS NOT NULL "
            "GROUP BY e, u HAVING count(DISTINCT v) > 1)"
        ).fetchall()[0][0]
        if several:
            yield Words.count(
                "{n} person is in several variants of a test.",
                "{n} people are in several variants of a test.",
                several,
            )
    if found.said.split:
        yield Words("As you said, people were meant to be split equally.")
    elif not found.has("share"):
        yield Words("The file does not state how people were meant to be split: was it equally?")


# What an import would change in the library: said before anybody confirms it.

JOINED_KINDS = ("customers", "consents", "returns")  # of people whose orders may be stored


@dataclass(frozen=True)
class ImportChanges:
    """`replaced` stored rows would be replaced, `twice` would count twice, because other rows cover
    their days. `lost` are our columns that those rows have and the file leaves empty. `joined` says
    how many people or orders of the file are known."""

    replaced: int
    twice: int
    lost: tuple[str, ...]
    joined: tuple[Words, ...]

    @property
    def rows(self) -> int:
        return self.replaced + self.twice

    @property
    def sentences(self) -> tuple[Words, ...]:
        return (*self._describe_rows(), *self.joined)

    def _describe_rows(self) -> Iterator[Words]:
        yield from describe_replaced(self.replaced)
        if self.lost:
            yield Words(
                "What those rows have here is lost, because this file leaves it empty: {columns}.",
                columns=", ".join(one.replace("_", " ") for one in self.lost),
            )
        if self.twice:
            yield Words.count(
                "{n} row that is stored covers days of this file: they would count twice.",
                "{n} rows that are stored cover days of this file: they would count twice.",
                self.twice,
            )


def describe_replaced(replaced: int) -> Iterator[Words]:
    """Say how many stored rows an import replaces, if any."""
    if replaced:
        yield Words.count(
            "{n} row that is stored is replaced by one of this file.",
            "{n} rows that are stored are replaced by rows of this file.",
            replaced,
        )


def find_changes(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> ImportChanges:
    """Compare the rows of `fresh`, read by the schema, with the stored ones. Temporary files go
    into `folder`. A stored file that is found to be damaged is marked and left out."""
    try:
        with report_damage(row_store.home, row_store.pool.database, row_store.now):
            return _compare(row_store, workspace, found, fresh, folder)
    except DamageDetected:
        return _compare(row_store, workspace, found, fresh, folder)


def _compare(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> ImportChanges:
    kind = found.kind
    stored = row_store.stored(workspace, kind)
    replaced = count_replaced(kind, fresh, stored, folder=folder)
    overlaps = bool(stored) and kind in AGGREGATE_KINDS
    return ImportChanges(
        replaced,
        count_overlaps(kind, fresh, stored, folder=folder) if overlaps else 0,
        list_lost_columns(kind, fresh, stored, folder=folder) if replaced else (),
        tuple(_count_known(row_store, workspace, found, fresh, folder)),
    )


def _count_known(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> Iterator[Words]:
    """Yield how many people and orders of the file have stored orders."""
    orders = row_store.stored(workspace, "orders")
    if not orders or found.kind not in (*JOINED_KINDS, "feedback"):
        return
    said = {
        "customer": Words("{known} of {all} people of this file have orders, by {column}."),
        "order": Words("{known} of {all} orders of this file are stored, by {column}."),
    }
    for one in found.columns:
        if one.ours not in said:
            continue
        every, known = count_known(fresh, orders, one.ours, folder=folder)
        if every:
            params = {"known": known, "all": every, "column": one.theirs}
            yield Words(said[one.ours].text, params=params)
