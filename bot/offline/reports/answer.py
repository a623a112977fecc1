"""The answer to a question about the data, without an AI.

A question whose every word is understood is answered at once by the query that tools run, too. Any
other gets a line that names the words not understood, and a button that opens the form, filled with
what was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bot.core.charts import build_exhibit_chart
from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Fact
from bot.core.metric_query import TIME_DIMENSIONS, QueryError, QuestionFields
from bot.core.parts import Copy, NextStep
from bot.core.report import MissingData, Report, describe_data
from bot.core.request import SkillRequest
from bot.data.metrics.query.describe import load_value_names
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN
from bot.data.metrics.query.top_customers import (
    ONE_CUSTOMER,
    ONE_CUSTOMER_IN_PRIVATE,
    write_top_customers,
)
from bot.i18n.messages import Words, format_short_period
from bot.offline import OfflineContext
from bot.offline.question_words import load_idle_words
from bot.offline.questions import QuestionReader, QuestionReading, read_form
from bot.offline.report_builder import ReportBuilder, load_texts
from bot.offline.routing import asks_for, load_routing
from bot.text.normalize import tokenize

if TYPE_CHECKING:
    from bot.data.metrics.query.answer_facts import MetricResult
    from bot.data.metrics.query.customer_ranking import TopCustomersQuery
    from bot.data.metrics.query.metric_answer import MetricAnswer
    from bot.data.warehouse.warehouse import Warehouse

MAX_SECONDS, MAX_POINTS = 30.0, 4
TEXTS = {name: Words(text) for name, text in load_texts()["answer"].items()}
ONE_CUSTOMER_MEASURE = "largest_order"


@dataclass(frozen=True)
class Lookup:
    """What became of the question: an answer, or why there is none."""

    reading: QuestionReading
    refusal: Words | None = None
    answer: "MetricAnswer | None" = None
    result: "MetricResult | None" = None
    limits: Sequence[Words] = ()


async def write_report(builder: ReportBuilder) -> BaseModel:
    request, ctx = builder.request, builder.ctx
    if (top := parse_top_customers(request.brief.words)) is not None and not request.brief.query:
        return await write_top_customers(ctx, top)
    may_see_people = await ctx.may("see_people")
    see_people = ctx.is_private and may_see_people
    found = await ctx.data.run_limited(
        lambda warehouse: look_up(warehouse, ctx, see_people), MAX_SECONDS
    )
    if found.refusal == ONE_CUSTOMER and may_see_people:
        found = replace(found, refusal=ONE_CUSTOMER_IN_PRIVATE)
    if found.refusal is not None or found.answer is None or found.result is None:
        return _offer_form(request, found)
    return await _build_report(ctx, found, found.answer, found.result)


def parse_top_customers(words: str) -> "TopCustomersQuery | None":
    """Return the query if the words ask for nothing else: "our top 10 customers"."""
    from bot.data.metrics.query.customer_ranking import MAX_CUSTOMERS, TopCustomersQuery

    said = [word for word in tokenize(words) if word not in load_idle_words()]
    numbers = [int(word) for word in said if word.isdecimal() and len(word) < 4]
    phrase = " ".join(word for word in said if not word.isdecimal())
    if phrase not in load_routing()["top_customers"]["phrases"] or len(numbers) > 1:
        return None
    limit = numbers[0] if numbers else TopCustomersQuery().limit
    return TopCustomersQuery(limit=min(max(1, limit), MAX_CUSTOMERS))


def look_up(warehouse: "Warehouse", ctx: OfflineContext, see_people: bool) -> Lookup:
    """Read the question, or the form's fields, and answer it within the floors."""
    from bot.data.metrics.query.answer_facts import build_result
    from bot.data.metrics.query.describe import find_missing_data, list_limits
    from bot.data.metrics.query.execution import answer_query
    from bot.data.metrics.query.guard import guard_answer
    from bot.data.metrics.query.order_cautions import BOTH_CODES, PROMO_CODES, explain_codes

    brief, load_names = ctx.request.brief, partial(load_value_names, warehouse)
    if brief.query:
        reading = read_form(QuestionFields.model_validate_json(brief.query), load_names)
    else:
        reading = QuestionReader(brief.words, ctx.today, load_names).read()
    query = reading.query
    if query is None or reading.unread:
        return Lookup(reading)
    refusal = find_missing_data(warehouse, query)
    is_promo = query.uses("code") and not brief.query and asks_for("promo", brief.words)
    if refusal is None and is_promo and explain_codes(warehouse) not in (PROMO_CODES, BOTH_CODES):
        refusal = TEXTS["no_promo_codes"]
    if refusal is None and ONE_CUSTOMER_MEASURE in query.measures and not see_people:
        refusal = ONE_CUSTOMER
    if refusal is not None:
        return Lookup(reading, refusal)
    try:
        answer = answer_query(warehouse, query, see_people=see_people)
        log = ctx.data.answers if ctx.person else None
        answer = guard_answer(warehouse, answer, log, ctx.person)
    except QueryError as error:
        return Lookup(reading, error.words or TEXTS["not_so"])
    result = build_result(warehouse, answer, ctx.request.language)
    limits = tuple(list_limits(warehouse, query, answer))
    refusal = _explain_no_figure(warehouse, answer, result, limits)
    return Lookup(reading, refusal, answer, result, limits)


