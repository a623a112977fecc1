"""The request of one call: the model, the messages and the schema of the answer."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.core.writer import WriteRequest

Role = Literal["user", "assistant"]
MIN_CACHED_CHARACTERS = (
    2_000  # a shorter prefix is below the smallest that can be cached (512 tokens)
)
# Thinking and text together. A server that ignores the schema gets half: its window is small.
DEFAULT_MAX_TOKENS, EXTENDED_MAX_TOKENS = 8_192, 32_768
JSON_INSTRUCTIONS = """

Answer with one JSON object and nothing else: no introduction, no code fence. It has this form; \
put your own words wherever ⟨…⟩ stands, and leave a list empty ([]) when there is nothing for it:
"""


@dataclass(frozen=True)
class LlmRequest:
    """One request. `ignores_schema`: the server may ignore `schema`, so the prompt contains
    `blank_example`. `unsupported_settings` names the settings that this server does not know.
    """

    name: str
    system: str
    turns: tuple[tuple[Role, str], ...]
    schema: dict[str, Any]
    blank_example: str
    effort: str
    thinking: str | None = None
    ignores_schema: bool = False
    unsupported_settings: frozenset[str] = frozenset()
    max_tokens: int = DEFAULT_MAX_TOKENS

    @classmethod
    def from_assignment(cls, assignment: WriteRequest, **rest: Any) -> "LlmRequest":
        """Build the first request. Corrections of an earlier answer follow that answer."""
        first = cls(system=assignment.system, turns=(("user", assignment.prompt),), **rest)
        if not assignment.corrections:
            return first
        return first.with_corrections(assignment.last_attempt or "", assignment.corrections)

    def with_corrections(self, answer: str, corrections: tuple[str, ...]) -> "LlmRequest":
        """Append the answer and a message that lists its errors."""
        instruction = "Your last answer needs these corrections:\n"
        instruction += "\n".join(f"- {line}" for line in corrections)
        instruction += "\nKeep what was right, and answer in full again, in the same form."
        if not answer.strip():  # the API rejects an empty message
            before, (_, last) = self.turns[:-1], self.turns[-1]
            return replace(self, turns=(*before, ("user", f"{last}\n\n{instruction}")))
        return replace(self, turns=(*self.turns, ("assistant", answer), ("user", instruction)))

    def without_setting(self, setting: str) -> "LlmRequest":
        """The same request without a setting that the server does not know."""
        ignores_schema = self.ignores_schema or setting == "format"
        return replace(
            self,
            unsupported_settings=self.unsupported_settings | {setting},
            ignores_schema=ignores_schema,
        )

    @property
    def size(self) -> int:
        """The approximate number of characters."""
        words = len(self.system) + sum(len(text) for _, text in self.turns)
        return words + len(json.dumps(self.schema))

    def body(self) -> dict[str, Any]:
        """The body of the API request."""
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": self.max_tokens // 2 if self.ignores_schema else self.max_tokens,
            "system": self._system(),
            "messages": [{"role": role, "content": text} for role, text in self._messages()],
        }
        if settings := self._settings():
            body["output_config"] = settings
        if (
            self.thinking
            and not self.ignores_schema
            and "thinking" not in self.unsupported_settings
        ):
            body["thinking"] = {"type": self.thinking}
        return body

    def _system(self) -> Any:
        if (
            self.ignores_schema
            or "cache" in self.unsupported_settings
            or len(self.system) < MIN_CACHED_CHARACTERS
        ):
            return self.system
        return [{"type": "text", "text": self.system, "cache_control": {"type": "ephemeral"}}]

    def _messages(self) -> tuple[tuple[Role, str], ...]:
        if not self.ignores_schema:
            return self.turns
        (role, first), *rest = self.turns
        with_example = first + JSON_INSTRUCTIONS + self.blank_example
        return ((role, with_example), *rest)

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if not self.ignores_schema and "effort" not in self.unsupported_settings:
            settings["effort"] = self.effort
        if "format" not in self.unsupported_settings:
            settings["format"] = {"type": "json_schema", "schema": self.schema}
        return settings
