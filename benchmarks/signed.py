"""Slack's signed requests, sent straight to an intern, and a bare Bolt app to compare with."""

import asyncio
import hashlib
import hmac
import time
import uuid
from urllib.parse import urlencode

import aiohttp

SECRET = "bench"


def command(text: str, trigger: str = "", team: str = "T0SHOP", enterprise: str = "") -> str:
    """The body of one `/draft`."""
    return urlencode(
        {
            "command": "/draft",
            "text": text,
            "team_id": team,
            **({"enterprise_id": enterprise} if enterprise else {}),
            "channel_id": "C0MARKET",
            "user_id": "UMARIE",
            "trigger_id": trigger or uuid.uuid4().hex,
            "response_url": "http://127.0.0.1:1/none",
            "api_app_id": "A0INTERN",
        }
    )


async def send(session: aiohttp.ClientSession, url: str, body: str) -> float:
    """Seconds until the acknowledgement. Raises when it is not 200."""
    stamp = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signed}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    began = time.perf_counter()
    async with session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}")
    return time.perf_counter() - began


async def paced(
    url: str, count: int, each: float, triggers: list[str] | None = None
) -> list[float]:
    """`count` commands, one every `each` seconds, whether or not the last has been answered."""
    async with aiohttp.ClientSession() as session:
        tasks = []
        for number in range(count):
            words = f"e-mail: our stoneware vase is back, {number}"
            body = command(words, triggers[number] if triggers else "")
            tasks.append(asyncio.create_task(send(session, url, body)))
            await asyncio.sleep(each)
        return list(await asyncio.gather(*tasks))


async def saturated(url: str, seconds: float, connections: int = 16) -> list[float]:
    """As many as go through over these connections in this time."""
    end, times = time.perf_counter() + seconds, []

    async def one(session: aiohttp.ClientSession) -> None:
        while time.perf_counter() < end:
            times.append(await send(session, url, command("e-mail: our linen shirt is back")))

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(connections)))
    return times
