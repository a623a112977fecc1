"""A letter to a writer: what it asks for, and in which form."""

from typing import Any

from bot.agent.llm.request import MIN_CACHED_CHARACTERS, LlmRequest


def letter(**more: Any) -> LlmRequest:
    told: dict[str, Any] = {"name": "claude-sonnet-5-5", "system": "s", "effort": "low"}
    told |= {"turns": (("user", "Write."),), "schema": {"type": "object"}, "thinking": "disabled"}
    told |= {"blank_example": '{"text": "⟨text⟩"}'}
    return LlmRequest(**{**told, **more})


def test_marks_only_a_long_system_block_for_the_cache() -> None:
    assert letter().body()["system"] == "s"
    long = letter(system="s" * MIN_CACHED_CHARACTERS)
    assert long.body()["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert isinstance(long.without_setting("cache").body()["system"], str)


def test_leaves_out_what_the_server_does_not_know() -> None:
    body = letter().without_setting("thinking").without_setting("effort").body()
    assert "thinking" not in body
    assert "effort" not in body["output_config"]


def test_asks_for_json_in_words_when_the_form_is_not_taken() -> None:
    body = letter().without_setting("format").body()
    assert "output_config" not in body
    assert body["messages"][0]["content"].endswith('for it:\n{"text": "⟨text⟩"}')


def test_has_no_empty_turn_after_an_empty_answer() -> None:
    turns = letter().with_corrections(" ", ("It was empty.",)).turns
    assert [role for role, _ in turns] == ["user"]
    assert "It was empty." in turns[0][1]
