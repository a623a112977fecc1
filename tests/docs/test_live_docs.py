"""What docs/live.md says to type …"""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.live.endpoint import add_library_route
from tests.support.paths import ROOT

DOC = ROOT / "docs" / "live.md"
ROW = '{"order":"A-1001","line":1,"at":"2026-11-24T18:05:00","product":"TEE","amount":"62.00"}\n'
WANTED = ("curl", "openssl")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which nothing has been done yet, and the rows beside it."""
    (tmp_path / "orders.jsonl").write_text(ROW + ROW.replace("2026-11-24T18:05:00", "soon"))
    return tmp_path / "home"


@pytest.fixture
def typed(home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a terminal in which the product is installed."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "super-intern").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n')
    (tools / "super-intern").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPER_")}
    root = str(DOC.parents[1])
    path = f"{tools}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": root, "SUPER_INTERN_HOME": str(home)}


async def run(command: str, folder: Path, typed: dict[str, str]) -> str:
    made = await asyncio.create_subprocess_exec(
        *("sh", "-c", command),
        cwd=folder,
        env=typed,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, wrong = await made.communicate()
    assert made.returncode == 0, wrong.decode()
    return out.decode()


@pytest.fixture
def container(home: Path) -> Iterator[Container]:
    home.mkdir()
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    yield found
    found.database.close()


@pytest.fixture
async def address(container: Container) -> AsyncIterator[str]:
    site = web.Application()
    add_library_route(site, container.live_rows())
    async with TestServer(site) as server:
        yield f"http://127.0.0.1:{server.port}"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.skipif(not all(map(shutil.which, WANTED)), reason="no curl, or no openssl")
async def test_sends_rows_from_a_shell(address: str, tmp_path: Path, typed: dict[str, str]) -> None:
    said = await run(block("sh").replace("http://127.0.0.1:3000", address), tmp_path, typed)
    assert '"rows": 1' in said
    assert '"rejects": [{"line": 2, "column": "at"' in said


@pytest.mark.slow
async def test_sends_rows_from_python(address: str, tmp_path: Path, typed: dict[str, str]) -> None:
    key = (await run("super-intern key live", tmp_path, typed)).strip()
    told: dict[str, Any] = {}
    code = block("python").replace("http://127.0.0.1:3000", address).replace('"…"', f'"{key}"')
    code = code.replace("\nsend(", "\ntold = send(")
    await asyncio.to_thread(exec, code, told)
    assert (told["told"]["rows"], told["told"]["rejected"]) == (1, 0)


@pytest.mark.slow
async def test_prints_a_key_in_a_home_that_is_new(tmp_path: Path, typed: dict[str, str]) -> None:
    assert len((await run("super-intern key live", tmp_path, typed)).strip()) >= 32
    assert await run("ls home/super-intern.key", tmp_path, typed)
