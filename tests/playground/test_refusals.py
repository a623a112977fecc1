"""Tests of the errors with which Slack refuses API calls."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from bot.playground.methods import GRANTED_SCOPES
from bot.playground.slack_objects import Place
from tests.playground.conftest import SUBMIT, field_of, modal, section
from tests.support.slack_actions import post_bot_message, uninstall

MARKET, SECRET, NOWHERE = "C0MARKET", "C0SECRET", "C0NOWHERE"
TS = "1700000000.000001"
META = {"event_type": "x", "event_payload": {}}
HOME = {"type": "home", "blocks": [section()]}


async def refusal(client: AsyncWebClient, method: str, args: dict[str, Any]) -> SlackApiError:
    with pytest.raises(SlackApiError) as raised:
        await client.api_call(method, json=args)
    return raised.value


POST_REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"channel": NOWHERE, "text": "x"}, "channel_not_found"),
    ({"text": "x"}, "channel_not_found"),
    ({"channel": "G0BOARD", "text": "x"}, "channel_not_found"),
    ({"channel": SECRET, "text": "x"}, "not_in_channel"),
    ({"channel": "C0OLD", "text": "x"}, "is_archived"),
    ({"channel": MARKET}, "no_text"),
    ({"channel": MARKET, "text": "  "}, "no_text"),
    ({"channel": MARKET, "text": "x" * 4001}, "msg_too_long"),
    ({"channel": MARKET, "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
    ({"channel": MARKET, "text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
    ({"channel": MARKET, "text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
    ({"channel": MARKET, "text": "x", "blocks": [section("y" * 2900)] * 5}, "msg_blocks_too_long"),
    ({"channel": MARKET, "text": "x", "thread_ts": TS}, "thread_not_found"),
    ({"channel": MARKET, "text": "x", "metadata": "no"}, "invalid_metadata_format"),
    ({"channel": MARKET, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ({"channel": MARKET, "text": "x", "metadata": META | {"z": 1}}, "invalid_metadata_format"),
    (
        {"channel": MARKET, "text": "x", "metadata": META | {"event_payload": {"a": "b" * 16000}}},
        "metadata_too_large",
    ),
    ({"channel": MARKET, "text": {"not": "text"}}, "invalid_arguments"),
]


@pytest.mark.parametrize(("args", "error"), POST_REFUSALS)
async def test_invalid_post_is_refused(
    slack: LocalSlack, client: AsyncWebClient, args: dict[str, Any], error: str
) -> None:
    slack.places["G0BOARD"] = Place("G0BOARD", "board", members=["UMAX"], kind="group")
    slack.places["C0OLD"] = Place("C0OLD", "old", members=["UMAX", "UINTERN"])
    slack.places["C0OLD"].archived = True
    refused = await refusal(client, "chat.postMessage", args)
    assert refused.response["error"] == error
    assert slack.messages(MARKET) == []


OTHERS: list[tuple[str, dict[str, Any], str]] = [
    ("no.such", {}, "unknown_method"),
    ("chat.update", {"channel": MARKET, "ts": TS, "text": "x"}, "message_not_found"),
    ("chat.update", {"channel": MARKET, "text": "x"}, "message_not_found"),
    ("chat.postEphemeral", {"channel": MARKET, "user": "UX", "text": "x"}, "user_not_found"),
    ("chat.postEphemeral", {"channel": "D0", "user": "UMAX", "text": "x"}, "channel_not_found"),
    ("conversations.history", {"channel": SECRET}, "not_in_channel"),
    ("conversations.history", {"channel": MARKET, "latest": "soon"}, "invalid_ts_latest"),
    ("conversations.history", {"channel": MARKET, "oldest": "then"}, "invalid_ts_oldest"),
    ("conversations.history", {"channel": MARKET, "cursor": "nope"}, "invalid_cursor"),
    ("conversations.history", {"channel": MARKET, "limit": 1001}, "invalid_limit"),
    ("conversations.history", {"channel": MARKET, "limit": "ten"}, "invalid_arguments"),
    ("conversations.replies", {"channel": MARKET, "ts": TS}, "thread_not_found"),
    ("conversations.replies", {"channel": MARKET}, "invalid_arguments"),
    ("conversations.info", {"channel": NOWHERE}, "channel_not_found"),
    ("conversations.open", {}, "users_list_not_supplied"),
    ("conversations.open", {"users": "UX"}, "user_not_found"),
    ("conversations.open", {"users": "UINTERN"}, "cannot_dm_bot"),
    ("conversations.open", {"users": ",".join("UMAX" for _ in range(9))}, "too_many_users"),
    ("users.info", {"user": "UX"}, "user_not_found"),
    ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
    ("files.info", {"file": "F0"}, "file_not_found"),
    ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
    ("files.completeUploadExternal", {}, "invalid_arguments"),
    ("files.getUploadURLExternal", {"filename": "x", "length": 0}, "invalid_arguments"),
    ("views.open", {"view": modal(section())}, "invalid_arguments"),
    ("views.open", {"view": modal(section()), "trigger_id": "1.2.x"}, "invalid_trigger_id"),
    ("views.publish", {"view": HOME}, "invalid_arguments"),
    ("views.publish", {"view": HOME, "user_id": "UX"}, "user_not_found"),
    ("views.publish", {"user_id": "UMAX"}, "invalid_arguments"),
    ("views.publish", {"view": modal(section()), "user_id": "UMAX"}, "invalid_arguments"),
    ("assistant.threads.setStatus", {"channel_id": MARKET, "thread_ts": TS}, "thread_not_found"),
    ("assistant.threads.setSuggestedPrompts", {"channel_id": MARKET}, "invalid_arguments"),
]


@pytest.mark.parametrize(("method", "args", "error"), OTHERS)
async def test_invalid_call_is_refused(
    slack: LocalSlack, client: AsyncWebClient, method: str, args: dict[str, Any], error: str
) -> None:
    slack.open_direct_message("UMAX")
    assert (await refusal(client, method, args)).response["error"] == error


async def test_update_of_foreign_message_is_refused(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    said = await slack.post_message("UMARIE", MARKET, "mine")
    args = {"channel": MARKET, "ts": said.ts, "text": "x"}
    assert (await refusal(client, "chat.update", args)).response["error"] == "cant_update_message"
    other = await post_bot_message(slack, "B0OTHER", MARKET, "theirs")
    args |= {"ts": other.ts}
    assert (await refusal(client, "chat.update", args)).response["error"] == "cant_update_message"


async def test_reply_to_reply_is_refused(slack: LocalSlack, client: AsyncWebClient) -> None:
    root = await slack.post_message("UMARIE", MARKET, "root")
    reply = await slack.post_message("UMAX", MARKET, "reply", thread_ts=root.ts)
    args = {"channel": MARKET, "thread_ts": reply.ts, "text": "x"}
    refused = await refusal(client, "chat.postMessage", args)
    assert refused.response["error"] == "cannot_reply_to_message"


async def test_ephemeral_to_non_member_is_refused(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.places[MARKET].members.remove("UOTTO")
    args = {"channel": MARKET, "user": "UOTTO", "text": "x"}
    refused = await refusal(client, "chat.postEphemeral", args)
    assert refused.response["error"] == "user_not_in_channel"


@pytest.mark.parametrize(
    ("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed"), (None, "not_authed")]
)
async def test_wrong_token_is_refused(slack: LocalSlack, token: str | None, error: str) -> None:
    client = AsyncWebClient(token, base_url=slack.url)
    with pytest.raises(SlackApiError, match=error):
        await client.auth_test()


async def test_token_in_body_is_accepted(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        form = {"token": slack.bot_token, "channel": MARKET, "text": "x", "blocks": "[]"}
        async with session.post(f"{slack.url}chat.postMessage", data=form) as response:
            assert (await response.json())["ok"]


async def test_missing_scope_is_refused() -> None:
    async with LocalSlack(signing_secret="s", scopes=frozenset({"chat:write"})) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.url)
        await client.chat_postMessage(channel=MARKET, text="x")
        with pytest.raises(SlackApiError) as raised:
            await client.users_info(user="UMAX")
    assert raised.value.response["error"] == "missing_scope"
    assert raised.value.response["needed"] == "users:read"


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("channel", "channels:read"),
        ("group", "groups:read"),
        ("im", "im:read"),
        ("mpim", "mpim:read"),
    ],
)
async def test_history_requires_scope_of_place_kind(kind: str, needed: str) -> None:
    granted = GRANTED_SCOPES - {needed}
    async with LocalSlack(signing_secret="s", scopes=granted) as slack:
        slack.places["X1"] = Place("X1", "x", members=[slack.bot_user], kind=kind)
        client = AsyncWebClient(slack.bot_token, base_url=slack.url)
        refused = await refusal(client, "conversations.info", {"channel": "X1"})
        assert refused.response["error"] == "missing_scope"
        assert refused.response["needed"] == needed
        assert refused.response["provided"] == ",".join(sorted(granted))


async def test_opening_group_message_requires_mpim_scope() -> None:
    async with LocalSlack(signing_secret="s", scopes=frozenset({"im:write"})) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.url)
        assert (await client.conversations_open(users="UMARIE"))["ok"]
        refused = await refusal(client, "conversations.open", {"users": "UMARIE,UMAX"})
        assert refused.response["needed"] == "mpim:write"


async def test_uninstalled_app_is_refused(slack: LocalSlack, client: AsyncWebClient) -> None:
    await uninstall(slack)
    assert (await refusal(client, "auth.test", {})).response["error"] == "account_inactive"


async def test_errors_have_json_pointers(client: AsyncWebClient) -> None:
    args = {"channel": MARKET, "text": "x", "blocks": [section(), section("y" * 3001)]}
    refused = await refusal(client, "chat.postMessage", args)
    assert refused.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    ]


@pytest.mark.parametrize(
    ("view", "what"),
    [
        (modal(section(), title={"type": "plain_text", "text": "x" * 25}), "25 characters"),
        (modal(section(), submit={"type": "plain_text", "text": "x" * 25}), "25 characters"),
        (modal(section(), close={"type": "mrkdwn", "text": "x"}), "unsupported type"),
        (modal(section(), private_metadata="x" * 3001), "3001 characters"),
        (modal(section(), callback_id="x" * 256), "256 characters"),
        (modal(*[section()] * 101), "no more than 100 items"),
        (modal(field_of("b")), "needs submit"),
        (modal(field_of("b"), field_of("b"), submit=SUBMIT), "more than once"),
        (modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}), "table"),
        (modal({"type": "nope"}), "unsupported type: nope"),
        ({"type": "modal", "blocks": [section()]}, "missing required field: title"),
        (modal(section()) | {"blocks": "x"}, "must be an array"),
        (modal(section(), nonsense=1), "invalid additional property: nonsense"),
    ],
)
async def test_invalid_view_is_refused(
    client: AsyncWebClient, slack: LocalSlack, view: Any, what: str
) -> None:
    trigger = slack.create_trigger("UMARIE").id
    refused = await refusal(client, "views.open", {"trigger_id": trigger, "view": view})
    assert refused.response["error"] == "invalid_arguments"
    assert what in str(refused.response["response_metadata"]["messages"])
    assert slack.open_views("UMARIE") == []
