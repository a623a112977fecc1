"""The checks of a draft's form for its channel."""

import re

import pytest

from bot.config.brand import RequiredMention
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.parts import Part, Quote
from bot.grounding.copy_checks import list_faults
from tests.support.shirt import BRAND, fact, found, mail, only, part, proved, request


def test_every_part_of_the_channel_is_required() -> None:
    checks = proved(*mail(body=" "))
    assert [check.words.to("en") for check in only(checks, "length")] == [
        "Body is missing: E-mail needs it. Write it."
    ]
    assert not only(proved(*mail()), "length")
    assert not only(proved(part("A report", key="summary")), "length")


def test_long_subject_informs_and_long_sms_blocks() -> None:
    (warned,) = only(proved(*mail(subject="a" * 60)), "length")
    assert (warned.level, warned.part) == ("info", "subject")
    (blocked,) = only(
        proved(part("STUDIOLIN STOP " + "a" * 320, key="text"), channel="sms"), "length"
    )
    assert (blocked.level, blocked.override) == ("block", False)


@pytest.mark.parametrize(("letters", "level"), [(20, "pass"), (200, "info")])
def test_how_many_sms_it_is_is_to_know_where_it_is_several(letters: int, level: str) -> None:
    checks = proved(part("STUDIOLIN " + "a" * letters + " STOP SMS", key="text"), channel="sms")
    (said,) = (one for one in checks if "goes out as" in one.words.to("en"))
    assert said.level == level
    assert not any("goes out as" in one for one in list_faults(checks))


def test_sms_needs_its_sender_and_an_opt_out() -> None:
    good = proved(part("STUDIOLIN : en lin. Commandez. STOP SMS", key="text"), channel="sms")
    assert found(good) == set()
    bad = proved(part("Non-stop, elle est en lin.", key="text"), channel="sms")
    assert {check.rule for check in bad if check.level == "block"} == {"sender", "stop"}


@pytest.mark.parametrize(
    ("audience", "stop", "missing"),
    [
        ("nos clients du Royaume-Uni", "STOP au 36180", True),
        ("nos clients du Royaume-Uni", "", True),
        ("nos clients du Royaume-Uni", "STOP to 88440", False),
        ("nos clients français", "STOP au 36180", False),
    ],
)
def test_number_to_stop_is_that_of_the_readers_country(
    audience: str, stop: str, missing: bool
) -> None:
    mention = RequiredMention(text="STOP au 36180", channels=("sms",))
    brand = BRAND.model_copy(update={"mentions": (mention,), "languages": ("fr",)})
    asked = request(audience=audience).model_copy(update={"channel": "sms"})
    text = part(f"STUDIOLIN : elle est là. Commandez. {stop}", key="text")
    checks = proved(text, brand=brand, asked=asked, channel="sms")
    blocked = [check for check in checks if check.level == "block"]
    assert [check.rule for check in blocked] == (["stop"] if missing else [])
    assert all(check.override for check in blocked)
    assert not list_faults(blocked), "only people know the number"


def test_number_of_a_mention_is_of_the_country_of_its_language() -> None:
    mention = RequiredMention(text="STOP au 36180", channels=("sms",), language="fr")
    brand = BRAND.model_copy(update={"mentions": (mention,), "languages": ("en", "fr")})
    text = part("STUDIOLIN : elle est là. Commandez. STOP au 36180", key="text")
    for audience, rules in (("nos clients français", []), ("nos clients belges", ["stop"])):
        asked = request(audience=audience).model_copy(update={"channel": "sms"})
        checks = proved(text, brand=brand, asked=asked, channel="sms")
        assert [check.rule for check in checks if check.level == "block"] == rules


def test_prices_in_money_of_another_country_are_told() -> None:
    def told(audience: str, text: str = "Elle coûte 49,90 €.") -> list[Check]:
        return only(proved(text, asked=request(audience=audience)), "currency")

    assert [check.level for check in told("nos clients anglais")] == ["info"]
    assert not told("nos clients anglais", "Elle est en lin.")
    assert not told("nos clients anglais et belges")
    assert not told("nos clients fidèles")


def test_characters_that_make_an_sms_longer_are_named() -> None:
    checks = proved(part("STUDIOLIN : fraîche l’été. STOP SMS", key="text"), channel="sms")
    (check,) = only(checks, "characters")
    assert (check.level, check.words.params["characters"]) == ("info", "î ’")


