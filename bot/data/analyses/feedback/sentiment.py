"""How happy people are: by their stars; where there are none, by what the team's own stars teach.

Logistic regression on TF-IDF and on how much the text praises and blames, balanced, trained on the
team's rated texts (stars of 3 teach nothing), its cross-validated AUC shown. A text that asks
something has no mood. No stars to learn from: no sentiment is shown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.classifier import chances, out_of_fold
from bot.data.analyses.feedback.texts import Text
from bot.data.analyses.feedback.tfidf import Terms
from bot.data.analyses.feedback.theme_shares import percent
from bot.data.analyses.feedback.theme_table import Listened
from bot.data.analyses.feedback.titles import title
from bot.data.analyses.result import Findings
from bot.data.stats import auc
from bot.i18n.messages import Words

HAPPY, UNHAPPY = 4.0, 2.0  # stars from which, and up to which
RATED, EACH = 200, 25  # rated texts, and of the rarer kind, from which a classifier learns
TAUGHT = 4_000  # texts that it learns from, spread evenly, so that the time stays bounded
FOLDS = 5
GOOD = 0.75  # AUC below which nothing is read into texts without stars


@dataclass(frozen=True)
class Mood:
    """`happy` is 1, 0 or NaN, one a text; `auc` of the classifier, None when none was needed or
    could be trained; `read` is how many texts it judged."""

    happy: NDArray[np.float64]
    auc: float | None
    taught: int
    read: int


def mood(said: Listened) -> Mood:
    """The mood of each text; 3 stars are neither."""
    texts = said.texts
    stars = np.array([np.nan if t.rating is None else t.rating for t in texts])
    happy = np.where(stars >= HAPPY, 1.0, np.where(stars <= UNHAPPY, 0.0, np.nan))
    asks = np.array([bool(h and h.asks) for h in said.heard], bool)
    open_ = np.flatnonzero(np.isnan(stars) & ~asks)
    taught = np.flatnonzero(np.isfinite(happy))
    rarer = min((happy[taught] == 1).sum(), (happy[taught] == 0).sum()) if len(taught) else 0
    if not len(open_) or len(taught) < RATED or rarer < EACH:
        return Mood(happy, None, len(taught), 0)
    if len(taught) > TAUGHT:
        taught = taught[np.linspace(0, len(taught) - 1, TAUGHT).astype(int)]
    good, read = _learnt(said, taught, happy[taught], open_)
    if good < GOOD:
        return Mood(happy, good, len(taught), 0)
    happy[open_] = read
    return Mood(happy, good, len(taught), len(open_))


def _learnt(
    said: Listened,
    taught: NDArray[np.intp],
    happy: NDArray[np.float64],
    open_: NDArray[np.intp],
) -> tuple[float, NDArray[np.float64]]:
    """The classifier's AUC, and what it says of the texts without stars."""
    terms = Terms([said.words(i) for i in taught])
    known = terms.rows.beside(_tones(said, taught))
    guessed = out_of_fold(known, happy, FOLDS)
    asked = terms.of([said.words(i) for i in open_]).beside(_tones(said, open_))
    return auc(guessed, happy), (chances(known, happy, asked) >= 0.5).astype(float)


def _tones(said: Listened, places: NDArray[np.intp]) -> NDArray[np.float64]:
    """How much each text praises and blames, without its stars; texts without a list: nought."""
    heard = [said.heard[i] for i in places]
    return np.log1p([[h.kind, h.loud] if h else [0, 0] for h in heard])


def tell_mood(found: Findings, texts: list[Text], one: Mood) -> None:
    """feedback.all.rating, .happy-share and .unhappy-share of the rated texts; where a classifier
    read the others .unrated-happy-share, .unrated-unhappy-share and .classifier-auc."""
    about = title("all")
    stars = np.array([t.rating for t in texts if t.rating is not None], float)
    if len(stars):
        rated = len(stars)
        found.add(
            "all",
            "rating",
            round(float(stars.mean()), 2),
            unit="of 5",
            about=about,
            rows=rated,
            query="texts",
        )
        for measure, count in (
            ("happy-share", int((stars >= HAPPY).sum())),
            ("unhappy-share", int((stars <= UNHAPPY).sum())),
        ):
            found.add(
                "all",
                measure,
                percent(count, rated),
                unit="%",
                about=about,
                rows=rated,
                query="texts",
            )
    unrated = np.array([t.rating is None for t in texts], bool)
    if not unrated.any():
        return
    if one.auc is not None:
        found.add(
            "all", "classifier-auc", round(one.auc, 3), about=about, rows=one.taught, query="texts"
        )
    if not one.read:
        found.refuse(_why_none(int(unrated.sum()), one))
        return
    happy = int((one.happy[unrated] == 1).sum())
    for measure, count in (
        ("unrated-happy-share", happy),
        ("unrated-unhappy-share", one.read - happy),
    ):
        found.add(
            "all",
            measure,
            percent(count, one.read),
            unit="%",
            about=about,
            rows=one.read,
            query="texts",
        )


def _why_none(unrated: int, one: Mood) -> Words:
    if one.auc is not None:
        return Words(
            "No sentiment is shown for the {n} texts without stars: learnt from your own ratings, "
            "it would be wrong too often (AUC {auc}).",
            n=unrated,
            auc=round(one.auc, 2),
        )
    return Words(
        "No sentiment is shown for the {n} texts without stars: that takes {rated} texts with "
        "stars, happy and unhappy ones, to learn from. A file of rated reviews would help.",
        n=unrated,
        rated=RATED,
    )
