"""Reconstruct what was known of each customer on several past cutoff days, and what they bought
next.

One query covers all cutoffs. The analyses learn on one window and are evaluated on the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from bot.core.half_up import round_half_up
from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.analyses.segments.rfm import (
    DRIFTING_RHYTHMS,
    LAPSED_RHYTHMS,
    MIN_ORDERS_FOR_RHYTHM,
    MIN_RHYTHM_DAYS,
)
from bot.data.floors import is_below_floor
from bot.data.stats import Numbers, to_percent
from bot.data.warehouse.query import fetch_numbers
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words


@dataclass(frozen=True)
class CustomerHistory:
    """Customers as known on one cutoff day, one array element each, in no order. Several purchases
    on one day count as one. `next` and `next_spend` belong to the days after the cutoff, and are
    None for today."""

    frequency: Numbers  # number of purchases
    recency: Numbers  # days since the last purchase
    tenure: Numbers  # days since the first purchase
    recent: Numbers  # purchases in a window before the cutoff, as long as the forecast window
    earlier: Numbers  # purchases in the window before that
    spend: Numbers
    next: Numbers | None
    next_spend: Numbers | None

    def features(self) -> Numbers:
        """Eight feature columns for a regression."""
        often = self.frequency / (self.tenure + 1)
        columns = [
            np.log1p(self.frequency),
            np.log1p(self.recency),
            np.log1p(self.tenure),
            self.recency / (self.tenure + 1),
            np.log1p(self.recent),
            np.log1p(self.earlier),
            np.log1p(np.maximum(self.spend, 0)),
            np.log1p(self.recency * often),  # the time since the last purchase, in own gaps
        ]
        return np.stack(columns, axis=1)


def build_customer_table(days: ir.Table, until: date, ahead: int, cuts: int) -> ir.Table:
    """Return one row per customer, for the cutoffs 0, 1 … `cuts` times `ahead` days before `until`
    (0: on that day). `days` has customer, day and amount, one row per day with purchases. The
    columns of cutoff k are n_k (purchases), age_k (days from the last one to `until`) and spend_k;
    buys_k and worth_k belong to the `ahead` days that end at the cutoff; `first` is the age of the
    first purchase."""
    aged = days.mutate(age=ibis.literal(until).delta(days.day, unit="day"))
    aged = aged.filter(aged.age >= 0).mutate(worth=_.amount.cast("float64"))
    columns: dict[str, ir.Value] = {"first": aged.age.max()}
    for k in range(cuts + 1):
        known = aged.age >= k * ahead
        window = known & (aged.age < (k + 1) * ahead)
        columns[f"n_{k}"] = aged.count(where=known)
        columns[f"age_{k}"] = aged.age.min(where=known)
        columns[f"spend_{k}"] = aged.worth.sum(where=known).fill_null(0.0)
        columns[f"buys_{k}"] = aged.count(where=window)
        columns[f"worth_{k}"] = aged.worth.sum(where=window).fill_null(0.0)
    last = (aged.age >= (cuts + 1) * ahead) & (aged.age < (cuts + 2) * ahead)
    columns[f"buys_{cuts + 1}"] = aged.count(where=last)
    histories = aged.group_by("customer").aggregate(**columns)
    # in one order, so that ties are broken in the same way each time
    return histories.order_by("customer").drop("customer")


def read_customer_history(
    warehouse: Warehouse, table: ir.Table, ahead: int, cuts: int
) -> Sequence[CustomerHistory]:
    """Read the rows of `build_customer_table` by cutoff: [0] is today."""
    column = fetch_numbers(warehouse, table)
    return [_select_cutoff(column, k, ahead) for k in range(cuts + 1)]


def _select_cutoff(column: dict[str, Numbers], k: int, ahead: int) -> CustomerHistory:
    known = column[f"n_{k}"] > 0
    back = float(k * ahead)
    return CustomerHistory(
        frequency=column[f"n_{k}"][known],
        recency=column[f"age_{k}"][known] - back,
        tenure=column["first"][known] - back,
        recent=column[f"buys_{k}"][known],
        earlier=column[f"buys_{k + 1}"][known],
        spend=column[f"spend_{k}"][known],
        next=column[f"buys_{k - 1}"][known] if k else None,
        next_spend=column[f"worth_{k - 1}"][known] if k else None,
    )


# Find customers who are silent for longer than usual, and backtest what that meant.
#
# The groups are those of the segments: from three purchases on a customer's own mean gap counts,
# else the shop's typical one; it is never shorter than half of that, nor than 14 days.


@dataclass(frozen=True)
class RhythmGroup:
    """Customers who bought more than once, over all past cutoff days: how many, and how many of
    them bought in the following window."""

    customers: int
    bought: int

    @property
    def share(self) -> float:
        return self.bought / self.customers


def compute_rhythm_groups(
    past_cuts: Sequence[CustomerHistory],
) -> tuple[RhythmGroup, RhythmGroup, RhythmGroup]:
    """Return three groups: within their rhythm, silent for 2 to 3 rhythms, silent for longer.
    `past_cuts` are the cutoffs whose windows are over."""
    counts = np.zeros((3, 2))
    for seen in past_cuts:
        assert seen.next is not None  # a cutoff in the past has a window after it
        silent, back = _count_gaps(seen), seen.frequency > 1
        on_time, left = silent <= DRIFTING_RHYTHMS, silent > LAPSED_RHYTHMS
        for n, group in enumerate((on_time, ~on_time & ~left, left)):
            counts[n] += (group & back).sum(), (group & back & (seen.next > 0)).sum()
    on, drifting, gone = (RhythmGroup(int(all_), int(lines)) for all_, lines in counts)
    return on, drifting, gone


def _count_gaps(history: CustomerHistory) -> Numbers:
    """Return the time since the last purchase, in gaps of the customer."""
    gap = (history.tenure - history.recency) / np.maximum(history.frequency - 1, 1)
    back = gap[(history.frequency > 1) & (gap > 0)]
    typical = max(MIN_RHYTHM_DAYS, float(np.median(back))) if len(back) else MIN_RHYTHM_DAYS
    own = np.maximum(gap, max(MIN_RHYTHM_DAYS, typical / 2))
    pace: Numbers = history.recency / np.where(
        history.frequency >= MIN_ORDERS_FOR_RHYTHM, own, typical
    )
    return pace


def missed_window_message(what: Words, windows: int, expected: float, came: float) -> Words:
    """Return why a forecast is not shown that was wrong in one of the past windows."""
    return Words(
        "{what} is not shown: tried on {n} past windows, in one it came to {came} where {expected}"
        " was expected. A season can do that.",
        what=what,
        n=windows,
        came=round_half_up(came),
        expected=round_half_up(expected),
    )


# The facts on churn: what silence meant in the past.

MIN_CUSTOMERS = 50  # customers of a group, over all windows
RHYTHM_GROUPS = (
    ("in-rhythm", Words("Within their rhythm")),
    ("drifting", Words("Silent for 2 to 3 times their usual gap")),
    ("silent-longer", Words("Silent for longer")),
)


def add_churn(context: AnalysisContext, past_cuts: Sequence[CustomerHistory], ahead: int) -> None:
    """Add facts behaviour.in-rhythm-60-days.bought (%, in past windows), .customers, .windows,
    .days, and the same for drifting and silent-longer, for customers who had bought more than once.
    Refused when a group had fewer than 50 customers."""
    groups = compute_rhythm_groups(past_cuts)
    if any(group.customers < max(MIN_CUSTOMERS, context.warehouse.floor) for group in groups):
        context.result.add_limit(
            "What a long silence meant in the past can't be told: too few customers had bought"
            " more than once. A longer order file would help."
        )
        return
    for group, (name, about) in zip(groups, RHYTHM_GROUPS, strict=True):
        subject = f"{name}-{ahead}-days"
        left = group.customers - group.bought
        few = any(is_below_floor(n, context.warehouse.sales_floor) for n in (group.bought, left))
        context.result.set_group_size(subject, group.customers, safe=not few)
        context.result.add_measures(
            subject,
            ("bought", to_percent(group.share), "%"),
            ("customers", group.customers, "customers"),
            ("windows", len(past_cuts), None),
            ("days", ahead, "days"),
            about=about.text,
            rows=group.customers,
            query="histories",
        )
