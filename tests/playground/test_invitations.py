"""Tests of Slack's invitation offer for a mention where the app is not a member."""

from bot.playground.local_slack import LocalSlack
from bot.playground.page.actions import ActionRunner

RANDOM, MARKET = "C0SECRET", "C0MARKET"
ASKED = "<@UINTERN> an e-mail about the linen shirt"


def list_ephemerals(slack: LocalSlack, user: str = "UMAX") -> list[str]:
    return [one.text for one in slack.ephemerals(user, RANDOM)]


async def test_mention_outside_channel_offers_invitation_to_author(slack: LocalSlack) -> None:
    await slack.post_message("UMAX", RANDOM, ASKED)
    (said,) = list_ephemerals(slack)
    assert said.startswith("<@UINTERN> isn't in <#C0SECRET>")
    assert list_ephemerals(slack, "ULEA") == []
    await slack.post_message("ULEA", RANDOM, ASKED)
    assert list_ephemerals(slack, "ULEA")[0].startswith("<@UINTERN> n'est pas dans <#C0SECRET>")


async def test_no_invitation_for_members_or_without_mention(slack: LocalSlack) -> None:
    await slack.post_message("UMAX", RANDOM, "an e-mail about the linen shirt")
    await slack.post_message("UMAX", MARKET, ASKED)
    assert list_ephemerals(slack) == []
    assert slack.ephemerals("UMAX", MARKET) == []


async def test_invite_button_adds_bot_without_event_to_app(slack: LocalSlack) -> None:
    asked = await slack.post_message("UMAX", RANDOM, ASKED)
    await slack.post_message("UMAX", RANDOM, ASKED, asked.ts)
    offer = slack.ephemerals("UMAX", RANDOM)[1]
    assert offer.thread_ts == asked.ts
    answer = await slack.click("UMAX", RANDOM, offer.ts, "slack_invite")
    assert answer.ok
    assert slack.bot_user in slack.places[RANDOM].members
    assert list_ephemerals(slack)[1:] == ["<@UINTERN> is in <#C0SECRET> now. Mention it again."]
    await slack.post_message("UMAX", RANDOM, ASKED)
    assert len(list_ephemerals(slack)) == 2


async def test_invite_command_adds_bot(slack: LocalSlack) -> None:
    deeds = ActionRunner(slack)
    deed = {"do": "command", "command": "/invite", "channel": RANDOM, "text": "@Super-Intern"}
    await deeds.run("UMAX", deed)
    assert slack.bot_user in slack.places[RANDOM].members
    await deeds.run("UMAX", deed)
    assert list_ephemerals(slack)[1] == "<@UINTERN> is in <#C0SECRET> already."
