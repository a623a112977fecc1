"""Prompts: pressing buttons by number or label, and filling in modals line by line."""

import re
from typing import Any

from rich.text import Text

from bot.playground.block_kit import (
    VALUE_ELEMENTS,
    View,
    find_input_problem,
    is_empty_state,
    list_elements,
)
from bot.playground.errors import ImpossibleAction
from bot.playground.local_slack import LocalSlack
from bot.playground.terminal.block_rendering import (
    MULTI_CHOICE_TYPES,
    BlockRenderer,
    Control,
    ControlLocation,
    list_choices,
)
from bot.playground.terminal.console import LineReader, Screen
from bot.playground.terminal.text_rendering import QuoteBar, render_text_object
from bot.playground.transport import AppResponse

NUMBER_PATTERN = re.compile(r"\d+(?:\s+(?:\d{4}-\d\d-\d\d|\d\d:\d\d|\d+))*")
LABEL_PATTERN = re.compile(r"\[([^\[\]]+)\]")
YES_WORDS = {"y", "yes", "o", "oui", "1"}


class PressHandler:
    def __init__(self, slack: LocalSlack, screen: Screen, lines: LineReader) -> None:
        self.slack, self.screen, self.lines = slack, screen, lines

    async def press_number(self, user: str, typed: str) -> None:
        """Press `3`, or `3 2` for the second option of menu 3."""
        first, *rest = typed.split()
        control = self.screen.controls.drawn.get(int(first))
        if control is None:
            self.screen.show(f"There is nothing with the number {first}.")
        elif not self._can_see(user, control):
            self.screen.show(f"{self.screen.names.person(user)} does not see that message.")
        elif (block := self._find_current_block(control)) is None:
            self.screen.show("That has changed since it was drawn. Here it is as it is now:")
            self.screen.redraw(control.where.channel, control.where.ts)
        else:
            await self._press(user, control, block, rest)

    async def press_label(self, user: str, typed: str) -> None:
        """Press `[Approve]`: the button or option with this label that was drawn last."""
        wanted = typed.strip("[] ").casefold()
        for number, control in sorted(self.screen.controls.drawn.items(), reverse=True):
            if not self._can_see(user, control) or self._find_current_block(control) is None:
                continue
            offered = [] if control.is_button else list_choices(control.element, self.slack)
            labels = [label.casefold() for label, _ in offered]
            if control.is_button and control.label.casefold() == wanted:
                return await self.press_number(user, str(number))
            if wanted in labels:
                return await self.press_number(user, f"{number} {labels.index(wanted) + 1}")
        self.screen.show(f"There is no {typed} here.")
        return None

    async def _press(
        self, user: str, control: Control, block: dict[str, Any], rest: list[str]
    ) -> None:
        chosen: Any = control.element.get("value")
        if not control.is_button:
            chosen = self._read_choice(control, rest)
            if chosen is None:
                return
        if not await self._confirm(control.element.get("confirm")):
            self.screen.show("Not pressed.")
            return
        answer = await self._click(user, control, block["block_id"], chosen)
        if control.where.view and not answer.ok:
            self.screen.show(f"Slack says: {answer.error}")

    async def _click(self, user: str, control: Control, block_id: str, chosen: Any) -> AppResponse:
        where, action = control.where, control.element["action_id"]
        if where.view:
            return await self.slack.click(
                user, action_id=action, block_id=block_id, value=chosen, view_id=where.view
            )
        return await self.slack.click(user, where.channel, where.ts, action, block_id, chosen)

    def _read_choice(self, control: Control, rest: list[str]) -> Any:
        """Return the chosen value; if the choice is not clear, show the options and return None."""
        element, number = control.element, control.number
        offered = list_choices(element, self.slack)
        if not offered and len(rest) == 1:
            return rest[0]
        several = element["type"] in MULTI_CHOICE_TYPES or element["type"].startswith("multi_")
        picked = [int(one) for one in rest if one.isdecimal() and 1 <= int(one) <= len(offered)]
        if several and rest in (["0"], picked and rest):
            return [offered[one - 1][1] for one in picked]
        if len(picked) == len(rest) == 1:
            return offered[picked[0] - 1][1]
        lines = [f"  {number} {place} {label}" for place, (label, _) in enumerate(offered, 1)]
        self.screen.show("Choose one:", *lines or [f"  {number} 2026-12-01"])
        return None

    async def _confirm(self, confirm: dict[str, Any] | None) -> bool:
        if confirm is None:
            return True
        names = self.screen.names
        title = render_text_object(confirm["title"], names)
        title.stylize("bold")
        self.screen.show(title, render_text_object(confirm["text"], names))
        yes, no = confirm["confirm"]["text"], confirm["deny"]["text"]
        answer = await self.lines.read_line(f"{yes} (y) / {no} (n): ")
        return (answer or "").strip().lower() in YES_WORDS

    def _can_see(self, user: str, control: Control) -> bool:
        where = control.where
        if where.view:
            view = self.slack.views.get(where.view)
            return view is not None and view.user == user
        place = self.slack.places[where.channel]
        message = place.find(where.ts)
        private = message is not None and message.ephemeral_to not in (None, user)
        return user in place.members and not private

    def _find_current_block(self, control: Control) -> dict[str, Any] | None:
        """Return the block that contains the same element now, or None if it has changed."""
        where = control.where
        if where.view:
            blocks = self.slack.views[where.view].blocks
        else:
            message = self.slack.places[where.channel].find(where.ts)
            blocks = [] if message is None or message.deleted else message.blocks
        for block in blocks:
            if control.element in list_elements(block):
                return block
        return None


# A modal as a series of prompts.

CANCEL_COMMAND, CLEAR_COMMAND, END_LINE = "/cancel", "/clear", "."
Block = dict[str, Any]


