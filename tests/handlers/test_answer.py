"""Answers to questions about the data."""

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.offline.routing import detect_typed_language, find_message_kind, find_skill
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small


async def answer(words: str, language: str = "en") -> DraftResult:
    found = await run(words, language=language, skill="answer")
    assert isinstance(found, DraftResult)
    return found


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("what is our return on ad spend?", "Return on ad spend: 4.7 (€4,684.88 spent"),
        ("how many loyal customers do we have?", "Loyal: 329 customers"),
        ("how many customers do we have?", "4,960 customers"),
        ("how many orders did we get last week?", "250 orders"),
        ("what share of customers buy again?", "36%"),
        ("how many parcels are late in 33?", "38%"),
        ("what is our open rate?", "34%"),
        ("what's the checkout rate on mobile?", "38%"),
        ("which segment brings the most revenue?", "Champions bring 34% of sales"),
        ("which keyword works best?", "Chemise lin femme"),
        ("what is the average rating?", "4.19"),
        (
            "what is our best product?",
            "Housse de couette Brume en lin lavé sold best from 27 August",
        ),
        ("what was the turnover in October?", "from 1 October 2026 to 31 October 2026 ("),
        ("what sells best?", "Housse de couette Brume en lin lavé sold best from 27 August"),
        ("what are our best sellers in october?", "from 1 October 2026 to 31 October 2026"),
        ("which category sells best?", "Linge de lit sold best"),
        ("what's our average order?", "An order is €117.72 on average (2,663 orders"),
    ],
)
@pytest.mark.sample(3)
async def test_answer_has_the_figure_and_its_source(words: str, says: str) -> None:
    found = await answer(words)
    assert found.parts[0].title == "Answer"
    assert says in found.parts[0].text.replace("\u00a0", " ")
    assert ".csv" in found.parts[-1].text
    assert blocked(found) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "quel est notre meilleur produit ?",
            "Housse de couette Brume en lin lavé\u00a0: meilleure",
        ),
        ("quel est le chiffre d'affaires d'octobre ?", "du 1er octobre 2026 au 31 octobre 2026"),
        ("quel est le chifre d'affaire d'octobre ?", "du 1er octobre 2026 au 31 octobre 2026"),
        ("combien de clients fidèles avons-nous ?", "329\u00a0clients"),
        ("quel est notre taux de retour ?", "6,2\u00a0%"),
        ("quel mot-clé marche le mieux ?", "Chemise lin femme"),
        (
            "qu'est-ce qui se vend le mieux ?",
            "Housse de couette Brume en lin lavé\u00a0: meilleure",
        ),
        ("quelle est notre meilleure vente ?", "Viennent ensuite Col roulé Maud"),
        ("panier moyen", "Une commande vaut 117,72\u00a0€ en moyenne"),
        ("quel est le panier moyen des fidèles ?", "Fidèles\u00a0: une commande"),
        ("combien de colis sont en retard dans le 33 ?", "38\u00a0%"),
    ],
)
async def test_french_question_is_answered_in_french(words: str, says: str) -> None:
    found = await answer(words, "fr")
    assert says in found.parts[0].text
    assert blocked(found) == []
    assert not [check for check in found.checks if check.rule == "language"]


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("how many customers do we have in Toulouse?", "toulouse"),
        ("what is our return on ad spend on TikTok?", "tiktok"),
        ("how many loyal customers own a dog?", "dog"),
        ("what was the return rate of hats?", "hats"),
    ],
)
async def test_question_with_an_unknown_word_is_declined(words: str, unknown: str) -> None:
    found = await answer(words)
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert unknown in found.parts[0].text.lower()
    text = found.parts[0].text.lower()
    assert "called so" in text


async def test_only_the_people_asked_about_are_counted() -> None:
    found = await answer("how many purple customers do we have?")
    assert "“purple”" in found.parts[0].text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("who will win the election?", "I don't guess"),
        ("what is our profit margin?", "a file with what each product costs you"),
        ("what's our NPS?", "a feedback file with the scores"),
    ],
)
async def test_no_guess_without_a_figure(words: str, says: str) -> None:
    found = await answer(words)
    assert says in found.parts[0].text
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert found.evidence.facts == ()


