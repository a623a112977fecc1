"""Routing of messages without an AI."""

from typing import Any

import pytest

from bot.agent.skills import load_skills
from bot.core.channels import load_channels
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.offline.routing import (
    find_channels,
    find_message_kind,
    find_revision,
    find_skill,
    list_unread_words,
    load_routing,
    names_one_person,
    read_fields,
)

# What people typed, and the skill that they meant; None: no skill can be told.
MESSAGES = [
    ("an e-mail: our linen shirt is back", "draft"),
    ("hello, an SMS for the linen shirt", "draft"),
    ("merci de rédiger un e-mail pour la chemise en lin", "draft"),
    ("welcome e-mail for new customers", "draft"),
    ("prepare an e-mail for the A/B test", "draft"),
    ("fiche produit pour le vase en grès", "draft"),
    ("what do customers say about sizing this month?", "feedback"),
    ("de quoi se plaignent les clientes ?", "feedback"),
    ("résume les avis de la semaine", "feedback"),
    ("whom should I target for the linen launch?", "targeting"),
    ("à qui écrire pour le plaid ?", "targeting"),
    ("what blocks our sales now?", "blockers"),
    ("pourquoi les ventes baissent-elles ?", "blockers"),
    ("trends in sales this month", "trends"),
    ("comment vont les ventes ?", "trends"),
    ("tendances instagram", "trends"),
    ("what moved this week?", "digest"),
    ("qu'est-ce qui a bougé cette semaine ?", "digest"),
    ("who is likely to buy again in the next 60 days?", "predict"),
    ("qui va racheter ce trimestre ?", "predict"),
    ("how did the photos test do?", "experiment"),
    ("planifie un test sur l'objet", "experiment"),
    ("recap this thread", "recap"),
    ("qui fait quoi ?", "recap"),
    ("what waits for my approval?", "recap"),
    ("which drafts are waiting to be approved?", "recap"),
    ("qu'est-ce qui attend ma validation ?", "recap"),
    ("que dois-je valider ?", "recap"),
    ("write an e-mail to customers who wait for an approval", "draft"),
    ("OK to send? An e-mail: our linen shirt is back", "check"),
    ("vérifie ce texte : la chemise est de retour", "check"),
    ("check the reviews of the dress", "feedback"),
    ("check the reviews of the dress and write an e-mail about them", None),
    ("check: the shirt is back", "check"),
    ("sales by country", "answer"),
    ("donne-moi nos 10 meilleurs clients", "answer"),
    ("compare le CA de novembre à celui de l'an dernier", "answer"),
    ("combien de clients fidèles ?", "answer"),
    ("which e-mail worked best?", "answer"),
    ("remind me on Friday to send the e-mail about the vase", None),
    ("rappelle-moi vendredi d'envoyer l'e-mail", None),
    ("sans remise, urgent", None),
    ("our best sellers newsletter for Friday", None),
    ("can you book me a flight to Rome", None),
    ("the linen shirt", None),
    ("abandoned basket e-mail, the second one", "draft"),
    ("relance panier abandonné par sms", "draft"),
    ("ask for a review after delivery, by e-mail", None),
    ("demande d'avis pour ceux qui ont acheté le plaid", None),
    ("translate the welcome e-mail", None),
    ("late parcels: what do customers say?", "feedback"),
    ("what are people complaining about?", "feedback"),
    ("did the photo test win?", "experiment"),
    ("combien de visites depuis instagram", "answer"),
    ("google ads vs meta last 4 weeks - spend, roas, where should I move budget?", "answer"),
    ("google ads spend last month", "answer"),
    ("email open rate", "answer"),
    ("emails : combien de clics en octobre", "answer"),
    ("email for new customers: 10% off", "draft"),
    ("sms : 3 commandes, un cadeau", "draft"),
    ("e-mail: raise our average basket", "draft"),
    ("sms to ask for reviews of October orders", "draft"),
]


@pytest.mark.parametrize(("words", "skill"), MESSAGES)
def test_message_is_routed_to_its_skill(words: str, skill: str | None) -> None:
    assert find_skill(words, load_skills()).skill == skill


@pytest.mark.parametrize(
    ("words", "thing"),
    [
        ("draft a blog article about customer reviews", "blog"),
        ("LinkedIn post about the jacket", "LinkedIn"),
        ("peux-tu me générer une photo du plaid ?", "photo"),
        ("write about the posters", None),
        ("how many orders came from TikTok?", None),
        ("an e-mail and a LinkedIn post about the jacket", None),
    ],
)
def test_text_that_we_do_not_write_is_named(words: str, thing: str | None) -> None:
    assert find_skill(words, load_skills()).unsupported == thing


