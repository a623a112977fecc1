"""Storing, merging and removing rows."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.audit import journal
from bot.data.analyses import campaigns
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import PriceChange, Product
from bot.data.metrics.query.answer_facts import build_result
from bot.data.warehouse import merge, store
from bot.data.warehouse.duckdb_engine import WarehousePool
from bot.data.warehouse.models import LOCAL_WORKSPACE, DataFile
from bot.data.warehouse.store import MergeCounts, RowStore
from bot.data.warehouse.warehouse import schema_of
from bot.db.session import Database
from bot.errors import CannotDo
from tests.support.metric_queries import answer
from tests.support.paths import ROOT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = "k" * 32
Rows = list[dict[str, Any]]


@dataclass
class Home:
    """A library in a folder of its own, with a clock that can be moved."""

    folder: Path
    database: Database
    at: datetime = NOW
    products: list[Product] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.row_store = self.opened()

    def opened(self, key: str | None = KEY) -> RowStore:
        pool = WarehousePool(
            self.folder,
            self.database,
            now=self.now,
            products=lambda _: self.products,
            version=lambda _: len(self.products),
            floor=lambda _: 20,
        )
        return RowStore(pool, key=key)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def take(self, rows: Rows, source: str = "orders.csv", kind: str = "orders") -> MergeCounts:
        return self.row_store.import_rows("T1", kind, self.parquet(rows, kind), source=source)

    def parquet(self, rows: Rows, kind: str = "orders") -> Path:
        path = self.folder / "fresh.parquet"
        shape = ibis.schema(schema_of(kind)).to_pyarrow()
        whole = [{name: row.get(name) for name in shape.names} for row in rows]
        pq.write_table(pa.Table.from_pylist(whole, schema=shape), path)
        return path

    def rows(self, kind: str = "orders", workspace: str = "T1") -> Rows:
        """What the shelf shows, by key."""
        shelf = self.row_store.open(workspace)
        table = shelf.table(kind)
        assert table is not None
        found: Rows = shelf.engine.to_pyarrow(table).to_pylist()
        return sorted(found, key=str)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("library/*/*/*.parquet"))


@pytest.fixture
def home(tmp_path: Path, sqlite: Database) -> Home:
    return Home(tmp_path, sqlite)


def order(number: int, line: int = 1, amount: str = "10.00", day: int = 20) -> dict[str, Any]:
    return {
        "order": f"A{number}",
        "line": line,
        "at": datetime(2026, 11, day, 10, 0),
        "amount": pa.scalar(amount).cast(pa.decimal128(18, 2)).as_py(),
    }


def test_first_file_is_stored_completely(home: Home) -> None:
    merged = home.take([order(1), order(2, day=21)])
    assert merged == MergeCounts(new=2, replaced=0, same=0, rows=2, as_of=date(2026, 11, 21))
    assert [row["order"] for row in home.rows()] == ["A1", "A2"]
    assert list(home.rows()[0]) == list(schema_of("orders"))


def test_repeated_file_changes_nothing(home: Home) -> None:
    home.take([order(1), order(2)])
    before = home.files()
    merged = home.take([order(1), order(2)], source="orders again.csv")
    assert (merged.new, merged.replaced, merged.same, merged.rows) == (0, 0, 2, 2)
    assert home.files() == before


def test_corrected_row_is_replaced_and_new_one_added(home: Home) -> None:
    home.take([order(1), order(2)])
    merged = home.take([order(1), order(2, amount="12.00"), order(3)], source="later.csv")
    assert (merged.new, merged.replaced, merged.same, merged.rows) == (1, 1, 1, 3)
    assert [str(row["amount"]) for row in home.rows()] == ["10.00", "12.00", "10.00"]


def test_null_keys_are_equal(home: Home) -> None:
    spent = {"id": None, "at": None, "name": "lin", "clicks": 4}
    home.take([spent], kind="campaigns")
    merged = home.take([spent | {"clicks": 5}], kind="campaigns")
    assert (merged.new, merged.replaced) == (0, 1)
    assert [row["clicks"] for row in home.rows("campaigns")] == [5]


def test_last_row_of_a_key_wins(home: Home) -> None:
    merged = home.take([order(1, amount="1.00"), order(2), order(1, amount="2.00")])
    assert (merged.new, merged.same, merged.rows) == (2, 1, 2)
    assert str(home.rows()[0]["amount"]) == "2.00"


def test_small_files_of_one_source_are_combined(home: Home) -> None:
    for number in range(6):
        home.take([order(number)], source="live rows")
    home.take([order(9)], source="export.csv")
    with home.database.begin() as session:
        assert [h.source for h in DataFile.in_force(session, "T1")] == ["live rows", "export.csv"]
    assert len(home.rows()) == 7


def test_source_and_age_of_rows_are_reported(home: Home) -> None:
    home.take([order(1)], source="october.csv")
    home.take([order(2)], source="november.csv")
    assert str(home.row_store.open("T1").source("orders")) == "november.csv and 1 more"
    home.at += timedelta(days=12)
    shelf = home.row_store.open("T1")
    assert shelf.stale("orders") == 16
    assert str(shelf.source("orders")) == "november.csv and 1 more"


def test_file_can_be_removed(home: Home) -> None:
    home.take([order(1)], source="mine.csv")
    home.take([order(2)], source="wrong.csv")
    assert home.row_store.forget("T1", "orders", "wrong.csv").rows == 1
    assert [row["order"] for row in home.rows()] == ["A1"]
    assert home.row_store.sources("T1") == {"orders": ["mine.csv"]}


def test_same_warehouse_is_returned_until_change(home: Home) -> None:
    home.take([order(1)])
    first = home.row_store.open("T1")
    assert home.row_store.open("T1") is first
    home.take([order(2)])
    assert home.row_store.open("T1") is not first


def test_open_warehouse_stays_readable_after_change(home: Home) -> None:
    home.take([order(1)])
    opened = home.row_store.open("T1")
    home.take([order(1, amount="99.00")])
    table = opened.table("orders")
    assert table is not None
    assert [str(v) for v in opened.engine.to_pyarrow(table.amount).to_pylist()] == ["10.00"]


def test_retired_and_unlisted_files_are_deleted_after_an_hour(home: Home) -> None:
    home.take([order(1)])
    home.take([order(1, amount="2.00")])
    assert len(home.files()) == 2
    left = home.files()[0].with_name("left.part")
    left.touch()
    os.utime(left, (0, 0))
    home.at += timedelta(hours=2)
    assert home.row_store.sweep() == 2
    assert len(home.files()) == 1
    assert not left.exists()
    assert len(home.rows()) == 1


def test_local_rows_go_to_first_workspace(home: Home) -> None:
    fresh = home.parquet([order(1)])
    home.row_store.import_rows(LOCAL_WORKSPACE, "orders", fresh, source="orders.csv")
    assert len(home.rows()) == 1  # it serves T1 already
    home.take([order(2)])
    assert len(home.rows()) == 2
    with home.database.begin() as session:
        assert not DataFile.in_force(session, LOCAL_WORKSPACE)


def test_workspaces_do_not_share_rows(home: Home) -> None:
    home.take([order(1)])
    home.row_store.import_rows("T2", "orders", home.parquet([order(2)]), source="two.csv")
    assert [row["order"] for row in home.rows()] == ["A1"]
    assert [row["order"] for row in home.rows(workspace="T2")] == ["A2"]


def test_journal_records_change_without_content(home: Home) -> None:
    home.take([order(1)], source="Madame Fougère.csv")
    with home.database.begin() as session:
        assert journal.verify_chain(session, "T1").fault is None
        entries = (
            session.query(journal.JournalEntry)
            .filter(journal.JournalEntry.event != journal.ROWS_RECORDED)
            .all()
        )
    assert [(entry.event, entry.subject) for entry in entries] == [("library changed", "orders")]
    assert entries[0].refs["rows"] == 1
    assert "Fougère" not in str(entries[0].refs)


def test_queries_cannot_reach_other_files_or_settings(home: Home) -> None:
    home.take([order(1)])
    other = home.folder / "secret.csv"
    other.write_text("a\n1\n")
    con = home.row_store.open("T1").engine.con
    for sql in (
        f"SELECT * FROM read_csv('{other}')",
        f"COPY orders TO '{home.folder}/out.csv'",
        "SET enable_external_access = true",
        f"ATTACH '{home.folder}/x.db'",
    ):
        with pytest.raises(Exception, match=r"disabled|configuration"):
            con.execute(sql)


def test_home_path_with_glob_characters_is_read(sqlite: Database, tmp_path: Path) -> None:
    folder = tmp_path / "l'été [neuf] *?"
    folder.mkdir()
    home = Home(folder, sqlite)
    home.take([order(1)])
    home.take([order(1, amount="2.00"), order(2)], source="two.csv")
    assert len(home.rows()) == 2


def test_catalogue_alone_is_read_and_confined(home: Home) -> None:
    home.products = [product()]
    shelf = home.row_store.open("T1")
    assert shelf.table("orders") is None
    assert shelf.products is not None
    (row,) = shelf.engine.to_pyarrow(shelf.products).to_pylist()
    assert row["product"] == "drap"
    with pytest.raises(Exception, match=r"disabled|configuration"):
        shelf.engine.con.execute("SET enable_external_access = true")


def product(**more: Any) -> Product:
    told = {"handle": "drap", "title": "Drap", "source": "shop.csv, line 2", "type": "Linge"}
    return Product.model_validate(told | {"as_of": date(2026, 11, 24)} | more)


def test_catalogue_and_former_prices_are_joined(home: Home) -> None:
    was = PriceChange(day=date(2026, 10, 1), price=pa.scalar(59).as_py())
    told = {"price": "47", "compare_at": "59", "currency": "EUR", "vendor": "Maison Luce"}
    home.products = [product(price_history=(was,), **told)]
    filed = {"product": "drap", "since": date(2026, 9, 1), "price": 54, "currency": "EUR"}
    home.take([filed], kind="prices")
    shelf = home.row_store.open("T1")
    assert shelf.products is not None
    (row,) = shelf.engine.to_pyarrow(shelf.products).to_pylist()
    assert (row["product"], row["category"], str(row["price"])) == ("drap", "Linge", "47.00")
    assert (str(row["lowest_30_days"]), row["brand"]) == ("59.00", "Maison Luce")
    assert [(r["since"].month, int(r["price"])) for r in home.rows("prices")] == [(10, 59), (9, 54)]


def addresses(home: Home, rows: Rows) -> Path:
    path = home.folder / "apart.parquet"
    names = [("customer", pa.string())]
    names += [(name, pa.binary()) for name in rows[0] if name != "customer"]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(names)), path)
    return path


def kept_addresses(home: Home, what: str = "email") -> dict[str, bytes | None]:
    with home.database.begin() as session:
        paths = [h.path for h in DataFile.in_force(session, "T1", "addresses")]
    rows = [row for path in paths for row in pq.read_table(home.folder / path).to_pylist()]
    return {row["customer"]: row.get(what) for row in rows}


def test_address_is_deleted_when_consent_is_withdrawn(home: Home) -> None:
    yes = [{"customer": "a", "email": True}, {"customer": "b", "email": True}]
    apart = addresses(home, [{"customer": "a", "email": b"1"}, {"customer": "b", "email": b"2"}])
    fresh = home.parquet(yes, "consents")
    home.row_store.import_rows("T1", "consents", fresh, source="c.csv", apart=apart)
    assert kept_addresses(home) == {"a": b"1", "b": b"2"}
    assert home.row_store.open("T1").table("addresses") is None

    home.take([{"customer": "a", "email": False}], "later.csv", "consents")
    assert kept_addresses(home) == {"b": b"2"}


@pytest.mark.parametrize("later", ["c.csv", "later.csv"])
def test_missing_address_columns_keep_stored_values(home: Home, later: str) -> None:
    fresh = home.parquet([{"customer": who, "email": True} for who in "abc"], "consents")
    before = addresses(home, [{"customer": "a", "email": b"1"}, {"customer": "c", "email": b"3"}])
    home.row_store.import_rows("T1", "consents", fresh, source="c.csv", apart=before)
    ids = addresses(home, [{"customer": "a", "id": b"A"}, {"customer": "b", "id": b"B"}])
    home.row_store.import_rows("T1", "consents", fresh, source=later, apart=ids)
    assert kept_addresses(home) == {"a": b"1", "b": None, "c": b"3"}
    assert kept_addresses(home, "id") == {"a": b"A", "b": b"B", "c": None}

    whole = addresses(home, [{"customer": "a", "email": None, "phone": b"9", "id": b"A"}])
    home.row_store.import_rows("T1", "consents", fresh, source="third.csv", apart=whole)
    assert kept_addresses(home)["a"] is None
    assert kept_addresses(home, "phone") == {"a": b"9", "b": None, "c": None}


def test_address_files_without_ids_stay_readable(home: Home) -> None:
    fresh = home.parquet([{"customer": who, "email": True} for who in "ab"], "consents")
    both = [{"customer": who, "email": b"1", "phone": None} for who in "ab"]
    home.row_store.import_rows("T1", "consents", fresh, source="c.csv", apart=addresses(home, both))
    with home.database.begin() as session:
        (path,) = [home.folder / h.path for h in DataFile.in_force(session, "T1", "addresses")]
    pq.write_table(pq.read_table(path).select(["customer", "email", "phone"]), path)
    home.take([{"customer": "a", "email": False}], "later.csv", "consents")
    assert kept_addresses(home) == {"b": b"1"}
    assert kept_addresses(home, "id") == {"b": None}


def test_key_file_is_readable_by_owner_only(home: Home) -> None:
    made = home.opened(key=None)
    key = made.key()
    path = home.folder / "super-intern.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(key) >= 32
    assert home.opened(key=None).key() == key


def test_missing_or_other_key_is_refused(home: Home) -> None:
    home.take([order(1)])
    with pytest.raises(CannotDo, match=r"super-intern\.key is missing"):
        home.opened(key=None).key()
    with pytest.raises(CannotDo, match="not the one"):
        home.opened(key="another key, thirty-two signs long").key()
    assert not (home.folder / "super-intern.key").exists()


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.data.warehouse import merge, models, parquet, store
from bot.db.session import Database

def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)

step, home, url, fresh = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
if step == "written": parquet.flush_to_disk = die
if step == "renamed": merge.Merger._describe_file = die
if step == "made": models.DataFile.switch = die
if step == "switched":
    real = models.DataFile.switch
    models.DataFile.switch = lambda *a, **k: (real(*a, **k), die())
pool = store.WarehousePool(home, Database(url), now=lambda: datetime.now(UTC),
    products=lambda _: [], version=lambda _: 0, floor=lambda _: 20)
stock = store.RowStore(pool, key="k" * 32)
stock.import_rows("T1", "orders", fresh, source="later.csv")
"""


