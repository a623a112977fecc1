"""Findings that are planted in the sample shop."""

import json
import math
import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.facts import Fact
from bot.data.analyses import audience_proposals, campaigns, feedback, funnel, late_parcels, trends
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.catalogue.reader import read_catalogue
from bot.data.warehouse.warehouse import Warehouse
from bot.playground import shop
from tests.support.sample_tables import TODAY, sample
from tests.support.sample_tables import made as files
from tests.support.skill_runner import SampleData, run

PLANTED: dict[str, Any] = tomllib.loads(
    (Path(shop.__file__).parent / "planted.toml").read_text("utf-8")
)
# How the shop is made, and what no analysis looks for.
MAKING = {"sizes", "span", "prices", "campaigns"}
PHONES = "funnel.device-mobile-checkout-to-purchase"
BLOCKS = ("what blocks sales right now?", "qu’est-ce qui freine les ventes en ce moment ?")
TRENDS = ("trends in sales this month", "tendances des ventes ce mois-ci")
SURE = ("status", "verdict")
Facts = dict[str, Fact]


class Truth(NamedTuple):
    """One key of planted.toml, the skill whose job it is, a question in English and French, and
    what must be so of the facts that the answer stands on."""

    key: str
    skill: str
    english: str
    french: str
    holds: Callable[[Facts], bool]


def number(facts: Facts, id: str) -> float:
    return float(facts[id].value)


def near(facts: Facts, id: str, share: float, within: float) -> bool:
    """Whether a percentage is what was planted as a share of one."""
    return abs(number(facts, id) - 100 * share) <= 100 * within


def _best_keyword(facts: Facts) -> bool:
    """Whether the keyword with the highest return, of those with enough orders, is the planted
    one."""
    returns = {
        fact.about: number(facts, id)
        for id, fact in facts.items()
        if id.startswith("campaigns.keyword--")
        and id.endswith(".return")
        and number(facts, id.replace(".return", ".orders")) >= 20
    }
    best = max(returns, key=lambda name: returns[name])
    return best == PLANTED["ads"]["best"] and returns[best] > 6


def _late(facts: Facts) -> bool:
    about = set(facts["delivery.late-regions.late"].about.split(", "))
    planted = PLANTED["late_parcels"]
    told = near(facts, "delivery.late-regions.late", planted["late"], 0.03)
    return told and about <= set(planted["departments"]) and len(about) >= 5


def _small(facts: Facts) -> bool:
    sizing = PLANTED["sizing"]
    returned = [f"trends.returns-{one.lower()}.rate" for one in sizing["products"]]
    return all(near(facts, id, sizing["returned"], 0.04) for id in returned)


def _told_lately(facts: Facts, theme: str, messages: float) -> bool:
    """As many texts as were put there, none of them before."""
    many = messages * PLANTED["sizes"]["middle"]["feedback"]
    before = number(facts, f"feedback.{theme}.share-before")
    return abs(number(facts, f"feedback.{theme}.texts") - many) <= 4 and before < 1


def _told_there(facts: Facts) -> bool:
    """Late parcels are spoken of in the south-west, and nowhere else more than by chance."""
    late = "feedback.delivery-late--region-"
    there = {
        id.removeprefix(late).partition(".")[0]: fact
        for id, fact in facts.items()
        if id.startswith(late) and id.endswith(".share")
    }
    more = [
        number(facts, f"{late}{one}.share") > 2 * number(facts, f"{late}{one}.share-elsewhere")
        for one in there
    ]
    return bool(there) and set(there) <= set(PLANTED["late_parcels"]["departments"]) and all(more)


def _drifting(facts: Facts) -> bool:
    """Lives of which some end: the longer the silence, the fewer come back."""
    paces = ("in-rhythm", "drifting", "silent-longer")
    back = [number(facts, f"behaviour.{pace}-90-days.bought") for pace in paces]
    groups = [number(facts, f"segments.{one}.customers") for one in ("drifting-away", "at-risk")]
    return back[0] > 1.2 * back[1] > 1.44 * back[2] and min(groups) > 20


