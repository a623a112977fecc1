"""One structured call to a model, without tools: a question whose answer is a filled-in form."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall, Writer, WriteRequest
from bot.privacy import Pseudonymizer

T = TypeVar("T", bound=BaseModel)


async def ask_once(
    model: Writer,
    system: str,
    message: str,
    output: type[T],
    *,
    receipt: Callable[[LlmCall], Awaitable[None]],
    call: str,
    masked_by: Pseudonymizer | None = None,
) -> T:
    """Return the form `output` as the model filled it in. Raises TryAgain or CannotDo.

    `system` stays the same for all calls of a kind, so that the server can cache it; `message` is
    what varies. Personal data in `message` is replaced before the model sees it, unless `masked_by`
    has done so already, and is restored in the answer."""
    veil = masked_by or Pseudonymizer()
    assignment = WriteRequest(
        skill=call,
        request=SkillRequest(skill=call, brief=Brief(words="", author="", language="en")),
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system=system,
        prompt=message if masked_by else veil.mask(message),
    )
    return veil.restore(await model.write(assignment, output, receipt=receipt, grow=lambda _: None))
