"""The checks of copy by code: what passes, and what is found."""

from datetime import date
from decimal import Decimal

import pytest

from bot.agent.stated_facts import find_stated_facts
from bot.config.brand import Market, RequiredMention
from bot.core.checks import Check, group_checks, select_blocking, select_final
from bot.core.facts import Evidence
from bot.core.parts import Hook, Part, Quote
from bot.grounding.copy_checks import list_faults
from bot.grounding.sources import OWN_TEXT_ORIGIN
from bot.i18n.messages import Language
from tests.support.shirt import (
    BRAND,
    EVIDENCE,
    SHIRT,
    TODAY,
    fact,
    found,
    only,
    part,
    proved,
    request,
)

SOUND: list[tuple[Language, str]] = [
    ("fr", "La Chemise Ostuni 54 tient en 180 g/m² : du lin, rien que du lin, tissé au Portugal."),
    ("fr", "49,90 €, six coloris, du 36 au 44 : choisissez votre taille."),
    ("fr", "Notée 4,7/5 par 213 personnes, elle passe en machine à 30°."),
    ("fr", "Livraison offerte dès 60 €, chez vous en 48 h."),
    ("fr", "Garantie 2 ans. Disponible dès vendredi, le 27 novembre."),
    ("fr", "Trois façons de la porter : nouée, ouverte, rentrée. Et 2 idées de plus en boutique."),
    ("fr", "Une cliente raconte : « Je vis dedans depuis juin, même au bureau »."),
    ("fr", "Certifiée GOTS, 100 % lin. Plus que 45 pièces."),
    ("fr", "Notre atelier vous répond de 2026 à 2027 sur https://www.studiolin.example/."),
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
    ("en", "The girls' shirt and the boys' one; linen says summer."),
    ("en", "Sizes 36 to 44, €49.90."),
    ("fr", "Des cadeaux dès 49,90 €, à choisir sans connaître sa taille."),
    ("en", "Christmas gifts from €49.90."),
    ("en", "In a hurry? The collar stays put from breakfast to dinner, at home or at work."),
]
FAULTY: list[tuple[Language, str, set[tuple[str, str, str]]]] = [
    # figures and prices
    ("fr", "Elle coûte 39,90 €.", {("block", "price", "39,90 €")}),
    ("fr", "49,90 % de confort.", {("block", "figure", "49,90 %")}),
    ("fr", "49,90 $ seulement.", {("block", "price", "49,90 $")}),
    ("fr", "62 €, en lin.", {("block", "price", "62 €")}),  # the former price
    ("fr", "Elle pèse 180 g.", {("block", "figure", "180 g")}),
    ("fr", "Notre toile de 190 g/m².", {("block", "figure", "190 g/m²")}),
    ("fr", "45 coloris au choix.", {("info", "figure", "45 coloris")}),
    ("fr", "Déjà 213 commandes.", {("warn", "figure", "213 commandes")}),
    ("fr", "Elle est notée 4,9/5.", {("block", "figure", "4,9/5")}),
    ("fr", "Disponible le 28 novembre.", {("block", "figure", "28 novembre")}),
    ("fr", "Disponible dès samedi.", {("block", "figure", "dès samedi")}),
    ("fr", "En taille 36, 38 ou 46.", {("warn", "figure", "46")}),
    ("en", "Sizes 36 to 48, €49.90.", {("warn", "figure", "48")}),
    ("fr", "Économisez 13,10 €.", {("block", "figure", "13,10 €")}),
    ("fr", "Vingt coloris vous attendent.", {("info", "figure", "Vingt coloris")}),
    ("fr", "Le code LIN30 vous attend.", {("block", "figure", "LIN30")}),
    ("fr", "Depuis 1987, nous aimons les chemises.", {("warn", "figure", "1987")}),
    ("en", "In stores on Sunday.", {("block", "figure", "on Sunday")}),
    ("en", "A thirty-day trial, wear it first.", {("block", "figure", "thirty-day")}),
    ("en", "Loved twice: 2x softer.", {("block", "figure", "2x")}),
    ("en", "Ships before 6pm.", {("block", "figure", "6pm")}),
    ("en", "For 1.2k happy people.", {("warn", "figure", "1.2k")}),
    ("en", "Half of our customers buy it again.", {("block", "figure", "Half of our customers")}),
    ("fr", "Neuf clientes sur dix l'adorent.", {("block", "figure", "Neuf clientes sur dix")}),
    ("fr", "Le cinq décembre.", {("warn", "figure", "cinq décembre")}),
    # stated in the brief
    ("fr", "-20 % sur la chemise.", {("stated", "figure", "-20 %")}),
    ("fr", "Avec le code RETOUR20.", {("stated", "figure", "RETOUR20")}),
    ("fr", "Jusqu'au 12 décembre.", {("stated", "figure", "12/12")}),
    (
        "fr",
        "Jusqu'au samedi 12 décembre. Le 12 décembre, c'est fini.",
        {("stated", "figure", "12/12")},
    ),
    # a count at a price, and a range of prices
    ("fr", "Le lot de 2 à 49,90 €.", set()),
    ("fr", "De 8 à 12 €.", {("block", "price", "8"), ("block", "price", "12 €")}),
    # offers in words
    ("fr", "Deux pour un !", {("block", "figure", "Deux pour un")}),
    ("en", "Buy one, get one free.", {("block", "figure", "Buy one, get one")}),
    # what binds the brand
    ("fr", "Retours gratuits.", {("block", "returns", "Retours gratuits")}),
    ("fr", "Satisfaite ou remboursée.", {("block", "refund", "Satisfaite ou remboursée")}),
    ("fr", "Certifiée OEKO-TEX.", {("block", "certification", "OEKO-TEX")}),
    ("fr", "Dernière chance.", {("warn", "urgency", "Dernière chance")}),
    ("fr", "Bientôt en rupture.", {("block", "scarcity", "Bientôt en rupture")}),
    ("fr", "Notre meilleure vente.", {("warn", "superlative", "Notre meilleure vente")}),
    ("fr", "Elle est hypoallergénique.", {("warn", "health", "hypoallergénique")}),
    ("en", "It cures back pain.", {("block", "cure", "cures")}),
    ("en", "Award-winning.", {("warn", "superlative", "Award-winning")}),
    ("en", "Made in Italy.", {("warn", "origin", "Made in Italy")}),
    ("en", "An eco-friendly shirt.", {("block", "green claim", "eco-friendly")}),
    ("fr", "Neutre en carbone.", {("block", "carbon claim", "Neutre en carbone")}),
    ("fr", "Les soldes commencent.", {("warn", "soldes", "soldes")}),
    # quotations and mentions
    ("fr", "« Je vis dedans depuis mai »", {("block", "quote", "Je vis dedans depuis mai")}),
    ("fr", "‹ Je vis dedans depuis mai ›", {("block", "quote", "Je vis dedans depuis mai")}),
    ("en", "'I live in it all day' says Marie.", {("block", "quote", "I live in it all day")}),
    ("en", "<!channel> it is here.", {("block", "mention", "<!channel>")}),
    # letters that only look alike
    ("en", "Pure c\u0430shmere.", {("block", "letters", "c\u0430shmere")}),
    # form and language
    ("fr", "Bonjour [PRÉNOM].", {("block", "gap", "[PRÉNOM]")}),
    ("fr", "Bonjour {{ prenom }}.", {("block", "gap", "{{ prenom }}")}),
    ("fr", "Écrivez à [EMAIL_1].", {("block", "gap", "[EMAIL_1]")}),
    ("fr", "Elle coûte XX euros.", {("block", "gap", "XX")}),
    ("fr", "Sur https://evil.example/lin.", {("block", "link", "https://evil.example/lin")}),
    ("fr", "Elle est là!", {("info", "spacing", "là!")}),
    ("fr", "Pour toi. Elle est là pour vous.", {("info", "address", "toi")}),
    ("fr", "Pour toi.", {("info", "address", "toi")}),
    ("fr", "This is the shirt you have been waiting for all year.", {("warn", "language", "")}),
    ("en", "Not cheap.", {("block", "banned word", "cheap")}),
    ("en", "Unlock your summer.", {("info", "cliché", "Unlock")}),
    ("fr", "Cette sublime chemise.", {("info", "cliché", "sublime")}),
]
TOLD_ELSEWHERE = ("price cut",)


