"""The answer to a question about the data, without an AI.

A question whose every word is understood is answered at once by the query that tools run, too. Any
other gets a line that names the words not understood, and a button that opens the form, filled with
what was.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bot.core.charts import build_exhibit_chart
from bot.core.facts import Fact
from bot.core.metric_query import TIME_DIMENSIONS, DatasetName, MetricQuery, QuestionFields
from bot.core.parts import Copy, NextStep
from bot.core.report import Report
from bot.core.request import Question, SkillRequest
from bot.data.metrics.query.errors import QueryError
from bot.i18n.messages import Language, Words, format_short_period
from bot.offline.context import OfflineContext
from bot.offline.digest_moves import find_moves
from bot.offline.fact_sentences import MissingData, SentenceWriter
from bot.offline.questions import (
    COLUMN_FIELDS,
    QuestionReader,
    ValueNames,
    build_form_query,
    find_dataset,
)
from bot.offline.reports.digest import SECTIONS, build_point

if TYPE_CHECKING:
    from bot.data.metrics.query.answer import MetricAnswer
    from bot.data.metrics.query.answer_facts import MetricResult
    from bot.data.warehouse.warehouse import Warehouse

MAX_SECONDS = 30.0
MAX_POINTS = 4
RETURN_MEASURES = ("returned", "return_rate", "refunded")
FORM_LABEL = Words("Ask with the form")
TOO_FEW = Words("This would tell what a few people did, so I don't show it. Ask for more of them.")
ONE_CUSTOMER_MEASURE = "largest_order"
ONE_CUSTOMER = Words(
    "That is one customer's own figure: it takes the right see_people, which an "
    "administrator gives in policy.toml."
)
ONE_CUSTOMER_IN_PRIVATE = Words(
    "That is one customer's own figure, which I tell you alone: begin your question with "
    "“just for me”."
)
LATE_RETURNS = Words("Not all returns of these orders are in the data yet.")


@dataclass
class Lookup:
    """What became of the question: an answer, or why there is none."""

    fields: QuestionFields
    unread: tuple[str, ...] = ()
    answer: "MetricAnswer | None" = None
    result: "MetricResult | None" = None
    refusal: Words | None = None
    limits: list[Words] = field(default_factory=list)


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    may_see_people = await ctx.may("see_people")
    see_people = ctx.is_private and may_see_people
    found = await ctx.data.run_limited(
        lambda warehouse: look_up(warehouse, request, ctx, see_people), MAX_SECONDS
    )
    if found.refusal == ONE_CUSTOMER and may_see_people:
        found.refusal = ONE_CUSTOMER_IN_PRIVATE
    if found.answer is None or found.result is None:
        return await _list_moves(request, ctx, found) or _offer_form(request, found)
    return await _build_report(request, ctx, found.answer, found.result, found)


def look_up(
    warehouse: "Warehouse", request: SkillRequest, ctx: OfflineContext, see_people: bool
) -> Lookup:
    """Read the question, or the form's fields, and answer it within the floors."""
    from bot.data.metrics.query.answer_facts import build_result
    from bot.data.metrics.query.execution import answer_query
    from bot.data.metrics.query.guard import guard_answer

    assert ctx.today is not None

    def load_names(dataset: DatasetName) -> ValueNames:
        return load_value_names(warehouse, dataset)

    if request.brief.query:
        fields = QuestionFields.model_validate_json(request.brief.query)
        query: MetricQuery | None = None
        unread: tuple[str, ...] = ()
        if fields.measure is not None:
            query, unread = build_form_query(fields, find_dataset(fields.measure), load_names)
    else:
        reading = QuestionReader(request.brief.words, ctx.today, load_names).read()
        query, unread, fields = reading.query, reading.unread, reading.fields
    found = Lookup(fields, unread)
    if query is None or unread:
        return found
    if (refusal := find_missing_data(warehouse, query)) is not None:
        found.refusal = refusal
        return found
    if ONE_CUSTOMER_MEASURE in query.measures and not see_people:
        found.refusal = ONE_CUSTOMER
        return found
    log = ctx.data.answers if ctx.person else None
    try:
        answer = answer_query(warehouse, query, see_people=see_people)
        answer = guard_answer(warehouse, answer, log, ctx.person)
    except QueryError:
        found.refusal = TOO_FEW
        return found
    result, limits = (
        build_result(warehouse, answer, request.language),
        list(list_limits(warehouse, query, answer)),
    )
    if any(one == LATE_RETURNS for one in limits) and all(not fact.value for fact in result.facts):
        found.refusal = LATE_RETURNS
    elif not result.facts:
        label = answer.get_measure(query.measures[0]).label
        source = warehouse.source(answer.dataset.kind).words()
        found.refusal = Words("{file} does not say this: {what}.", file=source, what=label)
    else:
        found.answer, found.result, found.limits = answer, result, limits
    return found


