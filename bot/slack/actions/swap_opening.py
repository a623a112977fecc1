"""Another opening in the place of the first one."""

import re

from bot.core.channels import channels, measure
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words

OPENS = ("subject", "title", "headline")  # parts that are an opening as a whole
END = re.compile(r"(?<=[.!?…])\s+")


def with_hook(draft: Draft, pick: str) -> dict[str, str]:
    """The texts to change so that the picked hook (its number) opens the draft.

    A subject or a title is replaced whole; of other copy, the first sentence, behind the sender's
    name that an SMS starts with."""
    hooks = draft.other_hooks
    if not pick.isdigit() or int(pick) >= len(hooks):
        raise CannotDo(Words("This opening is no longer there."))
    opening = hooks[int(pick)].text
    copies = {part.key: part.text for part in draft.parts if part.kind == "copy"}
    for key in OPENS:
        if key in copies:
            return {key: fitting(opening, key, draft.channel)}
    for key, text in copies.items():
        return {key: _opened(text, opening)}
    raise CannotDo(Words("There is nothing in this draft that an opening could replace."))


def fitting(opening: str, key: str, channel: str | None) -> str:
    """The opening as it fits in this part of the channel: whole, or its first sentences. Raises
    CannotDo with both lengths when not even the first one does."""
    limit = channels()[channel].parts.get(key) if channel in channels() else None
    if limit is None or measure(opening, limit) <= limit.most:
        return opening
    sentences = END.split(opening)
    while len(sentences) > 1:
        sentences.pop()
        shorter = " ".join(sentences)
        if measure(shorter, limit) <= limit.most:
            return shorter
    raise CannotDo(
        Words(
            "This opening has {size} characters, and {part} takes {most}. Take the other one, or "
            "press Edit and put in a shorter one.",
            size=measure(opening, limit),
            part=Words(limit.title),
            most=limit.most,
        )
    )


def _opened(text: str, opening: str) -> str:
    first, *rest = END.split(text, maxsplit=1)
    sender = re.match(r"[^.!?…:\n]{1,20}\s?:\s", first)
    stop = "" if re.search(r"[.!?…]$", opening) else "."
    whole = f"{sender[0] if sender else ''}{opening}{stop}"
    return " ".join([whole, *rest])
