"""Select customers' own sentences, letter for letter, for somebody to read and quote."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from bot.data.analyses.feedback.mentions import (
    COMPLAINT,
    PRAISE,
    QUESTION,
    Mask,
    TextMentions,
    ThemeTable,
    build_theme_table,
)
from bot.data.analyses.feedback.texts import (
    FeedbackText,
    count_authors,
    read_texts,
    select_feedback,
)
from bot.data.analyses.mention_cache import MentionCache
from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.warehouse import Warehouse
from bot.privacy.personal_data import find_personal_data
from bot.text.normalize import normalize_text

Tone = Literal["any", "complaint", "praise", "question"]
TONE_FLAGS = {"complaint": COMPLAINT, "praise": PRAISE, "question": QUESTION}
MAX_LENGTH = 400  # characters of one text; longer ones are cut to whole sentences
MAX_UNHAPPY_STARS, MIN_HAPPY_STARS = 2, 4


@dataclass(frozen=True)
class CustomerSentence:
    """What one customer wrote: the whole text, or a part of it that stands there letter for
    letter."""

    text: FeedbackText
    said: str


@dataclass
class ReadSentences:
    """`matching` texts fit; `private` of those read are left out for the personal data in them.
    `themes` are the subjects of all texts, the most frequent first. `is_withheld`: the texts are
    of fewer people than may be shown."""

    sentences: list[CustomerSentence] = field(default_factory=list)
    matching: int = 0
    private: int = 0
    themes: tuple[str, ...] = ()
    is_withheld: bool = False


def read_sentences(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    *,
    words: str | None,
    theme: str | None,
    tone: Tone,
    most: int,
) -> ReadSentences:
    """Return the newest sentences that hold all `words`, are about `theme` and have this tone; no
    two alike. Texts with personal data are left out. Raises CannotDo for a filter that feedback has
    no column for."""
    texts = [
        text
        for text in read_texts(warehouse, select_feedback(warehouse, filter_), filter_)
        if filter_.since is None or (text.day and text.day >= filter_.since)
    ]
    table = build_theme_table(texts, None, MentionCache.of(warehouse))
    found = ReadSentences(themes=_list_themes(table))
    wanted = normalize_text(words).split() if words else []
    fits = _select_theme(table, theme) & _select_tone(table, theme, tone)
    fitting = [
        (table.texts[i], table.mentions[i])
        for i in np.flatnonzero(fits)
        if _has_words(table.texts[i], wanted)
    ]
    found.matching = len(fitting)
    is_group = any((filter_.segment, filter_.country, filter_.region))
    if is_group and 0 < count_authors([text for text, _ in fitting]) < warehouse.floor:
        return ReadSentences(themes=found.themes, is_withheld=True)
    seen: set[str] = set()
    for text, mentions in fitting:
        if len(found.sentences) >= most:
            break
        said = _cut(text, mentions, theme, wanted)
        if find_personal_data(said):
            found.private += 1
        elif said and (key := normalize_text(said)) not in seen:
            seen.add(key)
            found.sentences.append(CustomerSentence(text, said))
    return found


def _list_themes(table: ThemeTable) -> tuple[str, ...]:
    counted = {subject: int((table.flags_of(subject) > 0).sum()) for subject in table.subjects}
    return tuple(sorted(counted, key=lambda subject: -counted[subject]))


def _has_words(text: FeedbackText, wanted: Sequence[str]) -> bool:
    return not wanted or all(word in normalize_text(text.whole) for word in wanted)


def _select_theme(table: ThemeTable, theme: str | None) -> Mask:
    if theme is None:
        return np.ones(len(table.texts), bool)
    if theme not in table.column:
        return np.zeros(len(table.texts), bool)
    return table.flags_of(theme) > 0


def _select_tone(table: ThemeTable, theme: str | None, tone: Tone) -> Mask:
    """Return the texts that have the tone: about the theme, else about anything; a text that judges
    nothing has that of its rating."""
    if tone == "any":
        return np.ones(len(table.texts), bool)
    if theme is not None:
        if theme not in table.column:
            return np.zeros(len(table.texts), bool)
        return np.asarray(table.flags_of(theme) & TONE_FLAGS[tone], bool)
    judged = np.asarray((table.flags & TONE_FLAGS[tone]).any(axis=1), bool)
    if tone == "question":
        return judged
    stars = np.array([np.nan if t.rating is None else t.rating for t in table.texts], float)
    rated = stars <= MAX_UNHAPPY_STARS if tone == "complaint" else stars >= MIN_HAPPY_STARS
    is_themed = np.asarray(table.flags.any(axis=1), bool)
    return np.asarray(np.where(is_themed, judged, rated), bool)


def _cut(
    text: FeedbackText, mentions: TextMentions | None, theme: str | None, wanted: Sequence[str]
) -> str:
    """Return the customer's words, of a long text the sentence that fits what was asked."""
    whole = text.whole[text.offset :].strip()
    if len(whole) <= MAX_LENGTH:
        return whole
    if theme and mentions and theme in mentions.spans:
        start, end, _ = mentions.spans[theme]
        if start >= text.offset:
            return text.whole[start:end].strip()[:MAX_LENGTH]
    for sentence in _split(whole):
        if wanted and any(word in normalize_text(sentence) for word in wanted):
            return sentence[:MAX_LENGTH]
    return _take_first(whole)


def _split(whole: str) -> list[str]:
    """Split at line breaks and at the ends of sentences, without changing a letter."""
    pieces, start = [], 0
    for at, character in enumerate(whole):
        if character == "\n" or (character in ".!?…" and whole[at + 1 : at + 2] in ("", " ", "\n")):
            pieces.append(whole[start : at + 1].strip())
            start = at + 1
    return [piece for piece in (*pieces, whole[start:].strip()) if piece]


def _take_first(whole: str) -> str:
    end = 0
    for sentence in _split(whole):
        at = whole.index(sentence, end) + len(sentence)
        if at > MAX_LENGTH:
            break
        end = at
    return whole[: end or MAX_LENGTH]
