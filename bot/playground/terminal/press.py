"""Pressing by number: the button is found again in the message, asked about, and pressed."""

import re
from typing import Any

from bot.playground.answer import Answer
from bot.playground.blocks import flat, own_elements
from bot.playground.slack import LocalSlack
from bot.playground.terminal.lines import Lines
from bot.playground.terminal.mrkdwn import from_object
from bot.playground.terminal.pressable import SEVERAL, Pressable, choices
from bot.playground.terminal.screen import Screen

NUMBERS = re.compile(r"\d+(?:\s+(?:\d{4}-\d\d-\d\d|\d\d:\d\d|\d+))*")
LABEL = re.compile(r"\[([^\[\]]+)\]")
YES = {"y", "yes", "o", "oui", "1"}


class Press:
    """One attempt to press something."""

    def __init__(self, slack: LocalSlack, screen: Screen, lines: Lines) -> None:
        self.slack, self.screen, self.lines = slack, screen, lines

    async def number(self, user: str, typed: str) -> None:
        """`3`, or `3 2` for the second choice of a menu."""
        first, *rest = typed.split()
        pressable = self.screen.pressables.drawn.get(int(first))
        if pressable is None:
            self.screen.say(f"There is nothing with the number {first}.")
        elif not self._in_sight(user, pressable):
            self.screen.say(f"{self.screen.names.person(user)} does not see that message.")
        elif (block := self._still_there(pressable)) is None:
            self.screen.say("That has changed since it was drawn. Here it is as it is now:")
            self.screen.draw_again(pressable.where.channel, pressable.where.ts)
        else:
            await self._press(user, pressable, block, rest)

    async def label(self, user: str, typed: str) -> None:
        """`[Approve]`: the button or choice of that name that was drawn last."""
        wanted = typed.strip("[] ").casefold()
        for number, pressable in sorted(self.screen.pressables.drawn.items(), reverse=True):
            if not self._in_sight(user, pressable) or self._still_there(pressable) is None:
                continue
            offered = [] if pressable.is_button else choices(pressable.element, self.slack)
            labels = [label.casefold() for label, _ in offered]
            if pressable.is_button and pressable.label.casefold() == wanted:
                return await self.number(user, str(number))
            if wanted in labels:
                return await self.number(user, f"{number} {labels.index(wanted) + 1}")
        self.screen.say(f"There is no {typed} here.")
        return None

    async def _press(
        self, user: str, pressable: Pressable, block: dict[str, Any], rest: list[str]
    ) -> None:
        chosen: Any = pressable.element.get("value")
        if not pressable.is_button:
            chosen = self._chosen(pressable, rest)
            if chosen is None:
                return
        if not await self._confirmed(pressable.element.get("confirm")):
            self.screen.say("Not pressed.")
            return
        answer = await self._click(user, pressable, block["block_id"], chosen)
        if pressable.where.view and not answer.ok:
            self.screen.say(f"Slack says: {answer.error}")

    async def _click(self, user: str, pressable: Pressable, block_id: str, chosen: Any) -> Answer:
        where, action = pressable.where, pressable.element["action_id"]
        if where.view:
            return await self.slack.click(
                user, action_id=action, block_id=block_id, value=chosen, view_id=where.view
            )
        return await self.slack.click(user, where.channel, where.ts, action, block_id, chosen)

    def _chosen(self, pressable: Pressable, rest: list[str]) -> Any:
        """What Slack is told was chosen; None when that is not clear, which is told."""
        element, number = pressable.element, pressable.number
        offered = choices(element, self.slack)
        if not offered and len(rest) == 1:
            return rest[0]
        several = element["type"] in SEVERAL or element["type"].startswith("multi_")
        picked = [int(one) for one in rest if one.isdecimal() and 1 <= int(one) <= len(offered)]
        if several and rest in (["0"], picked and rest):
            return [offered[one - 1][1] for one in picked]
        if len(picked) == len(rest) == 1:
            return offered[picked[0] - 1][1]
        lines = [f"  {number} {place} {label}" for place, (label, _) in enumerate(offered, 1)]
        self.screen.say("Choose one:", *lines or [f"  {number} 2026-12-01"])
        return None

    async def _confirmed(self, confirm: dict[str, Any] | None) -> bool:
        if confirm is None:
            return True
        names = self.screen.names
        title = from_object(confirm["title"], names)
        title.stylize("bold")
        self.screen.say(title, from_object(confirm["text"], names))
        yes, no = confirm["confirm"]["text"], confirm["deny"]["text"]
        answer = await self.lines.next(f"{yes} (y) / {no} (n): ")
        return (answer or "").strip().lower() in YES

    def _in_sight(self, user: str, pressable: Pressable) -> bool:
        where = pressable.where
        if where.view:
            view = self.slack.views.get(where.view)
            return view is not None and view.user == user
        place = self.slack.places[where.channel]
        message = place.find(where.ts)
        private = message is not None and message.ephemeral_to not in (None, user)
        return user in place.members and not private

    def _still_there(self, pressable: Pressable) -> dict[str, Any] | None:
        """The block that holds this very button now, whatever else has changed around it."""
        where = pressable.where
        if where.view:
            blocks = self.slack.views[where.view].blocks
        else:
            message = self.slack.places[where.channel].find(where.ts)
            blocks = [] if message is None or message.deleted else message.blocks
        for block in flat(blocks):
            if pressable.element in own_elements(block):
                return block
        return None
