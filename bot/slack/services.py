"""What the Slack layer needs from the rest of the program."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.audiences.platforms import AudienceExport
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core.audience_rule import AudienceRule
from bot.db.session import Database
from bot.jobs.models import Enqueue


@dataclass(frozen=True)
class SlackServices:
    """One instance per process. `client` comes from bot.slack.client.make_client."""

    database: Database
    enqueue: Enqueue
    policy: Callable[[str], Policy]  # by workspace
    brand: Callable[[str], Brand]
    client: AsyncWebClient
    now: Callable[[], datetime]
    # stops the running job of a task whose row says that it is stopped
    stop_task: Callable[[str], Awaitable[None]]
    # Takes workspace, rule and platform.
    audience: Callable[[str, AudienceRule, str], AudienceExport] | None = None
    # whether an AI is connected, so that it reads every message
    has_ai: bool = False
    home: Path | None = None  # the folder with the files that people may download again