class FormCancelled(Exception):
    """The person closed the form, or the input has ended."""


class FormPrompt:
    def __init__(self, slack: LocalSlack, screen: Screen, lines: LineReader, view: View) -> None:
        self.slack, self.screen, self.lines, self.view = slack, screen, lines, view

    async def fill_and_submit(self) -> None:
        """Show the modal, ask for each input and submit; ask again for refused inputs."""
        view, slack = self.view, self.slack
        self._show()
        if not view.source.get("submit"):
            slack.close(view.user, view.id)
            return
        try:
            await self._ask_until_sent()
        except FormCancelled:
            self.screen.show("The form is closed; nothing was sent.")
            if not view.closed:
                slack.close(view.user, view.id)

    async def _ask_until_sent(self) -> None:
        view, wanted, seen = self.view, self._inputs(), self.view.hash
        while True:
            for block in wanted:
                await self._ask(block)
            answer = await self._send()
            if not answer.errors and answer.ok:
                return
            wanted = [block for block in self._inputs() if block["block_id"] in answer.errors]
            self._show_errors(answer)
            if view.hash != seen:
                return
            if not wanted:
                await self._read_line("Enter tries again, /cancel closes: ")

    async def _send(self) -> AppResponse:
        """Submit the form; errors of Slack's client-side validation are returned likewise."""
        problems = {}
        for block in self._inputs():
            if problem := find_input_problem(block, self._state(block)):
                problems[block["block_id"]] = problem
        if problems:
            return AppResponse(0, 0.0, error="incomplete", errors=problems)
        return await self.slack.submit(self.view.user, self.view.id)

    def _show_errors(self, answer: AppResponse) -> None:
        for block in self._inputs():
            if words := answer.errors.get(block["block_id"]):
                self.screen.show(Text(f"! {block['label']['text']}: {words}", "bold red"))
        if self.view.trouble:
            self.screen.show(Text(f"! {self.view.trouble}", "bold red"))

    def _show(self) -> None:
        self.screen.title(self.view.title)
        where = ControlLocation(view=self.view.id)
        shown = [block for block in self.view.blocks if block["type"] != "input"]
        self.screen.show(*BlockRenderer(self.screen.names, self.screen.controls, where).draw(shown))

    def _inputs(self) -> list[Block]:
        return [block for block in self.view.blocks if block["type"] == "input"]

    def _state(self, block: Block) -> dict[str, Any]:
        return self.view.values[block["block_id"]][block["element"]["action_id"]]

    async def _ask(self, block: Block) -> None:
        """Ask for one input; an empty line keeps the present value."""
        element = block["element"]
        label = Text().append(block["label"]["text"], "bold")
        label.append(" (optional)" if block.get("optional") else "", "dim")
        if hint := (block.get("hint") or {}).get("text"):
            label.append(f" · {hint}", "dim")
        self.screen.show(label)
        while True:
            chosen = await self._read_answer(element, self._state(block))
            if chosen is KEEP_VALUE:
                return
            try:
                ids = block["block_id"], element["action_id"]
                self.slack.fill(self.view.user, self.view.id, {ids[0]: {ids[1]: chosen}})
                return
            except ImpossibleAction as fault:
                self.screen.show(Text(f"! {fault}", "bold red"))

    async def _read_answer(self, element: Block, state: dict[str, Any]) -> Any:
        kind = element["type"]
        offered = list_choices(element, self.slack)
        if offered or "options" in element:
            return await self._choose(element, offered, state)
        now = "" if is_empty_state(state) else str(state[VALUE_ELEMENTS[kind][0]])
        if element.get("multiline"):
            return await self._read_lines(now)
        line = await self._read_line(f"  [{now}] " if now else "  ")
        return None if line == CLEAR_COMMAND else line or KEEP_VALUE

    async def _read_lines(self, now: str) -> Any:
        """Read several lines, until a line with only a dot."""
        if now:
            self.screen.show(QuoteBar(Text(now)))
        keep = "Enter keeps it, " if now else ""
        self.screen.show(Text(f"  ({keep}a line with only a dot ends it)", "dim"))
        written: list[str] = []
        while (line := await self._read_line("  ")) != END_LINE:
            if line == CLEAR_COMMAND:
                return None
            if not line and not written:
                return KEEP_VALUE
            written.append(line)
        return "\n".join(written) or KEEP_VALUE

    async def _choose(
        self, element: Block, offered: list[tuple[str, Any]], state: dict[str, Any]
    ) -> Any:
        """Read the numbers of the chosen options; 0 for none."""
        several = element["type"] in MULTI_CHOICE_TYPES or element["type"].startswith("multi_")
        held = state[VALUE_ELEMENTS[element["type"]][0]] or []
        now = {
            one["value"] if isinstance(one, dict) else one
            for one in (held if isinstance(held, list) else [held])
        }
        for number, (label, value) in enumerate(offered, 1):
            self.screen.show(f"  {number} {label}{' ✓' if value in now else ''}")
        while line := await self._read_line("  number(s): " if several else "  number: "):
            picked = [int(one) for one in line.replace(",", " ").split() if one.isdecimal()]
            if line.split() == ["0"] or line == CLEAR_COMMAND:
                return [] if several else None
            if picked and all(1 <= one <= len(offered) for one in picked):
                values = [offered[one - 1][1] for one in picked]
                return values if several else values[0]
            self.screen.show(f"  From 1 to {len(offered)}, please; Enter leaves it as it is.")
        return KEEP_VALUE

    async def _read_line(self, prompt: str) -> str:
        line = await self.lines.read_line(prompt)
        if line is None or line.strip() == CANCEL_COMMAND:
            raise FormCancelled
        return line.rstrip()


KEEP_VALUE = object()
