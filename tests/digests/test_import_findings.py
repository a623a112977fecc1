"""After an import up to three findings in money are said in the thread of its card, once."""

from typing import Any

import pytest

from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Evidence, Fact
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest.models import FileUpload
from bot.data.service import load_analysis
from bot.data.warehouse.warehouse import Warehouse
from bot.digests.digest_jobs import MAX_FINDINGS, MONEY_KINDS, ImportFindings, describe_money
from bot.i18n.messages import LANGUAGES, Language, Words
from tests.slack.bench import MARKETING, TEAM, Bench
from tests.support.sample_tables import sample


def load(warehouse: Warehouse) -> list[Fact]:
    return [
        fact
        for kind in MONEY_KINDS
        for fact in load_analysis(kind).find(warehouse, AnalysisFilter()).facts
    ]


FACTS: list[Fact] = []


def facts() -> list[Fact]:
    if not FACTS:
        FACTS.extend(load(sample()))
    return FACTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_in_money_are_confirmed_and_the_largest_come_first(language: Language) -> None:
    lines = describe_money(SentenceWriter(language), Evidence(facts=tuple(facts())))
    assert 1 < len(lines) <= MAX_FINDINGS
    assert all("€" in line for line in lines)
    assert "mobile" in lines[0]


def test_without_a_confirmed_change_nothing_is_said() -> None:
    unsure = [fact for fact in facts() if fact.parts.measure not in ("status", "where")]
    assert describe_money(SentenceWriter("en"), Evidence(facts=tuple(unsure))) == []


@pytest.mark.parametrize(("state", "said"), [("in", 1), ("cancelled", 0), ("failed", 0)])
async def test_only_a_confirmed_import_is_answered(bench: Bench, state: str, said: int) -> None:
    with bench.database.begin() as session:
        session.add(
            FileUpload(
                id="u1",
                workspace=TEAM,
                author="UMARIE",
                place={"channel": MARKETING},
                file="F1",
                name="orders.csv",
                size=1,
                state=state,
                turn=0,
                made_at=bench.services.now(),
                changed_at=bench.services.now(),
            )
        )
    notices: list[tuple[str, dict[str, Any], str]] = []

    async def say(
        id: str, _workspace: str, place: dict[str, Any], words: Words, language: str
    ) -> None:
        notices.append((id, place, words.to(language)))

    async def load_facts(_workspace: str) -> list[Fact]:
        return facts()

    await ImportFindings(bench.database, load_facts, say).post("u1")
    assert len(notices) == said
    if said:
        ((id, place, text),) = notices
        assert id == "u1:findings"
        assert place == {"channel": MARKETING}
        assert "€" in text
