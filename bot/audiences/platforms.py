"""Addresses as advertising platforms ask for them: normalised, hashed, as CSV; or plain ids.

Sources, checked 2026-11-24: Google Ads help, "About the Customer Match process" (trim, lower case,
dots before @gmail.com and @googlemail.com removed; phones in E.164 with +; country not hashed);
Meta, "Customer list custom audiences" (phone: digits with the country code, no +, no leading
noughts); Criteo, "Contact list audiences" (one column, MD5 or SHA-256). All as lower-case hex of
the UTF-8 bytes.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.i18n.messages import Words, quote_name
from bot.text.escape import strip_hidden
from bot.text.normalize import normalize_text

# An audience as a file: for which platform, of how many people, made from which rule.


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

HASHED_NOTICE = Words(
    "A hash is still personal data: keep it where only those who need it can look, and take out "
    "who withdraws."
)
READABLE_NOTICE = Words(
    "This is personal data: keep it where only those who need it can look, and take out who "
    "withdraws."
)


# What was done to a column before it left, as "Email: …" goes on.
ColumnFormat = Literal["email", "gmail", "email-md5", "phone", "phone-plus", "clear"]
COLUMN_FORMATS: Mapping[ColumnFormat, Words] = {
    "email": Words("SHA-256 of the address, trimmed and in lower case"),
    "gmail": Words(
        "SHA-256 of the address, trimmed and in lower case, a Gmail address without its dots"
    ),
    "email-md5": Words("MD5 of the address, trimmed and in lower case"),
    "phone": Words("SHA-256 of the number: its digits with the country code, without +"),
    "phone-plus": Words("SHA-256 of the number with its country code and +"),
    "clear": Words("not hashed"),
}


class ExportColumn(BaseModel):
    """A column of the file, how it was made, and in how many of its rows something stands."""

    model_config = ConfigDict(frozen=True)
    name: str
    made: ColumnFormat
    filled: int


class AudienceExport(BaseModel):
    """The file and what is told of it. `rule` is the SHA-256 of the rule's JSON, `fitting` how many
    agreed, `people` how many of them have an address and are in the file."""

    model_config = ConfigDict(frozen=True)
    platform: str
    rule: str
    fitting: int
    people: int
    content: bytes
    columns: tuple[ExportColumn, ...] = ()

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
            HASHED_NOTICE if platform.hashed else READABLE_NOTICE,
        ]
        if self.people < self.fitting:
            gone = self.fitting - self.people
            lines.append(_explain_left_out(platform, gone))
        if platform.least and self.people < platform.least:
            lines.append(
                Words(
                    "Too few for {platform}: it asks for at least {n} people.",
                    platform=platform.title,
                    n=platform.least,
                )
            )
        return lines


class ExportReceipt(BaseModel):
    """What a receipt says of such a file: all but whose addresses are in it. `approved` is the
    fingerprint of the words in which the rule was approved."""

    model_config = ConfigDict(frozen=True)
    audience: str
    code: str
    platform: str
    people: int
    columns: tuple[ExportColumn, ...]
    bytes: int
    sha256: str
    rule: str
    approved: str
    by: str

    @classmethod
    def of(
        cls, made: AudienceExport, *, audience: str, code: str, approved: str, by: str
    ) -> "ExportReceipt":
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
    def read(cls, sent: str) -> "ExportReceipt | None":
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
            audience=quote_name(self.audience),
            platform=platform.title if platform else self.platform,
        )

    @property
    def said(self) -> list[Words]:
        """A line each: what is in the file, and by what it is known again."""
        return [
            *(_describe_column(one) for one in self.columns),
            Words(
                "The file: {bytes} bytes, SHA-256 {sha256}", bytes=self.bytes, sha256=self.sha256
            ),
            Words("The rule: {code}, SHA-256 {sha256}", code=self.code, sha256=self.rule),
            Words("Approved under the fingerprint {fingerprint}", fingerprint=self.approved),
        ]


def _describe_column(one: ExportColumn) -> Words:
    return Words.count(
        "{name}: {made}, in {n} row",
        "{name}: {made}, in {n} rows",
        one.filled,
        name=one.name,
        made=COLUMN_FORMATS[one.made],
    )


def _explain_left_out(platform: Platform, gone: int) -> Words:
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


GMAIL_DOMAINS = ("gmail.com", "googlemail.com")
# Country → its ISO code, and what stands before a national number in place of its leading nought.
DIALLING_CODES = {
    "FR": ("33", "france"),
    "BE": ("32", "belgique", "belgium", "belgie"),
    "CH": ("41", "suisse", "switzerland", "schweiz"),
    "LU": ("352", "luxembourg"),
    "DE": ("49", "allemagne", "germany", "deutschland"),
    "AT": ("43", "autriche", "austria"),
    "GB": ("44", "united kingdom", "royaume-uni", "uk", "great britain", "angleterre", "england"),
    "IE": ("353", "irlande", "ireland", "eire"),
    "NL": ("31", "pays-bas", "netherlands"),
    "ES": ("34", "espagne", "spain", "espana"),
    "IT": ("39", "italie", "italy", "italia"),
    "PT": ("351", "portugal"),
    "US": ("1", "united states", "etats-unis", "usa"),
    "CA": ("1", "canada"),
    "BR": ("55", "bresil", "brazil", "brasil"),
}
KEEPS_LEADING_ZERO = ("IT",)  # Italy's numbers keep theirs after +39
NO_LEADING_ZERO = ("ES", "PT", "LU", "US", "CA")  # national numbers have none before them
# What begins with another sign is an address that hardly anybody has, and a spreadsheet's formula.
EMAIL_PATTERN = re.compile(r"\w[^@\s,;<>\"]*@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")

# The same of an id; one with an @ is an address.
ID_PATTERN = re.compile(r"[\w#][^@\x00-\x1f]*")


@dataclass(frozen=True)
class AudienceMember:
    """One of the audience, opened: what is known of them, or None."""

    email: str | None
    phone: str | None
    country: str | None
    id: str | None = None  # as the team's own files write it


def build_rows(platform: str, people: Iterable[AudienceMember]) -> Iterator[tuple[str, ...]]:
    """The file's rows, without those of whom the platform gets nothing. No two are the same."""
    seen: set[tuple[str, ...]] = set()
    for person in people:
        row = ROW_BUILDERS[platform](person)
        if any(row[: MATCH_COLUMN_COUNT[platform]]) and row not in seen:
            seen.add(row)
            yield row


