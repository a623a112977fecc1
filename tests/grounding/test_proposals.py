"""What the intern proposed in an idea or a next step is no statement of whoever takes it up."""

from typing import Any

import pytest

from bot.agent.claim_check import build_claim_prompt
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.request import Instruction, SkillRequest
from bot.grounding.figure_checks import PROPOSED
from tests.support.shirt import only, proved, request

IDEA = "An e-mail for Gold customers, 15% off until 18 December\nWhen: 12 to 18 Dec"
TEXT = "Take 15% off, until 18 December."
READ = {"offer": "15% off until 18 December", "dates": "12 to 18 Dec", "until": "2026-12-18"}


def take_up(words: str, **more: Any) -> SkillRequest:
    return request(f"{words}\n{IDEA}".strip(), language="en", proposed=IDEA, **more)


def find(asked: SkillRequest, text: str = TEXT) -> list[Check]:
    return only(proved(text, asked=asked, evidence=Evidence(), language="en"), "figure")


@pytest.mark.parametrize("words", ["", "draft number 2"])
def test_figures_of_a_proposal_have_no_source(words: str) -> None:
    found = find(take_up(words, **READ))
    assert [one.level for one in found] == ["block", "block"]
    assert {one.words.text for one in found} == {PROPOSED.text}


@pytest.mark.parametrize(
    "typed",
    [
        {"words": "draft number 2 with the 15% off until 18 December"},
        {"words": "", "follows": "ideas with 15% off until 18 December"},
        {
            "words": "",
            "instructions": (Instruction(words="15% off until 18 December", by="U2"),),
        },
        {"words": "", "offer": f"{READ['offer']} + free hem", "must_say": (TEXT,)},
    ],
)
def test_what_somebody_typed_is_stated(typed: dict[str, Any]) -> None:
    assert {one.level for one in find(take_up(**(READ | typed)))} == {"stated"}


def test_a_line_that_a_person_changed_is_theirs() -> None:
    edited = IDEA.replace("Gold", "Silver")
    asked = request(edited, language="en", proposed=IDEA)
    assert {one.level for one in find(asked)} == {"stated"}


def test_an_offer_added_to_a_proposed_one_is_the_only_one_stated() -> None:
    asked = take_up("", offer=f"{READ['offer']} + free delivery from €60")
    levels = {one.quote: one.level for one in find(asked, f"{TEXT} Free delivery from €60.")}
    assert sorted(levels.values()) == ["block", "block", "stated"]


def test_the_judge_of_claims_is_not_told_a_proposal_as_asked() -> None:
    prompt = build_claim_prompt((), Evidence(), take_up("draft number 2", **READ), is_copy=True)
    assert "draft number 2" in prompt
    assert "15% off" not in prompt
