"""A small language to say which JSON Slack accepts: lengths, choices, lists, objects."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.refusals import Faults

Check = Callable[[Faults, Any, str], None]


def words(most: int, least: int = 1) -> Check:
    """A string between two lengths."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not isinstance(value, str):
            faults.add("must be a string", at)
        elif len(value) > most:
            faults.add(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            faults.add(f"must be more than {least - 1} characters", at)

    return check


def matching(pattern: str, what: str) -> Check:
    """A string of one form, such as a date."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            faults.add(f"must be {what}", at)

    return check


def whole(least: int, most: int) -> Check:
    """A whole number in a range."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.add("must be an integer", at)
        elif value < least:
            faults.add(f"must be more than {least - 1}", at)
        elif value > most:
            faults.add(f"must be less than {most + 1}", at)

    return check


def one_of(*choices: str) -> Check:
    """One of some fixed words."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if value not in choices:
            faults.add(f"must be one of: {', '.join(choices)}", at)

    return check


def list_of(each: Check, most: int, least: int = 1) -> Check:
    """A list whose entries all pass one check."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not isinstance(value, list):
            faults.add("must be an array", at)
            return
        if len(value) > most:
            faults.add(f"no more than {most} items allowed", at)
        elif len(value) < least:
            faults.add(f"no fewer than {least} items allowed", at)
        for number, entry in enumerate(value):
            each(faults, entry, f"{at}/{number}")

    return check


def yes_no(faults: Faults, value: Any, at: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        faults.add("must be a boolean", at)


def number(faults: Faults, value: Any, at: str) -> None:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        faults.add("must be a number", at)


def anything(faults: Faults, value: Any, at: str) -> None:
    """No check."""


@dataclass(frozen=True)
class Shape:
    """An object: the fields it needs, those it may have, and nothing else.

    `also` looks at an object that is right so far.
    """

    need: Mapping[str, Check] = field(default_factory=dict)
    may: Mapping[str, Check] = field(default_factory=dict)
    also: Check = anything

    def __call__(self, faults: Faults, value: Any, at: str) -> None:
        """Checks a value against this shape."""
        if not isinstance(value, dict):
            faults.add("must be an object", at)
            return
        before = len(faults.found)
        for name, check in self.need.items():
            if value.get(name) is None:
                faults.add(f"missing required field: {name}", at)
            else:
                check(faults, value[name], f"{at}/{name}")
        for name, entry in value.items():
            if name in self.may:
                if entry is not None:
                    self.may[name](faults, entry, f"{at}/{name}")
            elif name not in self.need and name != "type":
                faults.add(f"invalid additional property: {name}", at)
        if len(faults.found) == before:
            self.also(faults, value, at)


def by_type(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which shape it must have."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not isinstance(value, dict):
            faults.add("must be an object", at)
        elif not isinstance(value.get("type"), str):
            faults.add("missing required field: type", at)
        elif value["type"] not in shapes:
            faults.add(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            shapes[value["type"]](faults, value, at)

    return check


def at_least_one(*names: str) -> Check:
    """An object that has at least one of some fields."""

    def check(faults: Faults, value: Any, at: str) -> None:
        if not any(value.get(name) for name in names):
            faults.add(f"missing required field: one of {', '.join(names)}", at)

    return check
