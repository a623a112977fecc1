"""Find the themes of a text and its judgement of each: praise, complaint, question, or only a
mention, by a classifier of clauses, by lists of phrases, or as a model has read them.

The judgement comes from the clause, else from the clauses beside it up to a contrast ("but"), else
from the rating. Where a language has no classifier, a phrase judges by itself ("runs small"), else
the praise and blame in the clause do; a negation up to three words before inverts a word ("not a
single bobble")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import accumulate
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.cache import MentionCache, digest_text
from bot.data.analyses.feedback.aspects import (
    ASKS,
    BAD,
    GOOD,
    NEVER,
    AspectPart,
    Lexicon,
    PhraseFinder,
    PhraseMatch,
    PhraseMeaning,
    get_theme_title,
    load_lexicon,
)
from bot.data.analyses.feedback.classifier import ThemeClassifier
from bot.data.analyses.feedback.texts import FeedbackText, Sentence, split_sentences

# The themes that a model has read in a text: how they are checked and stored.

TONES = ("praise", "complaint", "question", "mention")
FAULTY = "?"  # stored for a text whose labels can't be used: word lists read it
MEANINGS_LANGUAGE = "en"  # the list that says what each theme means
MAX_LENGTH = 600  # characters of a text that a model sees
MAX_LABELS = 8  # of one text


class ThemeLabel(NamedTuple):
    """One theme of a text. `start` and `end` are the position of the sentence that says it."""

    subject: str
    tone: str
    start: int
    end: int


def list_meanings() -> dict[str, str]:
    """Return what each theme and each part of a theme means, by subject."""
    lexicon = load_lexicon(MEANINGS_LANGUAGE)
    assert lexicon is not None
    meanings: dict[str, str] = {}
    for name, theme in lexicon.themes.items():
        parts: dict[str, AspectPart] = {name: theme}
        parts |= {f"{name}-{part}": said for part, said in theme.parts.items()}
        meanings |= {subject: said.means for subject, said in parts.items() if said.means}
    return meanings


def split_masked(masked: str, language: str) -> list[str]:
    """Return the sentences that a model sees of a text, as many as fit. Personal data is replaced
    in `masked` already: splitting before would cut an address in pieces that nothing finds."""
    sentences: list[str] = []
    length = 0
    for _, _, start, end in split_sentences(masked, language, frozenset()):
        length += end - start
        if length > MAX_LENGTH:
            return sentences or [masked[start : start + MAX_LENGTH]]
        sentences.append(masked[start:end])
    return sentences


def encode_labels(labels: Sequence[ThemeLabel]) -> str:
    """Return labels as they are stored, or FAULTY when one can't be right."""
    meanings = list_meanings()
    if len(labels) > MAX_LABELS or not all(
        label.subject in meanings and label.tone in TONES for label in labels
    ):
        return FAULTY
    return ";".join(f"{label.subject}/{label.tone}/{label.start}/{label.end}" for label in labels)


def decode_labels(stored: str) -> list[ThemeLabel] | None:
    """Return the labels of a text, or None when word lists are to read it."""
    if stored == FAULTY:
        return None
    pieces = (piece.split("/") for piece in stored.split(";") if piece)
    return [ThemeLabel(subject, tone, int(start), int(end)) for subject, tone, start, end in pieces]


PRAISE, COMPLAINT, QUESTION, NAMED = 1, 2, 4, 8  # bit flags: a text may have several
FLAG_BY_TONE = {"praise": PRAISE, "complaint": COMPLAINT, "question": QUESTION, "mention": NAMED}
MAX_DENIAL_DISTANCE = 3  # in words, within which a negation counts
# stars from which, and up to which, a plain mention counts as praise or complaint
MIN_PRAISE_STARS, MAX_COMPLAINT_STARS = 4, 2

# What one text says, packed: a record for each subject, with all its flags, and the flag and the
# position of the sentence to quote.
RECORD = np.dtype(
    [("subject", "<u2"), ("flags", "u1"), ("flag", "u1"), ("start", "<u4"), ("end", "<u4")]
)
RECORD_FORMAT = Struct("<HBBII")


