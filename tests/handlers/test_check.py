"""The skill check: people's own texts against the data, the brand and the law."""

from typing import Any

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.agent.text_check import find_own_text, split_text
from bot.core.channels import load_channels
from bot.core.request import Question
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, list_judged, says, verdict
from tests.support.channel_outputs import Sms
from tests.support.skill_runner import AI, run

TEXT = "Notre chemise à 39,99 €, garantie 5 ans et écoresponsable."


def points(found: DraftResult) -> list[str]:
    return [part.text for part in found.parts if part.key.startswith("points.")]


async def check(words: str, **more: Any) -> DraftResult:
    found = await run(words, skill="check", **more)
    assert isinstance(found, DraftResult)
    return found


async def test_each_fault_has_one_line_and_blocks_nothing() -> None:
    found = await check(TEXT)
    told = [part for part in found.parts[1:] if part.key != "read_as"]
    lines = [line for part in told for line in part.text.splitlines()]
    for words in ("39,99 €", "garantie", "écoresponsable"):
        assert len([line for line in lines if f"« {words} »" in line or words in line]) == 1
    levels = [line.partition("\u00a0:")[0] for line in lines]
    order = ["À corriger", "À vérifier", "À savoir"]
    assert levels == sorted(levels, key=order.index)  # the worst first, in the text's language
    assert not [one for one in found.checks if one.level in ("block", "warn")]
    assert "3" in found.parts[0].text  # what is to be corrected is counted
    (reading,) = [part.text for part in found.parts if part.key == "read_as"]
    assert "Notre chemise à 39,99 €" in reading  # a command shows nobody what was typed


async def test_own_text_can_be_used_as_a_draft() -> None:
    found = await check(TEXT)
    (use,) = found.leads
    assert use.skill == "draft"
    assert use.form["own_text"] == TEXT


async def test_empty_request_asks_for_the_text() -> None:
    found = await run("ok pour envoi ?", skill="check")
    assert isinstance(found, Question | DraftResult)


async def test_model_adds_strengths_risks_and_one_rewrite() -> None:
    review = {
        "strengths": ["Court et clair."],
        "risks": ["Rien ne dit la taille."],
        "rewrite": "Notre chemise, pour les jours chauds.",
    }

    def judge(body: dict[str, Any]) -> dict[str, Any]:
        ids = list_judged(body)
        return {"verdicts": [verdict(id, "not_supported", "chemise", "aucun fait") for id in ids]}

    async with ScriptedClaude(says(review), judge=judge) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await check(TEXT, writer=writer)
        await writer.close()
    texts = "\n".join(part.text for part in found.parts)
    assert "Court et clair." in texts
    assert "Rien ne dit la taille." in texts
    assert "Notre chemise, pour les jours chauds." in texts
    assert [lead.label.to("en") for lead in found.leads] == ["Use my text", "Use the rewrite"]
    assert any("aucun fait" in line for line in points(found))


async def test_rewrite_that_is_wrong_twice_is_left_out() -> None:
    review = {"strengths": [], "risks": [], "rewrite": "Notre chemise à 12 €."}
    async with ScriptedClaude(says(review), says(review)) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await check(TEXT, writer=writer)
        await writer.close()
        assert len(claude.letters) == 2
    assert "12 €" not in "\n".join(part.text for part in found.parts)


def test_text_to_check_stands_behind_the_question() -> None:
    assert find_own_text("OK to send? Linen is back.") == "Linen is back."
    assert find_own_text("Can this go out:\nLinen is back.\nSee it.") == "Linen is back.\nSee it."
    assert find_own_text("Linen is back. Why wait?") == "Linen is back. Why wait?"


def test_text_is_split_into_the_parts_of_its_channel() -> None:
    text = "Objet : Elle est là\n\nLa chemise est de retour.\n\nVoir la chemise"
    parts = {part.key: part.text for part in split_text(text, load_channels()["email"])}
    assert parts == {
        "subject": "Elle est là",
        "preheader": "",
        "body": "La chemise est de retour.",
        "call_to_action": "Voir la chemise",
    }
    (sms,) = split_text("LIN : de retour. STOP", load_channels()["sms"])
    assert (sms.key, sms.text) == ("text", "LIN : de retour. STOP")
    assert set(Sms.model_fields) >= {sms.key}
