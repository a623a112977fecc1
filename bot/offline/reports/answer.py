"""The answer to a question about the data, without an AI."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.core.charts import COLOURS
from bot.core.facts import ONE_CUSTOMER_MEASURES, Evidence
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import ends_with_why
from bot.i18n.messages import Words
from bot.offline.context import OfflineContext
from bot.rules.telling import ad_cuts, questions, said, under
from bot.rules.telling.questions import BEST, Topic, as_typed, asked, respelt
from bot.rules.telling.sold import cuts, names, question, replies
from bot.rules.telling.sold.sale import Sale
from bot.rules.telling.subjects import EACH
from bot.rules.telling.subjects import found as found_of
from bot.rules.telling.told import NotYet, Teller, Told, cannot, how_to_read, told
from bot.rules.telling.topics import TOPICS
from bot.rules.telling.unknown import declined, unknown
from bot.text.normalize import normalize_text

WHY_PATTERN = re.compile(r"\b(?:why|pourquoi)\b")
SALES_KINDS = ("trends", "sellers", "behaviour")  # topics about orders
COUNT_KINDS = ("customers", "new-customers")  # measures that count people
NAMED, APART, MAYBE = 0.7, 0.2, 0.5  # match scores: clearly named, clearly ahead, possible
RANKING_PATTERN = re.compile(
    rf"{BEST.pattern}|{EACH.pattern}|\b(?:which|who|quels?|quelles?|qui)\b.*\b(?:segment|group|categor)"
)


class AnswerText(BaseModel):
    answer: Copy = Field(title="Answer")


class AnswerReport(AnswerText):
    picture: File | None = Field(default=None, title="Picture")
    table: Table | None = Field(default=None, title="In figures")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    words = request.brief.words
    if not words.strip():
        return ctx.ask(
            Words("What do you want to know? For example: how many loyal customers do we have?")
        )
    teller = Teller(request.language)
    topics = _find_topics(words, request)
    sale = question.asked(words, request) or question.asked(respelt(words), request)
    if not topics and (corrected_topics := _find_topics(respelt(words), request)):
        words, topics = respelt(words), corrected_topics
    if under.goes_on(words) and (answer := await _answer_under_digest(request, ctx)):
        return answer
    if request.brief.sections and ends_with_why(words):
        return await _explain_change(teller, request, ctx)
    if answer := await _answer_from_ads(teller, topics, request, ctx):
        return answer
    if (
        sale
        and sale.measure in ONE_CUSTOMER_MEASURES
        and (refusal := await _refuse_single_customer(teller, ctx))
    ):
        return refusal
    if (
        sale
        and question.is_first(sale, words, request)
        and (answer := await _answer_from_orders(teller, sale, ctx))
    ):
        counts_people = isinstance(answer, NotYet) and sale.measure in COUNT_KINDS
        if not (counts_people and topics):  # another topic may count more people
            return answer
    resolved = await _resolve_product(request, topics, ctx)
    if isinstance(resolved, Question):
        return resolved
    request, topics = resolved, [o for o in topics if o.kind != "product" or resolved.brief.product]
    for topic in topics:
        evidence = await ctx.look_up(
            topic.kind, request=None if topic.period else _drop_period(request)
        )
        if found := found_of(topic, words, request, evidence):
            return await _build_answer(teller, topic, found, request, ctx)
    if sale and (
        answer := await _answer_from_orders(teller, sale, ctx)
        or await _answer_from_orders(teller, sale, ctx, True)
    ):
        return answer
    if answer := await _answer_under_digest(request, ctx):
        return answer
    of_sales = not topics or topics[0].kind in SALES_KINDS
    if sale and of_sales and (refusal := _explain_missing_orders(teller, sale, ctx)):
        return refusal
    if not topics:
        ctx.keep_facts()
        return unknown(teller, words)
    refusal = declined(teller, topics, words, ctx.evidence)
    ctx.keep_facts(*teller.ever.values())
    return refusal


async def _answer_from_ads(
    teller: Teller, topics: Sequence[Topic], request: SkillRequest, ctx: OfflineContext
) -> BaseModel | None:
    """Answer a question about ad figures by campaign, audience, week and so on. None otherwise."""
    words = request.brief.words
    for topic in [each for each in topics if each.cut(words)]:
        evidence = await ctx.look_up(topic.kind)
        if found := found_of(topic, words, request, evidence):
            return await _build_answer(teller, topic, found, request, ctx)
    return None


async def _answer_under_digest(request: SkillRequest, ctx: OfflineContext) -> BaseModel | None:
    """Answer a question in the thread of a digest from the changes it reported."""
    kinds = under.kinds(request.brief.sections)
    evidence = await ctx.look_up(*kinds, request=_drop_period(request)) if kinds else Evidence()
    if not (found := under.under(Teller(request.language), evidence, request.brief.words)):
        return None
    ctx.keep_facts(*found.facts)
    words = AnswerText(answer=found.answer)
    return AnswerReport(**words.model_dump(), how_to_read=found.how_to_read, leads=found.leads)


async def _explain_change(teller: Teller, request: SkillRequest, ctx: OfflineContext) -> BaseModel:
    """Answer "why?" under a digest: what else changed, and which files could explain it."""
    kinds = under.kinds(request.brief.sections or tuple(under.KINDS))
    evidence = await ctx.look_up(*kinds, request=_drop_period(request))
    beside = under.beside(teller, evidence, kinds)
    ctx.keep_facts(*beside.facts)
    words = AnswerText(answer=beside.answer)
    return AnswerReport(**words.model_dump(), how_to_read=beside.how_to_read, leads=beside.leads)


def _drop_period(request: SkillRequest) -> SkillRequest:
    timeless = {"since": None, "until": None}
    return request.model_copy(update={"brief": request.brief.model_copy(update=timeless)})


def _find_topics(words: str, request: SkillRequest) -> list[Topic]:
    brief = request.brief
    meant = questions.can_mean
    return [t for t in asked(words, TOPICS) if meant(t, words, brief.product, brief.since)]


async def _refuse_single_customer(teller: Teller, ctx: OfflineContext) -> BaseModel | None:
    """Refuse a figure of one customer, unless the person has the right and asks in private."""
    if not await ctx.may("see_people"):
        line = Words(
            "That is one customer's own figure: it takes the right see_people, which an "
            "administrator gives in policy.toml."
        )
    elif not ctx.request.brief.private:
        line = Words(
            "That is one customer's own figure, which I tell you alone: begin your question with "
            "“just for me”."
        )
    else:
        return None
    ctx.keep_facts()
    return NotYet(answer=teller.copy(teller.say(line)))


async def _answer_from_orders(
    teller: Teller, sale: Sale, ctx: OfflineContext, nearly: bool = False
) -> BaseModel | None:
    """Answer from the orders, grouped and compared as asked. None when they can't answer."""
    request, brief = ctx.request, ctx.request.brief
    tally = sale.tally.model_copy(update={"nearly": nearly})
    meant = request.model_copy(update={"brief": brief.model_copy(update={"tally": tally})})
    evidence = await ctx.look_up("sold", request=meant, replace=True)
    facts_by_subject = told(evidence, "sold")
    if "unknown" in facts_by_subject:
        return None
    if names.too_few(facts_by_subject):
        answer = teller.copy(*(teller.value(fact) for fact in cannot(evidence, "sold")))
        ctx.keep_facts(*teller.ever.values())
        return NotYet(answer=answer)
    reply = replies.told_of(
        teller, sale, facts_by_subject, brief.product_words if brief.product else None
    )
    if reply is None:
        return None
    drawn = cuts.picture(teller, sale, reply, ctx.brand.colours or COLOURS)
    picture = await ctx.draw(drawn) if drawn else None
    last = evidence.of("sold")[0]
    counted = Words("Counted in {file}, up to {day}.", file=last.file, day=last.as_of)
    teller.value(evidence.get("sold.all.until"))
    read = how_to_read(teller, evidence, ["sold"], teller.say(counted), *reply.limits)
    ctx.keep_facts(*teller.ever.values())
    words = AnswerText(answer=reply.answer)
    if sale.measure not in ONE_CUSTOMER_MEASURES:  # figures of one customer never go to a model
        words = words
    return AnswerReport(**words.model_dump(), picture=picture, table=reply.table, how_to_read=read)


