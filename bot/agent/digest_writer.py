"""Compose a digest or an alert by code: what moved, what is confirmed, what became of the last
digest's findings, and whether there is anything to say. `bot.agent.digest_wording` has a model word
it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import BaseModel

from bot.agent.tool import ToolDeps
from bot.agent.tools.query_metrics import SALES, look_up_newest
from bot.config.brand import Brand
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.fact_sentences import (
    CANNOT,
    CHANGE_STATUSES,
    CONFIRMED,
    FactSubject,
    SentenceWriter,
    group_by_subject,
    join_copies,
)
from bot.core.facts import Evidence, Fact
from bot.core.metric_query import MeasureName
from bot.core.parts import Copy, NextStep, Table
from bot.core.report import (
    DIGEST_SECTIONS,
    DigestFollowUp,
    DigestReport,
    QuietDigest,
    describe_data,
)
from bot.core.request import Question, SkillRequest
from bot.data.analyses.findings import (
    Move,
    build_point,
    find_moves,
    find_newest,
    tell_break,
    tell_covered_days,
    tell_earlier_days,
    tell_steady_sales,
)
from bot.data.analyses.result import SMALL_GROUPS, build_filter
from bot.drafts.occasions import name_occasions_within
from bot.drafts.status_lines import tell_waiting_drafts, tell_week_of_drafts
from bot.i18n.messages import Words
from bot.offline import OfflineContext

UNFILTERED_KINDS = ("campaigns", "experiments")
GRADED_MEASURES = ("status", "verdict", "change")  # kept so that the next digest can compare
MAX_MOVES, MAX_MORE, MAX_LEADS = 6, 15, 3
MEASURES = {  # kind → the measure of its calls
    "delivery": "late",
    "funnel": "rate",
    "feedback": "share-now",
    "trends": "change",
}
MAX_GRADED, MAX_SENT = 4, 3
RATES = {
    "open-rate": Words("opened"),
    "click-rate": Words("clicked"),
    "order-rate": Words("ordered"),
}
NOTHING_NEWER = Words(
    "I can't say yet whether what I told you last time went on: no newer rows have come in."
)
WENT_ON = Words("{what}, {how}: it went on, {now} now, {was} last time.")
STOPPED = Words("{what}, {how}: it did not go on, {now} now, {was} last time.")
QUIET = Words("Nothing moved beyond what chance does by itself.")
ONLY_WATCHED = Words("Nothing moved for sure. To watch: {what}")
CERTAINTY = Words("“Keep an eye on” means it may be chance. The rest is confirmed.")
WHOLE_WEEKS = Words("What is expected of sales is told of whole weeks alone.")
NARROWED = Words("Only {what} was looked at; campaigns and tests can't be told by it.")
COMPARISONS = {
    "yes": Words(
        "{title}: {own} {verb}, {median} in the middle of comparable ones; chance explains what "
        "lies between."
    ),
    "better": Words(
        "{title}: {own} {verb}, {median} in the middle of comparable ones: better than chance "
        "explains."
    ),
    "worse": Words(
        "{title}: {own} {verb}, {median} in the middle of comparable ones: worse than chance "
        "explains."
    ),
}
TOO_FEW = Words("{title}: too few comparable campaigns to say whether it did well.")
SOLD = Words("It brought {orders}, {sales}.")
WITHOUT_RESULTS = Words("Campaigns that went out without results so far: {without}.")
NOTHING_WAITS = Words("Nothing waits for your approval.")
NEWEST_SALES = Words("Sales of {days}: {sold}, {comparisons}.")
COMPARED = Words("{change} on {days}")
ONE_WEEK = timedelta(weeks=1)
PART_MEASURES: tuple[MeasureName, ...] = (*SALES, "units")
PART_COLUMNS = {
    "now": Words("Sales"),
    "week-before": Words("The same weekdays before"),
    "week-change": Words("Change"),
    "year-before": Words("The year before"),
    "year-change": Words("Change from the year before"),
}
WEEK_COLUMNS = {
    "last": Words("A week"),
    "week-before": Words("The week before"),
    "expected": Words("Expected"),
    "change": Words("Against what was expected"),
}


@dataclass(frozen=True)
class ComposedDigest:
    """A digest by code. `moves` are those that the headline and the points state, in order."""

    output: BaseModel | Question
    moves: tuple[Move, ...] = ()


async def compose_digest(request: SkillRequest, ctx: OfflineContext) -> ComposedDigest:
    """Look the facts up and compose the digest. The evidence becomes what it states, and the grades
    that the next digest compares with."""
    brief = request.brief
    chosen = () if brief.series else brief.sections or tuple(DIGEST_SECTIONS)
    kinds = [kind for key in chosen for kind in DIGEST_SECTIONS.get(key, ())]
    if brief.series:
        kinds = [brief.series.split(".")[0]]
    if narrowed := brief.category or brief.brand:
        kinds = [kind for kind in kinds if kind not in UNFILTERED_KINDS]
    evidence, writer = await ctx.look_up(*kinds), SentenceWriter(request.language)
    # A digest tells of what moved, not of each group, so no small ones are missing in it.
    facts = [fact for fact in evidence.facts if not fact.parts.measure.startswith(SMALL_GROUPS)]
    ctx.evidence = evidence = Evidence(facts=tuple(facts))
    known = (
        [*kinds, "sent"] if kinds else []
    )  # campaigns that went out are told without orders, too
    if known and not any(group_by_subject(evidence, kind).keys() - {CANNOT} for kind in known):
        return ComposedDigest(writer.report_missing_data(evidence, kinds))
    newest = NewestSales()
    if chosen and "trends" in kinds:
        newest = await _look_up_newest_sales(writer, ctx)
        evidence = ctx.evidence
    moves = find_moves(writer, evidence, brief.series)
    if newest.part:  # the weekly sales are of other days than was asked for
        moves.sort(key=lambda move: (not move.is_sure, move.fact_subject.kind == "trends"))
    covered = tell_covered_days(writer, evidence, kinds, newest.part)
    read_as = writer.tell_reading(evidence, kinds, covered)
    broken = tell_break(writer, evidence) if "trends" in kinds else Copy(text="")
    follow_up, leads = build_follow_up(writer, evidence, chosen)
    parts = follow_up.model_dump()
    if not kinds:
        nothing = QuietDigest(quiet=Copy(text=writer.say(NOTHING_WAITS)))
        return ComposedDigest(follow_up if follow_up.work else nothing)
    if not any(move.is_sure for move in moves):
        quiet = Copy(text=writer.say(QUIET))
        if moves:
            said = writer.say(ONLY_WATCHED.with_params(what=moves[0].words))
            quiet = Copy(text=said, facts=moves[0].facts)
        of_sales = [newest.told, quiet] if newest.part else [quiet, newest.told]
        quiet = join_copies([broken, *of_sales])
        output = QuietDigest(
            quiet=quiet,
            read_as=read_as,
            more=_list_more(writer, moves[1:]),
            leads=leads,
            **parts,
        )
        _keep_facts(ctx, writer, moves, evidence)
        return ComposedDigest(output)
    sales = tell_steady_sales(writer, evidence) if chosen and "trends" in kinds else Copy(text="")
    first_more = [sales] if newest.part and sales.text else []
    sales = newest.told if newest.part else join_copies([sales, newest.told])
    first_points = [point for point in (moves[0].cost, sales, broken) if point.text]
    told = moves[: MAX_MOVES - len(first_points)]
    limits = [Copy(text=writer.say(CERTAINTY))]
    if newest.part:
        limits.append(Copy(text=writer.say(WHOLE_WEEKS)))
    if narrowed:
        limits.append(Copy(text=writer.say(NARROWED.with_params(what=narrowed))))
    limits += list_occasions(writer, evidence, ctx.brand, brief.market)
    report = DigestReport(
        headline=told[0].text,
        read_as=read_as,
        points=[*first_points, *(build_point(writer, move) for move in told[1:])],
        table=newest.table or (_tabulate_week(writer, evidence) if chosen else None),
        more=_list_more(writer, moves[len(told) :], first_more),
        how_to_read=writer.explain_reading(
            evidence, kinds, *limits, *tell_earlier_days(writer, evidence, kinds)
        ),
        sources=Copy(text=_describe_data(writer, ctx)),
        leads=[*_list_leads(moves), *leads],
        **parts,
    )
    _keep_facts(ctx, writer, moves, evidence)
    if chart := _build_chart(writer, told[0], ctx):
        report = report.model_copy(update={"picture": await ctx.draw(chart)})
    return ComposedDigest(report, tuple(told))


@dataclass(frozen=True)
class NewestSales:
    """What was sold on the days after the last whole week. `part` are these days where they were
    asked for: then the table is of them."""

    told: Copy = field(default_factory=lambda: Copy(text=""))
    table: Table | None = None
    part: tuple[date, date] | None = None


async def _look_up_newest_sales(writer: SentenceWriter, ctx: OfflineContext) -> NewestSales:
    """Look up what was sold on the days after the week of the sales, beside the same weekdays
    before and days of a year before that hold the same occasions. Its facts join the evidence."""
    last, where = find_newest(ctx.evidence, "trends", "last"), build_filter(ctx.request)
    if last is None or last.until is None or last.until >= last.as_of or where.brand:
        return NewestSales()
    days, brief = (last.until + timedelta(days=1), last.as_of), ctx.request.brief
    part = None
    if brief.since and days[0] <= brief.since <= days[1]:
        days = part = (brief.since, min(brief.until or days[1], days[1]))
    deps = ToolDeps(
        data=ctx.data,
        request=ctx.request,
        brand=ctx.brand,
        today=ctx.today,
        person=ctx.person,
        is_private=ctx.is_private,
    )
    found = await look_up_newest(days, where, deps, PART_MEASURES if part else SALES)
    ctx.evidence = ctx.evidence.plus(found.facts)
    known = {fact.id: fact for fact in found.facts}
    compared = [
        Comparison(fact, known[str(fact.compared_with)], known[f"{fact.id}-change"])
        for fact in found.facts
        if f"{fact.id}-change" in known
    ]
    if not compared:
        return NewestSales()
    told = _tell_newest_sales(writer, compared, ctx)
    return NewestSales(told, _tabulate_part(writer, compared) if part else None, part)


@dataclass(frozen=True)
class Comparison:
    """A figure, that of the days compared with, and the change."""

    now: Fact
    before: Fact
    change: Fact


def _tell_newest_sales(
    writer: SentenceWriter, compared: Sequence[Comparison], ctx: OfflineContext
) -> Copy:
    """Tell the revenue, or the orders where it is not known, with its comparisons."""
    sold = compared[0].now
    comparisons = [
        writer.tell(
            None, COMPARED, change=one.change.as_read, days=_name_days(writer, one.before, ctx)
        )
        for one in compared
        if one.now.label == sold.label
    ]
    every = join_copies(comparisons, ", ")
    days = _name_days(writer, sold, ctx)
    told = writer.tell(None, NEWEST_SALES, days=days, sold=sold.as_read, comparisons=every.text)
    return join_copies([told], cited=every.facts)


def _tabulate_part(writer: SentenceWriter, compared: Sequence[Comparison]) -> Table | None:
    """Revenue, orders and pieces of these days beside each of the times that they are compared
    with."""
    rows = dict[str, dict[str, Fact]]()
    for one in compared:
        row = rows.setdefault(one.now.label, {"now": one.now})
        assert one.now.since
        assert one.before.until
        kind = "week" if one.now.since - one.before.until < ONE_WEEK else "year"
        row |= {f"{kind}-before": one.before, f"{kind}-change": one.change}
    subjects = [FactSubject("metric", label, label, row) for label, row in rows.items()]
    return writer.table(subjects, Words("What"), PART_COLUMNS)


def _name_days(writer: SentenceWriter, fact: Fact, ctx: OfflineContext) -> str:
    """Return the days of a fact, with the retail occasions within them."""
    days, market = writer.name_days(fact), ctx.request.brief.market
    if not (fact.since and fact.until):
        return days
    own = ctx.brand.list_occasions(market)
    names = name_occasions_within((fact.since, fact.until), market, own, writer.language)
    words = Words("{days} with {occasions}", days=days, occasions=", ".join(names))
    return writer.say(words) if names else days


def list_occasions(
    writer: SentenceWriter, evidence: Evidence, brand: Brand, market: str | None
) -> list[Copy]:
    """Name the retail occasions within the week of the sales."""
    last = [fact for fact in evidence.of("trends") if fact.parts.measure == "last"]
    days = max(((f.since, f.until) for f in last if f.since and f.until), default=None)
    if days is None:
        return []
    own = brand.list_occasions(market)
    names = name_occasions_within(days, market, own, writer.language)
    words = Words("In the week of the sales: {what}.", what=", ".join(names))
    return [Copy(text=writer.say(words))] if names else []


def _list_more(
    writer: SentenceWriter, moves: Sequence[Move], first: Sequence[Copy] = ()
) -> Copy | None:
    """List the changes that the details show."""
    points = [*first, *(build_point(writer, move) for move in moves[:MAX_MORE])]
    return join_copies(points, "\n", before="– ") if points else None


def _list_leads(moves: Sequence[Move]) -> list[NextStep]:
    """Return the first step of each label, because equal buttons can't be told apart."""
    first: dict[str, NextStep] = {}
    for lead in (move.lead for move in moves if move.lead):
        first.setdefault(lead.label.text, lead)
    return list(first.values())[:MAX_LEADS]