async def test_other_days_are_not_answered() -> None:
    found = await answer("how many people unsubscribed in March?")
    assert "I can't tell it for the days" in found.parts[0].text
    assert "What I do know" in found.parts[0].text
    found = await answer("how many orders did we get in March?")
    assert "from 1 March 2026 to 31 March 2026" in found.parts[0].text


@pytest.mark.parametrize(
    ("words", "language", "says"),
    [
        ("how many loyal customers do we have?", "en", "Loyal: 3 orders or more"),
        ("combien de clients fidèles avons-nous ?", "fr", "Fidèles : 3 commandes ou plus"),
    ],
)
async def test_definition_of_the_group_is_stated(words: str, language: str, says: str) -> None:
    found = await answer(words, language)
    assert says in found.parts[-1].text.replace("\u00a0", " ")
    assert blocked(found) == []


async def test_why_question_names_no_cause() -> None:
    found = await answer("why is our open rate falling?")
    assert found.parts[0].text.endswith("these figures don't say.")


async def test_answer_without_files_names_the_file_needed() -> None:
    found = await run("what is our return on ad spend?", shelf=small(), skill="answer")
    assert "import what your e-mail tool or your retailers export" in collect_text(found)


@pytest.mark.parametrize(
    "words",
    [
        "how many customers do we have in Toulouse?",
        "what is our return on ad spend?",
        "how much did we spend on ads?",
        "combien de clients fidèles avons-nous ?",
        "which keyword works best?",
        "quel est le panier moyen ?",
        "panier moyen",
        "our best sellers this month",
        "is there any stock left of the Alba shirt?",
        "Revenue year on year",
        "chiffre d'affaires sur un an",
        "Qu'a donné le Black Friday l'an dernier ?",
        "Black Friday: how did we do?",
        "Who buys more, Germany or France?",
        "conversion rate by device",
        "trafic par source",
        "revenue per customer",
    ],
)
def test_answer_takes_questions_of_no_other_skill(words: str) -> None:
    assert find_skill(words, load_skills()).skill == "answer"


@pytest.mark.parametrize(
    "words",
    [
        "can you write an e-mail about the linen shirt?",
        "could we have an SMS for the sale on Friday?",
        "peux-tu rédiger un e-mail pour les soldes ?",
        "e-mail: our linen shirt is back",
        "our best sellers newsletter for Friday",
        "what can you do?",
        "que sais-tu faire ?",
        "hello?",
    ],
)
def test_request_for_copy_is_not_answered(words: str) -> None:
    is_greeting = find_message_kind(words) == "greeting"
    assert is_greeting or find_skill(words, load_skills()).skill != "answer"


@pytest.mark.parametrize(
    ("words", "language", "says"),
    [
        ("whats our best seler", "en", "sold best"),
        ("combien de clients fidels avons nous", "fr", "Fidèles"),
        ("is it true that 40% of our customers come back?", "en", "order again within 90 days"),
        ("combien dépensent nos clients ?", "fr", "en moyenne"),
        ("how much do customers spend?", "en", "on average"),
        ("what do we spend on ads?", "en", "went into advertising"),
    ],
)
async def test_misspelt_question_is_answered(words: str, language: str, says: str) -> None:
    """Misspelt questions, questions that assume a figure, and customers' spending."""
    found = await run(words, skill="answer", language=language)
    assert isinstance(found, DraftResult)
    assert says in found.parts[0].text
    assert not [check for check in found.checks if check.level == "block"]


async def test_unknown_name_is_quoted_as_typed() -> None:
    found = await run("combien de retours pour la Robe Éclipse ?", language="fr")
    said = collect_text(found)
    assert "« Robe Éclipse »".replace(" ", "\u00a0") in said.replace(" ", "\u00a0")
    assert "block:" not in said


def test_winning_variant_is_left_to_the_experiment_skill() -> None:
    assert find_skill("lequel a gagné, A ou B ?", load_skills()).skill == "experiment"
    assert detect_typed_language("lequel a gagné, A ou B ?") == "fr"