@pytest.mark.parametrize(("language", "text"), SOUND)
def test_sound_sentence_passes(language: Language, text: str) -> None:
    assert found(proved(text, language=language)) == set()


@pytest.mark.parametrize(("language", "text", "expected"), FAULTY)
def test_fault_is_found_with_its_level_and_rule(
    language: Language, text: str, expected: set[tuple[str, str, str]]
) -> None:
    seen = {one for one in found(proved(text, language=language)) if one[1] not in TOLD_ELSEWHERE}
    assert seen == expected


def test_proven_figures_are_counted() -> None:
    checks = proved("49,90 €, 100 % lin, 180 g/m².")
    counted = [check.words.params["n"] for check in checks if check.level == "pass"]
    assert counted == [3]
    brand = BRAND.model_copy(update={"mentions": (RequiredMention(text="STOP 36180"),)})
    assert not [
        one for one in proved("Elle est là. STOP 36180", brand=brand) if one.level == "pass"
    ]


def test_wrong_price_is_told_with_the_right_one() -> None:
    (check,) = only(proved("39,90 €.", language="en"), "price")
    assert check.words.to("en") == "The catalogue says €49.90, the text says 39,90 €."


def test_price_of_another_product_is_wrong_beside_the_first() -> None:
    other = "product.linen-dress"
    evidence = EVIDENCE.plus(
        [
            fact(f"{other}.title", "title", "Robe Alba"),
            fact(f"{other}.price", "price", Decimal("89"), "EUR"),
        ]
    )
    swapped = part("La Robe Alba à 49,90 €.", f"{other}.price", f"{SHIRT}.price")
    (check,) = only(proved(swapped, evidence=evidence), "price")
    assert (check.level, check.fact) == ("block", f"{other}.price")
    right = part("La Robe Alba à 89 €.", f"{other}.price")
    assert not only(proved(right, evidence=evidence), "price")


