"""Find the bottleneck of each ad line, and whether it can be chance.

Each line is compared with its peers (all lines of the period): no impressions, no clicks, no
orders, sold out, or out of budget before noon. Rates are compared by exact binomial tests against
half of the peers' median, with Benjamini & Hochberg (1995) over all lines at 10 %."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Literal

import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.campaigns.ads import AdLine, AdRow, AdTotals, build_ads, sum_ads, sum_by_key
from bot.data.stats import CONFIRMED_FDR, adjust_false_discovery, binomial_cdf
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

Obstacle = Literal["unseen", "unclicked", "unbought", "sold out", "budget gone by noon"]
MIN_PEERS = 4
MAX_IMPRESSION_RATIO = 0.2  # of the peers' median impressions a day
# of its budget; a line that spends this much is not limited by missing impressions
USED_BUDGET_SHARE = 0.5
MIN_DAY_SHARE = 0.5


@dataclass(frozen=True)
class Bottleneck:
    line: AdLine
    where: Obstacle
    sums: AdTotals


def find_bottlenecks(
    lines: Mapping[AdLine, AdTotals],
    long: Mapping[AdLine, AdTotals],
    sold_out: Mapping[AdLine, AdTotals],
) -> list[Bottleneck]:
    """Return each line's first obstacle from budget to order, the costliest first. Because clicks
    and orders are few, rates are computed over `long`, the period and the one before. `sold_out`
    maps a line to what was spent since its product was sold out."""
    bottlenecks = {
        line: Bottleneck(line, "sold out", sums) for line, sums in sold_out.items() if sums.spend
    }
    for bottleneck in (
        *_find_early_exhausted(lines),
        *_find_unseen(lines),
        *_find_low_rates(lines, long, "unclicked", "clicks", "impressions"),
        *_find_low_rates(lines, long, "unbought", "orders", "clicks"),
    ):
        bottlenecks.setdefault(bottleneck.line, bottleneck)
    return sorted(bottlenecks.values(), key=lambda s: (-s.sums.spend, s.line.name))


def select_discoveries(ps: Sequence[float]) -> list[bool]:
    """Tell which p values are significant together (Benjamini & Hochberg)."""
    return [bool(q <= CONFIRMED_FDR) for q in adjust_false_discovery(np.asarray(ps, dtype=float))]


def _find_early_exhausted(lines: Mapping[AdLine, AdTotals]) -> list[Bottleneck]:
    return [
        Bottleneck(line, "budget gone by noon", sums)
        for line, sums in lines.items()
        if sums.days and sums.early / sums.days >= MIN_DAY_SHARE
    ]


def _find_unseen(lines: Mapping[AdLine, AdTotals]) -> list[Bottleneck]:
    shown = {line: sums.impressions / sums.days for line, sums in lines.items() if sums.days}
    if len(shown) < MIN_PEERS:
        return []
    middle = median(shown.values())
    return [
        Bottleneck(line, "unseen", lines[line])
        for line, a_day in shown.items()
        if a_day < MAX_IMPRESSION_RATIO * middle and _has_budget_left(lines[line])
    ]


def _has_budget_left(sums: AdTotals) -> bool:
    return not sums.budget or float(sums.spend) < USED_BUDGET_SHARE * float(sums.budget)


def _find_low_rates(
    lines: Mapping[AdLine, AdTotals],
    long: Mapping[AdLine, AdTotals],
    obstacle: Obstacle,
    hit: str,
    tried: str,
) -> list[Bottleneck]:
    """Return the lines whose rate (of two measures) is significantly below half of the lines' usual
    rate."""
    trials = {
        line: (getattr(long[line], hit), getattr(long[line], tried))
        for line in lines
        if getattr(long[line], tried) and long[line].says(hit)
    }
    rates = [hits / of for hits, of in trials.values() if hits]
    if len(rates) < MIN_PEERS:
        return []
    usual = median(rates)
    ps = [binomial_cdf(hits, of, usual / 2) for hits, of in trials.values()]
    return [
        Bottleneck(line, obstacle, lines[line])
        for line, stands in zip(trials, select_discoveries(ps), strict=True)
        if stands
    ]


# Spend on products that could no longer be bought.


def sum_spend_since_sold_out(
    warehouse: Warehouse,
    rows: ir.Table,
    sold_out_dates: Mapping[str, date],
    until: date,
    currency: str | None,
) -> dict[AdLine, AdTotals]:
    """Return what each line has cost since its product was sold out, up to a day."""
    ads: list[AdRow] = []
    for product, day in sold_out_dates.items():
        its = rows.filter(rows.product == product, rows["at"].date().between(day, until))
        wasted = sum_ads(its, None, None, None)
        ads += build_ads(r for r in fetch_rows(warehouse, wasted) if r["currency"] == currency)
    return sum_by_key(ads, lambda ad: ad.line)
