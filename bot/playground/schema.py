"""Schema checks for the JSON that Slack accepts: lengths, choices, lists and objects.

Each check adds its errors to `faults`; `pointer` is the JSON pointer of the value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.errors import SchemaErrors

Check = Callable[[SchemaErrors, Any, str], None]


def require_string(maximum: int, minimum: int = 1) -> Check:
    """Check a string of `minimum` to `maximum` characters."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, str):
            faults.add("must be a string", pointer)
        elif len(value) > maximum:
            faults.add(f"must be less than {maximum + 1} characters", pointer)
        elif len(value) < minimum:
            faults.add(f"must be more than {minimum - 1} characters", pointer)

    return check


def require_pattern(pattern: str, what: str) -> Check:
    """Check a string by a regular expression; `what` describes the format in the error."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            faults.add(f"must be {what}", pointer)

    return check


def require_integer(minimum: int, maximum: int) -> Check:
    """Check an integer from `minimum` to `maximum`."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.add("must be an integer", pointer)
        elif value < minimum:
            faults.add(f"must be more than {minimum - 1}", pointer)
        elif value > maximum:
            faults.add(f"must be less than {maximum + 1}", pointer)

    return check


def require_choice(*choices: str) -> Check:
    """Check that the value is one of `choices`."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if value not in choices:
            faults.add(f"must be one of: {', '.join(choices)}", pointer)

    return check


def require_list(each: Check, maximum: int, minimum: int = 1) -> Check:
    """Check a list of `minimum` to `maximum` entries, each by `each`."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, list):
            faults.add("must be an array", pointer)
            return
        if len(value) > maximum:
            faults.add(f"no more than {maximum} items allowed", pointer)
        elif len(value) < minimum:
            faults.add(f"no fewer than {minimum} items allowed", pointer)
        for number, entry in enumerate(value):
            each(faults, entry, f"{pointer}/{number}")

    return check


def require_boolean(faults: SchemaErrors, value: Any, pointer: str) -> None:
    if not isinstance(value, bool):
        faults.add("must be a boolean", pointer)


def require_number(faults: SchemaErrors, value: Any, pointer: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        faults.add("must be a number", pointer)


def allow_anything(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Accept any value."""


@dataclass(frozen=True)
class ObjectSchema:
    """An object with these required and optional fields and no others.

    `extra_check` runs only if the fields have no errors.
    """

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    extra_check: Check = allow_anything

    def __call__(self, faults: SchemaErrors, value: Any, pointer: str) -> None:
        """Check a value against this schema."""
        if not isinstance(value, dict):
            faults.add("must be an object", pointer)
            return
        before = len(faults.messages)
        for name, check in self.required.items():
            if value.get(name) is None:
                faults.add(f"missing required field: {name}", pointer)
            else:
                check(faults, value[name], f"{pointer}/{name}")
        for name, entry in value.items():
            if name in self.optional:
                if entry is not None:
                    self.optional[name](faults, entry, f"{pointer}/{name}")
            elif name not in self.required and name != "type":
                faults.add(f"invalid additional property: {name}", pointer)
        if len(faults.messages) == before:
            self.extra_check(faults, value, pointer)


def require_type(shapes: Mapping[str, Check]) -> Check:
    """Check an object against the schema that `shapes` has for its `type`."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            faults.add("must be an object", pointer)
        elif not isinstance(value.get("type"), str):
            faults.add("missing required field: type", pointer)
        elif value["type"] not in shapes:
            faults.add(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            shapes[value["type"]](faults, value, pointer)

    return check


def require_any_field(*names: str) -> Check:
    """Check that an object has at least one of these fields."""

    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not any(value.get(name) for name in names):
            faults.add(f"missing required field: one of {', '.join(names)}", pointer)

    return check


# Composition objects that elements and blocks share: texts, options and confirmations.

ID_CHECK = require_string(255)
URL_CHECK = require_string(3000)


def require_plain_text(maximum: int) -> Check:
    """Check a plain_text object of up to `maximum` characters."""
    return require_type(
        {"plain_text": ObjectSchema({"text": require_string(maximum)}, {"emoji": require_boolean})}
    )


def require_text(maximum: int) -> Check:
    """Check a plain_text or mrkdwn object of up to `maximum` characters."""
    return require_type(
        {
            "plain_text": ObjectSchema(
                {"text": require_string(maximum)}, {"emoji": require_boolean}
            ),
            "mrkdwn": ObjectSchema(
                {"text": require_string(maximum)}, {"verbatim": require_boolean}
            ),
        }
    )


def require_option(maximum: int = 150) -> Check:
    """Check an option of a menu, whose value has up to `maximum` characters."""
    return ObjectSchema(
        {"text": require_text(75), "value": require_string(maximum)},
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


def check_options(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check that a menu has either options or groups, and that it has its initial options."""
    if bool(value.get("options")) == bool(value.get("option_groups")):
        faults.add("exactly one of options and option_groups must be given", pointer)
    known = list_options(value)
    start = value.get("initial_options") or [value.get("initial_option")]
    for entry in start:
        if entry is not None and entry not in known:
            faults.add("initial options must match exactly one of the options", pointer)


def list_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all options of a menu, including those in groups."""
    found = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found += group["options"]
    return found
