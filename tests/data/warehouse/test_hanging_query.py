"""Queries that never end."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.core.request import Brief, SkillRequest
from bot.data import service
from bot.data.analyses import experiments
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from tests.support.small_tables import small

BRIEF = Brief.model_validate(
    {"words": "how did the test do?", "author": "UMARIE", "language": "en"}
)
ASKED = SkillRequest(skill="experiment", brief=BRIEF, channel=None)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Warehouse]]:
    """The first look never ends while the test runs; the shelves that were looked into."""
    seen: list[Warehouse] = []
    released = threading.Event()
    found = experiments.find

    def slow(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
        seen.append(shelf)
        if len(seen) == 1:
            released.wait(30)
        return found(shelf, where)

    monkeypatch.setattr("bot.data.analyses.experiments.find", slow)
    monkeypatch.setattr(service, "LOOKUP_SECONDS", 0.3)
    yield seen
    released.set()


async def test_hanging_query_is_reported_and_blocks_no_later_one(hanging: list[Warehouse]) -> None:
    shelves = [small()]
    library = WorkspaceData(
        CatalogueLibrary(list), lambda: shelves[-1], close=lambda: shelves.append(small())
    )
    with pytest.raises(CannotDo) as stopped:
        await library.look_up("experiments", ASKED)
    assert "longer than" in stopped.value.words.to("en")
    async with asyncio.timeout(20):
        await library.look_up("experiments", ASKED)
    first, second = hanging
    assert first is not second
