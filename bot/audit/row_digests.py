"""Digests of rows under the journal, so that a row changed behind its back is found.

Every transaction of `Database` is watched. The held rows that it wrote are read back when it
commits, and the digest of each is kept, signed, with the entry of the journal that they came with;
that entry has a digest over them all. `demand_recorded` compares before somebody acts on rows;
`first_fault` compares all of them.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Table,
    Update,
    UpdateBase,
    and_,
    bindparam,
    event,
    insert,
    inspect,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.session import sessionmaker

from bot.audit.held_columns import HELD, Values
from bot.audit.journal import (
    ADOPTED,
    RECORDED,
    ROW_REFS,
    UNSETTLED,
    Entry,
    Event,
    Head,
    Signer,
    Unsettled,
    append,
    key_name,
    lock_end,
    signer_of,
    unsettled,
    workspaces,
)
from bot.db.session import Row
from bot.errors import CannotDo
from bot.i18n.messages import Words

log = logging.getLogger("bot.audit.journal")

ERASED = "erased"  # instead of a digest: the row was deleted, and the journal knows
DIFFERS = "differs"  # instead of a digest: the row was not as recorded when it was written again
OFTEN = ("tasks", "drafts", "posts")  # their values are taken as written: reading costs more
NEVER_AGAIN = ("tasks", "posts", "receipts", "workspaces")  # nobody gains by making them again
ONE_WORK = ("tasks", "drafts", "decisions", "deliveries", "posts")  # what a decision rests on
PAGE = 500

Key = tuple[Any, ...]
Touched = tuple[str, Key]  # a table's name and a row's primary key


class RowDigest(Row):
    """What one row was when the entry `seq` was written. The newest of a row is in force."""

    __tablename__ = "row_digests"

    row: Mapped[str] = mapped_column(primary_key=True)  # "drafts/<id>"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)  # the task that the row belongs to, or itself
    columns: Mapped[str]  # the version of the columns: "drafts/1"
    digest: Mapped[str]
    signature: Mapped[str | None]

    @property
    def signed(self) -> tuple[str, ...]:
        return (
            *("row", self.row, self.workspace, str(self.seq), self.subject),
            *(self.columns, self.digest),
        )

    @property
    def item(self) -> tuple[str, ...]:
        """What its entry's digest covers of it."""
        return self.row, self.subject, self.columns, self.digest

    def is_of(self, values: Values) -> bool:
        """Whether a row with these values is the one recorded."""
        table = self.columns.partition("/")[0]
        known = HELD[table].versions.get(self.columns) if table in HELD else None
        return known is not None and digest_of(values, self.columns, known) == self.digest


DIGESTS = Row.metadata.tables["row_digests"]
INSERT = insert(DIGESTS)  # made once: these run in every transaction that writes held rows
OF_ROW = select(*DIGESTS.columns).where(DIGESTS.c.row == bindparam("of")).order_by(DIGESTS.c.seq)


def table_of(name: str) -> Table:
    return Row.metadata.tables[name]


def digest_of(values: Values, version: str, columns: Sequence[str]) -> str:
    """SHA-256 over these columns, the same on each database."""
    told = {name: canonical(values[name]) for name in columns}
    whole = json.dumps([version, told], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: Any) -> Any:
    """A column's value as JSON has it. Values of different types never look the same."""
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


