"""What people read on the screen, in their language; numbers, dates and money too.

English is the key; the files of `locale/<language>/` hold the others. A sentence travels as `Words`
(its English text and what fills it) until the moment somebody reads it, since only then is
the reader's language known. A `Words` can be stored: `model_dump(mode="json")` and back.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.contracts import SHOWN_TITLES
from bot.i18n import countries

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")
LOCALES = {"en": "en_GB", "fr": "fr_FR"}
LOCALE_DIR = Path(__file__).parent / "locale"
LEGACY = "legacy.po"  # sentences that are stored in old rows and no longer in the code


class Money(BaseModel):
    """An amount with its currency (ISO 4217), written as each language writes it."""

    model_config = ConfigDict(frozen=True)
    amount: Decimal
    currency: str


class Country(BaseModel):
    """A country as a file writes it ("BE", "Belgium"), said as each language says it."""

    model_config = ConfigDict(frozen=True)
    name: str


class Words(BaseModel):
    """One sentence for a person: `Words("Approved by {who}", who="<@U1>").to("fr")`."""

    model_config = ConfigDict(frozen=True)
    text: str
    many: str | None = None
    params: dict[str, Any] = {}

    def __init__(self, text: str, **params: Any) -> None:
        many, given = params.pop("many", None), params.pop("params", None)
        filled = {name: _serialize_value(value) for name, value in (given or params).items()}
        super().__init__(text=text, many=many, params=filled)

    @classmethod
    def count(cls, one: str, many: str, n: int, **params: Any) -> "Words":
        """A sentence about `n` things; `{n}` is filled."""
        return cls(one, many=many, params={"n": n, **params})

    def to(self, language: str) -> str:
        """The sentence in that language; an unknown language gets English."""
        sentence = _translate(language, self.text, self.many, self.params.get("n"))
        return sentence.format(**{k: format_value(v, language) for k, v in self.params.items()})


def restore_words(stored: Any) -> Words:
    """A sentence read back from a row."""
    return Words(stored["text"], many=stored.get("many"), params=stored.get("params") or {})


def quote_name(name: str) -> Words:
    """A name that is not ours (a product, a keyword) within a sentence: “Linen shirt”."""
    return Words("“{quote}”", quote=name)


def format_value(value: Any, language: str, decimals: int | None = None) -> str:
    """A number, date, amount or sentence as that language writes it; text stays as it is. A number
    has the decimals that it needs, or as many as are asked for."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return format_value(_restore_value(value), language)
    if isinstance(value, Words):
        return value.to(language)
    if isinstance(value, Country):
        return countries.translate_country(value.name, language)
    from babel import dates, numbers

    locale = LOCALES.get(language, LOCALES["en"])
    if isinstance(value, Money):
        said = str(numbers.format_currency(value.amount, value.currency, locale=locale))
        return said.replace("£GB", "£").replace("$US", "$")  # as a shop writes its own money
    if isinstance(value, datetime):
        first = "d'er' MMM y, HH:mm" if value.day == 1 and language == "fr" else "d MMM y, HH:mm"
        return str(dates.format_datetime(value, first, locale=locale))
    if isinstance(value, date):
        first = "d'er' MMMM y" if value.day == 1 and language == "fr" else "d MMMM y"
        return str(dates.format_date(value, first, locale=locale))
    fixed = f"#,##0.{'0' * decimals}" if decimals else None
    return str(numbers.format_decimal(value, fixed, locale=locale))


def _serialize_value(value: Any) -> Any:
    """What JSON can hold: numbers, dates, amounts and sentences under a tag of their own."""
    if isinstance(value, Words):
        return {"words": value.model_dump(mode="json")}
    if isinstance(value, Money):
        return {"money": value.model_dump(mode="json")}
    if isinstance(value, Country):
        return {"country": value.model_dump(mode="json")}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"number": str(value)} if isinstance(value, Decimal | float) else value


def _restore_value(tagged: dict[str, Any]) -> Any:
    ((tag, value),) = tagged.items()
    readers: dict[str, Callable[[Any], Any]] = {
        "words": restore_words,
        "money": Money.model_validate,
        "country": Country.model_validate,
        "moment": datetime.fromisoformat,
        "date": date.fromisoformat,
        "number": Decimal,
    }
    return readers[tag](value)


def parse_language(locale: str | None) -> Language:
    """`fr-FR` → `fr`. What we don't speak becomes English."""
    short = (locale or "en").replace("_", "-").split("-")[0].lower()
    return "fr" if short == "fr" else "en"


def _translate(language: str, text: str, many: str | None, n: Any) -> str:
    found = load_translations(language).get(text)
    if many is None:
        return found[0] if found else text
    forms = found or (text, many)
    if language == "fr":  # French counts zero as one
        return forms[0] if abs(int(n or 0)) < 2 else forms[-1]
    return forms[0] if n == 1 else forms[-1]


def shown_title(title: str, language: str) -> str:
    """The name of a part or a channel on the screen. Titles in old drafts stay as they are stored,
    since they are in the fingerprint; they are shown as today's."""
    today = SHOWN_TITLES.get(title, title)
    return load_translations(language).get(today, (today,))[0]


@cache
def load_translations(language: str) -> dict[str, tuple[str, ...]]:
    """English text → its translations (singular, plural), read from the .po files as they are.
    Sentences of rows from earlier editions are among them."""
    from babel.messages.pofile import read_po

    entries = []
    paths = sorted((LOCALE_DIR / language).glob("*.po"), key=lambda path: path.name != LEGACY)
    for path in paths:  # what is said today goes before what was said once
        with path.open("rb") as file:
            entries += list(read_po(file, locale=language))
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        said = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        key = entry.id[0] if isinstance(entry.id, tuple | list) else entry.id
        if key and all(said):
            found[key] = tuple(str(form) for form in said)
    return found
