"""Write a report, or ideas: the model looks things up and writes; code fills the figures in."""

import logging
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from bot.agent.audience_draft import list_report_exports
from bot.agent.claim_check import GAP, ClaimSentence, mark_left_out
from bot.agent.llm.turn import NextCall
from bot.agent.report_exhibits import find_exhibit_faults, find_shown_exhibits
from bot.agent.report_reading import (
    Findings,
    Reading,
    add_days,
    list_cited,
    list_left_out,
    read_question,
    tell_readings,
)
from bot.agent.skills import load_skills
from bot.agent.tool import AskedForPeople, Refusal
from bot.agent.unanswered import CardOutline, outline_exhibit
from bot.core.charts import build_exhibit_chart
from bot.core.checks import Check
from bot.core.exhibits import Exhibit
from bot.core.fact_book import SLOT_PATTERN, FactBook, SlotError
from bot.core.facts import Fact
from bot.core.parts import Copy, File, NextStep
from bot.core.report import (
    MAX_HEADLINE,
    MAX_IDEAS,
    NONE,
    IdeaForm,
    Ideas,
    IdeasForm,
    MissingData,
    Report,
    ReportForm,
    build_report,
    find_quotable,
    is_given,
    iter_texts,
    quote_words,
)
from bot.core.request import Brief
from bot.data.metrics.query.top_customers import write_top_customers
from bot.drafts.occasions import find_past_days, list_coming_occasions, load_occasions
from bot.errors import CannotDo
from bot.grounding.calculations import PROOF
from bot.grounding.report_text import ReportChecker
from bot.i18n.messages import Language, Words, format_short_period
from bot.i18n.periods import find_periods
from bot.i18n.typography import insert_nbsp
from bot.text.normalize import tokenize

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

log = logging.getLogger(__name__)

SYSTEM_PROMPT = "report"
NUMBER = re.compile(r"\d+")
NO_GOOD_SENTENCE = Words(
    "The AI's answer held figures without a source, so I don't show it. Ask again in other words."
)
AUDIENCE_SKILLS = ("draft", "experiment")  # which can be for an audience
IDEAS_PROMPT = "ideas_system"
# An idea is checked as the text of a report.
IDEA_TEXTS = {"headline": "idea", "point 1": "audience", "point 2": "fact", "point 3": "request"}
OCCASION_DAYS = 60  # how far ahead occasions are named
NO_GOOD_IDEA = Words(
    "The AI's ideas stood on no facts of your data, so I don't show them. Ask again in other words."
)


async def write_report(ctx: "SkillContext", tools: Sequence[str]) -> Report | MissingData:
    """Have the model answer the context's request with these tools. The evidence is what the
    report cites."""
    request, language = ctx.request, ctx.request.language

    def list_claims(form: ReportForm) -> list[ClaimSentence]:
        return list_report_sentences(add_days(form, ctx), ctx.book, language)

    try:
        form = await ctx.write(
            ReportForm,
            tools=tools,
            check=lambda form: [
                *build_checker(ctx, load_skills()).find_faults(form),
                *find_exhibit_faults(form, ctx),
            ],
            system=SYSTEM_PROMPT,
            list_claims=list_claims,
            list_figures=lambda form: build_checker(ctx).list_unproven(form),
            outline_card=lambda form: outline_card(ctx, form),
            asks_for=lambda form, call: asks_for_call(form, call, ctx),
        )
    except AskedForPeople as asked:
        from bot.data.metrics.query.customer_ranking import TopCustomersQuery

        return await write_top_customers(ctx, TopCustomersQuery.model_validate_json(asked.query))
    except Refusal as refusal:
        log.info("a question could not be answered: %s", refusal.reason)
        said = f"{refusal.words.to(language)} {refusal.instead}"
        ctx.may_tell_all = not {*NUMBER.findall(said)} <= {*NUMBER.findall(request.brief.words)}
        return build_refusal(refusal.words.to(language), refusal.instead)
    unanswered = ctx.answer_checks.list_unanswered(form)
    form, dropped = build_checker(ctx, load_skills()).drop_faulty_texts(form)
    ctx.notes = build_dropped_notes(dropped)
    ctx.notes += ctx.answer_checks.list_claim_checks(list_claims(form))
    if not form.headline:
        raise CannotDo(NO_GOOD_SENTENCE)
    shown = find_shown_exhibits(form, ctx)
    exhibit, second = [*shown, None, None][:2]
    cells = {id for one in (exhibit, second) if one and one.table for id in one.table.facts}
    ctx.book.tell_as_table(cells)
    ctx.evidence = ctx.evidence.retold(ctx.book.facts).without_kind(PROOF)
    reading = read_question(form, exhibit, ctx)
    written, form = form, add_days(form, ctx)
    ctx.evidence = ctx.evidence.plus(_fill_proofs(ctx, written, form))
    if reading.footnote:  # it stands there
        exhibit, second = (
            one and one.model_copy(update={"footnote": one.footnote.replace(reading.footnote, "")})
            for one in (exhibit, second)
        )
    known = {fact.id for fact in ctx.evidence.facts}
    ctx.evidence = ctx.evidence.plus(one for one in ctx.book.facts if one.id in cells - known)
    filled = build_report(
        form,
        ctx.book,
        exhibit,
        second,
        language=language,
        data=ctx.data.name_files(),
        read_as=(
            *_list_lines(reading, form, shown, ctx),
            *dict.fromkeys(call.card for call in ctx.open_calls),
        ),
        unused=request.brief.left_over,
        unanswered=unanswered,
    )
    readings = tell_readings(filled, exhibit, ctx)
    ctx.evidence = ctx.evidence.with_readings(readings)
    picture = await _draw_exhibit(ctx, exhibit, form, filled.headline)
    return filled.model_copy(update={"picture": picture, "leads": _add_exports(filled, ctx)})


