"""The arguments of one API call, read as strictly as Slack reads them."""

import json
from typing import Any

from bot.playground.refusals import Refused


class Arguments:
    """What a method was called with; forms carry JSON in strings, JSON bodies do not."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def has(self, name: str) -> bool:
        """Whether the argument was given at all."""
        return self.given.get(name) is not None

    def word(self, name: str, default: str = "") -> str:
        """A string; numbers are taken as they are written."""
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, dict | list | bool):
            raise _invalid(f"must be a string: {name}")
        return str(value)

    def need(self, name: str, error: str = "") -> str:
        """A string that must be there."""
        if value := self.word(name):
            return value
        raise Refused(error) if error else _invalid(f"missing required field: {name}")

    def flag(self, name: str, default: bool = False) -> bool:
        """True for true, 1 and "true"."""
        value = self.given.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number from 1 to `most`."""
        try:
            value = int(self.word(name) or default)
        except ValueError:
            raise _invalid(f"must be an integer: {name}") from None
        if not 1 <= value <= most:
            raise Refused("invalid_limit") if name == "limit" else _invalid(f"out of range: {name}")
        return value

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """A value that a form carries as JSON text; None when it was not given."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError:
            raise Refused(error) from None

    def array(self, name: str, error: str) -> list[Any] | None:
        """A list; None when it was not given."""
        value = self.json(name, error)
        if value is not None and not isinstance(value, list):
            raise Refused(error)
        return value

    def names(self, name: str) -> list[str]:
        """Words parted by commas, or a list of them."""
        value = self.given.get(name)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [str(part).strip() for part in parts if str(part).strip()]


def _invalid(what: str) -> Refused:
    return Refused("invalid_arguments", [f"[ERROR] {what}"])
