"""Messages: sent once, found again, simplified and redrawn; and the threads that requests read."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.core.parts import Copy, Part
from bot.errors import CannotDo, TryAgain
from bot.messages.outbox import DRAW_LEASE, OutboxMessage
from bot.slack.client import SlackBusy
from bot.slack.sender import collect_text
from bot.slack.threads import format_messages
from tests.slack.bench import MARIE, MARKETING, RANDOM, Bench, buttons, text_of

LONG = " ".join(f"word{n}" for n in range(6_000))


async def wished(bench: Bench, channel: str = MARKETING) -> str:
    """Make a task whose card is not posted yet, and return the card's id."""
    await bench.slack.command(MARIE, channel, "/draft", "e-mail: linen")
    return f"{bench.tasks[-1].id}.0:card"


def counted(bench: Bench, method: str) -> int:
    return sum(call.method == method for call in bench.slack.calls)


async def test_row_is_committed_before_sending(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.slow("chat.postMessage", 0.5)
    showing = asyncio.create_task(bench.outside.show(id))
    async with asyncio.timeout(30):
        while not bench.posts()[id].tries:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert bench.posts()[id].tries == 1
    assert bench.posts()[id].ts is None
    await showing
    assert bench.posts()[id].ts == bench.said()[0].ts


async def test_message_with_lost_answer_is_found_again(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    assert len(bench.said()) == 1
    await bench.outside.show(id)
    (card,) = bench.said()
    assert bench.posts()[id].ts == card.ts


async def test_thread_message_with_lost_answer_is_found_again(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> linen")
    for number in range(250):  # the thread is longer than one page of history
        message = bench.slack.build_bot_message(MARKETING, f"chat {number}", thread_ts=said.ts)
        bench.slack.places[MARKETING].add(message)
    await bench.settled()
    id = f"{bench.tasks[0].id}.0:card"
    bench.slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    before = len(bench.said())
    await bench.outside.show(id)
    assert len(bench.said()) == before
    assert bench.posts()[id].ts


async def test_lost_message_is_found_with_clock_ahead(bench: Bench) -> None:
    id = await wished(bench)
    with bench.database.begin() as session:
        session.get_one(OutboxMessage, id).made_at += timedelta(days=7)
    bench.slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    await bench.outside.show(id)
    assert len(bench.said()) == 1


async def test_unsent_message_is_sent_again(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.http_500("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    assert not bench.said()
    await bench.outside.show(id)
    assert len(bench.said()) == 1


async def test_rate_limit_returns_the_retry_time(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackBusy) as busy:
        await bench.outside.show(id)
    assert busy.value.after == 7
    await bench.outside.show(id)
    assert counted(bench, "conversations.history") == 0  # Slack said that nothing was posted
    assert len(bench.said()) == 1


async def test_card_is_released_when_drawing_fails(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.http_500("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    post = bench.posts()[id]
    assert post.holder is None
    assert post.wanted > post.drawn


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_refused_blocks_are_simplified(bench: Bench, error: str) -> None:
    await wished(bench)
    await bench.run("work")
    (card,) = bench.said()
    bench.slack.faults.fail("chat.update", error)
    with bench.database.begin() as session:
        OutboxMessage.request_redraw(session, bench.enqueue, bench.tasks[0].first_piece)
    await bench.run()
    assert "approve" in buttons(card)
    (file,) = bench.said()[1].files
    assert bench.said()[1].thread_ts == card.ts
    assert b"Linen breathes." in (file.content or b"")


async def test_message_with_refused_blocks_is_sent_as_text(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.refuse_blocks(times=9)
    await bench.outside.show(id)
    (card,) = bench.said()
    assert not card.blocks
    assert card.text
    assert bench.posts()[id].drawn == bench.posts()[id].wanted


async def test_rest_of_long_card_is_uploaded_once_per_version(bench: Bench) -> None:
    body = Part(kind="copy", key="body", title="Body", body=Copy(text=LONG))
    bench.parts = (body,)
    card = await bench.drafted()
    with bench.database.begin() as session:
        OutboxMessage.request_redraw(session, bench.enqueue, bench.tasks[0].first_piece)
    await bench.run()
    (with_file,) = [message for message in bench.said() if message.files]
    assert with_file.thread_ts == card.ts
    text = (with_file.files[0].content or b"").decode()
    assert text.endswith("word5999")


async def test_unwritable_channel_falls_back_to_requester(bench: Bench) -> None:
    id = await wished(bench, RANDOM)
    await bench.run()
    (card,) = bench.in_dm(MARIE)
    post = bench.posts()[id]
    assert (post.channel, post.place["fallback"]) == (
        bench.slack.open_direct_message(MARIE),
        "not_in_channel",
    )
    assert f"<#{RANDOM}>" in text_of(card)


async def test_card_moves_to_requester_when_channel_becomes_unwritable(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.places[MARKETING].archived = True
    with bench.database.begin() as session:
        OutboxMessage.request_redraw(session, bench.enqueue, bench.tasks[0].first_piece)
    await bench.run()
    (moved,) = bench.in_dm(MARIE)
    assert "Linen breathes." in text_of(moved)
    assert moved.ts != card.ts


async def test_lost_direct_message_is_found_again(bench: Bench) -> None:
    id = await wished(bench, RANDOM)
    bench.slack.faults.fail("chat.postMessage", "not_in_channel")
    bench.slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(TryAgain):
        await bench.outside.show(id)
    await bench.run()
    assert len(bench.in_dm(MARIE)) == 1
    assert bench.posts()[id].ts == bench.in_dm(MARIE)[0].ts


async def test_message_of_deleted_thread_goes_to_channel(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> linen")
    await bench.settled()
    bench.slack.faults.fail("chat.postMessage", "thread_not_found", 1)
    await bench.run()
    (card,) = bench.said()
    assert card.thread_ts is None


async def test_deleted_card_is_posted_again(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.delete_message(card)
    with bench.database.begin() as session:
        OutboxMessage.request_redraw(session, bench.enqueue, bench.tasks[0].first_piece)
    await bench.run()
    (again,) = bench.said()
    assert again.ts != card.ts
    assert "Linen breathes." in text_of(again)


async def test_final_refusal_is_explained(bench: Bench) -> None:
    id = await wished(bench)
    bench.slack.faults.fail("chat.postMessage", "missing_scope", times=9)
    with pytest.raises(CannotDo) as no:
        await bench.outside.show(id)
    assert "install the app again" in no.value.words.to("en")


async def test_concurrent_drawing_posts_one_newest_card(bench: Bench) -> None:
    id = await wished(bench)
    await bench.run("work")
    bench.slack.faults.slow("chat.update", 0.05)
    with bench.database.begin() as session:
        OutboxMessage.request_redraw(session, bench.enqueue, bench.tasks[0].first_piece)
    await asyncio.gather(*(bench.outside.show(id) for _ in range(8)))
    assert len(bench.said()) == 1
    post = bench.posts()[id]
    assert post.drawn == post.wanted
    assert post.holder is None
    assert counted(bench, "chat.update") <= 3


async def test_card_of_dead_process_is_drawn_after_lease(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await wished(bench)
    monkeypatch.setattr("bot.messages.outbox.DRAW_LEASE", timedelta(seconds=0.4))
    with bench.database.begin() as session:
        OutboxMessage.acquire(session, id, "dead", bench.services.now())
    began = time.monotonic()
    await bench.outside.show(id)
    assert 0.3 < time.monotonic() - began < 3
    assert len(bench.said()) == 1


async def test_card_of_known_dead_process_is_drawn_at_once(bench: Bench) -> None:
    id = await wished(bench)
    with bench.database.begin() as session:
        OutboxMessage.acquire(session, id, "dead:1", bench.services.now())
        OutboxMessage.release_process(session, "another")
        assert session.get_one(OutboxMessage, id).holder == "dead:1"
        OutboxMessage.release_process(session, "dead")
    async with asyncio.timeout(DRAW_LEASE.total_seconds() / 2):
        await bench.outside.show(id)
    assert len(bench.said()) == 1


async def test_messages_do_not_unfurl_links(bench: Bench) -> None:
    await bench.approved()
    sends = [c for c in bench.slack.calls if c.method in ("chat.postMessage", "chat.update")]
    assert sends
    for call in sends:
        assert call.args["unfurl_links"] is False
        assert call.args["unfurl_media"] is False


async def test_card_language_is_looked_up_once(bench: Bench) -> None:
    await bench.drafted()
    await bench.drafted()
    assert counted(bench, "users.info") == 1
    assert await bench.outside.locale("T0SHOP", MARIE) == "fr-FR"


async def test_card_is_drawn_when_names_are_unknown(bench: Bench) -> None:
    for who in (MARIE, "UMAX"):  # an unknown person gets nothing
        await bench.outside.people.profile("T0SHOP", who)
    bench.slack.faults.fail("users.info", "user_not_found", times=9)
    bench.slack.faults.fail("conversations.info", "channel_not_found", times=9)
    card = await bench.approved()
    assert "<@UMAX>" in text_of(card)
    assert await bench.outside.locale("T0SHOP", "ULEA") is None


async def test_unchanged_card_is_not_drawn(bench: Bench) -> None:
    await bench.drafted()
    before = len(bench.slack.calls)
    await bench._show(f"{bench.tasks[0].id}.0:card")
    assert len(bench.slack.calls) == before


# The thread of a request.


async def test_request_reads_its_thread(bench: Bench) -> None:
    first = await bench.slack.post_message("UMAX", MARKETING, "Linen sells &amp; <@ULEA> knows why")
    await bench.slack.post_message("ULEA", MARKETING, "it is light", thread_ts=first.ts)
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> an e-mail", thread_ts=first.ts)
    await bench.slack.post_message("UMAX", MARKETING, "later words", thread_ts=first.ts)
    await bench.run()
    material = await bench.outside.read_conversation("T0SHOP", bench.tasks[0].place)
    assert material == "Person 2: Linen sells & Person 1 knows why\nPerson 1: it is light"


async def test_request_without_thread_reads_nothing(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> an e-mail")
    await bench.settled()
    assert await bench.outside.read_conversation("T0SHOP", bench.tasks[0].place) == ""
    assert await bench.outside.read_conversation("T0SHOP", {}) == ""
    bench.slack.faults.fail("conversations.replies", "missing_scope")
    assert (
        await bench.outside.read_conversation("T0SHOP", {"channel": MARKETING, "thread": "1.1"})
        == ""
    )


def test_request_reads_latest_of_long_thread() -> None:
    said: list[dict[str, Any]] = [
        {"user": f"U{n % 3}", "ts": str(n), "text": f"message {n} " + "x" * 100} for n in range(300)
    ]
    material = format_messages(said)
    assert len(material) <= 8_000
    assert "message 299" in material
    assert "message 5 " not in material


def test_simplified_message_keeps_all_words() -> None:
    pieces = [{"type": "text", "text": "It is "}, {"type": "text", "text": "ok"}]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Linen"}},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_quote", "elements": pieces},
            ],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
    ]
    assert collect_text(blocks) == "Linen\n\nIt is ok\n\nsmall"


async def test_refused_card_without_draft_uploads_no_file(bench: Bench) -> None:
    bench.slack.faults.refuse_blocks(1)
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt")).ok
    await bench.run()
    (card,) = bench.said()
    assert "approve" in buttons(card)
