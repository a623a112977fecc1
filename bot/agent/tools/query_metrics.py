"""Look up figures: measures of orders, visits, campaigns, feedback or traffic (daily sums, no
people), in total and by up to two dimensions, filtered, and compared with an earlier period.
Customers with a property are the measure `customers` with filters on the customer: "customers who
ordered but not since 1 June" has customer_not_ordered at_least 2026-06-01 and no period. "Linen in
at least two orders since January" has category, since, and selected_orders at_least 2. Revenue is
before returns where the note says so, net_revenue is after. reorder_rate_90_days is the share of
the period's first-time customers who ordered again within 90 days: by month it is the retention by
cohort. lifetime_value is what a customer has spent so far; by first_order_month it is by cohort.
Days are when orders were placed, also late ones; delivered_day is when they came.
Groups of few people are not shown."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, get_args

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import read_day, run_query
from bot.agent.tools._calendar import find_like_days, tell_occasions
from bot.agent.tools._path_breaks import Days, call_funnel, name_breaks_of
from bot.core.exhibits import Exhibit
from bot.core.facts import Fact
from bot.core.metric_query import (
    TIME_DIMENSIONS,
    AskedFieldName,
    BoundName,
    ComparisonName,
    DatasetName,
    DimensionName,
    MeasureName,
    MetricBound,
    MetricCondition,
    MetricQuery,
    OperatorName,
    OrderColumn,
    OrderName,
    QueryError,
)
from bot.data.analyses.result import AnalysisFilter, split_names, split_values

if TYPE_CHECKING:
    from bot.data.metrics.query.answer_facts import MetricResult
    from bot.data.metrics.query.metric_answer import MetricAnswer
    from bot.data.warehouse.warehouse import Warehouse


SALES: tuple[MeasureName, ...] = ("revenue", "orders")
MAX_SOLD_OUT = 4  # whose ads are told of
OF_SOLD_OUT = (
    "What the ads of a sold-out product cost since then is told, with its own days: say both where "
    "ads sell badly and where you name what is wrong. What is not there can't be sold."
)


class Condition(ToolParams):
    field: AskedFieldName
    operator: OperatorName
    values: list[str] = Field(
        description="is, in: any of them; is_not: none of them; between: two, both included; more "
        "than 50 is over 50, of numbers alone; “any” or “none” for a field that is set or is not. "
        "Days as 2026-11-24."
    )


class Bound(ToolParams):
    measure: MeasureName
    operator: BoundName = Field(description="more than 50 is over 50")
    value: str = Field(description="As the figure is told: 20 for a rate of 20%.")


class Params(ToolParams):
    dataset: DatasetName
    measures: list[MeasureName] = Field(
        description="One to eight, all of this dataset. The list has those of orders first, then "
        "from visits on those of visits, from sent on of campaigns, from reviews on of feedback, "
        "from sessions on of traffic. `discounts` is what discounts took off orders, "
        "discount_depth their share of these lines, price_cuts what lower prices gave away. By two "
        "dimensions a …_share is of each of the first, or of each day, week or month."
    )
    dimensions: list[DimensionName] = Field(
        description="What to group by: none, one or two. Groups that the question names, such as "
        "mobile and desktop, are filtered to in the first call: among all groups, a small one "
        "hides a large one, and no later filter shows it. Of visits: page, each that a visit saw; "
        "step, the furthest that it reached. Of orders: region, in France the région, elsewhere "
        "what the file says or the country; department, the French one; with_product, each other "
        "product of the order; with product, the pairs bought together; returned, late, discounted "
        "and reduced_price, yes or no; nth_order, 1 for the customer's first order, 2 for the "
        "second; email_consent, sms_consent, ads_consent, whether the customer agreed. Of "
        "feedback: ordered_after, whether the customer ordered after the text."
    )
    filters: list[list[Condition]] = Field(
        description="Groups of conditions: every group must hold, of a group one condition. The "
        "fields customer_… are for orders and feedback, and about all that the customer ever "
        "ordered; customer_bought, for orders alone, takes "
        "products or categories; is_not means never. selected_orders, selected_units and "
        "selected_spent are about the customer's orders among those that all else here selects, "
        "days included. sale_day no "
        "leaves out the days on which much of the range was reduced; reduced_price no each "
        "product's own days at a lower price; discounted no orders with a discount of their own: a "
        "promo code or reduction is discounted, `code` is a campaign's code and no promo code, "
        "unless describe_data says so; order_discount is how many % it took off the order. "
        "day: at_most one day or at_least another, in one group, leaves out those between. level "
        "and customer_points are of the loyalty programme, city is the customer's town; late with "
        "delivered_day is delivered late, without it also overdue."
    )
    since: str = Field(description="First day, or “none” for the first day of the data.")
    until: str = Field(description="Last day, or “none” for the last whole day.")
    comparison: ComparisonName = Field(
        description="Grouped by week or month alone, each stands beside that of the earlier time."
    )
    compare_since: str = Field(description="Only for the comparison “dates”, else “none”.")
    compare_until: str = Field(description="Only for the comparison “dates”, else “none”.")
    having: list[Bound] = Field(
        description="Bounds on the measures of a group, or empty. The total, such as a mean, is "
        "then of the groups within them."
    )
    order: OrderName = Field(
        description="By the first measure; natural: time by time, all else highest first; growth "
        "and decline: by its change against the earlier period. A table of days, weeks or months "
        "stands by time in any order: say which is the highest."
    )
    limit: int = Field(description="How many groups to show; 0 for as many as is usual.")


def build_query(params: Params) -> MetricQuery:
    """Raises ToolError."""
    if not params.measures:
        raise ToolError("Name at least one measure.")
    return MetricQuery(
        dataset=params.dataset,
        measures=tuple(dict.fromkeys(params.measures)),
        dimensions=tuple(dict.fromkeys(params.dimensions)),
        filters=build_filters(params.filters),
        since=read_day(params.since, "since"),
        until=read_day(params.until, "until"),
        comparison=params.comparison,
        compare_since=read_day(params.compare_since, "compare_since"),
        compare_until=read_day(params.compare_until, "compare_until"),
        having=tuple(_build_bound(one) for one in params.having),
        order=params.order,
        limit=params.limit,
    )


def build_filters(groups: Sequence[Sequence[Condition]]) -> tuple[tuple[MetricCondition, ...], ...]:
    return tuple(
        tuple(
            MetricCondition(field=one.field, operator=one.operator, values=tuple(one.values))
            for one in group
        )
        for group in groups
    )


def _build_bound(bound: Bound) -> MetricBound:
    try:
        value = Decimal(bound.value)
    except InvalidOperation:
        raise ToolError(f"{bound.value} is not a number.") from None
    return MetricBound(
        measure=bound.measure,
        operator=bound.operator,
        value=value,
    )


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    query = build_query(params)
    found, refused = await _look_up_apart(query, deps)
    now, before = _find_days(found)
    beside, facts = ToolResult(), [fact for one in found for fact in _list_facts(one)]
    breaks = await name_breaks_of(query, now, before, facts, deps)
    if query.dataset != "feedback":
        beside = await look_up_like_days(query, now, before, deps)
    of_ads = await look_up_sold_out_ads(query, now, deps)
    facts += beside.facts
    facts += [fact for fact in of_ads.facts if fact.id not in {one.id for one in facts}]
    if beside.facts:  # a long result loses its end, and the notes name these
        of_groups = {id for one in found for id, (_, group, _) in one.groups.items() if group}
        facts.sort(key=lambda fact: fact.id in of_groups)
    return ToolResult(
        facts=tuple(facts),
        exhibits=(
            *(exhibit for one in found for exhibit in _read_apart(one, len(found))),
            *beside.exhibits,
            *of_ads.exhibits,
        ),
        notes=(
            *dict.fromkeys(note for one in found for note in one.notes),
            *of_ads.notes,
            *refused,
            *breaks.notes,
            *beside.notes,
        ),
        read_as="\n".join(dict.fromkeys(one.read_as for one in found)),
        scope=tuple(dict.fromkeys(part for one in found for part in one.scope)),
        next_calls=call_funnel(breaks, facts, deps),
    )


def _read_apart(one: "MetricResult", many: int) -> Sequence[Exhibit]:
    """Return the exhibits of a result. Each of several says how its own figures were read."""
    if many == 1:
        return one.exhibits
    ids = tuple(fact.id for fact in _list_facts(one))
    read = {"read_as": one.read_as, "scope": one.scope, "facts": ids}
    return [some.model_copy(update=read) for some in one.exhibits or (Exhibit(shows=""),)]


async def look_up_like_days(
    query: MetricQuery, now: Days, before: Days, deps: ToolDeps
) -> ToolResult:
    """Return a note on the occasions of these days and of those before, and the query's totals
    compared with the days of a year before that hold them better, where they can be told."""
    like, found = find_like_days(now, before, deps), list["MetricResult"]()
    if like:
        whole = {"dimensions": (), "having": (), "order": "natural", "limit": 0}
        days = {
            "since": now[0],
            "until": now[1],
            "compare_since": like[0],
            "compare_until": like[1],
        }
        asked = query.model_copy(update={**whole, **days, "comparison": "dates"})
        with suppress(ToolError):
            found, _refused = await _look_up_apart(asked, deps, is_told_so=False)
    told = [one for one in found if any(fact.compared_with for fact in one.facts)]
    filtered = {condition.field for group in query.filters for condition in group}
    has_all_days = filtered.isdisjoint(TIME_DIMENSIONS)
    notes = tell_occasions(now, before, deps, like, is_told=bool(told), has_all_days=has_all_days)
    return _build_beside(told, notes)


async def look_up_newest(
    days: tuple[date, date],
    where: AnalysisFilter,
    deps: ToolDeps,
    measures: Sequence[MeasureName] = SALES,
) -> ToolResult:
    """Return what was sold on the newest days, compared with the same weekdays before, and with
    days of a year before that hold the same occasions; nothing where it can't be told."""
    newest = {"since": days[0], "until": days[1], "comparison": "previous_period"}
    query = ask_sales(where).model_copy(update={**newest, "measures": tuple(measures)})
    try:
        found = await look_up(query, deps)
    except ToolError:
        return ToolResult()
    now, before = _find_days([found])
    beside = await look_up_like_days(query, now, before, deps)
    own = _build_beside([found], found.notes)
    return ToolResult(
        facts=(*own.facts, *beside.facts),
        exhibits=(*own.exhibits, *beside.exhibits),
        notes=(*own.notes, *beside.notes),
    )


