"""When Slack misbehaves at the press of a switch, a person …"""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.house import SECONDS, House
from tests.e2e.steps import BRIEF, everything_said, write
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]


async def trouble(house: House) -> Page:
    page = await house.visit()
    await page.locator(".look").click()
    await page.locator("#tab-trouble").click()
    return page


async def flip(page: Page, name: str) -> Locator:
    switch = page.locator(f"[data-switch={name}]")
    await switch.click()
    return switch


async def drafted_once(house: House, page: Page) -> None:
    """A draft asked for now comes, once; the page's own count says so as well."""
    before = [one for one in everything_said(house) if one.bot_id]
    asked = int((await page.locator("[data-proof=asked]").inner_text()).split()[0])
    await write(page, f"@Super-Intern {BRIEF}")
    ended = page.locator("[data-proof=ended]")
    await expect(ended).to_have_text(f"{asked + 1} answered", timeout=2 * SECONDS)
    await expect(page.locator("[data-proof=open]")).to_have_text("0 under way")
    await expect(page.locator("[data-proof=lost]")).to_have_text("0 lost")
    await expect(page.locator("[data-proof=doubled]")).to_have_text("0 came twice")
    await house.slack.wait_for_deliveries(10)
    (card,) = [one for one in everything_said(house) if one.bot_id and one not in before]
    await wait_until(house.slack, lambda: "send_back" in str(card.blocks), 15)


async def test_gets_one_draft_when_everything_comes_twice(house: House) -> None:
    page = await trouble(house)
    switch = await flip(page, "twice")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await drafted_once(house, page)
    await flip(page, "twice")
    await expect(switch).to_have_attribute("aria-checked", "false")


async def test_gets_one_draft_when_slack_is_slow(house: House) -> None:
    page = await trouble(house)
    switch = await flip(page, "slow")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await drafted_once(house, page)
    await flip(page, "slow")
    await expect(switch).to_have_attribute("aria-checked", "false")


async def test_gets_one_draft_when_slack_refuses_with_429(house: House) -> None:
    page = await trouble(house)
    already = len(house.slack.calls)
    switch = await flip(page, "refuse")
    await expect(switch).to_be_disabled()
    await drafted_once(house, page)
    refused = [one for one in house.slack.calls[already:] if one.answer.get("error")]
    assert {one.answer["error"] for one in refused} == {"ratelimited"}


async def test_gets_one_draft_when_the_intern_is_killed(house: House) -> None:
    page = await trouble(house)
    starts = house.child.starts
    await flip(page, "kill")
    await drafted_once(house, page)
    await expect(page.locator(".pulse:not(.down)")).to_be_visible()
    assert house.child.starts == starts + 1


async def test_gets_one_draft_when_the_line_is_cut(house: House) -> None:
    page = await trouble(house)
    switch = await flip(page, "drop")
    await expect(switch).to_be_disabled()
    already = len(house.slack.deliveries)
    await drafted_once(house, page)
    errors = [
        [one.error for one in event.attempts] for event in house.slack.deliveries[already:][:2]
    ]
    assert errors == [["dispatch_failed", None]] * 2
    await expect(switch).to_be_enabled()