def _list_lines(
    reading: Reading, form: ReportForm, shown: Sequence[Exhibit], ctx: Findings
) -> tuple[str, ...]:
    """Return the lines of the card on how the question was read and what its tables leave out."""
    return (
        reading.line,
        reading.footnote,
        *reading.beside,
        *list_left_out(form, shown, ctx),
    )


def asks_for_call(form: ReportForm, call: NextCall, ctx: Findings) -> bool:
    """Whether the report cites a figure of the look-up that the call belongs to, in its headline
    where the call is for a finding."""
    texts = [form.headline, *(() if call.of_finding else form.points)]
    return not {*call.facts}.isdisjoint(list_cited(texts, ctx))


def _fill_proofs(ctx: "SkillContext", written: ReportForm, form: ReportForm) -> list[Fact]:
    """Return the proofs of figures of this report as it was `written`, each with its text as people
    read it."""
    texts = (dict(iter_texts(one)) for one in (written, form))
    shown = dict(zip(*(one.values() for one in texts), strict=True))
    return [
        proof.model_copy(
            update={"about": ctx.book.fill(shown[proof.about], ctx.request.language).text}
        )
        for proof in ctx.answer_checks.proofs
        if proof.about in shown
    ]


def build_checker(ctx: "SkillContext", skills: Collection[str] = ()) -> ReportChecker:
    """Build the checker that knows what has been found up to now."""
    brief, reason = ctx.request.brief, ctx.request.reason
    asked = "\n".join(filter(None, [brief.follows, brief.words, reason]))
    return ReportChecker(
        ctx.book,
        ctx.exhibits,
        request_words=f"{asked}\n{brief.material}",
        request_days=_list_asked_days(brief, asked, ctx.today),
        language=ctx.request.language,
        skills=skills,
        today=ctx.today,
        shown=ctx.read_as,
        notes=ctx.tool_notes,
        proofs=ctx.answer_checks.proofs,
    )


def _list_asked_days(brief: Brief, words: str, today: date) -> frozenset[date]:
    """Return the first and last days of the periods that were asked for: as they were understood,
    and as the words name them ("since June")."""
    asked = [brief.since, brief.until, *(brief.against or ())]
    with suppress(ValueError):  # 31 November
        asked += [day for period in find_periods(tokenize(words), today) for day in period.days]
    return frozenset(filter(None, asked))


def _add_exports(report: Report, ctx: "SkillContext") -> list[NextStep]:
    """Return the next steps: the exports of the audiences that the report names, and those of the
    model. A text or a test is for the first of them, and knows its rule."""
    facts = ctx.book.facts
    cited = [id for text in (report.headline, *report.points) for id in text.facts]
    exports = list_report_exports(cited, facts)
    if not exports:
        return report.leads
    names = [fact for fact in facts if fact.parts.subject == "things"]
    ctx.evidence = ctx.evidence.plus(names)
    rule = {"rule": exports[0].form["rule"]}
    steps = [
        step.model_copy(update={"form": rule}) if step.skill in AUDIENCE_SKILLS else step
        for step in report.leads
    ]
    return [*exports, *steps]