@pytest.mark.parametrize(
    ("words", "skill", "unread"),
    [
        ("what do customers say?", "feedback", ()),
        ("what do Belgian customers say about the zip?", "feedback", ("Belgian", "zip")),
        ("résume les avis 1 et 2 étoiles", "feedback", ("1", "2 étoiles")),
        ("où perd-on des acheteurs sur mobile ?", "blockers", ("mobile",)),
        ("qui cibler pour le plaid ?", "targeting", ("plaid",)),
    ],
)
def test_words_that_a_report_is_not_written_by_are_listed(
    words: str, skill: str, unread: tuple[str, ...]
) -> None:
    assert list_unread_words(words, skill) == unread
    assert list_unread_words(words, skill, names=[words]) == ()


def test_words_that_only_another_report_reads_are_unread() -> None:
    unread = list_unread_words("split our lapsed list for a test", "experiment")
    assert unread == ("lapsed list",)


def test_name_of_a_skill_routes_to_it() -> None:
    assert find_skill("juggle: the balls", {"juggle"}).skill == "juggle"


@pytest.mark.parametrize("words", ["price_watch: linen", "Price watch: linen", "price-watch linen"])
def test_name_of_two_words_routes_to_its_skill(words: str) -> None:
    assert find_skill(words, {"price", "price_watch"}).skill == "price_watch"


def test_command_routes_to_its_skill_where_that_is_wanted() -> None:
    commands = {"watch-prices": "price_watch"}
    assert find_skill("watch prices: linen", {"price_watch"}, commands).skill == "price_watch"
    assert find_skill("watch prices: linen", {"juggle"}, commands).skill is None


def test_keywords_of_a_skill_are_in_both_languages() -> None:
    """Those that have any: a skill without keywords is asked for by its name."""
    keywords = load_routing()["skills"]
    assert keywords.keys() <= load_skills().keys()
    assert all(table["en"] and table["fr"] for table in keywords.values())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("thanks!", "thanks"),
        ("Bonjour", "greeting"),
        ("never mind", "never_mind"),
        ("ok", "thanks"),
        ("Laisse tomber.", "never_mind"),
        ("Salut ! Tu vas bien ?", "greeting"),
        ("coucou ça va ?", "greeting"),
        ("thanks, and an e-mail", None),
        ("hi, never mind", None),
    ],
)
def test_whole_messages_are_told_apart(words: str, kind: str | None) -> None:
    assert find_message_kind(words) == kind


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "e-mail for the linen shirt, for people who bought shirts last summer, -20% until "
            "Sunday",
            {
                "channels": ("email",),
                "offer": "-20%",
                "audience": "people who bought shirts last summer",
                "dates": "until Sunday",
            },
        ),
        (
            "SMS to our loyal customers: 20% off the vase until Sunday with code LIN20",
            {
                "channels": ("sms",),
                "audience": "loyal customers",
                "offer": "20% off the vase, code LIN20",
                "dates": "until Sunday",
            },
        ),
        (
            "écris un mail pour la chemise en lin, pour les clientes qui ont acheté un pull, "
            "-20 % jusqu'au 12 janvier, livraison offerte dès 50 €",
            {
                "audience": "clientes qui ont acheté un pull",
                "offer": "-20 %, livraison offerte dès 50 €",
                "dates": "jusqu'au 12 janvier",
            },
        ),
        ("texto soldes : -30% sur les pulls du 8 au 12 janvier", {
            "channels": ("sms",), "occasion": "soldes", "dates": "du 8 au 12 janvier",
        }),
        ("e-mail for the vase, 27 to 30 November", {"dates": "27 to 30 November"}),
        ("100% linen shirt", {"offer": None}),
        ("e-mail: the vase, now 10 € off", {"offer": "10 € off"}),
        ("sms, 20% off from 1 to 7 May", {"offer": "20% off", "dates": "from 1 to 7 May"}),
        ("mail, dire que le port est offert", {"offer": None, "must_say": ("le port est offert",)}),
        ("e-mail: new customers get 10% off", {"goal": None}),
        ("post for the new year: the vase", {"goal": None, "occasion": "nouvel_an"}),
        ("post pour le vase, nouveauté", {"goal": "launch"}),
        ("e-mail to new customers", {"goal": None, "audience": "new customers"}),
        ("sms: the vase is back in stock", {"goal": "back in stock"}),
        ("un mail : la veste arrive vendredi", {"goal": "launch", "dates": "vendredi"}),
        ('the jumper, say "made in Portugal"', {"must_say": ("made in Portugal",)}),
        ("mentionne qu'elle est faite à Lyon", {"must_say": ("elle est faite à Lyon",)}),
        ("sms sans le prix", {"left_over": ("sans le prix",)}),
        ("welcome e-mail, don't mention France", {
            "must_say": (), "left_over": ("don't mention France",),
        }),
        ("e-mail without mentioning the price", {"must_say": ()}),
        ("un e-mail sobre, pas de « cocooning »", {"must_say": ()}),
        ("SMS, no code, say it is back", {"offer": None, "must_say": ("it is back",)}),
        ("e-mail pour le retour du plaid", {"goal": "back in stock"}),
        ("fiche produit en anglais", {"language": "en", "channels": ("product_page",)}),
        ("write a text for the vase", {"channels": ()}),
        ("e-mail: parcels are late", {"notice": "late_parcel"}),
        ("email FR: relance panier abandonné", {"codes": ("FR",), "language": "fr"}),
        ("meta ad EN for the shirt", {"codes": ("EN",), "language": "en"}),
        ("Google responsive search ad, FR: le plaid", {"codes": ("FR",), "language": "fr"}),
        ("email EN UK: the vase", {"codes": ("EN UK",), "language": "en"}),
        ("email FR + UK: the vase", {"codes": ("FR", "UK")}),
        ("sms uk: the vase", {"codes": ("UK",), "language": None}),
        ("push for the vase, UK, back in stock", {"codes": ("UK",), "language": None}),
        ("sms: the vase, DE", {"codes": ("DE",)}),
        ("push for the vase, it is back", {"codes": ()}),
        ("sms: it is here, tell us", {"codes": ()}),
        ("e-mail de bienvenue EN pour les nouveaux", {"codes": ("EN",), "language": "en"}),
        ("push: le plaid EN SOLDES", {"codes": ()}),
        ("SMS AU 15 DECEMBRE", {"codes": ()}),
        ("sms pour ceux dont le colis est en retard", {
            "left_over": (), "audience": "ceux dont le colis est en retard",
        }),
        ("sms: the vase, dont mention the price", {"must_say": ()}),
    ],
)  # fmt: skip
def test_fields_of_a_brief_are_found(words: str, expected: dict[str, Any]) -> None:
    found = read_fields(words).model_dump()
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("make it shorter", "shorter"),
        ("plus court svp", "shorter"),
        ("un autre angle ?", "angle"),
        ("more details please", "longer"),
        ("looks good to me", None),
        ("I told Max that the shorter one was better than the longer one", None),
    ],
)
def test_short_reply_asks_for_another_version(words: str, wish: str | None) -> None:
    assert find_revision(words) == wish


