"""Tests of Block Kit validation: which blocks Slack accepts, and its limits."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from bot.playground.block_kit import assign_ids, check_blocks, check_message_blocks
from bot.playground.errors import ApiRefusal, SchemaErrors
from bot.playground.slack_objects import IdGenerator
from tests.playground.conftest import button, field_of, section

Block = dict[str, Any]


def plain(text: str = "x") -> Block:
    return {"type": "plain_text", "text": text}


def options(count: int, **more: Any) -> list[Block]:
    return [{"text": plain(str(number)), "value": str(number), **more} for number in range(count)]


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> Block:
    words: Block = {name: plain() for name in ("title", "text", "confirm", "deny")}
    return {name: value for name, value in (words | more).items() if value is not None}


def table(rows: int, columns: int) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "link", "url": "https://x.fr"}],
                }
            ],
        },
    ],
}
TAKEN: list[Block] = [
    section(),
    {"type": "section", "fields": [plain()] * 10, "accessory": button("go", value="1")},
    {"type": "section", "text": plain(), "accessory": {"type": "overflow", "options": options(1)}},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    actions(*[button(str(number)) for number in range(25)]),
    actions({"type": "static_select", "options": options(100), "initial_option": options(1)[0]}),
    actions(button("sure", confirm=confirm(style="danger"), visible_to_user_ids=["UMAX"])),
    actions({"type": "datepicker", "initial_date": "2026-12-01"}),
    {"type": "context", "elements": [plain(), {"type": "mrkdwn", "text": "x"}]},
    field_of("b", multiline=True, max_length=3000),
    RICH,
    table(100, 20),
]


@pytest.mark.parametrize("block", TAKEN)
def test_valid_block_is_accepted(block: Block) -> None:
    check_message_blocks([block])


REFUSED: list[tuple[Block, str]] = [
    (section("x" * 3001), "3001 characters"),
    (section(""), "more than 0 characters"),
    ({"type": "section"}, "missing required field"),
    ({"type": "section", "text": "x"}, "must be an object"),
    ({"type": "section", "text": {"type": "markdown", "text": "x"}}, "unsupported type"),
    ({"type": "section", "text": {"type": "mrkdwn", "text": 1}}, "must be a string"),
    ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "emoji"),
    ({"type": "section", "fields": [plain()] * 11}, "no more than 10 items"),
    ({"type": "section", "fields": [plain("x" * 2001)]}, "2001 characters"),
    (section() | {"block_id": "x" * 256}, "256 characters"),
    (section() | {"colour": "red"}, "invalid additional property: colour"),
    ({"type": "header", "text": plain("x" * 151)}, "151 characters"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
    (actions(), "no fewer than 1 items"),
    (actions(*[button(str(number)) for number in range(26)]), "no more than 25 items"),
    (actions(button("x" * 256)), "256 characters"),
    (actions(button("a") | {"text": plain("x" * 76)}), "76 characters"),
    (actions(button("a", value="x" * 2001)), "2001 characters"),
    (actions(button("a", style="loud")), "must be one of"),
    (actions(button("a"), button("a")), "more than once in a block"),
    (actions({"type": "plain_text_input"}), "unsupported type: plain_text_input"),
    (actions({"type": "knob"}), "unsupported type: knob"),
    (actions(button("a", confirm=confirm(deny=None))), "missing required field: deny"),
    (actions(button("a", confirm=confirm(title=plain("x" * 101)))), "101 characters"),
    (actions(button("a", confirm=confirm(text=plain("x" * 301)))), "301 characters"),
    (actions(button("a", confirm=confirm(confirm=plain("x" * 31)))), "31 characters"),
    (actions({"type": "overflow", "options": options(6)}), "no more than 5 items"),
    (actions({"type": "overflow", "options": []}), "no fewer than 1 items"),
    (actions({"type": "static_select", "options": options(101)}), "no more than 100 items"),
    (actions({"type": "static_select"}), "exactly one of options and option_groups"),
    (
        actions({"type": "static_select", "options": [{"text": plain("x" * 76), "value": "1"}]}),
        "76 characters",
    ),
    (
        actions({"type": "static_select", "options": [{"text": plain(), "value": "x" * 151}]}),
        "151 characters",
    ),
    (
        actions({"type": "static_select", "options": options(2), "initial_option": options(3)[2]}),
        "initial options must match",
    ),
    (actions({"type": "datepicker", "initial_date": "1 December"}), "must be a date"),
    (actions({"type": "checkboxes", "options": options(11)}), "no more than 10 items"),
    ({"type": "context", "elements": [plain()] * 11}, "no more than 10 items"),
    ({"type": "context", "elements": [button("a")]}, "unsupported type: button"),
    (field_of("b", placeholder=plain("x" * 151)), "151 characters"),
    (field_of("b", max_length=3001), "less than 3001"),
    (field_of("b", initial_value="x" * 3001), "3001 characters"),
    (field_of("b") | {"label": plain("x" * 2001)}, "2001 characters"),
    (field_of("b") | {"element": button("a")}, "unsupported type: button"),
    (field_of("b") | {"element": {"type": "file_input"}}, "unsupported type: file_input"),
    (table(101, 1), "no more than 100 items"),
    (table(1, 21), "no more than 20 items"),
    ({"type": "table", "rows": [[{"type": "text", "text": "x"}]]}, "unsupported type: text"),
    ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "unsupported type"),
    ({"type": "hologram"}, "unsupported type: hologram"),
    ({"type": "carousel", "elements": []}, "unsupported type: carousel"),
    ({"text": plain()}, "missing required field: type"),
]


@pytest.mark.parametrize(("block", "what"), REFUSED)
def test_invalid_block_is_refused(block: Block, what: str) -> None:
    with pytest.raises(ApiRefusal) as refused:
        check_message_blocks([block])
    assert refused.value.error == "invalid_blocks"
    assert what in " ".join(refused.value.messages)


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        ([section()] * 51, "no more than 50 items"),
        ([table(1, 1), table(1, 1)], "no more than 1 table"),
        ([section() | {"block_id": "b"}, section() | {"block_id": "b"}], "more than once"),
        (["divider"], "must be an object"),
    ],
)
def test_message_with_invalid_blocks_is_refused(blocks: list[Any], what: str) -> None:
    with pytest.raises(ApiRefusal) as refused:
        check_message_blocks(blocks)
    assert what in " ".join(refused.value.messages)


def spoiled(value: Any, odd: Any) -> Iterator[Any]:
    """Yield copies of a value in which one part after the other is replaced by `odd`."""
    yield odd
    parts = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        parts = list(enumerate(value[:3]))
    for key, part in parts:
        for worse in spoiled(part, odd):
            copy = value.copy()
            copy[key] = worse
            yield copy


@pytest.mark.parametrize("odd", [None, 1, "", [], {}, True, ["x"], {"type": "x"}])
def test_block_with_odd_values_never_crashes(odd: Any) -> None:
    for block in TAKEN:
        for worse in spoiled(block, odd):
            with contextlib.suppress(ApiRefusal):
                check_message_blocks([worse])
                assign_ids([worse], IdGenerator())


def test_blocks_over_total_character_limit_are_refused() -> None:
    check_message_blocks([section("x" * 3000)] * 4)
    with pytest.raises(ApiRefusal, match="msg_blocks_too_long"):
        check_message_blocks([section("x" * 2700)] * 5)


@pytest.mark.parametrize(
    ("block", "modal", "home"),
    [
        (table(1, 1), False, False),
        (field_of("b"), True, True),
    ],
)
def test_block_is_accepted_only_on_its_surfaces(block: Block, modal: bool, home: bool) -> None:
    for surface, taken in (("modal", modal), ("home", home)):
        faults = SchemaErrors()
        check_blocks(faults, [block], surface)
        assert bool(faults.messages) != taken, f"{surface}: {faults.messages}"


def test_blocks_built_with_slack_sdk_are_accepted() -> None:
    made: list[sdk.Block] = [
        sdk.SectionBlock(
            text="*bold*", accessory=sdk.ButtonElement(text="Go", action_id="go", value="1")
        ),
        sdk.HeaderBlock(text="Hello"),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="x")]),
        sdk.ActionsBlock(
            elements=[
                sdk.StaticSelectElement(
                    placeholder="Pick",
                    action_id="pick",
                    options=[sdk.Option(text="One", value="1", description="first")],
                    confirm=sdk.ConfirmObject(
                        title="Sure?", text="Really", confirm="Yes", deny="No"
                    ),
                ),
                sdk.OverflowMenuElement(
                    action_id="more",
                    options=[sdk.Option(text="A", value="a"), sdk.Option(text="B", value="b")],
                ),
                sdk.DatePickerElement(action_id="day", initial_date="2026-12-01"),
            ]
        ),
        sdk.InputBlock(
            label="Copy",
            element=sdk.PlainTextInputElement(action_id="words", multiline=True, max_length=100),
        ),
        sdk.TableBlock(rows=[[sdk.RawTextObject(text="a").to_dict()]]),
    ]
    check_message_blocks([block.to_dict() for block in made])
