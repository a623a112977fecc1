"""Run a digest that is due.

It becomes a task like any other. A digest with `only_when_moved` is computed first, and without a
finding nothing is shown. When it has no data at all, its owner is told once. A failure, before or
after the task exists, is also reported to the owner, because nobody waits for a scheduled task.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from bot.core.request import task_id
from bot.db.session import Database
from bot.digests.models import Schedule, format_digest_name
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue
from bot.tasks.models import NewTask, Task

DigestStatus = Literal["moved", "quiet", "can't tell"]
StatusFinder = Callable[[NewTask], Awaitable[DigestStatus]]  # computes what the digest would report
# Resolves the place of a digest: the owner's direct messages when `is_private`. When the owner has
# left, the implementation may choose another person.
PlaceResolver = Callable[
    [str, dict[str, Any], bool], dict[str, Any]
]  # workspace, place, is_private → place


def keep_place(_: str, place: dict[str, Any], is_private: bool) -> dict[str, Any]:
    return place | ({"dm": True} if is_private else {})


@dataclass(frozen=True)
class DigestJob:
    """`find_status` runs the skill without storing its output."""

    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    find_status: StatusFinder
    resolve_place: PlaceResolver = keep_place

    async def run(self, subject: str) -> None:
        """Run the job `<workspace>/<name>/<date>`, unless the digest is no longer due."""
        workspace, name, day = subject.split("/")
        due = await self.database.run(self._find_due, workspace, name, day)
        if due is None:
            return
        new_task, only_when_moved = due
        status = await self.find_status(new_task) if only_when_moved else "moved"
        await self.database.run(self._finish, new_task, name, day, status)

    async def fail(self, subject: str, why: Words) -> None:
        """Tell the owner in a direct message why the digest failed and what to do. The next run
        stays as scheduled."""
        workspace, name, day = subject.split("/")
        await self.database.run(self._fail, workspace, name, day, why)

    async def fail_late(self, id: str, why: Words) -> None:
        """Tell the owner in a direct message that the task of a digest or an alert failed. The
        people who see its card in the channel can't fix it."""
        await self.database.run(self._fail_late, id, why)

    def _find_due(
        self, session: Session, workspace: str, name: str, day: str
    ) -> tuple[NewTask, bool] | None:
        """The task to make, and whether only when something moved. None when it is no longer due:
        the schedule changed, or it is too late."""
        schedule = self._lock_waiting(session, workspace, name, day)
        if schedule is None or schedule.due_day(self.now()) != date.fromisoformat(day):
            return None
        return self._build_task(schedule, day), schedule.only_when_moved

    def _lock_waiting(
        self, session: Session, workspace: str, name: str, day: str
    ) -> Schedule | None:
        """The locked schedule, if it is on and has not run on that day or later."""
        schedule = session.get(
            Schedule, (workspace, name), with_for_update=True, populate_existing=True
        )
        if schedule is None or schedule.state != "on" or (schedule.last or "") >= day:
            return None
        return schedule

    def _build_task(self, schedule: Schedule, day: str, turn: str = "") -> NewTask:
        new_task = schedule.build_task(date.fromisoformat(day), turn=turn)
        place = self.resolve_place(schedule.workspace, new_task.place, bool(turn))
        return new_task.model_copy(update={"place": place})

    def _finish(
        self, session: Session, new_task: NewTask, name: str, day: str, status: DigestStatus
    ) -> None:
        """Accept the task and mark the run as done, in one transaction. Does nothing when the
        digest was paused, deleted or changed while its status was computed."""
        schedule = self._lock_waiting(session, new_task.workspace, name, day)
        if schedule is None:
            return
        if status == "moved":
            Task.accept(session, self.enqueue, new_task, self.now())
        elif status == "can't tell":
            self._report_no_data(session, schedule, day)
        schedule.last = day
        schedule.next_at = schedule.next_run(self.now())

    def _report_no_data(self, session: Session, schedule: Schedule, day: str) -> None:
        """Tell the owner that no file lets the digest report anything, once for each setting.

        `only_when_moved` is meant for weeks without a change, not for a library without files.
        """
        words = Words(
            "The digest {name} of {day} stayed silent: no file in the library lets it tell "
            "anything. It speaks when one does, and this is said only once. “Try again” shows you "
            "what is missing.",
            name=format_digest_name(schedule.name),
            day=date.fromisoformat(day),
        )
        new_task = self._build_task(schedule, day, turn="empty")
        empty_id = task_id("empty", schedule.workspace, schedule.name, schedule.since.isoformat())
        self._accept_failed(
            session, new_task.model_copy(update={"id": empty_id, "private": True}), words
        )

    def _fail(self, session: Session, workspace: str, name: str, day: str, why: Words) -> None:
        """Give the owner a failed task. Its card says why and can be retried."""
        schedule = self._lock_waiting(session, workspace, name, day)
        if schedule is None:
            return
        words = Words(
            "The digest {name} of {day} could not be made, and nothing was posted. {why} "
            "“Try again” makes it for you alone; its next one comes as planned.",
            name=format_digest_name(name),
            day=date.fromisoformat(day),
            why=why,
        )
        new_task = self._build_task(schedule, day, turn="failed")
        self._accept_failed(session, new_task.model_copy(update={"private": True}), words)
        schedule.last = day
        schedule.next_at = schedule.next_run(self.now())

    def _fail_late(self, session: Session, id: str, why: Words) -> None:
        task = session.get_one(Task, id)
        private_place = self.resolve_place(task.workspace, task.place, True)
        if (
            task.is_typed
            or task.private
            or private_place == self.resolve_place(task.workspace, task.place, False)
        ):
            return  # then the person who is concerned sees the card anyway
        retry_hint = Words(
            "Its card is where it was to go: “Try again” there makes it for all, here "
            "for you alone."
        )
        words = Words("An alert could not be told. {why} {again}", why=why, again=retry_hint)
        schedule = Schedule.find(session, task.workspace, str(task.form.get("digest")))
        if schedule is not None:
            words = Words(
                "The digest {name} of {day} broke while it was made. {why} {again}",
                name=format_digest_name(schedule.name),
                day=schedule.day_of(task.made_at),
                why=why,
                again=retry_hint,
            )
        fields = {key: getattr(task, key) for key in ("workspace", "author", "words", "form")}
        new_task = NewTask(
            id=task_id("failed", task.id), place=private_place, private=True, **fields
        )
        self._accept_failed(session, new_task, words)

    def _accept_failed(self, session: Session, new_task: NewTask, words: Words) -> None:
        """Accept a task that has already failed: its card says why and can be retried."""
        if Task.accept(session, self.enqueue, new_task, self.now()):
            session.get_one(Task, new_task.id).fail(session, self.enqueue, words, self.now())
