"""Forecast who buys within a number of days: trained on the window before, evaluated on past
windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.core.half_up import round_half_up
from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.analyses.forecast.customer_history import CustomerHistory, missed_window_message
from bot.data.floors import bound_count, is_below_floor
from bot.data.stats import Numbers, compute_auc, round_figure, to_percent
from bot.i18n.messages import Words

# Logistic regression on a few features, and its Brier score.
#
# Fitted by Newton's method with a small ridge penalty (le Cessie & van Houwelingen, Applied
# Statistics 41, 1992) on standardised columns. Brier, Monthly Weather Review 78 (1950).

RIDGE = 1.0
MAX_STEPS = 50


@dataclass(frozen=True)
class LogisticModel:
    """Weights of standardised columns; the first one is the intercept."""

    weights: Numbers
    centre: Numbers
    scale: Numbers

    def chances(self, features: Numbers) -> Numbers:
        """Return one probability (0 to 1) per row."""
        chances: Numbers = _apply_sigmoid(
            _standardize(features, self.centre, self.scale) @ self.weights
        )
        return chances


def fit_logistic(features: Numbers, happened: Numbers) -> LogisticModel:
    """Fit the model. `features` is rows × columns; `happened` is 0 or 1 per row. Raises ValueError
    when all rows have the same outcome."""
    if not 0 < happened.mean() < 1:
        raise ValueError("nothing to tell apart")
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    x = _standardize(features, centre, scale)
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(MAX_STEPS):
        chance = _apply_sigmoid(x @ weights)
        slope = x.T @ (happened - chance) - ridge * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return LogisticModel(weights, centre, scale)


def compute_brier_score(chances: Numbers, happened: Numbers) -> float:
    """Return the mean squared error of the probabilities; smaller is better."""
    return float(((chances - happened) ** 2).mean())


def _apply_sigmoid(z: Numbers) -> Numbers:
    curve: Numbers = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return curve


def _standardize(features: Numbers, centre: Numbers, scale: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(features)), (features - centre) / scale])


# The forecast, tried on past windows.

MIN_AUC = 0.6  # with a lower AUC the ranking is hardly better than chance
# tolerated error in the number of buyers; with more, a campaign can't be planned on it
MAX_COUNT_ERROR = 0.25
CustomerIndex = NDArray[np.intp]  # indices of customers, in some order
MIN_BUYERS = 50  # buyers, and as many non-buyers, in each window


@dataclass(frozen=True)
class BacktestWindow:
    """A past window: the forecast of the day before it began, and what the customers did. `buyers`
    is how many bought, `predicted` how many were predicted."""

    customers: int
    buyers: int
    predicted: float
    auc: float
    brier: float
    base: float  # the Brier score of predicting the window's own rate for everybody: hard to beat
    chances: Numbers
    happened: Numbers
    simple: dict[str, float]  # buyers in the top tenth by a simple rule without a model

    @property
    def off(self) -> float:
        return self.predicted / self.buyers - 1 if self.buyers else float("inf")


@dataclass(frozen=True)
class BacktestRecord:
    """The windows, the newest first, all predicted by the same method."""

    windows: Sequence[BacktestWindow]

    @property
    def auc(self) -> float:
        return float(np.mean([w.auc for w in self.windows]))

    @property
    def brier(self) -> float:
        return float(np.average([w.brier for w in self.windows], weights=self._sizes))

    @property
    def base(self) -> float:
        return float(np.average([w.base for w in self.windows], weights=self._sizes))

    @property
    def simple(self) -> tuple[str, float]:
        """The better one of the simple rules, and the number of buyers in its top tenth."""
        names = self.windows[0].simple
        means = {
            name: float(np.average([w.simple[name] for w in self.windows], weights=self._sizes))
            for name in names
        }
        return max(means.items(), key=lambda rule: rule[1])

    @property
    def is_ranking_reliable(self) -> bool:
        """Whether the ranking may be shown: AUC of at least .6 in every window, and a better Brier
        score than the base rate overall."""
        return self.brier < self.base and all(w.auc >= MIN_AUC for w in self.windows)

    @property
    def is_count_reliable(self) -> bool:
        """Whether the number of buyers may be shown: within 25 % in every window."""
        return all(abs(w.off) <= MAX_COUNT_ERROR for w in self.windows)

    def deciles(self) -> list[tuple[int, float, float]]:
        """The customers, predicted rate and actual rate of each tenth over all windows, the most
        likely first."""
        chances = np.concatenate([w.chances for w in self.windows])
        happened = np.concatenate([w.happened for w in self.windows])
        order = np.argsort(-chances, kind="stable")
        return [
            (len(part), float(chances[part].mean()), float(happened[part].mean()))
            for part in np.array_split(order, 10)
        ]

    @property
    def _sizes(self) -> list[int]:
        return [w.customers for w in self.windows]


def backtest_repurchase(cuts: Sequence[CustomerHistory]) -> BacktestRecord | None:
    """Backtest the cutoffs 1, 2 …: each is predicted with what was learnt at the cutoff before it.
    None when a window has too few buyers, or too few others."""
    windows = []
    for now, before in pairwise(cuts[1:]):
        if not _has_enough_buyers(now) or not _has_enough_buyers(before):
            return None
        windows.append(_assess_window(now, before))
    return BacktestRecord(windows) if windows else None


def predict_chances_today(cuts: Sequence[CustomerHistory]) -> Numbers:
    """Return everybody's probability to buy in the coming days, learnt on the window that ends
    today."""
    return fit_window(cuts[1]).chances(cuts[0].features())


def fit_window(history: CustomerHistory) -> LogisticModel:
    return fit_logistic(history.features(), _has_bought(history))


def _assess_window(now: CustomerHistory, before: CustomerHistory) -> BacktestWindow:
    chances, happened = fit_window(before).chances(now.features()), _has_bought(now)
    rate, top = float(happened.mean()), max(1, len(happened) // 10)
    rules = {  # two that need no model
        "newest": np.lexsort((-now.frequency, now.recency)),
        "most": np.lexsort((now.recency, -now.frequency)),
    }
    return BacktestWindow(
        customers=len(happened),
        buyers=int(happened.sum()),
        predicted=float(chances.sum()),
        auc=compute_auc(chances, happened),
        brier=compute_brier_score(chances, happened),
        base=rate * (1 - rate),
        chances=chances,
        happened=happened,
        simple={name: float(happened[order[:top]].mean()) for name, order in rules.items()},
    )


def _has_bought(history: CustomerHistory) -> Numbers:
    assert history.next is not None  # a cutoff in the past has a window after it
    return (history.next > 0).astype(np.float64)


def _has_enough_buyers(history: CustomerHistory) -> bool:
    buyers = int(_has_bought(history).sum())
    return buyers >= MIN_BUYERS and len(history.frequency) - buyers >= MIN_BUYERS


# The facts on who buys within a number of days.

LIKELY_CHANCE = 0.5


def add_repurchase(context: AnalysisContext, cuts: Sequence[CustomerHistory], ahead: int) -> None:
    """Add facts behaviour.buy-90-days.backtest-auc, .backtest-brier, .base-rate-brier, .base-rate
    (%, who bought in the last past window), .pairs (%: how often the buyer of a pair of one buyer
    and one other ranked higher), .simple-rule and .simple-share (%, of its top tenth that bought),
    .windows; .expected-buyers with .expected-buyers-low and -high (the error of the worst window in
    both directions) and .customers-likely (probability over one half) when the number of buyers was
    right in the past; behaviour.buy-90-days-tenth-1 … 10 .customers and .bought (%), the
    most likely tenth first, in the past; behaviour.buy-90-days-top and -rest .customers, .purchases
    and .silent (days), the medians of today's most likely tenth and of everybody else; .first-day
    and .last-day of the windows."""
    record = backtest_repurchase(cuts)
    if record is None:
        context.result.add_limit(
            "In some window of {days} days fewer than {n} customers bought, or did not: too few"
            " to learn from. A longer order file would help, or a longer window.",
            days=ahead,
            n=MIN_BUYERS,
        )
        return
    if not record.is_ranking_reliable:
        context.result.add_limit(
            "Who buys within {days} days can't be told from the orders: tried on the past, the"
            " forecast was no better than the average (AUC {auc}, Brier {brier} against"
            " {base}).",
            days=ahead,
            auc=round_half_up(record.auc, 2),
            brier=round_half_up(record.brier, 3),
            base=round_half_up(record.base, 3),
        )
        return
    _add_backtest_score(context, record, ahead)
    _add_buyer_count(context, record, cuts, ahead)
    _add_deciles(context, record, ahead)
    _add_top_decile_profile(context, cuts, ahead)


def _add_backtest_score(context: AnalysisContext, record: BacktestRecord, ahead: int) -> None:
    subject, rows = f"buy-{ahead}-days", sum(w.customers for w in record.windows)
    newest = record.windows[0]
    context.result.set_group_size(subject, newest.customers)
    add = partial(context.result.add_measures, subject, about=_format_about(ahead))
    share = to_percent(newest.buyers / newest.customers)
    add(("base-rate", share, "%"), rows=newest.customers, query="histories")
    add(
        ("backtest-auc", round_figure(record.auc, 3), None),
        ("backtest-brier", round_figure(record.brier, 3), None),
        ("base-rate-brier", round_figure(record.base, 3), None),
        ("pairs", to_percent(record.auc), "%"),
        ("simple-rule", record.simple[0], None),
        ("simple-share", to_percent(record.simple[1]), "%"),
        ("windows", len(record.windows), None),
        ("first-day", context.until - timedelta(days=ahead * len(record.windows) - 1), None),
        ("last-day", context.until, None),
        rows=rows,
        query="histories",
    )


def _add_buyer_count(
    context: AnalysisContext, record: BacktestRecord, cuts: Sequence[CustomerHistory], ahead: int
) -> None:
    worst = max(record.windows, key=lambda w: abs(w.off))
    if not record.is_count_reliable:
        context.result.add_limit(
            missed_window_message(
                Words("How many will buy within {days} days", days=ahead),
                len(record.windows),
                worst.predicted,
                worst.buyers,
            )
        )
        context.result.add_limit("Who is likelier than others to buy is sound all the same.")
        return
    chances = predict_chances_today(cuts)
    subject, rows = f"buy-{ahead}-days", len(chances)
    likely = int((chances > LIKELY_CHANCE).sum())
    shown = bound_count(likely, rows, context.warehouse.floor)
    expected, off = float(chances.sum()), abs(worst.off)
    context.result.add_measures(
        subject,
        ("expected-buyers", round_figure(expected), "customers"),
        ("expected-buyers-low", round_figure(expected * (1 - off)), "customers"),
        ("expected-buyers-high", round_figure(expected * (1 + off)), "customers"),
        ("customers-likely", shown, None if isinstance(shown, str) else "customers"),
        ("backtest-worst-error", to_percent(worst.off), "%"),
        about=_format_about(ahead),
        rows=rows,
        query="histories",
    )


def _add_deciles(context: AnalysisContext, record: BacktestRecord, ahead: int) -> None:
    for n, (customers, _said, lines) in enumerate(record.deciles(), start=1):
        if customers < context.warehouse.floor:
            return
        subject, about = f"buy-{ahead}-days-tenth-{n}", f"{n} / 10"
        few = is_below_floor(round(lines * customers), context.warehouse.sales_floor)
        context.result.set_group_size(subject, customers, safe=not few)
        context.result.add_measures(
            subject,
            ("customers", customers, "customers"),
            ("bought", to_percent(lines), "%"),
            about=about,
            rows=customers,
            query="histories",
        )


def _add_top_decile_profile(
    context: AnalysisContext, cuts: Sequence[CustomerHistory], ahead: int
) -> None:
    """Add what today's most likely tenth have in common, beside the others."""
    today = cuts[0]
    order = np.argsort(-predict_chances_today(cuts), kind="stable")
    many = len(order) // 10
    if many < context.warehouse.floor:
        return
    for name, about, who in (
        ("top", Words("The likeliest tenth"), order[:many]),
        ("rest", Words("All others"), order[many:]),
    ):
        context.result.set_group_size(f"buy-{ahead}-days-{name}", len(who), len(order) - len(who))
        context.result.add_measures(
            f"buy-{ahead}-days-{name}",
            ("customers", len(who), "customers"),
            ("purchases", round_figure(float(np.median(today.frequency[who]))), None),
            ("silent", round_figure(float(np.median(today.recency[who]))), "days"),
            about=about.text,
            rows=len(who),
            query="histories",
        )


def _format_about(ahead: int) -> str:
    return f"{ahead} days"