def _keep_facts(
    ctx: OfflineContext, writer: SentenceWriter, moves: Sequence[Move], evidence: Evidence
) -> None:
    """Keep the facts that are stated, and the grades that the next digest compares with."""
    told = {move.subject for move in moves[:MAX_MOVES]}
    graded = [
        fact
        for fact in evidence.facts
        if fact.id.rpartition(".")[0] in told and fact.parts.measure in GRADED_MEASURES
    ]
    ctx.keep_facts(*graded, *writer.stated.values())


def _build_chart(writer: SentenceWriter, top: Move, ctx: OfflineContext) -> ChartPicture | None:
    """Draw the most important change: before and now. None without a pair of values."""
    if top.pair is None:
        return None
    names = [writer.say(words) for words in (top.compared_with or Words("Before"), Words("Now"))]
    bars = [
        Bar(name, float(str(fact.value)), strong=name is names[1], spelled=writer.spell(fact))
        for name, fact in zip(names, top.pair, strict=True)
        if fact is not None
    ]
    name, colours = top.fact_subject.named(writer.language), ctx.brand.colours or COLOURS
    title = name[:1].upper() + name[1:]
    return build_bar_chart(title, bars, language=writer.language, colours=colours)


def _tabulate_week(writer: SentenceWriter, evidence: Evidence) -> Table | None:
    """Orders, pieces and revenue of the last complete week beside what was expected."""
    totals = group_by_subject(evidence, "trends", "total-").values()
    return writer.table([o for o in totals if o.get("expected")], Words("What"), WEEK_COLUMNS)


