"""Tests of Socket Mode: envelopes, acknowledgements and lost connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.playground.conftest import SECRET, SUBMIT, button, field_of, modal
from tests.support.slack_actions import request_disconnect
from tests.support.socket_mode import SocketSlack
from tests.support.waiting import wait_until

MARKET = "C0MARKET"


@pytest.fixture
async def slack() -> AsyncIterator[SocketSlack]:
    async with SocketSlack(signing_secret=SECRET) as one:
        one.transport.retry_delays = ()
        yield one


@pytest.fixture
async def over_socket(slack: SocketSlack, bolt: AsyncApp) -> AsyncIterator[AsyncApp]:
    handler = AsyncSocketModeHandler(bolt, slack.app_token, web_client=bolt.client)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await wait_until(slack, lambda: slack.sockets.connections)
    yield bolt
    await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def socket(slack: SocketSlack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as one:
            assert (await one.receive_json(timeout=2))["type"] == "hello"
            yield one


async def test_bolt_app_answers_all_requests_over_socket(
    slack: SocketSlack, over_socket: AsyncApp
) -> None:
    seen: list[str] = []

    @over_socket.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        block = {"type": "actions", "elements": [button("go")]}
        await say(text="card", thread_ts=event["ts"], blocks=[block])

    @over_socket.command("/draft")
    async def draft(ack: Any) -> None:
        await ack("drafting")

    @over_socket.action("go")
    async def go(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(field_of("copy"), submit=SUBMIT)
        )
        await ack()

    @over_socket.view("edit")
    async def edit(ack: Any) -> None:
        seen.append("edit")
        await ack(response_action="errors", errors={"copy": "no"})

    said = await slack.post_message("UMARIE", MARKET, "<@UINTERN> draft")
    await wait_until(slack, lambda: slack.messages(MARKET, said.ts))
    card = slack.messages(MARKET, said.ts)[0]
    assert (await slack.command("UMARIE", MARKET, "/draft")).ok
    assert slack.ephemerals("UMARIE", MARKET)[-1].text == "drafting"
    assert (await slack.click("UMARIE", MARKET, card.ts, "go")).ok
    view = slack.open_views("UMARIE")[0]
    answer = await slack.submit("UMARIE", view.id, {"copy": {"words": "x"}})
    assert answer.errors == {"copy": "no"}
    assert seen == ["edit"]


async def test_envelope_says_whether_it_accepts_payload(slack: SocketSlack) -> None:
    async with socket(slack) as one:
        asking = asyncio.create_task(slack.command("UMARIE", MARKET, "/draft", "x"))
        envelope = await one.receive_json(timeout=2)
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert envelope["payload"]["text"] == "x"
        await one.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "ok"}})
        answer = await asking
        assert (answer.status, answer.body) == (200, {"text": "ok"})


async def test_unacknowledged_event_is_retried(slack: SocketSlack) -> None:
    slack.transport.ack_timeout = 0.1
    slack.transport.retry_delays = (0.0, 0.0, 0.0)
    async with socket(slack) as one:
        await slack.post_message("UMARIE", MARKET, "x")
        first = await one.receive_json(timeout=2)
        again = await one.receive_json(timeout=2)
        assert (first["retry_attempt"], again["retry_attempt"]) == (0, 1)
        assert again["retry_reason"] == "timeout"
        assert first["payload"]["event_id"] == again["payload"]["event_id"]
        await one.send_json({"envelope_id": again["envelope_id"]})
        await slack.wait_for_deliveries()
        assert slack.deliveries[0].delivered


async def test_envelopes_alternate_between_connections(slack: SocketSlack) -> None:
    async with socket(slack) as one, socket(slack) as two:
        await slack.post_message("UMARIE", MARKET, "x")
        await slack.post_message("UMARIE", MARKET, "y")
        texts = set()
        for each in (one, two):
            envelope = await each.receive_json(timeout=2)
            texts.add(envelope["payload"]["event"]["text"])
            await each.send_json({"envelope_id": envelope["envelope_id"]})
        assert texts == {"x", "y"}
        await slack.wait_for_deliveries()


async def test_event_on_dropped_connection_is_retried_on_next(slack: SocketSlack) -> None:
    slack.transport.retry_delays = (0.0, 0.3, 0.3)
    async with socket(slack) as one:
        await slack.post_message("UMARIE", MARKET, "x")
        await one.receive_json(timeout=2)
        slack.sockets.drop_connections()
        assert (await one.receive(timeout=2)).type in (
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.ERROR,
        )
    async with socket(slack) as two:
        envelope = json.loads((await two.receive(timeout=2)).data)
        await two.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.wait_for_deliveries()
    assert slack.deliveries[0].delivered


async def test_bolt_app_reconnects_after_disconnect(
    slack: SocketSlack, over_socket: AsyncApp
) -> None:
    seen: list[str] = []

    @over_socket.event("message")
    async def heard(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    before = slack.sockets.connections[0]
    await request_disconnect(slack)
    await wait_until(
        slack, lambda: slack.sockets.connections and slack.sockets.connections[-1] is not before
    )
    slack.transport.retry_delays = (0.1, 0.1, 0.1)
    await slack.post_message("UMARIE", MARKET, "still there?")
    await wait_until(slack, lambda: seen)


async def test_command_without_connection_fails(slack: SocketSlack) -> None:
    answer = await slack.command("UMARIE", MARKET, "/draft")
    assert answer.error == "dispatch_failed"


async def test_ticket_works_once_and_requires_app_token(
    slack: SocketSlack, client: AsyncWebClient
) -> None:
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=slack.bot_token)


async def test_server_stops_with_open_socket() -> None:
    slack = SocketSlack(signing_secret="s")
    await slack.start()
    async with socket(slack):
        await slack.post_message("UMARIE", MARKET, "on its way")
        began = asyncio.get_running_loop().time()
        await slack.stop()
        assert asyncio.get_running_loop().time() - began < 2
