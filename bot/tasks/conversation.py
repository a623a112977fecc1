"""The conversation around a message, from rows and from what Slack returned, and the earlier work
that a text continues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.agent.loop import EarlierWork
from bot.core.facts import PRODUCT_KINDS, Fact
from bot.core.parts import Table
from bot.core.request import Brief, list_answers
from bot.drafts.models import Draft, find_cited_product
from bot.grounding.calculations import PROOF
from bot.grounding.figure_checks import OFFER_KIND
from bot.tasks.audience_report import WrittenReport, list_audiences
from bot.tasks.draft_versions import list_kept_passages, list_version_history
from bot.tasks.message_prompt import (
    MAX_DRAFTS,
    MAX_RESULT_CHARACTERS,
    MAX_THREAD_MESSAGES,
    Opening,
    PendingQuestion,
    ThreadDraft,
    ThreadMessage,
)
from bot.tasks.models import Task
from bot.text.normalize import collapse_spaces, normalize_text

MAX_OPEN_QUESTIONS = 20
MAX_TABLE_ROWS = 8  # of a report, as the AI is told about it
MAX_PRODUCTS = 5  # of a report
IDEAS_SKILL = "ideas"
# The parts of a report that say how it was made, not what was found.
REPORT_NOTES = ("how_to_read", "sources", "picture", "not_used")
UNSUPPORTED = "[no fact bears this out: argue nothing from it]"


@dataclass(frozen=True)
class SlackMessage:
    """An earlier message of the thread. `author` is None for the intern's own; `piece` names what
    its card shows."""

    text: str
    author: str | None = None
    piece: str | None = None


@dataclass(frozen=True)
class ThreadReading:
    """What Slack and the cards' rows tell about a thread. `pieces` are those of its cards, the
    newest first."""

    messages: tuple[SlackMessage, ...] = ()
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conversation:
    messages: tuple[ThreadMessage, ...] = ()
    drafts: tuple[ThreadDraft, ...] = ()
    question: PendingQuestion | None = None


def load_conversation(session: Session, task: Task, thread: ThreadReading) -> Conversation:
    """Return the thread as typed messages, its drafts, and the question that waits for an answer of
    the task's author."""
    others = [piece for piece in thread.pieces if piece.rpartition(".")[0] != task.id]
    return Conversation(
        messages=tuple(_describe_messages(session, task, thread.messages)),
        drafts=tuple(_list_drafts(session, others)),
        question=_find_answered(session, task) or _find_question(session, task, others),
    )


def _describe_messages(
    session: Session, task: Task, messages: Sequence[SlackMessage]
) -> list[ThreadMessage]:
    found = []
    for one in messages[-MAX_THREAD_MESSAGES:]:
        if one.author is not None:
            who = "person" if one.author == task.author else "somebody else"
            found.append(ThreadMessage(who=who, kind="text", text=one.text))
            continue
        draft = Draft.latest(session, one.piece) if one.piece else None
        row = session.get(Task, one.piece.rpartition(".")[0]) if one.piece else None
        if draft is not None:
            kind = "draft" if draft.channel else "report"
            lines = filter(None, map(str.strip, describe_content(draft).split("\n")))
            text = " / ".join(lines)[:MAX_RESULT_CHARACTERS]
            found.append(ThreadMessage(who="intern", kind=kind, text=text, draft=draft.id))
        elif row is not None and (question := row.question_asked):
            text = " / ".join([question.words.to("en"), *question.options])
            found.append(ThreadMessage(who="intern", kind="question", text=text))
        elif row is None or row.state == "done":
            found.append(ThreadMessage(who="intern", kind="text", text=one.text))
    return found


def describe_draft(draft: Draft) -> str:
    """Return the beginning of a draft's text, by which people recognize it; nothing of a text about
    one customer, since the model will read it."""
    if draft.facts.of_one_customer:
        return ""
    return next((part.text.strip() for part in draft.parts if part.text.strip()), "")[:120]


def describe_content(draft: WrittenReport) -> str:
    """Return what a draft says, or what a report found with its figures, where what the claim check
    objected to is marked; nothing of one about a single customer, since the model will read it."""
    if draft.facts.of_one_customer:
        return ""
    lines = []
    doubted = [] if draft.channel else [one.quote for one in draft.list_open_warnings()]
    for part in draft.parts:
        if part.key in REPORT_NOTES or not part.text.strip():
            continue
        name = part.key if draft.channel or isinstance(part.body, Table) else part.title
        rows = [*filter(None, part.text.split("\n"))]
        if isinstance(part.body, Table):
            more = len(rows) - MAX_TABLE_ROWS - 1
            rows = [" | ".join(row.split("\t")) for row in rows[: MAX_TABLE_ROWS + 1]]
            rows += [f"and {more} more rows"] if more > 0 else []
        said = "; ".join(rows) if part.kind == "table" else part.text.strip()
        is_doubted = any(quote and quote in collapse_spaces(said) for quote in doubted)
        lines.append(f"{name}: {said}{f' {UNSUPPORTED}' if is_doubted else ''}")
    return "\n".join(lines)


