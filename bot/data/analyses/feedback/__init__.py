"""Analyse feedback: themes by editable lists, ratings, changes, concentrations, quotes."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import numpy as np

from bot.core.facts import Source
from bot.core.half_up import round_half_up
from bot.core.thread_text import ThreadMessage, parse_messages
from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.quotes import add_quotes
from bot.data.analyses.feedback.texts import (
    DIMENSIONS,
    MAX_TEXTS,
    ComparedPeriods,
    FeedbackText,
    choose_periods,
    detect_languages,
    is_of_few,
    summarize_ratings,
)
from bot.data.analyses.feedback.theme_concentration import add_concentrations, find_concentrations
from bot.data.analyses.feedback.theme_shares import (
    OrderReach,
    add_priorities,
    add_text_ratings,
    add_theme_changes,
    add_theme_shares,
    compare_periods,
    rank_priorities,
)
from bot.data.analyses.feedback.theme_table import ThemeTable, build_theme_table, load_theme_table
from bot.data.analyses.products import load_catalogue_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

# The whole analysis, in one pass over the feedback.

MIN_TEXTS = 20  # with fewer texts nothing is reported
# share of texts in no recognised language, from which it is mentioned
MIN_UNKNOWN_LANGUAGE_SHARE = 0.01
MIN_SILENCE_DAYS = 28  # a gap between texts from this length on is mentioned
MAX_QUOTED_THEMES = 12  # the most frequent themes, which get quotes


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return all facts of the selected feedback. Shares are in %, of the texts whose language has a
    list. Raises CannotDo when the filter names something that feedback has no column for."""
    if warehouse.table("feedback") is None:
        return AnalysisResult.refuse(
            "feedback",
            warehouse,
            Words("There is no feedback yet: import a file of reviews, messages or answers."),
        )
    result, theme_table = load_theme_table(warehouse, filter_)
    texts, periods = theme_table.texts, choose_periods(filter_, result.as_of)
    level = theme_table.select(periods.level(texts))
    is_of_group = is_of_few(level.texts, filter_, warehouse.floor)
    if is_of_group or len(level.texts) < MIN_TEXTS:
        result.add_limit(
            Words(
                "Fewer than {n} customers of that place or group wrote that: too few to tell what "
                "about. A longer period or more countries may help.",
                n=warehouse.floor,
            )
            if is_of_group
            else _describe_too_few(len(level.texts))
        )
        if not is_of_group and (older := len(texts) - len(level.texts)):
            result.add_limit(
                Words.count(
                    "{n} more is from before {day}: name earlier days.",
                    "{n} more are from before {day}: name earlier days.",
                    older,
                    day=periods.first,
                )
            )
        return result
    _add_period(result, level, periods, _find_first_day(warehouse, periods), warehouse.floor)
    _add_themes(result, warehouse, theme_table, level, periods)
    add_text_ratings(result, level.texts)
    if filter_.language is None:  # ratings without text have no language
        _add_ratings(result, warehouse, filter_, periods)
    if 0 < (read := level.read_by_model) < len(level.texts):
        result.add_limit(
            "The AI read the themes of {n} of {total} texts, mostly the newest; of the others "
            "word lists tell them.",
            n=read,
            total=len(level.texts),
        )
    if len(texts) >= MAX_TEXTS:
        result.add_limit("Only the newest {n} texts were read.", n=MAX_TEXTS)
    return result


def _find_first_day(warehouse: Warehouse, periods: ComparedPeriods) -> date:
    """Return the first of the days that are counted on which there is feedback at all."""
    texts = warehouse.rows("feedback")
    (row,) = fetch_rows(warehouse, texts.aggregate(day=texts["at"].min().cast("date")))
    return max(periods.first, row["day"] or periods.first)


def _add_period(
    result: AnalysisResult, level: ThemeTable, periods: ComparedPeriods, first: date, floor: int
) -> None:
    """Add feedback.all.texts, .channels, .first-day, .last-day, .now-first-day,
    .before-first-day and .texts-without-list."""
    total = len(level.texts)
    add = partial(result.add, "all", about=get_theme_title("all"), rows=total, query="texts")
    add("texts", total)
    if by_channel := _count_channels(level.texts, floor):
        add("channels", by_channel)
    days = [text.day for text in level.texts if text.day]
    if days:
        add("first-day", first)
        add("last-day", periods.last)
        add("now-first-day", periods.now)
        add("before-first-day", periods.before)
        for first, last in _find_silences(days):
            result.add_limit(
                "Nobody wrote from {first} to {last}: what customers thought then can't be told.",
                first=first,
                last=last,
            )
    unlisted = total - int(level.listed.sum())
    if unlisted:
        add("texts-without-list", unlisted)
    if unlisted >= MIN_UNKNOWN_LANGUAGE_SHARE * total:
        result.add_limit(
            "{n} of {total} texts are in a language without a list of themes, or in none that "
            "was recognised: of these only the stars are told. A list of their themes "
            "would change that.",
            n=unlisted,
            total=total,
        )


def _count_channels(texts: Sequence[FeedbackText], floor: int) -> str:
    """Return how many of the texts came by which channel: "review 113, e-mail 30, chat". One with
    too few authors has no count, and then the smallest of the others has none either, as the sum
    is told. Nothing where all came by one."""
    many = Counter(text.channel or "" for text in texts).most_common()
    if len(many) < 2:
        return ""
    authors: dict[str, set[str]] = {name: set() for name, _ in many}
    for text in texts:
        authors[text.channel or ""].add(text.author or text.id)
    told = [name for name, _ in many if len(authors[name]) >= floor]
    told = told if len(told) == len(many) else told[:-1]
    return ", ".join(
        f"{name or 'not stated'} {n}" if name in told else name or "not stated" for name, n in many
    )


