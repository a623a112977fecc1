"""General facts about materials."""

from datetime import date
from decimal import Decimal

from bot.core.facts import Evidence, Fact
from bot.core.material_facts import find_material_facts, load_material_facts
from bot.core.request import Brief, SkillRequest
from tests.contracts.names import LANGUAGES


def list_material_facts(materials: str, language: str = "en", name: str = "Shirt") -> set[str]:
    labels = (("name", name), ("materials", materials))
    facts = tuple(
        Fact(id=f"product.x.{label}", label=label, value=value, source="-", as_of=date(2026, 1, 1))
        for label, value in labels
    )
    brief = Brief.model_validate(
        {"words": "-", "author": "ana", "language": language, "product": "x"}
    )
    request = SkillRequest(skill="draft", channel="email", brief=brief)
    return {fact.id for fact in find_material_facts(Evidence(facts=facts), request)}


def test_material_fact_has_source_and_every_language() -> None:
    for truth in load_material_facts().values():
        assert truth.source
        assert {*LANGUAGES} <= {*truth.text}


def test_named_materials_have_facts() -> None:
    assert "material.linen.cool" in list_material_facts("lin")
    assert "material.linen.cool" in list_material_facts("100% linen")
    assert "material.linen.cool" not in list_material_facts("coton")
    assert list_material_facts("") == set()


def test_qualified_material_has_no_fact() -> None:
    assert "material.cotton.wash" in list_material_facts("coton")
    assert "material.cotton.wash" not in list_material_facts("coton enduit")
    assert "material.leather.patina" not in list_material_facts("faux leather")


def test_fact_about_vases_is_not_told_of_other_products() -> None:
    assert "material.glass.shows" in list_material_facts("verre", name="Vase Onde")
    assert "material.glass.shows" not in list_material_facts("verre", name="Verres Onde")
    assert "material.ceramic.shade" not in list_material_facts("grès", name="Bols Tamis")
    assert "material.wood.grain" not in list_material_facts("cire", name="Bougie Feu de pin")
    assert "material.wood.grain" in list_material_facts("pin", name="Plateau")


def test_material_inside_other_word_is_ignored() -> None:
    assert list_material_facts("linoleum") == set()
    assert list_material_facts("Pinewood Derby", name="Toy") == set()


def test_material_in_brief_has_facts_without_catalogue() -> None:
    brief = Brief.model_validate(
        {"words": "-", "author": "ana", "language": "fr", "product_words": "gants en laine"}
    )
    request = SkillRequest(skill="draft", channel="email", brief=brief)
    found = find_material_facts(Evidence(), request)
    assert "material.wool.air" in {fact.id for fact in found}
    price = Fact(
        id="product.y.price", label="price", value=Decimal(5), source="-", as_of=date(2026, 1, 1)
    )
    assert find_material_facts(Evidence(facts=(price,)), request) == found
