"""Who of an audience may be written to, and what these people spent, held against what the asker
was told before."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from bot.agent.tool import ToolDeps, ToolError
from bot.agent.tools._analysis import describe_segments, name_revenue, run_query
from bot.agent.tools.query_metrics import look_up
from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.core.audience_words import join_with_and
from bot.core.channels import find_purpose
from bot.core.facts import Fact, FactId
from bot.core.metric_query import (
    AUDIENCE_FIELD,
    DimensionName,
    MeasureName,
    MetricCondition,
    MetricQuery,
)
from bot.core.request import SkillRequest
from bot.i18n.messages import Words

AskedPurpose = Literal["none", "email", "sms", "ads"]
CONSENTS: Mapping[AudiencePurpose, DimensionName] = {
    "email": "email_consent",
    "sms": "sms_consent",
    "ads": "ads_consent",
}
AGREED: Mapping[AudiencePurpose, Words] = {
    "email": Words("of these, agreed to e-mail"),
    "sms": Words("of these, agreed to SMS"),
    "ads": Words("of these, agreed to ads"),
}
COLUMNS: Mapping[AudiencePurpose, Words] = {
    "email": Words("Agreed to e-mail"),
    "sms": Words("Agreed to SMS"),
    "ads": Words("Agreed to ads"),
}
BOUGHT = {"bought-share": Words("Such people 90 days ago: bought since")}
OPTED_OUT = Words("those who agreed, counted without opt-outs")
ONLY_CUSTOMERS = Words("visitors who never ordered are not counted")
NO_AMOUNT = Words("{audience}: what they spent is left out, as it would tell how many they are.")
YEAR = timedelta(days=365)
NOT_TOLD = "What they spent is not told: {reason}"
WORTH = (
    "Revenue, orders and revenue per customer are what these people spent and ordered, of those "
    "who agreed where their number is told: what they are worth so far, no forecast."
)


def choose_purpose(asked: AskedPurpose, request: SkillRequest) -> AudiencePurpose:
    """Return what people must have agreed to: where a call doesn't say it, what the channel that
    was asked for needs."""
    return find_purpose(request.brief) or "email" if asked == "none" else asked


def explain_people(
    segments: Sequence[str], request: SkillRequest, *, of_visits: bool = False
) -> Words | None:
    """Return what the names of segments mean; where a channel was asked for, that nobody who opted
    out counts as one who agreed, though as a customer; and whom those `of_visits` leave out."""
    asked = OPTED_OUT if find_purpose(request.brief) else None
    seen = ONLY_CUSTOMERS if of_visits else None
    told = [one for one in (asked, seen, describe_segments(segments)) if one]
    return join_with_and(told) if told else None


def list_columns(purpose: AudiencePurpose, more: Mapping[str, Words]) -> dict[str, Words]:
    """Return the columns of a table of audiences: who may be written to and what they spent come
    first, the other ways to write last."""
    ways = {f"by-{one}": words for one, words in COLUMNS.items()}
    reached = f"by-{purpose}"
    known = {"customers": Words("Customers"), reached: ways[reached], **more}
    return known | {"spent": Words("Spent by those who agreed")} | ways


def find_reached(facts: Sequence[Fact], purpose: AudiencePurpose) -> Fact | None:
    """Return how many of an audience may be written to for this purpose, where that is told."""
    found = next((one for one in facts if one.parts.measure == f"by-{purpose}"), None)
    return found if found and isinstance(found.value, Decimal) and found.value else None


def is_too_few(fact: Fact) -> bool:
    """Tell whether it is a count of too few who agreed, or of nobody."""
    value = fact.value
    return fact.parts.measure.startswith("by-") and (not value or str(value).startswith("under "))


def tell_too_few(facts: Sequence[Fact], purpose: AudiencePurpose) -> list[str]:
    """Return the note that too few agreed to the purpose; none where an audience has enough."""
    counts = [one for one in facts if one.parts.measure == f"by-{purpose}"]
    if not counts or not all(map(is_too_few, counts)):
        return []
    return [
        f"Too few agreed to be written to by {purpose}: say so before anything else, then by "
        "which way how many of the same people may be."
    ]


async def find_spent(
    rule: AudienceRule, until: date, reached: Fact | None, deps: ToolDeps
) -> tuple[list[Fact], Sequence[str]]:
    """Return what those of an audience spent who may be written to, and notes; nothing where their
    number is not told."""
    if reached is None:
        return [], []
    try:
        measures: Sequence[MeasureName] = ("revenue", "revenue_per_customer")
        return await _look_up(rule, None, until, measures, reached, deps)
    except ToolError as error:
        return [], [NOT_TOLD.format(reason=error)]


async def find_worth(
    rule: AudienceRule, days: tuple[date, date], reached: Fact | None, subject: str, deps: ToolDeps
) -> tuple[tuple[Fact, ...], list[str]]:
    """Return what these people spent and ordered, in all and in the last 12 months: those who may
    be written to, else all who meet the conditions; and why it can't be told."""
    since = days[1] - YEAR + timedelta(days=1)
    found, notes = list[Fact](), list[str]()
    for first in (None, *([since] if days[0] < since else [])):
        measures: Sequence[MeasureName] = ("revenue", "orders", "revenue_per_customer")
        try:
            facts, more = await _look_up(rule, first, days[1], measures, reached, deps)
        except ToolError as error:
            notes.append(NOT_TOLD.format(reason=error))
            break
        found += [name_worth(one, subject, "-of-12-months" if first else "") for one in facts]
        notes += more
    return tuple(found), [*([WORTH] if found else []), *dict.fromkeys(notes)]


def name_worth(fact: Fact, subject: str, ending: str = "") -> Fact:
    """Return a figure of these people as one of their audience."""
    measure = "spent" if fact.parts.measure == "revenue" else fact.parts.measure
    return fact.model_copy(update={"id": str(FactId("audiences", subject, f"{measure}{ending}"))})


async def _look_up(
    rule: AudienceRule,
    since: date | None,
    until: date,
    measures: Sequence[MeasureName],
    reached: Fact | None,
    deps: ToolDeps,
) -> tuple[list[Fact], Sequence[str]]:
    members = rule.model_copy(update={"purpose": "email"})  # whatever they agreed to
    conditions = [MetricCondition(field=AUDIENCE_FIELD, operator="is", values=(members.stored,))]
    if reached is not None:
        agreed = CONSENTS[rule.purpose]
        conditions.append(MetricCondition(field=agreed, operator="is", values=("yes",)))
    query = MetricQuery(
        dataset="orders",
        measures=tuple(measures),
        filters=tuple((one,) for one in conditions),
        since=since,
        until=until,
    )
    told = await look_up(query, deps)
    revenue = await run_query(deps, name_revenue)
    about = AGREED[rule.purpose].to(deps.request.language) if reached else ""
    labels = {"revenue": revenue.text}
    facts = [
        one.model_copy(update={"label": labels.get(one.parts.measure, one.label), "about": about})
        for one in told.facts
        if told.groups[one.id][1] == ()
    ]
    return facts, told.notes