async def look_up_sold_out_ads(query: MetricQuery, days: Days, deps: ToolDeps) -> ToolResult:
    """Return what the ads that a query selects cost since their product is sold out, and a note;
    of those that still cost money within these days."""
    first, last = days

    def find(warehouse: "Warehouse") -> tuple[dict[str, date], dict[str, str]]:
        from bot.data.analyses.products import load_product_titles
        from bot.data.metrics.ad_cautions import find_ads_of_sold_out

        if first is None or last is None:
            return {}, {}
        since = find_ads_of_sold_out(warehouse, query, first, last)
        return since, load_product_titles(warehouse, since)

    since, titles = await run_query(deps, find)
    facts, exhibits, named = list[Fact](), list[Exhibit](), list[str]()
    for product, day in [*since.items()][:MAX_SOLD_OUT]:
        cost, campaigns = await look_up_ads_of(product, (day, last), deps, query)
        facts += cost.facts
        exhibits += cost.exhibits
        words = (f"since {day}", *campaigns)
        named.append(f"{titles.get(product, product)} ({', in '.join(words)})")
    named += [f"{len(since) - MAX_SOLD_OUT} more"] if len(since) > MAX_SOLD_OUT else []
    notes = [f"Advertised though sold out: {'; '.join(named)}. {OF_SOLD_OUT}"] if named else []
    return ToolResult(facts=tuple(facts), exhibits=tuple(exhibits), notes=tuple(notes))


