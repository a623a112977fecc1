"""New rows are looked at: a confirmed fall on the path to purchase, or a jump of one complaint
theme, is told at once wherever a digest with alerts goes, once for each such place."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.facts import Evidence, Fact
from bot.db.session import Database
from bot.digests.history import STATUS_MEASURES, load_previous_facts
from bot.digests.models import ALERT_REST, Alert, Schedule, format_place_key
from bot.digests.run import PlaceResolver, keep_place
from bot.jobs.models import Enqueue
from bot.rules.telling.told import Told, told
from bot.tasks.models import Task

FactLoader = Callable[
    [str], Awaitable[Sequence[Fact]]
]  # a workspace's path to purchase and feedback


@dataclass(frozen=True)
class AlertJob:
    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    look: FactLoader
    reach: PlaceResolver = keep_place

    async def run(self, subject: str) -> None:
        """`workspace/state`: each series once; which rows came is the clock's business."""
        workspace = subject.partition("/")[0]
        facts = await self.look(workspace)
        await self.database.run(
            self._tell, workspace, list(find_alarms(Evidence(facts=tuple(facts))))
        )

    def _tell(self, session: Session, workspace: str, found: list[tuple[str, float]]) -> None:
        """That it is told, and the task that tells it, in one transaction."""
        for schedule in _find_alert_schedules(session, workspace):
            now, spot = self.now(), format_place_key(schedule.place)
            known = _find_reported_series(session, schedule, now)
            for series, p in found:
                if series in known or not Alert.tell(session, workspace, series, spot, p, now):
                    continue
                wish = schedule.alert(series, now)
                place = self.reach(workspace, wish.place, False)
                wish = wish.model_copy(update={"place": place})
                Task.accept(session, self.enqueue, wish, now)


def _find_alert_schedules(session: Session, workspace: str) -> list[Schedule]:
    """The digests that alert, by name; of those that go to one place the first."""
    wanted = select(Schedule).where(
        Schedule.workspace == workspace, Schedule.state == "on", Schedule.alerts.is_(True)
    )
    first: dict[str, Schedule] = {}
    for schedule in session.scalars(wanted.order_by(Schedule.name)):
        first.setdefault(format_place_key(schedule.place), schedule)
    return list(first.values())


def _find_reported_series(session: Session, schedule: Schedule, now: datetime) -> set[str]:
    """The series that the digest itself has lately called confirmed: no news any more."""
    facts = load_previous_facts(session, schedule.workspace, schedule.name, now + timedelta(days=1))
    called = [fact for fact in facts if fact.id.rsplit(".", 1)[-1] in STATUS_MEASURES]
    return {
        fact.parts.subject.replace("--", ".", 1)
        for fact in called
        if fact.value == "confirmed" and fact.as_of > (now - ALERT_REST).date()
    }


def find_alarms(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Each series that is worth saying at once, with its p, the surest first."""
    falls = [
        one
        for one in told(evidence, "funnel", "device-").values()
        if one.word("status") == "confirmed" and one.number("change") < 0 and one.get("before")
    ]
    jumps = [
        one
        for one in told(evidence, "feedback").values()
        if one.word("verdict") == "confirmed" and _is_complaint(one) and one.number("change") > 0
    ]
    for one in sorted([*falls, *jumps], key=lambda one: one.number("p")):
        yield f"{one.kind}.{one.key}", float(one.number("p"))


def _is_complaint(one: Told) -> bool:
    """Mostly complaints; one theme, and no part of it at one place."""
    return one.number("complaint-share") > Decimal(50) and "--" not in one.key
