"""The app's manifest: `manifest.json`, and a slash command for each skill that has one."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from bot.agent.skills import skills

FILE = Path(__file__).with_suffix(".json")
MOST = 100  # characters of a command's description: Slack allows 2,000, its menu shows one line


def bot_scopes() -> frozenset[str]:
    """What our token may do."""
    return frozenset(manifest()["oauth_config"]["scopes"]["bot"])


@cache
def manifest() -> dict[str, Any]:
    """What Slack is told of us. Commands that the file writes out are left as they are."""
    whole: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    whole["features"]["slash_commands"] = [
        {
            "command": f"/{skill.command}",
            "url": whole["settings"]["event_subscriptions"]["request_url"],
            "description": skill.summary[:MOST],
            "usage_hint": skill.hint,
            "should_escape": True,
        }
        for skill in skills().values()
        if skill.command
    ]
    return whole
