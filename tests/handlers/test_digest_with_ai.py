"""Digests and alerts with an AI: code decides what is said, and silence costs nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, list_judged, says, support_all, verdict
from tests.support.skill_runner import AI, run
from tests.support.small_tables import small

WORDS = "what moved this week?"
ALERT = "funnel.device-mobile-checkout-to-purchase"
Judge = Callable[[dict[str, Any]], dict[str, Any]]
WORDED = "Mobile checkout lost ground: {f1} now end in a payment, {f2} before."


async def digest(
    *script: Step, words: str = WORDS, judge: Judge = support_all, **more: Any
) -> tuple[DraftResult, list[Any]]:
    """The result, and what the AI was sent."""
    async with ScriptedClaude(*script, judge=judge) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run(words, writer=writer, skill="digest", **more)
        await writer.close()
    assert isinstance(found, DraftResult)
    return found, claude.letters


async def by_code(**more: Any) -> DraftResult:
    found = await run(WORDS, skill="digest", **more)
    assert isinstance(found, DraftResult)
    return found


def texts(found: DraftResult, *keys: str) -> list[str]:
    return [part.text for part in found.parts if part.key.startswith(keys)]


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_ai_words_an_alert_and_code_fills_its_figures(language: str) -> None:
    found, letters = await digest(says({"sentences": [WORDED]}), series=ALERT, language=language)
    (headline,) = texts(found, "headline")
    assert headline.startswith("Mobile checkout lost ground")
    assert "38" in headline
    assert "{" not in headline
    assert len(letters) == 1
    assert [check.level for check in found.checks] == ["pass"]


async def test_same_facts_are_kept_for_the_next_digest() -> None:
    found, _ = await digest(says({"sentences": [WORDED]}), series=ALERT)
    alone = await by_code(series=ALERT)
    assert {fact.id for fact in found.evidence.facts} == {fact.id for fact in alone.evidence.facts}


@pytest.mark.parametrize(
    "wrong",
    [
        "Mobile checkout fell by a third because of the new payment page.",
        "Mobile checkout fell to 38%, from 58%.",
        "Mobile checkout is much worse.",
        "Mobile checkout fell to {f99}.",
    ],
)
async def test_wrong_sentence_goes_back_once_and_gives_way_to_code(wrong: str) -> None:
    again = says({"sentences": [wrong]})
    found, letters = await digest(again, again, series=ALERT)
    assert len(letters) == 2
    assert texts(found, "headline") == texts(await by_code(series=ALERT), "headline")


async def test_sentence_that_the_claim_check_denies_gives_way_to_code() -> None:
    def deny(body: dict[str, Any]) -> dict[str, Any]:
        judged = list_judged(body)
        assert all("{" not in text for text in judged.values())
        return {"verdicts": [verdict(id, "not_supported", "of texts", "why") for id in judged]}

    wrong = says({"sentences": ["Mobile checkout fell to {f1} of texts, from {f2}."]})
    found, letters = await digest(wrong, wrong, judge=deny, series=ALERT)
    assert "no fact bears out “of texts”" in str(letters[1]["messages"][-1]["content"])
    assert texts(found, "headline") == texts(await by_code(series=ALERT), "headline")


async def test_sentence_with_figures_of_another_finding_gives_way_to_code() -> None:
    alone = await by_code()
    shown = texts(alone, "headline", "points.")
    findings = len(shown) - 2  # two points say what the headline has cost, and the sales
    same = says({"sentences": ["It moved to {f1}."] * findings})
    found, letters = await digest(same, same)
    assert len(letters) == 2
    pairs = zip(texts(found, "headline", "points."), shown, strict=True)
    changed = [(new, old) for new, old in pairs if new != old]
    assert len(changed) == 1  # f1 is a figure of this finding alone


async def test_wrong_number_of_sentences_gives_way_to_code() -> None:
    one = says({"sentences": []})
    found, _ = await digest(one, one)
    alone = await by_code()
    assert texts(found, "headline", "points.") == texts(alone, "headline", "points.")


async def test_no_call_is_paid_for_a_week_in_which_nothing_moved() -> None:
    from tests.handlers.test_digest import orders

    found, letters = await digest(shelf=small(orders=orders()))
    assert [part.key for part in found.parts] == ["quiet", "read_as"]
    assert letters == []


async def test_no_call_is_paid_for_an_alert_that_stays_quiet() -> None:
    found, letters = await digest(series="funnel.device-desktop-checkout-to-purchase")
    assert found.parts[0].key == "quiet"
    assert letters == []


async def test_no_call_is_paid_without_data() -> None:
    found, letters = await digest(shelf=small())
    assert [part.key for part in found.parts] == ["answer"]
    assert letters == []


async def test_subjects_that_no_finding_tells_are_named() -> None:
    told = {"sentences": [WORDED], "not_used": ["e-mail", "the moon"]}
    words = "what moved: mobile checkout, e-mail?"
    found, _ = await digest(says(told), words=words, series=ALERT)
    assert texts(found, "not_used") == ["“e-mail”"]


async def test_subject_that_the_table_beside_tells_is_not_named_as_left_out() -> None:
    told = says({"sentences": [WORDED], "not_used": ["revenue", "e-mail"]})
    asked: list[str] = []

    def judge(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(str(body["messages"]))
        verdicts = [
            verdict(id, "not_supported", text, "row Revenue") if text == "revenue" else verdict(id)
            for id, text in list_judged(body).items()
        ]
        return {"verdicts": verdicts}

    words = "what moved: mobile checkout, revenue, e-mail?"
    found, letters = await digest(told, told, words=words, judge=judge)
    told_beside = "rows: Orders; Units; Revenue"
    assert told_beside in str(letters[0]["messages"])
    assert told_beside in asked[0].partition("<<<card")[2]
    assert "the answer does tell “revenue”" in str(letters[1]["messages"][-1])
    assert texts(found, "not_used") == ["“e-mail”"]


async def test_part_that_a_digest_is_silent_about_is_named() -> None:
    def judge(body: dict[str, Any]) -> dict[str, Any]:
        part = {"asked": "e-mail", "why": "no finding on it"}
        return {**support_all(body), "unanswered": [part]}

    told = says({"sentences": [WORDED]})
    words = "what moved: mobile checkout, e-mail?"
    found, letters = await digest(told, told, words=words, judge=judge, series=ALERT)
    assert len(letters) == 2
    assert texts(found, "not_used") == ["“e-mail”"]
