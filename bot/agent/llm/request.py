"""What a writer is asked in one call: who, with which words, for which form of answer."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.core.writer import WriteRequest

Role = Literal["user", "assistant"]
MIN_CACHED_CHARACTERS = (
    2_000  # characters; less than the smallest cacheable prefix (512 tokens) is not
)
# Tokens, for the thinking and the text together; a local server has half, its window being small.
DEFAULT_MAX_TOKENS, EXTENDED_MAX_TOKENS = 8_192, 32_768
JSON_INSTRUCTIONS = """

Answer with one JSON object and nothing else: no introduction, no code fence. It has this form; \
put your own words wherever ⟨…⟩ stands, and leave a list empty ([]) when there is nothing for it:
"""


@dataclass(frozen=True)
class LlmRequest:
    """One request. `weak`: the server may ignore `schema`, so `blank` goes into the words.

    `without` names the settings this server does not know.
    """

    name: str
    system: str
    turns: tuple[tuple[Role, str], ...]
    schema: dict[str, Any]
    blank: str
    effort: str
    thinking: str | None = None
    weak: bool = False
    without: frozenset[str] = frozenset()
    room: int = DEFAULT_MAX_TOKENS

    @classmethod
    def about(cls, assignment: WriteRequest, **rest: Any) -> "LlmRequest":
        """The first letter of an assignment: corrections follow the answer they are about."""
        first = cls(system=assignment.system, turns=(("user", assignment.prompt),), **rest)
        if not assignment.corrections:
            return first
        return first.answered(assignment.last_attempt or "", assignment.corrections)

    def answered(self, answer: str, wrong: tuple[str, ...]) -> "LlmRequest":
        """The next letter: the answer, and what is wrong with it."""
        asked = "Your last answer needs these corrections:\n"
        asked += "\n".join(f"- {line}" for line in wrong)
        asked += "\nKeep what was right, and answer in full again, in the same form."
        if not answer.strip():  # nothing was answered, and an empty turn would be refused
            before, (_, last) = self.turns[:-1], self.turns[-1]
            return replace(self, turns=(*before, ("user", f"{last}\n\n{asked}")))
        return replace(self, turns=(*self.turns, ("assistant", answer), ("user", asked)))

    def less(self, setting: str) -> "LlmRequest":
        """The same without a setting that the server does not know."""
        weak = self.weak or setting == "format"
        return replace(self, without=self.without | {setting}, weak=weak)

    @property
    def size(self) -> int:
        """How many characters it has, roughly."""
        words = len(self.system) + sum(len(text) for _, text in self.turns)
        return words + len(json.dumps(self.schema))

    def body(self) -> dict[str, Any]:
        """The request as the API wants it."""
        whole: dict[str, Any] = {
            "model": self.name,
            "max_tokens": self.room // 2 if self.weak else self.room,
            "system": self._system(),
            "messages": [{"role": role, "content": text} for role, text in self._spoken()],
        }
        if settings := self._settings():
            whole["output_config"] = settings
        if self.thinking and not self.weak and "thinking" not in self.without:
            whole["thinking"] = {"type": self.thinking}
        return whole

    def _system(self) -> Any:
        if self.weak or "cache" in self.without or len(self.system) < MIN_CACHED_CHARACTERS:
            return self.system
        return [{"type": "text", "text": self.system, "cache_control": {"type": "ephemeral"}}]

    def _spoken(self) -> tuple[tuple[Role, str], ...]:
        if not self.weak:
            return self.turns
        (role, first), *rest = self.turns
        asked = first + JSON_INSTRUCTIONS + self.blank
        return ((role, asked), *rest)

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if not self.weak and "effort" not in self.without:
            settings["effort"] = self.effort
        if "format" not in self.without:
            settings["format"] = {"type": "json_schema", "schema": self.schema}
        return settings
