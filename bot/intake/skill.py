"""Which skill the words ask for; and what we can't do yet, said in plain words."""

import re

from bot.channels import channels
from bot.errors import CannotDo
from bot.intake import wishes
from bot.request import Question
from bot.skills import skills
from bot.words import Words

BEGINNING = 60  # characters
# Names the skill may have, what asks for it, and what to say while it isn't there.
OTHERS = (
    (
        ("feedback",),
        r"\b(?:summari[sz]e|sum up|résume[rz]?|synthè|synthétise|what do .* say)\b.*"
        r"\b(?:feedback|reviews?|comments?|avis|commentaires?|retours|say)\b|\bque disent\b",
        Words("I can't sum up feedback yet. I can write copy: name a product and a channel."),
    ),
    (
        ("audience", "segment"),
        r"\b(?:whom|who) (?:should|to|shall)\b.*\btarget\b|\bqui cibler\b"
        r"|\b(?:suggest|propose[rz]?)\b.*\b(?:segments?|audiences?)\b",
        Words("I can't suggest an audience yet. I can write copy: name a product and a channel."),
    ),
    (
        ("sketch",),
        r"\b(?:sketch|wireframe|mock-?up|maquette|croquis|dessine[rz]?)\b",
        Words("I can't draw yet. I can write copy: name a product and a channel."),
    ),
    (
        ("digest", "report"),
        r"\b(?:what moved|weekly (?:digest|report)|le point de la semaine"
        r"|ce qui a bougé|rapport hebdo\w*)\b",
        Words("I can't report on figures yet. I can write copy: name a product and a channel."),
    ),
)
UNKNOWN_CHANNEL = re.compile(
    r"(?<![\w-])(instagram|facebook|linkedin|tiktok|twitter|pinterest|youtube|whatsapp"
    r"|google ads?|meta ads?|push notifications?|notifications? push|blog(?: post)?|flyer"
    r"|amazon)(?![\w-])",
    re.IGNORECASE,
)


def skill_for(words: str, chosen: str | None) -> str:
    """The skill that was chosen or named; else copy. Raises CannotDo for one that isn't there."""
    if chosen:
        if chosen not in skills():
            raise CannotDo(Words("I have no skill called {skill}.", skill=chosen))
        return chosen
    first = re.match(r"\s*(\w+)", words.lower())
    if first and first[1] in skills():
        return first[1]
    asks = words[:BEGINNING]  # further on, "sketch" is a word of a product's name
    for names, pattern, sorry in () if wishes.read(words).channels else OTHERS:
        if re.search(pattern, asks, re.IGNORECASE):
            if there := next((name for name in names if name in skills()), None):
                return there
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
