"""French régions and départements in questions, filters and audiences."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from bot.core.audience_rule import AudienceRule, OrderCondition
from bot.core.audience_words import describe_conditions
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import count_audience
from bot.data.metrics.filters import filter_rows
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.french_regions import DEPARTMENTS, REGIONS, find_department, find_region
from bot.i18n.messages import LANGUAGES
from tests.support.metric_queries import condition, query_tool, tool_deps, where, workspace_data
from tests.support.sample_tables import TODAY
from tests.support.small_tables import small

DAY = TODAY - timedelta(days=3)
PEOPLE = 30  # of each place, above all floors
PLACES = (
    *(("FR", one) for one in ("75", "Yvelines", "33", "gironde (33)", "2A", "bretagne")),
    *(("BE", None), ("US", "75"), ("RE", None), ("FR", None)),
)


@pytest.fixture(scope="module")
def shop() -> Warehouse:
    rows = [
        {
            "order": f"{country}-{region}-{n}",
            "customer": f"{country}-{region}-{n}",
            "at": datetime.combine(DAY, time(12)),
            "amount": Decimal(10),
            "quantity": 1,
            "country": country,
            "region": region,
        }
        for country, region in PLACES
        for n in range(PEOPLE)
    ]
    return small(orders=rows)


async def group(shop: Warehouse, dimension: str, language: str = "fr") -> dict[str, str]:
    deps = tool_deps(workspace_data(shop), language="en" if language == "en" else "fr")
    call = {"dataset": "orders", "measures": ["orders"], "dimensions": [dimension]}
    found = await query_tool(deps, **call, since=str(DAY), until=str(DAY))
    assert found.exhibits[0].table
    return {row[0]: row[1] for row in found.exhibits[0].table.rows[:-1]}


def test_each_department_is_in_one_region() -> None:
    listed = [code for region in REGIONS.values() for code in region.departments]
    assert sorted(listed) == sorted(DEPARTMENTS)
    assert (len(REGIONS), len(DEPARTMENTS)) == (18, 101)


@pytest.mark.parametrize(
    ("written", "region"),
    [("ile de france", "Île-de-France"), ("PACA", "Provence-Alpes-Côte d'Azur"), ("33", None)],
)
def test_region_is_found_by_its_names(written: str, region: str | None) -> None:
    assert find_region(written) == region


@pytest.mark.parametrize("written", ["07", "7", "Ardèche", "ardeche", "07 - Ardèche", "FR-07"])
def test_department_is_found_by_code_and_name(written: str) -> None:
    assert find_department(written) == "07"


async def test_orders_are_grouped_by_the_region_of_a_department(shop: Warehouse) -> None:
    assert await group(shop, "region") == {
        "Île-de-France": "60",
        "Nouvelle-Aquitaine": "60",
        "Bretagne": "30",
        "Corse": "30",
        "Belgique": "30",
        "La Réunion": "30",
        "75": "30",  # the file's own word in another country
        "non précisé": "30",
    }
    assert {"Brittany", "Corsica", "Belgium"} <= (await group(shop, "region", "en")).keys()


async def test_region_stands_with_a_country_and_without_one() -> None:
    """A file may leave the country of some rows empty."""
    rows = [
        {"order": f"{country}{n}", "customer": f"{country}{n}", "country": country, "region": "33"}
        for country in ("FR", None)
        for n in range(PEOPLE)
    ]
    at = datetime.combine(DAY, time(12))
    shop = small(orders=[{**row, "at": at, "amount": Decimal(10), "quantity": 1} for row in rows])
    assert await group(shop, "region") == {"Nouvelle-Aquitaine": "30", "33": "30"}


async def test_department_has_its_name_and_code(shop: Warehouse) -> None:
    found = await group(shop, "department")
    assert found["Gironde (33)"] == "60"
    assert found["Yvelines (78)"] == "30"
    assert found["États-Unis (hors France)"] == "30"  # which is no département


@pytest.mark.parametrize(
    ("field", "value", "orders"),
    [
        ("region", "Brittany", 30),
        ("region", "Ile de France", 60),
        ("region", "Gironde", 60),  # a département, which people call a region, too
        ("department", "paris", 30),
        ("region", "Belgique", 30),
    ],
)
async def test_question_is_filtered_by_a_place(
    shop: Warehouse, field: str, value: str, orders: int
) -> None:
    deps = tool_deps(workspace_data(shop))
    call = {"dataset": "orders", "measures": ["orders"], "since": str(DAY), "until": str(DAY)}
    found = await query_tool(deps, **call, filters=[[where(field, "is", value)]])
    assert found.facts[0].number == orders


@pytest.mark.parametrize(("place", "orders"), [("Nouvelle-Aquitaine", 60), ("75", 60)])
def test_analysis_and_audience_are_narrowed_by_a_region(
    shop: Warehouse, place: str, orders: int
) -> None:
    rows = filter_rows(shop, "orders", AnalysisFilter(region=place))
    assert fetch_rows(shop, rows.aggregate(n=rows.count())) == [{"n": orders}]
    assert count_audience(shop, AudienceRule(regions=(place,))).fits == orders


@pytest.mark.parametrize("language", LANGUAGES)
def test_condition_of_a_rule_names_the_department(language: str) -> None:
    orders = OrderCondition(filters=((condition("department", "is_not", "75"),),))
    said = describe_conditions(AudienceRule(orders=(orders,))).to(language)
    assert "Paris (75)" in said
