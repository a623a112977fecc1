"""The lines of a body: cells by our column names, and what can't even be looked at.

A file proves how its numbers and dates are written by all of its rows; a body may be one row. So
what could be read in two ways, 1,234 or 03/04/2026, is refused here instead of guessed.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.data.catalogue.cells import currency_in
from bot.data.ingest.source import json_row, json_text
from bot.data.schema import Kind, Type
from bot.errors import CannotDo
from bot.i18n.messages import Words

TWO_WAYS = re.compile(r"\s*\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d{2}")
NO_NUMBER = "is no number; write 1234.50"
NO_DATE = "is no date; write 2026-11-24 or 2026-11-24T18:05:00"


@dataclass(frozen=True)
class Reject:
    """Why a line stayed out. `line` counts from 1; `column` None: the whole line."""

    line: int
    column: str | None
    reason: str


@dataclass(frozen=True)
class Lines:
    """`rows`: (line, our column → text). `names`: our columns that any row has, in our order."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # names that are no columns of ours


def lines_of(kind: Kind, body: bytes) -> Lines:
    """Raises CannotDo when the body as a whole is no text."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotDo(Words("The body is not UTF-8 text.")) from None
    found = Lines()
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for line, told in enumerate(text.split("\n"), start=1):
        if not told.strip():
            continue
        row = json_row(told)
        if row is None:
            found.rejects.append(Reject(line, None, "this line is no JSON object"))
            continue
        wrong = next((w for name, value in row.items() if (w := _wrong(kind, name, value))), None)
        if wrong:
            found.rejects.append(Reject(line, *wrong))
            continue
        known.update(dict.fromkeys(name for name in row if name in kind.columns))
        unknown.update(dict.fromkeys(name for name in row if name not in kind.columns))
        cells = {name: _cell(value) for name, value in row.items() if name in kind.columns}
        found.rows.append((line, cells))
    found.names.extend(name for name in kind.columns if name in known)
    found.ignored.extend(" ".join(_cell(name).split())[:60] for name in unknown)
    return found


def _wrong(kind: Kind, name: str, value: Any) -> tuple[str, str] | None:
    """What is wrong with a value before it is read: (column, reason)."""
    column = kind.columns.get(name)
    if column is None:
        return None
    if isinstance(value, dict | list):
        return name, "is a list or an object; one value is wanted"
    if isinstance(value, str) and (reason := _unclear(column.type, value)):
        return name, reason
    return None


def _unclear(type_: Type, said: str) -> str | None:
    if type_ in ("money", "number", "whole"):
        return NO_NUMBER if "," in said or currency_in(said) else None
    if type_ in ("day", "moment"):
        return NO_DATE if TWO_WAYS.match(said) else None
    return None


def _cell(value: Any) -> str:
    """As a file's cell holds it: half a character becomes a question mark."""
    told = json_text(value).replace("\x00", "")
    return told.encode("utf-8", "replace").decode()
