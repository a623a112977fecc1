"""A proof …"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from time import perf_counter

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from bot.brand import Brand, Mention
from bot.brief import Assumption, Brief
from bot.channels import channels
from bot.checks import Check, final
from bot.evidence import Evidence, Fact
from bot.figures import read
from bot.parts import Copy, Hook, Part, Quote, Table
from bot.proof import prove, sources, stated_in
from bot.request import Request
from bot.words import Language, Words

TODAY = date(2026, 11, 24)


def fact(tail: str, label: str, value: str | Decimal | int, unit: str | None = None) -> Fact:
    number = Decimal(value) if isinstance(value, int) else value
    return Fact(id=tail, label=label, value=number, unit=unit, source="shop.csv", as_of=TODAY)


SHIRT = "product.linen-shirt"
FACTS = (
    fact(f"{SHIRT}.title", "title", "Chemise Ostuni 54"),
    fact(f"{SHIRT}.price", "price", Decimal("49.90"), "EUR"),
    fact(f"{SHIRT}.lowest", "lowest price, last 30 days", Decimal("62.00"), "EUR"),
    fact(f"{SHIRT}.material", "material", "100% linen, GOTS certified"),
    fact(f"{SHIRT}.origin", "origin", "woven and sewn in Portugal, flax grown in Normandy"),
    fact(f"{SHIRT}.care", "care", "machine wash at 30°, do not tumble dry"),
    fact(f"{SHIRT}.weight", "weight", 180, "g/m²"),
    fact(f"{SHIRT}.sizes", "sizes", "36, 38, 40, 42, 44"),
    fact(f"{SHIRT}.colours", "colours", 6),
    fact(f"{SHIRT}.stock", "stock", 45, "pieces"),
    fact(f"{SHIRT}.rating", "average rating", Decimal("4.68"), "/5"),
    fact(f"{SHIRT}.reviews", "reviews", 213),
    fact(f"{SHIRT}.guarantee", "guarantee", 24, "months"),
    fact(f"{SHIRT}.launch", "available from", "2026-11-27"),
    fact(f"{SHIRT}.bought", "orders in a year", 1299),
    fact("shop.delivery", "delivery", "free delivery from 60 EUR, within 48 h"),
    fact(
        "feedback.quote.1", "quote", "Je vis dedans depuis juin, même au bureau, 100 fois mieux !"
    ),
    fact("past_copy.1", "text", "-70 % sur le cachemire, made in Italy"),
)
EVIDENCE = Evidence(facts=FACTS)
BRAND = Brand(
    name="Studio Lin", sender="STUDIOLIN", site="https://studiolin.example", avoid=("cheap",)
)
WORDS = "mail : la chemise est de retour vendredi, -20 % jusqu'au 12/12 avec le code RETOUR20, en bambou"


def request(words: str = WORDS, language: Language = "fr", **more: object) -> Request:
    told = {"words": words, "author": "U1", "language": language, **more}
    return Request(skill="draft", brief=Brief.model_validate(told), channel="email")


def part(text: str, *facts: str, key: str = "body") -> Part:
    return Part(kind="copy", key=key, title=key, body=Copy(text=text, facts=facts))


def proved(
    *parts: Part | str,
    language: Language = "fr",
    evidence: Evidence = EVIDENCE,
    brand: Brand = BRAND,
    asked: Request | None = None,
    channel: str | None = "email",
    hooks: Iterable[Hook] = (),
) -> tuple[Check, ...]:
    made = tuple(part(p) if isinstance(p, str) else p for p in parts)
    return prove(
        made,
        tuple(hooks),
        evidence,
        request=asked or request(language=language),
        brand=brand,
        channel=channels()[channel] if channel else None,
        today=TODAY,
    )


def found(checks: Iterable[Check]) -> set[tuple[str, str, str]]:
    """(level, rule, quote) of all that does not pass; missing parts left aside."""
    return {
        (check.level, check.rule, check.quote or "")
        for check in checks
        if check.level != "pass" and check.rule != "length"
    }


SOUND: list[tuple[Language, str]] = [
    ("fr", "La Chemise Ostuni 54 tient en 180 g/m² : du lin, rien que du lin, tissé au Portugal."),
    ("fr", "49,90 €, six coloris, du 36 au 44 : choisissez votre taille."),
    ("fr", "Notée 4,7/5 par 213 personnes, elle passe en machine à 30°."),
    ("fr", "Livraison offerte dès 60 €, chez vous en 48 h."),
    ("fr", "Garantie 2 ans. Disponible dès vendredi, le 27 novembre."),
    ("fr", "Trois façons de la porter : nouée, ouverte, rentrée. Et 2 idées de plus en boutique."),
    ("fr", "Une cliente raconte : « Je vis dedans depuis juin, même au bureau »."),
    ("fr", "Certifiée GOTS, 100 % lin. Plus que 45 pièces."),
    ("fr", "Notre atelier vous répond de 2026 à 2027 sur https://www.studiolin.example/lin."),
    ("fr", "1 299 commandes en un an, et toujours 24 mois de garantie."),
    ("en", "The Ostuni shirt weighs 180 gsm: linen and nothing else, woven in Portugal."),
    ("en", "€49.90, six colours, sizes 36 to 44."),
    ("en", "Rated 4.7 out of 5 by 213 customers. Machine washable at 30°."),
    ("en", "Free delivery from €60, at your door within two days."),
    ("en", "Guaranteed for 24 months. In stores from Friday, 27 November."),
    ("en", "Here are 3 ways to wear it, whatever the weather."),
    ("en", "1,299 orders in a year say enough."),
    ("en", "Do not tumble dry. Iron it damp, or don't iron at all."),
    ("en", "Wear it with a navy pair of trousers, sleeves rolled up, collar open."),
    ("en", "In a hurry? The collar stays put from breakfast to dinner, at home or at work."),
]
FAULTY: list[tuple[Language, str, set[tuple[str, str, str]]]] = [
    # figures
    ("fr", "Elle coûte 39,90 €.", {("block", "figure", "39,90 €")}),
    ("fr", "49,90 % de confort.", {("block", "figure", "49,90 %")}),
    ("fr", "49,90 $ seulement.", {("block", "figure", "49,90 $")}),
    ("fr", "Elle pèse 180 g.", {("block", "figure", "180 g")}),
    ("fr", "Notre toile de 190 g/m².", {("block", "figure", "190 g/m²")}),
    ("fr", "45 coloris au choix.", {("block", "figure", "45")}),
    ("fr", "Déjà 213 commandes.", {("block", "figure", "213")}),
    ("fr", "Elle est notée 4,9/5.", {("block", "figure", "4,9/5")}),
    ("fr", "Disponible le 28 novembre.", {("block", "figure", "28 novembre")}),
    ("fr", "Disponible dès samedi.", {("block", "figure", "dès samedi")}),
    ("fr", "Garantie 5 ans.", {("block", "figure", "5 ans")}),
    ("fr", "En taille 36, 38 ou 46.", {("block", "figure", "46")}),
    ("fr", "Économisez 12,10 €.", {("block", "figure", "12,10 €")}),
    ("fr", "Vingt coloris vous attendent.", {("block", "figure", "Vingt")}),
    ("fr", "Le code LIN30 vous attend.", {("block", "figure", "LIN30")}),
    ("fr", "Depuis 1987, nous aimons les chemises.", {("block", "figure", "1987")}),
    ("en", "In stores on Sunday.", {("block", "figure", "on Sunday")}),
    ("en", "A thirty-day trial, wear it first.", {("block", "figure", "thirty-day")}),
    ("en", "Loved twice: 2x softer.", {("block", "figure", "2x")}),
    ("en", "Ships before 6pm.", {("block", "figure", "6pm")}),
    ("en", "For 1.2k happy people.", {("block", "figure", "1.2k")}),
    ("fr", "À -70 % aujourd'hui.", {("block", "figure", "70 %")}),
    # stated in the brief
    ("fr", "-20 % sur la chemise.", {("stated", "figure", "20 %")}),
    ("fr", "Avec le code RETOUR20.", {("stated", "figure", "RETOUR20")}),
    ("fr", "Jusqu'au 12 décembre.", {("stated", "figure", "12 décembre")}),
    ("fr", "La chemise est de retour.", {("stated", "back", "de retour")}),
    ("fr", "Elle est en bambou.", {("stated", "claim", "bambou")}),
    # offers in words
    ("fr", "À moitié prix.", {("block", "figure", "moitié prix")}),
    ("fr", "Deux pour un !", {("block", "figure", "Deux pour un")}),
    ("en", "Buy one, get one free.", {("block", "figure", "Buy one, get one free")}),
    # claims
    ("fr", "En soie.", {("block", "claim", "soie")}),
    ("fr", "Un lin italien.", {("block", "claim", "italien")}),
    ("fr", "Fabriquée en France.", {("block", "claim", "Fabriquée en France")}),
    ("fr", "Notre meilleure vente.", {("block", "claim", "Notre meilleure")}),
    ("fr", "La n°1 de nos chemises.", {("block", "claim", "n°1")}),
    ("fr", "La plus douce des chemises.", {("block", "claim", "La plus douce")}),
    ("fr", "Elle est hypoallergénique.", {("block", "claim", "hypoallergénique")}),
    ("fr", "Retours gratuits.", {("block", "claim", "Retours gratuits")}),
    ("fr", "Satisfaite ou remboursée.", {("block", "claim", "Satisfaite ou remboursée")}),
    ("fr", "Dernière chance.", {("block", "claim", "Dernière chance")}),
    ("fr", "Cousue main, imperméable.", {("block", "claim", "Cousue main"), ("block", "claim", "imperméable")}),
    ("fr", "Elle passe au sèche-linge.", {("block", "claim", "sèche-linge")}),
    ("fr", "Certifiée OEKO-TEX.", {("block", "claim", "OEKO-TEX")}),
    ("fr", "Adorée par nos clientes.", {("block", "claim", "Adorée par")}),
    ("en", "The softest shirt you will own.", {("block", "claim", "The softest")}),
    ("en", "Made in Italy.", {("block", "claim", "Made in Italy")}),
    ("en", "Pure cotton.", {("block", "claim", "cotton")}),
    ("en", "Today only.", {("block", "claim", "Today only")}),
    ("en", "Award-winning.", {("block", "claim", "Award-winning")}),
    ("en", "Exclusive to us.", {("block", "claim", "Exclusive")}),
    ("en", "It won't shrink.", {("block", "claim", "won't shrink")}),
    # law
    ("en", "An eco-friendly shirt.", {("block", "green claim", "eco-friendly")}),
    ("fr", "Neutre en carbone.", {("block", "green claim", "Neutre en carbone")}),
    ("fr", "Les soldes commencent.", {("warn", "soldes", "soldes")}),
    # quotations
    ("fr", "« Je vis dedans depuis mai, même au bureau »", {("block", "quote", "Je vis dedans depuis mai, même au bureau")}),
    # form and language
    ("fr", "Bonjour [PRÉNOM].", {("block", "gap", "[PRÉNOM]")}),
    ("fr", "Bonjour {{ prenom }} [EMAIL_1].", {("block", "gap", "{{ prenom }}"), ("block", "gap", "[EMAIL_1]")}),
    ("fr", "Elle coûte XX euros.", {("block", "gap", "XX")}),
    ("fr", "Sur https://evil.example/lin.", {("block", "link", "https://evil.example/lin")}),
    ("fr", "Elle est là!", {("warn", "spacing", "là!")}),
    ("fr", "Pour toi. Elle est là pour vous.", {("warn", "address", "toi")}),
    ("fr", "Pour toi.", {("warn", "address", "toi")}),
    ("fr", "This is the shirt you have been waiting for all year.", {("warn", "language", "")}),
    ("en", "A cheaper shirt.", {("block", "banned word", "cheaper")}),
    ("en", "Unlock your summer.", {("warn", "cliché", "Unlock")}),
    ("fr", "Cette sublime chemise.", {("warn", "cliché", "sublime")}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), SOUND)
def test_lets_a_sound_sentence_pass(language: Language, text: str) -> None:
    assert found(proved(text, language=language)) == set()


@pytest.mark.parametrize(("language", "text", "expected"), FAULTY)
def test_finds_what_is_wrong(
    language: Language, text: str, expected: set[tuple[str, str, str]]
) -> None:
    wanted = {(level, "claim" if rule == "back" else rule, q) for level, rule, q in expected}
    seen = {one for one in found(proved(text, language=language)) if one[1] != "price cut"}
    assert seen == wanted


def mail(**texts: str) -> tuple[Part, ...]:
    whole = {
        "subject": "Elle est là",
        "preheader": "En lin",
        "body": "Voir.",
        "call_to_action": "Voir",
    }
    return tuple(part(text, key=key) for key, text in (whole | texts).items())


def only(checks: Iterable[Check], rule: str) -> list[Check]:
    return [check for check in checks if check.rule == rule and check.level != "pass"]


def test_counts_what_it_proved() -> None:
    checks = proved("49,90 €, 100 % lin, 180 g/m².")
    passed = [check.words.to("en") for check in checks if check.level == "pass"]
    assert passed == ["3 figures proven", "1 claim with its source"]


def test_says_what_to_do_in_plain_words() -> None:
    checks = proved("39,90 €, -20 %.")
    assert [check.words.to("en") for check in checks if check.rule == "figure"] == [
        "39,90 € has no source. Cite one, or take it out.",
        "20 % is stated by <@U1>, with no source.",
    ]


def test_never_lets_an_approver_override_what_the_channel_refuses() -> None:
    checks = proved(part("x" * 400, key="text"), channel="sms")
    assert {check.rule for check in final(checks)} == {"length", "sender", "stop"}


def test_wants_every_part_of_the_channel() -> None:
    checks = proved(*mail(body=" "))
    assert [check.words.to("en") for check in only(checks, "length")] == [
        "Body is missing: E-mail needs it. Write it."
    ]
    assert not only(proved(*mail()), "length")
    assert not only(proved(part("A report", key="summary")), "length")


def test_warns_of_a_long_subject_and_blocks_a_long_sms() -> None:
    (warned,) = only(proved(*mail(subject="a" * 60)), "length")
    assert (warned.level, warned.part) == ("warn", "subject")
    (blocked,) = only(
        proved(part("STUDIOLIN STOP " + "a" * 320, key="text"), channel="sms"), "length"
    )
    assert (blocked.level, blocked.override) == ("block", False)


def test_wants_an_sms_to_name_its_sender_and_the_way_out() -> None:
    good = proved(part("STUDIOLIN : elle est en lin. STOP SMS", key="text"), channel="sms")
    assert found(good) == set()
    bad = proved(part("Non-stop, elle est en lin.", key="text"), channel="sms")
    assert {check.rule for check in bad if check.level == "block"} == {"sender", "stop"}


def test_names_the_characters_that_make_an_sms_dearer() -> None:
    checks = proved(part("STUDIOLIN : fraîche l’été. STOP SMS", key="text"), channel="sms")
    (check,) = only(checks, "characters")
    assert (check.level, check.words.params["characters"]) == ("warn", "î ’")


def test_wants_the_required_mentions_of_channel_and_language() -> None:
    brand = BRAND.model_copy(
        update={
            "mentions": (
                Mention(text="Service client : 01 44 55 66 77", language="fr", channels=("email",)),
                Mention(text="Terms apply", language="en"),
                Mention(text="STOP au 36180", channels=("sms",)),
            )
        }
    )
    (check,) = only(proved("Elle est là.", brand=brand), "required mention")
    assert (check.level, check.override) == ("block", True)
    assert found(proved("Elle est là. Service client :\n01 44 55 66 77.", brand=brand)) == set()
    sms = proved(
        part("STUDIOLIN : elle est là. STOP au 36180", key="text"), brand=brand, channel="sms"
    )
    assert not [check for check in sms if check.rule == "figure"]


def test_reminds_of_what_the_brief_asks_to_say() -> None:
    asked = request("mail chemise", must_say=("Rendez-vous le 27 novembre",))
    (check,) = only(proved("Elle est là.", asked=asked), "required mention")
    assert check.level == "warn"
    assert not only(proved("Rendez-vous le 27 novembre !", asked=asked), "required mention")


def test_blocks_a_quotation_that_is_not_letter_for_letter() -> None:
    def quoted(text: str, source: str = "feedback.quote.1") -> list[Check]:
        body = Quote(text=text, fact=source)
        return only(proved(Part(kind="quote", key="quote", title="Quote", body=body)), "quote")

    assert not quoted("Je vis dedans  depuis juin,\nmême au bureau")
    (check,) = quoted("Je vis dedans depuis mai")
    assert (check.level, check.override, check.fact) == ("block", False, "feedback.quote.1")
    assert quoted("Je vis dedans depuis juin", "feedback.quote.2")


def test_blocks_a_citation_of_nothing() -> None:
    (check,) = only(proved(part("En lin.", f"{SHIRT}.material", "product.x.price")), "citation")
    assert (check.level, check.override, check.fact) == ("block", True, "product.x.price")


def test_judges_hooks_by_figures_and_claims() -> None:
    hooks = [Hook(angle="prix", text="À 49,90 €"), Hook(angle="matière", text="De la soie à 39 €")]
    checks = [check for check in proved("En lin.", hooks=hooks) if check.level == "block"]
    assert {(check.part, check.quote) for check in checks if check.quote} == {
        ("hook.2", "39 €"),
        ("hook.2", "soie"),
    }


def test_reads_the_cells_of_a_table() -> None:
    table = Table(columns=("Taille", "Prix"), rows=(("36", "49,90"), ("38", "59,90")))
    checks = proved(Part(kind="table", key="sizes", title="Sizes", body=table), channel=None)
    assert found(checks) == {("block", "figure", "59,90")}


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
            (part("Les soldes."),), (), EVIDENCE, request=request(), brand=BRAND,
            channel=channels()["email"], today=today,
        )  # fmt: skip
        return only(checks, "soldes")

    assert said(TODAY)
    assert not said(date(2027, 1, 10))


def test_finds_seven_words_taken_from_the_brief() -> None:
    asked = request("mail pour dire que la chemise en lin revient vendredi dans toutes les tailles")
    text = "Enfin, la chemise en lin revient vendredi dans toutes vos villes."
    (check,) = only(proved(text, asked=asked), "echo")
    assert check.quote == "la chemise en lin revient vendredi dans"
    must = asked.brief.model_copy(update={"must_say": (text,)})
    assert not only(proved(text, asked=asked.model_copy(update={"brief": must})), "echo")


def test_lets_a_link_go_where_a_person_said() -> None:
    asked = request("mail chemise, lien https://partner.example/a")
    (check,) = only(proved("Sur https://partner.example/b.", asked=asked), "link")
    assert check.level == "stated"
    assert not only(
        proved("Sur https://shop.studiolin.example/a?utm_campaign=si-12345678."), "link"
    )


def test_judges_a_report_by_its_figures_and_not_by_its_rhetoric() -> None:
    text = (
        "Your best channel is e-mail: 1,299 orders, 54% of them new. No free delivery was needed."
    )
    checks = proved(text, language="en", channel=None)
    assert found(checks) == {("block", "figure", "54%")}


def test_lists_what_stands_on_what() -> None:
    parts = (part("49,90 €, en lin.", f"{SHIRT}.care", key="subject"), part("Rien.", key="body"))
    assert [(key, one.id) for key, one in sources(parts, EVIDENCE)] == [
        ("subject", f"{SHIRT}.care"),
        ("subject", f"{SHIRT}.price"),
        ("subject", f"{SHIRT}.material"),
    ]


def test_reads_what_a_brief_states() -> None:
    stated = stated_in("-20 % dès vendredi, code RETOUR20, 45 €, livraison offerte", "U7", TODAY)
    assert [(one.label, one.value, one.unit) for one in stated] == [
        ("percentage", Decimal(20), "%"),
        ("date", "dès vendredi", None),
        ("code", "RETOUR20", None),
        ("price", Decimal(45), "EUR"),
        ("claim", "livraison offerte", None),
    ]
    assert [one.id for one in stated] == [f"stated.U7.{n}" for n in range(1, 6)]
    assert {(one.stated_by, one.source, one.as_of) for one in stated} == {("U7", "brief", TODAY)}


def test_leaves_to_an_editor_only_what_they_typed() -> None:
    before = "39 € en soie, 6 coloris"
    typed = stated_in("39 € en soie, 8 coloris", "U7", TODAY, source="edit", before=before)
    assert [one.value for one in typed] == ["8 coloris"]
    evidence = EVIDENCE.plus(typed)
    checks = proved("39 € en soie, 8 coloris", evidence=evidence)
    assert {(check.level, check.quote) for check in checks if check.quote} == {
        ("block", "39 €"),
        ("block", "soie"),
        ("stated", "8"),
    }


def test_takes_a_stated_fact_for_no_proof_even_when_cited() -> None:
    evidence = EVIDENCE.plus(stated_in("-30 %", "U9", TODAY))
    (check,) = only(proved(part("-30 %.", "stated.U9.1"), evidence=evidence), "figure")
    assert (check.level, check.words.params["who"]) == ("stated", "<@U9>")


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


def test_is_quick() -> None:
    body = " ".join(text for language, text in SOUND if language == "fr")
    made = mail(body=body)
    again = [mail(body=f"{body} {n}") for n in range(20)]
    proved(*made)
    began = perf_counter()
    for parts in again:
        proved(*parts)
    assert (perf_counter() - began) / 20 < 0.05
    assert len(body) > 500


def test_writes_every_sentence_as_a_plain_literal() -> None:
    import ast
    from pathlib import Path

    for name in ("proof", "law", "form", "tongue"):
        tree = ast.parse(Path(f"bot/{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Words":
                titles = isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "title"
                assert titles or isinstance(node.args[0], ast.Constant)


def test_names_a_placeholder_that_was_not_lifted() -> None:
    assert re.search("filled", only(proved("Bonjour [NAME_1]."), "gap")[0].words.to("en"))
