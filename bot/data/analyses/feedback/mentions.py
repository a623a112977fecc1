"""Which themes one text speaks of, and how: praise, complaint, question, or only named.

The verdict is the clause's: a phrase that judges by itself ("runs small"), else the words of
praise and blame beside it, else those of its sentence, else the rating. A denial up to three
words before turns a word around ("not a single bobble").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.data.analyses.feedback.aspects import ASKS, BAD, GOOD, NEVER, Lexicon, Saying
from bot.data.analyses.feedback.phrases import Spot
from bot.data.analyses.feedback.tokens import Sentence, sentences

PRAISE, COMPLAINT, QUESTION, NAMED = 1, 2, 4, 8  # flags: a text may do several
BEFORE = 3  # words within which a denial counts
LIKED, DISLIKED = 4, 2  # stars from which, up to which a bare mention is praise, complaint


@dataclass(slots=True)
class Heard:
    """What one text says: flags by subject ("sizing", "sizing-small"), and where in the text."""

    flags: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # start, end, flag
    kind: int = 0  # words of praise, whatever the rating says
    loud: int = 0  # and of blame
    asks: bool = False
    words: list[str] = field(default_factory=list)

    def note(self, subject: str, flag: int, sentence: Sentence) -> None:
        self.flags[subject] = self.flags.get(subject, 0) | flag
        known = self.spans.get(subject)
        if known is None or (known[2] in (NAMED, QUESTION) and flag in (PRAISE, COMPLAINT)):
            self.spans[subject] = (sentence.start, sentence.end, flag)


def hear(text: str, lexicon: Lexicon, rating: float | None = None) -> Heard:
    """All themes of one text in the lexicon's language. `rating` is of 5."""
    heard = Heard()
    for sentence in sentences(text, lexicon.language, lexicon.turns):
        asks = sentence.asks and _only_asks(sentence, lexicon.opens)
        heard.asks = heard.asks or sentence.asks
        tones = [_tone(clause, lexicon) for clause in sentence.clauses]
        for clause, tone in zip(sentence.clauses, tones, strict=True):
            heard.words += clause
            heard.kind += max(0, tone)
            heard.loud += max(0, -tone)
            for saying, spot in _sayings(clause, lexicon):
                own = _own(saying, spot, clause, lexicon.denies)
                heard.kind += own == GOOD
                heard.loud += own == BAD
                flag = _flag(own, sentence.asks, asks, tone or sum(tones), rating)
                part = "" if _turned(saying, own) else saying.part
                heard.note(saying.theme, flag, sentence)
                if part:
                    heard.note(saying.subject, flag, sentence)
    return heard


def _sayings(clause: Sequence[str], lexicon: Lexicon) -> list[tuple[Saying, Spot]]:
    """What is said in a clause, without what only looks like it."""
    found = [(saying, spot) for spot, saying in lexicon.finder.find(clause)]
    barred = [(saying, spot) for saying, spot in found if saying.way == NEVER]
    if not barred:
        return found
    return [
        (saying, spot)
        for saying, spot in found
        if saying.way != NEVER
        and not any(
            b.theme == saying.theme
            and b.part in ("", saying.part)
            and s.start <= spot.start
            and spot.end <= s.end
            for b, s in barred
        )
    ]


def _own(saying: Saying, spot: Spot, clause: Sequence[str], denies: frozenset[str]) -> str:
    """How the phrase judges by itself; denied, it says the opposite."""
    if saying.way not in (GOOD, BAD):
        return saying.way
    if not _denied(spot, clause, denies):
        return saying.way
    return BAD if saying.way == GOOD else GOOD


def _turned(saying: Saying, own: str) -> bool:
    """Whether "not too small" was said: about sizing, but nothing of "runs small"."""
    return saying.way in (GOOD, BAD) and own != saying.way


def _flag(own: str, asked: bool, only_asks: bool, tone: int, rating: float | None) -> int:
    if own == ASKS or only_asks:
        return QUESTION
    if own in (GOOD, BAD):
        return PRAISE if own == GOOD else COMPLAINT
    if tone:
        return PRAISE if tone > 0 else COMPLAINT
    if asked:
        return QUESTION
    if rating is None or DISLIKED < rating < LIKED:
        return NAMED
    return PRAISE if rating >= LIKED else COMPLAINT


def _tone(clause: Sequence[str], lexicon: Lexicon) -> int:
    """Words of praise less words of blame; overlapping ones count once, the longest first."""
    judged = lexicon.tone.find(clause)
    if not judged:
        return 0
    found = sorted(judged, key=lambda f: (f[0].start - f[0].end, f[0].start))
    taken: set[int] = set()
    total = 0
    for spot, way in found:
        places = set(range(spot.start, spot.end))
        if places & taken:
            continue
        taken |= places
        sign = 1 if way == GOOD else -1
        total += -sign if _denied(spot, clause, lexicon.denies) else sign
    return total


def _denied(spot: Spot, clause: Sequence[str], denies: frozenset[str]) -> bool:
    near = (*clause[max(0, spot.start - BEFORE) : spot.start], *spot.between)
    return sum(word in denies for word in near) % 2 == 1


def _only_asks(sentence: Sentence, opens: Sequence[str]) -> bool:
    """ "Does it run small?" wants to know; "Why is it late?" complains."""
    first = " ".join(sentence.clauses[0][:4])
    return any(first == opening or first.startswith(f"{opening} ") for opening in opens)
