"""When a digest is due."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.db.session import Database
from bot.digests import models
from bot.digests.digest_jobs import DigestJob, DigestStatus
from bot.digests.models import DAILY, MAX_DELAY, Schedule
from bot.errors import CannotDo
from bot.tasks.models import NewTask, Task
from tests.support.rows import Jobs

ZONES = (
    *("Europe/Paris", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca"),
)
START, YEARS = datetime(2026, 1, 1, tzinfo=UTC), 2


def made(**more: Any) -> Schedule:
    told: dict[str, Any] = {
        "workspace": "T1",
        "name": "weekly",
        "state": "on",
        "owner": "UMARIE",
        "place": {"channel": "C1"},
        "weekday": 0,
        "hour": 9,
        "minute": 0,
        "zone": "Europe/Paris",
        "language": "fr",
        "sections": ["trends"],
        "about": None,
        "only_when_moved": False,
        "since": START,
        "last": None,
        "next_at": None,
        "alerts": False,
    }
    return Schedule(**(told | more))


def expected(one: Schedule, until: datetime) -> list[str]:
    """Every local date with a run, computed from the calendar alone."""
    zone = ZoneInfo(one.zone)
    first = (START + timedelta(days=1)).astimezone(zone).date()
    last = until.astimezone(zone).date()
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return [day.isoformat() for day in days if one.weekday in (DAILY, day.weekday())]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("weekday", "hour", "minute"), [(0, 9, 0), (6, 2, 30), (DAILY, 0, 0)])
@pytest.mark.sample(10)
def test_due_on_each_scheduled_day_for_two_years(
    zone: str, weekday: int, hour: int, minute: int
) -> None:
    """Three processes check every 41 minutes. Each is down for hours now and then."""
    one = made(zone=zone, weekday=weekday, hour=hour, minute=minute)
    until, rng = START + timedelta(days=365 * YEARS), random.Random(zone)
    asleep = [START, START, START]
    spoke: list[str] = []
    now = START
    while now < until:
        for process in range(3):
            if rng.random() < 0.01:
                asleep[process] = now + timedelta(hours=rng.uniform(1, 9))
            day = one.due_day(now) if now >= asleep[process] else None
            if day is not None:
                meant = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
                assert now >= meant.astimezone(UTC)  # the first, of an hour that comes twice
                spoke.append(day.isoformat())
                one.last = day.isoformat()
        now += timedelta(minutes=41)
    assert len(spoke) == len(set(spoke))
    assert set(expected(one, until - timedelta(days=1))) <= set(spoke)


async def test_due_once_across_processes_that_are_down_for_hours(
    database: Database,
) -> None:
    """Covers the six weeks in which the clocks change, in all zones. Each running process asks for
    the digests that are due. The job exists once and is done later by any running process."""
    rng, jobs, done = random.Random(6), Jobs(), 0
    now = first = datetime(2026, 3, 1, tzinfo=UTC)
    until = first + timedelta(weeks=6)
    asleep = [first, first, first]
    ones = [made(name=zone.replace("/", "-"), zone=zone, since=first) for zone in ZONES]
    mondays = [date(2026, 3, 2) + timedelta(weeks=n) for n in range(6)]
    meant = {one.build_task(day).id: (one.zone, day) for one in ones for day in mondays}
    with database.begin() as session:
        session.add_all(ones)
    digesting = DigestJob(database, jobs, lambda: now, always)
    while now < until:
        for process in range(3):
            if rng.random() < 0.1:
                asleep[process] = now + timedelta(hours=rng.uniform(1, 20))
            if now >= asleep[process]:
                with database.begin() as session:
                    for job in models.find_due_digests(session, now):
                        jobs(session, job)
        while min(asleep) <= now and done < len(jobs.of("digest")) and rng.random() < 0.8:
            await digesting.run(jobs.of("digest")[done])
            done += 1
        now += timedelta(hours=rng.uniform(1, 6))
    with database.begin() as session:
        came = {task.id: task.made_at for task in session.scalars(select(Task))}
    assert len(jobs.of("digest")) == done == 54
    assert set(came) == set(meant)
    for id, at in came.items():
        zone, day = meant[id]
        moment = datetime.combine(day, time(9, 0), ZoneInfo(zone)).astimezone(UTC)
        assert moment <= at <= moment + MAX_DELAY


async def always(_: NewTask) -> DigestStatus:
    return "moved"


def test_late_run_is_made_up_for_hours_but_not_days() -> None:
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Paris
    one = made()
    assert one.due_day(monday - timedelta(minutes=1)) is None or one.since < monday - timedelta(
        days=7
    )
    one.last = "2026-11-16"
    assert one.due_day(monday + timedelta(hours=20)) == date(2026, 11, 23)
    assert one.due_day(monday + MAX_DELAY + timedelta(minutes=1)) is None


def test_runs_before_it_was_set_or_resumed_are_not_made_up() -> None:
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert made(since=monday + timedelta(hours=1)).due_day(monday + timedelta(hours=2)) is None
    assert made(since=monday).due_day(monday + timedelta(hours=2)) is None
    moved = made(since=monday + timedelta(hours=1), hour=12, last="2026-11-16")
    assert moved.due_day(monday + timedelta(hours=4)) == date(2026, 11, 23)


def test_due_once_a_day_although_moved_to_a_later_hour() -> None:
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    spoken = made(since=monday + timedelta(hours=1), hour=12, last="2026-11-23")
    assert spoken.due_day(monday + timedelta(hours=4)) is None


@pytest.mark.parametrize("state", ["paused", "off"])
def test_paused_or_switched_off_digest_is_never_due(state: str) -> None:
    assert made(state=state).due_day(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) is None


def test_job_id_is_unique(database: Database) -> None:
    now, jobs = datetime(2026, 11, 23, 8, 5, tzinfo=UTC), Jobs()
    with database.begin() as session:
        session.add(made())
    for _ in range(3):  # three processes in one minute
        with database.begin() as session:
            for job in models.find_due_digests(session, now):
                jobs(session, job)
    assert jobs.of("digest") == ["T1/weekly/2026-11-23"]


@pytest.mark.parametrize("zone", ZONES)
def test_next_run_is_the_first_due_moment(zone: str) -> None:
    """Not due a minute before `next_at`, due at it, and no run is left out."""
    one = made(zone=zone, hour=2, minute=30, weekday=DAILY)
    now = one.next_run(START + timedelta(days=1))
    for _ in range(400):
        moment = one.next_run(now)
        assert moment > now
        assert one.next_run(moment - timedelta(minutes=1)) == moment
        before = one.latest_run(moment - timedelta(minutes=1))
        assert before is not None
        assert before[1] == now
        found = one.latest_run(moment)
        assert found is not None
        assert found[1] == moment
        now = moment


def test_digests_that_are_not_due_are_not_read(database: Database) -> None:
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # the moment itself
    with database.begin() as session:
        session.add(made(last="2026-11-23"))
    for now in (monday, monday + timedelta(days=7)):
        with database.begin() as session:
            found = [job.subject for job in models.find_due_digests(session, now)]
        assert found == ([] if now == monday else ["T1/weekly/2026-11-30"])
    with database.begin() as session:
        row = session.get_one(Schedule, ("T1", "weekly"))
        assert row.next_at == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def test_schedule_uses_its_own_time_zone(database: Database) -> None:
    told = {
        "workspace": "T1",
        "name": "weekly",
        "owner": "UMARIE",
        "place": {"channel": "C1"},
        "weekday": 4,
        "hour": 16,
        "minute": 30,
        "zone": "Europe/Paris",
        "language": "en",
        "sections": ["trends"],
        "about": None,
        "only_when_moved": True,
    }
    with database.begin() as session:
        Schedule.save(session, START, **told)
        changed = Schedule.save(session, START + timedelta(days=3), **told | {"hour": 17})
        assert (changed.hour, changed.since) == (17, START + timedelta(days=3))
        assert changed.next_at == datetime(2026, 1, 9, 16, 30, tzinfo=UTC)
        assert changed.format_rhythm().to("fr") == "vendredi à 17 h 30 (Europe/Paris)"
        changed.minute = 0
        assert changed.format_rhythm().to("fr") == "vendredi à 17 h (Europe/Paris)"
        assert changed.format_rhythm().to("en") == "Friday, 17:00 (Europe/Paris)"
        changed.minute = 30
    with database.begin() as session, pytest.raises(CannotDo, match="time zone"):
        Schedule.save(session, START, **told | {"zone": "Europe/Gaul"})
    with database.begin() as session, pytest.raises(CannotDo, match="hour"):
        Schedule.save(session, START, **told | {"hour": 25})


def test_due_once_although_the_clock_steps_back() -> None:
    one, spoke = made(weekday=DAILY), []
    nine = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # in Paris
    minutes = [*range(-5, 10), *range(-51, 70)]  # put back at ten past
    for at in (nine + timedelta(minutes=n) for n in minutes):
        if (day := one.due_day(at)) is not None:
            spoke.append((day, at))
            one.last = day.isoformat()
            one.next_at = one.next_run(at)
    yesterday = date(2026, 11, 23)
    assert spoke == [(yesterday, nine - timedelta(minutes=5)), (date(2026, 11, 24), nine)]
    assert one.next_at == nine + timedelta(days=1)