def load_value_names(warehouse: "Warehouse", dataset: DatasetName) -> ValueNames:
    """Return the names of the values that a question may filter by."""
    from bot.data.metrics.query.conditions import has_column, load_values
    from bot.data.metrics.query.datasets import DATASETS

    known = DATASETS[dataset]
    if warehouse.table(known.kind) is None:
        return {}
    return {
        column: load_values(warehouse, known, name)
        for column, name in COLUMN_FIELDS[dataset].items()
        if has_column(warehouse, known, known.dimensions[name].needs)
    }


def find_missing_data(warehouse: "Warehouse", query: MetricQuery) -> Words | None:
    """Say which rows, columns or days the data lack for this query."""
    from bot.data.metrics.query.conditions import has_column
    from bot.data.metrics.query.datasets import DATASETS
    from bot.data.metrics.query.periods import find_known_days

    dataset = DATASETS[query.dataset]
    has_rows = warehouse.table(dataset.kind) is not None
    known = find_known_days(warehouse, dataset) if has_rows else None
    if known is None:
        return Words("No {what} are imported yet: drop a file of them here.", what=dataset.label)
    needed = [
        (dataset.measures[name].label, dataset.measures[name].needs) for name in query.measures
    ]
    needed += [
        (dataset.dimensions[name].label, (dataset.dimensions[name].needs,))
        for name in query.dimensions
    ]
    for label, columns in needed:
        if not all(c in ("", "at") or has_column(warehouse, dataset, c) for c in columns):
            source = warehouse.source(dataset.kind).words()
            return Words("{file} does not say this: {what}.", file=source, what=label)
    first, last = query.since or known[0], query.until or known[1]
    if first > known[1] or last < known[0]:
        return Words(
            "{what} are known from {first} to {last}, not for these days.",
            what=dataset.label,
            first=known[0],
            last=known[1],
        )
    return None


def list_limits(warehouse: "Warehouse", query: MetricQuery, answer: "MetricAnswer") -> list[Words]:
    """Say what the answer leaves out of what was asked."""
    limits = []
    periods, counts = answer.periods, answer.counts
    if query.since and periods.now[0] > query.since:
        limits.append(Words("The data begin on {day}.", day=periods.now[0]))
    if query.comparison != "none" and periods.before is None:
        limits.append(Words("There is nothing to compare with: the data don't go back so far."))
    elif periods.before is not None and not periods.sums_compare:
        limits.append(
            Words("The earlier days are too few to compare sums; averages and rates are compared.")
        )
    if counts is not None and counts.too_small:
        limits.append(
            Words.count(
                "{n} group is of too few people to be shown.",
                "{n} groups are of too few people to be shown.",
                counts.too_small,
            )
        )
    if set(query.measures) & {*RETURN_MEASURES}:
        cautions = [answer.get_measure(name).caution for name in query.measures]
        if any(caution and caution(warehouse, periods.now) for caution in cautions):
            limits.append(LATE_RETURNS)
    return limits


def _offer_form(request: SkillRequest, found: Lookup) -> MissingData:
    """Name the words that were not understood, or why there is no figure, and offer the form."""
    quoted = ", ".join(Words("“{quote}”", quote=w).to(request.language) for w in found.unread)
    if found.unread:
        words = Words("Without an AI I don't understand: {words}.", words=quoted)
    else:
        words = found.refusal or Words("Which figure do you want to know?")
    hint = Words("The form is filled with what I did understand.")
    lines = [words.to(request.language)]
    lines += [] if found.refusal else [hint.to(request.language)]
    return MissingData(
        answer=Copy(text=" ".join(lines)),
        leads=[build_form_step(request.brief.words, found.fields)],
    )


async def _list_moves(request: SkillRequest, ctx: OfflineContext, found: Lookup) -> Report | None:
    """Under a digest, list what moved beside the words that were not understood: "why?". None
    elsewhere, and where nothing moved."""
    kinds = [kind for name in request.brief.sections for kind in SECTIONS.get(name, ())]
    if not kinds:
        return None
    timeless = request.brief.model_copy(update={"since": None, "until": None})
    asked = request.model_copy(update={"brief": timeless})
    evidence, writer = await ctx.look_up(*kinds, request=asked), SentenceWriter(request.language)
    moves = find_moves(writer, evidence)[:MAX_POINTS]
    if not moves:
        return None
    ctx.keep_facts(*writer.ever.values())
    words = Words("Figures show what moved, not why. What moved lately:")
    steps = {move.lead.label.text: move.lead for move in reversed(moves) if move.lead}
    return Report(
        headline=Copy(text=words.to(request.language)),
        cannot_tell=_offer_form(request, found).answer,
        points=[build_point(writer, move) for move in moves],
        leads=[build_form_step(request.brief.words, found.fields), *list(steps.values())[::-1]],
    )


