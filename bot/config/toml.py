"""Reads and validates `brand.toml` and `policy.toml`. An error names the line of the mistake.

A `[workspace.T…]` table holds exceptions for one Slack workspace. Its tables are merged over the
common ones; its lists replace the common lists.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.config.brand import UNNAMED, Brand
from bot.config.policy import RIGHTS, Policy
from bot.config.settings import SettingsError, describe_error

TomlPath = tuple[str | int, ...]
CLOSINGS = ("", "]", "]]", "]}", "]}]", '"""', "'''")  # what may be open at the end of a line


class TomlLines:
    """Maps each key's path to its line: `("approval", "needed")`; list items by their index.

    A setting is on the first line with which the beginning of the file has it."""

    def __init__(self, text: str):
        self._found: dict[TomlPath, int] = {}
        beginning = ""
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            beginning += line
            for path in _list_paths(_parse_beginning(beginning)):
                self._found.setdefault(path, number)

    def find_line(self, path: TomlPath) -> int | None:
        """Return the line of that setting, or of the nearest table or list that contains it."""
        return self._found.get(path[: self.count_known(path)])

    def count_known(self, path: TomlPath) -> int:
        """Return how many leading elements of that path exist in the file."""
        return next((n for n in range(len(path), 0, -1) if path[:n] in self._found), 0)


def _parse_beginning(text: str) -> Any:
    for closing in CLOSINGS:
        with suppress(tomllib.TOMLDecodeError):
            return tomllib.loads(text + closing)
    return {}


