"""A digest that is due."""

from dataclasses import replace

import pytest

from bot.digests.digest_jobs import DigestStatus
from bot.digests.models import Schedule, ScheduleState
from bot.tasks.models import NewTask
from tests.slack.bench import MARIE, MARKETING, MAX, TEAM, Bench, text_of
from tests.support.digests import digesting, first, moment, previewed, quiet, schedule


async def test_due_digest_is_posted_once_for_two_jobs(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    for _ in range(2):
        await digesting(bench).run(first(bench))
    await bench.run()
    assert first(bench).endswith(f"/{schedule(bench).last}")
    assert len([task for task in bench.tasks if not task.private]) == 1
    assert bench.said()[-1].channel == MARKETING


async def test_only_when_moved_is_silent_without_a_finding(bench: Bench) -> None:
    await previewed(bench)
    quiet(bench)
    before = len(bench.tasks)
    await digesting(bench, moved="quiet").run(first(bench))
    assert len(bench.tasks) == before
    assert first(bench).endswith(f"/{schedule(bench).last}")
    await digesting(bench, weeks=1).run(first(bench, weeks=1))
    assert len(bench.tasks) == before + 1


async def test_deleted_digest_is_not_posted(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_off")
    await digesting(bench).run(first(bench))
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("state", ["off", "paused"])
async def test_digest_deleted_or_paused_during_its_run_is_not_posted(
    bench: Bench, state: ScheduleState
) -> None:
    await previewed(bench)
    quiet(bench)

    async def meanwhile(_: NewTask) -> DigestStatus:
        with bench.database.begin() as session:
            session.get_one(Schedule, (TEAM, "weekly")).switch(session, state, bench.services.now())
        return "moved"

    await digesting(bench, moved=meanwhile).run(first(bench))
    assert len(bench.tasks) == 1
    assert schedule(bench).last is None


async def test_rescheduled_digest_is_posted_only_at_its_new_time(
    bench: Bench,
) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    job, now = first(bench), moment(bench)
    with bench.database.begin() as session:  # to Thursdays, in the minute after its moment
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.weekday = 3
        row.switch(session, "on", now)
    await digesting(bench).run(job)
    assert len(bench.tasks) == 1
    await digesting(bench, weeks=1).run(first(bench, weeks=1))
    assert len(bench.tasks) == 2


async def test_same_name_in_another_workspace_is_another_digest(bench: Bench) -> None:
    await previewed(bench)
    theirs = {c.key: getattr(schedule(bench), c.key) for c in Schedule.__table__.columns}
    with bench.database.begin() as session:
        session.add(Schedule(**theirs | {"workspace": "T0OTHER", "state": "on"}))
    job = first(bench)
    await digesting(bench).run(job.replace(TEAM, "T0OTHER"))
    made = [task.workspace for task in bench.tasks if not task.private]
    assert made == ["T0OTHER"]
    with bench.database.begin() as session:
        session.get_one(Schedule, (TEAM, "weekly")).switch(session, "on", bench.services.now())
    await digesting(bench).run(job)
    made = [task.workspace for task in bench.tasks if not task.private]
    assert sorted(made) == ["T0OTHER", TEAM]


async def test_digest_goes_to_its_owner_when_the_channel_was_left(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    bench.slack.places[MARKETING].members.remove(bench.slack.bot_user)
    await digesting(bench).run(first(bench))
    await bench.run()
    assert "I am not in <#C0MARKET>" in text_of(bench.in_dm(MARIE)[-1])
    assert bench.said()[-1].text.startswith("<@UMARIE> switched")


async def test_digest_goes_to_its_owner_when_the_channel_is_archived(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    bench.slack.places[MARKETING].archived = True
    await digesting(bench).run(first(bench))
    await bench.run()
    assert "<#C0MARKET> is archived" in text_of(bench.in_dm(MARIE)[-1])


async def test_digest_without_channel_and_owner_goes_to_an_approver(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    bench.slack.places[MARKETING].archived = True
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await digesting(bench).run(first(bench))
    await bench.run()
    assert "<#C0MARKET> is archived" in text_of(bench.in_dm(MAX)[-1])


async def test_digest_without_data_is_reported_to_its_owner_once(bench: Bench) -> None:
    await previewed(bench)
    quiet(bench)
    for week in range(3):
        await digesting(bench, moved="can't tell", weeks=week).run(first(bench, weeks=week))
        await bench.run()
    assert bench.said() == []
    _preview, card = bench.in_dm(MARIE)
    assert "est resté muet" in text_of(card)
    assert first(bench, weeks=2).endswith(f"/{schedule(bench).last}")
    await bench.press(MARIE, card, "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_digest_is_posted_as_soon_as_it_has_data(bench: Bench) -> None:
    await previewed(bench)
    quiet(bench)
    await digesting(bench, moved="can't tell").run(first(bench))
    await digesting(bench, weeks=1).run(first(bench, weeks=1))
    await bench.run()
    assert len(bench.said()) == 1
