"""Select customers' own sentences, letter for letter: quotes of each theme, and sentences for
somebody to read."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress, zip_longest
from typing import Literal

import numpy as np

from bot.core.facts import Fact
from bot.data.analyses.cache import MentionCache
from bot.data.analyses.feedback.mention_records import COMPLAINT, PRAISE, QUESTION, TextMentions
from bot.data.analyses.feedback.texts import (
    FeedbackText,
    choose_periods,
    is_of_few,
    read_texts,
    select_feedback,
    split_sentences,
    strip_letter,
    tokenize_words,
)
from bot.data.analyses.feedback.theme_table import (
    Mask,
    ThemeTable,
    build_theme_table,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import LOCALES, Words
from bot.privacy import find_personal_data, has_mask
from bot.text.normalize import normalize_text

MAX_QUOTES = 3
MIN_QUOTE_LENGTH, MAX_QUOTE_LENGTH = 25, 220  # in characters
MAX_TEXTS_TRIED = 250  # the newest texts on a theme, from which its quotes are chosen
MAX_COMPLAINT_STARS, MIN_PRAISE_STARS = 3, 4  # stars
# Jaccard similarity of the words, from which two quotes count as the same
MAX_QUOTE_SIMILARITY = 0.5


@dataclass(frozen=True)
class CustomerSentence:
    """What one customer wrote: the whole text, or a part of it that stands there letter for
    letter, but for ids of orders and customers."""

    text: FeedbackText
    said: str


def select_quotes(theme_table: ThemeTable, subject: str, flag: int) -> list[CustomerSentence]:
    """Return at most three quotes of texts with this flag (PRAISE, COMPLAINT or QUESTION): typical
    in their words, different from each other, without personal data. Complaints come from unhappy
    customers where there are any, because a five-star text with "a bit tight" is no complaint to
    show first."""
    column = theme_table.flags_of(subject)
    places = np.flatnonzero((column & flag) > 0)
    newest = places[np.argsort(theme_table.ages[places], kind="stable")]
    quotes = [
        q
        for i in newest[:MAX_TEXTS_TRIED]
        if (q := _build_quote(theme_table, int(i), subject, flag))
    ]
    bags = [frozenset(tokenize_words(q.said, q.text.language)) for q in quotes]
    often = Counter(word for bag in bags for word in bag)
    ranked = sorted(
        range(len(quotes)),
        key=lambda k: (
            _contradicts_rating(quotes[k].text, flag),
            -sum(often[w] for w in bags[k]) / max(6, len(bags[k])) ** 0.9,
            k,
        ),
    )
    chosen: list[int] = []
    for k in ranked:
        if all(
            _compute_similarity(bags[k], bags[other]) < MAX_QUOTE_SIMILARITY for other in chosen
        ):
            chosen.append(k)
        if len(chosen) == MAX_QUOTES:
            break
    return [quotes[k] for k in chosen]


def add_quotes(
    result: AnalysisResult,
    theme_table: ThemeTable,
    subjects: Sequence[str],
    blamed: Collection[str],
) -> None:
    """Add feedback.<theme>.quote-1 to -3: complaints for themes in `blamed`, else the most frequent
    of complaint, praise and question."""
    for subject in subjects:
        flags = theme_table.flags_of(subject)
        counts = {
            COMPLAINT: int(is_complaint(flags).sum()),
            PRAISE: int(is_praise(flags).sum()),
            QUESTION: int(is_question(flags).sum()),
        }
        way = COMPLAINT if subject in blamed else max(counts, key=lambda w: (counts[w], -w))
        for n, quote in enumerate(
            select_quotes(theme_table, subject, way) if counts[way] else [], 1
        ):
            add_quote(result, subject, f"quote-{n}", theme_table.titles[subject], quote)


def add_quote(
    result: AnalysisResult, subject: str, measure: str, about: str, quote: CustomerSentence
) -> Fact:
    """Add the verbatim words. The unit is their language, the source names the text."""
    text = quote.text
    stars = f"{text.rating:g}/5" if text.rating is not None else ""
    source = result.source.with_details(text.id, text.channel, stars)
    language = text.language if len(text.language) == 2 else None
    return result.add(
        subject,
        measure,
        quote.said,
        unit=language,
        about=about,
        rows=1,
        source=source,
        as_of=text.day,
        query="texts",
    )


def _build_quote(
    theme_table: ThemeTable, i: int, subject: str, way: int
) -> CustomerSentence | None:
    """Return the sentence with the mention, or the whole text when it is short; None when it is not
    suitable."""
    text, mentions = theme_table.texts[i], theme_table.mentions[i]
    if mentions is None or subject not in mentions.spans:
        return None
    start, end, flag = mentions.spans[subject]
    if flag != way or start < text.offset:
        return None
    whole = strip_letter(text.whole[text.offset :])
    short = len(whole) <= MAX_QUOTE_LENGTH and "\n" not in whole
    chosen = whole if short else text.whole[start:end]
    if not MIN_QUOTE_LENGTH <= len(chosen) <= MAX_QUOTE_LENGTH:
        return None
    if has_mask(chosen) or find_personal_data(chosen):
        return None
    return CustomerSentence(text, text.hide_ids(chosen))


def _contradicts_rating(text: FeedbackText, flag: int) -> bool:
    if text.rating is None:
        return False
    return (
        text.rating > MAX_COMPLAINT_STARS
        if flag == COMPLAINT
        else flag == PRAISE and text.rating < MIN_PRAISE_STARS
    )


def _compute_similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


# Select customers' own sentences, letter for letter, for somebody to read and quote.

Tone = Literal["any", "complaint", "praise", "question"]
TONE_FLAGS = {"complaint": COMPLAINT, "praise": PRAISE, "question": QUESTION}
MAX_LENGTH = 400  # characters of one text; longer ones are cut to whole sentences
MAX_UNHAPPY_STARS, MIN_HAPPY_STARS = 2, 4
Fitting = tuple[FeedbackText, TextMentions | None]


@dataclass
class ReadSentences:
    """`matching` of `total` texts of `first` to `last` fit, as many as the analysis of feedback
    counts; `private` of those read are left out for the personal data in them.
    `themes` are the subjects of all texts, the most frequent first; `theme` is the one that was
    asked for, None where there is none of that name. `is_withheld`: the texts of that place or
    segment, on whatever theme, are of fewer people than may be shown."""

    first: date
    last: date
    sentences: list[CustomerSentence] = field(default_factory=list)
    matching: int = 0
    total: int = 0
    private: int = 0
    themes: tuple[str, ...] = ()
    theme: str | None = None
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
    two alike. Of several months that are asked for, the newest of each in turn. Where no days are
    asked for, they are of the last year. Texts with personal data are
    left out. Raises CannotDo for a filter that feedback has no column for."""
    periods = choose_periods(filter_, warehouse.as_of("feedback"))
    texts = read_texts(warehouse, select_feedback(warehouse, filter_), filter_)
    texts = list(compress(texts, periods.level(texts)))
    table = build_theme_table(texts, MentionCache.of(warehouse))
    found = ReadSentences(periods.first, periods.last, total=len(texts), themes=tuple(table.ranked))
    if is_of_few(texts, filter_, warehouse.floor):
        found.is_withheld = True
        return found
    if theme is not None:
        found.theme = find_theme(theme, {one: table.titles[one] for one in found.themes})
        theme = found.theme or theme
    wanted = normalize_text(words).split() if words else []
    fits = _select_theme(table, theme) & _select_tone(table, theme, tone)
    fitting = [
        (table.texts[i], table.mentions[i])
        for i in np.flatnonzero(fits)
        if all(word in normalize_text(table.texts[i].whole) for word in wanted)
    ]
    found.matching = len(fitting)
    if filter_.since and filter_.until:
        fitting = _take_turns(fitting)
    seen: set[str] = set()
    for text, mentions in fitting:
        if len(found.sentences) >= most:
            break
        said = text.hide_ids(_drop_masked_lines(_cut(text, mentions, theme, wanted)))
        if not said or find_personal_data(said):
            found.private += 1
        elif (key := normalize_text(said)) not in seen:
            seen.add(key)
            found.sentences.append(CustomerSentence(text, said))
    found.sentences.sort(key=lambda one: one.text.day or date.min, reverse=True)
    return found