def test_right_price_of_another_product_is_not_called_wrong() -> None:
    """It needs its source, which is not the price of the brief's product."""
    candle = fact("product.candle.price", "price", Decimal("34"), "EUR")
    checks = proved(
        "Fig leaf candle, €34.",
        evidence=EVIDENCE.plus([candle]),
        asked=request(language="en", product="linen-shirt"),
    )
    assert found(checks) == {("block", "figure", "€34")}


def test_product_price_is_no_sum_to_spend() -> None:
    assert only(proved("Livraison offerte dès 49,90 €."), "figure")


def test_guarantee_in_the_brief_takes_one_yes() -> None:
    asked = request("mail : chemise, garantie 5 ans")
    evidence = Evidence(facts=tuple(one for one in EVIDENCE.facts if "guarantee" not in one.id))
    checks = proved("Garantie 5 ans.", asked=asked, evidence=evidence)
    assert found(checks) == {("stated", "figure", "5 ans"), ("warn", "guarantee", "Garantie")}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("La livraison est offerte dès 80 €.", False),
        ("La chemise est livrée gratuitement dès 80 €.", False),
        ("La livraison est offerte.", True),
        ("La livraison est offerte. La chemise, à partir de 80 €.", True),
        ("La livraison est offerte pour la chemise à 80 €.", True),
    ],
)
def test_free_delivery_from_an_amount_has_its_terms(text: str, asks: bool) -> None:
    none = Evidence()
    asked = request("mail : la chemise à 80 €, la livraison est offerte dès 80 €")
    (check,) = [one for one in proved(text, asked=asked, evidence=none) if one.rule == "delivery"]
    assert check.level == "stated"
    assert ("cite your terms" in check.words.to("en")) is asks
    unstated = [one for one in proved(text, evidence=none) if one.rule == "delivery"]
    assert {one.level for one in unstated} == {"block"}


