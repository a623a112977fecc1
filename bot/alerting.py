"""New rows are looked at: a confirmed fall on the path to purchase, or a jump of one complaint
theme, is told at once where a digest with alerts goes."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.alert import Alert
from bot.db import Database
from bot.evidence import Evidence, Fact
from bot.job import Enqueue
from bot.schedule import Schedule
from bot.task import Task
from bot.telling.told import Told, told

Look = Callable[[str], Awaitable[Sequence[Fact]]]  # a workspace's path to purchase and feedback


@dataclass(frozen=True)
class Alerting:
    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    look: Look

    async def run(self, subject: str) -> None:
        """`workspace/state`: each series once; which rows came is the clock's business."""
        workspace = subject.partition("/")[0]
        facts = await self.look(workspace)
        await self.database.run(self._tell, workspace, list(alarming(Evidence(facts=tuple(facts)))))

    def _tell(self, session: Session, workspace: str, found: list[tuple[str, float]]) -> None:
        """That it is told, and the task that tells it, in one transaction."""
        wanted = select(Schedule).where(
            Schedule.workspace == workspace, Schedule.state == "on", Schedule.alerts.is_(True)
        )
        schedule = session.scalar(wanted.order_by(Schedule.name).limit(1))
        if schedule is None:
            return
        now = self.now()
        for series, p in found:
            if Alert.tell(session, workspace, series, p, now):
                Task.accept(session, self.enqueue, schedule.alert(series, now), now)


def alarming(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Each series that is worth saying at once, with its p, the surest first."""
    falls = [
        one
        for one in told(evidence, "funnel", "device-").values()
        if one.word("status") == "confirmed" and one.number("change") < 0 and one.get("before")
    ]
    jumps = [
        one
        for one in told(evidence, "feedback").values()
        if one.word("verdict") == "confirmed" and _complaint(one) and one.number("change") > 0
    ]
    for one in sorted([*falls, *jumps], key=lambda one: one.number("p")):
        yield f"{one.kind}.{one.key}", float(one.number("p"))


def _complaint(one: Told) -> bool:
    """Mostly complaints; one theme, and no part of it at one place."""
    return one.number("complaint-share") > Decimal(50) and "--" not in one.key
