"""How a call to a language model fails, with the words for the person, and what is tried next.

No text from the server is copied into `ended` or into a sentence: some servers repeat the API key
in their errors.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan
from typing import Literal

from bot.agent.llm.api_request import EXTENDED_MAX_TOKENS, LlmRequest
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words

ErrorKind = Literal[
    "busy",  # retry later, or use the fallback model
    "away",  # retry later; the fallback model is on the same server
    "gone",  # the model does not exist: use the fallback model
    "cut off",  # retry with more tokens
    "setting",  # the server does not know a setting: retry without it
    "not json",  # ask for JSON in the prompt
    "unfit",  # send the validation errors back
    "final",
]
STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
SPEND_LIMIT_CODES = (
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
)
SECONDS_PER_DAY = 86_400.0
TOO_LONG_SIGNS = ("prompt is too long", "context length", "context window", "context size")
SETTING_SIGNS = {  # most likely first: `output_config.effort` is about effort
    "thinking": ("thinking", "think value"),  # the latter is Ollama's
    "effort": ("effort",),
    "cache": ("cache_control",),
    "strict": ("grammar", "too complex", "circular", ".strict", "strict tool", "strict mode"),
    "format": ("output_config", "output_format", "json_schema", "extra inputs", "unknown field"),
}
REFUSAL_CATEGORIES = {
    "cyber": Words("an attack on computers"),
    "bio": Words("a danger to health"),
    "frontier_llm": Words("work on a competing AI"),
    "reasoning_extraction": Words("a question about how it thinks"),
    "general_harms": Words("something that could do harm"),
}
MAX_TRIES = 5  # attempts while the server is busy or away; after that the job queue retries
MAX_FIXES = 2  # answers sent back because they did not match the schema
MAX_WAIT_BEFORE_FALLBACK = 5.0  # seconds to wait for the first model when there is a fallback
MAX_PAUSE = 16.0  # seconds between two attempts, unless the server sends Retry-After


class LlmError(Exception):
    """A failed call. `ended` goes on the receipt, `words` to the person."""

    def __init__(
        self,
        kind: ErrorKind,
        ended: str,
        words: Words,
        *,
        retry_after: float | None = None,
        suspect_settings: tuple[str, ...] = (),
        answer: str = "",
        corrections: tuple[str, ...] = (),
    ):
        super().__init__(ended)
        self.kind, self.ended, self.words = kind, ended, words
        self.retry_after = retry_after  # seconds that the server asks us to wait
        self.suspect_settings = suspect_settings  # the server may not know these, most likely first
        self.answer, self.corrections = (
            answer,
            corrections,
        )  # the answer, and what is wrong with it


@dataclass(frozen=True)
class ErrorResponse:
    """An error response of the server. `retry_after` is its Retry-After header in seconds."""

    status: int
    type: str | None = None
    code: str | None = None
    message: str = ""
    retry_after: float | None = None
    request_id: str | None = None

    def to_error(self, display_name: str, name: str) -> LlmError:
        """Convert it. `who` is the display name of the model, `name` its full name."""
        status = STATUS_OF.get(self.type or "", 500) if self.status == 200 else self.status
        ended = f"{status} {self.code or self.type or ''}".strip()
        if (
            self.code in SPEND_LIMIT_CODES
            or status == 402
            or "credit balance" in self.message.lower()
        ):
            return LlmError("final", ended, _explain_no_credit(display_name))
        if status in (400, 422):
            return self._explain_bad_request(ended, display_name)
        if status in (408, 409, 429) or status > 501 or status == 500:
            return LlmError(
                "busy", ended, _explain_overload(status, display_name), retry_after=self.retry_after
            )
        kind: ErrorKind = "gone" if status in (404, 405, 501) else "final"
        return LlmError(kind, ended, _explain_permanent_error(status, display_name, name))

    def _explain_bad_request(self, ended: str, display_name: str) -> LlmError:
        message = self.message.lower()
        if any(sign in message for sign in TOO_LONG_SIGNS):
            return LlmError("final", ended, explain_too_long(display_name))
        unknown = tuple(
            s for s, signs in SETTING_SIGNS.items() if any(sign in message for sign in signs)
        )
        if self.code == "organization_on_hold":
            words = Words(
                "The account for {who} is on hold. An administrator can ask its provider why.",
                who=display_name,
            )
        else:
            words = Words(
                "{who} did not accept this request (number {number}). "
                "An administrator can look it up.",
                who=display_name,
                number=self.request_id or "–",
            )
        return LlmError("setting" if unknown else "final", ended, words, suspect_settings=unknown)


def _explain_overload(status: int, display_name: str) -> Words:
    if status == 429:
        return Words(
            "{who} takes no more requests from us at the moment: too many at once. "
            "Ask again in a few minutes.",
            who=display_name,
        )
    return Words("{who} is overloaded at the moment. Ask again in a few minutes.", who=display_name)


def _explain_no_credit(display_name: str) -> Words:
    return Words(
        "The account for {who} has reached its spending limit or has no credit left. "
        "An administrator can top it up.",
        who=display_name,
    )


def _explain_permanent_error(status: int, display_name: str, name: str) -> Words:
    """Explain an error that a retry does not solve."""
    if status == 401:
        return Words(
            "The key for {who} was refused. An administrator can check ANTHROPIC_API_KEY.",
            who=display_name,
        )
    if status == 403:
        return Words(
            "The key for {who} may not use {name}. "
            "An administrator can check its rights and SUPER_INTERN_MODEL.",
            who=display_name,
            name=name,
        )
    if status == 404:
        return Words(
            "There is no AI called {name}, or no longer. "
            "An administrator can check SUPER_INTERN_MODEL and ANTHROPIC_BASE_URL.",
            name=name,
        )
    if status == 413:
        return explain_too_long(display_name)
    return Words(
        "What answers there is not {who} (code {code}). "
        "An administrator can check ANTHROPIC_BASE_URL.",
        who=display_name,
        code=str(status),
    )


def explain_too_long(display_name: str) -> Words:
    return Words(
        "This is more text than {who} can read at once. Ask with a shorter thread or fewer files.",
        who=display_name,
    )


def build_unreachable_error(display_name: str, reason: str) -> LlmError:
    """The server can't be reached, or the connection broke."""
    words = Words(
        "{who} can't be reached. An administrator can check the network and ANTHROPIC_BASE_URL.",
        who=display_name,
    )
    return LlmError("away", reason, words)


