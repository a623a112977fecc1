"""Cards while Slack is unavailable for longer than a job is retried."""

import contextlib
import hashlib
from dataclasses import replace
from datetime import timedelta

from bot.core.parts import Copy, File, Part
from bot.errors import TryAgain
from bot.messages.outbox import OutboxMessage
from bot.slack.gateway import SlackGateway
from tests.slack.bench import MAX, Bench, buttons, text_of
from tests.slack.test_next_steps import PNG

ALT = "Sizing is told most. Runs small: 61"
UPLOAD = "files.completeUploadExternal"


async def given_up(bench: Bench) -> None:
    """Run all jobs; a job that fails is dropped."""
    for _ in range(4):
        with contextlib.suppress(TryAgain):
            await bench.run()
    bench.jobs.clear()


async def later(bench: Bench, minutes: int) -> list[str]:
    """Run the scheduler after this many minutes and return the cards that it drew."""
    then = bench.services.now() + timedelta(minutes=minutes)
    services = replace(bench.services, now=lambda: then)
    bench.outside = SlackGateway(services, bench.outside.people, history_lag=0.05)
    with bench.database.begin() as session:
        found = OutboxMessage.list_stale_cards(session, then)
        for job in found:
            bench.enqueue(session, job)
    await given_up(bench)
    return [job.subject for job in found]


async def test_stale_card_is_drawn_when_slack_is_back(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.faults.fail("chat.update", "internal_error", 999)
    await bench.press(MAX, card, "approve")
    await given_up(bench)
    assert "approve" in buttons(card)
    assert await later(bench, 6)
    assert "approve" in buttons(card)
    bench.slack.faults.planned_faults.clear()
    assert await later(bench, 12)
    assert "approve" not in buttons(card)
    assert f"<@{MAX}>" in text_of(card)
    assert not await later(bench, 18)


async def test_refused_card_is_left_until_it_changes(bench: Bench) -> None:
    await bench.drafted()
    with bench.database.begin() as session:
        (post,) = [one for one in bench.posts() if one.endswith(":card")]
        session.get_one(OutboxMessage, post).wanted += 1
    assert await later(bench, 6) == [post]
    with bench.database.begin() as session:
        session.get_one(OutboxMessage, post).wanted += 1
        OutboxMessage.give_up_drawing(session, post)
    assert not await later(bench, 12)


async def test_chart_is_uploaded_late_or_said_in_words(bench: Bench) -> None:
    sha = hashlib.sha256(PNG).hexdigest()
    file = File(name="sizing.png", sha256=sha, alt=ALT, picture=True)
    bench.parts = (
        Part(kind="copy", key="finding", title="In one sentence", body=Copy(text="Sizing.")),
        Part(kind="file", key="picture", title="Picture", body=file),
    )
    bench.pictures = {sha: PNG}
    bench.slack.faults.fail(UPLOAD, "internal_error", 999)
    with contextlib.suppress(TryAgain):
        await bench.drafted()
    await given_up(bench)
    (card,) = [one for one in bench.said() if not one.thread_ts]
    assert "Sizing." in text_of(card)
    assert await later(bench, 6)
    assert not bench.said(thread=card.ts)
    assert await later(bench, 66)
    (told,) = bench.said(thread=card.ts)
    assert told.text.startswith("Le graphique ne peut pas être affiché. Slack n'accepte aucun")
    assert told.text.endswith(ALT)
    assert not await later(bench, 72)
