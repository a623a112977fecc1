"""Convert a request into an analysis filter, and an analysis' limits and data age into facts."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bot.core.audience_rule import AudiencePurpose
from bot.core.experiment_plan import MESSAGE_PLACES, PlanRequest, find_place
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.source import NO_SOURCE
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

TABLES_BY_KIND = {  # the tables that each analysis reads
    "segments": ("orders", "consents"),
    "audiences": ("orders", "consents"),
    "behaviour": ("orders",),
    "sellers": ("orders",),
    "sold": ("orders",),
    "feedback": ("feedback",),
    "trends": ("orders",),
    "delivery": ("orders",),
    "funnel": ("events",),
    "campaigns": ("campaigns",),
    "experiments": ("experiments", "events"),
    "plan": ("events", "campaigns", "orders"),
}


def build_filter(request: SkillRequest) -> AnalysisFilter:
    """Return the filter for the brief. A forecast uses all orders up to the newest; the place
    of a planned test is found in the words by keywords."""
    brief = request.brief
    if request.skill == "predict":
        return AnalysisFilter(product=brief.product, category=brief.category, days=brief.within)
    if request.skill in ("trends", "blockers"):  # the whole past defines what is usual
        return AnalysisFilter(product=brief.product, until=brief.until)
    if request.skill == "targeting":
        return AnalysisFilter(
            product=brief.product,
            category=brief.category,
            country=brief.market,
            goal=brief.goal,
            rule=brief.rule,
        )
    if request.skill == "experiment":
        place = find_place(brief.words) or "visit"
        reach: AudiencePurpose | None = "email" if place in MESSAGE_PLACES else None
        plan = PlanRequest(place, reach=reach)
        return AnalysisFilter(product=brief.product, plan=plan, rule=brief.rule)
    return AnalysisFilter(
        product=brief.product,
        category=brief.category,
        brand=brief.brand,
        since=brief.since,
        until=brief.until,
        against=brief.against,
        days=brief.within,
        tally=brief.tally,
    )


def iter_cannot_facts(
    result: AnalysisResult, kind: str, language: str, today: date
) -> Iterator[Fact]:
    """Yield what can't be answered, in the reader's language: `<kind>.cannot.<n>`."""
    for n, words in enumerate(result.limits, 1):
        yield Fact(
            id=f"{kind}.cannot.{n}",
            label="can't tell",
            value=words.to(language),
            source=result.source if result.source.file else NO_SOURCE,
            as_of=today,
        )


def describe_age(warehouse: "Warehouse", table: str) -> Words | None:
    """Return a sentence on rows that are older than their kind allows, for a report's first
    lines."""
    if table not in warehouse.listed or not (days := warehouse.stale(table)):
        return None
    file = warehouse.source(table).words()
    return Words("{file} ends {days} days ago: what came since is not in it.", file=file, days=days)


def iter_age_facts(warehouse: "Warehouse", kind: str) -> Iterator[Fact]:
    """Yield the age of a data set that is older than its kind allows: `<kind>.age.days`."""
    for table in TABLES_BY_KIND.get(kind, ()):
        if table in warehouse.listed and (days := warehouse.stale(table)):
            yield Fact(
                id=f"{kind}.age.days",
                label="age",
                about=str(warehouse.source(table)),
                value=days,
                unit="days",
                source=warehouse.source(table),
                as_of=warehouse.as_of(table),
            )
            return
