"""Clients for Slack's Web API, the translation of its errors, and the services of the process that
the Slack layer needs."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.audiences.platforms import AudienceExport
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core.audience_rule import AudienceRule
from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue
from bot.text.escape import strip_hidden
from bot.text.normalize import word_set

BUSY_ERRORS = frozenset(
    ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]
)
NO_ACCESS_ERRORS = frozenset(
    {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "missing_scope"}
)
# Reasons of our own for not writing somewhere, used like Slack's error names.
READ_OUTSIDE, NO_MEMBER = "read_by_another_company", "not_a_full_member"
UNREACHABLE_ERRORS = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "no_permission",
        "posting_to_channel_denied",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        READ_OUTSIDE,
    }
)
CALL_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class SlackRefusal(Exception):
    """Slack refused the call with this error name; repeating the call would give the same error."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SlackBusy(TryAgain):
    """Slack did not accept the call and said when to retry."""


class SlackNoAnswer(TryAgain):
    """The call was sent and no answer came: Slack may have executed it."""


# Fields that Slack returns unchanged and shows to nobody.
INVISIBLE_CHARACTERS = word_set(
    "value action_id block_id callback_id private_metadata external_id metadata token type ts "
    "thread_ts channel user trigger_id view_id hash"
)


class SanitizingClient(AsyncWebClient):
    """Removes hidden characters from everything that the intern shows in Slack."""

    async def api_call(self, api_method: str, **kwargs: Any) -> AsyncSlackResponse:
        for part in ("json", "params", "data"):
            if isinstance(kwargs.get(part), Mapping):
                kwargs[part] = _remove_invisible(kwargs[part])
        return await super().api_call(api_method, **kwargs)


def _remove_invisible(value: Any) -> Any:
    if isinstance(value, str):
        return strip_hidden(value)
    if isinstance(value, Mapping):
        return {
            k: one if k in INVISIBLE_CHARACTERS else _remove_invisible(one)
            for k, one in value.items()
        }
    return [_remove_invisible(one) for one in value] if isinstance(value, list | tuple) else value


def make_session() -> aiohttp.ClientSession:
    """Open the HTTP session of the process. Call it inside the running event loop; close it at
    the end."""
    return aiohttp.ClientSession(timeout=CALL_TIMEOUT)


def make_client(token: str, url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Build a client that never retries, because a repeated post would be a second message."""
    return SanitizingClient(token=token, base_url=url, session=session, retry_handlers=[])


def make_retrying_client(client: AsyncWebClient) -> AsyncWebClient:
    """Build a client for calls that can be repeated safely: views, updates, reading."""
    handlers: list[AsyncRetryHandler] = [
        AsyncConnectionErrorRetryHandler(),
        AsyncServerErrorRetryHandler(),
    ]
    return SanitizingClient(
        token=client.token,
        base_url=client.base_url,
        session=client.session,
        retry_handlers=handlers,
    )


async def call_slack(call: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
    """Return Slack's answer. Raise TryAgain when Slack is busy or unreachable, SlackRefusal when
    it refuses."""
    try:
        answer = await call
    except SlackApiError as error:
        raise _translate_error(error) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        kind = TryAgain if isinstance(error, aiohttp.ClientConnectorError) else SlackNoAnswer
        raise kind(f"Slack is unreachable: {type(error).__name__}", words=SLACK_AWAY) from None
    return answer.data if isinstance(answer.data, dict) else {}


SLACK_AWAY = Words("Slack didn't answer. Nothing was lost; please try again in a moment.")


def _translate_error(error: SlackApiError) -> Exception:
    answer: Any = error.response
    data = getattr(answer, "data", answer)
    name = str(data.get("error", "")) if isinstance(data, Mapping) else ""
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0) or 0)
    if name in ("ratelimited", "rate_limited") or status == 429:
        after = _parse_retry_after(getattr(answer, "headers", None))
        return SlackBusy("Slack: ratelimited", words=SLACK_AWAY, after=after or 1.0)
    if name in BUSY_ERRORS or status >= 500 or not name:
        return TryAgain(f"Slack: {name or status}", words=SLACK_AWAY)
    return SlackRefusal(name)


async def read_pages(
    call: Callable[..., Awaitable[AsyncSlackResponse]], pages: int, **arguments: Any
) -> AsyncIterator[dict[str, Any]]:
    """Yield the answers of a call that Slack answers page by page, at most so many. Raise what
    call_slack raises."""
    cursor = None
    for _ in range(pages):
        page = await call_slack(call(**arguments, cursor=cursor))
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _parse_retry_after(headers: Mapping[str, Any] | None) -> float | None:
    """Read Retry-After, however the header is spelled."""
    header = {str(key).lower(): value for key, value in (headers or {}).items()}.get("retry-after")
    try:
        return float(header[0] if isinstance(header, list) else header) if header else None
    except ValueError:
        return None


def explain_refusal(refused: SlackRefusal) -> CannotDo:
    """Translate a permanent refusal into an error that the person can read."""
    if refused.error in NO_ACCESS_ERRORS:
        return CannotDo(
            "Slack doesn't let the intern in ({error}). "
            "An administrator has to install the app again.",
            error=refused.error,
        )
    if refused.error == READ_OUTSIDE:
        return CannotDo("People of another company read that channel.")
    if refused.error == NO_MEMBER:
        return CannotDo("Whoever this is for is no full member of the workspace any more.")
    if refused.error in UNREACHABLE_ERRORS:
        return CannotDo(
            "I can't write there ({error}). Invite me into that channel first.", error=refused.error
        )
    return CannotDo("Slack refused this ({error}).", error=refused.error)


K = TypeVar("K")
V = TypeVar("V")


class ExpiringCache(Generic[K, V]):
    """Keeps each value for its number of seconds. When it is full, it forgets all of them."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        until, value = self._entries.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key: K, value: V, seconds: float) -> None:
        if len(self._entries) >= self._most:
            self._entries.clear()
        self._entries[key] = (time.monotonic() + seconds, value)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)


@dataclass(frozen=True)
class SlackServices:
    """What the Slack layer needs from the rest of the program. One instance per process."""

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
    places: int = 3  # how many requests of a workspace are worked on at once
    home: Path | None = None  # the folder with the files that people may download again
