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

from bot.data.analyses.forecast.bgnbd import Numbers, PurchaseHistories, group_histories
from bot.data.warehouse.query import fetch_numbers
from bot.data.warehouse.warehouse import Warehouse


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

    def histories(self) -> PurchaseHistories:
        """Return the histories for BG/NBD, in days."""
        return group_histories(self.frequency - 1, self.tenure - self.recency, self.tenure)


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
    return aged.group_by("customer").aggregate(**columns).drop("customer")


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
