"""How many customers come back after their first purchase within 30, 60, 90 and 180 days, and which
first categories, products and sources bring more or fewer of them back than comparable customers.
Not for who will buy next (forecast), nor for what is bought next (bought_next).
Example: {"product": "none", "category": "Bath", "country": "none", "source": "none",
"device": "none", "since": "2026-01-01", "until": "none"}
"""

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    build_bars,
    build_exhibit,
    build_filter,
    build_table,
    find_analysis,
    make_result,
    prepare_facts,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

EVERYBODY = Words("all customers")
COLUMNS = {
    "share-90-days": Words("Back within 90 days"),
    "others-90-days": Words("Others, same months"),
}


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
        deps, "segments", build_filter(params), part=_find_repeat_purchases
    )
    facts = prepare_facts(
        [
            fact if fact.about else fact.model_copy(update={"about": EVERYBODY.text})
            for fact in finding.result.facts
        ],
        finding.where,
    )
    language = deps.request.language
    groups = [fact for fact in facts if fact.parts.measure in COLUMNS]
    return make_result(
        finding,
        facts,
        title=Words("repeat purchases"),
        language=language,
        exhibits=build_exhibit(
            "customers back within 90 days, by what they bought first",
            build_table(groups, Words("First purchase"), COLUMNS, language),
            build_bars(groups, "share-90-days", language),
        ),
        notes=(
            "Only customers whose first purchase is long enough ago are counted. Groups stand here "
            "only when they differ from others who started in the same months by more than chance.",
        ),
    )


def _find_repeat_purchases(warehouse: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    from bot.data.analyses.segments import find_repeat_purchases

    return find_repeat_purchases(warehouse, where)
