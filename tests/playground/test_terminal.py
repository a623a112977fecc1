"""Tests of the terminal client and its rendering."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, Group
from slack_bolt.async_app import AsyncApp

from bot.playground.local_slack import LocalSlack
from bot.playground.terminal.block_rendering import BlockRenderer, ControlLocation, ControlRegistry
from bot.playground.terminal.client import TerminalClient
from bot.playground.terminal.console import LineReader
from bot.playground.terminal.text_rendering import DisplayNames, compose_text, render_mrkdwn
from tests.playground.conftest import SUBMIT, button, field_of, modal, section

Block = dict[str, Any]
MARKETING = "C0MARKET"


def console(width: int = 60) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)


def drawn(*blocks: Block, width: int = 60, reader: str = "UMAX") -> str:
    """The blocks as they stand on the screen."""
    names = DisplayNames(LocalSlack("s"), reader, hide_time=True)
    screen = console(width)
    for block in blocks:
        block.setdefault("block_id", "b")
    screen.print(
        Group(
            *BlockRenderer(names, ControlRegistry(), ControlLocation("C", "1")).draw(list(blocks))
        )
    )
    return text_of(screen)


def text_of(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return "\n".join(line.rstrip() for line in screen.file.getvalue().split("\n")).rstrip()


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Block:
    return {"text": plain(text), "value": text.lower()}


def rich(*parts: Block) -> Block:
    return {"type": "rich_text", "elements": list(parts)}


def run(*texts: str, kind: str = "rich_text_section") -> Block:
    return {"type": kind, "elements": [{"type": "text", "text": text} for text in texts]}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("*bold* and _thin_ and ~gone~", "bold and thin and gone"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("<@UMARIE> in <#C0LAUNCH> and <#C9|old>", "@Marie in #launches and #old"),
        ("<https://a.example|shop> <https://a.example>", "shop (https://a.example) https://a.e"),
        (":white_check_mark: 10 &lt; 20 &amp; <!here>", "✅ 10 < 20 & @here"),
        ("`<b>` :no_such_emoji:", "<b> :no_such_emoji:"),
        ("says:\n&gt; so it is", "says:\n▏ so it is"),
        ("on <!date^1795539560^{date_short} {time}|a day>", "on Nov 24, 2026"),
    ],
)
def test_mrkdwn_is_rendered(said: str, shown: str) -> None:
    names = DisplayNames(LocalSlack("s"), "UMAX", hide_time=True)
    assert render_mrkdwn(said, names).plain.startswith(shown)


def test_buttons_of_card_are_numbered() -> None:
    menu = {"type": "overflow", "action_id": "more", "options": [option("Reject"), option("Why")]}
    row = {"type": "actions", "elements": [button("a"), button("b"), menu]}
    header = {"type": "header", "text": plain("E-mail")}
    small = {"type": "context", "elements": [{"type": "mrkdwn", "text": "*small*"}]}
    assert drawn(header, small, section("<@UMAX> says"), row) == (
        "E-mail\nsmall\n\n@Max says\n\n[1] Press   [2] Press\n[3] ⋯ 1 Reject · 2 Why"
    )


def test_button_labels_are_not_split_across_lines() -> None:
    row = {"type": "actions", "elements": [button(f"b{n}") for n in range(4)]}
    assert drawn(row, width=24) == "[1] Press   [2] Press\n[3] Press   [4] Press"


def test_invisible_elements_are_not_rendered() -> None:
    hers = button("b", visible_to_user_ids=["ULEA"])
    assert drawn({"type": "actions", "elements": [button("a"), hers]}) == "[1] Press"


def test_menus_mark_initial_options() -> None:
    options = [option("E-mail"), option("SMS")]
    menu = {
        "type": "static_select",
        "action_id": "s",
        "placeholder": plain("Where"),
        "options": options,
        "initial_option": options[1],
    }
    assert drawn(section() | {"accessory": menu}) == "hello\n[1] ▾ Where: 1 E-mail · 2 SMS ✓"


def test_all_rich_text_elements_are_rendered() -> None:
    items = {"type": "rich_text_list", "style": "ordered", "elements": [run("one"), run("two")]}
    quote = run("A long line that the bar keeps together", kind="rich_text_quote")
    box = run("a  | b", kind="rich_text_preformatted")
    assert drawn(rich(run("*raw*"), quote, items, box), width=24) == (
        "*raw*\n▏ A long line that the\n▏ bar keeps together\n1. one\n2. two\n  a  | b"
    )


def test_tables_and_unknown_blocks_are_rendered() -> None:
    def cell(text: str) -> Block:
        return {"type": "raw_text", "text": text}

    table = {"type": "table", "rows": [[cell("Size"), cell("Left")], [cell("M"), cell("4")]]}
    shown = drawn(table, {"type": "call", "call_id": "1"}, {"type": "divider"})
    for words in ("Size", "M", "[call]", "────"):
        assert words in shown


def test_typed_names_become_mentions() -> None:
    slack = LocalSlack("s")
    assert compose_text("@intern for @lea: 1 < 2, mail a@intern.fr, #launches #7", slack) == (
        "<@UINTERN> for <@ULEA>: 1 &lt; 2, mail a@intern.fr, <#C0LAUNCH|launches> #7"
    )


class Stage:
    """A local Slack, a small app, and a script that is typed."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack, self.saved = slack, dict[str, Any]()

    async def typed(self, *lines: str) -> str:
        """Return what the screen shows after these lines."""
        client, screen = self.client(*lines)
        async with asyncio.timeout(15):
            await client.run()
        return text_of(screen)

    def client(self, *lines: str) -> tuple[TerminalClient, Console]:
        screen = console(70)
        typed = LineReader(io.StringIO("\n".join(lines) + "\n"), lambda line: screen.print(line))
        return TerminalClient(self.slack, typed, screen, ("/draft",), quiet=0.1), screen


