"""What moved in the weekly sales: orders, units and revenue in total and by category, product,
country, region, device and source, each held against what was expected from the weeks before and
the season. A series is confirmed, to watch or steady; one that the call names is told though
steady. New ones are named too, products that come back more or less than the others (the return
rate and leading reason of each over a year), and steps: what changed within the last quarter and
stayed. For "what changed?", "is that drop real?". It has no reasons: for "why are
sales down?" take split_revenue (visits, conversion, basket) and funnel (at which step) as well.
Not for the amount of a period (query_metrics).
Example: {"product": "none", "category": "Bath", "brand": "none", "country": "none",
"region": "none", "device": "none", "source": "none", "segment": "none", "until": "none"}
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import build_filter, find_analysis, group_by_subject, link_changes
from bot.agent.tools._calendar import tell_occasions
from bot.agent.tools._exhibits import GroupExhibit, build_exhibit, build_line
from bot.agent.tools._lost_sales import name_sold_out
from bot.agent.tools._path_breaks import Breaks, call_funnel, name_breaks
from bot.agent.tools.query_metrics import ask_sales, look_up_like_days, look_up_newest
from bot.core.exhibits import Exhibit
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Language, Words, format_short_period, quote_name

MAX_LINES = 3
LEVEL_DAYS, WEEK_DAYS = 56, 7
WEEK, ONE_DAY = timedelta(days=WEEK_DAYS), timedelta(days=1)
WEEKLY_MEAN = Words("a week, mean of these days")
RETURNS, STEPS = "returns-", "step-"
MOVED = ("confirmed", "to watch")
MEASURES = (
    "status",
    "change",
    "last",
    "week-before",
    "expected",
    "level",
    "since",
    "weeks",
    "revenue",
)
STEADY_MEASURES = ("status", "change", "last", "week-before", "expected")
SERIES = GroupExhibit(
    "weekly sales against what was expected",
    Words("Weekly sales"),
    {
        "last": Words("A week"),
        "week-before": Words("The week before"),
        "expected": Words("Expected"),
        "change": Words("Difference"),
        "since": Words("Since"),
        "revenue": Words("Revenue a week"),
    },
    bars="change",
)


class Params(ToolParams):
    product: str
    category: str
    brand: str
    country: str
    region: str
    device: str
    source: str
    segment: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(deps, "trends", build_filter(params))
    asked, beside, breaks = finding.where, ToolResult(), Breaks()
    groups = group_by_subject(finding.result.facts)
    moved = {
        name: group
        for name, group in groups.items()
        if _get_status(group) in MOVED and not name.startswith(RETURNS)
    }
    told = {  # the totals and what the call names, steady or not
        name: group
        for name, group in groups.items()
        if any(fact.parts.measure == "points" for fact in group) or name.startswith("total-")
    }
    named = {
        name: group
        for name, group in told.items()
        if name not in moved and not name.startswith("total-")
    }
    rest = [
        name
        for name in groups
        if name.startswith(("new-", STEPS, RETURNS)) or name in ("tested", "ended")
    ]
    steady = [
        group[0].about
        for name, group in groups.items()
        if _get_status(group) == "steady" and name not in told
    ]
    chosen = [
        *_pick(moved, MEASURES),
        *_pick({k: v for k, v in told.items() if k not in moved}, STEADY_MEASURES),
        *(
            _name_kind(fact, finding.language)
            for name in rest
            for fact in groups[name]
            if fact.parts.measure not in ("points", "p")
        ),
    ]
    facts = link_changes([*map(_name_mean, finding.prepare(chosen))], {"last": "level"})
    notes = [
        f"“last” and “{WEEKLY_MEAN.text}” are of the days beside them, not since “since”: never "
        "join the two; “level” is of the eight weeks before; “change” is against what was "
        "expected. Only what is confirmed is sure; “to watch” may be chance."
    ]
    dated = [fact for fact in facts if fact.parts.measure == "last" and fact.since]
    if week := max(dated, key=lambda fact: fact.since or date.min, default=None):
        finding = replace(finding, where=replace(finding.where, since=week.since, until=week.until))
        usual = week.since and week.since - timedelta(days=LEVEL_DAYS)
        before = (week.since - WEEK, week.since - ONE_DAY) if week.since else (None, None)
        usual = week.since and week.since - timedelta(days=LEVEL_DAYS)
        before = (week.since - WEEK, week.since - ONE_DAY) if week.since else (None, None)
        beside = await _look_up_sales(week, before, asked, deps)
        if week.until and week.until < week.as_of:
            newer = format_short_period(week.until + ONE_DAY, week.as_of, "en", date.min)
            also = ", and what the newest sold, which is told first" if beside.facts else ""
            notes.append(f"Weeks are whole: {newer} is in none. Say which days yours are of{also}.")
        notes += beside.notes
        own = [*beside.facts, *facts]
        breaks = await name_breaks((usual, asked.until), asked, deps, own)
        notes += breaks.notes
        notes += await name_sold_out([(usual, week.until)], ask_sales(asked), deps)
    if not told and not moved:
        notes.append("query_metrics tells the weeks and months of what sells too little for this.")
    if steady:
        notes.append(f"Steady, so no more is told of them: {', '.join(steady[:12])}.")
    return finding.build_result(
        (*beside.facts, *facts),
        title=Words("sales and returns of the last full week"),
        exhibits=(
            *_build_exhibits(facts, {**named, **moved, **told}, finding.language),
            *beside.exhibits,
        ),
        notes=notes,
    ).model_copy(update={"next_calls": call_funnel(breaks, facts, deps)})


async def _look_up_sales(
    week: Fact, before: tuple[date | None, date | None], where: AnalysisFilter, deps: ToolDeps
) -> ToolResult:
    """Return a note on the occasions of the week, and the sales of the days after it. Where there
    are none, its own stand beside those of days of a year before that hold the same occasions."""
    days = (week.since, week.until)
    if where.brand or not week.until:
        return ToolResult(notes=tuple(tell_occasions(days, before, deps)))
    if week.until >= week.as_of:
        return await look_up_like_days(ask_sales(where), days, before, deps)
    newest = await look_up_newest((week.until + ONE_DAY, week.as_of), where, deps)
    notes = (*tell_occasions(days, before, deps), *newest.notes)
    return newest.model_copy(update={"notes": notes})


def _name_mean(fact: Fact) -> Fact:
    """Return the fact, where it is a mean of several weeks with a label that says so."""
    days = (fact.until - fact.since).days + 1 if fact.since and fact.until else 0
    is_mean = fact.label == "last" and days > WEEK_DAYS
    return fact.model_copy(update={"label": WEEKLY_MEAN.text}) if is_mean else fact


def _name_kind(fact: Fact, language: Language) -> Fact:
    """Return the fact, where it is about returns or a step with a label that says so. A reason of
    returns is quoted, in the file's words."""
    if fact.parts.measure == "reason":
        fact = fact.model_copy(update={"value": quote_name(str(fact.value)).to(language)})
    for prefix, kind in ((RETURNS, "returns"), (STEPS, "step of the last quarter")):
        if fact.parts.subject.startswith(prefix):
            return fact.model_copy(update={"label": f"{kind}: {fact.label}"})
    return fact


def _get_status(group: Sequence[Fact]) -> str:
    return next((str(fact.value) for fact in group if fact.parts.measure == "status"), "")


def _pick(groups: dict[str, list[Fact]], measures: Sequence[str]) -> list[Fact]:
    return [fact for group in groups.values() for fact in group if fact.parts.measure in measures]


def _build_exhibits(
    facts: Sequence[Fact], groups: dict[str, list[Fact]], language: Language
) -> list[Exhibit]:
    """Return the table of what moved, of the totals and of what was named, and the lines of the
    first of them."""
    series = [fact for fact in facts if fact.parts.measure in MEASURES]
    exhibits = [*SERIES.build(series, language)]
    lines = 0
    for group in groups.values():
        points = next((fact for fact in group if fact.parts.measure == "points"), None)
        last = next((fact for fact in group if fact.parts.measure == "last"), None)
        if points is None or last is None or lines == MAX_LINES:
            continue
        about = Words(last.about).to("en")
        title = Words("{what}, by week", what=Words(last.about)).to(language)
        chart = build_line(str(points.value), last.unit or "", title)
        exhibits += build_exhibit(f"{about} by week, with what was expected", None, chart)
        lines += 1
    return exhibits
