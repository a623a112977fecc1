"""A claim …"""

from bot.core.brief import Assumption
from bot.core.facts import Evidence
from bot.i18n.messages import Words
from tests.support.shirt import FACTS, fact, found, only, part, proved, request


def test_takes_no_proof_from_old_copy_or_from_what_customers_say() -> None:
    checks = proved("-70 % sur le cachemire, 100 fois mieux, made in Italy.")
    assert {c.quote for c in checks if c.level == "block" and c.quote} == {
        "70 %",
        "cachemire",
        "100 fois",
        "made in Italy",
    }


def test_takes_no_proof_from_another_product() -> None:
    other = fact("product.scarf.material", "material", "silk")
    evidence = Evidence(facts=(*FACTS, other))
    asked = request("mail chemise", product="linen-shirt")
    assert only(proved("De la soie.", evidence=evidence, asked=asked), "claim")
    cited = part("De la soie.", other.id)
    assert not only(proved(cited, evidence=evidence, asked=asked), "claim")


def test_knows_how_a_thing_comes_from_a_country() -> None:
    assert not only(proved("Un lin cultivé en Normandie, tissé et cousu au Portugal."), "claim")
    assert only(proved("Fabriquée en Normandie."), "claim")
    assert only(proved("Cultivée au Portugal."), "claim")
    assert not only(proved("Un lin portugais."), "claim")
    assert not only(proved("Notre boutique de Paris, en France, vous attend."), "claim")


def test_does_not_count_a_denial_as_proof() -> None:
    assert only(proved("Tumble dry it.", language="en"), "claim")
    assert not only(proved("Do not tumble dry.", language="en"), "claim")
    assert only(proved("Without any leather.", language="en"), "claim")


def test_asks_for_pure_where_pure_is_said() -> None:
    half = Evidence(facts=(fact("product.a.material", "material", "55% linen, 45% cotton"),))
    assert {
        c.quote for c in only(proved("Pure linen.", language="en", evidence=half), "claim")
    } == {"Pure linen"}
    checks = proved("100 % lin.", evidence=half)
    assert {check.quote for check in only(checks, "figure")} == {"100 %"}


def test_lets_an_assumed_offer_state_nothing() -> None:
    assumed = Assumption(field="offer", value="-10 %", words=Words("Ten off"))
    asked = request("mail chemise", offer="-10 %", assumed=(assumed,))
    (check,) = only(proved("-10 %.", asked=asked), "figure")
    assert check.level == "block"


def test_takes_the_goal_for_said_unless_it_was_assumed() -> None:
    said = request("mail chemise", goal="launch")
    assert {c.level for c in only(proved("Nouveauté.", asked=said), "claim")} == {"stated"}
    assumed = Assumption(field="goal", value="launch", words=Words("A launch"))
    guessed = request("mail chemise", goal="launch", assumed=(assumed,))
    assert {c.level for c in only(proved("Nouveauté.", asked=guessed), "claim")} == {"block"}


def test_takes_the_products_own_words_for_granted() -> None:
    asked = request("mail pour la robe en soie", product_words="robe en soie")
    assert found(proved("Une robe en soie.", asked=asked)) == set()


def test_takes_the_percentage_for_the_discount() -> None:
    asked = request("mail chemise -20 %")
    quotes = {
        c.quote for c in proved("20 % de remise.", asked=asked) if c.quote and c.level != "warn"
    }
    assert quotes == {"20 %"}
    (check,) = only(proved("En promo.", asked=asked), "claim")
    assert check.level == "stated"
    (check,) = only(proved("En promo.", asked=request("mail chemise")), "claim")
    assert check.level == "block"


def test_lets_the_legal_prior_price_be_named() -> None:
    text = "Le prix le plus bas des 30 derniers jours était de 62 €."
    assert found(proved(text)) == set()
    assert only(proved("Le prix le plus bas."), "claim")


def test_counts_what_a_list_names() -> None:
    evidence = Evidence(facts=(fact("product.a.colours", "colours", "white, sand, navy"),))
    assert not only(proved("3 coloris.", evidence=evidence), "figure")
    assert only(proved("4 coloris.", evidence=evidence), "figure")
    assert only(proved("3 tailles.", evidence=evidence), "figure")


def test_believes_few_are_left_when_few_are() -> None:
    few = Evidence(facts=(fact("product.a.stock", "stock", 6),))
    assert not only(proved("Dernières pièces.", evidence=few), "claim")
    assert only(proved("Dernières pièces."), "claim")


def test_knows_what_a_material_also_is() -> None:
    evidence = Evidence(facts=(fact("product.a.material", "material", "porcelaine"),))
    assert not only(proved("En céramique.", evidence=evidence), "claim")
    evidence = Evidence(facts=(fact("product.a.material", "material", "céramique"),))
    assert only(proved("En porcelaine.", evidence=evidence), "claim")


def test_is_none_where_a_word_is_promised_for_the_day_it_comes_back() -> None:
    for promise in (
        "Sold out for now: we will write to you once, when it is back.",
        "Leave your address to hear as soon as the linen shirt is back in stock.",
    ):
        assert not only(proved(promise, language="en"), "claim"), promise
    for promise in ("Nous vous écrirons dès qu'elle sera de retour.",
                    "Un mot quand elle est de retour ?"):  # fmt: skip
        assert not only(proved(promise), "claim"), promise
    for claimed in ("Once again, the linen shirt is back.", "If you missed it, it's back.",
                    "The linen shirt is back in stock. When it rains, wear it."):  # fmt: skip
        assert only(proved(claimed, language="en"), "claim"), claimed
    assert only(proved("Une fois encore, elle est de retour."), "claim")