def encode_csv(platform: str, lines: Sequence[tuple[str, ...]]) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180)."""
    written = io.StringIO()
    out = csv.writer(written)
    if platform not in HEADERLESS_PLATFORMS:
        out.writerow([name for name, _ in FILE_COLUMNS[platform]])
    out.writerows(lines)
    return written.getvalue().encode()


def describe_columns(platform: str, lines: Sequence[tuple[str, ...]]) -> tuple[ExportColumn, ...]:
    """What is in these rows, column by column."""
    return tuple(
        ExportColumn(name=name, made=made, filled=sum(bool(line[at]) for line in lines))
        for at, (name, made) in enumerate(FILE_COLUMNS[platform])
    )


def normalize_email(email: str | None) -> str:
    """Trimmed, lower case; empty for what is no address."""
    found = strip_hidden(email or "").strip().lower()
    return found if EMAIL_PATTERN.fullmatch(found) else ""


def normalize_id(id: str | None) -> str:
    """As the team writes it, trimmed; empty for what is an address or no id."""
    found = strip_hidden(id or "").strip()
    return found if ID_PATTERN.fullmatch(found) else ""


def normalize_google_email(email: str | None) -> str:
    """`plain_email`, without the dots that Gmail does not count."""
    name, at, domain = normalize_email(email).partition("@")
    return (name.replace(".", "") if domain in GMAIL_DOMAINS else name) + at + domain


def normalize_phone(number: str | None, country: str | None) -> str:
    """E.164 with its +, or empty when the country can't be known."""
    typed = re.sub(r"\(0\)", "", number or "")
    digits = re.sub(r"\D", "", typed)
    if typed.strip().startswith("+"):
        whole = digits
    elif digits.startswith("00"):
        whole = digits[2:]
    elif (code := find_country_code(country)) and digits:
        trunk = code not in (*KEEPS_LEADING_ZERO, *NO_LEADING_ZERO)
        whole = DIALLING_CODES[code][0] + (digits.removeprefix("0") if trunk else digits)
    else:
        return ""
    return f"+{whole}" if 8 <= len(whole) <= 15 and not whole.startswith("0") else ""


def find_country_code(country: str | None) -> str:
    """The country's two letters; empty when it is none that we know."""
    said = normalize_text(country or "").strip()
    if said.upper() in DIALLING_CODES:
        return said.upper()
    return next((code for code, names in DIALLING_CODES.items() if said in names[1:]), "")


def hash_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def hash_md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() if text else ""


def _build_google_row(person: AudienceMember) -> tuple[str, ...]:
    number = normalize_phone(person.phone, person.country)
    return (
        hash_sha256(normalize_google_email(person.email)),
        hash_sha256(number),
        find_country_code(person.country),
    )


def _build_meta_row(person: AudienceMember) -> tuple[str, ...]:
    number = normalize_phone(person.phone, person.country).removeprefix("+")
    return hash_sha256(normalize_email(person.email)), hash_sha256(number)


ROW_BUILDERS: dict[str, Callable[[AudienceMember], tuple[str, ...]]] = {
    "google": _build_google_row,
    "meta": _build_meta_row,
    "amazon": lambda person: (hash_sha256(normalize_email(person.email)),),
    "criteo": lambda person: (hash_sha256(normalize_email(person.email)),),
    "criteo-md5": lambda person: (hash_md5(normalize_email(person.email)),),
    "plain-email": lambda person: (normalize_email(person.email),),
    "plain-sms": lambda person: (normalize_phone(person.phone, person.country),),
    "plain-ids": lambda person: (normalize_id(person.id),),
}
# Each column's name, and how it is made. Criteo's file has no line of names.
FILE_COLUMNS: dict[str, tuple[tuple[str, ColumnFormat], ...]] = {
    "google": (("Email", "gmail"), ("Phone", "phone-plus"), ("Country", "clear")),
    "meta": (("email", "email"), ("phone", "phone")),
    "amazon": (("email", "email"),),
    "criteo": (("email", "email"),),
    "criteo-md5": (("email", "email-md5"),),
    "plain-email": (("email", "clear"),),
    "plain-sms": (("phone", "clear"),),
    "plain-ids": (("customer_id", "clear"),),
}
HEADERLESS_PLATFORMS = ("criteo", "criteo-md5")
MATCH_COLUMN_COUNT = {
    name: 2 if name in ("google", "meta") else 1 for name in ROW_BUILDERS
}  # columns that match
