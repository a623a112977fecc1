"""What people, administrators, other apps and Slack itself do in a local Slack, for tests alone."""

from typing import Any

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from bot.playground.transport import AppResponse
from tests.support.socket_mode import SocketSlack


async def post_bot_message(slack: LocalSlack, bot_id: str, channel: str, text: str) -> SlackMessage:
    """Post a message of another app."""
    ts = slack.ids.new_ts()
    fields: dict[str, Any] = {"bot_id": bot_id, "username": "other", "subtype": "bot_message"}
    message = SlackMessage(ts, channel, None, text, **fields)
    return slack.publish_message(slack.places[channel], message)


async def update_profile(slack: LocalSlack, user: str, **new: Any) -> None:
    """Change fields of a person, such as guest="multi" or deleted=True (event user_change)."""
    person = slack.people[user]
    for name, value in new.items():
        setattr(person, name, value)
    slack.send_user_change(person)


async def share_channel(slack: LocalSlack, channel: str, team: str) -> None:
    """Share a channel with another company's workspace (event channel_shared)."""
    place = slack.places[channel]
    place.shared_with.append(team)
    place.invited = [one for one in place.invited if one != team]
    event = {"type": "channel_shared", "connected_team_id": team, "channel": channel}
    slack.send_event(place, event | {"event_ts": slack.ids.new_ts()})


async def press_stop(slack: LocalSlack, user: str, channel: str, thread_ts: str) -> None:
    """Press Stop in a thread (event agent_session_stopped)."""
    event = {"type": "agent_session_stopped", "channel": channel, "user": user}
    event |= {"thread_ts": thread_ts, "event_ts": slack.ids.new_ts()}
    slack.send_event(None, event | {"streaming_message_ts": []})


async def uninstall(slack: LocalSlack) -> None:
    """Uninstall the app as an administrator: send the events and make its tokens invalid."""
    tokens = {"bot": [slack.bot_user], "oauth": []}
    slack.send_event(None, {"type": "tokens_revoked", "tokens": tokens})
    slack.send_event(None, {"type": "app_uninstalled"})
    slack.installed = False


async def run_shortcut(
    slack: LocalSlack, user: str, callback_id: str, message: SlackMessage | None = None
) -> AppResponse:
    """Run a global shortcut, or a message shortcut if `message` is given."""
    body = slack.build_interaction("message_action" if message else "shortcut", user)
    body |= {"callback_id": callback_id, "action_ts": slack.ids.new_ts()}
    if message:
        place = slack.places[message.channel]
        body |= {
            "message": message.as_slack(slack.team),
            "message_ts": message.ts,
            "channel": {"id": place.id, "name": place.name},
            "response_url": slack.unused_response_url,
        }
    return await slack.send_interaction(body)


async def request_disconnect(slack: SocketSlack) -> None:
    """Send `disconnect` on every connection, as Slack does before it restarts a server."""
    frame = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}
    for connection in list(slack.sockets.connections):
        await connection.socket.send_json(frame)
