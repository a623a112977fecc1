"""Parts of a question that a report is silent about: the second reader names them, the writer
answers them, and the card quotes what is still left."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.agent import report_writer
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.agent.report_writer import outline_card
from bot.agent.unanswered import (
    MAX_CARD,
    CardOutline,
    UnansweredForm,
    UnansweredPart,
    read_unanswered,
)
from bot.core.parts import Table
from bot.core.request import Brief, SkillRequest
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls, list_judged, support_all, verdict
from tests.handlers.test_answer_with_ai import LOOKS_UP, QUERY, report, text_of
from tests.support.skill_runner import AI, run_request

WORDS = "orders by country in October, and vs the week before?"
MISSING = {"asked": "vs the week before", "why": "no earlier figure"}
Judge = Callable[[dict[str, Any]], dict[str, Any]]


def names(*parts: dict[str, str]) -> Judge:
    return lambda letter: {**support_all(letter), "unanswered": [*parts]}


async def ask(
    *script: Step, judge: Judge, words: str = WORDS, **beside: Any
) -> tuple[DraftResult, Any]:
    brief = Brief(words=words, author="UMARIE", language="en", **beside)
    async with ScriptedClaude(*script, judge=judge) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run_request(SkillRequest(skill="answer", brief=brief), writer=writer)
        await writer.close()
    assert isinstance(found, DraftResult)
    return found, claude


async def test_silent_part_goes_back_and_is_then_quoted_on_the_card() -> None:
    silent = report("{f1} in October.", exhibit="e1")
    found, claude = await ask(LOOKS_UP, silent, silent, judge=names(MISSING))
    assert "“vs the week before” (no earlier figure)" in str(claude.letters[2]["messages"][-1])
    assert text_of(found, "Not answered") == ["“vs the week before”, at least in part"]
    assert len(claude.judged) == 2


async def test_what_another_report_answers_is_no_silent_part() -> None:
    own, other = "orders by country in October", "who should we write to?"
    found, claude = await ask(
        *(LOOKS_UP, report("{f1} in October.", exhibit="e1")),
        judge=names({"asked": "who should we write to", "why": "nothing on it"}),
        words=f"{own}, and {other}",
        own_question=own,
        beside=(f"a report, targeting: {other}",),
    )
    assert not text_of(found, "Not answered")
    assert f"answer only: {own}" in str(claude.judged[0])
    assert (
        f"done apart from this, so neither yours nor `not_used`: a report, targeting: {other}"
        in (str(claude.judged[0]))
    )


async def test_part_that_the_correction_answers_is_no_longer_named() -> None:
    silent, better = report("{f1} in October."), report("{f1} in October.", exhibit="e1")
    silent_once = [names(MISSING), names()]
    found, claude = await ask(
        LOOKS_UP, silent, better, judge=lambda letter: silent_once.pop(0)(letter)
    )
    assert not text_of(found, "Not answered")
    # Its sentences were judged: they are shown, so that the table can be.
    assert not list_judged(claude.judged[1])
    assert " orders in October." in str(claude.judged[1]["messages"]).partition("says: ")[2]


async def test_part_stands_beside_another_that_is_named() -> None:
    gap = {"cannot_tell": "Belgium (too few)", "cannot_tell_because": "people"}
    told = report("{f1} in October.", **gap)
    found, _claude = await ask(LOOKS_UP, told, told, judge=names(MISSING))
    assert text_of(found, "Not answered") == [
        "Belgium (too few); “vs the week before”, at least in part"
    ]


@pytest.mark.parametrize(
    "gap", [{"cannot_tell": "the week before (no tool)"}, {"not_used": [WORDS]}]
)
async def test_part_that_the_card_names_is_not_named_again(gap: dict[str, Any]) -> None:
    told = report("{f1} in October.", **gap)
    found, claude = await ask(LOOKS_UP, told, judge=names(MISSING))
    assert len(claude.letters) == 2
    assert not text_of(found, "Not answered")


async def test_without_a_verdict_nothing_is_named() -> None:
    found, claude = await ask(LOOKS_UP, report("{f1} in October."), judge=lambda _: {"no": 1})
    assert len(claude.letters) == 2
    assert not text_of(found, "Not answered")


async def test_reader_gets_the_facts_that_the_card_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = list[CardOutline]()

    def outline(*given: Any) -> CardOutline:
        cards.append(outline_card(*given))
        return cards[-1]

    monkeypatch.setattr(report_writer, "outline_card", outline)
    await ask(LOOKS_UP, report("None.", exhibit="e1"), judge=support_all)
    assert cards[0].facts[1]


async def test_reader_sees_what_the_card_shows_by_names() -> None:
    step = {"label": "Draft it", "skill": "draft", "words": "an e-mail for France"}
    shown = {"exhibit": "e1", "next_steps": [step], "not_used": ["the week before"]}
    told = report("{f1} in October.", **shown)
    _found, claude = await ask(LOOKS_UP, told, judge=names())
    card = str(claude.judged[0]["messages"]).partition("<<<card")[2].partition("card>>>")[0]
    for line in (
        "read as: Orders by country",
        "columns: country; orders",
        "France; ",
        "buttons: Draft it",
        "left out: the week before",
    ):
        assert line.casefold() in card.casefold()
    assert "€" not in card


async def test_reader_sees_the_lines_of_the_card_and_no_others() -> None:
    looks = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "limit": 1}),
        (
            "query_metrics",
            {**QUERY, "dimensions": ["category"], "comparison": "previous_period"},
        ),
    )
    told = report("{f1} in October.", exhibit="e1", further_exhibits=["e2"])
    found, claude = await ask(looks, told, judge=names())
    card = str(claude.judged[0]["messages"]).partition("<<<card")[2].partition("card>>>")[0]
    (read_as,) = text_of(found, "Read as")
    printed = [f"read as: {line}" for line in read_as.splitlines()]
    assert [one for one in card.split("\\n") if one.startswith("read as: ")] == printed
    notes = [part.body.note for part in found.parts if isinstance(part.body, Table)]
    assert notes[1]
    assert f"below it: {notes[1]}" in card


async def test_words_left_out_that_the_table_tells_are_taken_out() -> None:
    wrong = report("{f1} in October.", exhibit="e1", not_used=["by country"])

    def judge(letter: dict[str, Any]) -> dict[str, Any]:
        verdicts = [
            verdict(id, "not_supported", text, "column country")
            if text == "by country"
            else verdict(id)
            for id, text in list_judged(letter).items()
        ]
        return {"verdicts": verdicts}

    found, claude = await ask(LOOKS_UP, wrong, wrong, judge=judge)
    assert "left out]: by country" in str(claude.judged[0]["messages"])
    assert "not_used: the answer does tell “by country”" in str(claude.letters[2]["messages"][-1])
    assert not [check for check in found.checks if check.level == "warn"]


async def test_order_of_a_note_goes_back_and_is_not_quoted() -> None:
    looks = calls(("query_metrics", {**QUERY, "measures": ["orders"], "limit": 1}))
    silent, order = report("{f1} in October."), {"asked": "1 of 6 groups is shown", "why": ""}
    found, claude = await ask(looks, silent, silent, judge=names(order))
    assert "a look-up noted “1 of 6 groups is shown”" in str(claude.letters[2]["messages"][-1])
    assert not text_of(found, "Not answered")


REQUEST = "Quel ROAS, et les ventes vs la semaine d'avant ?"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("« vs la semaine d’avant »", "vs la semaine d’avant"),
        ("ventes vs semaine", ""),  # not letter for letter
        ("vente", ""),  # no whole word
        (REQUEST, ""),  # all of it
        ("look it up as well", "look it up as well"),
        ("up as", ""),
        ("", ""),
    ],
)
def test_words_are_of_the_request_or_of_a_note(asked: str, found: str) -> None:
    given = [UnansweredForm(asked=asked, why="")]
    parts = read_unanswered(given, CardOutline(), REQUEST, ["Please look it up as well."])
    assert [one.asked for one in parts] == [*filter(None, [found])]


def test_five_parts_at_most_each_once() -> None:
    words = "un deux trois quatre cinq six"
    given = [UnansweredForm(asked=one, why="x") for one in (*words.split(), "un")]
    parts = read_unanswered(given, CardOutline(), words, [])
    assert parts[0] == UnansweredPart("un", "x")
    assert [one.asked for one in parts] == words.split()[:5]


def test_of_a_long_card_what_it_leaves_out_and_says_is_shown_first() -> None:
    card = CardOutline(("table " + "x" * MAX_CARD,), ("Belgium",))
    told = card.describe(["France led."])
    assert told.splitlines()[:2] == ["left out: Belgium", "says: France led."]
    assert len(told) == MAX_CARD


async def test_wrong_slot_goes_back_as_before() -> None:
    wrong, right = report("{f99} in October.", "{f1}."), report("{f1} in October.")
    _found, claude = await ask(LOOKS_UP, wrong, right, judge=names())
    assert "f99" in str(claude.letters[2]["messages"][-1])
