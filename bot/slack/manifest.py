"""The app's manifest: `manifest.json`, plus a slash command for each skill that has one; and how
the scopes of the installed app compare with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.agent.skills import load_skills
from bot.slack.client import call_slack

MANIFEST_FILE = Path(__file__).with_suffix(".json")
MAX_DESCRIPTION_CHARACTERS = 100  # Slack allows 2,000, but its menu shows one line


def list_bot_scopes() -> frozenset[str]:
    return frozenset(build_manifest()["oauth_config"]["scopes"]["bot"])


@cache
def build_manifest() -> dict[str, Any]:
    """Return the manifest as Slack gets it. The skills' commands replace those in the file."""
    whole: dict[str, Any] = json.loads(MANIFEST_FILE.read_text(encoding="utf-8"))
    whole["features"]["slash_commands"] = [
        {
            "command": f"/{skill.command}",
            "url": whole["settings"]["event_subscriptions"]["request_url"],
            "description": skill.summary[:MAX_DESCRIPTION_CHARACTERS],
            "usage_hint": skill.hint,
            "should_escape": True,
        }
        for skill in load_skills().values()
        if skill.command
    ]
    return whole


# Compares the scopes of the installed app with those in the manifest.

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
