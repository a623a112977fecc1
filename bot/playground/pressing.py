"""What people press: commands, buttons, menus, shortcuts."""

from typing import Any

from bot.playground import events, inviting
from bot.playground.answer import Answer
from bot.playground.blocks import check_message_blocks, flat, named, own_elements
from bot.playground.board import Board
from bot.playground.fields import STATEFUL, Values, filled, starting_values
from bot.playground.message import Message
from bot.playground.refusals import Impossible, Refused
from bot.playground.view import View

Found = tuple[dict[str, Any], dict[str, Any]]
PRESSED_WITH_VALUE = ("button", "icon_button", "workflow_button")


class Pressing(Board):
    """The verbs of people who press things."""

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Answer:
        """A slash command; what the app says in its acknowledgement is shown."""
        place = self.places[channel]
        fields = events.command_fields(self, user, place, command, text)
        answer = await self.courier.ask("slash_commands", fields)
        if answer.error:
            self.refuse_to(user, channel, f'{command} failed with the error "{answer.error}"')
        else:
            self._show(answer.body, user, channel, command)
        self.changed("delivery")
        return answer

    async def click(
        self,
        user: str,
        channel: str = "",
        ts: str = "",
        action_id: str = "",
        block_id: str | None = None,
        value: Any = None,
        selected_option: Any = None,
        *,
        view_id: str | None = None,
    ) -> Answer:
        """Presses a button or chooses in a menu, in a message or (view_id) in a view.

        `value` picks between several buttons of one action_id, says which feedback button
        ("positive", "negative"), or is what was chosen; selected_option means the same.
        """
        chosen = value if selected_option is None else selected_option
        if view_id is not None:
            return await self._click_in_view(user, self.views[view_id], action_id, block_id, chosen)
        message = self.places[channel].find(ts)
        if message is None or message.deleted or message.ephemeral_to not in (None, user):
            raise Impossible(f"{user} sees no message {ts} in {channel}")
        block, element = _find(message.blocks, user, action_id, block_id, chosen)
        if inviting.is_offer(message):
            return inviting.accept(self, user, message)
        state = self.states.setdefault((ts, user), starting_values(message.blocks))
        action = self._action(block, element, chosen, state)
        body = events.interaction(self, "block_actions", user) | self._around(message)
        body |= {
            "response_url": events.new_response_url(
                self, user, channel, message, message.thread_ts
            ),
            "state": {"values": state},
            "actions": [action],
        }
        answer = await self.interact(body)
        if answer.error:
            self.refuse_to(user, channel, f"{action_id}: {answer.error}")
        return answer

    async def shortcut(self, user: str, callback_id: str, message: Message | None = None) -> Answer:
        """A global shortcut, or with `message` one from that message's menu."""
        kind = "message_action" if message else "shortcut"
        body = events.interaction(self, kind, user)
        body |= {"callback_id": callback_id, "action_ts": self.stamps.ts()}
        if message:
            place = self.places[message.channel]
            body |= {
                "message": message.as_slack(self.team),
                "message_ts": message.ts,
                "channel": {"id": place.id, "name": place.name},
                "response_url": events.new_response_url(self, user, place.id, message),
            }
        return await self.interact(body)

    async def _click_in_view(
        self, user: str, view: View, action_id: str, block_id: str | None, chosen: Any
    ) -> Answer:
        if view.user != user:
            raise Impossible(f"{user} does not see view {view.id}")
        block, element = _find(view.blocks, user, action_id, block_id, chosen)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise Impossible(f"{action_id} reports nothing before the form is sent")
        action = self._action(block, element, chosen, view.values)
        body = events.interaction(self, "block_actions", user, view.id)
        body |= {
            "container": {"type": "view", "view_id": view.id},
            "view": events.view_of(self, view),
            "actions": [action],
        }
        answer = await self.interact(body)
        view.trouble = answer.error
        return answer

    def _around(self, message: Message) -> dict[str, Any]:
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
        around = {"container": container, "channel": {"id": place.id, "name": name}}
        if message.ephemeral_to is None:
            around["message"] = message.as_slack(self.team)
        return around

    def _action(
        self, block: dict[str, Any], element: dict[str, Any], chosen: Any, state: Values
    ) -> dict[str, Any]:
        ids = {"action_id": element["action_id"], "block_id": block["block_id"]}
        action = ids | _reported(element, chosen) | {"action_ts": self.stamps.ts()}
        if element["type"] in STATEFUL:
            now = filled(element, chosen)
            state.setdefault(ids["block_id"], {})[ids["action_id"]] = now
        return action

    def _show(self, body: Any, user: str, channel: str, command: str) -> None:
        said = {"text": body} if isinstance(body, str) else body
        if not isinstance(said, dict) or not (said.get("text") or said.get("blocks")):
            return
        blocks = said.get("blocks") or []
        try:
            check_message_blocks(blocks)
        except Refused:
            words = f'{command} failed with the error "invalid_command_response"'
            self.refuse_to(user, channel, words)
            return
        message = self.own_message(channel, said.get("text", ""), blocks=named(blocks, self.stamps))
        if said.get("response_type") == "in_channel":
            self.post(self.places[channel], message)
        else:
            message.ephemeral_to = user
            self.whisper(self.places[channel], message)


def _find(
    blocks: list[dict[str, Any]], user: str, action_id: str, block_id: str | None, chosen: Any
) -> Found:
    """The one element that is meant; Impossible when there is none, or none that is visible."""
    everything = [(block, one) for block in flat(blocks) for one in own_elements(block)]
    found = [
        (block, one)
        for block, one in everything
        if one["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if not found:
        there = [(block["block_id"], one["action_id"]) for block, one in everything]
        raise Impossible(f"nothing has action_id {action_id!r}; there are {there}")
    seen = [one for one in found if user in one[1].get("visible_to_user_ids", [user])]
    if not seen:
        raise Impossible(f"{action_id} is not visible to {user}")
    if len(seen) > 1 and chosen is not None:
        seen = [one for one in seen if one[1].get("value") == chosen] or seen
    if len(seen) > 1:
        raise Impossible(f"{action_id} stands in several blocks: say which by block_id or value")
    return seen[0]


def _reported(element: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """What an action says of its element, beside the ids."""
    kind = element["type"]
    if kind in PRESSED_WITH_VALUE:
        kept = ("type", "text", "value", "style", "url")
        return {name: element[name] for name in kept if name in element}
    if kind == "feedback_buttons":
        sides = {"positive": element["positive_button"], "negative": element["negative_button"]}
        for name, side in sides.items():
            if chosen in (name, side["value"]):
                return {"type": kind, "value": side["value"], "text": side["text"]}
        raise Impossible(f"feedback is positive or negative, not {chosen!r}")
    held = {"placeholder": element["placeholder"]} if "placeholder" in element else {}
    return filled(element, chosen) | held
