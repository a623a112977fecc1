"""The connection to a warehouse refuses every write."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from bot.data.catalogue.product import Product
from bot.data.warehouse.external import WarehouseConnection

TODAY = date(2026, 11, 24)
WRITES = (
    "INSERT INTO orders VALUES ('2', '2026-11-02', 2)",
    "UPDATE orders SET amount = 0",
    "DELETE FROM orders",
    "TRUNCATE orders",
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN x int",
    "CREATE TABLE more (x int)",
    "CREATE INDEX ON orders (amount)",
    "CREATE VIEW seen AS SELECT * FROM orders",
    "CREATE SCHEMA other",
    "COMMENT ON TABLE orders IS 'x'",
    "GRANT SELECT ON orders TO PUBLIC",
    "SELECT nextval('counter')",
    "SELECT * FROM orders FOR UPDATE",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "SELECT setval('counter', 9)",
    "SELECT lo_create(0)",
)
MADE = 'CREATE TABLE orders ("order" text, "at" timestamp, amount numeric(18, 2))'
ONE = "INSERT INTO orders VALUES ('1', '2026-11-01', 1)"
LINEN = Product(handle="lin", title="Linen shirt", source="shop.csv, line 2", as_of=TODAY)
PRODUCTS = (LINEN,)


@pytest.fixture
def warehouse_url(postgres_url: str) -> Iterator[str]:
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    engine = ibis.connect(url)
    for statement in (MADE, ONE, "CREATE SEQUENCE counter"):
        engine.raw_sql(statement)
    yield url
    engine.disconnect()


@pytest.fixture
def opened() -> Iterator[Callable[..., WarehouseConnection]]:
    with contextlib.ExitStack() as stack:
        yield lambda url, **more: stack.enter_context(
            contextlib.closing(WarehouseConnection(url, **more))
        )


def state(url: str) -> Any:
    """All rows, relations and the sequence, as another connection sees them."""
    engine: Any = ibis.connect(url)
    try:
        return [
            engine.raw_sql(one).fetchall()
            for one in (
                "SELECT * FROM orders",
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
                "SELECT last_value, is_called FROM counter",
                "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'",
                "SELECT count(*) FROM pg_largeobject_metadata",
            )
        ]
    finally:
        engine.disconnect()


def refused(engine: Any, statement: str) -> None:
    with pytest.raises(Exception, match="read-only"):
        engine.raw_sql(statement)


def counted(shelf: Any) -> tuple[int, int]:
    """The orders, and the products of the catalogue, which PostgreSQL holds in a temporary
    table."""
    return tuple(
        shelf.engine.to_pyarrow(table.count()).as_py()
        for table in (shelf.table("orders"), shelf.products)
    )


def test_postgres_refuses_every_write(
    warehouse_url: str, opened: Callable[..., WarehouseConnection]
) -> None:
    before = state(warehouse_url)
    engine: Any = opened(warehouse_url).open(TODAY).engine
    for statement in WRITES:
        refused(engine, statement)
    assert state(warehouse_url) == before


def test_postgres_refuses_writes_after_the_catalogue_was_loaded(
    warehouse_url: str, opened: Callable[..., WarehouseConnection]
) -> None:
    warehouse = opened(warehouse_url)
    for version in range(2):
        shelf = warehouse.open(TODAY, lambda: PRODUCTS, version=version)
        assert counted(shelf) == (1, 1)
        for statement in WRITES:
            refused(shelf.engine, statement)
    assert counted(shelf) == (1, 1)


def test_postgres_refuses_writes_after_a_reconnect(
    warehouse_url: str, opened: Callable[..., WarehouseConnection]
) -> None:
    seconds = [0.0]
    warehouse = opened(warehouse_url, clock=lambda: seconds[0])
    first: Any = warehouse.open(TODAY).engine
    pid = first.con.info.backend_pid
    other: Any = ibis.connect(warehouse_url)
    other.raw_sql(f"SELECT pg_terminate_backend({pid})")
    other.disconnect()
    seconds[0] = 301.0
    second: Any = warehouse.open(TODAY).engine
    assert second.con.info.backend_pid != pid
    for statement in WRITES:
        refused(second, statement)


def test_failed_catalogue_load_leaves_the_session_read_only(
    warehouse_url: str, opened: Callable[..., WarehouseConnection]
) -> None:
    engine: Any = opened(warehouse_url).open(TODAY).engine
    taken = ibis.memtable(pa.table({"a": [1]}))
    engine.to_pyarrow(taken)
    with pytest.raises(Exception, match="exists"):
        engine._register_in_memory_table(taken.op())
    refused(engine, "DELETE FROM orders")
    assert engine.to_pyarrow(engine.table("orders").count()).as_py() == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ibis calls DuckDB by an older name
def test_duckdb_file_is_opened_read_only(
    tmp_path: Path, opened: Callable[..., WarehouseConnection]
) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(MADE)
        con.execute(ONE)
    before = path.read_bytes()
    shelf = opened(f"duckdb://{path}").open(TODAY, lambda: PRODUCTS)
    assert counted(shelf) == (1, 1)
    for statement in WRITES[:7]:
        refused(shelf.engine, statement)
    assert path.read_bytes() == before
