"""What was asked: what answered it, or that nothing did."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.fold import fold
from bot.library.talk.decided import CHECKS, NOT
from bot.library.talk.said import Sentence, first_names, stems

HANDS = re.compile(
    r"\b(?:can|could|will|would) (?:you|some ?one|some ?body|any ?one)\b|\bplease\b"
    r"|\b(?:peux|pourrais)-tu\b|\btu (?:peux|pourrais|t'en occupes|t'occupes|prends|vois|gères|fais"
    r"|prépares|envoies|regardes|relances|appelles|t'en charges)\b|\b(?:pouvez|pourriez)-vous\b"
    r"|\bquelqu'un (?:peut|pourrait)\b|\b(?:qui )?peut (?:m'|me )|\bmerci de\b|\bstp\b|\bsvp\b",
    re.IGNORECASE,
)
KNOWS_NOT = re.compile(
    r"\b(?:not sure|no idea|don'?t know|dunno|need to check|have to check|let me check|will check"
    r"|good question|depends|maybe|perhaps|we'?ll see|let'?s (?:see|talk|discuss)|tbd|to be"
    r" (?:decided|confirmed)|no clue|ask (?:him|her|them)|can'?t say"
    r"|aucune idée|bonne question|(?:je )?(?:ne )?sais pas|pas sûre?|(?:il )?faut (?:que je )?"
    r"(?:demande[rz]?|vérifie[rz]?|voir)|à voir|on verra|peut-être|ça dépend|je me renseigne"
    r"|à confirmer|je vérifie|on en reparle|je demande)\b",
    re.IGNORECASE,
)
CHATTER = re.compile(
    r"\banyone else\b|\b(?:lunch|coffee|déjeuner|café|apéro|weekend|week-end|match|film|vacances"
    r"|holidays?)\b|^(?:how are you|how'?s it going|what'?s up|ça va|vous allez bien|you ok|really"
    r"|seriously|vraiment|ah bon|who knows|you know what|quoi)\b|\bcomment (?:ça va|vas-tu)\b",
    re.IGNORECASE,
)
PROPOSES = re.compile(
    r"\b(?:i (?:suggest|propose|think|guess|'?d say)|i'd|how about|what about|je (?:propose|pense"
    r"|dirais|verrais|crois)|moi je|à mon avis|pourquoi pas)\b",
    re.IGNORECASE,
)
VAGUE = re.compile(  # it asks about what was said just before
    r"^\W*(?:qu'en (?:pensez-vous|penses-tu|dites-vous)|what do you (?:all )?think"
    r"|(?:any )?thoughts|(?:des )?avis|votre avis|un avis)\W*$",
    re.IGNORECASE,
)
GREETS = re.compile(r"^\W*(?:(?:good )?morning|hello|hey|hi|salut|bonjour)\W*$", re.IGNORECASE)
ASIDE = re.compile(r"^\W*(?:btw|by the way|au fait|à part ça|rien à voir|off ?topic)\b", re.I)
YES_NO = re.compile(
    r"^\W*(?:yes|yep|yeah|no|nope|non|oui|ouais|si|ok|ja|nein|sí|exactly|correct|exact"
    r"|tout à fait)\b",
    re.IGNORECASE,
)
WEIGHTY = re.compile(
    r"\d|\b(?:i|i'?ll|i'?m|me|my|we|moi|je|j|on|nous|both|neither|only|all|none|les deux|aucune?"
    r"|tout|tous|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b|\b(?:tonight|tomorrow|today|demain"
    r"|ce soir|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b",
    re.IGNORECASE,
)
DAY = (
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:tonight|tomorrow|today|week|month"
    r"|noon|morning|evening|demain|aujourd'hui|ce soir|matin|semaine|mois|midi|lundi|mardi"
    r"|mercredi|jeudi|vendredi|samedi|dimanche)\b"
)
A_PERSON = re.compile(
    r"^\W*(?:\w+ ){0,3}?(?:who|who's|qui|wer)\b|\bc'est qui\b|, (?:who|qui)\b", re.IGNORECASE
)
A_DAY = re.compile(
    r"\b(?:when|what time|which (?:day|date)|quand|quelle (?:date|heure)|quel jour)\b",
    re.IGNORECASE,
)
A_NUMBER = re.compile(r"\b(?:how (?:many|much)|combien)\b", re.IGNORECASE)
HOLDS = (  # what asks for a day or a number, and what an answer right after it must hold
    (A_DAY, re.compile(DAY, re.IGNORECASE)),
    (A_NUMBER, re.compile(
        r"\d|\b(?:all|none|both|one|two|three|tous|aucune?|une?|deux|trois|half|la moitié)\b",
        re.IGNORECASE,
    )),
)  # fmt: skip
SOMEBODY = re.compile(r"\b(?:i|i'?ll|i'?m|i'?ve|me|we|moi|je|j'|on|nous|ich|wir)\b", re.I)
FAR, LONG, SHORT = 40, 300, 5  # messages an answer may come after; letters; words of a rest


@dataclass(frozen=True)
class Asked:
    """`answer` is what was said to it, "" when nothing was."""

    sentence: Sentence
    words: str
    answer: str = ""
    by: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether the answer says how it is, and is not somebody's idea of it."""
        return bool(self.answer) and not PROPOSES.search(self.answer.replace("’", "'"))