def test_law_depends_on_the_market() -> None:
    market = Market(language="fr", legal="CH")
    brand = BRAND.model_copy(update={"markets": {"CH": market, "BE": Market(language="fr")}})
    text = "Les soldes commencent. Une chemise écoresponsable."
    swiss = {check.rule for check in proved(text, brand=brand.for_market("CH", ()))}
    belgian = {check.rule for check in proved(text, brand=brand.for_market("BE", ()))}
    assert not swiss & {"soldes", "green claim"}
    assert "soldes" not in belgian
    assert "green claim" in belgian


def test_sms_on_a_public_holiday_is_told() -> None:
    def check(day: date) -> set[str]:
        asked = request(since=day).model_copy(update={"channel": "sms"})
        text = part("STUDIOLIN : elle est en lin. STOP SMS", key="text")
        return {one.rule for one in proved(text, channel="sms", asked=asked)}

    assert "sms hours" in check(date(2026, 12, 25))
    assert "sms hours" in check(date(2027, 3, 29))  # Easter Monday
    assert "sms hours" in check(date(2026, 11, 29))  # a Sunday
    assert "sms hours" not in check(date(2026, 11, 27))


def test_no_approver_overrides_what_the_channel_refuses() -> None:
    checks = proved(part("x" * 400, key="text"), channel="sms")
    assert {check.rule for check in select_final(checks)} == {"length", "sender", "stop"}


def test_quotation_must_stand_letter_for_letter() -> None:
    def quoted(text: str, source: str = "feedback.quote.1") -> list[Check]:
        body = Quote(text=text, fact=source)
        return only(proved(Part(kind="quote", key="quote", title="Quote", body=body)), "quote")

    assert not quoted("Je vis dedans  depuis juin,\nmême au bureau")
    (check,) = quoted("Je vis dedans depuis mai")
    assert (check.level, check.override, check.fact) == ("block", False, "feedback.quote.1")
    assert quoted("Je vis dedans depuis juin", "feedback.quote.2")


def test_writer_hears_that_its_own_words_stand_without_quotation_marks() -> None:
    (fault,) = list_faults(only(proved("“Laundry in the sun”, in linen."), "quote"))
    assert "without quotation marks" in fault


def test_cited_fact_must_exist() -> None:
    (check,) = only(proved(part("En lin.", f"{SHIRT}.material", "product.x.price")), "citation")
    assert (check.level, check.override, check.fact) == ("block", True, "product.x.price")


def test_hooks_are_checked() -> None:
    hooks = [Hook(angle="prix", text="À 49,90 €"), Hook(angle="matière", text="De la soie à 39 €")]
    checks = [check for check in proved("En lin.", hooks=hooks) if check.level == "block"]
    assert {(c.part, c.quote) for c in checks if c.quote} == {("hook.2", "39 €")}


def test_finding_on_another_opening_is_located_and_stops_nobody() -> None:
    hooks = [Hook(angle="prix", text="À 49,90 €"), Hook(angle="matière", text="De la soie à 39 €")]
    checks = proved("En lin.", hooks=hooks)
    found = [check for check in checks if check.part == "hook.2" and check.level == "block"]
    assert found
    assert {check.severity for check in found} == {"info"}
    assert not {check.part for check in select_blocking(checks)} & {"hook.1", "hook.2"}
    assert all("2" in check.words.params["n"] for check in group_checks(found))
    chosen = proved("De la soie à 39 €")
    assert {check.severity for check in chosen if check.quote == "39 €"} == {"block"}


