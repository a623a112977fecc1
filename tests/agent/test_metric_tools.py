"""The tools that look up, describe and calculate figures."""

import asyncio
import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, product
from typing import Any, get_args

import pytest

from bot.agent.claim_check import ClaimSentence, build_claim_prompt
from bot.agent.tool import Tool, ToolError, ToolResult, describe_facts, load_tools
from bot.agent.tools import calculate, describe_data, query_metrics
from bot.core.audience_rule import SEGMENT_LABELS
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence, Fact, Source
from bot.core.metric_query import MeasureName
from bot.core.report import ReportForm
from bot.data.metrics.query import describe, known_values
from bot.data.metrics.query.answer_notes import KEPT_IN_PART
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.metrics.query.order_cautions import LATE_RETURNS
from bot.data.metrics.query.runner import DATASETS
from bot.data.service import QUERY_TOOK_TOO_LONG, TABLES_ARE_BUSY
from bot.data.warehouse import query as warehouse_query
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.grounding.report_text import ReportChecker
from bot.privacy import Pseudonymizer
from tests.support.metric_queries import mixed_shop, query_tool, tool_deps, where, workspace_data
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small

MINE = ("query_metrics", "describe_data", "calculate")
MAX_DESCRIPTION_TOKENS, MAX_FACTS = 1_100, 60
CHARACTERS_PER_TOKEN = 3  # fewer than it has, so that the estimate is too high


@pytest.fixture(scope="module")
def mixed() -> Warehouse:
    return mixed_shop()


# The parameters.


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from walk(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from walk(value)


@pytest.mark.parametrize("name", MINE)
def test_parameters_are_within_the_limits_of_strict_tools(name: str) -> None:
    tool: Tool = load_tools()[name]
    schema = tool.params.model_json_schema()
    for part in walk(schema):
        assert "anyOf" not in part
        assert "oneOf" not in part
        if part.get("type") == "object":
            assert part.get("additionalProperties") is False
            assert set(part.get("required", [])) == set(part.get("properties", {}))
    names = set(schema.get("$defs", {}))
    for definition in schema.get("$defs", {}).values():  # no recursion: none refers to another
        assert not [
            part for part in walk(definition) if part.get("$ref", "").split("/")[-1] in names
        ]
    assert tool.description


# What comes back.


async def test_sums_of_periods_of_other_lengths_change_by_what_they_are_per_day(
    mixed: Warehouse,
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["orders", "average_order"],
        since="2026-10-01",
        until="2026-10-28",
        comparison="dates",
        compare_since="2026-07-01",
        compare_until="2026-09-30",
    )
    now, before, change, *basket = result.facts
    assert before.until == date(2026, 9, 30)
    assert change.parts.measure == "orders-per-day-change"
    daily = now.number / 28, before.number / 92
    assert change.value == round(100 * (daily[0] - daily[1]) / daily[1], 1)
    assert basket[2].parts.measure == "average-order-change"


async def test_result_has_facts_a_table_a_chart_and_how_it_was_read(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue", "orders"],
        dimensions=["device"],
        filters=[[where("country", "is", "France")]],
        since="2026-09-01",
    )
    assert result.read_as == "revenue after refunds, orders · France · by device · 1 Sept to 24 Nov"
    total = result.facts[0]
    assert total.id == "metric.orders-country-is-fr-20260901-20261124.revenue"
    assert (total.unit, total.label, total.source) == ("EUR", "revenue", Source("orders.csv"))
    assert (total.since, total.until, total.as_of) == (
        date(2026, 9, 1),
        date(2026, 11, 24),
        date(2026, 11, 24),
    )
    assert total.rows
    assert total.query
    assert total.query.lstrip().upper().startswith(("SELECT", "WITH"))
    (exhibit,) = result.exhibits
    assert exhibit.table
    assert exhibit.shows == (
        "revenue, orders · by device · France · 1 September to 24 November 2026"
    )
    assert exhibit.table.columns == ("Device", "Revenue", "Orders")
    assert len(exhibit.table.rows) == 3
    assert exhibit.chart
    assert exhibit.chart.kind == "bars"
    assert set(exhibit.facts) == {fact.id for fact in result.facts}
    again = [fact for fact in result.facts if fact.about.startswith("mobile")]
    assert [fact.label for fact in again] == ["revenue", "orders"]


async def test_ids_are_unique_and_the_same_when_asked_again(mixed: Warehouse) -> None:
    deps = tool_deps(workspace_data(mixed))
    calls: list[dict[str, Any]] = [
        {"dimensions": ["month"]},
        {"dimensions": ["device", "country"]},
        {"comparison": "previous_period", "since": "2026-10-01", "dimensions": ["device"]},
        {"filters": [[where("device", "is", "mobile"), where("country", "is", "BE")]]},
        {"filters": [[where("device", "is", "mobile")], [where("country", "is", "BE")]]},
    ]
    seen: dict[str, Decimal | str] = {}
    for call in calls:
        first, second = [
            await query_tool(deps, dataset="orders", measures=["revenue"], **call) for _ in range(2)
        ]
        assert first.facts == second.facts
        assert len({fact.id for fact in first.facts}) == len(first.facts)
        for fact in first.facts:
            assert seen.setdefault(fact.id, fact.value) == fact.value, fact.id


async def test_time_is_a_line_in_order(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue"],
        dimensions=["month"],
    )
    chart = result.exhibits[0].chart
    assert chart
    assert chart.kind == "line"
    days = [point.day for point in chart.points]
    assert days == sorted(day for day in days if day)
    months = [fact for fact in result.facts if "-month-" in fact.id]
    assert months[1].since
    assert months[1].since.day == 1
    assert months[1].until == (months[1].since + timedelta(days=32)).replace(day=1) - timedelta(1)


async def test_comparison_gives_the_earlier_figure_and_the_change(mixed: Warehouse) -> None:
    book = FactBook()
    deps = tool_deps(workspace_data(mixed), book=book)
    result = await query_tool(
        deps,
        dataset="orders",
        measures=["revenue", "return_rate"],
        since="2026-08-01",
        until="2026-08-31",
        comparison="previous_period",
    )
    now, before, change = result.facts[:3]
    assert now.compared_with == before.id
    assert (before.since, before.until) == (date(2026, 7, 1), date(2026, 7, 31))
    ratio = 100 * (Decimal(now.value) - Decimal(before.value)) / Decimal(before.value)
    assert change.value == ratio.quantize(Decimal("0.1"))
    assert result.facts[5].unit == "points"
    names = [book.add(fact) for fact in result.facts]
    spelled = book.spell(names[0], "from-to", "en")
    assert spelled == f"from {before.as_read.spelled('en')} to {now.as_read.spelled('en')}"


async def test_a_week_that_the_days_cut_says_from_and_until_when_it_is(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["units"],
        dimensions=["week"],
        since="2026-09-01",
        until="2026-09-17",
    )
    (exhibit,) = result.exhibits
    assert exhibit.table
    assert [row[0] for row in exhibit.table.rows] == [
        "Week of 31 Aug 2026, from 1 September",
        "Week of 7 Sept 2026",
        "Week of 14 Sept 2026, until 17 September",
        "Total",
    ]
    (note,) = [one for one in result.notes if one.startswith("In part only")]
    assert "from 1 September" in note
    assert "7 Sept" not in note.replace("17 Sept", "")


async def test_a_month_that_is_not_over_says_up_to_which_day_it_is(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["average_price", "units"],
        dimensions=["month"],
        since="2026-09-01",
        order="natural",
    )
    (exhibit,) = result.exhibits
    assert exhibit.table
    names = [row[0] for row in exhibit.table.rows]
    assert names == ["September 2026", "October 2026", "November 2026, until 24 November", "Total"]
    assert exhibit.chart
    assert exhibit.chart.measure == "average-price"
    price, units = (
        next(one for one in result.facts if one.parts.measure == name)
        for name in ("average-price", "units")
    )
    assert price.titled("fr") == "prix de vente moyen par article"
    assert price.number * units.number > 0


async def test_days_of_a_condition_are_read_as_a_french_range(mixed: Warehouse) -> None:
    days = {"field": "customer_first_order", "operator": "between"}
    result = await query_tool(
        tool_deps(workspace_data(mixed), language="fr"),
        dataset="orders",
        measures=["customers"],
        filters=[[{**days, "values": ["2025-01-01", "2025-12-31"]}]],
    )
    assert result.read_as.endswith(" du 1er janvier au 31 décembre 2025")


async def test_read_as_and_table_are_in_the_asker_s_language(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed), language="fr"),
        dataset="orders",
        measures=["customers"],
        filters=[
            [where("customer_not_ordered", "at_least", "2026-10-01")],
            [where("country", "is", "FR")],
        ],
    )
    assert result.read_as == "clients · ont commandé, mais pas depuis le 1er octobre 2026 · France"
    assert result.exhibits[0].table
    assert result.exhibits[0].table.columns[1] == "Clients"


@pytest.mark.parametrize(
    ("call", "read_as"),
    [
        (
            {
                "dataset": "orders",
                "measures": ["customers"],
                "filters": [[where("customer_not_ordered", "at_least", "2026-06-01")]],
            },
            "customers · ordered, but not since 1 June 2026",
        ),
        (
            {
                "dataset": "orders",
                "measures": ["customers"],
                "filters": [[where("customer_not_ordered", "at_least", "2026-06-01")]],
                "since": "2025-06-01",
                "until": "2025-12-31",
            },
            "customers · ordered, but not since 1 June 2026 · Jun to Dec 2025",
        ),
        (
            {
                "dataset": "visits",
                "measures": ["visits"],
                "filters": [[where("device", "is", "mobile")]],
                "since": "2026-11-10",
                "until": "2026-11-20",
                "comparison": "previous_period",
            },
            "visits · mobile · 10 to 20 Nov compared with 27 Oct to 6 Nov",
        ),
        (
            {
                "dataset": "orders",
                "measures": ["revenue"],
                "since": "2026-10-01",
                "until": "2026-10-31",
                "comparison": "dates",
                "compare_since": "2026-09-01",
                "compare_until": "2026-09-30",
            },
            "revenue before returns · October compared with September",
        ),
        (
            {
                "dataset": "orders",
                "measures": ["orders"],
                "filters": [
                    [where("day", "at_most", "2026-11-22"), where("day", "at_least", "2026-11-30")]
                ],
            },
            "orders · without 23 to 29 Nov 2026",
        ),
        (
            {
                "dataset": "orders",
                "measures": ["orders", "revenue_share"],
                "dimensions": ["category"],
                "filters": [[where("order_value", "at_least", "100")]],
                "having": [{"measure": "revenue_share", "operator": "at_least", "value": "20"}],
            },
            "orders, share of revenue · orders of at least €100 · by category"
            " · share of revenue: at least 20%",
        ),
        (
            {
                "dataset": "orders",
                "measures": ["customers"],
                "filters": [
                    [where("selected_spent", "at_least", "150.50")],
                    [where("customer_orders", "between", "2", "4")],
                ],
            },
            "customers · spent at least €150.50 · 2 to 4 orders in all",
        ),
    ],
)
async def test_a_query_is_read_in_as_few_words_as_people_use(
    call: dict[str, Any], read_as: str
) -> None:
    result = await query_tool(tool_deps(workspace_data(sample())), **call)
    assert result.read_as == read_as


