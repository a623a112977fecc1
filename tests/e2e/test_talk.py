"""In the messages of the page, a person …"""

import pytest
from playwright.async_api import Page, expect

from bot.playground.slack_objects import SlackMessage
from tests.e2e.house import House
from tests.e2e.steps import BRIEF, draft, in_channel, read_copy, write

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]

# What the browser makes of a file let go over an element.
DROP = """(target, {name, type, text}) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name, {type}));
    for (const kind of ['dragenter', 'dragover', 'drop'])
        target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer}));
}"""
LEFT_BELOW = "it => it.scrollHeight - it.scrollTop - it.clientHeight"


async def test_drops_a_file_into_the_message(house: House) -> None:
    page = await house.visit()
    await in_channel(page, "random")
    notes = {"name": "notes.txt", "type": "text/plain", "text": "linen, from Portugal"}
    await page.locator(".middle .composer").evaluate(DROP, notes)
    await expect(page.locator(".chips")).to_contain_text("notes.txt")
    await write(page, "Our notes")
    await expect(page.locator(".message a.file")).to_contain_text("notes.txt")
    (file,) = house.slack.transcript("C0SECRET")[-1].files
    assert file.content == b"linen, from Portugal"


async def test_has_a_draft_revised_by_a_reply(house: House) -> None:
    page = await house.visit()
    card = await draft(page)
    before = await read_copy(card)
    await write(page, "thanks!", thread=True)
    await write(page, "make it shorter", thread=True)
    versions = page.locator(".thread .message:has([data-action=more])")
    await expect(versions).to_have_count(2)
    await expect(versions.first).to_contain_text("make it shorter")
    assert 0 < len(await read_copy(versions.last)) < len(before)


async def test_without_rights_is_told_so_when_they_reply(house: House) -> None:
    page = await house.visit()
    card = await draft(page)
    outsider = await house.visit("UOTTO")
    await outsider.locator(".middle .replies").last.click()
    await write(outsider, "make it shorter", thread=True)
    await expect(outsider.locator(".whispered").last).to_contain_text("Only visible to you")
    await expect(card.locator("[data-action^=approve]")).to_be_visible()


async def test_changes_and_takes_back_their_own_words(house: House) -> None:
    page, other = await house.visit(), await house.visit("UMAX")
    await write(page, "A linnen shirt")
    mine = page.locator(".middle .message").last
    await mine.hover()
    await mine.locator("[data-tool=edit]").click()
    box = mine.locator("textarea")
    await expect(box).to_be_focused()
    await box.fill("A linen shirt")
    await box.press("Enter")
    theirs = other.locator(".middle .message").last
    await expect(theirs).to_contain_text("A linen shirt")
    await expect(theirs).to_contain_text("(edited)")
    await expect(theirs.locator("[data-tool=edit]")).to_have_count(0)
    await mine.hover()
    await mine.locator("[data-tool=erase]").click()
    await page.locator("[data-yes]").click()
    await expect(other.locator(".middle")).not_to_contain_text("A linen shirt")
    await house.slack.wait_for_deliveries(10)
    told = [one.event["event"].get("subtype") for one in house.slack.deliveries]
    assert told.count("message_changed") >= 1
    assert told.count("message_deleted") == 1


async def test_keeps_what_was_typed_while_looking_elsewhere(house: House) -> None:
    page = await house.visit()
    await page.locator(".middle textarea").fill("not yet sent")
    await in_channel(page, "launches")
    await expect(page.locator(".middle textarea")).to_have_value("")
    await in_channel(page, "marketing")
    await expect(page.locator(".middle textarea")).to_have_value("not yet sent")


async def test_stays_in_the_thread_they_write_in(house: House) -> None:
    page = await house.visit()
    await draft(page)
    first = await page.locator(".thread .message").first.get_attribute("data-ts")
    await page.locator(".thread textarea").fill("I am still")
    await write(page, f"@Super-Intern {BRIEF}")
    await expect(page.locator(".middle .message").last.locator(".replies")).to_be_visible()
    assert await page.locator(".thread .message").first.get_attribute("data-ts") == first
    await expect(page.locator(".thread textarea")).to_have_value("I am still")


async def many(house: House, number: int, thread: str | None = None) -> list[SlackMessage]:
    said = [
        await house.slack.post_message("UMAX", "C0LAUNCH", f"line {n} of many", thread)
        for n in range(number)
    ]
    await house.slack.wait_for_deliveries(10)
    return said


async def below(page: Page, pane: str) -> float:
    return float(await page.locator(f"{pane} .talk").evaluate(LEFT_BELOW))


async def test_opens_a_long_thread_at_its_newest(house: House) -> None:
    (root,) = await many(house, 1)
    replies = await many(house, 60, root.ts)
    page = await house.visit()
    await in_channel(page, "launches")
    await page.locator(f".middle [data-ts='{root.ts}'] .replies").click()
    newest = page.locator(f".thread [data-ts='{replies[-1].ts}']")
    await expect(newest).to_be_in_viewport()
    assert await below(page, ".thread") < 2
    await many(house, 30, root.ts)
    await expect(page.locator(".thread .message").last).to_be_in_viewport()
    await page.locator(".thread .talk").evaluate("it => { it.scrollTop = 0 }")
    await expect(page.locator(".thread .jump")).to_be_visible()
    await many(house, 3, root.ts)
    await expect(page.locator(f".thread [data-ts='{root.ts}']")).to_be_in_viewport()
    await page.locator(".thread .jump").click()
    await expect(page.locator(".thread .message").last).to_be_in_viewport()


async def test_opens_a_place_at_the_first_that_is_new(house: House) -> None:
    page = await house.visit()
    await in_channel(page, "launches")
    await in_channel(page, "marketing")
    (first, *_) = await many(house, 60)
    await expect(page.locator(".rail .unread")).to_contain_text("60")
    await in_channel(page, "launches")
    await expect(page.locator(f".middle [data-ts='{first.ts}']")).to_be_in_viewport()
    await expect(page.locator(".middle .line.fresh")).to_be_in_viewport()
    assert await below(page, ".middle") > 500
    await in_channel(page, "marketing")
    await in_channel(page, "launches")
    await expect(page.locator(".middle .message").last).to_be_in_viewport()
    await expect(page.locator(".middle .line.fresh")).to_have_count(0)
