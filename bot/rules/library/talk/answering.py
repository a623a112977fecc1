"""What answered a question: told by the thread it was said in, whom it was said to, what it speaks
of, and whether it can be what was asked for. Where two questions have an equal claim, neither gets
it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.rules.library.talk.asked import A_PERSON, HANDS, LONG, asked_in
from bot.rules.library.talk.decided import NOT
from bot.rules.library.talk.said import Sentence, first_names, stems
from bot.text.normalize import normalize_text

KNOWS_NOT = re.compile(
    r"\b(?:not sure|no idea|don'?t know|dunno|need to check|have to check|let me check|will check"
    r"|good question|depends|maybe|perhaps|we'?ll see|let'?s (?:see|talk|discuss)|tbd|to be"
    r" (?:decided|confirmed)|no clue|ask (?:him|her|them)|can'?t say"
    r"|aucune idée|bonne question|(?:je )?(?:ne )?sais pas|pas sûre?|(?:il )?faut (?:que je )?"
    r"(?:demande[rz]?|vérifie[rz]?|voir)|à voir|on verra|peut-être|ça dépend|je me renseigne"
    r"|à confirmer|je vérifie|on en reparle|je demande)\b",
    re.IGNORECASE,
)
PROPOSES = re.compile(
    r"\b(?:i (?:suggest|propose|think|guess|'?d say)|i'd|how about|what about|je (?:propose|pense"
    r"|dirais|verrais|crois)|moi je|à mon avis|pourquoi pas)\b",
    re.IGNORECASE,
)
GREETS = re.compile(r"^\W*(?:(?:good )?morning|hello|hey|hi|salut|bonjour)\W*$", re.IGNORECASE)
ASIDE = re.compile(r"^\W*(?:btw|by the way|au fait|à part ça|rien à voir|off ?topic)\b", re.I)
YES_NO = re.compile(
    r"^\W*(?:yes|yep|yeah|no|nope|non|oui|ouais|si|ok|ja|nein|sí|exactly|correct|exact"
    r"|tout à fait|not (?:yet|really)|still not|already|almost|absolutely|of course|bien sûr"
    r"|(?:pas|toujours pas) encore|toujours pas|pas vraiment|déjà|presque|absolument)\b",
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
THANKS = re.compile(r"\b(?:thanks|thank you|thx|merci|cheers)\b[^\d?]{0,25}$", re.IGNORECASE)
FOUND = re.compile(  # who asked needs no answer any more
    r"\b(?:found (?:it|them)|got it|never ?mind|forget it|solved|all good now|trouvée?s?"
    r"|laisse[rz]? tomber|c'est (?:bon|réglé|trouvé))\b",
    re.IGNORECASE,
)
DOES_IT = re.compile(  # what says yes to a request
    r"^\W*(?:on it|will do|sure|of course|no problem|with pleasure|done|me\b|bien sûr|ça marche"
    r"|d'accord|pas de (?:souci|problème)|avec plaisir|c'est (?:fait|noté)|fait\b|noté|moi\b)"
    r"|\b(?:i'?ll|i will|i can|i'?m on it|je m'en (?:charge|occupe)|je (?:l[ae]|les|l')\W?\w+)",
    re.IGNORECASE,
)
FAR = 40  # messages an answer may come after


@dataclass
class Asked:
    """`answer` is what was said to it, "" when nothing was; `reply` is where that was said. Unclear
    when it may as well have been said to another question."""

    sentence: Sentence
    words: str
    answer: str = ""
    by: str = ""
    reply: Sentence | None = None
    unclear: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether the answer says how it is, and is not somebody's idea of it."""
        idea = PROPOSES.search(self.answer.replace("’", "'"))
        return bool(self.answer) and not self.unclear and not idea


@dataclass
class _Waiting:
    """A question, or a request ("Can you …?"), that nothing has answered yet. `next`: nothing else
    was said since. `crossed`: what was said since answers another one."""

    asked: Asked
    about: set[str]
    request: bool = False
    next: bool = True
    crossed: bool = False


Rank = tuple[int, ...]


def questions(said: Sequence[Sentence]) -> list[Asked]:
    """Each once, in the order asked."""
    names = list(first_names([one.message for one in said]).values())
    found: dict[str, Asked] = {}
    waiting: list[_Waiting] = []
    for at, one in enumerate(said):
        _hear(waiting, one, names)
        waiting = [w for w in waiting if not w.asked.answer or w.asked.unclear]
        if words := asked_in(said, at):
            key, asked = normalize_text(words), Asked(one, words)
            if key in found and found[key].answer:
                continue
            if old := found.pop(key, None):
                waiting = [w for w in waiting if w.asked is not old]
            found[key] = asked
            waiting.append(_Waiting(asked, stems(one.text)))
        elif one.asks and not one.section and HANDS.search(one.plain):
            waiting.append(_Waiting(Asked(one, one.text), stems(one.text), request=True))
    unclear = [w.asked for w in waiting if w.request and w.asked.unclear]
    return sorted([*found.values(), *unclear], key=lambda asked: asked.sentence.message.n)


