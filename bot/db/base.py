"""The base class of rows, and how rows are found and inserted."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import JSON, DateTime, Dialect, MetaData, Select, String, Table, bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator

R = TypeVar("R", bound="Row")

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# Keys in Session.info: the tables that the transaction wrote so far, and the values of rows as they
# were when it locked them, by table and key; and whether it may only read.
WRITTEN_KEY, LOCKED_KEY, READ_ONLY_KEY = "tables written", "rows locked", "only reads"


class Moment(TypeDecorator[datetime]):
    """A datetime with its time zone. SQLite alone would return it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """The base class of all ORM models. Every row belongs to a workspace."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012
        datetime: Moment,
        str: String,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def note_written_table(session: Session, table: str) -> None:
    session.info.setdefault(WRITTEN_KEY, set()).add(table)


def lock_row(session: Session, row: type[R], key: str) -> R | None:
    """Return the row of this key as it is in the database, locked until the transaction ends. Like
    `session.get`, with a statement that is built once."""
    found: R | None = session.scalars(_select_locked(row), {"key": key}).one_or_none()
    if found is not None:
        note_locked_row(session, found, key)
    return found


def lock_one(session: Session, row: type[R], key: str) -> R:
    """Like `lock_row`. Raises NoResultFound."""
    found = lock_row(session, row, key)
    if found is None:
        raise NoResultFound(f"no row of {row.__tablename__} has this key")
    return found


def note_locked_row(session: Session, row: Row, *key: Any) -> None:
    """Keep the values of a row that was just read from the database and locked."""
    session.info.setdefault(LOCKED_KEY, {})[row.__tablename__, key] = dict(vars(row))


def find_one(session: Session, row: type[R], key: str) -> R:
    """Like `session.get_one`, for a row that is not in the session yet. Raises NoResultFound."""
    found: R = session.scalars(_select_by_key(row), {"key": key}).one()
    return found


def find_row(session: Session, row: type[R], key: str) -> R | None:
    """Like `session.get`, for a row that is not in the session yet."""
    found: R | None = session.scalars(_select_by_key(row), {"key": key}).one_or_none()
    return found


def list_rows(session: Session, row: type[R], column: str, value: str, *order: str) -> list[R]:
    """Return the rows with this value in a column, ordered by the columns `order`."""
    return list(session.scalars(_select_by_value(row, column, order), {"value": value}))


@cache
def _select_by_value(row: type[Row], column: str, order: tuple[str, ...]) -> Select[Any]:
    columns = Row.metadata.tables[row.__tablename__].columns
    wanted = select(row).where(columns[column] == bindparam("value"))
    return wanted.order_by(*(columns[name] for name in order))


@cache
def _select_by_key(row: type[Row]) -> Select[Any]:
    (column,) = Row.metadata.tables[row.__tablename__].primary_key.columns
    return select(row).where(column == bindparam("key"))


@cache
def _select_locked(row: type[Row]) -> Select[Any]:
    return _select_by_key(row).with_for_update().execution_options(populate_existing=True)


def insert_row(session: Session, row: type[Row], **values: Any) -> bool:
    """Insert a row that is not audited unless its key exists; return whether it was inserted."""
    table = row.__table__
    assert isinstance(table, Table)
    statement = _build_insert_once(session.get_bind().dialect.name, table, tuple(values))
    return session.connection().execute(statement, values).first() is not None


@cache
def _build_insert_once(dialect: str, table: Table, names: tuple[str, ...]) -> ReturningInsert[Any]:
    from sqlalchemy.dialects import postgresql, sqlite

    inserter = sqlite.insert if dialect == "sqlite" else postgresql.insert
    given: dict[str, Any] = {name: bindparam(name) for name in names}
    statement = inserter(table).values(given).on_conflict_do_nothing()
    return statement.returning(*table.primary_key.columns)
