"""In a real browser, against a real intern, a person …"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from tests.e2e.house import SECONDS, House, open_house
from tests.e2e.steps import (
    BRIEF,
    actions,
    approve,
    cards,
    draft,
    everything_said,
    in_channel,
    read_copy,
    thread_as,
    write,
)
from tests.fakes.claude import ScriptedClaude
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("e2e")]


async def test_gets_a_draft_by_a_command(house: House) -> None:
    page = await house.visit()
    await in_channel(page, "launches")
    await page.locator(".middle textarea").fill("/dr")
    await expect(page.locator(".offers [role=option]")).to_have_count(1)
    await page.locator(".middle textarea").press("Tab")
    await page.locator(".middle textarea").press_sequentially(f"{BRIEF}")
    await page.locator(".middle textarea").press("Enter")
    await expect(cards(page).last).to_contain_text("inen")


async def test_gets_a_draft_by_a_mention_edits_it_and_the_manager_approves(house: House) -> None:
    page = await house.visit()
    card = await draft(page)
    await card.locator("[data-action=edit]").first.click()
    form = page.get_by_role("dialog")
    field = form.locator("input[data-action], textarea[data-action]").first
    await field.fill("")
    await form.locator("button[type=submit]").click()
    await expect(form.locator(".error")).to_be_visible()
    await field.fill("Back at last: the linen shirt")
    await form.locator("button[type=submit]").click()
    await expect(form).to_be_hidden()
    await expect(card).to_contain_text("Back at last: the linen shirt")
    await expect(card.locator("[data-action^=approve]")).to_be_visible()

    manager, seen = await thread_as(house, "UMAX")
    await approve(manager, seen)
    await expect(seen.locator("[data-action^=approve]")).to_have_count(0)
    await expect(card.locator("[data-action^=approve]")).to_have_count(0)
    await expect(page.locator(".thread")).to_contain_text("@Max")
    await page.locator(".look").click()
    await expect(page.locator(".task .state").first).to_have_text("approved")


async def test_is_told_by_slack_where_the_intern_is_no_member_and_invites_it(house: House) -> None:
    page = await house.visit()
    await in_channel(page, "random")
    await write(page, f"@Super-Intern {BRIEF}")
    told = page.locator(".whispered").last
    await expect(told).to_contain_text("@Super-Intern isn't in #random")
    await told.locator("[data-action=slack_invite]").click()
    await expect(page.locator(".whispered").last).to_contain_text("is in #random now")
    await draft(page)


async def test_without_rights_is_refused_in_private(house: House) -> None:
    page = await house.visit()
    await draft(page)
    outsider, seen = await thread_as(house, "UOTTO")
    await approve(outsider, seen)
    await expect(outsider.locator(".whispered").last).to_contain_text("Only visible to you")
    await expect(seen.locator("[data-action^=approve]")).to_be_visible()
    await expect(page.locator(".whispered")).to_have_count(0)


async def test_sends_a_draft_back_and_gets_another(house: House) -> None:
    page = await house.visit()
    card = await draft(page)
    await card.locator("[data-action=send_back]").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("checkbox").first.check()
    await form.locator("button[type=submit]").click()
    await expect(page.locator(".thread .message:has([data-action=more])")).to_have_count(2)


async def test_keeps_a_draft_private_until_it_is_shared(house: House) -> None:
    page, other = await house.visit(), await house.visit("UMAX")
    await in_channel(page, "launches")
    await in_channel(other, "launches")
    before = await cards(other).count()
    await write(page, f"/draft just for me: {BRIEF}")
    share = page.locator("[data-action=share]").last
    for _ in range(100):
        if await share.count():
            break
        await in_channel(page, "Super-Intern")
        if await page.locator(".middle .replies").count():
            await page.locator(".middle .replies").last.click()
        await asyncio.sleep(0.1)
    assert await cards(other).count() == before
    await share.click()
    await expect(cards(other)).to_have_count(before + 1)


async def test_sees_nothing_twice_when_slack_delivers_twice(house: House) -> None:
    page = await house.visit()
    await page.locator(".look").click()
    await page.locator("#tab-trouble").click()
    await page.locator("[data-switch=twice]").click()
    await expect(page.locator("[data-switch=twice]")).to_have_attribute("aria-checked", "true")
    await page.locator(".behind header button").click()
    await draft(page)
    await house.slack.wait_for_deliveries(10)
    await expect(page.locator(".thread .message")).to_have_count(2)
    house.slack.faults.deliver_twice_without_headers = False


@pytest.mark.slow
async def test_loses_nothing_when_the_worker_is_killed_in_mid_draft(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedClaude(delay=2) as claude:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", claude.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", claude.key)
        async with open_house(tmp_path / "killed", house.browser) as slow:
            page = await slow.visit()
            await page.locator(".look").click()
            await page.locator("#tab-trouble").click()
            await write(page, f"@Super-Intern {BRIEF}")
            await asyncio.wait_for(claude.answering.wait(), 40)
            await wait_until(
                slow.slack, lambda: any(one.bot_id for one in everything_said(slow)), 40
            )
            (card,) = [one for one in everything_said(slow) if one.bot_id]
            begun = len(claude.letters)
            assert "stop" in actions(card)  # a card in mid draft
            await page.locator("[data-switch=kill]").click()
            await expect(page.locator(".pulse.down")).to_be_visible()
            assert "stop" in actions(card)
            assert "edit" not in actions(card)
            await expect(page.locator(".pulse:not(.down)")).to_be_visible()
            assert slow.child.starts == 2
            await expect(page.locator("[data-proof=ended]")).to_have_text(
                "1 answered", timeout=2 * SECONDS
            )
            await expect(page.locator("[data-proof=asked]")).to_have_text("1 asked")
            await expect(page.locator("[data-proof=lost]")).to_have_text("0 lost")
            await expect(page.locator("[data-proof=doubled]")).to_have_text("0 came twice")
            assert len(claude.letters) > begun  # it was asked again
            await wait_until(slow.slack, lambda: "edit" in actions(card), 40)
            await slow.slack.wait_for_deliveries(10)
            assert [one for one in everything_said(slow) if one.bot_id] == [card]
            await page.locator(".behind header button").click()
            await page.locator(".middle .message").last.locator(".replies").click()
            await expect(page.locator(".thread .message:has([data-action=edit])")).to_have_count(1)
            await expect(page.locator(".thread .message")).to_have_count(2)


@pytest.mark.slow
async def test_follows_the_three_suggestions_to_their_end(house: House) -> None:
    page = await house.visit(guide=True)
    versions = page.locator(".thread .message:has([data-action=more])")
    await page.locator("[data-suggestion='1']").click()
    await expect(versions).to_have_count(2)
    email = versions.first
    await expect(email).to_contain_text("E-mail · Linen shirt")
    await expect(versions.last).to_contain_text("SMS · Linen shirt")
    before = await read_copy(email)

    await page.locator("[data-suggestion='2']").click()
    await expect(page.locator(".thread")).to_contain_text("Make the e-mail shorter")
    await expect(versions).to_have_count(3)
    shorter = versions.last
    await expect(shorter).to_contain_text("E-mail")
    await expect(email).to_contain_text("Changes requested by @Marie")
    await expect(email.locator("[data-action=edit]")).to_have_count(0)
    assert 0 < len(await read_copy(shorter)) < len(before)

    await page.locator("[data-suggestion='3']").click()
    form = page.get_by_role("dialog")
    field = form.locator("input[data-action], textarea[data-action]").first
    await field.fill("The linen shirt, back")
    await form.locator("button[type=submit]").click()
    await expect(form).to_be_hidden()
    await expect(shorter).to_contain_text("The linen shirt, back")
    await page.locator(".guide .steps button.link").click()
    await expect(page.locator("[data-person=UMAX]")).to_have_attribute("aria-pressed", "true")
    await expect(versions).to_have_count(3)
    seen = versions.last
    await approve(page, seen)
    await expect(seen.locator("[data-action^=approve]")).to_have_count(0)
    await expect(seen).to_contain_text("Approved by @Max")
    await page.locator(".guide .steps button.link").click()
    await expect(page.locator(".guide .steps li.done")).to_have_count(4)
    await expect(page.locator(".task").first).to_be_visible()


@pytest.mark.slow
async def test_has_no_analysis_and_nobody_else_s_draft_shortened_by_the_guide(
    house: House, tmp_path: Path
) -> None:
    """The second suggestion is a reply under an e-mail of one's own."""
    async with open_house(tmp_path / "guided", house.browser) as own:
        theirs = await own.visit("UMARIE")
        await draft(theirs)
        await write(theirs, f"/draft {BRIEF}")  # its card stands in no thread
        await expect(theirs.locator(".middle .message:has([data-action=edit])")).to_have_count(1)
        page = await own.visit("UOTTO", guide=True)
        await in_channel(page, "marketing")
        asked = len(everything_said(own))
        await page.locator("[data-suggestion='2']").click()
        await expect(page.locator(".guide [role=status]")).to_contain_text("Ask for a draft first")
        assert len(everything_said(own)) == asked
        await write(page, f"@Super-Intern {BRIEF}")
        mine = page.locator(".thread .message:has([data-action=edit])")
        await expect(mine).to_have_count(1)
        await write(page, "@Super-Intern what do customers say about sizing?")
        await expect(page.locator(".thread")).not_to_contain_text("back in stock")
        await page.locator("[data-suggestion='2']").click()
        await expect(page.locator(".thread")).to_contain_text("Make the e-mail shorter")
        await expect(page.locator(".thread")).to_contain_text("linen shirt is back in stock")