async def test_a_bare_number_of_the_request_may_be_told_in_the_unit_of_its_condition() -> None:
    """“orders over 100” becomes “orders over €100”, and never €200 or 100%."""
    deps = tool_deps(workspace_data(sample()))
    over = [[where("order_value", "at_least", "100")]]
    result = await query_tool(deps, dataset="orders", measures=["orders"], filters=over)
    book = FactBook(result.facts)

    def find_faults(headline: str) -> list[str]:
        checker = ReportChecker(
            book, (), "orders over 100?", "en", (), TODAY, shown=(result.read_as,)
        )
        form = ReportForm(
            headline=headline,
            points=[],
            exhibit="none",
            cannot_tell="none",
            not_used=[],
            next_steps=[],
        )
        return [one for one in checker.find_faults(form) if "typed figure" in one]

    assert find_faults("{f1} over €100.") == []
    assert find_faults("{f1} over €200.")
    assert find_faults("{f1} over 100%.")


async def test_figures_of_different_filters_have_different_labels(mixed: Warehouse) -> None:
    deps = tool_deps(workspace_data(mixed))
    for dimensions in ([], ["device"]):
        labels, shows, heads = [], [], []
        for country in ("FR", "BE"):
            result = await query_tool(
                deps,
                dataset="orders",
                measures=["revenue"],
                dimensions=dimensions,
                filters=[[where("country", "is", country)]],
            )
            labels += [(fact.about, fact.label) for fact in result.facts]
            (exhibit,) = result.exhibits
            assert exhibit.table
            shows.append(exhibit.shows)
            heads.append(exhibit.table.columns[0])
        assert len(set(labels)) == len(labels)
        assert shows[0] != shows[1]
        assert heads == [dimensions[0].capitalize() if dimensions else "Period"] * 2


async def test_at_most_sixty_facts_and_what_is_left_out_is_said(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(replace(mixed, floor=1, sales_floor=1))),
        dataset="orders",
        measures=["revenue", "orders"],
        dimensions=["day"],
        limit=500,
    )
    assert MAX_FACTS - 4 <= len(result.facts) <= MAX_FACTS
    assert any("groups are shown" in note for note in result.notes)


async def test_what_was_asked_first_stays_where_there_is_no_room_for_all(mixed: Warehouse) -> None:
    asked = ["revenue", "orders", "average_order", "units", "average_price", "customers"]
    result = await query_tool(
        tool_deps(workspace_data(replace(mixed, floor=1, sales_floor=1))),
        dataset="orders",
        measures=[*asked, "units_per_order"],
        dimensions=["product"],
        since="2026-10-01",
        comparison="previous_period",
    )
    assert len({fact.about for fact in result.facts if not fact.is_change}) == 1 + 3
    told = {fact.parts.measure for fact in result.facts if fact.about and not fact.is_change}
    assert told == {"revenue", "orders", "average-order", "units", "average-price"}
    assert any("units_per_order" in note for note in result.notes)


async def test_having_order_and_limit(mixed: Warehouse) -> None:
    call = {"dataset": "orders", "measures": ["orders", "revenue"], "dimensions": ["product"]}
    deps = tool_deps(workspace_data(mixed))
    every = await query_tool(deps, **call)
    values = [Decimal(f.value) for f in every.facts if f.label == "orders" and f.about]
    assert values == sorted(values, reverse=True)
    lowest = await query_tool(deps, **call, order="lowest", limit=1)
    assert [f.value for f in lowest.facts if f.label == "orders" and f.about] == [min(values)]
    bound = {"measure": "orders", "operator": "at_least", "value": str(sorted(values)[1])}
    large = await query_tool(deps, **call, having=[bound])
    figures = [f.number for f in large.facts if f.label == "orders"]
    assert figures[1:] == values[:2]
    assert values[0] < figures[0] <= sum(values[:2])  # one order has both


async def test_nearest_groups_are_named_where_none_is_within_the_bounds(mixed: Warehouse) -> None:
    call = {"dataset": "orders", "measures": ["orders"], "dimensions": ["product"]}
    deps = tool_deps(workspace_data(mixed))
    every = await query_tool(deps, **call)
    orders = {fact.id: fact.number for fact in every.facts if fact.about}
    bound = {"measure": "orders", "operator": "under", "value": "1"}
    result = await query_tool(deps, **call, having=[bound])
    count = result.facts[-1]
    assert count.parts.measure == "groups"
    assert count.number == 0
    told = {fact.id: fact.number for fact in result.facts[:-2]}
    assert told == dict(sorted(orders.items(), key=lambda one: one[1]))
    assert list(told.values()) == sorted(told.values())
    assert "outside" in result.exhibits[0].cut
    assert "may be shown" not in result.exhibits[0].cut  # as nothing is hidden


async def test_mean_of_the_groups_within_the_bounds_takes_the_place_of_the_total() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "dimensions": ["device"]}
    every = await query_tool(deps, **call, measures=["orders", "revenue"])
    named = [fact for fact in every.facts if fact.about]
    orders = [fact.number for fact in named if fact.label == "orders"][1:]
    revenue = [fact.number for fact in named if fact.parts.measure == "revenue"][1:]
    assert len(orders) > 1
    bound = {"measure": "orders", "operator": "at_most", "value": str(orders[0])}
    measures = ["average_order", "orders"]
    result = await query_tool(deps, **call, measures=measures, having=[bound], limit=1)
    mean, count, *_ = result.facts
    assert mean.number == pytest.approx(sum(revenue) / sum(orders))
    assert count.value == sum(orders)
    assert "orders: at most" in mean.about


@pytest.mark.parametrize(
    ("operator", "keeps"),
    [("over", lambda n, bound: n > bound), ("under", lambda n, bound: n < bound)],
)
async def test_a_bound_and_the_groups_within_it_are_facts(
    operator: str, keeps: Callable[[Decimal, Decimal], bool]
) -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "measures": ["units"], "dimensions": ["device"]}
    every = await query_tool(deps, **call)
    units = sorted(fact.number for fact in every.facts[1:])
    having = [{"measure": "units", "operator": operator, "value": str(units[1])}]
    *figures, bound, count = (await query_tool(deps, **call, having=having)).facts
    fit = [one for one in units if keeps(one, units[1])]
    assert 0 < len(fit) < len(units)
    assert [one.number for one in figures if one.number in units] == fit
    assert (bound.number, count.number) == (units[1], Decimal(len(fit)))
    assert bound.unit == "units"
    having[0]["value"] = "0" if operator == "under" else "1000000"
    *_, bound, count = (await query_tool(deps, **call, having=having)).facts
    assert count.value == 0


@pytest.mark.parametrize(
    ("measure", "value", "told"), [("revenue", "99.5", "€99.50"), ("revenue_share", "5", "5%")]
)
async def test_a_bound_is_told_as_it_was_asked(measure: str, value: str, told: str) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=[measure],
        dimensions=["device"],
        having=[{"measure": measure, "operator": "over", "value": value}],
    )
    bound = next(fact for fact in result.facts if "bound" in fact.label)
    assert bound.shown("en") == told


@pytest.mark.parametrize(
    ("sizes", "limit", "told"),
    [
        ({"FR": 30, "BE": 20}, 0, Decimal(2)),
        ({"FR": 30, "BE": 20}, 1, "at least 1"),
        ({"FR": 30, "BE": 20, "IT": 3, "ES": 3}, 0, "at least 2"),
    ],
)
async def test_groups_that_are_hidden_or_cut_are_in_no_count(
    sizes: dict[str, int], limit: int, told: Decimal | str
) -> None:
    rows = [
        {
            "order": f"{country}{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"{country}{n}",
            "amount": Decimal(50),
            "quantity": 1,
            "currency": "EUR",
            "country": country,
        }
        for country, many in sizes.items()
        for n in range(many)
    ]
    result = await query_tool(
        tool_deps(workspace_data(replace(small(orders=rows), floor=5, sales_floor=5))),
        dataset="orders",
        measures=["orders"],
        dimensions=["country"],
        having=[{"measure": "orders", "operator": "over", "value": "1"}],
        limit=limit,
    )
    assert result.facts[-1].value == told


@pytest.mark.parametrize("comparison", ["none", "previous_period"])
async def test_bounds_are_said_to_be_on_the_present_of_two_periods(comparison: str) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["orders"],
        dimensions=["country"],
        since="2026-10-01",
        until="2026-10-31",
        comparison=comparison,
        having=[{"measure": "orders", "operator": "at_least", "value": "30"}],
    )
    is_compared = comparison != "none"
    assert any(note.startswith("having bounds") for note in result.notes) is is_compared
    assert ("orders, October: at least 30" in result.exhibits[0].shows) is is_compared


async def test_share_of_few_says_of_how_many() -> None:
    rows = [
        {
            "order": f"{country}{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"{country}{n}",
            "amount": Decimal(50),
            "quantity": 1,
            "currency": "EUR",
            "country": country,
            "code": "spring" if n < 10 else None,
        }
        for country, many in {"FR": 80, "BE": 20}.items()
        for n in range(many)
    ]
    deps = tool_deps(workspace_data(small(orders=rows)))
    measures = ["code_share", "orders_share"]
    call = {"dataset": "orders", "measures": measures, "dimensions": ["country"]}
    result = await query_tool(deps, **call)
    table = result.exhibits[0].table
    assert table
    belgium = next(row for row in table.rows if row[0] == "Belgium")
    assert belgium[1:] == ("50% (of 20)", "20%")  # a fifth of 100 orders
    lines = describe_facts(result.facts, FactBook(), "en", Pseudonymizer()).lines
    assert [line for line in lines if "Belgium · of 20" in line]
    assert not [line for line in lines if "France · of" in line]
    of_money = ["top_50_percent_share", "revenue_share"]
    result = await query_tool(deps, **{**call, "measures": of_money})
    assert {one.of for one in result.facts} == {None}, "16 customers are no count to be told"


