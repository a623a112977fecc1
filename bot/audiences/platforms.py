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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.audiences.export import Column, Made
from bot.text.escape import without_hidden
from bot.text.normalize import fold

GMAIL = ("gmail.com", "googlemail.com")
# Country → its ISO code, and what stands before a national number in place of its leading nought.
COUNTRIES = {
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
KEEPS_NOUGHT = ("IT",)  # Italy's numbers keep theirs after +39
NO_TRUNK = ("ES", "PT", "LU", "US", "CA")  # national numbers have none before them
# What begins with another sign is an address that hardly anybody has, and a spreadsheet's formula.
ADDRESS = re.compile(r"\w[^@\s,;<>\"]*@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")

# The same of an id; one with an @ is an address.
ID = re.compile(r"[\w#][^@\x00-\x1f]*")


@dataclass(frozen=True)
class Person:
    """One of the audience, opened: what is known of them, or None."""

    email: str | None
    phone: str | None
    country: str | None
    id: str | None = None  # as the team's own files write it


def rows(platform: str, people: Iterable[Person]) -> Iterator[tuple[str, ...]]:
    """The file's rows, without those of whom the platform gets nothing. No two are the same."""
    seen: set[tuple[str, ...]] = set()
    for person in people:
        row = ROWS[platform](person)
        if any(row[: PROVES[platform]]) and row not in seen:
            seen.add(row)
            yield row


def as_csv(platform: str, lines: Sequence[tuple[str, ...]]) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180)."""
    written = io.StringIO()
    out = csv.writer(written)
    if platform not in HEADLESS:
        out.writerow([name for name, _ in COLUMNS[platform]])
    out.writerows(lines)
    return written.getvalue().encode()


def columns(platform: str, lines: Sequence[tuple[str, ...]]) -> tuple[Column, ...]:
    """What is in these rows, column by column."""
    return tuple(
        Column(name=name, made=made, filled=sum(bool(line[at]) for line in lines))
        for at, (name, made) in enumerate(COLUMNS[platform])
    )


def plain_email(email: str | None) -> str:
    """Trimmed, lower case; empty for what is no address."""
    found = without_hidden(email or "").strip().lower()
    return found if ADDRESS.fullmatch(found) else ""


def plain_id(id: str | None) -> str:
    """As the team writes it, trimmed; empty for what is an address or no id."""
    found = without_hidden(id or "").strip()
    return found if ID.fullmatch(found) else ""


def google_email(email: str | None) -> str:
    """`plain_email`, without the dots that Gmail does not count."""
    name, at, domain = plain_email(email).partition("@")
    return (name.replace(".", "") if domain in GMAIL else name) + at + domain


def phone(number: str | None, country: str | None) -> str:
    """E.164 with its +, or empty when the country can't be known."""
    typed = re.sub(r"\(0\)", "", number or "")
    digits = re.sub(r"\D", "", typed)
    if typed.strip().startswith("+"):
        whole = digits
    elif digits.startswith("00"):
        whole = digits[2:]
    elif (code := iso(country)) and digits:
        trunk = code not in (*KEEPS_NOUGHT, *NO_TRUNK)
        whole = COUNTRIES[code][0] + (digits.removeprefix("0") if trunk else digits)
    else:
        return ""
    return f"+{whole}" if 8 <= len(whole) <= 15 and not whole.startswith("0") else ""


def iso(country: str | None) -> str:
    """The country's two letters; empty when it is none that we know."""
    said = fold(country or "").strip()
    if said.upper() in COUNTRIES:
        return said.upper()
    return next((code for code, names in COUNTRIES.items() if said in names[1:]), "")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() if text else ""


def _google(person: Person) -> tuple[str, ...]:
    number = phone(person.phone, person.country)
    return sha256(google_email(person.email)), sha256(number), iso(person.country)


def _meta(person: Person) -> tuple[str, ...]:
    number = phone(person.phone, person.country).removeprefix("+")
    return sha256(plain_email(person.email)), sha256(number)


ROWS: dict[str, Callable[[Person], tuple[str, ...]]] = {
    "google": _google,
    "meta": _meta,
    "amazon": lambda person: (sha256(plain_email(person.email)),),
    "criteo": lambda person: (sha256(plain_email(person.email)),),
    "criteo-md5": lambda person: (md5(plain_email(person.email)),),
    "plain-email": lambda person: (plain_email(person.email),),
    "plain-sms": lambda person: (phone(person.phone, person.country),),
    "plain-ids": lambda person: (plain_id(person.id),),
}
# Each column's name, and how it is made. Criteo's file has no line of names.
COLUMNS: dict[str, tuple[tuple[str, Made], ...]] = {
    "google": (("Email", "gmail"), ("Phone", "phone-plus"), ("Country", "clear")),
    "meta": (("email", "email"), ("phone", "phone")),
    "amazon": (("email", "email"),),
    "criteo": (("email", "email"),),
    "criteo-md5": (("email", "email-md5"),),
    "plain-email": (("email", "clear"),),
    "plain-sms": (("phone", "clear"),),
    "plain-ids": (("customer_id", "clear"),),
}
HEADLESS = ("criteo", "criteo-md5")
PROVES = {name: 2 if name in ("google", "meta") else 1 for name in ROWS}  # columns that match