def questions(said: Sequence[Sentence]) -> list[Asked]:
    """Each once, in the order asked; no small talk, and nothing that somebody is asked to do."""
    names = list(first_names([one.message for one in said]).values())
    found: dict[str, Asked] = {}
    for at, one in enumerate(said):
        if not (words := _asked(said, at)):
            continue
        key, answer = fold(words), _answer(said, at, names)
        if key in found and found[key].answer:
            continue
        found.pop(key, None)
        by, text = (answer.message.who, _in_full(answer)) if answer else ("", "")
        found[key] = Asked(one, words, text, by)
    return list(found.values())


def _asked(said: Sequence[Sentence], at: int) -> str:
    """The question, with what the same breath adds to it: "What discount? 10 or 15?"."""
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


def _answer(said: Sequence[Sentence], at: int, names: Sequence[str]) -> Sentence | None:
    """The first statement of somebody else that answers it: what comes right after, unless it
    says that they don't know; later, only what speaks of the same, or to who asked."""
    asked, right_after = said[at], True
    about = stems(asked.text)
    asker = asked.message.who
    for one in said[at + 1 :]:
        if one.message.n - asked.message.n > FAR:
            return None
        mine = one.message.who == asker
        if GREETS.search(one.plain):
            continue
        if mine or one.asks or ASIDE.search(one.plain):
            right_after = right_after and (mine or (one.asks and not _hands_over(asked, one)))
            if _hands_over(asked, one):
                return one
            continue
        if KNOWS_NOT.search(one.plain):
            right_after = False
            continue
        spoken_to = re.search(rf"@{re.escape(asker.split()[0])}\b", one.text) is not None
        same = bool(about & stems(one.text))
        if right_after and (same or spoken_to or _fits(asked, one, names)):
            return one
        if not right_after and same and not NOT.search(one.plain):
            return one
        if spoken_to and same:
            return one
        right_after = False
    return None


def _hands_over(asked: Sentence, one: Sentence) -> bool:
    """Who does it? — "Priya, can you?" """
    return bool(A_PERSON.search(asked.plain) and HANDS.search(one.plain) and one.asks)


def _fits(asked: Sentence, one: Sentence, names: Sequence[str]) -> bool:
    """Whether it can be what was asked for."""
    if A_PERSON.search(asked.plain):
        known = any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", one.text, re.I) for n in names)
        return known or bool(SOMEBODY.search(one.plain))
    for asks, holds in HOLDS:
        if asks.search(asked.plain):
            return bool(holds.search(one.plain))
    return one.words > 2 or bool(YES_NO.search(one.plain) or WEIGHTY.search(one.plain))


def _in_full(one: Sentence) -> str:
    """A short message whole, else its sentence."""
    whole = one.message.text
    if one.section or "\n" in whole or len(whole) > LONG / 2:
        return one.text
    return whole
