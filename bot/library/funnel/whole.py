"""How many visits there were and how many ended in an order: the whole way, of all and of each
device, source and country."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.library.findings import Findings, Where
from bot.library.funnel.steps import LEAST
from bot.library.funnel.visits import BY, Visits, cells, read
from bot.library.narrow import last_day
from bot.library.read import sql_later
from bot.library.shelf import Shelf
from bot.library.slugs import slug

DAYS = 28  # when none are asked for
QUERY = "funnel.whole"


def whole(shelf: Shelf, where: Where, found: Findings) -> None:
    """Facts funnel.visits-all.visits, .purchases, .conversion (%), .since and .until, over the days
    asked for, else the last 28; the same of visits-device-mobile, visits-source-…, visits-country-…
    Nothing where the events don't know both ends of the way."""
    until = last_day(shelf, "events", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    if since > until:
        return
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    query = cells(shelf, where, days)
    visits = read(shelf, query, days)
    if not {"view", "purchase"} <= set(visits.steps):
        return
    found.queries[QUERY] = sql_later(query)
    for key, about, came, bought in _counted(visits):
        _one(found, key, about, came, bought, (visits.days[0], until))


def _counted(visits: Visits) -> Iterator[tuple[str, str, int, int]]:
    every = visits.counts().sum(axis=0)
    yield "visits-all", "", int(every[0]), int(every[-1])
    for dimension in BY:
        for value in visits.values(dimension):
            some = visits.counts(visits.which(dimension, value)).sum(axis=0)
            if some[0] >= LEAST:
                yield f"visits-{dimension}-{slug(value)}", value, int(some[0]), int(some[-1])


def _one(
    found: Findings, key: str, about: str, came: int, bought: int, days: tuple[date, date]
) -> None:
    if not came:
        return
    for measure, value, unit in (
        ("visits", came, "visits"), ("purchases", bought, None),
        ("conversion", round(100 * bought / came, 2 if bought < came / 100 else 1), "%"),
        ("since", days[0], None), ("until", days[1], None),
    ):  # fmt: skip
        found.add(key, measure, value, unit=unit, about=about, rows=came, query=QUERY)
