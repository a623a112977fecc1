"""A skill with an output of its own and no channel, as docs/adding-a-skill.md adds one: what an AI
writes for it is checked as copy."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from bot.agent import prompts
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult, recheck_parts, run_skill
from bot.agent.skills import Skill, load_skills
from bot.config.brand import Brand
from bot.core.parts import Hook
from bot.core.report import Report
from bot.core.request import Brief, SkillRequest
from tests.conftest import NOW
from tests.docs.how_to import read_steps
from tests.fakes.claude import ScriptedClaude, list_judged, says, verdict
from tests.support.loop_tools import Facts, SmallTools, context, drop
from tests.support.shirt import BRAND, FACTS, SHIRT, TODAY

GUIDE = "docs/adding-a-skill.md"
REQUEST = SkillRequest(
    skill="faq", channel=None, brief=Brief(words="the linen shirt", author="UMARIE", language="en")
)
HONEST = "What does it cost? It is €49.90."
WRONG = {
    "What does it cost? Now 9.99 euros.": ("price", "block"),
    "Is it a bargain? 70% off, loved by 5,000 customers.": ("figure", "warn"),
    "Does it help? It relieves pain.": ("health", "warn"),
}


@pytest.fixture(autouse=True)
def guide_skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the guide's skill `faq` to this process: its handler and its prompt."""
    blocks = {name: step["block"] for name, step in read_steps(GUIDE)}
    module = ModuleType("handlers.faq")
    monkeypatch.setitem(sys.modules, "handlers.faq", module)
    exec(compile(blocks["handlers/faq.py"], GUIDE, "exec"), module.__dict__)
    monkeypatch.setitem(load_skills(), "faq", Skill("faq", "Answer what buyers ask."))
    shutil.copytree(prompts.PROMPTS_FOLDER, tmp_path / "prompts")
    (tmp_path / "prompts" / "faq.md").write_text(blocks["prompts/faq.md"], encoding="utf-8")
    monkeypatch.setattr(prompts, "PROMPTS_FOLDER", tmp_path / "prompts")


async def write(
    claude: ScriptedClaude, brand: Brand = BRAND, request: SkillRequest = REQUEST
) -> DraftResult:
    writer = AnthropicWriter(key=claude.key, base_url=claude.url, now=lambda: NOW)
    try:
        result = await run_skill(
            request,
            brand=brand,
            library=Facts(*FACTS),
            writer=writer,
            receipt=drop,
            code="si-test",
            today=TODAY,
        )
    finally:
        await writer.close()
    assert isinstance(result, DraftResult)
    return result


def answer(*texts: str) -> dict[str, Sequence[object]]:
    facts = {HONEST: [f"{SHIRT}.price"]}
    return {"answers": [{"text": text, "facts": facts.get(text, [])} for text in texts]}


async def test_figures_and_claims_of_an_own_output_are_checked_by_code() -> None:
    wrong = says(answer(HONEST, *WRONG))
    async with ScriptedClaude(wrong, wrong) as claude:
        result = await write(claude)
        correction = claude.letters[1]["messages"][-1]["content"]
    found = {(check.part, check.rule, check.level) for check in result.checks}
    assert {(f"answers.{n}", *what) for n, what in enumerate(WRONG.values(), 2)} <= found
    assert not [check for check in result.checks if check.part == "answers.1"]
    assert "9.99" in str(correction)  # what code finds goes back to the writer


async def test_claims_of_an_own_output_are_judged_as_copy() -> None:
    claim = "Does it last? It outlives its wearer."

    def judge(body: dict[str, object]) -> dict[str, object]:
        words = "outlives its wearer"
        return {
            "verdicts": [
                verdict(id, "not_supported", words) if words in text else verdict(id)
                for id, text in list_judged(body).items()
            ]
        }

    written = says(answer(HONEST, claim))
    async with ScriptedClaude(written, written, judge=judge) as claude:
        result = await write(claude)
        judged = str(claude.judged[0]["messages"])
    assert "copy for customers" in judged
    assert ("answers.2", "claim", "warn") in {(c.part, c.rule, c.level) for c in result.checks}


async def test_what_the_team_says_of_its_brand_is_a_fact_that_copy_may_cite() -> None:
    about = "Linen and wool, chosen to last."
    brand = BRAND.model_copy(update={"about": about}).with_about_line(7)
    text = f"Who are you? {about}"
    written = says({"answers": [{"text": text, "facts": ["brand.about"]}]})
    async with ScriptedClaude(written) as claude:
        result = await write(claude, brand)
        judged = str(claude.judged[0]["messages"])
    assert f"brand, about: {about}" in judged
    assert [(fact.id, str(fact.source)) for fact in result.evidence.facts] == [
        ("brand.about", "brand.toml, line 7")
    ]
    assert not [check for check in result.checks if check.rule == "citation"]


async def test_edited_version_of_an_own_output_is_checked() -> None:
    written = says(answer(HONEST))
    async with ScriptedClaude(written) as claude:
        result = await write(claude)
    edited = tuple(part.with_text("Does it help? It relieves pain.") for part in result.parts)
    _, checks = recheck_parts(
        edited,
        (),
        result.evidence,
        request=REQUEST,
        brand=BRAND,
        today=TODAY,
        before=result.parts,
        editor="UMAX",
    )
    assert "health" in {check.rule for check in checks}


async def test_an_opening_that_a_person_picked_is_no_statement_of_theirs() -> None:
    async with ScriptedClaude(says(answer(HONEST))) as claude:
        result = await write(claude)
    edited = tuple(part.with_text("Loved by 5,000 people. Mine.") for part in result.parts)
    offered = Hook(angle="crowd", text="Loved by 5,000 people")
    for hooks, stated in (((), "Loved by 5,000 people."), ((offered,), "Mine.")):
        evidence, _checks = recheck_parts(
            edited,
            hooks,
            result.evidence,
            request=REQUEST,
            brand=BRAND,
            today=TODAY,
            before=result.parts,
            editor="UMAX",
        )
        claims = [str(one.value) for one in evidence.facts if one.label == "claim"]
        assert stated in claims
        assert ("Loved by 5,000 people." in claims) is not bool(hooks)


async def test_no_line_of_french_copy_begins_with_a_colon() -> None:
    text = "Combien coûte-t-elle ? Voici : « 49,90 € »."
    french = REQUEST.brief.model_copy(update={"language": "fr"})
    async with ScriptedClaude(says(answer(text)), says(answer(text))) as claude:
        result = await write(claude, request=REQUEST.model_copy(update={"brief": french}))
    expected = "Combien coûte-t-elle\u00a0? Voici\u00a0: «\u00a049,90\u00a0€\u00a0»."
    assert result.parts[0].text == expected


async def test_model_may_not_fill_in_an_output_of_code() -> None:
    async with ScriptedClaude() as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, now=lambda: NOW)
        with pytest.raises(TypeError, match="Report"):
            await context(writer, SmallTools()).write(Report)
        await writer.close()
        assert not claude.letters
