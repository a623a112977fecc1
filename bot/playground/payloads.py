"""Builds the request bodies that Slack sends to an app: events, commands and interactions."""

import time
from typing import Any

from bot.playground import slack_objects as seed
from bot.playground.block_kit import View
from bot.playground.slack_objects import (
    RESPONSE_URL_SECONDS,
    Place,
    ResponseUrl,
    SlackMessage,
    Trigger,
)
from bot.playground.workspace import SlackWorkspace

VERIFICATION_TOKEN = "local"  # noqa: S105  Slack's deprecated field, not a secret
Payload = dict[str, Any]


def build_event_callback(
    slack: SlackWorkspace, event: Payload, place: Place | None = None
) -> Payload:
    """Wrap an event in an event_callback envelope with a new event_id."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": slack.team,
        "api_app_id": slack.app,
        "event": event,
        "type": "event_callback",
        "event_id": slack.ids.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": slack.team,
                "user_id": slack.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(place and place.is_ext_shared),
        "event_context": slack.ids.new_id("4-"),
    }


def build_message_event(slack: SlackWorkspace, place: Place, message: SlackMessage) -> Payload:
    """Build the `message` event of a message.

    In a channel shared with another company it also has the author's team."""
    team = slack.team_of(message.user)
    return {
        **message.as_slack(team, metadata=True),
        **({"user_team": team, "source_team": team} if place.is_ext_shared else {}),
        "channel": place.id,
        "event_ts": message.ts,
        "channel_type": place.kind,
    }


def build_mention_event(slack: SlackWorkspace, place: Place, message: SlackMessage) -> Payload:
    """Build the `app_mention` event of a message, without channel_type and subtype."""
    event = build_message_event(slack, place, message) | {"type": "app_mention"}
    event.pop("channel_type")
    event.pop("subtype", None)
    return event


def build_change_event(
    slack: SlackWorkspace, place: Place, message: SlackMessage, before: Payload, subtype: str
) -> Payload:
    """Build a message_changed or message_deleted event (`subtype`)."""
    now = slack.ids.new_ts()
    event: Payload = {
        "type": "message",
        "subtype": subtype,
        "channel": place.id,
        "channel_type": place.kind,
        "ts": now,
        "event_ts": now,
        "hidden": True,
        "previous_message": before,
    }
    if subtype == "message_deleted":
        return event | {"deleted_ts": message.ts}
    shown = message.as_slack(slack.team_of(message.user), metadata=True)
    return event | {"message": shown}


def build_interaction(
    slack: SlackWorkspace, kind: str, user: str, view_id: str | None = None
) -> Payload:
    """Build the common fields of an interaction, with a new trigger_id.

    `team` is the workspace of the person who acts."""
    team = slack.team_of(user)
    domain = seed.TEAM_DOMAIN if team == slack.team else team.lower()
    return {
        "type": kind,
        "team": {"id": team, "domain": domain},
        "user": build_user_payload(slack, user),
        "api_app_id": slack.app,
        "token": VERIFICATION_TOKEN,
        "trigger_id": create_trigger(slack, user, view_id).id,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def build_user_payload(slack: SlackWorkspace, user: str) -> Payload:
    """Build the user object of an interaction."""
    name = slack.people[user].name
    return {"id": user, "username": name, "name": name, "team_id": slack.team_of(user)}


def build_view_payload(slack: SlackWorkspace, view: View) -> Payload:
    """Build the view object of an interaction."""
    return view.as_slack(slack.team, slack.app, slack.bot_id)


def create_trigger(slack: SlackWorkspace, user: str, view_id: str | None = None) -> Trigger:
    """Create a trigger_id, valid for three seconds (`slack.trigger_seconds`)."""
    id = f"{slack.ids.new_ts()}.{slack.ids.new_id('').lower()}"
    trigger = Trigger(id, user, time.monotonic() + slack.trigger_seconds, view_id)
    slack.triggers[id] = trigger
    return trigger


def create_response_url(
    slack: SlackWorkspace,
    user: str,
    channel: str,
    original: SlackMessage | None = None,
    thread_ts: str | None = None,
) -> str:
    """Create a response_url; `original` is the message that it may replace."""
    id = slack.ids.new_id("R")
    expires = time.monotonic() + RESPONSE_URL_SECONDS
    slack.response_urls[id] = ResponseUrl(id, user, channel, expires, original, thread_ts)
    return f"{slack.base_url}response/{id}"


def build_command(
    slack: SlackWorkspace, user: str, place: Place, command: str, text: str
) -> dict[str, str]:
    """Build the form fields of a slash command."""
    direct = {"im": "directmessage", "mpim": "mpdm", "group": "privategroup"}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": slack.team,
        "team_domain": seed.TEAM_DOMAIN,
        "channel_id": place.id,
        "channel_name": direct.get(place.kind, place.name),
        "user_id": user,
        "user_name": slack.people[user].name,
        "command": command,
        "text": text,
        "api_app_id": slack.app,
        "is_enterprise_install": "false",
        "response_url": create_response_url(slack, user, place.id),
        "trigger_id": create_trigger(slack, user).id,
    }
