"""Reports that an AI writes with the tools of its skill."""

import contextlib
from typing import Any, NamedTuple

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.parts import Table
from bot.core.report import ReportForm
from bot.core.request import Brief, SkillRequest
from bot.drafts.occasions import load_occasions
from bot.errors import CannotDo
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, calls, says
from tests.handlers.test_recap import ENGLISH
from tests.support.sample_tables import sample
from tests.support.skill_runner import AI, collect_text, run, run_request
from tests.support.tool_schemas import check_tool_set

ALL = dict.fromkeys(
    ("product", "category", "brand", "country", "region", "device", "source", "segment", "until"),
    "none",
)


class Case(NamedTuple):
    skill: str
    words: str
    tool: str
    call: dict[str, Any]
    kind: str  # of the fact that the headline stands on
    exhibit: str = "e1"  # which holds it


CASES = (
    Case("trends", "trends in sales this month", "trends", ALL, "metric", "e5"),  # the newest days
    Case("blockers", "what blocks sales on phones?", "funnel", ALL, "funnel"),
    Case(
        "blockers",
        "where does our advertising waste money?",
        "advertising",
        dict.fromkeys(
            ("product", "channel", "retailer", "placement", "without_campaign", "since", "until"),
            "none",
        ),
        "campaigns",
    ),
    Case(
        "experiment",
        "read our tests",
        "experiments",
        {
            "experiment": "none",
            "split": [],
            "by": "none",
            **dict.fromkeys(("when", "since", "until"), "none"),
        },
        "experiments",
    ),
)
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)


async def ask(
    words: str, skill: str, *script: Any, **more: Any
) -> tuple[DraftResult, list[dict[str, Any]]]:
    """The result, and what the AI was sent."""
    async with ScriptedClaude(*script) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run(words, writer=writer, skill=skill, **more)
        await writer.close()
    assert isinstance(found, DraftResult)
    return found, claude.letters


def report(headline: str, *points: str, **more: Any) -> Any:
    form = {"exhibit": "none", "cannot_tell": "none", "not_used": [], "next_steps": []}
    return says({"headline": headline, "points": list(points), **form, **more})


@EVERY
async def test_report_stands_on_what_the_tool_found(case: Case) -> None:
    found, letters = await ask(
        case.words,
        case.skill,
        calls((case.tool, case.call)),
        report("It is {f1}.", exhibit=case.exhibit),
    )
    assert "f1:" in str(letters[1]["messages"][-1]["content"])
    assert found.parts[0].key == "headline"
    assert {id.split(".")[0] for id in found.parts[0].facts} == {case.kind}
    assert "{" not in found.parts[0].text
    assert [part for part in found.parts if part.kind == "table"]
    assert [(check.rule, check.level) for check in found.checks] == [
        ("figure", "pass"),
        ("claim", "pass"),
    ]


@EVERY
async def test_typed_figure_is_not_shown(case: Case) -> None:
    wrong = report("It is {f1}.", "That is 98,765 in all.")
    found, letters = await ask(case.words, case.skill, calls((case.tool, case.call)), wrong, wrong)
    assert "98,765" in str(letters[2]["messages"][-1]["content"])
    assert "98,765" not in collect_text(found)


@pytest.mark.parametrize("skill", ["trends", "blockers", "experiment", "recap"])
def test_tools_of_a_skill_can_be_strict(skill: str) -> None:
    check_tool_set(load_skills()[skill].tools, ReportForm)


async def test_recap_is_read_from_the_conversation() -> None:
    words = "“Who pays for the photos?” is still open."
    found, letters = await ask(
        "recap this thread",
        "recap",
        report("The linen launch is on Monday the 30th.", words),
        material=ENGLISH,
    )
    assert "go with Monday the 30th." in str(letters[0]["messages"])
    assert "Monday the 30th" in found.parts[0].text
    assert any("Who pays for the photos?" in part.text for part in found.parts)


async def test_words_that_nobody_wrote_are_not_quoted() -> None:
    wrong = report("The launch is on Monday.", "Max said “I pay for everything”.")
    found, letters = await ask("recap this thread", "recap", wrong, wrong, material=ENGLISH)
    assert len(letters) == 2
    assert "I pay for everything" not in collect_text(found)


async def test_recap_names_the_messages_that_a_tool_numbers() -> None:
    found, letters = await ask(
        "recap this thread",
        "recap",
        calls(("read_thread", {"most": 10, "before": 0})),
        report("{f1}"),
        material=ENGLISH,
    )
    assert "Morning. The linen launch" in str(letters[1]["messages"][-1]["content"])
    assert found.parts[0].facts == ("thread.message-1.words",)


# Single customers.

TOP: dict[str, Any] = {"filters": [], "since": "none", "until": "none", "limit": 3}


def find_top_spenders() -> list[str]:
    sql = """SELECT customer FROM orders WHERE customer IS NOT NULL GROUP BY customer
        ORDER BY sum(amount) DESC, customer LIMIT 3"""
    return [row[0] for row in sample().engine.con.execute(sql).fetchall()]


async def allow(_right: str) -> bool:
    return True


async def test_top_customers_are_listed_by_code_for_the_asker_alone() -> None:
    found, letters = await ask(
        "who are our three best customers?",
        "answer",
        calls(("top_customers", TOP)),
        private=True,
        may=allow,
    )
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert [row[0] for row in table.rows] == [one[:8] for one in find_top_spenders()]
    assert found.evidence.of_one_customer
    assert len(letters) == 1  # the AI is not told


@pytest.mark.parametrize(("private", "has_right"), [(True, False), (False, True), (False, False)])
async def test_top_customers_take_the_right_and_a_private_place(
    private: bool, has_right: bool
) -> None:
    more: dict[str, Any] = {"may": allow} if has_right else {}
    found, letters = await ask(
        "who are our three best customers?",
        "answer",
        calls(("top_customers", TOP)),
        private=private,
        **more,
    )
    assert [part.key for part in found.parts] == ["answer"]
    assert not found.evidence.of_one_customer
    assert len(letters) == 1


@pytest.mark.parametrize("skill", ["answer", "targeting", "ideas"])
async def test_occasion_of_the_brief_is_told_with_its_days_however_far_ahead(skill: str) -> None:
    answer = says({"ideas": []}) if skill == "ideas" else report("I can't tell.")
    brief = Brief(words="for mums", author="UMARIE", language="en", occasion="fete_des_meres")
    async with ScriptedClaude(answer, answer) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        with contextlib.suppress(CannotDo):  # there are no ideas
            await run_request(SkillRequest(skill=skill, brief=brief), writer=writer)
        await writer.close()
    told = str(claude.letters[0]["messages"])
    assert "fete_des_meres (" in told
    days = {one.starts for one in load_occasions()["fete_des_meres"].list_near(NOW.date())}
    assert all(told.count(str(day)) >= (2 if skill == "ideas" else 1) for day in days)
