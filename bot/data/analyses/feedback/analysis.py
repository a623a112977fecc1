"""Themes, mood, what changed and where it gathers: one pass over the feedback."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from bot.data.analyses.feedback.changes import moved, tell_moved
from bot.data.analyses.feedback.concentration import gatherings, tell_gatherings
from bot.data.analyses.feedback.emerging import tell_emerging
from bot.data.analyses.feedback.periods import Periods, periods
from bot.data.analyses.feedback.priorities import Bought, tell_to_fix, to_fix
from bot.data.analyses.feedback.quotes import tell_quotes
from bot.data.analyses.feedback.sentiment import mood, tell_mood
from bot.data.analyses.feedback.texts import MOST, asked, authors, read, stars
from bot.data.analyses.feedback.theme_shares import tell_levels, tell_wording
from bot.data.analyses.feedback.theme_table import Listened, listen
from bot.data.analyses.feedback.titles import title
from bot.data.analyses.result import Findings, Where
from bot.data.floors import others
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words

FEW = 20  # texts below which nothing is told
WORTH_SAYING = 0.01  # of the texts, in no language that is known
SILENCE = 28  # days without a text, from which that is said
QUOTED = 12  # themes that get quotes, the most told


def find(shelf: Shelf, where: Where, folder: Path | None = None) -> Findings:
    """Everything that can be told of the feedback asked about. `folder` holds the team's own
    aspect lists. Shares are in %, of the texts whose language has a list. Raises CannotDo when a
    list cannot be read, or when the question is about something feedback does not say."""
    if shelf.table("feedback") is None:
        empty = Findings("feedback", "", shelf.today)
        empty.refuse(
            Words("There is no feedback yet: import a file of reviews, messages or answers.")
        )
        return empty
    found = Findings(
        "feedback",
        shelf.source("feedback"),
        shelf.as_of("feedback"),
        floors=shelf.floors,
        of_texts=True,
    )
    expression = asked(shelf, where)
    found.queries["texts"] = sql_later(expression)
    texts = read(shelf, expression, where)
    over = periods(where, found.as_of)
    said = listen(texts, folder)
    level = said.keep(over.level(texts))
    if len(level.texts) < FEW:
        few = any((where.segment, where.country, where.region))
        found.refuse(others(shelf.floor, "people") if few else _too_few(len(level.texts)))
        return found
    if any((where.segment, where.country, where.region)) and authors(level.texts) < shelf.floor:
        found.withhold("people")
        return found
    _tell_period(found, level, over)
    _tell_themes(found, shelf, said, level, over)
    _tell_mood(found, level)
    if where.language is None:  # stars without words are in no language
        _tell_stars(found, shelf, where, over)
    tell_emerging(
        found, [t for t, told in zip(level.texts, _themed(level), strict=True) if not told]
    )
    if len(texts) >= MOST:
        found.refuse(Words("Only the newest {n} texts were read.", n=MOST))
    return found


def _tell_period(found: Findings, level: Listened, over: Periods) -> None:
    """feedback.all.texts, .first-day, .last-day, .now-first-day, .before-first-day, .without-list
    and .themed-share"""
    total = len(level.texts)
    about = title("all")
    found.add("all", "texts", total, about=about, rows=total, query="texts")
    days = [text.day for text in level.texts if text.day]
    if days:
        found.add("all", "first-day", min(days), about=about, rows=total, query="texts")
        found.add("all", "last-day", max(days), about=about, rows=total, query="texts")
        found.add("all", "now-first-day", over.now, about=about, rows=total, query="texts")
        found.add("all", "before-first-day", over.before, about=about, rows=total, query="texts")
        for first, last in _silences(days):
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
    if unlisted >= WORTH_SAYING * total:
        found.refuse(
            Words(
                "{n} of {total} texts are in a language without a list of themes, or in none that "
                "was recognised: of these only mood and emerging themes are told. A list "
                "of their themes would change that.",
                n=unlisted,
                total=total,
            )
        )


def _silences(days: Sequence[date]) -> list[tuple[date, date]]:
    """The longest stretches in which no text came, at most two, in their order."""
    known = sorted(set(days))
    found = [(one, other) for one, other in pairwise(known) if (other - one).days > SILENCE]
    longest = sorted(found, key=lambda ends: ends[0] - ends[1])[:2]
    return [(one + timedelta(days=1), other - timedelta(days=1)) for one, other in sorted(longest)]


def _tell_themes(
    found: Findings, shelf: Shelf, said: Listened, level: Listened, over: Periods
) -> None:
    tell_levels(found, level)
    changes = moved(said, over.is_now(said.texts), over.is_before(said.texts))
    tell_moved(found, changes, said.titles)
    recent = over.is_now(level.texts) | over.is_before(level.texts)
    if not recent.any():  # nothing is dated
        recent = np.ones(len(level.texts), bool)
    gathered = gatherings(level, level.keep(recent), shelf.floor)
    tell_gatherings(found, gathered, said.titles, _products(shelf))
    worst = to_fix(level, recent, changes, Bought(shelf, over, found))
    tell_to_fix(found, worst, said.titles)
    loudest = sorted(level.subjects, key=lambda s: -int((level.of(s) > 0).sum()))[:QUOTED]
    blamed = {w.subject for w in worst}
    moving = [c.subject for c in changes if c.verdict != "no change seen"]
    quoted = dict.fromkeys((*(w.subject for w in worst), *moving, *loudest))
    tell_quotes(found, level, [s for s in quoted if s in level.column], blamed)


def _tell_mood(found: Findings, level: Listened) -> None:
    one = mood(level)
    tell_mood(found, level.texts, one)
    tell_wording(found, level, one.happy == 0, one.happy == 1)


def _tell_stars(found: Findings, shelf: Shelf, where: Where, over: Periods) -> None:
    """feedback.all.rating of all ratings, and .rating-of-texts: where some come without a word,
    those with one are mostly the unhappy ones, and their mean is not the shop's."""
    query = stars(shelf, where, over.first, over.last)
    told = rows_of(shelf, query)[0]
    if not told["wordless"]:
        return
    found.queries["stars"] = sql_later(query)
    about, rated = title("all"), int(told["ratings"])
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


def _themed(level: Listened) -> list[bool]:
    return [bool(heard and heard.flags) for heard in level.heard]


def _products(shelf: Shelf) -> dict[str, str]:
    """What the catalogue calls them, by reference."""
    if shelf.products is None:
        return {}
    rows = rows_of(shelf, shelf.products.select("product", "title"))
    return {row["product"]: row["title"] or row["product"] for row in rows}


def _too_few(texts: int) -> Words:
    return Words.count(
        "Only {n} text answers to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        "Only {n} texts answer to that, and themes take {few}: a longer period or a fuller "
        "feedback file would help.",
        texts,
        few=FEW,
    )
