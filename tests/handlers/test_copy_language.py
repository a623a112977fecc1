"""The language of a text whose readers are counted and mostly read another than the message's."""

from datetime import datetime
from typing import Any

import pytest

from bot.agent.claim_check import ClaimForm
from bot.agent.llm.turn import ToolUse, TurnAnswer, TurnRequest
from bot.agent.pipeline import DraftResult
from bot.agent.tool import load_tools
from bot.core.audience_rule import AudienceRule
from bot.core.request import Brief, SkillRequest
from bot.data.warehouse.warehouse import Warehouse
from tests.handlers.test_draft import Scripted, email
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import library_of, run_request
from tests.support.small_tables import small
from tests.support.tool_runner import default_params

RULE = AudienceRule(min_orders=2)


class Counting(Scripted):
    """Counts the audience of RULE by a tool before it first writes."""

    async def take_turn(self, request: TurnRequest, **more: Any) -> TurnAnswer:
        if self.requests or request.output is ClaimForm:
            return await super().take_turn(request, **more)
        self.requests.append(request)
        params = {**default_params(load_tools()["audience"]), "min_orders": RULE.min_orders}
        return TurnAnswer("", (ToolUse(id="t1", name="audience", arguments=params),), "tools")


async def write(
    model: Scripted, shop: Warehouse | None = None, **told: Any
) -> tuple[DraftResult, list[str]]:
    """The draft, and the languages in which it was asked for."""
    values = {"words": "an e-mail to win them back", "author": "ana", "language": "en"} | told
    brief = Brief.model_validate(values)
    request = SkillRequest(skill="draft", channel="email", brief=brief)
    library = library_of(shop or sample())
    done = await run_request(request, library=library, writer=model, today=TODAY)
    assert isinstance(done, DraftResult)
    texts = [one.messages[0].text for one in model.requests]
    return done, ["fr" if "French" in text else "en" for text in texts]


def readers(**codes: int) -> Warehouse:
    spoken = [code for code, count in codes.items() for _ in range(count)]
    return small(
        consents=[
            {"customer": f"c{n}", "email": True, "language": one} for n, one in enumerate(spoken)
        ],
        orders=[
            {
                "order": f"o{n}-{day}",
                "customer": f"c{n}",
                "amount": 20,
                "at": datetime(2026, 6, day),
            }
            for n in range(len(spoken))
            for day in (1, 2)
        ],
    )


def note(done: DraftResult) -> str:
    said = [one.words.to("en") for one in done.checks if one.rule == "audience"]
    return next((one for one in said if one.startswith("Written")), "")


OPEN: dict[str, Any] = {"rule": RULE.stored, "asked_in": "en", "offer": "free delivery"}


async def test_text_is_in_the_language_of_its_counted_readers_and_says_so() -> None:
    done, languages = await write(Scripted(*[email()] * 2), readers(fr=60, en=25), **OPEN)
    assert {*languages} == {"fr"}
    assert done.request.language == "fr"
    assert note(done) == "Written in French: 60 of 85 read in French."
    assert "The same in English" in [one.label.to("en") for one in done.leads]


async def test_readers_whom_the_writer_counts_have_it_written_once_more() -> None:
    told = {**OPEN, "rule": None}
    done, languages = await write(Counting(*[email()] * 4), readers(fr=110, en=40), **told)
    assert (languages[0], languages[-1], done.request.language) == ("en", "fr", "fr")
    assert note(done)


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ({"fr": 50, "en": 30}, OPEN),  # no two thirds
        ({"fr": 60, "en": 25}, {**OPEN, "asked_in": None}),  # the message names one
        ({"fr": 60, "en": 25}, {**OPEN, "rule": None}),  # nobody is counted
        ({"en": 60, "fr": 25}, OPEN),
    ],
)
async def test_language_of_the_message_stays(codes: dict[str, int], told: Any) -> None:
    done, languages = await write(Scripted(*[email()] * 2), readers(**codes), **told)
    assert {*languages} == {done.request.language} == {"en"}
    assert not note(done)


async def test_number_of_few_others_is_not_told() -> None:
    done, _languages = await write(Scripted(*[email()] * 2), readers(fr=60, en=5), **OPEN)
    assert note(done) == "Written in French: nearly all of its readers read in French."
