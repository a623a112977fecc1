"""Tests of fault injection in the local Slack."""

import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from tests.playground.conftest import RecordingApp, section

MARKET = "C0MARKET"


async def test_rate_limit_sends_retry_after(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.rate_limit("chat.postMessage", times=1, retry_after=7)
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel=MARKET, text="x")
    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel=MARKET, text="x")
    assert len(slack.messages(MARKET)) == 1


async def test_sdk_retry_handler_waits_after_rate_limit(slack: LocalSlack) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=0)
    handler = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
    client = AsyncWebClient(slack.bot_token, base_url=slack.url, retry_handlers=[handler])
    await client.chat_postMessage(channel=MARKET, text="x")
    assert [call.answer["ok"] for call in slack.calls] == [False, True]


async def test_fail_applies_to_given_number_of_calls(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.faults.fail("chat.postMessage", "fatal_error", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client.chat_postMessage(channel=MARKET, text="x")
    await client.chat_postMessage(channel=MARKET, text="x")


async def test_refuse_blocks_refuses_valid_blocks(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.faults.refuse_blocks(times=1)
    await client.chat_postMessage(channel=MARKET, text="no blocks, no trouble")
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_postMessage(channel=MARKET, text="x", blocks=[section()])


async def test_http_500_call_is_not_executed(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.http_500("chat.postMessage")
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel=MARKET, text="x")
    assert raised.value.response.status_code == 500
    assert slack.messages(MARKET) == []


async def test_call_with_lost_answer_is_executed(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=MARKET, text="x")
    assert [one.text for one in slack.messages(MARKET)] == ["x"]


async def test_slow_delays_method(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.slow("auth.test", 0.2)
    began = time.perf_counter()
    await client.users_info(user="UMAX")
    assert time.perf_counter() - began < 0.2
    await client.auth_test()
    assert time.perf_counter() - began >= 0.2


async def test_deliver_twice_resends_event_as_retry(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.faults.deliver_twice = True
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in recording_app.requests] == [
        None,
        "1",
    ]
    assert recording_app.requests[0][1] == recording_app.requests[1][1]


async def test_event_with_lost_ack_is_retried(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.transport.retry_delays = (0.01,)
    slack.faults.lost_acks = 1
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    await slack.post_message("UMARIE", MARKET, "y")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in recording_app.requests] == [
        None,
        "1",
        None,
    ]
    assert recording_app.requests[0][1] == recording_app.requests[1][1]


async def test_deliver_twice_without_headers_resends_event_without_headers(
    slack: LocalSlack, recording_app: RecordingApp
) -> None:
    slack.faults.deliver_twice_without_headers = True
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in recording_app.requests] == [
        None,
        None,
    ]
    assert recording_app.requests[0][1] == recording_app.requests[1][1]
