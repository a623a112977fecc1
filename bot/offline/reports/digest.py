"""What moved, for a digest or an alert: composed by code alone, with or without an AI.

An AI may put the findings into words (`bot/agent/digest.py`); what moved, what is confirmed, what
became of the last digest's findings and whether there is anything to say is decided here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.digest_report import DigestFollowUp, DigestReport, QuietDigest
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.core.source import NO_SOURCE
from bot.i18n.messages import Words
from bot.offline.context import OfflineContext
from bot.offline.digest_moves import CALLED, Move, describe_break, find_moves
from bot.offline.fact_sentences import (
    CANNOT,
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    name_regions,
    report_missing_data,
)

SECTIONS = {  # section, in order → the kinds of facts it needs
    "sales": ("trends",),
    "site": ("funnel", "delivery"),
    "feedback": ("feedback",),
    "campaigns": ("campaigns", "experiments"),
    "queue": (),
    "intern": (),
}
UNFILTERED_KINDS = ("campaigns", "experiments")
GRADED_MEASURES = ("status", "verdict", "change")  # kept so that the next digest can compare
MAX_MOVES, MAX_MORE, MAX_LEADS = 6, 15, 3
MEASURES = {  # kind → the measure of its calls, and the one that says how sure it is
    "delivery": ("late", "status"),
    "funnel": ("rate", "status"),
    "feedback": ("share-now", "verdict"),
    "trends": ("change", "status"),
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
WATCH = Words("Keep an eye on: {what}")


@dataclass(frozen=True)
class ComposedDigest:
    """A digest by code. `moves` are those that the headline and the points state, in order."""

    output: BaseModel | Question
    moves: tuple[Move, ...] = ()


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    return (await compose_digest(request, ctx)).output


async def compose_digest(request: SkillRequest, ctx: OfflineContext) -> ComposedDigest:
    """Look the facts up and compose the digest. The evidence becomes what it states, and the grades
    that the next digest compares with."""
    brief = request.brief
    chosen = () if brief.series else brief.sections or tuple(SECTIONS)
    kinds = [kind for key in chosen for kind in SECTIONS.get(key, ())]
    if brief.series:
        kinds = [brief.series.split(".")[0]]
    if narrowed := brief.category or brief.brand:
        kinds = [kind for kind in kinds if kind not in UNFILTERED_KINDS]
    evidence, writer = await ctx.look_up(*kinds), SentenceWriter(request.language)
    if kinds and not any(group_by_subject(evidence, kind).keys() - {CANNOT} for kind in kinds):
        return ComposedDigest(report_missing_data(writer, evidence, kinds))
    moves = find_moves(writer, evidence, brief.series)
    broken = describe_break(writer, evidence) if "trends" in kinds else ""
    follow_up, leads = build_follow_up(writer, evidence, chosen)
    if not kinds:
        return ComposedDigest(_report_work(writer, follow_up))
    if not any(move.is_sure for move in moves):
        text = " ".join(filter(None, [broken, _explain_quiet(writer, moves)]))
        quiet = Copy(text=text, facts=(*(moves[0].facts if moves else ()), *writer.used))
        output: BaseModel = QuietDigest(
            quiet=quiet, more=_list_more(writer, moves[1:]), leads=leads, **follow_up.model_dump()
        )
        _keep_facts(ctx, writer, moves, evidence)
        return ComposedDigest(output)
    first_points = _list_first_points(writer, moves[0], broken)
    told = moves[: MAX_MOVES - len(first_points)]
    report = DigestReport(
        headline=Copy(text=told[0].words, facts=told[0].facts),
        points=[*first_points, *(build_point(writer, move) for move in told[1:])],
        table=_tabulate_week(writer, evidence) if chosen else None,
        more=_list_more(writer, moves[len(told) :]),
        how_to_read=explain_reading(
            writer, evidence, kinds, *_list_limits(writer, evidence, narrowed)
        ),
        sources=Copy(text="\n".join(_list_sources(writer))),
        leads=[*_list_leads(moves), *leads],
        **follow_up.model_dump(),
    )
    _keep_facts(ctx, writer, moves, evidence)
    if chart := _build_chart(writer, told[0], ctx):
        report = report.model_copy(update={"picture": await ctx.draw(chart)})
    return ComposedDigest(report, tuple(told))


def build_point(writer: SentenceWriter, move: Move, text: str = "") -> Copy:
    """Build a point of the report. What is not confirmed is marked."""
    text = text or f"{move.words} {move.cost}".strip()
    marked = text if move.is_sure else writer.say(WATCH.with_params(what=text))
    return Copy(text=marked, facts=move.facts)


def _list_first_points(writer: SentenceWriter, top: Move, broken: str) -> list[Copy]:
    """Return what belongs to the headline: what it has cost, and that the orders break off."""
    cited, writer.used = tuple(writer.used), {}
    points = [Copy(text=top.cost, facts=top.facts)] if top.cost else []
    return points + ([Copy(text=broken, facts=cited)] if broken else [])


def _list_more(writer: SentenceWriter, moves: Sequence[Move]) -> Copy | None:
    """List the changes that the details show."""
    shown = [build_point(writer, move) for move in moves[:MAX_MORE]]
    if not shown:
        return None
    facts = dict.fromkeys(id for point in shown for id in point.facts)
    return Copy(text="\n".join(f"– {point.text}" for point in shown), facts=tuple(facts))


def _explain_quiet(writer: SentenceWriter, moves: Sequence[Move]) -> str:
    if not moves:
        return writer.say(Words("Nothing moved this week beyond what chance does by itself."))
    words = Words("Nothing moved this week for sure. To watch: {what}", what=moves[0].words)
    return writer.say(words)


def _report_work(writer: SentenceWriter, follow_up: DigestFollowUp) -> BaseModel:
    """The digest of the sections about work only. Quiet when nothing waits and nothing was done."""
    if follow_up.work:
        return follow_up
    return QuietDigest(quiet=writer.copy(writer.say(Words("Nothing waits for your approval."))))


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
    ctx.keep_facts(*graded, *writer.ever.values())


def _build_chart(writer: SentenceWriter, top: Move, ctx: OfflineContext) -> ChartPicture | None:
    """Draw the most important change: before and now. None without a pair of values."""
    if top.pair is None:
        return None
    names = [writer.say(words) for words in (top.compared_with or Words("Before"), Words("Now"))]
    bars = [
        Bar(name, float(str(fact.value)), strong=name is names[1], spelled=writer.value(fact))
        for name, fact in zip(names, top.pair, strict=True)
        if fact is not None
    ]
    title, colours = top.words.rstrip("."), ctx.brand.colours or COLOURS
    return build_bar_chart(title, bars, language=writer.language, colours=colours)


def _tabulate_week(writer: SentenceWriter, evidence: Evidence) -> Table | None:
    """Orders, pieces and revenue of the last complete week beside what was expected."""
    totals = [
        one
        for one in group_by_subject(evidence, "trends", "total-").values()
        if one.get("expected")
    ]
    if not totals:
        return None
    rows = [
        (writer.name(o), writer.of(o, "last"), writer.of(o, "expected"), writer.signed(o, "change"))
        for o in totals
    ]
    heads = [Words("What"), Words("Last week"), Words("Expected"), Words("Change")]
    return writer.table([writer.say(words) for words in heads], rows)


def _list_limits(writer: SentenceWriter, evidence: Evidence, narrowed: str | None) -> Iterator[str]:
    words = Words(
        "What stands without a mark is confirmed: that allows for how many things were looked at. "
        "What to keep an eye on may be chance."
    )
    yield writer.say(words)
    tested = group_by_subject(evidence, "trends").get("tested")
    if tested and tested.get("series"):
        n = writer.of(tested, "series")
        yield writer.say(Words("{n} series of sales were looked at.", n=n))
    if narrowed:
        only = "Only {what} was looked at; campaigns and tests can't be told by it."
        yield writer.say(Words(only, what=narrowed))


def _list_sources(writer: SentenceWriter) -> Iterator[str]:
    """Return one line for each file that figures come from, with its last day."""
    days: dict[str, Fact] = {}
    for fact in writer.ever.values():
        own = fact.parts.kind in ("before", "work") or fact.parts.subject == CANNOT
        if not own and fact.source != NO_SOURCE:
            name = fact.source.without_age.to(writer.language)
            if name not in days or days[name].as_of < fact.as_of:
                days[name] = fact
    for name, fact in days.items():
        yield writer.say(Words("{file}, up to {day}", file=name, day=fact.as_of))


# What became of the last digest's findings, of what was sent, and of the work.


def build_follow_up(
    writer: SentenceWriter, evidence: Evidence, chosen: Sequence[str]
) -> tuple[DigestFollowUp, list[NextStep]]:
    """Build the follow-up parts that have content, and their next steps. An alert has none."""
    cited, writer.used = writer.used, {}
    graded = writer.copy(*(grade_calls(writer, evidence) if chosen else ()), apart="\n")
    campaigns = group_by_subject(evidence, "sent") if "campaigns" in chosen else {}
    sent = writer.copy(*_describe_sent(writer, campaigns), apart="\n")
    work = [*_count_waiting(writer, evidence)] if "queue" in chosen else []
    work += [*_count_done(writer, evidence)] if "intern" in chosen else []
    parts = {"graded": graded, "sent": sent, "work": writer.copy(*work)}
    writer.used = cited
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
        return MEASURES[self.kind][0]

    @property
    def was_sure(self) -> bool:
        return self.then.word(MEASURES[self.kind][1]) == "confirmed"

    @property
    def has_newer_rows(self) -> bool:
        known, was = self.now and self.now.get(self.measure), self.then.get(self.measure)
        return bool(known and was and known.as_of > was.as_of)

    @property
    def went_on(self) -> bool:
        """Still called, and in the same direction where there is one."""
        assert self.now is not None
        same = self.now.number("change") * self.then.number("change") >= 0
        return self.now.word(MEASURES[self.kind][1]) in CALLED and same


def list_calls(evidence: Evidence) -> list[Call]:
    """Return what was called last time, what was confirmed first."""
    calls = []
    for key, then in group_by_subject(evidence, "before").items():
        kind, _, subject = key.partition("--")
        if kind in MEASURES and then.get(MEASURES[kind][0]) is not None:
            calls.append(Call(then, group_by_subject(evidence, kind).get(subject), kind))
    return sorted(calls, key=lambda call: (not call.was_sure, [*MEASURES].index(call.kind)))


def grade_calls(writer: SentenceWriter, evidence: Evidence) -> list[str]:
    """Return a line for each finding of the last digest: whether it went on."""
    calls = list_calls(evidence)
    if not calls:
        return []
    last = max(fact.as_of for call in calls for fact in call.then.facts.values())
    known = [fact for kind in (*MEASURES, *UNFILTERED_KINDS) for fact in evidence.of(kind)]
    if not any(fact.as_of > last for fact in known if fact.parts.subject != CANNOT):
        return [writer.say(NOTHING_NEWER)]
    return [_grade(writer, call) for call in calls if call.has_newer_rows][:MAX_GRADED]


def _grade(writer: SentenceWriter, call: Call) -> str:
    assert call.now is not None
    now, was = writer.of(call.now, call.measure), writer.of(call.then, call.measure)
    by_kind = {
        "delivery": Words("{now} of parcels late, {was} last time", now=now, was=was),
        "funnel": Words("{now} get through, {was} last time", now=now, was=was),
        "feedback": Words("{now} of what customers write, {was} last time", now=now, was=was),
        "trends": Words("{now} compared with what was expected, {was} last time", now=now, was=was),
    }
    how = Words("called confirmed") if call.was_sure else Words("called to watch")
    filled = {"what": _name_call(writer, call), "how": how, "figures": by_kind[call.kind]}
    if call.went_on:
        return "– " + writer.say(Words("{what}, {how}: it went on, {figures}.", **filled))
    return "– " + writer.say(Words("{what}, {how}: it did not go on, {figures}.", **filled))


def _name_call(writer: SentenceWriter, call: Call) -> str:
    if call.kind == "delivery":
        return writer.say(Words("Late parcels, {regions}", regions=name_regions(call.then.about)))
    name = call.then.named(writer.language)
    if call.kind == "funnel":
        return writer.say(Words("The path to purchase on {device}", device=name))
    return name[:1].upper() + name[1:]


def _describe_sent(writer: SentenceWriter, campaigns: Mapping[str, FactSubject]) -> list[str]:
    """Return a line for each campaign that results came back for, against comparable ones."""
    told = [one for key, one in campaigns.items() if key != "all"]
    lines = [f"– {_describe_campaign(writer, one)}" for one in told[:MAX_SENT]]
    none = campaigns.get("all")
    if none and (n := int(none.number("without"))):
        writer.of(none, "without")
        words = Words.count(
            "{n} campaign went out without results so far.",
            "{n} campaigns went out without results so far.",
            n,
        )
        lines.append(f"– {writer.say(words)}")
    return lines


def _describe_campaign(writer: SentenceWriter, one: FactSubject) -> str:
    writer.value(one.get("name"))
    said = [_compare_rate(writer, one)]
    if one.get("sales"):
        orders, sales = writer.of(one, "orders"), writer.of(one, "sales")
        sold = Words("It brought {orders}, {sales}.", orders=orders, sales=sales)
        said.append(writer.say(sold))
    return " ".join(said)


def _compare_rate(writer: SentenceWriter, one: FactSubject) -> str:
    """State the first rate that can be held against other campaigns."""
    rate = next((rate for rate in RATES if one.get(f"{rate}-median")), None)
    if rate is None:
        few = "{name}: too few comparable campaigns to say whether it did well."
        return writer.say(Words(few, name=one.about))
    filled = {
        "name": one.about,
        "own": writer.of(one, rate),
        "verb": RATES[rate],
        "median": writer.of(one, f"{rate}-median"),
    }
    if one.word(f"{rate}-chance") == "yes":
        words = Words(
            "{name}: {own} {verb}, {median} in the middle of comparable ones; chance "
            "explains what lies between.",
            **filled,
        )
    elif one.number(rate) > one.number(f"{rate}-median"):
        words = Words(
            "{name}: {own} {verb}, {median} in the middle of comparable ones: better "
            "than chance explains.",
            **filled,
        )
    else:
        words = Words(
            "{name}: {own} {verb}, {median} in the middle of comparable ones: worse "
            "than chance explains.",
            **filled,
        )
    return writer.say(words)


def _list_sent_leads(writer: SentenceWriter, one: FactSubject) -> list[NextStep]:
    plan = writer.say(Words("Plan a test of the subject line for: {what}", what=one.about))
    return [
        NextStep(label=Words("Adjust what we sent"), skill="draft", words=one.word("asked")),
        NextStep(label=Words("Plan a test"), skill="experiment", words=plan, ask=False),
    ]


def _count_waiting(writer: SentenceWriter, evidence: Evidence) -> Iterator[str]:
    queue = group_by_subject(evidence, "work").get("queue")
    if queue is None or not (n := int(queue.number("waiting"))):
        return
    writer.of(queue, "waiting")
    count = Words.count("{n} draft waits for approval", "{n} drafts wait for approval", n)
    old = Words("the oldest was made {days} ago", days=writer.of(queue, "oldest"))
    if not queue.number("oldest"):
        old = Words("the oldest was made today")
    yield writer.say(Words("{count}; {old}.", count=count, old=old))


def _count_done(writer: SentenceWriter, evidence: Evidence) -> Iterator[str]:
    """Say what the intern did in seven days."""
    week = group_by_subject(evidence, "work").get("week")
    if week is None:
        return
    n = {name: int(week.number(name)) for name in week.facts}
    counted = {
        "drafted": Words.count("{n} draft made", "{n} drafts made", n.get("drafted", 0)),
        "approved": Words.count("{n} approved", "{n} approved", n.get("approved", 0)),
        "sent-back": Words.count("{n} sent back", "{n} sent back", n.get("sent-back", 0)),
        "rejected": Words.count("{n} rejected", "{n} rejected", n.get("rejected", 0)),
        "delivered": Words.count("{n} gone out", "{n} gone out", n.get("delivered", 0)),
    }
    done = [writer.say(words) for name, words in counted.items() if n.get(name)]
    for name in counted:
        writer.of(week, name)
    if done:
        yield writer.say(Words("In seven days: {what}.", what=", ".join(done)))
