"""The mentions of all texts as a table of flags: one row per text, one column per theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.cache import MentionCache, digest_text
from bot.data.analyses.feedback.aspects import Lexicon, get_theme_title, load_lexicon
from bot.data.analyses.feedback.mention_records import (
    COMPLAINT,
    DOUBTFUL,
    MAX_COMPLAINT_STARS,
    MIN_PRAISE_STARS,
    NAMED,
    PRAISE,
    QUESTION,
    RECORD,
    TextMentions,
    decode_labels,
    pack_labels,
)
from bot.data.analyses.feedback.mentions import pack_language
from bot.data.analyses.feedback.texts import (
    MAX_TEXTS,
    FeedbackText,
    detect_languages,
    format_title,
    read_texts,
    select_feedback,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.text_workers import TextWorkers
from bot.data.warehouse.query import defer_sql
from bot.data.warehouse.warehouse import Warehouse

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

    @cached_property
    def ages(self) -> NDArray[np.int64]:
        """By which the newest texts come first, and those without a day last."""
        return np.array([-text.day.toordinal() if text.day else 0 for text in self.texts], np.int64)

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


def load_theme_table(
    warehouse: Warehouse, filter_: AnalysisFilter
) -> tuple[AnalysisResult, ThemeTable]:
    """Return the themes of the selected texts, and an empty result that has their query. Raises
    CannotDo as `select_feedback` does."""
    result = AnalysisResult.from_table("feedback", warehouse, "feedback", of_texts=True)
    expression = select_feedback(warehouse, filter_)
    result.queries["texts"] = defer_sql(expression)
    texts = read_texts(warehouse, expression, filter_)
    return result, build_theme_table(texts, MentionCache.of(warehouse))


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
    with TextWorkers() as workers:
        for lexicon in own:
            mine = [i for i, text in enumerate(texts) if text.language == lexicon.language]
            wholes = [texts[i].whole for i in mine]
            packed = _find_mentions(wholes, lexicon, cache, workers)
            by_model = _replace_by_labels(wholes, lexicon, packed, labels)
            for nth, (i, one) in enumerate(zip(mine, packed, strict=True)):
                mentions[i] = TextMentions(lexicon, one, texts[i].rating, nth in by_model)
            columns = np.array([column[subject] for subject in lexicon.subjects], np.intp)
            _fill_flags(flags, np.array(mine, np.intp), packed, columns)
    ratings = np.array([np.nan if t.rating is None else t.rating for t in texts])
    _apply_ratings(flags, ratings)
    shop = frozenset(n for one in own for n, theme in one.themes.items() if theme.shop)
    return ThemeTable(list(texts), mentions, subjects, titles, shop, flags)


def store_mentions(path: Path, cache: MentionCache) -> None:
    """Find the themes of the newest texts in a Parquet file of feedback beforehand, so that the
    first question about them finds these in `cache`."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = pq.ParquetFile(path).read(["at", "title", "text", "language"])
    rows = rows.filter(pc.is_valid(rows["text"])).sort_by([("at", "descending")])[:MAX_TEXTS]
    texts = rows["text"].to_pylist()
    languages = detect_languages(texts, rows["language"].to_pylist())
    wholes: dict[str, list[str]] = {}
    for language, title, text in zip(languages, rows["title"].to_pylist(), texts, strict=True):
        wholes.setdefault(language, []).append(format_title(title) + text)
    with TextWorkers(len(texts)) as workers:
        for language, mine in wholes.items():
            if lexicon := load_lexicon(language):
                _find_mentions(mine, lexicon, cache, workers)


def _find_mentions(
    wholes: Sequence[str], lexicon: Lexicon, cache: MentionCache | None, workers: TextWorkers
) -> list[bytes]:
    read = partial(pack_language, language=lexicon.language)

    def find(new: Sequence[str]) -> list[bytes]:
        return list(workers.map(read, new))

    return cache.find_all(lexicon.version, wholes, find) if cache else find(wholes)


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
    """Replace plain mentions, and doubtful complaints, by what the ratings make of them."""
    doubtful = (flags & DOUBTFUL) > 0
    praised = doubtful & (ratings >= MIN_PRAISE_STARS)[:, None]
    flags[praised] = flags[praised] & ~np.uint8(COMPLAINT) | np.uint8(PRAISE)
    flags[doubtful] &= ~np.uint8(DOUBTFUL)
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