def _explain_no_figure(
    warehouse: "Warehouse", answer: "MetricAnswer", result: "MetricResult", limits: Sequence[Words]
) -> Words | None:
    from bot.data.metrics.query.order_cautions import LATE_RETURNS

    measure = answer.query.measures[0]
    if not result.facts and not answer.is_allowed((), measure):
        return TEXTS["too_few"]
    if LATE_RETURNS in limits and all(not fact.value for fact in result.facts):
        return LATE_RETURNS
    if result.facts:
        return None
    source = warehouse.source(answer.dataset.kind).words()
    return TEXTS["not_said"].with_params(file=source, what=answer.get_measure(measure).label)


def _offer_form(request: SkillRequest, found: Lookup) -> MissingData:
    """Name the words that were not understood, or why there is no figure, and offer the form."""
    unread = found.reading.unread
    quoted = ", ".join(Words("“{quote}”", quote=w).to(request.language) for w in unread)
    line = TEXTS["unread"].with_params(words=quoted) if unread else TEXTS["which"]
    lines = [found.refusal] if found.refusal else [line, TEXTS["filled"]]
    return MissingData(
        answer=Copy(text=" ".join(words.to(request.language) for words in lines)),
        leads=[_build_form_step(request, found)],
    )


def _build_form_step(request: SkillRequest, found: Lookup) -> NextStep:
    """Build the button that opens the question form with what was read."""
    query = found.reading.fields.model_dump_json(exclude_defaults=True)
    return NextStep(
        label=TEXTS["form"], skill="answer", words=request.brief.words, form={"query": query}
    )


async def _build_report(
    ctx: OfflineContext, found: Lookup, answer: "MetricAnswer", result: "MetricResult"
) -> Report:
    language = ctx.request.language
    ctx.evidence = ctx.evidence.plus(result.facts)
    writer, exhibit = SentenceWriter(language), result.exhibits[0]
    headline, *points = _write_findings(writer, answer, result)
    picture = None
    if not exhibit.shows_table(exhibit.facts):
        picture = build_exhibit_chart(exhibit, language, ctx.brand.colours)
    limits = " ".join(words.to(language) for words in found.limits)
    end = exhibit.tell_end(exhibit.facts, language, ctx.today)
    table = exhibit.table and exhibit.table.model_copy(update={"note": exhibit.cut})
    read_as = (result.read_as, exhibit.footnote, end, exhibit.not_ranked)
    return Report(
        headline=headline,
        points=points[:MAX_POINTS],
        cannot_tell=Copy(text=limits) if limits else None,
        picture=await ctx.draw(picture) if picture else None,
        table=table if table and len(table.rows) > 1 else None,
        read_as=Copy(text="\n".join(filter(None, read_as))),
        sources=Copy(text=describe_data(result.facts[:1], ctx.data.name_files(), language)),
        leads=[_build_form_step(ctx.request, found)],
    )


def _write_findings(
    writer: SentenceWriter, answer: "MetricAnswer", result: "MetricResult"
) -> Iterator[Copy]:
    """Yield the headline: the total, or with an order or without time the first group. Then the
    total of a split, or the earlier figure of a comparison and the other measures."""
    query, (name, *others) = answer.query, answer.query.measures
    label = answer.get_measure(name).label
    total, groups = _list_facts(result, name)
    is_by_time = query.order == "natural" and {*query.dimensions} & {*TIME_DIMENSIONS}
    if groups and not (total and is_by_time):
        words = TEXTS["last" if query.order == "lowest" else "first"]
        yield writer.tell(None, words, measure=label, first=groups[0].about, value=groups[0])
        if total and not query.having:
            yield _state(writer, result, TEXTS["all"], total)
        return
    assert total is not None
    days = format_short_period(*answer.periods.now, writer.language, date.min)
    named = [label.to(writer.language), total.about if query.filters else "", days]
    yield _state(writer, result, " · ".join(filter(None, named)), total)
    if groups:
        return
    if total.compared_with and answer.periods.before:
        before = next(fact for fact in result.facts if fact.id == total.compared_with)
        days = format_short_period(*answer.periods.before, writer.language, date.min)
        yield writer.tell(None, TEXTS["line"], what=days, value=before)
    for other in others:
        of_measure, _groups = _list_facts(result, other)
        if of_measure is not None:
            yield _state(writer, result, answer.get_measure(other).label, of_measure)


def _state(writer: SentenceWriter, result: "MetricResult", what: Words | str, fact: Fact) -> Copy:
    """State a figure, with its change where there is one: "Orders: 5,230 (+9.6%)"."""
    change = next((one for one in result.facts if one.id == f"{fact.id}-change"), None)
    if change is None:
        return writer.tell(None, TEXTS["line"], what=what, value=fact)
    return writer.tell(None, TEXTS["changed"], what=what, value=fact, change=change)


def _list_facts(result: "MetricResult", name: str) -> tuple[Fact | None, list[Fact]]:
    """Return the total of a measure and its groups, in their order."""
    found = [
        (fact, group)
        for fact in result.facts
        for period, group, measure in [result.groups[fact.id]]
        if period == "now" and measure == name and not fact.id.endswith("-change")
    ]
    total = next((fact for fact, group in found if group in ((), WITHIN)), None)
    named = [fact for fact, group in found if group not in ((), OTHERS, WITHIN)]
    return total, named if total or named else [fact for fact, group in found]
