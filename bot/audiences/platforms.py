"""The file formats of advertising platforms: normalised and hashed addresses, or ids, as CSV.

Sources, checked 2026-11-24: Google Ads help, "About the Customer Match process" (trim, lower case,
dots before @gmail.com and @googlemail.com removed; phones in E.164 with +; country not hashed);
Meta, "Customer list custom audiences" (phone: digits with the country code, no +, no leading
zeros); Criteo, "Contact list audiences" (one column, MD5 or SHA-256). All hashes are lower-case hex
of the UTF-8 bytes.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.errors import CannotDo
from bot.i18n.countries import parse_country_code
from bot.i18n.messages import Words, quote_name
from bot.text.escape import strip_hidden


class Platform(BaseModel):
    """A destination of an audience file. `ads` requires the consent to ad matching, otherwise the
    purpose of the rule applies. `by`: people are identified by address or by the team's own ids.
    The platform requires at least `least` people. `note` describes the file to people."""

    model_config = ConfigDict(frozen=True)
    title: Words | str  # a proper name is not translated
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

DEFAULT_PLATFORMS: Mapping[AudiencePurpose, str] = {
    "email": "plain",
    "sms": "plain",
    "ads": "google",
}

HASHED_NOTICE = Words(
    "A hash is still personal data: keep it where only those who need it can look, and take out "
    "who withdraws."
)
READABLE_NOTICE = Words(
    "This is personal data: keep it where only those who need it can look, and take out who "
    "withdraws."
)


def adapt_rule(rule: AudienceRule, platform: str) -> AudienceRule:
    """Return the rule with the consent that the platform requires. Raises CannotDo for an unknown
    platform, and for one that does not fit the purpose."""
    if platform not in PLATFORMS:
        raise CannotDo(Words("I can't make a file for {platform}.", platform=platform))
    if PLATFORMS[platform].ads:
        return rule.model_copy(update={"purpose": "ads"})
    if rule.purpose == "ads" and PLATFORMS[platform].by == "address":
        raise CannotDo(
            Words(
                "These people agreed to be matched for ads, not to be written to: choose an "
                "advertising platform, or change the rule."
            )
        )
    return rule  # the team's own tool may use the consent of the rule


# How a column was made, as the continuation of "Email: …".
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
    """A column of the file, how it was made, and in how many rows it has a value."""

    model_config = ConfigDict(frozen=True)
    name: str
    made: ColumnFormat
    filled: int


class AudienceExport(BaseModel):
    """The exported file. `rule` is the SHA-256 of the rule's JSON, `fitting` the number of people
    who match and have consented, `people` the number of those who are in the file."""

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
    def notice_lines(self) -> list[Words]:
        """The lines shown to the person who requested the file."""
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
            left_out = self.fitting - self.people
            lines.append(_explain_left_out(platform, left_out))
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
    """The receipt of an exported file, without the persons in it. `approved` is the fingerprint of
    the approved text that contains the rule."""

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
    def from_export(
        cls, export: AudienceExport, *, audience: str, code: str, approved: str, by: str
    ) -> "ExportReceipt":
        return cls(
            audience=audience,
            code=code,
            platform=export.platform,
            people=export.people,
            columns=export.columns,
            bytes=len(export.content),
            sha256=hashlib.sha256(export.content).hexdigest(),
            rule=export.rule,
            approved=approved,
            by=by,
        )

    @classmethod
    def parse(cls, sent: str) -> "ExportReceipt | None":
        """Parse the JSON of a receipt. None when it is a receipt of something else."""
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
    def detail_lines(self) -> list[Words]:
        """The lines that describe the file: its columns, hash, rule and approval."""
        return [
            *(_describe_column(one) for one in self.columns),
            Words(
                "The file: {bytes} bytes, SHA-256 {sha256}", bytes=self.bytes, sha256=self.sha256
            ),
            Words("The rule: {code}, SHA-256 {sha256}", code=self.code, sha256=self.rule),
            Words("Approved under the fingerprint {fingerprint}", fingerprint=self.approved),
        ]


def _describe_column(column: ExportColumn) -> Words:
    return Words.count(
        "{name}: {made}, in {n} row",
        "{name}: {made}, in {n} rows",
        column.filled,
        name=column.name,
        made=COLUMN_FORMATS[column.made],
    )


def _explain_left_out(platform: Platform, left_out: int) -> Words:
    if platform.by == "id":
        return Words.count(
            "{n} more agreed, but has no id that fits this file.",
            "{n} more agreed, but have no id that fits this file.",
            left_out,
        )
    return Words.count(
        "{n} more agreed, but has no address that fits this file.",
        "{n} more agreed, but have no address that fits this file.",
        left_out,
    )


GMAIL_DOMAINS = ("gmail.com", "googlemail.com")
DIALLING_CODES = {  # ISO code → the dialling code that replaces the leading zero
    "FR": "33",
    "BE": "32",
    "CH": "41",
    "LU": "352",
    "DE": "49",
    "AT": "43",
    "GB": "44",
    "IE": "353",
    "NL": "31",
    "ES": "34",
    "IT": "39",
    "PT": "351",
    "US": "1",
    "CA": "1",
    "BR": "55",
}
KEEPS_LEADING_ZERO = ("IT",)  # Italian numbers keep it after +39
NO_LEADING_ZERO = ("ES", "PT", "LU", "US", "CA")  # national numbers have no leading zero
# Must begin with a word character: other first characters can start a spreadsheet formula.
EMAIL_PATTERN = re.compile(r"\w[^@\s,;<>\"]*@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")

# The same for an id. An id with an @ is an address.
ID_PATTERN = re.compile(r"[\w#][^@\x00-\x1f]*")


@dataclass(frozen=True)
class AudienceMember:
    """A member of the audience with decrypted fields. None: unknown."""

    email: str | None
    phone: str | None
    country: str | None
    id: str | None = None  # as the team's own files write it


def build_rows(platform: str, people: Iterable[AudienceMember]) -> Iterator[tuple[str, ...]]:
    """Yield the distinct rows of the file, without people who have no usable identifier."""
    seen: set[tuple[str, ...]] = set()
    for person in people:
        row = ROW_BUILDERS[platform](person)
        if any(row[: MATCH_COLUMN_COUNT[platform]]) and row not in seen:
            seen.add(row)
            yield row


def encode_csv(platform: str, lines: Sequence[tuple[str, ...]]) -> bytes:
    """Encode as UTF-8 CSV with commas and CRLF (RFC 4180)."""
    written = io.StringIO()
    out = csv.writer(written)
    if platform not in HEADERLESS_PLATFORMS:
        out.writerow([name for name, _ in FILE_COLUMNS[platform]])
    out.writerows(lines)
    return written.getvalue().encode()


def describe_columns(platform: str, lines: Sequence[tuple[str, ...]]) -> tuple[ExportColumn, ...]:
    """Describe each column of these rows."""
    return tuple(
        ExportColumn(name=name, made=made, filled=sum(bool(line[at]) for line in lines))
        for at, (name, made) in enumerate(FILE_COLUMNS[platform])
    )


def normalize_email(email: str | None) -> str:
    """Trim and lower-case. Empty when it is not an address."""
    address = strip_hidden(email or "").strip().lower()
    return address if EMAIL_PATTERN.fullmatch(address) else ""


def normalize_id(id: str | None) -> str:
    """Trim. Empty when it is an address or not an id."""
    cleaned = strip_hidden(id or "").strip()
    return cleaned if ID_PATTERN.fullmatch(cleaned) else ""


def normalize_google_email(email: str | None) -> str:
    """Like `normalize_email`, without the dots that Gmail ignores."""
    name, at, domain = normalize_email(email).partition("@")
    return (name.replace(".", "") if domain in GMAIL_DOMAINS else name) + at + domain


def normalize_phone(number: str | None, country: str | None) -> str:
    """Return E.164 with its +. Empty when the country is unknown or the number is invalid."""
    text = re.sub(r"\(0\)", "", number or "")
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        number_with_code = digits
    elif digits.startswith("00"):
        number_with_code = digits[2:]
    elif (code := find_country_code(country)) and digits:
        has_trunk_zero = code not in (*KEEPS_LEADING_ZERO, *NO_LEADING_ZERO)
        number_with_code = DIALLING_CODES[code] + (
            digits.removeprefix("0") if has_trunk_zero else digits
        )
    else:
        return ""
    return (
        f"+{number_with_code}"
        if 8 <= len(number_with_code) <= 15 and not number_with_code.startswith("0")
        else ""
    )


def find_country_code(country: str | None) -> str:
    """Return the ISO code of a country. Empty when it is not one of DIALLING_CODES."""
    code = parse_country_code(country or "")
    return code if code in DIALLING_CODES else ""


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
# Each column's name and how it is made. Criteo's file has no header line.
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
}  # the first columns, which identify the person