# What the data can't tell is said.


async def test_refunds_are_not_known_where_lines_are_only_marked_as_returned() -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["refunded", "gross_revenue", "revenue"],
    )
    assert {fact.label for fact in result.facts} == {"gross revenue", "revenue"}
    notes = " ".join(result.notes)
    assert "refunded is not known: the file marks returned lines and has no refund" in notes
    (exhibit,) = result.exhibits
    told = (result.read_as, exhibit.shows, *exhibit.measure_facts, *dict(result.scope).values())
    assert not [text for text in told if "refunded" in text]
    assert "net_revenue" in notes


async def test_refunds_are_told_where_the_file_has_amounts(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)), dataset="orders", measures=["refunded"]
    )
    assert Decimal(result.facts[0].value) > 0
    assert not result.notes or "refund" not in " ".join(result.notes)


async def test_refunds_in_a_column_of_their_own_are_counted_and_said() -> None:
    rows = [
        {
            "order": f"o{n}",
            "line": 1,
            "at": datetime(2026, 11, 1),
            "customer": f"c{n}",
            "product": "vase",
            "quantity": 1.0,
            "amount": Decimal(50),
            "currency": "EUR",
            "returned": n % 2 == 0,
            "refunded": Decimal(40) if n % 2 == 0 else None,
        }
        for n in range(60)
    ]
    result = await query_tool(
        tool_deps(workspace_data(small(orders=rows))),
        dataset="orders",
        measures=["refunded", "revenue"],
    )
    assert [fact.value for fact in result.facts] == [1200, 3000]
    assert any("not taken off the revenue" in note for note in result.notes)


LAST_SETTLED = date(2026, 10, 25)  # 30 days before the sample shop's last whole day


@pytest.mark.parametrize(
    ("days", "ends"),
    [
        ({"since": "2026-07-01"}, LAST_SETTLED),
        ({"until": "2026-08-31"}, date(2026, 8, 31)),
    ],
)
async def test_return_rates_end_before_orders_that_may_come_back(
    days: dict[str, str], ends: date
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["return_rate", "returned"],
        dimensions=["category"],
        **days,
    )
    assert {fact.until for fact in result.facts} == {ends}
    told = [note for note in result.notes if f"ends on {ends}" in note]
    cut_after = result.exhibits[0].cut_after
    assert bool(told) == ("since" in days)
    assert cut_after == (ends if told else None)


@pytest.mark.parametrize("filters", [[], [[where("device", "is", "mobile")]]])
async def test_only_what_counts_returns_ends_before_orders_that_may_come_back(
    filters: list[Any],
) -> None:
    """Sums of all days keep them; those that are cut are compared with days cut alike."""
    asked = {"since": "2026-09-01", "comparison": "same_period_last_year", "filters": filters}
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["revenue", "return_rate", "net_revenue"],
        **asked,
    )
    days = {(fact.parts.measure, fact.since, fact.until) for fact in result.facts}
    last = sample().as_of("orders")
    whole, cut = ((date(2026, 9, 1), day) for day in (last, LAST_SETTLED))
    for name, (first, end) in {"revenue": whole, "return-rate": cut, "net-revenue": cut}.items():
        assert (name, first, end) in days
        assert (name, first.replace(year=2025), end.replace(year=2025)) in days
    assert not any("per-day" in measure for measure, *_ in days)
    alone = await query_tool(
        tool_deps(workspace_data(sample())), dataset="orders", measures=["revenue"], **asked
    )
    assert [*result.facts[:3]] == [*alone.facts[:3]]
    assert [one.cut_after for one in result.exhibits] == [None, LAST_SETTLED]


async def test_return_rate_of_orders_that_may_come_back_is_refused() -> None:
    with pytest.raises(ToolError, match=str(LAST_SETTLED)):
        await query_tool(
            tool_deps(workspace_data(sample())),
            dataset="orders",
            measures=["return_rate"],
            since="2026-11-01",
        )


async def test_measure_that_can_not_be_told_yet_is_left_out_with_its_reason() -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["return_rate", "net_revenue"],
        since="2026-11-01",
    )
    assert {fact.parts.measure for fact in result.facts} == {"net-revenue"}
    assert any(f"The last day to ask for is {LAST_SETTLED}" in note for note in result.notes)


@pytest.mark.parametrize("measure", ["repeat_rate", "repeat_customers"])
async def test_who_comes_back_is_not_told_of_single_orders(measure: str) -> None:
    asked = {"dataset": "orders", "measures": [measure]}
    first = {"filters": [[where("nth_order", "is", "1")]]}
    new = {"filters": [[where("customer_type", "is", "new")]]}
    for restricted in (first, {"dimensions": ["nth_order"]}, new):
        with pytest.raises(ToolError, match="reorder_rate_90_days"):
            await query_tool(tool_deps(workspace_data(sample())), **asked, **restricted)


async def test_rate_of_those_who_reorder_stands_beside_how_many_it_is_of() -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())), dataset="orders", measures=["reorder_rate_90_days"]
    )
    rate, base = result.facts
    assert base.parts.measure == "newcomers-90-days"
    assert base.value == rate.rows


@pytest.mark.parametrize(("since", "is_open"), [("2026-10-20", True), ("2026-08-01", False)])
async def test_a_table_of_net_revenue_says_that_returns_are_still_to_come(
    since: str, is_open: bool
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["net_revenue", "revenue"],
        since=since,
        until=str(date.fromisoformat(since) + timedelta(29)),
    )
    assert (LATE_RETURNS.text in result.exhibits[0].footnote) == is_open


@pytest.mark.parametrize("value", ["no", "yes"])
async def test_orders_without_returns_say_that_those_kept_in_part_stay(value: str) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["orders"],
        dimensions=["device"],
        filters=[[{"field": "returned", "operator": "is", "values": [value]}]],
        since="2026-05-01",
        until="2026-08-31",
    )
    assert (KEPT_IN_PART.text in result.exhibits[0].footnote) == (value == "no")


@pytest.mark.parametrize(("since", "compares"), [("2026-10-20", False), ("2026-08-01", True)])
async def test_rows_taken_by_their_return_are_not_compared_while_some_may_come_back(
    since: str, compares: bool
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["revenue", "orders"],
        filters=[[where("returned", "in", "no")]],
        since=since,
        until=str(date.fromisoformat(since) + timedelta(29)),
        comparison="previous_period",
    )
    assert any(fact.label == "change" for fact in result.facts) == compares
    assert any("still to come" in note for note in result.notes) != compares


def list_changes(result: ToolResult) -> list[str]:
    """The measures that have a change, once for each group."""
    names = [one.parts.measure for one in result.facts]
    return [name.removesuffix("-change") for name in names if name.endswith("-change")]


@pytest.mark.parametrize(
    ("more", "compared"),
    [
        ({"measures": ["new_customers", "customers"]}, {"customers"}),
        ({"measures": ["revenue"], "dimensions": ["customer_type"]}, {"revenue"}),
        ({"measures": ["orders_share"], "dimensions": ["customer_type"]}, {"orders-share"}),
        ({"measures": ["revenue"], "filters": [[where("customer_type", "is", "new")]]}, set()),
    ],
)
@pytest.mark.parametrize("comparison", ["same_period_last_year", "previous_period"])
async def test_first_orders_are_not_compared_with_days_near_the_first_of_the_data(
    more: dict[str, Any], compared: set[str], comparison: str
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        since="2026-10-01",
        until="2026-10-31",
        comparison=comparison,
        **more,
    )
    is_early = comparison == "same_period_last_year"
    told = list_changes(result)
    assert {*told} >= compared
    assert (len(told) == len(compared)) == is_early  # no part by customer_type either
    assert any("first in the data" in note for note in result.notes) == is_early


async def test_channels_known_only_since_the_earlier_days_are_not_compared() -> None:
    start = datetime(2025, 1, 1)
    mails = [
        {"at": start + timedelta(days=n), "channel": "email", "name": f"m{n}", "sent": 500}
        | {"opened": 100, "clicks": 30 + n % 5}
        for n in range(0, 660, 3)
    ]
    ads = [
        {"at": start + timedelta(days=n), "channel": "ads", "name": "a", "clicks": 400}
        for n in range(600, 660)
    ]
    deps = tool_deps(workspace_data(small(campaigns=[*mails, *ads], today=date(2026, 11, 1))))
    days = {"since": "2026-09-01", "until": "2026-09-30", "comparison": "same_period_last_year"}
    call = {"dataset": "campaigns", "measures": ["clicks", "opened", "mailings"], **days}
    whole = await query_tool(deps, **call)
    assert list_changes(whole) == ["opened", "mailings"]
    assert any("of ads from 2026-08-24 on only" in note for note in whole.notes)
    by = await query_tool(deps, **call, dimensions=["channel"])
    assert list_changes(by).count("clicks") == 1  # of e-mails
    none = [one.parts.measure for one in by.facts if one.value == 0]
    assert "clicks" not in none  # unknown is not none
    alone = await query_tool(deps, **call, filters=[[where("channel", "is", "email")]])
    assert list_changes(alone) == ["clicks", "opened", "mailings"]


async def test_counts_of_few_sends_have_no_change() -> None:
    rows = [
        {"at": datetime(2026, month, day), "channel": channel, "name": f"{channel}{month}{day}"}
        | {"sent": 400, "sales": Decimal(300 + day), "currency": "EUR"}
        for month, many in ((9, 4), (10, 12))
        for day in range(1, many + 1)
        for channel in ("email", "sms")
    ]
    deps = tool_deps(workspace_data(small(campaigns=rows, today=date(2026, 11, 2))))
    call = {"dataset": "campaigns", "measures": ["mailings", "sales_per_1000_sent"]}
    days = {"since": "2026-10-01", "until": "2026-10-31", "comparison": "previous_period"}
    both = await query_tool(deps, **call, **days, dimensions=["channel"])
    assert sum("mailings" in one for one in list_changes(both)) == 3
    assert any("no chance is computed" in note for note in both.notes)
    few = days | {"until": "2026-10-06", "comparison": "dates"}
    few |= {"compare_since": "2026-09-01", "compare_until": "2026-09-06"}
    result = await query_tool(deps, **call, **few, filters=[[where("channel", "is", "email")]])
    assert list_changes(result) == ["sales-per-1000-sent"]
    assert [one.value for one in result.facts if one.parts.measure == "mailings"] == [6, 4]


