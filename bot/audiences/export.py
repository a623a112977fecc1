"""An audience as a file: for which platform, of how many people, made from which rule."""

import hashlib
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.i18n.messages import Words, quoted


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
        note=Words(
            "E-mail and phone as SHA-256, the country as it is. Everybody in it agreed to "
            "both of Google's consents."
        ),
    ),
    "meta": Platform(
        title=Words("Meta (Custom Audience)"),
        note=Words("E-mail and phone as SHA-256. Never name the audience after health or wealth."),
    ),
    "amazon": Platform(
        title="Amazon Ads",
        least=2_000,
        note=Words("E-mail as SHA-256."),
    ),
    "criteo": Platform(
        title="Criteo (SHA-256)",
        least=501,
        note=Words("One column: e-mail as SHA-256."),
    ),
    "criteo-md5": Platform(
        title="Criteo (MD5)",
        least=501,
        note=Words("One column: e-mail as MD5."),
    ),
    "criteo-ids": Platform(
        title=Words("Criteo on-site retail media (customer ids)"),
        by="id",
        note=Words("One column: your own customer ids, as your files write them."),
    ),
    "ids": Platform(
        title=Words("Your own tool (customer ids)"),
        ads=False,
        by="id",
        note=Words("One column: your own customer ids, as your files write them."),
    ),
    "plain": Platform(
        title=Words("Your own tool (addresses in clear)"),
        ads=False,
        note=Words("The addresses are readable: delete the file once it is uploaded."),
    ),
}

HASHED = Words(
    "A hash is still personal data: keep it where only those who need it can look, and take out "
    "who withdraws."
)
READABLE = Words(
    "This is personal data: keep it where only those who need it can look, and take out who "
    "withdraws."
)


# What was done to a column before it left, as "Email: …" goes on.
Made = Literal["email", "gmail", "email-md5", "phone", "phone-plus", "clear"]
MADE: Mapping[Made, Words] = {
    "email": Words("SHA-256 of the address, trimmed and in lower case"),
    "gmail": Words(
        "SHA-256 of the address, trimmed and in lower case, a Gmail address without its dots"
    ),
    "email-md5": Words("MD5 of the address, trimmed and in lower case"),
    "phone": Words("SHA-256 of the number: its digits with the country code, without +"),
    "phone-plus": Words("SHA-256 of the number with its country code and +"),
    "clear": Words("not hashed"),
}


class Column(BaseModel):
    """A column of the file, how it was made, and in how many of its rows something stands."""

    model_config = ConfigDict(frozen=True)
    name: str
    made: Made
    filled: int


class Exported(BaseModel):
    """The file and what is told of it. `rule` is the SHA-256 of the rule's JSON, `fitting` how many
    agreed, `people` how many of them have an address and are in the file."""

    model_config = ConfigDict(frozen=True)
    platform: str
    rule: str
    fitting: int
    people: int
    content: bytes
    columns: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        return f"audience-{self.platform}.csv"

    @property
    def said(self) -> list[Words]:
        """What whoever asked for it must know."""
        platform = PLATFORMS[self.platform]
        lines = [
            Words.count(
                "{n} person, for: {platform}. {note}",
                "{n} people, for: {platform}. {note}",
                self.people,
                platform=platform.title,
                note=platform.note,
            ),
            HASHED if platform.hashed else READABLE,
        ]
        if self.people < self.fitting:
            gone = self.fitting - self.people
            lines.append(_without(platform, gone))
        if platform.least and self.people < platform.least:
            lines.append(
                Words(
                    "Too few for {platform}: it asks for at least {n} people.",
                    platform=platform.title,
                    n=platform.least,
                )
            )
        return lines


class ExportNote(BaseModel):
    """What a receipt says of such a file: all but whose addresses are in it. `approved` is the
    fingerprint of the words in which the rule was approved."""

    model_config = ConfigDict(frozen=True)
    audience: str
    code: str
    platform: str
    people: int
    columns: tuple[Column, ...]
    bytes: int
    sha256: str
    rule: str
    approved: str
    by: str

    @classmethod
    def of(
        cls, made: Exported, *, audience: str, code: str, approved: str, by: str
    ) -> "ExportNote":
        return cls(
            audience=audience,
            code=code,
            platform=made.platform,
            people=made.people,
            columns=made.columns,
            bytes=len(made.content),
            sha256=hashlib.sha256(made.content).hexdigest(),
            rule=made.rule,
            approved=approved,
            by=by,
        )

    @classmethod
    def read(cls, sent: str) -> "ExportNote | None":
        """As it stands on a receipt; None when that is of something else."""
        try:
            return cls.model_validate_json(sent)
        except ValidationError:
            return None

    @property
    def stored(self) -> str:
        return self.model_dump_json(indent=1)

    @property
    def title(self) -> Words:
        platform = PLATFORMS.get(self.platform)
        return Words.count(
            "{audience}: {n} person, for {platform}",
            "{audience}: {n} people, for {platform}",
            self.people,
            audience=quoted(self.audience),
            platform=platform.title if platform else self.platform,
        )

    @property
    def said(self) -> list[Words]:
        """A line each: what is in the file, and by what it is known again."""
        return [
            *(_column(one) for one in self.columns),
            Words(
                "The file: {bytes} bytes, SHA-256 {sha256}", bytes=self.bytes, sha256=self.sha256
            ),
            Words("The rule: {code}, SHA-256 {sha256}", code=self.code, sha256=self.rule),
            Words("Approved under the fingerprint {fingerprint}", fingerprint=self.approved),
        ]


def _column(one: Column) -> Words:
    return Words.count(
        "{name}: {made}, in {n} row",
        "{name}: {made}, in {n} rows",
        one.filled,
        name=one.name,
        made=MADE[one.made],
    )


def _without(platform: Platform, gone: int) -> Words:
    if platform.by == "id":
        return Words.count(
            "{n} more agreed, but has no id that fits this file.",
            "{n} more agreed, but have no id that fits this file.",
            gone,
        )
    return Words.count(
        "{n} more agreed, but has no address that fits this file.",
        "{n} more agreed, but have no address that fits this file.",
        gone,
    )
