"""Misbehaviour on demand: each switch does what it says, and nothing without it."""

import asyncio
import json
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from tests.playground.conftest import Ear, section

MARKET = "C0MARKET"


async def test_a_rate_limit_names_the_wait(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.rate_limit("chat.postMessage", times=1, retry_after=7)
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel=MARKET, text="x")
    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel=MARKET, text="x")
    assert len(slack.messages(MARKET)) == 1


async def test_the_sdks_own_handler_waits(slack: LocalSlack) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=0)
    handler = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
    client = AsyncWebClient(slack.bot_token, base_url=slack.url, retry_handlers=[handler])
    await client.chat_postMessage(channel=MARKET, text="x")
    assert [call.answer["ok"] for call in slack.calls] == [False, True]


async def test_strict_rates_allow_one_post_a_second(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.faults.strict_rates = True
    await client.chat_postMessage(channel=MARKET, text="x")
    await client.chat_postMessage(channel="C0LAUNCH", text="another channel")
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.chat_postMessage(channel=MARKET, text="y")


async def test_a_call_fails_as_often_as_asked(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.fail("chat.postMessage", "fatal_error", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client.chat_postMessage(channel=MARKET, text="x")
    await client.chat_postMessage(channel=MARKET, text="x")


async def test_good_blocks_are_refused_when_asked(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.faults.refuse_blocks(times=1)
    await client.chat_postMessage(channel=MARKET, text="no blocks, no trouble")
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_postMessage(channel=MARKET, text="x", blocks=[section()])


async def test_a_500_is_not_carried_out(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.http_500("chat.postMessage")
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel=MARKET, text="x")
    assert raised.value.response.status_code == 500
    assert slack.messages(MARKET) == []


async def test_a_lost_answer_was_carried_out(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=MARKET, text="x")
    assert [one.text for one in slack.messages(MARKET)] == ["x"]


async def test_a_slow_method_is_slow(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.slow("auth.test", 0.2)
    began = time.perf_counter()
    await client.api_test()
    assert time.perf_counter() - began < 0.2
    await client.auth_test()
    assert time.perf_counter() - began >= 0.2


async def test_an_event_comes_twice_as_a_retry(slack: LocalSlack, ear: Ear) -> None:
    slack.faults.deliver_twice = True
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in ear.got] == [None, "1"]
    assert ear.got[0][1] == ear.got[1][1]


async def test_an_event_whose_ack_is_lost_comes_again(slack: LocalSlack, ear: Ear) -> None:
    slack.retry_delays = (0.01,)
    slack.faults.lost_acks = 1
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    await slack.post_message("UMARIE", MARKET, "y")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in ear.got] == [None, "1", None]
    assert ear.got[0][1] == ear.got[1][1]


async def test_an_event_comes_twice_as_if_new(slack: LocalSlack, ear: Ear) -> None:
    slack.faults.deliver_twice_without_headers = True
    await slack.post_message("UMARIE", MARKET, "x")
    await slack.wait_for_deliveries()
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in ear.got] == [None, None]
    assert ear.got[0][1] == ear.got[1][1]


async def test_a_mention_comes_in_one_form_when_asked(slack: LocalSlack, ear: Ear) -> None:
    slack.faults.send_both_mention_events = False
    await slack.post_message("UMARIE", MARKET, "<@UINTERN> x")
    await slack.wait_for_deliveries()
    assert [json.loads(body)["event"]["type"] for _, body in ear.got] == ["app_mention"]


async def test_events_come_late(slack: LocalSlack, ear: Ear) -> None:
    slack.faults.delivery_delay = 0.2
    await slack.post_message("UMARIE", MARKET, "x")
    await asyncio.sleep(0.05)
    assert ear.got == []
    await slack.wait_for_deliveries()
    assert len(ear.got) == 1


async def test_events_come_out_of_order_the_same_way_each_time(slack: LocalSlack, ear: Ear) -> None:
    slack.faults.out_of_order = True
    for number in range(8):
        await slack.post_message("UMARIE", MARKET, str(number))
    await slack.wait_for_deliveries()
    texts = [json.loads(body)["event"]["text"] for _, body in ear.got]
    assert sorted(texts) == list("01234567")
    assert texts != sorted(texts)
    expected = list("01234567")
    type(slack.faults)().random.shuffle(expected)
    assert texts == expected
