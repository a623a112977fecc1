"""Sum up impressions, clicks, sales and cost of advertising by line, and compute the rates."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

DIMENSIONS = ("channel", "retailer", "name", "product", "keyword", "placement", "audience")
COUNTS, AMOUNTS = ("impressions", "clicks", "orders"), ("spend", "sales")
MEASURES = (*COUNTS, *AMOUNTS)
SUMS = ("rows", *MEASURES, "budget")


@dataclass(frozen=True)
class AdTotals:
    """Sums over some rows. Money is in the file's currency."""

    days: int = 0
    rows: int = 0
    impressions: int = 0
    clicks: int = 0
    orders: int = 0
    spend: Decimal = Decimal(0)
    sales: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)  # summed over all days
    early: int = 0  # days on which the budget ran out before noon
    title: str | None = None
    unsaid: frozenset[str] = frozenset()  # measures that no row contains: unknown, not zero

    def says(self, *measures: str) -> bool:
        return self.unsaid.isdisjoint(measures)

    @property
    def conversion(self) -> float | None:
        return self.orders / self.clicks if self.clicks and self.says("orders", "clicks") else None

    @property
    def cost_per_order(self) -> Decimal | None:
        return self.spend / self.orders if self.orders and self.says("spend", "orders") else None

    @property
    def returned(self) -> Decimal | None:
        """Sales per unit of money spent."""
        return self.sales / self.spend if self.spend and self.says("sales", "spend") else None

    def __add__(self, other: "AdTotals") -> "AdTotals":
        both_known = self.rows and other.rows
        return AdTotals(
            days=max(self.days, other.days),
            early=max(self.early, other.early),
            title=self.title or other.title,
            unsaid=self.unsaid & other.unsaid if both_known else self.unsaid | other.unsaid,
            **{name: getattr(self, name) + getattr(other, name) for name in SUMS},
        )


@dataclass(frozen=True)
class AdLine:
    """One thing advertised in one way at one retailer: what a team can change."""

    retailer: str | None
    product: str | None
    keyword: str | None

    @property
    def name(self) -> str:
        return self.keyword or self.product or self.retailer or "?"


@dataclass(frozen=True)
class AdRow:
    """One row of `sum_ads`."""

    current: bool  # True: the requested period; False: the one before
    keys: dict[str, str | None]
    sums: AdTotals

    @property
    def line(self) -> AdLine:
        return AdLine(self.keys["retailer"], self.keys["product"], self.keys["keyword"])


def select_ads(rows: ir.Table) -> ir.Table:
    """Return the rows that are advertising."""
    return rows.filter(rows.impressions.notnull() | rows.spend.notnull())


def sum_ads(
    rows: ir.Table, since: date | None, before: date | None, until: date | None
) -> ir.Table:
    """Return one row for each combination of the dimensions and the period. Rows without a date
    count as the requested period; with `since` None there is only one period."""
    ads = select_ads(rows)
    day = ads["at"].date()
    if since is None or before is None or until is None:
        ads = ads.mutate(current=ibis.literal(True))
    else:
        ads = ads.filter(is_within_days(ads, before, until)).mutate(
            current=day.isnull() | (day >= ibis.literal(since))
        )
    ads = ads.mutate(
        day=ads["at"].date(),
        noon=ads.spent_out.notnull() & (ads.spent_out < "12"),
    )
    return ads.group_by("current", *DIMENSIONS, "currency").aggregate(
        days=lambda t: t.day.nunique(),
        rows=lambda t: t.count(),
        early=lambda t: t.noon.ifelse(1, 0).sum(),
        title=lambda t: t.title.max(),
        **{name: _[name].fill_null(0).sum() for name in COUNTS},
        **{
            name: _[name].fill_null(0).sum().cast("decimal(18, 2)") for name in (*AMOUNTS, "budget")
        },
        **{f"{name}_said": _[name].count() for name in MEASURES},
    )


def is_within_days(rows: ir.Table, since: date, until: date) -> ir.Value:
    """Tell whether a row belongs to these days; rows without a date belong to any."""
    day = rows["at"].date()
    return day.isnull() | day.between(ibis.literal(since), ibis.literal(until))


def is_in_currency(rows: ir.Table, currency: str | None) -> ir.Value:
    return rows.currency.isnull() if currency is None else rows.currency == currency


def build_ads(rows: Iterable[dict[str, Any]]) -> list[AdRow]:
    """Convert the rows of `sum_ads` into ads."""
    return [
        AdRow(
            bool(row["current"]),
            {name: None if row[name] is None else str(row[name]) for name in DIMENSIONS},
            _build_totals(row),
        )
        for row in rows
    ]


def _build_totals(row: dict[str, Any]) -> AdTotals:
    sums: dict[str, Any] = {name: int(row[name]) for name in ("days", "rows", "early", *COUNTS)}
    sums |= {name: Decimal(row[name]) for name in (*AMOUNTS, "budget")}
    unsaid = frozenset(name for name in MEASURES if not row[f"{name}_said"])
    return AdTotals(**sums, title=row["title"], unsaid=unsaid)


def get_key(dimension: str) -> Callable[[AdRow], str | None]:
    """Return what gives an ad's value of a dimension."""
    return lambda ad: ad.keys[dimension]


def sum_by_key(ads: Iterable[AdRow], key: Callable[[AdRow], Any]) -> dict[Any, AdTotals]:
    """Sum the ads by a key; ads whose key is None are left out."""
    sums: dict[Any, AdTotals] = defaultdict(AdTotals)
    for ad in ads:
        if (of := key(ad)) is not None:
            sums[of] = sums[of] + ad.sums
    return dict(sums)


def find_main_currency(rows: Iterable[dict[str, Any]]) -> tuple[str | None, tuple[str, ...]]:
    """Return the currency of most rows, and the other currencies: amounts of two currencies are
    never added."""
    counted: dict[str | None, int] = defaultdict(int)
    for row in rows:
        counted[row["currency"]] += int(row["rows"])
    if not counted:
        return None, ()
    best = max(counted, key=lambda c: (counted[c], str(c)))
    return best, tuple(sorted(str(c) for c in counted if c != best))


# Add campaign facts to one subject at a time, or the limit that there are no campaigns.


def make_fact_adder(
    result: AnalysisResult, subject: str, about: str, rows: int, query: str = "ads"
) -> Callable[..., None]:
    """Return a function that adds measures to a subject. The rows are sums that the team's own
    tools report, so no floor applies."""
    result.mark_without_customers(subject)

    def add(measure: str, value: Any, unit: str | None = None, of: int | None = None) -> None:
        result.add(subject, measure, value, unit=unit, about=about, rows=rows, of=of, query=query)

    return add


def refuse_without_campaigns(warehouse: Warehouse) -> AnalysisResult:
    return AnalysisResult.refuse(
        "campaigns",
        warehouse,
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        ),
    )
