"""What a reader must know of the figures of orders, as far as these data have it: returns that are
still to come, parcels that are missing, customers from before the data."""

from collections.abc import Callable
from datetime import date, timedelta
from math import ceil

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import MetricQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.campaign_names import load_campaign_names
from bot.data.metrics.query.dataset import Measure, Settling, Unlike
from bot.data.metrics.query.order_rows import (
    EVER,
    group_by_gap,
    read_return_marks,
    select_counted_lines,
)
from bot.data.warehouse.purchases import NOT_SOLD_STATUSES
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

RETURN_FIELDS = ("returned", "return_reason")  # what tells which lines came back
NEARLY_ALL = 0.95  # of the parcels, in the time that these took
RETURN_DAYS = 30  # from an order to its return: delivery, 14 days to withdraw, the way back
LATE_RETURNS = Words("Not all returns of these orders are in the data yet.")
NO_REFUNDS = (
    "the file marks returned lines and has no refund amounts; what was paid for these lines is "
    "returned_revenue."
)
NO_RETURNS = "the data have no refunds and do not say which lines were returned."
RETURNS_COUNT = (
    "Returned lines count in the revenue: the file marks them and has no refund amounts. Without "
    "them: net_revenue."
)
REFUNDS_APART = (
    "The file has refunds in a column of their own: they are not taken off the revenue, only off "
    "net_revenue."
)
DISCOUNTS_ALONE = (
    "The discounts leave out what lower prices gave away, and count from those prices: that is "
    "price_cuts. Asked what discounts cost, tell both."
)
CODES = "code-meaning"  # the key of what is read once for each state of the data
CAMPAIGN_CODES = (
    "code: of the campaign that an order came from. The data have no promo codes: which was used "
    "can't be told, only orders with a discount (discounted)."
)
BOTH_CODES = (
    "code: that of the campaign which an order came from. Most orders with one had a discount, so "
    "it may be the promo code, too."
)
PROMO_CODES = (
    "code: the promo code that an order had, and no campaign's code, whatever its label says: no "
    "campaign has these codes, and most orders with one had a discount."
)
UNKNOWN_CODES = (
    "code: no campaign of the data has these codes, and few orders with one had a discount. "
    "Whether they are promo codes is not in the data: say “code”."
)
REPORTED = (
    "Of a code that too few bought with, campaign_orders and campaign_sales of campaigns are what "
    "the campaign's own tool reports."
)
OLD_CUSTOMER_DAYS = 90, 365  # at least, at most: see `find_first_sure_day`
COMES_BACK = 0.99  # of the customers who do, within the days that this takes
FIRST_ORDER_MEASURES = ("new_customers", "second_order", "reorder", "newcomers")
FIRST_ORDER_FIELDS = ("customer_type", "nth_order", "first_order_source")


def explain_refunds(warehouse: Warehouse) -> str:
    marks = read_return_marks(warehouse)
    return NO_REFUNDS if marks["marked"] and not marks["paid_back"] else explain_net(warehouse)


def explain_net(warehouse: Warehouse) -> str:
    marks = read_return_marks(warehouse)
    return "" if marks["paid_back"] or marks["says_returned"] else NO_RETURNS


