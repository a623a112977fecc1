"""The client: who types, where, and what becomes of each line."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from rich.console import Console

from bot.playground.pending import Pending
from bot.playground.refusals import Impossible
from bot.playground.slack import LocalSlack
from bot.playground.terminal.calm import Calm
from bot.playground.terminal.form import Form
from bot.playground.terminal.lines import Lines
from bot.playground.terminal.names import Names
from bot.playground.terminal.press import LABEL, NUMBERS, Press
from bot.playground.terminal.screen import Screen
from bot.playground.terminal.verbs import Verbs
from bot.playground.terminal.words import composed

FIRST, PLACE = "UMARIE", "C0MARKET"
OFTEN = 0.25  # seconds between two looks at what has changed, for a person at a keyboard
MOST, LONGEST = 10.0, 60.0  # seconds, for a script
ALONE = ("/as", "/in", "/read", "/people", "/help", "/look")  # nobody else hears of these
AT_ONCE, SOON = 0.15, 2.5  # the same for a person


class Client(Verbs):
    """One person at a time before a local Slack, in a terminal.

    `commands` are the slash commands that the app has. A script sees each line's consequences
    before the next line is read: when nothing is `pending` and for `quiet` seconds nothing changed.
    """

    def __init__(
        self,
        slack: LocalSlack,
        lines: Lines,
        console: Console,
        commands: tuple[str, ...],
        *,
        quiet: float,
        pending: Pending | None = None,
    ) -> None:
        names = Names(slack, FIRST, steady=not lines.by_hand)
        screen = Screen(slack, console, names, PLACE, lines.aside)
        super().__init__(slack, screen, names)
        self.lines, self.commands, self.quiet, self.pending = lines, commands, quiet, pending
        self.press, self.calm = Press(slack, screen, lines), Calm(slack)

    async def run(self) -> None:
        """Until /quit, or the end of the lines."""
        drawing = asyncio.create_task(self._draw()) if self.lines.by_hand else None
        self.screen.look()
        self.screen.refresh()
        try:
            while (line := await self.lines.next(self.prompt(), empty=False)) is not None:
                if line.strip() in ("/quit", "/exit"):
                    return
                await self.obey(line.strip())
        finally:
            if drawing:
                drawing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await drawing
            self.screen.leave()
            self.calm.leave()

    async def obey(self, line: str) -> None:
        """One line, and what follows from it."""
        if line:
            await self._trying(lambda: self._do(line))
        if line.split(" ")[0] in ALONE:
            self.screen.refresh()
            return
        await self._settle()
        await self._forms()

    async def _trying(self, act: Callable[[], Awaitable[object]]) -> None:
        try:
            await act()
        except Impossible as reason:
            self.screen.say(f"That cannot be done: {reason}")

    async def _do(self, line: str) -> None:
        if NUMBERS.fullmatch(line):
            await self.press.number(self.user, line)
        elif LABEL.fullmatch(line):
            await self.press.label(self.user, line)
        elif line.startswith("/"):
            verb, _, rest = line[1:].partition(" ")
            await self._verb(verb.lower(), rest.strip())
        else:
            words = composed(line, self.slack)
            await self.slack.say(self.user, self.place, words, self.thread)

    async def _verb(self, verb: str, rest: str) -> None:
        own: dict[str, Callable[[str], Awaitable[None]]] = {
            "as": self.be,
            "in": self.go,
            "thread": self.reply,
            "file": self.drop,
            "read": self.read,
            "home": self.home,
            "look": self.look,
            "people": self.people,
            "wait": self._wait,
            "help": self.help,
        }
        if verb in own:
            await own[verb](rest)
        elif f"/{verb}" in self.commands:
            await self.slack.command(self.user, self.place, f"/{verb}", composed(rest, self.slack))
        else:
            self.screen.say(f"/{verb} is not a command. /help shows what there is.")

    async def _forms(self) -> None:
        """The modals that are open before this person, the top one first."""
        seen: set[tuple[str, str]] = set()
        while views := self.slack.open_views(self.user):
            view = views[-1]
            if (view.id, view.hash) in seen:
                return
            seen.add((view.id, view.hash))
            form = Form(self.slack, self.screen, self.lines, view)
            await self._trying(form.go_through)
            await self._settle()

    async def _settle(self) -> None:
        if self.lines.by_hand:
            await self.calm.settled(AT_ONCE, SOON)
            self.screen.refresh(patient=True)
            return
        if not await self.calm.settled(self.quiet, MOST, self._at_work):
            self.screen.note("Still at work. /wait waits longer.")
        self.screen.refresh()

    async def _wait(self, _: str) -> None:
        """Until nothing is under way any more; what takes too long is not waited for again."""
        if not await self.calm.settled(self.quiet, LONGEST, self._at_work):
            self.screen.note(f"Still at work after {LONGEST:g} seconds.")
            if self.pending:
                await self.pending.give_up()

    async def _at_work(self) -> bool:
        return self.screen.at_work() or bool(self.pending and await self.pending.any())

    async def _draw(self) -> None:
        while True:
            await asyncio.sleep(OFTEN)
            self.screen.refresh(patient=True)
