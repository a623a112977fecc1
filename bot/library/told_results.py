"""A delivery's results as people read them: one rate against its comparable median, and sales."""

from collections.abc import Mapping
from decimal import Decimal

from bot.evidence import source_named
from bot.library.campaigns import letter_against_peers
from bot.library.findings import Findings
from bot.library.floors import is_small
from bot.library.results import Result
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.words import Money, Words

SHOWN = (  # the first that was counted is told
    ("open rate", "opened", Words("opened")),
    ("click rate", "clicks", Words("clicked")),
    ("order rate", "orders", Words("ordered")),
)


def told(shelf: Shelf, result: Result) -> list[Words]:
    """Sentences for the card: what was sent and how it did, what was sold, and where that is from.
    None when the files hold no count of it."""
    lines = [line for line in (_rate(shelf, result), _sold(shelf, result)) if line is not None]
    if not lines:
        return []
    kind = "campaigns" if result.campaigns else "orders"
    source, day = shelf.source(kind), shelf.as_of(kind)
    return [*lines, Words("From {source}, up to {day}", source=source_named(source), day=day)]


def _rate(shelf: Shelf, result: Result) -> Words | None:
    sent = result.counts.get("delivered") or result.counts.get("sent")
    if not sent:
        return None
    if is_small(sent, shelf.floor):
        return Words(
            "Sent to under {n} people: how many of them did what is not told", n=shelf.floor
        )
    for rate, counted, verb in SHOWN:
        hits = result.counts.get(counted)
        if hits is None or (counted == "orders" and is_small(hits, shelf.sales_floor)):
            continue
        # Added up over several lines of a file it is no longer the rate of one letter.
        facts = _against(shelf, result.letters[0]) if len(result.letters) == 1 else {}
        if slug(rate) in facts:
            return _compared(facts, slug(rate), sent, verb)
        return Words(
            "Sent {sent}, {verb} {own}%; too few comparable campaigns to say more",
            sent=sent,
            verb=verb,
            own=Decimal(str(round(100 * hits / sent, 1))),
        )
    return Words("Sent {sent}", sent=sent)


def _compared(facts: Mapping[str, Decimal | str], rate: str, sent: int, verb: Words) -> Words:
    """The letter's rate against the median, and whether chance explains what lies between."""
    own, median = _number(facts, rate), _number(facts, f"{rate}-median")
    n = _number(facts, f"{rate}-comparable")
    filled = {"sent": sent, "verb": verb, "own": own, "median": median, "n": n}
    if facts[f"{rate}-chance"] == "yes":
        return Words(
            "Sent {sent}, {verb} {own}%: within chance of the median {median}% of {n} comparable "
            "campaigns",
            **filled,
        )
    if own > median:
        return Words(
            "Sent {sent}, {verb} {own}%: more than chance explains, the median of {n} comparable "
            "campaigns is {median}%",
            **filled,
        )
    return Words(
        "Sent {sent}, {verb} {own}%: less than chance explains, the median of {n} comparable "
        "campaigns is {median}%",
        **filled,
    )


def _against(shelf: Shelf, letter: str) -> dict[str, Decimal | str]:
    """The measures of `letter_against_peers`: name → value."""
    found: Findings = letter_against_peers(shelf, letter)
    return {fact.id.rsplit(".", 1)[-1]: fact.value for fact in found.facts}


def _number(facts: Mapping[str, Decimal | str], name: str) -> Decimal:
    value = facts[name]
    assert isinstance(value, Decimal)
    return value


def _sold(shelf: Shelf, result: Result) -> Words | None:
    """What came with its code; else what the campaign's own file says. Nothing of few customers."""
    floor = shelf.sales_floor
    if is_small(result.buyers, floor):
        return Words(
            "Under {n} customers ordered with its code: what they bought is not told", n=floor
        )
    if result.orders and (money := _together(result.ordered)):
        return Words.count(
            "{n} order came with its code: {money}",
            "{n} orders came with its code: {money}",
            result.orders,
            money=money,
        )
    orders = result.counts.get("orders")
    if is_small(orders, floor):
        return Words("Under {n} orders as its own report counts", n=floor)
    if orders and (money := _together(result.sales)):
        return Words.count(
            "{n} order as its own report counts: {money}",
            "{n} orders as its own report counts: {money}",
            orders,
            money=money,
        )
    return None


def _together(amounts: Mapping[str, Decimal]) -> Money | Words | None:
    """Amounts of several currencies side by side: they are never added up."""
    said: Money | Words | None = None
    for currency, amount in amounts.items():
        one = Money(amount=amount, currency=currency) if currency else None
        if one is not None:
            said = one if said is None else Words("{first} and {second}", first=said, second=one)
    return said
