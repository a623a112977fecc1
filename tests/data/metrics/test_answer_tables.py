"""How the table and the chart of an answer name their rows and columns."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.core.charts import build_exhibit_chart
from bot.core.exhibits import Exhibit
from bot.core.parts import Table
from bot.data.metrics.campaign_names import name_campaign
from bot.data.metrics.query.answer_facts import build_result
from bot.data.metrics.query.describe import describe_data
from bot.data.metrics.query.order_cautions import (
    BOTH_CODES,
    CAMPAIGN_CODES,
    PROMO_CODES,
    UNKNOWN_CODES,
)
from bot.i18n.messages import Language
from tests.support.metric_queries import answer, condition
from tests.support.small_tables import small


def list_orders(month: int, many: int, **columns: Any) -> list[dict[str, Any]]:
    """So many orders of one customer each."""
    return [
        {
            "order": f"{month}-{n}-{columns}",
            "at": datetime(2026, month, 3, 12),
            "customer": f"{month}-{n}-{columns}",
            "amount": Decimal(50),
            "quantity": 1,
            "currency": "EUR",
            "country": "FR",
            **columns,
        }
        for n in range(many)
    ]


def build_exhibit(rows: list[dict[str, Any]], language: Language = "en", **query: Any) -> Exhibit:
    warehouse = small(orders=rows)
    found = answer(warehouse, dataset="orders", **query)
    return build_result(warehouse, found, language).exhibits[0]


def build_table(rows: list[dict[str, Any]], language: Language = "en", **query: Any) -> Table:
    table = build_exhibit(rows, language, **query).table
    assert table
    return table


ROWS = [*list_orders(9, 30, device="mobile", code="GIFT"), *list_orders(10, 40, device="tablet")]


def test_first_column_is_the_dimension_alone_and_the_last_row_the_total() -> None:
    french = [[condition("country", "is", "FR")]]
    exhibit = build_exhibit(
        ROWS, measures=["orders"], dimensions=["device"], filters=french, order="highest"
    )
    assert exhibit.table
    assert exhibit.table.columns == ("Device", "Orders")
    assert [row[0] for row in exhibit.table.rows] == ["Tablet", "Mobile", "Total"]
    assert exhibit.chart
    assert exhibit.chart.title == "orders by device"


def test_traffic_and_missing_codes_are_named_in_the_language() -> None:
    devices = build_table(ROWS, "fr", measures=["orders"], dimensions=["device"])
    assert {row[0] for row in devices.rows} == {"Mobile", "Tablette", "Total"}
    codes = build_table(ROWS, "fr", measures=["orders"], dimensions=["code"])
    assert {row[0] for row in codes.rows} == {"GIFT", "Sans code", "Total"}


@pytest.mark.parametrize(
    ("measures", "columns"),
    [
        (["orders"], ["Orders, October", "September", "Change"]),
        (
            ["orders", "units"],
            [
                *("Orders, October", "September", "Change"),
                *("Units, October", "September", "Change"),
            ],
        ),
    ],
)
def test_columns_of_a_comparison_are_named_by_their_periods(
    measures: list[str], columns: list[str]
) -> None:
    rows = [
        one
        for month, many in ((8, 30), (9, 30), (10, 40), (11, 30))
        for country in ("FR", "BE")
        for one in list_orders(month, many, country=country)
    ]
    days: dict[str, Any] = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    asked: dict[str, Any] = {"measures": measures, "comparison": "previous_period", **days}
    table = build_table(rows, **asked, dimensions=["country"])
    assert table.columns[1:] == tuple(columns)
    whole = build_table(rows, **asked)  # nothing but the total: a line for each period
    assert whole.columns[0] == "Period"
    assert [row[0] for row in whole.rows] == ["October", "September", "Change"]


def test_change_of_a_share_has_its_unit() -> None:
    rows = [
        one
        for month, discounted in ((8, 10), (9, 10), (10, 20), (11, 10))
        for n, amount in ((discounted, 10), (40, 0))
        for one in list_orders(month, n, discount=Decimal(amount))
    ]
    table = build_table(
        rows,
        measures=["discounted_share"],
        comparison="previous_period",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )
    assert table.rows[-1][1].endswith("\u00a0pts")


def test_hidden_months_are_named() -> None:
    rows = [one for month in (5, 6, 8) for one in list_orders(month, 40)]
    exhibit = build_exhibit(
        [*rows, *list_orders(7, 2)],
        measures=["revenue"],
        dimensions=["month"],
        since=date(2026, 5, 1),
        until=date(2026, 8, 31),
    )
    assert exhibit.table
    named = [row[0] for row in exhibit.table.rows] + exhibit.cut.splitlines()
    assert any("July 2026" in one for one in named)
    assert "Others" not in named


def test_columns_stand_as_asked_and_on_a_card_without_room_those_of_the_finding_first() -> None:
    measures = ["revenue", "orders", "average_order", "units", "customers"]
    some = build_exhibit(ROWS, measures=measures[:3], dimensions=["device"])
    cited = [id for id in some.facts if id.endswith(".orders")]
    assert some.with_columns_first(cited) == some
    exhibit = build_exhibit(ROWS, measures=measures, dimensions=["device"])
    cited = [id for id in exhibit.facts if id.endswith(".units")]
    points = [id for id in exhibit.facts if id.endswith(".orders")]
    assert exhibit.table
    sorted_ = exhibit.with_columns_first(cited, points).table
    assert sorted_
    assert sorted_.columns[:4] == ("Device", "Units", "Orders", "Revenue")
    assert {*sorted_.columns} == {*exhibit.table.columns}
    assert sorted_.rows[0][1] == exhibit.table.rows[0][4]


@pytest.mark.parametrize("dimensions", [["device", "month"], ["month", "device"]])
def test_days_of_a_group_are_those_of_its_month_wherever_it_stands(dimensions: list[str]) -> None:
    found = answer(small(orders=ROWS), dataset="orders", measures=["orders"], dimensions=dimensions)
    facts = build_result(small(orders=ROWS), found, "en").facts
    october = next(one for one in facts if one.number == 40 and one.about)
    assert (october.since, october.until) == (date(2026, 10, 1), date(2026, 10, 3))


def test_nothing_of_what_is_not_stated_is_no_line() -> None:
    returned = {"returned": True, "reason": "too small", "code": "GIFT"}
    rows = [*list_orders(9, 30, code="GIFT"), *list_orders(10, 30, **returned)]
    table = build_table(rows, measures=["returned"], dimensions=["code", "return_reason"])
    names = [row[:2] for row in table.rows]
    assert ("GIFT", "“too small”") in names  # in the words of the file
    assert len(names) == 2  # and the total


COUNTRIES = [
    one
    for country, many in (("FR", 50), ("BE", 40), ("DE", 30), ("ES", 20))
    for one in list_orders(10, many, country=country, amount=Decimal(many))
]


def test_others_and_the_rows_add_up_to_the_total() -> None:
    table = build_table(COUNTRIES, measures=["orders"], dimensions=["country"], limit=2)
    assert table.rows == (
        ("France", "50"),
        ("Belgium", "40"),
        ("Others (2)", "50"),
        ("Total", "140"),
    )


def test_what_a_filter_names_stands_by_its_name_where_the_rows_leave_it_over() -> None:
    rows = [*list_orders(9, 30), *list_orders(9, 3, country="GB"), *list_orders(10, 40)]
    (*_, left, _total) = build_table(
        rows,
        measures=["orders"],
        dimensions=["country"],
        filters=[[condition("country", "in", "FR", "GB")]],
        since=date(2026, 10, 1),
        until=date(2026, 10, 3),
        comparison="dates",
        compare_since=date(2026, 9, 1),
        compare_until=date(2026, 9, 30),
    ).rows
    assert left[:3] == ("United Kingdom", "0", "–")


def test_others_have_no_rate_and_alone_no_row() -> None:
    asked: dict[str, Any] = {"dimensions": ["country"], "limit": 2, "order": "highest"}
    (*_, others, total) = build_table(COUNTRIES, measures=["average_order", "orders"], **asked).rows
    assert others[1] == "–"
    assert total[0] == "Total"
    (*_, last, total) = build_table(COUNTRIES, measures=["average_order"], **asked).rows
    assert not last[0].startswith("Others")
    assert total[0] == "Total of all 4"


def test_others_have_the_quotient_of_sums_that_stand_beside_it() -> None:
    asked: dict[str, Any] = {"dimensions": ["country"], "limit": 2}
    measures = ["revenue", "orders", "average_order"]
    rows = build_table(COUNTRIES, measures=measures, **asked).rows
    assert rows[-2] == ("Others (2)", "€1,300", "50", "€26.00"), rows


def test_quotient_of_others_is_told_only_where_all_rows_have_both_sums() -> None:
    def advertise(name: str, **columns: Any) -> dict[str, Any]:
        at = {"channel": "ads", "at": datetime(2026, 10, 1, 12), "currency": "EUR"}
        return {"name": name, "sales": Decimal(50), **at, **columns}

    sums = ["spend", "campaign_sales", "sales_per_spend"]
    asked: dict[str, Any] = {"dataset": "campaigns", "dimensions": ["campaign"], "measures": sums}
    for last, told in ((Decimal(30), "2.00"), (None, "–")):
        spent = {"a": Decimal(50), "b": Decimal(40), "c": Decimal(20), "d": last}
        rows = [advertise(name, spend=spend) for name, spend in spent.items()]
        warehouse = small(campaigns=rows)
        found = answer(warehouse, **asked, order="highest", limit=2)
        table = build_result(warehouse, found, "en").exhibits[0].table
        assert table
        others = table.rows[-2]
        assert others[:2] == (others[0], "€50.00" if last else "€20.00")
        assert others[3] == told


def test_others_are_of_both_periods() -> None:
    earlier = [
        {**one, "order": f"x{one['order']}", "at": datetime(2026, 9, 3)} for one in COUNTRIES
    ]
    (*_, others, total) = build_table(
        [*COUNTRIES, *earlier[:90], *earlier[120:]],
        measures=["orders"],
        dimensions=["country"],
        limit=1,
        since=date(2026, 10, 1),
        until=date(2026, 10, 3),
        comparison="dates",
        compare_since=date(2026, 9, 3),
        compare_until=date(2026, 9, 5),
    ).rows
    assert others[:3] == ("Others (3)", "90", "60")
    assert total[:3] == ("Total", "140", "110")


@pytest.mark.parametrize("dimension", ["week", "month"])
def test_weeks_and_months_are_compared_one_by_one(dimension: str) -> None:
    days = [date(2026, 10, 20), date(2026, 11, 13), date(2025, 10, 21), date(2025, 11, 13)]
    days.append(date(2025, 9, 1))  # the data go back so far
    rows = [
        {**one, "order": f"{n}-{m}", "customer": f"{n}-{m}", "at": datetime(*day.timetuple()[:4])}
        for n, day in enumerate(days)
        for m, one in enumerate(list_orders(10, 30 + 10 * n))
    ]
    exhibit = build_exhibit(
        rows,
        measures=["orders"],
        dimensions=[dimension],
        order="natural",
        since=date(2026, 10, 19 if dimension == "week" else 1),
        until=date(2026, 11, 15),
        comparison="same_period_last_year",
    )
    assert exhibit.table
    filled = [row[1:] for row in exhibit.table.rows if row[1] not in ("0", "–")]
    assert [row[:2] for row in filled] == [("30", "50"), ("40", "60"), ("70", "110")]


@pytest.mark.parametrize("order", ["natural", "highest"])
def test_months_of_a_table_stand_in_the_order_of_time(order: str) -> None:
    rows = [*list_orders(8, 30), *list_orders(9, 50), *list_orders(10, 40)]
    exhibit = build_exhibit(
        rows,
        measures=["orders"],
        dimensions=["month"],
        since=date(2026, 8, 1),
        until=date(2026, 10, 31),
        order=order,
    )
    assert exhibit.table
    assert [row[-1] for row in exhibit.table.rows] == ["30", "50", "40", "120"]
    assert exhibit.chart
    assert [point.value for point in exhibit.chart.points] == [30, 50, 40]


def test_group_that_has_rows_in_one_period_alone_has_none_in_the_other() -> None:
    rows = [
        *list_orders(9, 30, device="mobile"),
        *list_orders(10, 40, device="tablet"),
        *list_orders(9, 25, device="desktop"),
        *list_orders(10, 25, device="desktop", code="x"),
    ]
    table = build_table(
        rows,
        measures=["orders", "revenue"],
        dimensions=["device"],
        since=date(2026, 10, 1),
        until=date(2026, 10, 3),
        comparison="dates",
        compare_since=date(2026, 9, 3),
        compare_until=date(2026, 9, 5),
    )
    cells = {row[0]: row[1:3] for row in table.rows}
    assert cells["Mobile"] == ("0", "30")
    assert cells["Tablet"] == ("40", "0")


@pytest.mark.parametrize("month", [9, 10])
def test_period_without_rows_is_compared_as_none(month: int) -> None:
    asked: dict[str, Any] = {
        "since": date(2026, 10, 1),
        "until": date(2026, 10, 31),
        "comparison": "dates",
        "compare_since": date(2026, 9, 1),
        "compare_until": date(2026, 9, 30),
    }
    rows = [*list_orders(month, 30, device="mobile"), *list_orders(11, 30)]
    rows += list_orders(8, 30)
    mobile = [[condition("device", "is", "mobile")]]
    now, before, *_ = build_table(rows, measures=["revenue"], filters=mobile, **asked).rows
    revenue = {10: ("€1,500", "€0"), 9: ("€0", "€1,500")}[month]
    assert (now[1], before[1]) == revenue


def test_months_without_rows_are_none_where_the_total_tells_it() -> None:
    rows = [one for month in (5, 8) for one in list_orders(month, 40)]
    asked: dict[str, Any] = {
        "measures": ["orders"],
        "dimensions": ["month"],
        "since": date(2026, 5, 1),
    }
    exhibit = build_exhibit(rows, until=date(2026, 8, 31), **asked)
    assert exhibit.table
    assert [row[1] for row in exhibit.table.rows] == ["40", "0", "40", "80"]
    assert not exhibit.cut


def test_month_that_is_not_over_says_so_in_the_picture() -> None:
    rows = [one for month in (4, 5, 6, 7) for one in list_orders(month, 40)]
    asked: dict[str, Any] = {"measures": ["orders"], "dimensions": ["month"]}
    exhibit = build_exhibit(rows, since=date(2026, 5, 1), until=date(2026, 7, 28), **asked)
    assert exhibit.chart
    assert [point.cut for point in exhibit.chart.points] == [False, False, True]
    drawn = build_exhibit_chart(exhibit, "en")
    assert drawn
    assert drawn.spec["title"]["subtitle"] == ["July 2026, until 3 July"]
    assert "July 2026, until 3 July: 40" in drawn.alt


def test_course_of_small_weeks_is_told_by_month() -> None:
    rows = [
        {**one, "at": datetime(2026, month, 1 + 7 * (n % 4), 12)}
        for month in (8, 9, 10)
        for n, one in enumerate(list_orders(month, 12))
    ]
    asked: dict[str, Any] = {
        "measures": ["revenue"],
        "since": date(2026, 8, 1),
        "until": date(2026, 10, 31),
    }
    exhibit = build_exhibit(rows, dimensions=["week"], **asked)
    assert exhibit.table
    named = [row[0].partition(",")[0] for row in exhibit.table.rows]
    assert named == ["August 2026", "September 2026", "October 2026", "Total"]
    assert exhibit.cut.startswith("By month")


def test_where_all_rows_are_small_the_total_stands_alone_with_its_reason() -> None:
    rows = [one for code in "ABCD" for one in list_orders(10, 2, code=code)]
    exhibit = build_exhibit(rows, measures=["revenue"], dimensions=["code"])
    assert exhibit.table
    assert [row[0] for row in exhibit.table.rows] == ["Total"]
    assert exhibit.build_card_table() is None
    assert "fewer than 5" in exhibit.cut


REPEATS = [
    line
    for source, many, back in (("search", 200, 60), ("ads", 60, 17), ("instagram", 50, 16))
    for month, some in ((9, many), (10, back))
    for line in (
        {**one, "customer": f"{source}-{n}"}
        for n, one in enumerate(list_orders(month, some, source=source))
    )
]


def test_row_of_others_names_the_groups_that_may_be_named() -> None:
    """Sixty and fifty customers, of whom under twenty came back."""
    shown = build_exhibit(REPEATS, measures=["repeat_rate"], dimensions=["first_order_source"])
    assert shown.table
    assert [row[0] for row in shown.table.rows] == ["Search", "Ads, instagram", "Total"]
    assert shown.not_ranked.startswith("Groups of under 20 people")


def send_mails(month: int) -> dict[str, Any]:
    columns = {"channel": "email", "sent": 500, "delivered": 490, "opened": 200}
    return {"name": f"News {month}", "at": datetime(2026, month, 3, 12), **columns}


def test_month_without_a_mailing_has_none_and_is_not_of_too_few() -> None:
    warehouse = small(campaigns=[send_mails(7), send_mails(10)])
    for measures in (["open_rate"], ["sent", "open_rate"]):
        found = answer(warehouse, dataset="campaigns", measures=measures, dimensions=["month"])
        (exhibit, *_) = build_result(warehouse, found, "en").exhibits
        assert exhibit.table
        rows = {row[0]: row[1:] for row in exhibit.table.rows}
        assert len(rows) == 4, rows
        (empty,) = [cells for name, cells in rows.items() if name.startswith("Aug")]
        assert {*empty} <= {"–", "0"}, rows


def test_channel_without_rows_has_none_only_of_what_its_earlier_rows_tell() -> None:
    ads = {"channel": "ads", "currency": "EUR", "spend": Decimal(50), "sales": Decimal(90)}
    rows = [{**ads, "name": "Search", "at": datetime(2026, month, 3, 12)} for month in (9, 10)]
    found = answer(
        small(campaigns=[*rows, send_mails(9)]),
        dataset="campaigns",
        measures=["spend", "sent"],
        dimensions=["channel"],
        since=date(2026, 10, 3),
        until=date(2026, 10, 3),
        comparison="dates",
        compare_since=date(2026, 9, 3),
        compare_until=date(2026, 9, 3),
    )
    assert found.get_value("now", ("email",), "spend") is None
    assert found.get_value("now", ("email",), "sent") == 0
    assert found.get_value("before", ("email",), "sent") == 500


def test_code_stands_behind_the_subject_line_of_its_campaign() -> None:
    sent = {**send_mails(9), "name": None, "code": "GIFT", "subject": "A gift for you"}
    warehouse = small(orders=ROWS, campaigns=[sent])
    found = answer(warehouse, dataset="orders", measures=["orders"], dimensions=["code"])
    table = build_result(warehouse, found, "en").exhibits[0].table
    assert table
    assert "“A gift for you” (GIFT)" in {row[0] for row in table.rows}


@pytest.mark.parametrize(
    ("off", "sent", "meaning", "label"),
    [
        (0, "GIFT", CAMPAIGN_CODES, "Campaign code"),
        (5, "GIFT", BOTH_CODES, "Campaign code"),
        (5, "other", PROMO_CODES, "Promo code"),
        (0, "other", UNKNOWN_CODES, "Campaign code"),
    ],
)
def test_codes_of_orders_are_told_as_what_the_data_show_them_to_be(
    off: int, sent: str, meaning: str, label: str
) -> None:
    rows = [
        *list_orders(9, 30, code="GIFT", discount=Decimal(off)),
        *list_orders(10, 40, discount=Decimal(5)),
    ]
    warehouse = small(orders=rows, campaigns=[{**send_mails(9), "name": None, "code": sent}])
    assert f"  {meaning}" in describe_data(warehouse)
    for query in ({"measures": ["orders"], "dimensions": ["code"]}, {"measures": ["code_share"]}):
        found = answer(warehouse, dataset="orders", **query)
        result = build_result(warehouse, found, "en")
        (said,) = [note for note in result.notes if note.startswith(meaning)]
        assert ("the campaign's own tool reports" in said) is (sent == "GIFT")
        assert label.lower() in (result.read_as or "").lower()


def test_codes_of_the_same_words_keep_the_number_that_tells_them_apart() -> None:
    codes = ("om-250625-sale", "om-250709-sale-2", "om-251201-news", "om-260105-news")
    sent = [{**send_mails(9), "name": None, "code": code} for code in codes]
    named = [name_campaign(small(campaigns=sent), code, "en") for code in codes]
    assert named == ["Sale", "Sale 2", *codes[2:]]


def test_revenue_of_what_was_kept_is_not_called_before_returns() -> None:
    rows = [*list_orders(9, 30, returned=False), *list_orders(10, 30, returned=True)]
    kept = [[condition("returned", "is", "no")]]
    for filters, called in (([], True), (kept, False)):
        warehouse = small(orders=rows)
        found = answer(warehouse, dataset="orders", measures=["revenue"], filters=filters)
        read_as = build_result(warehouse, found, "en").read_as
        assert ("before returns" in read_as) is called


def test_data_end_where_the_file_ends_and_not_with_the_question() -> None:
    warehouse = small(orders=ROWS)
    days = {"since": date(2026, 9, 1), "until": date(2026, 9, 30)}
    found = answer(warehouse, dataset="orders", measures=["orders"], **days)
    (fact,) = build_result(warehouse, found, "en").facts
    assert (fact.until, fact.as_of) == (date(2026, 9, 30), warehouse.as_of("orders"))
    assert fact.as_of > date(2026, 9, 30)


def test_texts_of_channels_without_ratings_are_called_messages() -> None:
    rows = [
        {
            "id": f"{channel} {n}",
            "at": datetime(2026, 9, 3, 12),
            "customer": f"{channel} {n}",
            "channel": channel,
            "rating": rating,
            "text": "Hello",
        }
        for channel, rating in (("e-mail", None), ("chat", None), ("review", 4.0))
        for n in range(40)
    ]
    warehouse = small(feedback=rows)

    def count(*channels: str) -> tuple[str, str | None]:
        filters = [[condition("channel", "is", *channels)]]
        found = answer(warehouse, dataset="feedback", measures=["reviews"], filters=filters)
        (fact,) = build_result(warehouse, found, "en").facts
        return fact.label, fact.unit

    assert count("e-mail", "chat") == ("messages", "messages")
    assert count("e-mail", "review") == ("reviews and messages", "texts")


def test_what_came_before_a_promised_day_to_come_is_in_time_where_all_has_come() -> None:
    came = {"delivered": datetime(2026, 9, 5)}
    late = list_orders(9, 30, promised=datetime(2026, 9, 4), **came)
    rows = [*late, *list_orders(9, 40, promised=datetime(2026, 12, 6), **came)]
    arrived = [[condition("delivered_day", "is", "any")]]
    asked: dict[str, Any] = {"measures": ["orders"], "dimensions": ["late"]}
    table = build_table(rows, filters=arrived, **asked)
    assert [row[1] for row in table.rows] == ["40", "30", "70"]


def test_late_orders_that_came_are_not_called_overdue() -> None:
    came = {"promised": datetime(2026, 9, 6), "delivered": datetime(2026, 9, 5)}
    late = {"promised": datetime(2026, 9, 6), "delivered": datetime(2026, 9, 9)}
    rows = [*list_orders(9, 30, **came), *list_orders(9, 40, **late), *list_orders(10, 20)]
    arrived = [[condition("delivered_day", "is", "any")]]
    asked: dict[str, Any] = {"measures": ["orders"], "dimensions": ["late"], "order": "highest"}
    names = [row[0] for row in build_table(rows, filters=arrived, **asked).rows]
    assert names[0] == "Delivered late"
    assert "overdue" in build_table(rows, **asked).rows[0][0]


@pytest.mark.parametrize(
    ("measures", "told"), [(["orders", "late_share"], "orders"), (["due_orders"], "due-orders")]
)
def test_count_behind_a_rate_is_not_told_without_it(measures: list[str], told: str) -> None:
    late = {"promised": datetime(2026, 9, 6), "delivered": datetime(2026, 9, 9)}
    in_time = {"promised": datetime(2026, 9, 6), "delivered": datetime(2026, 9, 5)}
    rows = [*list_orders(9, 2, **late), *list_orders(9, 60, **in_time)]
    warehouse = small(orders=rows)
    found = answer(warehouse, dataset="orders", measures=measures)
    assert [one.parts.measure for one in build_result(warehouse, found, "en").facts] == [told]


def test_row_of_changes_says_which_are_per_day() -> None:
    rows = [one for month in (9, 10, 11) for one in list_orders(month, 30)]
    days: dict[str, Any] = {"since": date(2026, 11, 1), "until": date(2026, 11, 24)}
    days["comparison"] = "dates"
    days |= {"compare_since": date(2026, 10, 1), "compare_until": date(2026, 10, 31)}
    for measures, head in (
        (["revenue", "average_order"], "Change (of sums: per day)"),
        (["revenue"], "Change per day"),
        (["average_order"], "Change"),
    ):
        assert build_table(rows, measures=measures, **days).rows[-1][0] == head
