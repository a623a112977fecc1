"""Where each line of advertising sticks, and whether that can be chance.

Each line is held against its peers (all lines of the period): unseen, unclicked, unbought, sold
out, or out of budget before noon. Rates are held by exact binomial tests against half of the
peers' median, Benjamini & Hochberg (1995) over all lines at 10 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from bot.data.analyses.campaigns.ads import Line, Sums
from bot.data.stats import binomial_upto, false_discovery

Where = Literal["unseen", "unclicked", "unbought", "sold out", "budget gone by noon"]
LEAST_PEERS = 4
UNSEEN = 0.2  # of the peers' median impressions a day
USED = 0.5  # of its budget: a line that spends it is not kept from being seen
HALF_OF_DAYS = 0.5
RATE = 0.10
FEW = 5  # orders below which a return on spend is chance
GOOD = 20  # orders from which a line may be called the best


@dataclass(frozen=True)
class Stuck:
    line: Line
    where: Where
    sums: Sums
    peers: float | None = None  # the peers' median of what is too low, in the measure's unit
    p: float | None = None


def stuck(
    lines: Mapping[Line, Sums], long: Mapping[Line, Sums], sold_out: Mapping[Line, Sums]
) -> list[Stuck]:
    """Each line's first obstacle on the way from budget to order. Clicks and orders are few, so
    rates are read over `long`, the period and the one before; `sold_out` has what was spent since
    each could no longer be bought. The costliest first."""
    found = {line: Stuck(line, "sold out", sums) for line, sums in sold_out.items() if sums.spend}
    for one in (*_early(lines), *_unseen(lines), *_unclicked(lines, long), *_unbought(lines, long)):
        found.setdefault(one.line, one)
    return sorted(found.values(), key=lambda s: (-s.sums.spend, s.line.name))


def best(lines: Mapping[Line, Sums]) -> tuple[Line, Sums] | None:
    """The line with the highest return among those with enough orders to tell."""
    enough = [(line, s) for line, s in lines.items() if s.orders >= GOOD and s.returned]
    return max(enough, key=lambda pair: pair[1].returned or 0, default=None)


def by_chance(lines: Mapping[Line, Sums]) -> list[tuple[Line, Sums]]:
    """Lines whose return looks better than the best one's, from fewer orders than tell anything."""
    top = best(lines)
    if top is None or top[1].returned is None:
        return []
    return [
        (line, sums)
        for line, sums in lines.items()
        if sums.orders < FEW and sums.returned and sums.returned > top[1].returned
    ]


def held_back(ps: Sequence[float], rate: float = RATE) -> list[bool]:
    """Which of the p values stand at this false discovery rate (Benjamini & Hochberg)."""
    return [bool(q <= rate) for q in false_discovery(np.asarray(ps, dtype=float))]


def _early(lines: Mapping[Line, Sums]) -> list[Stuck]:
    return [
        Stuck(line, "budget gone by noon", sums)
        for line, sums in lines.items()
        if sums.days and sums.early / sums.days >= HALF_OF_DAYS
    ]


def _unseen(lines: Mapping[Line, Sums]) -> list[Stuck]:
    shown = {line: sums.impressions / sums.days for line, sums in lines.items() if sums.days}
    if len(shown) < LEAST_PEERS:
        return []
    middle = median(shown.values())
    return [
        Stuck(line, "unseen", lines[line], peers=middle)
        for line, a_day in shown.items()
        if a_day < UNSEEN * middle and _has_budget_left(lines[line])
    ]


def _has_budget_left(sums: Sums) -> bool:
    return not sums.budget or float(sums.spend) < USED * float(sums.budget)


def _unclicked(lines: Mapping[Line, Sums], long: Mapping[Line, Sums]) -> list[Stuck]:
    said = [x for x in lines if long[x].impressions and long[x].says("clicks")]
    tried = {x: (long[x].clicks, long[x].impressions) for x in said}
    return _too_low(lines, tried, "unclicked")


def _unbought(lines: Mapping[Line, Sums], long: Mapping[Line, Sums]) -> list[Stuck]:
    said = [x for x in lines if long[x].clicks and long[x].says("orders")]
    tried = {x: (long[x].orders, long[x].clicks) for x in said}
    return _too_low(lines, tried, "unbought")


def _too_low(
    lines: Mapping[Line, Sums], tried: Mapping[Line, tuple[int, int]], where: Where
) -> list[Stuck]:
    """Those whose rate is surely below half of what is usual among the lines."""
    rates = [hits / of for hits, of in tried.values() if hits]
    if len(rates) < LEAST_PEERS:
        return []
    usual = median(rates)
    ps = [binomial_upto(hits, of, usual / 2) for hits, of in tried.values()]
    return [
        Stuck(line, where, lines[line], peers=usual, p=p)
        for (line, p), stands in zip(zip(tried, ps, strict=True), held_back(ps), strict=True)
        if stands
    ]
