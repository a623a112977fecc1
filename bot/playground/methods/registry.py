"""The scopes the app was granted, and the error for those it was not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.playground.connected_workspace import ConnectedWorkspace
from bot.playground.errors import ApiRefusal

APP_TOKEN_SCOPES = frozenset({"connections:write"})  # of the app's own token, not the bot's
GRANTED_SCOPES = frozenset(
    {"app_mentions:read", "assistant:write", "chat:write", "commands", "connections:write"}
    | {"channels:history", "groups:history", "im:history", "mpim:history"}
    | {"channels:read", "groups:read", "im:read", "mpim:read"}
    | {"channels:join", "im:write", "mpim:write"}
    | {"files:read", "files:write", "reactions:read", "reactions:write"}
    | {"team:read", "users:read", "usergroups:read"}
)


# The first part of a scope's name, by the kind of place that it is for.
FAMILIES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def scopes_for(scopes: tuple[str, ...], kind: str | None) -> tuple[str, ...]:
    """Those of a method's scopes that a call for this kind of place needs."""
    if kind is None:
        return scopes
    return tuple(one for one in scopes if one.split(":")[0] == FAMILIES[kind]) or scopes


def check_scope(granted: frozenset[str], needed: tuple[str, ...]) -> None:
    """Raises missing_scope when none of the needed scopes was granted."""
    if needed and not granted.intersection(needed):
        raise ApiRefusal("missing_scope", needed=needed[0], provided=",".join(sorted(granted)))


# The arguments of one API call, read as strictly as Slack reads them.


class MethodArguments:
    """What a method was called with; forms carry JSON in strings, JSON bodies do not."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Whether the argument was given at all."""
        return self.values.get(name) is not None

    def read_string(self, name: str, default: str = "") -> str:
        """A string; numbers are taken as they are written."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, dict | list | bool):
            raise _invalid_argument(f"must be a string: {name}")
        return str(value)

    def require_string(self, name: str, error: str = "") -> str:
        """A string that must be there."""
        if value := self.read_string(name):
            return value
        raise ApiRefusal(error) if error else _invalid_argument(f"missing required field: {name}")

    def read_flag(self, name: str, default: bool = False) -> bool:
        """True for true, 1 and "true"."""
        value = self.values.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def read_integer(self, name: str, default: int, *, maximum: int) -> int:
        """A whole number from 1 to `most`."""
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
        """A value that a form carries as JSON text; None when it was not given."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError:
            raise ApiRefusal(error) from None

    def read_array(self, name: str, error: str) -> list[Any] | None:
        """A list; None when it was not given."""
        value = self.read_json(name, error)
        if value is not None and not isinstance(value, list):
            raise ApiRefusal(error)
        return value

    def read_list(self, name: str) -> list[str]:
        """Words parted by commas, or a list of them."""
        value = self.values.get(name)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [str(part).strip() for part in parts if str(part).strip()]


def _invalid_argument(what: str) -> ApiRefusal:
    return ApiRefusal("invalid_arguments", [f"[ERROR] {what}"])


# Which Web API methods there are, and the scope that each needs.

ResponseBody = dict[str, Any]
MethodFunction = Callable[[ConnectedWorkspace, MethodArguments], ResponseBody]


@dataclass(frozen=True)
class Method:
    """One method: its work, the scopes of which one must be granted, who may call it.

    Callers are the bot (its token), the app (the app-level token) and anyone.
    """

    name: str
    function: MethodFunction
    scopes: tuple[str, ...] = ()
    caller: str = "bot"


METHODS: dict[str, Method] = {}


def register_method(
    name: str, *scopes: str, caller: str = "bot"
) -> Callable[[MethodFunction], MethodFunction]:
    """Registers a function as a Web API method."""

    def register(function: MethodFunction) -> MethodFunction:
        METHODS[name] = Method(name, function, scopes, caller)
        return function

    return register