@dataclass(frozen=True, slots=True)
class TextMentions:
    """The content of one text: flags by subject ("sizing", "sizing-small"), and their positions in
    the text. `packed` does not depend on the rating, which judges plain mentions. `by_model`: a
    model has read the themes, not the list of words."""

    lexicon: Lexicon
    packed: bytes
    rating: float | None
    by_model: bool = False

    @property
    def flags(self) -> dict[str, int]:
        return {subject: self._judge(flags) for subject, flags, _, _, _ in self._subjects()}

    @property
    def spans(self) -> dict[str, tuple[int, int, int]]:
        """By subject: start, end and flag of the sentence to quote."""
        return {
            subject: (start, end, self._judge(flag))
            for subject, _, flag, start, end in self._subjects()
        }

    def _subjects(self) -> Iterator[tuple[str, int, int, int, int]]:
        for number, flags, flag, start, end in RECORD_FORMAT.iter_unpack(self.packed):
            yield self.lexicon.subjects[number], flags, flag, start, end

    def _judge(self, flags: int) -> int:
        """Replace a plain mention by what the rating makes of it."""
        judged = _judge_by_rating(self.rating)
        return flags & ~NAMED | judged if flags & NAMED else flags


def _judge_by_rating(rating: float | None) -> int:
    if rating is None or MAX_COMPLAINT_STARS < rating < MIN_PRAISE_STARS:
        return NAMED
    return PRAISE if rating >= MIN_PRAISE_STARS else COMPLAINT


def find_mentions(text: str, lexicon: Lexicon, rating: float | None = None) -> TextMentions:
    """Find all themes of one text in the lexicon's language. `rating` is out of 5."""
    return TextMentions(lexicon, pack_mentions([text], lexicon)[0], rating)


def pack_mentions(texts: Sequence[str], lexicon: Lexicon) -> list[bytes]:
    """Find all themes of each text, regardless of its rating."""
    classifier = lexicon.classifier if texts else None  # it takes seconds to train
    if classifier is None:
        return [_pack_by_phrases(text, lexicon) for text in texts]
    packed: list[bytes] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        packed += _pack_by_classifier(texts[start : start + TEXTS_AT_ONCE], lexicon, classifier)
    return packed


def pack_labels(lexicon: Lexicon, labels: Sequence[ThemeLabel]) -> bytes:
    """Pack the themes that a model has read. A part that the lexicon does not have counts for its
    theme."""
    found: dict[str, tuple[int, int, int, int]] = {}  # subject → flags, flag, start, end
    for label in labels:
        flag = FLAG_BY_TONE[label.tone]
        for subject in dict.fromkeys((label.subject.split("-")[0], label.subject)):
            if subject in lexicon.number:
                known = found.get(subject, (0, flag, label.start, label.end))
                found[subject] = (known[0] | flag, *known[1:])
    return _pack_records(lexicon, found)


def _pack_records(lexicon: Lexicon, found: Mapping[str, tuple[int, int, int, int]]) -> bytes:
    pack, number = RECORD_FORMAT.pack, lexicon.number
    return b"".join(pack(number[subject], *each) for subject, each in found.items())


# Themes found by the classifier.

TEXTS_AT_ONCE = 1_000  # scored together
MIN_THEME_SCORE = 0.415  # of a clause that is about a theme
MIN_TONE_SCORE = 0.2  # of a clause that praises or complains
MIN_QUESTION_SCORE, MIN_UNMARKED_SCORE = 0.35, 0.6  # of a question, and of one without its mark
PHRASE_SCORE = 0.3  # of a theme found by a phrase: what the classifier finds weighs more
MIN_TONE_RATIO = 0.5  # evidence of the weaker tone by that of the stronger


