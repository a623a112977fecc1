"""Estimate sentiment: from the ratings, and for texts without one from a classifier trained on the
team's own ratings.

Logistic regression on TF-IDF and on the amount of praise and blame, class-balanced, trained on the
team's rated texts (3 stars are left out), reported with its cross-validated AUC. Questions have no
sentiment. Without ratings to learn from, no sentiment is shown."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.mentions import ThemeTable
from bot.data.analyses.feedback.texts import FeedbackText
from bot.data.analyses.feedback.tfidf import RANDOM_SEED, SparseMatrix, TermVectorizer
from bot.data.analyses.feedback.theme_shares import compute_percent
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import Numbers, compute_auc
from bot.i18n.messages import Words

# Logistic regression on sparse rows, with balanced classes.

RIDGE_SCALE = 4.0  # the weight of a text against the ridge penalty
MAX_NEWTON_STEPS, MAX_GRADIENT_STEPS = 50, 200
SLOPE_TOLERANCE = 1e-3  # relative to the gradient at the start


def predict_chances(known: SparseMatrix, happened: Numbers, rows: SparseMatrix) -> Numbers:
    """Return the probability for each of `rows`, learnt from the known rows and their outcome
    (1 or 0)."""
    weights = _fit_weights(known, happened)
    return _apply_sigmoid(rows.times(weights[:-1]) + weights[-1])


def predict_out_of_fold(known: SparseMatrix, happened: Numbers, folds: int) -> Numbers:
    """Return the cross-validated probability of each known row, learnt from the other folds."""
    fold = _assign_folds(happened, folds)
    chances = np.empty(len(happened))
    for k in range(folds):
        mine, others = fold == k, fold != k
        chances[mine] = predict_chances(known.rows(others), happened[others], known.rows(mine))
    return chances


def _assign_folds(happened: Numbers, folds: int) -> NDArray[np.intp]:
    """Assign each row to a random fold, stratified by outcome."""
    chance = np.random.RandomState(RANDOM_SEED)
    fold = np.zeros(len(happened), np.intp)
    dealt = 0
    for kind in dict.fromkeys(happened.tolist()):
        places = np.flatnonzero(happened == kind)
        cards = np.sort((np.arange(len(places)) + dealt) % folds)
        dealt += len(places)
        chance.shuffle(cards)
        fold[places] = cards
    return fold


def _fit_weights(known: SparseMatrix, happened: Numbers) -> Numbers:
    """Fit the column weights; the last one is the intercept."""
    table = known.beside(np.ones((known.shape[0], 1)))
    share = happened.mean()
    pull = RIDGE_SCALE * np.where(happened > 0, 0.5 / share, 0.5 / (1 - share))
    ridge = np.ones(table.shape[1])
    ridge[-1] = 0.0
    weights, start = np.zeros(table.shape[1]), 0.0
    for step in range(MAX_NEWTON_STEPS):
        chance = _apply_sigmoid(table.times(weights))
        slope = table.turned_times(pull * (chance - happened)) + ridge * weights
        size = float(np.linalg.norm(slope))
        start = start if step else size
        if size <= SLOPE_TOLERANCE * start:
            break
        bend = pull * chance * (1 - chance)

        def curved(move: Numbers, bend: Numbers = bend) -> Numbers:
            return table.turned_times(bend * table.times(move)) + ridge * move

        move = _solve_conjugate_gradient(curved, -slope, min(0.5, np.sqrt(size / start)) * size)
        weights = _search_line(table, happened, pull, ridge, weights, move, float(slope @ move))
    return weights


def _solve_conjugate_gradient(
    curved: Callable[[Numbers], Numbers], wanted: Numbers, near: float
) -> Numbers:
    """Solve for the Newton step by conjugate gradients, up to the tolerance `near`."""
    solution = np.zeros_like(wanted)
    rest = ahead = wanted
    left = float(rest @ rest)
    for _step in range(MAX_GRADIENT_STEPS):
        if left <= near**2:
            break
        bent = curved(ahead)
        length = left / float(ahead @ bent)
        solution, rest = solution + length * ahead, rest - length * bent
        left, before = float(rest @ rest), left
        ahead = rest + left / before * ahead
    return solution


def _search_line(
    table: SparseMatrix,
    happened: Numbers,
    pull: Numbers,
    ridge: Numbers,
    weights: Numbers,
    move: Numbers,
    slope: float,
) -> Numbers:
    """Return the largest halving of the step that decreases the loss (Armijo)."""
    sign = 1 - 2 * happened
    at, by = table.times(weights), table.times(move)

    def loss(part: float) -> float:
        here = weights + part * move
        return float(pull @ np.logaddexp(0, sign * (at + part * by)) + ridge @ here**2 / 2)

    part, began = 1.0, loss(0.0)
    while part > 1e-6 and loss(part) > began + 1e-4 * part * slope:
        part /= 2
    return weights + part * move


def _apply_sigmoid(z: Numbers) -> Numbers:
    curve: Numbers = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return curve


# stars from which a text is happy, and up to which it is unhappy
MIN_HAPPY_STARS, MAX_UNHAPPY_STARS = 4.0, 2.0
MIN_RATED_TEXTS, MIN_TEXTS_PER_CLASS = (
    200,
    25,
)  # rated texts, and texts of the rarer class, required to train a classifier
MAX_TRAINING_TEXTS = (
    4_000  # texts used for training, sampled evenly, so that the time stays bounded
)
FOLD_COUNT = 5
MIN_AUC = 0.75  # with a lower AUC, texts without a rating get no sentiment


@dataclass(frozen=True)
class Sentiment:
    """`happy` is 1, 0 or NaN for each text. `auc` is the classifier's, None when none was needed or
    could be trained; `read` is how many texts it classified."""

    happy: NDArray[np.float64]
    auc: float | None
    taught: int
    read: int


def estimate_sentiment(theme_table: ThemeTable) -> Sentiment:
    """Return the sentiment of each text; 3 stars are neither happy nor unhappy."""
    texts = theme_table.texts
    stars = np.array([np.nan if t.rating is None else t.rating for t in texts])
    happy = np.where(
        stars >= MIN_HAPPY_STARS, 1.0, np.where(stars <= MAX_UNHAPPY_STARS, 0.0, np.nan)
    )
    asks = np.array([bool(h and h.asks) for h in theme_table.mentions], bool)
    open_ = np.flatnonzero(np.isnan(stars) & ~asks)
    taught = np.flatnonzero(np.isfinite(happy))
    rarer = min((happy[taught] == 1).sum(), (happy[taught] == 0).sum()) if len(taught) else 0
    if not len(open_) or len(taught) < MIN_RATED_TEXTS or rarer < MIN_TEXTS_PER_CLASS:
        return Sentiment(happy, None, len(taught), 0)
    if len(taught) > MAX_TRAINING_TEXTS:
        taught = taught[np.linspace(0, len(taught) - 1, MAX_TRAINING_TEXTS).astype(int)]
    good, read = _classify_unrated(theme_table, taught, happy[taught], open_)
    if good < MIN_AUC:
        return Sentiment(happy, good, len(taught), 0)
    happy[open_] = read
    return Sentiment(happy, good, len(taught), len(open_))


def _classify_unrated(
    theme_table: ThemeTable,
    taught: NDArray[np.intp],
    happy: NDArray[np.float64],
    open_: NDArray[np.intp],
) -> tuple[float, NDArray[np.float64]]:
    """Return the classifier's AUC, and its result for the texts without a rating."""
    terms = TermVectorizer([theme_table.words(i) for i in taught])
    known = terms.rows.beside(_score_tones(theme_table, taught))
    guessed = predict_out_of_fold(known, happy, FOLD_COUNT)
    unrated = terms.vectorize([theme_table.words(i) for i in open_]).beside(
        _score_tones(theme_table, open_)
    )
    return compute_auc(guessed, happy), (predict_chances(known, happy, unrated) >= 0.5).astype(
        float
    )


