"""What Slack refuses about blocks as a whole: where they stand, how many, how long, twice named."""

from collections.abc import Iterator
from typing import Any

from bot.playground.elements import MODAL_ONLY
from bot.playground.layout import BLOCKS
from bot.playground.refusals import Faults, Refused
from bot.playground.shapes import by_type
from bot.playground.stamps import Stamps

Block = dict[str, Any]
MESSAGE_ONLY = {
    "markdown",
    "table",
    "data_table",
    "data_visualization",
    "context_actions",
    "plan",
    "task_card",
    "container",
    "file",
    "auth_provider",
}
NOT_IN = {
    "message": {"alert"},
    "modal": MESSAGE_ONLY | {"carousel"},
    "home": MESSAGE_ONLY | {"alert"},
}
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_OF = {"table": 1, "data_visualization": 2}
MARKDOWN_SUM = 12_000
ALL_BLOCKS_SUM = 13_200
IS_BLOCK = by_type(BLOCKS)


def check_blocks(faults: Faults, blocks: Any, surface: str, at: str = "/blocks") -> None:
    """Notes all that Slack would refuse. `surface` is message, modal or home."""
    if len(blocks) > MOST_BLOCKS[surface]:
        faults.add(f"no more than {MOST_BLOCKS[surface]} items allowed", at)
    for place, block in enumerate(blocks):
        IS_BLOCK(faults, block, f"{at}/{place}")
    if faults.found:
        return
    for place, block in enumerate(blocks):
        _check_place(faults, block, surface, f"{at}/{place}")
    _check_ids(faults, blocks, at)
    _check_counts(faults, blocks, at)


def check_message_blocks(blocks: list[Block]) -> None:
    """Raises Refused for blocks that no message may have."""
    faults = Faults()
    check_blocks(faults, blocks, "message")
    faults.refuse("invalid_blocks")
    if characters_in(blocks) > ALL_BLOCKS_SUM:
        raise Refused("msg_blocks_too_long")


def _check_place(faults: Faults, block: Block, surface: str, at: str) -> None:
    if block["type"] in NOT_IN[surface]:
        faults.add(f"unsupported type: {block['type']}", f"{at}/type")
    for inner in block.get("child_blocks") or []:
        _check_place(faults, inner, surface, at)
    for element in own_elements(block):
        if surface == "message" and element["type"] in MODAL_ONLY:
            faults.add(f"unsupported type: {element['type']}", f"{at}/element/type")


def _check_ids(faults: Faults, blocks: list[Block], at: str) -> None:
    seen: set[str] = set()
    for block in flat(blocks):
        if (name := block.get("block_id")) and name in seen:
            faults.add(f"block_id {name} is used more than once", at)
        seen.add(block.get("block_id") or "")
        actions = [one["action_id"] for one in own_elements(block) if one.get("action_id")]
        for twice in sorted({one for one in actions if actions.count(one) > 1}):
            faults.add(f"action_id {twice} is used more than once in a block", at)


def _check_counts(faults: Faults, blocks: list[Block], at: str) -> None:
    for kind, most in MOST_OF.items():
        if sum(block["type"] == kind for block in flat(blocks)) > most:
            faults.add(f"no more than {most} {kind} blocks allowed", at)
    markdown = sum(len(block["text"]) for block in flat(blocks) if block["type"] == "markdown")
    if markdown > MARKDOWN_SUM:
        faults.add(f"markdown blocks must have less than {MARKDOWN_SUM + 1} characters", at)


def flat(blocks: list[Block]) -> Iterator[Block]:
    """All blocks, those inside containers and carousels included."""
    for block in blocks:
        yield block
        yield from flat(block.get("child_blocks") or [])
        if block.get("type") == "carousel":
            yield from flat(block["elements"])


def own_elements(block: Block) -> list[dict[str, Any]]:
    """The elements of one block that a person can click or fill in."""
    found = [block.get("element"), block.get("accessory")]
    if block.get("type") in ("actions", "context_actions"):
        found += block["elements"]
    if block.get("type") == "card":
        found += block.get("actions") or []
    return [one for one in found if isinstance(one, dict) and one.get("type") != "image"]


def characters_in(value: Any) -> int:
    """How much text blocks carry: every string but the names of types."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(characters_in(one) for one in value)
    if isinstance(value, dict):
        return sum(characters_in(one) for key, one in value.items() if key != "type")
    return 0


def named(blocks: list[Block], stamps: Stamps) -> list[Block]:
    """A copy of blocks in which every block and element has an id, as Slack gives them."""
    return [_named(block, stamps) for block in blocks]


def _named(block: Block, stamps: Stamps) -> Block:
    copy = {"block_id": stamps.id("b")[-6:]} | _without_nulls(block)
    if "child_blocks" in copy:
        copy["child_blocks"] = named(copy["child_blocks"], stamps)
    if copy["type"] == "carousel":
        copy["elements"] = named(copy["elements"], stamps)
    for key in ("element", "accessory"):
        if key in copy and copy[key].get("type") != "image":
            copy[key] = _identified(copy[key], stamps)
    for key in ("elements",) if copy["type"].endswith("actions") else ("actions",):
        if copy.get(key):
            copy[key] = [_identified(element, stamps) for element in copy[key]]
    return copy


def _identified(element: dict[str, Any], stamps: Stamps) -> dict[str, Any]:
    return {"action_id": stamps.id("a")[-6:]} | _without_nulls(element)


def _without_nulls(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if value is not None}
