"""20,000 reviews into themes and sentiment, beside fitting a plain TF-IDF on the same texts."""

import time
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa

from benchmarks.table import Figure
from bot.core.source import Source
from bot.data.analyses.feedback import find
from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of
from tests.support.sample_tables import TODAY, sample

REVIEWS = 20_000
AIM = 10.0  # seconds


def feedback() -> list[Figure]:
    """Everything `find` tells: themes, change, places, quotes, mood (a quarter has no stars)."""
    shelf = shelf_of(reviews(REVIEWS))
    began = time.perf_counter()
    found = find(shelf, AnalysisFilter())
    took = time.perf_counter() - began
    assert found.get("all", "classifier-auc")
    texts = [row["text"] for row in reviews(REVIEWS)]
    beside = f"plain TF-IDF {plain(texts):.2f} s; {len(found.facts)} facts"
    return [Figure(f"feedback, {REVIEWS:,} texts to facts", took, "s", AIM, beside)]


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
