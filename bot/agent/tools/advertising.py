"""What in the advertising costs sales: campaigns, audiences, placements, products and retailers
that sell worse than the others beyond chance, with their share of spend and of sales, since when
and what they cost more; and keywords, with their campaign, that are clicked and not bought, hardly
shown, or shown for a product that is sold out, or whose budget was gone by noon, on how many days.
And the daily budget of each campaign and which share of it was spent: whether more can be spent.
A retailer or placement narrows it to the ads there; without_campaign leaves one out ("without brand
search": the names are in describe_data).
Not for the amounts of a period (query_metrics, dataset campaigns), nor for sent e-mails
(past_copy).
Example: {"product": "none", "channel": "none", "retailer": "none", "placement": "none",
"without_campaign": "none", "since": "none", "until": "none"}
"""

from collections.abc import Mapping, Sequence

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    build_filter,
    find_analysis,
    group_by_subject,
    link_changes,
    number_of,
    pick_measures,
    read_day_of,
    set_periods,
)
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.query_metrics import look_up_sold_out_ads
from bot.core.exhibits import Exhibit
from bot.core.facts import Fact
from bot.core.metric_query import MetricCondition, MetricQuery
from bot.core.rounding import round_sums
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Language, Words

WORSE, STUCK = "worse--", "stuck--"  # the subjects of what is worse, and of keywords
TOTAL_MEASURES = ("spend", "sales", "orders", "return", "cost-per-order")
WORSE_MEASURES = (
    *("status", "dimension", "since", "spend", "share-of-spend", "share-of-sales"),
    *("return", "return-elsewhere", "excess", "excess-low", "excess-high"),
)
COST_MEASURES = ("share-of-orders", "cost-per-order", "cost-per-order-elsewhere")  # without sales
STUCK_MEASURES = (
    *(
        "where",
        "campaign",
        "retailer",
        "days",
        "days-out-of-budget",
        "budget-a-day",
        "share-of-budget",
        "product",
    ),
    "since",
    *("spend", "clicks", "orders", "impressions"),
)
BUDGET_MEASURES = ("budget-a-day", "share-of-budget", "days-out-of-budget")
IN_TABLE_ALONE = ("days", "budget-a-day", "impressions")  # of keywords
SUMS = ("spend", "sales", "excess", "excess-low", "excess-high")  # of money
MAX_WORSE, MAX_STUCK = 3, 6
COLUMNS = {
    "spend": Words("Spend"),
    "clicks": Words("Clicks"),
    "orders": Words("Orders"),
    "cost-per-order": Words("Cost per order"),
    "return": Words("ROAS (platform)"),
    "budget-a-day": Words("Budget a day"),
    "share-of-budget": Words("Budget spent"),
    "days-out-of-budget": Words("Days out of budget"),
}
ROWS = {  # the dimensions of the analysis, as query_metrics names them
    "name": ("campaign", Words("Campaign")),
    "audience": ("audience", Words("Audience")),
    "placement": ("placement", Words("Placement")),
    "product": ("product", Words("Product")),
    "retailer": ("retailer", Words("Platform")),
    "channel": ("channel", Words("Channel")),
}
KEYWORDS = GroupExhibit(
    "keywords that don't sell",
    Words("Keyword"),
    {
        "campaign": Words("Campaign"),
        "retailer": Words("Platform"),
        "where": Words("Problem"),
        **{
            name: COLUMNS[name]
            for name in ("spend", "budget-a-day", "share-of-budget", "clicks", "orders")
        },
    },
)
PROBLEM = Words("problem")
PROBLEMS = {
    "sold out": Words("product sold out"),
    "unbought": Words("clicked, not bought"),
    "budget gone by noon": Words("budget gone by noon"),
    "unclicked": Words("shown, not clicked"),
    "unseen": Words("hardly shown"),
}
NOTE = (
    "“excess” is what it cost more than the same sales elsewhere, as the ad platform counts them; "
    "campaigns, audiences and placements overlap, so never add those up. “problem” says what stops "
    "a keyword; what it spent is within its campaign, so tell the two as one problem. Status "
    "“mixed” or “apart”: may be due to what it is shown with; “to watch”: may be chance."
)
BUDGET_NOTE = (
    "“budget a day”: the mean of these days; “share of budget”: how much of it was spent; “days "
    "out of budget”: on which one was used up. Where much is left, a higher budget buys nothing "
    "more, however good the return: advise more money only where a budget runs out, and say beside "
    "it how much a day that is, and is spent. What more money would bring is not in the data."
)
NOT_COMPARED = (
    "Campaigns can't be compared: the file has no names, or not both orders and spend, of several."
)


