"""Tasks: one row for each request of a person, a digest or an alert. A job works on it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Index, Select, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.agent.turns import AgentTurn
from bot.audit import journal
from bot.audit.receipt import Receipt
from bot.config.policy import PersonLimits
from bot.core.request import Brief, Question, drop_answers, list_answers
from bot.data.metrics.answer_log import SalesAnswer
from bot.db.base import Row
from bot.db.session import insert_once
from bot.db.workspace import Workspace
from bot.errors import CALM_PARAM, CannotDo, QuotaExceeded
from bot.i18n.messages import Language, Words, parse_language, restore_words
from bot.jobs.models import Enqueue, Job, current_requester
from bot.messages.outbox import OutboxMessage

TaskState = Literal["waiting", "working", "asking", "done", "failed", "stopped"]
OPEN_STATES: tuple[TaskState, ...] = ("waiting", "working")
AUTOMATIC_FORM_KEYS = ("digest", "series")  # form keys that only digests and alerts set
# In the form of a message that was neither a mention nor a direct message, so that it may be for
# somebody else: OVERHEARD, or OWN_THREAD in a thread where its author has asked us something.
HEARD, OVERHEARD, OWN_THREAD = "heard", "overheard", "own thread"

ANSWERED = Words("Answered. It goes on below.", **{CALM_PARAM: "yes"})


class NewTask(BaseModel, frozen=True):
    """A request before it is stored. `place` is a Slack location, opaque outside `bot.slack`."""

    id: str  # derived from Slack's ids, so that a repeated event gives the same task
    workspace: str
    author: str
    words: str
    place: dict[str, Any] = {}
    locale: str | None = None  # None: asked of Slack when the first card is rendered
    private: bool = False
    form: dict[str, str] = {}  # values from a form or a button, by the fields of Brief
    parent: str | None = None  # the task that this one continues
    reason: str | None = None  # why the draft was sent back
    previous: str | None = None  # the draft that was sent back


def demand_quota(
    session: Session, new_task: "NewTask", person: str, limits: PersonLimits, now: datetime
) -> bool:
    """Raises QuotaExceeded when one more task exceeds the limits of the person. False when this
    task was accepted before."""
    since = now - timedelta(hours=24)
    values = {"id": new_task.id, "workspace": new_task.workspace, "person": person, "since": since}
    counts = session.connection().execute(_select_task_counts(), values).one()
    known, open_count, recent_count = (int(count) for count in counts)
    if known:
        return False
    if open_count >= limits.open_tasks:
        words = Words(
            "That is too much at once: {n} of your requests are being worked on. "
            "Ask again when some of them are done.",
            n=limits.open_tasks,
        )
        raise QuotaExceeded(words, once=f"open {now:%Y-%m-%d %H}")
    if recent_count >= limits.tasks_a_day:
        words = Words(
            "You have used up your {n} requests for 24 hours. An administrator can raise the "
            "limit in policy.toml.",
            n=limits.tasks_a_day,
        )
        raise QuotaExceeded(words, once=f"day {now:%Y-%m-%d %H}")
    return True


@cache
def _select_task_counts() -> Select[Any]:
    """Count the tasks with an id, a person's open tasks, and theirs made since `since`. Bind
    parameters: id, workspace, person, since."""
    theirs = (Task.workspace == bindparam("workspace"), Task.person == bindparam("person"))
    count = select(func.count()).select_from(Task).where(*theirs)
    known = select(func.count()).select_from(Task).where(Task.id == bindparam("id"))
    unfinished = count.where(Task.state.in_(OPEN_STATES))
    recent = count.where(Task.made_at > bindparam("since"))
    return select(*(one.scalar_subquery() for one in (known, unfinished, recent)))


class Task(Row):
    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    author: Mapped[str]
    words: Mapped[str] = mapped_column(Text)
    place: Mapped[dict[str, Any]]
    locale: Mapped[str | None]
    private: Mapped[bool]
    form: Mapped[dict[str, Any]]
    parent: Mapped[str | None] = mapped_column(index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[str | None]
    state: Mapped[str] = mapped_column(index=True)
    stage: Mapped[str | None] = mapped_column(Text)  # the current step, or the text written so far
    brief: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    person: Mapped[str | None]  # whose quota it counts to; None: started by the clock
    understanding: Mapped[str | None] = mapped_column(Text)  # what the message was read as, as JSON

    __table_args__ = (
        Index("ix_tasks_workspace_person_state", "workspace", "person", "state"),
        Index("ix_tasks_workspace_person_made_at", "workspace", "person", "made_at"),
    )

    @staticmethod
    def accept(session: Session, enqueue: Enqueue, new_task: NewTask, now: datetime) -> bool:
        """Store the task, its card and its job in this transaction. False when it was accepted
        before. Raises QuotaExceeded when the person has used up their quota."""
        Workspace.ensure(session, new_task.workspace, now)
        person = None
        if (requester := current_requester.get()) is not None and requester.limits is not None:
            person = requester.person
            journal.lock_head(session, new_task.workspace)
            if not demand_quota(session, new_task, person, requester.limits(), now):
                return False
        fields = new_task.model_dump() | {"person": person}
        if not insert_once(session, Task, **fields, state="waiting", made_at=now, changed_at=now):
            return False
        piece = f"{new_task.id}.0"
        OutboxMessage.plan(
            session,
            id=f"{piece}:card",
            workspace=new_task.workspace,
            kind="card",
            place=new_task.place,
            piece=piece,
            now=now,
        )
        journal.record_event(
            session,
            workspace=new_task.workspace,
            event="task accepted",
            subject=new_task.id,
            by=new_task.author,
            now=now,
            parent=new_task.parent,
        )
        enqueue(session, Job(kind="work", subject=new_task.id, workspace=new_task.workspace))
        return True

    @staticmethod
    def ids_of_person(workspace: str, person: str) -> Select[Any]:
        return select(Task.id).where(Task.workspace == workspace, Task.person == person)

    def retry(self, id: str, **changed: Any) -> NewTask:
        """Build a new task with the same request, whose parent is this task. `changed` overrides
        fields of NewTask."""
        same = {name: getattr(self, name) for name in NewTask.model_fields}
        fields = {**same, "parent": self.id, "id": id, **changed}
        fields["form"] = {key: value for key, value in fields["form"].items() if key != HEARD}
        return NewTask.model_validate(fields)

    @property
    def first_piece(self) -> str:
        return f"{self.id}.0"

    @property
    def is_typed(self) -> bool:
        """Whether a person typed the request. Digests and alerts start by themselves."""
        return not any(self.form.get(name) for name in AUTOMATIC_FORM_KEYS)

    @property
    def can_show_status(self) -> bool:
        """Whether there is a message under which Slack can show a status: not under a command."""
        return not self.place.keys().isdisjoint(("thread", "asked"))

    @property
    def parsed_brief(self) -> Brief | None:
        return Brief.model_validate_json(self.brief) if self.brief else None

    @property
    def message_language(self) -> Language | None:
        """The language of its message, where an AI has read one."""
        language = json.loads(self.understanding).get("language") if self.understanding else None
        return parse_language(language) if language else None

    @property
    def reference(self) -> str:
        """The reference number on cards and in the log."""
        return f"SI-{self.id[:8].upper()}"

    @property
    def question_asked(self) -> Question | None:
        return Question.model_validate_json(self.question) if self.question else None

    @property
    def trouble_words(self) -> Words | None:
        return restore_words(self.trouble) if self.trouble else None

    def start(self, now: datetime) -> bool:
        """Start, or restart after a crash. False when the task has ended."""
        if self.state not in OPEN_STATES:
            return False
        self.state, self.changed_at = "working", now
        return True

    def store_brief(self, brief: Brief, now: datetime) -> None:
        self.brief, self.changed_at = brief.model_dump_json(), now
        self.private = self.private or brief.private

    def is_continued(self, session: Session) -> bool:
        return session.scalar(select(Task.id).where(Task.parent == self.id).limit(1)) is not None

    def ask(self, session: Session, enqueue: Enqueue, question: Question, now: datetime) -> None:
        """End with a question. Its answer is a new task."""
        if self.state in OPEN_STATES:
            self.question = question.model_dump_json()
            self._end(session, enqueue, "asking", now)

    @property
    def is_overheard(self) -> bool:
        """Whether the message was neither a mention nor a direct message, so that it may be for
        somebody else."""
        return HEARD in self.form

    @property
    def may_fail_silently(self) -> bool:
        """Whether nobody is waiting: a message between colleagues that was not read yet."""
        return self.form.get(HEARD) == OVERHEARD and self.understanding is None

    def store_understanding(self, understanding: str, now: datetime) -> None:
        self.understanding, self.changed_at = understanding, now

    def continue_question(
        self, asking: "Task", answer: str, now: datetime, options: Sequence[str] = ()
    ) -> None:
        """Become the continuation of a task that asked: its request, with the answer added. A tap
        has started it as that, with the answer in its form. Of the `options` the form has those
        that were taken."""
        if not list_answers(self.form):
            self.form = {key: value for key, value in asking.form.items() if key != HEARD}
            self.parent, self.private = asking.id, asking.private
            self.reason, self.previous = asking.reason, asking.previous
        self.form, self.changed_at = drop_answers(self.form), now
        taken = [self.form.get("chosen"), *(one for one in answer.splitlines() if one in options)]
        if chosen := "\n".join(filter(None, taken)):
            self.form = {**self.form, "chosen": chosen}
        self.words = "\n".join(filter(None, [asking.words, answer]))
        if asking.reason:  # a revision is told its reason, not the words
            self.words, self.reason = asking.words, f"{asking.reason}\n{answer}"

    def continue_draft(
        self,
        before: "Task",
        *,
        draft: str,
        reason: str,
        form: dict[str, str],
        place: dict[str, Any],
        private: bool,
        now: datetime,
    ) -> None:
        """Become the revision of a draft: the request of its task, with the reason added."""
        self.words, self.author, self.form = before.words, before.author, form
        self.parent, self.previous, self.reason = before.id, draft, reason
        self.place, self.private, self.changed_at = place, private, now

    def reply(self, session: Session, enqueue: Enqueue, words: Words, now: datetime) -> None:
        """End with one line to the person in place of a draft."""
        if self.state in OPEN_STATES:
            self.trouble = words.model_dump(mode="json")
            self._end(session, enqueue, "done", now)

    def close_question(self, session: Session, enqueue: Enqueue, by: str, now: datetime) -> None:
        """End a task that asked, because its author wants no answer any more."""
        if self.state == "asking":
            self._end(session, enqueue, "stopped", now, by=by)

    def end_answered(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """End a task that asked, because a task that continues another one has the answer."""
        if self.state == "asking":
            self.trouble = ANSWERED.model_dump(mode="json")
            self._end(session, enqueue, "done", now)

    def dismiss(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """End without any message, because the message was not for us. Its words are deleted, those
        on the receipts of the calls that read it as well."""
        Receipt.drop_words(session, self.id)
        if self.state in OPEN_STATES:
            self.words, self.form, self.understanding = "", {}, None
            self._end(session, enqueue, "stopped", now)
            OutboxMessage.drop_unsent_cards(session, self.first_piece)

    def finish(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        if self.state in OPEN_STATES:
            self._end(session, enqueue, "done", now)

    def fail(self, session: Session, enqueue: Enqueue, words: Words, now: datetime) -> None:
        """End with an error, in words for the person."""
        if self.state in OPEN_STATES:
            self.trouble = words.model_dump(mode="json")
            self._end(session, enqueue, "failed", now)

    def stop(self, session: Session, enqueue: Enqueue, by: str, now: datetime) -> None:
        """Stop the task for a person. Raises CannotDo when it has already ended."""
        if self.state not in OPEN_STATES:
            raise CannotDo("This has already ended, so there is nothing to stop.")
        self._end(session, enqueue, "stopped", now, by=by)

    def withdraw(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """Stop the task and delete its words, because its author deleted the message. Does nothing
        when it has ended."""
        if self.state in (*OPEN_STATES, "asking"):
            self.words = ""
            self._end(session, enqueue, "stopped", now)
            OutboxMessage.drop_unsent_cards(session, self.first_piece)

    def _end(
        self,
        session: Session,
        enqueue: Enqueue,
        state: TaskState,
        now: datetime,
        by: str | None = None,
    ) -> None:
        self.state, self.stage, self.changed_at = state, None, now
        AgentTurn.delete_for_task(session, self.id)
        if state in ("failed", "stopped"):
            SalesAnswer.forget(session, self.workspace, self.id)
        OutboxMessage.request_redraw(session, enqueue, self.first_piece)
        journal.record_event(session, self.workspace, f"task {state}", self.id, now, by=by)