def _hear(waiting: Sequence[_Waiting], one: Sentence, names: Sequence[str]) -> None:
    """Give what is said to the question that has the best claim to it."""
    here = [
        w for w in waiting
        if one.message.hears(w.asked.sentence.message)
        and one.message.n - w.asked.sentence.message.n <= FAR
    ]  # fmt: skip
    if GREETS.search(one.plain):
        return
    others = [w for w in here if w.asked.sentence.message.who != one.message.who]
    for w in here:
        if _hands_over(w.asked.sentence, one) or (w not in others and _finds(w, one)):
            _answers(w, one)
            return
    if one.asks:
        return
    says_nothing = ASIDE.search(one.plain) or KNOWS_NOT.search(one.plain) or _thanks(one)
    claims = [] if says_nothing else [(_rank(w, one, others, names), w) for w in others]
    ranked = [(rank, w) for rank, w in claims if rank is not None]
    if not ranked:
        for w in others:
            w.next = False
        return
    best = max(rank for rank, _w in ranked)
    winners = [w for rank, w in ranked if rank == best]
    unclear = len({id(w.asked.sentence.message) for w in winners}) > 1
    for w in winners:
        _answers(w, one, unclear=unclear)
    for w in others:
        w.crossed = w.crossed or w not in winners


def _answers(w: _Waiting, one: Sentence, *, unclear: bool = False) -> None:
    if w.asked.unclear and unclear:
        return
    asked = w.asked
    asked.answer, asked.by, asked.reply = _in_full(one), one.message.who, one
    asked.unclear, w.next = unclear, False


def _finds(w: _Waiting, one: Sentence) -> bool:
    """Whether who asked says that they know it now: "Found it, thanks"."""
    return one.message is not w.asked.sentence.message and bool(FOUND.search(one.plain))


def _thanks(one: Sentence) -> bool:
    return bool(THANKS.search(one.plain)) and not YES_NO.search(one.plain)


def _rank(
    w: _Waiting, one: Sentence, others: Sequence[_Waiting], names: Sequence[str]
) -> Rank | None:
    """How good a claim a question has to what was said; None where it has none. What comes next
    need only fit; later, it has to speak of the same, or to who asked."""
    asked = w.asked.sentence
    same = len(w.about & stems(one.text))
    to = _spoken_to(one, asked.message.who)
    fits = _fits(w, one, names)
    if not to and any(_spoken_to(one, other.asked.sentence.message.who) for other in others):
        return None
    goes_on = any(other.asked.reply is not None and other.asked.reply.message is one.message
                  for other in others)  # fmt: skip
    if w.next and not goes_on:
        claims = bool(same or to or fits) if not w.crossed else bool(same or to or fits > 1)
    else:
        claims = bool(same and (to or not NOT.search(one.plain)))
    claims = claims or bool(to and fits > 1)
    if w.request and not fits:
        claims = False
    if not claims:
        return None
    named = bool(re.search(rf"(?<!\w){re.escape(one.message.who.split()[0])}(?!\w)", asked.text))
    elsewhere = asked.text.lstrip().startswith("@") and not named
    return (int(to), int(same > 0), int(named), int(not elsewhere), fits, same)


def _spoken_to(one: Sentence, who: str) -> bool:
    """Whether it is said to them by name: "@Léa yes"."""
    return re.search(rf"@{re.escape(who.split()[0])}\b", one.message.text) is not None


def _hands_over(asked: Sentence, one: Sentence) -> bool:
    """Who does it? — "Priya, can you?" """
    return bool(A_PERSON.search(asked.plain) and HANDS.search(one.plain) and one.asks)


def _fits(w: _Waiting, one: Sentence, names: Iterable[str]) -> int:
    """Whether it can be what was asked for: 2 where it has the form of an answer to it, 1 where
    nothing speaks against it, else 0."""
    asked = w.asked.sentence
    yes = bool(YES_NO.search(one.plain))
    if w.request:
        return 2 if yes or DOES_IT.search(one.plain) else 0
    if A_PERSON.search(asked.plain):
        known = any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", one.text, re.I) for n in names)
        return 2 if known or SOMEBODY.search(one.plain) else 0
    for asks, holds in HOLDS:
        if asks.search(asked.plain):
            return 2 if holds.search(one.plain) else 0
    if yes:
        return 2
    return 1 if one.words > 2 or WEIGHTY.search(one.plain) else 0


def _in_full(one: Sentence) -> str:
    """A short message whole, else its sentence."""
    whole = one.message.text
    if one.section or "\n" in whole or len(whole) > LONG / 2:
        return one.text
    return whole
