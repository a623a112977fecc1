"""How many visits there were and how many ended in an order: the whole way, of all and of each
device, source and country."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.data.analyses.funnel.steps import LEAST
from bot.data.analyses.funnel.visits import BY, Visits, counted, read, sessions, visitors
from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import TOTAL, Value
from bot.data.metrics.filters import last_day
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.warehouse import Shelf
from bot.text.slugs import slug

DAYS = 28  # when none are asked for
QUERY = "funnel.whole"


def whole(shelf: Shelf, where: Where, found: Findings, laid: Laid) -> None:
    """Facts funnel.visits-all.visits, .purchases, .conversion (%), .since and .until, over the days
    asked for, else the last 28; the same of visits-device-mobile, visits-source-…, visits-country-…
    Nothing where the events don't know both ends of the way. Where too few bought, .visits alone;
    what too few people are behind is in visits-others-device … alone."""
    until = last_day(shelf, "events", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    if since > until:
        return
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    came = laid.down("whole", sessions(shelf, where, days))
    query = counted(came)
    visits = read(shelf, query, days)
    if not {"view", "purchase"} <= set(visits.steps):
        return
    found.queries[QUERY] = laid.later(query)
    parts = list(_counted(visits))
    who = visitors(shelf, came, days)
    people, buyers = who.at("view"), who.at("purchase")
    wanted = [part.value for part in parts if part.value != TOTAL]
    told = people.told(wanted, shelf.floor)
    bought = buyers.told(sorted(told - {TOTAL}), shelf.sales_floor)
    for part in parts:
        size = people.count(people.which(part.value))
        if found.group(part.key, size, told=part.value in told):
            _one(found, part, (visits.days[0], until), sold=part.value in bought)
    for dimension in BY:
        _others(found, dimension, parts)


@dataclass(frozen=True)
class Part:
    """The visits of one value of a dimension, and how many of them ended in an order."""

    value: Value
    came: int
    bought: int

    @property
    def key(self) -> str:
        if self.value == TOTAL:
            return "visits-all"
        return f"visits-{self.value[0]}-{slug(self.value[1])}"


def _counted(visits: Visits) -> Iterator[Part]:
    every = visits.counts().sum(axis=0)
    yield Part(TOTAL, int(every[0]), int(every[-1]))
    for dimension in BY:
        for value in visits.values(dimension):
            some = visits.counts(visits.which(dimension, value)).sum(axis=0)
            if some[0] >= LEAST:
                yield Part((dimension, value), int(some[0]), int(some[-1]))


def _one(found: Findings, part: Part, days: tuple[date, date], *, sold: bool) -> None:
    came, bought = part.came, part.bought
    if not came:
        return
    about = "" if part.value == TOTAL else part.value[1]
    measures: list[tuple[str, float | date, str | None]] = [("visits", came, "visits")]
    if sold:
        rate = round(100 * bought / came, 2 if bought < came / 100 else 1)
        measures += [("purchases", bought, None), ("conversion", rate, "%")]
    for measure, value, unit in (*measures, ("since", days[0], None), ("until", days[1], None)):
        found.add(part.key, measure, value, unit=unit, about=about, rows=came, query=QUERY)


def _others(found: Findings, dimension: str, parts: Sequence[Part]) -> None:
    """The visits of those that are too few to be told of by themselves."""
    mine = [part for part in parts if part.value[0] == dimension]
    shown = [part for part in mine if found.get(part.key, "visits")]
    rest = sum(part.came for part in mine) - sum(part.came for part in shown)
    if rest and shown:
        key = f"visits-others-{dimension}"
        found.nobody(key)  # no small group: `told` saw to that
        found.add(key, "visits", rest, unit="visits", about="Others", rows=rest, query=QUERY)