def warn_of_refunds(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    if read_return_marks(warehouse)["apart"]:
        return REFUNDS_APART
    return RETURNS_COUNT if explain_refunds(warehouse) == NO_REFUNDS else ""


def warn_of_late_returns(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say that returns are still to come, where the days are among the last of the data."""
    told = tell_late_returns(warehouse)
    settled = warehouse.as_of("orders") - timedelta(days=RETURN_DAYS)
    if not told or days[1] <= settled:
        return ""
    if days[0] <= settled:
        told += " Beside return_rate, which ends earlier, ask for counts until its last day, too."
    return (
        f"{told} So what counts returns, or takes rows by them, is not told beside an earlier "
        "period and has no change; revenue and orders with and without returns have."
    )


def tell_late_returns(warehouse: Warehouse) -> str:
    """Say that returns of the last orders are still to come; nothing where none is marked."""
    last = read_return_marks(warehouse)["last"]
    if last is None:
        return ""
    return (
        f"Returns of orders of the last {RETURN_DAYS} days are still to come: the latest order "
        f"with a return is of {last}."
    )


def counts_returns(measure: Measure) -> bool:
    return "returned" in measure.needs or measure.caution is warn_of_late_returns


def warn_of_returned_lines(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say that an order may be both, and what else must be known of returns."""
    both = "An order with one line returned and one kept is counted in both: lines are marked."
    return " ".join(filter(None, [both, warn_of_late_returns(warehouse, days)]))


def explain_codes(warehouse: Warehouse) -> str:
    """Say whether the codes of the orders are those of campaigns or promo codes, which no column's
    name tells: by the campaigns that have them, and by the discounts of the orders."""
    if CODES not in warehouse.released:
        warehouse.released[CODES] = _explain_codes(warehouse)
    return str(warehouse.released[CODES])


def _explain_codes(warehouse: Warehouse) -> str:
    orders = warehouse.rows("orders")
    if "code" not in orders.columns:
        return ""
    discount = orders.discount if "discount" in orders.columns else ibis.literal(0)
    coded = orders.filter(orders.code.notnull())
    counted = coded.group_by(coded.code).aggregate(
        n=coded["order"].nunique(), reduced=coded["order"].nunique(where=discount > 0)
    )
    rows, named = fetch_rows(warehouse, counted), load_campaign_names(warehouse)
    if not rows:
        return ""
    half = sum(row["n"] for row in rows) / 2
    is_promo = sum(row["reduced"] for row in rows) > half
    if sum(row["n"] for row in rows if row["code"] in named) > half:
        return BOTH_CODES if is_promo else CAMPAIGN_CODES
    return PROMO_CODES if is_promo else UNKNOWN_CODES


def warn_of_codes(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    codes = explain_codes(warehouse)
    return f"{codes} {REPORTED}" if codes in (CAMPAIGN_CODES, BOTH_CODES) else codes


def warn_of_missing_parcels(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say how many orders of the days are overdue and not delivered."""
    last = min(warehouse.as_of("orders"), warehouse.today - timedelta(days=1))
    n = _count_undelivered(warehouse, days, lambda orders: orders.promised < ibis.literal(last))
    if n < warehouse.sales_floor:
        return ""
    return (
        f"{n} orders of these days are overdue and not delivered yet (all filters apart): "
        f"they count as late. Orders promised for {last} or later do not count yet."
    )


def warn_of_price_cuts(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    """Say what the discounts of orders leave out, where the price history tells it."""
    return "" if warehouse.table("prices") is None else DISCOUNTS_ALONE


def warn_of_unknown_prices(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say of how many products sold on the days no price is known yet, so no reduction either."""
    prices, orders = warehouse.rows("prices"), warehouse.rows("orders")
    known = prices.group_by(priced="product").aggregate(first=prices.since.min())
    sold = orders.filter(orders["at"].date().between(*map(ibis.literal, days)))
    joined = sold.left_join(known, sold["product"] == known.priced)
    is_known = (joined["first"] <= joined["at"].date()).fill_null(False)
    query = joined.aggregate(n=joined["product"].nunique(where=~is_known))
    (row,) = fetch_rows(warehouse, query)
    if not row["n"]:
        return ""
    return (
        f"Of {row['n']} products sold on these days (all filters apart) the price history has no "
        "price yet on a day of theirs: these sales are not in price_cuts. Say so."
    )


def count_parcel_days(warehouse: Warehouse) -> int:
    """Return in how many days nearly all orders arrive. Read once for each state of the data."""
    key = ("parcel days", "orders")
    if key not in warehouse.released:
        orders = warehouse.rows("orders")
        took = orders.delivered.cast("date").delta(orders["at"].date(), unit="day")
        query = orders.aggregate(days=took.cast("float64").quantile(NEARLY_ALL))
        (row,) = fetch_rows(warehouse, query)
        warehouse.released[key] = ceil(row["days"] or 0)
    days: int = warehouse.released[key]
    return days


RETURNS_SETTLE = Settling(lambda _: RETURN_DAYS, "come back")
PARCELS_SETTLE = Settling(count_parcel_days, "be on its way")


def _count_undelivered(
    warehouse: Warehouse, days: tuple[date, date], which: Callable[[ir.Table], ir.Value]
) -> int:
    orders = warehouse.rows("orders")
    undelivered = orders.filter(
        orders.delivered.isnull(),
        which(orders),
        orders["at"].date().between(*map(ibis.literal, days)),
        orders.status.isnull() | orders.status.lower().notin(NOT_SOLD_STATUSES),
    )
    (row,) = fetch_rows(warehouse, undelivered.aggregate(n=undelivered["order"].nunique()))
    return int(row["n"])


def find_revenue_basis(warehouse: Warehouse) -> str:
    """Return whether the revenue of these data is "gross" or "net" of refunds and returns; nothing
    where there are none."""
    marks = read_return_marks(warehouse)
    if marks["apart"] or (marks["marked"] and not marks["paid_back"]):
        return "gross"
    return "net" if marks["below"] else ""


def name_revenue(warehouse: Warehouse) -> Words:
    """Say whether refunds and returns are taken off the revenue of these data."""
    return {
        "gross": Words("revenue before returns"),
        "net": Words("revenue after refunds"),
        "": Words("revenue"),
    }[find_revenue_basis(warehouse)]


def warn_of_old_customers(warehouse: Warehouse, asked: tuple[date, date]) -> str:
    """Say that customers from before the data look new, where the days are among the first."""
    first = read_return_marks(warehouse)["first"]
    if first is None or asked[0] >= (sure := find_first_sure_day(warehouse, first)):
        return ""
    return (
        f"A first order is the first in the data, which begin on {first}: before {sure} many are "
        "of customers from before, who come back more often."
    )


def find_first_sure_day(warehouse: Warehouse, first: date) -> date:
    """Return the day from which nearly all customers from before the data have come back, if ever
    they do. Read once for each state of the data."""
    key = ("first sure day", "orders")
    if key not in warehouse.released:
        lines = select_counted_lines(warehouse, AnalysisFilter(), *EVER, None)
        gaps = group_by_gap(lines.mutate(day=lines["at"].date(), net=lines.paid), ())
        query = gaps.aggregate(days=gaps.gap.cast("float64").quantile(COMES_BACK))
        (row,) = fetch_rows(warehouse, query)
        least, most = OLD_CUSTOMER_DAYS
        days = min(max(least, ceil(row["days"] or 0)), most)
        warehouse.released[key] = first + timedelta(days=days)
    found: date = warehouse.released[key]
    return found


def explain_unlike_newcomers(
    warehouse: Warehouse, query: MetricQuery, before: tuple[date, date]
) -> Unlike:
    """Say of what rests on first orders why it doesn't compare with days among the first."""
    assert query.until is not None
    why = warn_of_old_customers(warehouse, (before[0], query.until))
    is_filtered = any(one.field in FIRST_ORDER_FIELDS for one in query.conditions)
    is_grouped = is_filtered or query.uses(*FIRST_ORDER_FIELDS)
    unlike: dict[tuple[str, bool | str], str] = {}
    for name in query.measures if why else ():
        rests = is_filtered or any(part in name for part in FIRST_ORDER_MEASURES)
        unlike |= {(name, True): why} if rests else {}
        unlike |= {(name, False): why} if rests or is_grouped else {}
    return unlike


def warn_of_newcomers(days: int) -> Callable[[Warehouse, tuple[date, date]], str]:
    def warn(warehouse: Warehouse, asked: tuple[date, date]) -> str:
        last, old = warehouse.as_of("orders") - timedelta(days=days), ""
        if asked[1] > last:
            old = (
                f"Only customers whose {days} days are over count: those whose first order is of "
                f"{last} or before. A month in which some are not over is not complete."
            )
        return " ".join(filter(None, [old, warn_of_old_customers(warehouse, asked)]))

    return warn
