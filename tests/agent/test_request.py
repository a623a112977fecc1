"""The body of an LLM request."""

from typing import Any

from bot.agent.llm.api_request import MIN_CACHED_CHARACTERS, LlmRequest
from bot.agent.llm.turn import ConversationMessage


def letter(**more: Any) -> LlmRequest:
    told: dict[str, Any] = {"name": "claude-sonnet-5-5", "system": "s", "effort": "low"}
    told |= {
        "messages": (ConversationMessage(role="user", text="Write."),),
        "schema": {"type": "object"},
        "thinking": "disabled",
    }
    told |= {"blank_example": '{"text": "⟨text⟩"}'}
    return LlmRequest(**{**told, **more})


def test_only_a_long_system_prompt_is_marked_for_the_cache() -> None:
    assert letter().body()["system"] == "s"
    long = letter(system="s" * MIN_CACHED_CHARACTERS)
    assert long.body()["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert isinstance(long.without_setting("cache").body()["system"], str)


def test_unsupported_settings_are_left_out() -> None:
    body = letter().without_setting("thinking").without_setting("effort").body()
    assert "thinking" not in body
    assert "effort" not in body["output_config"]


def test_prompt_asks_for_json_when_schemas_are_unsupported() -> None:
    body = letter().without_setting("format").body()
    assert "output_config" not in body
    assert body["messages"][0]["content"].endswith('for it:\n{"text": "⟨text⟩"}')


def test_no_empty_message_after_an_empty_answer() -> None:
    messages = letter().with_corrections(" ", ("It was empty.",)).messages
    assert [one.role for one in messages] == ["user"]
    assert "It was empty." in messages[0].text
