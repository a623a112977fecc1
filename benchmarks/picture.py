"""Makes docs/playground.png, the README's opening picture: `python -m benchmarks.picture`."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.house import open_house

PICTURE = Path(__file__).parent.parent / "docs" / "playground.png"
MOST_BYTES = 300_000


async def picture() -> None:
    """Marie has asked for an e-mail and an SMS; the drafts stand in the thread."""
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        async with open_house(Path(folder)) as house:
            house.slack.people["UMARIE"].locale = "en-GB"
            page = await house.visit(guide=True, width=1360, height=860)
            await page.locator("[data-suggestion='1']").click()
            cards = page.locator(".thread .message:has([data-action=edit])")
            await expect(cards).to_have_count(2)
            await cards.first.evaluate("card => card.scrollIntoView({block: 'start'})")
            await page.mouse.move(5, 5)
            await asyncio.sleep(0.3)
            await page.screenshot(path=PICTURE)
    size = PICTURE.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{PICTURE} has {size} bytes, at most {MOST_BYTES} are wanted")


if __name__ == "__main__":
    asyncio.run(picture())
