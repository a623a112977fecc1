"""20,000 reviews into themes, beside fitting a plain TF-IDF on the same texts; and 100,000 reviews
from a CSV into the library, with one question on them."""

import csv
import multiprocessing
import os
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from benchmarks.table import Figure, peak
from bot.app import Container
from bot.config.settings import Settings, limit_math_threads
from bot.core.facts import Source
from bot.data.analyses.feedback import find
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.importer import read_table, store_table
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of
from tests.support.sample_tables import TODAY, sample

REVIEWS, MANY_REVIEWS = 20_000, 100_000
AIM = 10.0  # seconds
WORKSPACE = "T1"


def feedback() -> list[Figure]:
    """Everything `find` tells: themes, change, places, quotes (a quarter has no stars)."""
    shelf = shelf_of(reviews(REVIEWS))
    began = time.perf_counter()
    found = find(shelf, AnalysisFilter())
    took = time.perf_counter() - began
    assert found.get("all", "texts")
    texts = [row["text"] for row in reviews(REVIEWS)]
    beside = f"plain TF-IDF {plain(texts):.2f} s; {len(found.facts)} facts"
    return [Figure(f"feedback, {REVIEWS:,} texts to facts", took, "s", AIM, beside), *stored()]


def stored() -> list[Figure]:
    """The import and the question, each in a process of its own for its memory and its caches."""
    limit_math_threads()  # as the product does
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "reviews.csv"
        write_csv(path, MANY_REVIEWS)
        took, first, second = (_in_process(step, path) for step in (_import, _ask, _ask))
    what = f"{MANY_REVIEWS:,} reviews"
    return [
        Figure(f"importing {what}", took[0], "s", 30, f"{took[1]:.1f} CPU s"),
        Figure(f"the first question on {what}", first[0], "s", 8, f"{first[1]:.1f} CPU s"),
        Figure(f"a question on {what}", second[0], "s", 8, f"{second[1]:.1f} CPU s"),
        Figure(f"memory of a question on {what}", second[2], "GB", 0.6, "the aim"),
    ]


def _in_process(step: Any, path: Path) -> tuple[float, float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (step, path))


def _measure(step: Any, path: Path) -> tuple[float, float, float]:
    """Return seconds, processor seconds with those of its own processes, and the most memory in
    GB."""
    began, used = time.perf_counter(), os.times()[:4]
    step(path)
    return time.perf_counter() - began, sum(os.times()[:4]) - sum(used), peak() / 1e9


def _container(path: Path) -> Container:
    return Container(Settings.read({"SUPER_INTERN_HOME": str(path.parent / "home")})).migrated()


def _import(path: Path) -> None:
    container, found = _container(path), detect_schema(path, name=path.name)
    table = read_table(container, WORKSPACE, path, found, path.parent / "rows")
    store_table(container, WORKSPACE, table, path.name)


def _ask(path: Path) -> None:
    found = find(_container(path).row_store.open(WORKSPACE), AnalysisFilter())
    assert found.get("all", "texts")


def write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "date", "title", "review", "rating", "product", "language"])
        for one in reviews(count):
            named = (one["id"], one["at"].date(), one["title"], one["text"], one["rating"])
            rows.writerow([*named, one["product"], one["language"]])


def plain(texts: list[str]) -> float:
    """Seconds of scikit-learn's own TF-IDF with pairs of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    began = time.perf_counter()
    TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=20_000).fit_transform(texts)
    return time.perf_counter() - began


def reviews(count: int) -> list[dict[str, Any]]:
    """The sample shop's large set, two of its texts a review, so that each is as long as real
    ones are (about 240 letters)."""
    table = sample("large").engine.table("feedback")
    rows = table.order_by("id").to_pyarrow().to_pylist()
    by_language = {name: [r for r in rows if r["language"] == name] for name in ("fr", "en")}
    made = []
    for i in range(count):
        row = rows[i % len(rows)]
        others = by_language[row["language"]]
        other = others[(i * 7919 + i // len(rows)) % len(others)]
        day = datetime.combine(TODAY, datetime.min.time()) - timedelta(days=1 + i % 360)
        text = f"{row['text']} {other['text']}"
        stars = None if i % 4 == 0 else row["rating"]
        made.append({**row, "id": f"B{i:06}", "text": text, "at": day, "rating": stars})
    return made


def shelf_of(rows: list[dict[str, Any]]) -> Warehouse:
    engine = ibis.duckdb.connect()
    shape = ibis.schema(schema_of("feedback")).to_pyarrow()
    engine.create_table("feedback", pa.Table.from_pylist(rows, schema=shape))
    listed = {
        "feedback": ListedTable(
            "feedback", (), len(rows), Source("feedback.csv"), date(2026, 11, 24)
        )
    }
    return Warehouse(engine, TODAY, listed)


if __name__ == "__main__":
    from benchmarks.table import print_table

    print_table(feedback())
