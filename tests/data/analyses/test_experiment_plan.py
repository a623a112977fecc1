"""The plan of a test: sample size, duration and audience."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.audience_rule import AudienceRule
from bot.data.analyses import audience_proposals
from bot.data.analyses.experiments.baseline import find_population
from bot.data.analyses.experiments.plan import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.rules.wanted import Wanted, read
from tests.support.sample_tables import sample
from tests.support.small_tables import small


def value(found: AnalysisResult, subject: str, measure: str) -> Any:
    fact = found.get(subject, measure)
    assert fact is not None, (subject, measure)
    return fact.value


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("plan a test of free delivery on the basket page", Wanted("basket", what="free delivery")),
        (
            "un test de livraison offerte sur la page panier",
            Wanted("basket", what="livraison offerte"),
        ),
        ("sample size from 4% to 5%", Wanted(None, Decimal(4), Decimal(25))),
        ("quelle taille d'échantillon de 2,5 % à 3 % ?", Wanted(None, Decimal("2.5"), Decimal(20))),
        ("test +10 % sur la fiche produit", Wanted("product", None, Decimal(10))),
        (
            "a base of 4 % and a lift of 10%, 2,000 visitors a week",
            Wanted(None, Decimal(4), Decimal(10), 2000),
        ),
        (
            "the subject line, 300 recipients a day",
            Wanted("subject", None, None, 2100, reach="email"),
        ),
        ("plan a test of 20% off on the basket page", Wanted("basket")),
    ],
)
def test_plan_inputs_are_parsed_from_the_words(words: str, wanted: Wanted) -> None:
    assert read(words) == wanted


def test_sample_size_agrees_with_the_textbook() -> None:
    """4 % against 5 %, power .8, alpha .05: 6,745 each (R's power.prop.test: 6,744.9)."""
    found = find(small(), AnalysisFilter(wanted=read("from 4% to 5%, 2,000 visitors a week")))
    assert value(found, "visit-lift-25", "people") == 6745
    assert value(found, "visit-lift-25", "in-all") == 13490
    assert value(found, "visit-lift-25", "weeks") == 7
    assert value(found, "visit", "asked") == 25


def test_base_rate_is_the_one_of_the_place() -> None:
    """Of the visits with a cart fewer buy than of those at the checkout, and fewer open e-mails."""
    basket = find(sample(), AnalysisFilter(wanted=Wanted("basket")))
    checkout = find(sample(), AnalysisFilter(wanted=Wanted("checkout")))
    assert value(basket, "basket", "base") < value(checkout, "checkout", "base")
    assert value(basket, "basket", "weekly") > value(checkout, "checkout", "weekly")
    subject = find(sample(), AnalysisFilter(wanted=Wanted("subject")))
    assert 30 < value(subject, "subject", "base") < 40
    assert str(subject.source) == "campaigns.csv"


def test_plan_for_one_product_counts_only_its_visits() -> None:
    every = find(sample(), AnalysisFilter(wanted=Wanted("product")))
    one = find(sample(), AnalysisFilter(product="lin-alba", wanted=Wanted("product")))
    assert value(one, "product", "weekly") < value(every, "product", "weekly") / 10
    assert value(one, "product", "product") == "lin-alba"


def test_shorter_test_detects_only_larger_lifts() -> None:
    found = find(sample(), AnalysisFilter(wanted=Wanted("basket")))
    least = [value(found, f"basket-weeks-{n}", "smallest-lift") for n in (2, 4, 8)]
    assert least == sorted(least, reverse=True)
    assert value(found, "basket-lift-20", "weeks") <= 4


def test_missing_base_rate_names_the_data_that_is_needed() -> None:
    found = find(small(), AnalysisFilter(wanted=Wanted("subject")))
    assert found.facts == []
    assert "import campaign results that say how many were delivered and opened" in found.limits[
        0
    ].to("en")


def test_planned_rate_never_exceeds_100_percent() -> None:
    found = find(small(), AnalysisFilter(wanted=Wanted("visit", Decimal(95), None, 1000)))
    assert found.get("visit-lift-5", "rate") is not None
    assert found.get("visit-lift-20", "rate") is None


def test_every_fact_refers_to_an_existing_query() -> None:
    found = find(sample(), AnalysisFilter(wanted=Wanted("basket")))
    assert all(fact.query is None or fact.query in found.queries for fact in found.facts)
    con = sample().engine.con
    assert con.execute(found.queries["base"]).fetchall()


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("plan a test of an e-mail to customers in Belgium", AudienceRule(countries=("BE",))),
        ("test une bannière pour les clients en Suisse", AudienceRule(countries=("CH",))),
        (
            "un test d'un e-mail auprès des acheteurs de linge de lit",
            AudienceRule(bought_categories=("Linge de lit",)),
        ),
        (
            "test a banner on lapsed linen buyers in France",
            AudienceRule(
                segments=("lapsed",), bought_categories=("Vêtements en lin",), countries=("FR",)
            ),
        ),
        (
            "test an SMS with people who bought candles in the last 6 months",
            AudienceRule(
                purpose="sms", bought_categories=("Bougies et senteurs",), bought_within=180
            ),
        ),
    ],
)
@pytest.mark.sample(2)
def test_plan_uses_the_audience_that_the_words_name(words: str, rule: AudienceRule) -> None:
    people = find_population(sample(), AnalysisFilter(wanted=read(words)))
    assert people is not None
    assert people.rule == rule
    assert people.fits > people.ordered > 0


@pytest.mark.parametrize(
    "words",
    [
        "plan a test of an e-mail to customers on Mars",
        "a test on linen buyers with a dog",
        "test an e-mail to left-handed customers in France",
        "plan a test of a red button for customers",
    ],
)
def test_incompletely_named_audience_is_not_used(words: str) -> None:
    assert find_population(sample(), AnalysisFilter(wanted=read(words))) is None


def test_mailing_test_counts_only_customers_with_consent() -> None:
    """Half of it would be split off people who may not be written to."""
    rule = AudienceRule(segments=("champions", "loyal"))
    letter = find_population(
        sample(), AnalysisFilter(wanted=read("test an e-mail"), rule=rule.stored)
    )
    banner = find_population(
        sample(), AnalysisFilter(wanted=read("test a banner"), rule=rule.stored)
    )
    assert letter is not None
    assert banner is not None
    assert banner.size == banner.fits == letter.fits
    counted = audience_proposals.find(sample(), AnalysisFilter(rule=rule.stored)).get(
        "yours", "by-email"
    )
    assert counted is not None
    assert letter.size == counted.value
    told = find(sample(), AnalysisFilter(wanted=read("test an e-mail"), rule=rule.stored))
    assert value(told, "audience", "size") == letter.size < letter.fits
