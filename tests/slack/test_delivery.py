"""Deliveries of approved versions."""

import json

import pytest

from bot.core.parts import Copy, Part
from bot.delivery.models import Delivery
from bot.errors import CannotDo, TryAgain
from bot.messages.outbox import OutboxMessage
from tests.slack.bench import (
    LAUNCHES,
    MARIE,
    MARKETING,
    MAX,
    RANDOM,
    Bench,
    blocked,
    text_of,
    with_approval,
)

LONG = " ".join(f"word{n}" for n in range(6_000))


async def test_delivery_goes_to_card_thread(bench: Bench) -> None:
    card = await bench.approved()
    (sent,) = bench.said(thread=card.ts)
    assert "Linen breathes." in text_of(sent)
    assert bench.drafts[0].code in text_of(sent)
    assert sent.metadata
    assert sent.metadata["event_payload"]["post"] == f"{bench.drafts[0].id}:thread:0"


async def test_delivery_goes_to_thread_containing_the_card(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> linen")
    await bench.run()
    (card,) = bench.said()
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert [message.thread_ts for message in bench.said()] == [said.ts, said.ts]


async def test_repeated_delivery_sends_once(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MAX, card, "approve")
    (delivery,) = bench.rows(Delivery)
    for _ in range(3):
        await bench.outside.deliver(delivery.id)
    await bench.run()
    assert len(bench.said(thread=card.ts)) == 1


async def test_interrupted_delivery_resumes_at_next_message(bench: Bench) -> None:
    bench.parts = tuple(
        Part(kind="copy", key=f"body.{n}", title="Body", body=Copy(text=f"{n} {LONG[:9000]}"))
        for n in range(3)
    )
    card = await bench.drafted()
    await bench.press(MAX, card, "approve")
    (delivery,) = bench.rows(Delivery)
    await bench.run("show")
    files = [message for message in bench.said(thread=card.ts) if message.files]
    bench.slack.faults.planned_faults["chat.postMessage"].clear()
    before = len(bench.said(thread=card.ts))
    real = bench.outside.sender.send
    sends = 0

    async def interrupted(*args: object) -> object:
        nonlocal sends
        sends += 1
        if sends == 2:
            bench.slack.faults.lose_answer("chat.postMessage")
        return await real(*args)  # type: ignore[arg-type]

    object.__setattr__(bench.outside.sender, "send", interrupted)
    with pytest.raises(TryAgain):
        await bench.outside.deliver(delivery.id)
    await bench.outside.deliver(delivery.id)
    object.__setattr__(bench.outside.sender, "send", real)
    sent = bench.said(thread=card.ts)[before:]
    ids = [(message.metadata or {})["event_payload"]["post"] for message in sent]
    assert len(ids) == len(set(ids)) >= 3
    assert ids == [f"{delivery.id}:{n}" for n in range(len(ids))]
    assert files


async def test_private_draft_is_delivered_privately(bench: Bench) -> None:
    bench.policy = with_approval(bench.policy, approvers=(MARIE,), author_may_approve=True)
    await bench.slack.command(MARIE, MARKETING, "/draft", "just for me: e-mail: linen")
    await bench.run()
    (card,) = bench.in_dm(MARIE)
    await bench.press(MARIE, card, "approve")
    await bench.run()
    assert not bench.said(MARKETING)
    assert bench.in_dm(MARIE)[-1].thread_ts == card.ts


async def test_delivery_follows_a_moved_card(bench: Bench) -> None:
    card = await bench.drafted(channel=RANDOM)
    await bench.press(MARIE, card, "more", "history")
    bench.policy = with_approval(bench.policy, approvers=(MARIE,), author_may_approve=True)
    await bench.press(MARIE, card, "approve")
    await bench.run()
    assert len(bench.said(bench.slack.open_direct_message(MARIE), card.ts)) == 1


async def test_delivery_waits_until_card_is_posted(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MAX, card, "approve")
    (delivery,) = bench.rows(Delivery)
    with bench.database.begin() as session:
        session.get_one(OutboxMessage, f"{bench.tasks[0].id}.0:card").ts = None
    with pytest.raises(TryAgain):
        await bench.outside.deliver(delivery.id)


async def test_delivery_to_unjoined_channel_fails_with_message(bench: Bench) -> None:
    card = await bench.approved()
    bench.slack.places[LAUNCHES].members.remove("UINTERN")
    await bench.press(MARIE, card, "send_to", LAUNCHES)
    with pytest.raises(CannotDo) as no:
        await bench.run("deliver")
    assert "not_in_channel" in no.value.words.to("en")
    assert "Invite me" in no.value.words.to("en")
    assert not bench.in_dm(MARIE)


async def test_download_sends_three_formats_once(bench: Bench) -> None:
    card = await bench.approved()
    await bench.press(MAX, card, "more", "download")
    await bench.run()
    files = {m.files[0].name.rsplit(".")[-1]: m.files[0] for m in bench.in_dm(MAX) if m.files}
    assert set(files) == {"md", "html", "json"}
    told = json.loads(files["json"].content or b"")
    assert told["approved"]
    assert told["fingerprint"] == bench.drafts[0].fingerprint
    assert b"Linen breathes." in (files["md"].content or b"")
    await bench.press(MAX, card, "more", "download")
    await bench.run()
    assert len(bench.in_dm(MAX)) == 3
    assert len(bench.whispers(MAX)) == 2


async def test_unapproved_download_is_marked(bench: Bench) -> None:
    bench.checks = (blocked(),)
    card = await bench.drafted()
    await bench.press(MAX, card, "more", "copy")
    view = bench.form(MAX)
    for _ in range(2):
        assert (await bench.slack.click(MAX, action_id="download", view_id=view.id)).ok
        await bench.settled()
    files = [message.files[0] for message in bench.in_dm(MAX) if message.files]
    assert len(files) == 3
    assert all("not-approved" in file.name for file in files)
    assert b"not approved" in next(f.content or b"" for f in files if ".md" in f.name)
    assert not bench.rows(Delivery)
    told = [message.text for message in bench.in_dm(MAX) if not message.files]
    assert "already" in told[-1]


async def test_upload_with_lost_answer_is_found_again(bench: Bench) -> None:
    card = await bench.approved()
    bench.slack.faults.lose_answer("files.completeUploadExternal")
    await bench.press(MAX, card, "more", "download")
    with pytest.raises(TryAgain):
        await bench.run("deliver")
    await bench.run()
    assert len(bench.in_dm(MAX)) == 3
    assert len({message.files[0].name for message in bench.in_dm(MAX)}) == 3


async def test_delivery_of_changed_words_is_refused(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MAX, card, "approve")
    (delivery,) = bench.rows(Delivery)
    with bench.database.begin() as session:
        session.get_one(Delivery, delivery.id).fingerprint = "0" * 64
    with pytest.raises(CannotDo):
        await bench.outside.deliver(delivery.id)
    assert not bench.said(thread=card.ts)
