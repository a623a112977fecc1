"""A digest that Slack refuses to post."""

import hashlib
from collections.abc import Awaitable, Callable

import pytest

from bot.core.parts import Copy, File, Part
from bot.playground.slack_objects import SlackMessage
from tests.slack.bench import MARIE, MARKETING, Bench, text_of
from tests.slack.test_next_steps import PNG
from tests.slack.test_slack_refusing import POSTING, through
from tests.support.digests import alerted, digesting, first, previewed, schedule

ALT = "On mobile, 38% of checkouts end in a payment. Before: 58%; Now: 38%"
UPLOADS = ("files.getUploadURLExternal", "files.completeUploadExternal")
Flow = Callable[[Bench], Awaitable[None]]


async def due(bench: Bench) -> None:
    await digesting(bench).run(first(bench))


async def run_now(bench: Bench) -> None:
    await bench.press(MARIE, bench.in_dm(MARIE)[0], "digest_now")


async def alert(bench: Bench) -> None:
    await alerted(bench)


def trouble(bench: Bench, method: str, error: str, times: int = 1) -> None:
    if error == "ratelimited":
        bench.slack.faults.rate_limit(method, times, retry_after=0)
    else:
        bench.slack.faults.fail(method, error, times)


def cards(bench: Bench) -> list[SlackMessage]:
    """Return the cards of a task, wherever its readers find them."""
    every = [*bench.said(), *bench.in_dm(MARIE)]
    return [one for one in every if "A shirt for hot days" in text_of(one)]


@pytest.mark.parametrize("flow", [due, run_now, alert])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
@pytest.mark.parametrize("error", POSTING)
@pytest.mark.sample(5)
async def test_digest_refused_once_is_posted_once(
    bench: Bench, flow: Flow, method: str, error: str
) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    trouble(bench, method, error)
    await flow(bench)
    await through(bench)
    assert len(cards(bench)) == 2  # the preview and this


@pytest.mark.parametrize("error", ["not_in_channel", "is_archived", "channel_not_found"])
@pytest.mark.parametrize("flow", [due, alert])
async def test_digest_refused_in_its_channel_goes_to_its_owner(
    bench: Bench, flow: Flow, error: str
) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    trouble(bench, "chat.postMessage", error)
    await flow(bench)
    await through(bench)
    said = text_of(bench.in_dm(MARIE)[-1])
    archived = error == "is_archived"
    assert ("<#C0MARKET> is archived" if archived else "I am not in <#C0MARKET>") in said


@pytest.mark.parametrize("method", UPLOADS)
@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "missing_scope"])
async def test_picture_refused_once_is_posted_later(bench: Bench, method: str, error: str) -> None:
    card = await with_picture(bench, method, error, times=1)
    await bench.press(MARIE, card, "digest_pause")  # drawn anew
    await through(bench)
    ((stored,),) = [m.files for m in bench.said(thread=card.ts) if m.files]
    assert stored.alt_txt == ALT
    assert stored.title == "On mobile, 38% of checkouts end in a payment"


@pytest.mark.parametrize("method", UPLOADS)
async def test_picture_always_refused_is_described_in_words(bench: Bench, method: str) -> None:
    card = await with_picture(bench, method, "missing_scope", times=99)
    for act in ("digest_pause", "digest_on"):  # drawn anew, and said once
        await bench.press(MARIE, card, act)
        await through(bench)
    (said,) = [one.text for one in bench.said(thread=card.ts) if one.ts != card.ts]
    assert said.startswith("The picture can't be shown. Slack doesn't let the intern in")
    assert said.endswith(f"What it shows: {ALT}")
    assert schedule(bench).state == "on"


async def with_picture(bench: Bench, method: str, error: str, times: int) -> SlackMessage:
    """Post a digest whose picture Slack refuses `times` times, and return its card."""
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    sha = hashlib.sha256(PNG).hexdigest()
    file = File(name="moved.png", sha256=sha, alt=ALT, picture=True)
    bench.parts = (
        Part(kind="copy", key="finding", title="What matters most", body=Copy(text="It fell.")),
        Part(kind="file", key="picture", title="Picture", body=file),
    )
    bench.pictures = {sha: PNG}
    trouble(bench, method, error, times)
    await due(bench)
    await through(bench)
    card = bench.said()[-1] if not bench.said()[-1].thread_ts else bench.said()[-2]
    assert "It fell." in text_of(card)
    return card


@pytest.mark.parametrize("error", ["internal_error", "expired_trigger_id", "invalid_blocks"])
async def test_refused_form_is_asked_for_again(bench: Bench, error: str) -> None:
    bench.slack.faults.fail("views.open", error, times=9)
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    await bench.settled()
    (said,) = bench.whispers(MARIE)
    assert "ppuyez de nouveau" in said


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "not_in_channel"])
async def test_refused_whisper_does_not_hide_the_run(bench: Bench, error: str) -> None:
    card = await previewed(bench)
    trouble(bench, "chat.postEphemeral", error, times=9)
    await bench.press(MARIE, card, "digest_now")
    await through(bench)
    assert bench.said()[0].text == "<@UMARIE> asked for the digest weekly now."
