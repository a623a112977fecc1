"""What people do in a local Slack: write, edit, delete, press buttons and use commands.

It includes Slack's own offer to invite an app that is mentioned where it is not a member. Slack
sends no event for such a mention, so it tells the author that no answer will come.
"""

from collections.abc import Iterable
from typing import Any

from bot.i18n.messages import Words, parse_language
from bot.playground.block_kit import (
    STATEFUL_ELEMENTS,
    ElementValues,
    View,
    assign_ids,
    build_element_state,
    build_rich_text,
    check_message_blocks,
    collect_initial_values,
    list_elements,
)
from bot.playground.errors import ApiRefusal, ImpossibleAction
from bot.playground.slack_objects import Place, SlackMessage, SlackUser, StoredFile
from bot.playground.transport import AppResponse
from bot.playground.workspace import SlackWorkspace

SLACK_BOT_USER = "USLACKBOT"
INVITE_ACTION = "slack_invite"


def offer_invitation(slack: SlackWorkspace, place: Place, message: SlackMessage) -> None:
    """Offer the author an invitation if the message mentions the bot where it is not a member."""
    named = f"<@{slack.bot_user}>" in message.text
    if not named or place.is_direct or slack.bot_user in place.members or not message.user:
        return
    words = Words(
        "{who} isn't in {place}, so it can't see this message. Invite it, and mention it again.",
        who=f"<@{slack.bot_user}>",
        place=f"<#{place.id}>",
    )
    language = parse_language(slack.people[message.user].locale)
    press = Words("Invite to the channel").to(language)
    button = {
        "type": "button",
        "action_id": INVITE_ACTION,
        "text": {"type": "plain_text", "text": press},
        "style": "primary",
    }
    _post_notice(slack, place, message.user, words, message.thread_ts, button)


def accept_invitation(slack: SlackWorkspace, user: str, message: SlackMessage) -> AppResponse:
    """Invite the bot and replace the offer by the result."""
    slack.delete_message(message)
    invite_bot(slack, user, slack.places[message.channel], message.thread_ts)
    return AppResponse(200, 0.0)


def invite_bot(
    slack: SlackWorkspace, user: str, place: Place, thread_ts: str | None = None
) -> None:
    """Make the bot a member of the channel and confirm it to the person."""
    who, available = f"<@{slack.bot_user}>", f"<#{place.id}>"
    if slack.bot_user in place.members:
        words = Words("{who} is in {place} already.", who=who, place=available)
    else:
        place.members.append(slack.bot_user)
        slack.notify_change("place", place.id)
        words = Words("{who} is in {place} now. Mention it again.", who=who, place=available)
    _post_notice(slack, place, user, words, thread_ts)


def _post_notice(
    slack: SlackWorkspace,
    place: Place,
    user: str,
    words: Words,
    thread_ts: str | None,
    *buttons: dict[str, Any],
) -> None:
    text = words.to(parse_language(slack.people[user].locale))
    content = {"type": "section", "block_id": "said", "text": {"type": "mrkdwn", "text": text}}
    row = {"type": "actions", "block_id": "invite", "elements": list(buttons)}
    notice = SlackMessage(
        slack.ids.new_ts(),
        place.id,
        SLACK_BOT_USER,
        text,
        blocks=[content, row] if buttons else [content],
        thread_ts=thread_ts,
        ephemeral_to=user,
        subtype="slack_notice",
    )
    slack.post_ephemeral(place, notice)


# Messages, edits and deletions of people and other bots.

Upload = tuple[str, bytes]


