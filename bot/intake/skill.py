"""Which skill the words ask for; and what we can't do yet, said in plain words."""

import re

from bot.channels import channels
from bot.errors import CannotDo
from bot.intake import wishes
from bot.request import Question
from bot.skills import skills
from bot.words import Words

BEGINNING = 90  # characters
WRITES = re.compile(
    r"^\W*(?:please |can you |could you |peux-tu |pouvez-vous |stp |svp )*"
    r"(?:write|draft|re-?write|compose|r[ée]dige[rz]?|[ée]cri(?:s|re|vez)|texte|copy)\b",
    re.IGNORECASE,
)
# What asks for something that we have no skill for, and what to say.
NOT_YET = (
    (
        r"\b(?:sketch|wireframe|mock-?up|maquette|croquis|dessine[rz]?)\b",
        Words("I can't draw yet. I can write copy: name a product and a channel."),
    ),
)
UNKNOWN_CHANNEL = re.compile(
    r"(?<![\w-])(instagram|facebook|linkedin|tiktok|twitter|pinterest|youtube|whatsapp"
    r"|google ads?|meta ads?|push notifications?|notifications? push|blog(?: post)?|flyer"
    r"|amazon)(?![\w-])",
    re.IGNORECASE,
)


def skill_for(words: str, chosen: str | None) -> str:
    """The skill that was chosen, named or asked for; else copy. Raises CannotDo for one that isn't
    there."""
    if chosen:
        if chosen not in skills():
            raise CannotDo(Words("I have no skill called {skill}.", skill=chosen))
        return chosen
    first = re.match(r"\s*(\w+)", words.lower())
    if first and first[1] in skills():
        return first[1]
    asks = words.replace("’", "'")[:BEGINNING]  # further on, "sketch" is a word of a product's name
    if WRITES.search(asks):
        return "draft"
    for skill in skills().values():
        if skill.asked_by and re.search(skill.asked_by, asks, re.IGNORECASE):
            return skill.name
    for pattern, sorry in () if wishes.read(words).channels else NOT_YET:
        if re.search(pattern, asks, re.IGNORECASE):
            raise CannotDo(sorry)
    return "draft"


def unknown_channel(words: str) -> Question | None:
    """The question back when the only channel named is one we don't write for."""
    unknown = UNKNOWN_CHANNEL.search(words)
    if not unknown:
        return None
    return Question(
        words=Words(
            "I can't write for {channel} yet. For which of these shall I?", channel=unknown[0]
        ),
        options=tuple(channel.title for channel in channels().values()),
    )
