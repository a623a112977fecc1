"""What was said around a wish …"""

from typing import Any

from bot.core.thread_text import parse_messages
from bot.slack.history import MAX_THREADS
from tests.slack.bench import MARIE, MARKETING, RANDOM, Bench


async def read(bench: Bench, words: str, channel: str = MARKETING) -> str:
    """What the intern reads for this wish in a channel; the wish is the last message there."""
    asked = await bench.slack.say(MARIE, channel, f"<@UINTERN> {words}")
    place = {"channel": channel, "user": MARIE, "thread": asked.ts, "asked": asked.ts}
    return await bench.outside.read_conversation("T0SHOP", place, words)


async def said(bench: Bench) -> None:
    first = await bench.slack.say("UMAX", MARKETING, "Friday or Monday for the linen?")
    await bench.slack.say("ULEA", MARKETING, "Let's go with Monday.", thread_ts=first.ts)
    await bench.slack.say(MARIE, MARKETING, "I'll book the photos")


async def test_is_the_channel_itself_with_its_threads_and_names_where_a_recap_is_asked(
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


async def test_is_the_channel_without_names_where_its_feedback_is_asked(bench: Bench) -> None:
    await said(bench)
    found = parse_messages(await read(bench, "what do people say in this channel?"))
    assert [one.who for one in found] == ["Person 1", "Person 2", "Person 3"]


async def test_is_without_what_the_intern_was_asked_and_answered(bench: Bench) -> None:
    asked = await bench.slack.say(MARIE, MARKETING, "<@UINTERN> an e-mail, would you?")
    await bench.run()
    await bench.slack.say("ULEA", MARKETING, "<@UMAX> which photos?", thread_ts=asked.ts)
    await bench.slack.say("UMAX", MARKETING, "<@UINTERN> is it you who knows?")
    found = parse_messages(await read(bench, "recap this channel"))
    assert [one.text[-6:] for one in found] == ["hotos?", "knows?"]
    assert found[0].text == "@Max which photos?"


async def test_is_nothing_for_copy_that_is_asked_outside_a_thread(bench: Bench) -> None:
    await said(bench)
    assert await read(bench, "an e-mail about the linen shirt") == ""


async def test_is_of_no_channel_but_the_one_it_was_asked_in(bench: Bench) -> None:
    await said(bench)
    assert await read(bench, "recap #launches this week") == ""
    assert "Monday" in await read(bench, "recap #marketing this week")


async def test_is_nothing_where_the_intern_was_not_invited(bench: Bench) -> None:
    place: dict[str, Any] = {"channel": RANDOM, "user": MARIE, "thread": "9.9", "asked": "9.9"}
    assert await bench.outside.read_conversation("T0SHOP", place, "recap this channel") == ""


async def test_is_what_slack_let_us_read_when_it_let_us_read_no_more(bench: Bench) -> None:
    await said(bench)
    bench.slack.mischief.fail("conversations.replies", "missing_scope")
    found = parse_messages(await read(bench, "recap this channel"))
    assert [one.text for one in found] == [
        "Friday or Monday for the linen?",
        "I'll book the photos",
    ]


async def test_is_not_what_was_said_long_ago(bench: Bench) -> None:
    await said(bench)
    asked = float((await bench.slack.say(MARIE, MARKETING, "now")).ts)
    later = f"{asked + 9 * 86_400:.6f}"
    place = {"channel": MARKETING, "user": MARIE, "thread": later, "asked": later}
    assert (
        await bench.outside.read_conversation("T0SHOP", place, "recap this channel this week") == ""
    )
    assert "Monday" in await bench.outside.read_conversation(
        "T0SHOP", place, "recap this channel this month"
    )


async def test_is_not_what_the_intern_was_asked_in_threads_too_old_to_be_read(
    bench: Bench,
) -> None:
    for n in range(MAX_THREADS + 2):
        asked = await bench.slack.say(MARIE, MARKETING, f"<@UINTERN> question {n}")
        await bench.outside.sender.client.chat_postMessage(
            channel=MARKETING, thread_ts=asked.ts, text="an answer"
        )
    await said(bench)
    found = parse_messages(await read(bench, "what do people say in this channel?"))
    assert not [one.text for one in found if "question" in one.text]
    assert len(found) == 3
