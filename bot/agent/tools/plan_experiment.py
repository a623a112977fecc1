"""Plans an A/B test of two equal variants: how many visits, e-mails or customers each needs and how
many weeks it takes for a lift of 5, 10 or 20 %, and the smallest lift that 2, 4 or 8 weeks can
show. `place`: visit (whole site), product, basket, checkout; of e-mails subject or send_time (by
opens) or letter (by clicks). Rate and number come from the data unless given (0: from the data);
with a device, country or source from its visits, with a language ("fr") from its e-mails alone.
With a segment or an audience's rule as JSON, the test is on these customers.
Not for results of a test that ran (experiments).
Example: {"place": "checkout", "product": "none", "device": "mobile", "country": "none",
"source": "none", "language": "none", "base_percent": 0, "lift_percent": 10, "people_a_week": 0,
"segment": "none", "rule": "none"}
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import NONE, build_filter, find_analysis, run_query
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.segments import SegmentName
from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import describe_conditions
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Language, Words

LIFTS = GroupExhibit(
    "what a test needs in each variant and the weeks, by the lift to be shown",
    Words("Lift"),
    {
        "rate": Words("Rate to reach"),
        "people": Words("In each variant"),
        "in-all": Words("In all"),
        "weeks": Words("Weeks"),
    },
    bars="weeks",
)
HEADINGS = {
    "visits": Words("Lift · visits"),
    "e-mails": Words("Lift · e-mails"),
    "customers": Words("Lift · customers"),
}
NOTE = (
    "“base” is the rate today, “rate” that after the lift; “smallest lift” the smallest that can "
    "be shown, “seen rate” the rate after it. Of customers: “fits” match today, “size” of them can "
    "be reached, “guard” is the share that orders within “days”: it must not fall. “a week” is how "
    "many e-mails went out, “reached by the largest send” how long the list is."
)
ORDERS_NOTE = (
    "These customers' test is decided by orders: “base” and “rate” are the share of them that "
    "orders within “days”, not clicks or visits."
)
TEST_NAMES = {
    "visit": Words("test of the whole site"),
    "product": Words("test of the product page"),
    "basket": Words("test of the basket"),
    "checkout": Words("test of the checkout"),
    "subject": Words("test of a subject line, by opens"),
    "send_time": Words("test of a sending time, by opens"),
    "letter": Words("test of an e-mail's text, by clicks"),
}


class Params(ToolParams):
    place: Literal["visit", "product", "basket", "checkout", "subject", "send_time", "letter"]
    product: str
    device: str
    country: str
    source: str
    language: str
    base_percent: float
    lift_percent: float
    people_a_week: int
    segment: SegmentName
    rule: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    from bot.data.analyses.experiments.plan import build_plan_filter

    if not 0 <= params.base_percent < 100:
        raise ToolError("base_percent must be a rate from 0 to below 100; 0: from the data.")
    if not 0 <= params.lift_percent <= 1000 or params.people_a_week < 0:
        raise ToolError("lift_percent must be from 0 to 1000, people_a_week 0 or more.")
    rule = _read_rule(params)
    where = build_plan_filter(
        params.place,
        part=await _find_part(params, deps),
        base=_to_decimal(params.base_percent),
        lift=_to_decimal(params.lift_percent),
        weekly=params.people_a_week or None,
        rule=rule,
    )
    finding = await find_analysis(deps, "plan", where, validate=False)
    base, lift = params.base_percent, params.lift_percent
    call = f"{params.place} {base:g} {lift:g} {params.people_a_week} {params.segment}"
    finding = replace(finding, where=replace(where, plan=None, rule=None), age=None)
    facts = finding.prepare(_name_weeks(finding.result.facts, finding.language), of_call=call)
    lifts = [fact for fact in facts if "-lift-" in fact.parts.subject]
    by_orders = where.rule is not None and params.place not in ("subject", "send_time")
    return finding.build_result(
        facts,
        title=TEST_NAMES[params.place],
        reading=describe_conditions(rule) if rule else None,
        exhibits=replace(LIFTS, heading=_find_heading(lifts)).build(lifts, finding.language),
        notes=(NOTE, ORDERS_NOTE) if by_orders else (NOTE,),
    )


def _find_heading(facts: Sequence[Fact]) -> Words:
    """Return the heading of the table, which says what is counted in it."""
    units = (fact.unit or "" for fact in facts if fact.parts.measure == "people")
    return HEADINGS.get(next(units, ""), LIFTS.heading)


def _name_weeks(facts: Sequence[Fact], language: Language) -> list[Fact]:
    """Return the facts, where the smallest lift says in how many weeks it can be shown. A lift that
    others are about is left out."""
    weeks = {
        fact.parts.subject: fact.spelled(language)
        for fact in facts
        if "-weeks-" in fact.parts.subject and fact.parts.measure == "weeks"
    }
    return [
        fact.model_copy(update={"about": weeks[fact.parts.subject]})
        if fact.parts.subject in weeks
        else fact
        for fact in facts
        if not (fact.parts.measure == "lift" and fact.about)
        and not (fact.parts.measure == "weeks" and fact.parts.subject in weeks)
    ]


def _to_decimal(value: float) -> Decimal | None:
    return Decimal(str(value)) if value else None


def _read_rule(params: Params) -> AudienceRule | None:
    text = params.rule.strip()
    if text in ("", NONE):
        return None if params.segment == "none" else AudienceRule(segments=(params.segment,))
    if params.segment != "none":
        raise ToolError("Give a segment or a rule, not both.")
    try:
        return AudienceRule.model_validate_json(text)
    except ValueError:
        raise ToolError(
            "rule must be the JSON that the tool audience returned, or “none”."
        ) from None


async def _find_part(params: Params, deps: ToolDeps) -> AnalysisFilter:
    """Return the visits that the test is on. Raises ToolError for a value that the data lacks."""
    part = build_filter(params)
    if part.segment:  # whose customers the rule names
        part = replace(part, segment=None)
    if part == AnalysisFilter():
        return part

    from bot.data.metrics.filters import validate_filter

    return await run_query(deps, lambda warehouse: validate_filter(warehouse, "plan", part))
