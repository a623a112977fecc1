"""Short-lived passes that Slack hands out: trigger ids and response URLs."""

from dataclasses import dataclass

from bot.playground.message import Message

RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60


@dataclass
class Trigger:
    """Lets the app open one view for one person, within three seconds."""

    id: str
    user: str
    expires: float
    view_id: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """Lets the app answer one interaction five times within half an hour, wherever it was."""

    id: str
    user: str
    channel: str
    expires: float
    original: Message | None = None
    thread_ts: str | None = None
    left: int = RESPONSE_USES
