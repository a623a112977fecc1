"""Write a report, or ideas: the model looks things up and writes; code fills the figures in."""

import logging
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from bot.agent.audience_draft import list_export_steps
from bot.agent.claim_check import ClaimSentence
from bot.agent.skills import load_skills
from bot.agent.tool import AskedForPeople, Refusal
from bot.core.charts import (
    MAX_NAMED,
    PEOPLE,
    Exhibit,
    ScopePart,
    build_exhibit_chart,
    is_row_name,
    join_scope,
)
from bot.core.checks import Check
from bot.core.fact_book import SLOT_PATTERN, FactBook, SlotError
from bot.core.facts import Fact
from bot.core.joined_exhibits import arrange_exhibits, can_join
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
    build_not_used,
    build_report,
    choose_exhibits,
    is_given,
)
from bot.core.request import Brief
from bot.drafts.occasions import list_coming_occasions, load_occasions
from bot.errors import CannotDo
from bot.grounding.calculations import PROOF
from bot.grounding.report_text import CALCULATED, ReportChecker
from bot.i18n.languages import get_language
from bot.i18n.messages import Language, Words, format_short_period
from bot.i18n.periods import find_periods
from bot.i18n.typography import insert_nbsp
from bot.offline.reports.top_customers import write_top_customers
from bot.text.normalize import tokenize

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

log = logging.getLogger(__name__)

SYSTEM_PROMPT = "report"
NO_GOOD_SENTENCE = Words(
    "The AI's answer held figures without a source, so I don't show it. Ask again in other words."
)
AUDIENCE_SKILLS = ("draft", "experiment")  # which can be for an audience
IDEAS_PROMPT = "ideas_system"
# An idea is checked as the text of a report.
IDEA_TEXTS = {"headline": "idea", "point 1": "audience", "point 2": "fact", "point 3": "request"}
SLOT_NAMES = re.compile(r"\bf\d+\b")
MAX_BESIDE = 4  # readings of further points
OCCASION_DAYS = 60  # how far ahead occasions are named
NO_GOOD_IDEA = Words(
    "The AI's ideas stood on no facts of your data, so I don't show them. Ask again in other words."
)


async def write_report(ctx: "SkillContext", tools: Sequence[str]) -> Report | MissingData:
    """Have the model answer the context's request with these tools. The evidence is what the
    report cites."""
    request, language = ctx.request, ctx.request.language

    def list_claims(form: ReportForm) -> list[ClaimSentence]:
        return list_report_sentences(form, ctx.book, language)

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
        )
    except AskedForPeople as asked:
        from bot.data.metrics.query.customer_ranking import TopCustomersQuery

        return await write_top_customers(ctx, TopCustomersQuery.model_validate_json(asked.query))
    except Refusal as refusal:
        log.info("a question could not be answered: %s", refusal.reason)
        return build_refusal(refusal.words.to(language), refusal.instead)
    form, dropped = build_checker(ctx, load_skills()).drop_faulty_texts(form)
    ctx.notes = build_dropped_notes(dropped)
    ctx.notes += ctx.answer_checks.list_claim_checks(list_claims(form))
    if not form.headline:
        raise CannotDo(NO_GOOD_SENTENCE)
    ctx.evidence = ctx.evidence.without_kind(PROOF).plus(_fill_proofs(ctx, form))
    exhibit, second = [*find_shown_exhibits(form, ctx), None, None][:2]
    cells = {id for one in (exhibit, second) if one and one.table for id in one.table.facts}
    known = {fact.id for fact in ctx.evidence.facts}
    ctx.evidence = ctx.evidence.plus(one for one in ctx.book.facts if one.id in cells - known)
    filled = build_report(
        form,
        ctx.book,
        exhibit,
        second,
        language=language,
        data=ctx.data.name_files(),
        read_as=(*list_readings(form, exhibit, ctx), *list_left_out(form, exhibit, ctx)),
        unused=request.brief.left_over,
    )
    picture = await _draw_exhibit(ctx, exhibit, form, filled.headline)
    return filled.model_copy(update={"picture": picture, "leads": _add_exports(filled, ctx)})


