"""Tests of event delivery over signed HTTP, with retries."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.errors import ImpossibleAction
from bot.playground.local_slack import LocalSlack
from tests.playground.conftest import SECRET, RecordingApp, serve_app
from tests.support.slack_actions import post_bot_message, uninstall
from tests.support.waiting import wait_until

MARKET = "C0MARKET"


def bodies(recording_app: RecordingApp) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in recording_app.requests]


def types(recording_app: RecordingApp) -> list[str]:
    return sorted(body["event"]["type"] for body in bodies(recording_app))


async def test_every_request_is_signed(slack: LocalSlack, recording_app: RecordingApp) -> None:
    await slack.post_message("UMARIE", MARKET, "é")
    await slack.wait_for_deliveries()
    headers, body = recording_app.requests[0]
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:{body}"
    signature = hmac.new(SECRET.encode(), base.encode(), hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={signature}"


async def test_mention_sends_message_and_app_mention_events(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    said = await slack.post_message("UMARIE", MARKET, "<@UINTERN> draft")
    await slack.wait_for_deliveries()
    assert types(recording_app) == ["app_mention", "message"]
    one, two = bodies(recording_app)
    assert one["event_id"] != two["event_id"]
    assert one["event"]["ts"] == two["event"]["ts"] == said.ts
    message = next(
        body["event"] for body in bodies(recording_app) if body["event"]["type"] == "message"
    )
    assert message["channel_type"] == "channel"
    assert one["authorizations"][0]["user_id"] == "UINTERN"


async def test_app_gets_events_only_from_its_channels(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    await slack.post_message("UMARIE", "C0SECRET", "<@UINTERN> draft")
    await slack.wait_for_deliveries()
    assert recording_app.requests == []
    slack.places["C0SECRET"].members.append("UINTERN")
    await slack.post_message("UMARIE", "C0SECRET", "<@UINTERN> draft")
    await slack.wait_for_deliveries()
    assert types(recording_app) == ["app_mention", "message"]


async def test_direct_message_sends_no_app_mention(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "<@UINTERN> draft")
    await slack.wait_for_deliveries()
    assert [body["event"]["channel_type"] for body in bodies(recording_app)] == ["im"]


async def test_edits_deletions_files_and_bot_messages_send_events(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    root = await slack.post_message("UMARIE", MARKET, "one", files=[("a.csv", b"x")])
    reply = await slack.post_message("UMAX", MARKET, "two", thread_ts=root.ts)
    await slack.edit("UMARIE", MARKET, root.ts, "three")
    await slack.delete("UMAX", MARKET, reply.ts)
    await post_bot_message(slack, "B0OTHER", MARKET, "beep")
    await slack.wait_for_deliveries()
    told = {body["event"].get("subtype", ""): body["event"] for body in bodies(recording_app)}
    assert told["file_share"]["files"][0]["name"] == "a.csv"
    assert (told[""]["thread_ts"], told[""]["parent_user_id"]) == (root.ts, "UMARIE")
    assert told["message_changed"]["message"]["text"] == "three"
    assert told["message_changed"]["previous_message"]["text"] == "one"
    assert told["message_deleted"]["deleted_ts"] == reply.ts
    assert told["bot_message"]["bot_id"] == "B0OTHER"
    assert root.history[0].text == "one"


async def test_app_gets_events_of_own_messages(
    slack: LocalSlack, recording_app: RecordingApp, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=MARKET, text="mine")
    await client.chat_update(channel=MARKET, ts=posted["ts"], text="changed")
    slack.delete_message(slack.messages(MARKET)[-1])
    await slack.wait_for_deliveries()
    told = [
        (body["event"].get("subtype"), body["event"].get("bot_id"))
        for body in bodies(recording_app)
    ]
    assert set(told) == {(None, slack.bot_id), ("message_changed", None), ("message_deleted", None)}


async def test_home_and_uninstall_send_events(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    await slack.open_home("UMARIE", tab="messages")
    await uninstall(slack)
    await slack.post_message("UMARIE", MARKET, "gone")
    await slack.wait_for_deliveries()
    assert types(recording_app) == [
        "app_home_opened",
        "app_uninstalled",
        "tokens_revoked",
    ]


async def test_event_retry_has_number_and_reason_headers(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    assert LocalSlack(signing_secret="s").transport.retry_delays == (0.0, 60, 300)
    slack.transport.retry_delays = (0.0, 0.01, 0.02)
    recording_app.reply = lambda body: web.Response(
        status=500 if len(recording_app.requests) < 3 else 200
    )
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in recording_app.requests] == [
        None,
        "1",
        "2",
    ]
    assert recording_app.requests[1][0]["X-Slack-Retry-Reason"] == "http_error"
    assert len({body["event_id"] for body in bodies(recording_app)}) == 1
    assert slack.deliveries[0].delivered


async def test_event_is_dropped_after_last_retry(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.transport.retry_delays = (0.0, 0.0, 0.0)
    recording_app.reply = lambda body: web.Response(status=503)
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert len(recording_app.requests) == 4
    assert slack.deliveries[0].done
    assert not slack.deliveries[0].delivered


async def test_no_retry_header_stops_retries(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.transport.retry_delays = (0.0, 0.0, 0.0)
    recording_app.reply = lambda body: web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert len(recording_app.requests) == 1


async def test_app_started_late_gets_retried_events(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.transport.retry_delays = (1.0,)
    right, slack.transport.events_url = (
        slack.transport.events_url,
        "http://127.0.0.1:9/slack/events",
    )
    await slack.post_message("UMARIE", MARKET, "x")
    await wait_until(slack, lambda: slack.deliveries[0].attempts)
    slack.transport.events_url = right
    await slack.wait_for_deliveries()
    assert recording_app.requests[0][0]["X-Slack-Retry-Reason"] == "connection_failed"


async def test_answer_after_timeout_counts_as_failure(slack: LocalSlack) -> None:
    async def sleep(request: web.Request) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    assert slack.transport.ack_timeout == 3.0
    slack.transport.ack_timeout = 0.1
    app = web.Application()
    app.router.add_post("/", sleep)
    async with serve_app(app) as base:
        slack.transport.events_url = f"{base}/"
        answer = await slack.command("UMARIE", MARKET, "/draft", "x")
    assert answer.error == "operation_timeout"
    shown = slack.ephemerals("UMARIE", MARKET)[-1]
    assert shown.text == '/draft failed with the error "operation_timeout"'


async def test_failed_command_is_not_retried(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.transport.retry_delays = (0.0, 0.0, 0.0)
    recording_app.reply = lambda body: web.Response(status=500)
    answer = await slack.command("UMARIE", MARKET, "/draft", "x")
    assert (answer.status, answer.error, len(recording_app.requests)) == (500, "dispatch_failed", 1)
    shown = slack.ephemerals("UMARIE", MARKET)[-1]
    assert shown.text == '/draft failed with the error "dispatch_failed"'
    assert slack.ephemerals("UMAX", MARKET) == []


async def test_impossible_actions_of_people_are_refused(slack: LocalSlack) -> None:
    said = await slack.post_message("UMARIE", MARKET, "x")
    with pytest.raises(ImpossibleAction, match="UMAX wrote no message"):
        await slack.edit("UMAX", MARKET, said.ts, "y")
    with pytest.raises(ImpossibleAction, match="no message"):
        await slack.post_message("UMAX", MARKET, "y", thread_ts="1.2")
    with pytest.raises(ImpossibleAction, match="cannot write"):
        await slack.post_message("UMAX", slack.open_direct_message("UMARIE"), "y")


async def test_bolt_app_answers_mention_over_http(slack: LocalSlack, over_http: AsyncApp) -> None:
    @over_http.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text="on it", thread_ts=event["ts"])

    @over_http.event("message")
    async def ignore() -> None:
        pass

    said = await slack.post_message("UMARIE", MARKET, "<@UINTERN> draft")
    await wait_until(slack, lambda: slack.messages(MARKET, said.ts))
    assert slack.messages(MARKET, said.ts)[0].text == "on it"
    await slack.wait_for_deliveries()
    assert all(delivery.delivered for delivery in slack.deliveries)


async def test_reply_to_reply_is_posted_in_same_thread(slack: LocalSlack) -> None:
    root = await slack.post_message("UMARIE", MARKET, "root")
    reply = await slack.post_message("UMAX", MARKET, "reply", thread_ts=root.ts)
    again = await slack.post_message("ULEA", MARKET, "again", thread_ts=reply.ts)
    assert slack.messages(MARKET, root.ts) == [reply, again]


async def test_mention_of_somebody_else_sends_no_app_mention(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    await slack.post_message("UMARIE", MARKET, "<@UINTERNAL> x")
    await slack.post_message("UMARIE", MARKET, "<@UINTERN|intern> x")
    await slack.wait_for_deliveries()
    assert types(recording_app) == ["app_mention", "message", "message"]


async def test_changed_locale_sends_one_user_change_event(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    await slack.set_locale("UMARIE", "en-GB")
    await slack.set_locale("UMARIE", "en-GB")
    await slack.wait_for_deliveries()
    (body,) = bodies(recording_app)
    assert body["event"]["type"] == "user_change"
    assert (body["event"]["user"]["id"], body["event"]["user"]["locale"]) == ("UMARIE", "en-GB")