@pytest.mark.parametrize(("many", "is_found"), [(3, False), (2, True)])
def test_count_of_the_products_that_a_text_names_needs_no_source(many: int, is_found: bool) -> None:
    ids = [f"product.p{n}.name" for n in range(many)]
    facts = Evidence(facts=tuple(fact(id, "name", id) for id in ids))
    checks = proved(part("Trois pièces par où commencer.", *ids), evidence=facts)
    assert bool([one for one in only(checks, "figure") if one.severity]) is is_found


@pytest.mark.parametrize(("words", "is_found"), [("avant lundi", False), ("avant mercredi", True)])
def test_before_the_day_after_the_last_is_the_end_of_the_offer(words: str, is_found: bool) -> None:
    asked = request("-20 % jusqu'à dimanche soir", until=date(2026, 11, 29))
    checks = proved(f"-20 % {words}.", asked=asked)
    assert bool([one for one in only(checks, "figure") if one.level == "block"]) is is_found


@pytest.mark.parametrize("said", ["10-18", "10h-18h", "10am-6pm", "10:00 to 18:00", "10 à 18 h"])
@pytest.mark.parametrize(
    "hours", ["10am to 6pm", "10:00 to 18:00", "10 h à 18 h", "10 to 6pm", "10 to 18", "10-18h"]
)
def test_hours_are_the_same_however_they_are_written(said: str, hours: str) -> None:
    asked = request(f"instagram: the workshop's winter hours are {said} from December 1st")
    checks = only(proved(f"The workshop is open {hours}.", asked=asked), "figure")
    assert {check.level for check in checks} == {"stated"}


@pytest.mark.parametrize("hours", ["10pm to 6pm", "9:00 to 18:00", "10:30 to 18:00"])
def test_other_hours_than_those_of_the_brief_are_unsourced(hours: str) -> None:
    asked = request("instagram: the workshop's winter hours are 10-18")
    checks = only(proved(f"The workshop is open {hours}.", asked=asked), "figure")
    assert any(check.level != "stated" for check in checks)


def test_hour_is_no_count_of_a_fact() -> None:
    ten = fact("reviews.shirt.count", "count", Decimal(10))
    checks = proved("Ships before 10am.", evidence=Evidence(facts=(ten,)), language="en")
    assert found(checks) == {("block", "figure", "10am")}


def test_figures_of_a_brief_are_stated_by_its_author() -> None:
    stated = find_stated_facts("-20 % dès vendredi, code RETOUR20, 45 €", "U7", TODAY)
    assert [(one.label, one.value, one.unit) for one in stated] == [
        ("percentage", Decimal(20), "%"),
        ("date", "dès vendredi", None),
        ("code", "RETOUR20", None),
        ("price", Decimal(45), "EUR"),
    ]
    assert [one.id for one in stated] == [f"stated.U7.{n}" for n in range(1, 5)]
    assert {(one.stated_by, str(one.source), one.as_of) for one in stated} == {
        ("U7", "brief", TODAY)
    }


def test_editor_states_only_what_they_typed() -> None:
    before = "39 € en soie. 6 coloris."
    text = "39 € en soie. 8 coloris, retours gratuits."
    typed = find_stated_facts(text, "U7", TODAY, source="edit", before=before)
    assert [one.value for one in typed] == ["8 coloris", "8 coloris, retours gratuits."]
    checks = proved(text, evidence=EVIDENCE.plus(typed))
    assert found(checks) == {
        ("block", "price", "39 €"),
        ("stated", "figure", "8 coloris"),
        ("warn", "returns", "retours gratuits"),
    }


