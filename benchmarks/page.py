"""The playground's page in headless Chromium, before a real `play`: loads, clicks, memory."""

import gzip
import os
import tempfile
from functools import partial
from pathlib import Path

import psutil
from aiohttp import web
from playwright.async_api import Page, expect

from benchmarks.table import Figure, percentile
from bot.playground.page.server import BUNDLE
from tests.e2e.house import House, open_house
from tests.support.waiting import wait_until

LOADS, CLICKS, DRAFTS, AT_ONCE = 5, 12, 200, 10
BRIEF = "e-mail in English: our linen shirt is back in stock"
EMPTY = "<!doctype html><html lang=en><title>Empty</title><body><textarea></textarea></body></html>"
USABLE = """document.querySelector('textarea:not([disabled])') !== null"""
CLICK = """card => new Promise((done, failed) => {
    const began = performance.now();
    const whole = document.body;
    new MutationObserver((_, seen) => {
        seen.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    }).observe(whole, {childList: true, subtree: true, attributes: true, characterData: true});
    setTimeout(() => failed(new Error('nothing changed')), 5000);
    card.click();
})"""
# Approve itself: from the click, through Slack, the intern and its cards, until it is said.
APPROVE = """card => new Promise((done, failed) => {
    const began = performance.now();
    const message = card.closest('.message');
    const seen = new MutationObserver(() => {
        if (message.querySelector('[data-action^=approve]')) return;
        seen.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    });
    seen.observe(message, {childList: true, subtree: true});
    setTimeout(() => failed(new Error('not approved')), 5000);
    document.querySelector('[data-yes]').click();
})"""
# The form itself: from the click, through Slack and the intern, until it stands there.
FORM = """card => new Promise((done, failed) => {
    const began = performance.now();
    const seen = new MutationObserver(() => {
        if (!document.querySelector('dialog, [role=dialog]')) return;
        seen.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    });
    seen.observe(document.body, {childList: true, subtree: true});
    setTimeout(() => failed(new Error('no form')), 5000);
    card.click();
})"""


async def page() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with open_house(Path(folder), before=_empty) as house:
            loads = await _loads(house)
            clicks = [*await _clicks(house), *await _approvals(house)]
            memory = await _memory(house)
    return [*loads, _bundle(), *clicks, memory]


def _empty(application: web.Application) -> None:
    async def empty(_: web.Request) -> web.Response:
        return web.Response(text=EMPTY, content_type="text/html")

    application.router.add_get("/bench/empty", empty)


async def _loads(house: House) -> list[Figure]:
    """From the start of the navigation until something can be typed; medians."""
    tab = await house.visit()
    anchor = await _median_load(tab, f"{house.address}bench/empty")
    loaded = await _median_load(tab, f"{house.address}?as=UMARIE")
    return [Figure("page load", loaded, "ms", 1000, f"empty page {anchor:.0f} ms, same server")]


async def _median_load(tab: Page, address: str) -> float:
    times = []
    for _ in range(LOADS):
        await tab.goto(address)
        await tab.wait_for_function(USABLE)
        times.append(float(await tab.evaluate("performance.now()")))
    return percentile(times, 0.5)


def _bundle() -> Figure:
    sizes = [len(gzip.compress(path.read_bytes())) for path in BUNDLE.iterdir()]
    whole = sum(path.stat().st_size for path in BUNDLE.iterdir())
    return Figure("bundle, gzipped", sum(sizes) / 1000, "kB", 500, f"{whole / 1000:.0f} kB plain")


async def _clicks(house: House) -> list[Figure]:
    """Edit on a card: until anything changes (the button itself), and until its form stands."""
    marie = await house.visit()
    await _ask(marie)
    edit = marie.locator(".thread [data-action=edit]").first
    await expect(edit).to_be_visible()
    forms = [await _form(marie) for _ in range(CLICKS + 1)][1:]  # the first one warms up
    changes = []
    for _ in range(CLICKS):
        await expect(edit).to_be_enabled()
        changes.append(float(await edit.evaluate(CLICK)))
        await _close(marie)
    return [
        Figure("click on a card, first visible change, p50", percentile(changes, 0.5), "ms", 150),
        Figure("click on a card, first visible change, worst", max(changes), "ms", 150),
        Figure("click on Edit until its form stands, p50", percentile(forms, 0.5), "ms", 150),
        Figure("click on Edit until its form stands, worst", max(forms), "ms", 150),
    ]


async def _approvals(house: House) -> list[Figure]:
    """Approve as the manager, until the card says so. The brief's claim has no source, so the
    page asks "Is this right?" first: the clock starts at the yes."""
    manager = await house.visit("UMAX")
    times = []
    for _ in range(CLICKS + 1):
        said = await house.slack.post_message(
            "UMARIE", "C0MARKET", f"<@{house.slack.bot_user}> {BRIEF}"
        )
        await manager.locator(f".middle [data-ts='{said.ts}'] .replies").click()
        approve = manager.locator(".thread [data-action^=approve]").first
        await approve.click()
        await expect(manager.locator("[data-yes]")).to_be_visible()
        times.append(float(await approve.evaluate(APPROVE)))
    kept = times[1:]  # the first one warms up
    return [
        Figure("Approve until the card says so, p50", percentile(kept, 0.5), "ms", 150),
        Figure("Approve until the card says so, worst", max(kept), "ms", 150),
    ]


async def _form(tab: Page) -> float:
    edit = tab.locator(".thread [data-action=edit]").first
    await expect(edit).to_be_enabled()
    took = float(await edit.evaluate(FORM))
    await _close(tab)
    return took


async def _close(tab: Page) -> None:
    dialog = tab.get_by_role("dialog")
    await dialog.wait_for()
    await tab.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def _ask(tab: Page) -> None:
    box = tab.locator(".middle textarea")
    await box.fill(f"@Super-Intern {BRIEF}")
    await box.press("Escape")
    await box.press("Enter")


async def _memory(house: House) -> Figure:
    """The door's process (this one: it also holds Playwright's client) and the intern's."""
    cards = 0
    for _ in range(DRAFTS // AT_ONCE):
        for _ in range(AT_ONCE):
            await house.slack.post_message(
                "UMARIE", "C0MARKET", f"<@{house.slack.bot_user}> {BRIEF}"
            )
        cards += AT_ONCE
        await wait_until(house.slack, partial(_drafted, house, cards), 60)
    assert house.child.pid is not None
    door, child = (
        psutil.Process(id).memory_info().rss / 1e6 for id in (os.getpid(), house.child.pid)
    )
    told = f"door {door:.0f} MB, with this script in it; intern {child:.0f} MB"
    return Figure(f"memory of play after {DRAFTS} drafts", door + child, "MB", 700, told)


def _drafted(house: House, wanted: int) -> bool:
    said = house.slack.transcript("C0MARKET")
    return sum("send_back" in str(one.blocks) for one in said) >= wanted
