"""Since when one campaign, audience or placement sells worse than it did itself."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.campaigns.fact_builder import adder
from bot.data.analyses.result import Findings
from bot.data.stats import Numbers, since
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf

DAYS = 70  # looked back over
ENOUGH = 20  # orders in them


def turned(
    shelf: Shelf, found: Findings, rows: ir.Table, until: date, of: tuple[str, str], subject: str
) -> None:
    """Adds since and since-days (±) to the subject, where fewer of its clicks end in an order
    from one day on. `rows` have all days; `of` is a dimension and its value."""
    days, counts = _by_day(shelf, rows, until, of)
    if counts is None or counts[:, 1].sum() < ENOUGH:
        return
    clicks, orders = counts[:, 0], np.minimum(counts[:, 1], counts[:, 0])
    began = since(orders, clicks, _spread(orders, clicks))
    if began is None or not _fell(orders, clicks, began[0]):
        return
    add = adder(found, subject, of[1], len(days), "compared")
    add("since", days[began[0]])
    add("since-days", began[1], "days")


def _by_day(
    shelf: Shelf, rows: ir.Table, until: date, of: tuple[str, str]
) -> tuple[list[date], Numbers | None]:
    first = until - timedelta(days=DAYS - 1)
    day = rows["at"].date()
    mine = rows.filter(
        rows[of[0]] == of[1], day.between(ibis.literal(first), ibis.literal(until))
    ).mutate(day=rows["at"].date())
    sums = rows_of(
        shelf,
        mine.group_by("day").aggregate(
            clicks=mine.clicks.fill_null(0).sum(), orders=mine.orders.fill_null(0).sum()
        ),
    )
    if not sums:
        return [], None
    begun = min(row["day"] for row in sums)
    days = [begun + timedelta(days=n) for n in range((until - begun).days + 1)]
    counts = np.zeros((len(days), 2))
    for row in sums:
        counts[(row["day"] - begun).days] = float(row["clicks"]), float(row["orders"])
    return days, counts


def _fell(orders: Numbers, clicks: Numbers, at: int) -> bool:
    before, after = (
        orders[part].sum() / max(clicks[part].sum(), 1.0)
        for part in (slice(0, at), slice(at, None))
    )
    return bool(after < before)


def _spread(orders: Numbers, clicks: Numbers) -> float:
    """How many times more than coins the days vary from one to the next, so that the one change
    that is looked for does not count as unrest (Rice, Ann. Stat. 12 (1984) 1215–1230)."""
    kept = clicks > 0
    share = orders[kept].sum() / max(clicks[kept].sum(), 1.0)
    if kept.sum() < 3 or not 0 < share < 1:
        return 1.0
    rates, of = orders[kept] / clicks[kept], clicks[kept]
    gaps = np.diff(rates) ** 2 / (share * (1 - share) * (1 / of[1:] + 1 / of[:-1]))
    return max(1.0, float(gaps.mean()))
