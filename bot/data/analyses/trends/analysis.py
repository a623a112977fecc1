"""What moved last week, and what keeps coming back: trends as facts."""

from datetime import date
from functools import partial

import numpy as np

from bot.core.facts import source_named
from bot.data.analyses.result import Findings, Where
from bot.data.analyses.trends.expectation import expected
from bot.data.analyses.trends.returns import returns
from bot.data.analyses.trends.significance import CONFIRMED, LEAST, SHOWN, TOTAL, Tested, tested
from bot.data.analyses.trends.titles import TOTALS, titles
from bot.data.analyses.trends.weekly import BY_LINE, Key
from bot.data.floors import is_small
from bot.data.ingest.truncation import Ending
from bot.data.metrics.filters import last_day
from bot.data.stats import Numbers
from bot.data.warehouse.query import sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

NEW = 0.05  # of what is sold now: what sold less before is new
REVENUE: Key = ("total", "revenue")


def find(shelf: Shelf, where: Where) -> Findings:
    """For each series that moved, and always for all but single products: change (%), last,
    expected, level (a week; of "weeks" weeks together), p, since (a Monday), revenue (a week),
    and status: "confirmed", "to watch", "steady". Of what moved and of the totals "points": the
    last half year for a chart. A subject is dimension-value: trends.category-candles.change.
    Those too small to be told have trends.small-<dimension>-<value>.least alone: what it takes.
    Returns by product are trends.returns-<product>.rate and what goes with it."""
    if shelf.table("orders") is None:
        found = Findings("trends", "orders", shelf.today)
        found.refuse(Words("Trends need orders, and there are none yet. Import a file of orders."))
        return found
    found = Findings(
        "trends", shelf.source("orders"), last_day(shelf, "orders", where), floors=shelf.floors
    )
    all_of = tested(shelf, where)
    if all_of is None:
        found.refuse(Words("The orders don't cover one whole week, Monday to Sunday."))
        return found
    for name, query in all_of.queries.items():
        found.queries[name] = sql_later(query)
    named = titles(shelf, [value for which, value in all_of.series.keys if which == "product"])
    if all_of.withheld:
        found.withhold("sales")
    _doubt(found, all_of)
    _ended(found, all_of.ended)
    if all_of.found is not None:
        _tell(found, all_of, named)
    returns(shelf, where, found, named)
    return found


def _doubt(found: Findings, all_of: Tested) -> None:
    """What can't be told, and why."""
    if all_of.found is None and not all_of.series.keys:
        if all_of.withheld:
            return
        found.refuse(
            Words("Nothing sells {least} times a week, so a week's change is chance.", least=LEAST)
        )
    elif all_of.found is None:
        found.refuse(
            Words(
                "Trends need 18 whole weeks of orders; there are {weeks}.",
                weeks=len(all_of.series.weeks),
            )
        )
    elif not all_of.found.season:
        found.refuse(
            Words(
                "The orders go back {weeks} weeks, not 61: the season can't be told from a change,"
                " so what is expected is the level of the eight weeks before.",
                weeks=len(all_of.series.weeks),
            )
        )
    if any(all_of.alone):
        found.refuse(
            Words(
                "A single product whose season is not known, or that fell back from a peak, is "
                "called to watch at most: it may be its season."
            )
        )
    if (ended := all_of.ended) is not None:
        found.refuse(
            Words(
                "{source} all but breaks off on {since}: {came} orders stand in it from then on, "
                "where {usual} are usual, and so in every region, channel and category. I took it "
                "for the end of the file, and read the weeks before. If you did stop selling, that "
                "is the news.",
                source=source_named(found.source),
                since=ended.since,
                came=_came(found, ended),
                usual=ended.usual,
            )
        )
    if len(all_of.currencies) > 1:
        found.refuse(
            Words(
                "Revenue counts the orders in {currency} only; others are in {others}.",
                currency=all_of.currencies[0],
                others=", ".join(all_of.currencies[1:]),
            )
        )


def _ended(found: Findings, ended: Ending | None) -> None:
    """Where the file breaks off before its last row."""
    if ended is not None:
        found.nobody("ended")
        came = _came(found, ended)
        unit = "orders" if isinstance(came, int) else None
        told = came if isinstance(came, int) else came.to("en")
        found.add("ended", "since", ended.since, about="orders")
        found.add("ended", "came", told, unit=unit, about="orders")
        found.add("ended", "usual", ended.usual, unit="orders", about="orders")


def _came(found: Findings, ended: Ending) -> int | Words:
    floor = found.floors.sales if found.floors else 0
    return Words("under {n}", n=floor) if is_small(ended.came, floor) else ended.came