def _fill_proofs(ctx: "SkillContext", form: ReportForm) -> list[Fact]:
    """Return the proofs of figures of this report, each with its text as people read it."""
    texts = {form.headline, *form.points, form.cannot_tell}
    return [
        proof.model_copy(update={"about": ctx.book.fill(proof.about, ctx.request.language).text})
        for proof in ctx.answer_checks.proofs
        if proof.about in texts
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
    """Return the next steps: those of the model, and the export of the audiences that the report
    leads with. A text or a test for them knows their rule."""
    cited = [id for text in (report.headline, *report.points) for id in text.facts]
    exports = list_export_steps(cited, ctx.book.facts)
    if not exports:
        return report.leads
    names = [fact for fact in ctx.book.facts if fact.parts.subject == "things"]
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
    another reason leaves unanswered is judged only where it has a figure."""
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
            gap = is_gap and part == form.gap_part
            found.append(ClaimSentence(part, filled.text, filled.facts, gap=gap))
    return found


def list_readings(form: ReportForm, chosen: Exhibit | None, ctx: "SkillContext") -> tuple[str, ...]:
    """Return how the question was read, in one line, then how further points were where their days
    or conditions differ, and the age of old data: the readings of the calls whose figures the
    headline shows, else the points, and that of the shown exhibit. A call that was corrected or
    not used says nothing about the report."""
    # of two calls that gave a figure, the one whose exhibit is shown
    ordered = sorted(ctx.exhibits, key=lambda one: chosen is None or not chosen.shows_of(one))

    def list_used(cited: Sequence[str]) -> list[Exhibit]:
        used = (next((e for e in ordered if id in e.facts and e.read_as), None) for id in cited)
        return [one for one in used if one]

    shown = [one for one in ordered if chosen and chosen.shows_of(one) and one.read_as]
    of_headline = _list_cited([form.headline], ctx)
    of_points = _list_cited([*form.points, form.cannot_tell], ctx)
    headline, points = list_used(of_headline), list_used(of_points)
    bounded = [
        one for one in ordered if _has_bound(one) and not one.all_facts.isdisjoint(of_points)
    ]  # a headline without a figure says that nothing is within them
    if found := headline or [*bounded, *points, *shown]:
        named = [*(of_headline or of_points)]
        others = [*points, *shown]
        if coming := [one for one in [*found, *others] if _is_of_days_to_come(one, ctx)]:
            found, others = coming, [*found, *others]  # what a forecast stands on is not its days
        return _merge_readings(found, named, others, of_points, ctx)
    with_exhibit = {exhibit.read_as for exhibit in ctx.exhibits if exhibit.id}
    alone = (one for one in ctx.read_as if one not in with_exhibit)
    return tuple(one[:1].upper() + one[1:] for one in alone)[:1]


def _merge_readings(
    exhibits: Sequence[Exhibit],
    cited: Sequence[str],
    others: Sequence[Exhibit],
    others_cited: Sequence[str],
    ctx: "SkillContext",
) -> tuple[str, ...]:
    """Return one line of how the first call was read, with what differs in those that ask the same
    of something else; a line on the others where they had other files, days or conditions, each
    with what it is of; and behind it the other lines of all. Named are the measures of the cited
    facts."""
    first, *rest = exhibits
    more = [one for one in rest if _asks_alike(one, first)]
    others = [*(one for one in rest if one not in more), *others]
    exhibits = [first, *more]
    line, *_ = first.read_as.splitlines()
    if scope := first.list_scope(cited):
        has = {PEOPLE, *(part for part, _text in scope)}
        added = [one for other in more for one in other.list_scope(cited) if one[0] in has]
        days = first.days or _tell_days([first], cited, ctx)
        line = join_scope(_shorten([*scope, *added], exhibits, cited, ctx), days)
    told = {_find_conditions(one, ctx) for one in exhibits}
    lines = {line.casefold()}
    beside = dict[frozenset[ScopePart], str]()
    for one in others:
        days = one.days or _tell_days([one], others_cited, ctx)
        text = one.tell_scope(others_cited, days)
        conditions = _find_conditions(one, ctx)
        is_bounded = bool(days) or any(part not in ("what", "by") for part, _text in one.scope)
        says_more = is_bounded and not any(conditions <= known for known in told)
        if says_more and text and text.casefold() not in lines:
            beside.setdefault(conditions, text)
            lines.add(text.casefold())
    apart = f"{get_language(ctx.request.language).marks.semicolon} "
    what = apart.join([*beside.values()][:MAX_BESIDE])
    further = [Words("Further points: {what}", what=what).to(ctx.request.language)] if what else []
    every = [*exhibits, *others]
    behind = [text for one in every for text in one.read_as.splitlines()[1:]]
    return (line[:1].upper() + line[1:], *further, *dict.fromkeys(behind))


def _asks_alike(one: Exhibit, other: Exhibit) -> bool:
    """Whether two calls group alike and have conditions of the same kinds: their parts fit into
    one line."""
    apart = ("what", "days", "more", PEOPLE)
    first, second = (
        {(part, text if part == "by" else "") for part, text in call.scope if part not in apart}
        for call in (one, other)
    )
    return first == second


def _shorten(
    scope: Sequence[ScopePart],
    exhibits: Sequence[Exhibit],
    cited: Sequence[str],
    ctx: "SkillContext",
) -> list[ScopePart]:
    """Return the parts with the first texts of one that has many, and with all days from the first
    to the last where several calls are of others."""
    texts: dict[str, dict[str, None]] = {}
    for part, text in scope:
        texts.setdefault(part, {})[text] = None
    short = list[ScopePart]()
    for part, some in texts.items():
        names = [*some]
        if part == "days" and names[1:] and (days := _tell_days(exhibits, cited, ctx)):
            names = [days]
        elif part != "what" and names[MAX_NAMED:]:
            shown = ", ".join(names[:MAX_NAMED])
            names = [Words("{names} and others", names=shown).to(ctx.request.language)]
        short += [(part, name) for name in names]
    return short


def _list_facts(
    exhibits: Iterable[Exhibit], cited: Sequence[str], ctx: "SkillContext"
) -> list[Fact]:
    """Return the cited facts of these calls, without what others are compared with."""
    ids = frozenset[str]().union(*(one.all_facts for one in exhibits)) & {*cited}
    facts = [fact for fact in ctx.book.facts if fact.id in ids]
    before = {fact.compared_with for fact in facts}
    return [fact for fact in facts if fact.id not in before]


def _tell_days(exhibits: Iterable[Exhibit], cited: Sequence[str], ctx: "SkillContext") -> str:
    """Return the days of the cited facts of these calls, from the first to the last."""
    facts = [one for one in _list_facts(exhibits, cited, ctx) if one.since and one.until]
    if not facts:
        return ""
    first = min(one.since for one in facts if one.since)
    last = max(one.until for one in facts if one.until)
    return format_short_period(first, last, ctx.request.language, date.min)


def _is_of_days_to_come(exhibit: Exhibit, ctx: "SkillContext") -> bool:
    own = (one for one in ctx.book.facts if one.id in exhibit.all_facts)
    return any(one.since and ctx.today and one.since > ctx.today for one in own)


def _has_bound(exhibit: Exhibit) -> bool:
    """Whether its call left out groups by a measure: "at least 50 orders"."""
    return any(part == "having" for part, _text in exhibit.scope)


def _find_conditions(exhibit: Exhibit, ctx: "SkillContext") -> frozenset[ScopePart]:
    """Return which days, which part of the data and which files a call was about."""
    files = {one.source.file for one in ctx.book.facts if one.id in exhibit.all_facts}
    told = frozenset(one for one in exhibit.scope if one[0] not in ("what", "by", "more"))
    return told | {("file", one) for one in files}


def find_shown_exhibits(form: ReportForm, ctx: "SkillContext") -> list[Exhibit]:
    """Return the exhibits that the report shows, at most two: those that the model chose, joined
    where that can be, with the figures of the headline that another look-up has for the same rows.
    None where the chosen ones hold no figure of what is said: they are about something else."""
    chosen = choose_exhibits(form, ctx.book, ctx.exhibits)
    if not chosen or not _holds_what_is_told(form, chosen, ctx):
        return []
    shown, _left_out = arrange_exhibits([*chosen, *_list_missing_columns(form, chosen, ctx)])
    headline, points = _list_cited([form.headline], ctx), _list_cited(form.points, ctx)
    return [_cite_rows(_cut_columns(one, headline, points, ctx), ctx) for one in shown]


def _cut_columns(
    exhibit: Exhibit, headline: Sequence[str], points: Sequence[str], ctx: "SkillContext"
) -> Exhibit:
    """Return the exhibit with as many columns as a table may have, and how many have no room."""
    cut = exhibit.with_columns_first(headline, points)
    if not (gone := len(exhibit.column_facts) - len(cut.column_facts)):
        return cut
    told = Words.count(
        "{n} more column has no room here.", "{n} more columns have no room here.", gone
    ).to(ctx.request.language)
    return cut.model_copy(update={"cut": " ".join(filter(None, (exhibit.cut, told)))})


def _cite_rows(exhibit: Exhibit, ctx: "SkillContext") -> Exhibit:
    """Return the exhibit without the facts of rows that another table had and it has not."""
    if exhibit.table is None or not exhibit.joined:
        return exhibit
    rows = [one.rows for one in ctx.exhibits if exhibit.shows_of(one) and one.rows]
    names = {" · ".join(group) for one in rows for group in one.groups}
    kept = [" · ".join(row[: len(rows[0].heads)]) for row in exhibit.table.rows]
    gone = [name for name in names if not is_row_name(name, kept)]
    facts = tuple(
        fact.id
        for fact in ctx.book.facts
        if fact.id in exhibit.table.facts
        and not any(is_row_name(name, (fact.about,)) for name in gone)
    )
    return exhibit.model_copy(update={"table": exhibit.table.model_copy(update={"facts": facts})})


def find_exhibit_faults(form: ReportForm, ctx: "SkillContext") -> list[str]:
    """Say which of the chosen exhibits would not be shown, and why, as sentences for the model."""
    chosen = choose_exhibits(form, ctx.book, ctx.exhibits)
    if chosen and not _holds_what_is_told(form, chosen, ctx):
        cited = {*_list_cited([form.headline, *form.points], ctx)}
        others = [one.id for one in ctx.exhibits if one.id and one.all_facts & cited]
        instead = f"choose one that does ({', '.join(others)}), " if others else ""
        return [
            f"exhibit: {chosen[0].id} would not be shown, as it holds no figure that your "
            f"sentences tell: {instead}tell one of its figures, or write none"
        ]
    _shown, left_out = arrange_exhibits(chosen)
    return [
        f"further_exhibits: {one.id} would not be shown: it can't become one table with "
        f"{chosen[0].id} (its rows are of other things, or a column of both says otherwise), and "
        "two tables have no room. Leave it out, or choose what matters more"
        for one in left_out
    ]


def _holds_what_is_told(form: ReportForm, chosen: Sequence[Exhibit], ctx: "SkillContext") -> bool:
    """Whether the exhibits hold a figure of the text, if only as another look-up gave it."""
    held = frozenset[str]().union(*(one.all_facts for one in chosen))
    cited = _list_cited([form.headline, *form.points], ctx)
    is_about_something = held and _list_cited([form.headline], ctx)
    return not is_about_something or len(_list_missing(cited, held, ctx)) < len(cited)


def _list_missing(cited: Sequence[str], held: frozenset[str], ctx: "SkillContext") -> list[Fact]:
    """Return the cited facts whose figures are not among these, by any name."""
    figures = {(one.value, one.unit) for one in ctx.book.facts if one.id in held}
    facts = [one for one in ctx.book.facts if one.id in {*cited} - held]
    return [one for one in facts if (one.value, one.unit) not in figures]


def _list_missing_columns(
    form: ReportForm, chosen: Sequence[Exhibit], ctx: "SkillContext"
) -> list[Exhibit]:
    """Return the figures of the headline that the first exhibit has not, as columns of the look-ups
    that hold them, where these can be joined to it. A course is drawn as it is."""
    first = chosen[0]
    if first.rows is None or (first.chart and first.chart.kind == "line"):
        return []
    slots = (ctx.book.get(name) for name in SLOT_NAMES.findall(form.headline))
    held = frozenset(id for one in chosen if one.table for id in one.table.facts)
    missing = {
        fact.id
        for fact in _list_missing([one.id for one in slots if one], held, ctx)
        if any(is_row_name(names[0], (fact.about,)) for names in first.rows.groups)
    }
    found = list[Exhibit]()
    for exhibit in ctx.exhibits:
        numbers = [n for n, facts in enumerate(exhibit.column_facts) if facts & missing]
        if numbers and exhibit.id and can_join(chosen[:1], exhibit.with_columns(numbers)):
            found.append(exhibit.with_columns(numbers))
            missing -= exhibit.all_facts
    return found


def list_left_out(form: ReportForm, chosen: Exhibit | None, ctx: "SkillContext") -> tuple[str, ...]:
    """Return how many rows the shown exhibit leaves out, which figures end before the data do, and
    what the rankings leave out that the report shows, or of whose groups it cites figures that
    are not in what it shows: each line once, of two the one that says more."""
    cited = {*_list_cited([form.headline, *form.points, form.cannot_tell], ctx)}
    apart = cited - chosen.all_facts if chosen else cited
    cut = (chosen.cut,) if chosen and chosen.cut else ()
    found = {
        exhibit.not_ranked
        for exhibit in ctx.exhibits
        if exhibit.not_ranked
        and ((chosen and chosen.shows_of(exhibit)) or apart & {*exhibit.ranked_facts})
    }
    lines = [one for one in found if not any(o != one and o.startswith(one) for o in found)]
    ends = (
        exhibit.ends
        for exhibit in ctx.exhibits
        if exhibit.ends and ((chosen and chosen.shows_of(exhibit)) or cited & exhibit.all_facts)
    )
    return (*dict.fromkeys(ends), *cut, *sorted(lines))


def _list_cited(texts: Sequence[str], ctx: "SkillContext") -> list[str]:
    """Return the ids of the facts whose slots stand in these texts, in their order, each calculated
    one with those that it was computed from."""
    names = SLOT_NAMES.findall(" ".join(texts))
    waiting = [fact for name in names if (fact := ctx.book.get(name))]
    found: dict[str, None] = {}
    while waiting:
        fact = waiting.pop(0)
        found[fact.id] = None
        if fact.parts.kind == CALCULATED:
            ids = {*(fact.query or "").partition("(")[2].rstrip(")").split(", ")}
            waiting += [one for one in ctx.book.facts if one.id in ids - found.keys()]
    return [*found]


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
    if exhibit.shows_table(_list_cited([form.headline, *form.points], ctx), asked=form.as_table):
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
        not_used=build_not_used(form.not_used, ctx.request.language),
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
    """Return what an idea claims of the data, with the facts that it stands on. The idea itself
    is a proposal, and what it may bring is no claim of it."""
    try:
        filled = ctx.book.fill(idea.fact.strip(), ctx.request.language)
    except SlotError:
        return []  # it goes back for that
    return [ClaimSentence("ideas", filled.text, _list_idea_facts(ctx, idea))] if filled.text else []


def describe_occasions(ctx: "SkillContext") -> str:
    """Return the occasion that is asked about with its days, however far ahead, or those of the
    next weeks, for the prompt."""
    brief, today = ctx.request.brief, ctx.today
    wanted = ctx.brand.list_occasions(brief.market) or tuple(load_occasions())
    if known := load_occasions().get(brief.occasion or ""):
        coming = [(known, period) for period in known.list_near(today, brief.market)]
    else:
        coming = list_coming_occasions(wanted, today, brief.market, OCCASION_DAYS)
    lines = [
        f"{one.title[ctx.request.language]}, {period.as_prompt(brief.market)}"
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
