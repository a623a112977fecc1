"""The experiment skill: reading and planning tests."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.audience_rule import AudienceRule
from bot.data.warehouse.warehouse import Warehouse
from bot.offline.routing import find_skill
from bot.text.normalize import normalize_text
from handlers.experiment import PLAN_PATTERN
from tests.support.paths import DATA
from tests.support.sample_tables import sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

PHOTOS = "how did the photos test do?"


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


def part(found: DraftResult, key: str) -> str:
    """The text of the part with plain spaces."""
    text = next(part.text for part in found.parts if part.key == key)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (PHOTOS, "B won with 5.4% against 4.2% for A"),
        ("qu'a donné le test des photos ?", "B gagne avec 5,4"),
        ("how did the basket test do?", "this test is broken"),
        ("lis le test panier court", "ce test est faussé"),
        ("plan a test of free delivery on the basket page", "(20% more)"),
        ("prépare un test de livraison offerte sur la page panier", "1 178 personnes"),
        ("sample size from 4% to 5%", "6,745 people in each variant"),
        ("quelle taille d'échantillon pour passer de 4 % à 5 % ?", "6 745 personnes"),
    ],
)
@pytest.mark.sample(2)
async def test_headline_comes_first_with_proven_figures(words: str, says: str) -> None:
    found = await made(words)
    assert says in part(found, "finding")
    assert blocked(found) == []


async def test_effect_has_its_range_and_method() -> None:
    found = await made(PHOTOS)
    assert "most likely between 0.66 and 1.74 points" in part(found, "finding")
    assert "even for a team that looked at it every day" in part(found, "summary")
    assert "0.17% of tests that are looked at every day" in part(found, "how_to_read")


async def test_chance_is_explained_in_plain_words() -> None:
    read = part(await made(PHOTOS), "how_to_read")
    assert "How people were split is nothing odd: chance alone splits them at least" in read
    assert "0.01%" not in read
    broken = part(await made("how did the basket test do?"), "how_to_read")
    assert "an uneven split in under 0.1% of tests." in broken
    lu = part(await made("lis le test panier court"), "how_to_read")
    assert "aussi inégale que dans moins de 0,1 % des tests." in lu


async def test_broken_test_shows_no_rate() -> None:
    found = await made("how did the basket test do?")
    assert "B got 9,590 people where 10,000 were meant" in part(found, "finding")
    assert "%" not in part(found, "finding") + part(found, "summary") + part(found, "table")
    assert [lead.label.text for lead in found.leads] == ["Plan a follow-up test"]


async def test_all_tests_are_read_when_none_is_named() -> None:
    found = await made("read our tests")
    assert "B won" in part(found, "finding")
    assert "is broken" in part(found, "summary")
    assert len(part(found, "what_to_do").splitlines()) == 2


async def test_missing_file_is_named() -> None:
    found = await made(PHOTOS, shelf=small())
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "variants and results" in collect_text(found)
    plan = await made("plan a test of the subject line", shelf=small())
    assert "import campaign results that say how many were delivered and opened" in collect_text(
        plan
    )


async def test_uncertain_result_is_no_win() -> None:
    rows = [
        {"experiment": "sofa", "variant": name, "metric": "visit", "users": 5000, "successes": n}
        for name, n in (("A", 500), ("B", 512))
    ]
    found = await made("how did the sofa test do?", shelf=small(experiments=rows))
    assert "no difference seen" in part(found, "finding")
    assert "still possible" in part(found, "finding")
    assert blocked(found) == []
    assert "Draft the winner's text" not in [lead.label.text for lead in found.leads]


async def test_too_few_people_are_stated() -> None:
    words = "plan a test with a base rate of 2 %, a lift of 5 % and 500 visitors a week"
    found = await made(words)
    assert part(found, "finding").startswith("Too few people come for this test")
    assert blocked(found) == []


async def test_recently_broken_funnel_warns() -> None:
    basket = await made("plan a test of free delivery on the basket page")
    assert "since 11 November 2026 only 38% of the visits on phones" in part(basket, "summary")
    letter = await made("plan a test of the subject line")
    assert "moving ground" not in part(letter, "summary")
    assert "34.9% of the e-mails delivered are opened" in part(letter, "summary")


@pytest.mark.parametrize(
    ("words", "what", "whom"),
    [
        (
            "plan a test of free delivery on lapsed customers",
            "What is tested: free delivery, in the cart.",
            "On whom: lapsed customers, 940 today. It starts from: of the 880 who were in this"
            " group 28 days before, 3.98% have ordered since.",
        ),
        (
            "prépare un test de la livraison offerte auprès des clients inactifs",
            "Ce qui est testé : livraison offerte, dans le panier.",
            "Auprès de qui : clients inactifs, 940 aujourd'hui. On part de là : sur les 880 clients"
            " qui étaient dans ce groupe 28 jours plus tôt, 3,98 % ont commandé depuis.",
        ),
    ],
)
async def test_plan_uses_the_people_named(words: str, what: str, whom: str) -> None:
    found = await made(words)
    assert what in part(found, "summary")
    assert whom in part(found, "summary")
    assert "940" in part(found, "finding")
    assert blocked(found) == []


async def test_plan_states_its_basis_when_people_cannot_be_counted() -> None:
    unknown = await made("plan a test of free delivery for night shoppers")
    assert "On whom: night shoppers. I know no group called so" in part(unknown, "summary")
    assert "all visits with something in the cart" in part(unknown, "summary")
    words = "plan a test of free delivery on lapsed customers, from 4% to 5%, 2,000 visitors a week"
    uncounted = await made(words, shelf=small())
    assert "I can't count them in your data" in part(uncounted, "summary")
    assert blocked(unknown) == blocked(uncounted) == []


async def test_plan_from_words_needs_no_file() -> None:
    found = await made("sample size from 4% to 5%, 2,000 visitors a week", shelf=small())
    assert "6,745 people in each variant: about 7 weeks" in part(found, "finding")
    assert "no file was held against it" in part(found, "how_to_read")
    assert blocked(found) == []


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
async def test_hillstrom_data_gives_the_published_result() -> None:
    from tests.data.analyses.test_experiments import _hillstrom

    found = await made("read the e-mail test", shelf=small(experiments=_hillstrom()))
    assert "18.28% for Mens E-Mail, 10.62% for No E-Mail (won)" in collect_text(found)
    assert collect_text(found).count("Test “hillstrom”") == 1
    assert "7.00 to 8.32 points" in part(found, "table")
    assert "Several results of one test were looked at" in part(found, "how_to_read")
    assert blocked(found) == []


def orders_alone() -> Warehouse:
    """The sample shop without campaigns and visits."""
    whole = sample()
    listed = {kind: one for kind, one in whole.listed.items() if kind in ("orders", "consents")}
    return replace(whole, listed=listed)


SUBJECT = {
    ("plan a test of the subject line for linen buyers", "en"): (
        "of all e-mails delivered are opened",
        "what counts is whether the e-mail is opened",
        "Split the addresses in two",
        "Keep an eye on the orders: of such customers",
    ),
    ("prévois un test d'objet pour les acheteurs de lin", "fr"): (
        "de tous les e-mails remis sont ouverts",
        "que l'e-mail soit ouvert",
        "Répartissez les adresses",
        "Surveillez aussi les commandes",
    ),
}


@pytest.mark.parametrize("asked", SUBJECT)
async def test_subject_line_test_is_planned_by_opens(
    asked: tuple[str, str],
) -> None:
    found = await made(asked[0], language=asked[1])
    text = "\n".join(one.text for one in found.parts).replace("’", "'")
    assert [one for one in SUBJECT[asked] if one not in text] == []
    facts = {fact.id: fact for fact in found.evidence.of("plan")}
    assert facts["plan.subject.base"].source.file.startswith("campaigns.csv")
    assert facts["plan.subject.guard"].source.file.startswith("orders.csv")
    assert 30 < float(facts["plan.subject.base"].value) < 40
    assert float(facts["plan.subject.guard"].value) < 20
    assert [check for check in found.checks if check.level == "block"] == []


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        (
            "plan a test of the subject line for linen buyers",
            "en",
            "A subject line is read by who opens the e-mail, and no file says it: import campaign",
        ),
        (
            "prévois un test d'objet pour les acheteurs de lin",
            "fr",
            "Un objet se juge aux ouvertures, et aucun fichier ne les donne",
        ),
        (
            "plan a test of the product page for linen buyers",
            "en",
            "Such a test is read by visits, and there is no file of visits",
        ),
    ],
)
async def test_plan_without_the_decisive_file_uses_orders(
    words: str, language: str, said: str
) -> None:
    found = await made(words, language=language, shelf=orders_alone())
    text = "\n".join(one.text for one in found.parts)
    assert said in text
    assert "plan.audience.base" in {fact.id for fact in found.evidence.of("plan")}
    assert "the other does not" not in text or "product" in words


async def test_page_test_counts_visits() -> None:
    found = await made("plan a test of the product page for linen buyers")
    assert "Visits don't say who they are" in part(found, "summary")
    assert "plan.product.weekly" in {fact.id for fact in found.evidence.of("plan")}


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
    assert file in found.parts[0].text


@pytest.mark.parametrize(
    ("words", "tested"),
    [
        ("teste la livraison gratuite à partir de 50 €", "livraison gratuite à partir de 50 €"),
        ("peux-tu tester un bouton rouge sur la fiche produit ?", "un bouton rouge"),
        ("Testons deux objets pour la newsletter", "deux objets"),
        ("test free delivery from €50", "free delivery from €50"),
        ("can we test a red button on the product page?", "a red button"),
    ],
)
@pytest.mark.sample(3)
async def test_request_with_a_verb_is_planned(words: str, tested: str) -> None:
    assert find_skill(words, load_skills()).skill == "experiment"
    found = await made(words)
    assert f": {tested}" in part(found, "summary")
    leads = [(lead.skill, lead.words) for lead in found.leads]
    assert [skill for skill, _ in leads] == ["draft"]
    assert tested in leads[0][1] or "newsletter" in words


@pytest.mark.parametrize(
    "words", ["how did the photos test do?", "que donne le test des photos ?", "test results"]
)
def test_finished_test_is_read(words: str) -> None:
    assert PLAN_PATTERN.search(normalize_text(words)) is None


async def test_audience_test_writes_to_people_who_consented() -> None:
    rule = AudienceRule(bought_categories=("Bain",), bought_within=90)
    words = "Plan a test: an e-mail to Buyers of Bain"
    found = await made(words, rule=rule.stored, audience="Buyers of Bain")
    assert "What is tested: an e-mail." in part(found, "summary")
    assert "may be written to" in part(found, "summary")
    assert "Buyers of Bain: bought “Bain” in the last 90 days." in part(found, "how_to_read")
    (letter,) = found.leads
    assert letter.words == "E-mail to be tested, to: Buyers of Bain"
    assert letter.form == {"audience": "Buyers of Bain", "rule": rule.stored}
    assert blocked(found) == []


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


async def test_several_winners_are_compared() -> None:
    tie = await made("read the buttons test", shelf=of(control=360, red=504, blue=513))
    assert "Whether blue beats red is open" in part(tie, "summary")
    assert part(tie, "what_to_do").startswith("Use blue or red, whichever is easier")
    clear = await made("read the buttons test", shelf=of(control=360, red=504, blue=700))
    assert "blue also beats red: by 2.18 points" in part(clear, "summary")
    assert part(clear, "what_to_do").startswith("Use blue for everybody")
    assert blocked(tie) == blocked(clear) == []


async def test_single_variant_cannot_be_read() -> None:
    alone = await made("read the buttons test", shelf=of(red=504))
    assert [one.key for one in alone.parts] == ["answer"]
    assert "one variant only" in part(alone, "answer")


async def test_test_without_conversions_is_checked_first() -> None:
    nobody = await made("lis le test buttons", shelf=of(A=0, B=0))
    assert "aucune n'a fait ce qui est compté (achat)" in part(nobody, "finding")
    assert "vérifiez d'abord" in part(nobody, "what_to_do").lower()


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


@pytest.mark.parametrize(
    ("days", "rates", "language", "said"),
    [
        (5, {"Blue": 50, "Red": 50, "Green": 90}, "en", "Let it run for whole weeks before you"),
        (5, {"Blue": 50, "Red": 50, "Green": 90}, "fr", "Laissez-le courir des semaines entières"),
        (14, {"A": 50, "B": 57}, "en", "if it was ended on a good day, run it again"),
        (14, {"A": 50, "B": 57}, "fr", "s'il a été arrêté un jour favorable"),
        (14, {"A": 50, "B": 90}, "en", "Use B for everybody"),
    ],
)
async def test_won_test_is_acted_on_as_far_as_it_ran(
    days: int, rates: dict[str, int], language: str, said: str
) -> None:
    words = "lis le test button" if language == "fr" else "how did the button test do?"
    found = await made(words, language=language, shelf=small(experiments=daily(days, rates)))
    assert said in part(found, "what_to_do").replace("’", "'")
    assert blocked(found) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "No variant is called the control: Blue, the first by name, is taken for it."),
        ("fr", "Aucune variante ne s'appelle témoin : Blue, la première par ordre alphabétique"),
    ],
)
async def test_missing_control_is_replaced_and_named(language: str, said: str) -> None:
    words = "lis le test button" if language == "fr" else "how did the button test do?"
    rows = daily(14, {"Green": 90, "Blue": 50})
    found = await made(words, language=language, shelf=small(experiments=rows))
    assert said in part(found, "how_to_read").replace("’", "'")
    rows = daily(14, {"Green": 90, "control": 50})
    named = await made(words, language=language, shelf=small(experiments=rows))
    assert said[:20] not in part(named, "how_to_read")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("plan a test of one-click payment at the checkout, on phones", "on phones alone"),
        ("planifie un test du paiement en un clic, sur téléphone", "sur téléphone seulement"),
        ("plan a test of one-click payment at the checkout", ""),
    ],
)
async def test_test_on_one_device_states_its_figures_cover_all(words: str, said: str) -> None:
    summary = part(await made(words), "summary")
    assert said in summary
    assert bool(said) == ("all devices" in summary or "tous les appareils" in summary)
