"""What people do on the page, step by step, for the tests in a browser."""

import asyncio

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Locator, Page, expect

from bot.playground.slack_objects import SlackMessage
from tests.e2e.house import SECONDS, House

BRIEF = "e-mail: our linen shirt is back in stock"
GRAVE = ("serious", "critical")
expect.set_options(timeout=SECONDS)


async def write(page: Page, text: str, *, thread: bool = False) -> None:
    box = page.locator(".thread textarea" if thread else ".middle textarea")
    await box.fill(text)
    await box.press("Escape")
    await box.press("Enter")


async def in_channel(page: Page, name: str) -> None:
    await page.locator(".rail li button", has_text=name).click()


def cards(page: Page) -> Locator:
    return page.locator(".message:has([data-action=edit])")


async def draft(page: Page, words: str = BRIEF) -> Locator:
    """A draft asked by mention: the newest card, in its thread."""
    await write(page, f"@Super-Intern {words}")
    card = page.locator(".thread .message:has([data-action=edit])").last
    await expect(card).to_be_visible()
    return card


async def read_copy(card: Locator) -> str:
    """The text of a draft as its reader gets it, without the card around it."""
    return "\n".join(await card.locator(".slack_blocks_to_jsx__rich_text").all_inner_texts())


async def thread_as(house: House, person: str) -> tuple[Page, Locator]:
    """Somebody else opens the newest thread of #marketing."""
    page = await house.visit(person)
    await page.locator(".middle .replies").last.click()
    return page, page.locator(".thread .message:has([data-action=more])").last


async def approve(page: Page, card: Locator) -> None:
    button, dialog = card.locator("[data-action^=approve]"), page.get_by_role("dialog")
    refusals = page.locator(".whispered")
    refused = await refusals.count()
    await button.first.click()
    async with asyncio.timeout(SECONDS / 1000):
        while not await dialog.is_visible():
            # Nothing is asked when everything has a source, or when the person may not approve.
            if not await button.count() or await refusals.count() > refused:
                return
            await asyncio.sleep(0.05)
    if await dialog.locator("textarea").count():
        await dialog.locator("textarea").fill("I checked it myself.")
        await dialog.locator("button[type=submit]").click()
    else:
        await dialog.locator("[data-yes]").click()


def everything_said(house: House) -> list[SlackMessage]:
    return [one for place in house.slack.places for one in house.slack.transcript(place)]


def actions(card: SlackMessage) -> set[str]:
    pressed = [
        one for block in card.blocks for one in (*block.get("elements", ()), block.get("accessory"))
    ]
    return {one["action_id"] for one in pressed if one and "action_id" in one}


async def grave(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]
