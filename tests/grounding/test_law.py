"""The rules of the law."""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.request import Instruction
from bot.grounding.copy_checks import check_draft
from bot.grounding.figure_checks import FROM_BRIEF
from bot.grounding.legal import LegalRule, list_unverified_sources, load_legal_rules
from bot.i18n.messages import Language
from tests.support.shirt import BRAND, EVIDENCE, TODAY, fact, only, part, proved, request


def test_cut_is_counted_from_the_lowest_price_of_30_days() -> None:
    nothing = Evidence(facts=(fact("product.a.price", "price", Decimal("40"), "EUR"),))
    asked = request(product="a")
    (check,) = only(proved("-20 % sur la chemise.", evidence=nothing, asked=asked), "price cut")
    assert check.level == "warn"
    assert "Directive 98/6" in check.words.to("en")
    known = Evidence(
        facts=(*nothing.facts, fact("product.a.low", "lowest price, last 30 days", 50, "EUR"))
    )
    assert not only(
        proved("-20 % sur la chemise : 40 € au lieu de 50 €.", evidence=known), "price cut"
    )
    checks = only(
        proved("-35 % sur la chemise : 40 € au lieu de 60 €.", evidence=known), "price cut"
    )
    assert [(check.level, check.quote) for check in checks] == [
        ("block", "60 €"),
        ("block", "35 %"),
    ]
    assert "€50.00" in checks[0].words.to("en")
    assert "the cut is 20 %" in checks[1].words.to("en")
    assert not only(proved("- 100 % lin\n- 6 coloris", evidence=nothing), "price cut")


@pytest.mark.parametrize("origin", ["words", "instructions"])
def test_free_delivery_passes_where_somebody_stated_from_which_amount(origin: str) -> None:
    said = "livraison offerte dès 60 €"
    instructions = (Instruction(words=said, by="UMAX"),) if origin == "instructions" else ()
    asked = request(said if origin == "words" else "un mail", language="fr")
    brief = asked.brief.model_copy(update={"instructions": instructions})
    asked = asked.model_copy(update={"brief": brief})

    def find(text: str) -> list[Check]:
        checks = proved(text, language="fr", asked=asked, evidence=Evidence())
        return only(checks, "delivery")

    (passed,) = find("La livraison est offerte dès 60 € (voir nos conditions).")
    assert passed.level != "block"
    assert passed.words.text == FROM_BRIEF.text
    (bare,) = find("La livraison est offerte.")
    assert bare.words.text != FROM_BRIEF.text


def test_green_claims_need_the_very_words_in_a_fact() -> None:
    carried = Evidence(
        facts=(
            fact("product.a.title", "title", "The eco-friendly shirt"),
            fact("product.a.bag", "packaging", "biodegradable, carbon neutral, zero waste"),
        )
    )

    def check(text: str, language: Language = "en") -> list[tuple[str, str]]:
        checks = proved(text, language=language, evidence=carried)
        return [(c.rule, c.level) for c in checks if "legal" not in c.rule and c.quote]

    assert check("An eco-friendly shirt.") == [("green claim", "block")]
    assert check("A zero waste bag.") == []
    assert check("A carbon neutral bag.") == [("carbon claim", "block")]
    assert check("Un sac biodégradable.", "fr") == [("biodegradable", "block")]
    assert check("A biodegradable bag.") == []


def test_soldes_may_be_said_in_their_season() -> None:
    def said(today: date) -> list[Check]:
        checks = check_draft(
            (part("Les soldes."),),
            (),
            EVIDENCE,
            request=request(),
            brand=BRAND,
            channel=load_channels()["email"],
            today=today,
        )
        return only(checks, "soldes")

    assert said(TODAY)
    assert not said(date(2027, 1, 10))


def test_drinks_need_their_sentence_and_food_its_message() -> None:
    def told(thing: str, text: str) -> list[tuple[str, str]]:
        asked = request(product_words=thing)
        checks = check_draft(
            (part(text),),
            (),
            EVIDENCE,
            request=asked,
            brand=BRAND,
            channel=load_channels()["email"],
            today=TODAY,
        )
        return [(c.level, c.rule) for c in checks if c.rule in ("alcohol", "food")]

    assert told("vin rouge", "Notre vin rouge.") == [("block", "alcohol")]
    assert not told("vin rouge", "Notre vin. L'abus d'alcool est dangereux pour la santé.")
    assert told("chocolats", "Nos chocolats.") == [("warn", "food")]
    assert not told("verre à vin", "Un verre à vin.")


