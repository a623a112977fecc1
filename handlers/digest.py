"""Say what moved this week in sales, on the site, in feedback and in campaigns."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.rules.telling import lookback
from bot.rules.telling.beside import limits, sources, told_of_sales, week_in_figures
from bot.rules.telling.moved import broken_off
from bot.rules.telling.moves import Move, moves
from bot.rules.telling.told import CANNOT, Teller, cannot, how_to_read, nothing_yet, told

TITLE = "What moved this week"
HINT = "what moved this week?"
COMMAND = "digest"
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
SURE, WATCH = Words("Confirmed"), Words("To watch")
MOST, MOST_MORE, MOST_LEADS = 6, 15, 3
OWN_PERIOD = True


class DigestFinding(BaseModel):
    finding: Copy = Field(title="What matters most")


class DigestText(DigestFinding):
    moved: Copy = Field(title="What moved too")


class DigestFollowUp(BaseModel):
    """The parts that only code writes: grades of the last digest, sent campaigns, open work."""

    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")


class DigestReport(DigestFinding):
    moved: Copy | None = Field(default=None, title="What moved too")
    picture: File | None = Field(default=None, title="Picture")
    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    more: Copy | None = Field(default=None, title="What else moved")
    week: Table | None = Field(default=None, title="The week in figures")
    how_to_read: Copy = Field(title="How to read this")
    missing: Copy | None = Field(default=None, title="What I can't tell")
    leads: list[NextStep] = []


class QuietDigest(BaseModel):
    """A digest without a confirmed change: one line, and the rest behind a button."""

    quiet: Copy = Field(title="What moved")
    more: Copy | None = Field(default=None, title="What else moved")
    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What shall I report on? For example: what moved this week?"))
    series = request.brief.series
    chosen = () if series else request.brief.sections or tuple(SECTIONS)
    kinds = [kind for key in chosen for kind in SECTIONS.get(key, ())]
    if series:
        kinds = [series.split(".")[0]]
    narrowed = request.brief.category or request.brief.brand
    if narrowed:
        kinds = [kind for kind in kinds if kind not in UNFILTERED_KINDS]
    evidence = await ctx.look_up(*kinds)
    teller = Teller(request.language)
    known = any(evidence.of(kind) and told(evidence, kind).keys() - {CANNOT} for kind in kinds)
    if kinds and not known:
        return nothing_yet(teller, evidence, kinds)
    moved = moves(teller, evidence, series)
    text_by_rules = _write_text(teller, moved)
    broke = broken_off(teller, evidence) if "trends" in kinds else ""
    more = _build_details(teller, moved)
    past, leads = _build_follow_up(teller, evidence, chosen)
    if not kinds:
        return _report_work(teller, past)
    if not any(move.sure for move in moved):
        ctx.keep_facts(*_select_gradable_facts(moved, evidence), *teller.ever.values())
        cited = (*text_by_rules.finding.facts, *teller.used)
        quiet = Copy(
            text=" ".join(filter(None, (broke, _explain_nothing(teller, moved)))), facts=cited
        )
        return QuietDigest(quiet=quiet, more=more, leads=leads, **past.model_dump())
    if broke:
        text = f"{broke}\n{text_by_rules.finding.text}"
        finding = Copy(text=text, facts=(*text_by_rules.finding.facts, *teller.used))
        text_by_rules = text_by_rules.model_copy(update={"finding": finding})
    week = week_in_figures(teller, evidence) if chosen else None
    doubts = cannot(evidence, "trends") if told_of_sales(moved[:MOST]) else []
    lines = [*limits(teller, evidence, narrowed), *map(teller.value, doubts), *sources(teller)]
    read = how_to_read(teller, evidence, kinds, *lines, gaps=False)
    gaps = [fact for fact in cannot(evidence, *kinds) if fact not in doubts]
    missing = teller.copy(*map(teller.value, gaps), apart="\n")
    picture = await _draw_picture(teller, moved[0], ctx)
    ctx.keep_facts(*_select_gradable_facts(moved, evidence), *teller.ever.values())
    words = await ctx.write(type(text_by_rules), by_rules=text_by_rules)
    return DigestReport(
        **words.model_dump(),
        **past.model_dump(),
        picture=picture,
        more=more,
        week=week,
        how_to_read=read,
        missing=missing if missing.text else None,
        leads=[*_list_leads(moved), *leads],
    )


def _write_text(teller: Teller, moved: Sequence[Move]) -> DigestFinding:
    """Write the first change as the finding and one line for each other. Resets `teller.used`, so
    that later texts cite only their own facts."""
    cited, teller.used = tuple(teller.ever), {}
    finding = Copy(text=_write_first_line(teller, moved[0]) if moved else "", facts=cited)
    lines = _group_lines(teller, moved[1:MOST])
    if not lines:
        return DigestFinding(finding=finding)
    return DigestText(finding=finding, moved=Copy(text="\n".join(lines), facts=cited))


def _group_lines(teller: Teller, moved: Sequence[Move]) -> list[str]:
    """Group the changes under the headings "Confirmed" and "To watch"."""
    found = []
    for sure, head in ((True, SURE), (False, WATCH)):
        lines_of_grade = [f"– {move.words}" for move in moved if move.sure is sure]
        if lines_of_grade:
            found += [teller.say(Words("{head}:", head=head)), *lines_of_grade]
    return found


def _build_details(teller: Teller, moved: Sequence[Move]) -> Copy | None:
    """The changes for the details: those after the list, or after the one line of a quiet week."""
    told_of = MOST if any(move.sure for move in moved) else 1
    lines = _group_lines(teller, moved[told_of : told_of + MOST_MORE])
    return Copy(text="\n".join(lines), facts=tuple(teller.ever)) if lines else None


def _report_work(teller: Teller, past: DigestFollowUp) -> BaseModel:
    """The digest of the sections about work only. Quiet when nothing waits and nothing was done."""
    if past.work:
        return past
    return QuietDigest(quiet=teller.copy(teller.say(Words("Nothing waits for your approval."))))


def _explain_nothing(teller: Teller, moved: Sequence[Move]) -> str:
    if not moved:
        return teller.say(Words("Nothing moved this week beyond what chance does by itself."))
    words = Words("Nothing moved this week for sure. To watch: {what}", what=moved[0].words)
    return teller.say(words)


def _build_follow_up(
    teller: Teller, evidence: Evidence, chosen: Sequence[str]
) -> tuple[DigestFollowUp, list[NextStep]]:
    """Build the follow-up parts that have content, and their next steps."""
    was = lookback.graded(teller, evidence) if chosen else []  # an alert grades nothing
    graded = teller.copy(*was, apart="\n")
    lines, leads = lookback.sent(teller, evidence) if "campaigns" in chosen else ([], [])
    sent = teller.copy(*lines, apart="\n")
    work = lookback.waiting(teller, evidence) if "queue" in chosen else []
    work += lookback.done(teller, evidence) if "intern" in chosen else []
    done = teller.copy(*work)
    parts = {"graded": graded, "sent": sent, "work": done}
    return DigestFollowUp(**{name: part for name, part in parts.items() if part.text}), leads


def _list_leads(moved: Sequence[Move]) -> list[NextStep]:
    """The first lead of each label, because buttons with the same label can't be told apart."""
    first: dict[str, NextStep] = {}
    for lead in (move.lead for move in moved if move.lead):
        first.setdefault(lead.label.text, lead)
    return list(first.values())[:MOST_LEADS]