def _describe_data(writer: SentenceWriter, ctx: OfflineContext) -> str:
    """Say which data the figures come from, with their last day."""
    facts = [
        fact
        for fact in writer.stated.values()
        if fact.parts.kind not in ("before", "work") and fact.parts.subject != CANNOT
    ]
    return describe_data(facts, ctx.data.name_files(), writer.language)


# What became of the last digest's findings, of what was sent, and of the work.


def build_follow_up(
    writer: SentenceWriter, evidence: Evidence, chosen: Sequence[str]
) -> tuple[DigestFollowUp, list[NextStep]]:
    """Build the follow-up parts that have content, and their next steps. An alert has none."""
    campaigns = group_by_subject(evidence, "sent") if "campaigns" in chosen else {}
    graded = grade_calls(writer, evidence) if chosen else []
    work = [tell_waiting_drafts(writer, evidence)] if "queue" in chosen else []
    work += [tell_week_of_drafts(writer, evidence)] if "intern" in chosen else []
    sent = join_copies(_describe_sent(writer, campaigns), "\n", before="– ")
    parts = {"graded": join_copies(graded, "\n"), "sent": sent, "work": join_copies(work)}
    newest = next((one for key, one in campaigns.items() if key != "all"), None)
    leads = _list_sent_leads(writer, newest) if newest else []
    return DigestFollowUp(**{name: part for name, part in parts.items() if part.text}), leads