@pytest.mark.slow
async def test_finds_the_state_after_a_reload(house: House) -> None:
    page = await house.visit("ULEA")
    await in_channel(page, "marketing")
    before = await page.locator(".middle .message").count()
    await page.reload()
    await expect(page.locator(".middle .message")).to_have_count(before)
    await expect(page.locator("[data-person=ULEA]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.slow
async def test_finds_the_state_after_a_restart(house: House, tmp_path: Path) -> None:
    async with open_house(tmp_path / "kept", house.browser) as first:
        await draft(await first.visit())
    async with open_house(tmp_path / "kept", house.browser) as second:
        page, card = await thread_as(second, "UMAX")
        await approve(page, card)
        await expect(page.locator(".thread")).to_contain_text("@Max")


@pytest.mark.slow
async def test_shares_a_file(house: House, tmp_path: Path) -> None:
    page = await house.visit()
    await in_channel(page, "random")
    notes = tmp_path / "notes.txt"
    notes.write_text("linen, from Portugal")
    await page.locator(".middle input[type=file]").set_input_files(notes)
    await write(page, "Our notes")
    await expect(page.locator(".message a.file")).to_contain_text("notes.txt")


async def test_reads_french_on_the_page_and_on_the_cards(house: House) -> None:
    page = await house.visit(language=None, locale="fr-FR")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.locator(".rail")).to_contain_text("Canaux")
    card = await draft(page, "un e-mail : notre chemise en lin est de retour en stock")
    await expect(card.locator("[data-action^=approve]")).to_have_text("Valider")
    await expect(card).to_contain_text("products.csv, ligne 4")
    await page.get_by_role("button", name="Switch to English").click()
    await expect(page.locator(".rail")).to_contain_text("Channels")
    await expect(card.locator("[data-action^=approve]")).to_have_text("Approve")
    await expect(card).to_contain_text("products.csv, line 4")


async def test_sees_the_ai_log_and_the_chain(house: House) -> None:
    page = await house.visit()
    await page.locator(".look").click()
    await expect(page.locator(".task").first).to_be_visible()
    await page.locator("#tab-left").click()
    await expect(page.locator("[role=tabpanel]")).to_contain_text("No AI calls yet")
    await page.locator("#tab-journal").click()
    await expect(page.locator(".verdict.good")).to_contain_text("the chain is whole")
    await page.locator("#tab-wire").click()
    await expect(page.locator(".ack").first).to_contain_text("ms")


@pytest.mark.slow
async def test_reads_a_time_in_a_table_and_in_words_as_a_time(house: House) -> None:
    page = await house.visit()
    at = "2018-08-14 20:43:09"
    rows = [[{"type": "raw_text", "text": one}] for one in ("Day", at)]
    blocks: list[dict[str, Any]] = [
        {"type": "table", "rows": rows},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"bought {at} :x:"}},
    ]
    slack = AsyncWebClient(house.slack.bot_token, base_url=house.slack.url)
    await slack.chat_postMessage(channel="C0MARKET", text="a table", blocks=blocks)
    shown = page.locator(".middle .message").last
    await expect(shown.locator("table")).to_contain_text(at)
    await expect(shown).to_contain_text(f"bought {at}")
    await expect(shown.locator("svg.sign")).to_have_count(1)


