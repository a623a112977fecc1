"""A sent e-mail in the digest, end to end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import Container
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.upload import TableFile
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from tests.slack.bench import MAX, TEAM, buttons, text_of
from tests.support.uploads import MARIE, MARKETING, RIGHTS, Shop
from tests.support.waiting import wait_until

WORDS = "e-mail: our linen shirt is back in stock"
POLICY = '[approval]\napprovers = ["UMAX"]\n' + RIGHTS
BRAND = 'name = "Maison Lin"\nlanguages = ["en", "fr"]\n'
PRODUCTS = "sku,name,price,currency,materials\nL1,Linen shirt,59.00,EUR,linen\n"
OPENED, PEERS = 470, [421 + 5 * n for n in range(12)]  # of 1,204 each
HEAD = "id,date,channel,subject,sent,opened,utm_campaign"


def furnished(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "policy.toml").write_text(POLICY)
    (home / "brand.toml").write_text(BRAND)
    (home / "products.csv").write_text(PRODUCTS)
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    FileImporter(container, TEAM, ImportOptions(currency="EUR")).load_products(
        TableFile(home / "products.csv")
    )
    container.database.close()


def results(code: str, subject: str) -> bytes:
    """The export of an e-mail tool: this e-mail with its code, and a dozen earlier ones."""
    today = datetime.now(UTC)
    rows = [f'M1,{today:%Y-%m-%d},email,"{subject}",1204,{OPENED},{code}']
    for n, opened in enumerate(PEERS, start=1):
        rows.append(f"P{n},{today - timedelta(days=20 * n):%Y-%m-%d},email,No. {n},1204,{opened},")
    return "\n".join([HEAD, *rows]).encode()


def card(slack: LocalSlack, place: str, action: str) -> SlackMessage | None:
    """Return the newest message in the channel with this button."""
    shown = [one for one in slack.transcript(place) if action in buttons(one)]
    return shown[-1] if shown else None


async def shown(slack: LocalSlack, place: str, action: str) -> SlackMessage:
    await wait_until(slack, lambda: card(slack, place, action) is not None, 60)
    found = card(slack, place, action)
    assert found is not None
    return found


def named(message: SlackMessage, label: str) -> str:
    """Return the action of the button with this label."""
    every: list[Any] = [e for block in message.blocks for e in block.get("elements", [])]
    pressed = [one for one in every if one.get("type") == "button"]
    (found,) = [one for one in pressed if one["text"]["text"] == label]
    return str(found["action_id"])


async def sent(shop: Shop) -> tuple[str, str]:
    """Draft, approve and send Marie's e-mail. Returns its code and its subject."""
    slack = shop.slack
    assert (await slack.command(MARIE, MARKETING, "/draft", WORDS)).ok
    draft = await shown(slack, MARKETING, "edit")
    approve = next(one for one in buttons(draft) if one.startswith("approve"))
    assert (await slack.click(MAX, MARKETING, draft.ts, approve)).ok
    gone = "SELECT draft FROM deliveries WHERE state = 'gone'"
    await wait_until(slack, lambda: shop.read(gone) != [], 60)
    ((id,),) = shop.read(gone)
    database = Database(f"sqlite:///{shop.home / 'super-intern.db'}")
    with database.begin() as session:
        found = session.get_one(Draft, id)
        told = found.code, next(part.text for part in found.parts if part.key == "subject")
    database.close()
    return told


@pytest.mark.timeout(150)
async def test_digest_reports_a_sent_email_once_its_results_are_imported(
    tmp_path: Path,
) -> None:
    furnished(tmp_path)
    async with LocalSlack(signing_secret="sent") as slack:
        shop = Shop(slack, tmp_path, module="tests.support.quick_clock")
        await shop.start()
        try:
            code, subject = await sent(shop)
            await shop.take_in("letters.csv", results(code, subject), "13 rows are in")
            assert (await slack.command(MARIE, MARKETING, "/digest")).ok
            assert (await slack.submit(MARIE, slack.open_views(MARIE)[-1].id, {})).ok
            digest = await shown(slack, slack.open_direct_message(MARIE), "digest_on")
            said = text_of(digest)
            assert f"{subject}: 39% opened, 37% in the middle of comparable ones" in said
            assert "chance explains what lies between" in said
            assert await shop.press(digest, named(digest, "Adjust what we sent"))
            form = slack.open_views(MARIE)[-1]
            (brief,) = [b for b in form.blocks if b.get("block_id") == "words"]
            assert brief["element"]["initial_value"] == WORDS
            assert (await slack.submit(MARIE, form.id, {})).ok
            again = await shown(slack, slack.open_direct_message(MARIE), "edit")
            assert "shirt" in text_of(again).casefold()
            assert again.thread_ts == digest.ts
        finally:
            await shop.intern.kill()
