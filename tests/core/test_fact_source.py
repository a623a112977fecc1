"""The source of a fact, as readers see it."""

import json
from datetime import date
from decimal import Decimal

import pytest

from bot.core.facts import Evidence, Fact, FactId, Source, parse_legacy_source
from bot.data.catalogue.product import Product


@pytest.mark.parametrize(
    ("source", "french"),
    [
        ("orders.csv", "orders.csv"),
        ("shop.csv, line 12", "shop.csv, ligne 12"),
        ("orders.csv and 1 more", "orders.csv et 1 autre"),
        ("orders.csv and 2 more, 16 days old", "orders.csv et 2 autres, vieux de 16 jours"),
        ("live rows", "les lignes reçues en direct"),
        ("ads.csv and 1 more", "ads.csv et 1 autre"),
        ("this conversation, Max, message 2", "cette conversation, Max, message 2"),
        ("feedback.csv and 2 more, A12, 5/5", "feedback.csv et 2 autres, A12, 5/5"),
        ("send-back", "renvoi"),
        ("live rows and 3 more", "les lignes reçues en direct et 3 autres"),
    ],
)
def test_source_is_in_the_readers_language(source: str, french: str) -> None:
    fact = Fact(
        id="a.b.c",
        label="x",
        value="one",
        source=parse_legacy_source(source),
        as_of=date(2026, 11, 24),
    )
    assert fact.sourced("fr") == french
    assert fact.sourced("en") == source


DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source("shop.csv", line=12), "shop.csv, line 12"),
        (Source("orders.csv", more=2), "orders.csv and 2 more"),
        (Source("orders.csv", more=2, days_old=16), "orders.csv and 2 more, 16 days old"),
        (Source("feedback.csv", details=("A12", "5/5")), "feedback.csv, A12, 5/5"),
        (Source("brief"), "brief"),
    ],
)
def test_of_an_old_draft_is_read(source: Source, text: str) -> None:
    stored = {"id": "a.b.c", "label": "x", "value": "1", "source": text, "as_of": "2026-11-24"}
    (fact,) = Evidence.model_validate_json(json.dumps({"facts": [stored]})).facts
    assert fact.source == source
    assert str(fact.source) == text


@pytest.mark.parametrize(
    "source",
    [
        Source("shop.csv", line=1234),
        Source("orders.csv", more=2),
        Source("this conversation", details=("Max", "message 2")),
        Source("a, line 3"),
        Source("May, June and 2 more"),
        Source("shop.xlsx (May, June)", line=3),
        Source("brief"),
    ],
)
def test_is_stored_as_text_and_read_back_as_it_was(source: Source) -> None:
    fact = Fact(id="a.b.c", label="x", value="one", source=source, as_of=DAY)
    stored = Evidence(facts=(fact,)).model_dump_json()
    assert json.loads(stored)["facts"][0]["source"] == str(source)
    assert Evidence.model_validate_json(stored).facts == (fact,)
    assert Fact(**fact.model_dump()) == fact


def test_of_a_product_is_read_from_old_and_new_rows() -> None:
    product = Product(handle="vase", title="Vase", source=Source("shop.csv", line=2), as_of=DAY)
    new = product.model_dump_json()
    old = json.dumps({k: v for k, v in json.loads(new).items() if k != "source_parts"})
    assert json.loads(old)["source"] == "shop.csv, line 2"
    assert Product.model_validate_json(new) == Product.model_validate_json(old) == product


def test_with_a_line_of_many_digits_is_written_without_grouping() -> None:
    assert Source("shop.csv", line=12345).to("fr") == "shop.csv, ligne 12345"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("product.linen-shirt.price", FactId("product", "linen-shirt", "price")),
        ("brand.tone", FactId("brand", "tone")),
        ("stated.U7.1", FactId("stated", "U7", "1")),
    ],
)
def test_id_of_a_fact_is_read_in_its_parts(text: str, parts: FactId) -> None:
    assert FactId.parse(text) == parts
    assert str(parts) == text


@pytest.mark.parametrize("value", [Decimal("30"), Decimal("4.50"), "30 days"])
def test_a_stored_fact_keeps_its_number_a_number(value: Decimal | str) -> None:
    source = Source("reviews.csv", line=3).with_details("translated")
    fact = Fact(id="stated.U1.1", label="figure", value=value, source=source, as_of=DAY)
    again = Fact.model_validate_json(fact.model_dump_json())
    assert again == fact
    assert type(again.value) is type(value)
