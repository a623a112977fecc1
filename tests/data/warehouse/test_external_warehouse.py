"""A team's own warehouse in place of our files."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pytest
from ibis.backends.sql.compilers.bigquery import BigQueryCompiler

from bot.data.analyses.result import AnalysisResult
from bot.data.metrics.query.release import ALL_GROUPS
from bot.data.schema import load_kinds
from bot.data.warehouse.external import WarehouseConnection
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from tests.support.metric_queries import answer, condition
from tests.support.query_recording import ASKED, analyses, ask, expressions
from tests.support.sample_tables import TODAY, sample


@pytest.fixture
def warehouse_url(postgres_url: str) -> str:
    return postgres_url.replace("postgresql+psycopg://", "postgresql://")


Open = Callable[..., WarehouseConnection]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens warehouses, and closes them at the end."""
    with contextlib.ExitStack() as stack:

        def open_(url: str, **told: Any) -> WarehouseConnection:
            return stack.enter_context(contextlib.closing(WarehouseConnection(url, **told)))

        yield open_


@pytest.fixture
def postgres(warehouse_url: str) -> Iterator[Any]:
    engine = ibis.connect(warehouse_url)
    yield engine
    engine.disconnect()


def shop_in(engine: Any) -> Warehouse:
    """The small sample shop's tables, created in this engine; the shelf they came from."""
    shop = sample("small")
    for kind in load_kinds():
        table = shop.table(kind)
        if table is not None:
            engine.create_table(kind, schema=table.schema())
            rows = shop.engine.to_pyarrow(table).to_pylist()
            with engine.con.cursor() as cursor, cursor.copy(f"COPY {kind} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(list(row.values()))
    return shop


def read_result(findings: AnalysisResult | None) -> Any:
    """What a person would read: facts and what could not be told."""
    if findings is None:
        return None
    facts = {fact.id: (fact.value, fact.unit, fact.rows) for fact in findings.facts}
    return facts, [words.to("en") for words in findings.limits]


@pytest.mark.timeout(300)
def test_facts_equal_those_of_own_files(postgres: Any, warehouse_url: str, opened: Open) -> None:
    ours = shop_in(postgres)
    assert ours.products is not None
    catalogue = ibis.memtable(ours.engine.to_pyarrow(ours.products))
    there = replace(opened(warehouse_url).open(TODAY), products=catalogue)
    assert {k: listed.rows for k, listed in there.listed.items()} == {
        k: listed.rows for k, listed in ours.listed.items()
    }
    here = replace(
        ours, listed={k: replace(v, source=there.source(k)) for k, v in ours.listed.items()}
    )
    compared = 0
    for name, find in analyses().items():
        for where in ASKED:
            mine, theirs = read_result(ask(here, find, where)), read_result(ask(there, find, where))
            assert theirs == mine, f"{name} {where}"
            compared += len(mine[0]) if mine else 0
    assert compared > 100


QUERIES: tuple[dict[str, Any], ...] = (  # what a question may ask of the orders
    {"dimensions": ["source"], "filters": [[condition("country", "is", "BE")]]},
    {"measures": ["orders"], "filters": [[condition("order_value", "at_least", "100")]]},
    {
        "measures": ["orders", "orders_share"],
        "filters": [[condition("order_value", "at_most", "49.90")]],
    },
    {"measures": ["average_order", "units_per_order"], "dimensions": ["customer_type"]},
    {"dimensions": ["weekday"], "filters": [[condition("category", "is", "Bougies")]]},
    {"dimensions": ["week"], "filters": [[condition("code", "is", "any")]]},
    {"dimensions": ["day"]},
    {"measures": ["orders"], "filters": [[condition("late", "is", "yes")]]},
    {"measures": ["return_rate"], "dimensions": ["country"]},
    {
        "measures": ["returned"],
        "dimensions": ["return_reason"],
        "filters": [[condition("country", "is_not", "FR")]],
    },
    {"measures": ["median_order", "customers", "new_customers", "repeat_rate"]},
)


@pytest.mark.timeout(300)
def test_answers_on_orders_equal_those_of_own_files(
    postgres: Any, warehouse_url: str, opened: Open
) -> None:
    ours = shop_in(postgres)
    assert ours.products is not None
    catalogue = ibis.memtable(ours.engine.to_pyarrow(ours.products))
    there = replace(opened(warehouse_url).open(TODAY), products=catalogue)
    for query in QUERIES:
        asked = {"dataset": "orders", "measures": ["revenue"], **query}
        mine, theirs = answer(ours, **asked), answer(there, **asked)
        assert theirs.recipe == mine.recipe, query
        for group in [ALL_GROUPS, *mine.recipe.list_groups()]:
            for name in asked["measures"]:
                one, other = (some.get_value("now", group, name) for some in (mine, theirs))
                assert (one is None) == (other is None), (query, group, name)
                if one is not None:
                    assert float(other) == pytest.approx(float(one)), (query, group, name)


@pytest.mark.timeout(300)
def test_every_query_compiles_for_bigquery() -> None:
    compiler, asked = BigQueryCompiler(), expressions(sample("small"))
    assert asked.keys() == analyses().keys()
    for name, all_ in asked.items():
        for expression in all_:
            assert compiler.to_sqlglot(expression).sql("bigquery"), name


def test_fewer_columns_and_other_types_are_adapted(
    postgres: Any, warehouse_url: str, opened: Open
) -> None:
    postgres.raw_sql(
        'CREATE TABLE "Orders" ("Order" bigint NOT NULL, at date, amount double precision, '
        "customer uuid, secret text)"
    )
    postgres.raw_sql("INSERT INTO \"Orders\" VALUES (7, '2026-11-20', 12.5, NULL, 'x')")
    shelf = opened(warehouse_url).open(TODAY)
    table = shelf.table("orders")
    assert table is not None
    assert list(table.columns) == list(load_kinds()["orders"].columns)
    (row,) = shelf.engine.to_pyarrow(table).to_pylist()
    assert (row["order"], row["amount"], row["product"]) == ("7", Decimal("12.50"), None)
    assert shelf.table("events") is None
    assert shelf.as_of("orders") == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ('"order" text, at timestamp, amount text', "The column amount of orders in the warehouse"),
        ('"order" text, at text, amount numeric', "The column at of orders in the warehouse"),
        ('"order" text, amount numeric', "has no column at; it is needed"),
    ],
)
def test_wrong_column_is_named_in_error(
    postgres: Any, warehouse_url: str, opened: Open, columns: str, sentence: str
) -> None:
    postgres.raw_sql(f"CREATE TABLE orders ({columns})")
    with pytest.raises(CannotDo, match=sentence):
        opened(warehouse_url).open(TODAY)


