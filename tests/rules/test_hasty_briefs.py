"""A brief typed in a hurry …"""

from datetime import date

import pytest

from bot.core.brief import Brief
from bot.core.request import SkillRequest
from bot.grounding.sources import find_stated_facts
from bot.rules.conditions import carries, conditions
from bot.rules.intake.wishes import read, typed_in
from bot.rules.writers.dates import read as dated
from bot.rules.writers.offers import read as offered
from bot.rules.writers.story import tell


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sms black friday: -20% sur le plaid ce we", {"product": "plaid", "dates": "ce we"}),
        ("e-mail: silk blouse, Cyber Monday -30%", {"dates": None, "occasion": "cyber_monday"}),
        ("email: wool jumper, 10% off til friday", {"dates": "til friday"}),
        ("un mail : carafe mercredi prochain", {"dates": "mercredi prochain"}),
        ("sms bonnet, jusqu'au 30 nov", {"dates": "jusqu'au 30 nov", "product": "bonnet"}),
        (
            "sms : 10 € offerts dès 80 € d'achat, code BIENVENUE",
            {"offer": "10 € offerts dès 80 € d'achat, code BIENVENUE", "product": None},
        ),
        ("mail : -20% dès 100 € sur la nappe", {"offer": "-20% dès 100 €", "product": "nappe"}),
        (
            "sms chaussettes 2 achetées = la 3e offerte",
            {"offer": "2 achetées = la 3e offerte", "product": "chaussettes"},
        ),
        (
            "mail : 3 serviettes Rive achetées = la 4e offerte",
            {"offer": "3 achetées = la 4e offerte", "product": "serviettes Rive"},
        ),
        ("mail : -25% sur la nappe vendredi et samedi", {"dates": "vendredi et samedi"}),
        ("e-mail: buy two, get one free on socks", {"offer": "buy two, get one free"}),
        ("sms chaussettes à 28 €, hors soldes", {"occasion": None, "product": "chaussettes"}),
        ("mail clients fideles, le pull marin", {"audience": "clients fideles"}),
        ("e-mail loyal customers, the jumper", {"audience": "loyal customers"}),
        ("mail le pull marin, pas de promo", {"goal": None, "product": "pull marin"}),
        ("email: glasses from 59 to 47", {"dates": None, "product": "glasses"}),
        ("the bowl, now 50 instead of 62 euros", {"goal": "sell through", "product": "bowl"}),
        ("un mail pr annoncer que le col roulé es dispo", {"product": "col roulé"}),
        ("invitation : atelier cuisson du pain", {"product": "atelier cuisson du pain"}),
        ("sms: free delivery from €60, all the shop", {"product": None}),
        ("mail idée cadeau, la bougie", {"product": "bougie"}),
        (
            "E-mail to: Best and loyal customers",
            {"product": None, "audience": "Best and loyal customers"},
        ),
        ("E-mail pour : Nouveaux venus", {"product": None, "audience": "Nouveaux venus"}),
        (
            "E-mail to customers whose parcel is late: what we do about it",
            {"product": None, "audience": "customers whose parcel is late"},
        ),
        ("an SMS for the last days of the sale", {"product": None, "goal": "sell through"}),
        ("an SMS, 20% off our linen shirt until Sunday", {"product": "linen shirt"}),
        ("un SMS, -20 % sur notre chemise en lin jusqu'à dimanche", {"product": "chemise en lin"}),
        ("email the candlestick, for interior designers", {"audience": "interior designers"}),
    ],
)  # fmt: skip
def test_is_read_as_it_is_meant(words: str, expected: dict[str, object]) -> None:
    found = read(words)
    assert {field: getattr(found, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("typed", "english", "french"),
    [
        ("til friday", "until Friday", "jusqu'à vendredi"),
        ("ce we", "this weekend", "ce week-end"),
        ("mercredi prochain", "next Wednesday", "mercredi prochain"),
        ("jusqu'au 30 nov", "until 30 November", "jusqu'au 30 novembre"),
        ("next friday", "next Friday", "vendredi prochain"),
        ("this week", "this week", "cette semaine"),
        ("cette semaine", "this week", "cette semaine"),
        ("today only", "today", "aujourd'hui"),
        ("vendredi et samedi", "on Friday and Saturday", "vendredi et samedi"),
    ],
)
def test_has_its_days_written_out(typed: str, english: str, french: str) -> None:
    assert dated(typed, "en").said == english
    assert dated(typed, "fr").said == french


@pytest.mark.parametrize(
    ("typed", "kind", "value", "over"),
    [
        ("10 € offerts dès 80 € d'achat", "amount", "10 €", "80 €"),
        ("-20% dès 100 €", "percent", "20", "100 €"),
        ("2 achetées = la 3e offerte", "other", "2 achetées, la 3e offerte", ""),
    ],
)
def test_keeps_from_which_amount_its_offer_holds(
    typed: str, kind: str, value: str, over: str
) -> None:
    found = offered(typed, "fr")
    assert found is not None
    assert (found.kind, found.value, found.over) == (kind, value, over)


@pytest.mark.parametrize(
    "said",
    [
        "one day only",
        "not combinable with other offers",
        "non cumulable avec d'autres offres",
        "sur leur première commande",
        "hors soldes",
    ],
)
def test_keeps_what_its_offer_depends_on(said: str) -> None:
    assert conditions(f"e-mail: -30% on the blouse, {said}, code BLACK30") == (said,)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("new candle arrives Thursday", "on Thursday"),
        ("la bougie arrive jeudi", "ce jeudi"),
        ("the Black Friday blouse", None),
    ],
)
def test_states_the_day_that_it_names(typed: str, day: str | None) -> None:
    days = [fact.value for fact in find_stated_facts(typed, "ana", date(2026, 11, 25))]
    assert days == ([day] if day else [])


