"""The law …"""

from datetime import date
from decimal import Decimal

from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.rules.proof import prove
from tests.support.shirt import BRAND, EVIDENCE, TODAY, fact, only, part, proved, request


def test_names_the_rule_on_prior_prices() -> None:
    nothing = Evidence(facts=(fact("product.a.price", "price", Decimal("40"), "EUR"),))
    (check,) = only(proved("-20 % sur la chemise.", evidence=nothing), "price cut")
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
    assert [check.quote for check in checks] == ["35 %", "60 €"]
    assert "the cut is 20 %" in checks[0].words.to("en")
    assert "€50.00" in checks[1].words.to("en")
    assert not only(proved("- 100 % lin\n- 6 coloris", evidence=nothing), "price cut")


def test_holds_green_claims_to_a_source_and_some_to_the_law() -> None:
    carried = Evidence(
        facts=(
            fact("product.a.title", "title", "The sustainable shirt"),
            fact("product.a.bag", "packaging", "recycled, biodegradable, carbon neutral"),
        )
    )
    checks = only(proved("Une chemise durable.", evidence=carried), "green claim")
    assert [check.level for check in checks] == ["block"]
    assert not only(proved("Un sac recyclé.", evidence=carried), "green claim")
    checks = only(proved("Biodégradable, neutre en carbone.", evidence=carried), "green claim")
    assert [check.level for check in checks] == ["warn", "warn"]


def test_says_from_what_amount_delivery_is_free() -> None:
    (check,) = only(proved("Livraison offerte."), "condition")
    assert check.words.to("en") == "It is free only from 60 EUR. Say so."
    assert not only(proved("Livraison offerte dès 60 €."), "condition")


def test_lets_soldes_be_said_in_their_season() -> None:
    def said(today: date) -> list[Check]:
        checks = prove(
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


def test_blocks_a_drink_without_its_sentence_and_points_to_the_message_of_food() -> None:
    def told(thing: str, text: str) -> list[tuple[str, str]]:
        asked = request(product_words=thing)
        checks = prove(
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
