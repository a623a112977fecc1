"""A file dropped on the page …"""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.house import House
from tests.e2e.steps import in_channel, write
from tests.support.sample_tables import made

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]


async def drop(page: Page, name: str) -> None:
    """The sample shop's own file, with a mention."""
    await in_channel(page, "marketing")
    await page.locator(".middle input[type=file]").set_input_files(made() / name)
    await write(page, "@Super-Intern here is our data")


async def test_is_shown_confirmed_and_in(house: House) -> None:
    page = await house.visit("UMAX")
    await drop(page, "orders.csv")
    card = page.locator(".thread .message:has([data-action=take_in])")
    await expect(card).to_contain_text("I read this as Orders", timeout=90_000)
    await expect(card).to_contain_text("order number")
    await expect(card).to_contain_text("replaced by a key")
    await card.locator("[data-action=take_in]").click()
    done = page.locator(".thread .message", has_text="rows are in")
    await expect(done).to_contain_text("0 replaced.", timeout=90_000)
    await expect(done).to_contain_text("What you can ask me now")


async def test_is_cancelled(house: House) -> None:
    page = await house.visit("UMAX")
    await drop(page, "prices.csv")
    card = page.locator(".thread .message:has([data-action=take_in])").last
    await expect(card).to_contain_text("Past prices", timeout=90_000)
    await card.locator("[data-action=dont_take_in]").click()
    thread = page.locator(".thread")
    await expect(thread).to_contain_text("Cancelled. Nothing of prices.csv was imported.")


async def test_that_is_hopeless_is_told_in_one_sentence(house: House) -> None:
    page = await house.visit("UMAX")
    await in_channel(page, "marketing")
    empty = {"name": "empty.csv", "mimeType": "text/csv", "buffer": b""}
    await page.locator(".middle input[type=file]").set_input_files(empty)  # type: ignore[arg-type]
    await write(page, "@Super-Intern our orders")
    thread = page.locator(".thread")
    await expect(thread).to_contain_text("empty.csv is empty", timeout=50_000)
    await expect(thread.locator("[data-action=take_in], [data-action=other_kind]")).to_have_count(0)
