"""How often one piece of writing is tried, and what is tried next."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.agent.llm.errors import LlmError
from bot.agent.llm.request import EXTENDED_MAX_TOKENS, LlmRequest
from bot.errors import CannotDo, TryAgain

MAX_TRIES = 5  # while it is busy or away; then it is the engine's turn
MAX_FIXES = 2  # answers sent back since they did not fit the form
MAX_WAIT_BEFORE_FALLBACK = 5.0  # seconds worth waiting for the first writer when there is a second
MAX_PAUSE = 16.0  # seconds between two tries, unless the server names its own


@dataclass
class RetryPolicy:
    """One piece of writing, until the loop's clock says `until`.

    `pause` is the first wait in seconds; `fallback` addresses a letter to the second writer.
    """

    until: float
    pause: float
    fallback: Callable[[LlmRequest], LlmRequest] | None = None
    tries: int = 0
    fixes: int = 0

    async def next(self, letter: LlmRequest, failure: LlmError) -> LlmRequest:
        """The letter to send after this failure, when its time has come. Raises TryAgain when
        the time or the tries are used up, CannotDo when no other letter would help."""
        if failure.kind in ("busy", "away"):
            return await self._later(letter, failure)
        if failure.kind == "gone" and self.fallback:
            return self._fall_back(letter)
        if failure.kind == "setting":
            return self._without(letter, failure)
        if failure.kind == "cut off" and letter.room < EXTENDED_MAX_TOKENS:
            return replace(letter, room=EXTENDED_MAX_TOKENS)
        if failure.kind == "not json" and not letter.weak:
            return replace(letter, weak=True)
        if failure.kind in ("not json", "unfit") and self.fixes < MAX_FIXES:
            self.fixes += 1
            return letter.answered(failure.answer, failure.wrong)
        raise CannotDo(failure.words)

    async def _later(self, letter: LlmRequest, failure: LlmError) -> LlmRequest:
        self.tries += 1
        asked = failure.after
        if (
            self.fallback
            and failure.kind == "busy"
            and (self.tries > 1 or (asked or 0) > MAX_WAIT_BEFORE_FALLBACK)
        ):
            return self._fall_back(letter)
        pause = self._backoff() if asked is None else asked * _draw_jitter(1, 1.1)
        if self.tries >= MAX_TRIES or asyncio.get_running_loop().time() + pause >= self.until:
            raise TryAgain(failure.ended, words=failure.words, after=asked)
        await asyncio.sleep(pause)
        return letter

    def _backoff(self) -> float:
        longer: float = self.pause * 2 ** (self.tries - 1)
        return min(MAX_PAUSE, longer) * _draw_jitter(0.5, 1)

    def _fall_back(self, letter: LlmRequest) -> LlmRequest:
        assert self.fallback is not None
        second, self.fallback = self.fallback(letter), None
        return second

    def _without(self, letter: LlmRequest, failure: LlmError) -> LlmRequest:
        for setting in failure.settings:
            if setting not in letter.without:
                return letter.less(setting)
        raise CannotDo(failure.words)


def _draw_jitter(least: float, most: float) -> float:
    """Many that wait must not all come back at the same moment."""
    return random.uniform(least, most)  # noqa: S311, nothing secret hangs on it
