"""The cache of analysis results on disk."""

import json
import os
from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import Container
from bot.config.settings import Settings
from bot.core.facts import Source
from bot.data import local_data
from bot.data.analyses import cache
from bot.data.analyses.cache import ResultCache
from bot.data.analyses.experiments import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.ingest.upload import TableFile
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from tests.support.sample_tables import TODAY, sample
from tests.support.stocked_library import stocked

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(local_data, "now", lambda: NOON)
    container = stocked(tmp_path, "experiments", "orders")
    container.library("T1").findings("experiments", AnalysisFilter())
    container.database.close()
    return tmp_path


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[AnalysisFilter]:
    """What was really looked for, from now on."""
    made: list[AnalysisFilter] = []

    def counted(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
        made.append(where)
        return find(shelf, where)

    monkeypatch.setattr("bot.data.analyses.experiments.find", counted)
    return made


def again(home: Path) -> AnalysisResult:
    """What a process that starts now is told."""
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    try:
        return container.library("T1").findings("experiments", AnalysisFilter())
    finally:
        container.database.close()


def test_cached_result_is_equal_in_the_next_process(
    home: Path, looks: list[AnalysisFilter]
) -> None:
    kept, fresh = again(home), find(sample(), AnalysisFilter())
    assert not looks
    assert kept.facts == fresh.facts
    assert any(isinstance(fact.value, Decimal) for fact in kept.facts)
    assert [words.to("fr") for words in kept.limits] == [w.to("fr") for w in fresh.limits]
    assert {name: len(sql) > 40 for name, sql in kept.queries.items()} == {"arms": True}


def test_cache_is_invalidated_when_rows_are_removed(
    home: Path, looks: list[AnalysisFilter]
) -> None:
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    container.row_store.forget("T1", "experiments", "experiments.csv")
    container.database.close()
    assert not list(home.glob("library/T1/findings/**/*.json"))
    assert not again(home).facts
    assert looks


def test_changed_local_rows_invalidate_every_workspace(home: Path) -> None:
    for workspace in ("local", "T2"):
        ResultCache(home / "library" / workspace).put(
            ("v",), AnalysisFilter(), AnalysisResult("plan", Source(""), TODAY)
        )
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    container.row_store.forget("T1", "experiments", "experiments.csv")
    assert not list(home.glob("library/local/findings/*"))
    assert list(home.glob("library/T2/findings/*"))
    container.row_store.forget("local", "experiments", "experiments.csv")
    assert not list(home.glob("library/*/findings/*"))
    container.database.close()


def test_cache_is_invalidated_by_a_new_catalogue(home: Path, looks: list[AnalysisFilter]) -> None:
    from bot.cli.import_ import FileImporter
    from bot.data.ingest.file_schema import ImportOptions

    few = home / "few.csv"
    few.write_text("sku,name,price,currency\nX1,A new thing,9.00,EUR\n")
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    FileImporter(container, "T1", ImportOptions(currency="EUR")).load_products(TableFile(few))
    container.database.close()
    again(home)
    assert looks


def test_cache_is_invalidated_by_another_floor(home: Path, looks: list[AnalysisFilter]) -> None:
    (home / "policy.toml").write_text("[library]\nfloor = 50\n")
    again(home)
    assert looks


def test_cache_is_invalidated_at_midnight(
    home: Path, looks: list[AnalysisFilter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_data, "now", lambda: NOON + timedelta(days=1))
    again(home)
    assert looks
    versions = list(home.glob("library/T1/findings/*"))
    assert len(versions) == 1  # yesterday's are gone


def test_cache_is_invalidated_by_new_code(
    home: Path, looks: list[AnalysisFilter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "hash_code", lambda: "other")
    again(home)
    assert looks


def test_cached_result_is_used_for_its_own_filter_only(
    home: Path, looks: list[AnalysisFilter]
) -> None:
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    one = container.library("T1").findings("experiments", AnalysisFilter(experiment="panier-court"))
    container.database.close()
    assert looks == [AnalysisFilter(experiment="panier-court")]
    assert {fact.id.split(".")[1].split("--")[0] for fact in one.facts} == {"panier-court"}


@pytest.mark.parametrize("torn", ["", "[]", '{"kind": "experiments"}', "\x00" * 40])
@pytest.mark.sample(2)
def test_truncated_cache_file_is_ignored(
    home: Path, looks: list[AnalysisFilter], torn: str
) -> None:
    (path,) = home.glob("library/T1/findings/*/*.json")
    path.write_text(torn)
    assert again(home).facts
    assert looks
    assert json.loads(path.read_text())["facts"]  # and it is whole again


def test_cache_files_are_private_and_hide_the_words(home: Path) -> None:
    folder = ResultCache(home / "apart")
    secret = AnalysisFilter(category="the address of Anna Muster")
    folder.put(("v",), secret, AnalysisResult("segments", Source("orders.csv"), TODAY))
    (path,) = (home / "apart").glob("findings/*/*.json")
    assert path.stat().st_mode & 0o077 == 0
    assert "Anna" not in path.read_text() + str(path)


def test_cache_is_limited_in_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_RESULTS", 3)
    folder = ResultCache(tmp_path)
    for n in range(1, 9):
        folder.put(
            ("v",), AnalysisFilter(days=n), AnalysisResult("segments", Source("orders.csv"), TODAY)
        )
    assert len(list(tmp_path.glob("findings/*/*"))) <= 3
    assert folder.get(("v",), "segments", AnalysisFilter(days=8)) is not None


def test_full_disk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    folder = ResultCache(tmp_path)
    folder.put(("v",), AnalysisFilter(), AnalysisResult("segments", Source("orders.csv"), TODAY))
    assert folder.get(("v",), "segments", AnalysisFilter()) is None


def test_texts_that_look_like_numbers_or_dates_stay_texts(tmp_path: Path) -> None:
    found = AnalysisResult("feedback", Source("a.csv"), date(2026, 11, 2))
    found.add("all", "quote-1", "12.50")
    found.add("all", "share", Decimal("12.50"), unit="%", rows=3, query="texts")
    found.add_limit(Words("Only the newest {n} texts were read.", n=Decimal("4.5")))
    ResultCache(tmp_path).put(("v",), AnalysisFilter(), found)
    kept = ResultCache(tmp_path).get(("v",), "feedback", AnalysisFilter())
    assert kept is not None
    assert kept.facts == found.facts
    assert [type(fact.value) for fact in kept.facts] == [str, Decimal]
    assert kept.limits == found.limits


def test_result_is_not_cached_when_tables_change_meanwhile(tmp_path: Path) -> None:
    versions = iter([("old",), ("old",), ("new",), ("new",)])
    last: list[Hashable] = []

    def stands_on() -> Hashable:
        last.append(next(versions, ("new",)))
        return last[-1]

    library = WorkspaceData(CatalogueLibrary(list), sample, ResultCache(tmp_path), stands_on)
    assert library.findings("experiments", AnalysisFilter()).facts
    assert not list(tmp_path.glob("findings/*/*.json"))


def test_external_warehouse_results_are_not_cached(home: Path) -> None:
    settings = Settings.read({"SUPER_INTERN_HOME": str(home)})
    container = Container(settings.model_copy(update={"warehouse": SecretStr("duckdb://x.duckdb")}))
    assert container._result_cache("T1") == (None, None)
    container.database.close()
