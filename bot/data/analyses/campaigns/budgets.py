"""How much of the daily budgets of advertising was spent: more money buys more only where
nothing of them is left.

A budget may be a keyword's or a whole campaign's, and an export repeats it in every row below that,
such as the placements. It is a campaign's where no day has two different ones in one campaign."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.data.analyses.campaigns.ads import AdLine, is_within_days, select_ads
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

Row = dict[str, Any]
CAMPAIGN = ("channel", "retailer", "name")
LINE = (*CAMPAIGN, "product", "keyword")


@dataclass(frozen=True)
class BudgetUse:
    """The budgets of some days and what was spent of them. `days_out` are those on which all the
    budgets were used up."""

    budget: Decimal
    spend: Decimal
    days: int
    days_out: int
    rows: int

    @property
    def share(self) -> float:
        return 100 * float(self.spend / self.budget)


@dataclass(frozen=True)
class Budgets:
    whole: BudgetUse | None
    campaigns: dict[str, BudgetUse]
    lines: dict[AdLine, BudgetUse]  # none where campaigns have one budget for all their lines


def sum_budgets(warehouse: Warehouse, rows: ir.Table, since: date, until: date) -> Budgets:
    """Return the budgets of these days by campaign and by line; none without a column of them."""
    ads = select_ads(rows.filter(is_within_days(rows, since, until)))
    ads = ads.filter(ads.budget > 0, ads.spend.notnull(), ads["at"].notnull())
    known = fetch_rows(
        warehouse,
        ads.mutate(day=ads["at"].date())
        .group_by(*LINE, "day")
        .aggregate(
            budget=lambda t: t.budget.max(),
            spend=lambda t: t.spend.sum(),
            out=lambda t: t.spent_out.count(),
            rows=lambda t: t.count(),
        )
        .order_by(ibis.asc("day")),
    )
    by_campaign = _group(known, (*CAMPAIGN, "day"))
    of_lines = any(len({row["budget"] for row in some}) > 1 for some in by_campaign.values())
    if not of_lines:
        known = [_join(some) for some in by_campaign.values()]
    campaigns = _group((row for row in known if row["name"]), ("name",))
    lines = _group(known if of_lines else (), ("retailer", "product", "keyword"))
    return Budgets(
        _sum(known) if known else None,
        {str(name): _sum(some) for (name,), some in campaigns.items()},
        {AdLine(*key): _sum(some) for key, some in lines.items()},
    )


def _group(rows: Iterable[Row], names: tuple[str, ...]) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def _join(rows: list[Row]) -> Row:
    """Return one row of a campaign's day, whose lines share its budget."""
    sums = {name: sum(row[name] for row in rows) for name in ("spend", "out", "rows")}
    return {**rows[0], **sums}


def _sum(rows: list[Row]) -> BudgetUse:
    days = {row["day"] for row in rows}
    return BudgetUse(
        budget=sum((Decimal(row["budget"]) for row in rows), Decimal(0)),
        spend=sum((Decimal(row["spend"]) for row in rows), Decimal(0)),
        days=len(days),
        days_out=len(days - {row["day"] for row in rows if not row["out"]}),
        rows=sum(int(row["rows"]) for row in rows),
    )