async def look_up_ads_of(
    product: str, days: Days, deps: ToolDeps, among: MetricQuery | None = None
) -> tuple[ToolResult, list[str]]:
    """Return what the ads for a product, of those that a query selects, cost in these days and what
    they sold, and their campaigns; nothing where that isn't known."""
    its = (MetricCondition(field="product", operator="is", values=(product,)),)
    query = MetricQuery(
        dataset="campaigns",
        measures=("spend", "campaign_orders"),
        dimensions=("campaign",),
        filters=(*(among.filters if among else ()), its),
        since=days[0],
        until=days[1],
    )
    for measures in (query.measures, query.measures[:1]):  # not all files know the orders
        with suppress(ToolError):
            asked = query.model_copy(update={"measures": measures})
            ((one, *_), _refused) = await _look_up_apart(asked, deps)
            of = {fact.id: group for fact in one.facts if any(group := one.groups[fact.id][1])}
            campaigns = [*dict.fromkeys(name for group in of.values() for name in group if name)]
            told = [fact for fact in one.facts if len(campaigns) != 1 or fact.id in of]
            ids = tuple(fact.id for fact in told)
            read = Exhibit(shows="", read_as=one.read_as, scope=one.scope, facts=ids)
            return ToolResult(facts=tuple(told), exhibits=(read,)), campaigns
    return ToolResult(), []