async def test_rate_by_what_it_counts_names_the_measure_to_ask_for() -> None:
    with pytest.raises(ToolError, match="Ask for returned by return_reason"):
        await query_tool(
            tool_deps(workspace_data(sample())),
            dataset="orders",
            measures=["return_rate"],
            dimensions=["return_reason"],
        )


async def test_a_figure_of_many_values_is_named_by_the_first_of_them() -> None:
    rows = sample().engine.con.execute("SELECT DISTINCT category FROM products ORDER BY 1")
    first, *more = [name for (name,) in rows.fetchall()][:4]
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="orders",
        measures=["orders"],
        filters=[[where("category", "in", first, *more)]],
    )
    assert {fact.about for fact in result.facts} == {f"{first} and {len(more)} more"}
    assert all(name in result.read_as for name in more)  # where there is room
    assert dict(result.scope)["what"] == "orders"


async def test_days_of_several_years_have_their_year() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "measures": ["customers"]}
    two = await query_tool(
        deps,
        **call,
        filters=[
            [where("customer_not_ordered", "at_least", "2026-05-28")],
            [where("customer_ordered", "at_least", "2025-05-28")],
        ],
    )
    assert "ordered, but not since 28 May 2026" in two.read_as
    assert "placed an order since 28 May 2025" in two.read_as
    november = {"since": "2026-11-01", "until": "2026-11-20"}
    compared = await query_tool(deps, **call, **november, comparison="same_period_last_year")
    table = compared.exhibits[0].table
    assert table
    assert [row[0] for row in table.rows[:2]] == ["1 to 20 Nov 2026", "1 to 20 Nov 2025"]
    alone = await query_tool(deps, **call, **november)
    assert alone.read_as == "customers · 1 to 20 Nov"


async def test_figures_that_end_before_the_data_say_so_beside_the_last_day_of_the_data() -> None:
    deps = tool_deps(workspace_data(sample()))
    result = await query_tool(deps, dataset="orders", measures=["return_rate"])
    (exhibit,) = result.exhibits
    end = result.facts[0].until
    assert end
    assert end < result.facts[0].as_of == sample().as_of("orders")
    line = exhibit.tell_end(exhibit.facts, "en", deps.today)
    assert line.startswith(f"Return rate (of units): up to {end.day} {end:%B}")
    assert not exhibit.tell_end((), "en", deps.today)  # none of its figures is told
    sales = await query_tool(deps, dataset="orders", measures=["revenue"])
    assert not sales.exhibits[0].tell_end(sales.exhibits[0].facts, "en", deps.today)


async def test_values_of_files_are_named_in_the_reader_s_language_or_quoted() -> None:
    data = workspace_data(sample())

    async def name_rows(dataset: str, measure: str, dimension: str) -> set[str]:
        call = {"dataset": dataset, "measures": [measure], "dimensions": [dimension]}
        table = (await query_tool(tool_deps(data), **call)).exhibits[0].table
        assert table
        return {row[0] for row in table.rows}

    assert {"Search", "Ads"} <= await name_rows("orders", "orders", "first_order_source")
    assert "Reviews" in await name_rows("feedback", "reviews", "channel")
    assert "“clients fidèles”" in await name_rows("campaigns", "sent", "audience")


async def test_visitors_of_some_visits_alone_are_called_so() -> None:
    def visits(*visitors: str | None) -> list[dict[str, Any]]:
        return [
            {"session": f"s{n}", "visitor": one, "at": datetime(2026, 11, 3), "event": "view"}
            for n, one in enumerate(visitors)
        ]

    names = [f"c{n}" for n in range(40)]
    for unnamed, called in ((40, "visitors (recognised only)"), (0, "visitors")):
        deps = tool_deps(workspace_data(small(events=visits(*names, *[None] * unnamed))))
        result = await query_tool(deps, dataset="visits", measures=["visitors"])
        assert result.facts[0].label == called


async def test_a_campaign_is_named_with_its_subject_line() -> None:
    result = await query_tool(
        tool_deps(workspace_data(sample())),
        dataset="campaigns",
        measures=["open_rate"],
        dimensions=["campaign"],
        filters=[[where("channel", "in", "email")]],
        limit=3,
    )
    rows = sample().engine.con.execute("SELECT subject FROM campaigns WHERE subject <> ''")
    subjects = {f"“{subject}”" for (subject,) in rows.fetchall()}
    named = [fact.about.partition(" · ")[0] for fact in result.facts if "-campaign-" in fact.id]
    assert named
    assert {*named} <= subjects


async def test_a_campaign_of_orders_is_named_as_in_the_file_of_campaigns() -> None:
    orders = [
        {
            "order": f"{code}{n}",
            "at": datetime(2026, 11, 3, 12),
            "customer": f"{code}{n}",
            "amount": Decimal(50),
            "quantity": 1,
            "currency": "EUR",
            "code": code,
        }
        for code in ("mo-261101-linen", "mo-261102-sale-sms", "WELCOME10")
        for n in range(6)
    ]
    sent = [
        {"id": code, "code": code, "at": datetime(2026, 11, 1, 8), "subject": subject}
        for code, subject in (
            ("mo-261101-linen", "Linen is back"),
            ("mo-261102-sale-sms", None),
            ("mo-261103-again", "Twice"),
            ("mo-261104-again", "Twice"),
        )
    ]
    deps = tool_deps(workspace_data(small(orders=orders, campaigns=sent)))
    coded = "“Linen is back” (mo-261101-linen)"
    for dimension, names in (
        ("campaign", {"“Linen is back”", "Sale sms", "WELCOME10", "Total"}),
        ("code", {coded, "mo-261102-sale-sms", "WELCOME10", "Total"}),
    ):
        call = {"dataset": "orders", "measures": ["orders"], "dimensions": [dimension]}
        result = await query_tool(deps, **call)
        table = result.exhibits[0].table
        assert table
        assert {row[0] for row in table.rows} == names
    for name in ("Linen is back", "mo-261101-linen", "“Linen is back”", coded):
        filters = [[where("code", "is", name)]]
        one = await query_tool(deps, dataset="orders", measures=["orders"], filters=filters)
        assert one.facts[0].value == 6


async def test_rates_of_mailings_say_how_many_sends_they_are_and_which_are_few() -> None:
    call = {"dataset": "campaigns", "measures": ["open_rate"]}
    emails = {"filters": [[where("channel", "is", "email")]]}
    deps = tool_deps(workspace_data(sample()))
    result = await query_tool(deps, **call, **emails, dimensions=["weekday"])
    sql = """SELECT count(DISTINCT (id, "at")) FROM campaigns WHERE channel = 'email'
        GROUP BY dayofweek("at") ORDER BY 1"""
    theirs = [n for (n,) in sample().engine.con.execute(sql).fetchall()]
    sends = [one for one in result.facts if one.parts.measure == "mailings"][1:]
    assert sorted(one.number for one in sends) == theirs
    assert result.exhibits[0].table
    assert "Sends" in " ".join(result.exhibits[0].table.columns)
    few = [one.about.split(" · ")[0] for one in sends if one.number < 5]
    assert few
    (note,) = [one for one in result.notes if "Under 5 sends" in one]
    assert ", ".join(few) in note
    assert any("differs by weekday" in one for one in result.notes)
    each = await query_tool(deps, **call, **emails, dimensions=["campaign"])
    assert not [one for one in each.facts if one.parts.measure == "mailings"]
    ads = {"filters": [[where("channel", "is", "ads")]], "measures": ["click_rate"]}
    of_ads = await query_tool(deps, **{**call, **ads})
    assert not any("ailings" in one or "sends" in one for one in of_ads.notes)


async def test_new_customers_of_few_are_told_by_their_orders() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "since": "2026-09-01", "limit": 8}
    few = await query_tool(deps, **call, measures=["new_customers"], dimensions=["code"])
    assert any("instead of new_customers: orders, with customer_type" in one for one in few.notes)
    both = ["code", "customer_type"]
    told = await query_tool(deps, **call, measures=["orders"], dimensions=both)
    assert any("-customer-type-" in fact.id for fact in told.facts)
    whole = await query_tool(deps, **call, measures=["new_customers"])
    assert not any("instead of" in one for one in whole.notes)


async def test_no_rows_are_not_called_blank() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "campaigns", "measures": ["sent", "delivered"], "dimensions": ["campaign"]}
    nothing = await query_tool(
        deps, **call, filters=[[where("channel", "is", "sms")]], since="2026-11-20"
    )
    assert "No row of these days has the channel sms." in nothing.notes
    assert not [note for note in nothing.notes if "blank" in note]
    everything = await query_tool(deps, **call)
    assert not [note for note in everything.notes if "orders were placed" in note]


async def test_blank_column_is_the_reason_of_a_missing_figure() -> None:
    deps = tool_deps(workspace_data(sample()))
    by_channel = await query_tool(
        deps,
        dataset="campaigns",
        measures=["open_rate", "sent"],
        dimensions=["channel"],
        filters=[[where("channel", "in", "email", "sms")]],
    )
    assert "No open_rate for SMS: opened is blank in these rows." in by_channel.notes
    alone = await query_tool(
        deps,
        dataset="campaigns",
        measures=["open_rate"],
        filters=[[where("channel", "is", "sms")]],
    )
    assert "No open_rate for any of it: opened is blank in these rows." in alone.notes


async def test_ratings_are_counted_apart_from_reviews_without_one() -> None:
    shop = sample()
    result = await query_tool(
        tool_deps(workspace_data(shop)),
        dataset="feedback",
        measures=["reviews", "ratings", "rating"],
    )
    rows, rated = shop.engine.con.execute("SELECT count(*), count(rating) FROM feedback").fetchone()
    assert [fact.value for fact in result.facts[:2]] == [rows, rated]
    assert result.facts[2].rows == rated
    counted = f"rating: of the {rated} texts with a rating (messages have none), of {rows} in all."
    assert counted in result.notes


async def test_small_groups_of_feedback_hide_only_themselves() -> None:
    shop = sample()
    result = await query_tool(
        tool_deps(workspace_data(shop)),
        dataset="feedback",
        measures=["reviews", "rating"],
        filters=[[{"field": "country", "operator": "is", "values": ["FR"]}]],
        dimensions=["product"],
        since="2026-06-01",
        limit=12,
    )
    table = result.exhibits[0].table
    assert table
    assert len(table.rows) == 12 + 2  # others, and the total
    counted = shop.engine.con.execute(
        """SELECT count(DISTINCT product) FROM feedback WHERE "at" >= '2026-06-01'
        AND country = 'FR'"""
    ).fetchone()[0]
    (said,) = [note for note in result.notes if "groups are shown" in note]
    assert said.startswith(f"12 of {counted} groups are shown. Of the others, ")
    assert "are after these in the order; " in said
    assert said.endswith("are of under 5 people, or needed to hide those.")


