"""Every measure of `query_metrics` against plain SQL on the same tables."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.core.metric_query import QueryError
from bot.data.metrics.filters import add_options
from bot.data.metrics.query.answer_facts import build_result
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import ALL_GROUPS
from bot.data.metrics.query.runner import DATASETS
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from tests.data.metrics.metric_sql import ALL_SQL
from tests.support.metric_queries import answer, condition, mixed_shop
from tests.support.sample_tables import sample
from tests.support.small_tables import small

# it has no cancelled orders and no refunds; a lifetime value has no period
NOT_IN_THE_SHOP = ("cancelled_orders", "cancelled_share", "refunded", "lifetime_value")
DERIVED = {"largest_order", "price_cuts"}  # held elsewhere: for one person alone, with prices
EVER = (date(2020, 1, 1), date(2026, 11, 24))
AUTUMN = (date(2026, 9, 1), date(2026, 11, 24))
LAST_AUTUMN = (date(2025, 9, 1), date(2025, 11, 20))


def choose_days(measure: str) -> tuple[date, date]:
    """Days in which customers first ordered so long ago that a year is over."""
    return LAST_AUTUMN if measure.startswith("reorder") else AUTUMN


@pytest.fixture(scope="module")
def mixed() -> Warehouse:
    """Floors of 1, so that every figure is shown."""
    return replace(mixed_shop(), floor=1, sales_floor=1)


def by_sql(
    warehouse: Warehouse, dataset: str, measure: str, days: tuple[date, date], where: str = "true"
) -> Any:
    sql = ALL_SQL[dataset, measure].format(since=days[0], until=days[1], where=where)
    return warehouse.engine.con.execute(sql).fetchone()[0]


def assert_same(ours: Any, theirs: Any, what: object) -> None:
    assert theirs is not None, what
    assert float(ours) == pytest.approx(float(theirs), rel=1e-9, abs=1e-9), what


def test_sql_covers_every_measure() -> None:
    known = {
        (name, measure)
        for name, dataset in DATASETS.items()
        for measure, one in dataset.measures.items()
        if not one.share_of and measure not in DERIVED
    }
    assert known == set(ALL_SQL)


ORDER_MEASURES = [name for of, name in ALL_SQL if of == "orders"]
MOST_MEASURES = 8  # in a query


def split_measures(*without: str) -> list[list[str]]:
    """The measures of orders as lists that one query can ask for."""
    by_source: dict[str, list[str]] = {}
    for name in ORDER_MEASURES:
        if name not in without:
            source = DATASETS["orders"].measures[name].source
            by_source.setdefault(source, []).append(name)
    return [
        names[at : at + MOST_MEASURES]
        for names in by_source.values()
        for at in range(0, len(names), MOST_MEASURES)
    ]


def days_of(found: MetricAnswer) -> tuple[date, date]:
    """The days of an answer: a rate of what may still change ends before the last ones."""
    assert found.query.since is not None
    assert found.query.until is not None
    return found.query.since, found.query.until


# Alone, because the tests on the sample shop ask the same and share the rendered SQL.
@pytest.mark.parametrize("measure", [name for name in ORDER_MEASURES if name != "lifetime_value"])
def test_order_measure_of_a_period_equals_sql_on_mixed_orders(
    mixed: Warehouse, measure: str
) -> None:
    since, until = choose_days(measure)
    found = answer(mixed, dataset="orders", measures=[measure], since=since, until=until)
    value = found.get_value("now", ALL_GROUPS, measure)
    assert_same(value, by_sql(mixed, "orders", measure, days_of(found)), measure)


@pytest.mark.parametrize("measures", split_measures())
def test_order_measures_of_all_days_equal_sql_on_mixed_orders(
    mixed: Warehouse, measures: list[str]
) -> None:
    found = answer(mixed, dataset="orders", measures=measures)
    for measure in measures:
        value = found.get_value("now", ALL_GROUPS, measure)
        assert_same(value, by_sql(mixed, "orders", measure, days_of(found)), measure)


@pytest.mark.parametrize(
    "measures",
    # a last sale is told by product only, a lifetime value by customers' own history
    split_measures("days_since_last_sale", "lifetime_value"),
)
def test_order_measures_by_device_and_filter_equal_sql(
    mixed: Warehouse, measures: list[str]
) -> None:
    found = answer(
        mixed,
        dataset="orders",
        measures=measures,
        dimensions=["device"],
        filters=[[condition("country", "is", "FR")]],
    )
    groups = found.recipe.list_groups()
    assert groups
    for (device,) in groups:
        where = f"country = 'FR' AND device = '{device}'"
        for measure in measures:
            if (value := found.get_value("now", (device,), measure)) is not None:
                expected = by_sql(mixed, "orders", measure, days_of(found), where)
                assert_same(value, expected, (measure, device))


@pytest.mark.parametrize(
    "measure",
    [name for name in ORDER_MEASURES if name not in NOT_IN_THE_SHOP],
)
@pytest.mark.sample(3)  # the mixed orders have every measure
def test_order_measure_equals_sql_on_the_sample_shop(measure: str) -> None:
    shop = sample()
    days = choose_days(measure)
    found = answer(shop, dataset="orders", measures=[measure], since=days[0], until=days[1])
    value = found.get_value("now", ALL_GROUPS, measure)
    assert_same(value, by_sql(shop, "orders", measure, days_of(found)), measure)


@pytest.mark.parametrize("dataset", ["visits", "campaigns", "feedback"])
def test_measures_of_other_datasets_equal_sql_on_the_sample_shop(dataset: str) -> None:
    shop = sample()
    names = [name for of, name in ALL_SQL if of == dataset]
    dimension = {"visits": "device", "campaigns": "channel", "feedback": "channel"}[dataset]
    for some in (names[:8], names[8:16], names[16:]):
        if not some:
            continue
        found = answer(
            shop,
            dataset=dataset,
            measures=some,
            dimensions=[dimension],
            since=AUTUMN[0],
            until=AUTUMN[1],
        )
        assert found.recipe.list_groups()
        for group in [ALL_GROUPS, *found.recipe.list_groups()]:
            where = f"{dimension} = '{group[0]}'" if group else "true"
            if group == ("others",):
                continue
            for name in some:
                if (value := found.get_value("now", group, name)) is not None:
                    theirs = by_sql(shop, dataset, name, AUTUMN, where)
                    assert_same(value, theirs, (name, group))


def test_visits_by_furthest_step_equal_sql_on_the_sample_shop() -> None:
    shop = sample()
    days = {"since": AUTUMN[0], "until": AUTUMN[1]}
    found = answer(shop, dataset="visits", measures=["visits"], dimensions=["step"], **days)
    steps = ("view", "cart", "checkout", "purchase")
    far = {step: f"far = {n}" for n, step in enumerate(steps, 1)}
    groups = [group for (group,) in found.recipe.list_groups() if group in far]
    assert set(groups) == set(far)
    for step in groups:
        theirs = by_sql(shop, "visits", "visits", AUTUMN, far[str(step)])
        assert_same(found.get_value("now", (step,), "visits"), theirs, step)
    left = answer(
        shop,
        dataset="visits",
        measures=["visits"],
        filters=[[condition("step", "in", "cart", "checkout")]],
        **days,
    )
    theirs = by_sql(shop, "visits", "visits", AUTUMN, "far IN (2, 3)")
    assert_same(left.get_value("now", ALL_GROUPS, "visits"), theirs, "left")


def test_visits_by_page_equal_sql_on_the_sample_shop() -> None:
    shop = sample()
    days = {"since": AUTUMN[0], "until": AUTUMN[1]}
    found = answer(
        shop, dataset="visits", measures=["visits", "conversion"], dimensions=["page"], **days
    )
    pages = [page for (page,) in found.recipe.list_groups() if page and page != "others"]
    assert pages
    for page in pages:
        where = f"session IN (SELECT session FROM events WHERE page = '{page}')"
        for name in ("visits", "conversion"):
            if (value := found.get_value("now", (page,), name)) is not None:
                assert_same(value, by_sql(shop, "visits", name, AUTUMN, where), (name, page))
    total = found.get_value("now", ALL_GROUPS, "visits")
    assert_same(total, by_sql(shop, "visits", "visits", AUTUMN), "a visit of several pages is one")


def test_shares_are_of_the_total_or_of_everything(mixed: Warehouse) -> None:
    by_device = answer(
        mixed, dataset="orders", measures=["revenue_share", "orders_share"], dimensions=["device"]
    )
    shares = [
        by_device.get_value("now", group, "revenue_share")
        for group in by_device.recipe.list_groups()
    ]
    assert sum(shares) == pytest.approx(100)
    french = answer(
        mixed,
        dataset="orders",
        measures=["revenue_share"],
        filters=[[condition("country", "is", "FR")]],
    )
    part = by_sql(mixed, "orders", "revenue", EVER, "country = 'FR'")
    whole = by_sql(mixed, "orders", "revenue", EVER)
    value = french.get_value("now", ALL_GROUPS, "revenue_share")
    assert value == pytest.approx(100 * float(part) / float(whole))


@pytest.mark.parametrize(
    ("dimensions", "place"),
    [(["country", "device"], 0), (["device", "country"], 0), (["device", "month"], 1)],
)
def test_share_by_two_dimensions_is_of_each_of_the_first_or_of_each_month(
    mixed: Warehouse, dimensions: list[str], place: int
) -> None:
    found = answer(mixed, dataset="orders", measures=["orders_share"], dimensions=dimensions)
    shown = found.recipe.list_groups()
    assert shown
    for group in shown:
        if group not in found.rows["now"].groups:
            assert found.get_value("now", group, "orders_share") is None
            continue
        whole = [one for one in found.rows["now"].groups if one[place] == group[place]]
        parts = [found.get_value("now", one, "orders") for one in whole]
        share = found.get_value("now", group, "orders_share")
        if None in parts:  # what is hidden would be the rest
            assert share is None
        else:
            part = found.get_value("now", group, "orders")
            assert share == pytest.approx(100 * part / sum(parts))
    assert any(found.get_value("now", one, "orders_share") for one in shown)


def test_share_of_parts_that_overlap_is_not_told(mixed: Warehouse) -> None:
    asked = {"dataset": "orders", "measures": ["orders_share"]}
    found = answer(mixed, **asked, dimensions=["device", "category"])
    shown = found.recipe.list_groups()
    assert not any(found.get_value("now", one, "orders_share") for one in shown)


@pytest.mark.parametrize(
    ("dimension", "sql"),
    [
        ("day", '"at"::DATE'),
        ("week", "date_trunc('week', \"at\")::DATE"),
        ("month", "date_trunc('month', \"at\")::DATE"),
        ("quarter", "date_trunc('quarter', \"at\")::DATE"),
        ("year", "date_trunc('year', \"at\")::DATE"),
        ("weekday", 'isodow("at") - 1'),
        ("hour", 'hour("at")'),
        ("category", "category"),
        ("product", "product"),
        ("code", "code"),
        ("country", "country"),
        ("source", "source"),
    ],
)
def test_revenue_by_each_dimension_equals_sql(mixed: Warehouse, dimension: str, sql: str) -> None:
    found = answer(mixed, dataset="orders", measures=["revenue"], dimensions=[dimension])
    groups = [group for group in found.recipe.list_groups() if group != ("others",)]
    assert groups
    for (value,) in groups:
        where = f"({sql})::VARCHAR = '{value}'" if value is not None else f"({sql}) IS NULL"
        theirs = by_sql(mixed, "orders", "revenue", EVER, where)
        assert_same(found.get_value("now", (value,), "revenue"), theirs, value)


def test_two_dimensions_equal_sql(mixed: Warehouse) -> None:
    found = answer(
        mixed, dataset="orders", measures=["orders", "revenue"], dimensions=["device", "country"]
    )
    assert len(found.recipe.list_groups()) == 4
    for device, country in found.recipe.list_groups():
        where = f"device = '{device}' AND country = '{country}'"
        for name in ("orders", "revenue"):
            theirs = by_sql(mixed, "orders", name, EVER, where)
            assert_same(found.get_value("now", (device, country), name), theirs, where)


def test_new_and_known_customers_split_the_orders(mixed: Warehouse) -> None:
    found = answer(mixed, dataset="orders", measures=["revenue"], dimensions=["customer_type"])
    groups = found.recipe.list_groups()
    assert {("new",), ("known",)} <= set(groups)
    total = sum(float(found.get_value("now", group, "revenue")) for group in groups)
    assert total == pytest.approx(float(by_sql(mixed, "orders", "revenue", EVER)))


def test_days_since_last_sale_are_told_by_product(mixed: Warehouse) -> None:
    found = answer(
        mixed, dataset="orders", measures=["days_since_last_sale"], dimensions=["product"]
    )
    assert len(found.recipe.list_groups()) == 3
    for (product,) in found.recipe.list_groups():
        value = found.get_value("now", (product,), "days_since_last_sale")
        where = f"product = '{product}'"
        theirs = by_sql(mixed, "orders", "days_since_last_sale", EVER, where)
        assert_same(value, theirs, product)


@pytest.mark.parametrize("dimension", ["carrier", "payment_method"])
def test_late_share_by_month_and_carrier_equals_sql(mixed: Warehouse, dimension: str) -> None:
    found = answer(
        mixed, dataset="orders", measures=["late_share"], dimensions=["quarter", dimension]
    )
    groups = [group for group in found.recipe.list_groups() if group != ("others",)]
    assert len(groups) >= 8
    for quarter, name in groups:
        where = f"date_trunc('quarter', \"at\")::DATE = '{quarter}' AND {dimension} = '{name}'"
        theirs = by_sql(mixed, "orders", "late_share", EVER, where)
        assert_same(found.get_value("now", (quarter, name), "late_share"), theirs, where)


def test_customers_by_month_of_their_first_order_equal_sql(mixed: Warehouse) -> None:
    found = answer(
        mixed,
        dataset="orders",
        measures=["customers", "lifetime_value"],
        dimensions=["first_order_month"],
    )
    groups = [month for (month,) in found.recipe.list_groups() if month and month != "others"]
    assert len(groups) >= 2
    assert groups == sorted(groups)
    for month in groups:
        first = "(SELECT customer FROM firsts WHERE date_trunc('month', first_day)::DATE = '{}')"
        for name in ("customers", "lifetime_value"):
            sql = ALL_SQL["orders", name].format(since=EVER[0], until=EVER[1], where="true")
            sql = sql.replace("FROM people)", f"FROM people WHERE customer IN {first})")
            sql = sql.replace("WHERE customer IS NOT NULL)", f"WHERE customer IN {first})").replace(
                "{}", month
            )
            theirs = mixed.engine.con.execute(sql).fetchone()[0]
            assert_same(found.get_value("now", (month,), name), theirs, (month, name))


@pytest.mark.parametrize(("least", "where"), [(2, "true"), (3, "country = 'FR'")])
def test_at_least_so_many_of_the_selected_orders_equals_sql(
    mixed: Warehouse, least: int, where: str
) -> None:
    """Lamps in at least so many orders of autumn, whatever else was ordered."""
    filters = [
        [condition("product", "is", "lamp")],
        [condition("selected_orders", "at_least", str(least))],
    ]
    if where != "true":
        filters.append([condition("country", "is", "FR")])
    found = answer(
        mixed,
        dataset="orders",
        measures=["customers", "orders"],
        filters=filters,
        since=LAST_AUTUMN[0],
        until=AUTUMN[1],
    )
    lines = ALL_SQL["orders", "orders"].format(
        since=LAST_AUTUMN[0], until=AUTUMN[1], where=f"product = 'lamp' AND {where}"
    )
    many = f"(SELECT customer FROM people WHERE orders >= {least})"
    start = lines[: lines.rindex("SELECT (SELECT")]
    con = mixed.engine.con
    customers = con.execute(f"{start} SELECT count(*) FROM people WHERE orders >= {least}")
    assert_same(found.get_value("now", ALL_GROUPS, "customers"), customers.fetchone()[0], least)
    orders = con.execute(f"{start} SELECT count(*) FROM bought WHERE customer IN {many}")
    assert_same(found.get_value("now", ALL_GROUPS, "orders"), orders.fetchone()[0], least)


# Traffic: daily sums.


def traffic_shop() -> Warehouse:
    """Two files of the same visits, by channel and by page, and one row of a whole month."""
    rows: list[dict[str, Any]] = []
    for n in range(60):
        day = AUTUMN[1] - timedelta(days=n)
        for at, channel in enumerate(("organic", "email")):
            rows.append(
                {
                    "day": day,
                    "channel": channel,
                    "sessions": 100 + 3 * n + at,
                    "engaged": 40 + n,
                    "views": 300 + n,
                    "orders": 3 + (n + at) % 4,
                    "sales": Decimal(200 + n),
                    "refunded": Decimal(-(n % 3)),
                    "currency": "EUR",
                }
            )
        rows.append({"day": day, "page": "/", "sessions": 500, "views": 600})
    rows.append(
        {"day": date(2026, 10, 1), "until": date(2026, 10, 31), "channel": "all", "sessions": 9000}
    )
    return replace(small(traffic=rows), floor=1, sales_floor=1)


@pytest.mark.parametrize("measure", [name for of, name in ALL_SQL if of == "traffic"])
def test_traffic_measure_counts_one_breakdown_and_equals_sql(measure: str) -> None:
    shop, days = traffic_shop(), (date(2026, 10, 20), date(2026, 11, 24))
    found = answer(
        shop,
        dataset="traffic",
        measures=[measure],
        dimensions=["channel"],
        since=days[0],
        until=days[1],
    )
    assert set(found.recipe.list_groups()) == {("organic",), ("email",)}
    for group in [ALL_GROUPS, *found.recipe.list_groups()]:
        where = "until IS NULL" + (f" AND channel = '{group[0]}'" if group else "")
        value = found.get_value("now", group, measure)
        assert_same(value, by_sql(shop, "traffic", measure, days, where), (measure, group))
    total = answer(shop, dataset="traffic", measures=[measure], since=days[0], until=days[1])
    theirs = by_sql(shop, "traffic", measure, days, "until IS NULL")
    assert_same(total.get_value("now", ALL_GROUPS, measure), theirs, "without a dimension")


def test_traffic_columns_of_different_files_are_not_combined() -> None:
    with pytest.raises(QueryError, match="No traffic rows have channel and page together"):
        answer(
            traffic_shop(), dataset="traffic", measures=["sessions"], dimensions=["channel", "page"]
        )


# Options of a variant.


@pytest.mark.parametrize(("dimension", "place"), [("colour", -1), ("size", 1)])
def test_option_of_the_variant_is_grouped_by_as_the_catalogue_lists_it(
    dimension: str, place: int
) -> None:
    found = answer(sample(), dataset="orders", measures=["units"], dimensions=[dimension], limit=99)
    rows = sample().engine.con.execute(
        f"SELECT split_part(variant, ', ', {place}), sum(quantity) FROM orders"
        " WHERE variant LIKE '%, %' GROUP BY 1"
    )
    expected = {str(name): float(units) for name, units in rows.fetchall()}
    groups = [group for group in found.recipe.list_groups() if group != ("others",)]
    assert len(groups) > 10
    for group in groups:
        assert group[0] is not None
        assert_same(found.get_value("now", group, "units"), expected[group[0]], group)


@pytest.mark.parametrize(
    ("variant", "colour", "size"),
    [
        ("M / Navy Blue", "Navy blue", "M"),
        ("navy blue, m", "Navy blue", "M"),
        ("Colour: Blue | Size: XL", "Blue", "XL"),
        ("Blue", "Blue", None),
        ("special edition", None, None),
    ],
)
def test_variant_is_split_into_the_options_of_its_product(
    variant: str, colour: str | None, size: str | None
) -> None:
    products = [{"product": "shirt", "colours": "Blue|Navy blue", "sizes": "M|XL"}]
    line = {"at": datetime(2026, 11, 3, 12), "amount": Decimal(9), "quantity": 1}
    line |= {"product": "shirt", "variant": variant}
    warehouse = small(products=products, orders=[{**line, "order": "1"}])
    orders = warehouse.table("orders")
    assert orders is not None
    (row,) = fetch_rows(warehouse, add_options(warehouse, orders))
    assert (row["colour"], row["size"]) == (colour, size)


# Refunds and returns that the data don't have, or that are of too few people.


def shop_with(**of_two: Any) -> Warehouse:
    """Sixty customers with an order each. Two have these values, the others know of none."""
    others = {name: False if value is True else None for name, value in of_two.items()}
    line = {"at": datetime(2026, 11, 3, 12), "amount": Decimal(10), "quantity": 1, "country": "FR"}
    return small(
        orders=[
            {**line, "order": str(n), "customer": f"c{n}", **(of_two if n < 2 else others)}
            for n in range(60)
        ]
    )


@pytest.mark.parametrize("measure", ["net_revenue", "refunded"])
def test_what_is_paid_back_is_unknown_where_no_refunds_and_no_returns_are_in_the_data(
    measure: str,
) -> None:
    found = answer(shop_with(), dataset="orders", measures=["revenue", measure])
    assert found.get_value("now", ALL_GROUPS, measure) is None
    assert "no refunds and do not say which lines were returned" in found.unknown[measure]


@pytest.mark.parametrize("of_two", [{"returned": True}, {"refunded": Decimal(5)}])
def test_net_revenue_of_a_few_returns_says_whom_it_would_tell_of(of_two: dict[str, Any]) -> None:
    of_france = {"dataset": "orders", "filters": [[condition("country", "is", "FR")]]}
    found = answer(shop_with(**of_two), **of_france, measures=["revenue", "net_revenue"])
    assert found.get_value("now", ALL_GROUPS, "revenue") == 600
    (note,) = [one for one in found.notes if one.startswith("net_revenue")]
    assert "under 5 people with a refund or a return" in note
    with pytest.raises(QueryError, match="under 5 people with a refund or a return"):
        answer(shop_with(**of_two), **of_france, measures=["net_revenue"])
    whole = answer(shop_with(**of_two), dataset="orders", measures=["net_revenue"])
    assert whole.get_value("now", ALL_GROUPS, "net_revenue") in (580, 590)


def test_share_of_the_best_customers_says_whether_returns_are_taken_off() -> None:
    """Of forty customers the four best paid 100 each, and one of these sent everything back."""
    rows = [
        {
            "order": f"o{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"c{n:02}",
            "product": "vase",
            "quantity": 1,
            "amount": Decimal(100 if n < 4 else 10),
            "currency": "EUR",
            "returned": n == 0 or n > 34,
        }
        for n in range(40)
    ]
    names = ["top_10_percent_share", "top_10_percent_net_share"]
    shop = replace(small(orders=rows), floor=1, sales_floor=1)
    gross, net = build_result(shop, answer(shop, dataset="orders", measures=names), "en").facts
    assert gross.number == pytest.approx(Decimal(100 * 400) / 760)
    assert net.number == pytest.approx(Decimal(100 * 310) / 610)
    assert "before returns" in gross.label
    assert net.label.startswith("net")
    for row in rows:
        row["returned"] = None
    plain = replace(small(orders=rows), floor=1, sales_floor=1)
    found = build_result(plain, answer(plain, dataset="orders", measures=names), "en")
    assert [fact.label for fact in found.facts] == ["revenue share of the top 10% of customers"]
