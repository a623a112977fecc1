"""Rows that come in by themselves: one JSON object a line, under our own column names.

A good row is kept, a bad one is told with its line, column and reason. What is no column of ours
is dropped and named: an address or a name sent by mistake is never stored.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.errors import CannotDo
from bot.library.kinds import Kind, kinds
from bot.library.live.cells import Cells, Wrong
from bot.words import Words

FUTURE = timedelta(days=1)  # a day later than tomorrow is a slip: zones differ by less


@dataclass(frozen=True)
class Reject:
    """Why a line stayed out. `line` counts from 1; `column` None: the whole line."""

    line: int
    column: str | None
    reason: str


@dataclass(frozen=True)
class Received:
    """What a body held: rows by our columns, in order, all columns there."""

    kind: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # names that are no columns of ours


def receive(kind: str, body: bytes, *, key: bytes, today: date) -> Received:
    """The body's lines, checked. `key` makes persons' keys; `today` is the day of receipt.

    Raises CannotDo when the body as a whole is no text, and KeyError for an unknown kind.
    """
    asked = kinds()[kind]
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotDo(Words("The body is not UTF-8 text.")) from None
    found, cells = Received(kind), Cells(key)
    ignored: dict[str, None] = {}
    for line, told in enumerate(text.split("\n"), start=1):
        if told.strip():
            try:
                row = _object(told)
                found.rows.append(_row(row, asked, cells, today))
            except Wrong as wrong:
                found.rejects.append(Reject(line, wrong.column, wrong.reason))
            else:
                ignored.update(dict.fromkeys(name for name in row if name not in asked.columns))
    found.ignored.extend(_named(name) for name in ignored)
    return found


def _object(told: str) -> Mapping[str, Any]:
    try:
        row = json.loads(told, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Wrong("not JSON: each line is one object") from None
    if not isinstance(row, dict):
        raise Wrong("not an object: each line is {“column”: value, …}")
    return row


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _row(told: Mapping[str, Any], kind: Kind, cells: Cells, today: date) -> dict[str, Any]:
    """Every column of ours, converted. Raises Wrong for the first that cannot be."""
    row: dict[str, Any] = {}
    for name, column in kind.columns.items():
        try:
            row[name] = cells.read(column.type, told.get(name))
        except Wrong as wrong:
            raise Wrong(wrong.reason, name) from None
        if (check := SAME_WORDS.get(name)) and row[name] is not None:
            row[name] = check(row[name])
    if (wrong_day := _day(row[kind.dated])) and wrong_day > today + FUTURE:
        raise Wrong("lies in the future", kind.dated)
    if kind.name == "feedback":
        row["text"], row["title"] = cells.bare(row["text"]), cells.bare(row["title"])
        row["id"] = row["id"] or _made(row)
    for name, column in kind.columns.items():
        if column.needed and row[name] is None:
            raise Wrong("is needed", name)
    if kind.name == "consents" and row["at"] is None:
        # No and then yes again would be the same body twice, which changes nothing.
        raise Wrong("is needed: when it was said", "at")
    if kind.name == "orders" and row["line"] is None:
        # A number made from the place in the body would let a line sent alone replace another.
        if row["product"] or row["title"]:
            raise Wrong("is needed where a product is named: 1, 2, 3 …", "line")
        row["line"] = 0
    return row


def _day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _made(row: Mapping[str, Any]) -> str:
    """An id for a row that has none: the same row gets the same."""
    told = json.dumps([str(value) for value in row.values()], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _named(name: str) -> str:
    """A field's name as it may be said back: short, on one line."""
    return " ".join(name.split())[:60]


STEPS = {
    "view": ("view", "view_item", "page_view", "product_view", "pageview"),
    "cart": ("cart", "add_to_cart", "addtocart"),
    "checkout": ("checkout", "begin_checkout", "checkout_started"),
    "purchase": ("purchase", "order", "transaction", "checkout_completed"),
}
STATUSES = {
    "sold": ("sold", "paid", "fulfilled", "completed", "delivered", "shipped"),
    "cancelled": ("cancelled", "canceled", "voided"),
    "returned": ("returned", "refunded"),
}


def _one_of(words: Mapping[str, tuple[str, ...]]) -> Callable[[str], str]:
    """Ours for a word that we know; another word stays as it is, in lower case."""
    ours = {theirs: mine for mine, all_ in words.items() for theirs in all_}
    return lambda value: ours.get(value.lower(), value.lower())


SAME_WORDS: Mapping[str, Callable[[str], str]] = {
    "step": _one_of(STEPS),
    "status": _one_of(STATUSES),
    "device": str.lower,
    "currency": str.upper,
}
