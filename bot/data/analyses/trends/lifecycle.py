"""What a single product's own life explains: its season, its first months, the end of its peak.

A category sells all year; a single product comes and goes. What it does is a finding that stands
("confirmed") only where the year it has behind it speaks against all of these, by rules of thumb
of the trade rather than by a test:

- it sold in the same weeks of last year, so that its season is known;
- its year was not one season: no third of the year has more than six tenths of its sales;
- where it fell, it fell below what it sold in any eight weeks of the year: back to where it stood
  before its peak is the end of the peak.
"""

import numpy as np

from bot.data.analyses.trends.baseline import LEVEL
from bot.data.analyses.trends.expectation import Surprise
from bot.data.stats import Numbers

YEAR, THIRD = 52, 17  # weeks
ONE_SEASON = 0.6  # of the year's sales in a third of it; a third is even, and doubling a year 0.45
MOST_OF = 0.75  # of last year's weeks, in which it must have sold


def explained(counts: Numbers, told: Surprise) -> list[bool]:
    """For each series (series × weeks) whether its life may be all there is to its move."""
    return [_explained(row, int(told.span[n]), told.change[n] < 0) for n, row in enumerate(counts)]


def _explained(weeks: Numbers, span: int, fell: bool) -> bool:
    before, came = weeks[:-span], weeks[-span:].mean()
    year = before[-YEAR:]
    last_year = weeks[-YEAR - span - LEVEL : -YEAR]
    if len(last_year) < span + LEVEL or (last_year > 0).mean() < MOST_OF:
        return True
    if _most(year, THIRD) > ONE_SEASON * year.sum():
        return True
    return bool(fell and came >= _least(year[:-LEVEL], LEVEL))


def _most(weeks: Numbers, of: int) -> float:
    """The most that so many weeks in a row have together."""
    return float(np.convolve(weeks, np.ones(of), "valid").max())


def _least(weeks: Numbers, of: int) -> float:
    """The lowest mean of so many weeks in a row."""
    return float(np.convolve(weeks, np.ones(of) / of, "valid").min())
