"""Conditions on numbers and days, in words that people use: "at least 2 orders", "ordered, but not
since 1 September". Queries of the data and audience rules are described with them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.i18n.messages import Money, Words

Value = str | date | Words
MAX_STARS = 5
_PHRASES: Mapping[str, Callable[[int, Words], Words]] = {  # of a field: its number and its bounds
    "customer_orders": lambda n, amount: Words.count(
        "{amount} order in all", "{amount} orders in all", n, amount=amount
    ),
    "customer_spent": lambda _n, amount: Words("spent {amount} in all", amount=amount),
    "customer_points": lambda n, amount: Words.count(
        "{amount} point", "{amount} points", n, amount=amount
    ),
    "order_value": lambda _n, amount: Words("orders of {amount}", amount=amount),
    "order_units": lambda n, amount: Words.count(
        "{amount} unit in the order", "{amount} units in the order", n, amount=amount
    ),
    "selected_orders": lambda n, amount: Words.count(
        "{amount} order", "{amount} orders", n, amount=amount
    ),
    "selected_spent": lambda _n, amount: Words("spent {amount}", amount=amount),
    "selected_units": lambda n, amount: Words.count(
        "{amount} unit", "{amount} units", n, amount=amount
    ),
    "rating": lambda n, amount: Words.count("{amount} star", "{amount} stars", n, amount=amount),
}
DELIVERED_LATE = Words("delivered late")  # where only what has arrived is taken
_DAY_NAMES: Mapping[str, Words] = {
    "customer_first_order": Words("first order"),
    "customer_last_order": Words("last order"),
    "customer_ordered": Words("placed an order"),
    "customer_not_ordered": Words("ordered, but not"),
    "delivered_late": DELIVERED_LATE,
}


def describe_amount(
    field: str, operator: str, values: Sequence[str], shown: Sequence[Money | str] = ()
) -> Words | None:
    """Return a condition on a number, None for a field without words of its own. `shown` are the
    values as they are written, "€300"."""
    if field == "nth_order" and operator == "at_least":
        return Words("from order no. {n} on", n=values[0])
    if field == "nth_order" and operator in ("is", "in") and [*values] == ["1"]:
        return Words("first order")
    if field not in _PHRASES:
        return None
    written = [*(shown or values)]
    if field == "rating" and operator in ("at_least", "at_most"):
        bound = values[0]
        written = ["1", bound] if operator == "at_most" else [bound, str(MAX_STARS)]
        is_next = bound == "2" if operator == "at_most" else bound == str(MAX_STARS - 1)
        operator = "is" if is_next or written[0] == written[1] else "between"
        written = list(dict.fromkeys(written))
    last = "2" if operator == "between" else values[-1]
    plain = last if len(written) == 1 and last.isdigit() else "2"
    return _PHRASES[field](int(plain), _describe_bounds(operator, written))


def _describe_bounds(operator: str, values: Sequence[Money | str]) -> Words:
    first, last = values[0], values[-1]
    if operator == "at_least":
        return Words("at least {n}", n=first)
    if operator == "at_most":
        return Words("at most {n}", n=first)
    if operator == "over":
        return Words("more than {n}", n=first)
    if operator == "under":
        return Words("less than {n}", n=first)
    if operator == "between":
        return Words("{low} to {high}", low=first, high=last)
    listed = Words("{value}", value=first)
    for one in values[1:]:
        listed = Words("{first} or {last}", first=listed, last=one)
    return Words("not {what}", what=listed) if operator == "is_not" else listed


def describe_values(what: Value, operator: str, values: Sequence[Any], listed: Any) -> Words:
    """Return a condition on a field that has no words of its own: "stars: at least 4". `listed` are
    all of the values."""
    first, last = values[0], values[-1]
    if operator == "at_least":
        return Words("{what}: at least {value}", what=what, value=first)
    if operator == "at_most":
        return Words("{what}: at most {value}", what=what, value=first)
    if operator == "over":
        return Words("{what}: more than {value}", what=what, value=first)
    if operator == "under":
        return Words("{what}: less than {value}", what=what, value=first)
    if operator == "between":
        return Words("{what}: {first} to {last}", what=what, first=first, last=last)
    if operator == "is_not":
        return Words("{what}: not {value}", what=what, value=listed)
    return Words("{what}: {value}", what=what, value=listed)


def describe_day(field: str, operator: str, days: Sequence[Value]) -> Words:
    """Return a condition on a day: "ordered, but not since 1 September", "until 3 June". A period
    is two days, or one text."""
    first, last = days[0], days[-1]
    if operator == "at_least":
        when = Words("since {day}", day=first)
    elif operator == "at_most":
        when = Words("until {day}", day=first)
    elif operator == "between" and len(days) < 2:
        when = Words("from {days}", days=first)
    elif operator == "between":
        when = Words("from {since} to {until}", since=first, until=last)
    else:
        when = Words("on {day}", day=first)
        when = Words("not {what}", what=when) if operator == "is_not" else when
    if field == "delivered_day":
        return Words("delivered {days}", days=when)
    name = _DAY_NAMES.get(field)
    return Words("{what} {when}", what=name, when=when) if name else when
