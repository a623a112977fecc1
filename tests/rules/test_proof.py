"""A proof …"""

from decimal import Decimal

import pytest

from bot.core.checks import Check, select_final
from bot.core.parts import Hook, Part, Quote
from bot.i18n.messages import Language
from bot.rules.proof import sources, stated_in
from tests.support.shirt import BRAND, EVIDENCE, SHIRT, TODAY, found, only, part, proved, request

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
    ("en", "In a hurry? The collar stays put from breakfast to dinner, at home or at work."),
]
FAULTY: list[tuple[Language, str, set[tuple[str, str, str]]]] = [
    # figures
    ("fr", "Elle coûte 39,90 €.", {("block", "figure", "39,90 €")}),
    ("fr", "49,90 % de confort.", {("block", "figure", "49,90 %")}),
    ("fr", "49,90 $ seulement.", {("block", "figure", "49,90 $")}),
    ("fr", "Elle pèse 180 g.", {("block", "figure", "180 g")}),
    ("fr", "Notre toile de 190 g/m².", {("block", "figure", "190 g/m²")}),
    ("fr", "45 coloris au choix.", {("block", "figure", "45 coloris")}),
    ("fr", "Déjà 213 commandes.", {("block", "figure", "213 commandes")}),
    ("fr", "Elle est notée 4,9/5.", {("block", "figure", "4,9/5")}),
    ("fr", "Disponible le 28 novembre.", {("block", "figure", "28 novembre")}),
    ("fr", "Disponible dès samedi.", {("block", "figure", "dès samedi")}),
    ("fr", "Garantie 5 ans.", {("block", "figure", "5 ans")}),
    ("fr", "En taille 36, 38 ou 46.", {("block", "figure", "46")}),
    ("fr", "Économisez 12,10 €.", {("block", "figure", "12,10 €")}),
    ("fr", "Vingt coloris vous attendent.", {("block", "figure", "Vingt coloris")}),
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
    ("fr", "Cousue main.", {("block", "claim", "Cousue main")}),
    ("fr", "Elle est imperméable.", {("block", "claim", "imperméable")}),
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
    ("fr", "« Je vis dedans depuis mai »", {("block", "quote", "Je vis dedans depuis mai")}),
    ("fr", "‹ Je vis dedans depuis mai ›", {("block", "quote", "Je vis dedans depuis mai")}),
    ("en", "'I live in it all day' says Marie.", {("block", "quote", "I live in it all day")}),
    ("en", "A customer told us she lives in it.", {("block", "quote", "customer told us")}),
    ("fr", "Une cliente raconte : « Parfaite ».", {("block", "quote", "Parfaite")}),
    ("fr", "Marie dit : elle vit dedans.", {("block", "quote", "Marie dit")}),
    # letters that only look alike
    ("en", "Pure c\u0430shmere.", {("block", "letters", "c\u0430shmere")}),
    ("en", "5\u041e% softer.", {("block", "letters", "5\u041e")}),
    # form and language
    ("fr", "Bonjour [PRÉNOM].", {("block", "gap", "[PRÉNOM]")}),
    ("fr", "Bonjour {{ prenom }}.", {("block", "gap", "{{ prenom }}")}),
    ("fr", "Écrivez à [EMAIL_1].", {("block", "gap", "[EMAIL_1]")}),
    ("fr", "Elle coûte XX euros.", {("block", "gap", "XX")}),
    ("fr", "Sur https://evil.example/lin.", {("block", "link", "https://evil.example/lin")}),
    ("fr", "Elle est là!", {("warn", "spacing", "là!")}),
    ("fr", "Pour toi. Elle est là pour vous.", {("warn", "address", "toi")}),
    ("fr", "Pour toi.", {("warn", "address", "toi")}),
    ("fr", "This is the shirt you have been waiting for all year.", {("warn", "language", "")}),
    ("en", "Not cheap.", {("block", "banned word", "cheap")}),
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
    assert {check.rule for check in select_final(checks)} == {"length", "sender", "stop"}


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
    assert {(one.stated_by, str(one.source), one.as_of) for one in stated} == {
        ("U7", "brief", TODAY)
    }


def test_leaves_to_an_editor_only_what_they_typed() -> None:
    before = "39 € en soie, 6 coloris"
    typed = stated_in("39 € en soie, 8 coloris", "U7", TODAY, source="edit", before=before)
    assert [one.value for one in typed] == ["8 coloris"]
    evidence = EVIDENCE.plus(typed)
    checks = proved("39 € en soie, 8 coloris", evidence=evidence)
    assert {(check.level, check.quote) for check in checks if check.quote} == {
        ("block", "39 €"),
        ("block", "soie"),
        ("stated", "8 coloris"),
    }


def test_takes_a_stated_fact_for_no_proof_even_when_cited() -> None:
    evidence = EVIDENCE.plus(stated_in("-30 %", "U9", TODAY))
    (check,) = only(proved(part("-30 %.", "stated.U9.1"), evidence=evidence), "figure")
    assert (check.level, check.words.params["who"]) == ("stated", "<@U9>")


def test_writes_every_sentence_as_a_plain_literal() -> None:
    import ast
    from pathlib import Path

    for name in ("__init__", "law", "form", "tongue"):
        tree = ast.parse(Path(f"bot/rules/proof/{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Words":
                titles = isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "title"
                assert titles or isinstance(node.args[0], ast.Constant)


def test_takes_no_quotation_marks_for_a_source() -> None:
    asked = request("mail : « livraison offerte à vie, -50 % » sur la chemise")
    checks = proved("« Livraison offerte à vie, -50 % »", asked=asked)
    assert ("block", "quote", "Livraison offerte à vie, -50 %") in found(checks)
    checks = proved("« livraison offerte à vie, -50 % »", asked=asked)
    assert ("stated", "figure", "50 %") in found(checks)
    checks = proved("« -70 % sur le cachemire »")
    assert ("block", "figure", "70 %") in found(checks)
    body = Quote(text="-70 % sur le cachemire", fact="past_copy.1")
    assert only(proved(Part(kind="quote", key="q", title="Q", body=body)), "quote")


def test_judges_each_use_of_a_number() -> None:
    assert found(proved("45 pièces, 45 coloris.")) == {("block", "figure", "45 coloris")}


def test_does_not_let_a_name_hide_a_claim() -> None:
    soie = BRAND.model_copy(update={"name": "Soie"})
    assert found(proved("Soie vous écrit.", brand=soie)) == set()
    assert found(proved("De la soie.", brand=soie)) == {("block", "claim", "soie")}
