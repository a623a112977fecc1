"""How much today's customers will buy: BG/NBD and Gamma-Gamma, judged on windows already over."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from bot.library.behaviour import bgnbd, gamma_gamma
from bot.library.behaviour.bgnbd import Numbers
from bot.library.behaviour.seen import Seen

MEAN, WORST = 0.15, 0.25  # of the total, over all windows and in one: a plan bears that much


@dataclass(frozen=True)
class Total:
    """What was said of a window, and what came."""

    said: float
    came: float

    @property
    def off(self) -> float:
        return self.said / self.came - 1 if self.came else float("inf")


@dataclass(frozen=True)
class Forecast:
    """A total for the days to come, and the same for windows that are over, the newest first.
    `sound` is false when a fit has no maximum."""

    total: float
    windows: Sequence[Total]
    sound: bool

    @property
    def mean_off(self) -> float:
        return float(np.mean([abs(w.off) for w in self.windows]))

    @property
    def worst(self) -> Total:
        return max(self.windows, key=lambda w: abs(w.off))

    @property
    def finite(self) -> bool:
        """False where the method gave no number at all."""
        return all(isfinite(said) for said in (self.total, *(w.said for w in self.windows)))

    @property
    def right(self) -> bool:
        """Whether the past totals were: within 15 % on average, and within 25 % each."""
        return self.finite and self.mean_off <= MEAN and abs(self.worst.off) <= WORST

    @property
    def holds(self) -> bool:
        return self.sound and self.right

    @property
    def between(self) -> tuple[float, float]:
        """As far off as the worst window was, to both sides."""
        off = abs(self.worst.off)
        return self.total * (1 - off), self.total * (1 + off)


def forecasts(seen: Sequence[Seen], ahead: int) -> tuple[Forecast, Forecast]:
    """Purchases (days with one) and what they are worth in the shop's currency, in the `ahead` days
    after each day, by the customers known on it. For what somebody spends a time the first purchase
    counts as any other. Raises ValueError when on some day nobody had bought again."""
    counts, worths, sound, priced = [], [], True, True
    for each in seen:
        histories = each.histories()
        fit = bgnbd.fit(histories)
        coming = bgnbd.expected(fit, histories, ahead)
        mean = np.maximum(each.spend, 0) / each.frequency
        spent = gamma_gamma.fit(*_many(each.frequency, mean))
        counts.append(float(coming @ histories.many))
        each_worth = gamma_gamma.expected(spent, each.frequency, mean)
        worths.append(float(coming[histories.of] @ each_worth))
        sound, priced = sound and fit.sound, priced and spent.sound
    past = [(s.next, s.next_spend) for s in seen[1:]]
    came = [float(n.sum()) for n, _worth in past if n is not None]
    paid = [float(worth.sum()) for _n, worth in past if worth is not None]
    return (
        Forecast(counts[0], _windows(counts, came), sound),
        Forecast(worths[0], _windows(worths, paid), sound and priced),
    )


def _windows(said: Sequence[float], came: Sequence[float]) -> list[Total]:
    return [Total(s, real) for s, real in zip(said[1:], came, strict=True)]


def _many(frequency: Numbers, mean: Numbers) -> tuple[Numbers, Numbers]:
    """Those who bought again and paid something: the fit's customers."""
    kept = (frequency > 1) & (mean > 0)
    return frequency[kept], mean[kept]
