"""What holds of every tool: its schema, its description, whom it tells what, bounds, errors."""

import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from bot.agent.llm.turn import ToolUse
from bot.agent.tool import (
    MAX_FACTS,
    FoundThings,
    Tool,
    ToolDeps,
    ToolError,
    ToolParams,
    ToolResult,
    ToolRunner,
    load_tools,
    render_result,
)
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook
from bot.core.facts import ONE_CUSTOMER_MEASURES, Fact, Source, is_money
from bot.core.parts import Table
from bot.data.floors import PEOPLE_FLOOR
from bot.data.service import WorkspaceData
from bot.i18n.messages import load_translations
from bot.privacy import Pseudonymizer
from tests.security.planted_shop import PLANTED, PlantedShop, planted_shop
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import (
    data_of,
    default_params,
    full_params,
    read_example,
    text_of,
    tool_deps,
)
from tests.support.tool_schemas import (
    MAX_TOOLS,
    check_tool_set,
    count_optional,
    count_unions,
    is_recursive,
    iter_schemas,
    tool_schema,
)

pytestmark = pytest.mark.timeout(120)
MAX_TEXT = 8_000  # characters of one result: its facts, exhibits and notes
TOOLS = load_tools()
EVERY = pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
MATERIAL = "Anna: The linen shirt is sold out.\nBen: Until when?"
# A call of each tool that has an answer on the sample shop; a tool without one is called by the
# example in its description.
CALLS: dict[str, dict[str, Any]] = {
    "calculate": {"operation": "sum", "figures": ["f1", "f2"], "percent": 0},
    "describe_data": {},
    "query_metrics": {"dataset": "orders", "measures": ["revenue", "customers"]},
    "ask_person": {"question": "Which shirt?", "options": ["Alba", "Marceau"]},
    "audience": {"segments": ["lapsed"], "bought_categories": ["Mailles"]},
    "bought_next": {"relation": "next", "product": "lin-solene"},
    "cannot": {
        "reason": "no_such_data",
        "what": "what competitors sell",
        "missing": "none",
        "instead": "none",
    },
    "deliveries": {},
    "experiments": {},
    "feedback_themes": {},
    "find_products": {"sort": "best_sellers", "category": "Mailles", "most": 10},
    "forecast": {"days": 90},
    "funnel": {},
    "occasions": {"days_ahead": 400},
    "past_copy": {"words": "soldes d'hiver"},
    "plan_experiment": {"people_a_week": 0},
    "price_history": {"product": "lit-brume"},
    "product": {"product": "Robe Solène en lin"},
    "read_feedback": {"words": "retard", "most": 15},
    "read_thread": {"most": 10, "before": 0},
    "advertising": {},
    "repeat_purchases": {},
    "suggest_audiences": {"category": "Mailles"},
    "segments": {},
    "split_revenue": {"since": "2026-11-16", "until": "2026-11-22"},
    "trends": {},
}
NARROW: dict[str, list[dict[str, Any]]] = {  # more calls, which tell other figures
    "segments": [{"segment": "champions"}],
    "find_products": [
        {"in_stock": "no", "sort": "fit", "category": "none"},
        {"in_stock": "yes", "most": 15, "category": "none", "compare": "returns_and_ratings"},
    ],
    "feedback_themes": [{"theme": "delivery-late"}, {"theme": "sizing"}],
    "forecast": [{"since": "2026-12-01", "until": "2026-12-31"}],
    "experiments": [{"by": "device"}],
    "bought_next": [{"relation": "together", "product": "none"}],
    "trends": [{"category": "Vêtements en lin"}],
    "calculate": [{"operation": "share"}, {"operation": "ratio"}],
}
DAY_PARAMS = ("since", "until", "last_order_from", "last_order_until")
NAME_PARAMS = (
    *("product", "category", "brand", "country", "region", "device", "source", "channel"),
    *(
        "retailer",
        "placement",
        "without_campaign",
        "segment",
        "theme",
        "experiment",
        "name",
        "like_product",
        "like_category",
    ),
)
ANSWERING = pytest.mark.parametrize("name", [name for name, t in TOOLS.items() if not t.ends_loop])


def call_of(name: str) -> dict[str, Any]:
    if name in CALLS:
        return full_params(name, CALLS[name])
    return read_example(TOOLS[name])


def known_figures() -> FactBook:
    """Two figures that an earlier call found."""
    facts = [
        Fact(
            id=f"sellers.category-{name}.orders",
            label="orders",
            value=Decimal(n),
            unit="orders",
            source=Source("orders.csv"),
            as_of=TODAY,
        )
        for name, n in (("bain", 433), ("mailles", 657))
    ]
    return FactBook(facts)


