"""One playground and one browser for all tests of a module; a picture of each failure."""

import os
import tempfile
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.house import CHROMIUM, House, open_house

PICTURES = Path(tempfile.gettempdir()) / f"page-pictures-{os.getpid()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only a machine without the browser goes without these tests."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not there: apt-get install chromium, or `make test`"
        for item in items:
            if "e2e" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def tabs(request: pytest.FixtureRequest, house: House) -> AsyncIterator[None]:
    """Closes a test's tabs; when it failed, keeps a picture of each."""
    yield
    house.contexts.clear()
    for number, context in enumerate(house.browser.contexts):
        if request.node.stash.get(FAILED, False):
            PICTURES.mkdir(exist_ok=True)
            for page in context.pages:
                await page.screenshot(path=PICTURES / f"{request.node.name}-{number}.png")
        await context.close()