def list_report_sentences(
    form: ReportForm, book: FactBook, language: Language
) -> list[ClaimSentence]:
    """Return the texts of a report with their slots filled and the facts that these name. A text
    whose slots can't be filled goes back for that. What the data can't tell is a gap, and what
    another reason leaves unanswered is judged only where it has a figure. Words that the report
    says it left out are judged too: it may tell them after all."""
    texts = [("headline", form.headline)]
    texts += [(f"points.{number}", point) for number, point in enumerate(form.points, 1)]
    is_gap = is_given(form.cannot_tell) and form.cannot_tell_because == "data"
    if is_gap or SLOT_PATTERN.search(form.cannot_tell):
        texts.append((form.gap_part, form.cannot_tell))
    found = []
    for part, text in texts:
        try:
            filled = book.fill(text.strip(), language)
        except SlotError:
            continue
        if filled.text:
            gap = GAP if is_gap and part == form.gap_part else ""
            found.append(ClaimSentence(part, filled.text, filled.facts, gap))
    return [*found, *mark_left_out(form.not_used)]


def outline_card(ctx: "SkillContext", form: ReportForm) -> CardOutline:
    """Return what the card of this report shows beside its sentences, by names."""
    shown = find_shown_exhibits(form, ctx)
    reading = read_question(form, shown[0] if shown else None, ctx)
    cited = list_cited([form.headline, *form.points], ctx)
    steps, language = list_report_exports(cited, ctx.book.facts), ctx.request.language
    labels = [step.label.to(language) for step in steps]
    labels += [step.label for step in form.next_steps if is_given(step.label)]
    lines = [f"read as: {one}" for one in _list_lines(reading, form, shown, ctx) if one]
    lines += [line for one in shown for line in outline_exhibit(one)]
    lines += [f"buttons: {'; '.join(labels)}"] if labels else []
    gaps = (form.cannot_tell, *form.not_used, *ctx.request.brief.left_over)
    quotes = [find_quotable(name, ctx.book) for name in form.quotes]
    printed = (
        frozenset(one.id for one in quotes if one),
        frozenset(id for one in shown if one.table for id in one.table.facts),
    )
    return CardOutline(tuple(lines), tuple(one for one in gaps if is_given(one)), printed)


def build_dropped_notes(count: int) -> tuple[Check, ...]:
    """Build the note on sentences that were left out; none when there are none."""
    if not count:
        return ()
    words = Words.count(
        "{n} sentence left out: it held a figure or a quotation without a source.",
        "{n} sentences left out: they held figures or quotations without a source.",
        count,
    )
    return (Check(rule="left out", level="info", words=words),)


def build_refusal(sentence: str, instead: str = "") -> Report:
    """Build the report that only says what the data can't tell, and what would change that.
    `instead`: a question that can be answered, for a button."""
    headline, _, rest = sentence.partition(". ")
    label, leads = Words("{label}", label=instead), list[NextStep]()
    if instead:
        leads = [NextStep(label=label, skill="answer", words=instead, ask=False)]
    if not rest or len(headline) > MAX_HEADLINE:
        return Report(headline=Copy(text=sentence), leads=leads)
    return Report(headline=Copy(text=f"{headline}."), points=[Copy(text=rest)], leads=leads)


async def _draw_exhibit(
    ctx: "SkillContext", exhibit: Exhibit | None, form: ReportForm, headline: Copy
) -> File | None:
    """Draw the chart of the exhibit, with the finding as its title where it draws its figures. None
    where its table is shown instead, and where the finding is about another measure of the exhibit
    than the one that the chart draws."""
    if exhibit is None or exhibit.chart is None:
        return None
    if exhibit.shows_table(list_cited([form.headline, *form.points], ctx), asked=form.as_table):
        return None
    told = [
        one for one in ctx.book.facts if one.id in headline.facts and one.id in exhibit.all_facts
    ]
    measures = {fact.parts.measure for fact in told}
    if exhibit.chart.measure and measures and exhibit.chart.measure not in measures:
        return None
    finding = headline.text if measures else ""
    picture = build_exhibit_chart(exhibit, ctx.request.language, ctx.brand.colours, finding=finding)
    return await ctx.draw(picture) if picture else None


async def write_ideas(ctx: "SkillContext", tools: Sequence[str]) -> Ideas:
    """Have the model suggest ideas with these tools. Those that are still wrong after one
    correction are left out."""

    def check(form: IdeasForm) -> list[str]:
        if not 1 <= len(form.ideas) <= MAX_IDEAS:
            return [f"ideas: write as many as were asked for, 1 to {MAX_IDEAS}"]
        return [
            f"idea {number}: {fault}"
            for number, idea in enumerate(form.ideas, 1)
            for fault in find_idea_faults(ctx, idea)
        ]

    def list_claims(form: IdeasForm) -> list[ClaimSentence]:
        return [one for idea in form.ideas for one in list_idea_sentences(ctx, idea)]

    form = await ctx.write(
        IdeasForm,
        tools=tools,
        check=check,
        system=IDEAS_PROMPT,
        values={"occasion": describe_occasions(ctx)},
        list_claims=list_claims,
    )
    good = [idea for idea in form.ideas[:MAX_IDEAS] if not find_idea_faults(ctx, idea)]
    if not good:
        raise CannotDo(NO_GOOD_IDEA)
    claims = [one for idea in good for one in list_idea_sentences(ctx, idea)]
    ctx.notes += ctx.answer_checks.list_claim_checks(claims)
    return Ideas(
        not_used=quote_words(form.not_used, ctx.request.language),
        ideas=[_build_idea(ctx, idea) for idea in good],
        leads=[_build_step(ctx, number, idea) for number, idea in enumerate(good, 1)],
    )