async def test_table_says_how_many_of_the_asked_rows_it_shows() -> None:
    """Eight figures a row leave room for few rows: people and the AI are told, and how to see
    more."""
    measures = ["revenue", "orders", "units", "customers", "average_order", "new_customers"]
    measures += ["refunded", "units_per_order"]
    call = {"dataset": "orders", "dimensions": ["product"], "limit": 60}
    deps = tool_deps(workspace_data(sample()))
    wide = await query_tool(deps, **call, measures=measures)
    (exhibit,) = wide.exhibits
    assert exhibit.table
    shown = len(exhibit.table.rows) - 2  # without others and the total
    assert shown < 10
    assert exhibit.cut.startswith(f"{shown} of ")
    assert any("fewer measures" in note for note in wide.notes)
    few = await query_tool(deps, **{**call, "limit": 5}, measures=["revenue"])
    assert not few.exhibits[0].cut


async def test_columns_of_a_comparison_are_filled_or_left_out() -> None:
    call = {"dataset": "orders", "measures": ["revenue"], "comparison": "same_period_last_year"}
    days = {"since": "2026-09-07", "until": "2026-11-22"}
    deps = tool_deps(workspace_data(sample()))
    # weeks that begin on another weekday are not paired
    other = {"comparison": "dates", "compare_since": "2025-09-07", "compare_until": "2025-11-22"}
    weeks = await query_tool(deps, **{**call, **other}, **days, dimensions=["week"])
    by_week = weeks.exhibits[0].table
    by_country = (await query_tool(deps, **call, **days, dimensions=["country"])).exhibits[0].table
    assert by_week
    assert by_country
    assert len(by_week.columns) == 2
    assert [row[1] for row in by_week.rows if row[1] in ("", "–")] == []
    earlier, change = by_week.rows[-2:]
    assert "2025" in earlier[0]
    assert change[1].endswith("%")
    assert len(by_country.columns) == 4


async def test_ranking_says_how_many_small_groups_it_leaves_out() -> None:
    call = {"dataset": "feedback", "measures": ["reviewers"], "dimensions": ["product"], "limit": 5}
    deps = tool_deps(workspace_data(sample()), language="fr")
    result = await query_tool(deps, **call, since="2026-06-01")
    (exhibit,) = result.exhibits
    assert exhibit.not_ranked.startswith(
        "Les groupes de moins de 20 personnes ne sont pas affichés."
    )
    assert any(note.startswith("Small groups are hidden (under 20") for note in result.notes)
    by_time = {**call, "dimensions": ["month"], "order": "natural"}
    assert not (await query_tool(deps, **by_time)).exhibits[0].not_ranked


async def test_figures_of_campaigns_say_which_campaigns_they_are_of() -> None:
    """Only advertising has a spend, orders come from e-mails, too: side by side they are no
    ratio."""
    measures = ["spend", "campaign_orders", "cost_per_order"]
    call = {"dataset": "campaigns", "measures": measures, "until": "2026-10-31"}
    deps = tool_deps(workspace_data(sample()))
    every = await query_tool(deps, **call)
    about = {fact.parts.measure: fact.about for fact in every.facts}
    assert about == {"spend": "ads", "campaign-orders": "", "cost-per-order": "ads"}
    assert every.read_as.startswith("spend (ads), orders (platform),")
    table = every.exhibits[0].table
    assert table
    assert table.columns[1] == "Spend (ads)"
    filters = [[{"field": "channel", "operator": "is", "values": ["ads"]}]]
    ads = await query_tool(deps, **call, filters=filters)
    spend, orders, each = (fact.number for fact in ads.facts)
    assert {fact.about for fact in ads.facts} == {"ads"}
    assert each == pytest.approx(spend / orders)
    by_channel = await query_tool(deps, **call, dimensions=["channel"])
    assert by_channel.read_as.startswith("spend, orders")


@pytest.mark.parametrize(
    ("since", "until", "says_so"),
    [("2026-11-01", "2026-11-24", True), ("2026-08-01", "2026-08-31", False)],
)
@pytest.mark.parametrize("value", ["yes", "no"])
async def test_filter_by_returns_says_that_some_are_still_to_come(
    since: str, until: str, says_so: bool, value: str
) -> None:
    deps = tool_deps(workspace_data(sample()))
    filters = [[where("returned", "is", value)]]
    call = {"dataset": "orders", "measures": ["units"], "since": since, "until": until}
    result = await query_tool(deps, **call, filters=filters)
    assert any("are still to come" in note for note in result.notes) == says_so


async def test_a_return_rate_so_far_is_told_by_its_units() -> None:
    call = {"dataset": "orders", "measures": ["return_rate", "returned"], "since": "2026-11-01"}
    result = await query_tool(tool_deps(workspace_data(sample())), **call)
    assert any("so far”, tell returned out of units" in note for note in result.notes)


@pytest.mark.parametrize("field", ["category", "return_reason"])
async def test_a_part_of_an_order_is_not_called_an_order(field: str) -> None:
    call = {"dataset": "orders", "measures": ["average_order"], "since": "2026-11-01"}
    deps = tool_deps(workspace_data(sample()))
    whole = await query_tool(deps, **call, dimensions=["country"])
    part = await query_tool(deps, **call, dimensions=[field])
    assert {fact.label for fact in whole.facts} == {"average order"}
    assert {fact.label for fact in part.facts} == {"spent on these lines per order, on average"}
    noted = ["not the whole order" in " ".join(result.notes) for result in (whole, part)]
    assert noted == [False, True]


@pytest.mark.parametrize(
    ("measure", "dimension", "words"),
    [
        ("mean_delivery_days", "category", "may still be on its way"),
        ("orders", "returned", "counted in both"),
    ],
)
async def test_what_a_figure_leaves_out_or_counts_twice_is_noted(
    measure: str, dimension: str, words: str
) -> None:
    call = {"dataset": "orders", "since": "2026-11-01", "until": "2026-11-24"}
    deps = tool_deps(workspace_data(sample()))
    result = await query_tool(deps, **call, measures=[measure], dimensions=[dimension])
    assert any(words in note for note in result.notes)


@pytest.mark.parametrize(
    ("since", "until", "is_told"),
    [
        ("2026-11-16", "2026-11-22", True),
        ("2026-11-02", "2026-11-08", False),
        ("2026-10-01", "2026-10-31", False),
        ("2026-11-16", "none", False),
    ],
)
async def test_newer_days_than_those_of_a_week_are_named(
    since: str, until: str, *, is_told: bool
) -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "measures": ["revenue"], "dimensions": ["device"]}
    result = await query_tool(deps, **call, since=since, until=until)
    assert any("run to 2026-11-24" in note for note in result.notes) == is_told


SOLD_OUT_SQL = """SELECT product, any_value(products.title), any_value(products.category),
    max("at")::DATE + 1 FROM orders JOIN products USING (product) WHERE stock = 0 GROUP BY product
    ORDER BY 1"""


@pytest.mark.parametrize("by", ["product", "category", "filter", "week"])
async def test_products_that_sold_out_within_compared_days_are_named(by: str) -> None:
    (_, title, category, since), *_ = sample().engine.con.execute(SOLD_OUT_SQL).fetchall()
    days = {"since": str(since), "until": "2026-11-24", "comparison": "previous_period"}
    call: dict[str, Any] = {"dataset": "orders", "measures": ["revenue"], **days}
    if by in ("product", "category"):
        call |= {"dimensions": [by], "order": "decline", "limit": 2}
    else:
        call |= {"filters": [[where("category", "is", category)]]}
    if by == "week":
        first = {"since": str(since - timedelta(days=30)), "comparison": "none"}
        call |= {"dimensions": ["week"], **first}
    deps = tool_deps(workspace_data(sample()))
    named = f"{title} since {since}"
    assert any(named in note for note in (await query_tool(deps, **call)).notes)
    elsewhere = {"filters": [[where("category", "is_not", category)]]}
    others = await query_tool(deps, **{**call, **elsewhere})
    assert not any(title in note for note in others.notes)
    abroad = [*call.get("filters", []), [where("country", "is", "GB")]]
    there = await query_tool(deps, **{**call, "filters": abroad})
    assert not any(title in note for note in there.notes)
    before = {"since": "2026-09-01", "until": "2026-09-30"}
    earlier = await query_tool(deps, **{**call, **before})
    assert not any(title in note for note in earlier.notes)


@pytest.mark.parametrize(
    ("dimensions", "day", "is_told"),
    [([], "2026-11-17", True), (["device"], "2026-11-17", True), ([], "2026-11-16", False)],
)
async def test_an_earlier_figure_that_is_not_told_has_its_reason(
    dimensions: list[str], day: str, is_told: bool
) -> None:
    call = {"dataset": "orders", "measures": ["orders", "discounts"], "dimensions": dimensions}
    deps = tool_deps(workspace_data(sample()))
    result = await query_tool(deps, **call, since=day, until=day, comparison="previous_period")
    why = "it would tell what under 5 people with a discount did."
    told = [note for note in result.notes if note.startswith("No earlier discounts for")]
    assert [note.endswith(why) for note in told] == [True] * is_told
    (exhibit,) = result.exhibits
    assert exhibit.table
    columns = [*zip(*exhibit.table.rows, strict=True)]
    has_gaps = any("–" in cells and {*cells} != {"–"} for cells in columns)
    assert ("“–”: of under 5 people" in exhibit.cut) is has_gaps is is_told


def find_settled_day() -> date:
    took = "SELECT quantile_cont(date_diff('day', \"at\"::date, delivered::date), 0.95) FROM orders"
    ((days,),) = sample().engine.con.execute(took).fetchall()
    return date(2026, 11, 24) - timedelta(days=math.ceil(days))


