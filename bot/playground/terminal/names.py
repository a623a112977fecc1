"""Display names of people, places and times, and mentions in typed text."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from bot.text.normalize import strip_accents

PERSON_ROLES = {
    "UMARIE": "marketing",
    "UMAX": "manager",
    "ULEA": "legal",
    "UOTTO": "from outside",
}


@dataclass
class DisplayNames:
    """Display names for one person. `hide_time` omits the time of day, for stable script output."""

    slack: LocalSlack
    reader: str
    hide_time: bool = False
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def person(self, id: str | None) -> str:
        """Return a display name such as Marie."""
        person = self.slack.people.get(id or "")
        return person.display_name if person else (id or "Somebody")

    def author(self, message: SlackMessage) -> str:
        """Return a message's author; an app may set the name itself."""
        if message.user == "USLACKBOT":
            return "Slack"
        return message.username or self.person(message.user)

    def channel(self, id: str) -> str:
        """Return #marketing, or the members of a direct message."""
        place = self.slack.places.get(id)
        if place is None:
            return f"#{id}"
        if not place.is_direct:
            return f"#{place.name}"
        humans = [self.person(one) for one in place.members if one not in self.omitted_members]
        return f"direct message with {', '.join(humans) or 'Super-Intern'}"

    @property
    def omitted_members(self) -> set[str]:
        """The users that are omitted from the names of direct messages."""
        return {self.slack.bot_user, self.reader}

    def number(self, channel: str, ts: str) -> int:
        """Return a message's number on the screen; it is assigned at the first call."""
        return self.numbers.setdefault((channel, ts), len(self.numbers) + 1)

    def find_numbered(self, number: int) -> tuple[str, str] | None:
        """Return the channel and ts of the message with this number."""
        return next((key for key, one in self.numbers.items() if one == number), None)

    def format_moment(self, seconds: int) -> str:
        """Format a Unix time in the reader's time zone and locale."""
        person = self.slack.people[self.reader]
        zone, locale = ZoneInfo(person.tz), person.locale.replace("-", "_")
        at = datetime.fromtimestamp(seconds, zone)
        day = format_date(at, "medium", locale=locale)
        return day if self.hide_time else f"{day} {format_time(at, 'short', locale=locale)}"


# Typed text, converted like in Slack's composer.

NAME_PATTERN = re.compile(r"(?<![\w@#/.])([@#])([\w.-]*\w)")
INTERN_NAMES = {"intern", "super-intern", "superintern"}


def compose_text(typed: str, slack: LocalSlack) -> str:
    """Escape typed text and convert known names (`@intern`, `@max`, `#launches`) to mentions."""
    plain = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def mention(found: re.Match[str]) -> str:
        sign, name = found[1], found[2]
        if sign == "#":
            channel = find_channel(name, slack)
            return f"<#{channel}|{slack.places[channel].name}>" if channel else found[0]
        person = find_person(name, slack)
        return f"<@{person}>" if person else found[0]

    return NAME_PATTERN.sub(mention, plain)


def find_person(name: str, slack: LocalSlack) -> str | None:
    """Return a person's id by handle or name, ignoring accents and case."""
    wanted = _normalize_name(name.removeprefix("@"))
    if wanted in INTERN_NAMES:
        return slack.bot_user
    for person in slack.people.values():
        if wanted in (
            _normalize_name(person.name),
            _normalize_name(person.display_name),
            _normalize_name(person.real_name),
        ):
            return person.id
    return None


def find_channel(name: str, slack: LocalSlack) -> str | None:
    """Return a channel's id by its name."""
    wanted = name.removeprefix("#").lower()
    found = (place.id for place in slack.places.values() if not place.is_direct)
    return next((id for id in found if slack.places[id].name == wanted), None)


def _normalize_name(name: str) -> str:
    return strip_accents(name.lower().strip())