class Evidence(NamedTuple):
    """How strongly a sentence, at `start` to `end` in the text, speaks of a theme."""

    strength: float
    start: int
    end: int


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
        judged = sorted(
            (flag for flag in (PRAISE, COMPLAINT) if flag in self.by_flag),
            key=lambda flag: -self.by_flag[flag].strength,
        )
        if len(judged) == 2:
            strong, weak = (self.by_flag[flag].strength for flag in judged)
            judged = judged if weak >= MIN_TONE_RATIO * strong else judged[:1]
        flags = judged + [flag for flag in (QUESTION,) if flag in self.by_flag] or [NAMED]
        quoted = self.by_flag[flags[0]]
        return sum(flags), flags[0], quoted.start, quoted.end


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
    for (nth, which), score in zip(
        np.argwhere(about).tolist(), scores.themes[about].tolist(), strict=True
    ):
        hits[nth].append((classifier.subjects[which], score))
    packed, nth = [], 0
    for one in split:
        found: dict[str, SubjectEvidence] = {}
        for sentence in one:
            for clause in sentence.clauses:
                least = MIN_QUESTION_SCORE if sentence.asks else MIN_UNMARKED_SCORE
                tone = None if asks[nth] >= least else tones[nth]
                named = _find_unclassified(clause, lexicon)
                for subject, score in (*hits[nth], *named):
                    judged = _judge_subject(tone, classifier.signs.get(subject))
                    if judged is None:
                        continue
                    flag, weight = judged
                    if flag == NAMED and sentence.asks:
                        flag = QUESTION
                    evidence = Evidence(score * weight, sentence.start, sentence.end)
                    for name in dict.fromkeys((subject.split("-")[0], subject)):
                        found.setdefault(name, SubjectEvidence()).add(flag, evidence)
                nth += 1
        packed.append(
            _pack_records(lexicon, {subject: each.decide() for subject, each in found.items()})
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


def _find_unclassified(clause: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """Yield the subjects that have no examples, found by their phrases."""
    for saying, _ in _find_phrases(clause, lexicon.unclassified):
        yield saying.subject, PHRASE_SCORE


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
    return _pack_records(lexicon, found)


def _find_phrases(
    clause: Sequence[str], finder: PhraseFinder[PhraseMeaning]
) -> list[tuple[PhraseMeaning, PhraseMatch]]:
    """Return the phrases found in a clause, without false matches (`never`)."""
    matches = [(saying, spot) for spot, saying in finder.find(clause)]
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


# The mentions of all texts as a table of flags: one row per text, one column per theme.

Flags = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass
class ThemeTable:
    """`flags[i, j]` are the flags of text i for subject j: PRAISE, COMPLAINT, QUESTION, NAMED."""

    texts: list[FeedbackText]
    mentions: list[TextMentions | None]  # None: its language has no list
    subjects: list[str]
    titles: dict[str, str]
    shop: frozenset[str]  # themes about the shop, not about a product
    flags: Flags

    @cached_property
    def column(self) -> dict[str, int]:
        return {subject: j for j, subject in enumerate(self.subjects)}

    @property
    def read_by_model(self) -> int:
        """How many texts have the themes that a model has read in them."""
        return sum(mention is not None and mention.by_model for mention in self.mentions)

    @cached_property
    def listed(self) -> Mask:
        """The texts whose language has a list; shares refer to these."""
        return np.array([mention is not None for mention in self.mentions], bool)

    def flags_of(self, subject: str) -> Flags:
        return self.flags[:, self.column[subject]]

    def count(self, subject: str) -> int:
        return int((self.flags_of(subject) > 0).sum())

    @property
    def ranked(self) -> list[str]:
        """The subjects, those of most texts first."""
        return sorted(self.subjects, key=lambda subject: -self.count(subject))

    def is_shop(self, subject: str) -> bool:
        """Tell whether the theme is about the shop (delivery, payment) rather than about a
        product."""
        return subject.split("-")[0] in self.shop

    def select(self, mask: Mask) -> "ThemeTable":
        places = np.flatnonzero(mask)
        return ThemeTable(
            [self.texts[i] for i in places],
            [self.mentions[i] for i in places],
            self.subjects,
            self.titles,
            self.shop,
            self.flags[places],
        )


def is_praise(flags: Flags) -> Mask:
    return (flags & PRAISE) > 0


def is_complaint(flags: Flags) -> Mask:
    return (flags & COMPLAINT) > 0


def is_question(flags: Flags) -> Mask:
    return (flags & QUESTION) > 0


def build_theme_table(
    texts: Sequence[FeedbackText], cache: MentionCache | None = None
) -> ThemeTable:
    """What is found is kept in `cache`. The labels of a model that are kept there come before the
    list of words."""
    lists = {one: load_lexicon(one) for one in sorted({text.language for text in texts})}
    own = [one for one in lists.values() if one]
    labels = cache.labels.load() if cache else {}
    subjects, titles = _list_subjects(own)
    mentions: list[TextMentions | None] = [None] * len(texts)
    flags = np.zeros((len(texts), len(subjects)), np.uint8)
    column = {subject: j for j, subject in enumerate(subjects)}
    for lexicon in own:
        mine = [i for i, text in enumerate(texts) if text.language == lexicon.language]
        find = partial(pack_mentions, lexicon=lexicon)
        packed = (
            cache.find_all(lexicon.version, [texts[i].whole for i in mine], find)
            if cache
            else find([texts[i].whole for i in mine])
        )
        by_model = _replace_by_labels([texts[i].whole for i in mine], lexicon, packed, labels)
        for nth, (i, one) in enumerate(zip(mine, packed, strict=True)):
            mentions[i] = TextMentions(lexicon, one, texts[i].rating, nth in by_model)
        columns = np.array([column[subject] for subject in lexicon.subjects], np.intp)
        _fill_flags(flags, np.array(mine, np.intp), packed, columns)
    ratings = np.array([np.nan if t.rating is None else t.rating for t in texts])
    _apply_ratings(flags, ratings)
    shop = frozenset(n for one in own for n, theme in one.themes.items() if theme.shop)
    return ThemeTable(list(texts), mentions, subjects, titles, shop, flags)


def _replace_by_labels(
    texts: Sequence[str], lexicon: Lexicon, packed: list[bytes], labels: Mapping[bytes, str]
) -> set[int]:
    """Replace what was found in the labelled texts by their labels. Return their positions."""
    labelled = set()
    for nth, text in enumerate(texts if labels else ()):
        stored = labels.get(digest_text(text))
        if stored is not None and (read := decode_labels(stored)) is not None:
            packed[nth] = pack_labels(lexicon, read)
            labelled.add(nth)
    return labelled


def _fill_flags(
    flags: Flags, mine: NDArray[np.intp], packed: Sequence[bytes], columns: NDArray[np.intp]
) -> None:
    records = np.frombuffer(b"".join(packed), RECORD)
    of_text = np.repeat(mine, [len(one) // RECORD.itemsize for one in packed])
    flags[of_text, columns[records["subject"]]] = records["flags"]


def _apply_ratings(flags: Flags, ratings: NDArray[np.float64]) -> None:
    """Replace plain mentions by what the ratings make of them."""
    for rated, flag in (
        (ratings >= MIN_PRAISE_STARS, PRAISE),
        (ratings <= MAX_COMPLAINT_STARS, COMPLAINT),
    ):
        named = ((flags & NAMED) > 0) & rated[:, None]
        flags[named] = flags[named] & ~np.uint8(NAMED) | np.uint8(flag)


def _list_subjects(lists: Sequence[Lexicon]) -> tuple[list[str], dict[str, str]]:
    titles: dict[str, str] = {}
    for lexicon in lists:
        for name, theme in lexicon.themes.items():
            titles.setdefault(name, get_theme_title(name))
            for part in theme.parts:
                titles.setdefault(f"{name}-{part}", get_theme_title(f"{name}-{part}"))
    return list(titles), titles
