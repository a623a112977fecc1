"""One JSON value into one of our types, or why not. Numbers have a point, days are ISO."""

import hashlib
import hmac
import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.library.kinds import Type
from bot.library.slugs import slug
from bot.privacy.personal import find

MOST_MONEY = Decimal(10) ** 15
MOST_WHOLE = 2**63 - 1
YES = {"true", "yes", "1", "oui"}
NO = {"false", "no", "0", "non"}
LATEST_SECONDS = 100_000_000_000  # above: milliseconds


class Wrong(Exception):
    """A value or a line that cannot be taken in."""

    def __init__(self, reason: str, column: str | None = None):
        super().__init__(reason)
        self.reason, self.column = reason, column


class Cells:
    """Reads values; `key` makes the keys of persons, the same as an import does."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._readers: Mapping[Type, Callable[[Any], Any]] = {
            "text": _text,
            "key": _reference,
            "person": self._person,
            "whole": _whole,
            "money": _money,
            "number": _number,
            "day": lambda value: _moment(value).date(),
            "moment": _moment,
            "yes": _yes,
        }

    def read(self, type_: Type, value: Any) -> Any:
        """None, "" and blanks are nothing. Raises Wrong."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, dict | list):
            raise Wrong("is a list or an object; one value is wanted")
        return self._readers[type_](value)

    def bare(self, text: str | None) -> str | None:
        """Free text without the addresses, numbers and names that are recognised in it."""
        if not text:
            return text
        for one in reversed(find(text)):
            text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
        return text

    def _person(self, value: Any) -> str:
        told = _text(value).lower()
        return hmac.new(self._key, told.encode(), hashlib.sha256).hexdigest()[:32]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        raise Wrong("is true or false; text is wanted")
    told = unicodedata.normalize("NFC", str(value)).replace("\x00", "").strip()
    if any("\ud800" <= sign <= "\udfff" for sign in told):
        raise Wrong("holds half a character")
    return told


def _reference(value: Any) -> str:
    return slug(_text(value))


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise Wrong("is true or false; a number is wanted")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise Wrong("is no number; write 1234.50") from None
    if not number.is_finite():
        raise Wrong("is no number; write 1234.50")
    return number


def _money(value: Any) -> Decimal:
    number = _decimal(value)
    if abs(number) >= MOST_MONEY:
        raise Wrong("is too large")
    return number.quantize(Decimal("0.01"))


def _whole(value: Any) -> int:
    number = _decimal(value)
    if abs(number) > MOST_WHOLE:
        raise Wrong("is too large")
    if number != number.to_integral_value():
        raise Wrong("is no whole number")
    return int(number)


def _number(value: Any) -> float:
    number = float(_decimal(value))
    if math.isinf(number):
        raise Wrong("is too large")
    return number


def _moment(value: Any) -> datetime:
    """The wall time as it is written; seconds or milliseconds since 1970 are UTC."""
    if isinstance(value, bool):
        raise Wrong("is true or false; a date is wanted")
    try:
        if isinstance(value, int | Decimal):
            seconds = float(value) / (1000 if value > LATEST_SECONDS else 1)
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return datetime.fromisoformat(value.strip()).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        raise Wrong("is no date; write 2026-11-24 or 2026-11-24T18:05:00") from None


def _yes(value: Any) -> bool:
    told = str(value).strip().lower()
    if told in YES or told in NO:
        return told in YES
    raise Wrong("is neither true nor false")
