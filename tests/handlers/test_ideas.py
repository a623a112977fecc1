"""Campaign ideas: each with who it is for and the fact behind it, and a button that drafts it."""

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.agent.tools.query_metrics import Params
from bot.core.facts import Evidence
from bot.core.report import MAX_IDEAS
from bot.core.request import Question
from bot.db.session import Database
from bot.drafts.models import LEADS_ADAPTER
from bot.errors import CannotDo
from bot.slack import action_ids
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls, list_judged, says, verdict
from tests.support.card_scenes import drafted, drawn, pressable, seen
from tests.support.skill_runner import AI, run

WORDS = "4 ideas for back to school, 1 of them mad"
QUERY = {
    "dataset": "orders",
    "measures": ["orders", "revenue"],
    "dimensions": ["category"],
    "filters": [],
    "since": "2026-10-01",
    "until": "2026-10-31",
    "comparison": "none",
    "compare_since": "none",
    "compare_until": "none",
    "having": [],
    "order": "highest",
    "limit": 0,
}
LOOKS_UP = calls(("query_metrics", QUERY))


def idea(title: str = "A linen week", *, mad: bool = False, **changed: Any) -> dict[str, Any]:
    return {
        "idea": title,
        "audience": "loyal customers",
        "fact": "Customers placed {f1} in October.",
        "facts": ["f1"],
        "mad": mad,
        "request": f"an e-mail about {title}",
        **changed,
    }


async def suggest(*script: Step, words: str = WORDS, **more: Any) -> tuple[Any, list[Any]]:
    async with ScriptedClaude(*script) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        try:
            found = await run(words, writer=writer, skill="ideas", **more)
        finally:
            await writer.close()
    return found, claude.letters


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_each_idea_has_its_audience_its_fact_and_its_draft(language: str) -> None:
    assert Params.model_validate(QUERY)
    some = [idea(), idea("Beds of the school year"), idea("A swap day"), idea("A race", mad=True)]
    found, _ = await suggest(LOOKS_UP, says({"ideas": some}), language=language)
    assert isinstance(found, DraftResult)
    assert [part.key for part in found.parts] == [f"ideas.{n}" for n in range(1, 5)]
    for part, asked in zip(found.parts, some, strict=True):
        assert asked["idea"] in part.text
        assert "loyal customers" in part.text
        assert "{" not in part.text
        assert part.facts
    titles = tuple(one["idea"] for one in some)
    marked = [part for part in found.parts if not part.text.startswith(titles)]
    assert marked == [found.parts[3]]
    assert {fact.id for fact in found.evidence.facts} >= set(found.parts[0].facts)
    steps = [lead.words.split("\n") for lead in found.leads]
    assert [(lead.skill, lead.ask) for lead in found.leads] == [("draft", False)] * 4
    assert [request for request, _audience in steps] == [one["request"] for one in some]
    assert all("loyal customers" in audience for _request, audience in steps)
    assert [(check.level, check.rule) for check in found.checks] == [
        ("pass", "figure"),
        ("pass", "claim"),
    ]


async def test_days_stand_in_an_idea_and_an_unused_budget_first() -> None:
    asked = "1 idea for 10 to 20 December, € 2,000, no discount"
    form = says(
        {
            "ideas": [idea(first_day="2026-12-12", last_day="2026-12-13")],
            "not_used": ["€ 2,000", "none"],
        }
    )
    found, letters = await suggest(LOOKS_UP, form, words=asked)
    assert len(letters) == 2
    assert [part.key for part in found.parts] == ["not_used", "ideas.1"]
    assert found.parts[0].text == "“€ 2,000”"
    assert "When: 12 to 13 Dec" in found.parts[1].text
    assert "When: 12 to 13 Dec" in found.leads[0].words


async def test_the_last_day_of_an_idea_stands_without_a_first() -> None:
    form = says({"ideas": [idea(first_day="none", last_day="2027-02-14")]})
    found, _letters = await suggest(LOOKS_UP, form)
    assert "When: until 14 February 2027" in found.parts[0].text


