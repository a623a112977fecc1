"""Words and a place on their way to drafts: a row. The engine runs it."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Index, Select, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.config.policy import PersonLimits
from bot.core.brief import Brief
from bot.core.request import Question
from bot.db.session import Row, insert_once
from bot.db.workspace import Workspace
from bot.errors import CannotDo, QuotaExceeded
from bot.i18n.messages import Words, restore_words
from bot.jobs.models import Enqueue, Job, current_requester
from bot.messages.outbox import OutboxMessage

TaskState = Literal["waiting", "working", "asking", "done", "failed", "stopped"]
OPEN_STATES: tuple[TaskState, ...] = ("waiting", "working")
AUTOMATIC_FORM_KEYS = ("digest", "series")  # what the form of a digest or an alert names


class NewTask(BaseModel):
    """What a person asked for, as a door took it in. `place` is opaque outside Slack."""

    model_config = ConfigDict(frozen=True)
    id: str  # made from Slack's own ids, so that a second delivery is the same wish
    workspace: str
    author: str
    words: str
    place: dict[str, Any] = {}
    locale: str | None = None  # None: ask Slack when the first card is drawn
    private: bool = False
    form: dict[str, str] = {}  # what a form or a one-tap answer said, by the Brief's fields
    parent: str | None = None  # the task it comes back from
    reason: str | None = None  # why it came back
    previous: str | None = None  # the draft that was sent back


def demand_quota(
    session: Session, workspace: str, person: str, limits: PersonLimits, now: datetime
) -> None:
    """Raises TooMany when one more task would be more than one person may ask for."""
    since = now - timedelta(hours=24)
    theirs = {"workspace": workspace, "person": person, "since": since}
    unfinished, lately = (int(n) for n in session.execute(_select_task_counts(), theirs).one())
    if unfinished >= limits.open_tasks:
        words = Words(
            "That is too much at once: {n} of your requests are being worked on. "
            "Ask again when some of them are done.",
            n=limits.open_tasks,
        )
        raise QuotaExceeded(words, once=f"open {now:%Y-%m-%d %H}")
    if lately >= limits.tasks_a_day:
        words = Words(
            "You have used up your {n} requests for 24 hours. An administrator can raise the "
            "limit in policy.toml.",
            n=limits.tasks_a_day,
        )
        raise QuotaExceeded(words, once=f"day {now:%Y-%m-%d %H}")


@cache
def _select_task_counts() -> Select[Any]:
    """How many of a person's tasks are open, and how many were made since then. Parameters:
    workspace, person, since."""
    theirs = (Task.workspace == bindparam("workspace"), Task.person == bindparam("person"))
    count = select(func.count()).select_from(Task).where(*theirs)
    unfinished = count.where(Task.state.in_(OPEN_STATES)).scalar_subquery()
    return select(unfinished, count.where(Task.made_at > bindparam("since")).scalar_subquery())


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
    stage: Mapped[str | None] = mapped_column(Text)  # what is being done now, or the text so far
    brief: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    person: Mapped[str | None]  # whose share of work it is; None: nobody asked, the clock did

    __table_args__ = (
        Index("ix_tasks_workspace_person_state", "workspace", "person", "state"),
        Index("ix_tasks_workspace_person_made_at", "workspace", "person", "made_at"),
    )

    @staticmethod
    def accept(session: Session, enqueue: Enqueue, wish: NewTask, now: datetime) -> bool:
        """The wish as a row, its card's row and its work, all in this transaction, once.
        False when it was accepted before. Raises TooMany when whoever asks has used up what one
        person may ask for."""
        Workspace.ensure(session, wish.workspace, now)
        person = None
        if (who := current_requester.get()) is not None and who.limits is not None:
            if session.get(Task, wish.id) is not None:
                return False
            person = who.person
            journal.lock_head(session, wish.workspace)
            demand_quota(session, wish.workspace, person, who.limits(), now)
        told = wish.model_dump() | {"person": person}
        if not insert_once(session, Task, **told, state="waiting", made_at=now, changed_at=now):
            return False
        piece = f"{wish.id}.0"
        OutboxMessage.plan(
            session,
            id=f"{piece}:card",
            workspace=wish.workspace,
            kind="card",
            place=wish.place,
            piece=piece,
            now=now,
        )
        journal.record_event(
            session,
            workspace=wish.workspace,
            event="task accepted",
            subject=wish.id,
            by=wish.author,
            now=now,
            parent=wish.parent,
        )
        enqueue(session, Job(kind="work", subject=wish.id, workspace=wish.workspace))
        return True

    @staticmethod
    def ids_of_person(workspace: str, person: str) -> Select[Any]:
        """The ids of all that one person asked for."""
        return select(Task.id).where(Task.workspace == workspace, Task.person == person)

    def once_more(self, id: str, **changed: Any) -> NewTask:
        """The same wish as another task that comes back from this one; `changed` by its names."""
        same = {name: getattr(self, name) for name in NewTask.model_fields}
        return NewTask.model_validate({**same, "parent": self.id, "id": id, **changed})

    @property
    def first_piece(self) -> str:
        return f"{self.id}.0"

    @property
    def typed(self) -> bool:
        """Whether somebody typed it: a digest and an alert come by themselves."""
        return not any(self.form.get(name) for name in AUTOMATIC_FORM_KEYS)

    @property
    def reference(self) -> str:
        """What a person can quote, and what the log carries."""
        return f"SI-{self.id[:8].upper()}"

    @property
    def understood(self) -> Brief | None:
        return Brief.model_validate_json(self.brief) if self.brief else None

    @property
    def asked(self) -> Question | None:
        return Question.model_validate_json(self.question) if self.question else None

    @property
    def said(self) -> Words | None:
        return restore_words(self.trouble) if self.trouble else None

    def start(self, now: datetime) -> bool:
        """Begin, or begin again after a crash. False when there is nothing left to do."""
        if self.state not in OPEN_STATES:
            return False
        self.state, self.changed_at = "working", now
        return True

    def understand(self, brief: Brief, now: datetime) -> None:
        self.brief, self.changed_at = brief.model_dump_json(), now
        self.private = self.private or brief.private

    def ask(self, session: Session, enqueue: Enqueue, question: Question, now: datetime) -> None:
        """End in a question; its answer is a new task."""
        if self.state in OPEN_STATES:
            self.question = question.model_dump_json()
            self._end(session, enqueue, "asking", now)

    def finish(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        if self.state in OPEN_STATES:
            self._end(session, enqueue, "done", now)

    def fail(self, session: Session, enqueue: Enqueue, words: Words, now: datetime) -> None:
        """End in a reason in plain words."""
        if self.state in OPEN_STATES:
            self.trouble = words.model_dump(mode="json")
            self._end(session, enqueue, "failed", now)

    def stop(self, session: Session, enqueue: Enqueue, by: str, now: datetime) -> None:
        """A person stops it. Raises CannotDo when it has ended already."""
        if self.state not in OPEN_STATES:
            raise CannotDo(Words("This has already ended, so there is nothing to stop."))
        self._end(session, enqueue, "stopped", now, by=by)

    def take_back(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """Whoever asked has taken their words back: no more work, no more question, and the words
        go. Nothing when it has ended."""
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
        OutboxMessage.request_redraw(session, enqueue, self.first_piece)
        journal.record_event(
            session,
            workspace=self.workspace,
            event=f"task {state}",
            subject=self.id,
            by=by,
            now=now,
        )
