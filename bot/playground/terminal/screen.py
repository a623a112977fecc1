"""What one person sees, printed: new messages, and cards again when they have changed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.text import Text

from bot.playground.message import Message
from bot.playground.slack import LocalSlack
from bot.playground.terminal import card
from bot.playground.terminal.names import Names
from bot.playground.terminal.pressable import Pressables
from bot.playground.workspace import Change

Key = tuple[str, str]  # channel, ts
OF_MESSAGES = ("message", "edit", "delete", "ephemeral")
LATEST = 6


class Screen:
    """`place` is where the reader is; their direct message with the intern is seen beside it."""

    def __init__(
        self,
        slack: LocalSlack,
        console: Console,
        names: Names,
        place: str,
        aside: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self.slack, self.console, self.names, self.place = slack, console, names, place
        self.pressables = Pressables()
        self.aside = aside  # keeps what is being typed whole
        self.waiting: dict[Key, None] = {}  # changed, and not drawn since
        self._drawn: dict[Key, str] = {}
        self._told: set[str] = set()
        self._messages: dict[Key, Message] = {}
        self.leave = slack.listen(self._note)

    def say(self, *lines: RenderableType | str) -> None:
        """The client's own words, or something drawn."""
        with self.aside():
            for line in lines:
                self.console.print(Text(line) if isinstance(line, str) else line)

    def title(self, words: str) -> None:
        """A line across the screen."""
        self.say(Rule(words, align="left", style="dim"))

    def note(self, words: str) -> None:
        """Something that happened around the conversation."""
        self.say(Text(f"* {words}", "italic magenta"))

    def refresh(self, *, patient: bool = False) -> None:
        """Draws what has changed. With `patient`, a card at work takes one line at most."""
        seen = sorted((key for key in self.waiting if self._seen(key)), key=lambda key: key[1])
        for key in seen:
            del self.waiting[key]
            if message := self._find(key):
                self._draw(key, message, patient=patient)
        self._tell_of_others()

    def look(self, *, again: bool = False) -> None:
        """Takes in the place: its latest messages that were not drawn yet; `again`, all of them."""
        place = self.slack.places[self.place]
        latest = list(place.by_ts)[-LATEST:] + [one.ts for one in place.ephemerals[-LATEST:]]
        for ts in latest:
            if again:
                self._drawn.pop((self.place, ts), None)
            if (self.place, ts) not in self._drawn:
                self.waiting[(self.place, ts)] = None
        self._told.discard(self.place)

    def draw_again(self, channel: str, ts: str) -> None:
        """A message as it is now, whether it has changed or not."""
        self._drawn.pop((channel, ts), None)
        if message := self._find((channel, ts)):
            self._draw((channel, ts), message, patient=False)

    def at_work(self) -> bool:
        """Whether some card that the reader sees says that it will change."""
        keys = [key for key in {**self.waiting, **self._drawn} if self._seen(key)]
        return any(card.is_working(one) for key in keys if (one := self._find(key)))

    def _note(self, change: Change) -> None:
        if change.kind in OF_MESSAGES and change.channel and change.ts:
            key = (change.channel, change.ts)
            if message := self.slack.places[change.channel].find(change.ts):
                self._messages[key] = message
            self.waiting[key] = None

    def _find(self, key: Key) -> Message | None:
        return self.slack.places[key[0]].find(key[1]) or self._messages.get(key)

    def _seen(self, key: Key) -> bool:
        reader, message = self.names.reader, self._find(key)
        if message is None or message.ephemeral_to not in (None, reader):
            return False
        place = self.slack.places[key[0]]
        return reader in place.members and (place.kind == "im" or place.id == self.place)

    def _draw(self, key: Key, message: Message, *, patient: bool) -> None:
        before = self._drawn.get(key)
        if message.deleted and before is None:
            return
        drawn = card.body(message, self.names, self.pressables)
        with self.console.capture() as capture:
            self.console.print(drawn)
        self._drawn[key] = capture.get()
        if self._drawn[key] == before:
            return
        if patient and before is not None and card.is_working(message):
            number = self.names.number(*key)
            line = card.in_one_line(message, self.names)
            self.say(Text().append(f"({number}) … ", "dim").append_text(line))
            return
        elsewhere = message.channel != self.place
        top = card.head(message, self.names, elsewhere=elsewhere, again=before is not None)
        if words := card.in_line(message, self.names):
            self.say(top.append(": ").append_text(words))
        else:
            self.say(top, drawn)

    def _tell_of_others(self) -> None:
        """That something happened in a channel where the reader is not looking."""
        reader = self.names.reader
        for channel, ts in self.waiting:
            place = self.slack.places[channel]
            quiet = place.is_direct or reader not in place.members or channel in self._told
            message = self._find((channel, ts))
            if quiet or channel == self.place or message is None or message.ephemeral_to:
                continue
            self._told.add(channel)
            self.note(f"New in #{place.name}. To see it: /in #{place.name}")
