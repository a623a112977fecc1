"""Templates of sentences filled in with facts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.core.fact_sentences import FactSubject, SentenceWriter
from bot.core.facts import Evidence, Fact, source_quote, tell_facts_apart
from bot.i18n.messages import Language, Words

BETWEEN = Words("between {worth_ends}")


def fact(measure: str, value: Decimal | str, unit: str | None = None, subject: str = "one") -> Fact:
    return Fact(
        id=f"audiences.{subject}.{measure}",
        label=measure,
        value=value,
        unit=unit,
        source="orders.csv",
        as_of=date(2026, 11, 24),
    )


def about(*facts: Fact, name: str = "the shop", key: str = "one") -> FactSubject:
    return FactSubject("audiences", key, name, {one.parts.measure: one for one in facts})


@pytest.mark.parametrize(
    ("low", "high", "unit", "language", "says"),
    [
        ("680", "1900", "EUR", "en", "Between €680 and €1,900"),
        ("680", "1900", "EUR", "fr", "Entre 680 € et 1 900 €"),
        ("412.5", "1204", "EUR", "en", "Between €412.50 and €1,204.00"),
        ("7", "8.32", "points", "en", "Between 7.00 and 8.32 points"),
        ("0.5", "0.86", "points", "fr", "Entre 0,50 et 0,86 point"),
        ("1000", "1250.5", None, "fr", "Entre 1 000,0 et 1 250,5"),
        ("15", "21", "%", "en", "Between 15% and 21%"),
    ],
)
def test_range_has_one_precision_and_names_what_is_counted_once(
    low: str, high: str, unit: str | None, language: Language, says: str
) -> None:
    ends = [fact("worth-low", Decimal(low), unit), fact("worth-high", Decimal(high), unit)]
    words = BETWEEN if language == "en" else Words("entre {worth_ends}")
    told = SentenceWriter(language).tell(about(*ends), words)
    assert told.text.replace("\u202f", " ").replace("\u00a0", " ") == says
    assert told.facts == ("audiences.one.worth-low", "audiences.one.worth-high")


def test_first_template_without_a_missing_figure_is_told() -> None:
    writer, orders = SentenceWriter("en"), about(fact("last", Decimal(148), "orders"))
    told = writer.tell(
        orders, Words("{name}: {last}, {expected} expected"), Words("{name}: {last}")
    )
    assert told.text.replace("\u00a0", " ") == "The shop: 148 orders"
    assert told.facts == ("audiences.one.last",)
    assert writer.tell(orders, BETWEEN).text == ""
    assert [*writer.stated] == ["audiences.one.last"]


def test_change_has_its_sign_and_a_counted_unit_stands_once() -> None:
    facts = (
        fact("last", Decimal(148), "orders"),
        fact("expected", Decimal(76), "orders"),
        fact("change", Decimal("94.7"), "%"),
    )
    told = SentenceWriter("en").tell(about(*facts), Words("{last}, {expected} expected ({change})"))
    assert told.text.replace("\u00a0", " ") == "148 orders, 76 expected (+94.7%)"


def test_table_leaves_out_columns_without_any_value() -> None:
    rows = [about(fact("last", Decimal(3), "orders"), name="Alba"), about(name="Maud")]
    columns = {"last": Words("Last"), "expected": Words("Expected")}
    table = SentenceWriter("en").table(rows, Words("Product"), columns)
    assert table is not None
    assert (table.columns, table.rows) == (("Product", "Last"), (("Alba", "3"),))
    assert table.facts == ("audiences.one.last",)


@pytest.mark.parametrize(
    ("kind", "key", "about_text", "says"),
    [
        ("trends", "region-33", "33", "department 33"),
        ("delivery", "late-regions", "09, 24", "departments 09, 24"),
        ("delivery", "region-bayern", "Bayern", "region Bayern"),
        ("trends", "device-mobile", "mobile", "phones"),
        ("trends", "category-back-to-school", "Back to school", "Back to school"),
        ("funnel", "device-mobile-cart-to-checkout", "mobile", "from cart to payment, on phones"),
        ("funnel", "total-all-view-to-cart", "all", "from product page to cart"),
        ("feedback", "delivery--region-33", "delivery, 33", "delivery, department 33"),
    ],
)
def test_subject_is_named_as_people_say_it(kind: str, key: str, about_text: str, says: str) -> None:
    assert FactSubject(kind, key, about_text, {}).named("en") == says


def test_missing_data_is_said_by_the_facts_that_tell_it() -> None:
    cannot = fact("one", "Import an order file.", subject="cannot")
    said = SentenceWriter("en").report_missing_data(Evidence(facts=(cannot,)), ["audiences"])
    assert said.answer.text == "Import an order file."
    assert said.answer.facts == (cannot.id,)


def test_facts_of_one_name_are_told_apart_by_audience_and_by_year() -> None:
    def build(id: str, value: Decimal | str, **more: Any) -> Fact:
        given: dict[str, Any] = {"as_of": date(2026, 11, 27), "source": "orders.csv", **more}
        return Fact(id=id, label=id.rpartition(".")[2], value=value, **given)

    rules = [build(f"audiences.a{n}.conditions", f"Agreed; {n} orders") for n in (1, 2)]
    agreed = [build(f"audiences.a{n}.by-email", Decimal(n)) for n in (1, 2)]
    now = build("orders.all.orders", Decimal(1), since=date(2026, 11, 1), until=date(2026, 11, 27))
    days: dict[str, Any] = {
        "since": date(2025, 12, 1),
        "until": date(2025, 12, 31),
        "as_of": date(2025, 12, 31),
    }
    before = build("orders.before.revenue", Decimal(1), **days)
    found = tell_facts_apart([*agreed, now, before], [*rules, *agreed], "en")
    assert [found[one.id] for one in agreed] == ["1 orders", "2 orders"]
    assert found[before.id] == "December 2025"
    assert not tell_facts_apart(agreed[:1], rules, "en")[agreed[0].id]


def test_a_quote_says_on_which_product_it_is_and_no_theme() -> None:
    given: dict[str, Any] = {"label": "said", "value": "Soft.", "about": "Linen shirt"}
    given |= {"source": "reviews.csv", "as_of": date(2026, 11, 27)}
    assert source_quote(Fact(id="feedback.text-1.said", **given), "en").startswith("Linen shirt, ")
    assert source_quote(Fact(id="feedback.fabric.quote-1", **given), "en") == "reviews.csv"


def test_a_sentence_has_the_decimals_that_its_table_has() -> None:
    rose = fact("change", Decimal("20.1"), "%").model_copy(update={"shown_decimals": 0})
    assert SentenceWriter("en").spell(rose) == rose.shown("en")