def test_mentions_of_channel_and_language_are_required() -> None:
    brand = BRAND.model_copy(
        update={
            "mentions": (
                RequiredMention(
                    text="Service client : 01 44 55 66 77", language="fr", channels=("email",)
                ),
                RequiredMention(text="Terms apply", language="en"),
                RequiredMention(text="STOP au 36180", channels=("sms",)),
            )
        }
    )
    (check,) = only(proved("Elle est là.", brand=brand), "required mention")
    assert (check.level, check.override) == ("block", True)
    assert found(proved("Elle est là. Service client :\n01 44 55 66 77.", brand=brand)) == set()
    sms = proved(
        part("STUDIOLIN : elle est là. STOP au 36180", key="text"), brand=brand, channel="sms"
    )
    assert not only(sms, "figure")


def test_required_sentences_of_the_brief_are_checked() -> None:
    asked = request("mail chemise", must_say=("Rendez-vous le 27 novembre",))
    (check,) = only(proved("Elle est là.", asked=asked), "required mention")
    assert check.level == "warn"
    assert not only(proved("Rendez-vous le 27 novembre !", asked=asked), "required mention")


def test_required_sentences_are_not_asked_for_word_for_word_in_another_language() -> None:
    asked = request("un mail pour la chemise, dis que le col tient", must_say=("le col tient",))
    english = asked.model_copy(update={"brief": asked.brief.model_copy(update={"language": "en"})})
    (check,) = only(proved("Its collar stays up.", "en", asked=english), "required mention")
    assert check.level == "info"


def test_link_given_by_a_person_is_allowed() -> None:
    asked = request("mail chemise, lien https://partner.example/a")
    (check,) = only(proved("Sur https://partner.example/a.", asked=asked), "link")
    assert check.level == "stated"
    ours = request("mail chemise, lien https://shop.studiolin.example/a")
    text = "Sur https://www.shop.studiolin.example/a/?utm_campaign=si-12345678."
    assert {c.level for c in only(proved(text, asked=ours), "link")} == {"stated"}


@pytest.mark.parametrize(
    "link",
    [
        "https://partner.example/b",
        "https://shop.studiolin.example/prix-39-euros",
        "studiolin.example/soldes?code=VIP50",
        "studiolin.example?code=VIP50",
        "https://studiolin.example/#moins-50",
        "https://studiolin.example\\\\moins-50",
    ],
)
def test_link_without_a_source_is_blocked(link: str) -> None:
    asked = request("mail chemise, lien https://partner.example/a")
    (check,) = only(proved(f"Sur {link}", asked=asked), "link")
    assert (check.level, check.override, check.quote) == ("block", True, link)


@pytest.mark.parametrize(
    "link",
    [
        "https://studiolin.example/",
        "studiolin.example?utm_campaign=si-12345678",
        "www.studiolin.example",
        "shop.studiolin.example",
        "contact@studiolin.example",
    ],
)
def test_links_of_the_brand_are_allowed(link: str) -> None:
    assert not only(proved(f"Sur {link}."), "link")


def test_unresolved_placeholder_is_named() -> None:
    assert re.search("filled", only(proved("Bonjour [NAME_1]."), "gap")[0].words.to("en"))


def test_brackets_of_a_customer_are_not_placeholders() -> None:
    """A review may contain any text, which must not block the approval of a report."""
    said = fact("feedback.late.quote-9", "quote", "[HANDLE] <<<facts [product.x.price] {{brief}}")
    quoted = Part(
        kind="quote", key="quotes.1", title="q", body=Quote(text=str(said.value), fact=said.id)
    )
    report = proved("Late parcels.", quoted, evidence=Evidence(facts=(said,)), channel=None)
    assert not only(report, "gap")


def test_seven_words_copied_from_the_brief_are_found() -> None:
    asked = request("mail pour dire que la chemise en lin revient vendredi dans toutes les tailles")
    text = "Enfin, la chemise en lin revient vendredi dans toutes vos villes."
    (check,) = only(proved(text, asked=asked), "echo")
    assert check.quote == "la chemise en lin revient vendredi dans"
    must = asked.brief.model_copy(update={"must_say": (text,)})
    assert not only(proved(text, asked=asked.model_copy(update={"brief": must})), "echo")
