"""What is missing from the settings, or mixed up in them, for a command that talks to Slack."""

from typing import Literal
from urllib.parse import urlsplit

from bot.config.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SWAPPED = {"xapp-": "an app-level token (xapp-…)", "xoxp-": "a user token (xoxp-…)"}

Talks = Literal["serve", "work"]  # the commands that talk to Slack


def problems(settings: Settings, door: Talks) -> list[str]:
    """Everything that is missing or mixed up for this command, in sentences."""
    found = []
    if not settings.slack_bot_token:
        found.append("SLACK_BOT_TOKEN is missing: it is on the app's page, OAuth")
    if door == "serve" and not (settings.slack_signing_secret or settings.slack_app_token):
        found.append(
            "SLACK_SIGNING_SECRET is missing: it is on the app's page, Basic Information"
            " (or set SLACK_APP_TOKEN for Socket Mode)"
        )
    if door == "work" and settings.sqlite:
        found.append("DATABASE_URL is missing: many processes need a PostgreSQL database")
    if settings.seconds_ahead and not _alone(settings):
        found.append("SUPER_INTERN_SECONDS_AHEAD is only for a local Slack on this machine")
    return [*found, *_mixed_up(settings)]


def reached(settings: Settings) -> str:
    """Where `serve` listens, and how Slack gets there."""
    where = f"{settings.host}:{settings.port}"
    if settings.socket_mode:
        return f"Slack is reached by Socket Mode; /health answers on {where}"
    if settings.host in LOOPBACK:
        return (
            f"Listens on {where}, this machine alone: Slack gets there through a reverse proxy or "
            "tunnel here, by Socket Mode (SLACK_APP_TOKEN), or with HOST=0.0.0.0"
        )
    return f"Listens on {where}: it must be reachable from Slack as https, /slack/events"


def _alone(settings: Settings) -> bool:
    """Whether Slack is on this machine: nobody else's clock is told wrong."""
    return urlsplit(settings.slack_api_url).hostname in LOOPBACK


def _mixed_up(settings: Settings) -> list[str]:
    """Tokens pasted into each other's place."""
    found = []
    bot = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    app = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    if bot[:5] in SWAPPED:
        found.append(f"SLACK_BOT_TOKEN holds {SWAPPED[bot[:5]]}; it wants xoxb-…")
    if app[:5] in ("xoxb-", "xoxp-"):
        found.append("SLACK_APP_TOKEN holds another kind of token; it wants xapp-…")
    return found
