"""Figures that an AI proves by a calculation, from the message in Slack to the card."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.drafts.models import Draft
from bot.playground.slack_objects import SlackMessage
from bot.slack.views.draft_details import list_source_blocks
from tests.fakes.claude import asked_request, reading, support_all, understood
from tests.slack.bench import MARIE, MAX, buttons, text_of
from tests.support.small_shop import Shop
from tests.support.understanding_bench import UnderstandingBench, understanding_bench

READING = understood(
    "requests",
    asked_request(
        products=[reading("linen-shirt", "linen shirt")],
        channels=[reading("email", "e-mail")],
        goal="inform",
    ),
)
BODY = "Linen Shirt by threes, a quarter off each. Loose fit."
EDITED = "Take three of the Linen Shirt, a quarter off each. Loose fit."
AGAIN = "Three times the Linen Shirt, a quarter off each. Loose fit."
CALCULATIONS = {"right": "1 - {three} / (3 * {one})", "wrong": "1 - {one} / {three}"}


class ShopWithSets(Shop):
    """Also knows what three of the shirts cost."""

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        found = list(await super().look_up(kind, request))
        if kind == "product" and found:
            found.append(
                Fact(
                    id="product.linen-shirt.three",
                    label="set: 3 of them",
                    value=Decimal("132.75"),
                    unit="EUR",
                    source="shop.csv",
                    as_of=date(2026, 11, 24),
                )
            )
        return found


def text_of_request(body: dict[str, Any]) -> str:
    content = body["messages"][0]["content"]
    return content if isinstance(content, str) else "".join(one["text"] for one in content)


class Proposer:
    """Writes the body, and proposes a calculation for each figure without a source."""

    def __init__(self, intern: UnderstandingBench, kind: str):
        self.intern, self.kind, self.asked = intern, kind, list[str]()
        self.understand = intern.answer
        intern.claude.answer = self.answer
        intern.claude.judge = self.judge

    def answer(self, body: dict[str, Any]) -> dict[str, Any] | str:
        answer = self.understand(body)
        if isinstance(answer, dict) and "body" in answer:
            answer["body"] = {"text": BODY, "facts": []}
        return answer

    def judge(self, body: dict[str, Any]) -> dict[str, Any]:
        said = text_of_request(body)
        figures = re.findall(r"\b(g\d+) in “", said)
        self.asked += figures
        one, three = (re.search(rf"\b(f\d+) {label}", said) for label in ("price", "set: 3"))
        assert one
        assert three
        calculation = CALCULATIONS[self.kind].format(one=one[1], three=three[1])
        proposed = [{"figure": figure, "calculation": calculation} for figure in figures]
        return {**support_all(body), "calculations": proposed}


@pytest.fixture
async def intern(tmp_path: Path) -> AsyncIterator[UnderstandingBench]:
    async with understanding_bench(tmp_path, library=ShopWithSets()) as found:
        found.bench.do_check = found.worker.jobs["check"]
        yield found


async def draft(intern: UnderstandingBench) -> tuple[SlackMessage, Draft]:
    await intern.say("<@UINTERN> an e-mail about three of the linen shirt", READING)
    return intern.bench.said()[-1], intern.bench.drafts[-1]


def list_quotes(draft: Draft) -> list[str]:
    return [check.quote or "" for check in draft.findings or () if check.rule == "figure"]


async def test_figure_with_a_proving_calculation_has_no_finding(
    intern: UnderstandingBench,
) -> None:
    proposer = Proposer(intern, "right")
    card, drafted = await draft(intern)
    assert proposer.asked == ["g1"]
    assert "quarter off" not in list_quotes(drafted)
    assert "No source" not in text_of(card)
    sources = json.dumps(list_source_blocks(drafted, "en"), ensure_ascii=False)
    assert "quarter off = 1 - €132.75 / (3 × €59.00)" in sources


async def test_figure_with_a_wrong_calculation_blocks(intern: UnderstandingBench) -> None:
    Proposer(intern, "wrong")
    card, drafted = await draft(intern)
    assert "quarter off" in list_quotes(drafted)
    assert "approve" not in buttons(card)
    assert not drafted.facts.of("proof")


async def test_edit_of_the_sentence_has_its_calculation_proven_anew(
    intern: UnderstandingBench,
) -> None:
    proposer = Proposer(intern, "right")
    card, _first = await draft(intern)
    for text, kind in ((EDITED, "wrong"), (f"{EDITED} Long sleeves.", "wrong"), (AGAIN, "right")):
        proposer.kind = kind
        await intern.bench.press(MARIE, card, "edit")
        typed = {'["body", 0, "-"]': {"text": text}}
        assert (await intern.bench.slack.submit(MARIE, intern.bench.form(MARIE).id, typed)).ok
        await intern.bench.run()
        edited = max(intern.bench.drafts, key=lambda one: one.version)
        assert edited.author == MARIE
        assert ("quarter off" in list_quotes(edited)) is (kind == "wrong")


async def test_approval_stands_on_the_proof(intern: UnderstandingBench) -> None:
    Proposer(intern, "right")
    card, _drafted = await draft(intern)
    await intern.bench.press(MAX, card, "approve")
    await intern.bench.run()
    assert "Approved" in text_of(card)


class ShopWithScarf(Shop):
    """Also knows what a scarf costs."""

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        found = list(await super().look_up(kind, request))
        if kind == "product" and found:
            found.append(
                Fact(
                    id="product.scarf.price",
                    label="price",
                    value=Decimal(23),
                    unit="EUR",
                    about="Scarf",
                    source="shop.csv",
                    as_of=date(2026, 11, 24),
                )
            )
        return found


class CitingWriter(Proposer):
    """Writes a body with the scarf's price, and cites it by the name that it was given."""

    def answer(self, body: dict[str, Any]) -> dict[str, Any] | str:
        answer = self.understand(body)
        if isinstance(answer, dict) and "body" in answer:
            name = re.search(r"\b(f\d+) \[product\.scarf\.price\]", text_of_request(body))
            assert name
            answer["body"] = {"text": "The scarf beside it: €23.", "facts": [name[1]]}
        return answer

    def judge(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked += re.findall(r"\b(g\d+) in “", text_of_request(body))
        return support_all(body)


async def test_cited_price_of_another_product_has_a_source(tmp_path: Path) -> None:
    async with understanding_bench(tmp_path, library=ShopWithScarf()) as intern:
        writer = CitingWriter(intern, "right")
        _card, drafted = await draft(intern)
        assert writer.asked == []
        assert not any(list_quotes(drafted))
