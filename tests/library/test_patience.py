"""A look into the library that does not end …"""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.brief import Brief
from bot.errors import CannotDo
from bot.library import experiments, team
from bot.library.catalogue.library import CatalogueLibrary
from bot.library.findings import Findings, Where
from bot.library.shelf import Shelf
from bot.library.team import TeamLibrary
from bot.request import Request
from tests.library.small import small

BRIEF = Brief.model_validate(
    {"words": "how did the test do?", "author": "UMARIE", "language": "en"}
)
ASKED = Request(skill="experiment", brief=BRIEF, channel=None)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Shelf]]:
    """The first look never ends while the test runs; the shelves that were looked into."""
    seen: list[Shelf] = []
    released = threading.Event()
    found = experiments.find

    def slow(shelf: Shelf, where: Where) -> Findings:
        seen.append(shelf)
        if len(seen) == 1:
            released.wait(30)
        return found(shelf, where)

    monkeypatch.setattr("bot.library.experiments.find", slow)
    monkeypatch.setattr(team, "PATIENCE", 0.3)
    yield seen
    released.set()


async def test_is_told_and_holds_up_nobody_after_it(hanging: list[Shelf]) -> None:
    shelves = [small()]
    library = TeamLibrary(
        CatalogueLibrary(list), lambda: shelves[-1], let_go=lambda: shelves.append(small())
    )
    with pytest.raises(CannotDo) as stopped:
        await library.look_up("experiments", ASKED)
    assert "longer than" in stopped.value.words.to("en")
    async with asyncio.timeout(20):
        await library.look_up("experiments", ASKED)
    first, second = hanging
    assert first is not second
