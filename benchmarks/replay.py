"""A year of real weeks told one by one: how many digests spoke, what they claimed, what held.

`python -m benchmarks.replay` reads two sets from the folder beside the checkout: a site's daily
users (as units) and a shop's orders. A claim of a Monday is that a series lies above or below what
was expected; it held if it was still on that side of the same expectation one and four weeks on.
"""

import asyncio
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from bot.agent.pipeline import DraftResult
from bot.core.facts import Source
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends import weekly_series
from bot.data.stats import Numbers
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import ListedTable, Warehouse
from bot.text.normalize import slugify
from tests.support.paths import DATA
from tests.support.real_orders import uci
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

WEEKS = 53
LATER = (1, 4)
SOLD = """
SELECT product, date_trunc('week', "at")::DATE, sum(quantity) FROM orders
WHERE quantity > 0 AND amount >= 0 AND product IS NOT NULL GROUP BY ALL"""


def users() -> tuple[Warehouse, date]:
    """The site's days as one order a day, its users (in thousands) as units."""
    rows: list[dict[str, object]] = []
    last = datetime(2000, 1, 1)
    path = DATA / "upworthy_ga_daily_users.csv"
    with path.open(encoding="utf-8-sig") as file:
        for n, row in enumerate(csv.DictReader(file)):
            try:
                at = datetime.strptime(row["Day Index"], "%m/%d/%y")
            except ValueError:
                continue
            last = max(last, at)
            thousands = float(row["Users"].replace(",", "")) / 1000
            rows.append(
                {
                    "order": f"d{n}",
                    "line": 1,
                    "at": at,
                    "product": "u",
                    "title": "Users",
                    "quantity": thousands,
                    "amount": Decimal(1),
                }
            )
    return small(last.date(), orders=rows), last.date()


def shop() -> tuple[Warehouse, date]:
    shelf = uci()
    return shelf, shelf.today


def until(shelf: Warehouse, day: date) -> Warehouse:
    """The same shop as it was on the morning of a day."""
    con = shelf.engine.con
    con.execute(f"CREATE OR REPLACE VIEW cut AS SELECT * FROM orders WHERE \"at\" < '{day}'")
    listed = ListedTable("orders", (), 0, Source("orders.csv"), day - timedelta(days=1))
    return _Cut(shelf.engine, day, {"orders": listed})


class _Cut(Warehouse):
    """A shelf whose orders are a view of the others'."""

    def table(self, kind: str):  # type: ignore[no-untyped-def]
        return self.engine.table("cut") if kind == "orders" else None


def mondays(last: date) -> Iterator[date]:
    newest = last - timedelta(days=last.weekday())
    for back in range(WEEKS - 1, -1, -1):
        yield newest - timedelta(weeks=back)


def replay(name: str, shelf: Warehouse, last: date) -> None:
    came, at = _came(shelf)
    counted: Counter[str] = Counter()
    quoted = ""
    for monday in mondays(last):
        made = asyncio.run(run("what moved this week?", shelf=until(shelf, monday), today=monday))
        assert isinstance(made, DraftResult)
        keys = {part.key for part in made.parts}
        kind = "quiet" if "quiet" in keys else "spoke" if "headline" in keys else "could not tell"
        counted[kind] += 1
        for subject, sure, up, foretold in _claims(made):
            what = f"{sure}, {'product' if subject.startswith('product-') else 'whole'}"
            counted[what] += 1
            for later in LATER:
                n = at.get(monday + timedelta(weeks=later - 1))
                if n is None:
                    counted[f"{what}, not to be checked after {later}"] += 1
                    continue
                held = (came[subject][n] > foretold) == up
                counted[f"{what}, {'held' if held else 'wrong'} after {later}"] += 1
                if not held:
                    print(f"  wrong after {later}: {monday}, {what}, {subject}, up: {up}")
        if kind == "spoke":
            quoted = f"--- the digest of {monday} ---\n{collect_text(made)}"
    print(f"\n== {name}: {sum(counted[k] for k in ('spoke', 'quiet', 'could not tell'))} Mondays")
    for key, n in sorted(counted.items()):
        print(f"{key}: {n}")
    print(quoted, flush=True)


def _claims(made: DraftResult) -> Iterator[tuple[str, str, bool, float]]:
    """What a digest told of sales: the series, how sure, whether it rose, what was expected."""
    facts = {fact.id: fact.value for fact in made.evidence.facts}
    for id, value in facts.items():
        kind, subject, measure = id.split(".")
        foretold = facts.get(f"trends.{subject}.expected")
        if (kind, measure) == ("trends", "status") and foretold is not None:
            up = float(str(facts[f"trends.{subject}.change"])) > 0
            yield subject, str(value), up, float(str(foretold))


def _came(shelf: Warehouse) -> tuple[dict[str, Numbers], dict[date, int]]:
    """Every series of the whole file by the subject of its facts; and the places of the weeks."""
    where = AnalysisFilter()
    weeks = weekly_series.list_mondays(shelf, where)
    queries = (
        weekly_series.build_line_series(shelf, where, weeks, None),
        weekly_series.build_order_series(shelf, where, weeks, None),
    )
    series = weekly_series.arrange_series(
        [row for one in queries for row in fetch_rows(shelf, one)], weeks
    )
    names = [f"{kind}-{slugify(value)}" for kind, value in series.keys]
    found = dict(zip(names, series.counts, strict=True))
    found["total-revenue"] = series.worth[series.keys.index(("total", "orders"))]
    at = {week: n for n, week in enumerate(weeks)}
    sold = shelf.engine.con.execute(SOLD).fetchall()  # those too small to be told as well
    for product in {product for product, _, _ in sold}:
        found[f"product-{slugify(product)}"] = np.zeros(len(weeks))
    for product, week, units in sold:
        if week in at:
            found[f"product-{slugify(product)}"][at[week]] += units
    return found, at


def main() -> int:
    if not DATA.is_dir():
        print("The folder with real data is not beside the checkout.")
        return 1
    replay("daily users of a site", *users())
    replay("orders of a shop", *shop())
    return 0


if __name__ == "__main__":
    sys.exit(main())
