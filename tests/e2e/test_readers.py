"""With a screen reader, a keyboard or a phone, a person …"""

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.house import House
from tests.e2e.steps import BRIEF, draft, grave, in_channel, write

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]

TABS = ("work", "left", "journal", "wire", "trouble")
WIDTH, HEIGHT = 390, 844  # of a phone


@contextlib.asynccontextmanager
async def form(page: Page, opener: Locator) -> AsyncIterator[Locator]:
    """A form that stands, and is closed again."""
    await opener.click()
    opened = page.get_by_role("dialog")
    await expect(opened).to_be_visible()
    try:
        yield opened
    finally:
        await page.keyboard.press("Escape")
        await expect(opened).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_finds_nothing_serious(house: House, dark: bool) -> None:
    page = await house.visit(dark=dark, guide=True)
    card = await draft(page)
    assert await grave(page) == []
    async with form(page, card.locator("[data-action=edit]")):
        assert await grave(page) == []
    for tab in TABS:
        if not await page.locator(".behind").count():
            await page.locator(".look").click()
        await page.locator(f"#tab-{tab}").click()
        assert await grave(page) == [], tab


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_finds_nothing_serious_at_home(house: House, dark: bool) -> None:
    page = await house.visit(dark=dark)
    await in_channel(page, "Super-Intern")
    await page.get_by_role("tab", name="Home").click()
    await expect(page.locator(".home")).to_contain_text("What I can do")
    assert await grave(page) == []
    async with form(page, page.locator("[data-action=brief_form]")):
        assert await grave(page) == []


async def test_finds_nothing_serious_in_french(house: House) -> None:
    page = await house.visit(language="fr", guide=True)
    card = await draft(page, "un e-mail : notre chemise en lin est de retour en stock")
    assert await grave(page) == []
    async with form(page, card.locator("[data-action=edit]")) as opened:
        await expect(opened).to_contain_text("Modifier")
        assert await grave(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_finds_nothing_serious_on_a_phone(house: House, dark: bool) -> None:
    page = await house.visit(dark=dark, guide=True, width=WIDTH, height=HEIGHT)
    assert await grave(page) == []
    card = await draft(page)
    assert await grave(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    async with form(page, card.locator("[data-action=edit]")):
        assert await grave(page) == []
    await page.locator(".thread header button").click()
    await page.locator(".icon.back").click()
    await expect(page.locator(".rail")).to_be_visible()
    assert await grave(page) == []


async def test_drafts_and_edits_without_a_mouse(house: House) -> None:
    page = await house.visit()
    await write(page, f"@Super-Intern {BRIEF}")
    edit = page.locator(".thread [data-action=edit]").last
    await expect(edit).to_be_visible()
    await edit.focus()
    await page.keyboard.press("Enter")
    opened = page.get_by_role("dialog")
    await expect(opened.locator("input, textarea").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(opened).to_be_hidden()
    await expect(edit).to_be_focused()