def a_card(state: str) -> list[Block]:
    more = {"type": "overflow", "action_id": "more", "options": [option("Reject"), option("Why")]}
    confirm = {"title": plain("Sure?"), "text": plain("It goes out."), "confirm": plain("Go")}
    confirm["deny"] = plain("Wait")
    buttons = [button("approve", confirm=confirm), button("edit"), more]
    return [section(f"The card is {state}"), {"type": "actions", "elements": buttons}]


@pytest.fixture
async def stage(slack: LocalSlack, over_http: AsyncApp) -> Stage:
    one = Stage(slack)

    @over_http.command("/draft")
    async def draft(ack: Any, body: Any, client: Any) -> None:
        await ack()
        words = body["text"] or "nothing"
        posted = await client.chat_postMessage(
            channel=body["channel_id"],
            text="working",
            blocks=[{"type": "actions", "elements": [button("stop")]}],
        )
        asyncio.get_running_loop().call_later(
            0.3,
            asyncio.ensure_future,
            client.chat_update(
                channel=body["channel_id"], ts=posted["ts"], text="done", blocks=a_card(words)
            ),
        )

    @over_http.action("approve")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        blocks = [section(f"Approved by <@{body['user']['id']}>")]
        await client.chat_update(channel=channel, ts=ts, text="yes", blocks=blocks)
        await client.chat_postMessage(channel=channel, thread_ts=ts, text="Out it goes")

    @over_http.action("edit")
    async def edit(ack: Any, body: Any, client: Any) -> None:
        await ack()
        blocks = [
            field_of("subject", initial_value="Old"),
            field_of("body", multiline=True),
            field_of("where") | {"element": a_menu()},
        ]
        await client.views_open(trigger_id=body["trigger_id"], view=modal(*blocks, submit=SUBMIT))

    @over_http.action("more")
    async def more(ack: Any, body: Any, client: Any) -> None:
        await ack()
        chosen = body["actions"][0]["selected_option"]["value"]
        channel, user = body["channel"]["id"], body["user"]["id"]
        await client.chat_postEphemeral(channel=channel, user=user, text=f"You chose {chosen}")

    @over_http.view("edit")
    async def sent(ack: Any, view: Any) -> None:
        values = view["state"]["values"]
        one.saved = {name: next(iter(fields.values())) for name, fields in values.items()}
        if "bad" in one.saved["subject"]["value"]:
            await ack(response_action="errors", errors={"subject": "Not that one."})
        else:
            await ack()

    return one


def a_menu() -> Block:
    options = [option("Mail"), option("SMS")]
    return {"type": "static_select", "action_id": "words", "options": options}


