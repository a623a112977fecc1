"""Makes docs/playground.png, the README's opening picture: `python -m benchmarks.picture`.

It starts the demo in an empty home, with its sample shop and its example answers.
"""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import ViewportSize, expect

from tests.e2e.house import chromium

PICTURE = Path(__file__).parent.parent / "docs" / "playground.png"
MOST_BYTES = 300_000
SIZE = ViewportSize(width=1360, height=860)
STARTED = "Open http://"  # how `play` begins the line with its page's address
MINUTE = 60_000  # milliseconds that the drafts may take


@asynccontextmanager
async def play(home: str) -> AsyncIterator[str]:
    """Run `super-intern play` without an AI, and yield the page's address."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    command = (sys.executable, "-m", "bot", "play", "--no-browser", "--port", "0")
    child = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, env={**env, "SUPER_INTERN_HOME": home}
    )
    assert child.stdout is not None
    try:
        async for line in child.stdout:
            if line.decode().startswith(STARTED):
                yield line.decode().split()[1]
                break
        else:
            raise SystemExit("play ended before its page was ready")
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


async def picture() -> None:
    """Marie has asked for an e-mail and an SMS; the drafts stand in the thread."""
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        async with play(folder) as address, chromium() as browser:
            page = await browser.new_page(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
            await page.goto(f"{address}?as=UMARIE")
            await page.locator("[data-suggestion='1']").click()
            cards = page.locator(".thread .message:has([data-action=edit])")
            await expect(cards).to_have_count(2, timeout=MINUTE)
            await cards.first.evaluate("card => card.scrollIntoView({block: 'start'})")
            await page.mouse.move(5, 5)
            await asyncio.sleep(0.3)
            await page.screenshot(path=PICTURE)
    size = PICTURE.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{PICTURE} has {size} bytes, at most {MOST_BYTES} are wanted")


if __name__ == "__main__":
    asyncio.run(picture())
