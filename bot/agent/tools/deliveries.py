"""Late parcels: the share not delivered by the promised day, of the orders of eight weeks against
the ten months before, in total and by region, which regions are late beyond chance, since when, and
the order value at stake. Needs orders with a promised and a delivered day.
Not for the share of other days (query_metrics), nor for what customers write about deliveries
(feedback_themes).
Example: {"product": "none", "category": "none", "brand": "none", "country": "FR",
"region": "none", "device": "none", "source": "none", "segment": "none", "until": "none"}
"""

from dataclasses import replace

from bot.agent.tool import ToolDeps, ToolResult
from bot.agent.tools._analysis import build_filter, find_analysis, link_changes
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.trends import Params
from bot.i18n.french_regions import find_department, name_department
from bot.i18n.messages import Words

LEFT_OUT = ("p", "regions")
REGIONS = GroupExhibit(
    "the share of late parcels by region",
    Words("Region"),
    {
        "late": Words("Late"),
        "before": Words("Before"),
        "rest": Words("Elsewhere"),
        "late-worth": Words("Value of late orders"),
    },
    bars="late",
)


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(deps, "delivery", build_filter(params))
    chosen = [
        fact.model_copy(update={"about": _name_places(fact.about)})
        for fact in finding.result.facts
        if fact.parts.measure not in LEFT_OUT or fact.parts.subject == "tested"
    ]
    facts = link_changes(finding.prepare(chosen), {"late": "before"})
    regions = [fact for fact in facts if fact.parts.subject.startswith("region-")]
    are_departments = any(find_department(fact.about) for fact in regions)
    heading = Words("Department") if are_departments else REGIONS.heading
    dated = [fact for fact in facts if fact.parts.measure == "late" and fact.since]
    if dated:
        late = dated[0]
        where = replace(finding.where, since=late.since, until=late.until)
        finding = replace(finding, where=where)
    shown = {fact.about for fact in regions}
    late_ones = next((one.about for one in facts if one.parts.subject == "late-regions"), "")
    few = [name for name in late_ones.split(", ") if name and name not in shown]
    cut = Words("No row for {names}: too few parcels.", names=", ".join(few)).to(finding.language)
    exhibits = replace(REGIONS, heading=heading).build(regions, finding.language)
    return finding.build_result(
        facts,
        title=Words("late parcels (not delivered by the promised day)"),
        exhibits=[one.model_copy(update={"cut": cut if few else ""}) for one in exhibits],
        notes=(
            "“late” is the share of parcels not delivered by the promised day, of those "
            "promised for a day before the last of the data; “rest” is that of all regions but "
            "those that stand out, which are also taken together; one with few parcels has no row.",
        )
        if facts
        else (),
    )


def _name_places(about: str) -> str:
    """Return "Ariège (09), Dordogne (24)" for "09, 24"; other regions are returned unchanged."""
    return ", ".join(map(name_department, about.split(", ")))
