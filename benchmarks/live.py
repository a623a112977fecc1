"""Live rows: signed bodies of orders, answered when they are on the disk and committed."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.signed import SECRET
from benchmarks.table import Figure
from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.live.endpoint import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    SignedRequest,
    derive_live_key,
    sign_request,
)
from bot.playground.local_slack import LocalSlack
from tests.support.paths import ROOT
from tests.support.processes import Intern, free_port

SECONDS, SENDERS, ROWS = 8.0, 4, 100  # of one body: a till that sends every few seconds

Sign = Callable[[bytes], dict[str, str]]


async def live() -> list[Figure]:
    """Rows a second through POST /library/orders, beside a bare aiohttp that reads the same
    bodies and answers."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with LocalSlack(signing_secret=SECRET) as slack:
            intern = Intern(slack, Path(folder), SUPER_INTERN_LOG="ERROR")
            try:
                await intern.start()
                sign = _signer(Path(folder))
                url = intern.url.replace("/slack/events", "/library/orders")
                await _sent(url, sign, 1.0, "warm")
                taken = await _sent(url, sign, SECONDS, "full")
                large = await _sent(url, sign, SECONDS, "large", rows=1000)
            finally:
                await intern.kill()
        async with _bare() as bare_url:
            bare = await _sent(bare_url, sign, 3.0, "bare")
    beside = f"bare aiohttp, nothing kept: {bare:,.0f} rows/s"
    name = f"live rows taken in, {ROWS} a body"
    return [
        Figure(name, taken, "/s", 1000, beside, at_least=True),
        Figure("live rows taken in, 1,000 a body", large, "/s", 1000, at_least=True),
    ]


def _signer(home: Path) -> Sign:
    """Signs as docs/live.md says."""
    house = Container(Settings.read({"SUPER_INTERN_HOME": str(home)}))
    key = derive_live_key(house.row_store.key(), None)
    house.database.close()

    def sign(body: bytes) -> dict[str, str]:
        stamp = f"{time.time():.6f}"
        return {
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: sign_request(key, SignedRequest(stamp, "orders", "", body)),
        }

    return sign


async def _sent(url: str, sign: Sign, seconds: float, name: str, rows: int = ROWS) -> float:
    """Rows a second that were answered, by a few senders at once."""
    bodies, sent = _bodies(name, rows), 0
    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()

        async def sender() -> None:
            nonlocal sent
            while time.perf_counter() - began < seconds:
                body = next(bodies)
                async with session.post(url, data=body, headers=sign(body)) as answer:
                    told = await answer.json()
                    if answer.status != 200 or told["rows"] != rows:
                        raise RuntimeError(f"{answer.status}: {str(told)[:200]}")
                sent += rows

        await asyncio.gather(*(sender() for _ in range(SENDERS)))
        return sent / (time.perf_counter() - began)


def _bodies(name: str, rows: int) -> Iterator[bytes]:
    """Orders of one line each, all different."""
    number = 0
    while True:
        lines = []
        for _ in range(rows):
            number += 1
            lines.append(json.dumps(_order(f"{name}-{number}", number)))
        yield "\n".join(lines).encode()


def _order(order: str, number: int) -> dict[str, Any]:
    return {
        "order": order,
        "line": 1,
        "at": f"2026-11-{number % 20 + 1:02}T{number % 24:02}:05:00",
        "customer": f"c-{number % 5000}",
        "product": f"P-{number % 300}",
        "title": "Chemise Alba",
        "category": "Chemises",
        "quantity": 1,
        "amount": "62.00",
        "currency": "EUR",
        "status": "paid",
        "device": "mobile",
        "source": "newsletter",
        "country": "FR",
    }


@asynccontextmanager
async def _bare() -> Any:
    """The anchor: reads the body and says how many lines it has."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.live", str(port)), cwd=ROOT
    )
    url = f"http://127.0.0.1:{port}/library/orders"
    try:
        async with asyncio.timeout(20), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.post(url, data=b"{}") as answer:
                        await answer.read()
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


def serve_bare(port: int) -> None:
    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        return web.json_response({"rows": body.count(b"\n") + 1})

    site = web.Application(client_max_size=4 * 1024 * 1024)
    site.router.add_post("/library/{kind}", take)
    web.run_app(site, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    serve_bare(int(sys.argv[1]))
