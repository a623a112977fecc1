"""JSON Lines: one object a line, its values as text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.library.files.records import Fault, Record, lines_of
from bot.library.files.shape import Shape


def json_rows(path: Path, shape: Shape) -> Iterator[Record | Fault]:
    for number, line in enumerate(lines_of(path, shape.encoding or "utf-8"), start=1):
        if not line.strip():
            continue
        row = json_row(line)
        if row is None:
            yield Fault(number, "this line is no JSON object", line.rstrip("\r\n"))
        else:
            yield Record(number, [json_text(row.get(one)) for one in shape.names])


def json_row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line.lstrip("\ufeff"), parse_float=str)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
