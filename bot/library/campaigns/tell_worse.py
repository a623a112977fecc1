"""What is told of one campaign, audience, placement … that sells worse than the others."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from bot.library.campaigns.adding import adder
from bot.library.campaigns.ads import Sums
from bot.library.campaigns.comparing import Compared
from bot.library.findings import Findings
from bot.library.slugs import slug

MONEY = ("spend", "sales")
LARGE = 0.01
GOOD = 20  # orders from which one may be called the best
Add = Callable[..., None]


def subject(one: Compared) -> str:
    return f"worse--{one.dimension}--{slug(one.value)}"


def worse(
    found: Findings,
    one: Compared,
    by: Mapping[str, Sums],
    currency: str | None,
    measures: tuple[str, str],
    few: Collection[str] = (),
) -> None:
    """Its share of what was put in and of what came back, its rates beside those of all the others
    together, what it cost more than there (-low, -high), and which is the best. `measures` are
    what was compared: sales or orders, by spend or clicks; `few` has those too small to tell."""
    own, rest = by[one.value], sum((of for value, of in by.items() if value != one.value), Sums())
    named = (own.title or one.value) if one.dimension == "product" else one.value
    add = adder(found, subject(one), named, own.rows, "compared", sold=True)  # or not told at all
    add("status", one.status)
    add("dimension", one.dimension)
    add("p", max(round(one.p, 4), 0.0001))
    if one.alike:
        add("alike", ", ".join(one.alike))
    if one.through:
        add("through", one.through)
    _shares(add, own, rest, currency)
    _rates(add, own, rest, currency)
    if measures[1] == "spend" and one.status == "confirmed":
        _excess(add, one, own, rest, measures[0], currency)
    if (best := _best(by, measures, few)) and best != one.value:
        add("best", (by[best].title or best) if one.dimension == "product" else best)


def _shares(add: Add, own: Sums, rest: Sums, currency: str | None) -> None:
    for measure in ("spend", "clicks", "orders", "sales"):
        mine, theirs = getattr(own, measure), getattr(rest, measure)
        if own.says(measure) and mine + theirs:
            add(measure, mine, currency if measure in MONEY else None)
            add(f"share-of-{measure}", round(100 * float(mine / (mine + theirs)), 1), "%")


def _rates(add: Add, own: Sums, rest: Sums, currency: str | None) -> None:
    for end, of in (("", own), ("-elsewhere", rest)):
        if of.conversion is not None:
            add(f"orders-per-click{end}", _share(of.conversion), "%", of.clicks)
        if of.cost_per_order is not None:
            add(f"cost-per-order{end}", round(of.cost_per_order, 2), currency)
        if of.returned is not None:
            add(f"return{end}", round(of.returned, 1))


def _share(rate: float) -> float:
    """In %, with two digits that tell."""
    return round(100 * rate, 1 if rate >= LARGE else 2)


def _excess(
    add: Add, one: Compared, own: Sums, rest: Sums, gain: str, currency: str | None
) -> None:
    """What was spent on it beyond what the same orders, or sales, cost elsewhere."""
    mine, theirs = (Decimal(getattr(of, gain)) / of.spend for of in (own, rest))
    ratio = float(mine / theirs)
    scale = ratio / one.ratio if one.ratio else 1.0
    for name, of in (("", ratio), ("-low", scale * one.high), ("-high", scale * one.low)):
        add(f"excess{name}", _about(float(own.spend) * max(0.0, 1 - of)), currency)


def _about(money: float) -> int:
    """An estimate in hundreds, or tens or ones where it is small: cents would claim to know it."""
    return int(round(money, -2 if money >= 1000 else -1 if money >= 100 else 0))


def _best(by: Mapping[str, Sums], measures: tuple[str, str], few: Collection[str]) -> str | None:
    """Where the same money, or click, brings most; of those with enough orders to tell."""
    gain, stake = measures
    rated = {
        value: float(getattr(of, gain)) / float(getattr(of, stake))
        for value, of in by.items()
        if value not in few and getattr(of, stake) and of.orders >= GOOD
    }
    return max(rated, key=lambda value: rated[value], default=None)