def _tell(found: Findings, all_of: Tested, titles: dict[str, str]) -> None:
    if TOTAL in all_of.people:
        found.group("tested", all_of.people[TOTAL], sort="sales")
    else:
        found.nobody("tested")
    week = all_of.series.weeks[-1]
    count = len(all_of.series.keys)
    add = partial(
        found.add,
        "tested",
        about="series",
        query="trends.units",
        rows=_rows(all_of, all_of.series.keys.index(TOTAL), len(all_of.series.weeks))
        if TOTAL in all_of.series.keys
        else None,
    )
    add("series", count)
    add("week", week)
    add("too-small", all_of.left)
    found.add("tested", "false-among-confirmed", CONFIRMED * 100, unit="%", about="series")
    assert all_of.found is not None
    p, status = all_of.found.p, all_of.status
    foretold = expected(all_of.series.counts, all_of.series.weeks, all_of.series.sizes)
    for row in sorted(range(count), key=lambda r: (status[r] != "confirmed", p[r])):
        if status[row] and _is_new(all_of, row):
            _new(found, all_of, row, titles)
            continue
        if status[row] or all_of.series.keys[row][0] != "product":
            _one(found, all_of, row, titles)
        if status[row] or all_of.series.keys[row][0] == "total":
            _points(found, all_of, row, foretold[row])
    for key in all_of.small:
        if key[0] not in ("product", "region"):
            unit, subject = _unit(key, None), f"small-{key[0]}-{slug(key[1])}"
            found.nobody(subject)
            found.add(subject, "least", LEAST, unit=unit, about=key[1], query=_query(key))


def _one(found: Findings, all_of: Tested, row: int, titles: dict[str, str]) -> None:
    key, told = all_of.series.keys[row], all_of.found
    assert told is not None
    subject, about = f"{key[0]}-{slug(key[1])}", _about(key, titles)
    found.group(subject, all_of.people[key], sort="sales")
    query = _query(key)
    span = int(told.span[row])
    money = all_of.currencies[0] if all_of.currencies else None
    unit = _unit(key, money)
    of_orders = key == REVENUE and TOTAL in all_of.series.keys
    rows = _rows(all_of, all_of.series.keys.index(TOTAL) if of_orders else row, span)

    def add(measure: str, value: float | int | str | date, unit: str | None = None) -> None:
        found.add(subject, measure, value, unit=unit, about=about, query=query, rows=rows)

    add("status", all_of.status[row] or "steady")
    add("change", round(float(told.change[row]) * 100, 1), "%")
    add("last", round(float(told.came[row])), unit)
    add("expected", round(float(told.expected[row])), unit)
    add("level", round(float(told.level[row])), unit)
    add("weeks", span)
    add("p", max(round(float(told.p[row]), 4), 0.0001))
    if all_of.status[row]:
        add("since", all_of.since[row])
    if key[0] != "total" and all_of.currencies:
        add("revenue", round(float(all_of.series.worth[row, -span:].mean())), money)


def _rows(all_of: Tested, row: int, span: int) -> int:
    """The units or orders of these weeks."""
    return round(float(all_of.series.counts[row, -span:].sum()))


def _is_new(all_of: Tested, row: int) -> bool:
    """Whether hardly any was sold before: the change of next to nothing is no percentage."""
    told = all_of.found
    assert told is not None
    if all_of.series.keys[row][0] == "total":
        return False
    return bool(max(told.level[row], told.expected[row]) < NEW * told.came[row])


def _new(found: Findings, all_of: Tested, row: int, titles: dict[str, str]) -> None:
    """trends.new-<dimension>-<value>: last (a week), since, revenue (a week)."""
    key, told = all_of.series.keys[row], all_of.found
    assert told is not None
    span = int(told.span[row])
    subject = f"new-{key[0]}-{slug(key[1])}"
    found.group(subject, all_of.people[key], sort="sales")
    add = partial(
        found.add,
        subject,
        about=_about(key, titles),
        query=_query(key),
        rows=_rows(all_of, row, span),
    )
    add("last", round(float(told.came[row])), unit=_unit(key, None))
    add("since", all_of.since[row])
    if all_of.currencies:
        worth = float(all_of.series.worth[row, -span:].mean())
        add("revenue", round(worth, 2), unit=all_of.currencies[0])


def _points(found: Findings, all_of: Tested, row: int, foretold: Numbers) -> None:
    """The weeks of a chart in one text: "2026-11-16: 148 (75); …", in brackets what was expected
    of the week by the weeks before it."""
    key, series = all_of.series.keys[row], all_of.series
    told = [
        f"{week.isoformat()}: {round(came)} ({round(other)})"
        for week, came, other in zip(series.weeks, series.counts[row], foretold, strict=True)
        if not np.isnan(other)
    ]
    subject = f"{key[0]}-{slug(key[1])}"
    found.group(subject, all_of.people[key], sort="sales")
    about = found.get(subject, "status")
    found.add(
        subject,
        "points",
        "; ".join(told[-SHOWN:]),
        query=_query(key),
        about=about.about if about else key[1],
    )


def _unit(key: Key, money: str | None) -> str | None:
    if key == ("total", "revenue"):
        return money
    return "units" if key[0] in BY_LINE or key[1] == "units" else "orders"


def _query(key: Key) -> str:
    if key[0] == "segment":
        return "trends.segments"
    return "trends.units" if key[0] in BY_LINE else "trends.orders"


def _about(key: Key, titles: dict[str, str]) -> str:
    if key[0] == "total":
        return TOTALS[key[1]].text
    return titles.get(key[1], key[1]) if key[0] == "product" else key[1]