def _take_turns(fitting: list[Fitting]) -> list[Fitting]:
    """Return the texts, the newest of each month first, then the second of each."""
    months = defaultdict[tuple[int, int] | None, list[Fitting]](list)
    for one in fitting:
        day = one[0].day
        months[(day.year, day.month) if day else None].append(one)
    turns = zip_longest(*months.values())
    return [one for turn in turns for one in turn if one is not None]


def find_theme(wanted: str, titles: Mapping[str, str]) -> str | None:
    """Return the theme with this key or this title in any language, of key → English title."""
    plain = normalize_text(wanted)
    for theme, title in titles.items():
        names = (theme, *(Words(title).to(language) for language in LOCALES))
        if plain in {normalize_text(name) for name in names}:
            return theme
    return None


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
    whole = strip_letter(text.whole[text.offset :].strip())
    if len(whole) <= MAX_LENGTH:
        return whole
    if theme and mentions and theme in mentions.spans:
        start, end, _ = mentions.spans[theme]
        if start >= text.offset:
            return text.whole[start:end].strip()[:MAX_LENGTH]
    sentences = split_sentences(whole, text.language, frozenset())
    for one in sentences:
        sentence = whole[one.start : one.end]
        if wanted and any(word in normalize_text(sentence) for word in wanted):
            return sentence[:MAX_LENGTH]
    ends = [one.end for one in sentences if one.end <= MAX_LENGTH]
    return whole[: max(ends, default=MAX_LENGTH)]


def _drop_masked_lines(said: str) -> str:
    """Return the longest part of a text without a line in which personal data was replaced, such as
    the signature with the words before it; empty where there is none."""
    parts, now = [""], list[str]()
    for line in said.splitlines():
        if has_mask(line):
            if now and now[-1].rstrip().endswith(","):  # "Kind regards,"
                now.pop()
            parts.append("\n".join(now).strip())
            now = []
        else:
            now.append(line)
    return max([*parts, "\n".join(now).strip()], key=len)
