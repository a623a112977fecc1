"""The retail occasions within the days of a look-up: two weeks of which one has Black Friday are
not alike."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bot.agent.tool import ToolDeps
from bot.drafts.occasions import (
    DISCOUNT_OCCASIONS,
    DayRange,
    list_occasions_within,
    load_occasions,
    name_occasions_within,
)
from bot.i18n.messages import format_short_period

Days = tuple[date | None, date | None]
MAX_DAYS = 92  # a longer period has occasions every year
MAX_NAMED = 2  # of a period
EDGE = timedelta(days=1)  # right before and after an occasion: no days like others
SAME_WEEKDAYS = timedelta(weeks=52)


def tell_occasions(
    now: Days,
    before: Days,
    deps: ToolDeps,
    like: DayRange | None = None,
    *,
    is_told: bool = False,
    has_all_days: bool = True,
) -> list[str]:
    """Return a note that names the occasions of two compared periods, and says whether both hold
    them alike; none where neither has one. `like` are the days of a year before that do; `is_told`
    says whether their figures are told too. Of periods without some of their days code can't tell
    whether the occasion is among them."""
    periods = [days for one in (now, before) if (days := _narrow(one))]
    named = {days: _name_occasions(days, deps) for days in periods}
    if len(periods) == 1 or not any(named.values()):
        return []
    told = [f"{_write(days)}: {names or 'none known'}" for days, names in named.items()]
    found = f"Retail occasions: {'; '.join(told)}."
    if not has_all_days:
        found += (
            " The filter leaves some of these days out: name an occasion only if its own days are "
            "counted, else say once that they are not."
        )
    elif len({_place_occasions(days, deps) for days in periods}) > 1:
        found += (
            " The two don't hold them alike, as to these days and those around them: say so once, "
            "in the first sentence that compares them."
        )
    else:
        found += " Both hold them alike."
    if like:
        names = _name_occasions(like, deps) or "none known"
        found += (
            f" So figures of {_write(like)} ({names}) are told too: say the change against these "
            "in the headline or in a point."
            if is_told
            else f" {_write(like)} ({names}) would be alike, but their figures can't be told."
        )
    return [f"{found} That one is the cause is not in the data."]


def find_like_days(now: Days, before: Days, deps: ToolDeps) -> DayRange | None:
    """Return the days of the year before that hold the occasions of these days better than those
    compared with; None where there are none."""
    days, earlier = _narrow(now), _narrow(before)
    if days is None or earlier is None:
        return None
    places = _place_occasions(days, deps)

    def count_unlike(other: DayRange) -> int:
        return len(places ^ _place_occasions(other, deps))

    year_before = (_shift_year(days[0]), _shift_year(days[1]))
    same_weekdays = (days[0] - SAME_WEEKDAYS, days[1] - SAME_WEEKDAYS)
    best = min((same_weekdays, year_before), key=count_unlike)
    return best if count_unlike(best) < count_unlike(earlier) else None


def _shift_year(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _narrow(days: Days) -> DayRange | None:
    since, until = days
    return (since, until) if since and until and (until - since).days < MAX_DAYS else None


def _write(days: DayRange) -> str:
    return format_short_period(*days, "en", date.min)


def _name_occasions(days: DayRange, deps: ToolDeps) -> str:
    market = deps.request.brief.market
    near = _add_edges(days)
    named = name_occasions_within(near, market, _list_own(deps), deps.request.language)
    return ", ".join(named[:MAX_NAMED])


def _add_edges(days: DayRange) -> DayRange:
    """Return the days; where they may be no more than the edges of an occasion, with their own."""
    return days if days[1] - days[0] > EDGE else (days[0] - EDGE, days[1] + EDGE)


def _list_own(deps: ToolDeps) -> Sequence[str]:
    """Return the occasions that the market's settings name, else those for which a whole shop sells
    more: sales, days of offers and of presents."""
    return deps.brand.list_occasions(deps.request.brief.market) or [
        key
        for key, one in load_occasions().items()
        if one.legal or one.gift or key in DISCOUNT_OCCASIONS
    ]


def _place_occasions(days: DayRange, deps: ToolDeps) -> frozenset[tuple[object, ...]]:
    """Return the occasions of a period, each with how many of its days and whether both of its
    edges are within the period."""
    return frozenset(_iter_places(days, deps))


def _iter_places(days: DayRange, deps: ToolDeps) -> Iterator[tuple[object, ...]]:
    market = deps.request.brief.market
    for occasion, period in list_occasions_within(_add_edges(days), market, _list_own(deps)):
        before, after = period.starts - days[0], days[1] - period.until
        length = period.until - period.starts
        yield occasion.key, period.country, length, min(before, EDGE), min(after, EDGE)
