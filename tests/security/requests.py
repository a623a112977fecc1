"""Every request that Slack may send the intern, from any kind of person in any place."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from bot.agent.skills import load_commands
from bot.db.base import Row
from bot.jobs.models import Job
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage, SlackUser
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.actions.buttons import BUTTON_ACTIONS, MODALS
from bot.slack.views.submissions import SUBMISSION_HANDLERS
from tests.slack.bench import MARIE, TEAM, Bench

EVIL = "T0EVIL"  # another company's workspace
READS = (
    "auth.test",
    "users.info",
    "conversations.info",
    "conversations.members",
    "usergroups.users.list",
    "api.test",
)

Body = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One request; `kind` is the local Slack's name for it."""

    name: str
    kind: str
    body: Body


@dataclass(frozen=True)
class Outsider:
    """A person without any rights. `fields` are in their user object; `claims` override the
    request's fields about teams; `unknown`: Slack doesn't know the id."""

    name: str
    fields: dict[str, Any]
    claims: str = ""  # the team that the request names, where it is another one
    unknown: bool = False


OUTSIDERS = (
    Outsider("guest of several channels", {"guest": "multi"}),
    Outsider("guest of one channel", {"guest": "single"}),
    Outsider("partner in Slack Connect", {"team": EVIL}, claims=EVIL),
    Outsider("partner whose request names our team", {"team": EVIL}),
    Outsider("deactivated member", {"deleted": True}),
    Outsider("bot user", {"is_bot": True}),
    Outsider("somebody Slack does not know", {}, unknown=True),
    Outsider("member of another workspace of the organization", {"teams": ["T0OTHER"]}),
    Outsider("member whose request names a team that nobody installed", {}, claims=EVIL),
)


def enter(slack: LocalSlack, kind: Outsider, places: list[str]) -> str:
    """Add this outsider to the workspace and to these channels; return their id."""
    id = "UODD"
    if not kind.unknown:
        told: Body = {"name": "odd", "real_name": "Odd", "display_name": "Odd"}
        told |= {"tz": "Europe/Paris", "locale": "fr-FR"} | kind.fields
        slack.people[id] = SlackUser(id, **told)
    for channel in places:
        if id not in slack.places[channel].members:
            slack.places[channel].members.append(id)
    return id