WIDE: list[dict[str, Any]] = [
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": f"Tablier de cuisine {n}"} for n in range(12)]
            for _ in range(2)
        ],
        "column_settings": [{"is_wrapped": n % 2 == 0} for n in range(12)],
    },
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "long",
                "text": {
                    "type": "plain_text",
                    "text": "Draft copy for " + "the cabinet-makers " * 3,
                },
            }
        ],
    },
]


LINES_OF_A_WORD = """cell => {
    const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
    const word = document.createRange();
    word.setStart(text, 0);
    word.setEnd(text, "Tablier".length);
    return word.getClientRects().length;
}"""


async def test_scrolls_a_wide_table_and_not_the_page(house: House) -> None:
    slack = AsyncWebClient(token=house.slack.bot_token, base_url=house.slack.url)
    sent = await slack.chat_postMessage(channel="C0MARKET", text="A wide table", blocks=WIDE)
    for width in (1360, 390):
        page = await house.visit(width=width)
        message = page.locator(f".middle [data-ts='{sent['ts']}']")
        await expect(message.locator("td").first).to_be_visible()
        wider = "one => one.scrollWidth - one.clientWidth"
        assert await page.locator(".middle .talk").evaluate(wider) == 0
        assert await message.locator(".slack_blocks_to_jsx__table").evaluate(wider) > 0
        assert await message.locator("td").first.evaluate(LINES_OF_A_WORD) == 1
        higher = "() => document.documentElement.scrollHeight - window.innerHeight"
        assert await page.evaluate(higher) == 0


async def test_wraps_the_cells_of_a_table_in_a_thread(house: House) -> None:
    row = ("November 2026, until 27 November", "Without a discount", "€261,146", "2,170")
    cells = [[{"type": "raw_text", "text": one} for one in row]]
    table: list[dict[str, Any]] = [{"type": "table", "rows": cells}]
    slack = AsyncWebClient(token=house.slack.bot_token, base_url=house.slack.url)
    asked = await slack.chat_postMessage(channel="C0MARKET", text="which codes?")
    await slack.chat_postMessage(
        channel="C0MARKET", text="a table", blocks=table, thread_ts=asked["ts"]
    )
    page = await house.visit(width=1280)
    await page.locator(f".middle [data-ts='{asked['ts']}'] .replies").click()
    shown = page.locator(".thread .slack_blocks_to_jsx__table")
    await expect(shown).to_contain_text(row[-1])
    assert await shown.evaluate("one => one.scrollWidth - one.clientWidth") == 0