def test_every_rule_names_its_source_and_day() -> None:
    rules = load_legal_rules()
    for rule in (*rules.rules, *rules.products, *rules.sms_hours):
        assert rule.source
        assert rule.checked.year >= 2026


def test_scarcity_is_held_to_the_stock() -> None:
    def check(stock: int | None) -> list[str]:
        facts = () if stock is None else (fact("product.a.stock", "stock", stock),)
        asked = request("mail chemise", product="a")
        checks = proved("Dernières pièces.", evidence=Evidence(facts=facts), asked=asked)
        return [one.level for one in only(checks, "scarcity")]

    assert check(12) == []
    assert check(45) == ["block"]
    assert check(None) == ["warn"]


def _get_rule(id: str) -> LegalRule:
    return next(rule for rule in load_legal_rules().rules if rule.id == id)


def test_unverified_sources_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    legal = load_legal_rules()
    assert not list_unverified_sources([rule.id for rule in legal.rules])
    rules = [one.model_copy(update={"verified": one.id != "refund"}) for one in legal.rules]
    changed = legal.model_copy(update={"rules": tuple(rules)})
    monkeypatch.setattr("bot.grounding.legal.load_legal_rules", lambda: changed)
    (source,) = list_unverified_sources(["refund", "gift"])
    assert source.to("en") == _get_rule("refund").source


def test_origin_is_proven_by_the_name_of_the_country_in_another_language() -> None:
    weaving = Evidence(facts=(fact("product.a.made", "made", "le tissage d'Espagne"),))
    assert not only(proved("Woven in Spain.", language="en", evidence=weaving), "origin")
    assert only(proved("Woven in Portugal.", language="en", evidence=weaving), "origin")


def test_how_a_thing_is_made_is_no_origin() -> None:
    said = "A beanie knitted in one piece, made in small numbers."
    assert not only(proved(said, language="en", evidence=Evidence()), "origin")
    for place in ("Hawick", "scotland", "france"):
        found = only(proved(f"Knitted in {place}.", language="en", evidence=Evidence()), "origin")
        assert bool(found) is (place != "scotland")


def test_region_beside_a_fact_of_origin_is_left_to_the_second_call() -> None:
    said = "Knitted in Brittany."
    assert only(proved(said, language="en", evidence=Evidence()), "origin")
    knitting = Evidence(
        facts=(fact("product.a.description", "description", "Tricoté en Bretagne"),)
    )
    assert not only(proved(said, language="en", evidence=knitting), "origin")


def test_lowest_price_of_30_days_is_no_rank() -> None:
    said = "Le prix le plus bas des trente derniers jours était de 54 €."
    assert not only(proved(said), "superlative")
    assert only(proved("Le prix le plus bas de la ville."), "superlative")


def test_source_is_that_of_the_market() -> None:
    rule = _get_rule("urgency")
    assert "DMCC" not in rule.cite(frozenset({"FR", "EU"})).to("en")
    assert rule.cite(frozenset({"GB"})).to("en") == rule.source_gb
    assert rule.cite(frozenset({"EU", "GB"})).to("en") == f"{rule.source}; {rule.source_gb}"


def test_source_is_named_in_the_language_of_the_card() -> None:
    (check,) = only(proved("C'est maintenant ou jamais."), "urgency")
    assert "directive 2005/29, annexe I, point 7" in check.words.to("fr")
    assert "Directive 2005/29, annex I, point 7" in check.words.to("en")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Free next-day delivery.", True),
        ("Delivery is on us.", True),
        ("La livraison vous est offerte.", True),
        ("Feel free to return to the sea.", False),
        ("Delivery in May. Free as a bird.", False),
    ],
)
def test_words_near_each_other_are_one_claim(text: str, found: bool) -> None:
    checks = proved(text, language="en", evidence=Evidence())
    rules = {check.rule for check in checks if check.quote}
    assert (bool(rules & {"delivery", "returns"})) is found
