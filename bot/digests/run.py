"""A digest whose moment has come: a Request that nobody typed.

It becomes a task like any other. One that shall only speak when something moved is tried first,
and without a finding nothing is shown at all; that there is nothing it could tell of, its owner
hears once. One that breaks, before it is a task or as one, is told to its owner as well: nobody
looks for what nobody asked for.
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
StatusFinder = Callable[[NewTask], Awaitable[DigestStatus]]  # what this digest would tell of now
# A digest's place: for its owner's eyes alone when asked so. Whoever is named may hear of it when
# the owner is gone.
PlaceResolver = Callable[
    [str, dict[str, Any], bool], dict[str, Any]
]  # workspace, place, alone → place


def keep_place(_: str, place: dict[str, Any], alone: bool) -> dict[str, Any]:
    return place | ({"dm": True} if alone else {})


@dataclass(frozen=True)
class DigestJob:
    """`moved` is the skill itself, run without keeping what it gives."""

    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    moved: StatusFinder
    reach: PlaceResolver = keep_place

    async def run(self, subject: str) -> None:
        """`workspace/name/date`: once, unless it was paused, moved or switched off meanwhile."""
        workspace, name, day = subject.split("/")
        found = await self.database.run(self._due, workspace, name, day)
        if found is None:
            return
        wish, only_when_moved = found
        tells = await self.moved(wish) if only_when_moved else "moved"
        await self.database.run(self._done, wish, name, day, tells)

    async def fail(self, subject: str, why: Words) -> None:
        """It could not be made: its owner is told why in a direct message, and what can be done.
        The next one comes in its time."""
        workspace, name, day = subject.split("/")
        await self.database.run(self._fail, workspace, name, day, why)

    async def fail_late(self, id: str, why: Words) -> None:
        """A task has failed: when nobody typed it, its owner is told in a direct message as well.
        Its card stands where it was to go, and is looked at by nobody who could mend it."""
        await self.database.run(self._fail_late, id, why)

    def _due(
        self, session: Session, workspace: str, name: str, day: str
    ) -> tuple[NewTask, bool] | None:
        """What is to be made; nothing when it is not due any more: it was moved, or it is too
        late."""
        schedule = self._waiting(session, workspace, name, day)
        if schedule is None or schedule.due(self.now()) != date.fromisoformat(day):
            return None
        return self._wish(schedule, day), schedule.only_when_moved

    def _waiting(self, session: Session, workspace: str, name: str, day: str) -> Schedule | None:
        """The digest, locked, while it is on and has not spoken on that day or since."""
        found = session.get(
            Schedule, (workspace, name), with_for_update=True, populate_existing=True
        )
        if found is None or found.state != "on" or (found.last or "") >= day:
            return None
        return found

    def _wish(self, schedule: Schedule, day: str, turn: str = "") -> NewTask:
        wish = schedule.wish(date.fromisoformat(day), turn=turn)
        place = self.reach(schedule.workspace, wish.place, bool(turn))
        return wish.model_copy(update={"place": place})

    def _done(
        self, session: Session, wish: NewTask, name: str, day: str, tells: DigestStatus
    ) -> None:
        """The task, and that it was made, in one transaction; neither when it was paused, deleted
        or changed while it was tried."""
        schedule = self._waiting(session, wish.workspace, name, day)
        if schedule is None:
            return
        if tells == "moved":
            Task.accept(session, self.enqueue, wish, self.now())
        elif tells == "can't tell":
            self._empty(session, schedule, day)
        schedule.last = day
        schedule.next_at = schedule.following(self.now())

    def _empty(self, session: Session, schedule: Schedule, day: str) -> None:
        """Silence was chosen for weeks without a change, not for a library without files: its
        owner is told, once for as long as it stays as it is set."""
        said = Words(
            "The digest {name} of {day} stayed silent: no file in the library lets it tell "
            "anything. It speaks when one does, and this is said only once. “Try again” shows you "
            "what is missing.",
            name=format_digest_name(schedule.name),
            day=date.fromisoformat(day),
        )
        wish = self._wish(schedule, day, turn="empty")
        once = task_id("empty", schedule.workspace, schedule.name, schedule.since.isoformat())
        self._failed(session, wish.model_copy(update={"id": once, "private": True}), said)

    def _fail(self, session: Session, workspace: str, name: str, day: str, why: Words) -> None:
        """A task of the owner's that has ended badly already: its card says so, and can be tried
        again."""
        schedule = self._waiting(session, workspace, name, day)
        if schedule is None:
            return
        said = Words(
            "The digest {name} of {day} could not be made, and nothing was posted. {why} "
            "“Try again” makes it for you alone; its next one comes as planned.",
            name=format_digest_name(name),
            day=date.fromisoformat(day),
            why=why,
        )
        wish = self._wish(schedule, day, turn="failed")
        self._failed(session, wish.model_copy(update={"private": True}), said)
        schedule.last = day
        schedule.next_at = schedule.following(self.now())

    def _fail_late(self, session: Session, id: str, why: Words) -> None:
        task = session.get_one(Task, id)
        alone = self.reach(task.workspace, task.place, True)
        if task.typed or task.private or alone == self.reach(task.workspace, task.place, False):
            return  # whoever typed it looks at its card; and so does who has it to themselves
        again = Words(
            "Its card is where it was to go: “Try again” there makes it for all, here "
            "for you alone."
        )
        said = Words("An alert could not be told. {why} {again}", why=why, again=again)
        schedule = Schedule.find(session, task.workspace, str(task.form.get("digest")))
        if schedule is not None:
            said = Words(
                "The digest {name} of {day} broke while it was made. {why} {again}",
                name=format_digest_name(schedule.name),
                day=schedule.day_of(task.made_at),
                why=why,
                again=again,
            )
        same = {key: getattr(task, key) for key in ("workspace", "author", "words", "form")}
        wish = NewTask(id=task_id("failed", task.id), place=alone, private=True, **same)
        self._failed(session, wish, said)

    def _failed(self, session: Session, wish: NewTask, said: Words) -> None:
        """A task whose card says why, and can be tried again."""
        if Task.accept(session, self.enqueue, wish, self.now()):
            session.get_one(Task, wish.id).fail(session, self.enqueue, said, self.now())
