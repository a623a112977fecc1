"""Who will buy again within the next days (7 to 365), how many purchases and how much revenue to
expect, and how likely customers are who are within, or past, their usual rhythm. Each forecast was
tried on past windows; one that failed there is refused with the reason.
With since and until, days to come such as December: a scenario of all orders and sales, also by
week, which is last year's same days at the pace of the last eight weeks; of days that have begun
(this month) also what came so far and both together.
Not for what already happened, and not for a single customer.
Example: {"days": 90, "since": "none", "until": "none", "product": "none", "category": "none",
"country": "none", "source": "none", "device": "none"}
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import build_filter, find_analysis, read_day
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words, format_short_day, format_short_period

MIN_DAYS, MAX_DAYS = 7, 365
LEFT_OUT = ("backtest-brier", "base-rate-brier", "backtest-auc", "simple-rule", "p")
DAYS = ("first-day", "last-day")  # of the past windows
BOUGHT = Words("Bought in such a window")
TENTHS = GroupExhibit(
    "share that bought in past windows, by tenth of likelihood",
    Words("Likeliest first"),
    {"bought": BOUGHT},
    bars="bought",
)
SILENCE = GroupExhibit(
    "share that bought again, by how long they have been silent",
    Words("Customers"),
    {"customers": Words("Customers"), "bought": BOUGHT},
    bars="bought",
)


WEEKS = GroupExhibit(
    "the scenario by week",
    Words("Days"),
    {"last-year-orders": Words("Orders last year"), "scenario-orders": Words("Scenario")},
)
SCENARIO = GroupExhibit(
    "the scenario with its range",
    Words("Days"),
    {
        "so-far-sales": Words("So far"),
        "scenario-sales": Words("Scenario"),
        "scenario-sales-low": Words("At least"),
        "scenario-sales-high": Words("At most"),
        "last-year-sales": Words("Last year"),
    },
)
SCENARIO_NOTE = (
    "A scenario and no forecast: “last year” are the same days then (of other days than whole "
    "months the same weekdays), “change” is the pace: the last eight weeks against those of last "
    "year; where “last week”, of seven days alone, is far from it, say so beside the scenario. "
    "“low” to “high” is what the weeks differ from that pace. Call it a scenario, tell its range "
    "and what it stands on; a sale, a holiday or stock on other days than last year changes "
    "it. A goal such as +10% on last year is calculate's plus_percent."
)


class Params(ToolParams):
    days: int = Field(description="7 to 365; of no matter with since and until.")
    since: str
    until: str
    product: str = Field(description="Only of a scenario, like category.")
    category: str
    country: str
    source: str
    device: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    where = build_filter(params)
    if where.since or where.until:
        return await _build_scenario(where, deps)
    if where.product or where.category:
        raise ToolError("product and category narrow a scenario: name since and until.")
    if not MIN_DAYS <= params.days <= MAX_DAYS:
        raise ToolError(
            f"days must be from {MIN_DAYS} to {MAX_DAYS}, not {params.days}: a forecast can't look "
            "further."
        )
    finding = await find_analysis(deps, "behaviour", replace(where, days=params.days))
    facts = finding.prepare(fact for fact in finding.result.facts if _is_forecast(fact))
    tenths = [fact for fact in facts if "-tenth-" in fact.parts.subject]
    rhythm = [fact for fact in facts if "rhythm" in fact.parts.subject or _is_silent(fact)]
    first = max((fact.as_of for fact in facts), default=deps.today)
    last = format_short_day(first + timedelta(days=params.days), finding.language, deps.today)
    return finding.build_result(
        facts,
        title=Words("forecast to {day}", day=last),
        exhibits=(
            *TENTHS.build(tenths, finding.language),
            *SILENCE.build(rhythm, finding.language),
        ),
        notes=(
            "Shares are from past windows of the same length. A season can change them.",
            *_explain_range(facts),
            *_explain_season(facts, params.days),
        ),
    )


async def _build_scenario(where: AnalysisFilter, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(deps, "behaviour", where, part=_find_scenario)
    facts = finding.prepare(finding.result.facts)
    rows = [
        fact.model_copy(update={"about": name, "since": None, "until": None})
        for fact in facts
        if (name := _name_week(fact, facts, finding.language))
    ]
    weeks = [fact for fact in rows if fact.parts.subject.startswith("week-")]
    whole = [fact for fact in rows if fact.parts.subject.startswith(("scenario", "whole"))]
    return finding.build_result(
        facts,
        title=Words("scenario at the pace of the last eight weeks, from last year's days"),
        exhibits=(
            *SCENARIO.build(whole, finding.language),
            *WEEKS.build(weeks, finding.language),
        ),
        notes=(SCENARIO_NOTE,) if facts else (),
    )


def _find_scenario(warehouse: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    from bot.data.analyses.forecast.scenario import find_scenario

    return find_scenario(warehouse, where)


def _name_week(fact: Fact, facts: Sequence[Fact], language: Language) -> str:
    """Return the days to come of a week's row."""
    same = (one for one in facts if one.parts.subject == fact.parts.subject)
    day = next(one for one in same if one.parts.measure == "scenario-orders")
    assert day.since is not None
    assert day.until is not None
    return format_short_period(day.since, day.until, language, date.min)


def _explain_range(facts: Sequence[Fact]) -> Iterator[str]:
    if any(fact.parts.measure.endswith("-low") for fact in facts):
        yield (
            "“low” to “high”: the forecast with the error of the worst past window in both "
            "directions. Tell the range with every forecast."
        )


def _explain_season(facts: Sequence[Fact], days: int) -> Iterator[str]:
    """Say when the windows tried don't hold the same days of last year."""
    tried = {one.parts.measure: one for one in facts if one.parts.subject.startswith("buy-")}
    first, last = (read_day(str(tried[m].value), m) if m in tried else None for m in DAYS)
    if first is None or last is None:
        return
    a_year_ago = last + timedelta(days=1) - timedelta(days=365)
    if a_year_ago < first:
        yield (
            f"The same days of last year, {a_year_ago} to {a_year_ago + timedelta(days=days - 1)}, "
            "are in none of the windows tried: what their season changes can't be told. Say so."
        )


def _is_forecast(fact: Fact) -> bool:
    subject, measure = fact.parts.subject, fact.parts.measure
    if "-then-" in subject or subject.startswith(("after", "next-")):
        return False
    if "-tenth-" in subject and not subject.endswith(("-tenth-1", "-tenth-2", "-tenth-10")):
        return measure == "bought"
    if measure in ("windows", "days"):
        return subject.startswith("buy-")
    return measure not in LEFT_OUT


def _is_silent(fact: Fact) -> bool:
    return fact.parts.subject.startswith(("drifting", "silent"))
