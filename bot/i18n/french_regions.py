"""The régions and départements of France: their names, and how files and people write them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from bot.i18n.countries import translate_country
from bot.i18n.messages import Words
from bot.text.normalize import tokenize

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


class FrenchRegion(BaseModel, frozen=True, extra="forbid"):
    """A région. `departments` are codes; `country` is the country code that addresses overseas may
    have in place of FR."""

    name: str
    translated: dict[str, str]  # by language
    departments: tuple[str, ...]
    others: tuple[str, ...] = ()
    country: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.translated.values(), *self.others)


ABROAD = "country:"  # before the country of a place of which no region is known
DEPARTMENTS: Mapping[str, str] = _TABLE["departments"]  # code → name
REGIONS: Mapping[str, FrenchRegion] = {  # by French name
    one["name"]: FrenchRegion.model_validate(one) for one in _TABLE["regions"]
}


def find_region(written: str) -> str | None:
    """Return the French name of the région that is called so, in any of our languages."""
    return _list_region_names().get(_normalize(written))


def find_department(written: str) -> str | None:
    """Return the code of a département: of "33", "Gironde", "Gironde (33)"."""
    return _list_department_names().get(_normalize(written))


def find_region_of(written: str) -> str | None:
    """Return the French name of the région that this région or département is in."""
    code = find_department(written)
    regions = (name for name, region in REGIONS.items() if code in region.departments)
    return find_region(written) or next(regions, None)


def is_part_of(written: str, place: str) -> bool:
    """Whether a département or région, as a file writes it, is this one, or a département of it."""
    code, region = find_department(place), find_region(place)
    return (code is not None and find_department(written) == code) or (
        region is not None and find_region_of(written) == region
    )


def translate_region(name: str, language: str) -> str:
    """Return the name of a région in that language; another name is returned unchanged."""
    region = REGIONS.get(name)
    return region.translated.get(language, name) if region else name


def name_department(code: str) -> str:
    """Return "Gironde (33)"; what is no code is returned unchanged."""
    return f"{DEPARTMENTS[code]} ({code})" if code in DEPARTMENTS else code


def name_place(dimension: str, value: str, language: str) -> str:
    """Return the name of a "region" or a "department" of rows, or of the country after ABROAD,
    which is no département."""
    is_department = dimension == "department"
    if value.startswith(ABROAD):
        country = translate_country(value.removeprefix(ABROAD), language)
        words = Words("{country} (outside France)", country=country)
        return words.to(language) if is_department else country
    return name_department(value) if is_department else translate_region(value, language)


def _normalize(name: str) -> str:
    return " ".join(tokenize(name))


@cache
def _list_region_names() -> dict[str, str]:
    return {_normalize(one): name for name, region in REGIONS.items() for one in region.names}


@cache
def _list_department_names() -> dict[str, str]:
    return {
        _normalize(form): code
        for code, name in DEPARTMENTS.items()
        for form in (code, code.lstrip("0"), f"FR {code}", name, f"{name} {code}", f"{code} {name}")
    }
