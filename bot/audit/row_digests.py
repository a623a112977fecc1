"""Signed digests of rows, so that a row that was changed outside the program is detected.

`bot.audit.transactions` stores them at each commit. `bot.audit.row_checks` checks rows before they
are written and before somebody acts on them; `bot.audit.verify` checks all rows.
"""

import hashlib
import json
import logging
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit.journal import (
    ENTRIES,
    INSERT_ENTRY,
    ROW_REFS,
    UPDATE_HEAD,
    NewEntry,
    Signer,
    build_entries,
    get_signer,
)
from bot.db.base import Row

RowValues = Mapping[str, Any]  # the values of one row by column name


@dataclass(frozen=True)
class AuditedTable:
    """A table of `audited_columns.toml`. `versions` are ordered from oldest to newest, each with
    its columns; `free` has the reason of each column that is not audited."""

    versions: Mapping[str, tuple[str, ...]]
    free: Mapping[str, str] = field(default_factory=dict)
    subject: str = (
        ""  # the column by which the id that all rows of one piece of work share is found
    )

    @property
    def newest(self) -> str:
        return list(self.versions)[-1]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.versions[self.newest]


_TABLES = tomllib.loads(Path(__file__).with_name("audited_columns.toml").read_text("utf-8"))
AUDITED_TABLES: Mapping[str, AuditedTable] = {
    name: AuditedTable(
        {version: tuple(columns) for version, columns in table["versions"].items()},
        table.get("free", {}),
        table.get("subject", ""),
    )
    for name, table in _TABLES["audited"].items()
}
UNAUDITED_TABLES: Mapping[str, str] = _TABLES["unaudited"]  # table → why


log = logging.getLogger("bot.audit.journal")

ERASED = "erased"  # stands for a digest: the row was deleted by the program
TASK_TABLES = ("tasks", "drafts", "decisions", "deliveries", "posts")  # checked before a decision
INSERT_PAGE_SIZE = 500
MAX_ROWS_AT_ONCE = 4  # that are written in one statement with the head, on PostgreSQL

RowKey = tuple[Any, ...]


class _DigestOfRow:
    """What can be asked of a row's digest, as a plain object or as an ORM object."""

    row: Any
    workspace: Any
    seq: Any
    subject: Any
    columns: Any
    digest: Any

    @property
    def signed(self) -> tuple[str, ...]:
        return (
            *("row", self.row, self.workspace, str(self.seq), self.subject),
            *(self.columns, self.digest),
        )

    @property
    def item(self) -> tuple[str, ...]:
        """The values that the combined digest in the journal entry covers."""
        return self.row, self.subject, self.columns, self.digest

    def is_of(self, values: RowValues) -> bool:
        """Whether a row with these values has this digest."""
        table = self.columns.partition("/")[0]
        known = (
            AUDITED_TABLES[table].versions.get(self.columns) if table in AUDITED_TABLES else None
        )
        return known is not None and compute_digest(values, self.columns, known) == self.digest


class RowDigest(_DigestOfRow, Row):
    """The digest of a row at the entry `seq`. The newest digest of a row is the one in force."""

    __tablename__ = "row_digests"

    row: Mapped[str] = mapped_column(primary_key=True)  # "drafts/<id>"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)  # the task that the row belongs to, or itself
    columns: Mapped[str]  # the version of the columns: "drafts/1"
    digest: Mapped[str]
    signature: Mapped[str | None]


@dataclass(slots=True)
class DigestValues(_DigestOfRow):
    """The values of a RowDigest, without the cost of an ORM object: each commit makes some."""

    row: str
    workspace: str
    subject: str
    columns: str
    digest: str
    seq: int = 0  # not yet recorded
    signature: str | None = None


DIGEST_TABLE = Row.metadata.tables["row_digests"]
DIGEST_COLUMNS = tuple(DIGEST_TABLE.columns.keys())
INSERT_DIGEST = insert(
    DIGEST_TABLE
)  # built once, since it runs in every transaction that writes audited rows
SELECT_ROW_DIGESTS = (
    select(*DIGEST_TABLE.columns)
    .where(DIGEST_TABLE.c.row == bindparam("of"))
    .order_by(DIGEST_TABLE.c.seq)
)


def get_table(name: str) -> Table:
    return Row.metadata.tables[name]


