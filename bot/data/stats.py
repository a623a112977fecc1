"""Statistical tests and distributions: many tests at once, two shares, tails.

Python's own functions are used where they exist, because loading scipy takes longer than most
analyses. The others use scipy.special.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import erfc, lgamma, sqrt
from statistics import NormalDist
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from bot.core.half_up import round_half_up

Numbers: TypeAlias = NDArray[np.float64]
MAD_TO_SIGMA = 1.4826  # converts a median absolute deviation to a normal's standard deviation


def adjust_false_discovery(p: Numbers) -> Numbers:
    """Return for each p-value the share of false discoveries among all as small (q ≤ .10: ten per
    cent).

    Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289–300, step-up, as adjusted p-values.
    """
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(ranked)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    return np.minimum(q, 1.0)


def adjust_as_one_more(p: Numbers, family: Numbers) -> Numbers:
    """Return the same of each p-value as that of one more test among those of a family."""
    return np.array([adjust_false_discovery(np.append(family, one))[-1] for one in p])


CONFIRMED_FDR, WATCHED_P = 0.10, 0.05  # q and p up to which a difference is told


def choose_status(p: float, q: float) -> str:
    """Return "confirmed", "to watch" or "" for a p-value and its false discovery rate."""
    return "confirmed" if q <= CONFIRMED_FDR else "to watch" if p < WATCHED_P else ""


def round_p(p: float) -> float:
    """Round to four digits, and never to zero."""
    return max(float(round_half_up(float(p), 4)), 0.0001)


def to_percent(share: float) -> float:
    """0.12345 → 12.3"""
    return round_figure(100 * share, 1)


class RoundedFloat(float):
    """A number as it is shown, with the number that it was rounded from."""

    exact: float | Decimal


class RoundedInt(int):
    exact: float | Decimal


class RoundedDecimal(Decimal):
    exact: float | Decimal


@overload
def round_figure(number: float, digits: int | None = None) -> float: ...
@overload
def round_figure(number: Decimal, digits: int | None = None) -> Decimal | int: ...
def round_figure(number: float | Decimal, digits: int | None = None) -> float | Decimal:
    """Round a number for a fact, which keeps the number before that: a share or a difference of
    facts is computed from it. Twelve digits of it: the order in which rows are summed is in the
    last ones."""
    shown: RoundedInt | RoundedDecimal | RoundedFloat
    if digits is None:
        shown = RoundedInt(round_half_up(number))
    elif isinstance(number, Decimal):
        shown = RoundedDecimal(round_half_up(number, digits))
    else:
        shown = RoundedFloat(round_half_up(float(number), digits))
    shown.exact = number if isinstance(number, Decimal) else float(f"{number:.12g}")
    return shown


def compute_percent(part: float, whole: float) -> float:
    """Return percent with one decimal; 0 when `whole` is 0."""
    return round_figure(100 * float(part) / float(whole), 1) if whole else 0.0


def compare_shares(
    hits: Numbers, of: Numbers, other_hits: Numbers, other_of: Numbers, spread: Numbers
) -> Numbers:
    """Return the two-sided p-values of two equal shares, one for each pair of elements, by the
    pooled two-proportion z-test. `spread` is the overdispersion of the counts (1: binomial); it
    widens the variance. A side without rows gives 1."""
    both = of + other_of
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (hits + other_hits) / both
        error = np.sqrt(spread * pooled * (1 - pooled) * (1 / of + 1 / other_of))
        z = (hits / of - other_hits / other_of) / error
    told = np.isfinite(z)
    p: Numbers = np.where(told, 2 * normal_tail(np.abs(np.where(told, z, 0.0))), 1.0)
    return p


def normal_tail(z: Numbers | float) -> Numbers:
    """Return the probability that a standard normal variable is above z."""
    far = np.asarray(z, dtype=np.float64) / sqrt(2)
    each = [erfc(one) / 2 for one in far.ravel().tolist()]
    return np.array(each).reshape(far.shape)


def normal_quantile(share: float) -> float:
    """Return the value below which a standard normal variable is with this probability."""
    return NormalDist().inv_cdf(share)


def student_tail(value: Numbers | float, freedom: float) -> Numbers:
    """Return the probability that Student's t is above the value."""
    from scipy.special import stdtr

    return np.asarray(stdtr(freedom, -np.asarray(value)))


