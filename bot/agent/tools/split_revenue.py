"""Split a change of revenue into visits, orders per visit and the average order: how much of it, in
money, came with each. The three add up to the change exactly. For all, and for each device and the
countries with the largest part of the change. For "why did revenue fall: traffic, conversion or
basket?". It names no cause: funnel tells at which step fewer go on, and since when.
Example: {"since": "2026-11-16", "until": "2026-11-22", "compare_since": "none",
"compare_until": "none", "country": "none", "device": "none"}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log, prod
from typing import TYPE_CHECKING

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import read_day, read_text, run_query
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools._lost_sales import name_sold_out
from bot.agent.tools._path_breaks import call_funnel, name_breaks
from bot.agent.tools.query_metrics import look_up, look_up_like_days
from bot.core.facts import Fact, FactId
from bot.core.half_up import round_half_up
from bot.core.metric_query import DimensionName, MetricCondition, MetricQuery
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Language, Words

if TYPE_CHECKING:
    from bot.data.metrics.query.answer_facts import MetricResult
    from bot.data.warehouse.warehouse import Warehouse

PARTS: tuple[DimensionName, ...] = ("device", "country")
HEADINGS = {"device": Words("Device"), "country": Words("Country")}
MAX_PARTS = 4
CHANGE = Words("change in revenue")
PER_VISIT = Words("orders per visit")
# Of the orders as well as of the revenue, where no visits are known.
EFFECTS = {
    "visits": Words("of it with visits"),
    "per-visit": Words("of it with orders per visit"),
    "orders": Words("of it with orders"),
    "average-order": Words("of it with the average order"),
}
SPLIT = GroupExhibit(
    "the change of revenue, split into what came with each",
    Words("Where"),
    {
        "revenue-change": Words("Change in revenue"),
        "visits-change": Words("With visits"),
        "per-visit-change": Words("With orders per visit"),
        "orders-change": Words("With orders"),
        "average-order-change": Words("With the average order"),
    },
)
NOTE = (
    "“of it with …” says how much of the change in revenue, in money, came with that factor; "
    "together they are the change (LMDI, after Ang, Energy Policy 33, "
    "2005). They are arithmetic, no cause. A device's or country's own three add up to its change, "
    "not to a factor of all. Orders per visit takes all orders of the file."
)
NOT_SPLIT = (
    "The change can't be split, as it takes revenue and orders of both periods, and not all of "
    "them may be told or are known. Take whole months or other days, or all countries and devices; "
    "query_metrics compares the orders alone. The reason:"
)
NO_VISITS = "Visits are not known for these days, so the change is split into orders and basket."


class Params(ToolParams):
    since: str = Field(description="First day of the later period.")
    until: str = Field(description="Its last day.")
    compare_since: str = Field(description="Of the earlier one; “none” for the period before.")
    compare_until: str
    country: str
    device: str


@dataclass(frozen=True)
class Sales:
    """What was sold in one period. `visits` is None where they are not known."""

    revenue: Fact
    orders: Fact
    visits: Fact | None

    @property
    def factors(self) -> dict[str, Decimal]:
        orders = self.orders.number
        known = {"orders": orders}
        if self.visits is not None:
            known = {"visits": self.visits.number, "per-visit": orders / self.visits.number}
        return {**known, "average-order": _read_value(self.revenue) / orders}


@dataclass(frozen=True)
class Part:
    """All of the shop, or a device or country, in the two periods."""

    now: Sales
    before: Sales

    @property
    def change(self) -> Decimal:
        return _read_value(self.now.revenue) - _read_value(self.before.revenue)

    def build_change(self) -> Fact:
        return self._build("revenue-change", CHANGE, self.change, self.now.revenue.unit)

    def build_effects(self) -> list[Fact]:
        digits = 0 if self.change == self.change.to_integral_value() else 2
        effects = split_change(self.now.factors, self.before.factors, digits)
        unit = self.now.revenue.unit
        return [
            self._build(f"{name}-change", EFFECTS[name], value, unit)
            for name, value in effects.items()
        ]

    def build_rates(self) -> list[Fact]:
        """Return the orders per visit, now compared with before."""
        if self.now.visits is None or self.before.visits is None:
            return []
        facts = [
            self._build(measure, PER_VISIT, 100 * sales.factors["per-visit"], "%", sales)
            for measure, sales in (("rate", self.now), ("rate-before", self.before))
        ]
        return [facts[0].model_copy(update={"compared_with": facts[1].id}), facts[1]]

    def _build(
        self, measure: str, label: Words, exact: Decimal, unit: str | None, of: Sales | None = None
    ) -> Fact:
        first = (of or self.now).revenue
        value = round_half_up(exact, 2) if unit == "%" else exact
        return Fact(
            id=str(FactId("calculated", f"split-{self.now.revenue.parts.subject}", measure)),
            label=label.text,
            about=first.about,
            value=value,
            exact=None if value == exact else exact,
            unit=unit,
            shown_decimals=None if unit == "%" else 2 * (value != value.to_integral_value()),
            source=first.source,
            as_of=first.as_of,
            query=f"split({', '.join(one.id for one in self._list_inputs())})",
            since=first.since,
            until=first.until,
        )

    def _list_inputs(self) -> list[Fact]:
        sales = (self.now, self.before)
        return [fact for one in sales for fact in (one.revenue, one.orders, one.visits) if fact]


def split_change(
    now: Mapping[str, Decimal], before: Mapping[str, Decimal], digits: int
) -> dict[str, Decimal]:
    """Return how much of the change of the product came with each factor, rounded, so that they
    add up to the whole change: the additive logarithmic mean Divisia index (Ang, "The LMDI approach
    to decomposition analysis: a practical guide", Energy Policy 33, 2005, 867–871)."""
    new, old = (prod(one.values(), start=Decimal(1)) for one in (now, before))
    mean = float(old) if new == old else float(new - old) / log(new / old)
    parts = {name: round_half_up(mean * log(now[name] / before[name]), digits) for name in now}
    largest = max(parts, key=lambda name: abs(parts[name]))
    parts[largest] += round_half_up(new - old, digits) - sum(parts.values())
    return parts


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    query, notes, visits = _build_query(params), [NOTE], None
    try:
        visits = await look_up(_ask_visits(query), deps)
        query = _take_days(query, visits)
    except ToolError as error:
        notes.append(f"{NO_VISITS}{await run_query(deps, _tell_visit_days)} ({error})")
    orders = await look_up(query, deps)
    if visits is not None and _list_days(visits) != _list_days(orders):
        visits, notes = None, [NOTE, f"{NO_VISITS}{await run_query(deps, _tell_visit_days)}"]
    _require_as_long(orders)
    whole = _list_parts(orders, visits).get(())
    if whole is None:
        raise ToolError(f"{NOT_SPLIT} {_explain_missing(orders)}")
    facts = [*orders.facts, *(visits.facts if visits else ())]
    of_whole = [whole.build_change(), *whole.build_effects(), *whole.build_rates()]
    of_parts, missing = dict[str, list[Fact]](), dict[str, list[str]]()
    for name in PARTS:
        if read_text(getattr(params, name)):
            continue
        try:
            of_parts[name], missing[name] = await _split_parts(query, name, whole, deps)
        except ToolError as error:
            notes.append(f"Not told by {name}: {error}")
    days = _list_days(orders)
    beside = await look_up_like_days(query, days["now"], days["before"], deps)
    in_parts = [fact for some in of_parts.values() for fact in some]
    own = [*facts, *of_whole, *in_parts]
    facts += [*of_whole, *beside.facts, *in_parts]
    now, before = ((one.revenue.since, one.revenue.until) for one in (whole.now, whole.before))
    where = AnalysisFilter(
        country=read_text(params.country), device=read_text(params.device), until=now[1]
    )
    breaks = await name_breaks(now, where, deps, own, before)
    sold_out = await name_sold_out([now, before], query, deps)
    apart = whole.now.revenue.about
    exhibits = SPLIT.build_parts(
        _name_without(of_whole, apart),
        {name: _name_without(some, apart) for name, some in of_parts.items()},
        HEADINGS,
        deps.request.language,
    )
    names = (name for name, some in of_parts.items() if some)
    lacking = {name: _list_names(missing[name], apart, deps.request.language) for name in names}
    notes += [
        f"Not told by {name}: {text}, as too few bought there, or as they changed least."
        for name, text in lacking.items()
        if text
    ]
    if lacking:
        exhibits = tuple(
            one.model_copy(
                update={"cut": Words("Not shown: {what}", what=text).to(deps.request.language)}
            )
            if text
            else one
            for one, text in zip(exhibits, lacking.values(), strict=True)
        )
    what = ("what", SPLIT.columns["revenue-change"].to(deps.request.language))
    return ToolResult(
        facts=tuple(facts),
        exhibits=(*exhibits, *beside.exhibits),
        notes=(*notes, *orders.notes, *breaks.notes, *sold_out, *beside.notes),
        read_as=orders.read_as,
        scope=(what, *(one for one in orders.scope if one[0] != "what")),
        next_calls=call_funnel(breaks, facts, deps),
    )


def _name_without(facts: list[Fact], whole: str) -> list[Fact]:
    """Return the facts, named as rows of a table whose title says what all are of."""
    return [fact.model_copy(update={"about": _strip(fact.about, whole)}) for fact in facts]


def _strip(about: str, whole: str) -> str:
    known = whole.split(" · ")
    return " · ".join(one for one in about.split(" · ") if one not in known)


def _list_names(abouts: list[str], whole: str, language: Language) -> str:
    names = [_strip(about, whole) for about in abouts]
    listed = ", ".join(names[:MAX_PARTS])
    if len(names) > MAX_PARTS:
        return Words("{names} and others", names=listed).to(language)
    return listed


def _explain_missing(orders: "MetricResult") -> str:
    """Say why a revenue is not told, or else that nothing was sold."""
    why = orders.withheld.get(("now", "revenue")) or orders.withheld.get(("before", "revenue"))
    if why is None:
        return "in one of the periods nothing was sold, or nothing is known of it."
    return f"{why.explain()}. {why.suggest()}"


def _tell_visit_days(warehouse: "Warehouse") -> str:
    from bot.data.metrics.query.periods import find_known_days
    from bot.data.metrics.query.runner import DATASETS

    visits = DATASETS["visits"]
    known = find_known_days(warehouse, visits) if warehouse.table(visits.kind) is not None else None
    return f" They are known from {known[0]} to {known[1]}." if known else ""


async def _split_parts(
    query: MetricQuery, name: DimensionName, whole: Part, deps: ToolDeps
) -> tuple[list[Fact], list[str]]:
    """Return the change of each device or country that is stated, with its split, and the rates of
    the one with the largest part of the change; those that went against it come last. Then what the
    others are about of which anything is known."""
    from bot.data.metrics.query.metric_answer import OTHERS

    query = query.model_copy(update={"dimensions": (name,)})
    visits = None
    if whole.now.visits is not None:
        visits = await look_up(_ask_visits(query), deps)
    orders = await look_up(query, deps)
    parts = {
        group: part
        for group, part in _list_parts(orders, visits).items()
        if group and None not in group
    }
    way = 1 if whole.change > 0 else -1
    ranked = sorted(parts, key=lambda group: -way * parts[group].change)[:MAX_PARTS]
    facts = [
        one
        for group in ranked
        for one in (parts[group].build_change(), *parts[group].build_effects())
    ]
    rates = [rate for group in ranked[:1] for rate in parts[group].build_rates()]
    others = {
        group: fact.about
        for found in filter(None, (orders, visits))
        for fact in _list_figures(found)
        if (group := found.groups[fact.id][1]) and group not in (*ranked, OTHERS)
        if None not in group
    }
    return [*facts, *rates], [*others.values()]


def _build_query(params: Params) -> MetricQuery:
    since, until = read_day(params.compare_since, "compare_since"), None
    if since:
        until = read_day(params.compare_until, "compare_until")
    named = {name: text for name in PARTS if (text := read_text(getattr(params, name)))}
    return MetricQuery(
        dataset="orders",
        measures=("revenue", "orders", "average_order"),
        filters=tuple(
            (MetricCondition(field=name, operator="is", values=(text,)),)
            for name, text in named.items()
        ),
        since=read_day(params.since, "since"),
        until=read_day(params.until, "until"),
        comparison="dates" if since else "previous_period",
        compare_since=since,
        compare_until=until,
    )


def _ask_visits(query: MetricQuery) -> MetricQuery:
    return query.model_copy(update={"dataset": "visits", "measures": ("visits",)})


def _take_days(query: MetricQuery, found: "MetricResult") -> MetricQuery:
    """Ask for the days of what was found, which may be fewer. Raises ToolError without earlier
    ones."""
    days = _list_days(found)
    if len(days) < 2:
        raise ToolError("There are no earlier visits to compare with.")
    (since, until), (earlier, last) = days["now"], days["before"]
    return query.model_copy(
        update={
            "since": since,
            "until": until,
            "comparison": "dates",
            "compare_since": earlier,
            "compare_until": last,
        }
    )


def _read_value(fact: Fact) -> Decimal:
    """Return a figure as it is told, so that a difference agrees with what is read."""
    assert isinstance(fact.value, Decimal)
    return fact.value


def _list_days(found: "MetricResult") -> dict[str, tuple[date | None, date | None]]:
    return {found.groups[fact.id][0]: (fact.since, fact.until) for fact in _list_figures(found)}


def _require_as_long(found: "MetricResult") -> None:
    """Raises ToolError for periods whose sums can't be compared."""
    from bot.data.metrics.query.periods import are_as_long

    days = _list_days(found)
    (since, until), (earlier, last) = (
        days.get("now", (None, None)),
        days.get("before", (None, None)),
    )
    if since and until and earlier and last and not are_as_long((since, until), (earlier, last)):
        raise ToolError(
            f"{since} to {until} and {earlier} to {last} are not as long: name two periods of as "
            "many days."
        )


def _list_figures(found: "MetricResult | None") -> list[Fact]:
    return [fact for fact in found.facts if not fact.is_change] if found else []


def _list_parts(
    orders: "MetricResult", visits: "MetricResult | None"
) -> dict[tuple[str | None, ...], Part]:
    """Return what sold in both periods, by group; () is all."""
    known: dict[tuple[str | None, ...], dict[tuple[str, str], Fact]] = {}
    for found in filter(None, (orders, visits)):
        for fact in _list_figures(found):
            period, group, measure = found.groups[fact.id]
            if fact.number > 0:
                known.setdefault(group, {})[period, measure] = fact
    wanted = ("revenue", "orders", *(["visits"] if visits else []))
    return {
        group: Part(*(_read_sales(facts, period) for period in ("now", "before")))
        for group, facts in known.items()
        if all((period, name) in facts for period in ("now", "before") for name in wanted)
    }


def _read_sales(facts: Mapping[tuple[str, str], Fact], period: str) -> Sales:
    visits = facts.get((period, "visits"))
    return Sales(facts[period, "revenue"], facts[period, "orders"], visits)