@pytest.mark.parametrize("step", ["written", "renamed", "made", "switched"])
@pytest.mark.sample(2)
def test_killed_import_leaves_library_unchanged(home: Home, step: str) -> None:
    home.take([order(1), order(2)])
    before = home.rows()
    fresh = home.parquet([order(1, amount="5.00"), order(3)])
    address = home.database.engine.url.render_as_string(hide_password=False)
    told = [sys.executable, "-c", KILLED, step, str(home.folder), address, str(fresh)]
    ended = subprocess.run(told, timeout=60, check=False, cwd=ROOT)
    assert ended.returncode == -signal.SIGKILL
    assert home.rows() == before
    merged = home.row_store.import_rows("T1", "orders", fresh, source="later.csv")
    assert (merged.new, merged.replaced, merged.rows) == (1, 1, 3)


def test_concurrent_change_is_merged_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines on one database: a lock on a file may not hold there."""
    other, ours = home.opened(), home.parquet([order(1), order(2)])
    ours = ours.rename(home.folder / "ours.parquet")
    theirs = home.parquet([order(1), order(3)])
    real, quicker = merge.merge_rows, [True]

    def slow(kind: str, fresh: Path, held: Any, *, folder: Path, source: str) -> Any:
        merged = real(kind, fresh, held, folder=folder, source=source)
        if fresh == ours and quicker:
            quicker.clear()
            other.import_rows("T1", kind, theirs, source="theirs.csv")
        return merged

    monkeypatch.setattr(store, "merge_rows", slow)
    monkeypatch.setattr(RowStore, "_locked", lambda *_: nullcontext())
    merged = home.row_store.import_rows("T1", "orders", ours, source="ours.csv")
    assert (merged.new, merged.same, merged.rows) == (1, 1, 3)
    assert [row["order"] for row in home.rows()] == ["A1", "A2", "A3"]
    assert len(home.files()) == 2


def test_leftovers_of_killed_import_are_deleted_after_a_day(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "passing"))
    late = time.time() - 2 * 86_400
    folders = [home.row_store.home / "import-a1", tmp_path / "passing" / "super-intern-rows-b2"]
    fresh = home.row_store.home / "import-c3"
    for folder in (*folders, fresh):
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text("anna,1\n")
    for folder in folders:
        os.utime(folder, (late, late))
    home.row_store.sweep()
    assert [folder.exists() for folder in (*folders, fresh)] == [False, False, True]


def test_figure_names_the_file_that_its_rows_come_from(home: Home) -> None:
    day = datetime(2026, 11, 20, 9, 0)
    ads = [{"id": f"a{n}", "at": day, "channel": "ads", "spend": 5, "orders": 2} for n in range(3)]
    mail = {"id": "m", "at": day, "channel": "email", "sent": 348, "orders": 3}
    home.take(ads, source="ads.csv", kind="campaigns")
    home.take([mail], source="mails.csv", kind="campaigns")
    shelf = home.row_store.open("T1")
    asked = {"measures": ["spend", "sent", "campaign_orders"], "dimensions": ["channel"]}
    found = build_result(shelf, answer(shelf, dataset="campaigns", **asked), "en")
    told = {(fact.about, fact.parts.measure): str(fact.source) for fact in found.facts}
    assert told == {
        ("", "spend"): "ads.csv",
        ("", "sent"): "mails.csv",
        ("", "campaign-orders"): "ads.csv and 1 more",
        ("ads", "spend"): "ads.csv",
        ("ads", "campaign-orders"): "ads.csv",
        ("e-mail", "sent"): "mails.csv",
        ("e-mail", "campaign-orders"): "mails.csv",
    }
    every = campaigns.find(shelf, AnalysisFilter())
    assert {str(fact.source) for fact in every.facts} == {"ads.csv"}


def test_largest_source_is_named_first(home: Home) -> None:
    """One order that was mended afterwards is not what an answer stands on."""
    home.take([order(number) for number in range(5)], source="orders.csv")
    home.take([order(9)], source="mended.csv")
    assert str(home.row_store.open("T1").source("orders")) == "orders.csv and 1 more"