@pytest.mark.parametrize(
    "wrong",
    [
        {"fact": "Customers placed 928 orders in October."},
        {"fact": "Customers love it.", "facts": []},
        {"fact": "Customers placed {f99}."},
        {"fact": "Customers who placed {f1} say “never again without”."},
        {"request": "an e-mail with 20% off"},
        {"audience": ""},
        {"first_day": "mid-December"},
        {"first_day": "2026-12-13", "last_day": "2026-12-12"},
    ],
)
async def test_faulty_idea_goes_back_once_and_is_left_out(wrong: dict[str, Any]) -> None:
    some = says({"ideas": [idea(), idea("Another one", **wrong)]})
    found, letters = await suggest(LOOKS_UP, some, some)
    assert len(letters) == 3
    assert [part.key for part in found.parts] == ["ideas.1"]
    assert len(found.leads) == 1


async def test_an_idea_may_have_a_slogan_of_its_own() -> None:
    slogan = idea("“Five presents from us”, a week of small ones")
    found, letters = await suggest(LOOKS_UP, says({"ideas": [slogan]}), words="1 idea")
    assert len(letters) == 2
    assert [part.key for part in found.parts] == ["ideas.1"]


async def test_more_ideas_than_fit_go_back() -> None:
    many = says({"ideas": [idea(f"Idea of {name}") for name in "abcdefghijklmn"]})
    found, letters = await suggest(LOOKS_UP, many, many)
    assert len(letters) == 3
    assert len(found.parts) == MAX_IDEAS


async def test_no_idea_without_a_fact_is_shown() -> None:
    alone = says({"ideas": [idea(fact="It is lovely.", facts=[])]})
    with pytest.raises(CannotDo):
        await suggest(LOOKS_UP, alone, alone)


async def test_without_an_ai_it_says_so() -> None:
    with pytest.raises(CannotDo):
        await run(WORDS, skill="ideas")
    found = await run(" ", skill="ideas")
    assert isinstance(found, Question)


async def test_card_has_a_button_for_each_of_twelve_ideas(sqlite: Database) -> None:
    many = says({"ideas": [idea(f"Idea of {name} " + "x" * 70) for name in "abcdefghijkl"]})
    found, _ = await suggest(LOOKS_UP, many)

    def build(session: Session) -> Any:
        draft = drafted(session, parts=found.parts, hooks=(), channel=None)
        draft.skill = "ideas"
        draft.evidence = Evidence(facts=found.evidence.facts).model_dump_json()
        draft.leads = LEADS_ADAPTER.dump_json(found.leads).decode()
        return drawn(seen(session))

    with sqlite.begin() as session:
        message = build(session)
    assert message.blocks[0]["text"]["text"].startswith("Ideas · ")
    shown = json.dumps(message.blocks)
    assert "3. Idea of c" in shown  # as its button and people name it
    assert shown.count("deas") == 1
    buttons = pressable(message.blocks)
    assert action_ids.APPROVE not in buttons
    assert len([name for name in buttons if name.startswith(action_ids.LEAD_NOW)]) == MAX_IDEAS


async def test_what_an_idea_says_of_the_data_is_judged() -> None:
    def judge(body: dict[str, Any]) -> dict[str, Any]:
        judged = list_judged(body)
        idea, fact = judged.values()  # “the best-selling week” claims something, too
        assert idea == "A linen week"
        assert "Customers placed" in fact
        return {"verdicts": [verdict(id, "not_supported", "placed", "why") for id in judged]}

    some = says({"ideas": [idea()]})
    async with ScriptedClaude(LOOKS_UP, some, some, judge=judge) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run(WORDS, writer=writer, skill="ideas")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert "no fact bears out" in str(claude.letters[2]["messages"][-1]["content"])
    assert ("warn", "claim") in [(check.level, check.rule) for check in found.checks]


async def test_prompt_names_the_occasions_of_the_next_weeks() -> None:
    _found, letters = await suggest(LOOKS_UP, says({"ideas": [idea()]}), words="3 ideas")
    first = str(letters[0]["messages"][0]["content"])
    assert "<<<occasion" in first
    assert "Christmas, 20" in first
