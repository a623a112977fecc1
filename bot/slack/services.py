"""What the listeners are handed: rows, the engine's door, the rules, Slack, the time."""

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
    """One for each process. `client` comes from `calls.make_client`."""

    database: Database
    enqueue: Enqueue
    policy: Callable[[str], Policy]  # by workspace
    brand: Callable[[str], Brand]
    client: AsyncWebClient
    now: Callable[[], datetime]
    stop: Callable[[str], Awaitable[None]]  # ends the task's running job, once its row says stopped
    audience: Callable[[str, AudienceRule, str], AudienceExport] | None = (
        None  # workspace, rule, platform
    )
    home: Path | None = None  # where the files are kept that people may ask for again