def _score_tones(theme_table: ThemeTable, places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the amount of praise and blame in each text, without its rating; zero for texts
    without a list."""
    mentions = [theme_table.mentions[i] for i in places]
    return np.log1p([[h.praise_words, h.blame_words] if h else [0, 0] for h in mentions])


def add_sentiment(result: AnalysisResult, texts: list[FeedbackText], sentiment: Sentiment) -> None:
    """Add feedback.all.rating, .happy-share and .unhappy-share of the rated texts; where a
    classifier judged the others, also .unrated-happy-share, .unrated-unhappy-share and
    .classifier-auc."""
    about = get_theme_title("all")
    stars = np.array([t.rating for t in texts if t.rating is not None], float)
    if len(stars):
        rated = len(stars)
        result.add(
            "all",
            "rating",
            round(float(stars.mean()), 2),
            unit="of 5",
            about=about,
            rows=rated,
            query="texts",
        )
        for measure, count in (
            ("happy-share", int((stars >= MIN_HAPPY_STARS).sum())),
            ("unhappy-share", int((stars <= MAX_UNHAPPY_STARS).sum())),
        ):
            result.add(
                "all",
                measure,
                compute_percent(count, rated),
                unit="%",
                about=about,
                rows=rated,
                query="texts",
            )
    unrated = np.array([t.rating is None for t in texts], bool)
    if not unrated.any():
        return
    if sentiment.auc is not None:
        result.add(
            "all",
            "classifier-auc",
            round(sentiment.auc, 3),
            about=about,
            rows=sentiment.taught,
            query="texts",
        )
    if not sentiment.read:
        result.add_limit(_explain_missing_sentiment(int(unrated.sum()), sentiment))
        return
    happy = int((sentiment.happy[unrated] == 1).sum())
    for measure, count in (
        ("unrated-happy-share", happy),
        ("unrated-unhappy-share", sentiment.read - happy),
    ):
        result.add(
            "all",
            measure,
            compute_percent(count, sentiment.read),
            unit="%",
            about=about,
            rows=sentiment.read,
            query="texts",
        )


def _explain_missing_sentiment(unrated: int, sentiment: Sentiment) -> Words:
    if sentiment.auc is not None:
        return Words(
            "No sentiment is shown for the {n} texts without stars: learnt from your own ratings, "
            "it would be wrong too often (AUC {auc}).",
            n=unrated,
            auc=round(sentiment.auc, 2),
        )
    return Words(
        "No sentiment is shown for the {n} texts without stars: that takes {rated} texts with "
        "stars, happy and unhappy ones, to learn from. A file of rated reviews would help.",
        n=unrated,
        rated=MIN_RATED_TEXTS,
    )
