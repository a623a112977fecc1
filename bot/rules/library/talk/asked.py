"""What was asked: a question with what the same breath adds to it; no small talk, and nothing that
somebody is asked to do."""

import re
from collections.abc import Sequence

from bot.rules.library.talk.decided import CHECKS
from bot.rules.library.talk.said import Sentence

HANDS = re.compile(
    r"\b(?:can|could|will|would) (?:you|some ?one|some ?body|any ?one)\b|\bplease\b"
    r"|\b(?:peux|pourrais)-tu\b|\btu (?:peux|pourrais|t'en occupes|t'occupes|prends|vois|gères|fais"
    r"|prépares|envoies|regardes|relances|appelles|t'en charges)\b|\b(?:pouvez|pourriez)-vous\b"
    r"|\bquelqu'un (?:peut|pourrait)\b|\b(?:qui )?peut (?:m'|me )|\bmerci de\b|\bstp\b|\bsvp\b",
    re.IGNORECASE,
)
CHATTER = re.compile(
    r"\banyone else\b|\b(?:lunch|coffee|déjeuner|café|apéro|weekend|week-end|match|film|vacances"
    r"|holidays?)\b|^(?:how are you|how'?s it going|what'?s up|ça va|vous allez bien|you ok|really"
    r"|seriously|vraiment|ah bon|who knows|you know what|quoi)\b|\bcomment (?:ça va|vas-tu)\b",
    re.IGNORECASE,
)
VAGUE = re.compile(  # it asks about what was said just before
    r"^\W*(?:qu'en (?:pensez-vous|penses-tu|dites-vous)|what do you (?:all )?think"
    r"|(?:any )?thoughts|(?:des )?avis|votre avis|un avis)\W*$",
    re.IGNORECASE,
)
A_PERSON = re.compile(
    r"^\W*(?:\w+ ){0,3}?(?:who|who's|qui|wer)\b|\bc'est qui\b|, (?:who|qui)\b", re.IGNORECASE
)
LONG, SHORT = 300, 5  # letters; words of a rest


def asked_in(said: Sequence[Sentence], at: int) -> str:
    """The question that a sentence asks, with what the same breath adds to it, as in "What
    discount? 10 or 15?"; "" when it asks none."""
    one, before = said[at], said[at - 1] if at else None
    if one.section:
        return one.text if one.section == "open" else ""
    if not one.asks or len(one.text) > LONG or HANDS.search(one.plain):
        return ""
    if _adds(before, one):
        return ""
    if VAGUE.search(one.plain):
        return one.message.text if len(one.message.text) <= LONG else ""
    after = said[at + 1] if at + 1 < len(said) else None
    words = one.text
    if after is not None and _adds(one, after) and f"{words} {after.text}" in one.message.text:
        words = f"{words} {after.text}"
    small = CHATTER.search(one.plain) or CHECKS.search(one.plain) or len(words.split()) < 3
    return "" if small else words


def _adds(before: Sentence | None, one: Sentence) -> bool:
    if before is None or before.message is not one.message or not before.asks or not one.asks:
        return False
    return one.words <= SHORT and before.words >= 3
