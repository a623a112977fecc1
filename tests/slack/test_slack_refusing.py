"""Jobs while Slack refuses a call."""

from collections.abc import Awaitable, Callable

import pytest

from bot.delivery.models import Delivery
from bot.errors import TryAgain
from bot.playground.slack_objects import SlackMessage
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, Bench, text_of

pytestmark = pytest.mark.sample(19)

ANYWHERE = ("ratelimited", "channel_not_found", "internal_error")
POSTING = (*ANYWHERE, "not_in_channel", "is_archived", "msg_blocks_too_long", "invalid_blocks")
REFUSALS = [
    *(("chat.postMessage", error) for error in POSTING),
    *(("chat.update", error) for error in POSTING),
    *(("chat.postEphemeral", error) for error in (*ANYWHERE, "not_in_channel", "is_archived")),
    *(("conversations.open", error) for error in ANYWHERE),
    *(("conversations.replies", error) for error in (*ANYWHERE, "not_in_channel")),
    *(("users.info", error) for error in ANYWHERE),
    *(("views.open", error) for error in ("ratelimited", "internal_error", "invalid_blocks")),
    ("views.open", "expired_trigger_id"),
]
EDITED = {'["subject", 0, "-"]': {"text": "Linen is back"}}
Flow = Callable[[Bench, SlackMessage], Awaitable[None]]


async def command(bench: Bench, _: SlackMessage) -> None:
    assert (
        await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our wool jumper is back")
    ).ok
    await through(bench)
    assert [task.state for task in bench.tasks] == ["done", "done"]


async def mention(bench: Bench, _: SlackMessage) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> mail: our wool jumper is back")
    await through(bench)
    assert [task.state for task in bench.tasks] == ["done", "done"]


async def approval(bench: Bench, card: SlackMessage) -> None:
    await bench.press(MAX, card, "approve")
    # the look-up of the person failed
    if any("please try again" in said for said in bench.whispers(MAX)):
        await bench.press(MAX, card, "approve")
    await through(bench)
    assert [delivery.state for delivery in bench.rows(Delivery)] == ["gone"]


async def refused_approval(bench: Bench, card: SlackMessage) -> None:
    await bench.press(OTTO, card, "approve")
    await through(bench)


async def edit(bench: Bench, card: SlackMessage) -> None:
    await bench.press(MARIE, card, "edit")
    if bench.slack.open_views(MARIE):
        assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, EDITED)).ok
        assert len(bench.drafts) == 2
    await through(bench)


async def sending_back(bench: Bench, card: SlackMessage) -> None:
    await bench.slack.post_message(LEA, MARKETING, "<@UINTERN> make it shorter", thread_ts=card.ts)
    await through(bench)
    assert [task.state for task in bench.tasks] == ["done", "done"]


async def through(bench: Bench) -> None:
    """Run all jobs to their end, as the engine would, with retries."""
    for _ in range(6):
        try:
            await bench.run()
            break
        except TryAgain:
            continue
    assert not bench.jobs


def seen(bench: Bench, user: str) -> list[str]:
    """Return everything of the intern's that this person can see."""
    shown = [text_of(one) for one in (*bench.said(), *bench.in_dm(user))]
    forms = [str(view.blocks) for view in bench.slack.open_views(user)]
    return [*shown, *forms, *bench.whispers(user)]


@pytest.mark.parametrize(("method", "error"), REFUSALS)
@pytest.mark.parametrize(
    ("flow", "who"),
    [
        (command, MARIE),
        (mention, MARIE),
        (approval, MAX),
        (refused_approval, OTTO),
        (edit, MARIE),
        (sending_back, LEA),
    ],
)
async def test_single_refusal_is_reported_and_loses_no_job(
    bench: Bench, flow: Flow, who: str, method: str, error: str
) -> None:
    card = await bench.drafted()
    before = seen(bench, who)
    if error == "ratelimited":
        bench.slack.faults.rate_limit(method, retry_after=0)
    else:
        bench.slack.faults.fail(method, error)
    await flow(bench, card)
    assert seen(bench, who) != before


@pytest.mark.parametrize(
    ("flow", "who", "method"),
    [(refused_approval, OTTO, "chat.postEphemeral"), (edit, MARIE, "views.open")],
)
@pytest.mark.parametrize("error", ["ratelimited", "channel_not_found", "internal_error"])
async def test_permanent_refusal_is_reported_elsewhere(
    bench: Bench, flow: Flow, who: str, method: str, error: str
) -> None:
    card = await bench.drafted()
    before = seen(bench, who)
    bench.slack.faults.fail(method, error, times=99)
    await flow(bench, card)
    assert seen(bench, who) != before
