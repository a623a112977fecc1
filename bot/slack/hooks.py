"""Another opening in the place of the first one."""

import re

from bot.draft import Draft
from bot.errors import CannotDo
from bot.words import Words

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
            return {key: opening}
    for key, text in copies.items():
        return {key: _opened(text, opening)}
    raise CannotDo(Words("There is nothing in this draft that an opening could replace."))


def _opened(text: str, opening: str) -> str:
    first, *rest = END.split(text, maxsplit=1)
    sender = re.match(r"[^.!?…:\n]{1,20}\s?:\s", first)
    stop = "" if re.search(r"[.!?…]$", opening) else "."
    whole = f"{sender[0] if sender else ''}{opening}{stop}"
    return " ".join([whole, *rest])
