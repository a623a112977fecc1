"""The writer of standard text: it passes on what code has composed. Nothing leaves the machine."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from bot.core.parts import Copy
from bot.core.writer import LlmCall, WriteRequest
from bot.i18n.messages import Words

T = TypeVar("T", bound=BaseModel)


class OfflineWriter:
    """A `Writer` without an AI. The text comes with the assignment, as `offline_output`."""

    name = "rules"
    by_rules = True

    def __init__(self, now: Callable[[], datetime]):
        self._now = now

    async def write(
        self,
        assignment: WriteRequest,
        output: type[T],
        *,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
    ) -> T:
        written = output.model_validate(assignment.offline_output)
        await receipt(LlmCall(writer=self.name, sent="", to=None, at=self._now()))
        copies = (value for value in written.__dict__.values() if isinstance(value, Copy))
        grow("\n\n".join(copy.text for copy in copies))
        return written

    async def check(self) -> Words | None:
        """There is nothing to set up."""
        return None

    async def close(self) -> None:
        """There is nothing to close."""
