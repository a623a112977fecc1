"""Compares the scopes of the installed app with those in the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.client import call_slack
from bot.slack.manifest import list_bot_scopes

HEADER = "x-oauth-scopes"


@dataclass(frozen=True)
class ScopeComparison:
    """The scopes that the app lacks and those that it does not need, sorted by name."""

    missing: tuple[str, ...]
    superfluous: tuple[str, ...]


async def compare_scopes(client: AsyncWebClient) -> ScopeComparison | None:
    """Ask Slack for the token's scopes and compare; None when Slack does not say. Raise
    SlackRefusal or TryAgain."""
    granted = await _granted_scopes(client)
    if granted is None:
        return None
    wanted = list_bot_scopes()
    return ScopeComparison(tuple(sorted(wanted - granted)), tuple(sorted(granted - wanted)))


async def _granted_scopes(client: AsyncWebClient) -> frozenset[str] | None:
    headers: Mapping[str, Any] = {}

    async def call() -> AsyncSlackResponse:
        nonlocal headers
        answer = await client.auth_test()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return answer

    await call_slack(call())
    value = headers.get(HEADER)
    if value is None:
        return None
    return frozenset(filter(None, (one.strip() for one in str(value).split(","))))
