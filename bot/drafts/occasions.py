"""The occasions of the retail year, read from `occasions.toml`: sales, holidays, back to school."""

import re
import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bot.core.brief import Brief
from bot.text.normalize import straighten_apostrophes

OCCASIONS_FILE = Path(__file__).parent / "occasions.toml"


class OccasionPeriod(BaseModel):
    """A range of days, both included. Without a country it applies everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    starts: date = Field(alias="from")
    until: date
    country: str | None = None  # ISO 3166, "FR"
    source: str
    checked: date


class Occasion(BaseModel):
    """An occasion for which people buy."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    title: dict[str, str]  # by language, in the form used inside a sentence
    names: tuple[str, ...]  # the names that people use, in both languages, lower case
    legal: bool = False  # the law allows the word only within its periods
    gift: bool = False  # bought for somebody else
    periods: tuple[OccasionPeriod, ...]

    def running(self, today: date, country: str | None = None) -> OccasionPeriod | None:
        """The current period in that country, or in any country when none is given."""
        return next((p for p in self._in(country) if p.starts <= today <= p.until), None)

    def coming(self, today: date, country: str | None = None) -> OccasionPeriod | None:
        """The current period or the next one."""
        ahead = [p for p in self._in(country) if p.until >= today]
        return min(ahead, key=lambda period: period.starts, default=None)

    def _in(self, country: str | None) -> list[OccasionPeriod]:
        return [p for p in self.periods if not (country and p.country) or p.country == country]


@cache
def load_occasions() -> dict[str, Occasion]:
    """All occasions by key."""
    with OCCASIONS_FILE.open("rb") as file:
        return {key: Occasion(key=key, **table) for key, table in tomllib.load(file).items()}


def find_named_occasion(words: str) -> tuple[Occasion, str] | None:
    """Return the occasion named in `words` and the name used. The longest name wins."""
    lowered = straighten_apostrophes(words.lower())
    for name, key in _list_names():
        if name in lowered and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", lowered):
            return load_occasions()[key], name
    return None


def set_occasion_days(brief: Brief, today: date) -> Brief:
    """Return the brief with the days of its occasion in its market, the next ones; unchanged
    without an occasion whose days are known."""
    occasion = load_occasions().get(brief.occasion or "")
    period = occasion.coming(today, brief.market) if occasion else None
    if period is None:
        return brief
    return brief.model_copy(update={"since": period.starts, "until": period.until})


def list_coming_occasions(
    keys: Iterable[str], today: date, country: str | None, days: int
) -> list[tuple[Occasion, OccasionPeriod]]:
    """Return those of these occasions that run or start within so many days, the next first."""
    known, last = load_occasions(), today + timedelta(days=days)
    coming = [(known[key], known[key].coming(today, country)) for key in keys if key in known]
    near = [(one, period) for one, period in coming if period and period.starts <= last]
    return sorted(near, key=lambda pair: (pair[1].starts, pair[0].key))


@cache
def _list_names() -> tuple[tuple[str, str], ...]:
    pairs = [(name, one.key) for one in load_occasions().values() for name in one.names]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


DISCOUNT_OCCASIONS = frozenset(
    {"black_friday", "cyber_monday", "boxing_day", "french_days"}
)  # days of offers


def can_name_without_offer(occasion: Occasion | None) -> bool:
    """Whether a text can be "for" the occasion without an offer: Christmas, but not the sales."""
    return occasion is not None and not occasion.legal and occasion.key not in DISCOUNT_OCCASIONS