@dataclass(frozen=True)
class Call:
    """A finding of the last digest, and what is known of it now."""

    then: FactSubject
    now: FactSubject | None
    kind: str

    @property
    def measure(self) -> str:
        return MEASURES[self.kind]

    @property
    def was_sure(self) -> bool:
        return self.then.status == CONFIRMED

    @property
    def has_newer_rows(self) -> bool:
        known, was = self.now and self.now.get(self.measure), self.then.get(self.measure)
        return bool(known and was and known.as_of > was.as_of)

    @property
    def went_on(self) -> bool:
        """Still called, and in the same direction where there is one."""
        assert self.now is not None
        same = self.now.number("change") * self.then.number("change") >= 0
        return self.now.status in CHANGE_STATUSES and same


def list_calls(evidence: Evidence) -> list[Call]:
    """Return what was called last time, what was confirmed first."""
    calls = []
    for key, then in group_by_subject(evidence, "before").items():
        kind, _, subject = key.partition("--")
        if kind in MEASURES and then.get(MEASURES[kind]) is not None:
            calls.append(Call(then, group_by_subject(evidence, kind).get(subject), kind))
    return sorted(calls, key=lambda call: (not call.was_sure, [*MEASURES].index(call.kind)))


def grade_calls(writer: SentenceWriter, evidence: Evidence) -> list[Copy]:
    """Return a line for each finding of the last digest: whether it went on."""
    calls = list_calls(evidence)
    if not calls:
        return []
    last = max(fact.as_of for call in calls for fact in call.then.facts.values())
    known = [fact for kind in (*MEASURES, *UNFILTERED_KINDS) for fact in evidence.of(kind)]
    if not any(fact.as_of > last for fact in known if fact.parts.subject != CANNOT):
        return [Copy(text=writer.say(NOTHING_NEWER))]
    return [_grade(writer, call) for call in calls if call.has_newer_rows][:MAX_GRADED]


