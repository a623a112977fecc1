"""What customers say: themes by editable lists, mood, what changed, where, in whose words."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from bot.core.source import Source
from bot.core.thread_text import ThreadMessage, parse_messages
from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.emerging_themes import add_emerging_themes
from bot.data.analyses.feedback.language_detection import detect_languages
from bot.data.analyses.feedback.mentions import ThemeTable, build_theme_table
from bot.data.analyses.feedback.objections import praise_and_objection
from bot.data.analyses.feedback.priorities import OrderReach, add_priorities, rank_priorities
from bot.data.analyses.feedback.quotes import add_quotes
from bot.data.analyses.feedback.sentiment import add_sentiment, estimate_sentiment
from bot.data.analyses.feedback.texts import (
    DIMENSIONS,
    MAX_TEXTS,
    ComparedPeriods,
    FeedbackText,
    choose_periods,
    count_authors,
    read_texts,
    select_feedback,
    summarize_ratings,
)
from bot.data.analyses.feedback.theme_changes import add_theme_changes, compare_periods
from bot.data.analyses.feedback.theme_concentration import add_concentrations, find_concentrations
from bot.data.analyses.feedback.theme_shares import add_theme_shares, add_wording
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.floors import withheld_groups_message
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

# Themes, mood, what changed and where it gathers: one pass over the feedback.

MIN_TEXTS = 20  # texts below which nothing is told
MIN_UNKNOWN_LANGUAGE_SHARE = 0.01  # of the texts, in no language that is known
MIN_SILENCE_DAYS = 28  # days without a text, from which that is said
MAX_QUOTED_THEMES = 12  # themes that get quotes, the most told


def find(shelf: Warehouse, where: AnalysisFilter, folder: Path | None = None) -> AnalysisResult:
    """Everything that can be told of the feedback asked about. `folder` holds the team's own
    aspect lists. Shares are in %, of the texts whose language has a list. Raises CannotDo when a
    list cannot be read, or when the question is about something feedback does not say."""
    if shelf.table("feedback") is None:
        empty = AnalysisResult("feedback", Source(""), shelf.today)
        empty.refuse(
            Words("There is no feedback yet: import a file of reviews, messages or answers.")
        )
        return empty
    found = AnalysisResult(
        "feedback",
        shelf.source("feedback"),
        shelf.as_of("feedback"),
        floors=shelf.floors,
        of_texts=True,
    )
    expression = select_feedback(shelf, where)
    found.queries["texts"] = defer_sql(expression)
    texts = read_texts(shelf, expression, where)
    over = choose_periods(where, found.as_of)
    said = build_theme_table(texts, folder)
    level = said.keep(over.level(texts))
    if len(level.texts) < MIN_TEXTS:
        few = any((where.segment, where.country, where.region))
        found.refuse(
            withheld_groups_message(shelf.floor, "people")
            if few
            else _describe_too_few(len(level.texts))
        )
        return found
    if (
        any((where.segment, where.country, where.region))
        and count_authors(level.texts) < shelf.floor
    ):
        found.withhold("people")
        return found
    _add_period(found, level, over)
    _add_themes(found, shelf, said, level, over)
    _add_sentiment(found, level)
    if where.language is None:  # stars without words are in no language
        _add_ratings(found, shelf, where, over)
    add_emerging_themes(
        found,
        [t for t, told in zip(level.texts, _flag_themed_texts(level), strict=True) if not told],
    )
    if len(texts) >= MAX_TEXTS:
        found.refuse(Words("Only the newest {n} texts were read.", n=MAX_TEXTS))
    return found


def _add_period(found: AnalysisResult, level: ThemeTable, over: ComparedPeriods) -> None:
    """feedback.all.texts, .first-day, .last-day, .now-first-day, .before-first-day, .without-list
    and .themed-share"""
    total = len(level.texts)
    about = get_theme_title("all")
    found.add("all", "texts", total, about=about, rows=total, query="texts")
    days = [text.day for text in level.texts if text.day]
    if days:
        found.add("all", "first-day", min(days), about=about, rows=total, query="texts")
        found.add("all", "last-day", max(days), about=about, rows=total, query="texts")
        found.add("all", "now-first-day", over.now, about=about, rows=total, query="texts")
        found.add("all", "before-first-day", over.before, about=about, rows=total, query="texts")
        for first, last in _find_silences(days):
            found.refuse(
                Words(
                    "Nobody wrote from {first} to {last}: what customers thought then "
                    "can't be told.",
                    first=first,
                    last=last,
                )
            )
    unlisted = total - int(level.listed.sum())
    if unlisted:
        found.add("all", "texts-without-list", unlisted, about=about, rows=total, query="texts")
    if unlisted >= MIN_UNKNOWN_LANGUAGE_SHARE * total:
        found.refuse(
            Words(
                "{n} of {total} texts are in a language without a list of themes, or in none that "
                "was recognised: of these only mood and emerging themes are told. A list "
                "of their themes would change that.",
                n=unlisted,
                total=total,
            )
        )


def _find_silences(days: Sequence[date]) -> list[tuple[date, date]]:
    """The longest stretches in which no text came, at most two, in their order."""
    known = sorted(set(days))
    found = [
        (one, other) for one, other in pairwise(known) if (other - one).days > MIN_SILENCE_DAYS
    ]
    longest = sorted(found, key=lambda ends: ends[0] - ends[1])[:2]
    return [(one + timedelta(days=1), other - timedelta(days=1)) for one, other in sorted(longest)]


def _add_themes(
    found: AnalysisResult,
    shelf: Warehouse,
    said: ThemeTable,
    level: ThemeTable,
    over: ComparedPeriods,
) -> None:
    add_theme_shares(found, level)
    changes = compare_periods(said, over.is_now(said.texts), over.is_before(said.texts))
    add_theme_changes(found, changes, said.titles)
    recent = over.is_now(level.texts) | over.is_before(level.texts)
    if not recent.any():  # nothing is dated
        recent = np.ones(len(level.texts), bool)
    gathered = find_concentrations(level, level.keep(recent), shelf.floor)
    add_concentrations(found, gathered, said.titles, _load_product_titles(shelf))
    worst = rank_priorities(level, recent, changes, OrderReach(shelf, over, found))
    add_priorities(found, worst, said.titles)
    loudest = sorted(level.subjects, key=lambda s: -int((level.of(s) > 0).sum()))[
        :MAX_QUOTED_THEMES
    ]
    blamed = {w.subject for w in worst}
    moving = [c.subject for c in changes if c.verdict != "no change seen"]
    quoted = dict.fromkeys((*(w.subject for w in worst), *moving, *loudest))
    add_quotes(found, level, [s for s in quoted if s in level.column], blamed)


def _add_sentiment(found: AnalysisResult, level: ThemeTable) -> None:
    one = estimate_sentiment(level)
    add_sentiment(found, level.texts, one)
    add_wording(found, level, one.happy == 0, one.happy == 1)


def _add_ratings(
    found: AnalysisResult, shelf: Warehouse, where: AnalysisFilter, over: ComparedPeriods
) -> None:
    """feedback.all.rating of all ratings, and .rating-of-texts: where some come without a word,
    those with one are mostly the unhappy ones, and their mean is not the shop's."""
    query = summarize_ratings(shelf, where, over.first, over.last)
    told = fetch_rows(shelf, query)[0]
    if not told["wordless"]:
        return
    found.queries["stars"] = defer_sql(query)
    about, rated = get_theme_title("all"), int(told["ratings"])
    mean = round(float(told["mean"]), 2)
    if (wordy := found.get("all", "rating")) is not None:
        found.facts.remove(wordy)
        found.add(
            "all",
            "rating-of-texts",
            wordy.value,
            unit="of 5",
            about=about,
            rows=wordy.rows,
            query="texts",
        )
    found.add("all", "rating", mean, unit="of 5", about=about, rows=rated, query="stars")
    found.refuse(
        Words(
            "What {n} of {total} ratings are about can't be told: they came without a word. The "
            "rating is of all of them, themes and moods are of those who wrote.",
            n=int(told["wordless"]),
            total=rated,
        )
    )