def audiences() -> Iterator[tuple[str, ToolDeps]]:
    """Who asks, and where the answer is seen."""
    rights = ("ask", "see_people", "export")
    for place, private in (("private", True), ("a public channel", False)):
        for who, may in (("asker", rights), ("stranger", ())):
            deps = tool_deps(private=private, rights=may, material=MATERIAL, book=known_figures())
            yield f"{who} in {place}", deps


# The schema and the description.


@EVERY
def test_every_parameter_is_required_and_of_one_type(tool: Tool) -> None:
    schema = tool_schema(tool)
    assert count_optional(schema) == 0
    assert count_unions(schema) == 0
    assert schema["additionalProperties"] is False
    assert not is_recursive(schema)
    for one in iter_schemas(schema):
        assert "default" not in one
        assert not isinstance(one.get("additionalProperties"), dict), "no free keys"


@EVERY
def test_a_description_is_short_and_says_when_not_to_use_the_tool(tool: Tool) -> None:
    assert 60 <= len(tool.description) <= 900
    assert tool.name.isidentifier()


@pytest.mark.parametrize("name", [n for n, t in TOOLS.items() if "Example: {" in t.description])
def test_the_example_in_the_description_is_a_whole_call(name: str) -> None:
    tool = TOOLS[name]
    example = read_example(tool)
    assert set(example) == set(tool.params.model_fields)
    tool.params.model_validate(example)


@EVERY
def test_an_unknown_parameter_is_refused(tool: Tool) -> None:
    with pytest.raises(ValidationError):
        tool.params.model_validate({**default_params(tool), "sql": "SELECT 1"})


@EVERY
@pytest.mark.parametrize("value", ["none", "None ", "", 0, [], None])
def test_an_unknown_parameter_that_is_not_used_is_passed_over(tool: Tool, value: Any) -> None:
    call = default_params(tool)
    known = tool.params.model_validate({**call, "hemisphere": value})
    assert known == tool.params.model_validate(call)


def test_any_twelve_tools_stay_within_the_servers_limits() -> None:
    names = list(TOOLS)
    for start in range(len(names)):
        check_tool_set(list(islice([*names[start:], *names], MAX_TOOLS)))


class UnionForm(BaseModel):
    headline: str | None = None
    points: list[str] | None = None


def test_the_check_of_a_tool_set_counts_optional_and_union_parameters() -> None:
    schema = UnionForm.model_json_schema()
    assert (count_optional(schema), count_unions(schema)) == (2, 2)
    with pytest.raises(AssertionError):
        check_tool_set([*TOOLS][: MAX_TOOLS + 1])


def test_tools_that_end_the_loop_are_known() -> None:
    ending = {name for name, tool in TOOLS.items() if tool.ends_loop}
    assert ending == {"ask_person", "cannot", "top_customers"}