def student_quantile(share: float, freedom: float) -> float:
    """Return the value below which Student's t is with this probability."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def chi_square_tail(value: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, value))


def x_log_y(x: Numbers, y: Numbers | float) -> Numbers:
    """Return x ln y, and 0 where x is 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(x > 0, x, 0.0) * np.log(np.where(x > 0, y, 1.0)))


def log_gamma(z: Numbers) -> Numbers:
    """Return ln Γ of each element."""
    from scipy.special import gammaln

    return np.asarray(gammaln(z))


def binomial_cdf(hits: int, of: int, share: float) -> float:
    """Return the probability of at most this many hits."""
    from scipy.special import bdtr

    return float(bdtr(hits, of, share)) if hits < of else 1.0


def compute_auc(chances: Numbers, happened: Numbers) -> float:
    """Return the probability that a positive case was given a higher chance than a negative one
    (Mann & Whitney, Ann. Math. Stat. 18, 1947)."""
    values, places = np.unique(chances, return_inverse=True)
    counts = np.bincount(places, minlength=len(values))
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    yes = float(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return 0.5
    return float((ranks[happened > 0].sum() - yes * (yes + 1) / 2) / (yes * no))


def hypergeometric_cdf(hits: Numbers, all_: Numbers, marked: Numbers, drawn: Numbers) -> Numbers:
    """Return the probability that of `drawn` items out of `all_`, of which `marked` are marked,
    at most `hits` are marked, for each element: the hypergeometric distribution, summed from its
    ends."""
    every = [np.atleast_1d(np.asarray(one, float)) for one in (hits, all_, marked, drawn)]
    four = np.stack(np.broadcast_arrays(*every), axis=1)
    return np.array([_hypergeometric_cdf(*row) for row in four])


def hypergeometric_tail(hits: Numbers, all_: Numbers, marked: Numbers, drawn: Numbers) -> Numbers:
    """Return the probability of more than `hits`, computed from the unmarked items."""
    rest = np.asarray(all_, float) - marked
    return hypergeometric_cdf(np.asarray(drawn, float) - hits - 1, all_, rest, drawn)


def fisher_test(hits: float, of: float, other_hits: float, other_of: float) -> float:
    """Return the two-sided p-value of two equal shares: the probability of all tables that are no
    more likely than this one, given its margins. Fisher, "The Design of Experiments" (1935); ties
    as in R."""
    marked = hits + other_hits
    counts, chances = _hypergeometric_pmf(of + other_of, marked, of)
    this = chances[int(hits - counts[0])]
    return float(min(1.0, chances[chances <= this * (1 + 1e-7)].sum()))


MIN_EXPECTED = 5  # of each kind in each group; below that, two groups take the exact test


def compute_equal_shares_p(hits: Sequence[int], of: Sequence[int]) -> float:
    """Return the p-value of equal shares in several groups, by Pearson's chi-square test; of two
    groups it is the pooled two-proportion z-test, or Fisher's where few are expected. Fleiss, Levin
    and Paik, "Statistical Methods for Rates and Proportions" (2003), chapters 3 and 9."""
    told, whole = np.array(hits, float), np.array(of, float)
    pooled = told.sum() / whole.sum()
    if pooled in (0, 1):
        return 1.0
    if len(hits) == 2 and whole.min() * min(pooled, 1 - pooled) < MIN_EXPECTED:
        return fisher_test(hits[0], of[0], hits[1], of[1])
    spread = (told / whole - pooled) ** 2 * whole / (pooled * (1 - pooled))
    return chi_square_tail(float(spread.sum()), len(hits) - 1)


def compute_equal_means_p(means: Numbers, of: Numbers, spreads: Numbers) -> float:
    """Return the p-value of equal means of several groups with these standard deviations: of two
    groups by Welch's t-test (Biometrika 34, 1947, 28–35), of more, or where one is of a single
    row, with pooled deviations by the chi-square limit of the F-test."""
    errors = spreads**2 / of
    if len(means) == 2 and of.min() > 1 and (error := float(errors.sum())):
        freedom = error**2 / float((errors**2 / (of - 1)).sum())
        return 2 * float(student_tail(abs(float(np.diff(means)[0])) / sqrt(error), freedom))
    freedom = float((of - 1).sum())
    pooled = float(((of - 1) * spreads**2).sum()) / freedom if freedom > 0 else 0.0
    if not pooled:
        return 1.0 if freedom <= 0 or np.ptp(means) == 0 else 0.0
    distance = float((of * (means - np.average(means, weights=of)) ** 2).sum()) / pooled
    if len(means) == 2:
        return 2 * float(student_tail(sqrt(distance), freedom))
    return chi_square_tail(distance, len(means) - 1)


def _hypergeometric_cdf(hits: float, all_: float, marked: float, drawn: float) -> float:
    counts, chances = _hypergeometric_pmf(all_, marked, drawn)
    return float(min(1.0, chances[counts <= hits].sum()))


def _hypergeometric_pmf(all_: float, marked: float, drawn: float) -> tuple[Numbers, Numbers]:
    """Return all possible counts of marked items among the drawn ones, with their probabilities."""
    counts = np.arange(max(0.0, drawn + marked - all_), min(drawn, marked) + 1)

    def ways(of: float, these: Numbers | float) -> Numbers:
        chosen = np.asarray(these, float)
        return lgamma(of + 1) - log_gamma(chosen + 1) - log_gamma(of - chosen + 1)

    logs = ways(marked, counts) + ways(all_ - marked, drawn - counts) - ways(all_, drawn)
    return counts, np.exp(logs)


# The day on which a share changed, with its uncertainty.

LEAST_EDGE_DAYS = 3  # days that are needed on each side of a change


def find_change_point(hits: Numbers, of: Numbers, spread: float = 1.0) -> tuple[int, int] | None:
    """Return the day (its index) from which a share is different, and ± how many days. Return None
    when one share explains all days as well.

    `hits` of `of` by day, binomial. One step is assumed, where the likelihood is greatest. It
    counts when the gain exceeds what BIC demands for two parameters (Schwarz, Ann. Stat. 6 (1978)
    461–464). The interval contains 95 % of the likelihood over all days (a flat prior). `spread` is
    the overdispersion of the days compared with a binomial.
    """
    days = len(of)
    if days < 2 * LEAST_EDGE_DAYS + 1:
        return None
    before_hits, before_of = np.cumsum(hits)[:-1], np.cumsum(of)[:-1]
    gain = (
        _log_likelihood(before_hits, before_of)
        + _log_likelihood(hits.sum() - before_hits, of.sum() - before_of)
        - _log_likelihood(hits.sum(), of.sum())
    ) / spread
    gain[: LEAST_EDGE_DAYS - 1] = gain[days - LEAST_EDGE_DAYS :] = -np.inf
    best = int(gain.argmax())
    if 2 * gain[best] <= 2 * np.log(days):
        return None
    weight = np.exp(gain - gain[best])
    order = np.argsort(-weight, kind="stable")
    held = order[: int(np.searchsorted(np.cumsum(weight[order]), 0.95 * weight.sum())) + 1]
    return best + 1, int(max(abs(held - best)))


def _log_likelihood(hits: Numbers, of: Numbers) -> Numbers:
    """Return the log-likelihood at the observed share."""
    missed = of - hits
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(of > 0, hits / of, 0.0)
        other = np.where(of > 0, missed / of, 0.0)
    return x_log_y(hits, share) + x_log_y(missed, other)


# Regions in two groups, each with its own share of late parcels.


def split_two_groups(late: Numbers, due: Numbers) -> tuple[float, float, Numbers] | None:
    """Return the share of late parcels in the late regions, the share in the others, and the
    probability (0–1) that each region is a late one. Return None when one share explains all
    regions as well."""
    low, high, part = late.sum() / due.sum(), 0.0, 0.1
    one = _fit_two_groups(late, due, float(low))
    high, low = min(3 * low + 0.05, 0.9), 0.7 * low
    surely = np.zeros(len(due))
    for _ in range(500):
        odds = (
            np.log(part / (1 - part))
            + _fit_two_groups(late, due, high)
            - _fit_two_groups(late, due, low)
        )
        surely = np.exp(-np.logaddexp(0, -odds))
        part = float(np.clip(surely.mean(), 1e-6, 1 - 1e-6))
        high = _late_share((surely * late).sum(), (surely * due).sum())
        low = _late_share(((1 - surely) * late).sum(), ((1 - surely) * due).sum())
    both = np.logaddexp(
        np.log(part) + _fit_two_groups(late, due, high),
        np.log(1 - part) + _fit_two_groups(late, due, low),
    )
    if high <= low or 2 * (both.sum() - one.sum()) <= 2 * np.log(len(due)):
        return None
    return high, low, surely


def _fit_two_groups(late: Numbers, due: Numbers, share: float) -> Numbers:
    return x_log_y(late, share) + x_log_y(due - late, 1 - share)


def _late_share(late: float, due: float) -> float:
    return float(np.clip(late / due if due else 0.0, 1e-6, 1 - 1e-6))
