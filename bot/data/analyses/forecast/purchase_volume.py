"""Forecast how much today's customers will buy: BG/NBD and Gamma-Gamma, backtested on past
windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

import numpy as np

from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.analyses.forecast.customer_history import CustomerHistory
from bot.data.analyses.forecast.statistical_models import (
    fit_bgnbd,
    fit_gamma_gamma,
    predict_order_value,
    predict_purchases,
)
from bot.data.analyses.segments.segment_facts import round_to_cents
from bot.data.stats import Numbers, to_percent
from bot.i18n.messages import Words

MAX_MEAN_ERROR, MAX_WINDOW_ERROR = (
    0.15,
    0.25,
)  # of the total, over all windows and in one window: an error that a plan can tolerate


@dataclass(frozen=True)
class WindowForecast:
    """The forecast for a window, and the actual value."""

    predicted: float
    came: float

    @property
    def off(self) -> float:
        return self.predicted / self.came - 1 if self.came else float("inf")


@dataclass(frozen=True)
class VolumeForecast:
    """A total for the coming days, and the same for past windows, the newest first. `sound` is
    False when a fit has no maximum."""

    total: float
    windows: Sequence[WindowForecast]
    sound: bool

    @property
    def mean_off(self) -> float:
        return float(np.mean([abs(w.off) for w in self.windows]))

    @property
    def worst(self) -> WindowForecast:
        return max(self.windows, key=lambda w: abs(w.off))

    @property
    def is_finite(self) -> bool:
        """False where the method gave no number at all."""
        return all(isfinite(total) for total in (self.total, *(w.predicted for w in self.windows)))

    @property
    def is_accurate(self) -> bool:
        """Whether the past totals were right: within 15 % on average, and within 25 % each."""
        return (
            self.is_finite
            and self.mean_off <= MAX_MEAN_ERROR
            and abs(self.worst.off) <= MAX_WINDOW_ERROR
        )

    @property
    def is_reliable(self) -> bool:
        return self.sound and self.is_accurate

    @property
    def between(self) -> tuple[float, float]:
        """The interval: the error of the worst window in both directions."""
        off = abs(self.worst.off)
        return self.total * (1 - off), self.total * (1 + off)


def forecast_volume(
    cuts: Sequence[CustomerHistory], ahead: int
) -> tuple[VolumeForecast, VolumeForecast]:
    """Forecast purchases (days with one) and their value in the shop's currency, in the `ahead`
    days after each cutoff, by the customers known on it. For the value of a purchase the first one
    counts like any other. Raises ValueError when at some cutoff nobody had bought again."""
    counts, worths, sound, priced = [], [], True, True
    for each in cuts:
        histories = each.histories()
        fit = fit_bgnbd(histories)
        coming = predict_purchases(fit, histories, ahead)
        mean = np.maximum(each.spend, 0) / each.frequency
        spent = fit_gamma_gamma(*_select_repeat_buyers(each.frequency, mean))
        counts.append(float(coming @ histories.many))
        each_worth = predict_order_value(spent, each.frequency, mean)
        worths.append(float(coming[histories.of] @ each_worth))
        sound, priced = sound and fit.sound, priced and spent.sound
    past = [(s.next, s.next_spend) for s in cuts[1:]]
    came = [float(n.sum()) for n, _worth in past if n is not None]
    paid = [float(worth.sum()) for _n, worth in past if worth is not None]
    return (
        VolumeForecast(counts[0], _build_windows(counts, came), sound),
        VolumeForecast(worths[0], _build_windows(worths, paid), sound and priced),
    )


def _build_windows(predicted: Sequence[float], came: Sequence[float]) -> list[WindowForecast]:
    return [WindowForecast(s, real) for s, real in zip(predicted[1:], came, strict=True)]


def _select_repeat_buyers(frequency: Numbers, mean: Numbers) -> tuple[Numbers, Numbers]:
    """Return those who bought again and paid something: the customers of the fit."""
    usable = (frequency > 1) & (mean > 0)
    return frequency[usable], mean[usable]


# The facts on how much today's customers will buy.

MIN_REPEAT_BUYERS = 100  # customers who bought again, at each cutoff


def add_purchase_volume(
    context: AnalysisContext, cuts: Sequence[CustomerHistory], ahead: int
) -> None:
    """Add facts behaviour.expected-90-days.purchases, .purchases-low, .purchases-high and the same
    of .value, by today's customers, each with .purchases-backtest-error (%, mean over the windows).
    The interval is as wide as the error of the worst window. Refused when the totals were off by
    more than 15 % on average or 25 % once, or when the fit has no maximum."""
    if any((each.frequency > 1).sum() < MIN_REPEAT_BUYERS for each in cuts):
        context.result.add_limit(
            Words(
                "Fewer than {n} customers had bought more than once on some day in the past: too"
                " few to say how much will be bought. A longer order file would help.",
                n=MIN_REPEAT_BUYERS,
            )
        )
        return
    purchases, value = forecast_volume(cuts, ahead)
    rows = len(cuts[0].frequency)
    if not purchases.is_reliable:
        context.result.add_limit(_explain_missing_forecast(purchases, ahead))
        return
    _add_forecast(context, "purchases", purchases, ahead, rows)
    if context.currency is None:
        return
    if not value.is_finite:
        context.result.add_limit(
            Words("What these purchases will be worth can't be told: too few amounts differ.")
        )
        return
    if not value.is_reliable:
        context.result.add_limit(
            Words(
                "What these purchases will be worth is not shown: in one of {n} past windows"
                " {said} was expected and {came} came.",
                n=len(value.windows),
                said=round(value.worst.predicted),
                came=round(value.worst.came),
            )
        )
        return
    _add_forecast(context, "value", value, ahead, rows)


def _explain_missing_forecast(forecast: VolumeForecast, ahead: int) -> Words:
    if forecast.is_accurate or not forecast.is_finite:
        return Words(
            "How much will be bought in {days} days is not shown: customers differ too little in"
            " how they leave for the method to hold.",
            days=ahead,
        )
    return Words(
        "How much will be bought in {days} days is not shown: tried on {n} past windows, in one"
        " {said} purchases were expected and {came} came. A season can do that.",
        days=ahead,
        n=len(forecast.windows),
        said=round(forecast.worst.predicted),
        came=round(forecast.worst.came),
    )


def _add_forecast(
    context: AnalysisContext, measure: str, forecast: VolumeForecast, ahead: int, rows: int
) -> None:
    unit = "purchases" if measure == "purchases" else (context.currency or None)
    low, high = forecast.between
    subject = f"expected-{ahead}-days"
    context.result.set_group_size(subject, rows)
    context.result.add_measures(
        subject,
        *(
            (name, round(value) if unit == "purchases" else round_to_cents(Decimal(value)), unit)
            for name, value in (
                (measure, forecast.total),
                (f"{measure}-low", low),
                (f"{measure}-high", high),
            )
        ),
        (f"{measure}-backtest-error", to_percent(forecast.mean_off), "%"),
        about=f"{ahead} days",
        rows=rows,
        query="histories",
    )