async def test_time_to_delivery_ends_before_the_orders_that_are_on_their_way() -> None:
    call = {"dataset": "orders", "since": "2026-11-01", "comparison": "previous_period"}
    deps, settled = tool_deps(workspace_data(sample())), find_settled_day()
    measures = ["orders", "mean_delivery_days", "return_rate"]
    result = await query_tool(deps, **{**call, "since": "2026-09-01"}, measures=measures)
    ends = {fact.parts.measure: fact.until for fact in result.facts if fact.compared_with}
    assert ends["orders"] == date(2026, 11, 24)
    assert ends["mean-delivery-days"] == settled
    assert ends["return-rate"] == LAST_SETTLED
    assert any(f"the period ends on {settled}" in note for note in result.notes)
    assert [one.cut_after for one in result.exhibits[:3]] == [None, settled, LAST_SETTLED]
    by = await query_tool(deps, **call, measures=measures[:2], dimensions=["country"])
    assert max(fact.until for fact in by.facts if fact.until) == settled
    assert any("have the later days too: orders" in note for note in by.notes)
    newest = {**call, "since": str(settled + timedelta(days=1)), "measures": measures[1:2]}
    with pytest.raises(ToolError, match=f"The last day to ask for is {settled}"):
        await query_tool(deps, **newest)
    come = [[where("delivered_day", "at_least", "2026-11-20")]]
    arrived = await query_tool(deps, dataset="orders", measures=measures[1:2], filters=come)
    assert {fact.until for fact in arrived.facts} == {date(2026, 11, 24)}


async def test_time_to_delivery_tells_how_many_of_the_selected_orders_have_not_arrived() -> None:
    call = {"dataset": "orders", "measures": ["mean_delivery_days"], "since": "2026-01-01"}
    deps = tool_deps(workspace_data(sample()))
    country = [where("country", "is", "FR")]
    result = await query_tool(deps, **call, filters=[country])
    sql = f"""SELECT count(DISTINCT "order") FROM orders WHERE delivered IS NULL AND country = 'FR'
        AND "at"::DATE BETWEEN DATE '2026-01-01' AND DATE '{find_settled_day()}' AND amount >= 0"""
    (many,) = sample().engine.con.execute(sql).fetchone()
    told = [fact.number for fact in result.facts if fact.parts.measure == "undelivered-orders"]
    assert told == ([] if many < 5 else [pytest.approx(many, rel=0.02)])
    come = await query_tool(deps, **call, filters=[country, [where("delivered_day", "is", "any")]])
    assert not any(fact.parts.measure == "undelivered-orders" for fact in come.facts)


async def test_a_few_days_of_a_week_are_not_compared_with_last_year() -> None:
    call = {"dataset": "orders", "measures": ["revenue"], "dimensions": ["week"]}
    days = {"since": "2026-11-01", "until": "2026-11-24", "order": "natural"}
    compared = {"comparison": "same_period_last_year"}
    result = await query_tool(tool_deps(workspace_data(sample())), **call, **days, **compared)
    lengths = [
        (fact.until - fact.since).days + 1
        for fact in result.facts
        if fact.label == "change" and fact.since and fact.until
    ]
    assert lengths == [24, 7, 7, 7]
    parts = [
        fact for fact in result.facts if fact.since in (date(2026, 11, 23), date(2025, 11, 24))
    ]
    assert [fact.compared_with for fact in parts] == [None]
    assert "2 to 25 Nov 2025" in result.read_as


async def test_late_orders_are_of_the_days_on_which_they_were_placed_or_came() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "measures": ["late_orders", "due_orders"]}
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    placed = await query_tool(deps, **call, **days)
    assert placed.exhibits[0].scope[-1] == ("days", "orders placed: October 2026")
    assert any("delivered_day" in note for note in placed.notes)
    span = [
        [where("delivered_day", "at_least", days["since"])],
        [where("delivered_day", "at_most", days["until"])],
    ]
    came = await query_tool(deps, **call, filters=span)
    said = " ".join(came.notes)
    assert "of the orders delivered" in said
    assert "orders placed" not in said
    arrived = {"filters": [[where("delivered_day", "is", "any")]], **days}
    both = await query_tool(deps, **call, **arrived)
    assert "of the orders delivered" not in " ".join(both.notes)
    assert any("orders were placed" in note for note in both.notes)
    assert both.exhibits[0].scope[-1] == placed.exhibits[0].scope[-1]
    time = {"dataset": "orders", "measures": ["mean_delivery_days"]}
    span[1] = [where("delivered_day", "at_most", "2026-11-24")]
    latest = await query_tool(deps, **time, filters=span)
    assert not any("not arrived" in note for note in latest.notes)
    assert "delivered " in latest.read_as
    sql = """SELECT count(DISTINCT "order") FROM orders WHERE delivered::DATE
        BETWEEN DATE '2026-10-01' AND DATE '2026-10-31' AND promised IS NOT NULL"""
    (many,) = sample().engine.con.execute(sql).fetchone()
    assert figure_of(came, "due-orders") == pytest.approx(many, rel=0.02)
    assert figure_of(came, "due-orders") != figure_of(placed, "due-orders")


async def test_figures_are_told_of_those_who_agreed() -> None:
    deps = tool_deps(workspace_data(sample()))
    call = {"dataset": "orders", "measures": ["customers"]}
    agreed = await query_tool(deps, **call, filters=[[where("ads_consent", "is", "yes")]])
    sql = """SELECT count(DISTINCT customer) FROM orders WHERE amount >= 0 AND customer IN (
        SELECT customer FROM consents WHERE ads_user_data AND ads_personalization
         AND NOT coalesce(opted_out, false))"""
    (many,) = sample().engine.con.execute(sql).fetchone()
    assert figure_of(agreed, "customers") == many
    by = await query_tool(deps, **call, dimensions=["ads_consent"])
    assert sorted(one.number for one in by.facts)[1] == max(many, _count_all() - many)
    without = tool_deps(workspace_data(small(orders=[{"order": "a", "customer": "c"}])))
    with pytest.raises(ToolError, match="No file of consents was imported"):
        await query_tool(without, **call, dimensions=["ads_consent"])


def _count_all() -> int:
    sql = "SELECT count(DISTINCT customer) FROM orders WHERE amount >= 0"
    return int(sample().engine.con.execute(sql).fetchone()[0])


def figure_of(result: Any, measure: str) -> Any:
    return next(float(one.number) for one in result.facts if one.parts.measure == measure)


# Names.


async def test_dimension_that_a_filter_restricts_to_one_value_does_not_repeat_the_total(
    mixed: Warehouse,
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue"],
        dimensions=["product"],
        filters=[[where("product", "is", "Vase")]],
    )
    assert [fact.about for fact in result.facts] == ["Vase"]


async def test_rows_are_named_by_their_own_value_and_the_filter(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue"],
        dimensions=["device"],
        filters=[[where("country", "is", "FR")]],
    )
    assert {fact.about for fact in result.facts} == {
        "France",
        "mobile · France",
        "desktop · France",
    }
    assert "France" in result.read_as


# Errors are sentences to act on.


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            {"filters": [[where("country", "is", "Narnia")]]},
            "There is no country called Narnia in orders. There are: FR, BE.",
        ),
        ({"filters": [[where("device", "is", "mobil")]]}, "Near it: mobile"),
        ({"filters": [[where("segment", "is", "Gold")]]}, "does not say the segment"),
        ({"dimensions": ["keyword"]}, "can't be grouped by keyword"),
        ({"measures": ["visits"]}, "orders have no measure visits"),
        ({"measures": ["cancelled_orders", "orders"]}, "cancelled_orders in a call of its own"),
        ({"measures": ["revenue_share"]}, "needs a dimension or a filter"),
        ({"since": "2026-13-01"}, "since must be a day"),
        ({"since": "2026-11-20", "until": "2026-11-01"}, "ends before it begins"),
        ({"since": "2030-01-01"}, "are known from"),
        ({"filters": [[where("order_value", "at_least", "much")]]}, "is not a number"),
        ({"filters": [[where("device", "at_least", "3")]]}, "takes the operators"),
        ({"filters": [[where("order_value", "between", "3")]]}, "needs 2 values"),
        ({"comparison": "dates"}, "needs its first and last day"),
        ({"dimensions": ["with_product"]}, "would count a line once for each other product"),
        ({"order": "growth", "dimensions": ["product"]}, "growth needs a comparison"),
        ({"filters": [[where("level", "is", "Gold")]]}, "No file of a loyalty programme"),
        ({"having": [{"measure": "orders", "operator": "at_least", "value": "3"}]}, "ask for it"),
        ({"dataset": "visits", "measures": ["visits"]}, "There are no visits yet"),
    ],
)
async def test_call_that_cannot_be_carried_out_says_why(
    mixed: Warehouse, call: dict[str, Any], words: str
) -> None:
    whole = {"dataset": "orders", "measures": ["revenue"], **call}
    with pytest.raises(ToolError) as caught:
        await query_tool(tool_deps(workspace_data(mixed)), **whole)
    assert words in str(caught.value)


async def test_country_is_known_by_its_name_in_both_languages(mixed: Warehouse) -> None:
    deps, values = tool_deps(workspace_data(mixed)), set()
    for name in ("BE", "Belgium", "Belgique", "belgique"):
        result = await query_tool(
            deps, dataset="orders", measures=["revenue"], filters=[[where("country", "is", name)]]
        )
        values.add(result.facts[0].value)
    assert len(values) == 1


# Bounds.


@contextmanager
def recorded_statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    told: list[str] = []
    run = warehouse_query.run_query

    def record(engine: Any, expression: Any) -> Any:
        told.append(warehouse_query.render_sql(expression))
        return run(engine, expression)

    monkeypatch.setattr(warehouse_query, "run_query", record)
    yield told


async def test_nothing_but_select_runs(mixed: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _list_tables(mixed)
    with recorded_statements(monkeypatch) as told:
        deps = tool_deps(workspace_data(mixed))
        for measures in (["revenue", "repeat_rate"], ["median_days_between_orders"]):
            await query_tool(
                deps,
                dataset="orders",
                measures=measures,
                dimensions=["device"],
                filters=[[where("product", "contains", "va")]],
                comparison="previous_period",
                since="2026-10-01",
            )
        await describe_data.run(describe_data.Params(), deps)
    assert len(told) > 8
    assert all(sql.lstrip().upper().startswith(("SELECT", "WITH")) for sql in told)
    assert _list_tables(mixed) == before


def _list_tables(warehouse: Warehouse) -> list[Any]:
    con = warehouse.engine.con
    found: list[Any] = con.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables() ORDER BY 1"
    ).fetchall()
    return found