def ask_sales(where: AnalysisFilter) -> MetricQuery:
    """Build the query for what was sold of the part that an analysis is narrowed to."""
    named = {name: value for name in get_args(OrderColumn) if (value := getattr(where, name, None))}
    filters = tuple(
        (MetricCondition(field=name, operator="is", values=tuple(split(value))),)
        for name, value in named.items()
        for split in [split_names if name == "category" else split_values]
    )
    return MetricQuery(dataset="orders", measures=SALES, filters=filters)


def _build_beside(found: Sequence["MetricResult"], notes: Iterable[str]) -> ToolResult:
    """Return figures that stand beside those of another call, read as they were asked for."""
    return ToolResult(
        facts=tuple(fact for one in found for fact in _list_facts(one)),
        exhibits=tuple(
            exhibit.model_copy(update={"read_as": one.read_as, "scope": one.scope})
            for one in found
            for exhibit in one.exhibits
        ),
        notes=tuple(notes),
    )


def _list_facts(found: "MetricResult") -> list[Fact]:
    return [*found.facts, *found.bounds]


def _find_days(found: Sequence["MetricResult"]) -> list[Days]:
    """Return the first and last day of the whole period, and of the one before."""
    days: dict[str, list[date]] = {"now": [], "before": []}
    for one in found:
        for fact in one.facts:
            days[one.groups[fact.id][0]] += filter(None, (fact.since, fact.until))
    return [(min(some, default=None), max(some, default=None)) for some in days.values()]


async def look_up(query: MetricQuery, deps: ToolDeps) -> "MetricResult":
    """Return the figures as the asker may see them. Raises ToolError."""
    results, _refused = await _look_up_apart(query, deps, is_told_so=False)
    return results[0]


async def _look_up_apart(
    query: MetricQuery, deps: ToolDeps, *, is_told_so: bool = True
) -> tuple[list["MetricResult"], list[str]]:
    """Return the figures as the asker may see them, those of other days apart, and why some are
    not told. Not `is_told_so`: the whole call tells figures of them. Raises ToolError where there
    are none."""

    def ask(warehouse: "Warehouse") -> tuple[list["MetricResult"], list[str]]:
        from bot.data.metrics.query.cut_periods import answer_apart

        results, refused = list["MetricResult"](), list[QueryError]()
        for answer in answer_apart(warehouse, query):
            try:
                results.append(one := _tell(warehouse, answer, deps))
                if is_told_so and deps.piece and deps.answers:
                    deps.answers.name_facts(fact.id for fact in (*one.facts, *one.bounds))
            except QueryError as error:
                refused.append(error)
        if not results:
            raise refused[0]
        return results, [str(error) for error in refused]

    return await run_query(deps, ask)


def _tell(warehouse: "Warehouse", answer: "MetricAnswer", deps: ToolDeps) -> "MetricResult":
    """Return the figures of an answer as the asker may see them. Raises QueryError."""
    from bot.data.metrics.query.answer_facts import build_result
    from bot.data.metrics.query.guard import guard_answer
    from bot.data.metrics.query.single_figures import remember_figures

    answer = guard_answer(warehouse, answer, deps.answers, deps.person)
    result = build_result(warehouse, answer, deps.request.language)
    remember_figures(warehouse, answer, result)
    return result