@pytest.mark.parametrize(
    "url", ["postgresql://ana:hunter2@127.0.0.1:1/shop", "nothing://ana:hunter2@host/shop"]
)
def test_unreachable_warehouse_error_hides_password(url: str, opened: Open) -> None:
    with pytest.raises(CannotDo, match="cannot be reached") as no:
        opened(url).open(TODAY)
    assert "hunter2" not in str(no.value)
    assert "ana" not in str(no.value)


def test_rows_are_counted_again_after_five_minutes(
    postgres: Any, warehouse_url: str, opened: Open
) -> None:
    postgres.raw_sql('CREATE TABLE orders ("order" text, at timestamp, amount numeric)')
    seconds = [0.0]
    warehouse = opened(warehouse_url, clock=lambda: seconds[0])
    assert warehouse.open(TODAY).listed["orders"].rows == 0
    postgres.raw_sql("INSERT INTO orders VALUES ('1', '2026-11-01', 1)")
    assert warehouse.open(TODAY).listed["orders"].rows == 0
    seconds[0] = 301.0
    assert warehouse.open(TODAY).listed["orders"].rows == 1


def test_same_warehouse_is_returned_while_nothing_changed(
    postgres: Any, warehouse_url: str, opened: Open
) -> None:
    postgres.raw_sql('CREATE TABLE orders ("order" text, at timestamp, amount numeric)')
    warehouse = opened(warehouse_url)
    first = warehouse.open(TODAY, version=1)
    assert warehouse.open(TODAY, version=1) is first
    assert warehouse.open(TODAY, version=2) is not first


def test_broken_connection_is_reopened(postgres: Any, warehouse_url: str, opened: Open) -> None:
    postgres.raw_sql('CREATE TABLE orders ("order" text, at timestamp, amount numeric)')
    seconds = [0.0]
    warehouse = opened(warehouse_url, clock=lambda: seconds[0])
    warehouse.open(TODAY)
    postgres.raw_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    seconds[0] = 301.0
    assert warehouse.open(TODAY).listed["orders"].rows == 0