def _list_drafts(session: Session, pieces: Sequence[str]) -> list[ThreadDraft]:
    """Return the newest version of each piece, without those that a revision has replaced. A
    revision without a text, as it failed or is being written, replaces none."""
    earlier: dict[str, list[str]] = {}  # the pieces that each one continues
    found: list[Draft] = []
    for piece in dict.fromkeys(pieces):
        if (draft := Draft.latest(session, piece)) is None:
            continue
        newest = piece
        while later := _find_revision(session, newest):
            newest = later
        if newest == piece:
            found.append(draft)
        else:
            earlier.setdefault(newest, []).append(piece)
    return [
        build_thread_draft(session, draft, earlier.get(draft.piece, ()))
        for draft in found[:MAX_DRAFTS]
    ]


def _find_revision(session: Session, piece: str) -> str | None:
    """Return the piece that is the next version of this one, the newest where there are several."""
    revised = select(Draft.piece).join(Task, Task.id == Draft.task)
    is_next = Draft.piece == Task.id + ".0"
    found = revised.where(Task.previous.like(f"{piece}.v%"), is_next)
    return session.scalar(found.order_by(Task.made_at.desc()).limit(1))


def build_thread_draft(session: Session, draft: Draft, earlier: Sequence[str] = ()) -> ThreadDraft:
    """Return a draft as the model is told about it. `earlier` are pieces that it continues."""
    passages = list_kept_passages(session, draft) if draft.channel else ()
    of_one_customer = draft.facts.of_one_customer
    return ThreadDraft(
        id=draft.id,
        skill=draft.skill,
        channel=draft.channel,
        product=find_cited_product(draft) or draft.brief.product_words,
        version=draft.version,
        begun=list_version_history(session, draft)[0].made_at if draft.channel else None,
        title=describe_draft(draft),
        text="" if of_one_customer else "\n\n".join(part.text for part in draft.parts),
        brief=draft.brief,
        passages=passages,
        openings=() if of_one_customer else tuple(_list_openings(draft)),
        audiences=() if draft.channel else tuple(list_audiences(draft)),
        products=() if draft.channel or of_one_customer else _list_products(draft),
        subjects=() if draft.channel or of_one_customer else _list_subjects(draft),
        ideas=tuple(step.words for step in draft.next_steps if draft.skill == IDEAS_SKILL),
        earlier=tuple(earlier),
    )


def describe_previous(draft: Draft) -> str | None:
    """Return the text of a draft that is revised, with the other openings that it offers; None for
    one about a single customer, since the model will read it."""
    if draft.facts.of_one_customer:
        return None
    lines = [f"{one.number}, {one.angle}: {one.text}" for one in _list_openings(draft)]
    text = "\n\n".join(part.text for part in draft.parts)
    return "\n".join([text, "", "Other openings that it offered:", *lines]) if lines else text


def _list_openings(draft: Draft) -> Iterator[Opening]:
    """Yield the openings that the draft does not use, with the numbers that they keep."""
    texts = {part.text for part in draft.parts}
    for number, hook in enumerate(draft.other_hooks, 1):
        if hook.text not in texts:
            yield Opening(number=number, angle=hook.angle, text=hook.text)


def _list_products(draft: Draft) -> tuple[str, ...]:
    """Return what the figures of a report are about, in the order of the report. Not all of it is
    the name of a product."""
    facts = {fact.id: fact.about.split(" · ")[0] for fact in draft.facts.facts}
    cited = [facts.get(id, "") for part in draft.parts for id in part.facts]
    return tuple(dict.fromkeys(filter(None, cited)))[:MAX_PRODUCTS]


def _list_subjects(draft: Draft) -> tuple[str, ...]:
    """Return what the finding of a report is about: "France", "Bed linen"."""
    facts = {fact.id: fact.about for fact in draft.facts.facts}
    cited = [facts.get(id, "") for part in draft.parts[:1] for id in part.facts]
    return tuple(dict.fromkeys(name for about in cited for name in about.split(" · ") if name))


