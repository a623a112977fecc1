"""Slack's own offer to invite an app that was named where it is no member.

The app is not told of such a mention. Slack says so to whoever wrote it, and nobody waits for an
answer that can't come.
"""

from typing import Any

from bot.i18n.messages import Words, language_of
from bot.playground.answer import Answer
from bot.playground.board import Board
from bot.playground.message import Message
from bot.playground.place import Place

SLACK = "USLACKBOT"
INVITE = "slack_invite"


def offer(slack: Board, place: Place, message: Message) -> None:
    """What the writer of this message reads when it names the bot where the bot is not."""
    named = f"<@{slack.bot_user}>" in message.text
    if not named or place.is_direct or slack.bot_user in place.members or not message.user:
        return
    words = Words(
        "{who} isn't in {place}, so it can't see this message. Invite it, and mention it again.",
        who=f"<@{slack.bot_user}>",
        place=f"<#{place.id}>",
    )
    language = language_of(slack.people[message.user].locale)
    press = Words("Invite to the channel").to(language)
    button = {"type": "button", "action_id": INVITE, "text": _plain(press), "style": "primary"}
    _whisper(slack, place, message.user, words, message.thread_ts, button)


def is_offer(message: Message) -> bool:
    """Whether a press in this message is Slack's own affair, and never the app's."""
    return message.user == SLACK


def accept(slack: Board, user: str, message: Message) -> Answer:
    """Makes the bot a member; the offer gives way to what came of it."""
    slack.erase(message)
    invite(slack, user, slack.places[message.channel], message.thread_ts)
    return Answer(200, 0.0)


def invite(slack: Board, user: str, place: Place, thread_ts: str | None = None) -> None:
    """The bot joins the channel, and whoever invited it is told."""
    who, there = f"<@{slack.bot_user}>", f"<#{place.id}>"
    if slack.bot_user in place.members:
        words = Words("{who} is in {place} already.", who=who, place=there)
    else:
        place.members.append(slack.bot_user)
        slack.changed("place", place.id)
        words = Words("{who} is in {place} now. Mention it again.", who=who, place=there)
    _whisper(slack, place, user, words, thread_ts)


def _whisper(
    slack: Board,
    place: Place,
    user: str,
    words: Words,
    thread_ts: str | None,
    *buttons: dict[str, Any],
) -> None:
    text = words.to(language_of(slack.people[user].locale))
    said = {"type": "section", "block_id": "said", "text": {"type": "mrkdwn", "text": text}}
    row = {"type": "actions", "block_id": "invite", "elements": list(buttons)}
    notice = Message(
        slack.stamps.ts(),
        place.id,
        SLACK,
        text,
        blocks=[said, row] if buttons else [said],
        thread_ts=thread_ts,
        ephemeral_to=user,
        subtype="slack_notice",
    )
    slack.whisper(place, notice)


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
