"""A shop of 300 customers whose intern is asked how many there are while rows arrive."""

import json
import re
import time
from pathlib import Path

import aiohttp

from bot.app import Container
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.live.endpoint import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    SignedRequest,
    derive_live_key,
    sign_request,
)
from bot.data.ingest.upload import TableFile
from tests.support.uploads import MARIE, MARKETING, Shop
from tests.support.waiting import wait_until

TEAM = "T0SHOP"
ASKED = "how many customers do we have?"
TOLD = re.compile(r": ([\d,]+)\s+customers\b")
HEAD = "order,line,at,customer,product,title,quantity,amount,currency"


def orders(first: int, count: int) -> str:
    """Three orders with one line each for so many customers, over three months."""
    lines = [HEAD]
    for number in range(first, first + count):
        for month in (8, 9, 10):
            day = f"2026-{month:02}-{(number * 7 + month) % 28 + 1:02}"
            lines.append(f"A-{number}-{month},1,{day},c-{number},P-{number % 5},Alba,1,50.00,EUR")
    return "\n".join(lines)


def opened(home: Path) -> str:
    """A home whose library holds 300 customers, and the key that live rows are signed with."""
    held = home / "orders.csv"
    held.parent.mkdir(parents=True, exist_ok=True)
    held.write_text(orders(0, 300))
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    FileImporter(container, TEAM).load(TableFile(held), detect_schema(held, name=held.name))
    key = derive_live_key(container.row_store.key(), None)
    container.database.close()
    return key


async def post(shop: Shop, key: str, table: str) -> int:
    """Send these rows to POST /library/orders, signed; return how many were accepted."""
    head, *rows = (line.split(",") for line in table.splitlines())
    body = "\n".join(json.dumps(dict(zip(head, row, strict=True))) for row in rows).encode()
    stamp = f"{time.time():.6f}"
    signed = {
        TIMESTAMP_HEADER: stamp,
        SIGNATURE_HEADER: sign_request(key, SignedRequest(stamp, "orders", "", body)),
    }
    url = shop.intern.url.replace("/slack/events", "/library/orders")
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=signed) as answer,
    ):
        told = await answer.json()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {told}")
        return int(told["rows"])


async def ask(shop: Shop, seconds: float = 60) -> int:
    """Ask the intern now, by a mention, how many customers there are; return its answer."""
    slack = shop.slack
    asked = await slack.post_message(MARIE, MARKETING, f"<@{slack.bot_user}> {ASKED}")
    said: list[str] = []

    def answered() -> bool:
        mine = [one for one in slack.transcript(MARKETING) if one.bot_id == slack.bot_id]
        cards = [one.text for one in mine if one.thread_ts == asked.ts]
        said[:] = [found[1] for card in cards if (found := TOLD.search(card))]
        return bool(said)

    await wait_until(slack, answered, seconds)
    return int(said[0].replace(",", ""))
