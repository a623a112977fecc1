"""An audience as a file: for which platform, of how many people, made from which rule."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.words import Words


class Platform(BaseModel):
    """Where an audience can be taken. `ads` asks for the consent to be matched; else the rule's own
    purpose counts. It knows people `by` their addresses or the team's own ids. `least` people are
    needed there, and `note` says how the file is made."""

    model_config = ConfigDict(frozen=True)
    title: Words | str  # a name that all languages share is no sentence
    ads: bool = True
    by: Literal["address", "id"] = "address"
    least: int | None = None
    note: Words

    @property
    def hashed(self) -> bool:
        return self.ads and self.by == "address"


PLATFORMS: Mapping[str, Platform] = {
    "google": Platform(
        title=Words("Google Ads (Customer Match)"),
        note=Words("E-mail and phone as SHA-256, the country as it is. Everybody in it agreed to "
                   "both of Google's consents."),
    ),
    "meta": Platform(
        title=Words("Meta (Custom Audience)"),
        note=Words("E-mail and phone as SHA-256. Never name the audience after health or wealth."),
    ),
    "amazon": Platform(
        title="Amazon Ads", least=2_000, note=Words("E-mail as SHA-256."),
    ),
    "criteo": Platform(
        title="Criteo (SHA-256)", least=501, note=Words("One column: e-mail as SHA-256."),
    ),
    "criteo-md5": Platform(
        title="Criteo (MD5)", least=501, note=Words("One column: e-mail as MD5."),
    ),
    "criteo-ids": Platform(
        title=Words("Criteo on-site retail media (customer ids)"), by="id",
        note=Words("One column: your own customer ids, as your files write them."),
    ),
    "ids": Platform(
        title=Words("Your own tool (customer ids)"), ads=False, by="id",
        note=Words("One column: your own customer ids, as your files write them."),
    ),
    "plain": Platform(
        title=Words("Your own tool (addresses in clear)"), ads=False,
        note=Words("The addresses are readable: delete the file once it is uploaded."),
    ),
}  # fmt: skip

HASHED = Words(
    "A hash is still personal data: keep it where only those who need it can look, and take out "
    "who withdraws."
)
READABLE = Words(
    "This is personal data: keep it where only those who need it can look, and take out who "
    "withdraws."
)


class Exported(BaseModel):
    """The file and what is told of it. `rule` is the SHA-256 of the rule's JSON, `fitting` how many
    agreed, `people` how many of them have an address and are in the file."""

    model_config = ConfigDict(frozen=True)
    platform: str
    rule: str
    fitting: int
    people: int
    content: bytes

    @property
    def name(self) -> str:
        return f"audience-{self.platform}.csv"

    @property
    def said(self) -> list[Words]:
        """What whoever asked for it must know."""
        platform = PLATFORMS[self.platform]
        lines = [
            Words.count("{n} person, for: {platform}. {note}",
                        "{n} people, for: {platform}. {note}", self.people,
                        platform=platform.title, note=platform.note),
            HASHED if platform.hashed else READABLE,
        ]  # fmt: skip
        if self.people < self.fitting:
            gone = self.fitting - self.people
            lines.append(_without(platform, gone))
        if platform.least and self.people < platform.least:
            lines.append(
                Words("Too few for {platform}: it asks for at least {n} people.",
                      platform=platform.title, n=platform.least)
            )  # fmt: skip
        return lines


def _without(platform: Platform, gone: int) -> Words:
    if platform.by == "id":
        return Words.count(
            "{n} more agreed, but has no id that fits this file.",
            "{n} more agreed, but have no id that fits this file.", gone)  # fmt: skip
    return Words.count(
        "{n} more agreed, but has no address that fits this file.",
        "{n} more agreed, but have no address that fits this file.", gone)  # fmt: skip
