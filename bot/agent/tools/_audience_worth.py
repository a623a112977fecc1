"""What the people of an audience spent, held against what the asker was told before."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.agent.tool import ToolDeps, ToolError
from bot.agent.tools._analysis import name_revenue, run_query
from bot.agent.tools.query_metrics import look_up
from bot.core.audience_rule import AudienceRule
from bot.core.facts import Fact
from bot.core.metric_query import (
    AUDIENCE_FIELD,
    DimensionName,
    MeasureName,
    MetricCondition,
    MetricQuery,
)

YEAR, AGREED = timedelta(days=365), "yes"
NOT_TOLD = "What they spent is not told: {reason}"
WORTH = (
    "Revenue, orders and revenue per customer are what these people spent and ordered, all of them "
    "or those who agreed: what they are worth so far, no forecast. Of the last 12 months the "
    "revenue per customer is of those who ordered then."
)


async def find_spent(
    rule: AudienceRule, until: date, deps: ToolDeps
) -> tuple[list[Fact], Sequence[str]]:
    """Return what the people of a rule spent in all, and notes: else why it can't be told."""
    try:
        return await _look_up(rule, None, until, ("revenue",), (), deps)
    except ToolError as error:
        return [], [NOT_TOLD.format(reason=error)]


async def find_worth(
    rule: AudienceRule, days: tuple[date, date], by: Sequence[DimensionName], deps: ToolDeps
) -> tuple[tuple[Fact, ...], list[str]]:
    """Return what these people spent and ordered, in all and in the last 12 months, of all who meet
    the conditions and of those who agreed to the purpose; and why it can't be told."""
    if rule.never_ordered or deps.request.channel is not None:  # a text says nothing of it
        return (), []
    since = days[1] - YEAR + timedelta(days=1)
    found, notes = list[Fact](), list[str]()
    for first in (None, *([since] if days[0] < since else [])):
        measures: Sequence[MeasureName] = ("revenue", "orders", "revenue_per_customer")
        try:
            facts, more = await _look_up(rule, first, days[1], measures, by, deps)
        except ToolError as error:
            notes.append(NOT_TOLD.format(reason=error))
            break
        found += facts
        notes += more
    return tuple(found), [*([WORTH] if found else []), *dict.fromkeys(notes)]


async def _look_up(
    rule: AudienceRule,
    since: date | None,
    until: date,
    measures: Sequence[MeasureName],
    by: Sequence[DimensionName],
    deps: ToolDeps,
) -> tuple[list[Fact], Sequence[str]]:
    """Return the figures of all who meet the conditions, and of those who agreed, with notes."""
    members = rule.model_copy(update={"purpose": "email"})  # whatever they agreed to
    condition = MetricCondition(field=AUDIENCE_FIELD, operator="is", values=(members.stored,))
    query = MetricQuery(
        dataset="orders",
        measures=tuple(measures),
        dimensions=tuple(by),
        filters=((condition,),),
        since=since,
        until=until,
    )
    told = await look_up(query, deps)
    revenue = await run_query(deps, name_revenue)
    facts = [
        one.model_copy(update={"label": revenue.text}) if one.parts.measure == "revenue" else one
        for one in told.facts
        if told.groups[one.id][1] in ((), (AGREED,))
    ]
    return facts, told.notes
