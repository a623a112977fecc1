"""Ask the model one question that has a form as its answer, without tools."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall, Writer, WriteRequest

T = TypeVar("T", bound=BaseModel)


async def ask_model(
    writer: Writer,
    output: type[T],
    *,
    call: str,
    system: str,
    prompt: str,
    receipt: Callable[[LlmCall], Awaitable[None]],
) -> T:
    """Return the model's answer in the form of `output`. `call` names the call, for its receipts.

    `system` is the same for every request, so that the server can cache it. Personal data in both
    texts has already been replaced by placeholders. Raises TryAgain, CannotDo, SpendingRefused and
    SpendingBusy."""
    brief = Brief(words="", author="", language="en")
    assignment = WriteRequest(
        skill=call,
        request=SkillRequest(skill=call, brief=brief),
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system=system,
        prompt=prompt,
    )
    return await writer.write(assignment, output, receipt=receipt, grow=lambda _: None)
