"""The conversation text that a task may read from Slack."""

from typing import Any

from bot.core.thread_text import parse_messages
from bot.slack.threads import MAX_THREADS
from tests.slack.bench import MARIE, MARKETING, RANDOM, Bench


async def read(bench: Bench, words: str, channel: str = MARKETING) -> str:
    """Return the text read for a request that is the last message of a channel."""
    asked = await bench.slack.post_message(MARIE, channel, f"<@UINTERN> {words}")
    place = {"channel": channel, "user": MARIE, "thread": asked.ts, "asked": asked.ts}
    return await bench.outside.read_conversation("T0SHOP", place, words)


async def said(bench: Bench) -> None:
    first = await bench.slack.post_message("UMAX", MARKETING, "Friday or Monday for the linen?")
    await bench.slack.post_message("ULEA", MARKETING, "Let's go with Monday.", thread_ts=first.ts)
    await bench.slack.post_message(MARIE, MARKETING, "I'll book the photos")


async def test_recap_reads_the_channel_with_threads_and_names(
    bench: Bench,
) -> None:
    await said(bench)
    found = parse_messages(await read(bench, "recap this channel"))
    assert [one.text for one in found] == [
        "Friday or Monday for the linen?",
        "Let's go with Monday.",
        "I'll book the photos",
    ]
    assert len({one.who for one in found}) == 3
    assert not any(one.who.startswith("Person") for one in found)


async def test_feedback_reads_the_channel_without_names(bench: Bench) -> None:
    await said(bench)
    found = parse_messages(await read(bench, "what do people say in this channel?"))
    assert [one.who for one in found] == ["Person 1", "Person 2", "Person 3"]


async def test_requests_to_the_intern_and_its_answers_are_left_out(bench: Bench) -> None:
    asked = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> an e-mail, would you?")
    await bench.run()
    await bench.slack.post_message("ULEA", MARKETING, "<@UMAX> which photos?", thread_ts=asked.ts)
    await bench.slack.post_message("UMAX", MARKETING, "<@UINTERN> is it you who knows?")
    found = parse_messages(await read(bench, "recap this channel"))
    assert [one.text[-6:] for one in found] == ["hotos?", "knows?"]
    assert found[0].text == "@Max which photos?"


async def test_copy_outside_a_thread_reads_nothing(bench: Bench) -> None:
    await said(bench)
    assert await read(bench, "an e-mail about the linen shirt") == ""


async def test_only_the_channel_of_the_request_is_read(bench: Bench) -> None:
    await said(bench)
    assert await read(bench, "recap #launches this week") == ""
    assert "Monday" in await read(bench, "recap #marketing this week")


async def test_channel_without_the_intern_is_not_read(bench: Bench) -> None:
    place: dict[str, Any] = {"channel": RANDOM, "user": MARIE, "thread": "9.9", "asked": "9.9"}
    assert await bench.outside.read_conversation("T0SHOP", place, "recap this channel") == ""


async def test_partial_text_is_kept_when_slack_stops(bench: Bench) -> None:
    await said(bench)
    bench.slack.faults.fail("conversations.replies", "missing_scope")
    found = parse_messages(await read(bench, "recap this channel"))
    assert [one.text for one in found] == [
        "Friday or Monday for the linen?",
        "I'll book the photos",
    ]


async def test_old_messages_are_not_read(bench: Bench) -> None:
    await said(bench)
    asked = float((await bench.slack.post_message(MARIE, MARKETING, "now")).ts)
    later = f"{asked + 9 * 86_400:.6f}"
    place = {"channel": MARKETING, "user": MARIE, "thread": later, "asked": later}
    assert (
        await bench.outside.read_conversation("T0SHOP", place, "recap this channel this week") == ""
    )
    assert "Monday" in await bench.outside.read_conversation(
        "T0SHOP", place, "recap this channel this month"
    )


async def test_requests_in_threads_too_old_to_read_are_left_out(
    bench: Bench,
) -> None:
    for n in range(MAX_THREADS + 2):
        asked = await bench.slack.post_message(MARIE, MARKETING, f"<@UINTERN> question {n}")
        await bench.outside.sender.client.chat_postMessage(
            channel=MARKETING, thread_ts=asked.ts, text="an answer"
        )
    await said(bench)
    found = parse_messages(await read(bench, "what do people say in this channel?"))
    assert not [one.text for one in found if "question" in one.text]
    assert len(found) == 3
