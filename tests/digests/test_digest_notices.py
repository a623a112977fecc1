"""Notices in the channel of a digest about changes to it."""

import pytest

from bot.errors import TryAgain
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, Bench, text_of
from tests.support.digests import change, previewed, schedule

ON = "<@UMARIE> switched the digest weekly on: Monday, 9:00 (Europe/Paris)"


def lines(bench: Bench) -> list[str]:
    return [one.text for one in bench.said() if one.text.startswith("<@U")]


async def test_channel_is_told_of_switching_on_and_pausing(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    assert schedule(bench).state == "on"
    assert lines(bench) == [ON]
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_pause")
    await bench.run()
    assert schedule(bench).state == "paused"
    assert lines(bench) == [ON, "<@UMARIE> paused the digest weekly."]


async def test_channel_is_told_of_change_run_and_deletion(bench: Bench) -> None:
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


async def test_two_presses_give_one_notice(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    assert lines(bench) == [ON]
    assert "déjà" in bench.whispers(MARIE, card.channel)[-1]


async def test_notice_is_sent_after_a_crash(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    assert lines(bench) == []
    (job,) = [one for one in bench.jobs if one.kind == "say"]
    for _ in range(2):  # as whoever revives it does
        await bench.outside.post_notice(job.subject)
    assert lines(bench) == [ON]


@pytest.mark.parametrize("trouble", ["ratelimited", "http_500", "lost"])
async def test_notice_is_sent_once_whatever_slack_answers(bench: Bench, trouble: str) -> None:
    card = await previewed(bench)
    faults = bench.slack.faults
    method = "chat.postMessage"
    if trouble == "ratelimited":
        faults.rate_limit(method, 9, retry_after=0)
    elif trouble == "http_500":
        faults.http_500(method, 9)
    else:
        faults.lose_answer(method)
    await bench.press(MARIE, card, "digest_on")
    with pytest.raises(TryAgain):
        await bench.run("say")
    faults.planned_faults.clear()
    await bench.run()
    assert lines(bench) == [ON]


async def test_archived_channel_is_reported_to_the_owner(bench: Bench) -> None:
    card = await previewed(bench)
    bench.slack.places[MARKETING].archived = True
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    said = text_of(bench.in_dm(MARIE)[-1])
    assert "<#C0MARKET> is archived, so this comes to you alone." in said
    assert ON in said


async def test_refused_change_gives_no_notice(bench: Bench) -> None:
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
