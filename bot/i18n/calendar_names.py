"""Names of months and weekdays from CLDR, as each language writes them inside a sentence."""

from functools import cache

from bot.text.normalize import normalize_text

REQUEST_LANGUAGES = ("en", "fr")  # in which people name months and weekdays


@cache
def list_month_names(language: str) -> tuple[str, ...]:
    """Return the names, January first."""
    from babel import Locale

    names = Locale.parse(language).months["format"]["wide"]
    return tuple(str(names[number]) for number in range(1, 13))


@cache
def list_weekday_names(language: str) -> tuple[str, ...]:
    """Return the names, Monday first."""
    from babel import Locale

    names = Locale.parse(language).days["format"]["wide"]
    return tuple(str(names[number]) for number in range(7))


def get_weekday_key(number: int) -> str:
    """Return the name by which facts call a weekday, 0 for Monday: `monday`. It is stored."""
    return list_weekday_names("en")[number].lower()


def index_month_names() -> dict[str, int]:
    """Return the number of each month, from 1, by its normalized names."""
    return {
        normalize_text(name): number
        for language in REQUEST_LANGUAGES
        for number, name in enumerate(list_month_names(language), start=1)
    }


def index_weekday_names() -> dict[str, int]:
    """Return the number of each weekday, 0 for Monday, by its normalized names."""
    return {
        normalize_text(name): number
        for language in REQUEST_LANGUAGES
        for number, name in enumerate(list_weekday_names(language))
    }
