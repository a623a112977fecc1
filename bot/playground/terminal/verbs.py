"""The client's own verbs: being somebody, going somewhere, replying, dropping a file."""

import asyncio
from pathlib import Path

from bot.playground.slack import LocalSlack
from bot.playground.terminal.blocks import Drawing
from bot.playground.terminal.names import ROLES, Names
from bot.playground.terminal.pressable import Where
from bot.playground.terminal.screen import Screen
from bot.playground.terminal.words import channel_named, composed, person_named

HELP = """\
Type words to write them here; @intern in them asks the intern. Then also:
  /draft WORDS     have something drafted; /draft alone opens a form
  3                press button 3; 3 2 takes the second choice of menu 3; [Edit] goes by name
  /as NAME         be somebody else: marie, max, lea, otto
  /in PLACE        go to #marketing, #launches, #random, or dm (you and the intern)
  /thread 2 WORDS  reply in the thread of message (2); /thread 2 stays there, /thread leaves
  /file PATH       drop a file into the conversation; words may follow
  /read 4          show the files of message (4)
  /home            the intern's Home tab
  /look            draw the latest messages here again
  /people          who there is
  /quit            end; what was said is kept"""
MOST_READ = 20_000


class Verbs:
    """Who types, and where."""

    def __init__(self, slack: LocalSlack, screen: Screen, names: Names) -> None:
        self.slack, self.screen, self.names = slack, screen, names
        self.thread: str | None = None

    @property
    def user(self) -> str:
        """Who is typing."""
        return self.names.reader

    @property
    def place(self) -> str:
        """Where."""
        return self.screen.place

    def prompt(self) -> str:
        """`Marie #marketing> `."""
        direct = self.slack.places[self.place].is_direct
        where = "dm" if direct else self.names.channel(self.place)
        if self.thread:
            where += f" ({self.names.number(self.place, self.thread)})"
        return f"{self.names.person(self.user)} {where}> "

    async def be(self, name: str) -> None:
        """Be somebody else; a direct message becomes theirs."""
        person = person_named(name, self.slack)
        if person is None or self.slack.people[person].is_bot:
            self.screen.say(f"There is no {name or 'such person'}. /people shows who there is.")
            return
        direct = self.slack.places[self.place].is_direct
        self.names.reader, self.thread = person, None
        if direct:
            self.screen.place = self.slack.dm(person)
        self.screen.say(f"You are now {self._introduced(person)}.")

    async def go(self, name: str) -> None:
        """Go to a channel, or to one's direct message with the intern."""
        direct = name.lower().removeprefix("@") in ("dm", "intern", "super-intern")
        place = self.slack.dm(self.user) if direct else channel_named(name, self.slack)
        if place is None:
            there = ", ".join(f"#{p.name}" for p in self.slack.places.values() if not p.is_direct)
            self.screen.say(f"There is no {name or 'such place'}. There are: {there} and dm.")
            return
        self.screen.place, self.thread = place, None
        self.screen.look()

    async def reply(self, rest: str) -> None:
        """Reply under a message by its number."""
        number, _, words = rest.partition(" ")
        if not number:
            self.thread = None
            return
        found = self._message(number)
        if found is None:
            return
        place = self.slack.places[found[0]]
        message = place.by_ts.get(found[1])
        if message is None:
            self.screen.say("One cannot reply to that message.")
            return
        thread = message.thread_ts or message.ts
        if words.strip():
            await self.slack.say(self.user, place.id, composed(words.strip(), self.slack), thread)
        elif place.id == self.place:
            self.thread = thread
        else:
            self.screen.say(f"That message is elsewhere: {self.names.channel(place.id)}.")

    async def drop(self, rest: str) -> None:
        """A file from this machine; a path with spaces goes in quotes."""
        quote = rest[:1] if rest[:1] in ("'", '"') else ""
        name, _, words = rest[len(quote) :].partition(quote or " ")
        try:
            path, content = await asyncio.to_thread(_opened, name)
        except OSError as fault:
            self.screen.say(f"{name or 'No file'} cannot be read: {fault.strerror or fault}")
            return
        said = composed(words.strip(), self.slack)
        files = [(path.name, content)]
        await self.slack.say(self.user, self.place, said, self.thread, files)

    async def read(self, number: str) -> None:
        """The files of a message, as far as they are text."""
        found = self._message(number)
        message = self.slack.places[found[0]].find(found[1]) if found else None
        if found and not (message and message.files):
            self.screen.say("That message has no files.")
        for file in message.files if message else []:
            self.screen.title(file.name)
            text = (file.content or b"")[:MOST_READ].decode("utf-8", errors="replace")
            self.screen.say(*text.rstrip("\n").split("\n"))

    async def home(self, _: str) -> None:
        """The intern's Home tab, as it comes a moment later."""
        await self.slack.open_home(self.user)
        await self.slack.settled()
        view = None
        for _try in range(100):
            if view := self.slack.home(self.user):
                break
            await asyncio.sleep(0.02)
        if view is None:
            self.screen.say("The Home tab is empty.")
            return
        await asyncio.sleep(0.2)  # a tab from before is being renewed
        self.screen.title("Home")
        where = Where(view=view.id)
        drawing = Drawing(self.names, self.screen.pressables, where)
        self.screen.say(*drawing.draw(view.blocks))

    async def look(self, _: str) -> None:
        """The latest messages here, drawn anew."""
        self.screen.look(again=True)

    async def people(self, _: str) -> None:
        """Who there is, and what they are."""
        for person in self.slack.people.values():
            if not person.is_bot:
                you = " (you)" if person.id == self.user else ""
                self.screen.say(f"  /as {person.name:<6} {self._introduced(person.id)}{you}")

    async def help(self, _: str) -> None:
        """What can be typed."""
        self.screen.say(*HELP.split("\n"))

    def _introduced(self, id: str) -> str:
        person = self.slack.people[id]
        return f"{person.real_name}, {ROLES.get(id, 'a colleague')}"

    def _message(self, number: str) -> tuple[str, str] | None:
        """A message by its number, where the person may see it; else that is told."""
        number = number.strip(" ()")
        found = self.names.numbered(int(number)) if number.strip("()").isdecimal() else None
        if found is None or self.user not in self.slack.places[found[0]].members:
            self.screen.say(f"There is no message ({number or '…'}).")
            return None
        return found


def _opened(name: str) -> tuple[Path, bytes]:
    path = Path(name).expanduser()
    return path, path.read_bytes()
