"""The Web API methods of a local Slack: their registry, scopes and arguments."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bot.playground.errors import ApiRefusal
from bot.playground.workspace import SlackWorkspace

GRANTED_SCOPES = frozenset(
    {"app_mentions:read", "assistant:write", "chat:write", "commands"}
    | {"channels:history", "groups:history", "im:history", "mpim:history"}
    | {"channels:read", "groups:read", "im:read", "mpim:read"}
    | {"channels:join", "im:write", "mpim:write"}
    | {"files:read", "files:write", "reactions:read", "reactions:write"}
    | {"team:read", "users:read", "usergroups:read"}
)


# For each kind of place: the first part of the names of its scopes.
FAMILIES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def scopes_for(scopes: tuple[str, ...], kind: str | None) -> tuple[str, ...]:
    """Return the scopes of a method that a call for this kind of place needs."""
    if kind is None:
        return scopes
    return tuple(one for one in scopes if one.split(":")[0] == FAMILIES[kind]) or scopes


def check_scope(granted: frozenset[str], needed: tuple[str, ...]) -> None:
    """Raise ApiRefusal (missing_scope) if none of the needed scopes was granted."""
    if needed and not granted.intersection(needed):
        raise ApiRefusal("missing_scope", needed=needed[0], provided=",".join(sorted(granted)))


# The arguments of an API call, checked as strictly as Slack checks them.


class MethodArguments:
    """The arguments of a call. In a form JSON values are strings, in a JSON body they are not."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def read_string(self, name: str) -> str:
        """Return a string; numbers are converted to strings."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, dict | list | bool):
            raise _invalid_argument(f"must be a string: {name}")
        return str(value)

    def require_string(self, name: str, error: str = "") -> str:
        """Return a non-empty string; raise ApiRefusal (`error`) if it is missing."""
        if value := self.read_string(name):
            return value
        raise ApiRefusal(error) if error else _invalid_argument(f"missing required field: {name}")

    def read_flag(self, name: str) -> bool:
        """Return a boolean; true, 1 and "true" are true."""
        return self.values.get(name) in (True, 1, "1", "true", "True")

    def read_integer(self, name: str, default: int, *, maximum: int) -> int:
        """Return an integer from 1 to `maximum`; raise ApiRefusal otherwise."""
        try:
            value = int(self.read_string(name) or default)
        except ValueError:
            raise _invalid_argument(f"must be an integer: {name}") from None
        if not 1 <= value <= maximum:
            raise (
                ApiRefusal("invalid_limit")
                if name == "limit"
                else _invalid_argument(f"out of range: {name}")
            )
        return value

    def read_json(self, name: str, error: str = "invalid_arguments") -> Any:
        """Return a value that may be JSON text; None if it was not given."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError:
            raise ApiRefusal(error) from None

    def read_array(self, name: str, error: str) -> list[Any] | None:
        """Return a list, which may be JSON text; None if it was not given."""
        value = self.read_json(name, error)
        if value is not None and not isinstance(value, list):
            raise ApiRefusal(error)
        return value

    def read_list(self, name: str) -> list[str]:
        """Return a list of strings that was given as a list or separated by commas."""
        value = self.values.get(name)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [str(part).strip() for part in parts if str(part).strip()]


def _invalid_argument(what: str) -> ApiRefusal:
    return ApiRefusal("invalid_arguments", [f"[ERROR] {what}"])


# The registered methods.

ResponseBody = dict[str, Any]
MethodFunction = Callable[[SlackWorkspace, MethodArguments], ResponseBody]


@dataclass(frozen=True)
class Method:
    """A Web API method. One of its `scopes` must be granted."""

    name: str
    function: MethodFunction
    scopes: tuple[str, ...] = ()


METHODS: dict[str, Method] = {}


def register_method(name: str, *scopes: str) -> Callable[[MethodFunction], MethodFunction]:
    def register(function: MethodFunction) -> MethodFunction:
        METHODS[name] = Method(name, function, scopes)
        return function

    return register


for _module in ("chat", "conversations", "views"):  # each registers its methods
    import_module(f"{__name__}.{_module}")