def _list_paths(value: Any, path: TomlPath = ()) -> Iterator[TomlPath]:
    """Yield the paths of all tables, lists and values in a parsed file."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else items:
        yield from _list_paths(inner, (*path, key))


BRAND, POLICY = "brand.toml", "policy.toml"
WORKSPACE_ID = re.compile(r"[TE][A-Z0-9]+")
_PEOPLE = (re.compile(r"[UWS][A-Z0-9]+"), "a member id like U0123ABCD or a group id like S0123ABCD")
_CHANNEL = (re.compile(r"[CGD][A-Z0-9]+"), "a channel id like C0123ABCD")
SLACK_IDS: dict[
    tuple[str, str], tuple[re.Pattern[str], str]
] = {  # the form of Slack's ids in each setting, and its description for the error
    ("approval", "approvers"): (re.compile(r"[UW][A-Z0-9]+"), "a member id like U0123ABCD"),
    ("approval", "editors"): (re.compile(r"[UW][A-Z0-9]+"), "a member id like U0123ABCD"),
    ("delivery", "channels"): _CHANNEL,
    **{("access", right): _PEOPLE for right in RIGHTS},
    ("access", "shared_channels"): _CHANNEL,
}

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class TomlContents(Generic[T]):
    """A parsed file: the common settings, and the merged settings of workspaces with exceptions."""

    common: T | None  # None: the file holds only exceptions
    exceptions: Mapping[str, T]


def load_brand(home: Path, workspace: str) -> Brand:
    """Return the brand of this workspace. Raises SettingsError."""
    contents = _read_file(_file_of(home, BRAND), _parse_brand)
    return contents.exceptions.get(workspace) or contents.common or Brand(**_default_brand())


def load_policy(home: Path, workspace: str) -> Policy:
    """Return the policy of this workspace. Raises SettingsError."""
    contents = _read_file(_file_of(home, POLICY), _parse_policy)
    return contents.exceptions.get(workspace) or contents.common or Policy()


def check_toml_files(home: Path) -> None:
    """Validate both files with all their exceptions. Raises SettingsError for the first mistake."""
    _read_file(home / BRAND, _parse_brand)
    _read_file(home / POLICY, _parse_policy)


def _default_brand() -> dict[str, Any]:
    """The brand of a shop that has not configured its name yet."""
    return {"name": UNNAMED, "languages": ("en", "fr")}


def _parse_brand(name: str, text: str) -> TomlContents[Brand]:
    base = {"languages": _default_brand()["languages"]}
    contents = _parse_contents(name, text, Brand, base)
    lines = TomlLines(text)

    def add_line(brand: Brand, *table: str) -> Brand:
        own, common = (lines.find_line(path) for path in ((*table, "about"), ("about",)))
        is_own = table and lines.count_known((*table, "about")) > len(table)
        return brand.with_about_line(own if is_own else common)

    exceptions = {id: add_line(one, "workspace", id) for id, one in contents.exceptions.items()}
    common = add_line(contents.common) if contents.common else None
    return TomlContents(common, exceptions)


def _parse_policy(name: str, text: str) -> TomlContents[Policy]:
    return _parse_contents(name, text, Policy, {})


@lru_cache(maxsize=32)
def _file_of(home: Path, name: str) -> Path:
    """Return the same object each time: its hash and its text are computed once."""
    return home / name


def _read_file(path: Path, parse: Callable[[str, str], TomlContents[T]]) -> TomlContents[T]:
    try:
        stamp = path.stat()
        return _read_cached(path, stamp.st_mtime_ns, stamp.st_size, parse)
    except FileNotFoundError:
        return TomlContents(None, {})
    except OSError as error:
        raise SettingsError(path.name, None, f"cannot be read ({error.strerror})") from error


@lru_cache(maxsize=32)
def _read_cached(
    path: Path, changed: int, size: int, parse: Callable[[str, str], TomlContents[T]]
) -> TomlContents[T]:
    return parse(path.name, _decode(path))


def _decode(path: Path) -> str:
    stored = path.read_bytes()
    try:
        return stored.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = stored.count(b"\n", 0, error.start) + 1
        raise SettingsError(path.name, line, "is not UTF-8; save the file as UTF-8") from error


def _parse_contents(name: str, text: str, shape: type[T], base: dict[str, Any]) -> TomlContents[T]:
    document = _parse_toml(name, text)
    file = _TomlFile(name, TomlLines(text))
    exceptions = file.workspaces(document.pop("workspace", {}))
    common = file.checked(shape, {**base, **document}, ()) if document else None
    merged = {
        workspace: file.checked(shape, _merge_tables({**base, **document}, table), workspace)
        for workspace, table in exceptions.items()
    }
    return TomlContents(common, merged)


def _parse_toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(error))
        at = re.search(r"\(at line (\d+)", str(error))
        line = int(at[1]) if at else max(1, len(text.splitlines()))
        raise SettingsError(
            name, line, f"is not TOML: {message[:1].lower()}{message[1:]}"
        ) from error


def _merge_tables(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge_tables(merged[key], value) if both else value
    return merged


class _TomlFile:
    """A file's name and lines, with which an error names the place of a mistake."""

    def __init__(self, name: str, lines: TomlLines):
        self.name, self.lines = name, lines

    def workspaces(self, tables: Any) -> dict[str, dict[str, Any]]:
        """Return the exceptions by workspace id, after checking the ids."""
        if not isinstance(tables, dict):
            raise self.mistake(("workspace",), '"workspace" must be tables: [workspace.T0123ABCD]')
        for workspace, table in tables.items():
            path = ("workspace", workspace)
            if not WORKSPACE_ID.fullmatch(workspace):
                what = f'"{workspace}" is not a workspace id; it looks like T0123ABCD'
                raise self.mistake(path, what)
            if not isinstance(table, dict):
                raise self.mistake(path, f'"{workspace}" must be a table: [workspace.{workspace}]')
        return tables

    def checked(self, shape: type[T], values: dict[str, Any], workspace: str | tuple[()]) -> T:
        """Validate the values; raise SettingsError for the first mistake in the file's order."""
        try:
            whole = shape.model_validate(values)
        except ValidationError as error:
            found = [self._where_and_what(e, shape, workspace) for e in error.errors()]
        else:
            found = [(self._place(p, workspace), what) for p, what in _find_bad_ids(values)]
            if not found:
                return whole
        raise self.mistake(*min(found, key=self._first))

    def mistake(self, path: TomlPath, what: str) -> SettingsError:
        return SettingsError(self.name, self.lines.find_line(path) or 1, what)

    def _first(self, found: tuple[TomlPath, str]) -> tuple[int, bool]:
        """Sort by line. Within a line, an unknown name sorts before the name that is missing."""
        return self.lines.find_line(found[0]) or 1, found[1].endswith("is missing")

    def _place(self, path: TomlPath, workspace: str | tuple[()]) -> TomlPath:
        """Return the path of the value: in the exception if it is set there, else in the common
        part."""
        if not workspace:
            return path
        own: TomlPath = ("workspace", workspace, *path)
        depth_own = self.lines.count_known(own) - 2
        return own if depth_own >= self.lines.count_known(path) else path

    def _where_and_what(
        self, error: Any, shape: type[BaseModel], workspace: str | tuple[()]
    ) -> tuple[TomlPath, str]:
        path: TomlPath = error["loc"]
        place = self._place(path, workspace)
        name = _format_path(path)
        if error["type"] == "missing":
            return place, f'"{name}" is missing'
        if error["type"] == "extra_forbidden":
            near = get_close_matches(str(path[-1]), _list_settings(shape, path[:-1]), n=1)
            return place, f'"{name}" is unknown' + (f'; did you mean "{near[0]}"?' if near else "")
        return place, f'"{name}" {describe_error(error)}'


def _format_path(path: TomlPath) -> str:
    """Return the name of a setting as in the file: the last key, and the number of a list item."""
    if isinstance(path[-1], int):
        return f"{path[-2]}[{path[-1] + 1}]"
    return str(path[-1])


def _list_settings(shape: type[BaseModel], path: TomlPath) -> list[str]:
    """Return the names of the known settings of that table."""
    for key in path:
        if isinstance(key, str) and key in shape.model_fields:
            inner = list(_list_models(shape.model_fields[key].annotation))
            shape = inner[0] if inner else shape
    return [field.alias or name for name, field in shape.model_fields.items()]


def _list_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _list_models(inner)


def _find_bad_ids(values: dict[str, Any]) -> Iterator[tuple[TomlPath, str]]:
    """Yield values that are not Slack ids. For example, "@ada" where an id like U0123ABCD is
    expected would never match anybody."""
    for path, (pattern, wanted) in SLACK_IDS.items():
        for i, value in enumerate(values.get(path[0], {}).get(path[1]) or ()):
            if not pattern.fullmatch(value):
                yield (*path, i), f'"{path[1]}[{i + 1}]" must be {wanted} (it is "{value}")'