class MessageActions(SlackWorkspace):
    """The actions of people who write, and of administrators."""

    async def post_message(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Iterable[Upload] = (),
    ) -> SlackMessage:
        """Post a person's message; the app gets the event where it is a member."""
        place = self._find_writable_place(user, channel)
        if thread_ts is not None:
            if thread_ts not in place.by_ts:
                raise ImpossibleAction(f"there is no message {thread_ts} in {channel} to reply to")
            thread_ts = place.by_ts[thread_ts].thread_ts or thread_ts
        stored = [self.upload(user, name, content) for name, content in files]
        message = SlackMessage(
            self.ids.new_ts(),
            channel,
            user,
            text,
            blocks=[build_rich_text(text, self.ids.new_id("")[-5:])] if text else [],
            thread_ts=thread_ts,
            subtype="file_share" if stored else None,
            files=stored,
        )
        posted = self.publish_message(place, message)
        offer_invitation(self, place, message)
        return posted

    async def edit(self, user: str, channel: str, ts: str, text: str) -> SlackMessage:
        """Edit a person's own message."""
        message = self._find_own_message(user, channel, ts)
        return self.update_message(
            message, user, text=text, blocks=[build_rich_text(text, self.ids.new_id("")[-5:])]
        )

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete a person's own message."""
        self.delete_message(self._find_own_message(user, channel, ts))

    async def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app as a person: its Home tab, or its messages (tab="messages")."""
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.open_direct_message(user),
            "tab": tab,
            "event_ts": self.ids.new_ts(),
        }
        if tab == "home" and (view := self.homes.get(user)):
            event["view"] = view.as_slack(self.team, self.app, self.bot_id)
        self.send_event(None, event)

    async def set_locale(self, user: str, locale: str) -> None:
        """Set the locale in a person's preferences, such as "fr-FR" (event user_change)."""
        person = self.people[user]
        if person.locale == locale:
            return
        person.locale = locale
        self.send_user_change(person)

    def send_user_change(self, person: SlackUser) -> None:
        """Send the event user_change with the person as they are now."""
        shown = person.as_slack(self.team, locale=True)
        self.send_event(None, {"type": "user_change", "user": shown, "event_ts": self.ids.new_ts()})

    def upload(self, user: str, name: str, content: bytes) -> StoredFile:
        """Store a file without sharing it yet."""
        ts = self.ids.new_ts()
        file = StoredFile(
            self.ids.new_id("F"),
            name,
            name,
            user,
            len(content),
            self.base_url,
            int(float(ts)),
            content,
            complete=True,
        )
        self.files[file.id] = file
        return file

    def _find_writable_place(self, user: str, channel: str) -> Place:
        place = self.places.get(channel)
        if place is None or user not in place.members or place.archived:
            raise ImpossibleAction(f"{user} cannot write in {channel}")
        return place

    def _find_own_message(self, user: str, channel: str, ts: str) -> SlackMessage:
        message = self._find_writable_place(user, channel).by_ts.get(ts)
        if message is None or message.user != user:
            raise ImpossibleAction(f"{user} wrote no message {ts} in {channel}")
        return message


# Commands, buttons, menus and shortcuts.

BlockElement = tuple[dict[str, Any], dict[str, Any]]


