"""Put another opening in the place of the one that a draft has."""

import re

from bot.core.channels import PartLimit, load_channels, measure_text
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def replace_opening(draft: Draft, pick: str) -> dict[str, str]:
    """Return the texts to change, by part key, so that the draft opens with hook number `pick`.

    A subject or a title is replaced as a whole. In other copy the first sentence is replaced, after
    the sender's name that an SMS starts with.
    """
    hooks = draft.other_hooks
    if not pick.isdigit() or int(pick) >= len(hooks):
        raise CannotDo(Words("This opening is no longer there."))
    opening = hooks[int(pick)].text
    copies = {part.key: part.text for part in draft.parts if part.kind == "copy"}
    channel = load_channels().get(draft.channel or "")
    for key, text in copies.items():
        limit = channel.find_limit(key) if channel else None
        if limit and limit.role == "title":
            return {key: fit_opening(opening, limit)}
        return {key: _replace_first_sentence(text, opening)}
    raise CannotDo(Words("There is nothing in this draft that an opening could replace."))


def fit_opening(opening: str, limit: PartLimit) -> str:
    """Return the opening, or as many of its first sentences as the limit allows.

    Raise CannotDo with both lengths when not even the first sentence fits.
    """
    if measure_text(opening, limit) <= limit.most:
        return opening
    sentences = SENTENCE_END.split(opening)
    while len(sentences) > 1:
        sentences.pop()
        shorter = " ".join(sentences)
        if measure_text(shorter, limit) <= limit.most:
            return shorter
    raise CannotDo(
        Words(
            "This opening has {size} characters, and {part} takes {most}. Take the other one, or "
            "press Edit and put in a shorter one.",
            size=measure_text(opening, limit),
            part=Words(limit.title),
            most=limit.most,
        )
    )


def _replace_first_sentence(text: str, opening: str) -> str:
    first, *rest = SENTENCE_END.split(text, maxsplit=1)
    sender = re.match(r"[^.!?…:\n]{1,20}\s?:\s", first)
    stop = "" if re.search(r"[.!?…]$", opening) else "."
    whole = f"{sender[0] if sender else ''}{opening}{stop}"
    return " ".join([whole, *rest])
