"""Workspace operations that send the matching Slack events to the app."""

import secrets
from typing import Any

from bot.playground import payloads
from bot.playground.block_kit import View
from bot.playground.slack_objects import Place, SlackMessage
from bot.playground.transport import AppResponse, AppTransport, EventDelivery, SocketMode
from bot.playground.workspace import SlackWorkspace


class ConnectedWorkspace(SlackWorkspace):
    """A workspace that sends events to the app for the places where the app is a member."""

    def __init__(self, *, signing_secret: str, bot_token: str = "", app_token: str = "") -> None:
        super().__init__()
        self.signing_secret = signing_secret
        self.bot_token = bot_token or f"xoxb-{secrets.token_hex(12)}"
        self.app_token = app_token or f"xapp-{secrets.token_hex(12)}"
        self.installed = True
        self.sockets = SocketMode(self.ids, self.app)
        self.transport = AppTransport(signing_secret, self.faults, self.sockets)
        self.faults.on_drop_socket = self.sockets.drop_connections

    @property
    def deliveries(self) -> list[EventDelivery]:
        """Every event sent to the app, with its attempts."""
        return self.transport.deliveries

    def send_event(self, place: Place | None, event: dict[str, Any]) -> None:
        """Send an event to the app if the app is a member of the place."""
        if self.installed and (place is None or self.bot_user in place.members):
            self.transport.send_event(payloads.build_event_callback(self, event, place))

    def publish_message(self, place: Place, message: SlackMessage) -> SlackMessage:
        """Store a message and send its events: `message`, and for a mention also `app_mention`."""
        place.add(message)
        thread = message.thread_ts or message.ts
        for file in message.files:
            kind = "public" if place.kind == "channel" else "private"
            file.share(place.id, kind, message.ts, message.thread_ts)
        if message.bot_id == self.bot_id:
            self.set_status(place.id, thread, "")
        self.notify_change("message", place.id, message.ts)
        if self._is_mention(place, message):
            self.send_event(place, payloads.build_mention_event(self, place, message))
            if not self.faults.send_both_mention_events:
                return message
        self.send_event(place, payloads.build_message_event(self, place, message))
        return message

    def _is_mention(self, place: Place, message: SlackMessage) -> bool:
        is_named = any(f"<@{self.bot_user}{end}" in message.text for end in (">", "|"))
        return is_named and not place.is_direct and message.bot_id != self.bot_id

    def post_ephemeral(self, place: Place, message: SlackMessage) -> SlackMessage:
        """Store an ephemeral message. Slack sends no event for it."""
        place.ephemerals.append(message)
        self.notify_change("ephemeral", place.id, message.ts, message.ephemeral_to)
        return message

    def update_message(self, message: SlackMessage, by: str, **new: Any) -> SlackMessage:
        """Change fields of a message, keep the old version and send `message_changed`."""
        place = self.places[message.channel]
        before = message.as_slack(self.team_of(message.user), metadata=True)
        now = self.ids.new_ts()
        message.keep_version(now)
        for name, value in new.items():
            setattr(message, name, value)
        message.edited = {"user": by, "ts": now}
        self.notify_change("edit", place.id, message.ts)
        if message.ephemeral_to is None:
            self.send_event(
                place, payloads.build_change_event(self, place, message, before, "message_changed")
            )
        return message

    def delete_message(self, message: SlackMessage) -> None:
        """Delete a message and send the event.

        The first message of a thread leaves a tombstone, which Slack reports as
        message_changed."""
        place = self.places[message.channel]
        if message.ephemeral_to is not None:
            message.deleted = True
            place.ephemerals = [one for one in place.ephemerals if one is not message]
            self.notify_change("delete", place.id, message.ts)
            return
        before = message.as_slack(self.team_of(message.user), metadata=True)
        place.remove(message)
        self.notify_change("delete", place.id, message.ts)
        event_type = "message_changed" if message.subtype == "tombstone" else "message_deleted"
        self.send_event(
            place, payloads.build_change_event(self, place, message, before, event_type)
        )

    def build_bot_message(self, channel: str, text: str, **more: Any) -> SlackMessage:
        """Build a message of the app's bot without posting it."""
        return SlackMessage(
            self.ids.new_ts(),
            channel,
            self.bot_user,
            text,
            bot_id=self.bot_id,
            app_id=self.app,
            **more,
        )

    def show_slack_error(self, user: str, channel: str, words: str) -> None:
        """Show one person the error that Slack shows when the app did not answer."""
        notice = SlackMessage(
            self.ids.new_ts(), channel, "USLACKBOT", words, ephemeral_to=user, subtype="slack_error"
        )
        self.post_ephemeral(self.places[channel], notice)

    async def send_interaction(self, body: dict[str, Any]) -> AppResponse:
        """Send a click, a form or a shortcut to the app."""
        answer = await self.transport.send_request("interactive", body)
        self.notify_change("delivery")
        return answer

    def notify_view_change(self, view: View) -> None:
        """Notify the listeners that a view was opened, changed or closed."""
        self.notify_change("home" if view.kind == "home" else "view", user=view.user)
