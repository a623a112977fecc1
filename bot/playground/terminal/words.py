"""What people type, as Slack's composer would send it."""

import re
import unicodedata

from bot.playground.slack import LocalSlack

NAME = re.compile(r"(?<![\w@#/.])([@#])([\w.-]*\w)")
INTERN = {"intern", "super-intern", "superintern"}


def composed(typed: str, slack: LocalSlack) -> str:
    """Escaped, with `@intern`, `@max` and `#launches` as mentions where there are such."""
    plain = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def mention(found: re.Match[str]) -> str:
        sign, name = found[1], found[2]
        if sign == "#":
            channel = channel_named(name, slack)
            return f"<#{channel}|{slack.places[channel].name}>" if channel else found[0]
        person = person_named(name, slack)
        return f"<@{person}>" if person else found[0]

    return NAME.sub(mention, plain)


def person_named(name: str, slack: LocalSlack) -> str | None:
    """Somebody's id by what people call them, accents or not."""
    wanted = _bare(name.removeprefix("@"))
    if wanted in INTERN:
        return slack.bot_user
    for person in slack.people.values():
        if wanted in (_bare(person.name), _bare(person.display_name), _bare(person.real_name)):
            return person.id
    return None


def channel_named(name: str, slack: LocalSlack) -> str | None:
    """A channel's id by its name."""
    wanted = name.removeprefix("#").lower()
    found = (place.id for place in slack.places.values() if not place.is_direct)
    return next((id for id in found if slack.places[id].name == wanted), None)


def _bare(name: str) -> str:
    split = unicodedata.normalize("NFD", name.lower().strip())
    return "".join(letter for letter in split if not unicodedata.combining(letter))
