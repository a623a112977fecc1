"""What was planted in the sample shop …"""

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.drafting import Drafted
from bot.evidence import Fact
from bot.library.catalogue.file import read_catalogue
from bot.library.catalogue.library import CatalogueLibrary
from bot.library.team import TeamLibrary
from bot.play import shop
from tests.library.sample import TODAY, sample
from tests.library.sample import made as files
from tests.skills import rewritten, run

PLANTED: dict[str, Any] = tomllib.loads(
    (Path(shop.__file__).parent / "planted.toml").read_text("utf-8")
)
MAKING = {"sizes", "span", "prices"}  # how the shop is made: nothing to be found
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


def _late(facts: Facts) -> bool:
    about = set(facts["delivery.late-regions.late"].about.split(", "))
    planted = PLANTED["late_parcels"]
    told = near(facts, "delivery.late-regions.late", planted["late"], 0.03)
    return told and about <= set(planted["departments"]) and len(about) >= 5


def _small(facts: Facts) -> bool:
    sizing = PLANTED["sizing"]
    returned = [f"trends.returns-{one.lower()}.rate" for one in sizing["products"]]
    return all(near(facts, id, sizing["returned"], 0.04) for id in returned)


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
    """Who got it and who was meant to, and no rate."""
    ids = {id.rpartition(".")[2] for id in facts if id.startswith("experiments.panier-court")}
    b = number(facts, "experiments.panier-court--purchase--b.users")
    return b == PLANTED["experiments"]["panier-court"]["visitors"][1] and "rate" not in ids


def lowest(facts: Facts) -> Decimal:
    (fact,) = [one for one in facts.values() if one.label == "lowest price 30 days"]
    return Decimal(fact.value)


TRUTHS = (
    Truth("mobile_checkout", "blockers", *BLOCKS,
          lambda f: near(f, f"{PHONES}.rate", PLANTED["mobile_checkout"]["after"], 0.03)
          and near(f, f"{PHONES}.before", PLANTED["mobile_checkout"]["before"], 0.03)
          and str(f[f"{PHONES}.since"].value) == "2026-11-11"),
    Truth("steps", "answer", "what's the conversion rate on desktop?",
          "quel est le taux de conversion sur ordinateur ?",
          lambda f: near(f, "funnel.device-desktop-checkout-to-purchase.rate",
                         PLANTED["steps"]["desktop"][2], 0.03)),
    Truth("late_parcels", "blockers", *BLOCKS, _late),
    Truth("sizing", "trends", *TRENDS, _small),
    Truth("sizing", "feedback", "what do customers say about sizing?",
          "que disent les clientes sur les tailles ?",
          lambda f: near(f, "feedback.sizing-small--product-lin-alba.share",
                         PLANTED["sizing"]["told"], 0.05)),
    Truth("linen_praise", "feedback", "what do customers say about linen?",
          "que disent les clients du lin ?",
          lambda f: any(one.about == "linen" and id.endswith(".praise-share")
                        and Decimal(one.value) > 90 for id, one in f.items())),
    Truth("feedback", "feedback", "what do customers say about packaging?",
          "que disent les clients sur l’emballage ?",
          lambda f: near(f, "feedback.packaging.share",
                         PLANTED["feedback"]["packaging"] * PLANTED["feedback"]["reviews"], 0.02)),
    Truth("sold_out", "blockers", *BLOCKS,
          lambda f: number(f, "campaigns.stuck--plaid-mohair.spend") == 304.5
          and number(f, "campaigns.stuck--plaid-mohair.orders") == 0),
    Truth("price_trap", "draft", "e-mail: Verres Onde en verre soufflé (lot de 6)",
          "mail : Verres Onde en verre soufflé (lot de 6)", lambda f: lowest(f) == 54),
    Truth("reductions", "draft", "e-mail: Short Basile en lin pour homme",
          "mail : Short Basile en lin pour homme", lambda f: lowest(f) == 65),
    Truth("rising", "trends", *TRENDS,
          lambda f: number(f, "trends.category-bougies-et-senteurs.change") > 50
          and str(f["trends.category-bougies-et-senteurs.since"].value) == "2026-10-26"),
    Truth("lives", "predict", "who will leave us?", "qui risque de partir ?",
          lambda f: number(f, "segments.drifting-away.customers") > 0
          and number(f, "segments.at-risk.customers") > 0),
    Truth("niche", "targeting", "suggest an audience of bread bakers",
          "propose une audience de boulangers", _bakers),
    Truth("consents", "targeting", "whom should I target for the linen launch?",
          "qui cibler pour le lancement du lin ?", _consents),
    Truth("campaigns", "answer", "which subject lines are opened more?",
          "quels objets d’e-mail sont les plus ouverts ?",
          lambda f: abs(number(f, "campaigns.opens--names-a-product.open-rate")
                        - number(f, "campaigns.opens--names-a-product.open-rate-otherwise")
                        - 100 * PLANTED["campaigns"]["concrete"]) <= 2
          and f["campaigns.opens--names-a-product.status"].value == "confirmed"),
    Truth("experiments", "experiment", "how did the photos test do?",
          "qu'a donné le test des photos ?", _won),
    Truth("experiments", "experiment", "how did the basket test do?",
          "lis le test panier court", _broken),
    Truth("ads", "blockers", *BLOCKS, _stuck),
    Truth("ads", "answer", "which keyword works best?", "quel mot-clé marche le mieux ?",
          lambda f: f["campaigns.best.return"].about == PLANTED["ads"]["best"]
          and number(f, "campaigns.best.return") > 6),
    Truth("noise", "digest", "what moved this week?", "le point de la semaine",
          lambda f: number(f, "trends.tested.series") > 0),
)  # fmt: skip
NOISE = (  # what nothing is behind, as the facts would call it
    *("packaging", "colour", "by card", "wallet", "three parts", "weekday", "language"),
    *("emballage", "couleur", "placement", "haut de page", "source", "first order"),
)
PRODUCTS = {"price_trap": "vai-onde", "reductions": "lin-basile"}
ROWS = pytest.mark.parametrize("truth", TRUTHS, ids=[f"{t.key}-{t.skill}" for t in TRUTHS])


