"""What can be asked of campaigns: mailings and advertising, whose rows are counts.

A row has no people, but sums that the team's own tools report: `sent` (delivered where known)
stands for people, and figures of a mailing to too few of them are not shown; its orders are no
persons. Only amounts in the currency of most rows count."""

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    TIME_DIMENSIONS,
    Dimension,
    Measure,
    RowSelection,
    build_sums_dataset,
    column,
    per,
    per_1000,
    rate,
    select_amount,
    total,
)
from bot.i18n.messages import Words


def select_campaigns(selection: RowSelection) -> ir.Table:
    """Return the rows of the days with `arrived` (delivered where known, else sent), `clickable`
    (the same, or impressions), and `income` and `cost` in the counted currency."""
    rows = _add_amounts(selection.read_rows(), selection.currency)
    return filter_rows(DATASET, rows, selection.query)


def _add_amounts(rows: ir.Table, currency: str | None) -> ir.Table:
    return rows.mutate(
        arrived=ibis.coalesce(rows.delivered, rows.sent),
        clickable=ibis.coalesce(rows.delivered, rows.sent, rows.impressions),
        income=select_amount(rows, "sales", currency),
        cost=select_amount(rows, "spend", currency),
        many_sent=ibis.coalesce(rows.delivered, rows.sent, 0),
    )


def _of_mailings(measure: Measure) -> Measure:
    return replace(measure, of="mailings", of_one_by=OF_ONE_MAILING)


def _count_mailings(rows: ir.Table) -> ir.Value:
    name = ibis.coalesce(rows.id, rows.code, rows.name, rows.subject, "")
    each = name + "|" + rows["at"].date().cast("string")
    return each.nunique(where=rows.arrived.notnull()).nullif(0)


OF_ONE_MAILING = ("campaign", "code", "keyword", "placement", "retailer")
BY_PLATFORM = Words("As reported by the platforms.")
MEASURES: dict[str, Measure] = {
    "sent": total(Words("sent"), "", "sent"),
    "delivered": total(Words("delivered"), "", "delivered"),
    "opened": total(Words("opened"), "", "opened"),
    "clicks": total(Words("clicks"), "", "clicks"),
    "impressions": total(Words("impressions"), "", "impressions"),
    "unsubscribed": total(Words("unsubscribed"), "", "unsubscribed"),
    "mailings": Measure(Words("sends"), "", _count_mailings, needs=("sent",), is_sum=True),
    "campaign_orders": total(Words("orders (platform)"), "orders", "orders", footnote=BY_PLATFORM),
    "campaign_sales": total(Words("sales (platform)"), "money", "income", "sales", BY_PLATFORM),
    "spend": total(Words("spend"), "money", "cost", "spend"),
    "open_rate": rate(Words("open rate"), "opened", "arrived", ("opened",)),
    "click_rate": rate(Words("click rate"), "clicks", "clickable", ("clicks",)),
    "unsubscribe_rate": rate(
        Words("unsubscribe rate"), "unsubscribed", "arrived", ("unsubscribed",)
    ),
    "orders_per_click": rate(Words("orders per click"), "orders", "clicks", ("orders", "clicks")),
    "cost_per_order": Measure(
        Words("cost per order"),
        "money",
        per("cost", "orders"),
        needs=("spend", "orders"),
        footnote=BY_PLATFORM,
        quotient=("spend", "campaign_orders"),
    ),
    "cost_per_click": Measure(
        Words("cost per click"),
        "money",
        per("cost", "clicks"),
        needs=("spend", "clicks"),
        quotient=("spend", "clicks"),
    ),
    "cost_per_1000_impressions": per_1000(
        Words("cost per 1,000 impressions"),
        "money",
        "cost",
        "impressions",
        ("spend", "impressions"),
    ),
    "sales_per_spend": Measure(
        Words("ROAS (platform)"),
        "",
        per("income", "cost"),
        needs=("spend", "sales"),
        footnote=BY_PLATFORM,
        quotient=("campaign_sales", "spend"),
    ),
    "sales_per_1000_sent": per_1000(
        Words("sales per 1,000 delivered"), "money", "income", "arrived", ("sales", "sent")
    ),
    "orders_per_1000_sent": per_1000(
        Words("orders per 1,000 delivered"), "", "orders", "arrived", ("orders", "sent")
    ),
    "spend_share": Measure(Words("share of spend"), "%", share_of="spend"),
}
MEASURES |= {
    name: _of_mailings(MEASURES[name])
    for name in (
        "open_rate",
        "click_rate",
        "unsubscribe_rate",
        "sales_per_1000_sent",
        "orders_per_1000_sent",
    )
}
DIMENSIONS: Mapping[str, Dimension] = {
    **TIME_DIMENSIONS,
    "channel": column("channel", Words("channel")),
    "campaign": Dimension(
        Words("campaign"),
        lambda t: ibis.coalesce(t.name, t.code, t.id),
        "at",
    ),
    "code": column("code", Words("campaign code")),
    "audience": column("audience", Words("audience")),
    "retailer": column("retailer", Words("platform")),
    "product": column("product", Words("product")),
    "keyword": column("keyword", Words("keyword")),
    "placement": column("placement", Words("placement")),
    "language": column("language", Words("language")),
}
DATASET = build_sums_dataset(
    "campaigns",
    "many_sent",
    _add_amounts,
    label=Words("campaigns"),
    sources={"rows": select_campaigns},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    told_by="channel",
)
