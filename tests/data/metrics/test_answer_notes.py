"""What an answer says of the groups that have no place in its order."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.data.metrics.query.answer_facts import MetricResult, build_result
from tests.support.metric_queries import answer, condition
from tests.support.small_tables import small

AMOUNT = 50
FEW = {"Arles": 3, "Brest": 3, "Calais": 3}


def test_value_of_a_filter_that_no_row_has_is_named_unless_few_people_ever_had_it() -> None:
    people = {"FR": (11, 30), "BE": (10, 30), "NL": (10, 3)}  # the month of their orders, how many
    rows = [
        {
            "order": f"{country}{n}",
            "at": datetime(2026, month, 3, 12),
            "customer": f"{country}{n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "country": country,
        }
        for country, (month, many) in people.items()
        for n in range(many)
    ]
    found = answer(
        small(orders=rows),
        dataset="orders",
        measures=["revenue"],
        filters=[[condition("country", "in", *people)]],
        since=date(2026, 11, 1),
    )
    missing = [note for note in found.notes if note.startswith("No row")]
    assert missing == ["No row of these days has the country BE."]


def test_months_of_each_group_are_in_the_order_of_time() -> None:
    people = {("FR", 8): 10, ("FR", 9): 30, ("FR", 10): 20, ("BE", 8): 40, ("BE", 9): 9}
    rows = [
        {
            "order": f"{country}{month}{n}",
            "at": datetime(2026, month, 3, 12),
            "customer": f"{country}{month}{n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "country": country,
        }
        for (country, month), many in people.items()
        for n in range(many)
    ]
    asked = {"dataset": "orders", "measures": ["orders"], "dimensions": ["country", "month"]}
    groups = answer(small(orders=rows), **asked).recipe.list_groups()
    shown = [(one[0], str(one[1])[5:7]) for one in groups]
    assert shown == [("BE", "08"), ("BE", "09"), ("FR", "08"), ("FR", "09"), ("FR", "10")]


def test_groups_that_have_one_time_each_are_in_the_order_of_time() -> None:
    sent = {"Spring": (3, 30), "Summer": (6, 90), "Autumn": (9, 60)}
    rows = [
        {
            "order": f"{code}{n}",
            "at": datetime(2026, month, 3, 12),
            "customer": f"{code}{n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "code": code,
        }
        for code, (month, many) in sent.items()
        for n in range(many)
    ]
    asked = {"dataset": "orders", "measures": ["orders"], "dimensions": ["code", "day"]}
    groups = answer(small(orders=rows), **asked).recipe.list_groups()
    assert [one[0] for one in groups] == ["Spring", "Summer", "Autumn"]


@pytest.mark.parametrize(
    ("months", "first"),
    [
        ({9: 30}, "2026-08-21"),  # 30 days show none, 90 as many as a year
        ({3: 30}, "2026-01-03"),
    ],
)
def test_shortest_longer_period_that_shows_more_is_named(
    months: dict[int, int], first: str
) -> None:
    people = {11: 2, 1: 60, **months}  # orders of each of four cities, by month
    rows = [
        {
            "order": f"{city}{month}{n}",
            "at": datetime(2026, month, 18 if month == 11 else 3, 12),
            "customer": f"{city}{month}{n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "region": city,
        }
        for city in ("Arles", "Brest", "Calais", "Dijon")
        for month, many in people.items()
        for n in range(many)
    ]
    found = answer(
        small(orders=rows),
        dataset="orders",
        measures=["revenue"],
        dimensions=["region"],
        since=date(2026, 11, 14),
        until=date(2026, 11, 18),
    )
    (note,) = [note for note in found.notes if note.startswith("A longer period")]
    assert f"from {first} to 2026-11-18 4 of these groups, not 0" in note


def say_unranked(orders: dict[str, int], **query: Any) -> str:
    """What the model is told of the order of revenue by region."""
    notes = rank_regions(orders, **query).notes
    (said,) = [note for note in notes if note.startswith("Small groups are hidden")]
    return said.removesuffix(" Word it so: none of them is the top or the first of all.")


def rank_regions(orders: dict[str, int], **query: Any) -> MetricResult:
    asked = {"measures": ["revenue"], "dimensions": ["region"], "order": "highest", **query}
    return answer_regions(orders, dataset="orders", **asked)


def answer_regions(orders: dict[str, int], **query: Any) -> MetricResult:
    """An answer about so many orders of one customer each by region; those of Arles are of 900
    each if `large` is set."""
    large = query.pop("large", False)
    rows = [
        {
            "order": f"{region}{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"{region}{n}",
            "amount": Decimal(900 if large and region == "Arles" else AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "region": region,
        }
        for region, many in orders.items()
        for n in range(many)
    ]
    warehouse = small(orders=rows)
    return build_result(warehouse, answer(warehouse, **query), "en")


def test_groups_that_are_less_together_than_any_shown_are_said_to_be() -> None:
    said = say_unranked({"Paris": 40, "Lyon": 30, **FEW})
    assert said == "Small groups are hidden (under 5 people); the order is right."


def test_first_places_are_sure_where_only_they_are_larger_than_the_rest() -> None:
    orders = {"Paris": 80, "Lyon": 70, "Nantes": 30, **FEW}
    assert say_unranked(orders, large=True).endswith("the first 2 places are right.")


def count_shown(found: MetricResult) -> int:
    """How many regions have a figure of their own."""
    return len({fact.about for fact in found.facts}) - 1  # the total


def test_all_that_are_level_with_the_last_are_shown_or_counted() -> None:
    level = {"Lyon": 20, "Nantes": 20, "Rennes": 20}
    found = rank_regions({"Paris": 40, **level, "Tours": 10}, limit=2)
    assert count_shown(found) == 4
    assert "Level, so none before the other: Lyon, Nantes, Rennes." in found.notes
    many = {f"Town {n}": 20 for n in range(9)}
    found = rank_regions({"Paris": 40, **many}, limit=2)
    assert count_shown(found) == 2
    assert any("8 are level with the last of these" in note for note in found.notes)


def test_many_small_groups_stand_above_none_that_is_larger_than_each_of_them() -> None:
    many = {f"Town {n}": 3 for n in range(12)}
    said = say_unranked({"Paris": 40, "Lyon": 30, **many})
    assert said.endswith("the order is right.")


def test_place_of_the_largest_small_group_is_told_by_its_power_of_ten_alone() -> None:
    """What is said must not depend on where between two shown figures a hidden one is."""
    many = {f"Town {n}": 3 for n in range(12)}
    shown = {"Paris": 32, "Lyon": 14, "Nantes": 5}  # 1,600, 700 and 250
    assert say_unranked({**shown, **many}).endswith("the first place is right.")
    few = {f"Town {n}": 4 for n in range(12)}
    assert say_unranked({**shown, **few, "Arles": 4}).endswith("the first place is right.")


EVEN = {"Paris": 8, "Lyon": 8, **FEW}


@pytest.mark.parametrize("query", [{"order": "lowest"}, {"measures": ["average_order"]}])
def test_order_where_small_groups_may_stand_above_is_of_those_that_may_be_shown(
    query: dict[str, Any],
) -> None:
    assert say_unranked(EVEN, **query).endswith("among those that may be shown (2 of 5).")


def test_largest_that_may_be_shown_are_called_so_with_what_they_hold_of_the_total() -> None:
    said = say_unranked(EVEN, measures=["orders_share"])
    assert "the largest of those that may be shown (2 of 5)" in said
    assert "hold 64% of the total" in said  # 16 of 25 orders


def test_people_are_told_in_one_plain_line() -> None:
    certain = rank_regions({"Paris": 40, "Lyon": 30, **FEW}).exhibits[0].not_ranked
    assert certain == "Groups of under 5 people are not shown."
    unsure = rank_regions(EVEN, order="lowest").exhibits[0].not_ranked
    assert unsure == f"{certain} Others may rank higher."
    bound = {"measure": "revenue", "operator": "at_least", "value": Decimal(1)}
    bounded = rank_regions(EVEN, order="lowest", having=[bound]).exhibits[0].not_ranked
    assert bounded == certain


@pytest.mark.parametrize("amount", [10, 900])
def test_large_group_given_up_beside_a_small_one_is_of_few_rows_whatever_its_amount(
    amount: int,
) -> None:
    rows = [
        {
            "order": f"{region}{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"{region}{n % people}",
            "amount": Decimal(amount if region == "Vannes" else AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "region": region,
        }
        for region, people, many in (
            ("Annecy", 7, 9),
            ("Brest", 2, 2),
            ("Paris", 20, 20),
            ("Vannes", 7, 8),
        )
        for n in range(many)
    ]
    warehouse = small(orders=rows)
    asked = {"dataset": "orders", "measures": ["revenue"], "dimensions": ["region"]}
    found = answer(warehouse, **asked, order="highest")
    shown = [one[0] for one in found.recipe.list_groups() if found.recipe.is_single(one)]
    assert shown == ["Paris", "Annecy"]
    told = build_result(warehouse, found, "en").exhibits[0].not_ranked
    assert told.startswith("Groups of under 5 people are not shown, nor others")


def test_model_is_told_not_to_call_them_the_top() -> None:
    asked = {"dataset": "orders", "measures": ["revenue"], "dimensions": ["region"]}
    notes = answer_regions(EVEN, **asked, order="lowest").notes
    assert [note for note in notes if "none of them is the top" in note]
    certain = {"Paris": 40, "Lyon": 30, **FEW}
    assert "top" not in " ".join(answer_regions(certain, **asked, order="highest").notes)


def list_blank_notes(blank: int, **query: Any) -> list[str]:
    """What is said of blank cells where so many of 100 orders name no customer and no device."""
    rows = [
        {
            "order": f"o{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": None if n < blank else f"c{n % 30}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "device": None if n < blank else "mobile" if n % 2 else "desktop",
        }
        for n in range(100)
    ]
    notes = answer(small(orders=rows), dataset="orders", **query).notes
    return [note for note in notes if "of all rows" in note]


def test_figures_of_customers_say_that_some_orders_name_none() -> None:
    asked = {"measures": ["revenue", "customers", "revenue_per_customer"]}
    assert list_blank_notes(25, **asked) == [
        "25% of all rows of orders name no customer. Without them: customers, revenue_per_customer."
    ]
    assert not list_blank_notes(25, measures=["revenue"])
    assert not list_blank_notes(0, **asked)
    assert not list_blank_notes(3, **asked)  # a small group


def test_blanks_of_what_a_file_says_of_customers_are_counted_among_these() -> None:
    start = datetime(2026, 6, 1, 12)
    orders = [
        {"order": f"o{n}", "at": start, "customer": f"c{n}", "amount": Decimal(AMOUNT)}
        for n in range(200)
    ]
    customers = [
        {"customer": f"c{n}", "city": None if n < 50 else "Nantes" if n % 2 else "Pau"}
        for n in range(100)
    ]
    shop = small(orders=orders, customers=customers)
    excluded = [[condition("city", "is_not", "Pau")]]
    found = answer(shop, dataset="orders", measures=["orders"], filters=excluded)
    (note,) = [one for one in found.notes if "blank" in one]
    assert note.startswith("city is blank in 50% of the customers in your files.")


def test_blank_rows_that_an_exclusion_lets_through_are_said() -> None:
    excluded = [[condition("device", "is_not", "mobile")]]
    assert list_blank_notes(25, measures=["revenue"], filters=excluded) == [
        "device is blank in 25% of all rows of orders. They are counted here, as not mobile."
    ]
    assert not list_blank_notes(0, measures=["revenue"], filters=excluded)
    chosen = [[condition("device", "is", "mobile")]]
    assert not list_blank_notes(25, measures=["revenue"], filters=chosen)


@pytest.mark.parametrize(("returned", "is_chance"), [((12, 16), True), ((6, 24), False)])
def test_rates_of_two_groups_that_chance_may_explain_are_said_to_be(
    returned: tuple[int, int], *, is_chance: bool
) -> None:
    rows = [
        {
            "order": f"{region}{n}",
            "at": datetime(2026, 10, 3, 12),
            "customer": f"{region}{n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
            "region": region,
            "returned": n < many,
        }
        for region, many in zip(("Paris", "Lyon"), returned, strict=True)
        for n in range(60)
    ]
    rows.append(rows[-1] | {"order": "last", "at": datetime(2026, 11, 20, 12)})
    warehouse = small(orders=rows)
    asked: dict[str, Any] = {"measures": ["return_rate", "revenue_share"]}
    asked |= {"dimensions": ["region"]}
    asked |= {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    found = build_result(warehouse, answer(warehouse, dataset="orders", **asked), "en")
    said = [note for note in found.notes if "may be chance" in note]
    assert [note.partition(":")[0] for note in said] == ["return_rate"] * is_chance


def tell_ratings(before: list[int], now: list[int], many: int) -> MetricResult:
    """What is told of a mean rating of so many times these stars, in September and October."""
    rows = [
        {"id": f"{month} {n}", "at": datetime(2026, month, 3, 12), "rating": float(stars)}
        for month, ratings in ((9, before), (10, now))
        for n, stars in enumerate(ratings * many)
    ]
    warehouse = small(feedback=[*rows, {"id": "0", "at": datetime(2026, 8, 1), "rating": 3.0}])
    found = answer(
        warehouse,
        dataset="feedback",
        measures=["rating"],
        comparison="previous_period",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )
    return build_result(warehouse, found, "en")


@pytest.mark.parametrize(
    ("now", "many", "is_chance", "is_few"),
    [([3, 4, 5], 4, True, False), ([1, 2, 3], 4, False, False), ([1, 1, 2], 2, False, True)],
)
def test_mean_ratings_that_chance_may_explain_or_of_few_are_said_to_be(
    now: list[int], many: int, is_chance: bool, is_few: bool
) -> None:
    notes = tell_ratings([4, 4, 5], now, many).notes
    assert any("may be chance" in note for note in notes) is is_chance
    assert any("of under 10" in note for note in notes) is is_few


@pytest.mark.parametrize(("now", "is_chance"), [(55, True), (90, False)])
def test_change_of_the_average_order_that_chance_may_explain_is_said_to_be(
    now: int, is_chance: bool
) -> None:
    """Orders of two lines: their sums differ less than the lines do."""
    rows = [
        {
            "order": f"{month} {n}",
            "line": line,
            "at": datetime(2026, month, 3, 12),
            "customer": f"{month} {n}",
            "amount": Decimal(mean + 10 * (n % 5)) if line else Decimal(1),
            "quantity": 1,
            "currency": "EUR",
        }
        for month, mean in ((9, 50), (10, now))
        for n in range(40)
        for line in (0, 1)
    ]
    rows.append(rows[0] | {"order": "first", "at": datetime(2026, 8, 1)})
    warehouse = small(orders=rows)
    found = answer(
        warehouse,
        dataset="orders",
        measures=["average_order"],
        comparison="previous_period",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )
    notes = build_result(warehouse, found, "en").notes
    assert any(one.startswith("average_order: the change may be") for one in notes) is is_chance
    assert not [one for one in notes if "of under 10" in one]


def test_change_of_a_mean_rating_is_their_difference() -> None:
    *_means, change = tell_ratings([4, 4, 5], [4, 4, 4], 4).facts
    assert (change.value, change.unit) == (Decimal("-0.33"), "stars")


def test_mean_rating_alone_has_the_decimals_of_others() -> None:
    now, *_others = tell_ratings([4], [4], 12).facts
    assert now.shown("en").startswith("4.00")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (17, 18, ["revenue, orders, units"]),
        (17, 60, []),
        (54, 46, ["orders, units, new_customers"]),
        (1000, 1040, ["orders, units, new_customers"]),
        (1000, 1100, []),
    ],
)
def test_change_of_so_few_or_so_little_that_chance_may_make_it_is_said_to_be(
    before: int, now: int, told: list[str]
) -> None:
    """Of sums of money where they are of few orders, of counts always."""
    rows = [
        {
            "order": f"{month} {n}",
            "at": datetime(2026, month, 3, 12),
            "customer": f"{month} {n}",
            "amount": Decimal(AMOUNT),
            "quantity": 1,
            "currency": "EUR",
        }
        for month, many in ((9, before), (10, now))
        for n in range(many)
    ]
    rows.append(
        rows[0] | dict.fromkeys(("order", "customer"), "first") | {"at": datetime(2025, 1, 1)}
    )
    warehouse = small(orders=rows)
    found = answer(
        warehouse,
        dataset="orders",
        measures=["revenue", "orders", "units", "new_customers"],
        comparison="previous_period",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )
    said = [one for one in build_result(warehouse, found, "en").notes if "may be chance" in one]
    assert sorted(one.partition(":")[0] for one in said) == sorted(told)