def _find_answered(session: Session, task: Task) -> PendingQuestion | None:
    """Return the question that an option was tapped of, where nobody has read the answer."""
    answers, asking = list_answers(task.form), task
    while answers and asking.question_asked is None:
        parent = session.get(Task, asking.parent) if asking.parent else None
        if parent is None or (parent.words, parent.reason) != (task.words, task.reason):
            return None
        asking = parent
    return _describe_question(asking, "\n".join(answers)) if answers else None


def _find_question(session: Session, task: Task, pieces: Sequence[str]) -> PendingQuestion | None:
    """Return the open question of this thread: the newest, unless an older one has the option that
    was typed. Outside its thread a question takes its own options alone."""
    asking = select(Task).where(
        Task.workspace == task.workspace, Task.author == task.author, Task.state == "asking"
    )
    here, newest = {piece.rpartition(".")[0] for piece in pieces}, None
    for row in session.scalars(asking.order_by(Task.changed_at.desc()).limit(MAX_OPEN_QUESTIONS)):
        question = row.question_asked
        if question is None or row.is_continued(session):
            continue
        typed = normalize_text(task.words).strip()
        is_option = typed in {normalize_text(one).strip() for one in question.options}
        if is_option and (row.id in here or row.place.get("channel") == task.place.get("channel")):
            return _describe_question(row)
        newest = newest or (row if row.id in here else None)
    return _describe_question(newest) if newest else None


def _describe_question(asking: Task, tapped: str = "") -> PendingQuestion | None:
    question = asking.question_asked
    if question is None:
        return None
    return PendingQuestion(
        task=asking.id,
        words=question.words.to("en"),
        options=question.options,
        request=asking.reason or asking.words,
        tapped=tapped,
    )


# Earlier work: the draft that a text revises or adapts, or the report that it starts from.

MAX_REPORT_FACTS = 24  # of those that a report cites
AUDIENCE_KINDS = ("segment", "audiences")
STATED_KINDS = ("stated", "back")
FEEDBACK_KINDS = ("feedback", "praise", "objection")  # on the product of the brief


def build_earlier_work(
    brief: Brief, previous: Draft | None = None, source: WrittenReport | None = None
) -> EarlierWork:
    """Return what the text of this brief may stand on: the facts of the draft that is revised
    (`previous`), and those of the draft or report that it starts from (`source`) with what the
    report says. Figures of a single customer are left out, since the model will read it."""
    facts: dict[str, Fact] = {}
    report = ""
    for draft in (previous, source):
        if draft is None or draft.facts.of_one_customer:
            continue
        if draft.channel is None:
            asked = " / ".join([*(draft.brief.follows or "").splitlines(), draft.brief.asked])
            report = f"Asked: {asked}\n{describe_content(draft)}"
        found = (
            _list_report_facts(draft) if draft.channel is None else _list_copy_facts(draft, brief)
        )
        for fact in found:
            facts.setdefault(fact.id, fact)
    is_same = source is not None and source.channel is not None and source.channel in brief.channels
    language = source.brief.language if source and is_same else None
    return EarlierWork(report=report, facts=tuple(facts.values()), language=language)


def build_work_on_audience(source: Draft | None) -> EarlierWork:
    """Return whom a text is for, as it was counted: what a question about it means by "them"."""
    if source is None or source.channel is None or source.facts.of_one_customer:
        return EarlierWork()
    return EarlierWork(facts=source.facts.of("segment"))


def _list_copy_facts(draft: WrittenReport, brief: Brief) -> Iterator[Fact]:
    """Yield the facts of a draft, without those of products that the new text is not about and of
    its audience, which is counted anew."""
    before = draft.brief
    dropped = {before.product, *before.others} - {brief.product, *brief.others}
    for fact in draft.facts.facts:
        of_dropped = fact.parts.kind in PRODUCT_KINDS and fact.parts.subject in dropped
        of_other = fact.parts.kind in FEEDBACK_KINDS and before.product != brief.product
        of_audience = fact.parts.kind in AUDIENCE_KINDS
        is_proof = fact.parts.kind == PROOF  # of a sentence of that text
        # What people state comes from the brief; an offer or a date may have been replaced.
        is_stated = fact.parts.kind in STATED_KINDS
        of_offer = fact.parts.kind == OFFER_KIND and before.offer != brief.offer
        if not (of_dropped or of_other or of_audience or is_proof or is_stated or of_offer):
            yield fact


def _list_report_facts(draft: WrittenReport) -> list[Fact]:
    """Return the facts that a report cites: those of its sentences before those of its table."""
    known = {fact.id: fact for fact in draft.facts.facts}
    cited = dict.fromkeys(id for part in draft.parts for id in part.facts if id in known)
    return [known[id] for id in [*cited][:MAX_REPORT_FACTS]]
