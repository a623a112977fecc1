"""A result in the page …"""

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
from tests.support.sample_tables import made

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]
SLOW = 90_000  # milliseconds, on a busy machine


def take_feedback_in(home: Path) -> None:
    """The sample shop's reviews and messages, as an administrator would."""
    settings = Settings.read({"SUPER_INTERN_HOME": str(home)})
    importing = FileImporter(Pieces(settings).migrated(), TEAM_ID, ImportOptions(currency="EUR"))
    path = made() / "feedback.csv"
    importing.load(TableFile(path), detect_schema(path, name=path.name))


async def test_sums_up_comments_with_a_picture_and_leads_to_an_answer(house: House) -> None:
    await asyncio.to_thread(take_feedback_in, house.home)
    page = await house.visit("UMARIE", guide=True)
    await page.locator("[data-suggestion='4']").click()
    card = page.locator(".message:has([data-action=lead])").last
    await expect(card).to_contain_text("Runs small", timeout=SLOW)
    await expect(card).not_to_contain_text("Not used")
    await expect(card).to_contain_text("feedback.csv, V")  # what customers say, with its source
    await card.locator("[data-action=lead]").first.click()
    form = page.get_by_role("dialog")
    fields = form.locator("input, textarea")
    await expect(fields.first).to_be_visible()
    values = await fields.evaluate_all("fields => fields.map(field => field.value)")
    assert "customers who complained (runs small)" in values
    assert "what" not in values
    await form.locator("[data-action=must_say]").fill("We have measured every size anew.")
    await form.get_by_role("button", name="Draft it").click()
    answer = page.locator(".thread .message:has([data-action=edit])").last
    await expect(answer).to_contain_text("We have measured every size anew.", timeout=SLOW)
    await expect(answer).not_to_contain_text("Not used")