def find_idea_faults(ctx: "SkillContext", idea: IdeaForm) -> list[str]:
    """Return what is wrong with an idea: typed figures, wrong slots, no fact behind it."""
    form = ReportForm(
        headline=idea.idea,
        points=[idea.audience, idea.fact, idea.request],
        exhibit=NONE,
        cannot_tell=NONE,
        not_used=[],
        next_steps=[],
    )
    proposals = [name for name, field in IDEA_TEXTS.items() if field in ("idea", "request")]
    faults = [
        f"{IDEA_TEXTS.get(where, where)}: {fault}"
        for where, _, fault in (
            one.partition(": ") for one in build_checker(ctx).find_faults(form, proposals)
        )
    ]
    empty = [name for name in ("audience", "fact", "request") if not getattr(idea, name).strip()]
    faults += [f"{name}: it is empty" for name in empty]
    try:
        _ = idea.days
    except ValueError as wrong:
        faults.append(f"first_day, last_day: {wrong}")
    if not faults and not _list_idea_facts(ctx, idea):
        faults.append("facts: name at least one fact that a tool gave, such as f3")
    return faults


def list_idea_sentences(ctx: "SkillContext", idea: IdeaForm) -> list[ClaimSentence]:
    """Return what an idea and its fact claim of the data, with the facts that it stands on. What
    it proposes to do is free, as the advice of a report is."""
    found = []
    for text in (idea.idea, idea.fact):
        try:
            filled = ctx.book.fill(text.strip(), ctx.request.language)
            facts = _list_idea_facts(ctx, idea)
        except SlotError:
            continue  # it goes back for that
        if filled.text:
            found.append(ClaimSentence("ideas", filled.text, facts))
    return found


def describe_occasions(ctx: "SkillContext") -> str:
    """Return the occasion that is asked about with its days, however far ahead, or those of the
    next weeks, for the prompt."""
    brief, today = ctx.request.brief, ctx.today
    wanted = ctx.brand.list_occasions(brief.market) or tuple(load_occasions())
    known = load_occasions().get(brief.occasion or "")
    if known and not find_past_days(brief, today):
        coming = [(known, period) for period in known.list_near(today, brief.market)]
    else:
        coming = list_coming_occasions(wanted, today, brief.market, OCCASION_DAYS)
    lines = [
        f"{one.title[ctx.request.language]}, {period.as_prompt(brief.market, today)}"
        for one, period in coming
    ]
    return "; ".join(lines) or "none in the next weeks"


def _list_idea_facts(ctx: "SkillContext", idea: IdeaForm) -> tuple[str, ...]:
    named = [fact.id for name in idea.facts if (fact := ctx.book.get(name.strip("{} ")))]
    filled = ctx.book.fill(idea.fact, ctx.request.language).facts
    return tuple(dict.fromkeys([*filled, *named]))


def _build_idea(ctx: "SkillContext", idea: IdeaForm) -> Copy:
    language = ctx.request.language
    title = Words("Mad: {idea}", idea=idea.idea.strip()).to(language) if idea.mad else idea.idea
    fact = ctx.book.fill(idea.fact.strip(), language).text
    shown = insert_nbsp("\n".join([title.strip(), *_aim_idea(ctx, idea), fact]), language)
    return Copy(text=shown, facts=_list_idea_facts(ctx, idea))


def _aim_idea(ctx: "SkillContext", idea: IdeaForm) -> list[str]:
    """Say for whom an idea is, and when, a line each."""
    language = ctx.request.language
    lines = [Words("For: {audience}", audience=idea.audience.strip()).to(language)]
    if idea.days:
        first, last = idea.days
        days = (
            format_short_period(first, last, language, ctx.today)
            if first
            else Words("until {day}", day=last).to(language)
        )
        lines.append(Words("When: {days}", days=days).to(language))
    return lines


def _build_step(ctx: "SkillContext", number: int, idea: IdeaForm) -> NextStep:
    """Build the button that drafts an idea at once, for its people and days."""
    label = Words("Draft {n}", n=number)
    words = "\n".join([idea.request.strip(), *_aim_idea(ctx, idea)])
    return NextStep(label=label, skill="draft", words=words, ask=False, proposed=True)
