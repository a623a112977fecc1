"""Conditions and periods of `query_metrics` against plain SQL."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.core.condition_words import describe_amount
from bot.core.metric_query import MetricCondition, QueryError
from bot.data.metrics.query.answer_facts import MetricResult, build_result
from bot.data.metrics.query.describe import describe_data
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.order_cautions import warn_of_price_cuts
from bot.data.metrics.query.release import ALL_GROUPS
from bot.data.metrics.query.sale_days import find_sale_days
from bot.data.warehouse.warehouse import Warehouse
from tests.data.metrics.metric_sql import ALL_SQL
from tests.support.metric_queries import answer, condition, mixed_shop
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small

LAST = TODAY - timedelta(days=1)
EVER = (date(2020, 1, 1), LAST)
COUNTED = """coalesce(lower(status), '') NOT IN ('cancelled', 'canceled')
    AND coalesce(currency, 'EUR') = 'EUR' AND NOT (amount = 0 AND coalesce(quantity, 1) <= 0)"""
BOUGHT = f"""(SELECT customer, "order", sum(amount) AS paid, min("at"::DATE) AS day,
    list(product) AS products FROM orders WHERE {COUNTED} AND customer IS NOT NULL
    GROUP BY customer, "order" HAVING sum(amount) >= 0)"""


@pytest.fixture(scope="module")
def mixed() -> Warehouse:
    return replace(mixed_shop(), floor=1, sales_floor=1)


def of_customers(having: str) -> str:
    return f"customer IN (SELECT customer FROM {BOUGHT} GROUP BY customer HAVING {having})"


C = condition
CASES: list[tuple[list[list[MetricCondition]], str]] = [
    ([[C("device", "is", "mobile")]], "device = 'mobile'"),
    ([[C("device", "is_not", "Mobile")]], "device <> 'mobile'"),
    ([[C("product", "in", "Vase", "rug")]], "product IN ('vase', 'rug')"),
    ([[C("product", "contains", "am")]], "product = 'lamp'"),
    ([[C("category", "is", "light")]], "category = 'Light'"),
    ([[C("code", "is", "any")]], "code IS NOT NULL"),
    ([[C("code", "is", "none")]], "code IS NULL"),
    ([[C("country", "is", "Belgium")]], "country = 'BE'"),
    (
        [[C("country", "is", "FR")], [C("device", "is", "mobile")]],
        "country = 'FR' AND device = 'mobile'",
    ),
    (
        [[C("country", "is", "BE"), C("device", "is", "mobile")]],
        "(country = 'BE' OR device = 'mobile')",
    ),
    ([[C("weekday", "is", "Monday")]], 'isodow("at") = 1'),
    ([[C("hour", "between", "9", "17")]], 'hour("at") BETWEEN 9 AND 17'),
    ([[C("day", "is_not", "2026-05-01")]], "\"at\"::DATE <> '2026-05-01'"),
    (
        [[C("day", "at_most", "2026-04-30"), C("day", "at_least", "2026-06-01")]],
        "\"at\"::DATE NOT BETWEEN '2026-05-01' AND '2026-05-31'",
    ),
    ([[C("returned", "is", "yes")]], "returned"),
    (
        [[C("late", "is", "yes")]],
        "promised < '2026-11-24' AND (delivered IS NULL OR delivered > promised)",
    ),
    (
        [[C("order_value", "at_least", "100")]],
        f"""\"order\" IN (SELECT \"order\" FROM orders WHERE {COUNTED} GROUP BY \"order\"
            HAVING sum(amount) >= 100)""",
    ),
    *(
        (
            [[C("order_value", name, "143.70")]],
            f"""\"order\" IN (SELECT \"order\" FROM orders WHERE {COUNTED} GROUP BY \"order\"
                HAVING sum(amount) {sign} 143.70)""",
        )
        for name, sign in (("over", ">"), ("under", "<"))
    ),
    ([[C("customer_orders", "at_least", "3")]], of_customers("count(*) >= 3")),
    ([[C("customer_orders", "is", "1")]], of_customers("count(*) = 1")),
    (
        [[C("customer_first_order", "at_least", "2026-06-01")]],
        of_customers("min(day) >= '2026-06-01'"),
    ),
    (
        [[C("customer_last_order", "at_most", "2026-08-31")]],
        of_customers("max(day) <= '2026-08-31'"),
    ),
    (
        [[C("customer_not_ordered", "at_least", "2026-09-01")]],
        of_customers("max(day) < '2026-09-01'"),
    ),
    (
        [[C("customer_ordered", "between", "2026-03-01", "2026-03-31")]],
        of_customers("bool_or(day BETWEEN '2026-03-01' AND '2026-03-31')"),
    ),
    (
        [[C("customer_not_ordered", "between", "2026-03-01", "2026-05-31")]],
        of_customers("NOT bool_or(day BETWEEN '2026-03-01' AND '2026-05-31')"),
    ),
    (
        [[C("customer_bought", "is", "vase")], [C("customer_bought", "is", "Light")]],
        of_customers(
            "bool_or(list_contains(products, 'vase')) AND bool_or(list_contains(products, 'lamp'))"
        ),
    ),
    (
        [[C("customer_bought", "is", "vase")], [C("customer_bought", "is_not", "rug")]],
        of_customers(
            "bool_or(list_contains(products, 'vase')) "
            "AND NOT bool_or(list_contains(products, 'rug'))"
        ),
    ),
    (
        [[C("customer_orders", "at_least", "4"), C("country", "is", "BE")]],
        f"({of_customers('count(*) >= 4')} OR country = 'BE')",
    ),
]


@pytest.mark.parametrize(("filters", "where"), CASES)
def test_condition_selects_what_sql_selects(
    mixed: Warehouse, filters: list[list[MetricCondition]], where: str
) -> None:
    measures = ["revenue", "customers"]
    found = answer(mixed, dataset="orders", measures=measures, filters=filters)
    for measure in measures:
        sql = ALL_SQL["orders", measure].format(since=EVER[0], until=EVER[1], where=where)
        theirs = mixed.engine.con.execute(sql).fetchone()[0]
        assert theirs
        ours = found.get_value("now", ALL_GROUPS, measure)
        assert float(ours) == pytest.approx(float(theirs)), measure


SALE = date(2026, 6, 24), date(2026, 7, 21)


def with_prices(without: str = "") -> Warehouse:
    """The mixed shop, whose vase was reduced for four weeks, and whose rug is cheaper for good.
    `without` is a product of which no price is known."""
    history = {
        "vase": [(date(2026, 1, 1), 50), (SALE[0], 40), (SALE[1] + timedelta(days=1), 50)],
        "lamp": [(date(2026, 1, 1), 30)],
        "rug": [(date(2026, 1, 1), 90), (date(2026, 3, 1), 80)],
    }
    prices = [
        {"product": product, "since": since, "price": price}
        for product, changes in history.items()
        for since, price in changes
        if product != without
    ]
    return replace(mixed_shop(prices=prices), floor=1, sales_floor=1)


@pytest.mark.parametrize(("value", "sign"), [("no", "NOT "), ("yes", "")])
def test_sale_days_are_those_of_reductions_that_end(value: str, sign: str) -> None:
    shop = with_prices()
    assert find_sale_days(shop) == (SALE,)
    where = f"\"at\"::DATE {sign}BETWEEN '{SALE[0]}' AND '{SALE[1]}'"
    sql = ALL_SQL["orders", "revenue"].format(since=EVER[0], until=EVER[1], where=where)
    filters = [[condition("sale_day", "is", value)]]
    found = answer(shop, dataset="orders", measures=["revenue"], filters=filters)
    ours = found.get_value("now", ALL_GROUPS, "revenue")
    assert float(ours) == pytest.approx(float(shop.engine.con.execute(sql).fetchone()[0]))
    assert any(f"{SALE[0]} to {SALE[1]}" in note for note in found.words)


def test_reduced_price_is_about_the_days_of_each_product() -> None:
    shop = with_prices()
    where = f"product = 'vase' AND \"at\"::DATE BETWEEN '{SALE[0]}' AND '{SALE[1]}'"
    sql = ALL_SQL["orders", "units"].format(since=EVER[0], until=EVER[1], where=where)
    filters = [[condition("reduced_price", "is", "yes")]]
    found = answer(shop, dataset="orders", measures=["units"], filters=filters)
    theirs = shop.engine.con.execute(sql).fetchone()[0]
    assert theirs
    assert float(found.get_value("now", ALL_GROUPS, "units")) == float(theirs)


def test_price_cuts_are_what_the_lower_prices_gave_away() -> None:
    shop = with_prices()
    where = f"product = 'vase' AND \"at\"::DATE BETWEEN '{SALE[0]}' AND '{SALE[1]}'"
    sql = ALL_SQL["orders", "units"].format(since=EVER[0], until=EVER[1], where=where)
    sold = shop.engine.con.execute(sql).fetchone()[0]
    cuts = """SELECT max(price) - min(price) FROM prices WHERE product = 'vase'"""
    cut = shop.engine.con.execute(cuts).fetchone()[0]
    found = answer(shop, dataset="orders", measures=["price_cuts", "discounts"])
    given = found.get_value("now", ALL_GROUPS, "price_cuts")
    assert given
    assert float(given) == float(sold) * float(cut)
    assert warn_of_price_cuts(shop, EVER)
    assert not warn_of_price_cuts(mixed_shop(), EVER)
    with pytest.raises(QueryError, match="price history"):
        answer(mixed_shop(), dataset="orders", measures=["price_cuts"])


def find(shop: Warehouse, **query: Any) -> MetricResult:
    return build_result(
        shop, answer(shop, dataset="orders", measures=["price_cuts"], **query), "en"
    )


def test_price_cuts_are_to_be_had_where_there_is_a_price_history() -> None:
    for shop, is_told in ((with_prices(), True), (mixed_shop(), False)):
        absent = [line for line in describe_data(shop) if "not to be had" in line]
        assert any("price_cuts" in line for line in absent) is not is_told


def test_price_cuts_are_none_where_all_prices_are_known_and_unknown_where_none_is() -> None:
    shop = with_prices()
    days = {"since": date(2026, 3, 1), "until": date(2026, 3, 20)}
    assert [fact.value for fact in find(shop, **days).facts] == [0]
    before = find(shop, since=date(2025, 12, 1), until=date(2025, 12, 31))
    assert not before.facts
    assert any("price history" in note for note in before.notes)


def test_price_cuts_of_a_product_without_a_known_price_are_unknown_beside_others() -> None:
    """The table has no row that says that the others have none, shown apart or not."""
    shop = with_prices("lamp")
    found = find(shop, dimensions=["product"])
    told = {found.groups[fact.id][1]: fact.number for fact in found.facts}
    assert told["rug",] == 0
    assert told["vase",] == told[ALL_GROUPS] > 0
    assert ("lamp",) not in told
    (exhibit,) = found.exhibits
    assert exhibit.table
    assert not any(row[0].startswith("Others") for row in exhibit.table.rows)
    assert any("price_cuts" in note for note in found.notes)


@pytest.mark.parametrize("measure", ["price_cuts", "discounts", "discount_depth"])
def test_what_was_given_away_is_not_nothing_where_it_is_hidden(measure: str) -> None:
    shop = with_prices()
    asked = {"dataset": "orders", "measures": [measure], "dimensions": ["product", "country"]}
    found = answer(replace(shop, floor=60, sales_floor=60), **asked)
    told = build_result(shop, found, "en")
    whole = answer(shop, **asked)
    shown = {told.groups[fact.id][1]: fact.number for fact in told.facts}
    assert {*whole.recipe.list_groups()} - {*shown}
    for group, number in shown.items():
        assert number or not found.values["now", group][measure]
    (exhibit,) = told.exhibits
    assert exhibit.table
    others = [row for row in exhibit.table.rows if row[0].startswith("Others")]
    assert not [row for row in others if row[-1] in ("€0.00", "0%")]


def test_orders_are_filtered_by_the_share_that_their_discount_takes_off() -> None:
    shop = with_prices()
    where = f"""{COUNTED} AND "order" IN (SELECT "order" FROM orders WHERE {COUNTED}
        GROUP BY "order" HAVING 100.0 * sum(CASE WHEN discount > 0 THEN discount ELSE 0 END)
        / (sum(amount) + sum(CASE WHEN discount > 0 THEN discount ELSE 0 END)) >= 10)"""
    sql = ALL_SQL["orders", "orders"].format(since=EVER[0], until=EVER[1], where=where)
    theirs = shop.engine.con.execute(sql).fetchone()[0]
    filters = [[condition("order_discount", "at_least", "10")]]
    found = answer(shop, dataset="orders", measures=["orders"], filters=filters)
    assert theirs
    assert found.get_value("now", ALL_GROUPS, "orders") == theirs


YES_OR_NO = {
    "returned": "CASE WHEN returned THEN 'yes' WHEN NOT returned THEN 'no' END",
    "late": """CASE WHEN promised < DATE '2026-11-24' THEN
        CASE WHEN delivered IS NULL OR delivered > promised THEN 'yes' ELSE 'no' END END""",
    "discounted": f"""CASE WHEN "order" IN (SELECT "order" FROM orders WHERE {COUNTED}
        AND discount > 0) THEN 'yes' ELSE 'no' END""",
    "reduced_price": f"""CASE WHEN product = 'vase' AND \"at\"::DATE BETWEEN '{SALE[0]}'
        AND '{SALE[1]}' THEN 'yes' ELSE 'no' END""",
}


@pytest.mark.parametrize("name", YES_OR_NO)
def test_yes_or_no_fields_group_what_they_filter(name: str) -> None:
    shop = with_prices()
    sql = f"""SELECT category, {YES_OR_NO[name]} AS said, sum(coalesce(quantity, 1)) FROM orders
        WHERE {COUNTED} GROUP BY ALL"""
    theirs = {row[:2]: row[2] for row in shop.engine.con.execute(sql).fetchall()}
    found = answer(shop, dataset="orders", measures=["units"], dimensions=["category", name])
    groups = found.recipe.list_groups()
    assert {one: found.get_value("now", one, "units") for one in groups} == theirs
    for value in ("yes", "no"):
        filters = [[condition(name, "is", value)]]
        alone = answer(shop, dataset="orders", measures=["units"], filters=filters)
        total = sum(many for (_, said), many in theirs.items() if said == value)
        assert alone.get_value("now", ALL_GROUPS, "units") == total


def test_orders_are_told_by_which_of_the_customer_they_are(mixed: Warehouse) -> None:
    sql = f"""SELECT nth, count(*), avg(paid) FROM (SELECT paid, row_number() OVER
        (PARTITION BY customer ORDER BY placed, "order") AS nth FROM (SELECT customer, "order",
        sum(amount) AS paid, min("at") AS placed FROM orders WHERE {COUNTED}
        AND customer IS NOT NULL GROUP BY ALL HAVING sum(amount) >= 0)) GROUP BY nth"""
    theirs = {str(row[0]): row[1:] for row in mixed.engine.con.execute(sql).fetchall()}
    measures = ["orders", "average_order"]
    found = answer(mixed, dataset="orders", measures=measures, dimensions=["nth_order"])
    groups = [group for group in found.recipe.list_groups() if group[0]]
    assert groups[0] == ("1",)
    for group in groups:
        ours = [found.get_value("now", group, name) for name in measures]
        assert ours == pytest.approx([float(one) for one in theirs[str(group[0])]])
    filters = [[condition("nth_order", "at_least", "2")], [condition("source", "is", "email")]]
    repeated = answer(mixed, dataset="orders", measures=["orders"], filters=filters)
    many = repeated.get_value("now", ALL_GROUPS, "orders")
    assert 0 < many < sum(int(row[0]) for nth, row in theirs.items() if nth != "1")


@pytest.mark.parametrize(
    ("field", "operator", "values", "words"),
    [
        ("nth_order", "is", ("1",), "première commande"),
        ("nth_order", "at_least", ("2",), "à partir de la commande n° 2"),
        ("order_value", "over", ("150",), "montant de la commande : plus de 150"),
        ("order_value", "under", ("150",), "montant de la commande : moins de 150"),
    ],
)
def test_condition_on_a_number_is_said_in_words(
    field: str, operator: str, values: tuple[str, ...], words: str
) -> None:
    said = describe_amount(field, operator, values)
    assert said is not None
    assert said.to("fr").replace("\N{NO-BREAK SPACE}", " ") == words


def test_refusal_lists_each_field_that_the_data_have_once(mixed: Warehouse) -> None:
    filters = [[condition("rating", "is", "1")]]
    with pytest.raises(QueryError) as refused:
        answer(mixed, dataset="orders", measures=["orders"], filters=filters)
    named = str(refused.value).partition("by: ")[2].rstrip(".").split(", ")
    assert len(named) == len({*named})
    assert {"day", "discounted", "customer_orders"} <= {*named}
    assert not {"segment", "reduced_price", "colour"} & {*named}
    with pytest.raises(QueryError, match="No price history"):
        answer(mixed, dataset="orders", measures=["orders"], dimensions=["reduced_price"])


def test_pairs_of_products_are_counted_once_for_each_order(mixed: Warehouse) -> None:
    pairs = """SELECT one.product, other.product, count(DISTINCT one."order") FROM orders AS one
        JOIN orders AS other ON one."order" = other."order" AND one.product < other.product
        WHERE one."order" IN (SELECT "order" FROM orders WHERE {counted} GROUP BY "order"
            HAVING sum(amount) >= 0)
        GROUP BY ALL"""
    rows = mixed.engine.con.execute(pairs.format(counted=COUNTED)).fetchall()
    found = answer(
        mixed, dataset="orders", measures=["orders"], dimensions=["product", "with_product"]
    )
    ours = {group: found.get_value("now", group, "orders") for group in found.recipe.list_groups()}
    assert ours == {(one, other): many for one, other, many in rows}


def test_what_else_is_in_the_orders_of_a_product(mixed: Warehouse) -> None:
    filters = [[condition("product", "is", "vase")]]
    found = answer(
        mixed, dataset="orders", measures=["orders"], dimensions=["with_product"], filters=filters
    )
    whole = answer(mixed, dataset="orders", measures=["orders"], filters=filters)
    total = whole.get_value("now", ALL_GROUPS, "orders")
    assert found.get_value("now", ALL_GROUPS, "orders") == total
    assert {group for (group,) in found.recipe.list_groups()} == {None, "lamp", "rug"}


def test_sale_days_are_unknown_without_prices(mixed: Warehouse) -> None:
    filters = [[condition("sale_day", "is", "no")]]
    with pytest.raises(QueryError, match="No price history"):
        answer(mixed, dataset="orders", measures=["revenue"], filters=filters)


@pytest.mark.parametrize(
    ("field", "operator", "values", "where"),
    [
        ("level", "is", ("gold",), "n < 60"),
        ("level", "is", ("none",), "n >= 120"),
        ("customer_points", "at_least", ("100",), "n BETWEEN 100 AND 119"),
        ("city", "is", ("lille",), "n < 90"),
    ],
)
def test_customers_are_selected_by_what_a_file_says_of_them(
    field: str, operator: str, values: tuple[str, ...], where: str
) -> None:
    members = [
        {
            "customer": f"c{n}",
            "level": "Gold" if n < 60 else "Silver",
            "points": float(n),
            "city": "Lille" if n < 90 else "Lyon",
        }
        for n in range(120)
    ]
    shop = replace(mixed_shop(customers=members), floor=1, sales_floor=1)
    filters = [[condition(field, operator, *values)]]
    found = answer(shop, dataset="orders", measures=["customers"], filters=filters)
    sql = f"""SELECT count(*) FROM (SELECT DISTINCT customer, substr(customer, 2)::INT AS n
        FROM {BOUGHT}) WHERE {where}"""
    theirs = shop.engine.con.execute(sql).fetchone()[0]
    assert found.get_value("now", ALL_GROUPS, "customers") == theirs > 0


def test_customers_without_a_rating_are_apart_from_those_with_one() -> None:
    at = datetime(2026, 11, 20, 12)
    stars = [float(1 + n % 5) if n % 3 else None for n in range(90)]
    rows = [{"id": f"r{n}", "at": at, "rating": rating} for n, rating in enumerate(stars)]
    shop = small(feedback=rows)
    for value, many in (("none", 30), ("any", 60)):
        filters = [[condition("rating", "is", value)]]
        found = answer(shop, dataset="feedback", measures=["reviews"], filters=filters)
        assert found.get_value("now", ALL_GROUPS, "reviews") == many


@pytest.mark.parametrize("operator", ["is", "in"])
@pytest.mark.parametrize(("field", "value"), [("code", "SPRING"), ("source", "email")])
def test_filter_on_any_value_keeps_the_groups_and_on_one_value_says_that_they_go(
    mixed: Warehouse, field: str, value: str, operator: str
) -> None:
    def ask(wanted: str) -> MetricAnswer:
        filters = [[condition(field, operator, wanted)]]
        return answer(
            mixed, dataset="orders", measures=["orders"], dimensions=[field], filters=filters
        )

    assert (value,) in ask("any").recipe.list_groups()
    alone = ask(value)
    assert not alone.recipe.list_groups()
    assert [note for note in alone.notes if field in note]


@pytest.mark.parametrize("order", ["growth", "decline"])
def test_groups_are_ordered_by_their_change(mixed: Warehouse, order: str) -> None:
    found = answer(
        mixed,
        dataset="orders",
        measures=["revenue"],
        dimensions=["product"],
        since=date(2026, 7, 1),
        until=date(2026, 9, 30),
        comparison="previous_period",
        order=order,
    )
    changes = [
        found.get_value("now", group, "revenue") / found.get_value("before", group, "revenue")
        for group in found.recipe.list_groups()
    ]
    assert len(changes) == 3
    assert changes == sorted(changes, reverse=order == "growth")


def test_total_spent_is_net_of_refunds(mixed: Warehouse) -> None:
    spent = f"""SELECT count(*) FROM (SELECT customer FROM orders WHERE {COUNTED}
        AND customer IS NOT NULL GROUP BY customer HAVING sum(amount) >= 400
        AND customer IN (SELECT customer FROM {BOUGHT}))"""
    theirs = mixed.engine.con.execute(spent).fetchone()[0]
    found = answer(
        mixed,
        dataset="orders",
        measures=["customers"],
        filters=[[condition("customer_spent", "at_least", "400")]],
    )
    assert found.get_value("now", ALL_GROUPS, "customers") == theirs


def periods(warehouse: Warehouse, **query: Any) -> Any:
    return answer(warehouse, **{"dataset": "orders", "measures": ["revenue"], **query}).periods


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        pytest.param("2026-10-01", "2026-10-31", ("2026-09-01", "2026-09-30"), id="month"),
        pytest.param("2026-07-01", "2026-09-30", ("2026-04-01", "2026-06-30"), id="quarter"),
    ],
)
def test_before_a_whole_month_or_quarter_is_the_one_before(
    mixed: Warehouse, since: str, until: str, before: tuple[str, str]
) -> None:
    found = periods(mixed, since=since, until=until, comparison="previous_period")
    assert found.before is not None
    assert tuple(str(day) for day in found.before) == before


def test_previous_period_has_the_same_length(mixed: Warehouse) -> None:
    found = periods(mixed, since="2026-10-01", until="2026-10-28", comparison="previous_period")
    assert found.before == (date(2026, 9, 3), date(2026, 9, 30))
    assert found.sums_compare


def test_period_that_is_not_over_is_compared_with_as_many_days(mixed: Warehouse) -> None:
    found = periods(mixed, since="2026-11-01", until="2026-11-30", comparison="previous_period")
    assert found.now == (date(2026, 11, 1), LAST)
    assert found.before == (date(2026, 10, 1), date(2026, 10, 24))
    assert any("The last whole day" in note for note in found.notes)


def test_last_year_is_the_same_days(mixed: Warehouse) -> None:
    found = periods(
        mixed, since="2026-11-01", until="2026-11-20", comparison="same_period_last_year"
    )
    assert found.before == (date(2025, 11, 1), date(2025, 11, 20))


def test_last_year_of_a_week_is_the_same_weekdays(mixed: Warehouse) -> None:
    week: dict[str, Any] = {
        "since": "2026-11-16",
        "until": "2026-11-22",
        "comparison": "same_period_last_year",
    }
    found = periods(mixed, **week)
    assert found.before == (date(2025, 11, 17), date(2025, 11, 23))
    assert found.before[0].weekday() == found.now[0].weekday()
    assert any("same weekdays" in note for note in found.notes)
    read_as = build_result(
        mixed, answer(mixed, dataset="orders", measures=["orders"], **week), "en"
    ).read_as
    assert "compared with the same weekdays last year" in read_as


@pytest.mark.parametrize(
    ("since", "until"), [("2026-08-01", "2026-09-30"), ("2026-10-01", "2026-10-04")]
)
def test_named_days_are_kept_whatever_their_length(
    mixed: Warehouse, since: str, until: str
) -> None:
    found = periods(
        mixed,
        since="2026-10-10",
        until="2026-10-28",
        comparison="dates",
        compare_since=since,
        compare_until=until,
    )
    assert found.before is not None
    assert tuple(str(day) for day in found.before) == (since, until)
    assert found.per_day


def test_named_days_end_as_early_where_the_later_ones_are_not_over(mixed: Warehouse) -> None:
    days = {"comparison": "dates", "compare_since": "2026-10-05", "compare_until": "2026-11-03"}
    found = periods(mixed, since="2026-11-01", until="2026-11-30", **days)
    assert found.before == (date(2026, 10, 5), date(2026, 10, 28))
    assert not found.per_day


@pytest.mark.parametrize("until", ["2026-11-24", "2026-11-30"])
def test_named_month_stays_whole_and_changes_per_day(mixed: Warehouse, until: str) -> None:
    days = {"comparison": "dates", "compare_since": "2026-10-01", "compare_until": "2026-10-31"}
    found = periods(mixed, since="2026-11-01", until=until, **days)
    assert found.before == (date(2026, 10, 1), date(2026, 10, 31))
    assert found.per_day


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        pytest.param("2026-11-09", "2026-11-14", ("2026-11-02", "2026-11-07"), id="six days"),
        pytest.param("2026-11-02", "2026-11-11", ("2026-10-19", "2026-10-28"), id="ten days"),
        pytest.param("2026-11-03", "2026-11-09", ("2026-10-27", "2026-11-02"), id="week"),
        pytest.param("2026-10-22", "2026-11-10", ("2026-10-02", "2026-10-21"), id="twenty days"),
    ],
)
def test_part_of_a_week_is_compared_with_the_same_weekdays(
    mixed: Warehouse, since: str, until: str, before: tuple[str, str]
) -> None:
    found = periods(mixed, since=since, until=until, comparison="previous_period")
    assert found.before == tuple(map(date.fromisoformat, before))
    is_told = any(all(day in note for day in before) for note in found.notes)
    assert is_told == ((date.fromisoformat(until) - date.fromisoformat(since)).days in (5, 9))


@pytest.mark.parametrize("filters", [[], [[condition("country", "is", "FR")]]])
@pytest.mark.parametrize(
    ("comparison", "before"),
    [
        ({"comparison": "previous_period"}, ("2026-09-01", "2026-09-25")),
        ({"comparison": "same_period_last_year"}, ("2025-10-01", "2025-10-25")),
        (
            {
                "comparison": "dates",
                "compare_since": "2026-08-01",
                "compare_until": "2026-08-31",
            },
            ("2026-08-01", "2026-08-25"),
        ),
    ],
)
def test_both_periods_are_cut_by_the_days_that_may_change(
    comparison: dict[str, Any], before: tuple[str, str], filters: list[Any]
) -> None:
    asked = {"since": "2026-10-01", "until": "2026-10-31", "filters": filters, **comparison}
    found = periods(sample(), measures=["revenue", "return_rate"], **asked)
    assert found.now == (date(2026, 10, 1), date(2026, 10, 25))
    assert found.before == tuple(map(date.fromisoformat, before))
    assert found.sums_compare
    assert not found.per_day
    said = [str(day) for day in (*found.now, *found.before)]
    assert any(all(day in note for day in said) for note in found.notes)


def test_sums_of_an_earlier_period_that_the_data_cut_are_not_compared(mixed: Warehouse) -> None:
    first = periods(mixed).now[0]
    since, until = first + timedelta(days=20), first + timedelta(days=49)
    found = periods(mixed, since=str(since), until=str(until), comparison="previous_period")
    assert not found.sums_compare
    assert not found.per_day


def test_nothing_is_compared_with_the_few_days_that_the_data_leave(mixed: Warehouse) -> None:
    first = periods(mixed).now[0]
    since, until = first + timedelta(days=3), first + timedelta(days=30)
    found = periods(mixed, since=str(since), until=str(until), comparison="previous_period")
    assert found.before is None
    assert any("only 3 days are known" in note for note in found.notes)


def test_nothing_is_compared_with_days_before_the_data(mixed: Warehouse) -> None:
    found = periods(
        mixed,
        since="2026-11-01",
        comparison="dates",
        compare_since="2020-01-01",
        compare_until="2020-01-31",
    )
    assert found.before is None
    assert any("Nothing to compare with" in note for note in found.notes)


def test_today_is_left_out(mixed: Warehouse) -> None:
    early = replace(mixed, today=date(2026, 11, 10), released={})
    assert periods(early).now[1] == date(2026, 11, 9)


def test_all_unknown_values_are_named_at_once(mixed: Warehouse) -> None:
    unknown = [condition("country", "in", "Narnia", "Oz")]
    with pytest.raises(QueryError, match="There is no country called Narnia, Oz in orders"):
        answer(mixed, dataset="orders", measures=["revenue"], filters=[unknown])


@pytest.mark.parametrize("operator", ["in", "is_not"])
def test_unknown_value_beside_known_ones_is_told_and_changes_nothing(
    mixed: Warehouse, operator: str
) -> None:
    asked = {"dataset": "orders", "measures": ["revenue"]}
    found = answer(mixed, **asked, filters=[[condition("country", operator, "FR", "Narnia")]])
    alone = answer(mixed, **asked, filters=[[condition("country", operator, "FR")]])
    ours = found.get_value("now", ALL_GROUPS, "revenue")
    assert ours == alone.get_value("now", ALL_GROUPS, "revenue") > 0
    assert "In orders no country is called Narnia: none has it." in found.words


def test_of_conditions_of_which_one_suffices_an_unknown_one_is_left_out(mixed: Warehouse) -> None:
    asked = {"dataset": "orders", "measures": ["revenue"]}
    known, unknown = condition("country", "is", "FR"), condition("device", "is", "mobil")
    found = answer(mixed, **asked, filters=[[known, unknown]])
    alone = answer(mixed, **asked, filters=[[known]])
    assert found.query.filters == alone.query.filters
    assert any("called mobil" in note and "others count" in note for note in found.words)
    with pytest.raises(QueryError, match="called mobil"):
        answer(mixed, **asked, filters=[[known], [unknown]])
    several = answer(mixed, **asked, filters=[[condition("device", "in", "mobile", "desktp")]])
    assert any("Near it: desktop" in note for note in several.words)


def test_unknown_value_lists_what_there_is(mixed: Warehouse) -> None:
    with pytest.raises(QueryError, match="There is no product called sofa in orders"):
        answer(
            mixed,
            dataset="orders",
            measures=["revenue"],
            filters=[[condition("product", "is", "sofa")]],
        )