def _bakers(facts: Facts) -> bool:
    rule = json.loads(str(facts["audiences.niche.rule"].value))
    lift = number(facts, "audiences.niche.lift")
    names = {one.lower() for one in PLANTED["niche"]["products"]}
    enough = bool(lift >= PLANTED["niche"]["lift"])
    return {*map(str, rule["bought"])} == names and enough


def _consents(facts: Facts) -> bool:
    """Of the best and loyal, as many may be written to as of all."""
    many = number(facts, "audiences.loyal.customers")
    share = float(PLANTED["consents"]["email"]) * (1 - float(PLANTED["consents"]["opted_out"]))
    return abs(number(facts, "audiences.loyal.by-email") / many - share) < 0.05


def _stuck(facts: Facts) -> bool:
    ads = PLANTED["ads"]
    names = {fact.about for id, fact in facts.items() if id.startswith("campaigns.stuck--")}
    return {ads[one] for one in ("unseen", "unclicked", "unbought", "early")} <= names


def _won(facts: Facts) -> bool:
    test = PLANTED["experiments"]["photos-portees"]
    shares = [100 * b / v for b, v in zip(test["buyers"], test["visitors"], strict=True)]
    ids = [f"experiments.photos-portees--purchase--{one}.rate" for one in "ab"]
    return all(round(share, 2) == number(facts, id) for share, id in zip(shares, ids, strict=True))


def _broken(facts: Facts) -> bool:
    """Who got it and who was meant to, and no effect."""
    ids = {id.rpartition(".")[2] for id in facts if id.startswith("experiments.panier-court")}
    b = number(facts, "experiments.panier-court--purchase--b.users")
    return b == PLANTED["experiments"]["panier-court"]["visitors"][1] and "effect" not in ids


def lowest(facts: Facts) -> Decimal:
    (fact,) = [one for one in facts.values() if one.label == "lowest price 30 days"]
    return Decimal(fact.value)


