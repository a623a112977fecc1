"""A digest in the page …"""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.app import Container as Pieces
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.upload import TableFile
from bot.playground.slack_objects import TEAM_ID
from tests.e2e.house import House
from tests.e2e.steps import approve, write
from tests.support.sample_tables import made
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]
SLOW = 60_000  # milliseconds, on a busy machine


def take_orders_in(home: Path) -> None:
    """The sample shop's products and orders, as an administrator would. No reviews: reading them
    is half of a digest's time, and what it says of them is tested where no browser waits."""
    settings = Settings.read({"SUPER_INTERN_HOME": str(home)})
    importing = FileImporter(Pieces(settings).migrated(), TEAM_ID, ImportOptions(currency="EUR"))
    importing.load_products(TableFile(made() / "products.csv"))
    orders = made() / "orders.csv"
    importing.load(TableFile(orders), detect_schema(orders, name=orders.name))


@pytest.mark.timeout(150)
async def test_is_set_then_comes_in_its_time_and_leads_to_an_approved_draft(house: House) -> None:
    await asyncio.to_thread(take_orders_in, house.home)
    page = await house.visit("UMARIE")
    await write(page, "/digest")
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Show a preview").click()
    await page.locator(".rail li button", has_text="Super-Intern").first.click()
    on = page.locator("[data-action=digest_on]").last
    await on.click(timeout=SLOW)
    await page.locator(".rail li button", has_text="marketing").first.click()
    await expect(page.locator(".middle")).to_contain_text("switched the digest weekly on")
    starts = house.child.starts
    await page.locator(".look").click()
    await page.locator("#tab-trouble").click()
    await page.locator("[data-switch=travel]").click()
    await wait_until(house.slack, lambda: house.child.starts > starts, 30)
    card = page.locator(".middle .message:has([data-action=details])").last
    await expect(card).to_contain_text("weekly · Monday", timeout=SLOW)
    await expect(card).to_contain_text("Bougies")
    await card.get_by_role("button", name="Draft an e-mail: Bougies et senteurs").click()
    brief = page.get_by_role("dialog")
    fields = brief.locator("input, textarea")
    await expect(fields.first).to_be_visible()
    values = await fields.evaluate_all("fields => fields.map(field => field.value)")
    assert any("Bougies et senteurs" in value for value in values), values
    await brief.get_by_role("button", name="Draft it").click()
    await page.locator(".middle .replies").last.click(timeout=SLOW)
    candle = page.locator(".thread [data-action^=answer]").first  # rules write about one thing
    await candle.click(timeout=SLOW)
    max_ = await house.visit("UMAX")
    await max_.locator(".middle .replies").last.click(timeout=SLOW)
    draft = max_.locator(".thread .message:has([data-action^=approve])").last
    await expect(draft).to_be_visible(timeout=SLOW)
    await approve(max_, draft)
    await expect(max_.locator(".thread")).to_contain_text("Approved by", timeout=SLOW)
