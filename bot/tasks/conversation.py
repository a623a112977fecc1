"""The conversation around a message, from rows and from what Slack returned."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.drafts.models import Draft
from bot.tasks.draft_versions import list_kept_passages
from bot.tasks.models import Task
from bot.tasks.understand import (
    MAX_DRAFTS,
    MAX_THREAD_MESSAGES,
    PendingQuestion,
    ThreadDraft,
    ThreadMessage,
)
from bot.text.normalize import normalize_text

MAX_OPEN_QUESTIONS = 20


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
        question=_find_question(session, task, others),
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
            text = f"{draft.id}: {describe_draft(draft)}"
            found.append(ThreadMessage(who="intern", kind=kind, text=text))
        elif row is not None and (question := row.question_asked):
            text = question.words.to("en")
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


def _list_drafts(session: Session, pieces: Sequence[str]) -> list[ThreadDraft]:
    """Return the newest version of each piece, without those that a revision has replaced."""
    found: list[ThreadDraft] = []
    for piece in dict.fromkeys(pieces):
        draft = Draft.latest(session, piece)
        if draft is None or len(found) == MAX_DRAFTS:
            continue
        replaced = select(Task.id).where(Task.previous.like(f"{piece}.v%")).limit(1)
        if session.scalar(replaced) is not None:
            continue
        found.append(build_thread_draft(session, draft))
    return found


def build_thread_draft(session: Session, draft: Draft) -> ThreadDraft:
    """Return a draft as the model is told about it."""
    passages = list_kept_passages(session, draft) if draft.channel else ()
    return ThreadDraft(
        id=draft.id,
        skill=draft.skill,
        channel=draft.channel,
        product=draft.brief.product_words,
        version=draft.version,
        title=describe_draft(draft),
        brief=draft.brief,
        passages=passages,
    )


def _find_question(session: Session, task: Task, pieces: Sequence[str]) -> PendingQuestion | None:
    """Return the open question of this thread; outside its thread a question takes its own options
    alone."""
    asking = select(Task).where(
        Task.workspace == task.workspace, Task.author == task.author, Task.state == "asking"
    )
    here = {piece.rpartition(".")[0] for piece in pieces}
    for row in session.scalars(asking.order_by(Task.changed_at.desc()).limit(MAX_OPEN_QUESTIONS)):
        question = row.question_asked
        if question is None or _is_continued(session, row):
            continue
        typed = normalize_text(task.words).strip()
        is_option = typed in {normalize_text(one).strip() for one in question.options}
        if row.id in here or (is_option and _is_same_channel(row, task)):
            return PendingQuestion(
                task=row.id,
                words=question.words.to("en"),
                options=question.options,
                request=row.words,
            )
    return None


def _is_same_channel(one: Task, other: Task) -> bool:
    """Whether two requests were made in one channel, or in one person's direct messages."""
    return one.place.get("channel") == other.place.get("channel")


def _is_continued(session: Session, task: Task) -> bool:
    return session.scalar(select(Task.id).where(Task.parent == task.id).limit(1)) is not None
