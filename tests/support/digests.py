"""Digests set, switched on and brought to their moment by hand, for the tests of them."""

from datetime import datetime, timedelta
from typing import Any

from bot.digests.models import Alert, Schedule
from bot.digests.run import DigestJob, DigestStatus, StatusFinder
from bot.jobs.models import Job, JobKind
from bot.jobs.worker import FailureHandler, Worker
from bot.rules.writers.offline import Offline
from bot.slack.location import Place, add_heirs
from bot.tasks.models import NewTask, Task
from bot.tasks.run import TaskServices
from tests.slack.bench import MARIE, MARKETING, TEAM, Bench
from tests.support.small_shop import Shop

FIELDS: dict[str, Any] = {"name": {"name": "weekly"}}


def schedule(bench: Bench, name: str = "weekly") -> Schedule:
    (found,) = [r for r in bench.rows(Schedule) if (r.workspace, r.name) == (TEAM, name)]
    assert isinstance(found, Schedule)
    return found


async def previewed(bench: Bench, user: str = MARIE) -> Any:
    """The form opened and sent; the card of the preview."""
    assert (await bench.slack.command(user, MARKETING, "/digest")).ok
    view = bench.form(user)
    assert (await bench.slack.submit(user, view.id, FIELDS)).ok
    await bench.run()
    return bench.in_dm(user)[-1]


async def change(bench: Bench, card: Any, **fields: dict[str, str]) -> Any:
    """ "Change it" on this card, some fields filled in anew; how the form was answered."""
    await bench.press(MARIE, card, "digest_change")
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)
    await bench.run()
    return answer


def quiet(bench: Bench) -> None:
    """It is on, and shall only speak when something moved."""
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.only_when_moved = True
        row.turn(session, "on", bench.house.now())


def moment(bench: Bench, weeks: int = 0) -> datetime:
    """A minute after the first moment that is still to come, or some weeks on."""
    return schedule(bench).following(bench.house.now()) + timedelta(weeks=weeks, minutes=1)


def first(bench: Bench, weeks: int = 0) -> str:
    """The job of that moment, as the clock enqueues it."""
    found = schedule(bench).latest(moment(bench, weeks))
    assert found is not None
    return f"{TEAM}/weekly/{found[0]}"


def digesting(
    bench: Bench, *, moved: DigestStatus | StatusFinder = "moved", weeks: int = 0
) -> DigestJob:
    async def tells(_: NewTask) -> DigestStatus:
        return moved if isinstance(moved, str) else await moved(_)

    def reach(workspace: str, place: Place, alone: bool) -> Place:
        return add_heirs(place, bench.house.policy(workspace).approval.approvers, private=alone)

    now = moment(bench, weeks)
    return DigestJob(bench.database, bench.enqueue, lambda: now, tells, reach)


def worker(bench: Bench, *, moved: DigestStatus | StatusFinder = "moved") -> Worker:
    digest = digesting(bench, moved=moved)
    means = TaskServices(
        bench.database,
        bench.enqueue,
        bench.outside,
        Offline(bench.house.now),
        lambda _: Shop(),
        bench.house.brand,
        bench.house.policy,
        bench.house.now,
    )
    failing: dict[JobKind, FailureHandler] = {"digest": digest.fail, "work": digest.fail_late}
    return Worker(means, besides={"digest": digest.run}, failing=failing)


async def given_up(bench: Bench, task: str) -> None:
    """A task that fails for good, as the engine says it."""
    await worker(bench).give_up(Job(kind="work", subject=task, workspace=TEAM), None)
    await bench.run("show")


async def alerted(bench: Bench) -> None:
    """An alert on its way to where the digest goes."""
    series, now = "funnel.device-mobile-checkout-to-purchase", bench.house.now()
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.turn(session, "on", now)
        assert Alert.tell(session, TEAM, series, MARKETING, 0.001, now)
        Task.accept(session, bench.enqueue, row.alert(series, now), now)
