"""Generates the customers: address, consents, language and buying behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.playground.shop.generation import (
    RandomStream,
    SalesPeriod,
    WeightedChoice,
    format_yes_no,
    read_planted,
    read_toml,
    write_csv,
)
from bot.text.normalize import strip_accents

ENGLISH_SHARES = {"GB": 0.97, "IE": 0.97, "BE": 0.12, "LU": 0.25, "CH": 0.1, "FR": 0.05}
CUSTOMER_DEVICES = WeightedChoice(("mobile", "desktop", "tablet"), (57, 36, 7))


@dataclass
class Customer:
    """A customer. Days are numbered from the start of the sales period.

    `first_order_day` is the day of the first order that the data can contain. `segment` is the
    section of `lives` in planted.toml."""

    id: str
    first_name: str
    surname: str
    phone: str
    street: str
    town: str
    postcode: str
    department: str
    country: str
    language: str
    segment: str
    first_order_day: int
    registration_day: int
    device: str
    favourite_category: str  # key of a category
    size: float  # from 0 (always the smallest size) to 1 (the largest)
    email: bool = False
    sms: bool = False
    ad_user_data: bool = False
    ad_personalization: bool = False
    opted_out: int | None = None

    def can_receive(self, channel: str, day: int) -> bool:
        """Whether a campaign on this day may be sent to the customer."""
        has_consented = self.email if channel == "email" else self.sms
        left = self.opted_out is not None and self.opted_out <= day
        return has_consented and self.registration_day <= day and not left


def generate_customers(
    seed: int, count: int, period: SalesPeriod, categories: Sequence[str]
) -> list[Customer]:
    rng, names = RandomStream(seed, "customers"), read_toml("places")
    inventor = _CustomerGenerator(rng, period, names, categories)
    made = [inventor.generate() for _ in range(count)]
    made.sort(key=lambda customer: customer.registration_day)
    for number, customer in enumerate(made, 1):
        customer.id = f"C{number:06}"
    return made


def write_customers(folder: Path, customers: Sequence[Customer], period: SalesPeriod) -> None:
    rows = (_build_customer_row(customer, period) for customer in customers)
    write_csv(folder / "customers.csv", rows)


def _build_customer_row(customer: Customer, period: SalesPeriod) -> tuple[object, ...]:
    return (
        customer.id,
        customer.first_name,
        customer.surname,
        build_email_address(customer),
        customer.phone,
        customer.street,
        customer.postcode,
        customer.town,
        customer.department,
        customer.country,
        customer.language,
        period.date_of(customer.registration_day),
        format_yes_no(customer.email),
        format_yes_no(customer.sms),
        format_yes_no(customer.ad_user_data),
        format_yes_no(customer.ad_personalization),
        f"{period.date_of(customer.registration_day)}T12:00:00",
        "" if customer.opted_out is None else period.date_of(customer.opted_out),
    )


def build_email_address(customer: Customer) -> str:
    """Return an address in a domain that nobody can own. Source: RFC 2606, .example."""
    name = strip_accents(f"{customer.first_name}.{customer.surname}".lower())
    return f"{name}.{customer.id[1:]}@boite.example"


class _CustomerGenerator:
    """Generates one customer after the other."""

    def __init__(
        self,
        rng: RandomStream,
        period: SalesPeriod,
        names: dict[str, Any],
        categories: Sequence[str],
    ):
        self.rng, self.period, self.names, self.categories = rng, period, names, categories
        self.segment_settings = read_planted("lives")
        self.consents = read_planted("consents")
        self.segments = WeightedChoice(
            list(self.segment_settings), [life["share"] for life in self.segment_settings.values()]
        )
        self.towns = WeightedChoice(names["towns"], [town[3] for town in names["towns"]])
        self.abroad = WeightedChoice(names["abroad"], [town[3] for town in names["abroad"]])
        growing = (w * (600 + day) for day, w in enumerate(period.weights))
        self.days = WeightedChoice(range(period.length), growing)

    def generate(self) -> Customer:
        rng, names = self.rng, self.names
        at_home = rng.chance(0.88)
        town, postcode, place, _ = (self.towns if at_home else self.abroad).draw(rng)
        country = "FR" if at_home else place
        english = rng.chance(ENGLISH_SHARES[country])
        tail = "_en" if english and country in ("GB", "IE") else ""
        life = self.segments.draw(rng)
        first, registered = self._choose_first_days(life)
        made = Customer(
            id="",
            first_name=rng.choose(names[f"first_names{tail}"]),
            surname=rng.choose(names[f"surnames{tail}"]),
            phone="",
            street=_format_street(rng.randint(1, 98), rng.choose(names[f"streets{tail}"])),
            town=town,
            postcode=postcode,
            department=place if at_home else "",
            country=country,
            language="en" if english else "fr",
            segment=life,
            first_order_day=first,
            registration_day=registered,
            device=CUSTOMER_DEVICES.draw(rng),
            favourite_category=rng.choose(self.categories),
            size=rng.random(),
        )
        self._choose_consents(made)
        return made

    def _choose_first_days(self, life: str) -> tuple[int, int]:
        """Return the day of the first order in the data and the day of registration.

        Known customers registered up to 900 days before the data start."""
        rng = self.rng
        known = {"once": 0.0, "occasional": 0.15, "loyal": 0.45, "lapsed": 0.85, "niche": 0.35}
        if rng.chance(known[life]):
            return rng.waiting_time(self.segment_settings[life]["gap"]), -rng.randint(30, 900)
        stops = self.segment_settings[life].get("stops")
        first = (
            rng.randbelow(self.period.start_of_last(stops[1]) - 60)
            if stops
            else self.days.draw(rng)
        )
        return first, first - (rng.randint(1, 25) if rng.chance(0.3) else 0)

    def _choose_consents(self, customer: Customer) -> None:
        rng, shares = self.rng, self.consents
        if customer.country == "FR" and rng.chance(0.7):
            customer.phone = f"06 39 98 {rng.randbelow(100):02} {rng.randbelow(100):02}"
        customer.email = rng.chance(shares["email"])
        customer.sms = bool(customer.phone) and rng.chance(shares["sms"] / 0.62)
        customer.ad_user_data = rng.chance(shares["ad_user_data"])
        customer.ad_personalization = customer.ad_user_data and rng.chance(
            shares["ad_personalization"] / shares["ad_user_data"]
        )
        if customer.email and rng.chance(shares["opted_out"]):
            start = max(customer.registration_day, 0)
            customer.opted_out = start + rng.randbelow(max(1, self.period.length - start))


def _format_street(number: int, street: str) -> str:
    return f"{number} {street}" if street[0].isupper() else f"{number}, {street}"