class PressActions(SlackWorkspace):
    """The actions of people who use commands, buttons, menus and shortcuts."""

    async def command(self, user: str, channel: str, command: str, text: str = "") -> AppResponse:
        """Run a slash command and show the message in the app's acknowledgement."""
        place = self.places[channel]
        fields = self.build_command(user, place, command, text)
        answer = await self.transport.send_request("slash_commands", fields)
        if answer.error:
            self.show_slack_error(
                user, channel, f'{command} failed with the error "{answer.error}"'
            )
        else:
            self._show_response(answer.body, user, channel, command)
        self.notify_change("delivery")
        return answer

    async def click(
        self,
        user: str,
        channel: str = "",
        ts: str = "",
        action_id: str = "",
        block_id: str | None = None,
        value: Any = None,
        *,
        view_id: str | None = None,
    ) -> AppResponse:
        """Press a button or choose in a menu, in a message or (with view_id) in a view.

        `value` selects one of several buttons with the same action_id, or an option of a menu.
        """
        if view_id is not None:
            return await self._click_in_view(user, self.views[view_id], action_id, block_id, value)
        message = self.places[channel].find(ts)
        if message is None or message.deleted or message.ephemeral_to not in (None, user):
            raise ImpossibleAction(f"{user} sees no message {ts} in {channel}")
        block, element = _find_element(message.blocks, user, action_id, block_id, value)
        if message.user == SLACK_BOT_USER:  # whose buttons Slack itself handles
            return accept_invitation(self, user, message)
        state = self.states.setdefault((ts, user), collect_initial_values(message.blocks))
        action = self._build_action(block, element, value, state)
        body = self.build_interaction("block_actions", user) | self._build_message_context(message)
        body |= {
            "response_url": self.unused_response_url,
            "state": {"values": state},
            "actions": [action],
        }
        answer = await self.send_interaction(body)
        if answer.error:
            self.show_slack_error(user, channel, f"{action_id}: {answer.error}")
        return answer

    async def _click_in_view(
        self, user: str, view: View, action_id: str, block_id: str | None, chosen: Any
    ) -> AppResponse:
        if view.user != user:
            raise ImpossibleAction(f"{user} does not see view {view.id}")
        block, element = _find_element(view.blocks, user, action_id, block_id, chosen)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise ImpossibleAction(f"{action_id} reports nothing before the form is sent")
        action = self._build_action(block, element, chosen, view.values)
        body = self.build_interaction("block_actions", user)
        body |= {
            "container": {"type": "view", "view_id": view.id},
            "view": self.build_view_payload(view),
            "actions": [action],
        }
        answer = await self.send_interaction(body)
        view.trouble = answer.error
        return answer

    def _build_message_context(self, message: SlackMessage) -> dict[str, Any]:
        place = self.places[message.channel]
        container: dict[str, Any] = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        name = "directmessage" if place.kind == "im" else place.name
        context = {"container": container, "channel": {"id": place.id, "name": name}}
        if message.ephemeral_to is None:
            context["message"] = message.as_slack(self.team)
        return context

    def _build_action(
        self, block: dict[str, Any], element: dict[str, Any], chosen: Any, state: ElementValues
    ) -> dict[str, Any]:
        ids = {"action_id": element["action_id"], "block_id": block["block_id"]}
        action = ids | _build_action_value(element, chosen) | {"action_ts": self.ids.new_ts()}
        if element["type"] in STATEFUL_ELEMENTS:
            now = build_element_state(element, chosen)
            state.setdefault(ids["block_id"], {})[ids["action_id"]] = now
        return action

    def _show_response(self, body: Any, user: str, channel: str, command: str) -> None:
        content = {"text": body} if isinstance(body, str) else body
        if not isinstance(content, dict) or not (content.get("text") or content.get("blocks")):
            return
        blocks = content.get("blocks") or []
        try:
            check_message_blocks(blocks)
        except ApiRefusal:
            words = f'{command} failed with the error "invalid_command_response"'
            self.show_slack_error(user, channel, words)
            return
        message = self.build_bot_message(
            channel, content.get("text", ""), blocks=assign_ids(blocks, self.ids)
        )
        if content.get("response_type") == "in_channel":
            self.publish_message(self.places[channel], message)
        else:
            message.ephemeral_to = user
            self.post_ephemeral(self.places[channel], message)


def _find_element(
    blocks: list[dict[str, Any]], user: str, action_id: str, block_id: str | None, chosen: Any
) -> BlockElement:
    """Return the matching block and element.

    Raises ImpossibleAction if none matches, none is visible to the person, or several match."""
    candidates = [(block, one) for block in blocks for one in list_elements(block)]
    found = [
        (block, one)
        for block, one in candidates
        if one["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if not found:
        available = [(block["block_id"], one["action_id"]) for block, one in candidates]
        raise ImpossibleAction(f"nothing has action_id {action_id!r}; there are {available}")
    visible = [one for one in found if user in one[1].get("visible_to_user_ids", [user])]
    if not visible:
        raise ImpossibleAction(f"{action_id} is not visible to {user}")
    if len(visible) > 1 and chosen is not None:
        visible = [one for one in visible if one[1].get("value") == chosen] or visible
    if len(visible) > 1:
        raise ImpossibleAction(f"{action_id} is in several blocks: say which by block_id or value")
    return visible[0]


def _build_action_value(element: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """Return the fields of an action that depend on its element's type and value."""
    kind = element["type"]
    if kind == "button":
        field_names = ("type", "text", "value", "style", "url")
        return {name: element[name] for name in field_names if name in element}
    held = {"placeholder": element["placeholder"]} if "placeholder" in element else {}
    return build_element_state(element, chosen) | held
