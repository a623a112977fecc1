"""Up or down, confirmed or to watch: whether a report says of a subject what its facts say."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from bot.core.facts import Fact
from bot.rules.proof import figures
from bot.rules.proof.bearers import Bearers, Sentence
from bot.rules.proof.naming import Bearer
from bot.text.normalize import normalize_text

_UP = (
    r"rose|risen|rises|rising|rise|grew|grown|grows|growing|grow|climb(?:ed|s|ing)?"
    r"|increas(?:ed|es|ing)|jump(?:ed|s)|soar(?:ed|s)|surg(?:ed|es|ing)|doubled|tripled|went up"
    r"|going up|up (?=by |from |\d)|on the rise|(?:a|ont) (?:\w+ )?(?:augmente|progresse|grimpe"
    r"|bondi|double|triple)|augmente(?:nt)?|progresse(?:nt)?|grimpe(?:nt)?|bondit|bondissent"
    r"|double(?:nt)?"
    r"|monte(?:nt)?|en (?:forte |nette |legere )?(?:hausse|progression)"
)
_DOWN = (
    r"fell|fallen|falls|falling|fall|drop(?:ped|s|ping)|declin(?:ed|es|ing)|decreas(?:ed|es|ing)"
    r"|plung(?:ed|es)|sank|slid|shrank|shrunk|halved|went down|going down|down (?=by |from |\d)"
    r"|slump(?:ed|s)|collaps(?:ed|es)|(?:a|ont) (?:\w+ )?(?:baisse|recule|chute|diminue|plonge)"
    r"|baissent|recule(?:nt)?|chute(?:nt)?|diminue(?:nt)?|s'effondre(?:nt)?"
    r"|(?<!la )(?<!une )baisse(?! des? )"
    r"|en (?:forte |nette |legere )?(?:baisse|recul|chute)"
)
_MOVES = re.compile(rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b")
# "Watch whether returns fall", "a rise of 20 %", "failures rose": no word on the subject itself.
_ASIDE = re.compile(
    r"\b(?:whether|if|until|unless|would|could|should|may|might|can|to (?=\w+$)|si|pourra\w*"
    r"|pourrait|peut|devrait|afin|pour|until|jusqu|a|an|the|no|any|of|une?|la|les|des|shows?"
    r"|montre\w*|not|n'|ne|neither|nor|ni|never)\W+(?:\w+\W+){0,1}$"
    r"|\b(?:whether|if|si|watch|voyez)\b.*$"
)
_TURNS = re.compile(
    r"\b(?:gets?|getting|got|becom\w+|became) (?:worse|better|stronger|weaker|more|less)\b"
    r"|\bworsen(?:s|ed|ing)\b|\bs'(?:aggrave|ameliore|empire)\w*\b|\bse degrade\w*\b|\bempire\w*\b"
)
_PLACES = re.compile(r" (?:in|into|within|between|outside|short|behind|under|on|dans|entre)\b")
_PAST = re.compile(r"^(?:grew|rose|fell|sank|slid|shrank|went|a |ont )|[^e]ed$|wn$|en$")
_SUPPOSED = re.compile(
    r"\b(?:whether|if|until|unless|si|jusqu|an?|the|of|not|ne|n'|neither|never|une?|have|has|had"
    r"|is|are|be|been)\W+$"
    r"|\b(?:whether|if|si|watch|voyez|what|who|qui|ce que)\b.*$"
)
_INVERTED = re.compile(
    r"\b(?:failures?|loss(?:es)?|lost|drop-?offs?|abandon\w*|complain\w*|cost\w*|missing|bounce"
    r"|fewer|less|echecs?|pertes?|plaintes?|se plaign\w*|moins|manque\w*|taux de retour|silence"
    r"|expected|attendu\w*|elsewhere|ailleurs)\b"
)
_SURE = re.compile(r"\b(?:confirmed|confirmee?s?)\b")
_UNSURE = re.compile(
    r"\b(?:not|un|never|yet to be|pas|non|a|jamais|peut etre|nothing|rien)(?: yet| encore| be)?"
    r"[ -]?$"
)
_WATCH = re.compile(r"\b(?:to watch|a surveiller)\b")
_FROM = re.compile(r"\b(?:from|de|d'|passee?s? de)\s?(?:about |environ )?$")
_TO = re.compile(r"\s*(?:to|a|jusqu'a)\s(?:about |environ )?")
_BEFORE = re.compile(
    r"\W*(?:before|avant|earlier|last time|previously|auparavant|la derniere fois)"
)
PAIRS = (("share-now", "share-before"), ("rate", "before"), ("now", "before"), ("last", "expected"))
_WINS = re.compile(
    r"\b(?:won|wins?|winn(?:er|ing)|ahead|leads|led|beats?|better|worse|lost|loses|loser|behind"
    r"|outperform\w*|gagn\w+|devant|derriere|mieux|en tete|meilleur\w*|l'emport\w+|battu?e?s?)\b"
)
SURENESS = ("status", "verdict")


def turned(text: str, known: Bearers) -> Iterator[tuple[str, str]]:
    """Each rise that was a fall, and the reverse: (what is said, of what)."""
    for sentence in known.sentences(text):
        low = normalize_text(sentence.text)
        moves = [m for m in _MOVES.finditer(low) if not _ASIDE.search(low[: m.start()])]
        for move in moves:
            said = 1 if move["up"] else -1
            if len(moves) == 1 and -said in set(_own_signs(sentence.text)):
                yield move[0], sentence.text.strip()[:80]
                continue
            about = sentence.subject_at(move.start())
            if about is None or _INVERTED.search(low[: move.end() + 30]):
                continue
            signs = {sign for one in about.of for sign in _signs(one)}
            if signs == {-said}:
                yield move[0], min(one.name for one in about.of)


def unmoved(text: str, known: Bearers) -> Iterator[str]:
    """Each rise or fall of what no fact says that it moved."""
    for sentence in known.sentences(text):
        low = normalize_text(sentence.text)
        about = {one for mention in sentence.mentions for one in mention.of}
        about |= set(sentence.before.of) if sentence.before else set()
        if any(True for one in about for _ in _signs(one)) or any(_own_signs(sentence.text)):
            continue
        if len(figures.read(sentence.text)) > 1:
            continue
        for move in (*_MOVES.finditer(low), *_TURNS.finditer(low)):
            aside = _SUPPOSED if _PAST.search(move[0]) else _ASIDE
            if not (aside.search(low[: move.start()]) or _PLACES.match(low, move.end())):
                yield move[0]


def crowned(text: str, known: Bearers) -> Iterator[tuple[str, str]]:
    """Each winner or loser of a test that is broken: (what is said, which test)."""
    tests = {_subject(fact) for one in known.every for fact in one.facts if _is_broken(fact)}
    broken = {
        one
        for one in known.every
        if any(_subject(fact).startswith(test) for fact in one.facts for test in tests)
    }
    for sentence in known.sentences(text) if broken else ():
        mentions = [one for one in (*sentence.mentions, sentence.before) if one]
        about = {one for mention in mentions for one in mention.of}
        if match := _WINS.search(normalize_text(sentence.text)) if about & broken else None:
            sound = {o for o in about if any(_measure(f) in SURENESS for f in o.facts)} - broken
            if not sound:
                yield match[0], min(one.name for one in about & broken)


def _subject(fact: Fact) -> str:
    return fact.id.rpartition(".")[0]


def _is_broken(fact: Fact) -> bool:
    return _measure(fact) in SURENESS and str(fact.value) == "broken"


def oversure(text: str, known: Bearers, by_rules: Iterable[str]) -> Iterator[str]:
    """Each subject that is called confirmed and is not."""
    calls = [call for one in by_rules for call in _calls(one, known)]
    sure = {one for of, is_sure in calls if is_sure for one in of}
    watched = {one for of, is_sure in calls if not is_sure for one in of}
    for of, is_sure in _calls(text, known):
        if not is_sure or of & sure:
            continue
        status = {str(f.value) for one in of for f in one.facts if _measure(f) in SURENESS}
        if (status and "confirmed" not in status) or (not status and of <= watched):
            yield min(one.name for one in of)


def _calls(text: str, known: Bearers) -> Iterator[tuple[frozenset[Bearer], bool]]:
    """What is called confirmed (True) or to watch (False). A head is of what comes after it."""
    for sentence in known.sentences(text):
        low = normalize_text(sentence.text)
        for shape, is_sure in ((_SURE, True), (_WATCH, False)):
            for match in shape.finditer(low):
                if is_sure and _UNSURE.search(low[: match.start()]):
                    continue
                about = _called(sentence, low, match)
                if about:
                    yield about, is_sure


def _called(sentence: Sentence, low: str, match: re.Match[str]) -> frozenset[Bearer]:
    heads = not re.search(r"\w", low[: match.start()]) and low[match.end() :].lstrip()[:1] == ":"
    after = [one for one in sentence.mentions if one.start >= match.end()]
    if heads:
        return after[0].of if after else frozenset()
    found = sentence.subject_at(match.start())
    return found.of if found else frozenset()


def _own_signs(text: str) -> Iterator[int]:
    """Which way figures go by themselves: "from 58% to 38%", "38%, 58% before"."""
    low, found = normalize_text(text), figures.read(text)
    for one, two in pairwise(found):
        a, b = one.first, two.first
        if a.unit != b.unit or not (isinstance(a.value, Decimal) and isinstance(b.value, Decimal)):
            continue
        between = low[one.end : two.start]
        sign = (b.value > a.value) - (b.value < a.value)
        if _FROM.search(low[: one.start]) and _TO.fullmatch(between):
            yield sign
        elif len(between) < 24 and _BEFORE.match(low, two.end) and "elsewhere" not in between:
            yield -sign


def _signs(one: Bearer) -> Iterator[int]:
    """Which way a subject went: by its change, else by what it is and what it was."""
    known = {_measure(fact): fact.value for fact in one.facts if isinstance(fact.value, Decimal)}
    if change := known.get("change"):
        yield 1 if change > 0 else -1
        return
    for now, before in PAIRS:
        if now in known and before in known and known[now] != known[before]:
            yield 1 if known[now] > known[before] else -1


def _measure(fact: Fact) -> str:
    return fact.id.rpartition(".")[2]