def build_form_step(words: str, fields: QuestionFields) -> NextStep:
    """Build the button that opens the question form with these fields."""
    return NextStep(
        label=FORM_LABEL,
        skill="answer",
        words=words,
        form={"query": fields.model_dump_json(exclude_defaults=True)},
    )


async def _build_report(
    request: SkillRequest,
    ctx: OfflineContext,
    answer: "MetricAnswer",
    result: "MetricResult",
    found: Lookup,
) -> Report:
    language = request.language
    ctx.evidence = ctx.evidence.plus(result.facts)
    writer = SentenceWriter(language)
    headline = _write_headline(writer, answer, result)
    points = _write_points(writer, answer, result)[:MAX_POINTS]
    exhibit = result.exhibits[0]
    colours = ctx.brand.colours
    picture = build_exhibit_chart(exhibit, headline.text, language, colours)
    table = exhibit.table if exhibit.table and len(exhibit.table.rows) > 1 else None
    limits = " ".join(words.to(language) for words in found.limits)
    file = result.facts[0].source.without_age.words()
    source = Words("{file}, up to {day}", file=file, day=result.facts[0].as_of)
    return Report(
        headline=headline,
        points=points,
        cannot_tell=Copy(text=limits) if limits else None,
        picture=await ctx.draw(picture) if picture else None,
        table=table,
        read_as=Copy(text=result.read_as),
        sources=Copy(text=source.to(language)),
        leads=[build_form_step(request.brief.words, found.fields)],
    )


def _write_headline(writer: SentenceWriter, answer: "MetricAnswer", result: "MetricResult") -> Copy:
    """State the total, or with an order or without time the first group."""
    name, query = answer.query.measures[0], answer.query
    label = _capitalize(answer.get_measure(name).label.to(writer.language))
    total, groups = _list_facts(result, name)
    if groups and not _leads_with_total(answer, total):
        words = Words("{measure}: {name} comes first with {value}")
        if query.order == "lowest":
            words = Words("{measure}: {name} comes last with {value}")
        given = {"measure": label, "name": groups[0].about, "value": writer.value(groups[0])}
        return writer.copy(writer.say(words.with_params(**given)))
    assert total is not None
    days = _name_days(answer.periods.now, writer.language)
    named = [label, total.about, days] if query.filters else [label, days]
    what, value = " · ".join(named), _spell(writer, result, total)
    return writer.copy(writer.say(Words("{what}: {value}", what=what, value=value)))


def _name_days(days: tuple[date, date], language: Language) -> str:
    """Return the days as short as people write them, always with the year: "October 2026"."""
    return format_short_period(*days, language, date.min)


def _write_points(
    writer: SentenceWriter, answer: "MetricAnswer", result: "MetricResult"
) -> list[Copy]:
    """State the total of a split, the earlier figure of a comparison, and the other measures."""
    first, *others = answer.query.measures
    total, groups = _list_facts(result, first)
    points = []
    if total and total.compared_with and answer.periods.before and not groups:
        before = next(fact for fact in result.facts if fact.id == total.compared_with)
        days = _name_days(answer.periods.before, writer.language)
        words = Words("{what}: {value}", what=days, value=writer.value(before))
        points.append(writer.copy(writer.say(words)))
    if total and groups and not answer.query.having and not _leads_with_total(answer, total):
        words = Words("All together: {value}", value=_spell(writer, result, total))
        points.append(writer.copy(writer.say(words)))
    for name in others if not groups else ():
        of_measure, _groups = _list_facts(result, name)
        if of_measure is not None:
            what = _capitalize(answer.get_measure(name).label.to(writer.language))
            words = Words("{what}: {value}", what=what, value=_spell(writer, result, of_measure))
            points.append(writer.copy(writer.say(words)))
    return points


def _leads_with_total(answer: "MetricAnswer", total: Fact | None) -> bool:
    """Whether the groups are times in their order, of which the total is the finding."""
    by_time = {*answer.query.dimensions} & {*TIME_DIMENSIONS}
    return total is not None and answer.query.order == "natural" and bool(by_time)


def _spell(writer: SentenceWriter, result: "MetricResult", fact: Fact) -> str:
    """Return the figure, with its change where there is one: "5,230 (+9.6%)"."""
    change = next((one for one in result.facts if one.id == f"{fact.id}-change"), None)
    value = writer.value(fact)
    if change is None:
        return value
    writer.value(change)
    return f"{value} ({change.shown(writer.language)})"


def _list_facts(result: "MetricResult", name: str) -> tuple[Fact | None, list[Fact]]:
    """Return the total of a measure and its groups, in their order."""
    total, groups = None, []
    for fact in result.facts:
        period, group, of = result.groups[fact.id]
        if of == name and period == "now" and not fact.id.endswith("-change"):
            if group:
                groups.append(fact)
            else:
                total = fact
    return total, groups


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
