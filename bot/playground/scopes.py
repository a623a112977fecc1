"""The scopes the app was granted, and the error for those it was not."""

from bot.playground.refusals import Refused

OF_APP = frozenset({"connections:write"})  # of the app's own token, not the bot's
GRANTED = frozenset(
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
        raise Refused("missing_scope", needed=needed[0], provided=",".join(sorted(granted)))
