"""Small shops with a planted small group: a country, a product, or an arm of few people."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product as crossed
from typing import Any

from bot.data.warehouse.warehouse import Warehouse
from tests.support.sample_tables import TODAY
from tests.support.small_tables import small

PLANTED = "planted"
BIG = "beside"  # the large other half of whatever the planted value is nested in
OF_ORDERS = ("country", "region", "device", "source")
OF_LINES = ("category", "product")
SHAPES = ("alone", "pair", "rest", "nested")
DAYS = 210
CUSTOMERS = 700
GOODS = {"Bags": ("bag-1", "bag-2"), "Lamps": ("lamp-1", "lamp-2"), "Rugs": ("rug-1", "rug-2")}
PLACES = {"FR": ("north", "south"), "BE": ("east", "west")}

Row = dict[str, Any]


@dataclass(frozen=True)
class Plant:
    """Only `people` customers have the planted value of `dimension`: one value, a `pair` of values
    that they share, everything except the one large value (`rest`), or one of two values within a
    larger group (`nested`)."""

    dimension: str
    people: int
    shape: str = "alone"

    @property
    def values(self) -> tuple[str, ...]:
        return (PLANTED, f"{PLANTED}-2") if self.shape == "pair" else (PLANTED,)


@dataclass(frozen=True)
class Shop:
    shelf: Warehouse
    plant: Plant
    orders: list[Row]
    events: list[Row]
    ads: list[Row]
    users: list[Row]


def shop(plant: Plant, seed: int = 1) -> Shop:
    """Rows of every kind for one shop."""
    dice = random.Random(f"{seed} {plant}")
    people = {f"c{n:03}": _traits(dice) for n in range(CUSTOMERS)}
    few = [f"c{n:03}" for n in range(plant.people)]
    for n, who in enumerate(few):
        if plant.dimension in OF_ORDERS:
            people[who][plant.dimension] = plant.values[n % len(plant.values)]
    _surround(plant, people, few)
    orders = _orders(plant, people, few, dice)
    events = _events(plant, people, few, dice)
    ads, users = _ads(plant, dice), _users(plant, dice)
    feedback = _feedback(plant, people, few, dice)
    consents = [
        {
            "customer": who,
            "at": _at(5),
            "email": who not in few,
            "sms": True,
            "ads_user_data": True,
            "ads_personalization": True,
            "opted_out": False,
            "segment": PLANTED if who in few else "known",
        }
        for who in people
    ]
    shelf = small(
        orders=orders,
        events=events,
        campaigns=ads,
        experiments=users,
        consents=consents,
        feedback=feedback,
    )
    return Shop(shelf, plant, orders, events, ads, users)


def _traits(dice: random.Random) -> dict[str, str]:
    country = dice.choice(list(PLACES))
    return {
        "country": country,
        "region": dice.choice(PLACES[country]),
        "device": dice.choice(("mobile", "desktop")),
        "source": dice.choice(("search", "email")),
    }


def _surround(plant: Plant, people: dict[str, dict[str, str]], few: list[str]) -> None:
    if plant.dimension not in OF_ORDERS:
        return
    for n, (who, traits) in enumerate(people.items()):
        if plant.shape == "rest" and who not in few:
            traits[plant.dimension] = "most"
        if plant.shape == "nested" and (who in few or n % 4 == 0):
            outer = "country" if plant.dimension == "region" else "source"
            inner = plant.dimension if plant.dimension != "source" else "device"
            traits[outer] = "outer"
            traits[inner] = PLANTED if who in few else BIG


def _at(days_ago: int, hour: int = 12) -> datetime:
    day = TODAY - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour)


def _orders(
    plant: Plant, people: dict[str, dict[str, str]], few: list[str], dice: random.Random
) -> list[Row]:
    rows: list[Row] = []
    for days_ago in range(1, DAYS):
        for who in dice.sample(list(people), 16):
            rows += _order(plant, who, people[who], days_ago, dice)
        for who in few:
            if days_ago % 7 == 1 + int(who[1:]) % 6:
                rows += _order(plant, who, people[who], days_ago, dice, planted=True)
    return rows


def _order(
    plant: Plant,
    who: str,
    traits: dict[str, str],
    days_ago: int,
    dice: random.Random,
    *,
    planted: bool = False,
) -> list[Row]:
    of_lines = plant.dimension in OF_LINES
    rows = []
    name = f"o{days_ago}-{who}-{dice.randrange(10**6)}"
    late = dice.random() < (0.5 if planted and plant.dimension == "region" else 0.08)
    for line in range(1, dice.choice((2, 2, 3))):
        category, product = _thing(plant, dice, planted=planted and of_lines)
        rows.append(
            {
                "order": name,
                "line": line,
                "at": _at(days_ago, 8 + days_ago % 12),
                "customer": who,
                "product": product,
                "title": product,
                "category": category,
                "quantity": 40.0 if planted and of_lines else 1.0,
                "amount": _money(dice.randrange(500, 20_000) / 100),
                "currency": "EUR",
                **traits,
                "promised": _day(days_ago - 4),
                "delivered": _day(days_ago - (7 if late else 3)),
                "returned": dice.random() < 0.1,
                "reason": "too small",
            }
        )
    return rows


def _thing(plant: Plant, dice: random.Random, *, planted: bool) -> tuple[str, str]:
    if planted:
        value = dice.choice(plant.values)
        if plant.dimension == "category":
            return value, f"{value}-thing"
        return ("Nest" if plant.shape == "nested" else "Bags"), value
    if plant.shape == "nested" and plant.dimension == "product" and dice.random() < 0.3:
        return "Nest", BIG
    if plant.shape == "rest" and plant.dimension == "category":
        return "most", dice.choice(("bag-1", "lamp-1", "rug-1"))
    category = dice.choice(list(GOODS))
    return category, dice.choice(GOODS[category])


def _money(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2)))


def _day(days_ago: int) -> date:
    return TODAY - timedelta(days=days_ago)


def _events(
    plant: Plant, people: dict[str, dict[str, str]], few: list[str], dice: random.Random
) -> list[Row]:
    """Visits. The planted customers make many, so that their number of visits hides nobody."""
    rows: list[Row] = []
    everybody = list(people)
    for n in range(4200):
        who = few[n % len(few)] if n % 20 == 0 else dice.choice(everybody)
        days_ago = 1 + n % 69
        deep = dice.choices((1, 2, 3, 4), (50, 20, 10, 20))[0]
        traits = {name: people[who][name] for name in ("device", "source", "country")}
        _, thing = _thing(plant, dice, planted=who in few and plant.dimension in OF_LINES)
        for step in ("view", "cart", "checkout", "purchase")[:deep]:
            rows.append(
                {
                    "session": f"s{n}",
                    "visitor": who,
                    "at": _at(days_ago),
                    "step": step,
                    "product": thing,
                    "page": f"/{thing}",
                    **traits,
                    "amount": _money(50) if step == "purchase" else None,
                }
            )
    return rows


AD_KEYS = ("name", "audience", "product", "placement")


def _ads(plant: Plant, dice: random.Random) -> list[Row]:
    """Ad results with a planted campaign or audience of `plant.people` orders, an audience nested
    in another campaign, and e-mails, one of them to few people."""
    rows: list[Row] = []
    keys = crossed(("spring", "summer"), ("old", "young"), ("bag-1", "lamp-1"), ("top", "side"))
    for n, (name, audience, thing, placement) in enumerate(keys):
        for days_ago in range(1, 57):
            rows.append(_ad(name, audience, thing, placement, days_ago, 3, dice, n))
    at = {
        "alone": ("spring", PLANTED),
        "nested": ("outer", PLANTED),
        "rest": (PLANTED, "young"),
        "pair": (PLANTED, PLANTED),
    }[plant.shape]
    for n in range(plant.people):
        rows.append(_ad(*at, "bag-1", "top", 1 + n, 1, dice, 90 + n))
    if plant.shape == "nested":
        rows += [_ad("outer", "inner", "bag-1", "top", 1 + n, 2, dice, 50 + n) for n in range(20)]
    for n in range(14):
        few = n == 13
        rows.append(
            {
                "id": f"l{n}",
                "code": PLANTED if few else f"letter{n}",
                "channel": "email",
                "at": _at(3 + 9 * n),
                "audience": "all",
                "subject": f"Letter {n}",
                "text": "Hello",
                "language": "en",
                "sent": plant.people if few else 900,
                "delivered": plant.people if few else 900,
                "opened": 2 if few else 300 + n,
                "clicks": 1 if few else 40,
                "orders": 1 if few else 12,
                "sales": _money(61.5 if few else 800),
                "unsubscribed": 0 if few else 6,
                "currency": "EUR",
            }
        )
    return rows


def _ad(
    name: str,
    audience: str,
    thing: str,
    placement: str,
    days_ago: int,
    orders: int,
    dice: random.Random,
    n: int,
) -> Row:
    return {
        "id": f"a{n}-{days_ago}",
        "at": _at(days_ago),
        "channel": "ads",
        "name": name,
        "audience": audience,
        "product": thing,
        "placement": placement,
        "impressions": 4000,
        "clicks": 60,
        "orders": orders,
        "spend": _money(20),
        "currency": "EUR",
        "sales": _money(dice.randrange(2_000, 9_000) * orders / 100),
    }


def _users(plant: Plant, dice: random.Random) -> list[Row]:
    """An experiment with three arms, one of them small, and one with two arms, one of them
    small."""
    rows: list[Row] = []
    for test, arms in (
        ("three", {"control": 900, "big": 900, PLANTED: plant.people}),
        ("two", {"control": 900, PLANTED: plant.people}),
    ):
        for arm, many in arms.items():
            for n in range(many):
                bought = int(dice.random() < 0.3)
                rows.append(
                    {
                        "experiment": test,
                        "title": test,
                        "variant": arm,
                        "unit": f"{test}{arm}{n}",
                        "at": _at(1 + n % 20),
                        "metric": "purchase",
                        "share": many / sum(arms.values()),
                        "users": 1,
                        "successes": bought,
                        "value": _money(30 * bought),
                    }
                )
    return rows


SAID = (
    "The delivery was late again and the parcel was damaged",
    "Lovely quality, I like it",
    "It runs small, order a size up",
    "The colour is not as pictured",
)


def _feedback(
    plant: Plant, people: dict[str, dict[str, str]], few: list[str], dice: random.Random
) -> list[Row]:
    """Reviews. The planted customers write many, so that their number of texts hides nobody."""
    rows: list[Row] = []
    for n in range(600):
        who = few[n % len(few)] if n % 6 == 0 else dice.choice(list(people)[20:])
        said = SAID[0] if who in few else dice.choice(SAID)
        _, thing = _thing(plant, dice, planted=who in few and plant.dimension in OF_LINES)
        rows.append(
            {
                "id": f"f{n}",
                "at": _at(1 + n % 100),
                "text": f"{said}.",
                "rating": 2.0 if who in few else float(dice.randrange(1, 6)),
                "channel": "reviews",
                "language": "en",
                "customer": who,
                "product": thing,
                "country": people[who]["country"],
                "region": people[who]["region"],
                "category": thing,
            }
        )
    return rows
