"""Invented people who buy: where they live, what they consented to, how they live with the shop."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.playground.shop import data_files
from bot.playground.shop.data_files import read_planted, read_toml
from bot.playground.shop.random_stream import RandomStream, WeightedChoice
from bot.playground.shop.sales_period import SalesPeriod

CUSTOMER_COLUMNS = (
    "client",
    "prénom",
    "nom",
    "e-mail",
    "téléphone",
    "adresse",
    "code postal",
    "ville",
    "département",
    "pays",
    "langue",
    "inscrit le",
    "consentement e-mail",
    "consentement SMS",
    "consent_ad_user_data",
    "consent_ad_personalization",
    "consent_ts",
    "opt_out",
)
ENGLISH_SHARES = {"GB": 0.97, "IE": 0.97, "BE": 0.12, "LU": 0.25, "CH": 0.1, "FR": 0.05}
CUSTOMER_DEVICES = WeightedChoice(("mobile", "desktop", "tablet"), (57, 36, 7))


@dataclass
class Customer:
    """One customer; `first` is the day of the first order that the data can show."""

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
    favourite_category: str  # the category liked most
    size: float  # from 0, always the smallest, to 1
    email: bool = False
    sms: bool = False
    ad_user_data: bool = False
    ad_personalization: bool = False
    opted_out: int | None = None

    def can_receive(self, channel: str, day: int) -> bool:
        """Whether a campaign of that day may reach them."""
        said = self.email if channel == "email" else self.sms
        left = self.opted_out is not None and self.opted_out <= day
        return said and self.registration_day <= day and not left


def generate_customers(
    seed: int, count: int, span: SalesPeriod, categories: Sequence[str]
) -> list[Customer]:
    """The customers, in the order they registered."""
    dice, names = RandomStream(seed, "customers"), read_toml("places")
    inventor = _CustomerGenerator(dice, span, names, categories)
    made = [inventor.generate() for _ in range(count)]
    made.sort(key=lambda one: one.registration_day)
    for number, one in enumerate(made, 1):
        one.id = f"C{number:06}"
    return made


def write_customers(folder: Path, customers: Sequence[Customer], span: SalesPeriod) -> int:
    """customers.csv"""
    return data_files.write_csv(
        folder / "customers.csv",
        CUSTOMER_COLUMNS,
        (_build_customer_row(one, span) for one in customers),
    )


def _build_customer_row(one: Customer, span: SalesPeriod) -> tuple[object, ...]:
    return (
        one.id,
        one.first_name,
        one.surname,
        build_email_address(one),
        one.phone,
        one.street,
        one.postcode,
        one.town,
        one.department,
        one.country,
        one.language,
        span.date_of(one.registration_day),
        data_files.format_yes_no(one.email),
        data_files.format_yes_no(one.sms),
        data_files.format_yes_no(one.ad_user_data),
        data_files.format_yes_no(one.ad_personalization),
        f"{span.date_of(one.registration_day)}T12:00:00",
        "" if one.opted_out is None else span.date_of(one.opted_out),
    )


def build_email_address(one: Customer) -> str:
    """An e-mail address of a domain that nobody can own. Source: RFC 2606, .example."""
    bare = unicodedata.normalize("NFKD", f"{one.first_name}.{one.surname}".lower())
    return "".join(c for c in bare if not unicodedata.combining(c)) + f".{one.id[1:]}@boite.example"


class _CustomerGenerator:
    """Draws people one by one."""

    def __init__(
        self,
        dice: RandomStream,
        span: SalesPeriod,
        names: dict[str, Any],
        categories: Sequence[str],
    ):
        self.dice, self.span, self.names, self.categories = dice, span, names, categories
        self.segment_settings = read_planted("lives")
        self.consents = read_planted("consents")
        self.segments = WeightedChoice(
            list(self.segment_settings), [life["share"] for life in self.segment_settings.values()]
        )
        self.towns = WeightedChoice(names["towns"], [town[3] for town in names["towns"]])
        self.abroad = WeightedChoice(names["abroad"], [town[3] for town in names["abroad"]])
        growing = (w * (600 + day) for day, w in enumerate(span.weights))
        self.days = WeightedChoice(range(span.length), growing)

    def generate(self) -> Customer:
        dice, names = self.dice, self.names
        at_home = dice.chance(0.88)
        town, postcode, place, _ = (self.towns if at_home else self.abroad).draw(dice)
        country = "FR" if at_home else place
        english = dice.chance(ENGLISH_SHARES[country])
        tail = "_en" if english and country in ("GB", "IE") else ""
        life = self.segments.draw(dice)
        first, registered = self._choose_first_days(life)
        made = Customer(
            id="",
            first_name=dice.choose(names[f"first_names{tail}"]),
            surname=dice.choose(names[f"surnames{tail}"]),
            phone="",
            street=_format_street(dice.randint(1, 98), dice.choose(names[f"streets{tail}"])),
            town=town,
            postcode=postcode,
            department=place if at_home else "",
            country=country,
            language="en" if english else "fr",
            segment=life,
            first_order_day=first,
            registration_day=registered,
            device=CUSTOMER_DEVICES.draw(dice),
            favourite_category=dice.choose(self.categories),
            size=dice.random(),
        )
        self._choose_consents(made)
        return made

    def _choose_first_days(self, life: str) -> tuple[int, int]:
        """The first order that shows, and the day of registration, maybe long before."""
        dice = self.dice
        known = {"once": 0.0, "occasional": 0.15, "loyal": 0.45, "lapsed": 0.85, "niche": 0.35}
        if dice.chance(known[life]):
            return dice.waiting_time(self.segment_settings[life]["gap"]), -dice.randint(30, 900)
        stops = self.segment_settings[life].get("stops")
        first = dice.randbelow(self.span.start_of_last(stops[1]) - 60) if stops else self.days.draw(dice)
        return first, first - (dice.randint(1, 25) if dice.chance(0.3) else 0)

    def _choose_consents(self, one: Customer) -> None:
        dice, said = self.dice, self.consents
        if one.country == "FR" and dice.chance(0.7):
            one.phone = f"06 39 98 {dice.randbelow(100):02} {dice.randbelow(100):02}"
        one.email = dice.chance(said["email"])
        one.sms = bool(one.phone) and dice.chance(said["sms"] / 0.62)
        one.ad_user_data = dice.chance(said["ad_user_data"])
        one.ad_personalization = one.ad_user_data and dice.chance(
            said["ad_personalization"] / said["ad_user_data"]
        )
        if one.email and dice.chance(said["opted_out"]):
            start = max(one.registration_day, 0)
            one.opted_out = start + dice.randbelow(max(1, self.span.length - start))


def _format_street(number: int, street: str) -> str:
    return f"{number} {street}" if street[0].isupper() else f"{number}, {street}"