def _flag_themed_texts(level: ThemeTable) -> list[bool]:
    return [bool(heard and heard.flags) for heard in level.heard]


def _load_product_titles(shelf: Warehouse) -> dict[str, str]:
    """What the catalogue calls them, by reference."""
    if shelf.products is None:
        return {}
    rows = fetch_rows(shelf, shelf.products.select("product", "title"))
    return {row["product"]: row["title"] or row["product"] for row in rows}


def _describe_too_few(texts: int) -> Words:
    return Words.count(
        "Only {n} text answers to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        "Only {n} texts answer to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        texts,
        few=MIN_TEXTS,
    )


__all__ = ["find", "praise_and_objection"]


# What people say in one conversation: the themes of its messages, with their own words.

MIN_MESSAGES = 3  # messages below which there is nothing to sum up
MAX_QUOTED_CONVERSATION_THEMES = 6  # themes that get quotes


def analyse_conversation(material: str, today: date, folder: Path | None = None) -> AnalysisResult:
    """The feedback analysis over the messages of a thread or channel: feedback.all.texts, and each
    theme's levels and quotes. So few texts have no trend and no places. Shares are in %."""
    found = AnalysisResult("feedback", Source("this conversation"), today)
    said = parse_messages(material)
    if len(said) < MIN_MESSAGES:
        found.refuse(
            Words(
                "There are too few messages here to sum up: at least {few} are needed. "
                "Ask me inside a thread, or for the channel you ask in, once I am "
                "invited into it.",
                few=MIN_MESSAGES,
            )
        )
        return found
    spoken = detect_languages([one.text for one in said], [None] * len(said))
    heard = build_theme_table(
        [_message_to_text(one, tongue) for one, tongue in zip(said, spoken, strict=True)], folder
    )
    add = partial(found.add, "all", about=get_theme_title("all"), rows=len(said))
    add("texts", len(said))
    if left := len(said) - int(heard.listed.sum()):
        add("texts-without-list", left)
    add_theme_shares(found, heard, few=1)
    loudest = sorted(heard.subjects, key=lambda s: -int((heard.of(s) > 0).sum()))[
        :MAX_QUOTED_CONVERSATION_THEMES
    ]
    add_quotes(found, heard, loudest, ())
    return found


def _message_to_text(message: ThreadMessage, language: str) -> FeedbackText:
    nowhere: tuple[str | None, ...] = tuple(
        language if name == "language" else None for name in DIMENSIONS
    )
    source = f"{message.who}, message {message.n}"
    return FeedbackText(source, None, message.text, 0, None, language, nowhere)
