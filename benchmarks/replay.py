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

from bot.drafting import Drafted
from bot.library.findings import Where
from bot.library.shelf import Listed, Shelf
from bot.library.slugs import slug
from bot.library.trends.tested import tested
from tests.library.real import DATA, uci
from tests.library.small import small
from tests.skills import run, told

WEEKS, LEAST = 53, 19
LATER = (1, 4)


def users() -> tuple[Shelf, date]:
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
            rows.append({"order": f"d{n}", "line": 1, "at": at, "customer": "all", "product": "u",
                         "title": "Users", "quantity": thousands,
                         "amount": Decimal(1)})  # fmt: skip
    return small(last.date(), orders=rows), last.date()


def shop() -> tuple[Shelf, date]:
    shelf = uci()
    return shelf, shelf.today


def until(shelf: Shelf, day: date) -> Shelf:
    """The same shop as it was on the morning of a day."""
    con = shelf.engine.con
    con.execute(f"CREATE OR REPLACE VIEW cut AS SELECT * FROM orders WHERE \"at\" < '{day}'")
    listed = Listed("cut", (), 0, "orders.csv", day - timedelta(days=1))
    return _Cut(shelf.engine, day, {"orders": listed})


class _Cut(Shelf):
    """A shelf whose orders are a view of the others'."""

    def table(self, kind: str):  # type: ignore[no-untyped-def]
        return self.engine.table("cut") if kind == "orders" else None


def mondays(last: date) -> Iterator[date]:
    newest = last - timedelta(days=last.weekday())
    for back in range(WEEKS - 1, -1, -1):
        yield newest - timedelta(weeks=back)


def replay(name: str, shelf: Shelf, last: date) -> None:
    whole = tested(shelf, Where())
    assert whole is not None
    came = {f"{kind}-{slug(value)}": row for (kind, value), row in
            zip(whole.series.keys, whole.series.counts, strict=True)}  # fmt: skip
    at = {week: n for n, week in enumerate(whole.series.weeks)}
    counted: Counter[str] = Counter()
    quoted = ""
    for monday in mondays(last):
        made = asyncio.run(run("what moved this week?", shelf=until(shelf, monday), today=monday))
        assert isinstance(made, Drafted)
        keys = {part.key for part in made.parts}
        kind = "quiet" if "quiet" in keys else "spoke" if "moved" in keys else "could not tell"
        counted[kind] += 1
        facts = {fact.id: fact for fact in made.evidence.facts}
        claims = [id.split(".")[1] for id, fact in facts.items()
                  if id.startswith("trends.") and id.endswith(".status")
                  and fact.value in ("confirmed", "to watch")]  # fmt: skip
        for subject in claims:
            sure = str(facts[f"trends.{subject}.status"].value)
            counted[sure] += 1
            if (expected := facts.get(f"trends.{subject}.expected")) is None:
                continue
            up = float(str(facts[f"trends.{subject}.change"].value)) > 0
            for later in LATER:
                n = at.get(monday + timedelta(weeks=later - 1))
                if n is None or subject not in came:
                    counted[f"{sure}, not to be checked after {later}"] += 1
                    continue
                held = (came[subject][n] > float(str(expected.value))) == up
                counted[f"{sure}, {'held' if held else 'wrong'} after {later}"] += 1
        if any(facts[f"trends.{s}.status"].value == "confirmed" for s in claims):
            quoted = f"--- the digest of {monday} ---\n{told(made)}"
    print(f"\n== {name}: {sum(counted[k] for k in ('spoke', 'quiet', 'could not tell'))} Mondays")
    for key, n in sorted(counted.items()):
        print(f"{key}: {n}")
    print(quoted, flush=True)


def main() -> int:
    if not DATA.is_dir():
        print("The folder with real data is not beside the checkout.")
        return 1
    replay("daily users of a site", *users())
    replay("orders of a shop", *shop())
    return 0


if __name__ == "__main__":
    sys.exit(main())
