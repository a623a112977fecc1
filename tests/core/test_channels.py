"""The table of marketing channels: every channel has all that a text for it needs."""

import re
from datetime import date

import pytest
from pydantic import BaseModel

from bot.agent.prompts import PROMPTS_FOLDER, read_prompt
from bot.config.brand import Brand
from bot.core.channels import (
    Channel,
    count_sms_segments,
    get_default_channel,
    load_channels,
)
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.parts import Part, split_output
from bot.core.request import Brief, SkillRequest
from bot.grounding.copy_checks import check_draft, list_faults
from tests.conftest import NOW

BRAND = Brand(name="Maison Alba", sender="MaisonAlba")
CHANNELS = list(load_channels().values())


def write(channel: Channel, *, size: int = 3, items: int | None = None) -> tuple[Part, ...]:
    """Parts of a text for the channel, each of `size` characters; lists have `items` texts."""

    def text(number: int, key: str) -> dict[str, object]:
        is_signed = channel.names_sender and key == next(iter(channel.parts)) and not number
        sender = "MaisonAlba order it STOP " if is_signed else ""
        return {"text": f"{sender}{chr(97 + number) * size}"}

    values: dict[str, object] = {
        key: [text(n, key) for n in range(limit.items[0] if items is None else items)]
        if limit.items
        else text(0, key)
        for key, limit in channel.parts.items()
    }
    hooks = [{"angle": "a", "text": "b"}] if channel.has_hooks else []
    output: BaseModel = channel.output.model_validate(values | ({"hooks": hooks} if hooks else {}))
    return split_output(output)[0]


def make_request(channel: Channel) -> SkillRequest:
    brief = Brief(words="a text", author="ana", language="en")
    return SkillRequest(skill="draft", brief=brief, channel=channel.key)


def list_form_faults(parts: tuple[Part, ...], channel: Channel) -> list[str]:
    return list_faults(check_parts(parts, channel))


def check_parts(parts: tuple[Part, ...], channel: Channel) -> tuple[Check, ...]:
    return check_draft(
        parts,
        (),
        Evidence(),
        request=make_request(channel),
        brand=BRAND,
        channel=channel,
        today=NOW.date(),
    )


def list_block_rules(parts: tuple[Part, ...], channel: Channel) -> set[str]:
    return {check.rule for check in check_parts(parts, channel) if check.level == "block"}


def find_form_checks(parts: tuple[Part, ...], channel: Channel) -> dict[str, Check]:
    """The finding about the form of each part, by the part's key."""
    checks = check_parts(parts, channel)
    form = ("length", "count", "characters")
    return {str(c.part): c for c in checks if c.rule in form and c.level != "pass"}


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda one: one.key)
def test_channel_has_limits_with_source_and_a_prompt(channel: Channel) -> None:
    assert all(limit.source and limit.checked <= date.today() for limit in channel.parts.values())
    rules = read_prompt(f"channels/{channel.key}")
    assert len(channel.parts) == 1 or all(f"`{key}`" in rules for key in channel.parts)
    assert channel.names
    assert all(name == name.lower() for name in channel.names)


def test_example_of_a_channel_with_short_parts_keeps_its_limits() -> None:
    rules, parts = read_prompt("channels/google_ad"), load_channels()["google_ad"].parts
    headlines, description = rules.split("For instance")[1].split("; a description")
    shown = re.findall(r"\"([^\"]+)\"", headlines)
    assert parts["headlines"].items
    assert parts["headlines"].items[0] <= len(shown) == len(set(shown))
    assert max(map(len, shown)) <= parts["headlines"].most
    assert len(description.strip().strip('"')) <= parts["descriptions"].most


def test_prompts_of_channels_that_are_gone_are_gone() -> None:
    assert {path.stem for path in (PROMPTS_FOLDER / "channels").glob("*.md")} == {*load_channels()}


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda one: one.key)
def test_output_of_a_channel_has_its_parts_in_order(channel: Channel) -> None:
    fields = [*channel.output.model_fields]
    assert fields == [*channel.parts, *(["hooks"] if channel.has_hooks else []), "not_used"]
    assert channel.output is channel.output  # caches of schemas go by class
    parts = write(channel, items=4)
    assert [part.title for part in parts if part.key.endswith((".1", ".2"))] == [
        limit.title for limit in channel.parts.values() if limit.items for _ in range(2)
    ]
    assert not list_form_faults(write(channel), channel)
    assert not find_form_checks(write(channel), channel)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda one: one.key)
def test_each_part_that_is_too_long_is_found(channel: Channel) -> None:
    parts = write(channel, size=6000)
    faults = "\n".join(list_form_faults(parts, channel))
    assert all(f"{part.key}: " in faults for part in parts)
    checks = find_form_checks(parts, channel)
    for part in parts:
        limit = channel.find_limit(part.key)
        assert limit is not None
        assert checks[part.key].level == ("block" if limit.kind == "hard" else "info")


LISTS = [(one, key) for one in CHANNELS for key, limit in one.parts.items() if limit.items]


@pytest.mark.parametrize(("channel", "key"), LISTS, ids=lambda one: str(getattr(one, "key", one)))
def test_too_many_and_too_few_texts_of_a_list_are_found(channel: Channel, key: str) -> None:
    fewest, most = channel.parts[key].items or (0, 0)
    for count in {max(fewest - 1, 0), most + 1} - {0}:
        parts = write(channel, items=count)
        assert find_form_checks(parts, channel)[key].rule == "count"


def test_characters_that_a_channel_refuses_are_found() -> None:
    channel = load_channels()["amazon_listing"]
    title, *rest = write(channel)
    parts = (title.with_text("Linen shirt! Only $49"), *rest)
    assert find_form_checks(parts, channel)["title"].rule == "characters"


def test_limit_of_a_text_of_a_list_is_that_of_the_list() -> None:
    channel = load_channels()["google_ad"]
    assert channel.find_limit("headlines.2") is channel.parts["headlines"]
    assert channel.find_limit("hooks") is None


@pytest.mark.parametrize("key", ["sms", "push"])
def test_sender_and_opt_out_are_demanded_where_the_channel_names_its_sender(key: str) -> None:
    """Whatever the unit of its parts is."""
    for names_sender in (True, False):
        channel = load_channels()[key].model_copy(update={"names_sender": names_sender})
        signed, bare = write(channel), write(channel.model_copy(update={"names_sender": False}))
        assert ("sender" in list_block_rules(bare, channel)) is names_sender
        assert ("stop" in list_block_rules(bare, channel)) is names_sender
        faults = list_form_faults(bare, channel)
        assert any("what to do next" in one for one in faults) is names_sender
        assert not list_block_rules(signed, channel)
        assert not list_form_faults(signed, channel)


def test_sms_is_counted_in_gsm7_and_in_ucs2_segments() -> None:
    assert [count_sms_segments("e" * n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert [count_sms_segments("ê" * n) for n in (70, 71)] == [1, 2]
    assert count_sms_segments("€" * 81) == 2  # counts double


def test_first_channel_of_the_table_is_the_default() -> None:
    assert get_default_channel() is CHANNELS[0]
