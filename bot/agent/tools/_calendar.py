"""A note on the retail occasions within the days of a look-up: two weeks of which one has Black
Friday are not alike."""

from collections.abc import Iterable
from datetime import date

from bot.agent.tool import ToolDeps
from bot.drafts.occasions import name_occasions_within
from bot.i18n.messages import format_short_period

MAX_DAYS = 92  # a longer period has occasions every year


def tell_occasions(periods: Iterable[tuple[date | None, date | None]], deps: ToolDeps) -> list[str]:
    """Return a note that names the occasions of each period; none where none has one."""
    market = deps.request.brief.market
    own = deps.brand.list_occasions(market)
    told = list[str]()
    for since, until in dict.fromkeys(periods):
        if since is None or until is None or (until - since).days >= MAX_DAYS:
            continue
        names = name_occasions_within((since, until), market, own, deps.request.language)
        days = format_short_period(since, until, "en", date.min)
        told += [f"{days}: {', '.join(names)}"] if names else []  # few of earlier years are known
    if not told:
        return []
    return [
        f"Retail occasions: {'; '.join(told)}. Where figures of other days stand beside, say "
        "so, and look up the same occasion's days of the year before as well; that one is the "
        "cause is not in the data."
    ]