@cache
def library() -> TeamLibrary:
    """The sample shop's rows, and its products as its file says them."""
    products = read_catalogue(files() / "products.csv", as_of=TODAY).products
    return TeamLibrary(CatalogueLibrary(lambda: products), sample)


def asked(truth: Truth, language: str) -> tuple[str, dict[str, Any]]:
    chosen = {"skill": truth.skill}
    if truth.skill == "draft":  # as the form says it
        chosen = {"product": PRODUCTS[truth.key], "channel": "email"}
    words = truth.french if language == "fr" else truth.english
    return words, {"language": language, "library": library(), **chosen}


def facts_of(found: Drafted) -> Facts:
    return {fact.id: fact for fact in found.evidence.facts if fact.stated_by is None}


def confirmed(found: Drafted) -> list[str]:
    """What is called confirmed: by a fact, or in a line that people read."""
    sure = [f.about for f in found.evidence.facts
            if f.id.rpartition(".")[2] in SURE and f.value == "confirmed"]  # fmt: skip
    lines = [line for part in found.parts for line in part.text.splitlines()]
    return [*sure, *(line for line in lines if "confirm" in line and "–" not in line[-3:])]


def test_has_a_row_for_each_key() -> None:
    assert {truth.key for truth in TRUTHS} == set(PLANTED) - MAKING


@ROWS
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_is_found_without_an_ai_and_nothing_else_is_confirmed(
    truth: Truth, language: str
) -> None:
    words, more = asked(truth, language)
    found = await run(words, **more)
    assert isinstance(found, Drafted), found
    assert truth.holds(facts_of(found))
    assert [check for check in found.checks if check.level == "block"] == []
    for said in confirmed(found):
        assert not any(noise in said.casefold() for noise in NOISE), said


@ROWS
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_is_found_with_an_ai(truth: Truth, language: str) -> None:
    """One that takes the words put together by rules as they are."""
    if truth.skill == "draft":
        pytest.skip("an AI writes a draft itself: tests/test_draft.py")
    words, more = asked(truth, language)
    found, wrong = await rewritten(words, {}, **more)
    assert wrong == []
    assert truth.holds(facts_of(found))


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_as_a_trap_is_not_walked_into(language: str) -> None:
    """The price struck through was never asked for thirty days: no text shows it as the old one."""
    trap = next(truth for truth in TRUTHS if truth.key == "price_trap")
    words, more = asked(trap, language)
    found = await run(words, **more)
    assert isinstance(found, Drafted)
    struck = str(PLANTED["price_trap"]["raised"])
    assert not any(struck in part.text for part in found.parts)
