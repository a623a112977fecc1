"""Reading figures, and holding them to facts."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.grounding.numbers import read_figures
from bot.grounding.sources import read_fact
from bot.grounding.units import agrees
from bot.i18n.messages import Language
from tests.support.shirt import fact, proved, request

FIGURE_RULES = ("figure", "price")


MARKED = ("block", "warn", "info")


def wrong_figures(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.rule in FIGURE_RULES and check.severity in MARKED]


WRITTEN = st.decimals(min_value=13, max_value=99_999, places=2)


FORMS = {
    "en": lambda n: format_currency(n, "EUR", locale="en_GB"),
    "fr": lambda n: format_currency(n, "EUR", locale="fr_FR"),
    "de": lambda n: format_currency(n, "EUR", locale="de_DE"),
    "fr bare": lambda n: format_decimal(n, "#,##0.00", locale="fr_FR"),
    "de bare": lambda n: format_decimal(n, "#,##0.00", locale="de_DE"),
    "en bare": lambda n: format_decimal(n, "#,##0.00", locale="en_US"),
    "ch": lambda n: format_decimal(n, "#,##0.00", locale="en_US").replace(",", "'") + " euros",
    "plain": lambda n: f"{n} EUR",
    "cents": lambda n: f"{int(n)}€{int(n * 100) % 100:02}",
    "spaced": lambda n: f"{n:,}".replace(",", " ").replace(".", ",") + " €",
}


@settings(deadline=None)
@given(WRITTEN, st.sampled_from(sorted(FORMS)))
def test_price_is_proven_however_it_is_written(price: Decimal, form: str) -> None:
    evidence = Evidence(facts=(fact("product.a.price", "price", price, "EUR"),))
    assert not wrong_figures(proved(f"Elle coûte {FORMS[form](price)}.", evidence=evidence))


@settings(deadline=None)
@given(WRITTEN, WRITTEN, st.sampled_from(sorted(FORMS)))
def test_other_price_is_not_proven(price: Decimal, other: Decimal, form: str) -> None:
    evidence = Evidence(facts=(fact("product.a.price", "price", price, "EUR"),))
    checks = wrong_figures(proved(f"Elle coûte {FORMS[form](other)}.", evidence=evidence))
    assert bool(checks) == (price != other)


@settings(deadline=None)
@given(st.integers(13, 9999), st.integers(13, 9999), st.sampled_from(["%", "€", "g", "cm", "ans"]))
def test_figure_in_another_unit_is_not_proven(value: int, other: int, unit: str) -> None:
    units = {"%": "%", "€": "EUR", "g": "g", "cm": "cm", "ans": "years"}
    known = fact("product.a.x", "x", value, units[unit])
    evidence = Evidence(facts=(known,))
    for written, name in units.items():
        checks = wrong_figures(proved(f"Voici {other} {written}.", evidence=evidence))
        assert bool(checks) == (other != value or name != units[unit]), written


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.booleans())
def test_date_is_proven_however_it_is_written(day: date, with_year: bool) -> None:
    from babel.dates import format_date

    evidence = Evidence(facts=(fact("product.a.launch", "available from", day.isoformat()),))
    year = " y" if with_year else ""
    for locale, shape in (("fr", "d MMMM"), ("en", "d MMMM"), ("en", "MMMM d"), ("fr", "d MMM")):
        written = format_date(day, shape + year, locale=locale)
        assert not wrong_figures(proved(f"Le {written}.", evidence=evidence)), written
    assert not wrong_figures(proved(f"Le {day:%d/%m}.", evidence=evidence))
    assert not wrong_figures(proved(f"Le {day:%d.%m.%Y}.", evidence=evidence))
    other = date.fromordinal(day.toordinal() + 1)
    written = format_date(other, "d MMMM y", locale="fr")
    asked = request("un mail sur la chemise")
    assert wrong_figures(proved(f"Le {written}.", evidence=evidence, asked=asked))


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for one in read_figures(text):
        assert text[one.start : one.end] == one.text
    for language in ("en", "fr"):
        for check in proved(text, language=language):
            check.words.to("fr")


@pytest.mark.parametrize(
    "text", ["90 l'imaginaient", "90 l’imaginaient", "Ils sont 12 m'a-t-on dit"]
)
def test_elided_word_is_no_unit(text: str) -> None:
    (figure,) = read_figures(text)
    assert {reading.unit for reading in figure.readings} == {None}


def test_counted_pockets_may_say_where_they_are() -> None:
    chest = Evidence(facts=(fact("product.a.description", "description", "two chest pockets"),))
    assert not wrong_figures(proved("Elle a deux poches poitrine.", evidence=chest))
    assert not wrong_figures(proved("Two chest pockets.", language="en", evidence=chest))
    assert wrong_figures(proved("Elle a trois poches.", evidence=chest))
    assert wrong_figures(proved("Three chest pockets.", language="en", evidence=chest))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sizes 36 to 48, €245.", [("36", "#sizes"), ("48", "#sizes"), ("€245", "EUR")]),
        ("20, 30 or 40 % off", [("20", "%"), ("30", "%"), ("40 %", "%")]),
        ("3 whole weeks", [("3", None)]),
        ("Notée 4,7/5 par 213 personnes", [("4,7/5", "/5"), ("213 personnes", "#people")]),
        ("chez vous en 48 h, à 30°", [("48 h", "time"), ("30°", "degrees")]),
        ("neuf clientes sur dix", [("neuf clientes sur dix", "%")]),
        ("4 deep pockets", [("4", "#pockets")]),
        ("tailles 36/38/40", [("36", "#sizes"), ("38", "#sizes"), ("40", "#sizes")]),
        ("20 x 30 cm", [("20", "length"), ("30 cm", "length")]),
        ("set of 4, 45 x 45 cm", [("4", None), ("45", "length"), ("45 cm", "length")]),
        ("lot de 4 - 45 x 45 cm", [("4", None), ("45", "length"), ("45 cm", "length")]),
        ("20 x 30, 40 x 50 cm", [(n, "length") for n in ("20", "30", "40", "50 cm")]),
        ("quatre-vingt-dix euros", [("quatre-vingt-dix euros", "EUR")]),
        ("entre deux tailles", []),
        ("deux pour un", [("deux pour un", None)]),
        ("€39 to 49", [("€39", "EUR"), ("49", "EUR")]),
        ("half of our customers", [("half of our customers", "%")]),
        ("une douzaine de coloris", [("douzaine de coloris", "#colours")]),
        ("open 24/7", [("24/7", None)]),
        ("a lazy Sunday", []),
        ("until Sunday", [("until Sunday", None)]),
    ],
)
def test_figures_are_read_with_their_units(
    text: str, expected: list[tuple[str, str | None]]
) -> None:
    assert [(one.text, one.first.unit) for one in read_figures(text)] == expected


def test_pack_before_its_size_is_proven_as_it_stands_in_the_fact() -> None:
    evidence = Evidence(
        facts=(
            fact("product.a.name", "name", "Serviettes Jour (lot de 4)"),
            fact("product.a.sizes", "sizes", "45 x 45 cm"),
        )
    )
    assert not wrong_figures(proved("Serviettes Jour, lot de 4, 45 x 45 cm", evidence=evidence))
    assert wrong_figures(proved("Serviettes Jour, lot de 4, 45 x 55 cm", evidence=evidence))


def test_rating_with_a_decimal_is_read_whole() -> None:
    for text, language in (("4.5 out of 5", "en"), ("4,5 sur 5", "fr")):
        (figure,) = read_figures(f"{text} stars" if language == "en" else text)
        assert (figure.first.unit, figure.first.base) == ("/5", Decimal("4.5")), text


def test_pounds_may_be_money_or_a_weight() -> None:
    (figure,) = read_figures("It carries 41 pounds.")
    assert {reading.unit for reading in figure.readings} == {"GBP", "ounces"}
    evidence = Evidence(facts=(fact("f.load", "load", Decimal(41), unit="lb"),))
    assert wrong_figures(proved("It carries 41 pounds.", evidence=evidence, language="en")) == []


SHARE = fact("survey.like", "would buy it again", Decimal("86"), unit="%")
RATE = fact("mail.rate", "orders by e-mail sent", Decimal("0.4"), unit="%")
STORES = fact("shop.stores", "stores", "47 stores")
DELIVERY = fact("shop.delivery", "free delivery", "free over £50")
PRICE = fact("product.a.price", "price", Decimal("26.90"), "EUR")


@pytest.mark.parametrize(
    ("text", "is_fair"),
    [
        ("Moins de 28 €.", True),
        ("Under €30.", True),
        ("Sous les 27 €.", True),
        ("Moins de 26 €.", False),
        ("Plus de 28 €.", False),
        ("Moins de 60 €.", False),  # true, and no reader would find it fair
        ("In over 40 stores.", True),
        ("In more than 50 stores.", False),
        ("Dans plus de 45 boutiques.", True),
        ("More than 4 in 10 would buy it again.", False),
        ("Plus de 8 personnes sur 10 la rachèteraient.", True),
        ("Moins de 8 personnes sur 10 la rachèteraient.", False),
        ("Between 80 and 90 % would buy it again.", True),
        ("Between 87 and 95 % would buy it again.", False),
        ("Entre 60 et 70 % la rachèteraient.", False),
        ("4 pour mille commandent.", True),
        ("5 pour mille commandent.", False),
        ("Free delivery over £50.", True),
        ("Free delivery over £45.", False),  # a threshold is the one of the fact
    ],
)
def test_bound_is_proven_by_a_fact_on_its_side_that_is_near(text: str, is_fair: bool) -> None:
    evidence = Evidence(facts=(SHARE, RATE, STORES, DELIVERY, PRICE))
    asked = request("un mail sur la chemise")
    language: Language = "en" if text.split()[0] in EN else "fr"
    checks = proved(text, evidence=evidence, asked=asked, language=language)
    assert (not wrong_figures(checks)) is is_fair


EN = ("Under", "In", "More", "Between", "Free")


@pytest.mark.parametrize(
    ("text", "percent"),
    [("Sept avis sur trente-quatre", "20.59"), ("Twenty-one out of forty-two buyers", "50")],
)
def test_share_of_a_composed_number_is_read_whole(text: str, percent: str) -> None:
    (figure,) = read_figures(text)
    assert text.startswith(figure.text)
    assert round(figure.first.base, 2) == Decimal(percent)


def test_rating_beside_the_number_of_its_reviews_is_no_share() -> None:
    assert [one.text for one in read_figures("4,6/5 sur 138 avis")] == ["4,6/5", "138 avis"]


@pytest.mark.parametrize("text", ["Tuesday, 10am", "Tuesday 10 a.m.", "Mardi, 10 h"])
def test_hour_behind_a_weekday_is_no_day_of_the_month(text: str) -> None:
    kinds = {one.kind for figure in read_figures(text) for one in figure.readings}
    assert "clock" in kinds
    assert "date" not in kinds


@pytest.mark.parametrize(
    ("known", "proven"),
    [
        ("21 cm de diamètre, 5 de haut", True),
        ("21 cm across and 5 high", True),
        ("21 cm across, 5 pieces", False),
        ("21 cm across. 5 left", False),
    ],
)
def test_side_without_a_unit_is_in_that_of_the_side_before_it(known: str, proven: bool) -> None:
    (high,) = read_figures("5 cm")
    figures = read_fact(fact("product.plate.size", "size", known)).figures
    assert any(agrees(high, one) for one in figures) == proven
