"""How the table and the chart of an answer name their rows and columns."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.core.charts import Exhibit
from bot.core.parts import Table
from bot.data.metrics.query.answer_facts import build_result
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


def test_columns_that_the_finding_needs_come_first() -> None:
    exhibit = build_exhibit(ROWS, measures=["revenue", "orders", "units"], dimensions=["device"])
    cited = next(id for id in exhibit.facts if id.endswith(".units"))
    assert exhibit.table
    sorted_ = exhibit.with_columns_first([cited]).table
    assert sorted_
    assert sorted_.columns == ("Device", "Units", "Revenue", "Orders")
    assert sorted_.rows[0][1] == exhibit.table.rows[0][3]


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
