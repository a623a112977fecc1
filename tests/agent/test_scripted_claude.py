"""The scripted Claude server that other tests and the benchmarks use."""

import time
from typing import Any

from anthropic import AsyncAnthropic

from tests.fakes.claude import ScriptedClaude, fill, says

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


async def test_real_sdk_can_call_it() -> None:
    async with (
        ScriptedClaude(says("Hi."), delay=0.2) as server,
        AsyncAnthropic(api_key=server.key, base_url=server.url, max_retries=0) as client,
    ):
        start = time.monotonic()
        told: dict[str, Any] = {"model": "claude-haiku-5-5", "messages": HELLO}
        async with client.messages.stream(max_tokens=9, **told) as stream:
            message = await stream.get_final_message()
        counted = await client.messages.count_tokens(**told)
    assert time.monotonic() - start >= 0.2
    assert message.content[0].type == "text"
    assert message.content[0].text == "Hi."
    assert message.stop_reason == "end_turn"
    assert counted.input_tokens > 0
    assert [asked.path for asked in server.asked] == ["/v1/messages", "/v1/messages/count_tokens"]


async def test_answers_follow_the_script() -> None:
    def parrot(body: dict[str, Any]) -> str:
        return f"You said: {body['messages'][-1]['content']}"

    async with (
        ScriptedClaude(answer=parrot) as server,
        AsyncAnthropic(api_key=server.key, base_url=server.url, max_retries=0) as client,
    ):
        told: dict[str, Any] = {"model": "claude-haiku-5-5", "messages": HELLO}
        async with client.messages.stream(max_tokens=9, **told) as stream:
            assert await stream.get_final_text() == "You said: Hello"


def test_every_output_model_is_filled() -> None:
    form = {
        "type": "object",
        "properties": {
            "tone": {"enum": ["warm", "dry"]},
            "kind": {"const": "email"},
            "many": {"type": "integer", "description": "{minimum: 3}"},
            "sure": {"type": "boolean"},
            "nothing": {"type": "null"},
            "day": {"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
            "name": {"type": "string", "description": "{maxLength: 4}"},
            "lines": {"type": "array", "items": {"type": "string"}, "description": "{minItems: 2}"},
            "quote": {"type": "object", "properties": {"fact": {"type": "string"}}},
        },
    }
    filled = fill(form, {}, ["product.linen.price"])
    assert filled.pop("lines")[0].startswith("Lines: Soft washed linen")
    assert filled == {
        "tone": "warm",
        "kind": "email",
        "many": 3,
        "sure": True,
        "nothing": None,
        "day": "2026-12-01",
        "name": "Name",
        "quote": {"fact": "product.linen.price"},
    }