def digest_over(items: Iterable[tuple[str, ...]]) -> str:
    """One digest over the rows of one entry, whatever order they come in."""
    whole = json.dumps(sorted(items), ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def row_name(table: str, key: Key) -> str:
    """ "drafts/<id>"; a key of several columns as a JSON list."""
    parts = [str(part) for part in key]
    return f"{table}/{parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)}"


def key_of(table: Table, values: Values) -> Key:
    return tuple(values[column.name] for column in table.primary_key.columns)


def workspace_of(table: str, values: Values) -> str:
    return str(values["id" if table == "workspaces" else "workspace"])


def subject_of(table: str, values: Values) -> str:
    key = row_name(table, key_of(table_of(table), values)).partition("/")[2]
    return HELD[table].subject(values, key)


# Watching transactions


def watch(sessions: "sessionmaker[GuardedSession]") -> None:
    """Have every transaction of these sessions record the rows that it writes."""
    event.listen(sessions, "before_flush", _before_flush)
    event.listen(sessions, "after_flush", _after_flush)
    event.listen(sessions, "before_commit", settle)
    event.listen(sessions, "after_soft_rollback", _forget)


def note_inserted(session: Session, table: Table, values: Values) -> None:
    """A row was inserted by a statement of its own."""
    if table.name not in HELD:
        return
    key = key_of(table, values)
    _touch(session, table.name, key, None)
    if table.name in OFTEN:
        whole = {name: values.get(name) for name in HELD[table.name].columns}
        if all(value is not None or table.c[name].nullable for name, value in whole.items()):
            unsettled(session).values[table.name, key] = whole


def _touch(session: Session, table: str, key: Key, as_recorded: bool | None) -> None:
    unsettled(session).rows.setdefault((table, key), as_recorded)


def _table_name(row: Any) -> str:
    return str(getattr(row, "__tablename__", ""))


def _before_flush(session: Session, *_: Any) -> None:
    """Look, before held rows are written again, whether they stand as they were recorded: what was
    changed behind the journal's back must not be recorded with the next change."""
    written: dict[str, list[Key]] = {}
    known = unsettled(session).rows
    for row in (*session.dirty, *session.deleted):
        table = _table_name(row)
        if table in HELD and (row in session.deleted or _is_held_change(row, table)):
            key = inspect(row).identity
            if (table, key) not in known:
                written.setdefault(table, []).append(key)
    for table, keys in written.items():
        standing = _check(session, table, keys)
        for key in keys:
            _touch(session, table, key, standing[key])
    for row in session.dirty:
        if _table_name(row) in OFTEN:
            _follow(session, row, _table_name(row))
    for row in session.deleted:
        unsettled(session).values.pop((_table_name(row), inspect(row).identity), None)


def _follow(session: Session, row: Any, table: str) -> None:
    """Keep what the row will hold after this flush, where we know what it held."""
    state = inspect(row)
    known = unsettled(session).values.get((table, state.identity))
    if known is not None:
        changed = [name for name in known if state.attrs[name].history.has_changes()]
        known.update({name: getattr(row, name) for name in changed})


def _is_held_change(row: Any, table: str) -> bool:
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in HELD[table].columns)


def _check(session: Session, table: str, keys: Sequence[Key]) -> dict[Key, bool]:
    """Whether each of these rows, as the database has it now, is as it was recorded."""
    current = _read(session, table, keys, lock=True)
    latest = _latest(session, [row_name(table, key) for key in keys])
    unsettled(session).latest.update(latest)
    if table in OFTEN:
        for key, values in current.items():
            unsettled(session).values[table, key] = dict(values)
    signer = signer_of(session)
    found = {}
    for key in keys:
        held = current.get(key)
        workspace = workspace_of(table, held) if held else ""
        recorded = latest.get((workspace, row_name(table, key)))
        found[key] = held is not None and _matches(recorded, held, signer)
    return found


def _matches(recorded: RowDigest | None, values: Values, signer: Signer | None) -> bool:
    if recorded is None or not recorded.is_of(values):
        return False
    return signer is None or signer.check(recorded.signature, *recorded.signed) == "good"


def _after_flush(session: Session, _: Any) -> None:
    for row in session.new:
        table = _table_name(row)
        if table in HELD:
            _touch(session, table, key_of(table_of(table), _Attributes(row)), None)


