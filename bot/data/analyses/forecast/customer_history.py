"""What was known of each customer on several days in the past, and what they did next.

One query for all of these days: the analyses learn on one window, are judged on the next.
"""

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
    """Customers as they were known on one day, one element each, in no order. Days on which they
    bought count as one purchase each. `next` and `next_spend` are those of the days after: None
    today."""

    frequency: Numbers  # purchases
    recency: Numbers  # days since the last
    tenure: Numbers  # days since the first
    recent: Numbers  # purchases in the last so many days, as many as are looked ahead
    earlier: Numbers  # in as many days before these
    spend: Numbers
    next: Numbers | None
    next_spend: Numbers | None

    def features(self) -> Numbers:
        """Eight columns for a regression."""
        often = self.frequency / (self.tenure + 1)
        columns = [
            np.log1p(self.frequency),
            np.log1p(self.recency),
            np.log1p(self.tenure),
            self.recency / (self.tenure + 1),
            np.log1p(self.recent),
            np.log1p(self.earlier),
            np.log1p(np.maximum(self.spend, 0)),
            np.log1p(self.recency * often),  # how many of their own gaps they have been silent
        ]
        return np.stack(columns, axis=1)

    def histories(self) -> PurchaseHistories:
        """As BG/NBD wants them, in days."""
        return group_histories(self.frequency - 1, self.tenure - self.recency, self.tenure)


def build_customer_table(days: ir.Table, until: date, ahead: int, cuts: int) -> ir.Table:
    """One row a customer, for the days 0, 1 … `cuts` times `ahead` days before `until` (0: on that
    day). days: customer, day, amount, one row a day with purchases. Columns of the cut k: n_k
    (purchases), age_k (how many days before `until` the last was), spend_k; buys_k and worth_k are
    those of the `ahead` days that end at the cut; first is the age of the first."""
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
    """The rows of `table`, by cut: [0] is today."""
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
