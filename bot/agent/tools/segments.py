"""Customer segments by how recently, how often and for how much people buy: champions, loyal,
promising, new, at risk, drifting away, lapsed, one-time. Tells how many customers each has, its
share of customers and of revenue, its average order, how its customers grew in 90 days, its rule,
and how many agreed to the purpose; for one segment also its favourite category, best day and hour.
Not for counting people by conditions of your own (use audience), nor for sales of a period.
Example: {"segment": "at-risk", "country": "FR", "source": "none", "device": "none",
"since": "none", "until": "none", "purpose": "none"}
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    build_filter,
    describe_segments,
    find_analysis,
    find_order_days,
    name_revenue,
    run_query,
)
from bot.agent.tools._audience_worth import AGREED, COLUMNS, OPTED_OUT, AskedPurpose
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.audience_rule import SEGMENT_LABELS, AudiencePurpose, AudienceRule
from bot.core.audience_words import join_with_and
from bot.core.channels import find_purpose
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Words

SegmentName = Literal[
    "none",
    "champions",
    "loyal",
    "promising",
    "new",
    "at-risk",
    "drifting-away",
    "lapsed",
    "one-time",
]
OVERVIEW = (
    "customers",
    "typical-gap",
    "share-of-customers",
    "revenue-share",
    "average-order",
    "growth",
    "rule",
)
EXHIBIT = GroupExhibit(
    "customer segments",
    Words("Segment"),
    {
        "customers": Words("Customers"),
        **{f"by-{purpose}": words for purpose, words in COLUMNS.items()},
        "share-of-customers": Words("Share of customers"),
        "revenue-share": Words("Share of revenue"),
        "average-order": Words("Average order"),
        "growth": Words("Change in customers, 90 days"),
        "rule": Words("Who they are"),
    },
    bars="customers",
    rows_of="segment",
)


class Params(ToolParams):
    segment: SegmentName
    country: str
    source: str
    device: str
    since: str
    until: str
    purpose: AskedPurpose = Field(
        description="none: that of the channel that was asked for, if one was."
    )


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    # The segment picks among the facts. As a filter it would mean those of the customers' file.
    where = replace(build_filter(params), segment=None)
    finding = await find_analysis(deps, "segments", where)
    named = params.segment != "none"
    chosen = [
        fact
        for fact in finding.result.facts
        if fact.parts.subject in (*_list_subjects(params.segment), "all")
        and (named or fact.parts.measure in OVERVIEW)
    ]
    asked = find_purpose(deps.request.brief)
    purpose = asked if params.purpose == "none" else params.purpose
    is_counted = purpose is not None and where == AnalysisFilter()
    if purpose and is_counted:
        chosen += await _count_agreed(purpose, chosen, deps)
    facts = finding.prepare(chosen)
    notes = [
        "Every customer is in exactly one segment, so shares can be added. “growth” is of its "
        "number of customers, against 90 days ago."
    ]
    if purpose and not is_counted:
        notes.append(
            "Who agreed is counted of the segments of all customers alone: call without place, "
            "source, device and days, or audience."
        )
    revenue = None
    if any(fact.parts.measure == "revenue-share" for fact in facts):
        revenue = await run_query(deps, name_revenue)
        notes.append(f"The revenue share is of {revenue.text}: say so, and the days.")
    is_of_all = where.since is None and where.until is None
    if facts and is_of_all and (days := await run_query(deps, find_order_days)):
        since, until = days
        finding = replace(finding, where=replace(finding.where, since=since, until=until))
    if not named and facts:
        notes.append("Name one segment to get its favourite category, best day and hour.")
    agreed = OPTED_OUT if is_counted else None
    readings = [one for one in (agreed, describe_segments([params.segment]), revenue) if one]
    return finding.build_result(
        facts,
        title=SEGMENT_LABELS[params.segment] if named else Words("customer segments"),
        reading=join_with_and(readings) if readings else None,
        exhibits=EXHIBIT.build([fact for fact in facts if fact.about], finding.language),
        notes=notes,
    )


async def _count_agreed(
    purpose: AudiencePurpose, facts: Sequence[Fact], deps: ToolDeps
) -> list[Fact]:
    """Return how many of each segment agreed to the purpose, as `audience` tells it."""
    counts = []
    for fact in facts:
        segment = fact.parts.subject
        if fact.parts.measure != "rule" or segment not in SEGMENT_LABELS:
            continue
        rule = AudienceRule(purpose=purpose, segments=(segment,))
        found = await find_analysis(deps, "audiences", AnalysisFilter(rule=rule.stored))
        id = fact.parts._replace(measure=f"by-{purpose}")
        changes = {"id": str(id), "label": AGREED[purpose].text, "about": fact.about}
        counts += [
            one.model_copy(update=changes)
            for one in found.result.facts
            if one.parts.measure == id.measure
        ]
    return counts


def _list_subjects(segment: SegmentName) -> tuple[str, ...]:
    return (*SEGMENT_LABELS, "others") if segment == "none" else (segment,)
