"""Looking every day without fooling oneself: a p value that stays valid however often one looks.

The mixture sequential probability ratio test with a normal mixture. Source: Johari, Koomen,
Pekelis & Walsh, "Peeking at A/B Tests", KDD 2017, equation 8, with the running estimate's own
variance in the place of V/n.
"""

from collections.abc import Iterable
from math import exp, log, sqrt

from bot.data.analyses.experiments.effect import Arm, of_rates

EXPECTED = 0.1  # the mixture's width: a tenth of the control's rate is an effect worth finding
ENOUGH = 100  # successes of both arms before the first look: below, the variance is a guess


def always_valid(looks: Iterable[tuple[Arm, Arm]]) -> float:
    """The p after the last of the looks, each (arm, control) with everybody so far. 1.0 as long
    as too few have succeeded."""
    lowest = 1.0
    for arm, control in looks:
        if arm.successes + control.successes >= ENOUGH and arm.users and control.users:
            lowest = min(lowest, _p(arm, control))
    return lowest


def _p(arm: Arm, control: Arm) -> float:
    effect = of_rates(arm, control)
    pooled = (arm.successes + control.successes) / (arm.users + control.users)
    variance, width = effect.error**2, (EXPECTED * pooled) ** 2
    if not variance or not width:
        return 1.0
    power = width * effect.change**2 / (2 * variance * (variance + width))
    weight = log(sqrt(variance / (variance + width))) + power
    return exp(-weight) if weight > 0 else 1.0
