"""Digests and alerts that are due, and what an import shows in money.

A digest becomes a task like any other. One with `only_when_moved` is computed first, and without a
finding nothing is shown. When it has no data at all, its owner is told once. A failure, before or
after the task exists, is also reported to the owner, because nobody waits for a scheduled task.

An alert reports a confirmed drop in the funnel or a jump of a complaint theme after an import, to
every place that has a digest with alerts, once for each place.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.fact_sentences import FactSubject, SentenceWriter, group_by_subject
from bot.core.facts import Evidence, Fact
from bot.core.request import task_id
from bot.data.analyses.findings import Move, find_moves
from bot.data.ingest.models import FileUpload
from bot.db.session import Database
from bot.digests.history import STATUS_MEASURES, load_previous_facts
from bot.digests.models import ALERT_REST, Alert, Schedule, format_digest_name, format_place_key
from bot.i18n.messages import Words, parse_language
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


# Alerts.

ALARM_KINDS = ("funnel", "feedback")
FactLoader = Callable[[str], Awaitable[Sequence[Fact]]]  # workspace → its facts of ALARM_KINDS


@dataclass(frozen=True)
class AlertJob:
    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    load_facts: FactLoader
    resolve_place: PlaceResolver = keep_place

    async def run(self, subject: str) -> None:
        """Run the job `<workspace>/<state>`. The state only makes the job id unique."""
        workspace = subject.partition("/")[0]
        facts = await self.load_facts(workspace)
        await self.database.run(
            self._accept_alerts, workspace, list(find_alarms(Evidence(facts=tuple(facts))))
        )

    def _accept_alerts(
        self, session: Session, workspace: str, alarms: list[tuple[str, float]]
    ) -> None:
        """Record each alert and accept its task in one transaction."""
        for schedule in _find_alert_schedules(session, workspace):
            now, place_key = self.now(), format_place_key(schedule.place)
            reported = _find_reported_series(session, schedule, now)
            for series, p in alarms:
                if series in reported or not Alert.record(
                    session, workspace, series, place_key, p, now
                ):
                    continue
                new_task = schedule.build_alert_task(series, now)
                place = self.resolve_place(workspace, new_task.place, False)
                new_task = new_task.model_copy(update={"place": place})
                Task.accept(session, self.enqueue, new_task, now)


def _find_alert_schedules(session: Session, workspace: str) -> list[Schedule]:
    """The digests with alerts: for each place the first one by name."""
    wanted = select(Schedule).where(
        Schedule.workspace == workspace, Schedule.state == "on", Schedule.alerts.is_(True)
    )
    first_by_place: dict[str, Schedule] = {}
    for schedule in session.scalars(wanted.order_by(Schedule.name)):
        first_by_place.setdefault(format_place_key(schedule.place), schedule)
    return list(first_by_place.values())


def _find_reported_series(session: Session, schedule: Schedule, now: datetime) -> set[str]:
    """The series that the digest itself has recently reported as confirmed."""
    facts = load_previous_facts(session, schedule.workspace, schedule.name, now + timedelta(days=1))
    status_facts = [fact for fact in facts if fact.id.rsplit(".", 1)[-1] in STATUS_MEASURES]
    return {
        fact.parts.subject.replace("--", ".", 1)
        for fact in status_facts
        if fact.value == "confirmed" and fact.as_of > (now - ALERT_REST).date()
    }


def find_alarms(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Yield each series worth an alert with its p-value, smallest first."""
    falls = [
        series
        for series in group_by_subject(evidence, "funnel", "device-").values()
        if series.word("status") == "confirmed"
        and series.number("change") < 0
        and series.get("before")
    ]
    jumps = [
        series
        for series in group_by_subject(evidence, "feedback").values()
        if series.word("verdict") == "confirmed"
        and _is_complaint(series)
        and series.number("change") > 0
    ]
    for series in sorted([*falls, *jumps], key=lambda series: series.number("p")):
        yield f"{series.kind}.{series.key}", float(series.number("p"))


def _is_complaint(series: FactSubject) -> bool:
    """Whether the series is a whole theme, of which most texts are complaints."""
    return series.number("complaint-share") > Decimal(50) and "--" not in series.key


# Say what an import shows in money: up to three findings in the thread of the file's card.

MONEY_KINDS = ("funnel", "trends", "campaigns")
FILE_KINDS = ("orders", "events", "campaigns")  # whose rows these analyses read
MAX_FINDINGS = 3
Say = Callable[[str, str, dict[str, Any], Words, str], Awaitable[None]]


@dataclass(frozen=True)
class ImportFindings:
    """`say` posts one line where a file was dropped, once for each id: whoever sees the file's card
    sees it. `load_facts` returns a workspace's facts, floors held."""

    database: Database
    load_facts: Callable[[str], Awaitable[Sequence[Fact]]]
    say: Say

    async def post(self, id: str) -> None:
        """Post the findings of a confirmed import; nothing when there are none."""
        upload = await self.database.run(lambda session: session.get_one(FileUpload, id))
        preview = upload.preview
        if upload.state != "in" or (preview is not None and preview.kind not in FILE_KINDS):
            return
        facts = await self.load_facts(upload.workspace)
        language = parse_language(upload.locale)
        lines = describe_money(SentenceWriter(language), Evidence(facts=tuple(facts)))
        if lines:
            listed = "\n".join(f"• {line}" for line in lines)
            words = Words("What these data show in money:\n{findings}", findings=listed)
            await self.say(f"{id}:findings", upload.workspace, upload.place, words, language)


def describe_money(writer: SentenceWriter, evidence: Evidence) -> list[str]:
    """Return up to three confirmed findings with an amount of money, the largest first."""
    moves = [move for move in find_moves(writer, evidence) if move.is_sure]
    amounts = [(find_amount(move, evidence), move) for move in moves]
    ordered = sorted((one for one in amounts if one[0]), key=lambda one: -one[0])
    return [f"{move.words} {move.cost.text}".strip() for _amount, move in ordered[:MAX_FINDINGS]]


def find_amount(move: Move, evidence: Evidence) -> Decimal:
    """Return how much money a finding is about: the difference of what it compares, else the
    largest amount that it states. 0 without money."""
    values = [fact.value for fact in move.pair or () if fact is not None and _is_money(fact)]
    if len(values) == 2:
        return abs(Decimal(values[0]) - Decimal(values[1]))
    stated = [fact for id in move.facts if (fact := evidence.get(id)) and _is_money(fact)]
    return max((abs(Decimal(fact.value)) for fact in stated), default=Decimal(0))


def _is_money(fact: Fact) -> bool:
    unit = fact.unit or ""
    return isinstance(fact.value, Decimal) and len(unit) == 3 and unit.isupper()