def every_request(
    slack: LocalSlack,
    user: str,
    team: str,
    channel: str,
    card: SlackMessage,
    refs: list[ButtonValue],
) -> Iterator[Sent]:
    """Every kind of event, command, click, form and shortcut that has a listener."""
    yield from _messages(slack, user, team, channel, card)
    for command, text in itertools.product(
        load_commands(), ("", "e-mail: our linen shirt is back")
    ):
        yield Sent(
            f"/{command} {text}".strip(),
            "slash_commands",
            _command(slack, user, team, channel, f"/{command}", text),
        )
    known = [
        *BUTTON_ACTIONS,
        *MODALS,
        action_ids.DOWNLOAD,
        action_ids.STAYED_OUT,
        action_ids.BRIEF_FORM,
        action_ids.OWN_TEXT,
    ]
    for action, ref in itertools.product(dict.fromkeys(known), refs):
        yield Sent(
            f"press {action}", "interactive", _press(slack, user, team, channel, card, action, ref)
        )
    for form, ref in itertools.product(SUBMISSION_HANDLERS, refs):
        yield Sent(f"send {form}", "interactive", _form(slack, user, team, channel, form, ref))
        closed = _form(slack, user, team, channel, form, ref) | {"type": "view_closed"}
        yield Sent(f"close {form}", "interactive", closed)
    for kind, name in (
        ("shortcut", "x"),
        ("message_action", "x"),
        ("message_action", action_ids.CHECK_TEXT),
        ("block_suggestion", "x"),
    ):
        body = _interaction(slack, kind, user, team) | {
            "callback_id": name,
            "channel": {"id": channel},
        }
        sent = body | {"message": {"ts": card.ts, "text": "x"}}
        yield Sent(f"{kind} {name}", "interactive", sent)
    for tab in ("home", "messages"):
        event = {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": tab}
        yield Sent(f"open {tab}", "events_api", _event(slack, team, event))


def _messages(
    slack: LocalSlack, user: str, team: str, channel: str, card: SlackMessage
) -> Iterator[Sent]:
    mention = f"<@{slack.bot_user}> our linen shirt is back"
    file = {"id": "F1", "name": "orders.csv", "size": 10}
    told: list[tuple[str, Body]] = [
        ("mention", {"type": "app_mention", "text": mention}),
        ("mention as a message", {"text": mention}),
        ("private mention", {"text": f"<@{slack.bot_user}> just for me: our linen shirt"}),
        ("file", {"text": mention, "files": [file], "subtype": "file_share"}),
        ("reply", {"text": "make it shorter", "thread_ts": card.ts}),
        ("reply with a question", {"text": "how much did we sell?", "thread_ts": card.ts}),
        (
            "file in a thread",
            {"text": "", "thread_ts": card.ts, "files": [file], "subtype": "file_share"},
        ),
        (
            "direct message",
            {
                "text": "e-mail: our linen shirt is back",
                "channel": f"D{user}",
                "channel_type": "im",
            },
        ),
        (
            "file in a direct message",
            {
                "text": "",
                "channel": f"D{user}",
                "files": [file],
                "channel_type": "im",
                "subtype": "file_share",
            },
        ),
    ]
    for name, more in told:
        yield Sent(name, "events_api", _message(slack, user, team, channel, more))
    before = _message(slack, user, team, channel, {"text": "hello"})["event"]
    after = before | {"text": mention, "edited": {"user": user, "ts": "9.9"}}
    change = {
        "type": "message",
        "channel": channel,
        "ts": "9.9",
        "hidden": True,
        "previous_message": before,
    }
    yield Sent(
        "edit",
        "events_api",
        _event(slack, team, change | {"subtype": "message_changed", "message": after}),
    )
    deleted = change | {"subtype": "message_deleted", "deleted_ts": before["ts"]}
    yield Sent("deletion", "events_api", _event(slack, team, deleted))


def _message(slack: LocalSlack, user: str, team: str, channel: str, more: Body) -> Body:
    ts = slack.ids.new_ts()
    event: Body = {"type": "message", "user": user, "ts": ts, "event_ts": ts, "channel": channel}
    event |= {"channel_type": "channel", "team": team} | more
    return _event(slack, team, event)


def _event(slack: LocalSlack, team: str, event: Body) -> Body:
    """Slack's envelope of an event; the event itself names its author."""
    whose = {"user_team": team, "source_team": team} if team != TEAM else {}
    return slack.build_event_callback(event | whose) | {"team_id": team}


def _command(
    slack: LocalSlack, user: str, team: str, channel: str, command: str, text: str
) -> Body:
    fields = slack.build_command(MARIE, slack.places[channel], command, text)
    return fields | {"user_id": user, "user_name": "odd", "team_id": team}


def _interaction(slack: LocalSlack, kind: str, user: str, team: str) -> Body:
    body = slack.build_interaction(kind, MARIE)
    whose = {"id": user, "username": "odd", "name": "odd", "team_id": team}
    return body | {"user": whose, "team": {"id": team, "domain": "odd"}}


def _press(
    slack: LocalSlack,
    user: str,
    team: str,
    channel: str,
    card: SlackMessage,
    action: str,
    ref: ButtonValue,
) -> Body:
    pressed = {
        "action_id": action,
        "block_id": "b",
        "type": "button",
        "value": ref.pack(),
        "action_ts": slack.ids.new_ts(),
    }
    container = {"type": "message", "message_ts": card.ts, "channel_id": channel}
    return _interaction(slack, "block_actions", user, team) | {
        "container": container,
        "channel": {"id": channel, "name": "x"},
        "message": {"ts": card.ts, "text": "x"},
        "actions": [pressed],
        "state": {"values": {}},
    }


def _form(
    slack: LocalSlack, user: str, team: str, channel: str, callback: str, ref: ButtonValue
) -> Body:
    typed = {"words": "our linen shirt", "reason": "because", "name": "weekly"}
    values = {k: {k: {"type": "plain_text_input", "value": v}} for k, v in typed.items()}
    blocks = [{"type": "input", "block_id": key, "element": {}} for key in typed]
    view = {
        "id": slack.ids.new_id("V"),
        "team_id": TEAM,
        "callback_id": callback,
        "type": "modal",
        "private_metadata": ref.pack(),
        "blocks": blocks,
        "state": {"values": values},
    }
    return _interaction(slack, "view_submission", user, team) | {"view": view}


async def send(slack: LocalSlack, sent: Sent) -> Any:
    """Deliver the request as Slack would, an event once; return the response."""
    if sent.kind == "events_api":
        delivery = slack.transport.send_event(sent.body)
        await slack.wait_for_deliveries()
        return delivery.attempts[-1]
    return await slack.transport.send_request(sent.kind, sent.body)


def counted(bench: Bench) -> dict[str, int]:
    """The number of rows in each table."""
    with bench.database.begin() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Row.metadata.tables.items()
        }


def traces(bench: Bench, user: str) -> tuple[Any, ...]:
    """Everything that a request could have left or obtained: rows, jobs, and calls to Slack."""
    return counted(bench), seen(bench, user)


def seen(bench: Bench, user: str) -> tuple[Any, ...]:
    """The same without the rows, which take long to count."""
    slack = bench.slack
    jobs: list[Job] = list(bench.jobs)
    did = [call.method for call in slack.calls if call.method not in READS]
    shown = [m.text for place in slack.places.values() for m in place.ephemerals]
    views = [view.id for stack in slack.modal_stacks.values() for view in stack]
    return [job.id for job in jobs], did, shown, views, slack.homes.get(user)
