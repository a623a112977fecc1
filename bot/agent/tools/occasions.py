"""Retail occasions with their dates by country: sales, Black Friday, Christmas, Mother's Day, back
to school … One by its name, with the one that has just passed, or all that run or start within the
next days. Says which word the law allows only within its period (« soldes »). Dates that are not
settled yet are missing.
Not for the team's own campaigns (past_copy, query_metrics).
Example: {"name": "none", "country": "FR", "days_ahead": 60}
"""

from collections.abc import Iterator
from datetime import date, timedelta
from difflib import get_close_matches

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import read_text
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.facts import Fact, FactId, Source
from bot.drafts.occasions import (
    OCCASIONS_FILE,
    Occasion,
    OccasionPeriod,
    find_named_occasion,
    load_occasions,
)
from bot.i18n.countries import parse_country_code
from bot.i18n.messages import Words
from bot.text.normalize import slugify

MAX_DAYS, MAX_PERIODS = 400, 20
JUST_PASSED = timedelta(days=45)
EXHIBIT = GroupExhibit(
    "occasions with their dates",
    Words("Occasion"),
    {"starts": Words("Starts"), "ends": Words("Ends")},
)


class Params(ToolParams):
    name: str
    country: str
    days_ahead: int


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    name, country = read_text(params.name), read_text(params.country)
    if not 1 <= params.days_ahead <= MAX_DAYS:
        raise ToolError(f"days_ahead must be from 1 to {MAX_DAYS}, not {params.days_ahead}.")
    named = _find_occasion(name) if name else None
    country = country and (parse_country_code(country) or country)
    market = country or deps.request.brief.market or ""
    own = deps.brand.list_occasions(market)
    last = deps.today + timedelta(days=params.days_ahead)
    periods = [
        (occasion, period)
        for occasion in ([named] if named else _list_occasions(own))
        for period in _iter_next(occasion, market, deps.today, passed=bool(named))
        if named or period.starts <= last
    ]
    periods.sort(key=lambda pair: (pair[1].starts, pair[0].key, pair[1].country or ""))
    language = deps.request.language
    facts = tuple(
        fact
        for occasion, period in periods[:MAX_PERIODS]
        for fact in _build_facts(occasion, period, occasion.title[language])
    )
    notes = [
        f"“{occasion.title[language]}” may be said only within its legal days."
        for occasion in {o.key: o for o, _ in periods[:MAX_PERIODS] if o.legal}.values()
    ]
    if own and named and named.key not in own:
        notes.append(f"It is not among the occasions of this market ({market.upper()}).")
    elif own and not named:
        notes.append(f"Only the occasions that count in this market ({market.upper()}).")
    if country and country.upper() not in _list_countries():
        known = ", ".join(sorted(_list_countries()))
        notes.append(
            f"For {country} only dates that hold everywhere are known. Countries with their own: "
            f"{known}."
        )
    if not facts:
        notes.append("No dates are known for that: write without a date, or ask.")
    if len(periods) > MAX_PERIODS:
        notes.append(f"{len(periods) - MAX_PERIODS} later ones are left out.")
    title = Words("occasions in the next {days} days", days=params.days_ahead)
    return ToolResult(
        facts=facts,
        exhibits=EXHIBIT.build(facts, language),
        notes=tuple(notes),
        read_as=named.title[language] if named else title.to(language),
    )


def _list_occasions(keys: tuple[str, ...]) -> list[Occasion]:
    known = load_occasions()
    return [known[key] for key in keys if key in known] if keys else list(known.values())


def _find_occasion(name: str) -> Occasion:
    known = load_occasions()
    if name.lower() in known:
        return known[name.lower()]
    if found := find_named_occasion(name):
        return found[0]
    by_title = {title.lower(): key for key, one in known.items() for title in one.title.values()}
    if near := get_close_matches(name.lower(), by_title, 1, 0.8):
        return known[by_title[near[0]]]
    raise ToolError(f"There is no occasion “{name}”. There are: {', '.join(known)}.")


def _list_countries() -> set[str]:
    periods = (period for one in load_occasions().values() for period in one.periods)
    return {period.country for period in periods if period.country}


def _iter_next(
    occasion: Occasion, country: str | None, today: date, *, passed: bool
) -> Iterator[OccasionPeriod]:
    """Yield the running or next period of each country; if asked, those that have just passed."""
    countries = {period.country for period in occasion.periods}
    wanted = {country.upper(), None} if country else countries
    for one in sorted(countries & wanted, key=str):
        here = [period for period in occasion.periods if period.country == one]
        if passed:
            yield from (p for p in here if today - JUST_PASSED <= p.until < today)
        if ahead := [period for period in here if period.until >= today]:
            yield min(ahead, key=lambda period: period.starts)


def _build_facts(occasion: Occasion, period: OccasionPeriod, title: str) -> Iterator[Fact]:
    about = f"{title} ({period.country})" if period.country else title
    subject = slugify(f"{occasion.key} {period.country or ''} {period.starts.year}")
    for measure, day in (("starts", period.starts), ("ends", period.until)):
        yield Fact(
            id=str(FactId("occasions", subject, measure)),
            label=measure,
            about=about,
            value=day.isoformat(),
            source=Source(OCCASIONS_FILE.name),
            as_of=period.checked,
        )
