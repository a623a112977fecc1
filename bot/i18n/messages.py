"""Texts for the screen in the reader's language, with numbers, dates and money formatted for it.

English is the key; the .po files in `locale/<language>/` hold the translations. A sentence is
passed on as `Words` (its English text and parameters) until it is shown, since only then is the
reader's language known. `Words` can be stored: `model_dump(mode="json")` and `restore_words`.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.i18n import countries
from bot.i18n.languages import LANGUAGES as LANGUAGES
from bot.i18n.languages import SOURCE_LANGUAGE, get_language, load_languages
from bot.i18n.languages import Language as Language
from bot.i18n.periods import list_weekday_names

LOCALES = {language: table.locale for language, table in load_languages().items()}
LOCALE_DIR = Path(__file__).parent / "locale"
LEGACY = "legacy.po"  # sentences that old rows hold and the code no longer uses
CONTRACTS = Path(__file__).parent.parent / "contracts.toml"
# Titles that old drafts have, and the present title that is shown instead.
SHOWN_TITLES: dict[str, str] = tomllib.loads(CONTRACTS.read_text(encoding="utf-8"))["shown_titles"]


CENTS = re.compile(r"[.,]00(?=\D*$)")


class Money(BaseModel, frozen=True):
    """An amount with its currency (ISO 4217). One that `is_whole` is written without cents."""

    amount: Decimal
    currency: str
    is_whole: bool = False


class Country(BaseModel, frozen=True):
    """A country as a file spells it ("BE", "Belgium"), translated when it is shown."""

    name: str


class Words(BaseModel, frozen=True):
    """A sentence for a person: `Words("Approved by {who}", who="<@U1>").to("fr")`."""

    text: str
    many: str | None = None
    params: dict[str, Any] = {}

    def __init__(self, text: str, **params: Any) -> None:
        many, given = params.pop("many", None), params.pop("params", None)
        filled = {name: _serialize_value(value) for name, value in (given or params).items()}
        super().__init__(text=text, many=many, params=filled)

    def __hash__(self) -> int:
        return hash((self.text, self.many))  # the parameters are no hashable mapping

    @classmethod
    def count(cls, one: str, many: str, n: int, **params: Any) -> "Words":
        """Return a sentence with a plural form; `n` chooses the form and fills `{n}`."""
        return cls(one, many=many, params={"n": n, **params})

    def with_params(self, **params: Any) -> "Words":
        """Return the same sentence with more parameters."""
        return Words(self.text, many=self.many, params={**self.params, **params})

    def to(self, language: str) -> str:
        """Return the sentence in that language; an unknown language gets English.

        Without parameters nothing is filled in: the text can be a product's name with braces.
        """
        sentence = _translate(language, self.text, self.many, self.params.get("n"))
        if not self.params:
            return sentence
        return sentence.format(**{k: format_value(v, language) for k, v in self.params.items()})


def restore_words(stored: Any) -> Words:
    """Restore a sentence from a row's JSON."""
    return Words(stored["text"], many=stored.get("many"), params=stored.get("params") or {})


def join_words(words: Sequence[Words]) -> Words:
    """Join sentences with commas; there is at least one."""
    first, *rest = words
    return Words("{first}, {rest}", first=first, rest=join_words(rest)) if rest else first


def quote_name(name: str) -> Words:
    """Quote a name that is not ours (a product, a keyword) for use in a sentence: “Linen shirt”."""
    return Words("“{quote}”", quote=name)


RECENT = timedelta(days=300)  # so far back no month has come twice


def format_period(since: date, until: date, language: str) -> str:
    """Format the days from `since` to `until`, both inclusive: "13 to 26 November 2026"."""
    return _join_days(since, until, language, "MMMM", has_year=True)


def format_short_period(since: date, until: date, language: str, today: date) -> str:
    """Format the days from `since` to `until`, both inclusive, in as few words as people do, so
    that "from" may stand before them: "15 to 26 Nov", "October", "2025". The year is left out where
    only one can be meant."""
    if (since.day, since.month, until.day, until.month) == (1, 1, 31, 12):
        years = [str(since.year), str(until.year)]
        return "–".join(dict.fromkeys(years))
    is_near = _is_near(since, today) and _is_near(until, today)
    has_year = since.year != until.year or not is_near
    if since == until:
        return format_short_day(since, language, today)
    if since.day == 1 and (until + timedelta(days=1)).day == 1:
        if (since.year, since.month) == (until.year, until.month):
            return _format_day(since, "LLLL y" if has_year else "LLLL", language)
        return _join_days(since, until, language, "MMM", has_year=has_year, are_months=True)
    return _join_days(since, until, language, "MMM", has_year=has_year)


def format_short_day(day: date, language: str, today: date) -> str:
    """Format a day as people do: "1 June"; with its year where another one could be meant."""
    pattern = f"{_choose_day_pattern(day, language)} MMMM"
    return _format_day(day, pattern if _is_near(day, today) else f"{pattern} y", language)


