"""Tests of API methods about people, places, the team and the app."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from tests.support.waiting import wait_until


async def test_auth_test_returns_bot_identity(slack: LocalSlack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"], answer["bot_id"]) == (
        slack.bot_user,
        slack.team,
        slack.bot_id,
    )
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


async def test_users_info_returns_locale_only_on_request(client: AsyncWebClient) -> None:
    plain = (await client.users_info(user="UMARIE"))["user"]
    full = (await client.users_info(user="UMARIE", include_locale=True))["user"]
    assert "locale" not in plain
    assert (full["locale"], full["tz"], full["profile"]["display_name"]) == (
        "fr-FR",
        "Europe/Paris",
        "Marie",
    )
    assert "email" not in full["profile"]


async def test_opening_direct_message_twice_returns_same_id(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    first = await client.conversations_open(users=["UMARIE"])
    again = await client.conversations_open(users="UMARIE", return_im=True)
    assert first["channel"]["id"] == again["channel"]["id"] == slack.open_direct_message("UMARIE")
    assert again["channel"]["user"] == "UMARIE"
    group = await client.conversations_open(users=["UMARIE", "UMAX"])
    assert slack.places[group["channel"]["id"]].kind == "mpim"


async def test_conversations_info_returns_is_member(client: AsyncWebClient) -> None:
    inside = await client.conversations_info(channel="C0MARKET", include_num_members=True)
    outside = await client.conversations_info(channel="C0SECRET", include_locale=True)
    assert inside["channel"]["is_member"]
    assert inside["channel"]["num_members"] == 5
    assert not outside["channel"]["is_member"]
    assert "num_members" not in outside["channel"]
    members = await client.conversations_members(channel="C0MARKET")
    assert members["members"][-1] == "UINTERN"


async def test_usergroup_members_are_listed(slack: LocalSlack, client: AsyncWebClient) -> None:
    group = {"id": "S0LEGAL", "handle": "legal", "name": "Legal", "users": ["ULEA"]}
    slack.usergroups["S0LEGAL"] = group
    members = await client.usergroups_users_list(usergroup="S0LEGAL")
    assert members["users"] == ["ULEA"]


async def test_thread_status_is_dropped_after_two_minutes(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    assert slack.status_seconds == 120
    slack.status_seconds = 0.05
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "hello")
    arguments = {"channel_id": said.channel, "thread_ts": said.ts, "status": "is reading"}
    await client.api_call("assistant.threads.setStatus", json=arguments)
    await wait_until(slack, lambda: not slack.statuses)
    assert slack.status(said.channel, said.ts) == ""


async def test_thread_status_ends_with_its_message(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "hello")
    arguments = {"channel_id": said.channel, "thread_ts": said.ts, "status": "is reading"}
    await client.api_call("assistant.threads.setStatus", json=arguments)
    await slack.delete("UMARIE", said.channel, said.ts)
    assert slack.status(said.channel, said.ts) == ""


async def test_thread_status_and_prompts_are_stored(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "hello")
    dm = said.channel
    await client.assistant_threads_setStatus(channel_id=dm, thread_ts=said.ts, status="is reading")
    assert slack.status(dm, said.ts) == "is reading"
    await client.chat_postMessage(channel=dm, thread_ts=said.ts, text="done")
    assert slack.status(dm, said.ts) == "", "the app's reply ends it"
    prompts = [{"title": "Draft", "message": "draft an e-mail"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=dm, prompts=prompts)
    assert slack.prompts[(dm, "")] == prompts


async def test_wait_until_returns_after_change(slack: LocalSlack, client: AsyncWebClient) -> None:
    changes: list[str] = []
    stop = slack.listen(lambda change: changes.append(change.kind))
    await client.chat_postMessage(channel="C0MARKET", text="x")
    await wait_until(slack, lambda: slack.messages("C0MARKET"))
    stop()
    await client.chat_postMessage(channel="C0MARKET", text="y")
    assert changes == ["message", "call"]
    with pytest.raises(TimeoutError):
        await wait_until(slack, lambda: False, seconds=0.1)