def test_stated_fact_is_no_proof_even_when_cited() -> None:
    evidence = EVIDENCE.plus(find_stated_facts("-30 %", "U9", TODAY))
    (check,) = only(proved(part("-30 %.", "stated.U9.1"), evidence=evidence), "figure")
    assert (check.level, check.words.params["who"]) == ("stated", "<@U9>")


def test_quotation_marks_are_no_source() -> None:
    asked = request("mail : « livraison offerte à vie, -50 % » sur la chemise")
    checks = proved("« Livraison offerte à vie, -50 % »", asked=asked)
    assert ("block", "quote", "Livraison offerte à vie, -50 %") in found(checks)
    checks = proved("« livraison offerte à vie, -50 % »", asked=asked)
    assert ("stated", "figure", "-50 %") in found(checks)
    checks = proved("« -70 % sur le cachemire »")
    assert ("block", "figure", "-70 %") in found(checks)
    body = Quote(text="-70 % sur le cachemire", fact="past_copy.1")
    assert only(proved(Part(kind="quote", key="q", title="Q", body=body)), "quote")


def test_each_use_of_a_number_is_checked() -> None:
    assert found(proved("45 pièces, 45 coloris.")) == {("info", "figure", "45 coloris")}


def test_days_of_the_briefs_occasion_need_no_source_unless_something_is_promised() -> None:
    plain = request("mail : chemise")
    brief = plain.brief.model_copy(update={"occasion": "noel"})
    asked = plain.model_copy(update={"brief": brief})

    def find_levels(text: str) -> list[str]:
        checks = proved(text, asked=asked)
        return [one.level for one in checks if one.rule == "figure"]

    assert not find_levels("Le 25 décembre, il ne reste plus qu'à partager le gâteau.")
    assert find_levels("Livraison garantie avant le 25 décembre.") == ["block"]
    assert find_levels("Le 14 juillet, il ne reste plus qu'à partager le gâteau.") == ["warn"]


def own_text(text: str) -> tuple[Check, ...]:
    """The findings on a text that a person wrote themselves, about the shirt at 49,90 €."""
    asked = request("Use my text", product="linen-shirt", own_text={"body": text})
    typed = find_stated_facts(text, "U1", TODAY, source=OWN_TEXT_ORIGIN)
    return proved(text, asked=asked, evidence=EVIDENCE.plus(typed))


def test_price_that_the_catalogue_denies_is_red_in_a_text_of_ones_own() -> None:
    (wrong,) = [check for check in own_text("Elle est à 79 €.") if check.quote]
    assert (wrong.level, wrong.rule, wrong.fact) == ("block", "price", f"{SHIRT}.price")
    assert "€49.90" in wrong.words.to("en")
    assert "79 €" in wrong.words.to("en")


def test_price_of_the_stated_cut_is_right_in_a_text_of_ones_own() -> None:
    checks = own_text("-20 % jusqu'à dimanche : 39,92 € au lieu de 49,90 €.")
    assert ("block", "price", "39,92 €") not in found(checks)


def test_other_price_in_a_brief_is_an_offer() -> None:
    asked = request("mail chemise à 39 €", product="linen-shirt")
    assert ("stated", "figure", "39 €") in found(proved("Elle est à 39 €.", asked=asked))


@pytest.mark.parametrize(
    "text",
    [
        "A table for two people.",
        "180 grams per square metre.",
        "A hundred and eighty grams per square metre.",
        "Three friends, one hammock, six people for dinner.",
    ],
)
def test_units_in_words_and_counts_of_people_are_no_fault(text: str) -> None:
    assert not [c for c in proved(text, language="en") if c.level == "block" and c.quote]


@pytest.mark.parametrize("text", ["Loved by 12,000 women.", "Three hundred people wear it."])
def test_large_count_of_people_needs_a_source(text: str) -> None:
    assert [c.rule for c in proved(text, language="en") if c.level == "warn" and c.quote] == [
        "figure"
    ]


