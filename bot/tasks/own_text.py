"""The request for a draft of a text that a person wrote. Nothing is read into it or assumed."""

import json
from collections.abc import Sequence

from bot.agent.text_check import split_text
from bot.core.channels import get_default_channel, load_channels
from bot.core.library import ProductMatch
from bot.core.request import Brief, SkillRequest
from bot.i18n.messages import LANGUAGES, parse_language
from bot.tasks.services import RunningTask, change_task
from bot.tasks.understand import COPY_SKILL
from bot.text.language import detect_language

OWN_TEXT = "own_text"  # the form field with the text: its parts as JSON, or the whole text
MIN_EXACT_SCORE = 0.85  # from here on, a product is clearly named
MIN_SCORE = 0.75  # or from here on, when no other product is near it
MIN_LEAD = 0.25


async def build_own_text_requests(run: RunningTask) -> tuple[SkillRequest, ...]:
    """Return the request for the text of the task's form, and store its brief."""
    task, form, services = run.task, run.task.form, run.services
    channel = form.get("channel")
    if channel not in load_channels():
        channel = get_default_channel().key
    product, title = form.get("product"), form.get("product_words")
    if product and not title:  # a name that a person typed
        hits = await services.library(task.workspace).find(product)
        best = _find_named(hits)
        product, title = (best.handle, best.title) if best else (None, product)
    own_text = read_own_text(form[OWN_TEXT], channel)
    written = detect_language("\n".join(own_text.values()), LANGUAGES)
    brief = Brief(
        words=task.words,
        author=task.author,
        language=parse_language(form.get("language") or written),
        channels=(channel,),
        audience=form.get("audience"),
        product=product,
        product_words=title,
        market=form.get("market"),
        own_text=own_text,
        stands_on=form.get("stands_on"),
        private=task.private,
    )
    await change_task(services, task.id, lambda t, s, e: t.store_brief(brief, services.now()))
    return (SkillRequest(skill=COPY_SKILL, brief=brief, channel=channel),)


def _find_named(hits: Sequence[ProductMatch]) -> ProductMatch | None:
    """Return the product that the typed name clearly means."""
    if not hits or hits[0].score >= MIN_EXACT_SCORE:
        return hits[0] if hits else None
    second = hits[1].score if len(hits) > 1 else 0.0
    is_clear = hits[0].score >= MIN_SCORE and hits[0].score - second >= MIN_LEAD
    return hits[0] if is_clear else None


def read_own_text(text: str, channel: str) -> dict[str, str]:
    """Return the text by the keys of the channel's parts."""
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    if isinstance(parts, dict):
        return {str(key): str(value) for key, value in parts.items()}
    return {part.key: part.text for part in split_text(text, load_channels()[channel])}
