"""Tests of response URLs: five responses within 30 minutes."""

from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage

SECRET_PLACE = "C0SECRET"


def url_for(slack: LocalSlack, original: SlackMessage | None = None) -> AsyncWebhookClient:
    channel = original.channel if original else SECRET_PLACE
    return AsyncWebhookClient(slack.create_response_url("UMARIE", channel, original))


async def test_response_is_ephemeral_by_default_and_needs_no_membership(slack: LocalSlack) -> None:
    answer = await url_for(slack).send(text="just for you")
    assert (answer.status_code, answer.body) == (200, "ok")
    assert slack.ephemerals("UMARIE", SECRET_PLACE)[0].text == "just for you"
    await url_for(slack).send(text="for all", response_type="in_channel")
    assert slack.messages(SECRET_PLACE)[0].text == "for all"


async def test_sixth_response_is_refused(slack: LocalSlack) -> None:
    url = url_for(slack)
    answers = [await url.send(text=str(number)) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body


async def test_expired_url_is_refused(slack: LocalSlack) -> None:
    url = url_for(slack)
    for one in slack.response_urls.values():
        one.expires -= 1801
    answer = await url.send(text="late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


async def test_response_replaces_or_deletes_original(slack: LocalSlack) -> None:
    original = slack.publish_message(
        slack.places["C0MARKET"], slack.build_bot_message("C0MARKET", "card")
    )
    url = url_for(slack, original)
    await url.send(text="new", replace_original=True)
    assert (original.text, original.history[0].text) == ("new", "card")
    await url.send(text="x", delete_original=True)
    assert original.deleted
    gone = await url.send(text="x", delete_original=True)
    assert gone.status_code == 404


async def test_command_url_has_no_original_to_replace(slack: LocalSlack) -> None:
    url = url_for(slack)
    await url.send(text="one")
    await url.send(text="two", replace_original=True)
    texts = [message.text for message in slack.ephemerals("UMARIE", SECRET_PLACE)]
    assert texts == ["one", "two"], "both stay, as in Slack"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "shout"}, "invalid_arguments"),
    ],
)
async def test_invalid_response_is_refused(
    slack: LocalSlack, said: dict[str, Any], error: str
) -> None:
    answer = await url_for(slack).send_dict(said)
    assert (answer.status_code, error in answer.body) == (400, True)