TRUTHS = (
    Truth(
        "mobile_checkout",
        "blockers",
        *BLOCKS,
        lambda f: (
            near(f, f"{PHONES}.rate", PLANTED["mobile_checkout"]["after"], 0.03)
            and near(f, f"{PHONES}.before", PLANTED["mobile_checkout"]["before"], 0.03)
            and str(f[f"{PHONES}.since"].value) == "2026-11-11"
        ),
    ),
    Truth(
        "steps",
        "answer",
        "what's the conversion rate on desktop?",
        "quel est le taux de conversion sur ordinateur ?",
        lambda f: near(
            f,
            "funnel.visits-device-desktop.conversion",
            math.prod(PLANTED["steps"]["desktop"]),
            0.008,
        ),
    ),
    Truth(
        "steps",
        "answer",
        "what's the checkout rate on desktop?",
        "quel est le taux de paiement sur ordinateur ?",
        lambda f: near(
            f,
            "funnel.device-desktop-checkout-to-purchase.rate",
            PLANTED["steps"]["desktop"][2],
            0.03,
        ),
    ),
    Truth("late_parcels", "blockers", *BLOCKS, _late),
    Truth("sizing", "trends", *TRENDS, _small),
    Truth(
        "sizing",
        "feedback",
        "what do customers say about sizing?",
        "que disent les clientes sur les tailles ?",
        lambda f: near(
            f, "feedback.sizing-small--product-lin-alba.share", PLANTED["sizing"]["told"], 0.05
        ),
    ),
    Truth(
        "linen_praise",
        "feedback",
        "what do customers say about linen?",
        "que disent les clients du lin ?",
        lambda f: any(
            one.about == "linen" and id.endswith(".praise-share") and Decimal(one.value) > 90
            for id, one in f.items()
        ),
    ),
    Truth(
        "mobile_checkout",
        "feedback",
        "what do people say about paying on the phone?",
        "que disent les gens du paiement sur téléphone ?",
        lambda f: _told_lately(f, "website-phone", PLANTED["mobile_checkout"]["messages"]),
    ),
    Truth(
        "late_parcels",
        "feedback",
        "what do customers say about delivery?",
        "que disent les clients de la livraison ?",
        _told_there,
    ),
    Truth(
        "sold_out",
        "feedback",
        "what do customers say about stock?",
        "que disent les clients du stock ?",
        lambda f: _told_lately(f, "stock-sold-out", PLANTED["sold_out"]["messages"]),
    ),
    Truth(
        "feedback",
        "feedback",
        "what do customers say about packaging?",
        "que disent les clients sur l’emballage ?",
        lambda f: near(
            f,
            "feedback.packaging.share",
            PLANTED["feedback"]["packaging"] * PLANTED["feedback"]["reviews"],
            0.02,
        ),
    ),
    Truth(
        "sold_out",
        "blockers",
        *BLOCKS,
        lambda f: (
            number(f, "campaigns.stuck--plaid-mohair.spend") == 304.5
            and number(f, "campaigns.stuck--plaid-mohair.orders") == 0
        ),
    ),
    Truth(
        "price_trap",
        "draft",
        "e-mail: Verres Onde en verre soufflé (lot de 6)",
        "mail : Verres Onde en verre soufflé (lot de 6)",
        lambda f: lowest(f) == 54,
    ),
    Truth(
        "reductions",
        "draft",
        "e-mail: Short Basile en lin pour homme",
        "mail : Short Basile en lin pour homme",
        lambda f: lowest(f) == 65,
    ),
    Truth(
        "rising",
        "trends",
        *TRENDS,
        lambda f: (
            number(f, "trends.category-bougies-et-senteurs.change") > 50
            and str(f["trends.category-bougies-et-senteurs.since"].value) == "2026-10-26"
        ),
    ),
    Truth("lives", "predict", "who will leave us?", "qui risque de partir ?", _drifting),
    Truth(
        "niche",
        "targeting",
        "suggest an audience of bread bakers",
        "propose une audience de boulangers",
        _bakers,
    ),
    Truth(
        "consents",
        "targeting",
        "whom should I target for the linen launch?",
        "qui cibler pour le lancement du lin ?",
        _consents,
    ),
    Truth(
        "experiments",
        "experiment",
        "how did the photos test do?",
        "qu'a donné le test des photos ?",
        _won,
    ),
    Truth(
        "experiments",
        "experiment",
        "how did the basket test do?",
        "lis le test panier court",
        _broken,
    ),
    Truth("ads", "blockers", *BLOCKS, _stuck),
    Truth(
        "ads",
        "answer",
        "which keyword works best?",
        "quel mot-clé marche le mieux ?",
        _best_keyword,
    ),
    Truth(
        "noise",
        "digest",
        "what moved this week?",
        "le point de la semaine",
        lambda f: any(id.startswith("trends.") for id in f),
    ),
)
NOISE = (  # what nothing is behind, as the facts would call it
    *("packaging", "colour", "by card", "wallet", "three parts", "weekday", "language"),
    *("emballage", "couleur", "placement", "haut de page", "source", "first order"),
)
PRODUCTS = {"price_trap": "vai-onde", "reductions": "lin-basile"}
ROWS = pytest.mark.parametrize("truth", TRUTHS, ids=[f"{t.key}-{t.skill}" for t in TRUTHS])


@cache
def library() -> SampleData:
    """The sample shop's rows, and its products as its file says them."""
    products = read_catalogue(files() / "products.csv", as_of=TODAY).products
    return SampleData(lambda: products)


SHOWN_BY_TOOLS = {"late_parcels": feedback.find, "niche": audience_proposals.find}


def asked(truth: Truth, language: str) -> tuple[str, dict[str, Any]]:
    chosen = {"skill": truth.skill}
    if truth.skill == "draft":  # as the form says it
        chosen = {"product": PRODUCTS[truth.key], "channel": "email"}
    words = truth.french if language == "fr" else truth.english
    return words, {"language": language, "library": library(), **chosen}


@cache
def analysis_facts(find: Callable[[Warehouse, AnalysisFilter], AnalysisResult]) -> Sequence[Fact]:
    """What this analysis finds in the whole sample shop, computed once."""
    return find(sample(), AnalysisFilter()).facts


ANSWERS: dict[tuple[str, str], DraftResult] = {}


async def answer(truth: Truth, language: str) -> DraftResult:
    """The answer to a truth's question. Several truths have the same question."""
    words, more = asked(truth, language)
    if (truth.skill, words) not in ANSWERS:
        found = await run(words, **more)
        assert isinstance(found, DraftResult), found
        ANSWERS[truth.skill, words] = found
    return ANSWERS[truth.skill, words]


