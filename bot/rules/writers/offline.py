"""Writes without an AI: by rules, from the facts, the brief and phrase banks. Nothing leaves."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.core.channels import Channel, load_channels
from bot.core.parts import Copy
from bot.core.writer import LlmCall, WriteRequest
from bot.i18n.messages import Words
from bot.rules.writers import joint, plain, shapes
from bot.rules.writers.ready import Ready, make_ready
from bot.rules.writers.story import tell

T = TypeVar("T", bound=BaseModel)
ATTEMPTS = 6
EASY, TERSEST = 1, 2  # attempts at a shorter text before more is left out of it; how much, at most
Shape = Callable[[Ready], shapes.Made]
Together = Callable[[WriteRequest, str, int], shapes.Made]  # of several products
# A shape writes the Outputs that have all of its parts.
SHAPES: tuple[tuple[frozenset[str], Shape, Together], ...] = (
    (frozenset({"subject", "preheader", "body", "call_to_action"}), shapes.email, joint.email),
    (frozenset({"title", "description"}), shapes.product_page, joint.product_page),
    (frozenset({"text"}), shapes.sms, joint.sms),
)


def can_write(output: type[BaseModel]) -> bool:
    """Whether there is a shape for exactly these parts."""
    return any(set(output.model_fields) - {"hooks"} == parts for parts, _, _ in SHAPES)


def list_channels() -> list[Channel]:
    """The channels that can be written for without an AI."""
    return [one for one in load_channels().values() if can_write(one.output)]


class Offline:
    """A `Writer`. It knows no more than it is told, and says the same for the same brief."""

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
        written = compose(assignment, output)
        await receipt(LlmCall(writer=self.name, sent="", to=None, at=self._now()))
        grow(shown(written))
        return written

    async def check(self) -> Words | None:
        """Rules need no set-up."""
        return None

    async def close(self) -> None:
        """Nothing is held."""


def compose(assignment: WriteRequest, output: type[T]) -> T:
    """An Output in words; another one than what was sent back, and a shorter one where that is
    what was asked. When no try is short enough, the shortest."""
    if isinstance(assignment.offline_output, output):
        return assignment.offline_output
    request = assignment.request
    old = request.previous or ""
    most = len(old) if old and "shorter" in tell(request).wishes else None
    salt, every = "|".join(assignment.corrections), []
    for attempt in range(-1, ATTEMPTS):
        terse = 0 if most is None else min(max(0, attempt - EASY), TERSEST)
        written = _once(assignment, output, salt if attempt < 0 else f"{salt}|{attempt}", terse)
        every.append(written)
        if not _repeats(written, old) and (most is None or len(shown(written)) < most):
            return written
    return written if most is None else min(every, key=lambda one: len(shown(one)))


def _once(assignment: WriteRequest, output: type[T], salt: str, terse: int) -> T:
    fields = set(output.model_fields)
    if assignment.channel and assignment.skill == "draft":
        for parts, shape, together in SHAPES:
            if parts <= fields:
                several = bool(assignment.request.brief.others)
                made: dict[str, Any] = dict(
                    together(assignment, salt, terse)
                    if several
                    else shape(make_ready(assignment, salt, terse))
                )
                return output.model_validate({k: v for k, v in made.items() if k in fields})
    return plain.fill(output, make_ready(assignment, salt))


def _repeats(written: BaseModel, old: str) -> bool:
    """Whether its longest copy is the one that came back."""
    copies = [value.text for value in written.__dict__.values() if isinstance(value, Copy)]
    longest = max(copies, key=len, default="")
    return bool(longest) and " ".join(longest.split()) in " ".join(old.split())


def shown(written: BaseModel) -> str:
    """All its words, as they come."""
    copies = [value.text for value in written.__dict__.values() if isinstance(value, Copy)]
    return "\n\n".join(copies)
