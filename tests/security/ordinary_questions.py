"""Ordinary questions of marketing leads: several people with ten to twenty questions each.

Deterministic: the same seed gives the same people and questions. Nobody here wants to learn what a
single customer did.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """The names in a shop that people use in questions, including names of small groups."""

    months: tuple[str, ...]
    places: tuple[str, ...]
    sources: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ("country", "month")


SAMPLE = Vocabulary(
    months=("September", "October", "November", "August"),
    places=("France", "Belgium", "Switzerland", "the United Kingdom", "Ireland"),
    sources=("newsletter", "instagram", "direct", "ads"),
    devices=("mobile", "desktop", "tablet"),
    goods=("candles", "Solène dress", "bed linen", "jumpers"),
    cuts=("country", "month", "source", "device", "category", "product", "weekday", "region"),
)
UCI = Vocabulary(
    months=("September 2011", "October 2011", "November 2011", "June 2011"),
    places=("France", "Germany", "Belgium", "the Netherlands", "Spain"),
    cuts=("country", "month", "product", "weekday"),
)
MEASURES = ("sales", "orders", "average order", "units sold")
DAYS = ("this month", "last month", "last week", "this year", "in the last 30 days", "yesterday")


def people(vocabulary: Vocabulary, seed: int, questions: int) -> Iterator[list[str]]:
    """The questions of one person after the other, `questions` in total."""
    dice, left = random.Random(seed), questions
    while left > 0:
        asked = _person(vocabulary, dice, min(left, dice.randint(10, 20)))
        left -= len(asked)
        yield asked


def _person(known: Vocabulary, dice: random.Random, many: int) -> list[str]:
    asked: list[str] = []
    while len(asked) < many:
        asked += _thought(known, dice)
    return asked[:many]


def _thought(known: Vocabulary, dice: random.Random) -> list[str]:
    """One topic, in one to four questions."""
    measure, month = dice.choice(MEASURES), dice.choice(known.months)
    kind = dice.randrange(9)
    if kind == 0:
        return [f"how much did we sell in {month}?", f"and in {dice.choice(known.months)}?"]
    if kind == 1:
        cut = dice.choice(known.cuts)
        return [f"{measure} by {cut}", f"{measure} by {cut} in {month}"]
    if kind == 2:
        place = dice.choice(known.places)
        return [f"{measure} in {place}", f"{measure} in {place} in {month}"]
    if kind == 3 and known.sources:
        first, second = dice.sample(known.sources, 2)
        return [f"{measure} from {first} in {month}", f"{measure} from {second} in {month}"]
    if kind == 4 and known.devices:
        return [f"{measure} on {dice.choice(known.devices)} in {month}"]
    if kind == 5 and known.goods:
        return [f"how many {dice.choice(known.goods)} did we sell in {month}?"]
    if kind == 6:
        return [f"{measure} {dice.choice(DAYS)}"]
    if kind == 7:
        return [f"how many customers ordered in {month}?", f"how many new customers in {month}?"]
    return [f"sales in {month} compared with {dice.choice(known.months)}", "sales by month"]
