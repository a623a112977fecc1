"""The channel of a digest …"""

import pytest

from bot.errors import TryAgain
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, Bench, text_of
from tests.support.digests import change, previewed, schedule

ON = "<@UMARIE> switched the digest weekly on: Monday, 9:00 (Europe/Paris)"


def lines(bench: Bench) -> list[str]:
    return [one.text for one in bench.said() if one.text.startswith("<@U")]


async def test_hears_that_it_was_switched_on_and_paused(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    assert schedule(bench).state == "on"
    assert lines(bench) == [ON]
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_pause")
    await bench.run()
    assert schedule(bench).state == "paused"
    assert lines(bench) == [ON, "<@UMARIE> paused the digest weekly."]


async def test_hears_that_it_was_changed_run_and_deleted(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_now")
    assert (await change(bench, card)).ok
    assert lines(bench)[1:] == [
        "<@UMARIE> asked for the digest weekly now.",
        "<@UMARIE> changed the digest weekly. It rests until somebody switches it on again.",
    ]
    assert schedule(bench).state == "paused"
    await bench.press(MARIE, card, "digest_off")
    await bench.run()
    assert lines(bench)[-1] == "<@UMARIE> deleted the digest weekly."


async def test_hears_once_of_two_presses(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    assert lines(bench) == [ON]
    assert "déjà" in bench.whispers(MARIE, card.channel)[-1]


async def test_hears_of_it_though_the_process_died_after_the_press(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    assert lines(bench) == []
    (job,) = [one for one in bench.jobs if one.kind == "say"]
    for _ in range(2):  # as whoever revives it does
        await bench.outside.post_notice(job.subject)
    assert lines(bench) == [ON]


@pytest.mark.parametrize("trouble", ["ratelimited", "http_500", "lost"])
async def test_hears_of_it_once_whatever_slack_does_meanwhile(bench: Bench, trouble: str) -> None:
    card = await previewed(bench)
    mischief = bench.slack.mischief
    method = "chat.postMessage"
    if trouble == "ratelimited":
        mischief.rate_limit(method, 9, retry_after=0)
    elif trouble == "http_500":
        mischief.http_500(method, 9)
    else:
        mischief.lose_answer(method)
    await bench.press(MARIE, card, "digest_on")
    with pytest.raises(TryAgain):
        await bench.run("say")
    mischief.planned.clear()
    await bench.run()
    assert lines(bench) == [ON]


async def test_that_was_archived_is_said_to_the_owner_alone(bench: Bench) -> None:
    card = await previewed(bench)
    bench.slack.places[MARKETING].archived = True
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    said = text_of(bench.in_dm(MARIE)[-1])
    assert "<#C0MARKET> is archived, so this comes to you alone." in said
    assert ON in said


async def test_hears_nothing_of_what_was_refused(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    card, before = bench.said()[-1], lines(bench)
    await bench.press(OTTO, card, "digest_now")
    await bench.run()
    assert lines(bench) == before
    await bench.press(MAX, card, "digest_now")
    await bench.run()
    assert lines(bench) == [*before, "<@UMAX> asked for the digest weekly now."]
