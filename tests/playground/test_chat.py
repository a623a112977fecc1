"""Tests of posting, updating, deleting and reading messages with Slack's own client."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from tests.playground.conftest import section

MARKET = "C0MARKET"


async def test_posted_message_is_stored_with_its_fields(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(
        channel=MARKET, text="a &lt;b&gt; <@UMARIE>", blocks=[section()]
    )
    stored = slack.messages(MARKET)[-1]
    assert (stored.ts, stored.text, stored.user) == (
        answer["ts"],
        "a &lt;b&gt; <@UMARIE>",
        "UINTERN",
    )
    assert answer["message"]["bot_id"] == slack.bot_id
    assert stored.blocks[0]["block_id"]


async def test_update_keeps_earlier_version(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=MARKET, text="one", blocks=[section("one")])
    await client.chat_update(channel=MARKET, ts=posted["ts"], text="two")
    stored = slack.messages(MARKET)[-1]
    assert stored.text == "two"
    assert stored.history[0].text == "one"
    assert stored.edited is not None
    assert stored.blocks[0]["text"]["text"] == "one", "blocks that are not given stay"
    await client.chat_update(channel=MARKET, ts=posted["ts"], text="three", blocks=[])
    assert stored.blocks == []
    four = {"channel": MARKET, "ts": posted["ts"], "blocks": [section("four")]}
    await client.api_call("chat.update", json=four)
    assert (stored.text, stored.blocks[0]["text"]["text"]) == ("three", "four")


async def test_deleted_message_is_removed(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=MARKET, text="one")
    stored = slack.messages(MARKET)[-1]
    slack.delete_message(stored)
    assert stored.deleted
    assert slack.messages(MARKET) == []


async def test_deleted_thread_root_leaves_tombstone(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=MARKET, text="root")
    await client.chat_postMessage(channel=MARKET, text="reply", thread_ts=root["ts"])
    slack.delete_message(slack.messages(MARKET)[-1])
    thread = await client.conversations_replies(channel=MARKET, ts=root["ts"])
    assert thread["messages"][0]["subtype"] == "tombstone"
    assert len(slack.messages(MARKET, root["ts"])) == 1


async def test_ephemeral_message_is_seen_by_one_person(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    answer = await client.chat_postEphemeral(channel=MARKET, user="UMARIE", text="psst")
    assert [one.ts for one in slack.ephemerals("UMARIE", MARKET)] == [answer["message_ts"]]
    assert slack.ephemerals("UMAX", MARKET) == []
    assert slack.messages(MARKET) == []
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel=MARKET, ts=answer["message_ts"], text="no")


async def test_user_id_as_channel_opens_direct_message(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel="UMAX", text="hello")
    assert answer["channel"] == slack.open_direct_message("UMAX")
    assert slack.messages(slack.open_direct_message("UMAX"))[0].text == "hello"


async def test_history_returns_metadata_only_on_request(client: AsyncWebClient) -> None:
    await client.chat_postMessage(
        channel=MARKET, text="x", metadata=Metadata("draft", {"post": "p1"})
    )
    plain = await client.conversations_history(channel=MARKET)
    full = await client.conversations_history(channel=MARKET, include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"]["event_payload"] == {"post": "p1"}


async def test_history_is_paginated(client: AsyncWebClient) -> None:
    sent = [
        (await client.chat_postMessage(channel=MARKET, text=str(number)))["ts"]
        for number in range(7)
    ]
    seen: list[str] = []
    async for page in await client.conversations_history(channel=MARKET, limit=3):
        seen += [message["ts"] for message in page["messages"]]
    assert seen == sent[::-1]
    middle = await client.conversations_history(
        channel=MARKET, oldest=sent[2], latest=sent[4], inclusive=True
    )
    assert [one["ts"] for one in middle["messages"]] == sent[2:5][::-1]
    inner = await client.conversations_history(channel=MARKET, oldest=sent[2], latest=sent[4])
    assert [one["ts"] for one in inner["messages"]] == [sent[3]]


async def test_replies_are_paginated_after_root(client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel=MARKET, text="root"))["ts"]
    sent = [
        (await client.chat_postMessage(channel=MARKET, text=str(n), thread_ts=root))["ts"]
        for n in range(5)
    ]
    seen: list[str] = []
    async for page in await client.conversations_replies(channel=MARKET, ts=root, limit=2):
        seen += [message["ts"] for message in page["messages"]]
    assert seen == [root, *sent]
    whole = await client.conversations_replies(channel=MARKET, ts=sent[0])
    assert whole["messages"][0]["reply_count"] == 5
    history = await client.conversations_history(channel=MARKET)
    assert [one["ts"] for one in history["messages"]] == [root], "replies stay in the thread"


async def test_timestamps_increase_while_clock_stands_still(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bot.playground.slack_objects.time.time_ns", lambda: 1_800_000_000_000_000_000
    )
    sent = [(await slack.post_message("UMARIE", MARKET, "x")).ts for _ in range(200)]
    assert sent == sorted(set(sent))


async def test_every_api_call_is_logged(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=MARKET, text="x")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0NOWHERE", text="x")
    assert [(call.method, call.answer["ok"]) for call in slack.calls] == [
        ("chat.postMessage", True),
        ("chat.postMessage", False),
    ]
    assert "token" not in slack.calls[0].args
