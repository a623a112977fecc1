"""Files for tests, and the import of a file into rows."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, ImportOptions, LoadResult
from bot.data.ingest.loader import load_file
from bot.data.ingest.rejects import read_rejects, render_rejects

KEY = b"k" * 32
TODAY = date(2026, 11, 25)


@dataclass(frozen=True)
class In:
    """The imported rows as dicts by our column names."""

    understood: FileSchema
    taken: LoadResult
    rows: list[dict[str, Any]]
    rejects: str


def take_in(path: Path, folder: Path, **asked: Any) -> In:
    """Detect the schema of a file and read it into `folder`."""
    understood = detect_schema(path, name=path.name, options=ImportOptions.model_validate(asked))
    to = folder / "taken" / f"{path.stem}.parquet"
    taken = load_file(path, understood, to=to, key=KEY, today=TODAY)
    table = _reader().execute(f"SELECT * FROM '{to}'").to_arrow_table()
    told = ""
    if taken.rejects:
        csv_file = render_rejects(read_rejects(taken.rejects.read_bytes()), "en")
        told = csv_file.decode("utf-8-sig").replace("\r\n", "\n")
    return In(understood, taken, table.to_pylist(), told)


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def file(folder: Path, text: str | bytes, name: str = "orders.csv") -> Path:
    """Write a file into `folder`."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