def _find_silences(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return at most two of the longest periods without texts, in order of time."""
    known = sorted(set(days))
    gaps = [
        (first, last) for first, last in pairwise(known) if (last - first).days > MIN_SILENCE_DAYS
    ]
    longest = sorted(gaps, key=lambda ends: ends[0] - ends[1])[:2]
    return [
        (first + timedelta(days=1), last - timedelta(days=1)) for first, last in sorted(longest)
    ]


def _add_themes(
    result: AnalysisResult,
    warehouse: Warehouse,
    theme_table: ThemeTable,
    level: ThemeTable,
    periods: ComparedPeriods,
) -> None:
    add_theme_shares(result, level)
    changes = compare_periods(
        theme_table, periods.is_now(theme_table.texts), periods.is_before(theme_table.texts)
    )
    if changes or not _begins_with(theme_table, periods):
        add_theme_changes(result, changes, theme_table.titles, periods)
    recent = periods.is_now(level.texts) | periods.is_before(level.texts)
    first = max(periods.before, periods.first)
    days = (first, periods.last) if recent.any() else None
    if days is None:  # no text has a date
        recent = np.ones(len(level.texts), bool)
    gathered = find_concentrations(level, level.select(recent), warehouse.floor)
    add_concentrations(
        result,
        gathered,
        theme_table.titles,
        load_catalogue_titles(warehouse),
        lambda theme: days if theme_table.is_shop(theme) else None,
    )
    worst = rank_priorities(level, recent, changes, OrderReach(warehouse, periods, result))
    add_priorities(result, worst, theme_table.titles, days)
    blamed = {w.subject for w in worst}
    moving = [c.subject for c in changes if c.verdict != "no change seen"]
    quoted = dict.fromkeys(
        (*(w.subject for w in worst), *moving, *level.ranked[:MAX_QUOTED_THEMES])
    )
    add_quotes(result, level, [s for s in quoted if s in level.column], blamed)


def _begins_with(theme_table: ThemeTable, periods: ComparedPeriods) -> bool:
    """Tell whether the days that were asked for have no text before them, so that there is nothing
    to compare them with."""
    return periods.now == periods.first and not periods.is_before(theme_table.texts).any()


def _add_ratings(
    result: AnalysisResult, warehouse: Warehouse, filter_: AnalysisFilter, periods: ComparedPeriods
) -> None:
    """Add feedback.all.rating over all ratings, and .rating-of-texts. People who write a text are
    mostly the unhappy ones, so the mean rating of texts is not the shop's."""
    query = summarize_ratings(warehouse, filter_, periods.first, periods.last)
    row = fetch_rows(warehouse, query)[0]
    if not row["wordless"]:
        return
    result.queries["stars"] = defer_sql(query)
    rated, mean = int(row["ratings"]), float(round_half_up(float(row["mean"]), 2))
    add = partial(result.add, "all", unit="of 5", about=get_theme_title("all"))
    if (wordy := result.get("all", "rating")) is not None:
        result.facts.remove(wordy)
        add("rating-of-texts", wordy.value, rows=wordy.rows, query="texts")
    add("rating", mean, rows=rated, query="stars")
    result.add_limit(
        "What {n} of {total} ratings are about can't be told: they came without a word. The "
        "rating is of all of them, themes and moods are of those who wrote.",
        n=int(row["wordless"]),
        total=rated,
    )


def _describe_too_few(texts: int) -> Words:
    return Words.count(
        "Only {n} text answers to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        "Only {n} texts answer to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        texts,
        few=MIN_TEXTS,
    )


# Themes of one conversation, with quotes.

MIN_MESSAGES = 3  # with fewer messages there is no summary
MAX_QUOTED_CONVERSATION_THEMES = 6  # themes that get quotes


def analyse_conversation(material: str, today: date) -> AnalysisResult:
    """Analyse the messages of a thread or channel as feedback: feedback.all.texts, and the shares
    and quotes of each theme. So few texts have no trend and no concentrations. Shares are in %."""
    result = AnalysisResult("feedback", Source("this conversation"), today)
    messages = parse_messages(material)
    if len(messages) < MIN_MESSAGES:
        result.add_limit(
            "There are too few messages here to sum up: at least {few} are needed. "
            "Ask me inside a thread, or for the channel you ask in, once I am "
            "invited into it.",
            few=MIN_MESSAGES,
        )
        return result
    languages = detect_languages([message.text for message in messages], [None] * len(messages))
    theme_table = build_theme_table(
        [
            _message_to_text(message, language)
            for message, language in zip(messages, languages, strict=True)
        ]
    )
    add = partial(result.add, "all", about=get_theme_title("all"), rows=len(messages))
    add("texts", len(messages))
    if left := len(messages) - int(theme_table.listed.sum()):
        add("texts-without-list", left)
    add_theme_shares(result, theme_table, few=1)
    add_quotes(result, theme_table, theme_table.ranked[:MAX_QUOTED_CONVERSATION_THEMES], ())
    return result


def _message_to_text(message: ThreadMessage, language: str) -> FeedbackText:
    nowhere: tuple[str | None, ...] = tuple(
        language if name == "language" else None for name in DIMENSIONS
    )
    source = f"{message.who}, message {message.n}"
    return FeedbackText(source, None, message.text, 0, None, language, nowhere)
