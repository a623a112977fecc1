"""Fairness: one person's flood delays nobody else, and creates no more rows than their share."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.config.policy import PersonLimits, Policy
from bot.db.session import Database
from bot.jobs.engine import NAME, VERSION, Engine, migrate_engine
from bot.jobs.models import (
    QUICK,
    SLOW,
    Job,
    QueueLimits,
    Requester,
    choose_queue,
    compute_priority,
    current_requester,
)
from bot.messages.outbox import OutboxMessage
from bot.slack.app import find_requester
from bot.tasks.models import Task
from tests.jobs.test_engine import FAST, KINDS, Line, now
from tests.slack.bench import MARIE, MARKETING, MAX, TEAM, Bench
from tests.support.digests import alerted, previewed
from tests.support.rows import count_entries

pytestmark = pytest.mark.sample(3)

ONE_AT_A_TIME = QueueLimits(
    drafts=1, drafts_per_workspace=1, quick=1, quick_per_workspace=1, poll=0.02, beat=0.2
)
TOO_MUCH = "That is too much at once"


def shares(bench: Bench, **more: Any) -> None:
    bench.policy = bench.policy.model_copy(update={"fairness": PersonLimits(**more)})


async def lined_up(database: Database, limits: QueueLimits = ONE_AT_A_TIME) -> Line:
    """An engine that accepts jobs and does not run them yet."""
    await migrate_engine(database)
    return Line(Engine(database, now, limits))


async def begin(line: Line) -> None:
    await line.engine.launch(dict.fromkeys(KINDS, line.work), line.give_up)


async def ask(line: Line, subject: str, person: str | None, kind: Any = "work") -> None:
    token = current_requester.set(Requester(person) if person else None)
    try:
        job = Job(kind=kind, subject=subject, workspace="T1")
        await line.engine.database.run(line.engine.enqueue, job)
    finally:
        current_requester.reset(token)


@pytest.mark.parametrize("kind", ["work", "show"])
async def test_people_take_turns(database: Database, kind: str) -> None:
    """150 jobs of one person, then three each of two colleagues and of the clock."""
    line = await lined_up(database)
    for number in range(150):
        await ask(line, f"A{number}", "UANNA", kind)
    for number in range(3):
        for name, person in (("B", "UBEN"), ("C", "UCLEO"), ("D", None)):
            await ask(line, f"{name}{number}", person, kind)
    await begin(line)
    await line.until(lambda: len(line.done) >= 30, seconds=30)
    await line.engine.close(grace=1)
    first = line.done[:12]
    assert sorted(first) == sorted(f"{who}{number}" for who in "ABCD" for number in range(3))
    for who in "ABCD":
        mine = [one for one in line.done if one.startswith(who)]
        assert mine == sorted(mine, key=lambda one: int(one[1:]))


async def test_late_person_waits_only_for_running_jobs(database: Database) -> None:
    line = await lined_up(database, FAST)
    for number in range(100):
        await ask(line, f"A{number}", "UANNA")
    await begin(line)
    await line.until(lambda: len(line.done) >= 10)
    await ask(line, "B0", "UBEN")
    before = len(line.done)
    await line.until(lambda: "B0" in line.done)
    await line.engine.close(grace=1)
    assert line.done.index("B0") - before < 3 * FAST.drafts_per_workspace + 6


async def test_jobs_of_an_earlier_version_run_first(database: Database) -> None:
    line = await lined_up(database)
    await ask(line, "new", "UANNA")
    old = Job(kind="work", subject="old", workspace="T1")
    with database.begin() as session:
        line.engine.client.enqueue_in_transaction(
            session,
            {
                "workflow_name": "do",
                "queue_name": choose_queue(old),
                "workflow_id": old.id,
                "queue_partition_key": old.workspace,
                "app_version": VERSION,
            },
            {"kind": "work", "subject": "old", "workspace": "T1", "turn": 0},
        )
    await begin(line)
    await line.until(lambda: len(line.done) == 2)
    await line.engine.close(grace=1)
    assert line.done == ["old", "new"]


def test_names_in_the_engine_are_unchanged() -> None:
    assert (NAME, VERSION, SLOW, QUICK) == ("super-intern", "1", "slow", "quick")
    old = Job(kind="work", subject="t", workspace="T1").model_dump(exclude_none=True)
    assert old == {"kind": "work", "subject": "t", "workspace": "T1", "turn": 0}


@pytest.mark.parametrize("seed", range(4))
async def test_newcomer_waits_for_one_job_of_each_other_person(sqlite: Database, seed: int) -> None:
    """Random arrivals, finished in random order, up to three at once."""
    chance, line = random.Random(seed), await lined_up(sqlite)
    people = [f"U{number}" for number in range(chance.randint(2, 5))]
    waiting: list[tuple[int, int, str]] = []  # round, arrival, person
    running: list[tuple[int, int, str]] = []
    since: dict[int, Counter[str]] = {}  # of a newcomer's job: what began before it
    served: list[tuple[int, int, str]] = []
    for arrival in range(300):
        weights = [20, *[1] * (len(people) - 1)]
        person = chance.choices(people, weights)[0]
        in_flight = {one[2] for one in (*waiting, *running)}
        with sqlite.begin() as session:
            place = compute_priority(session, SLOW, "T1", person)
        await ask(line, f"{arrival}", person)
        waiting.append((place, arrival, person))
        if person not in in_flight:
            since[arrival] = Counter()
        while running and (len(running) == 3 or chance.random() < 0.3):
            ended = running.pop(chance.randrange(len(running)))
            _set(sqlite, ended[1], "SUCCESS")
        if waiting and len(running) < 3:
            begun = min(waiting)
            waiting.remove(begun)
            running.append(begun)
            served.append(begun)
            _set(sqlite, begun[1], "PENDING")
            if (before := since.pop(begun[1], None)) is not None:
                assert max(before.values(), default=0) <= 1, before
            for counted in since.values():
                counted[begun[2]] += 1
    for person in people:
        mine = [arrival for _, arrival, whose in served if whose == person]
        assert mine == sorted(mine)
    await line.engine.close()


def _set(database: Database, arrival: int, status: str) -> None:
    with database.begin() as session:
        changed = text("UPDATE workflow_status SET status = :status WHERE workflow_uuid = :id")
        session.execute(changed, {"status": status, "id": f"work:{arrival}:0"})


def rows(bench: Bench) -> tuple[int, int, int, int]:
    with bench.database.begin() as session:
        tasks = session.scalar(select(func.count()).select_from(Task)) or 0
        posts = session.scalar(select(func.count()).select_from(OutboxMessage)) or 0
        return tasks, posts, count_entries(session, TEAM), len(bench.jobs)


async def test_flood_of_commands_creates_no_rows_beyond_the_share(bench: Bench) -> None:
    shares(bench, open_tasks=5)
    answers = [
        await bench.slack.command(MARIE, MARKETING, "/draft", f"sms: shirt {number}")
        for number in range(5)
    ]
    assert not any(one.body for one in answers)
    full = rows(bench)
    for number in range(40):
        answer = await bench.slack.command(MARIE, MARKETING, "/draft", f"sms: more {number}")
        assert "5" in str(answer.body)
    assert rows(bench) == full
    assert not (await bench.slack.command(MAX, MARKETING, "/draft", "e-mail: our vase")).body
    with bench.database.begin() as session:
        for task in session.scalars(select(Task).where(Task.person == MARIE)):
            task.state = "done"
    assert not (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our shirt")).body


async def test_flood_of_mentions_is_answered_once(any_bench: Bench) -> None:
    bench = any_bench
    shares(bench, open_tasks=3)
    for number in range(12):
        await bench.slack.post_message(MARIE, MARKETING, f"<@UINTERN> e-mail: shirt {number}")
    await bench.slack.wait_for_deliveries()
    assert len(bench.tasks) == 3
    with bench.database.begin() as session:
        assert (
            len(list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "whisper"))))
            == 1
        )
    await bench.run("tell")
    told = [one.text for one in bench.slack.ephemerals(MARIE, MARKETING)]
    assert len([one for one in told if "trop" in one or TOO_MUCH in one]) == 1


async def test_concurrent_requests_are_counted_one_by_one(any_bench: Bench) -> None:
    bench = any_bench
    shares(bench, open_tasks=4)
    commands = (
        bench.slack.command(MARIE, MARKETING, "/draft", f"sms: shirt {number}")
        for number in range(16)
    )
    await asyncio.gather(*commands)
    assert len(bench.tasks) == 4


async def test_finished_requests_count_for_a_day(bench: Bench) -> None:
    shares(bench, tasks_a_day=3)
    for number in range(5):
        await bench.slack.command(MARIE, MARKETING, "/draft", f"sms: shirt {number}")
        with bench.database.begin() as session:
            for task in session.scalars(select(Task)):
                task.state = "done"
    assert len(bench.tasks) == 3


async def test_alerts_count_for_nobody(bench: Bench) -> None:
    shares(bench, open_tasks=1)
    await previewed(bench)
    before = len(bench.tasks)
    await alerted(bench)
    assert [task.person for task in bench.tasks[before:]] == [None]


@pytest.mark.parametrize(
    ("body", "person"),
    [
        ({"command": "/draft", "user_id": "U1", "team_id": "T1"}, "U1"),
        ({"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}}, "U1"),
        ({"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}}, "U1"),
        ({"team_id": "T1", "event": {"type": "message", "user": "U1"}}, "U1"),
        ({"team_id": "T1", "event": {"message": {"user": "U1"}, "previous_message": {}}}, "U1"),
        ({"team_id": "T1", "event": {"previous_message": {"user": "U1"}}}, "U1"),
        ({"team_id": "T1", "event": {"type": "user_change", "user": {"id": "U1"}}}, "U1"),
        ({"team_id": "T1", "event": {"type": "channel_rename"}}, "?"),
    ],
)
def test_every_request_belongs_to_a_person(body: dict[str, Any], person: str) -> None:
    assert find_requester(body) == ("T1", person)


def test_person_limits_have_sensible_defaults() -> None:
    assert Policy().fairness == PersonLimits(open_tasks=30, tasks_a_day=300)
