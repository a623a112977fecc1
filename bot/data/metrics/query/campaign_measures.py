"""What can be asked of campaigns: mailings and advertising, whose rows are counts.

A row has no people, but sums that the team's own tools report: `sent` (delivered where known)
stands for people, and figures of a mailing to too few of them are not shown; its orders are no
persons. Only amounts in the currency of most rows count."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from bot.data.metrics.filters import list_currencies
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    DAY_FIELDS,
    TIME_DIMENSIONS,
    Basis,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    build_row_key,
    column,
    percent,
    ratio,
    select_amount,
)
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words


def select_campaigns(selection: RowSelection) -> ir.Table:
    """Return the rows of the days with `arrived` (delivered where known, else sent), `income` and
    `cost` in the counted currency."""
    rows = selection.warehouse.table("campaigns")
    assert rows is not None
    first, last = (ibis.literal(day) for day in selection.days)
    rows = rows.filter(rows["at"].date().between(first, last))
    rows = _add_amounts(rows, selection.currency)
    return filter_rows(DATASET, rows, selection.query)


def _add_amounts(rows: ir.Table, currency: str | None) -> ir.Table:
    return rows.mutate(
        arrived=ibis.coalesce(rows.delivered, rows.sent),
        income=select_amount(rows, "sales", currency),
        cost=select_amount(rows, "spend", currency),
        many_sent=ibis.coalesce(rows.delivered, rows.sent, 0),
    )


def _key(warehouse: Warehouse, rows: ir.Table) -> ir.Value:
    return build_row_key(warehouse, rows, load_kinds()["campaigns"].key)


def _identify(warehouse: Warehouse) -> ir.Table:
    rows = warehouse.table("campaigns")
    assert rows is not None
    known = list_currencies(warehouse, "campaigns")
    rows = _add_amounts(rows, known[0] if known else None)
    key = _key(warehouse, rows)
    return rows.select("many_sent", key=key, person=key.cast("string"))


def _sum(name: str) -> ir.Value:
    return lambda t: t[name].sum()


def _where_both(part: str, whole: str) -> ir.Value:
    """Sums of rows that say both, in percent."""
    return lambda t: percent(
        t[part].sum(where=t[whole].notnull()), t[whole].sum(where=t[part].notnull())
    )


def _per(part: str, whole: str) -> ir.Value:
    return lambda t: ratio(
        t[part].sum(where=t[whole].notnull()), t[whole].sum(where=t[part].notnull())
    )


def _clicked_of(t: ir.Table) -> ir.Value:
    """What a click is one of: the mails that arrived, else the impressions of advertising."""
    return ibis.coalesce(t.arrived, t.impressions)


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("people", lambda t: t["at"].notnull()),
}
BY_PLATFORM = Words("As reported by the platforms.")
MEASURES: Mapping[str, Measure] = {
    "sent": Measure(Words("sent"), "", _sum("sent"), needs=("sent",), is_sum=True),
    "delivered": Measure(
        Words("delivered"), "", _sum("delivered"), needs=("delivered",), is_sum=True
    ),
    "opened": Measure(Words("opened"), "", _sum("opened"), needs=("opened",), is_sum=True),
    "clicks": Measure(Words("clicks"), "", _sum("clicks"), needs=("clicks",), is_sum=True),
    "impressions": Measure(
        Words("impressions"), "", _sum("impressions"), needs=("impressions",), is_sum=True
    ),
    "unsubscribed": Measure(
        Words("unsubscribed"), "", _sum("unsubscribed"), needs=("unsubscribed",), is_sum=True
    ),
    "campaign_orders": Measure(
        Words("orders (platform)"),
        "orders",
        _sum("orders"),
        needs=("orders",),
        is_sum=True,
        footnote=BY_PLATFORM,
    ),
    "campaign_sales": Measure(
        Words("sales (platform)"),
        "money",
        _sum("income"),
        needs=("sales",),
        is_sum=True,
        footnote=BY_PLATFORM,
    ),
    "spend": Measure(Words("spend"), "money", _sum("cost"), needs=("spend",), is_sum=True),
    "open_rate": Measure(
        Words("open rate"),
        "%",
        _where_both("opened", "arrived"),
        needs=("opened",),
        count=lambda t: t.arrived.sum(where=t.opened.notnull()),
    ),
    "click_rate": Measure(
        Words("click rate"),
        "%",
        lambda t: percent(
            t.clicks.sum(where=_clicked_of(t).notnull()),
            _clicked_of(t).sum(where=t.clicks.notnull()),
        ),
        needs=("clicks",),
        count=lambda t: _clicked_of(t).sum(where=t.clicks.notnull()),
    ),
    "unsubscribe_rate": Measure(
        Words("unsubscribe rate"),
        "%",
        _where_both("unsubscribed", "arrived"),
        needs=("unsubscribed",),
        count=lambda t: t.arrived.sum(where=t.unsubscribed.notnull()),
    ),
    "orders_per_click": Measure(
        Words("orders per click"),
        "%",
        _where_both("orders", "clicks"),
        needs=("orders", "clicks"),
        count=lambda t: t.clicks.sum(where=t.orders.notnull()),
    ),
    "cost_per_order": Measure(
        Words("cost per order"),
        "money",
        _per("cost", "orders"),
        needs=("spend", "orders"),
        footnote=BY_PLATFORM,
    ),
    "cost_per_click": Measure(
        Words("cost per click"), "money", _per("cost", "clicks"), needs=("spend", "clicks")
    ),
    "sales_per_spend": Measure(
        Words("ROAS (platform)"),
        "",
        _per("income", "cost"),
        needs=("spend", "sales"),
        footnote=BY_PLATFORM,
    ),
    "sales_per_1000_sent": Measure(
        Words("sales per 1,000 delivered"),
        "money",
        lambda t: 1000 * _per("income", "arrived")(t),
        needs=("sales", "sent"),
        count=lambda t: t.arrived.sum(where=t.income.notnull()),
    ),
    "orders_per_1000_sent": Measure(
        Words("orders per 1,000 delivered"),
        "",
        lambda t: 1000 * _per("orders", "arrived")(t),
        needs=("orders", "sent"),
        count=lambda t: t.arrived.sum(where=t.orders.notnull()),
    ),
    "spend_share": Measure(Words("share of spend"), "%", share_of="spend"),
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
DATASET = MetricDataset(
    name="campaigns",
    kind="campaigns",
    label=Words("campaigns"),
    row_label=Words("rows"),
    sources={"rows": select_campaigns},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=_key,
    fields=DAY_FIELDS,
    count=lambda t: t.count(),
    weights={"people": "many_sent"},
    told_by="channel",
)
