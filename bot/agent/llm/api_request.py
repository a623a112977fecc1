"""The request of one call: the model, the tools, the messages and the schema of the answer.

`PreviewModel` shows the request to the person instead of sending it.
"""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from bot.agent.llm.answer_schema import (
    build_blank_example,
    build_schema,
    build_tool_spec,
    fits_strict,
)
from bot.agent.llm.turn import ConversationMessage, ToolSpec, TurnAnswer, TurnRequest
from bot.core.model_prices import TokenUsage, find_price
from bot.core.writer import ReceiptWriter
from bot.errors import CALM_PARAM, CannotDo
from bot.i18n.messages import Money, Words

MIN_CACHED_CHARACTERS = (
    2_000  # a shorter prefix is below the smallest that can be cached (512 tokens)
)
# Thinking and text together. A server that ignores the schema gets half: its window is small.
DEFAULT_MAX_TOKENS, EXTENDED_MAX_TOKENS = 8_192, 32_768
DEFAULT_MODEL = "claude-sonnet-5-5"
EFFORT = "medium"  # Sonnet's default is high, which is slower and more expensive than a draft needs
SUBMIT = "submit"  # the tool for the final answer, on servers that ignore the schema
SUBMIT_DESCRIPTION = "Give the final answer. Call it once, when you know what you need to know."
JSON_INSTRUCTIONS = """

Answer with one JSON object and nothing else: no introduction, no code fence. It has this form; \
put your own words wherever ⟨…⟩ stands, and leave a list empty ([]) when there is nothing for it:
"""
SUBMIT_INSTRUCTIONS = """

When you know what you need to know, call the tool `submit` with your answer, or answer with one \
JSON object and nothing else. It has this form; put your own words wherever ⟨…⟩ stands, and leave \
a list empty ([]) when there is nothing for it:
"""
CACHE_MARK = {"cache_control": {"type": "ephemeral"}}
CENT = Decimal("0.01")
BYTES_PER_TOKEN = 4  # a usual mean for English and French; servers count exactly


@dataclass(frozen=True)
class LlmRequest:
    """One request. `ignores_schema`: the server may ignore `schema`, so the prompt contains
    `blank_example`, and beside tools there is one for the answer. `unsupported_settings` names the
    settings that this server does not know. `must_answer`: no more tools may be called.
    """

    name: str
    system: str
    messages: tuple[ConversationMessage, ...]
    schema: dict[str, Any] | None
    blank_example: str
    effort: str | None
    tools: tuple[ToolSpec, ...] = ()
    must_answer: bool = False
    thinking: str | None = None
    ignores_schema: bool = False
    unsupported_settings: frozenset[str] = frozenset()
    max_tokens: int = DEFAULT_MAX_TOKENS

    def with_corrections(self, answer: str, corrections: tuple[str, ...]) -> "LlmRequest":
        """Append the answer and a message that lists its errors."""
        instruction = format_corrections(corrections)
        if not answer.strip():  # the API rejects an empty message
            *before, last = self.messages
            last = replace(last, text=f"{last.text}\n\n{instruction}".strip())
            return replace(self, messages=(*before, last))
        own = ConversationMessage(role="assistant", text=answer)
        ours = ConversationMessage(role="user", text=instruction)
        return replace(self, messages=(*self.messages, own, ours))

    def without_setting(self, setting: str) -> "LlmRequest":
        """The same request without a setting that the server does not know."""
        ignores_schema = self.ignores_schema or setting == "format"
        return replace(
            self,
            unsupported_settings=self.unsupported_settings | {setting},
            ignores_schema=ignores_schema,
        )

    def has_setting(self, setting: str) -> bool:
        """Whether the body has this setting, so that the server may have rejected it."""
        if setting == "strict":
            return self.is_strict
        return setting not in self.unsupported_settings

    @cached_property
    def is_strict(self) -> bool:
        """Whether the server is to hold tool calls to their schemas."""
        return (
            bool(self.tools)
            and not self.ignores_schema
            and "strict" not in self.unsupported_settings
            and fits_strict([tool.schema for tool in self.tools], self.schema)
        )

    def body(self) -> dict[str, Any]:
        """The body of the API request. What never changes stands first, for the server's cache:
        the tools in their order, then the system prompt."""
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": self.max_tokens // 2 if self.ignores_schema else self.max_tokens,
        }
        if tools := self._tools():
            body["tools"] = tools
            may_call = not self.must_answer or self.ignores_schema
            body["tool_choice"] = {"type": "auto" if may_call else "none"}
        body["system"] = self._system()
        body["messages"] = self._messages()
        if settings := self._settings():
            body["output_config"] = settings
        # A gateway to Claude that ignores the schema knows nothing of thinking either.
        knows_thinking = not self.ignores_schema or not is_claude(self.name)
        if self.thinking and knows_thinking and "thinking" not in self.unsupported_settings:
            body["thinking"] = {"type": self.thinking}
        return body

    @cached_property
    def _is_cached(self) -> bool:
        if self.ignores_schema or "cache" in self.unsupported_settings:
            return False
        prefix = len(self.system)
        for tool in self.tools if prefix < MIN_CACHED_CHARACTERS else ():
            prefix += len(tool.description) + len(json.dumps(tool.schema))
            if prefix >= MIN_CACHED_CHARACTERS:
                return True
        return prefix >= MIN_CACHED_CHARACTERS

    def _tools(self) -> list[dict[str, Any]]:
        strict = {"strict": True} if self.is_strict else {}
        tools: list[dict[str, Any]] = [
            {"name": t.name, "description": t.description, "input_schema": t.schema, **strict}
            for t in self.tools
        ]
        if self.tools and self.ignores_schema and self.schema is not None:
            submit = {
                "name": SUBMIT,
                "description": SUBMIT_DESCRIPTION,
                "input_schema": self.schema,
            }
            # A server that ignores the schema may ignore `tool_choice` as well.
            tools = [submit] if self.must_answer else [*tools, submit]
        return tools

    def _system(self) -> Any:
        if not self._is_cached:
            return self.system
        return [{"type": "text", "text": self.system, **CACHE_MARK}]

    def _messages(self) -> list[dict[str, Any]]:
        messages = [
            {"role": message.role, "content": self._content(message, is_first=not number)}
            for number, message in enumerate(self.messages)
        ]
        if self.tools and self._is_cached:  # the next turn repeats all of this
            last = messages[-1]["content"]
            blocks = [{"type": "text", "text": last}] if isinstance(last, str) else last
            messages[-1]["content"] = [*blocks[:-1], {**blocks[-1], **CACHE_MARK}]
        return messages

    def _content(self, message: ConversationMessage, *, is_first: bool) -> Any:
        text = message.text
        if is_first and self.ignores_schema and self.schema is not None:
            instructions = SUBMIT_INSTRUCTIONS if self.tools else JSON_INSTRUCTIONS
            text += instructions + self.blank_example
        if message.role == "assistant":
            return self._own_content(message)
        if not message.tool_replies:
            return text
        replies: list[dict[str, Any]] = [
            {
                "type": "tool_result",
                "tool_use_id": reply.id,
                "content": reply.text,
                **({"is_error": True} if reply.is_error else {}),
            }
            for reply in message.tool_replies
        ]
        return [*replies, {"type": "text", "text": text}] if text.strip() else replies

    def _own_content(self, message: ConversationMessage) -> Any:
        """The model's own message. Thoughts are sent back to the model that had them alone."""
        if message.blocks and message.model == self.name:
            return list(message.blocks)
        if not message.tool_uses:
            return message.text
        text = [{"type": "text", "text": message.text}] if message.text.strip() else []
        return text + [
            {"type": "tool_use", "id": use.id, "name": use.name, "input": use.arguments}
            for use in message.tool_uses
        ]

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if self.effort and not self.ignores_schema and "effort" not in self.unsupported_settings:
            settings["effort"] = self.effort
        # Beside the tool `submit` a form would forbid to call it, should a server honour it.
        has_submit = bool(self.tools) and self.ignores_schema
        if self.schema and "format" not in self.unsupported_settings and not has_submit:
            settings["format"] = {"type": "json_schema", "schema": self.schema}
        return settings