def facts_of(found: DraftResult) -> Facts:
    return {fact.id: fact for fact in found.evidence.facts if fact.stated_by is None}


def confirmed(found: DraftResult) -> list[str]:
    """What is called confirmed: by a fact, or in a line that people read."""
    sure = [
        f.about
        for f in found.evidence.facts
        if f.id.rpartition(".")[2] in SURE and f.value == "confirmed"
    ]
    lines = [line for part in found.parts for line in part.text.splitlines()]
    return [*sure, *(line for line in lines if "confirm" in line and "–" not in line[-3:])]


def test_every_planted_key_has_a_row() -> None:
    assert {truth.key for truth in TRUTHS} == set(PLANTED) - MAKING


@ROWS
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_planted_findings_are_found_without_ai_and_nothing_else(
    truth: Truth, language: str
) -> None:
    if truth.skill == "answer":  # a query without an AI; the analyses behind it hold the finding
        kinds = (campaigns.find, funnel.find, trends.find)
        behind = [fact for find in kinds for fact in analysis_facts(find)]
        assert truth.holds({fact.id: fact for fact in behind})
        return
    found = await answer(truth, language)
    facts = facts_of(found)
    if find := SHOWN_BY_TOOLS.get(truth.key):  # a standard report leaves it to the AI's tools
        facts = {**{one.id: one for one in analysis_facts(find)}, **facts}
    assert truth.holds(facts)
    assert [check for check in found.checks if check.level == "block"] == []
    for said in confirmed(found):
        assert not any(noise in said.casefold() for noise in NOISE), said


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_planted_traps_are_not_reported(language: str) -> None:
    """The price struck through was never asked for thirty days: no text shows it as the old one."""
    trap = next(truth for truth in TRUTHS if truth.key == "price_trap")
    found = await answer(trap, language)
    struck = str(PLANTED["price_trap"]["raised"])
    assert not any(struck in part.text for part in found.parts)


def test_planted_noise_is_confirmed_by_no_analysis() -> None:
    """Not by those either whose facts no answer has room for."""
    analyses = (trends.find, feedback.find, campaigns.find, funnel.find, late_parcels.find)
    facts = [fact for find in analyses for fact in analysis_facts(find)]
    sure = [f for f in facts if f.id.rpartition(".")[2] in SURE and f.value == "confirmed"]
    assert len(sure) > 20
    said = [f"{fact.id} {fact.about}".casefold() for fact in sure]
    assert [one for one in said if any(noise in one for noise in NOISE)] == []


@pytest.mark.parametrize("seed", [3])
@pytest.mark.slow
def test_planted_findings_are_found_in_other_shops(seed: int) -> None:
    """The same truths, other dice: within what chance does to counts so small."""
    shop = sample("middle", seed)
    found = {
        fact.id: fact
        for find in (trends.find, campaigns.find, funnel.find, late_parcels.find)
        for fact in find(shop, AnalysisFilter()).facts
    }
    assert near(found, f"{PHONES}.rate", PLANTED["mobile_checkout"]["after"], 0.05)
    assert found[f"{PHONES}.status"].value == "confirmed"
    late = found["delivery.late-regions.late"]
    assert near(found, late.id, PLANTED["late_parcels"]["late"], 0.05)
    regions, there = set(late.about.split(", ")), set(PLANTED["late_parcels"]["departments"])
    assert len(regions & there) >= 4
    assert len(regions - there) <= 1
    for product in PLANTED["sizing"]["products"]:
        returned = f"trends.returns-{product.lower()}.rate"
        assert near(found, returned, PLANTED["sizing"]["returned"], 0.08)
    stuck = {fact.about for id, fact in found.items() if id.startswith("campaigns.stuck--")}
    assert {PLANTED["ads"][one] for one in ("unseen", "unclicked", "unbought", "early")} <= stuck
    assert found["campaigns.stuck--plaid-mohair.orders"].number < 5
    assert number(found, "trends.category-bougies-et-senteurs.change") > 50
    led = {id: fact for id, fact in found.items() if id.startswith("funnel.country-")}
    assert not [
        id
        for id, fact in led.items()
        if id.endswith("checkout-to-purchase.status") and fact.value == "confirmed"
    ]
