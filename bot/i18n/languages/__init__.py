"""The languages that people read and that texts are written in: a TOML file each, in this folder.

`get_language` returns what a file says: names, marks, forms of address, the words of periods.
"""

import tomllib
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

FOLDER = Path(__file__).parent
SOURCE_LANGUAGE = "en"  # of the texts in the code; who speaks none of the others reads it
LANGUAGES: tuple[str, ...] = tuple(
    sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda one: (one != "en", one))
)
if TYPE_CHECKING:
    Language = str
else:
    Language = Literal[LANGUAGES]  # settings, forms and rows with another one are refused
Address = Literal["tu", "vous"]  # familiar and polite, in every language that has both


class Marks(BaseModel, frozen=True, extra="forbid"):
    """How punctuation and figures are written. `change` is a figure's way from {old} to {new},
    `days` and `months` the way from {first} to {last}; `first_of_month` is a pattern of Babel. A
    space that does not break stands before the `spaced` marks in prose, before the `spaced_units`
    behind a figure, and inside `quotes`."""

    colon: str
    semicolon: str
    percent: str
    change: str
    days: str
    months: str
    first_of_month: str
    spaced: str = ""
    spaced_units: str = ""
    quotes: str = Field(default="", pattern="^(..)?$")


class AddressForm(BaseModel, frozen=True, extra="forbid"):
    """A form of address: its name, and the normalized words that give it away."""

    name: str
    words: tuple[str, ...]
    excepted: tuple[str, ...] = Field(default=(), alias="except")


class Audiences(BaseModel, frozen=True, extra="forbid"):
    """Groups of customers that a draft can be written for."""

    lapsed: str
    loyal: str


class PeriodWords(BaseModel, frozen=True, extra="forbid"):
    """The normalized words of days and periods: see `bot.i18n.periods`, and `bot.grounding.dates`
    for the last three."""

    day: tuple[str, ...]
    week: tuple[str, ...]
    month: tuple[str, ...]
    quarter: tuple[str, ...]
    year: tuple[str, ...]
    numbers: tuple[str, ...]  # from one on; the forms of a number are separated by spaces
    ordinals: dict[str, int]
    ordinal_endings: tuple[str, ...]
    short_months: dict[str, int]
    doubtful_months: tuple[str, ...]
    before_month: tuple[str, ...]
    today: tuple[str, ...]
    yesterday: tuple[str, ...]
    day_before_yesterday: tuple[str, ...]
    this: tuple[str, ...]
    last: tuple[str, ...]
    last_behind: tuple[str, ...]
    this_behind: tuple[str, ...]
    current_behind: tuple[str, ...]
    since: tuple[str, ...]
    from_: tuple[str, ...] = Field(alias="from")
    to: tuple[str, ...]
    small: tuple[str, ...]
    beginning: tuple[str, ...]
    short_weekdays: tuple[str, ...]  # from Monday on; the forms are separated by spaces
    deadlines: tuple[str, ...]  # before a weekday, they make it a date
    weak_deadlines: tuple[str, ...]  # these only where the sentence promises something


class LanguageTable(BaseModel, frozen=True, extra="forbid"):
    """What a language's file says. `name`, `phrase` and `option` are English: they are keys of
    translations. `law` are countries of the legal rules."""

    name: str
    own_name: str
    phrase: str
    option: str
    locale: str
    law: frozenset[str]
    zero_is_singular: bool
    noun_is_first: bool
    splits_at_apostrophe: bool
    marks: Marks
    address: dict[Address, AddressForm] = {}
    audiences: Audiences
    periods: PeriodWords

    @cached_property
    def decimal_mark(self) -> str:
        from babel.numbers import get_decimal_symbol

        return get_decimal_symbol(self.locale)

    def is_singular(self, number: float) -> bool:
        """Return whether what is counted stands in the singular: one, and in some languages
        whatever is less than two."""
        return abs(number) < 2 if self.zero_is_singular else number == 1


@cache
def load_languages() -> dict[str, LanguageTable]:
    """Return the tables by language, in the order of LANGUAGES."""
    return {
        language: LanguageTable.model_validate(
            tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
        )
        for language in LANGUAGES
    }


def get_language(language: str) -> LanguageTable:
    """Return the table of a language; that of English for an unknown one."""
    tables = load_languages()
    return tables.get(language) or tables[SOURCE_LANGUAGE]
