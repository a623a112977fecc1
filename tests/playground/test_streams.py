"""Tests of streaming messages."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from tests.playground.conftest import section

MARKET = "C0MARKET"


@pytest.fixture
async def root(slack: LocalSlack) -> SlackMessage:
    return await slack.post_message("UMARIE", MARKET, "draft")


def to_marie(root: SlackMessage) -> dict[str, Any]:
    return {
        "channel": MARKET,
        "thread_ts": root.ts,
        "recipient_team_id": "T0SHOP",
        "recipient_user_id": "UMARIE",
    }


async def test_sdk_helper_streams_into_thread(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    stream = await client.chat_stream(buffer_size=4, **to_marie(root))
    await stream.append(markdown_text="**hello ")
    await stream.append(markdown_text="world**")
    task = TaskUpdateChunk(id="1", title="Look up", status="complete", output="3 facts")
    await stream.append(chunks=[task])
    growing = slack.messages(MARKET, root.ts)[0]
    assert growing.streaming_until is not None
    await stream.stop(blocks=[section("end")], session_status="active")
    assert growing.text == "**hello world**"
    assert growing.tasks["1"]["output"] == "3 facts"
    assert growing.blocks[0]["text"]["text"] == "end"
    assert growing.streaming_until is None
    assert slack.sessions[(MARKET, root.ts)] == "active"


async def test_stream_in_channel_requires_recipient(
    client: AsyncWebClient, root: SlackMessage
) -> None:
    with pytest.raises(SlackApiError, match="missing_recipient_team_id"):
        await client.chat_startStream(channel=MARKET, thread_ts=root.ts)
    with pytest.raises(SlackApiError, match="missing_recipient_user_id"):
        await client.chat_startStream(channel=MARKET, thread_ts=root.ts, recipient_team_id="T0SHOP")


async def test_stream_in_direct_message_needs_no_recipient(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "hi")
    answer = await client.chat_startStream(
        channel=said.channel, thread_ts=said.ts, markdown_text="ok"
    )
    assert slack.messages(said.channel, said.ts)[0].ts == answer["ts"]


async def test_ended_stream_refuses_chunks_but_can_be_updated(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    started = await client.chat_startStream(markdown_text="a", **to_marie(root))
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await client.chat_update(channel=MARKET, ts=started["ts"], text="b")
    slack.faults.end_streams()
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await client.chat_appendStream(channel=MARKET, ts=started["ts"], markdown_text="b")
    await client.chat_update(channel=MARKET, ts=started["ts"], text="whole")
    assert slack.messages(MARKET, root.ts)[0].text == "whole"


async def test_stream_ends_after_time_limit(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    assert slack.stream_seconds == 300
    slack.stream_seconds = 0
    started = await client.chat_startStream(markdown_text="a", **to_marie(root))
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await client.chat_stopStream(channel=MARKET, ts=started["ts"])


async def test_pressing_stop_ends_streams_and_sends_event(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    started = await client.chat_startStream(markdown_text="a", **to_marie(root))
    await slack.press_stop("UMARIE", MARKET, root.ts)
    told = slack.deliveries[-1].event["event"]
    assert (told["type"], told["streaming_message_ts"]) == (
        "agent_session_stopped",
        [started["ts"]],
    )


@pytest.mark.parametrize(
    ("chunks", "error"),
    [
        ([{"type": "markdown_text", "text": "x" * 12001}], "msg_too_long"),
        ([{"type": "song"}], "invalid_chunks"),
        ([{"type": "task_update", "id": "1", "title": "x", "status": "soon"}], "invalid_chunks"),
        ([{"type": "blocks", "blocks": [{"type": "nope"}]}], "invalid_blocks"),
        ([], "no_text"),
    ],
)
async def test_invalid_chunks_are_refused(
    client: AsyncWebClient, root: SlackMessage, chunks: list[dict[str, Any]], error: str
) -> None:
    started = await client.chat_startStream(chunks=[MarkdownTextChunk(text="a")], **to_marie(root))
    with pytest.raises(SlackApiError, match=error):
        await client.chat_appendStream(channel=MARKET, ts=started["ts"], chunks=chunks)


async def test_foreign_message_cannot_be_streamed(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    with pytest.raises(SlackApiError, match="message_not_owned_by_app"):
        await client.chat_appendStream(channel=MARKET, ts=root.ts, markdown_text="x")


async def test_listeners_are_notified_when_stream_ends(
    slack: LocalSlack, client: AsyncWebClient, root: SlackMessage
) -> None:
    started = await client.chat_startStream(markdown_text="a", **to_marie(root))
    changes: list[tuple[str, str | None]] = []
    slack.listen(lambda change: changes.append((change.kind, change.ts)))
    slack.faults.end_streams()
    assert changes == [("edit", started["ts"])]
    slack.faults.end_streams()
    assert len(changes) == 1