async def test_card_is_drawn_when_finished(stage: Stage) -> None:
    shown = await stage.typed("# said by Max", "/as max", "/draft shirts")
    assert "said by Max" not in shown
    assert shown.startswith(
        "Marie #marketing> /as max\nYou are now Max Weber, manager.\n"
        "Max #marketing> /draft shirts\n(1) Super-Intern\n╭"
    )
    assert "The card is shirts" in shown
    assert "working" not in shown


async def test_press_asks_for_confirmation_and_redraws_card(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "1", "n", "1", "y")
    no, yes = shown.split("Go (y) / Wait (n): n")
    assert "Sure?\nIt goes out." in no
    assert yes.startswith("\nNot pressed.")
    assert "(1) Super-Intern · redrawn" in yes
    assert "Approved by @Marie" in yes
    assert "(2) Super-Intern, in the thread of (1)\nOut it goes" in yes


async def test_removed_button_is_not_pressed(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "1", "y", "2", "9")
    assert "That has changed since it was drawn." in shown
    assert not stage.slack.open_views("UMARIE")
    assert shown.endswith("There is nothing with the number 9.")


async def test_menu_option_is_chosen_by_two_numbers(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "3", "3 2")
    assert "Choose one:\n  3 1 Reject\n  3 2 Why" in shown
    assert shown.endswith("(2) Super-Intern · only you see this\nYou chose why")


async def test_button_is_pressed_by_label(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "[Why]", "[Nothing of the kind]")
    assert "You chose why" in shown
    assert shown.endswith("There is no [Nothing of the kind] here.")


async def test_modal_is_asked_field_by_field(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "2", "New words", "one", "", "two", ".", "2")
    assert "  [Old] New words" in shown
    assert stage.saved["subject"]["value"] == "New words"
    assert stage.saved["body"]["value"] == "one\n\ntwo"
    assert stage.saved["where"]["selected_option"]["value"] == "sms"


async def test_missing_fields_are_asked_again(stage: Stage) -> None:
    lines = ("bad", "", "1", "text", ".", "better")
    shown = await stage.typed("/draft a", "2", *lines)
    assert "! Copy: Please complete this required field." in shown
    assert "! Copy: Not that one.\nCopy\n  [bad] better" in shown
    assert stage.saved["subject"]["value"] == "better"


async def test_cancel_closes_modal(stage: Stage) -> None:
    shown = await stage.typed("/draft a", "2", "words", "/cancel", "good morning")
    assert "The form is closed; nothing was sent." in shown
    assert not stage.saved
    assert shown.endswith("(2) Marie: good morning")


async def test_end_of_input_closes_modal(stage: Stage) -> None:
    await stage.typed("/draft a", "2", "words")
    assert not stage.slack.open_views("UMARIE")


async def test_commands_for_threads_places_people_and_files(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text("Linen, please.")
    shown = await stage.typed(
        "hello",
        "/thread 1 in a thread",
        "/in #launches",
        f"/file {tmp_path}/brief.txt as asked",
        "/read 3",
        "/in dm",
        "only us",
        "/as max",
        "/in #launches",
        "/read 4",
        "/nonsense",
        "/as nobody",
    )
    assert "(2) Marie, in the thread of (1): in a thread" in shown
    assert "(3) Marie\nas asked\n📎 brief.txt (14 bytes)" in shown
    assert "Linen, please." in shown
    assert "Marie dm> only us\n(4) Marie: only us" in shown
    assert "Max #launches> /read 4\nThere is no message (4)." in shown
    assert "/nonsense is not a command." in shown
    assert shown.endswith("There is no nobody. /people shows who there is.")


async def test_new_messages_elsewhere_are_announced_once(stage: Stage) -> None:
    client, screen = stage.client()
    for words in ("first", "second"):
        await stage.slack.post_message("UMAX", "C0LAUNCH", words)
        await client.run_line("/look")
    assert text_of(screen) == "* New in #launches. To see it: /in #launches"
    await client.run_line("/in launches")
    assert text_of(screen).endswith("(1) Max: first\n(2) Max: second")


async def test_direct_message_of_others_is_not_shown(stage: Stage) -> None:
    shown = await stage.typed("/in dm", "a secret", "/as max", "/look", "/in #marketing")
    assert shown.count("a secret") == 2
    assert "Max dm> /look\nMax dm> /in" in shown
