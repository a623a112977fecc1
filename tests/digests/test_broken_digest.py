"""A digest that fails."""

from dataclasses import replace

from bot.digests.digest_jobs import DigestStatus
from bot.digests.models import Schedule
from bot.i18n.messages import Words
from bot.tasks.models import NewTask, Task
from tests.slack.bench import MARIE, MARKETING, MAX, TEAM, Bench, text_of
from tests.support.digests import (
    FIELDS,
    digesting,
    first,
    given_up,
    previewed,
    quiet,
    schedule,
    worker,
)


async def test_posted_digest_is_not_reported_as_failed_when_its_job_dies(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    digest = digesting(bench)
    await digest.run(first(bench))
    await digest.fail(first(bench), Words("It died."))
    assert len([task for task in bench.tasks if task.private]) == 1  # the preview


async def broken(bench: Bench) -> None:
    """Run Monday's digest in the worker with a bug in its status check."""

    async def breaks(_: NewTask) -> DigestStatus:
        raise ZeroDivisionError("what customers wrote")

    quiet(bench)
    await worker(bench, moved=breaks).jobs["digest"](first(bench))
    await bench.run()


async def test_failed_digest_task_is_reported_to_its_owner(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await digesting(bench).run(first(bench))
    (task,) = [task for task in bench.tasks if not task.private]
    for _ in range(2):  # told again, it is told once
        await given_up(bench, task.id)
    assert "Something broke on our side" in text_of(bench.said()[-1])
    dms = bench.in_dm(MARIE)
    assert len(dms) == 2  # the preview, and this
    assert "Le point «\u00a0hebdomadaire\u00a0» du " in text_of(dms[-1])
    assert "s'est interrompu" in text_of(dms[-1])
    await bench.press(MARIE, dms[-1], "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_failed_alert_task_is_reported_to_its_owner(bench: Bench) -> None:
    await previewed(bench)
    now = bench.services.now()
    with bench.database.begin() as session:
        wish = session.get_one(Schedule, (TEAM, "weekly")).build_alert_task("funnel.x", now)
        Task.accept(session, bench.enqueue, wish, now)
    await given_up(bench, wish.id)
    assert "Une alerte n'a pas pu être donnée" in text_of(bench.in_dm(MARIE)[-1])


async def test_typed_task_fails_only_on_its_card(bench: Bench) -> None:
    await previewed(bench)
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt")).ok
    await bench.settled()
    await given_up(bench, bench.tasks[-1].id)
    assert len(bench.tasks) == 2


async def test_failed_preview_is_reported_once(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, FIELDS)).ok
    await given_up(bench, bench.tasks[-1].id)
    assert len(bench.in_dm(MARIE)) == len(bench.tasks) == 1


async def test_failed_digest_is_reported_to_nobody_but_its_owner(bench: Bench) -> None:
    await previewed(bench)
    await broken(bench)
    card = bench.in_dm(MARIE)[-1]
    said = text_of(card)
    assert "Le point «\u00a0hebdomadaire\u00a0» du " in said
    assert "n'a pas pu être fait" in said
    assert "what customers wrote" not in said
    assert bench.said() == []
    assert first(bench).endswith(f"/{schedule(bench).last}")
    await bench.press(MARIE, card, "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_failed_digest_without_owner_is_reported_to_an_approver(bench: Bench) -> None:
    await previewed(bench)
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await broken(bench)
    assert "hebdomadaire" in text_of(bench.in_dm(MAX)[-1])
    assert len(bench.in_dm(MARIE)) == 1  # the preview
