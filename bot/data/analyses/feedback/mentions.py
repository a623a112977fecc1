"""Find the themes of a text and its judgement of each: praise, complaint, question, or only a
mention, by a classifier of clauses, by lists of phrases, or as a model has read them.

The judgement comes from the clause, else from the clauses beside it up to a contrast ("but"), else
from the rating. Where a language has no classifier, a phrase judges by itself ("runs small"), else
the praise and blame in the clause do; a negation up to three words before inverts a word ("not a
single bobble")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.aspects import (
    ASKS,
    BAD,
    GOOD,
    NEVER,
    Lexicon,
    PhraseFinder,
    PhraseMatch,
    PhraseMeaning,
    load_lexicon,
)
from bot.data.analyses.feedback.classifier import ThemeClassifier
from bot.data.analyses.feedback.mention_records import (
    COMPLAINT,
    DOUBTFUL,
    NAMED,
    PRAISE,
    QUESTION,
    TextMentions,
    pack_records,
)
from bot.data.analyses.feedback.texts import Sentence, split_sentences

MAX_DENIAL_DISTANCE = 3  # in words, within which a negation counts


def find_mentions(text: str, lexicon: Lexicon, rating: float | None = None) -> TextMentions:
    """Find all themes of one text in the lexicon's language. `rating` is out of 5."""
    return TextMentions(lexicon, pack_mentions([text], lexicon)[0], rating)


def pack_language(texts: Sequence[str], language: str) -> list[bytes]:
    """Do what `pack_mentions` does, by the lexicon of a language that has one."""
    lexicon = load_lexicon(language)
    assert lexicon is not None
    return pack_mentions(texts, lexicon)


def pack_mentions(texts: Sequence[str], lexicon: Lexicon) -> list[bytes]:
    """Find all themes of each text, regardless of its rating."""
    classifier = lexicon.classifier if texts else None  # it takes seconds to train
    if classifier is None:
        return [_pack_by_phrases(text, lexicon) for text in texts]
    packed: list[bytes] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        packed += _pack_by_classifier(texts[start : start + TEXTS_AT_ONCE], lexicon, classifier)
    return packed


# Themes found by the classifier.

TEXTS_AT_ONCE = 1_024  # scored together
MIN_THEME_SCORE = 0.415  # of a clause that is about a theme
MIN_TONE_SCORE = 0.2  # of a clause that praises or complains
MIN_QUESTION_SCORE, MIN_UNMARKED_SCORE = 0.35, 0.6  # of a question, and of one without its mark
PHRASE_SCORE = 0.3  # of a theme found by a phrase: what the classifier finds weighs more
MIN_COMPLAINT_STRENGTH = 0.35  # of a complaint that stands against a good rating
MIN_TONE_RATIO = 0.5  # evidence of the weaker tone by that of the stronger


class Evidence(NamedTuple):
    """How strongly a sentence, at `start` to `end` in the text, speaks of a theme. `is_signed`: of
    a part that is always praise or always a complaint."""

    strength: float
    start: int
    end: int
    is_signed: bool


@dataclass
class SubjectEvidence:
    """The strongest evidence of each flag, for one subject of one text."""

    by_flag: dict[int, Evidence] = field(default_factory=dict)

    def add(self, flag: int, found: Evidence) -> None:
        known = self.by_flag.get(flag)
        if known is None or found.strength > known.strength:
            self.by_flag[flag] = found

    def decide(self) -> tuple[int, int, int, int]:
        """Return all flags, then the flag and the position of the sentence to quote. A tone much
        weaker than its opposite does not count, nor does a mention beside a tone."""
        by_flag = self.by_flag
        flags = [flag for flag in (PRAISE, COMPLAINT) if flag in by_flag]
        if len(flags) == 2:
            flags.sort(key=lambda flag: -by_flag[flag].strength)
            strong, weak = (by_flag[flag].strength for flag in flags)
            if weak < MIN_TONE_RATIO * strong:
                flags.pop()
        if QUESTION in by_flag:
            flags.append(QUESTION)
        if not flags:
            flags.append(NAMED)
        quoted = by_flag[flags[0]]
        doubt = self._doubt() if COMPLAINT in flags else 0
        first = flags[0] | doubt if flags[0] == COMPLAINT else flags[0]
        return sum(flags) | doubt, first, quoted.start, quoted.end

    def _doubt(self) -> int:
        found = self.by_flag[COMPLAINT]
        is_weak = found.strength < MIN_COMPLAINT_STRENGTH and not found.is_signed
        return DOUBTFUL if is_weak else 0


