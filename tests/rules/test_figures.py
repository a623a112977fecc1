"""A figure …"""

from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from bot.core.facts import Evidence
from bot.core.parts import Part, Table
from bot.rules.proof.figures import read
from tests.support.shirt import fact, found, only, proved


def test_reads_the_cells_of_a_table() -> None:
    table = Table(columns=("Taille", "Prix"), rows=(("36", "49,90"), ("38", "59,90")))
    checks = proved(Part(kind="table", key="sizes", title="Sizes", body=table), channel=None)
    assert found(checks) == {("block", "figure", "59,90")}


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


@given(WRITTEN, st.sampled_from(sorted(FORMS)))
def test_proves_a_price_however_it_is_written(price: Decimal, form: str) -> None:
    evidence = Evidence(facts=(fact("product.a.price", "price", price, "EUR"),))
    assert not only(proved(f"Elle coûte {FORMS[form](price)}.", evidence=evidence), "figure")


@given(WRITTEN, WRITTEN, st.sampled_from(sorted(FORMS)))
def test_proves_no_other_price(price: Decimal, other: Decimal, form: str) -> None:
    evidence = Evidence(facts=(fact("product.a.price", "price", price, "EUR"),))
    checks = only(proved(f"Elle coûte {FORMS[form](other)}.", evidence=evidence), "figure")
    assert bool(checks) == (price != other)


@given(st.integers(13, 9999), st.integers(13, 9999), st.sampled_from(["%", "€", "g", "cm", "ans"]))
def test_proves_no_figure_in_another_unit(value: int, other: int, unit: str) -> None:
    units = {"%": "%", "€": "EUR", "g": "g", "cm": "cm", "ans": "years"}
    known = fact("product.a.x", "x", value, units[unit])
    evidence = Evidence(facts=(known,))
    for written, name in units.items():
        checks = only(proved(f"Voici {other} {written}.", evidence=evidence), "figure")
        assert bool(checks) == (other != value or name != units[unit]), written


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.booleans())
def test_proves_a_date_however_it_is_written(day: date, with_year: bool) -> None:
    from babel.dates import format_date

    evidence = Evidence(facts=(fact("product.a.launch", "available from", day.isoformat()),))
    year = " y" if with_year else ""
    for locale, shape in (("fr", "d MMMM"), ("en", "d MMMM"), ("en", "MMMM d"), ("fr", "d MMM")):
        written = format_date(day, shape + year, locale=locale)
        assert not only(proved(f"Le {written}.", evidence=evidence), "figure"), written
    assert not only(proved(f"Le {day:%d/%m}.", evidence=evidence), "figure")
    assert not only(proved(f"Le {day:%d.%m.%Y}.", evidence=evidence), "figure")
    other = date.fromordinal(day.toordinal() + 1)
    assert only(
        proved(f"Le {format_date(other, 'd MMMM y', locale='fr')}.", evidence=evidence), "figure"
    )


@given(st.text(max_size=80))
def test_survives_any_text(text: str) -> None:
    for one in read(text):
        assert text[one.start : one.end] == one.text
    for language in ("en", "fr"):
        for check in proved(text, language=language):
            check.words.to("fr")


@pytest.mark.parametrize(
    "text", ["90 l'imaginaient", "90 l’imaginaient", "Ils sont 12 m'a-t-on dit"]
)
def test_is_no_measure_where_an_elided_word_follows(text: str) -> None:
    (figure,) = read(text)
    assert {reading.unit for reading in figure.readings} == {None}


def test_of_pockets_may_say_where_they_are() -> None:
    chest = Evidence(facts=(fact("product.a.description", "description", "two chest pockets"),))
    assert not only(proved("Elle a deux poches poitrine.", evidence=chest), "figure")
    assert not only(proved("Two chest pockets.", language="en", evidence=chest), "figure")
    assert only(proved("Elle a trois poches.", evidence=chest), "figure")
    assert only(proved("Three chest pockets.", language="en", evidence=chest), "figure")
