"""The workspace a local Slack starts with: its people and its channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.playground.place import Place

TEAM = "T0SHOP"
TEAM_NAME = "Maison Ormelin"
ENTERPRISE = "E0ORMELIN"  # the organization, where somebody is in one
TEAM_DOMAIN = "maison-ormelin"
APP = "A0INTERN"
BOT = "B0INTERN"
BOT_USER = "UINTERN"
OTHER_BOT = "B0OTHER"


@dataclass
class Person:
    """Somebody in the workspace, or a bot's user. `name` is the handle.

    `guest` is "" for a full member, else "multi" or "single" (channels). `team` is another
    company's workspace, for somebody who is only in a shared channel. `teams` are the workspaces
    of the organization that they belong to, in Enterprise Grid.
    """

    id: str
    name: str
    real_name: str
    display_name: str
    tz: str
    locale: str
    is_bot: bool = False
    deleted: bool = False
    guest: str = ""
    team: str = ""
    teams: list[str] = field(default_factory=list)

    def as_slack(self, team: str, *, locale: bool = False) -> dict[str, Any]:
        """Slack's user object; no e-mail address, as without users:read.email."""
        offset = datetime.now(UTC).astimezone(ZoneInfo(self.tz)).utcoffset()
        user: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team or team,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": {
                "real_name": self.real_name,
                "real_name_normalized": self.real_name,
                "display_name": self.display_name,
                "display_name_normalized": self.display_name,
                "team": self.team or team,
            },
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": bool(self.guest),
            "is_ultra_restricted": self.guest == "single",
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1700000000,
        }
        if self.team:
            user["is_stranger"] = True
        if self.teams:
            user["enterprise_user"] = {
                "id": self.id,
                "enterprise_id": ENTERPRISE,
                "enterprise_name": TEAM_NAME,
                "is_admin": False,
                "is_owner": False,
                "teams": self.teams,
            }
        return user | {"locale": self.locale} if locale else user


def shop_people() -> dict[str, Person]:
    """Marie of marketing, Max who manages, Léa of legal, Otto from outside, and the intern."""
    people = [
        Person("UMARIE", "marie", "Marie Laurent", "Marie", "Europe/Paris", "fr-FR"),
        Person("UMAX", "max", "Max Weber", "Max", "America/New_York", "en-US"),
        Person("ULEA", "lea", "Léa Moreau", "Léa", "Europe/Paris", "fr-FR"),
        Person("UOTTO", "otto", "Otto Hill", "Otto", "Europe/London", "en-GB"),
        Person(
            BOT_USER, "superintern", "Super-Intern", "Super-Intern", "Europe/Paris", "en-US", True
        ),
    ]
    return {person.id: person for person in people}


def shop_places(people: Iterable[str]) -> dict[str, Place]:
    """#marketing and #launches with the bot in them, #random without it."""
    humans = [person for person in people if person != BOT_USER]
    places = [
        Place("C0MARKET", "marketing", members=[*humans, BOT_USER]),
        Place("C0LAUNCH", "launches", members=[*humans, BOT_USER]),
        Place("C0SECRET", "random", members=humans),
    ]
    return {place.id: place for place in places}
