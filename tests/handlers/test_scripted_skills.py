"""Skills whose text an AI rewrites, against a scripted AI."""

import re
from functools import cache
from typing import Any, NamedTuple

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.data.service import WorkspaceData
from tests.handlers.test_recap import ENGLISH
from tests.support.sample_tables import sample
from tests.support.skill_runner import library_of, rewritten, run

pytestmark = pytest.mark.sample(7)

PHONES = "funnel.device-mobile-checkout-to-purchase"
CANDLES = "trends.category-bougies-et-senteurs"
WORN = "experiments.photos-portees--purchase"
QUOTE = "One wrote “I only shop for candles in the dark”."
CAUSE = "It is so because of the strike at the port."


class Script(NamedTuple):
    """A question, a part, and the AI's versions of that part: one good and four bad."""

    words: str
    part: str
    good: str
    figure: str
    segment: tuple[str, str]  # the text, and what is invented in it
    material: str = ""


SCRIPTS = {
    "feedback": Script(
        "what do customers say?",
        "finding",
        "Late parcels are what customers write about most: [[feedback.delivery-late.share-now]] of "
        "their texts, [[feedback.delivery-late.share-before]] before.",
        "Late parcels: 63.7% of the texts.",
        ("Students in Lyon complain most of late parcels.", "Students"),
    ),
    "targeting": Script(
        "whom should I target for the linen launch?",
        "finding",
        "Best and loyal customers are the ones to begin with: [[audiences.loyal.bought-share]] of "
        "them bought linen clothes, against [[audiences.loyal.others-share]] of all.",
        "Best and loyal customers: 63.7% of such people bought it.",
        ("Best and loyal customers, and wealthy retirees above all, bought it.", "retirees"),
    ),
    "blockers": Script(
        "what blocks sales right now?",
        "finding",
        f"Paying on phones: [[{PHONES}.rate]] get through since [[{PHONES}.since]], "
        f"[[{PHONES}.before]] before.",
        "Payment on phones cost €21,723.70 in all.",
        ("In Brittany buyers on tablets stop at the last step.", "Brittany"),
    ),
    "predict": Script(
        "who is likely to buy again in the next 60 days?",
        "finding",
        "[[behaviour.buy-60-days.expected-buyers]] are likely to buy within 60 days.",
        "1,200 customers will buy within 60 days.",
        ("Parents are the likeliest to buy again.", "Parents"),
    ),
    "trends": Script(
        "trends in sales this month",
        "finding",
        f"Candles and scents sell [[{CANDLES}.last]] a week where [[{CANDLES}.expected]] were "
        "expected (confirmed).",
        "Candles and scents sell 260 units a week.",
        ("Handbags sell even better than candles.", "Handbags"),
    ),
    "experiment": Script(
        "how did the photos test do?",
        "finding",
        f"Variant B won with [[{WORN}--b.rate]] against [[{WORN}--a.rate]].",
        "Variant B won with 7.4%.",
        ("Variant C did better on tablets.", "C"),
    ),
    "recap": Script(
        "recap this thread",
        "summary",
        "You go with Monday the 30th and keep the price; who pays for the photos is still open.",
        "You go with Monday and 12% off.",
        ("Sophie from Marseille books the photos.", "Marseille"),
        ENGLISH,
    ),
}
EVERY = pytest.mark.parametrize("skill", SCRIPTS)
BY_RULES: dict[str, DraftResult] = {}


@cache
def library() -> WorkspaceData:
    return library_of(sample())


async def by_rules(skill: str) -> DraftResult:
    if skill not in BY_RULES:
        script = SCRIPTS[skill]
        found = await run(script.words, skill=skill, library=library(), material=script.material)
        assert isinstance(found, DraftResult)
        BY_RULES[skill] = found
    return BY_RULES[skill]


async def scripted(skill: str, *texts: str) -> tuple[DraftResult, list[str]]:
    """Run the skill with an AI that returns these texts in turn for the part of the script."""
    script, evidence = SCRIPTS[skill], (await by_rules(skill)).evidence
    changes = [{script.part: _filled(text, evidence)} for text in texts]
    return await rewritten(
        script.words, *changes, skill=skill, library=library(), material=script.material
    )