def build_timeout_error(display_name: str, seconds: float) -> LlmError:
    words = Words("{who} took too long to answer. Ask again in a few minutes.", who=display_name)
    return LlmError("away", f"no answer within {seconds:g} s", words)


def build_refusal_error(display_name: str, category: str | None) -> LlmError:
    """The model declined to answer. The same request would be declined again."""
    taken = REFUSAL_CATEGORIES.get(category or "")
    words = (
        Words(
            "{who} declined to write this: it took it for {taken}. "
            "Say it in other words, or write this one yourself.",
            who=display_name,
            taken=taken,
        )
        if taken
        else Words(
            "{who} declined to write this. Say it in other words, or write this one yourself.",
            who=display_name,
        )
    )
    return LlmError("final", f"refused: {category or 'no category'}", words)


def build_cut_off_error(display_name: str) -> LlmError:
    words = Words("The answer of {who} grew too long. Ask for less at once.", who=display_name)
    return LlmError("cut off", "cut off", words)


def build_json_error(display_name: str, answer: str) -> LlmError:
    return LlmError(
        "not json",
        "not JSON",
        _explain_wrong_format(display_name),
        answer=answer,
        corrections=("The answer was not one JSON object.",),
    )


def build_schema_error(display_name: str, answer: str, corrections: tuple[str, ...]) -> LlmError:
    return LlmError(
        "unfit",
        "did not fit the form",
        _explain_wrong_format(display_name),
        answer=answer,
        corrections=corrections,
    )


