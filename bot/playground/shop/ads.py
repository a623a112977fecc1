"""What advertising cost and sold, by day, retailer, product, keyword and placement."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.playground.shop import sheet
from bot.playground.shop.dice import Dice
from bot.playground.shop.goods import Range
from bot.playground.shop.planted import planted, table
from bot.playground.shop.span import CLOCK, Span

COLUMNS = (
    "date",
    "enseigne",
    "campagne",
    "référence",
    "article",
    "mot-clé",
    "emplacement",
    "impressions",
    "clics",
    "dépense",
    "commandes",
    "chiffre d'affaires",
    "devise",
    "budget du jour",
    "budget épuisé à",
)


def write(folder: Path, seed: int, span: Span, goods: Range) -> int:
    """ads.csv"""
    return sheet.write(folder / "ads.csv", COLUMNS, _rows(Dice(seed, "ads"), span, goods))


def _rows(dice: Dice, span: Span, goods: Range) -> Iterator[tuple[object, ...]]:
    source = table("ads")
    start = span.since(planted("span")["ad_days"])
    usual = span.mood
    for day in range(start, span.length):
        busy = 0.6 + 0.4 * span.moods[day] / usual
        for line in source["lines"]:
            for placement in line["placements"]:
                pull = source["placements"][placement]
                share = 1 / len(line["placements"])
                yield _row(dice, span, goods, line, placement, day, share * busy, pull)


def _row(
    dice: Dice,
    span: Span,
    goods: Range,
    line: dict[str, Any],
    placement: str,
    day: int,
    share: float,
    pull: float,
) -> tuple[object, ...]:
    good = goods.by_ref[line["product"]]
    budget = round(line["budget"] * 100 / len(line["placements"]))
    wanted = max(0.0, line["seen"] * share * (0.85 + 0.3 * dice.roll()))
    cost = line["cost"]
    limit = budget // cost
    clicks = dice.count(wanted * line["clicked"] * pull / 1000)
    over = clicks > limit
    seen = round(wanted * limit / clicks) if over else round(wanted)
    spent_at = CLOCK[min(8 * 60 + limit * 720 // clicks, 1439)] if over else ""
    clicks = min(clicks, limit)
    gone = good.until is not None and day > good.until
    orders = 0 if gone else sum(dice.chance(line["sold"] / 1000) for _ in range(clicks))
    return (
        span.iso[day],
        line["retailer"],
        line["campaign"],
        good.ref,
        good.name,
        line["keyword"],
        placement,
        seen,
        clicks,
        sheet.money(clicks * cost),
        orders,
        sheet.money(orders * good.price_on(day)),
        "EUR",
        sheet.money(budget),
        spent_at,
    )
