"""What moved last week, and what keeps coming back: trends as facts."""

from datetime import date

from bot.library.findings import Findings, Where
from bot.library.narrow import last_day
from bot.library.read import rows_of, sql_of
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.library.trends.returns import returns
from bot.library.trends.tested import CONFIRMED, LEAST, Tested, tested
from bot.library.trends.weekly import BY_LINE, Key
from bot.words import Words


def find(shelf: Shelf, where: Where) -> Findings:
    """For each series that moved, and always for the totals: change (%), last, expected, level
    (a week; of "weeks" weeks together), p, since (a Monday), revenue (a week), and status:
    "confirmed", "to watch", "steady". A subject is dimension-value: trends.category-candles.change.
    Returns by product are trends.returns-<product>.rate and what goes with it."""
    if shelf.table("orders") is None:
        found = Findings("trends", "orders", shelf.today)
        found.refuse(Words("Trends need orders, and there are none yet. Import a file of orders."))
        return found
    found = Findings("trends", shelf.source("orders"), last_day(shelf, "orders", where))
    all_of = tested(shelf, where)
    if all_of is None:
        found.refuse(Words("The orders don't cover one whole week, Monday to Sunday."))
        return found
    found.queries.update({name: sql_of(query) for name, query in all_of.queries.items()})
    titles = _titles(shelf)
    _doubt(found, all_of)
    if all_of.found is not None:
        _tell(found, all_of, titles)
    returns(shelf, where, found, titles)
    return found


def _doubt(found: Findings, all_of: Tested) -> None:
    """What can't be told, and why."""
    if all_of.found is None and not all_of.series.keys:
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
    if len(all_of.currencies) > 1:
        found.refuse(
            Words(
                "Revenue counts the orders in {currency} only; others are in {others}.",
                currency=all_of.currencies[0],
                others=", ".join(all_of.currencies[1:]),
            )
        )


def _tell(found: Findings, all_of: Tested, titles: dict[str, str]) -> None:
    week = all_of.series.weeks[-1]
    count = len(all_of.series.keys)
    found.add("tested", "series", count, query="trends.units", about="series")
    found.add("tested", "week", week, query="trends.units", about="series")
    found.add("tested", "too-small", all_of.left, query="trends.units", about="series")
    found.add("tested", "false-among-confirmed", CONFIRMED * 100, unit="%", about="series")
    assert all_of.found is not None
    p, status = all_of.found.p, all_of.status
    for row in sorted(range(count), key=lambda r: (status[r] != "confirmed", p[r])):
        if all_of.status[row] or all_of.series.keys[row][0] == "total":
            _one(found, all_of, row, titles)


def _one(found: Findings, all_of: Tested, row: int, titles: dict[str, str]) -> None:
    key, told = all_of.series.keys[row], all_of.found
    assert told is not None
    subject, about = f"{key[0]}-{slug(key[1])}", _about(key, titles)
    query = _query(key)
    span = int(told.span[row])
    money = all_of.currencies[0] if all_of.currencies else None
    unit = _unit(key, money)
    whole = round(float(all_of.series.counts[row, -span:].sum()))
    rows = None if key == ("total", "revenue") else whole

    def add(measure: str, value: float | int | str | date, unit: str | None = None) -> None:
        found.add(subject, measure, value, unit=unit, about=about, query=query, rows=rows)

    add("status", all_of.status[row] or "steady")
    add("change", round(float(told.change[row]) * 100, 1), "%")
    add("last", _read(told.came[row], key), unit)
    add("expected", _read(told.expected[row], key), unit)
    add("level", _read(told.level[row], key), unit)
    add("weeks", span)
    add("p", max(round(float(told.p[row]), 4), 0.0001))
    if all_of.status[row]:
        add("since", all_of.since[row])
    if key[0] != "total" and all_of.currencies:
        add("revenue", round(float(all_of.series.worth[row, -span:].mean()), 2), money)


def _read(value: float, key: Key) -> float | int:
    """Money with cents, counts whole."""
    return round(float(value), 2) if key == ("total", "revenue") else round(float(value))


def _unit(key: Key, money: str | None) -> str | None:
    if key == ("total", "revenue"):
        return money
    return "units" if key[0] in BY_LINE or key[1] == "units" else "orders"


def _query(key: Key) -> str:
    if key[0] == "segment":
        return "trends.segments"
    return "trends.units" if _unit(key, None) == "units" else "trends.orders"


def _about(key: Key, titles: dict[str, str]) -> str:
    return titles.get(key[1], key[1]) if key[0] == "product" else key[1]


def _titles(shelf: Shelf) -> dict[str, str]:
    if shelf.products is None:
        return {}
    named = rows_of(shelf, shelf.products.select("product", "title"))
    return {row["product"]: row["title"] for row in named if row["title"]}
