"""What a person sees of a local Slack, in the shapes that the page draws."""

from typing import Any

from bot.playground.message import Message
from bot.playground.people import TEAM_NAME
from bot.playground.place import Place
from bot.playground.slack import LocalSlack
from bot.playground.view import View

Shown = dict[str, Any]
LATEST = 400  # messages of each place that a page starts with


def everything(slack: LocalSlack, me: str) -> Shown:
    """All that this person sees at this moment."""
    slack.dm(me)
    mine = [place for place in slack.places.values() if me in place.members]
    return {
        "team": TEAM_NAME,
        "me": me,
        "bot": slack.bot_user,
        "people": {id: person(slack, id) for id in slack.people},
        "places": [place_of(slack, place, me) for place in mine],
        "messages": {place.id: messages_of(slack, place, me) for place in mine},
        "views": views_of(slack, me),
        "home": view_of(slack.homes.get(me)),
        "statuses": statuses_of(slack),
        "prompts": prompts_of(slack),
    }


def person(slack: LocalSlack, id: str) -> Shown:
    one = slack.people[id]
    return {
        "id": id,
        "name": one.display_name or one.real_name,
        "full": one.real_name,
        "handle": one.name,
        "locale": one.locale,
        "bot": one.is_bot,
    }


def place_of(slack: LocalSlack, place: Place, me: str) -> Shown:
    return {
        "id": place.id,
        "name": place.name,
        "kind": place.kind,
        "members": place.members,
        "with_bot": slack.bot_user in place.members,
    }


def messages_of(slack: LocalSlack, place: Place, me: str) -> list[Shown]:
    found = list(place.by_ts.values())[-LATEST:]
    found += [one for one in place.ephemerals if one.ephemeral_to == me]
    return [message_of(slack, one) for one in sorted(found, key=lambda one: one.ts)]


def message_of(slack: LocalSlack, message: Message) -> Shown:
    shown = message.as_slack(slack.team) | {
        "channel": message.channel,
        "ephemeral": message.ephemeral_to is not None,
        "streaming": message.streaming_until is not None,
        "tasks": list(message.tasks.values()),
        "plan": message.plan,
    }
    if shown.get("blocks") and message.subtype == "tombstone":
        shown["blocks"] = []
    return shown


def views_of(slack: LocalSlack, me: str) -> list[Shown]:
    return [shown for view in slack.open_views(me) if (shown := view_of(view))]


def view_of(view: View | None) -> Shown | None:
    if view is None:
        return None
    return {
        "id": view.id,
        "hash": view.hash,
        "callback_id": view.callback_id,
        "title": view.title,
        "submit": (view.source.get("submit") or {}).get("text"),
        "close": (view.source.get("close") or {}).get("text"),
        "blocks": view.blocks,
        "values": view.values,
        "errors": view.errors,
        "trouble": view.trouble,
    }


def statuses_of(slack: LocalSlack) -> list[Shown]:
    return [
        {"channel": channel, "thread": thread, "status": status}
        for (channel, thread), status in slack.statuses.items()
    ]


def prompts_of(slack: LocalSlack) -> Shown:
    """What may be said to the intern, by place."""
    return {channel: prompts for (channel, thread), prompts in slack.prompts.items() if not thread}