def test_draft_on_a_product_that_is_sold_out_is_marked_whatever_its_words() -> None:
    empty = tuple(
        one.model_copy(update={"value": Decimal(0)}) if one.label == "stock" else one
        for one in EVIDENCE.facts
    )
    asked = request("mail chemise", product="linen-shirt")
    for text in ("Commandez vite.", "Choisissez votre taille.", "Elle vous plaira."):
        checks = proved(text, asked=asked, evidence=Evidence(facts=empty))
        assert [(c.level, c.words.to("en")) for c in checks if c.rule == "stock"] == [
            ("warn", "The catalogue has none in stock (shop.csv).")
        ]
        assert not found(proved(text, asked=asked))


def test_sms_without_anything_to_do_is_told() -> None:
    def rules(text: str) -> set[str]:
        return {c.rule for c in proved(part(text, key="text"), channel="sms") if c.level == "info"}

    assert "call to action" in rules("STUDIOLIN : le lin est revenu. STOP au 36180")
    for text in ("Commandez.", "studiolin.example/l", "Code RETOUR20.", "01 44 55 66 77"):
        assert "call to action" not in rules(f"STUDIOLIN : il est revenu. {text} STOP au 36180")


def test_sms_that_only_tells_something_may_leave_nothing_to_do() -> None:
    text = part("STUDIOLIN : nous avons du retard, pardon. STOP au 36180", key="text")
    for goal, is_asked in (("inform", False), ("announce", False), ("launch", True)):
        checks = proved(text, channel="sms", asked=request("sms", goal=goal))
        assert bool(only(checks, "call to action")) is is_asked


def test_code_in_capitals_of_the_offer_is_stated_by_its_author() -> None:
    asked = request("pub", offer="-10 % avec BIENVENUE", must_say=("BIENVENUE",))
    text = "-10 % avec BIENVENUE. Tapez BIENVENUE."
    stated = [c.quote for c in proved(text, asked=asked) if c.level == "stated"]
    assert sorted(map(str, stated)) == ["-10 %", "BIENVENUE"]
    shouted = request("pub", offer="PROMO DE RENTREE")
    assert not only(proved("PROMO ce soir", asked=shouted), "figure")
    told = request("pub", offer="le code RETOUR20")
    (once,) = only(proved("Avec le code RETOUR20.", asked=told), "figure")
    assert once.quote == "RETOUR20"


MARKED = ("block", "warn")


@pytest.mark.parametrize(
    "text",
    [
        "Two shirts: €99.80.",
        "It was 62, now it is €49.90.",
        "€49.90 with five sizes, and three friends to share it.",
        "Ready in ten minutes, worn for 12 summers.",
    ],
)
def test_derived_prices_and_everyday_counts_are_not_marked(text: str) -> None:
    checks = proved(text, language="en")
    assert not [c for c in checks if c.rule in ("figure", "price") and c.severity in MARKED]


@pytest.mark.parametrize("kind", ["brief only", "with the price worked out"])
def test_people_confirm_the_cut_of_the_brief_and_not_the_price_that_follows(kind: str) -> None:
    """€40 instead of €50 follows from 20 % off; what somebody said is the 20 %."""
    price = fact("product.a.price", "price", 50, "EUR")
    lowest = fact("product.a.low", "lowest price, last 30 days", 50, "EUR")
    to_pay = fact("offer.a.to-pay", "to pay with the offer", 40, "EUR")
    facts = (price, lowest) if kind == "brief only" else (price, lowest, to_pay)
    asked = request("mail : −20 % sur la nappe", product="a", offer="−20 % sur la nappe")
    checks = proved("40 € au lieu de 50 €.", evidence=Evidence(facts=facts), asked=asked)
    (stated,) = (check for check in checks if check.level == "stated")
    assert stated.quote == "−20 %"
    (checked,) = (check for check in checks if check.rule == "figure" and check.level == "pass")
    assert checked.words.params["n"] == 2