def compute_digest(values: RowValues, version: str, columns: Sequence[str]) -> str:
    """Return the SHA-256 over these columns; it is the same on SQLite and PostgreSQL."""
    canonical = {name: canonicalize(values[name]) for name in columns}
    whole = json.dumps([version, canonical], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def canonicalize(value: Any) -> Any:
    """Return a column's value as JSON. Values of different types never look the same."""
    if isinstance(value, datetime):
        return {"time": value.astimezone(UTC).isoformat(timespec="microseconds")}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": format(value.normalize(), "f")}
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, dict | list | tuple):
        return {"json": value}
    return value


def combine_digests(items: Iterable[tuple[str, ...]]) -> str:
    """Return one digest over the rows of an entry, independent of their order."""
    whole = json.dumps(sorted(items), ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def format_row_name(table: str, key: RowKey) -> str:
    """Return "drafts/<id>"; a key of several columns becomes a JSON list."""
    parts = [str(part) for part in key]
    return f"{table}/{parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)}"


def get_row_key(table: Table, values: RowValues) -> RowKey:
    return tuple(values[column.name] for column in table.primary_key.columns)


def get_workspace(table: str, values: RowValues) -> str:
    return str(values["id" if table == "workspaces" else "workspace"])


def get_subject(table: str, values: RowValues) -> str:
    """Return the id of the task that a row belongs to; any other row is a subject of its own."""
    column = AUDITED_TABLES[table].subject
    value = str(values[column] or "") if column else ""
    if column == "task":
        return value
    if column == "draft":  # <task>.<number>.v<version>
        return value.rsplit(".", 2)[0]
    if column == "piece" and "." in value:  # <task>.<number>: a card
        return value.rsplit(".", 1)[0]
    return format_row_name(table, get_row_key(get_table(table), values)).partition("/")[2]


def get_table_name(row: Any) -> str:
    return str(getattr(row, "__tablename__", ""))


class RowAttributes(Mapping[str, Any]):
    """A mapping from column name to value over an ORM object."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def __getitem__(self, name: str) -> Any:
        return getattr(self.row, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.row.__table__.columns.keys())

    def __len__(self) -> int:
        return len(self.row.__table__.columns)


def matches_digest(recorded: DigestValues | None, values: RowValues, signer: Signer | None) -> bool:
    if recorded is None or not recorded.is_of(values):
        return False
    return signer is None or signer.check(recorded.signature, *recorded.signed) == "good"


def build_digest(workspace: str, row: str, subject: str, columns: str, digest: str) -> DigestValues:
    return DigestValues(
        workspace=workspace, row=row, subject=subject, columns=columns, digest=digest
    )


def build_row_refs(digests: Collection[_DigestOfRow]) -> dict[str, str | int]:
    """Return the references of an entry to the rows that were written with it."""
    versions = " ".join(sorted({digest.columns for digest in digests}))
    whole = combine_digests(digest.item for digest in digests)
    return dict(zip(ROW_REFS, (len(digests), versions, whole), strict=True))


def record_rows(
    session: Session,
    workspace: str,
    end: tuple[int, str],
    events: Sequence[NewEntry],
    digests: Sequence[DigestValues],
) -> None:
    """Append entries to a chain whose head is locked, the last of them with these digests; `end` is
    the head's count and hash."""
    rows = _sign_digests(session, digests, end[0] + len(events))
    entries, new_head = build_entries(session, workspace, end, events)
    connection = session.connection()
    if max(len(rows), len(entries)) <= MAX_ROWS_AT_ONCE and connection.dialect.name == "postgresql":
        renamed = _number_values("digest", rows) | _number_values("entry", entries)
        connection.execute(_build_record(len(rows), len(entries)), renamed | new_head)
        return
    for inserted, all_rows in ((INSERT_DIGEST, rows), (INSERT_ENTRY, entries)):
        for start in range(0, len(all_rows), INSERT_PAGE_SIZE):
            page = all_rows[start : start + INSERT_PAGE_SIZE]
            # A list of one row would take the slower way of many rows.
            connection.execute(inserted, page[0] if len(page) == 1 else page)
    connection.execute(UPDATE_HEAD, new_head)


def _number_values(prefix: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{prefix}_{number}_{name}": value
        for number, row in enumerate(rows)
        for name, value in row.items()
    }


@cache
def _build_record(digests: int, entries: int) -> Update:
    """Write so many digests and entries, and the head, in one statement: each is a round trip to
    PostgreSQL, and nearly all transactions write no more."""
    statement = UPDATE_HEAD
    for prefix, table, count in (("digest", DIGEST_TABLE, digests), ("entry", ENTRIES, entries)):
        # One insert for each row: SQLAlchemy compiles one of several rows anew each time.
        for number in range(count):
            new = f"{prefix}_{number}"
            values: dict[str, Any] = {
                column.name: bindparam(f"{new}_{column.name}") for column in table.columns
            }
            statement = statement.add_cte(insert(table).values(values).cte(f"new_{new}"))
    return statement


def _sign_digests(
    session: Session, digests: Sequence[DigestValues], seq: int
) -> list[dict[str, Any]]:
    signer = get_signer(session)
    rows = []
    for digest in digests:
        digest.seq = seq
        digest.signature = signer.sign(*digest.signed) if signer else None
        rows.append({name: getattr(digest, name) for name in DIGEST_COLUMNS})
    return rows


# Reading rows and digests


def read_rows(
    session: Session, table: str, keys: Sequence[RowKey], *, lock: bool = False
) -> dict[RowKey, RowValues]:
    """Read the audited columns of these rows from the database, by key."""
    found: dict[RowKey, RowValues] = {}
    if len(keys) == 1:
        which = dict(zip(KEY_PARAMETERS, keys[0], strict=False))
        by_key = _select_row(table, AUDITED_TABLES[table].columns, lock)
        one = session.connection().execute(by_key, which).mappings().first()
        return {keys[0]: dict(one)} if one else {}
    primary = list(get_table(table).primary_key.columns)
    for start in range(0, len(keys), INSERT_PAGE_SIZE):
        some = keys[start : start + INSERT_PAGE_SIZE]
        if len(primary) == 1:
            where: ColumnElement[bool] = primary[0].in_([key[0] for key in some])
        else:
            pairs = [zip(primary, key, strict=True) for key in some]
            where = or_(*(and_(*(column == value for column, value in one)) for one in pairs))
        wanted = select_rows(table).where(where)
        for values in iter_values(session, wanted.with_for_update() if lock else wanted):
            found[get_row_key(get_table(table), values)] = values
    return found


def iter_values(session: Session, wanted: Select[Any]) -> Iterator[RowValues]:
    with session.connection().execute(wanted) as found:  # also closed if the caller stops early
        for row in found.mappings():
            yield {str(name): value for name, value in row.items()}


KEY_PARAMETERS = ("key_1", "key_2", "key_3")


@cache
def _select_row(table: str, columns: tuple[str, ...], lock: bool) -> Select[Any]:
    """Select one row by its key. Built once, since it runs whenever an audited row is written."""
    of = get_table(table)
    pairs = zip(of.primary_key.columns, KEY_PARAMETERS, strict=False)
    wanted = select(*(of.c[name] for name in columns))
    wanted = wanted.where(*(column == bindparam(name) for column, name in pairs))
    return wanted.with_for_update() if lock else wanted


def select_rows(table: str) -> Select[Any]:
    return select(*(get_table(table).c[name] for name in AUDITED_TABLES[table].columns))


def read_latest_digests(
    session: Session, rows: Sequence[str]
) -> dict[tuple[str, str], DigestValues]:
    """Return the newest digest of each of these rows, by workspace and row name."""
    found: dict[tuple[str, str], DigestValues] = {}
    if len(rows) == 1:
        return _index_digests(session.connection().execute(SELECT_ROW_DIGESTS, {"of": rows[0]}))
    for start in range(0, len(rows), INSERT_PAGE_SIZE):
        mine = RowDigest.row.in_(rows[start : start + INSERT_PAGE_SIZE])
        found |= select_newest_digests(session, mine)
    return found


def select_newest_digests(
    session: Session, where: ColumnElement[bool]
) -> dict[tuple[str, str], DigestValues]:
    wanted = select(*DIGEST_TABLE.columns).where(where).order_by(DIGEST_TABLE.c.seq)
    return _index_digests(session.connection().execute(wanted))


def _index_digests(result: CursorResult[Any]) -> dict[tuple[str, str], DigestValues]:
    newest = {(one["workspace"], one["row"]): one for one in result.mappings()}
    return {name: DigestValues(**one) for name, one in newest.items()}