def _select_gradable_facts(moved: Sequence[Move], evidence: Evidence) -> list[Fact]:
    """The grades of the reported changes, which the next digest compares with."""
    told_of = {move.subject for move in moved[:MOST]}
    return [
        fact
        for fact in evidence.facts
        if fact.id.rsplit(".", 1)[0] in told_of and fact.id.rsplit(".", 1)[1] in GRADED_MEASURES
    ]


async def _draw_picture(teller: Teller, top: Move, ctx: SkillContext) -> File | None:
    chart = _build_picture(teller, top, ctx)
    return await ctx.draw(chart) if chart else None


def _write_first_line(teller: Teller, move: Move) -> str:
    head = SURE if move.sure else WATCH
    return teller.say(Words("{how}: {what}", how=head, what=move.words))


def _build_picture(teller: Teller, top: Move, ctx: SkillContext) -> ChartPicture | None:
    """A chart of the most important change: before and now. None without a pair of values."""
    if top.pair is None:
        return None
    names = [teller.say(words) for words in (top.beside or Words("Before"), Words("Now"))]
    shown = [
        Bar(name, float(str(fact.value)), strong=name is names[1], spelled=teller.value(fact))
        for name, fact in zip(names, top.pair, strict=True)
        if fact is not None
    ]
    colours = ctx.brand.colours or COLOURS
    return build_bar_chart(
        top.words.split(". ")[0].rstrip("."), shown, language=teller.language, colours=colours
    )
