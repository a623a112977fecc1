"""Values that are read from the database again only when they may have changed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select

from bot.data.catalogue.models import ProductRow
from bot.db import session
from bot.db.session import CachedRead, Database

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _until_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a write, a value is not read again during a test."""
    monkeypatch.setattr(session, "MAX_AGE", 3600.0)


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database in another process."""
    opened = Database(database.url)
    yield opened
    opened.close()


def count_products(database: Database) -> CachedRead[int]:
    def read(workspace: str) -> int:
        with database.begin() as session:
            rows = select(func.count()).where(ProductRow.workspace == workspace)
            return session.scalar(rows) or 0

    return CachedRead(database, ("products",), read)


def add_product(database: Database, workspace: str = "T1", handle: str = "vase") -> None:
    with database.begin() as session:
        session.add(
            ProductRow(workspace=workspace, handle=handle, title="", body="{}", imported_at=NOW)
        )


def test_own_commit_is_seen_at_once(database: Database) -> None:
    count = count_products(database)
    assert count("T1") == 0
    add_product(database)
    assert (count("T1"), count("T2")) == (1, 0)


def test_own_bulk_statement_is_seen_at_once(database: Database) -> None:
    count = count_products(database)
    add_product(database)
    assert count("T1") == 1
    with database.begin() as session:
        session.execute(delete(ProductRow))
    assert count("T1") == 0


def test_rolled_back_write_counts_as_none(database: Database) -> None:
    def fail() -> None:
        with database.begin() as session:
            session.add(
                ProductRow(workspace="T1", handle="vase", title="", body="{}", imported_at=NOW)
            )
            session.flush()
            raise RuntimeError

    count = count_products(database)
    assert count("T1") == 0
    with pytest.raises(RuntimeError):
        fail()
    assert database.write_counts.get("products", 0) == 0
    assert count("T1") == 0


def test_commit_of_another_process_is_seen_when_the_value_is_old(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = count_products(database)
    assert count("T1") == 0
    add_product(other)
    assert count("T1") == 0  # still young
    monkeypatch.setattr(session, "MAX_AGE", -1.0)
    assert count("T2") == 0
    add_product(other, "T2")
    assert count("T2") == 1