class _Attributes(Mapping[str, Any]):
    """A row object's columns by name."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def __getitem__(self, name: str) -> Any:
        return getattr(self.row, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.row.__table__.columns.keys())

    def __len__(self) -> int:
        return len(self.row.__table__.columns)


class GuardedSession(Session):
    """A session whose statements may not write held columns: they would leave no digest. A hook of
    the ORM's would do the same and make every read some 50 µs slower."""

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        _demand_free(statement)
        return super().execute(statement, *args, **kwargs)

    def scalars(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        _demand_free(statement)
        return super().scalars(statement, *args, **kwargs)

    def scalar(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        _demand_free(statement)
        return super().scalar(statement, *args, **kwargs)


def _demand_free(statement: Any) -> None:
    """Raises ValueError for a statement that writes held columns: it is a bug. Statements that
    write free columns alone may pass."""
    if not isinstance(statement, UpdateBase):
        return
    held = HELD.get(str(getattr(statement.table, "name", "")))
    if held is None:
        return
    written = {getattr(name, "key", name) for name in (getattr(statement, "_values", None) or {})}
    if isinstance(statement, Update) and written and written <= set(held.free):
        return
    raise ValueError(f"{statement.table} is held by the journal: write its rows as objects")


def _forget(session: Session, _: Any) -> None:
    if not session.in_transaction():
        session.info.pop(UNSETTLED, None)


def settle(session: Session) -> None:
    """Append what this transaction records. The last thing before it commits."""
    if not _has_work(session):
        return
    session.flush()
    found: Unsettled = session.info.pop(UNSETTLED, None) or Unsettled()
    digests = _digests(session, found)
    events: dict[str, list[Event]] = {}
    for one in found.events:
        events.setdefault(one.workspace, []).append(one)
    now = session.info["database"].now()
    for workspace in sorted({*events, *(digest.workspace for digest in digests)}):
        mine = [digest for digest in digests if digest.workspace == workspace]
        end = lock_end(session, workspace)
        told = events.get(workspace) or [Event(workspace, RECORDED, mine[0].subject, now)]
        if mine:
            told[-1] = replace(told[-1], refs={**told[-1].refs, **row_refs(mine)})
            _keep(session, mine, end[0] + len(told))
        append(session, workspace, end, told)


def _has_work(session: Session) -> bool:
    return UNSETTLED in session.info or bool(session.new or session.dirty or session.deleted)


def row_refs(digests: Collection[RowDigest]) -> dict[str, str | int]:
    """What an entry says of the rows that were written with it."""
    versions = " ".join(sorted({digest.columns for digest in digests}))
    whole = digest_over(digest.item for digest in digests)
    return dict(zip(ROW_REFS, (len(digests), versions, whole), strict=True))


def _keep(session: Session, digests: Sequence[RowDigest], seq: int) -> None:
    signer = signer_of(session)
    rows = []
    for digest in digests:
        digest.seq = seq
        digest.signature = signer.sign(*digest.signed) if signer else None
        rows.append({name: getattr(digest, name) for name in RowDigest.__table__.columns.keys()})  # noqa: SIM118
    for start in range(0, len(rows), PAGE):
        session.connection().execute(INSERT, rows[start : start + PAGE])


def _digests(session: Session, found: Unsettled) -> list[RowDigest]:
    """The digests of what a transaction wrote, as the database has it."""
    by_table: dict[str, list[Key]] = {}
    for table, key in found.rows:
        by_table.setdefault(table, []).append(key)
    unread = [
        row_name(*touched)
        for touched, standing in found.rows.items()
        if standing is None and touched[0] not in NEVER_AGAIN
    ]
    latest = found.latest | (_latest(session, unread) if unread else {})
    digests: list[RowDigest] = []
    for table, keys in by_table.items():
        current: dict[Key, Values] = {
            key: found.values[table, key] for key in keys if (table, key) in found.values
        }
        if rest := [key for key in keys if key not in current]:
            current |= _read(session, table, rest)
        for key in keys:
            digests += _digests_of_row(table, key, current.get(key), found.rows[table, key], latest)
    return digests


def _digests_of_row(
    table: str,
    key: Key,
    values: Values | None,
    as_recorded: bool | None,
    latest: Mapping[tuple[str, str], RowDigest],
) -> Iterator[RowDigest]:
    """The row's digest; and that it is gone, where it left a workspace or was deleted."""
    row = row_name(table, key)
    before = [one for (_, name), one in latest.items() if name == row and one.digest != ERASED]
    here = workspace_of(table, values) if values is not None else None
    if as_recorded is None and before:
        as_recorded = False  # it was recorded, was gone, and comes again
    for gone in before:
        if gone.workspace != here and as_recorded:
            yield _digest(gone.workspace, row, gone.subject, gone.columns, ERASED)
    if values is None or here is None:
        return
    version = HELD[table].newest
    digest = digest_of(values, version, HELD[table].columns)
    if as_recorded is False:
        log.warning("%s of %s was changed outside the program", row, here)
        digest = DIFFERS
    yield _digest(here, row, subject_of(table, values), version, digest)


def _digest(workspace: str, row: str, subject: str, columns: str, digest: str) -> RowDigest:
    return RowDigest(workspace=workspace, row=row, subject=subject, columns=columns, digest=digest)


def _read(
    session: Session, table: str, keys: Sequence[Key], *, lock: bool = False
) -> dict[Key, Values]:
    """Held columns of these rows, by key, straight from the database."""
    found: dict[Key, Values] = {}
    primary = list(table_of(table).primary_key.columns)
    for start in range(0, len(keys), PAGE):
        some = keys[start : start + PAGE]
        if len(primary) == 1:
            where: ColumnElement[bool] = primary[0].in_([key[0] for key in some])
        else:
            pairs = [zip(primary, key, strict=True) for key in some]
            where = or_(*(and_(*(column == value for column, value in one)) for one in pairs))
        wanted = _select(table).where(where)
        for values in _values(session, wanted.with_for_update() if lock else wanted):
            found[key_of(table_of(table), values)] = values
    return found


def _values(session: Session, wanted: Select[Any]) -> Iterator[Values]:
    with session.connection().execute(wanted) as found:  # closed when the first difference ends it
        for row in found.mappings():
            yield {str(name): value for name, value in row.items()}


def _select(table: str) -> Select[Any]:
    return select(*(table_of(table).c[name] for name in HELD[table].columns))


def _latest(session: Session, rows: Sequence[str]) -> dict[tuple[str, str], RowDigest]:
    """The newest digest of each of these rows, by workspace and row."""
    found: dict[tuple[str, str], RowDigest] = {}
    if len(rows) == 1:
        return _found(session.connection().execute(OF_ROW, {"of": rows[0]}))
    for start in range(0, len(rows), PAGE):
        mine = RowDigest.row.in_(rows[start : start + PAGE])
        found |= _newest(session, mine)
    return found


def _newest(session: Session, where: ColumnElement[bool]) -> dict[tuple[str, str], RowDigest]:
    wanted = select(*DIGESTS.columns).where(where).order_by(DIGESTS.c.seq)
    return _found(session.connection().execute(wanted))


def _found(result: CursorResult[Any]) -> dict[tuple[str, str], RowDigest]:
    newest = {(one["workspace"], one["row"]): one for one in result.mappings()}
    return {name: RowDigest(**one) for name, one in newest.items()}


# Before somebody acts


def demand_recorded(session: Session, workspace: str, task: str) -> None:
    """Raises CannotDo unless the rows of a task (drafts, decisions, deliveries, cards) are all
    there and as recorded. Rows that this transaction wrote itself were compared before that."""
    session.flush()
    latest = {
        name: one
        for (where, name), one in _newest(session, RowDigest.subject == task).items()
        if where == workspace and name.partition("/")[0] in ONE_WORK and one.digest != ERASED
    }
    rows = {
        row_name(table, key_of(table_of(table), values)): values
        for table, wanted in _work_of(task).items()
        for values in _values(session, wanted)
    }
    own = {row_name(*touched): good for touched, good in unsettled(session).rows.items()}
    signer = signer_of(session)
    for name in sorted({*latest, *rows}):
        if own.get(name, False) is not False:
            continue
        values = rows.get(name)
        if (
            values is None
            or own.get(name) is False
            or not _matches(latest.get(name), values, signer)
        ):
            raise _changed_outside(workspace, name)


def demand_row(session: Session, row: Row) -> None:
    """Raises CannotDo unless this row is as it was recorded."""
    session.flush()
    table, key = _table_name(row), key_of(table_of(_table_name(row)), _Attributes(row))
    known = unsettled(session).rows.get((table, key), False)
    if known is not False:
        return
    if (table, key) in unsettled(session).rows or not _check_unlocked(session, table, key):
        raise _changed_outside(str(getattr(row, "workspace", "")), row_name(table, key))


def _check_unlocked(session: Session, table: str, key: Key) -> bool:
    values = _read(session, table, [key]).get(key)
    if values is None:
        return False
    name = row_name(table, key)
    recorded = _latest(session, [name]).get((workspace_of(table, values), name))
    return _matches(recorded, values, signer_of(session))


def _changed_outside(workspace: str, row: str) -> CannotDo:
    log.error("%s of %s is not as the journal recorded it", row, workspace)
    if row.partition("/")[0] in ONE_WORK:
        return CannotDo(
            Words(
                "This draft was changed outside Super-Intern, so it can't be approved or sent. Ask "
                "whoever runs it to run `super-intern journal verify`."
            )
        )
    return CannotDo(
        Words(
            "This was changed outside Super-Intern, so nothing more is done with it. Ask whoever "
            "runs it to run `super-intern journal verify`."
        )
    )


def _work_of(task: str) -> dict[str, Select[Any]]:
    """The rows that a decision on a task's drafts rests on."""
    tasks, drafts = table_of("tasks"), table_of("drafts")
    ids = select(drafts.c.id).where(drafts.c.task == task).scalar_subquery()
    posts, first = table_of("posts").c.piece, f"{task}.0"
    pieces = select(drafts.c.piece).where(drafts.c.task == task).scalar_subquery()
    return {
        "tasks": _select("tasks").where(tasks.c.id == task),
        "drafts": _select("drafts").where(drafts.c.task == task),
        "decisions": _select("decisions").where(table_of("decisions").c.draft.in_(ids)),
        "deliveries": _select("deliveries").where(table_of("deliveries").c.draft.in_(ids)),
        "posts": _select("posts").where(or_(posts == first, posts.in_(pieces))),
    }


# All rows


@dataclass(frozen=True)
class Recorded:
    """What the digests of a workspace say: the newest of each row, and what is wrong with them."""

    rows: Mapping[str, RowDigest]
    fault: Words | None

    @property
    def erased(self) -> set[str]:
        return {name for name, one in self.rows.items() if one.digest == ERASED}


def read_digests(session: Session, workspace: str, signer: Signer | None) -> Recorded:
    """The digests of a workspace, held against the entries that they came with."""
    refs = _refs(session, workspace)
    rows: dict[str, RowDigest] = {}
    mine = select(*table_of("row_digests").columns).where(RowDigest.workspace == workspace)
    streamed = mine.order_by(RowDigest.seq).execution_options(yield_per=PAGE)
    fault: Words | None = None
    seq, items, keys = 0, list[tuple[str, ...]](), set[str | None]()

    def close() -> Words | None:
        """Whether the digests of the entry `seq` are those that it was written with."""
        told = refs.pop(seq, None)
        if not items or told == (len(items), digest_over(items), keys):
            return None
        return Words("The digests of entry {seq} were changed.", seq=seq)

    for values in session.execute(streamed).mappings():
        one = RowDigest(**values)
        if one.seq != seq:
            fault = fault or close()
            seq, items, keys = one.seq, [], set()
        items.append(one.item)
        keys.add(key_name(one.signature))
        rows[one.row] = one
        if signer and signer.check(one.signature, *one.signed) == "bad":
            fault = fault or Words("The digests of entry {seq} were changed.", seq=seq)
    fault = fault or close()
    if fault is None and refs:
        fault = Words("The digests of entry {seq} are gone.", seq=min(refs))
    return Recorded(rows, fault)


def _refs(session: Session, workspace: str) -> dict[int, tuple[int, str, set[str | None]]]:
    """What the entries say of the rows written with them: how many, and the digest over them; and
    which key signed."""
    entries = select(Entry.seq, Entry.refs, Entry.signature).where(Entry.workspace == workspace)
    found: dict[int, tuple[int, str, set[str | None]]] = {}
    streamed: Iterable[Any] = session.execute(entries.execution_options(yield_per=PAGE))
    for seq, refs, signature in streamed:
        if ROW_REFS[2] in refs:
            told = (int(refs[ROW_REFS[0]]), str(refs[ROW_REFS[2]]))
            found[seq] = (*told, {key_name(signature)})
    return found


def differences(session: Session, workspace: str, recorded: Recorded) -> Iterator[Words]:
    """The rows of a workspace that are not as they were recorded, unknown, or gone."""
    missing = {name for name, one in recorded.rows.items() if one.digest != ERASED}
    for table in HELD:
        try:
            for name, values in _rows_of(session, table, workspace):
                missing.discard(name)
                yield from _difference(name, values, recorded.rows.get(name))
        except (ValueError, TypeError, LookupError):  # a time, a number or JSON that is none
            yield Words("A row of {table} can't be read: it was changed.", table=table)
            return
    for name in sorted(missing):
        yield Words("{what}: it was recorded, and is gone.", what=name)


def _difference(name: str, values: Values, recorded: RowDigest | None) -> Iterator[Words]:
    if recorded is None or recorded.digest == ERASED:
        yield Words("{what}: the journal knows nothing of it.", what=name)
    elif not recorded.is_of(values):
        yield Words("{what}: it is not what was recorded.", what=name)


def _rows_of(session: Session, table: str, workspace: str) -> Iterator[tuple[str, Values]]:
    column = table_of(table).c["id" if table == "workspaces" else "workspace"]
    wanted = _select(table).where(column == workspace).execution_options(yield_per=PAGE)
    for values in _values(session, wanted):
        yield row_name(table, key_of(table_of(table), values)), values


def used_workspaces(session: Session) -> set[str]:
    """Every workspace that a held row belongs to. `bot.db.models` has to be imported."""
    found: set[str] = set()
    for table in HELD:
        column = table_of(table).c["id" if table == "workspaces" else "workspace"]
        found |= set(session.scalars(select(column).distinct()))
    return found


# Rows from before digests


def adopt(
    session: Session, now: datetime, *, by: str | None = None, known: Collection[str] = ()
) -> dict[str, int]:
    """Record the rows that are there as they are, one entry a workspace: at the first start after
    the upgrade, or when somebody (`by`) says so. How many, by workspace. At a start nothing is
    adopted once there are digests, nor for workspaces whose heads are `known` as signed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE row_digests IN SHARE ROW EXCLUSIVE MODE"))
    if by is None and session.scalar(select(RowDigest.seq).limit(1)) is not None:
        return {}
    found = {}
    for workspace in sorted({*used_workspaces(session), *workspaces(session)} - set(known)):
        found[workspace] = _adopt(session, workspace, now, by)
    return found


def _adopt(session: Session, workspace: str, now: datetime, by: str | None) -> int:
    end = lock_end(session, workspace)
    digests = []
    seen = set()
    for table in HELD:
        version, columns = HELD[table].newest, HELD[table].columns
        for name, values in _rows_of(session, table, workspace):
            seen.add(name)
            digest = digest_of(values, version, columns)
            digests.append(_digest(workspace, name, subject_of(table, values), version, digest))
    for (_, name), one in _newest(session, RowDigest.workspace == workspace).items():
        if name not in seen and one.digest != ERASED:
            digests.append(_digest(workspace, name, one.subject, one.columns, ERASED))
    _keep(session, digests, end[0] + 1)
    refs = row_refs(digests) if digests else {}
    append(session, workspace, end, [Event(workspace, ADOPTED, workspace, now, by, refs)])
    return len(digests)


def is_signed(session: Session) -> bool:
    """Whether any chain is signed."""
    return (
        session.scalar(select(Head.workspace).where(Head.signature.is_not(None)).limit(1))
        is not None
    )
