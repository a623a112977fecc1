"""Which skill the words ask for; and what we can't do yet, said in plain words."""

import re

from bot.agent.skills import load_skills
from bot.core.request import Question
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.rules.intake import wishes
from bot.rules.writers.offline import list_channels

BEGINNING = 90  # characters
WRITES = re.compile(
    r"^\W*(?:please |can you |could you |peux-tu |pouvez-vous |stp |svp )*"
    r"(?:write|draft|re-?write|compose|r[ée]dige[rz]?|[ée]cri(?:s|re|vez)|texte|copy)\b",
    re.IGNORECASE,
)
WISHES = re.compile(
    r"\b(?:can|could|would|will) (?:you|we|i)\b|\b(?:peux|pouvez|pourrais|pourriez|peut)[- ]"
    r"|\bet (?:en|si)\b|\bhelp\b|\baide",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(  # about the intern itself
    r"^\W*(?:what (?:can|do) you (?:do|offer|know)|who are you|how (?:do|does|can) (?:you|this|it)"
    r" work|(?:please )?help(?: me)?\W*$|(?:can|could) you help(?: me)?\W*$|i need help\W*$"
    r"|que (?:sais|peux)[- ]tu|qui es[- ]tu|t'es qui|comment (?:ça|tu) (?:marches?|fonctionnes?)"
    r"|(?:à l')?aide\W*$|aide[- ]moi\W*$|(?:tu )?peux(?:-tu)? m'aider\W*$)",
    re.IGNORECASE,
)
LAST = "answer"  # the skill for questions that no other takes
# What asks for something that we have no skill for, and what to say.
NOT_YET = (
    (
        r"\b(?:sketch|wireframe|mock-?up|maquette|croquis|dessine[rz]?)\b",
        Words("I can't draw yet. I can write copy: name a product and a channel."),
    ),
)
UNKNOWN_CHANNEL = re.compile(
    r"(?<![\w-])(instagram|facebook|linkedin|tiktok|twitter|pinterest|youtube|whatsapp"
    r"|google(?: ads?)?|meta ads?|banners?|bannières?|push notifications?|notifications? push"
    r"|blog(?: post)?|flyer|amazon)(?![\w-])",
    re.IGNORECASE,
)


ONE_CUSTOMER = re.compile(
    r"\b(?:reply|response|answer|respond) to (?:an?|this|that|the|one) (?:\w+ )?"
    r"(?:customer|client|shopper|review|comment)\b"
    r"|\br[ée](?:ponse|pondre|ponds) (?:à|a) (?:une?|la|ce|cet|cette|l['’]) ?"
    r"(?:cliente?|avis|commentaire)\b",
    re.IGNORECASE,
)


def skill_for(words: str, chosen: str | None) -> str:
    """The skill that was chosen, named or asked for; else copy. Raises CannotDo for one that isn't
    there."""
    if chosen:
        if chosen not in load_skills():
            raise CannotDo(Words("I have no skill called {skill}.", skill=chosen))
        return chosen
    first = re.match(r"\s*(\w+)", words.lower())
    if first and first[1] in load_skills():
        return first[1]
    asks = words.replace("’", "'")[:BEGINNING]  # further on, "sketch" is a word of a product's name
    if WRITES.search(asks):
        return "draft"
    for skill in load_skills().values():
        if skill.asked_by and skill.name != LAST and re.search(skill.asked_by, asks, re.IGNORECASE):
            return skill.name
    for pattern, sorry in () if wishes.read(words).channels else NOT_YET:
        if re.search(pattern, asks, re.IGNORECASE):
            raise CannotDo(sorry)
    return LAST if LAST in load_skills() and _asks(words, asks) else "draft"


def _asks(words: str, beginning: str) -> bool:
    """Whether words ask about the data: no text is wanted, and the intern itself isn't meant."""
    if SMALL_TALK.search(words):
        return False
    shape = load_skills()[LAST].asked_by or "$^"
    if re.search(shape, beginning, re.IGNORECASE):
        return True
    said = wishes.read(words)
    wants = said.channels or said.offer or said.goal or said.product
    alone = words.rstrip().endswith("?") and len(words.split()) > 2
    return bool(alone and not WISHES.search(beginning) and not wants)


def unknown_channel(words: str) -> Question | None:
    """The question back when the only channel named is one we don't write for."""
    titles = tuple(channel.title for channel in list_channels())
    if ONE_CUSTOMER.search(words):
        one = Words(
            "I can't answer a single customer yet: I write to many. For which of these shall I?"
        )
        return Question(words=one, options=titles)
    unknown = UNKNOWN_CHANNEL.search(words)
    if not unknown:
        return None
    return Question(
        words=Words(
            "I can't write for {channel} yet. For which of these shall I?", channel=unknown[0]
        ),
        options=titles,
    )
