"""Compute how often each theme is mentioned and how it is judged, as shares of the period's
texts; and the stars of the texts."""

from functools import partial

import numpy as np

from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.mentions import (
    ThemeTable,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.feedback.texts import FeedbackText
from bot.data.analyses.result import AnalysisResult

MIN_THEME_TEXTS = 5  # with fewer texts a theme gets no shares of praise and complaint


def add_theme_shares(
    result: AnalysisResult, theme_table: ThemeTable, few: int = MIN_THEME_TEXTS
) -> None:
    """Add feedback.<theme>.texts, .share (% of the texts), .praise-share, .complaint-share and
    .question-share (% of the texts that mention it; a text may count for several), .complaints, and
    .rating (mean stars of those texts)."""
    ratings = np.array([np.nan if t.rating is None else t.rating for t in theme_table.texts])
    total = int(theme_table.listed.sum())
    for subject in sorted(
        theme_table.subjects, key=lambda s: -int((theme_table.flags_of(s) > 0).sum())
    ):
        flags = theme_table.flags_of(subject)
        count = int((flags > 0).sum())
        if not count:
            continue
        about = theme_table.titles[subject]
        add = partial(result.add, subject, about=about, rows=count, query="texts")
        add("texts", count)
        add("share", compute_percent(count, total), unit="%", rows=total)
        if count < few:
            continue
        add("praise-share", compute_percent(int(is_praise(flags).sum()), count), unit="%")
        add("complaint-share", compute_percent(int(is_complaint(flags).sum()), count), unit="%")
        add("question-share", compute_percent(int(is_question(flags).sum()), count), unit="%")
        add("complaints", int(is_complaint(flags).sum()))
        stars = ratings[(flags > 0) & np.isfinite(ratings)]
        if len(stars) >= few:
            add("rating", round(float(stars.mean()), 1), unit="of 5", rows=len(stars))


# stars from which a text is happy, and up to which it is unhappy
MIN_HAPPY_STARS, MAX_UNHAPPY_STARS = 4.0, 2.0


def add_text_ratings(result: AnalysisResult, texts: list[FeedbackText]) -> None:
    """Add feedback.all.rating, .happy-share and .unhappy-share of the rated texts."""
    stars = np.array([t.rating for t in texts if t.rating is not None], float)
    if not len(stars):
        return
    rated = len(stars)
    add = partial(result.add, "all", about=get_theme_title("all"), rows=rated, query="texts")
    add("rating", round(float(stars.mean()), 2), unit="of 5")
    happy, unhappy = (stars >= MIN_HAPPY_STARS).sum(), (stars <= MAX_UNHAPPY_STARS).sum()
    add("happy-share", compute_percent(int(happy), rated), unit="%")
    add("unhappy-share", compute_percent(int(unhappy), rated), unit="%")


def compute_percent(part: int, whole: int) -> float:
    """Return percent with one decimal; 0 when `whole` is 0."""
    return round(100 * part / whole, 1) if whole else 0.0