def brief(words: str) -> Brief:
    return Brief(words=words, author="ana", language="fr", product_words="x")


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("un mail pour le col roulé, svp court, tutoyer", "shorter"),
        ("un mail pour le col roulé, svp court, tutoyer", "tu"),
        ("product page for the shirt, short please", "shorter"),
        ("page produit housse de couette, plus longue", "longer"),
        ("sms, sans prix, la chemise", "no price"),
    ],
)
def test_has_its_wish_for_the_form_heard(words: str, wish: str) -> None:
    assert wish in tell(SkillRequest(skill="draft", channel="email", brief=brief(words))).wishes


@pytest.mark.parametrize(
    "words", ["un mail : short en lin", "the short-sleeved shirt", "robe courte en lin", "tu as vu"]
)
def test_has_no_wish_in_the_name_of_a_thing(words: str) -> None:
    assert not tell(SkillRequest(skill="draft", channel="email", brief=brief(words))).wishes


def test_speaks_to_the_reader_of_their_first_order() -> None:
    words = "sms : 10 € offerts sur leur première commande"
    told = tell(SkillRequest(skill="draft", channel="sms", brief=brief(words)))
    assert told.limits == ("sur <votre|ta> première commande",)
    assert carries("10 € de moins sur votre première commande.", "sur leur première commande")


def test_keeps_when_where_and_how_of_a_date_to_come_to() -> None:
    words = "invitation : atelier pain samedi, 14h, à la boutique, gratuit sur inscription"
    told = tell(SkillRequest(skill="draft", channel="email", brief=brief(words)))
    assert told.terms == ("14h", "à la boutique", "gratuit", "sur inscription")


def test_has_its_two_thresholds_told_apart() -> None:
    """20 % off everything is not 20 % off from £100."""
    found = offered("20% off, free delivery over £100", "en")
    assert found is not None
    assert (found.over, found.delivery, found.delivery_over) == ("", True, "£100")


def test_has_its_audience_heard_without_accents() -> None:
    asked = brief("mail clients fideles, le pull").model_copy(
        update={"audience": "clients fideles"}
    )
    assert tell(SkillRequest(skill="draft", channel="email", brief=asked)).audience == "loyal"


@pytest.mark.parametrize(
    ("typed", "english", "french"),
    [
        ("jusqu'au 15/12", "until 15 December", "jusqu'au 15 décembre"),
        ("jusqu'au 5/12", "until 5/12", "jusqu'au 5/12"),  # of May or of December
    ],
)
def test_has_its_date_spelt_out_where_it_has_one_reading(
    typed: str, english: str, french: str
) -> None:
    assert dated(typed, "en").said == english
    assert dated(typed, "fr").said == french


def test_that_asks_for_a_return_is_read_so() -> None:
    assert read("un SMS pour annoncer le retour du plaid en mohair").goal == "back in stock"
    assert read("email: the return of the linen shirt").goal == "back in stock"


def test_is_obeyed_on_tu_wherever_it_says_so() -> None:
    brief = Brief(words="un mail à Léa, tutoie-la : le plaid", author="ana", language="fr")
    assert "tu" in tell(SkillRequest(skill="draft", brief=brief)).wishes


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Kerven jumper e-mail", "en"),
        ("Verger salad bowl", "en"),
        ("Kerven, Ronan", None),
        ("mail saladier Verger", "fr"),
        ("bougie Figuier", "fr"),
        ("e-mail: the Chemise Alba", "en"),
    ],
)
def test_is_in_the_language_of_the_thing_where_nothing_else_tells(
    words: str, language: str | None
) -> None:
    assert typed_in(words) == language


@pytest.mark.parametrize(
    "words", ["e-mail court, tutoie : bonnet Cap", "a short e-mail: the Cap hat"]
)
def test_is_heard_to_be_short_beside_the_name_of_its_channel(words: str) -> None:
    brief = Brief(words=words, author="ana", language="en")
    assert "shorter" in tell(SkillRequest(skill="draft", channel="email", brief=brief)).wishes
