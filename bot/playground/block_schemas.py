"""Schema checks for the JSON that Slack accepts: lengths, choices, lists and objects.

`block_schemas.yaml` has the schemas of blocks, their elements and views. Each check adds its errors
to `faults`; `pointer` is the JSON pointer of the value."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.playground.errors import SchemaErrors

Check = Callable[[SchemaErrors, Any, str], None]


def require_string(minimum: int, maximum: int) -> Check:
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
    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.add("must be an integer", pointer)
        elif value < minimum:
            faults.add(f"must be more than {minimum - 1}", pointer)
        elif value > maximum:
            faults.add(f"must be less than {maximum + 1}", pointer)

    return check


def require_choice(*choices: str) -> Check:
    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if value not in choices:
            faults.add(f"must be one of: {', '.join(choices)}", pointer)

    return check


def require_list(each: Check, minimum: int, maximum: int) -> Check:
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


# Checks of what the fields of an object mean together.


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


# The schemas of block_schemas.yaml.

_SCHEMAS = yaml.load(Path(__file__).with_suffix(".yaml").read_bytes(), yaml.CSafeLoader)


def _require_text(maximum: int, *types: tuple[str, str]) -> Check:
    return require_type(
        {
            kind: ObjectSchema({"text": require_string(1, maximum)}, {option: require_boolean})
            for kind, option in types
        }
    )


def _require_nullable(inner: Check) -> Check:
    def check(faults: SchemaErrors, value: Any, pointer: str) -> None:
        if value is not None:
            inner(faults, value, pointer)

    return check


_PLAIN, _MRKDWN = ("plain_text", "emoji"), ("mrkdwn", "verbatim")
_FUNCTIONS: dict[str, Callable[..., Check]] = {
    "string": require_string,
    "integer": require_integer,
    "list": require_list,
    "pattern": require_pattern,
    "nullable": _require_nullable,
    "plain_text": lambda maximum: _require_text(maximum, _PLAIN),
    "text": lambda maximum: _require_text(maximum, _PLAIN, _MRKDWN),
}
_NAMED_CHECKS: dict[str, Check] = {
    "any": allow_anything,
    "boolean": require_boolean,
    "number": require_number,
    "options": check_options,
}


@cache
def read_check(written: str) -> Check:
    """Return the check that is written in the file, such as `list(option, 1, 5)`."""
    check: Check = _build_check(ast.parse(written, mode="eval").body)
    return check


def _build_check(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id in _NAMED_CHECKS:
            return _NAMED_CHECKS[node.id]
        found = _SCHEMAS["objects"][node.id]
        return _build_object(found) if isinstance(found, dict) else read_check(found)
    assert isinstance(node, ast.Call)
    name, words = ast.unparse(node.func), [ast.unparse(one) for one in node.args]
    if name == "choice":
        return require_choice(*words)
    if name == "any":
        return require_any_field(*words)
    if name in _FUNCTIONS:
        return _FUNCTIONS[name](*map(_build_check, node.args))
    types = [one for word in words for one in _SCHEMAS["groups"].get(word, [word])]
    every = _SCHEMAS[name] if words == ["all"] else types
    if name != "blocks":
        return require_type({one: _build_object(_SCHEMAS[name][one]) for one in every})
    nested = {one: _build_object(_SCHEMAS[name][one] | {"$fields": ["block"]}) for one in every}
    return require_type(nested)


def _build_object(fields: dict[str, Any]) -> ObjectSchema:
    required: dict[str, Check] = {}
    optional: dict[str, Check] = {}
    extra_check: Check = allow_anything
    for name, written in fields.items():
        if name == "$check":
            extra_check = read_check(written)
        elif name == "$fields":
            for group in written:
                inner = _build_object(_SCHEMAS["fields"][group])
                required |= inner.required
                optional |= inner.optional
        elif name.endswith("*"):
            required[name[:-1]] = read_check(written)
        else:
            optional[name] = read_check(written)
    return ObjectSchema(required, optional, extra_check)