class Params(ToolParams):
    product: str
    channel: str
    retailer: str
    placement: str
    without_campaign: str
    since: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(deps, "campaigns", build_filter(params))
    groups = group_by_subject(finding.result.facts)
    worse = [name for name in groups if name.startswith(WORSE)][:MAX_WORSE]
    stuck = [name for name in groups if name.startswith(STUCK)]
    stuck.sort(key=lambda name: -number_of(groups[name], "spend"))
    of_ads = groups.get("ads", ())
    chosen = pick_measures(of_ads, (*TOTAL_MEASURES, *BUDGET_MEASURES))
    limited = {  # campaigns of a keyword whose budget runs out
        str(one.value)
        for name in stuck
        if pick_measures(groups[name], ("days-out-of-budget",))
        for one in pick_measures(groups[name], ("campaign",))
    }
    budgets = [
        fact
        for name, group in groups.items()
        if name.startswith("name--")
        for fact in pick_measures(group, BUDGET_MEASURES)
        if fact.about in limited or fact.parts.measure != "budget-a-day"  # it is in the table
    ]
    chosen += budgets
    for name in worse:
        has_sales = bool(pick_measures(groups[name], ("return",)))
        measures = WORSE_MEASURES if has_sales else (*WORSE_MEASURES, *COST_MEASURES)
        chosen += pick_measures(groups[name], measures)
    period = (read_day_of(of_ads, "since"), read_day_of(of_ads, "until"))
    for name in stuck[:MAX_STUCK]:
        of_stuck = pick_measures(groups[name], STUCK_MEASURES)
        if since := read_day_of(of_stuck, "since"):
            days = dict.fromkeys(STUCK_MEASURES, (since, period[1] or finding.result.as_of))
            of_stuck = set_periods(of_stuck, days)
        chosen += of_stuck
    status = pick_measures(groups.get("compared", ()), ("status",))
    notes = [NOTE] if chosen else []
    notes += [BUDGET_NOTE] if budgets else []
    notes += [NOT_COMPARED for fact in status if fact.value != "compared"]
    dimensions = {
        str(fact.value) for name in worse for fact in pick_measures(groups[name], ("dimension",))
    }
    sold_out = await look_up_sold_out_ads(_ask_ads(finding.where), period, deps)
    facts = finding.prepare(chosen, period=period)
    facts = round_sums(link_changes(facts, {"return": "return-elsewhere"}), SUMS)
    compared = {
        name: round_sums(finding.prepare(of_dimension, period=period), SUMS)
        for name in ROWS
        if name in dimensions | {"name"}
        if (of_dimension := _list_facts(groups, name))
    }
    language = finding.language
    facts = tuple(_name_problem(fact, language) for fact in facts)
    keywords = [fact for fact in facts if fact.parts.subject.startswith(STUCK)]
    run_out = {
        fact.parts.subject for fact in keywords if fact.parts.measure == "days-out-of-budget"
    }
    told = [
        fact
        for fact in facts
        if fact not in keywords
        or fact.parts.measure not in IN_TABLE_ALONE
        or (fact.parts.measure == "budget-a-day" and fact.parts.subject in run_out)
    ]
    of_all = [fact for fact in told if fact.parts.subject == "ads"]
    return finding.build_result(
        [*of_all, *sold_out.facts, *(fact for fact in told if fact not in of_all)],
        title=Words("advertising"),
        exhibits=[
            *(one for name, some in compared.items() for one in _build_rows(name, some, language)),
            *KEYWORDS.build(keywords, language),
            *sold_out.exhibits,
        ],
        notes=[*notes, *sold_out.notes],
    )


def _ask_ads(where: AnalysisFilter) -> MetricQuery:
    """Build the query for the ads that a call is narrowed to."""
    asked = ("product", "channel", "retailer", "placement")
    conditions = [
        MetricCondition(field=name, operator="is", values=(value,))
        for name in asked
        if (value := getattr(where, name))
    ]
    if name := where.without_campaign:
        conditions.append(MetricCondition(field="campaign", operator="is_not", values=(name,)))
    filters = tuple((one,) for one in conditions)
    return MetricQuery(dataset="campaigns", measures=("spend",), filters=filters)


def _list_facts(groups: Mapping[str, Sequence[Fact]], dimension: str) -> list[Fact]:
    return [
        fact
        for name, group in groups.items()
        if name.startswith(f"{dimension}--")
        for fact in group
    ]


def _build_rows(dimension: str, facts: Sequence[Fact], language: Language) -> tuple[Exhibit, ...]:
    """Return the table of one dimension: those of two overlap."""
    rows_of, heading = ROWS[dimension]
    measure = "return" if pick_measures(facts, ("return",)) else "cost-per-order"
    shows = f"ads side by side by {rows_of}"
    return GroupExhibit(shows, heading, COLUMNS, bars=measure, rows_of=rows_of).build(
        facts, language
    )


def _name_problem(fact: Fact, language: Language) -> Fact:
    """Return the fact; one of what stops a keyword says it in the reader's language."""
    problem = PROBLEMS.get(str(fact.value)) if fact.parts.measure == "where" else None
    if problem is None:
        return fact
    return fact.model_copy(update={"label": PROBLEM.text, "value": problem.to(language)})
