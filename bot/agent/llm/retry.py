"""How often a request is tried, and with what the next attempt differs."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.agent.llm.errors import LlmError
from bot.agent.llm.request import EXTENDED_MAX_TOKENS, LlmRequest
from bot.errors import CannotDo, TryAgain

MAX_TRIES = 5  # attempts while the server is busy or away; after that the job queue retries
MAX_FIXES = 2  # answers sent back because they did not match the schema
MAX_WAIT_BEFORE_FALLBACK = 5.0  # seconds to wait for the first model when there is a fallback
MAX_PAUSE = 16.0  # seconds between two attempts, unless the server sends Retry-After


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