def _filled(text: str, evidence: Any) -> str:
    return re.sub(r"\[\[(.+?)\]\]", lambda m: str(evidence.get(m[1]).spelled("en")), text)


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


def test_every_analysis_has_a_script() -> None:
    rewrites = {name for name, skill in load_skills().items() if not skill.for_channels}
    assert set(SCRIPTS) == rewrites - {"answer", "digest", "ideas"}  # which are not rewritten


@EVERY
async def test_passing_words_are_shown_and_figures_kept(skill: str) -> None:
    """At the first try, or after the AI has removed an invented claim."""
    script, base = SCRIPTS[skill], await by_rules(skill)
    found, wrong = await scripted(skill, CAUSE, script.good)
    assert len(wrong) == 1
    assert "no source names this cause" in wrong[0]
    texts = {part.key: part.text for part in found.parts}
    assert texts.pop(script.part) == _filled(script.good, base.evidence)
    assert texts == {part.key: part.text for part in base.parts if part.key != script.part}
    assert blocked(found) == []


@EVERY
async def test_invented_claims_fall_back_to_rules(skill: str) -> None:
    script, base = SCRIPTS[skill], await by_rules(skill)
    segment, name = script.segment
    found, wrong = await scripted(skill, script.figure, segment, QUOTE)
    assert "has no source" in wrong[0]
    assert f"“{name}”: leave it out" in wrong[1]
    assert [part.text for part in found.parts] == [part.text for part in base.parts]
    assert blocked(found) == []


@EVERY
async def test_invented_quotes_are_never_shown(skill: str) -> None:
    found, wrong = await scripted(skill, QUOTE, SCRIPTS[skill].good)
    assert "is in no source, letter for letter" in wrong[0]
    assert not any("in the dark" in part.text for part in found.parts)


@EVERY
async def test_same_fault_twice_is_not_retried(skill: str) -> None:
    script, base = SCRIPTS[skill], await by_rules(skill)
    found, wrong = await scripted(skill, script.segment[0])  # again and again
    assert len(wrong) == 1
    assert [part.text for part in found.parts] == [part.text for part in base.parts]


async def test_cost_of_rejected_words_is_stated() -> None:
    script = SCRIPTS["experiment"]
    found, wrong = await scripted("experiment", script.figure, script.segment[0], QUOTE)
    assert len(wrong) == 2
    (told,) = [check.words for check in found.checks if check.rule == "rewriting"]
    assert "3 tries" in told.to("en")
    assert "US$0.01" in told.to("en")
    assert "3 essais" in told.to("fr")
    assert "0,01" in told.to("fr")
    kept, _ = await scripted("experiment", script.good)
    assert not [check for check in kept.checks if check.rule == "rewriting"]


async def test_passing_parts_are_kept_and_others_written_by_rules() -> None:
    """A part may pass at any try. The card names the parts by rules and the cost of the tries."""
    script, base = SCRIPTS["feedback"], await by_rules("feedback")
    good, (segment, _) = _filled(script.good, base.evidence), script.segment
    found, wrong = await rewritten(
        script.words,
        {"finding": good, "summary": segment, "fix_first": CAUSE},
        {"finding": CAUSE, "summary": QUOTE, "fix_first": "1. Call the carrier today."},
        {"finding": CAUSE, "summary": QUOTE, "fix_first": "1. Call the carrier today."},
        skill="feedback",
        library=library(),
    )
    texts, ruled = ({part.key: part.text for part in one.parts} for one in (found, base))
    changed = {"finding": good, "fix_first": "1. Call the carrier today."}
    assert texts == ruled | changed
    assert len(wrong) == 2
    (told,) = [check.words for check in found.checks if check.rule == "rewriting"]
    assert told.to("en").startswith("By rules, as the AI's words held what no fact bears out: “Sum")
    assert "(3 tries, less than US$0.01)" in told.to("en")
    assert "« Résumé »" in told.to("fr").replace("\u00a0", " ")
    assert blocked(found) == []
