"""Customer segments by how recently, how often and for how much people buy: champions, loyal,
promising, new, at risk, drifting away, lapsed, one-time. Tells how many customers each has, its
share of customers and of revenue, its average order and its growth over 90 days; for one segment
also its rule, favourite category, best day and hour.
Not for counting people by conditions of your own (use audience), nor for sales of a period.
Example: {"segment": "at-risk", "country": "FR", "source": "none", "device": "none",
"since": "none", "until": "none"}
"""

from dataclasses import replace
from typing import Literal

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import build_filter, explain_segments, find_analysis
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.audience_rule import SEGMENT_LABELS
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
)
EXHIBIT = GroupExhibit(
    "customer segments",
    Words("Segment"),
    {
        "customers": Words("Customers"),
        "share-of-customers": Words("Share of customers"),
        "revenue-share": Words("Share of revenue"),
        "average-order": Words("Average order"),
        "growth": Words("Growth in 90 days"),
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
    facts = finding.prepare(chosen)
    notes = ["Every customer is in exactly one segment. Growth compares with 90 days ago."]
    if not named and facts:
        notes += explain_segments(SEGMENT_LABELS)
        notes.append("Name one segment to get its favourite category, best day and hour.")
    return finding.build_result(
        facts,
        title=SEGMENT_LABELS[params.segment] if named else Words("customer segments"),
        exhibits=EXHIBIT.build([fact for fact in facts if fact.about], finding.language),
        notes=notes,
    )


def _list_subjects(segment: SegmentName) -> tuple[str, ...]:
    return (*SEGMENT_LABELS, "others") if segment == "none" else (segment,)