def _pack_by_classifier(
    texts: Sequence[str], lexicon: Lexicon, classifier: ThemeClassifier
) -> list[bytes]:
    split = [split_sentences(text, lexicon.language, lexicon.turns) for text in texts]
    sentences = [sentence for one in split for sentence in one]
    clauses = [clause for sentence in sentences for clause in sentence.clauses]
    if not clauses:
        return [b""] * len(texts)
    scores = classifier.score(clauses)
    tones = _share_clause_tones(sentences, scores.tone, lexicon.turns)
    asks = scores.asks.tolist()
    hits: list[list[tuple[str, float]]] = [[] for _ in clauses]
    about = scores.themes >= MIN_THEME_SCORE
    of_clause, of_subject = (found.tolist() for found in np.nonzero(about))
    for nth, which, score in zip(of_clause, of_subject, scores.themes[about].tolist(), strict=True):
        hits[nth].append((classifier.subjects[which], score))
    packed, nth = [], 0
    for one in split:
        found: dict[str, SubjectEvidence] = {}
        for sentence in one:
            for clause in sentence.clauses:
                # the subjects that have no examples are found by their phrases
                for saying, _ in _find_phrases(clause, lexicon.unclassified):
                    hits[nth].append((saying.subject, PHRASE_SCORE))
                least = MIN_QUESTION_SCORE if sentence.asks else MIN_UNMARKED_SCORE
                tone = None if asks[nth] >= least else tones[nth]
                for subject, score in hits[nth]:
                    sign = classifier.signs.get(subject)
                    judged = _judge_subject(tone, sign)
                    if judged is None:
                        continue
                    flag, weight = judged
                    if flag == NAMED and sentence.asks:
                        flag = QUESTION
                    evidence = Evidence(
                        score * weight, sentence.start, sentence.end, sign is not None
                    )
                    for name in dict.fromkeys((subject.split("-")[0], subject)):
                        found.setdefault(name, SubjectEvidence()).add(flag, evidence)
                nth += 1
        packed.append(
            pack_records(lexicon, {subject: each.decide() for subject, each in found.items()})
        )
    return packed


def _share_clause_tones(
    sentences: Sequence[Sentence], tones: NDArray[np.float32], turns: frozenset[str]
) -> list[float]:
    """Return the tone of each clause; where it has none, that of the clauses beside it, up to a
    contrast."""
    begins = [
        not nth or clause[0] in turns
        for sentence in sentences
        for nth, clause in enumerate(sentence.clauses)
    ]
    side = np.cumsum(begins) - 1
    means = np.bincount(side, tones) / np.bincount(side)
    shared: list[float] = np.where(np.abs(tones) < MIN_TONE_SCORE, means[side], tones).tolist()
    return shared


def _judge_subject(tone: float | None, sign: int | None) -> tuple[int, float] | None:
    """Return the flag of a subject in a clause of this tone, None for a question, and its weight.
    A part that is always praise or always a complaint (`sign`) is not found in the other tone."""
    if tone is None:
        return QUESTION, 1.0
    if abs(tone) < MIN_TONE_SCORE:
        if sign is None:
            return NAMED, MIN_TONE_SCORE
        tone = sign * MIN_TONE_SCORE
    if sign is not None and tone * sign < 0:
        return None
    return (PRAISE if tone > 0 else COMPLAINT), abs(tone)


# Themes found by the list of phrases.


def _pack_by_phrases(text: str, lexicon: Lexicon) -> bytes:
    found: dict[str, tuple[int, int, int, int]] = {}  # subject → flags, flag, start, end
    for clauses, asked, start, end in split_sentences(text, lexicon.language, lexicon.turns):
        asks = asked and _is_plain_question(clauses[0], lexicon.opens)
        denials = [_find_denials(clause, lexicon) for clause in clauses]
        tones = [_score_tone(*each, lexicon) for each in zip(clauses, denials, strict=True)]
        shared = _share_tones(clauses, tones, lexicon.turns)
        for clause, denied, tone in zip(clauses, denials, shared, strict=True):
            for saying, spot in _find_phrases(clause, lexicon.finder):
                own = _judge_phrase(saying, spot, denied)
                flag = _choose_flag(own, asked, asks, tone)
                has_part = saying.part and not _is_negated_part(saying, own)
                for subject in (saying.theme, saying.subject)[: 2 if has_part else 1]:
                    known = found.get(subject)
                    if known is None:
                        found[subject] = (flag, flag, start, end)
                    elif known[1] in (NAMED, QUESTION) and flag in (PRAISE, COMPLAINT):
                        found[subject] = (known[0] | flag, flag, start, end)
                    else:
                        found[subject] = (known[0] | flag, *known[1:])
    return pack_records(lexicon, found)


