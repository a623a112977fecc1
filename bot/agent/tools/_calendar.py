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
    told, is_any = list[str](), False
    for since, until in dict.fromkeys(periods):
        if since is None or until is None or (until - since).days >= MAX_DAYS:
            continue
        names = name_occasions_within((since, until), market, own, deps.request.language)
        is_any = is_any or bool(names)
        days = format_short_period(since, until, "en", date.min)
        told.append(f"{days}: {', '.join(names) or 'none'}")
    if not is_any:
        return []
    return [
        f"Retail occasions: {'; '.join(told)}. Where the days of figures differ in them, say so; "
        "that one is the cause is not in the data."
    ]
