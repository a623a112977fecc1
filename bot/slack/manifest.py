"""The app's manifest: `manifest.json`, plus a slash command for each skill that has one."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from bot.agent.skills import load_skills

MANIFEST_FILE = Path(__file__).with_suffix(".json")
MAX_DESCRIPTION_CHARACTERS = 100  # Slack allows 2,000, but its menu shows one line


def list_bot_scopes() -> frozenset[str]:
    """Return the scopes of the bot token."""
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