def _find_phrases(
    clause: Sequence[str], finder: PhraseFinder[PhraseMeaning]
) -> list[tuple[PhraseMeaning, PhraseMatch]]:
    """Return the phrases found in a clause, without false matches (`never`)."""
    matches = [(saying, spot) for spot, saying in finder.find(clause)]
    if not matches:
        return matches
    barred = [(saying, spot) for saying, spot in matches if saying.way == NEVER]
    if not barred:
        return matches
    return [
        (saying, spot)
        for saying, spot in matches
        if saying.way != NEVER
        and not any(
            b.theme == saying.theme
            and b.part in ("", saying.part)
            and s.start <= spot.start
            and spot.end <= s.end
            for b, s in barred
        )
    ]


def _judge_phrase(saying: PhraseMeaning, spot: PhraseMatch, denials: "Denials") -> str:
    """Return the judgement of the phrase itself; negated, it is inverted."""
    if saying.way not in (GOOD, BAD):
        return saying.way
    if not denials.invert(spot):
        return saying.way
    return BAD if saying.way == GOOD else GOOD


def _is_negated_part(saying: PhraseMeaning, own: str) -> bool:
    """Tell whether a negated part was found ("not too small"): it is about sizing, but not about
    "runs small"."""
    return saying.way in (GOOD, BAD) and own != saying.way


def _choose_flag(own: str, asked: bool, only_asks: bool, tone: int) -> int:
    if own == ASKS or only_asks:
        return QUESTION
    if own in (GOOD, BAD):
        return PRAISE if own == GOOD else COMPLAINT
    if tone:
        return PRAISE if tone > 0 else COMPLAINT
    if asked:
        return QUESTION
    return NAMED


def _score_tone(clause: Sequence[str], denials: "Denials", lexicon: Lexicon) -> int:
    """Return words of praise minus words of blame. Overlapping matches count once, the longest
    first."""
    judged = lexicon.tone.find(clause)
    if not judged:
        return 0
    matches = sorted(judged, key=lambda f: (f[0].start - f[0].end, f[0].start))
    taken: set[int] = set()
    total = 0
    for spot, way in matches:
        places = set(range(spot.start, spot.end))
        if places & taken:
            continue
        taken |= places
        sign = 1 if way == GOOD else -1
        total += -sign if denials.invert(spot) else sign
    return total


def _share_tones(
    clauses: Sequence[Sequence[str]], tones: Sequence[int], turns: frozenset[str]
) -> list[int]:
    """Return the tone of each clause; where it has none, that of the clauses beside it. What stands
    on the other side of a contrast says nothing about it."""
    side = list(accumulate(int(clause[0] in turns) for clause in clauses))
    sums = [0] * (side[-1] + 1)
    for at, tone in zip(side, tones, strict=True):
        sums[at] += tone
    return [tone or sums[at] for at, tone in zip(side, tones, strict=True)]


class Denials(NamedTuple):
    """The positions of the negations in a clause. `first` are those of words like the French "ne",
    which count only where the word that belongs to them stands behind what is denied."""

    whole: frozenset[int]
    first: frozenset[int]

    def invert(self, spot: PhraseMatch) -> bool:
        """Tell whether a phrase means the opposite. One that contains a negation of its own ("rien
        à redire") does not."""
        if not self.whole and not self.first:
            return False
        if not self.whole.isdisjoint(set(range(spot.start, spot.end)).difference(spot.gaps)):
            return False
        near = {*range(max(0, spot.start - MAX_DENIAL_DISTANCE), spot.start), *spot.gaps}
        whole = len(self.whole & near)
        return whole % 2 == 1 if whole else not self.first.isdisjoint(near)


NO_DENIALS = Denials(frozenset(), frozenset())


def _find_denials(clause: Sequence[str], lexicon: Lexicon) -> Denials:
    if lexicon.denies.isdisjoint(clause) and lexicon.denies_first.isdisjoint(clause):
        return NO_DENIALS
    void = {at for spot, _ in lexicon.emphasis.find(clause) for at in range(spot.start, spot.end)}
    counted = [(at, word) for at, word in enumerate(clause) if at not in void]
    return Denials(
        frozenset(at for at, word in counted if word in lexicon.denies),
        frozenset(at for at, word in counted if word in lexicon.denies_first),
    )


def _is_plain_question(clause: Sequence[str], opens: Sequence[str]) -> bool:
    """Tell a neutral question ("Does it run small?") from a complaint ("Why is it late?")."""
    first = " ".join(clause[:4])
    return any(first == opening or first.startswith(f"{opening} ") for opening in opens)