def test_one_person_is_recognized() -> None:
    assert names_one_person("write to a customer whose parcel is late")
    assert names_one_person("écris à marie.durand@example.com")
    assert names_one_person("SMS to Rita, her strap has arrived")
    assert names_one_person("un SMS pour Jules : son vase est là")
    assert not names_one_person("an e-mail for our loyal customers")
    assert not names_one_person("un e-mail pour Noël, pour Paris et pour la Saint-Valentin")
    assert not names_one_person("an e-mail for Rita", "Rita sandals")


def test_black_friday_is_no_day() -> None:
    for words in ("SMS pour le Black Friday : -15 %", "an SMS for Black Friday, 15% off"):
        assert read_fields(words).dates is None
    assert read_fields("SMS pour le plaid, vendredi 27 novembre").dates


def test_product_named_after_a_person_is_no_person() -> None:
    rose = "Rosier grimpant 'Pierre de Ronsard'"
    words = "post Instagram sur le rosier Pierre de Ronsard"
    assert names_one_person(words)
    assert not names_one_person(words, rose)
    assert names_one_person("SMS à Claire Fontanel sur le rosier Pierre de Ronsard", rose)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", load_channels())
def test_channel_is_found_by_its_title(key: str, language: Language) -> None:
    title = Words(load_channels()[key].title).to(language)
    assert find_channels(f"{title} : Vase") == (key,)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("une publicité Facebook pour la robe", "meta_ad"),
        ("publicités Instagram : Vase", "meta_ad"),
        ("a Facebook ad for the linen shirt", "meta_ad"),
        ("two ads on Facebook", "meta_ad"),
        ("une pub sur Insta", "meta_ad"),
        ("une annonce Google pour le sac", "google_ad"),
        ("a Google advert", "google_ad"),
        ("an Instagram post", "instagram"),
    ],
)
def test_ad_is_found_by_its_platform(words: str, key: str) -> None:
    assert find_channels(words) == (key,)
