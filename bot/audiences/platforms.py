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
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.errors import CannotDo
from bot.i18n.countries import parse_country_code
from bot.i18n.messages import Words, quote_name
from bot.text.escape import strip_hidden

ColumnFormat = Literal["email", "gmail", "email-md5", "phone", "phone-plus", "clear"]


class Platform(BaseModel, frozen=True):
    """A destination of an audience file; platforms.toml explains its fields."""

    title: Words | str  # a proper name is not translated
    ads: bool = True
    by: Literal["address", "id"] = "address"
    least: int | None = None
    note: Words

    @property
    def hashed(self) -> bool:
        return self.ads and self.by == "address"


class FileFormat(BaseModel, frozen=True):
    """The columns of a file, name → how each is made. The first `matched` identify the person."""

    columns: dict[str, ColumnFormat]
    matched: int = 1
    header: bool = True


def _read_platform(fields: dict[str, Any]) -> Platform:
    written, title = fields.pop("title", None), fields.pop("proper_name", None)
    return Platform(**fields | {"title": title or Words(written), "note": Words(fields["note"])})


TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PLATFORMS = {key: _read_platform(dict(one)) for key, one in TABLES["platforms"].items()}
FILES = {key: FileFormat.model_validate(one) for key, one in TABLES["files"].items()}
COLUMN_FORMATS = {made: Words(text) for made, text in TABLES["formats"].items()}

DEFAULT_PLATFORMS: Mapping[AudiencePurpose, str] = {
    "email": "plain",
    "sms": "plain",
    "ads": "google",
}

HASHED_NOTICE = Words(
    "A hash is still personal data: keep it where only those who need it can see it, and remove "
    "anyone who withdraws."
)
READABLE_NOTICE = Words(
    "This is personal data: keep it where only those who need it can see it, and remove anyone "
    "who withdraws."
)


def adapt_rule(rule: AudienceRule, platform: str) -> AudienceRule:
    """Return the rule with the consent that the platform requires. Raises CannotDo for an unknown
    platform, and for one that does not fit the purpose."""
    if platform not in PLATFORMS:
        raise CannotDo("I can't make a file for {platform}.", platform=platform)
    if PLATFORMS[platform].ads:
        return rule.model_copy(update={"purpose": "ads"})
    if rule.purpose == "ads" and PLATFORMS[platform].by == "address":
        raise CannotDo(
            "These people agreed to be matched for ads, not to be written to: choose an "
            "advertising platform, or change the rule."
        )
    return rule  # the team's own tool may use the consent of the rule


class ExportColumn(BaseModel, frozen=True):
    """A column of the file, how it was made, and in how many rows it has a value."""

    name: str
    made: ColumnFormat
    filled: int


class AudienceExport(BaseModel, frozen=True):
    """The exported file. `rule` is the SHA-256 of the rule's JSON, `fitting` the number of people
    who match and have consented, `people` the number of those who are in the file."""

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


class ExportReceipt(BaseModel, frozen=True):
    """The receipt of an exported file, without the persons in it. `approved` is the fingerprint of
    the approved text that contains the rule."""

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
        if any(row[: FILES[platform].matched]) and row not in seen:
            seen.add(row)
            yield row


def encode_csv(platform: str, lines: Sequence[tuple[str, ...]]) -> bytes:
    """Encode as UTF-8 CSV with commas and CRLF (RFC 4180)."""
    written = io.StringIO()
    out = csv.writer(written)
    if FILES[platform].header:
        out.writerow(FILES[platform].columns)
    out.writerows(lines)
    return written.getvalue().encode()


def describe_columns(platform: str, lines: Sequence[tuple[str, ...]]) -> tuple[ExportColumn, ...]:
    return tuple(
        ExportColumn(name=name, made=made, filled=sum(bool(line[at]) for line in lines))
        for at, (name, made) in enumerate(FILES[platform].columns.items())
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
    import phonenumbers

    text = re.sub(r"^\s*00", "+", number or "").replace("(0)", "")
    try:
        parsed = phonenumbers.parse(text, find_country_code(country) or None)
    except phonenumbers.NumberParseException:
        return ""
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return written if phonenumbers.is_possible_number(parsed) else ""


def find_country_code(country: str | None) -> str:
    """Return the ISO code of a country. Empty when its dialling code is not known."""
    import phonenumbers

    code = parse_country_code(country or "") or ""
    return code if phonenumbers.country_code_for_region(code) else ""


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
