"""The sample shop's files, converted to our columns."""

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import schema_of
from tests.support.import_files import KEY, TODAY
from tests.support.sample_tables import made, sample

FILES = {
    "orders": ("orders.csv",),
    "events": ("events.csv",),
    "feedback": ("feedback.csv",),
    "prices": ("prices.csv",),
    "campaigns": ("campaigns.csv", "ads.csv"),
    "experiments": ("experiments.csv",),
    "consents": ("customers.csv",),
}
TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("taken")


def taken(kind: str, folder: Path) -> list[Path]:
    paths = []
    for name in FILES[kind]:
        path, to = made("small") / name, folder / f"{name}.parquet"
        if not to.exists():
            load_file(path, detect_schema(path, name=name), to=to, key=KEY, today=TODAY)
        paths.append(to)
    return paths


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.sample(2)
def test_columns_have_our_order_and_types(kind: str, folder: Path) -> None:
    for path in taken(kind, folder):
        found = duckdb.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        wanted = [
            (n, TYPES.get(t, t.upper().replace(", ", ","))) for n, t in schema_of(kind).items()
        ]
        assert [(row[0], row[1]) for row in found] == wanted


@pytest.mark.parametrize("kind", FILES)
def test_rows_equal_canonical_tables(kind: str, folder: Path) -> None:
    paths = ", ".join(f"'{path}'" for path in taken(kind, folder))
    persons = [n for n, c in load_kinds()[kind].columns.items() if c.type == "person"]
    free = ["text"] if kind == "feedback" else []  # addresses in it are replaced
    names = [n for n in load_kinds()[kind].columns if n not in (*persons, *free)]
    # the tables' maker took the hour for a time: 09:34:00
    listed = ", ".join(
        f'left("{name}", 5) AS "{name}"' if name == "spent_out" else f'"{name}"' for name in names
    )
    con = sample("small").engine.con
    ours = f"(SELECT DISTINCT {listed} FROM read_parquet([{paths}]))"
    theirs = f"(SELECT DISTINCT {listed} FROM {kind})"
    for one, other in ((ours, theirs), (theirs, ours)):
        assert con.execute(f"SELECT * FROM {one} EXCEPT SELECT * FROM {other}").fetchmany(3) == []


def test_customer_has_same_hmac_key_in_all_files(folder: Path) -> None:
    (orders,), (consents,) = taken("orders", folder), taken("consents", folder)
    known = {row[0] for row in duckdb.execute(f"SELECT customer FROM '{consents}'").fetchall()}
    bought = {row[0] for row in duckdb.execute(f"SELECT customer FROM '{orders}'").fetchall()}
    first = duckdb.execute(
        f"SELECT client FROM read_csv('{made('small') / 'orders.csv'}') WHERE client IS NOT NULL"
    ).fetchall()[0][0]
    assert hmac.new(KEY, first.lower().encode(), hashlib.sha256).hexdigest()[:32] in bought & known
