"""Approved versions rendered as Slack messages."""

from typing import Any

import pytest

from bot.config.brand import Brand
from bot.core.parts import Copy, Part, Table
from bot.db.session import Database
from bot.i18n.messages import LANGUAGES
from bot.slack.blocks import Message
from bot.slack.delivery import render_approved_messages
from tests.slack.test_draft_card import EXTREMES, LONG, RUDE
from tests.support.card_scenes import BODY, SUBJECT, drafted, drawn, seen, sound, text_of

HOSTS = {"https://shop.example"}


def words_of(messages: list[Message]) -> str:
    """Return the words of all rich text, in order."""
    found: list[str] = []
    for message in messages:
        for block in message.blocks:
            if block["type"] == "rich_text":
                for element in block["elements"]:
                    found += [str(one["text"]) for one in element["elements"]]
    return "".join(found)


def test_short_draft_is_one_message_with_campaign_code(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        (message,) = render_approved_messages(draft, "en", HOSTS)
    assert words_of([message]) == f"{SUBJECT}{BODY}See the shirt"
    assert f"Campaign code `{draft.code}`" in text_of(sound(message).blocks)
    assert message.rest is None
    assert SUBJECT in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXTREMES)
def test_long_draft_is_split_without_cutting(sqlite: Database, language: str, name: str) -> None:
    parts: tuple[Part, ...] = EXTREMES[name]
    with sqlite.begin() as session:
        messages = render_approved_messages(drafted(session, parts=parts), language, HOSTS)
    told = words_of([sound(message) for message in messages])
    for part in parts:
        if part.kind in ("copy", "quote", "heading"):
            assert part.text in told
        if part.kind == "table":
            assert "x" * 900 in told


def test_messages_are_numbered(sqlite: Database) -> None:
    with sqlite.begin() as session:
        messages = render_approved_messages(drafted(session, parts=EXTREMES["long"]), "en", HOSTS)
    assert len(messages) > 1
    assert messages[1].text.startswith(f"(2/{len(messages)}) ")
    assert sum("Campaign code" in text_of(one.blocks) for one in messages) == 1


def test_only_links_to_the_shop_are_clickable(sqlite: Database) -> None:
    with sqlite.begin() as session:
        messages = render_approved_messages(drafted(session, parts=EXTREMES["rude"]), "en", HOSTS)
        mine = render_approved_messages(drafted(session, id="t2"), "en", HOSTS)
    assert links(messages) == {"https://shop.example"}
    assert links(mine) == {"https://shop.example/linen?utm_campaign=si-1"}
    assert all("<!channel>" not in one.text and "@here" not in one.text for one in messages)
    assert RUDE.strip() in words_of(messages)
    assert LONG not in words_of(messages)


def links(messages: list[Message]) -> set[str]:
    def walk(value: Any) -> set[str]:
        if isinstance(value, list):
            return {url for one in value for url in walk(one)}
        if not isinstance(value, dict):
            return set()
        inner = {url for one in value.values() for url in walk(one)}
        return inner | ({str(value["url"])} if value.get("type") == "link" else set())

    return {url for message in messages for url in walk(message.blocks)}


SIZES = Table(columns=("Cible", "Clients"), rows=(("Vêtements en lin", "842"), ("Bain", "507")))
RULES = Table(columns=("Cible", "Règle"), rows=(("Vêtements en lin", "Ont acheté du lin"),))


def test_first_table_is_native_and_second_is_lines(sqlite: Database) -> None:
    parts = tuple(
        Part(kind="table", key=key, title=key, body=body)
        for key, body in (("sizes", SIZES), ("rules", RULES))
    )
    with sqlite.begin() as session:
        (message,) = render_approved_messages(drafted(session, parts=parts), "fr", HOSTS)
    (shown,) = [block for block in sound(message).blocks if block["type"] == "table"]
    assert [[cell["text"] for cell in row] for row in shown["rows"]] == [
        list(row) for row in (SIZES.columns, *SIZES.rows)
    ]
    assert words_of([message]) == "• Vêtements en lin · Règle\u00a0: Ont acheté du lin"
    assert "rich_text_preformatted" not in str(message.blocks)


def test_approved_text_says_where_its_button_leads_as_its_card_does(sqlite: Database) -> None:
    with sqlite.begin() as session:
        button = Part(kind="copy", key="call_to_action", title="Button", body=Copy(text="See it"))
        draft = drafted(session, parts=(button,))
        site = "https://shop.example"
        brand = Brand(name="Maison", site=site)
        (message,) = render_approved_messages(draft, "en", HOSTS, brand)
        (without,) = render_approved_messages(draft, "en", HOSTS)
        shown = text_of(drawn(seen(session)).blocks)
    told = f"Leads to: {site}?utm_campaign={draft.code}"
    assert told in text_of(sound(message).blocks)
    assert "Leads to" not in text_of(without.blocks)
    assert told in shown