def is_claude(name: str) -> bool:
    """Whether a model is one of Claude's by its name, also as a gateway spells it."""
    return "claude" in name.lower()


def format_corrections(corrections: tuple[str, ...]) -> str:
    """The message that sends an answer back with its errors."""
    instruction = "Your last answer needs these corrections:\n"
    instruction += "\n".join(f"- {line}" for line in corrections)
    return instruction + "\nKeep what was right, and answer in full again, in the same form."


class PreviewModel:
    """A model that sends nothing. Its first turn ends in CannotDo, whose words show the request."""

    by_rules = False
    name = DEFAULT_MODEL

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        raise CannotDo(describe_call(self.name, request))


def describe_call(name: str, request: TurnRequest) -> Words:
    """Return the text of a call with its size and its price, in words for the person. What varies
    comes first, since a card shows only the beginning."""
    body = build_request(name, request).body()
    tokens = len(json.dumps(body, ensure_ascii=False).encode()) // BYTES_PER_TOKEN
    price = find_price(name)
    cost: Words | Money = Words("price not known")
    if price is not None:
        usd = max(price.compute_cost(TokenUsage(fresh=tokens)), CENT)
        cost = Words("at most {amount}", amount=Money(amount=usd, currency="USD"))
    return Words(
        "Not sent: this is what {model} would get, about {tokens} tokens ({price} without the "
        "answer). Names, addresses and numbers of people are replaced.\n\n{content}",
        model=name,
        tokens=tokens,
        price=cost,
        content=f"{request.messages[-1].text}\n\n{request.system}",
        **{CALM_PARAM: "yes"},
    )


def build_request(name: str, turn: TurnRequest) -> LlmRequest:
    """Return the request of a turn to this model, with the schemas as the API accepts them."""
    return LlmRequest(
        name=name,
        system=turn.system,
        messages=turn.messages,
        schema=build_schema(turn.output) if turn.output else None,
        blank_example=build_blank_example(turn.output) if turn.output else "",
        effort=EFFORT,
        tools=tuple(build_tool_spec(tool) for tool in turn.tools),
        must_answer=turn.must_answer,
    )