async def test_joined_columns_are_looked_for_together(
    mixed: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = DATASETS["orders"]
    with recorded_statements(monkeypatch) as told:
        known_values.find_filled_columns(mixed, orders)
        together = len(told)
        for dimension in orders.dimensions.values():
            known_values.is_told(mixed, orders, dimension.needs)
    assert len(told) == together <= 6


async def test_value_with_sql_in_it_is_only_a_value(mixed: Warehouse) -> None:
    with pytest.raises(ToolError, match="There is no device called"):
        await query_tool(
            tool_deps(workspace_data(mixed)),
            dataset="orders",
            measures=["revenue"],
            filters=[[where("device", "is", "x' OR 'a'='a")]],
        )


async def test_query_that_takes_too_long_is_stopped() -> None:
    data = workspace_data(mixed_shop(orders=20))

    def forever(warehouse: Warehouse) -> object:
        con = warehouse.engine.con
        return con.execute(
            "SELECT count(*) FROM range(100000000000) a, range(100000000000) b"
        ).fetchone()

    began = time.monotonic()
    with pytest.raises(CannotDo):
        await data.run_limited(forever, 0.3)
    assert time.monotonic() - began < 60  # the bound of the wait, not a measurement
    assert await data.run_limited(lambda warehouse: warehouse.today, 60) == TODAY


async def test_wait_for_the_engine_does_not_count_as_time_of_the_query() -> None:
    data = workspace_data(mixed_shop(orders=20))
    waiting, free = threading.Event(), threading.Event()

    def hold(_warehouse: Warehouse) -> bool:
        waiting.set()
        return free.wait(60)

    holder = asyncio.ensure_future(data.run_limited(hold, 60))
    assert await asyncio.to_thread(waiting.wait, 60)
    limit = 0.5
    second = asyncio.ensure_future(data.run_limited(lambda one: one.today, limit))
    await asyncio.wait({second}, timeout=3 * limit)
    assert not second.done()  # it waits, and was not refused
    free.set()
    assert await second == TODAY
    assert await holder


async def test_look_up_that_never_gets_the_engine_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.data.service.MAX_ENGINE_WAIT", 0.3)
    data = workspace_data(mixed_shop(orders=20))
    waiting, free = threading.Event(), threading.Event()

    def hold(_warehouse: Warehouse) -> bool:
        waiting.set()
        return free.wait(60)

    holder = asyncio.ensure_future(data.run_limited(hold, 60))
    assert await asyncio.to_thread(waiting.wait, 60)
    with pytest.raises(CannotDo) as busy:
        await data.run_limited(lambda one: one.today, 60)
    assert busy.value.words == TABLES_ARE_BUSY
    free.set()
    assert await holder


async def test_calls_at_once_wait_for_each_other(mixed: Warehouse) -> None:
    deps = tool_deps(workspace_data(mixed))
    calls = [
        query_tool(deps, dataset="orders", measures=["revenue"], dimensions=[name])
        for name in ("device", "country", "source", "month")
    ]
    results = await asyncio.gather(*calls)
    assert len({result.facts[0].value for result in results}) == 1


# describe_data.


async def test_description_that_was_stopped_says_to_ask_again_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has no days or groups to ask fewer of."""
    shop = replace(sample(), released={})
    deps, described = tool_deps(workspace_data(shop)), list[str]()
    describe_one = describe._describe_dataset

    def stop(warehouse: Warehouse, dataset: MetricDataset, columns: Any) -> list[str]:
        described.append(dataset.name)
        if len(described) == 2:
            raise CannotDo(QUERY_TOOK_TOO_LONG)
        return [*describe_one(warehouse, dataset, columns)]

    monkeypatch.setattr(describe, "_describe_dataset", stop)
    with pytest.raises(ToolError) as stopped:
        await describe_data.run(describe_data.Params(), deps)
    assert str(stopped.value) == describe_data.TOO_LONG.to("en")
    assert (await describe_data.run(describe_data.Params(), deps)).notes
    assert described.count("orders") == 1


async def test_description_of_the_data_is_short_and_names_what_is_there() -> None:
    result = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(sample())))
    text = "\n".join(result.notes)
    assert len(text) / CHARACTERS_PER_TOKEN <= MAX_DESCRIPTION_TOKENS
    for words in ("2025-05-25 to 2026-11-24", "EUR", "mobile", "FR", "no status", "orders:"):
        assert words in text, words
    assert "cancelled_orders" in text


@pytest.mark.parametrize(
    ("language", "heading", "said"),
    [
        ("en", "Discount", {"With a discount", "Without a discount"}),
        ("fr", "Remise", {"Avec remise", "Sans remise"}),
    ],
)
async def test_discounts_stand_beside_categories_in_one_table(
    mixed: Warehouse, language: Any, heading: str, said: set[str]
) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed), language=language),
        dataset="orders",
        measures=["return_rate"],
        dimensions=["category", "discounted"],
    )
    table = result.exhibits[0].table
    assert table is not None
    assert table.columns[1] == heading
    assert {row[1] for row in table.rows[:-1]} == said


async def test_description_names_what_an_ad_may_be_left_out_by() -> None:
    result = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(sample())))
    (line,) = (one for note in result.notes for one in note.split("\n") if "retailer" in one)
    assert {"Marque", "Recherche web", "résultats"} <= {*re.split("[,:;] ", line)}


async def test_description_names_the_values_of_fixed_fields(mixed: Warehouse) -> None:
    found = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(mixed)))
    text = "\n".join(found.notes)
    for words in ("customer_type (new", "discounted (yes, no)"):
        assert words in text
    assert "reduced_price" in text.partition("Not in the data: no ")[2].partition("\n")[0]


async def test_description_lists_no_values_of_an_id_column(mixed: Warehouse) -> None:
    described = "\n".join(
        (await describe_data.run(describe_data.Params(), tool_deps(workspace_data(mixed)))).notes
    )
    assert "first_order_month" in described
    keys = mixed.engine.con.execute("SELECT DISTINCT customer FROM orders").fetchall()
    assert keys
    assert not [key for (key,) in keys if key and key in described]


async def test_description_names_what_no_look_up_reaches() -> None:
    result = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(sample())))
    text = "\n".join(result.notes)
    assert "In the data, but not to group, filter or sum by: shipped." in text
    assert "whoever opted out has not agreed" in text
    assert "the file alone tells who" in text
    assert "colour: " in text
    assert "step (the furthest: view, cart, checkout, purchase)" in text
    assert "payment_method: carte, portefeuille, trois fois" in text


def test_measures_stand_dataset_by_dataset_as_the_tool_tells_the_model() -> None:
    """The model reads of which dataset a measure is from its place in the list."""
    listed = list(get_args(MeasureName))
    known = [(name, one) for name, dataset in DATASETS.items() for one in dataset.measures]
    assert set(listed) == {one for _, one in known}
    datasets = [next(name for name, one in known if one == measure) for measure in listed]
    assert [name for name, _ in groupby(datasets)] == list(DATASETS)
    firsts = {name: listed[datasets.index(name)] for name in DATASETS}
    described = str(query_metrics.Params.model_fields["measures"].description)
    for name, first in [*firsts.items()][1:]:
        assert f"from {first} on" in described, name


async def test_description_says_what_is_missing(mixed: Warehouse) -> None:
    result = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(mixed)))
    text = "\n".join(result.notes)
    assert "visits: none imported. Visits are told by the sessions of traffic" in text
    assert "EUR (not GBP)" in text
    assert "customer_type (new" in text
    (missing,) = [note for note in result.notes if "Not in the data" in note]
    assert "customer_points" in missing
    members = [{"customer": "c1", "points": 40.0}]
    shop = mixed_shop(customers=members)
    notes = (await describe_data.run(describe_data.Params(), tool_deps(workspace_data(shop)))).notes
    assert not [one for one in notes if "Not in the data" in one and "customer_points" in one]
    assert [one for one in notes if "customer_points (" in one]
    late = replace(mixed, today=date(2027, 3, 1))
    result = await describe_data.run(describe_data.Params(), tool_deps(workspace_data(late)))
    assert "97 days old" in "\n".join(result.notes)


# calculate.


def figure(name: str, value: str, unit: str | None = "EUR") -> Fact:
    return Fact(
        id=f"metric.{name}.x",
        label=name,
        value=Decimal(value),
        unit=unit,
        source=Source("orders.csv"),
        as_of=TODAY,
    )


async def calculated(
    operation: str, *facts: Fact, warehouse: Warehouse, percent: float = 0, words: str = ""
) -> Fact:
    book = FactBook()
    names = [book.add(fact) for fact in facts]
    params = calculate.Params.model_validate(
        {"operation": operation, "figures": names, "percent": percent}
    )
    deps = tool_deps(workspace_data(warehouse), book=book)
    brief = deps.request.brief.model_copy(update={"words": words})
    request = deps.request.model_copy(update={"brief": brief})
    result = await calculate.run(params, replace(deps, request=request))
    return result.facts[0]


async def test_what_a_figure_is_of_has_its_name_in_the_language(mixed: Warehouse) -> None:
    book = FactBook()
    labels = SEGMENT_LABELS["loyal"], SEGMENT_LABELS["champions"]
    names = [
        book.add(figure(one.text, "40", "customers").model_copy(update={"about": one.text}))
        for one in labels
    ]
    params = calculate.Params(operation="sum", figures=names, percent=0)
    deps = tool_deps(workspace_data(mixed), book=book, language="fr")
    (fact,) = (await calculate.run(params, deps)).facts
    assert all(f"({one.to('fr')})" in fact.about for one in labels)


async def test_shares_of_exclusive_groups_in_one_whole_are_added(mixed: Warehouse) -> None:
    def share(id: str, value: str) -> Fact:
        return figure("x", value, "%").model_copy(update={"id": id})

    champions = share("segments.champions.revenue-share", "34.7")
    loyal = share("segments.loyal.revenue-share", "7.2")
    assert (await calculated("sum", champions, loyal, warehouse=mixed)).value == Decimal("41.9")
    for other in ("segments.loyal--fr.revenue-share", "segments.loyal.share-of-customers"):
        with pytest.raises(ToolError, match="no sum"):
            await calculated("sum", champions, share(other, "7.2"), warehouse=mixed)


async def subtracted(first: Fact, second: Fact, *, warehouse: Warehouse) -> str:
    """A sentence with the two figures and their difference."""
    book = FactBook([first, second])
    params = calculate.Params(operation="difference", figures=["f1", "f2"], percent=0)
    result = await calculate.run(params, tool_deps(workspace_data(warehouse), book=book))
    book.add(result.facts[0])
    return book.fill("{f1}, {f2}, {f3}", "en").text


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("9.123", "5.751", "9.12%, 5.75%, 3.37\u00a0points"),
        ("17.364", "7.142", "17.4%, 7.1%, 10.3\u00a0points"),
        ("36.42", "30.11", "36.4%, 30.1%, 6.3\u00a0points"),
        ("39.26", "58.41", "39%, 58%, −19\u00a0points"),
    ],
)
async def test_a_difference_of_shares_is_that_of_the_shares_as_they_are_read(
    mixed: Warehouse, first: str, second: str, said: str
) -> None:
    facts = [
        figure(name, f"{Decimal(exact):.2f}", "%").model_copy(update={"exact": Decimal(exact)})
        for name, exact in (("a", first), ("b", second))
    ]
    assert await subtracted(facts[0], facts[1], warehouse=mixed) == said


@pytest.mark.parametrize(
    ("counts", "is_chance"),
    [
        ((24, 131, 23, 83), True),
        ((240, 1310, 230, 830), False),
        ((24, 131, 24, 131), False),  # nothing differs
    ],
)
async def test_shares_of_counts_say_where_their_difference_may_be_chance(
    mixed: Warehouse, counts: tuple[int, ...], is_chance: bool
) -> None:
    facts = [
        figure(f"{label}-{when}", str(count), "visits").model_copy(update={"label": label})
        for (when, label), count in zip(
            product(("now", "before"), ("paid", "carts")), counts, strict=True
        )
    ]
    book = FactBook(facts)
    deps = tool_deps(workspace_data(mixed), book=book)

    async def call(operation: str, *names: str) -> ToolResult:
        given = {"operation": operation, "figures": [*names], "percent": 0}
        result = await calculate.run(calculate.Params.model_validate(given), deps)
        book.add(result.facts[0])
        return result

    first, second = await call("share", "f1", "f2"), await call("share", "f3", "f4")
    assert not first.notes
    assert bool(second.notes) is is_chance
    assert bool((await call("difference", "f5", "f6")).notes) is is_chance
    compared = [
        one.model_copy(update={"compared_with": other.id})
        for one, other in zip(facts[:2], facts[2:], strict=True)
    ]
    book = FactBook([*compared, *facts[2:]])
    deps = tool_deps(workspace_data(mixed), book=book)
    alone = await call("share", "f1", "f2")
    assert bool(alone.notes) is is_chance
    assert alone.facts[0].of == counts[1]


async def test_shares_of_amounts_and_of_other_measures_are_not_held_to_chance(
    mixed: Warehouse,
) -> None:
    money = await calculated("share", figure("a", "24"), figure("b", "131"), warehouse=mixed)
    larger = [figure(name, n, "visits") for name, n in (("a", "131"), ("b", "24"))]
    assert money.of is None
    assert (await calculated("share", *larger, warehouse=mixed)).of is None


@pytest.mark.parametrize(
    ("percent", "words", "expected"),
    [
        (10, "what if +10%?", "7673.6"),
        (-7.5, "et avec 7,5 % de moins ?", "6452.8"),
        (20, "and with twenty percent more?", "8371.2"),
    ],
)
async def test_a_percentage_that_the_request_names_is_added(
    mixed: Warehouse, percent: float, words: str, expected: str
) -> None:
    fact = await calculated(
        "plus_percent", figure("a", "6976"), warehouse=mixed, percent=percent, words=words
    )
    assert (fact.number, fact.unit) == (Decimal(expected), "EUR")
    assert f"{abs(percent):g}%" in fact.about


async def test_a_percentage_that_nobody_named_is_refused(mixed: Warehouse) -> None:
    with pytest.raises(ToolError, match="the request names: 10"):
        await calculated(
            "plus_percent", figure("a", "6976"), warehouse=mixed, percent=15, words="10% more?"
        )


@pytest.mark.parametrize(
    ("operation", "values", "expected", "unit"),
    [
        ("difference", ("300", "120"), "180", "EUR"),
        ("sum", ("300", "120", "5"), "425", "EUR"),
        ("share", ("30", "120"), "25.00", "%"),
        ("percent_change", ("150", "120"), "25.0", "%"),
        ("ratio", ("300", "120"), "2.50", None),
    ],
)
async def test_calculation(
    mixed: Warehouse, operation: str, values: tuple[str, ...], expected: str, unit: str | None
) -> None:
    facts = [figure(f"a{n}", value) for n, value in enumerate(values)]
    fact = await calculated(operation, *facts, warehouse=mixed)
    assert (fact.value, fact.unit) == (Decimal(expected), unit)
    assert fact.query
    assert all(one.id in fact.query for one in facts)


async def test_calculations_with_long_names_are_told_apart(mixed: Warehouse) -> None:
    whole, *shares = [figure(f"{'a' * 110}-{name}", "100") for name in ("whole", "north", "south")]
    ids = [(await calculated("ratio", whole, one, warehouse=mixed)).id for one in shares]
    assert len({*ids}) == 2


async def test_figures_stay_exact_until_they_are_shown(mixed: Warehouse) -> None:
    grown = await calculated(
        "percent_change", figure("a", "125.474"), figure("b", "100"), warehouse=mixed
    )
    assert grown.shown("en") == "+25%"  # 25.474, and not 25.5 rounded again
    share = await calculated("share", figure("a", "45495"), figure("b", "100000"), warehouse=mixed)
    assert share.shown("en") == "45%"
    now = figure("a", "1049").model_copy(update={"exact": Decimal("1049.4")})
    before = figure("b", "1001").model_copy(update={"exact": Decimal("1000.5")})
    change = await calculated("percent_change", now, before, warehouse=mixed)
    assert change.shown("en") == "+4.9%"  # of the rounded amounts it would be 4.8


async def test_change_of_a_query_is_computed_from_exact_values(mixed: Warehouse) -> None:
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue", "average_order"],
        since="2026-09-01",
        until="2026-10-31",
        comparison="previous_period",
    )
    facts = {fact.id: fact for fact in result.facts}
    changes = [fact for fact in result.facts if fact.id.endswith("-change")]
    assert len(changes) == 2
    for change in changes:
        now = facts[change.id.removesuffix("-change")]
        before = facts[str(now.compared_with)]
        assert now.exact is not None
        assert change.number == 100 * (now.number - before.number) / before.number


async def test_amount_per_count_keeps_the_currency(mixed: Warehouse) -> None:
    fact = await calculated(
        "ratio", figure("a", "300"), figure("b", "12", "orders"), warehouse=mixed
    )
    assert (fact.value, fact.unit) == (Decimal("25.00"), "EUR")


@pytest.mark.parametrize("operation", ["sum", "difference", "percent_change", "share", "ratio"])
async def test_result_of_figures_of_different_days_names_the_days_of_each(
    mixed: Warehouse, operation: str
) -> None:
    month, rest = (
        figure(name, value).model_copy(update={"since": since, "until": date(2026, 11, 27)})
        for name, value, since in (
            ("a", "444", date(2026, 11, 1)),
            ("b", "316", date(2026, 11, 9)),
        )
    )
    fact = await calculated(operation, month, rest, warehouse=mixed)
    assert (fact.since, fact.until) == (None, None)
    sentence = ClaimSentence("headline", "It cost more.", (fact.id,))
    evidence, request = Evidence(facts=(fact,)), tool_deps(workspace_data(mixed)).request
    judged = build_claim_prompt([sentence], evidence, request)
    for days in ("1 to 27 Nov", "9 to 27 Nov"):
        assert days in fact.about
        assert days in judged
    same = await calculated(
        operation,
        month,
        figure("c", "9").model_copy(update={"since": month.since, "until": month.until}),
        warehouse=mixed,
    )
    assert (same.since, same.until) == (month.since, month.until)
    assert "Nov" not in same.about
    later = figure("d", "5").model_copy(update={"since": date(2026, 11, 20), "until": month.until})
    if fact.unit == "EUR":
        again = await calculated(operation, fact, later, warehouse=mixed)
        assert all(day in again.about for day in ("1 to 27 Nov", "9 to 27 Nov", "20 to 27 Nov"))


@pytest.mark.parametrize(
    ("operation", "facts", "words"),
    [
        ("sum", (figure("a", "3"), figure("b", "3", "orders")), "units differ"),
        ("share", (figure("a", "3", "%"), figure("b", "3", "%")), "no share"),
        ("ratio", (figure("a", "3"), figure("b", "0")), "is 0"),
        ("ratio", (figure("a", "3", "%"), figure("b", "3")), "no part of a ratio"),
        ("difference", (figure("a", "3"), figure("a", "3")), "named twice"),
        (
            "difference",
            (figure("a", "90", "customers"), figure("b", "87", "customers")),
            "few people",
        ),
    ],
)
async def test_calculation_that_makes_no_sense_is_refused(
    mixed: Warehouse, operation: str, facts: tuple[Fact, ...], words: str
) -> None:
    with pytest.raises(ToolError) as caught:
        await calculated(operation, *facts, warehouse=mixed)
    assert words in str(caught.value)


async def test_difference_that_tells_what_a_few_people_did_is_refused() -> None:
    from tests.security.planted_shop import planted_shop

    warehouse, book = planted_shop(4, 3).shelf, FactBook()
    deps = tool_deps(workspace_data(warehouse), book=book)  # no log: nothing is held before
    calls: list[list[Any]] = [[], [[where("region", "is_not", "Brest")]]]
    for filters in (calls[0], calls[1], [[where("region", "is_not", "Nantes")]]):
        result = await query_tool(deps, dataset="orders", measures=["revenue"], filters=filters)
        book.add(result.facts[0])
    params = calculate.Params(operation="difference", figures=["f1", "f2"], percent=0)
    with pytest.raises(ToolError, match="few people"):
        await calculate.run(params, deps)
    allowed = calculate.Params(operation="difference", figures=["f1", "f3"], percent=0)
    assert Decimal((await calculate.run(allowed, deps)).facts[0].value) > 0


async def test_result_can_be_stored_as_json(mixed: Warehouse) -> None:
    """The loop stores results, to play them again after a crash."""
    result = await query_tool(
        tool_deps(workspace_data(mixed)),
        dataset="orders",
        measures=["revenue"],
        dimensions=["month"],
    )
    again = type(result).model_validate_json(result.model_dump_json())
    assert again == result


async def test_campaign_is_filtered_by_its_name() -> None:
    deps = tool_deps(workspace_data(sample()))
    everything = await query_tool(
        deps, dataset="campaigns", measures=["delivered"], dimensions=["campaign"]
    )
    name = next(fact.about for fact in everything.facts if fact.about not in ("", "e-mail, SMS"))
    filters = [[where("campaign", "is", name)]]
    one = await query_tool(deps, dataset="campaigns", measures=["delivered"], filters=filters)
    assert one.facts[0].value == next(f.value for f in everything.facts if f.about == name)
    wrong = [[where("campaign", "is", "no such campaign")]]
    with pytest.raises(ToolError, match=r"There are: .*Cuisine"):
        await query_tool(deps, dataset="campaigns", measures=["delivered"], filters=wrong)
