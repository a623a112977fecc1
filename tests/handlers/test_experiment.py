"""The experiment skill without an AI: reading and planning tests."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.audience_rule import AudienceRule
from bot.core.parts import Table
from bot.data.warehouse.warehouse import Warehouse
from tests.support.paths import DATA
from tests.support.sample_tables import sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

PHOTOS, BASKET = "experiments.photos-portees--purchase", "experiments.panier-court--purchase"


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, skill="experiment", **more)
    assert isinstance(found, DraftResult)
    return found


def text_of(found: DraftResult, key: str) -> str:
    """The text of the parts with this key, with plain spaces."""
    text = "\n".join(part.text for part in found.parts if part.key.split(".")[0] == key)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def cited(found: DraftResult, key: str) -> set[str]:
    return {fact for part in found.parts if part.key.split(".")[0] == key for fact in part.facts}


def table(found: DraftResult) -> Table:
    (body,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    return body


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("how did the photos test do?", f"{PHOTOS}--b.rate"),
        ("qu'a donné le test des photos ?", f"{PHOTOS}--b.rate"),
        ("how did the basket test do?", f"{BASKET}.title"),
        ("lis le test panier court", f"{BASKET}.title"),
        ("plan a test of free delivery on the basket page", "plan.basket.base"),
        ("prépare un test de livraison offerte sur la page panier", "plan.basket.base"),
        ("what sample size do we need at the checkout?", "plan.checkout.base"),
        ("quelle taille d'échantillon pour un test de la fiche produit ?", "plan.product.base"),
        ("teste la livraison gratuite à partir de 50 €", "plan.basket.base"),
        ("test free delivery from €50", "plan.basket.base"),
        ("can we test a red button on the product page?", "plan.product.base"),
    ],
)
@pytest.mark.sample(4)
async def test_test_is_read_or_planned_as_the_words_ask(words: str, fact: str) -> None:
    found = await made(words)
    assert found.parts[0].key == "headline"
    assert fact in {fact.id for fact in found.evidence.facts}
    assert cited(found, "headline")
    assert not [check for check in found.checks if check.level != "pass"]


async def test_winner_has_its_difference_with_range_and_worth() -> None:
    found = await made("how did the photos test do?")
    assert {f"{PHOTOS}--a.rate", f"{PHOTOS}--b.rate"} <= cited(found, "headline")
    facts = {f"{PHOTOS}--b.{name}" for name in ("effect", "effect-low", "effect-high", "worth")}
    assert facts <= cited(found, "points")
    assert "0.66 and 1.74 points" in text_of(found, "points")
    assert [lead.skill for lead in found.leads] == ["experiment", "draft"]


@pytest.mark.parametrize(
    "words", ["how did the basket test do?", "which variant won the basket test? show its rates"]
)
async def test_broken_test_shows_its_figures_on_request_and_no_result(words: str) -> None:
    found = await made(words)
    assert {f"{BASKET}--b.users", f"{BASKET}--b.meant"} <= cited(found, "points")
    assert "can't be read" in text_of(found, "headline")
    assert "%" not in text_of(found, "headline") + text_of(found, "points")
    assert text_of(found, "table").count("%") == 2
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert "%" not in picture.text
    assert [lead.skill for lead in found.leads] == ["experiment"]


async def test_all_tests_are_read_when_none_is_named() -> None:
    found = await made("read our tests")
    assert f"{PHOTOS}.title" in cited(found, "headline")
    assert f"{BASKET}.title" in cited(found, "points")
    assert len(table(found).rows) == 4
    assert not any(f"{BASKET}--{arm}.rate" in cited(found, "table") for arm in "ab")
    counts = {f"experiments.all.{end}" for end in ("won", "lost", "broken", "undecided")}
    assert counts <= cited(found, "points")


async def test_missing_file_is_named() -> None:
    found = await made("how did the photos test do?", shelf=small())
    assert [part.key for part in found.parts] == ["answer"]
    assert "variants and results" in collect_text(found)


async def test_uncertain_result_is_no_win() -> None:
    rows = [
        {"experiment": "sofa", "variant": name, "metric": "visit", "users": 5000, "successes": n}
        for name, n in (("A", 500), ("B", 512))
    ]
    found = await made("how did the sofa test do?", shelf=small(experiments=rows))
    statuses = {fact.value for fact in found.evidence.facts if fact.label == "verdict"}
    assert "won" not in statuses
    ends = {"experiments.sofa--visit--b.effect-low", "experiments.sofa--visit--b.effect-high"}
    assert ends <= cited(found, "points")
    assert [lead.skill for lead in found.leads] == ["experiment"]


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
async def test_hillstrom_data_gives_the_published_result() -> None:
    from tests.data.analyses.test_experiments import _hillstrom

    found = await made("read the e-mail test", shelf=small(experiments=_hillstrom()))
    assert "18.28%" in text_of(found, "table")
    assert "10.62%" in text_of(found, "table")
    assert "7\t8.32" in text_of(found, "table")


def of(**arms: int) -> Any:
    """A warehouse with one test. Each variant has 9,000 people, of whom the given number bought."""
    rows = [
        {
            "experiment": "buttons",
            "metric": "purchase",
            "variant": name,
            "users": 9000,
            "successes": bought,
        }
        for name, bought in arms.items()
    ]
    return small(experiments=rows)


async def test_two_winners_that_can_not_be_told_apart_are_both_named() -> None:
    tie = await made("read the buttons test", shelf=of(control=360, red=504, blue=513))
    clear = await made("read the buttons test", shelf=of(control=360, red=504, blue=700))
    assert " red" in text_of(tie, "points")
    assert " red" not in text_of(clear, "points")


async def test_single_variant_cannot_be_read() -> None:
    alone = await made("read the buttons test", shelf=of(red=504))
    assert [one.key for one in alone.parts] == ["answer"]
    assert "one variant only" in text_of(alone, "answer")


async def test_test_in_which_nothing_was_counted_has_no_difference() -> None:
    nobody = await made("lis le test buttons", shelf=of(A=0, B=0))
    assert not [id for id in cited(nobody, "points") if ".effect" in id]


def daily(days: int, rates: dict[str, int]) -> list[dict[str, Any]]:
    """A test with 1,000 people for each day and variant, of whom the given number convert."""
    return [
        {
            "experiment": "button",
            "variant": name,
            "metric": "conversion",
            "users": 1000,
            "successes": many,
            "at": datetime(2026, 11, 1 + day, 12),
        }
        for day in range(days)
        for name, many in rates.items()
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_next_step_after_a_win_depends_on_how_long_the_test_ran(language: str) -> None:
    words = "lis le test button" if language == "fr" else "how did the button test do?"
    cases = (
        (5, {"Blue": 50, "Red": 50, "Green": 90}),
        (14, {"A": 50, "B": 57}),
        (14, {"A": 50, "B": 90}),
    )
    steps = []
    for days, rates in cases:
        found = await made(words, language=language, shelf=small(experiments=daily(days, rates)))
        steps.append(text_of(found, "points").splitlines()[-1])
    assert len(set(steps)) == 3


async def test_guessed_control_is_named() -> None:
    rows = daily(14, {"Green": 90, "Blue": 50})
    found = await made("how did the button test do?", shelf=small(experiments=rows))
    assert "control-guessed" in str(cited(found, "how_to_read"))
    rows = daily(14, {"Green": 90, "control": 50})
    named = await made("how did the button test do?", shelf=small(experiments=rows))
    assert "control-guessed" not in str(cited(named, "how_to_read"))


# Planning.


async def test_plan_proposes_the_smallest_lift_that_can_be_shown_in_eight_weeks() -> None:
    found = await made("plan a test of free delivery on the basket page")
    assert "plan.basket-lift-20.people" in cited(found, "headline")
    assert [row[0] for row in table(found).rows] == ["+5%", "+10%", "+20%"]
    assert "plan.basket-weeks-4.smallest-lift" in cited(found, "points")
    assert [lead.skill for lead in found.leads] == ["draft"]


async def test_recently_broken_funnel_is_to_be_mended_first() -> None:
    phones = "funnel.device-mobile-checkout-to-purchase.rate"
    basket = await made("plan a test of free delivery on the basket page")
    assert phones in cited(basket, "points")
    letter = await made("plan a test of the subject line")
    assert phones not in cited(letter, "points")
    assert "plan.subject.base" in cited(letter, "points")


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("plan a test of free delivery on lapsed customers", "en"),
        ("prépare un test de la livraison offerte auprès des clients perdus", "fr"),
    ],
)
async def test_plan_counts_the_segment_that_is_named(words: str, language: str) -> None:
    found = await made(words, language=language)
    facts = {fact.id: fact for fact in found.evidence.facts}
    assert facts["plan.audience.size"].value == 940
    assert "plan.audience.size" in cited(found, "headline")
    assert "plan.audience.base" in cited(found, "points")


async def test_plan_says_that_people_who_can_not_be_counted_are_not() -> None:
    words = "plan a test of free delivery on the basket page"
    found = await made(words, audience="night shoppers")
    assert "night shoppers" in text_of(found, "points")
    assert "plan.basket.base" in cited(found, "headline")


async def test_subject_line_test_is_planned_by_opens() -> None:
    found = await made("plan a test of the subject line for lapsed customers")
    facts = {fact.id: fact for fact in found.evidence.of("plan")}
    assert facts["plan.subject.base"].source.file.startswith("campaigns.csv")
    assert 30 < float(facts["plan.subject.base"].value) < 40


def orders_alone() -> Warehouse:
    """The sample shop without campaigns and visits."""
    whole = sample()
    listed = {kind: one for kind, one in whole.listed.items() if kind in ("orders", "consents")}
    return replace(whole, listed=listed)


@pytest.mark.parametrize("place", ["subject line", "product page"])
async def test_plan_without_the_decisive_file_uses_orders_and_says_so(place: str) -> None:
    words = f"plan a test of the {place} for lapsed customers"
    found = await made(words, shelf=orders_alone())
    assert "plan.audience.base" in {fact.id for fact in found.evidence.of("plan")}
    assert [id for id in cited(found, "how_to_read") if id.startswith("plan.cannot.")]


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ("plan a test of the product page", "an events file"),
        ("plan a test of the subject line", "how many were delivered and opened"),
        ("plan a test of the newsletter", "how many were delivered and clicked"),
    ],
)
async def test_plan_without_files_names_the_file_needed(words: str, file: str) -> None:
    found = await made(words, shelf=small())
    assert [part.key for part in found.parts] == ["answer"]
    assert file in found.parts[0].text


async def test_audience_of_a_button_is_planned_for_those_who_agreed() -> None:
    rule = AudienceRule(bought_categories=("Bain",), bought_within=90)
    words = "Plan a test: an e-mail to Buyers of Bain"
    found = await made(words, rule=rule.stored, audience="Buyers of Bain")
    facts = {fact.id: fact for fact in found.evidence.facts}
    size, fits = (float(facts[f"plan.audience.{name}"].value) for name in ("size", "fits"))
    assert size < fits
    (letter,) = found.leads
    assert letter.words == "E-mail to be tested, to: Buyers of Bain"
    known = {"channel": "email", "audience": "Buyers of Bain", "rule": rule.stored}
    assert letter.form == known
