"""Tests of modals and Home tabs: opening, updating and publishing."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack
from bot.playground.methods.views import update_view
from tests.playground.conftest import SUBMIT, field_of, modal, section


def trigger(slack: LocalSlack) -> str:
    return slack.create_trigger("UMARIE").id


async def opened(slack: LocalSlack, client: AsyncWebClient, **more: Any) -> dict[str, Any]:
    view = modal(field_of("b", initial_value="old"), submit=SUBMIT, **more)
    answer = await client.views_open(trigger_id=trigger(slack), view=view)
    shown: dict[str, Any] = answer["view"]
    return shown


async def test_opened_view_is_on_stack_of_person(slack: LocalSlack, client: AsyncWebClient) -> None:
    view = await opened(slack, client, private_metadata="d1")
    mine = slack.open_views("UMARIE")[0]
    assert (mine.id, mine.title, mine.private_metadata) == (view["id"], "Edit", "d1")
    assert view["state"]["values"]["b"]["words"]["value"] == "old"
    assert view["root_view_id"] == view["id"]
    assert slack.open_views("UMAX") == []


async def test_trigger_id_works_once(slack: LocalSlack, client: AsyncWebClient) -> None:
    once = trigger(slack)
    await client.views_open(trigger_id=once, view=modal(section()))
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=once, view=modal(section()))


async def test_trigger_id_expires(slack: LocalSlack, client: AsyncWebClient) -> None:
    assert slack.trigger_seconds == 3.0
    slack.trigger_seconds = -1
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=trigger(slack), view=modal(section()))


async def test_update_keeps_values_of_same_ids(slack: LocalSlack, client: AsyncWebClient) -> None:
    view = await opened(slack, client)
    slack.fill("UMARIE", view["id"], {"b": {"words": "typed"}})
    new = modal(section(), field_of("b"), field_of("c"), submit=SUBMIT)
    values = update_view(slack, slack.views[view["id"]], new).values
    assert (values["b"]["words"]["value"], values["c"]["words"]["value"]) == ("typed", None)


async def test_home_tab_is_published_for_one_person(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    view = {"type": "home", "blocks": [section("one")], "private_metadata": "x"}
    first = await client.views_publish(user_id="UMARIE", view=view)
    again = await client.views_publish(
        user_id="UMARIE",
        view={"type": "home", "blocks": [section("two")]},
        hash=first["view"]["hash"],
    )
    home = slack.home("UMARIE")
    assert home is not None
    assert home.blocks[0]["text"]["text"] == "two"
    assert again["view"]["id"] == first["view"]["id"]
    assert slack.home("UMAX") is None
    assert slack.open_views("UMARIE") == []
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id="UMARIE", view=view, hash=first["view"]["hash"])


async def test_too_large_view_is_refused(slack: LocalSlack, client: AsyncWebClient) -> None:
    large = modal(*[section("x" * 3000)] * 90)
    with pytest.raises(SlackApiError, match="view_too_large"):
        await client.views_open(trigger_id=trigger(slack), view=large)
