"""From the first to the second purchase, told."""

from typing import Any, get_args

import ibis.expr.types as ir

from bot.library.disclosure import suppress
from bot.library.floors import is_small
from bot.library.segments import again
from bot.library.segments.again import Back, By
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.library.slugs import slug
from bot.words import Words

Q = 0.10


def tell(told: Told) -> None:
    """Facts segments.second-purchase.share-30-days (and 60, 90, 180), of those who had the time;
    segments.first-<name>.share-90-days where the first purchase makes a difference beyond chance,
    with the others' share beside it, or for the product or category asked about."""
    findings = told.findings
    people = told.laid.down("firsts", again.firsts(told.bought))
    table = again.shares(people, told.until)
    row = told.ask("second-purchase", table)[0]
    if (row["customers_30"] or 0) < told.shelf.floor:
        findings.refuse(
            Words("Nobody's first purchase is old enough to see who comes back: wait a month.")
        )
        return
    findings.group("second-purchase", row["customers_30"])
    shown = row["customers_30"]  # who began between two of these days is a group as well
    for days in again.WITHIN:
        many, back = row[f"customers_{days}"] or 0, row[f"back_{days}"] or 0
        few = is_small(back, told.shelf.sales_floor) or is_small(shown - many, told.shelf.floor)
        if many >= told.shelf.floor and not few:
            shown = many
            findings.add(
                "second-purchase",
                f"share-{days}-days",
                percent(row[f"back_{days}"] / row[f"customers_{days}"]),
                unit="%",
                rows=row[f"customers_{days}"],
                query="second-purchase",
            )
    if (row["customers_90"] or 0) >= told.shelf.floor:
        _by_first(told, people, row)


def _by_first(told: Told, people: ir.Table, row: dict[str, Any]) -> None:
    titles, compared = told.titles, 0
    told.findings.group("first-purchase", row["customers_90"])
    everybody = told.ask("cohorts", again.cohorts(people, told.until))
    for by in get_args(By):
        rows = told.ask(f"first-{by}", again.by_first(people, told.bought, told.until, by))
        found = again.compared(rows, everybody, told.shelf.floor)
        compared += len(found)
        shown = [b for b in found if _asked(told, by, b) or (b.q <= Q and not _asks(told))]
        kept = [back.name for back in shown]
        if by == "source":  # everybody has one alone: the others are what is left
            sizes = {back.name: back.customers for back in shown}
            unsaid = row["customers_90"] - sum(sizes.values())
            kept = suppress(sizes, told.shelf.floor, unsaid=unsaid)
        for back in shown:
            few = is_small(back.back, told.shelf.sales_floor)
            safe = back.name in kept and not few
            if told.findings.group(f"first-{slug(back.name)}", back.customers, told=safe):
                _one(told, by, back, titles.get(back.name, back.name))
    told.findings.add(
        "first-purchase", "groups-compared", compared, rows=row["customers_90"], query="cohorts"
    )


def _asks(told: Told) -> bool:
    return bool(told.where.product or told.where.category)


def _asked(told: Told, by: By, back: Back) -> bool:
    wanted = {"product": told.where.product, "category": told.where.category}.get(by)
    return wanted is not None and back.name.lower() == wanted.lower()


def _one(told: Told, by: By, back: Back, name: str) -> None:
    for measure, share in (("share-90-days", back.share), ("others-90-days", back.others)):
        told.findings.add(
            f"first-{slug(back.name)}",
            measure,
            percent(share),
            unit="%",
            about=name,
            rows=back.customers,
            query=f"first-{by}",
        )