def _explain_missing_orders(teller: Teller, sale: Sale, ctx: OfflineContext) -> BaseModel | None:
    """Say which part of the question the orders can't answer. None when there is none."""
    facts_by_subject = told(ctx.evidence, "sold")
    lines = []
    if unknown_subject := facts_by_subject.get("unknown"):
        rest = question.whole_names(
            unknown_subject.word("words").split(), ctx.request.brief.words, sale
        )
        typed = as_typed(rest, ctx.request.brief.words)
        lines.append(replies.unknown(teller, facts_by_subject, typed))
    lines += [teller.value(fact) for fact in cannot(ctx.evidence, "sold")]
    if not lines:
        return None
    ctx.keep_facts(*teller.ever.values())
    return NotYet(answer=teller.copy(*lines, apart="\n"))


async def _build_answer(
    teller: Teller, topic: Topic, found: Sequence[Told], request: SkillRequest, ctx: OfflineContext
) -> BaseModel:
    words, evidence = request.brief.words, ctx.evidence
    table, more, cut = None, said.sources(teller, found, topic), topic.cut(words)
    if cut:
        lines = [ad_cuts.sentence_of(teller, topic, cut, found, words)]
    elif len(found) > 1 and not RANKING_PATTERN.search(normalize_text(words)):
        lines = [said.listed(teller, topic, found)]
    else:
        lines = [said.sentence(teller, topic, first, evidence) for first in found[:1]]
        lines += [said.others(teller, topic, found[1:])] if len(found) > 1 else []
    if WHY_PATTERN.search(normalize_text(words)):
        lines.append(teller.say(Words("What lies behind it, these figures don't say.")))
    answer = teller.copy(*lines)
    if cut:
        table = ad_cuts.table_of(teller, topic, cut, found)
        more += ad_cuts.limits_of(teller, cut, evidence)
    kinds = [] if topic.kind == "product" else [topic.kind]
    read = how_to_read(teller, evidence, kinds, *more)
    ctx.keep_facts(*teller.ever.values())
    written = AnswerText(answer=answer)
    return AnswerReport(**written.model_dump(), table=table, how_to_read=read)


async def _resolve_product(
    request: SkillRequest, topics: Sequence[Topic], ctx: OfflineContext
) -> SkillRequest | Question:
    """Add the named product to a request about price, stock, sizes and so on. Ask back when the
    words match several products."""
    brief = request.brief
    if brief.product or not (topics and topics[0].kind == "product"):
        return request
    hits = sorted(await ctx.find_products(brief.words), key=lambda hit: -hit.score)
    near = [hit for hit in hits if hit.score >= MAYBE]
    if not near:
        return request
    if len(near) > 1 and (near[0].score < NAMED or near[0].score - near[1].score < APART):
        return ctx.ask(Words("Which one do you mean?"), *(hit.title for hit in near))
    known = {"product": near[0].handle, "product_words": near[0].title}
    return request.model_copy(update={"brief": brief.model_copy(update=known)})
