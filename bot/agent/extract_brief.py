"""Lets the writer read the words as well. It may only take over what stands in them."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from bot.agent.assumptions import GOALS
from bot.agent.prompts import fill
from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.channels import channels
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.writer import Assignment, Sent, Writer
from bot.errors import CannotDo, SpendingBusy, SpendingRefused, TryAgain
from bot.privacy import Veil
from bot.rules.intake import wishes
from bot.rules.intake.wishes import Wishes

SYSTEM = "You read what people ask for and fill a form. You carry out nothing."


class Form(BaseModel):
    """What a writer fills in."""

    channel: str | None = None
    language: str | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: str | None = None
    dates: str | None = None
    must_say: list[str] = []


async def read(
    writer: Writer,
    words: str,
    author: str,
    found: Wishes,
    receipt: Callable[[Sent], Awaitable[None]],
) -> Wishes:
    """What the rules found, made better where the writer read more; the same when it can't. Raises
    SpendingRefused and SpendingBusy: at the limit nobody is read by rules unasked."""
    veil = Veil()
    brief = Brief(words=words, author=author, language=found.language or "en")
    request = veil.draw(SkillRequest(skill="intake", brief=brief))
    gaps = {"brief": request.brief.words, "channels": ", ".join(channels())}
    assignment = Assignment(
        skill="intake",
        request=request,
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system=SYSTEM,
        prompt=fill("intake", gaps),
    )
    try:
        form = await writer.write(assignment, Form, receipt=receipt, grow=lambda _: None)
    except (SpendingRefused, SpendingBusy):
        raise
    except (TryAgain, CannotDo):
        return found
    return checked(veil.lift(form), words, found)


def checked(form: Form, words: str, found: Wishes) -> Wishes:
    """Of the form, what stands in the words, over what the rules found."""
    better: dict[str, object] = {}
    for field in ("product", "audience", "offer", "dates"):
        value = getattr(form, field)
        if value and _stands_in(value, words):
            better[field] = value.strip()
    if form.channel in channels() and not found.channels:
        better["channels"] = [form.channel]
    if form.language in ("en", "fr") and not found.language and wishes.typed_in(words) is None:
        better["language"] = form.language
    if form.goal in GOALS and not found.goal:
        better["goal"] = form.goal
    if said := [must for must in form.must_say if _stands_in(must, words)]:
        better["must_say"] = said
    return Wishes.model_validate(found.model_dump() | better)


def _stands_in(value: str, words: str) -> bool:
    said, whole = (" ".join(text.lower().split()) for text in (value, words))
    return bool(said) and said in whole