def _grade(writer: SentenceWriter, call: Call) -> Copy:
    assert call.now is not None
    told = writer.tell(
        call.now,
        WENT_ON if call.went_on else STOPPED,
        what=writer.tell(call.now, Words("{name}")).text,
        how=Words("called confirmed") if call.was_sure else Words("called to watch"),
        now=call.now.get(call.measure),
        was=call.then.get(call.measure),
    )
    return told.model_copy(update={"text": f"– {told.text}"})


def _describe_sent(writer: SentenceWriter, campaigns: Mapping[str, FactSubject]) -> Iterator[Copy]:
    """Yield a line for each campaign that results came back for, against comparable ones."""
    for one in [one for key, one in campaigns.items() if key != "all"][:MAX_SENT]:
        yield join_copies([_compare_rate(writer, one), writer.tell(one, SOLD)])
    if (none := campaigns.get("all")) and none.number("without"):
        yield writer.tell(none, WITHOUT_RESULTS)


def _compare_rate(writer: SentenceWriter, one: FactSubject) -> Copy:
    """State the first rate that can be held against other campaigns."""
    title = one.get("name") or one.about
    rate = next((rate for rate in RATES if one.get(f"{rate}-median")), None)
    if rate is None:
        return writer.tell(one, TOO_FEW, title=title)
    is_better = one.number(rate) > one.number(f"{rate}-median")
    key = "yes" if one.word(f"{rate}-chance") == "yes" else "better" if is_better else "worse"
    figures = {"own": one.get(rate), "median": one.get(f"{rate}-median")}
    return writer.tell(one, COMPARISONS[key], title=title, verb=RATES[rate], **figures)


def _list_sent_leads(writer: SentenceWriter, one: FactSubject) -> list[NextStep]:
    plan = writer.say(Words("Plan a test of the subject line for: {what}", what=one.about))
    return [
        NextStep(label=Words("Adjust what we sent"), skill="draft", words=one.word("asked")),
        NextStep(label=Words("Plan a test"), skill="experiment", words=plan, ask=False),
    ]
