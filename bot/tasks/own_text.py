"""The request for a draft of a text that a person wrote. Nothing is read into it or assumed."""

import json

from bot.agent.text_check import split_text
from bot.core.brief import Brief
from bot.core.channels import get_default_channel, load_channels
from bot.core.request import SkillRequest
from bot.i18n.messages import parse_language
from bot.tasks.services import RunningTask, change_task
from bot.tasks.understand import COPY_SKILL

OWN_TEXT = "own_text"  # the form field with the text: its parts as JSON, or the whole text
MIN_EXACT_SCORE = 0.85  # from here on, a product is clearly named


async def build_own_text_requests(run: RunningTask) -> tuple[SkillRequest, ...]:
    """Return the request for the text of the task's form, and store its brief."""
    task, form, services = run.task, run.task.form, run.services
    channel = form.get("channel")
    if channel not in load_channels():
        channel = get_default_channel().key
    product, title = form.get("product"), form.get("product_words")
    if product and not title:  # a name that a person typed
        hits = await services.library(task.workspace).find(product)
        best = next((hit for hit in hits if hit.score >= MIN_EXACT_SCORE), None)
        product, title = (best.handle, best.title) if best else (None, product)
    brief = Brief(
        words=task.words,
        author=task.author,
        language=parse_language(form.get("language")),
        channels=(channel,),
        audience=form.get("audience"),
        product=product,
        product_words=title,
        market=form.get("market"),
        own_text=read_own_text(form[OWN_TEXT], channel),
        stands_on=form.get("stands_on"),
        private=task.private,
    )
    await change_task(services, task.id, lambda t, s, e: t.store_brief(brief, services.now()))
    return (SkillRequest(skill=COPY_SKILL, brief=brief, channel=channel),)


def read_own_text(text: str, channel: str) -> dict[str, str]:
    """Return the text by the keys of the channel's parts."""
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    if isinstance(parts, dict):
        return {str(key): str(value) for key, value in parts.items()}
    return {part.key: part.text for part in split_text(text, load_channels()[channel])}
