"""Ordinary questions of marketing leads: several people with ten to twenty questions each.

Deterministic: the same seed gives the same people and questions. Nobody here wants to learn what a
single customer did.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


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


@dataclass(frozen=True)
class Topic:
    """What one person looks into: measures that go together, and how they are broken down and
    narrowed."""

    dataset: str
    measures: tuple[tuple[str, ...], ...]
    dimensions: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]  # field and value


PLACES = tuple(("country", value) for value in ("FR", "BE", "GB"))
DEVICES = tuple(("device", value) for value in ("mobile", "desktop", "tablet"))
SOURCES = tuple(("source", value) for value in ("direct", "email", "instagram"))
GOODS = tuple(("category", value) for value in ("Mailles", "Linge de lit", "Bain"))
TOPICS = (
    Topic(
        "orders",
        (("revenue",), ("revenue", "orders"), ("average_order",), ("units",), ("revenue_share",)),
        ("month", "week", "category", "product", "country", "device", "source"),
        (*PLACES, *DEVICES, *SOURCES, *GOODS),
    ),
    Topic(
        "orders",
        (("return_rate",), ("returned", "return_rate"), ("units", "return_rate")),
        ("product", "category", "return_reason", "month", "country"),
        (*PLACES, *GOODS, *DEVICES),
    ),
    Topic(
        "orders",
        (("customers",), ("new_customers", "customers"), ("repeat_rate",), ("average_order",)),
        ("month", "country", "source", "device", "category"),
        (*PLACES, *SOURCES, *GOODS),
    ),
    Topic(
        "visits",
        (("visits", "conversion"), ("conversion",), ("checkout_to_order",), ("visits",)),
        ("device", "source", "country", "week"),
        (*PLACES, *DEVICES),
    ),
    Topic(
        "campaigns",
        (("open_rate", "click_rate"), ("sent", "campaign_orders"), ("click_rate",)),
        ("month", "channel", "audience", "language"),
        (),
    ),
    Topic(
        "feedback",
        (("rating",), ("rating", "reviews"), ("low_rating_share",)),
        ("product", "category", "month", "country"),
        (*PLACES, *GOODS),
    ),
)
PERIODS = (
    ("2026-11-01", None),
    ("2026-10-01", "2026-10-31"),
    ("2026-09-01", "2026-11-24"),
    ("2026-01-01", "2026-11-24"),
    ("2025-11-01", "2025-11-30"),
)


def sessions(seed: int, questions: int) -> Iterator[list[dict[str, Any]]]:
    """The queries of one person after the other, `questions` in total: a question and four to seven
    that follow from it."""
    dice, left = random.Random(seed), questions
    while left > 0:
        asked = _session(dice, min(left, dice.randint(5, 8)))
        left -= len(asked)
        yield asked


def _session(dice: random.Random, many: int) -> list[dict[str, Any]]:
    topic = dice.choices(TOPICS, (4, 3, 2, 2, 1, 1))[0]
    since, until = dice.choice(PERIODS)
    query: dict[str, Any] = {
        "dataset": topic.dataset,
        "measures": dice.choice(topic.measures),
        "dimensions": (dice.choice(topic.dimensions),),
        "since": since,
        "until": until,
        "filters": (),
        "comparison": "none",
    }
    asked = [query]
    while len(asked) < many:
        query = _follow(query, topic, dice)
        if query not in asked:
            asked.append(query)
    return asked


def _follow(query: dict[str, Any], topic: Topic, dice: random.Random) -> dict[str, Any]:
    """The next question: the same by something else, by two things, of a part, of other days."""
    way = dice.choice(
        ("by", "by", "by", "cross", "cross", "only", "only", "measure", "days", "compare", "total")
    )
    others = [name for name in topic.dimensions if name not in query["dimensions"]]
    if way == "by":
        return {**query, "dimensions": (dice.choice(others),)}
    if way == "cross":
        first = query["dimensions"][:1] or (dice.choice(others),)
        second = dice.choice([name for name in topic.dimensions if name not in first])
        return {**query, "dimensions": (*first, second)}
    if way == "only" and topic.filters:
        name, value = dice.choice(topic.filters)
        left = tuple(one for one in query["dimensions"] if one != name)
        condition = {"field": name, "operator": "is", "values": (value,)}
        return {**query, "filters": ((condition,),), "dimensions": left or (others[0],)}
    if way == "measure":
        return {**query, "measures": dice.choice(topic.measures)}
    if way == "days":
        since, until = dice.choice(PERIODS)
        return {**query, "since": since, "until": until}
    if way == "compare":
        return {**query, "comparison": dice.choice(("previous_period", "same_period_last_year"))}
    return {**query, "dimensions": (), "filters": ()}