def build_tool_error(display_name: str, corrections: tuple[str, ...]) -> LlmError:
    """The model called a tool where it was to answer."""
    return LlmError(
        "unfit",
        "called a tool instead of answering",
        _explain_wrong_format(display_name),
        corrections=corrections,
    )


def _explain_wrong_format(display_name: str) -> Words:
    return Words(
        "{who} could not put its answer into the form we need. Ask again, or ask for less at once.",
        who=display_name,
    )


def parse_retry_after(retry_after: str | None, now: datetime) -> float | None:
    """Parse a Retry-After header (seconds or a date) into seconds. Source: RFC 9110, 10.2.3."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        try:
            moment = parsedate_to_datetime(retry_after or "")
        except ValueError:
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return None if isnan(seconds) else min(max(seconds, 0.0), SECONDS_PER_DAY)


@dataclass
class RetryPolicy:
    """The attempts of one request until `deadline`, a time of the event loop's clock.

    `pause` is the first wait in seconds. `fallback` addresses a request to the second model.
    """

    deadline: float
    pause: float
    fallback: Callable[[LlmRequest], LlmRequest] | None = None
    attempts: int = 0
    corrections: int = 0

    async def next_request(self, request: LlmRequest, failure: LlmError) -> LlmRequest:
        """Wait if needed, then return the request to send after this failure. Raises TryAgain when
        the time or the attempts are used up, CannotDo when no other request would help."""
        if failure.kind in ("busy", "away"):
            return await self._retry_later(request, failure)
        if failure.kind == "gone" and self.fallback:
            return self._fall_back(request)
        if failure.kind == "setting":
            return self._drop_setting(request, failure)
        if failure.kind == "cut off" and request.max_tokens < EXTENDED_MAX_TOKENS:
            return replace(request, max_tokens=EXTENDED_MAX_TOKENS)
        if failure.kind == "not json" and not request.ignores_schema:
            return replace(request, ignores_schema=True)
        if failure.kind in ("not json", "unfit") and self.corrections < MAX_FIXES:
            self.corrections += 1
            return request.with_corrections(failure.answer, failure.corrections)
        raise CannotDo(failure.words)

    async def _retry_later(self, request: LlmRequest, failure: LlmError) -> LlmRequest:
        self.attempts += 1
        retry_after = failure.retry_after
        if (
            self.fallback
            and failure.kind == "busy"
            and (self.attempts > 1 or (retry_after or 0) > MAX_WAIT_BEFORE_FALLBACK)
        ):
            return self._fall_back(request)
        pause = self._backoff() if retry_after is None else retry_after * _draw_jitter(1, 1.1)
        if self.attempts >= MAX_TRIES or asyncio.get_running_loop().time() + pause >= self.deadline:
            raise TryAgain(failure.ended, words=failure.words, after=retry_after)
        await asyncio.sleep(pause)
        return request

    def _backoff(self) -> float:
        longer: float = self.pause * 2 ** (self.attempts - 1)
        return min(MAX_PAUSE, longer) * _draw_jitter(0.5, 1)

    def _fall_back(self, request: LlmRequest) -> LlmRequest:
        assert self.fallback is not None
        second, self.fallback = self.fallback(request), None
        return second

    def _drop_setting(self, request: LlmRequest, failure: LlmError) -> LlmRequest:
        for setting in failure.suspect_settings:
            if request.has_setting(setting):
                return request.without_setting(setting)
        raise CannotDo(failure.words)


def _draw_jitter(least: float, most: float) -> float:
    """A random factor, so that waiting requests do not all return at the same moment."""
    return random.uniform(least, most)  # noqa: S311, not used for security
