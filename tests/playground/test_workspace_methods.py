"""Tests of API methods about people, places, the team and the app."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import Place


async def test_auth_test_returns_bot_identity(slack: LocalSlack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"], answer["bot_id"]) == (
        slack.bot_user,
        slack.team,
        slack.bot_id,
    )
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]
    assert (await client.api_test())["ok"]
    with pytest.raises(SlackApiError, match="my_error"):
        await client.api_test(error="my_error")


async def test_team_info_and_bots_info_return_names(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    assert (await client.team_info())["team"]["id"] == slack.team
    assert (await client.bots_info(bot=slack.bot_id))["bot"]["user_id"] == slack.bot_user
    assert (await client.bots_info(bot="B0OTHER"))["bot"]["name"] == "other"


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


async def test_users_list_is_paginated(slack: LocalSlack, client: AsyncWebClient) -> None:
    seen: list[str] = []
    async for page in await client.users_list(limit=2):
        seen += [user["id"] for user in page["members"]]
    assert seen == list(slack.people)


async def test_opening_direct_message_twice_returns_same_id(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    first = await client.conversations_open(users=["UMARIE"])
    again = await client.conversations_open(users="UMARIE", return_im=True)
    assert first["channel"]["id"] == again["channel"]["id"] == slack.open_direct_message("UMARIE")
    assert again["channel"]["user"] == "UMARIE"
    group = await client.conversations_open(users=["UMARIE", "UMAX"])
    assert slack.places[group["channel"]["id"]].kind == "mpim"


async def test_conversations_are_listed_by_type(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.open_direct_message("UMARIE")
    slack.places["G0BOARD"] = Place("G0BOARD", "board", members=["UMAX"], kind="group")
    public = await client.conversations_list()
    assert [one["name"] for one in public["channels"]] == ["marketing", "launches", "random"]
    direct = await client.conversations_list(types=["im", "private_channel"])
    assert [one["id"] for one in direct["channels"]] == [slack.open_direct_message("UMARIE")]
    mine = await client.users_conversations()
    assert [one["id"] for one in mine["channels"]] == ["C0MARKET", "C0LAUNCH"]
    theirs = await client.users_conversations(user="UMARIE")
    assert len(theirs["channels"]) == 3
    slack.places["C0LAUNCH"].archived = True
    alive = await client.conversations_list(exclude_archived=True)
    assert [one["name"] for one in alive["channels"]] == ["marketing", "random"]


async def test_conversations_info_returns_is_member(client: AsyncWebClient) -> None:
    inside = await client.conversations_info(channel="C0MARKET", include_num_members=True)
    outside = await client.conversations_info(channel="C0SECRET", include_locale=True)
    assert inside["channel"]["is_member"]
    assert inside["channel"]["num_members"] == 5
    assert not outside["channel"]["is_member"]
    assert "num_members" not in outside["channel"]
    members = await client.conversations_members(channel="C0MARKET")
    assert members["members"][-1] == "UINTERN"


async def test_bot_joins_public_channel(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.conversations_join(channel="C0SECRET")
    await client.chat_postMessage(channel="C0SECRET", text="hello")
    assert slack.messages("C0SECRET")[0].text == "hello"
    assert (await client.conversations_join(channel="C0SECRET"))["warning"] == "already_in_channel"


async def test_usergroups_list_returns_members_only_on_request(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    group = {"id": "S0LEGAL", "handle": "legal", "name": "Legal", "users": ["ULEA"]}
    slack.usergroups["S0LEGAL"] = group
    listed = await client.usergroups_list()
    assert "users" not in listed["usergroups"][0]
    full = await client.usergroups_list(include_users=True)
    assert full["usergroups"][0]["users"] == ["ULEA"]
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
    await slack.wait_until(lambda: not slack.statuses)
    assert slack.status(said.channel, said.ts) == ""


async def test_thread_status_title_and_prompts_are_stored(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "hello")
    dm = said.channel
    await client.assistant_threads_setStatus(channel_id=dm, thread_ts=said.ts, status="is reading")
    assert slack.status(dm, said.ts) == "is reading"
    await client.chat_postMessage(channel=dm, thread_ts=said.ts, text="done")
    assert slack.status(dm, said.ts) == "", "the app's reply ends it"
    await client.assistant_threads_setTitle(channel_id=dm, thread_ts=said.ts, title="Linen")
    prompts = [{"title": "Draft", "message": "draft an e-mail"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=dm, prompts=prompts)
    assert slack.titles[(dm, said.ts)] == "Linen"
    assert slack.prompts[(dm, "")] == prompts
    answer = await client.agents_sessions_setStatus(
        channel_id=dm, thread_ts=said.ts, status="processing"
    )
    assert answer["status"] == slack.sessions[(dm, said.ts)] == "processing"


async def test_wait_until_returns_after_change(slack: LocalSlack, client: AsyncWebClient) -> None:
    changes: list[str] = []
    stop = slack.listen(lambda change: changes.append(change.kind))
    await client.chat_postMessage(channel="C0MARKET", text="x")
    await slack.wait_until(lambda: slack.messages("C0MARKET"))
    stop()
    await client.chat_postMessage(channel="C0MARKET", text="y")
    assert changes == ["message", "call"]
    with pytest.raises(TimeoutError):
        await slack.wait_until(lambda: False, seconds=0.1)
