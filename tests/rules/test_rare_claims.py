"""A claim that seldom looks like one …"""

import pytest

from bot.core.facts import Evidence
from bot.core.parts import Hook
from bot.i18n.messages import Language
from tests.support.shirt import FACTS, SHIRT, fact, only, proved, request

NOBODY_SAID = [
    ("It lands at the end of October.", "en", "end of October"),
    ("In stores mid-January.", "en", "mid-January"),
    ("Out in late September.", "en", "late September"),
    ("Disponible début mars.", "fr", "début mars"),
    ("Elle revient à la fin de février.", "fr", "fin de février"),
    ("De retour courant avril.", "fr", "courant avril"),
    ("The 1st shirt you reach for.", "en", "1st"),
    ("La 1re chemise de la saison.", "fr", "1re"),
    ("Weighs nothing on the shoulders.", "en", "Weighs nothing"),
    ("A weightless shirt.", "en", "weightless"),
    ("Elle ne pèse rien.", "fr", "ne pèse rien"),
    ("Légère comme une plume.", "fr", "Légère comme une plume"),
    ("En lin des Flandres.", "fr", "Flandres"),
    ("Un lin de Bourgogne.", "fr", "Bourgogne"),
    ("Linen from Flanders.", "en", "Flanders"),
    ("Cut from linen of the Somme.", "en", "Somme"),
    ("Linen from Norfolk.", "en", "Norfolk"),
    ("Un tissu du Tarn.", "fr", "Tarn"),
    ("Du lin breton.", "fr", "breton"),
    ("Scottish linen.", "en", "Scottish"),
]
FAIR = [
    ("Elle arrive fin novembre.", "fr"),  # on the 27th
    ("It is here in late November.", "en"),
    ("À la fin du repas, elle reste nette.", "fr"),
    ("Mid-thigh, it falls straight.", "en"),
    ("Late mornings suit it.", "en"),
    ("May it hang by the window.", "en"),
    ("Une fin de journée en terrasse.", "fr"),
    ("The first shirt you reach for.", "en"),
    ("Premières chaleurs, manches relevées.", "fr"),
    ("It packs small.", "en"),
    ("Elle se plie en un rien.", "fr"),
    ("Light through the blinds.", "en"),
    ("Flax grown in Normandy.", "en"),
    ("Du lin de Normandie.", "fr"),
    ("Un lin de France.", "fr"),
    ("Un lin de tous les jours.", "fr"),
    ("Le lin de Studio Lin.", "fr"),
    ("Linen of the everyday kind.", "en"),
    ("Woven in Portugal.", "en"),
    ("Tissée au Portugal, disponible le 27 novembre.", "fr"),
]


def blocked(text: str, language: Language) -> list[str]:
    checks = proved(text, language=language, asked=request("mail : la chemise", language))
    return [c.quote or "" for rule in ("figure", "claim") for c in only(checks, rule)]


@pytest.mark.parametrize(("text", "language", "said"), NOBODY_SAID)
def test_is_found(text: str, language: Language, said: str) -> None:
    assert said in blocked(text, language)


@pytest.mark.parametrize(("text", "language"), FAIR)
def test_is_not_seen_where_a_fact_has_it_or_nothing_is_claimed(
    text: str, language: Language
) -> None:
    assert blocked(text, language) == []


@pytest.mark.parametrize("title", ["Lampe R1151", "Lampe R-1151 noire", "LAMPE R 1151"])
@pytest.mark.parametrize("said", ["La R1151 est là.", "R-1151 in black", "Lamp R 1151"])
def test_is_no_model_number_of_the_product_s_own_title(title: str, said: str) -> None:
    facts = [one for one in FACTS if one.label != "title"]
    known = Evidence(facts=(*facts, fact(f"{SHIRT}.title", "title", title)))
    checks = proved("Voir.", evidence=known, hooks=[Hook(angle="x", text=said)])
    assert only(checks, "figure") == []


@pytest.mark.parametrize("said", ["La R1152 est là.", "1151 clients l'ont déjà."])
def test_is_another_number_than_the_title_s(said: str) -> None:
    known = Evidence(facts=(fact(f"{SHIRT}.title", "title", "Lampe R1151"),))
    assert only(proved(said, evidence=known), "figure")


@pytest.mark.parametrize(
    ("words", "said", "flagged"),
    [
        ("mail : la chemise, tutoie-les", "Ta chemise est là, tu la portes.", False),
        ("mail chemise, avec un « tu »", "Ta chemise est là, tu la portes.", False),
        ("e-mail in French, use tu", "Ta chemise est là, tu la portes.", False),
        ("mail chemise, en disant tu", "Votre chemise est là.", True),
        ("mail : la chemise, ne les tutoie pas", "Ta chemise est là, tu la portes.", True),
        ("tu peux faire un mail avec tu sais quoi", "Ta chemise est là, tu la portes.", True),
        ("mail : la chemise", "Ta chemise est là, tu la portes.", True),
        ("mail : la chemise, tutoie-les", "Tu la portes, votre chemise.", True),
    ],
)
def test_is_no_tu_that_was_wished_for(words: str, said: str, flagged: bool) -> None:
    checks = proved(said, asked=request(words))
    assert bool(only(checks, "address")) == flagged
