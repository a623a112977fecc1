"""Helpers that set up digests, switch them on and bring them to their due time."""

from datetime import datetime, timedelta
from typing import Any

from bot.digests.digest_jobs import DigestJob, DigestStatus, StatusFinder
from bot.digests.models import Alert, Schedule
from bot.jobs.models import Job, JobKind
from bot.jobs.worker import FailureHandler, Worker
from bot.offline import OfflineWriter
from bot.slack.threads import Place, add_heirs
from bot.tasks.models import NewTask, Task
from bot.tasks.services import TaskServices
from tests.slack.bench import MARIE, MARKETING, TEAM, Bench
from tests.support.small_shop import Shop

FIELDS: dict[str, Any] = {"name": {"name": "weekly"}}


def schedule(bench: Bench, name: str = "weekly") -> Schedule:
    (found,) = [r for r in bench.rows(Schedule) if (r.workspace, r.name) == (TEAM, name)]
    assert isinstance(found, Schedule)
    return found


async def previewed(bench: Bench, user: str = MARIE) -> Any:
    """Open and submit the form; return the card of the preview."""
    assert (await bench.slack.command(user, MARKETING, "/digest")).ok
    view = bench.form(user)
    assert (await bench.slack.submit(user, view.id, FIELDS)).ok
    await bench.run()
    return bench.in_dm(user)[-1]


async def change(bench: Bench, card: Any, **fields: dict[str, str]) -> Any:
    """Press "Change it" on this card and submit the form with these fields; return the response."""
    await bench.press(MARIE, card, "digest_change")
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)
    await bench.run()
    return answer


def quiet(bench: Bench) -> None:
    """Switch the digest on, with reports only when something changed."""
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.only_when_moved = True
        row.switch(session, "on", bench.services.now())


def moment(bench: Bench, weeks: int = 0) -> datetime:
    """A minute after the next due time, or some weeks later."""
    return schedule(bench).next_run(bench.services.now()) + timedelta(weeks=weeks, minutes=1)


def first(bench: Bench, weeks: int = 0) -> str:
    """The job of that due time, as the scheduler enqueues it."""
    found = schedule(bench).latest_run(moment(bench, weeks))
    assert found is not None
    return f"{TEAM}/weekly/{found[0]}"


def digesting(
    bench: Bench, *, moved: DigestStatus | StatusFinder = "moved", weeks: int = 0
) -> DigestJob:
    async def tells(_: NewTask) -> DigestStatus:
        return moved if isinstance(moved, str) else await moved(_)

    def reach(workspace: str, place: Place, alone: bool) -> Place:
        return add_heirs(place, bench.services.policy(workspace).approval.approvers, private=alone)

    now = moment(bench, weeks)
    return DigestJob(bench.database, bench.enqueue, lambda: now, tells, reach)


def worker(bench: Bench, *, moved: DigestStatus | StatusFinder = "moved") -> Worker:
    digest = digesting(bench, moved=moved)
    means = TaskServices(
        bench.database,
        bench.enqueue,
        bench.outside,
        OfflineWriter(),
        lambda _: Shop(),
        bench.services.brand,
        bench.services.policy,
        bench.services.now,
    )
    failing: dict[JobKind, FailureHandler] = {"digest": digest.fail, "work": digest.fail_late}
    return Worker(means, extra_handlers={"digest": digest.run}, failure_handlers=failing)


async def given_up(bench: Bench, task: str) -> None:
    """A task that fails for good, as the engine reports it."""
    await worker(bench).give_up(Job(kind="work", subject=task, workspace=TEAM), None)
    await bench.run("show")


async def alerted(bench: Bench) -> None:
    """Send an alert to where the digest goes."""
    series, now = "funnel.device-mobile-checkout-to-purchase", bench.services.now()
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.switch(session, "on", now)
        assert Alert.record(session, TEAM, series, MARKETING, 0.001, now)
        Task.accept(session, bench.enqueue, row.build_alert_task(series, now), now)