def _is_near(day: date, today: date) -> bool:
    """Whether a day needs no year: it is in this one, or no more than ten months ago."""
    return day.year == today.year or timedelta() <= today - day <= RECENT


def _join_days(
    since: date, until: date, language: str, month: str, *, has_year: bool, are_months: bool = False
) -> str:
    """Join two days or months. What they share stands once, behind the last."""
    first, last = (
        month if are_months else f"{_choose_day_pattern(day, language)} {month}"
        for day in (since, until)
    )
    if since.year != until.year and has_year:
        first = f"{first} y"
    elif (since.year, since.month) == (until.year, until.month):
        first = _choose_day_pattern(since, language)
    shown = _format_day(until, f"{last} y" if has_year else last, language)
    if since == until:
        return shown
    marks = get_language(language).marks
    joined = marks.months if are_months else marks.days
    return joined.format(first=_format_day(since, first, language), last=shown)


def _format_day(day: date, pattern: str, language: str) -> str:
    from babel import dates

    return str(dates.format_date(day, pattern, locale=get_language(language).locale))


def format_value(value: Any, language: str, decimals: int | None = None) -> str:
    """Format a number, date, amount or sentence for a language; a string is returned unchanged. A
    number gets the decimals that it needs, or `decimals` of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return format_value(_restore_value(value), language)
    if isinstance(value, Words):
        return value.to(language)
    if isinstance(value, Country):
        return countries.translate_country(value.name, language)
    from babel import dates, numbers

    locale = get_language(language).locale
    if isinstance(value, Money):
        with localcontext(rounding=ROUND_HALF_UP):
            amount = str(numbers.format_currency(value.amount, value.currency, locale=locale))
        amount = amount.replace("£GB", "£").replace("$US", "$")  # as shops write their own currency
        return CENTS.sub("", amount) if value.is_whole else amount
    if isinstance(value, datetime):
        pattern = f"{_choose_day_pattern(value, language)} MMM y, HH:mm"
        return str(dates.format_datetime(value, pattern, locale=locale))
    if isinstance(value, date):
        pattern = f"{_choose_day_pattern(value, language)} MMMM y"
        return str(dates.format_date(value, pattern, locale=locale))
    fixed = f"#,##0.{'0' * decimals}" if decimals else None
    with localcontext(rounding=ROUND_HALF_UP):
        return str(numbers.format_decimal(value, fixed, locale=locale))


def _choose_day_pattern(day: date, language: str) -> str:
    return get_language(language).marks.first_of_month if day.day == 1 else "d"


def _serialize_value(value: Any) -> Any:
    """Convert a parameter to JSON; numbers, dates, amounts and sentences get a tag."""
    if isinstance(value, Words):
        return {"words": value.model_dump(mode="json")}
    if isinstance(value, Money):
        return {"money": value.model_dump(mode="json", exclude_defaults=True)}
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
    """Return the language of a locale (`fr-FR` → `fr`); English for an unsupported one."""
    short = (locale or SOURCE_LANGUAGE).replace("_", "-").split("-")[0].lower()
    return short if short in LANGUAGES else SOURCE_LANGUAGE


def _translate(language: str, text: str, many: str | None, n: Any) -> str:
    found = load_translations(language).get(text)
    if many is None:
        return found[0] if found else text
    forms = found or (text, many)
    return forms[0] if get_language(language).is_singular(n or 0) else forms[-1]


def translate_stored_title(title: str, language: str) -> str:
    """Return the title of a part or a channel for the screen. Titles in old drafts are covered by
    the fingerprint and stay stored as they are; they are shown under their present name."""
    today = SHOWN_TITLES.get(title, title)
    return load_translations(language).get(today, (today,))[0]


@cache
def load_translations(language: str) -> dict[str, tuple[str, ...]]:
    """Return the translations (singular, plural) by English text, read from the .po files, with
    those of sentences that only old rows hold."""
    from babel.messages.pofile import read_po

    entries = []
    paths = sorted((LOCALE_DIR / language).glob("*.po"), key=lambda path: path.name != LEGACY)
    for path in paths:  # legacy.po comes first, so that present translations replace its own
        with path.open("rb") as file:
            entries += list(read_po(file, locale=language))
    found = _translate_weekdays(language)
    for entry in entries:
        forms = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        key = entry.id[0] if isinstance(entry.id, tuple | list) else entry.id
        if key and all(forms):
            found[key] = tuple(str(form) for form in forms)
    return found


def _translate_weekdays(language: str) -> dict[str, tuple[str, ...]]:
    """Return the weekdays' translations, by their English names and by the keys that facts hold."""
    if language == SOURCE_LANGUAGE or language not in LANGUAGES:
        return {}
    pairs = zip(list_weekday_names(SOURCE_LANGUAGE), list_weekday_names(language), strict=True)
    return {key: (name,) for english, name in pairs for key in (english, english.lower())}
