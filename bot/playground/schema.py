"""A small language to say which JSON Slack accepts: lengths, choices, lists, objects."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.errors import SchemaErrors

Check = Callable[[SchemaErrors, Any, str], None]


def require_string(most: int, least: int = 1) -> Check:
    """A string between two lengths."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if not isinstance(value, str):
            faults.add("must be a string", at)
        elif len(value) > most:
            faults.add(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            faults.add(f"must be more than {least - 1} characters", at)

    return check


def require_pattern(pattern: str, what: str) -> Check:
    """A string of one form, such as a date."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            faults.add(f"must be {what}", at)

    return check


def require_integer(least: int, most: int) -> Check:
    """A whole number in a range."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.add("must be an integer", at)
        elif value < least:
            faults.add(f"must be more than {least - 1}", at)
        elif value > most:
            faults.add(f"must be less than {most + 1}", at)

    return check


def require_choice(*choices: str) -> Check:
    """One of some fixed words."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if value not in choices:
            faults.add(f"must be one of: {', '.join(choices)}", at)

    return check


def require_list(each: Check, most: int, least: int = 1) -> Check:
    """A list whose entries all pass one check."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
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


def require_boolean(faults: SchemaErrors, value: Any, at: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        faults.add("must be a boolean", at)


def require_number(faults: SchemaErrors, value: Any, at: str) -> None:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        faults.add("must be a number", at)


def allow_anything(faults: SchemaErrors, value: Any, at: str) -> None:
    """No check."""


@dataclass(frozen=True)
class ObjectSchema:
    """An object: the fields it needs, those it may have, and nothing else.

    `also` looks at an object that is right so far.
    """

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    extra_check: Check = allow_anything

    def __call__(self, faults: SchemaErrors, value: Any, at: str) -> None:
        """Checks a value against this shape."""
        if not isinstance(value, dict):
            faults.add("must be an object", at)
            return
        before = len(faults.messages)
        for name, check in self.required.items():
            if value.get(name) is None:
                faults.add(f"missing required field: {name}", at)
            else:
                check(faults, value[name], f"{at}/{name}")
        for name, entry in value.items():
            if name in self.optional:
                if entry is not None:
                    self.optional[name](faults, entry, f"{at}/{name}")
            elif name not in self.required and name != "type":
                faults.add(f"invalid additional property: {name}", at)
        if len(faults.messages) == before:
            self.extra_check(faults, value, at)


def require_type(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which shape it must have."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if not isinstance(value, dict):
            faults.add("must be an object", at)
        elif not isinstance(value.get("type"), str):
            faults.add("missing required field: type", at)
        elif value["type"] not in shapes:
            faults.add(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            shapes[value["type"]](faults, value, at)

    return check


def require_any_field(*names: str) -> Check:
    """An object that has at least one of some fields."""

    def check(faults: SchemaErrors, value: Any, at: str) -> None:
        if not any(value.get(name) for name in names):
            faults.add(f"missing required field: one of {', '.join(names)}", at)

    return check


# Text objects, options and confirmations: the small parts that elements and blocks share.

ID_CHECK = require_string(255)
URL_CHECK = require_string(3000)


def require_plain_text(most: int) -> Check:
    """A plain_text object up to a length."""
    return require_type(
        {"plain_text": ObjectSchema({"text": require_string(most)}, {"emoji": require_boolean})}
    )


def require_text(most: int) -> Check:
    """A plain_text or mrkdwn object up to a length."""
    return require_type(
        {
            "plain_text": ObjectSchema({"text": require_string(most)}, {"emoji": require_boolean}),
            "mrkdwn": ObjectSchema({"text": require_string(most)}, {"verbatim": require_boolean}),
        }
    )


def require_option(most: int = 150) -> Check:
    """One choice in a menu; its value may have 150 characters."""
    return ObjectSchema(
        {"text": require_text(75), "value": require_string(most)},
        {"description": require_text(75), "url": require_string(3000)},
    )


OPTION_GROUP = ObjectSchema(
    {"label": require_plain_text(75), "options": require_list(require_option(), 100)}
)

CONFIRM = ObjectSchema(
    {
        "title": require_plain_text(100),
        "text": require_text(300),
        "confirm": require_plain_text(30),
        "deny": require_plain_text(30),
    },
    {"style": require_choice("primary", "danger")},
)

SLACK_FILE = ObjectSchema({}, {"id": require_string(255), "url": URL_CHECK})


def check_options(faults: SchemaErrors, value: Any, at: str) -> None:
    """A menu has options or groups of them, not both, and starts with one of its own."""
    if bool(value.get("options")) == bool(value.get("option_groups")):
        faults.add("exactly one of options and option_groups must be given", at)
    known = list_options(value)
    start = value.get("initial_options") or [value.get("initial_option")]
    for entry in start:
        if entry is not None and entry not in known:
            faults.add("initial options must match exactly one of the options", at)


def list_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of a menu, those of its groups included."""
    found = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found += group["options"]
    return found
