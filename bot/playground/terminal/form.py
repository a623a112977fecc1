"""A modal as questions in a terminal, one input after the other."""

from typing import Any

from rich.text import Text

from bot.playground.answer import Answer
from bot.playground.blocks import flat
from bot.playground.fields import ALL, is_empty, problem_of
from bot.playground.refusals import Impossible
from bot.playground.slack import LocalSlack
from bot.playground.terminal.bar import Bar
from bot.playground.terminal.blocks import Drawing
from bot.playground.terminal.lines import Lines
from bot.playground.terminal.pressable import SEVERAL, Where, choices
from bot.playground.terminal.screen import Screen
from bot.playground.view import View

CANCEL, CLEAR, END = "/cancel", "/clear", "."
Block = dict[str, Any]


class Cancelled(Exception):
    """The person closed the form, or there are no more lines."""


class Form:
    """One modal before one person."""

    def __init__(self, slack: LocalSlack, screen: Screen, lines: Lines, view: View) -> None:
        self.slack, self.screen, self.lines, self.view = slack, screen, lines, view

    async def go_through(self) -> None:
        """Shows it, asks for each input, sends it; what is refused is asked again."""
        view, slack = self.view, self.slack
        self._show()
        if not view.source.get("submit"):
            await slack.close(view.user, view.id)
            return
        try:
            await self._until_sent()
        except Cancelled:
            self.screen.say("The form is closed; nothing was sent.")
            if not view.closed:
                await slack.close(view.user, view.id)

    async def _until_sent(self) -> None:
        view, wanted, seen = self.view, self._inputs(), self.view.hash
        while True:
            for block in wanted:
                await self._ask(block)
            answer = await self._send()
            if not answer.errors and answer.ok:
                return
            wanted = [block for block in self._inputs() if block["block_id"] in answer.errors]
            self._tell(answer)
            if view.hash != seen:
                return
            if not wanted:
                await self._next("Enter tries again, /cancel closes: ")

    async def _send(self) -> Answer:
        """Sends what was filled in; what Slack's own client refuses comes as errors too."""
        problems = {}
        for block in self._inputs():
            if problem := problem_of(block, self._state(block)):
                problems[block["block_id"]] = problem
        if problems:
            return Answer(0, 0.0, error="incomplete", errors=problems)
        return await self.slack.submit(self.view.user, self.view.id)

    def _tell(self, answer: Answer) -> None:
        for block in self._inputs():
            if words := answer.errors.get(block["block_id"]):
                self.screen.say(Text(f"! {block['label']['text']}: {words}", "bold red"))
        if self.view.trouble:
            self.screen.say(Text(f"! {self.view.trouble}", "bold red"))

    def _show(self) -> None:
        self.screen.title(self.view.title)
        where = Where(view=self.view.id)
        shown = [block for block in self.view.blocks if block["type"] != "input"]
        self.screen.say(*Drawing(self.screen.names, self.screen.pressables, where).draw(shown))

    def _inputs(self) -> list[Block]:
        return [block for block in flat(self.view.blocks) if block["type"] == "input"]

    def _state(self, block: Block) -> dict[str, Any]:
        return self.view.values[block["block_id"]][block["element"]["action_id"]]

    async def _ask(self, block: Block) -> None:
        """One input: an empty line keeps what is there."""
        element = block["element"]
        label = Text().append(block["label"]["text"], "bold")
        label.append(" (optional)" if block.get("optional") else "", "dim")
        if hint := (block.get("hint") or {}).get("text"):
            label.append(f" · {hint}", "dim")
        self.screen.say(label)
        while True:
            chosen = await self._answer(element, self._state(block))
            if chosen is KEEP:
                return
            try:
                ids = block["block_id"], element["action_id"]
                self.slack.fill(self.view.user, self.view.id, {ids[0]: {ids[1]: chosen}})
                return
            except Impossible as fault:
                self.screen.say(Text(f"! {fault}", "bold red"))

    async def _answer(self, element: Block, state: dict[str, Any]) -> Any:
        kind = element["type"]
        offered = choices(element, self.slack)
        if kind == "rich_text_input" or kind == "file_input":
            self.screen.say("(This kind of field cannot be filled in here.)")
            return KEEP
        if offered or "options" in element:
            return await self._choose(element, offered, state)
        now = "" if is_empty(state) else str(state[ALL[kind][0]])
        if element.get("multiline"):
            return await self._write(now)
        line = await self._next(f"  [{now}] " if now else "  ")
        return None if line == CLEAR else line or KEEP

    async def _write(self, now: str) -> Any:
        """Several lines, ended by a dot on a line of its own."""
        if now:
            self.screen.say(Bar(Text(now)))
        keep = "Enter keeps it, " if now else ""
        self.screen.say(Text(f"  ({keep}a line with only a dot ends it)", "dim"))
        written: list[str] = []
        while (line := await self._next("  ")) != END:
            if line == CLEAR:
                return None
            if not line and not written:
                return KEEP
            written.append(line)
        return "\n".join(written) or KEEP

    async def _choose(
        self, element: Block, offered: list[tuple[str, Any]], state: dict[str, Any]
    ) -> Any:
        """By number; several where several may be chosen, 0 for none."""
        several = element["type"] in SEVERAL or element["type"].startswith("multi_")
        held = state[ALL[element["type"]][0]] or []
        now = {
            one["value"] if isinstance(one, dict) else one
            for one in (held if isinstance(held, list) else [held])
        }
        for number, (label, value) in enumerate(offered, 1):
            self.screen.say(f"  {number} {label}{' ✓' if value in now else ''}")
        while line := await self._next("  number(s): " if several else "  number: "):
            picked = [int(one) for one in line.replace(",", " ").split() if one.isdecimal()]
            if line.split() == ["0"] or line == CLEAR:
                return [] if several else None
            if picked and all(1 <= one <= len(offered) for one in picked):
                values = [offered[one - 1][1] for one in picked]
                return values if several else values[0]
            self.screen.say(f"  From 1 to {len(offered)}, please; Enter leaves it as it is.")
        return KEEP

    async def _next(self, prompt: str) -> str:
        line = await self.lines.next(prompt)
        if line is None or line.strip() == CANCEL:
            raise Cancelled
        return line.rstrip()


KEEP = object()
