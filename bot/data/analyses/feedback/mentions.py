"""Find the themes of a text and its judgement of each: praise, complaint, question, or only a
mention.

The judgement comes from the clause: a phrase that judges by itself ("runs small"), else the praise
and blame in the clause, else in its sentence, else the rating. A negation up to three words before
inverts a word ("not a single bobble")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.aspects import (
    ASKS,
    BAD,
    GOOD,
    NEVER,
    Lexicon,
    PhraseMatch,
    PhraseMeaning,
    get_theme_title,
    load_lexicon,
)
from bot.data.analyses.feedback.texts import FeedbackText
from bot.data.analyses.feedback.tokens import Sentence, split_sentences, tokenize_words

PRAISE, COMPLAINT, QUESTION, NAMED = 1, 2, 4, 8  # bit flags: a text may have several
MAX_DENIAL_DISTANCE = 3  # in words, within which a negation counts
MIN_PRAISE_STARS, MAX_COMPLAINT_STARS = (
    4,
    2,
)  # stars from which, and up to which, a plain mention counts as praise or complaint


@dataclass(slots=True)
class TextMentions:
    """The content of one text: flags by subject ("sizing", "sizing-small"), and their positions in
    the text."""

    flags: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # start, end, flag
    kind: int = 0  # words of praise, regardless of the rating
    loud: int = 0  # words of blame
    asks: bool = False
    words: list[str] = field(default_factory=list)

    def note(self, subject: str, flag: int, sentence: Sentence) -> None:
        self.flags[subject] = self.flags.get(subject, 0) | flag
        known = self.spans.get(subject)
        if known is None or (known[2] in (NAMED, QUESTION) and flag in (PRAISE, COMPLAINT)):
            self.spans[subject] = (sentence.start, sentence.end, flag)


def find_mentions(text: str, lexicon: Lexicon, rating: float | None = None) -> TextMentions:
    """Find all themes of one text in the lexicon's language. `rating` is out of 5."""
    mentions = TextMentions()
    for sentence in split_sentences(text, lexicon.language, lexicon.turns):
        asks = sentence.asks and _is_plain_question(sentence, lexicon.opens)
        mentions.asks = mentions.asks or sentence.asks
        tones = [_score_tone(clause, lexicon) for clause in sentence.clauses]
        for clause, tone in zip(sentence.clauses, tones, strict=True):
            mentions.words += clause
            mentions.kind += max(0, tone)
            mentions.loud += max(0, -tone)
            for saying, spot in _find_phrases(clause, lexicon):
                own = _judge_phrase(saying, spot, clause, lexicon.denies)
                mentions.kind += own == GOOD
                mentions.loud += own == BAD
                flag = _choose_flag(own, sentence.asks, asks, tone or sum(tones), rating)
                part = "" if _is_negated_part(saying, own) else saying.part
                mentions.note(saying.theme, flag, sentence)
                if part:
                    mentions.note(saying.subject, flag, sentence)
    return mentions


def _find_phrases(
    clause: Sequence[str], lexicon: Lexicon
) -> list[tuple[PhraseMeaning, PhraseMatch]]:
    """Return the phrases found in a clause, without false matches (`never`)."""
    matches = [(saying, spot) for spot, saying in lexicon.finder.find(clause)]
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


def _judge_phrase(
    saying: PhraseMeaning, spot: PhraseMatch, clause: Sequence[str], denies: frozenset[str]
) -> str:
    """Return the judgement of the phrase itself; negated, it is inverted."""
    if saying.way not in (GOOD, BAD):
        return saying.way
    if not _is_denied(spot, clause, denies):
        return saying.way
    return BAD if saying.way == GOOD else GOOD


def _is_negated_part(saying: PhraseMeaning, own: str) -> bool:
    """Tell whether a negated part was found ("not too small"): it is about sizing, but not about
    "runs small"."""
    return saying.way in (GOOD, BAD) and own != saying.way


def _choose_flag(own: str, asked: bool, only_asks: bool, tone: int, rating: float | None) -> int:
    if own == ASKS or only_asks:
        return QUESTION
    if own in (GOOD, BAD):
        return PRAISE if own == GOOD else COMPLAINT
    if tone:
        return PRAISE if tone > 0 else COMPLAINT
    if asked:
        return QUESTION
    if rating is None or MAX_COMPLAINT_STARS < rating < MIN_PRAISE_STARS:
        return NAMED
    return PRAISE if rating >= MIN_PRAISE_STARS else COMPLAINT


def _score_tone(clause: Sequence[str], lexicon: Lexicon) -> int:
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
        total += -sign if _is_denied(spot, clause, lexicon.denies) else sign
    return total


def _is_denied(spot: PhraseMatch, clause: Sequence[str], denies: frozenset[str]) -> bool:
    near = (*clause[max(0, spot.start - MAX_DENIAL_DISTANCE) : spot.start], *spot.between)
    return sum(word in denies for word in near) % 2 == 1


def _is_plain_question(sentence: Sentence, opens: Sequence[str]) -> bool:
    """Tell a neutral question ("Does it run small?") from a complaint ("Why is it late?")."""
    first = " ".join(sentence.clauses[0][:4])
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

    @cached_property
    def listed(self) -> Mask:
        """The texts whose language has a list; shares refer to these."""
        return np.array([mention is not None for mention in self.mentions], bool)

    def flags_of(self, subject: str) -> Flags:
        return self.flags[:, self.column[subject]]

    def words(self, i: int) -> list[str]:
        mentions = self.mentions[i]
        return (
            mentions.words
            if mentions
            else tokenize_words(self.texts[i].whole, self.texts[i].language)
        )

    def is_shop(self, subject: str) -> bool:
        """Tell whether the theme is about the shop (delivery, payment) rather than about a
        product."""
        return subject.split("-")[0] in self.shop

    def select(self, mask: Mask) -> "ThemeTable":
        """Return the table of the selected texts only."""
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


def build_theme_table(texts: Sequence[FeedbackText], folder: Path | None) -> ThemeTable:
    """Raises CannotDo when the team's own list can't be read."""
    lists = {one: load_lexicon(one, folder) for one in sorted({text.language for text in texts})}
    mentions: list[TextMentions | None] = []
    for text in texts:
        known = lists[text.language]
        mentions.append(find_mentions(text.whole, known, text.rating) if known else None)
    own = [one for one in lists.values() if one]
    subjects, titles = _list_subjects(own)
    flags = np.zeros((len(texts), len(subjects)), np.uint8)
    column = {subject: j for j, subject in enumerate(subjects)}
    for i, one in enumerate(mentions):
        for subject, flag in (one.flags if one else {}).items():
            flags[i, column[subject]] = flag
    shop = frozenset(n for one in own for n, theme in one.themes.items() if theme.shop)
    return ThemeTable(list(texts), mentions, subjects, titles, shop, flags)


def _list_subjects(lists: Sequence[Lexicon]) -> tuple[list[str], dict[str, str]]:
    titles: dict[str, str] = {}
    for lexicon in lists:
        for name, theme in lexicon.themes.items():
            titles.setdefault(name, get_theme_title(name, theme.title))
            for part in theme.parts:
                titles.setdefault(f"{name}-{part}", get_theme_title(f"{name}-{part}"))
    return list(titles), titles
