"""Claude puts it into words; so does any server that speaks its API (ANTHROPIC_BASE_URL).

The answer is JSON of the asked form, streamed. Every call has its receipt, a failed one too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.agent.llm import errors as failures
from bot.agent.llm.anthropic_client import AnthropicClient, build_schema
from bot.agent.llm.call import StreamingCall
from bot.agent.llm.errors import LlmError
from bot.agent.llm.request import LlmRequest
from bot.agent.llm.response import build_blank_example, extract_readable_text
from bot.agent.llm.retry import RetryPolicy
from bot.core.writer import BUDGET_RESERVED, LlmCall, WriteRequest
from bot.errors import SpendingBusy
from bot.i18n.messages import Words

log = logging.getLogger(__name__)
T = TypeVar("T", bound=BaseModel)

DEFAULT_MODEL = "claude-sonnet-5-5"
# The least thinking each allows; another name thinks as much as its effort lets it.
MIN_THINKING = {"claude-sonnet-5-5": "between_tools", "claude-haiku-5-5": "disabled"}
EFFORT = "medium"  # Sonnet's own default is high: slower and dearer than a draft needs
MIN_GROWTH = 32  # characters between two looks at the growing text


class AnthropicWriter:
    """A Writer. One for the whole process: it holds the connections, and `close` lets them go.

    `weak` turns true when the server is found to ignore the asked form: from then on JSON is asked
    for in words too.
    """

    by_rules = False

    def __init__(
        self,
        *,
        key: str | None,
        base_url: str | None,
        name: str = DEFAULT_MODEL,
        fallback: str | None = None,
        now: Callable[[], datetime],
        deadline: float = 120,
        pause: float = 1.0,
    ):
        self.name, self.fallback, self.weak = name, fallback, False
        self._wire = AnthropicClient(key=key, base_url=base_url, now=now, deadline=deadline)
        self._now, self._deadline, self._pause = now, deadline, pause
        self._thinking: dict[str, str | None] = {**MIN_THINKING}
        self._without: dict[str, frozenset[str]] = {}

    async def write(
        self,
        assignment: WriteRequest,
        output: type[T],
        *,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
    ) -> T:
        """An Output in words, within the deadline. Raises TryAgain or CannotDo."""
        patience = self._patience()
        await self._wire.client()
        letter = self._first(assignment, output)
        while True:
            try:
                return await self._call(letter, output, receipt, grow, patience.until)
            except LlmError as failure:
                failed = failure
            self._learn(letter, failed)
            letter = await patience.next(letter, failed)

    async def check(self) -> Words | None:
        """What is wrong with the configured names, for an administrator; None when nothing is
        or nobody answered. Learns what each name takes."""
        for name in filter(None, (self.name, self.fallback)):
            try:
                wrong = self._judge(name, await self._wire.look_up(name))
            except LlmError as failure:
                wrong = self._unknown(name, failure)
            if wrong:
                return wrong
        return None

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._wire.close()

    def _patience(self) -> RetryPolicy:
        second = self.fallback
        return RetryPolicy(
            until=asyncio.get_running_loop().time() + self._deadline,
            pause=self._pause,
            fallback=(lambda letter: self._to(second, letter)) if second else None,
        )

    def _first(self, assignment: WriteRequest, output: type[BaseModel]) -> LlmRequest:
        letter = LlmRequest.about(
            assignment,
            name=self.name,
            schema=build_schema(output),
            blank=build_blank_example(output),
            effort=EFFORT,
            weak=self.weak,
        )
        return self._to(self.name, letter)

    def _to(self, name: str, letter: LlmRequest) -> LlmRequest:
        """The letter addressed to that name, with the settings it is known to take."""
        without = self._without.get(name, frozenset())
        return replace(letter, name=name, thinking=self._thinking.get(name), without=without)

    async def _call(
        self,
        letter: LlmRequest,
        output: type[T],
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
        until: float,
    ) -> T:
        """One call and its receipt. Raises Failure."""
        call, who = StreamingCall(letter.name, self._now(), receipt), self._wire.who(letter.name)
        try:
            async with asyncio.timeout_at(until):
                await self._listen(letter, call, grow)
            written = call.read(output, who)
            call.ended = "done"
        except TimeoutError:
            if call.asking:  # nothing left yet
                raise SpendingBusy("waited for what may be spent", words=BUDGET_RESERVED) from None
            failed = failures.build_timeout_error(who, self._deadline)
            call.ended = failed.ended
            raise failed from None
        except LlmError as failure:
            call.ended = failure.ended
            raise
        finally:
            log.info("%s, call %s: %s", call.name, call.request_id, call.ended)
            if call.held is None:
                await receipt(call.receipt())
        grow(extract_readable_text(call.text))
        return written

    async def _listen(
        self, letter: LlmRequest, call: StreamingCall, grow: Callable[[str], None]
    ) -> None:
        seen, shown = 0, ""
        async with aclosing(self._wire.pieces(letter, call)) as pieces:
            async for _ in pieces:
                if len(call.text) - seen >= MIN_GROWTH:
                    seen, words = len(call.text), extract_readable_text(call.text)
                    if words not in ("", shown):
                        shown = words
                        grow(words)

    def _learn(self, letter: LlmRequest, failure: LlmError) -> None:
        """What a failure says about the server, kept for the next letter."""
        new = next((s for s in failure.settings if s not in letter.without), None)
        if new == "format" or failure.kind == "not json":
            if self._wire.at_home:  # it takes forms, only not this one
                return
            self.weak = True
        if new:
            self._without[letter.name] = letter.without | {new}

    def _judge(self, name: str, known: Any) -> Words | None:
        """What the server says about a name: whether it can write, and how."""
        if _read_field(known, "lifecycle") == "retired":
            return Words(
                "{name} is retired. An administrator can name another in SUPER_INTERN_MODEL.",
                name=name,
            )
        if _read_field(known, "capabilities.structured_outputs.supported") is False:
            return Words(
                "{name} can't answer in the form we need. "
                "An administrator can name another in SUPER_INTERN_MODEL.",
                name=name,
            )
        self._learn_thinking(name, known)
        if _read_field(known, "capabilities.effort.supported") is False:
            self._without[name] = self._without.get(name, frozenset()) | {"effort"}
        if when := _read_field(known, "retires_at"):
            log.warning("%s retires on %s", name, when)
        return None

    def _learn_thinking(self, name: str, known: Any) -> None:
        can = _read_field(known, "capabilities.thinking.supported")
        if can is not None:
            kinds = ("disabled", "between_tools")
            able = [
                k for k in kinds if _read_field(known, f"capabilities.thinking.types.{k}.supported")
            ]
            self._thinking[name] = able[0] if can and able else None

    def _unknown(self, name: str, failure: LlmError) -> Words | None:
        """Nothing was found out about a name: a mistake, a bad moment, or a simpler server."""
        if failure.kind in ("gone", "setting") and not self._wire.at_home:
            self.weak = True
            return None
        if failure.kind in ("gone", "final"):
            return failure.words
        log.warning("%s could not be looked up: %s", name, failure.ended)
        return None


def _read_field(known: Any, path: str) -> Any:
    """A field of what a server said; None when it did not say."""
    for step in path.split("."):
        known = getattr(known, step, None)
    return known
