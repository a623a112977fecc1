"""How many customers come back after their first purchase within 30, 60, 90 and 180 days, and which
first categories, products and sources bring more or fewer of them back than comparable customers.
since, until, country, source and device select customers by their first order ever; who comes back,
from anywhere, is followed to the end of the data.
Not for who will buy next (forecast), nor for what is bought next (bought_next).
Example: {"product": "none", "category": "Bath", "country": "none", "source": "none",
"device": "none", "since": "2026-01-01", "until": "none"}
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import Finding, build_filter, find_analysis, name_value
from bot.agent.tools._exhibits import GroupExhibit
from bot.i18n.messages import Words

EVERYBODY = Words("all customers")
SELECTED_BY = ("country", "source", "device")
EXHIBIT = GroupExhibit(
    "customers back within 90 days, by what they bought first",
    Words("First purchase"),
    {
        "share-90-days": Words("Back within 90 days"),
        "others-90-days": Words("Others, same months"),
    },
    bars="share-90-days",
)


class Params(ToolParams):
    product: str
    category: str
    country: str
    source: str
    device: str
    since: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(
        deps, "segments", build_filter(params), part="find_repeat_purchases"
    )
    prepared = finding.prepare(finding.result.facts)
    groups = [fact for fact in prepared if fact.parts.measure in EXHIBIT.columns and fact.about]
    of_whom = _name_selected(finding)
    facts = [
        fact.model_copy(
            update={"about": " · ".join(filter(None, (fact.about, of_whom))) or EVERYBODY.text}
        )
        for fact in prepared
    ]
    return finding.build_result(
        facts,
        title=Words("repeat purchases"),
        exhibits=EXHIBIT.build(groups, finding.language),
        notes=(
            "Only customers whose first purchase is long enough ago are counted. Groups stand here "
            "only when they differ from others who started in the same months by more than chance.",
            *_explain_shares(finding),
        ),
    )


def _name_selected(finding: Finding) -> str:
    """Return what a filter says of the first orders; nothing of all of them."""
    values = {name: getattr(finding.where, name) for name in SELECTED_BY}
    names = [name_value(name, value, finding.language) for name, value in values.items() if value]
    words = Words("first order: {what}", what=" · ".join(names))
    return words.to(finding.language) if names else ""


def _explain_shares(finding: Finding) -> Iterator[str]:
    """Say of which purchases the shares are, and which shares the data can't tell."""
    from bot.data.analyses.segments.repeat_purchase import RETURN_WINDOWS

    result, where = finding.result, finding.where
    if not result.facts:
        return
    end = result.facts[0].as_of
    for days in RETURN_WINDOWS:
        last = end - timedelta(days=days)
        if where.since and where.since > last:
            yield (
                f"Within {days} days can't be told: the data ends on {end}, less than {days} days "
                "after the first of these first purchases."
            )
        elif result.get("second-purchase", f"share-{days}-days") is None:
            yield (
                f"Within {days} days is not shown: too few customers came back, did not, or would "
                "stand between two shares."
            )
        elif (where.since or where.until) and (where.until is None or where.until > last):
            yield f"Within {days} days is of first purchases until {last}: the data ends on {end}."
