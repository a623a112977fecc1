"""All series that can be told, tested at once; the one chart of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import Where
from bot.data.analyses.trends.baseline import LEVEL
from bot.data.analyses.trends.expectation import Surprise, expected, surprise
from bot.data.analyses.trends.lifecycle import explained
from bot.data.analyses.trends.onset import since
from bot.data.analyses.trends.weekly import (
    Key,
    Weekly,
    arranged,
    buyers,
    by_line,
    by_order,
    by_segment,
    mondays,
)
from bot.data.disclosure import TOTAL as WHOLE
from bot.data.ingest.truncation import Ending, ending
from bot.data.metrics.currency import currencies
from bot.data.stats import false_discovery
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf

LEAST = 30  # units or orders a week, in the median of the level's weeks
SIZE = 0.10  # a smaller change is no news
CONFIRMED = 0.10  # false discovery rate
WATCHED = 0.05  # p
TOTAL: Key = ("total", "orders")
SHOWN = 26  # weeks of a chart


@dataclass(frozen=True)
class Tested:
    """`series` are those tested; `left` counts those too small for it, `small` are those of
    these that still sell. `status` is "confirmed", "to watch" or "" for each; `alone` says which
    are to watch only because they are single products, whose lives explain much."""

    series: Weekly
    found: Surprise | None  # None: too few weeks
    status: list[str]
    alone: list[bool]
    since: list[date]
    left: int
    queries: dict[str, ir.Table]
    currencies: list[str]
    small: list[Key]
    people: Mapping[Key, int]  # customers behind each series in the last half year
    withheld: int  # series that too few customers are behind, or that would give one away
    ended: Ending | None = None  # before the last row


def tested(shelf: Shelf, where: Where) -> Tested | None:
    """Every weekly series held against what was expected; None without one whole week."""
    ended = ending(shelf)
    weeks = mondays(shelf, where, ended)
    if not weeks:
        return None
    named = currencies(shelf, "orders")
    queries = _queries(shelf, where, weeks, named[0] if named else None)
    rows = [row for query in queries.values() for row in rows_of(shelf, query)]
    series = _with_revenue(arranged(rows, weeks))
    lively = _lively(series)
    people = _people(shelf, where, weeks, [series.keys[row] for row in lively])
    safe = [row for row in lively if series.keys[row] in people]
    withheld, lively = len(lively) - len(safe), safe
    kept = series.only(lively)
    found = surprise(kept.counts, weeks, kept.sizes) if lively else None
    status, alone = judged(kept, found) if found else ([""] * len(lively), [False] * len(lively))
    return Tested(
        series=kept,
        found=found,
        status=status,
        alone=alone,
        since=since(kept.counts, weeks, kept.sizes) if found else [],
        left=len(series.keys) - len(lively) - withheld,
        queries=queries,
        currencies=named,
        small=_small(series, set(lively)),
        people=people,
        withheld=withheld,
        ended=ended,
    )


def series(
    shelf: Shelf, dimension: str, value: str, where: Where | None = None
) -> list[tuple[date, float, float | None]]:
    """One series for a chart: Monday, what came (units, orders; of ("total", "revenue") money),
    what was expected. Expected is None for the first eight weeks; the whole list is empty when
    the series is not there or too small to be told."""
    all_of = tested(shelf, where or Where())
    if all_of is None or (dimension, value) not in all_of.series.keys:
        return []
    row = all_of.series.keys.index((dimension, value))
    foretold = expected(all_of.series.counts, all_of.series.weeks, all_of.series.sizes)[row]
    came = all_of.series.counts[row]
    return [
        (week, round(float(one), 2), None if np.isnan(other) else round(float(other), 1))
        for week, one, other in zip(all_of.series.weeks, came, foretold, strict=True)
    ]


def _queries(
    shelf: Shelf, where: Where, weeks: list[date], currency: str | None
) -> dict[str, ir.Table]:
    made = {
        "trends.units": by_line(shelf, where, weeks, currency),
        "trends.orders": by_order(shelf, where, weeks, currency),
    }
    people = shelf.table("consents")
    if people is not None:
        named = rows_of(shelf, people.aggregate(named=people.segment.count()))[0]["named"]
        if named:
            made["trends.segments"] = by_segment(shelf, where, weeks, currency)
    return made


def _people(shelf: Shelf, where: Where, weeks: list[date], keys: list[Key]) -> dict[Key, int]:
    """The series that may be told, with how many customers are behind each."""
    if not keys:
        return {}
    named = [key for key in keys if key[0] != "total"]
    known = buyers(shelf, where, weeks[-SHOWN:], {dimension for dimension, _value in named})
    told = known.told(named, shelf.sales_floor)
    every = known.count(known.which(WHOLE))
    found = {key: known.count(known.which(key)) for key in named if key in told}
    return found | ({key: every for key in keys if key[0] == "total"} if WHOLE in told else {})


def _with_revenue(series: Weekly) -> Weekly:
    """The revenue of all orders as one more series. An order's worth varies about as much as it
    is, which makes revenue as uncertain as half as many orders."""
    if TOTAL not in series.keys:
        return series
    row = series.keys.index(TOTAL)
    worth, half = series.worth[row], series.counts[row] / 2
    return Weekly(
        [*series.keys, ("total", "revenue")],
        series.weeks,
        np.vstack([series.counts, worth]),
        np.vstack([series.worth, worth]),
        np.vstack([series.sizes, half]),
    )


def _lively(series: Weekly) -> list[int]:
    """The series with at least thirty a week; revenue goes with the orders."""
    before = series.counts[:, -LEVEL - 1 : -1]
    if not before.shape[1]:
        return []
    enough = np.median(before, axis=1) >= LEAST
    for row, key in enumerate(series.keys):
        if key == ("total", "revenue"):
            enough[row] = enough[series.keys.index(TOTAL)]
    return [int(row) for row in np.flatnonzero(enough)]


def _small(series: Weekly, lively: set[int]) -> list[Key]:
    """Those left out that sold in most of the last eight weeks."""
    middle = np.median(series.counts[:, -LEVEL:], axis=1) if series.keys else np.zeros(0)
    left = [row for row in range(len(series.keys)) if row not in lively]
    return [series.keys[row] for row in left if middle[row] >= 1]


def judged(series: Weekly, found: Surprise) -> tuple[list[str], list[bool]]:
    """How sure each is, and whether it would be surer were it no single product.

    Products are a family of their own: hundreds of them would set the bar for the ten series that
    matter most, or lower it (Efron, Ann. Appl. Stat. 2 (2008) 197–223). Of hundreds, one in twenty
    has p < .05 by chance, so even to watch is only what stands after counting them; and what its
    own life may explain is to watch at most."""
    goods = np.array([key[0] == "product" for key in series.keys])
    q = np.ones(len(goods))
    for family in (goods, ~goods):
        q[family] = false_discovery(found.p[family])
    stands = (q <= CONFIRMED) & (np.abs(found.change) >= SIZE)
    watched = (found.p < WATCHED) & (np.abs(found.change) >= SIZE) & ~goods
    alone = stands & goods & np.array(explained(series.counts, found))
    status = np.where(stands & ~alone, "confirmed", np.where(alone | watched, "to watch", ""))
    return [str(one) for one in status], [bool(one) for one in alone]