def test_loading_the_tools_loads_no_query_engine() -> None:
    """Importing ibis takes more than a second, which the acknowledgement of an event has not."""
    code = (
        "import sys; from bot.agent.tool import load_tools; load_tools();"
        " sys.exit(any(name in sys.modules for name in ('ibis', 'duckdb', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# Whom it tells what.


@EVERY
async def test_every_asker_gets_the_same_and_no_figure_of_one_customer(tool: Tool) -> None:
    texts = []
    for _, deps in audiences():
        result = await call_or_refusal(tool, call_of(tool.name), deps)
        if isinstance(result, ToolResult):
            of_one = [f.id for f in result.facts if f.parts.measure in ONE_CUSTOMER_MEASURES]
            assert not of_one
        texts.append(str(result))
    assert len(set(texts)) == 1


async def call_or_refusal(tool: Tool, call: dict[str, Any], deps: ToolDeps) -> ToolResult | str:
    try:
        return await tool.run(tool.params.model_validate(call), deps)
    except ToolError as refusal:
        return str(refusal)


@cache
def small_shop() -> PlantedShop:
    return planted_shop(7, 3)


@cache
def small_shop_data() -> WorkspaceData:
    return data_of(small_shop().shelf)


NARROWED = [
    (name, column)
    for name, tool in TOOLS.items()
    for column in PLANTED
    if column in tool.params.model_fields
]


@pytest.mark.parametrize(("name", "column"), NARROWED)
@pytest.mark.sample(4)
async def test_what_three_customers_spent_is_never_told(name: str, column: str) -> None:
    """The planted customers' orders have sums that nobody else has."""
    shop, deps = small_shop(), tool_deps(small_shop_data(), private=True)
    amounts = [float(row["amount"]) for row in shop.of(column, PLANTED[column])]
    secrets = (sum(amounts), sum(amounts) / len(amounts), *amounts)
    for value in (PLANTED[column], "none"):
        result = await call_or_refusal(TOOLS[name], {**call_of(name), column: value}, deps)
        for secret in secrets:
            assert not [one for one in list_numbers(result) if abs(one - secret) < 0.6], value
        assert not list_small_groups(result), value


def list_numbers(result: ToolResult | str) -> list[float]:
    if isinstance(result, str):
        return []
    charts = [exhibit.chart for exhibit in result.exhibits if exhibit.chart]
    drawn = [point.value for chart in charts for point in chart.points]
    return [*drawn, *(float(f.value) for f in result.facts if isinstance(f.value, Decimal))]


def list_small_groups(result: ToolResult | str) -> list[str]:
    """The figures that count fewer people than may be shown."""
    if isinstance(result, str):
        return []
    people = ("customers", "by-email", "by-sms", "by-ads", "fits", "size", "buyers")
    return [
        fact.id
        for fact in result.facts
        if fact.unit == "customers" or fact.parts.measure in people
        if isinstance(fact.value, Decimal) and 0 < fact.value < PEOPLE_FLOOR
    ]


# Bounds and errors.


@EVERY
@pytest.mark.sample(3)
async def test_every_label_of_a_result_has_its_french(tool: Tool) -> None:
    known = load_translations("fr")
    deps = tool_deps(rights=("ask",), material=MATERIAL, book=known_figures())
    calls = [
        call_of(tool.name),
        *({**call_of(tool.name), **one} for one in NARROW.get(tool.name, ())),
    ]
    for given in calls:
        result = await tool.run(tool.params.model_validate(given), deps)
        labels = {fact.label for fact in result.facts if "{" not in fact.label}
        assert sorted(label for label in labels if label not in known) == []


@EVERY
@pytest.mark.sample(3)
async def test_a_result_is_bounded_and_comes_in_the_same_order(tool: Tool) -> None:
    deps = tool_deps(material=MATERIAL, book=known_figures())
    first = await call_or_refusal(tool, call_of(tool.name), deps)
    assert first == await call_or_refusal(tool, call_of(tool.name), deps)
    assert isinstance(first, ToolResult), first
    assert len(first.facts) <= MAX_FACTS
    ids = [(fact.id, str(fact.value)) for fact in first.facts]
    assert len(ids) == len(set(ids))
    for language in ("en", "fr"):
        assert len(text_of(first, language)) <= MAX_TEXT


async def test_notes_have_days_as_people_read_them() -> None:
    async def run(params: BaseModel, deps: ToolDeps) -> ToolResult:
        return ToolResult(notes=("Known from 2025-05-29 to 2026-02-30, code x-2026-01-01.",))

    tool = Tool("tell", "Tell.", ToolParams, run)
    deps = tool_deps(language="fr")
    runner = ToolRunner([tool], deps, Pseudonymizer(), FoundThings(FactBook()))
    (reply,) = await runner.run([ToolUse(id="1", name="tell", arguments={})], 1)
    told = "Known from 29 mai 2025 to 2026-02-30, code x-2026-01-01."
    assert reply.text == f"Note: {told}"
    assert reply.notes == (told,)


def test_of_too_many_figures_those_that_a_table_prints_are_told() -> None:
    more: Any = {"label": "orders", "source": "orders.csv", "as_of": TODAY}
    facts = [
        Fact(id=f"metric.row-{n}.orders", value=Decimal(n), **more) for n in range(2 * MAX_FACTS)
    ]
    printed = facts[-1]
    table = Table(title="Orders", columns=("", "Orders"), rows=(("All", "1"),), facts=(printed.id,))
    shown = Exhibit(id="", shows="orders", table=table)
    found = FoundThings(FactBook())
    text = render_result(
        ToolResult(facts=tuple(facts), exhibits=(shown,)), found, Pseudonymizer(), "en"
    )
    assert found.book.find_name(printed.id) == "f1"
    assert f"{MAX_FACTS} more facts" in text


def test_a_figure_read_otherwise_is_not_of_the_call_that_it_stands_beside() -> None:
    more: Any = {"label": "revenue", "source": "orders.csv", "as_of": TODAY, "value": Decimal(1)}
    own, beside = (Fact(id=f"metric.{name}.revenue", **more) for name in ("all", "year-before"))
    table = Table(title="Revenue", columns=("", "Revenue"), rows=(("All", "1"),), facts=(own.id,))
    other = Exhibit(shows="", scope=(("days", "last year"),), facts=(beside.id,))
    exhibits, found = (Exhibit(shows="revenue", table=table), other), FoundThings(FactBook())
    result = ToolResult(facts=(own, beside), exhibits=exhibits, scope=(("days", "this week"),))
    render_result(result, found, Pseudonymizer(), "en")
    (named,) = (one for one in found.exhibits if one.id)
    assert named.facts == (own.id,)


@ANSWERING
async def test_a_figure_is_one_text_in_the_result_its_slot_and_its_table(name: str) -> None:
    tool = TOOLS[name]
    for given in (call_of(name), *({**call_of(name), **one} for one in NARROW.get(name, ()))):
        deps = tool_deps(material=MATERIAL, book=known_figures())
        result = await tool.run(tool.params.model_validate(given), deps)
        found = FoundThings(FactBook())
        lines = render_result(result, found, Pseudonymizer(), "en").splitlines()
        told = dict(line.split(": ", 1) for line in lines if re.match(r"f\d+: ", line))
        tables = [one.table for one in result.exhibits if one.table]
        for slot, fact in found.book.by_name.items():
            if not isinstance(fact.value, Decimal):
                continue
            text = found.book.fill(f"{{{slot}}}", "en").text
            assert told[slot].split(" · ")[0] == text, fact.id
            if is_money(fact):
                whole = found.book.spell(slot, "", "en", no_cents=True)
                assert whole == text.removesuffix(".00"), fact.id
                for table in tables:
                    cells = {cell.removesuffix(".00") for row in table.rows for cell in row}
                    assert fact.id not in table.facts or whole in cells, fact.id


@ANSWERING
@pytest.mark.sample(3)
async def test_two_calls_with_other_filters_give_figures_other_ids(name: str) -> None:
    """A task cites a figure by its id, so an id must not mean two things."""
    tool = TOOLS[name]
    known: dict[str, str] = {}
    for changes in ({}, {"country": "FR"}, {"until": "2026-09-30"}, {"since": "2026-06-01"}):
        if not set(changes) <= set(tool.params.model_fields):
            continue
        result = await call_or_refusal(tool, {**call_of(name), **changes}, tool_deps())
        for fact in result.facts if isinstance(result, ToolResult) else ():
            assert known.setdefault(fact.id, str(fact.value)) == str(fact.value), fact.id


@EVERY
async def test_a_day_that_is_none_is_refused_with_a_sentence(tool: Tool) -> None:
    for name in set(DAY_PARAMS) & set(tool.params.model_fields):
        call = {**call_of(tool.name), name: "last week"}
        refusal = await call_or_refusal(tool, call, tool_deps())
        assert isinstance(refusal, str), name
        assert "day" in refusal
        assert refusal.endswith(".")


@EVERY
async def test_an_end_before_the_start_is_refused(tool: Tool) -> None:
    if not {"since", "until"} <= set(tool.params.model_fields):
        return
    call = {**call_of(tool.name), "since": "2026-05-01", "until": "2026-04-01"}
    refusal = await call_or_refusal(tool, call, tool_deps())
    assert isinstance(refusal, str)
    assert refusal.endswith(".")


@EVERY
@pytest.mark.sample(3)
async def test_a_name_that_does_not_exist_is_refused_with_a_sentence(tool: Tool) -> None:
    for name in [n for n in NAME_PARAMS if n in tool.params.model_fields]:
        if tool.params.model_fields[name].annotation is not str:
            continue
        call = {**call_of(tool.name), name: "zzqqxx"}
        refusal = await call_or_refusal(tool, call, tool_deps())
        if isinstance(refusal, ToolResult):
            said = any("zzqqxx" in note.lower() for note in refusal.notes)
            assert said or not refusal.facts, f"{name} was passed over in silence"
        else:
            assert refusal.rstrip("”").endswith((".", "?")), refusal


@ANSWERING
async def test_a_shop_without_data_is_told_so(name: str) -> None:
    result = await call_or_refusal(TOOLS[name], call_of(name), tool_deps(data_of(small())))
    if isinstance(result, ToolResult):
        assert result.facts or result.notes
    else:
        assert result.endswith((".", "?"))


@ANSWERING
@pytest.mark.sample(3)
async def test_a_tool_changes_no_table(name: str) -> None:
    con = sample().engine.con
    listing = (
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE NOT temporary ORDER BY 1"
    )
    before = con.execute(listing).fetchall()
    await call_or_refusal(
        TOOLS[name], call_of(name), tool_deps(material=MATERIAL, book=known_figures())
    )
    assert con.execute(listing).fetchall() == before
    left = "SELECT count(*) FROM duckdb_tables() WHERE temporary"
    assert con.execute(left).fetchone() == (0,)
