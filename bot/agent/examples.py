"""Example answers: written by hand, and played through the real loop for the demo's own questions.

An example answers one message word for word, never one that only resembles it. It says which tools
to call and what to write; code runs the tools and the checks as for a model, so figures are those
of the shop as it is now. Nothing leaves the machine, so there is no receipt.

In its texts `[[words|more words]]` stands for the name at the start of the first line of the
conversation that contains all of these words: `{[[revenue|Shirts]]}` becomes `{f12}`. A value
`day-27` is the 27th day before the last one in the shop's data.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from bot.agent.llm.turn import ConversationMessage, ToolUse, TurnAnswer, TurnRequest
from bot.core.writer import ReceiptWriter
from bot.data.service import QUERY_TOOK_TOO_LONG, TABLES_ARE_BUSY
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.normalize import normalize_text

EXAMPLE_WRITER = "example"
MESSAGE_FORM, CLAIM_FORM = "MessageForm", "ClaimForm"
REFERENCE = re.compile(r"\[\[([^\]]+)\]\]")
LINE_NAME = re.compile(r"\s*(\w+)\b")
DAY = re.compile(r"day([+-]\d+)?")
OUTDATED = Words(
    "This example answer was written for the sample shop, and the data have changed since. "
    "Ask the question with an AI connected."
)
LOOKUP_FAILED = Words(
    "A look-up for this example answer didn't finish: this machine is slow at the moment. "
    "Try again."
)
NOTHING = {"value": "none", "words": "none"}
EMPTY_REQUEST: dict[str, Any] = {
    **dict.fromkeys(("about", "topic", "goal", "audience", "offer", "since", "until"), "none"),
    **dict.fromkeys(("compared_since", "compared_until", "period_words", "tone"), "none"),
    **{name: [] for name in ("channels", "markets", "products", "must_say")},
    "language": NOTHING,
    "occasion": NOTHING,
}
EMPTY_MESSAGE: dict[str, Any] = {
    "outcome": "requests",
    **{name: [] for name in ("requests", "changes", "unsupported", "left_over")},
    **dict.fromkeys(("draft", "instruction", "answer", "reply"), "none"),
    "closes": False,
}


class ExampleTurn(BaseModel, frozen=True, extra="forbid"):
    """A turn: tools to call, by name and arguments, or the filled-in form."""

    tools: tuple[dict[str, dict[str, Any]], ...] = ()
    form: dict[str, Any] | None = None


class Example(BaseModel, frozen=True, extra="forbid"):
    """One question with its answer. `after`: the example whose thread it belongs to. `understood`:
    how the message is read, without what is empty. `turns`: one list for each request. `struck`:
    words that the claim check does not find borne out, with the reason."""

    id: str
    ask: str
    after: str | None = None
    understood: dict[str, Any]
    turns: tuple[tuple[ExampleTurn, ...], ...]
    struck: dict[str, str] = {}


@dataclass(frozen=True)
class ExampleBook:
    """The examples of a folder. `last_day` returns the last day of a workspace's data."""

    examples: Mapping[str, Example]
    last_day: Callable[[str], date | None]

    @classmethod
    def load(cls, folder: Path, last_day: Callable[[str], date | None]) -> "ExampleBook":
        found = {}
        for path in sorted(folder.glob("*.yaml")):
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
                example = Example.model_validate(entry)
                found[example.id] = example
        return cls(found, last_day)

    def find(self, words: str) -> Example | None:
        """Return the example that answers exactly these words."""
        asked = _normalize(words)
        return next((one for one in self.examples.values() if _normalize(one.ask) == asked), None)

    def belongs(self, example: Example, earlier: Iterable[str]) -> bool:
        """Whether an example fits a thread, given the earlier requests in it."""
        if example.after is None:
            return True
        first = _normalize(self.examples[example.after].ask)
        return any(_normalize(words) == first for words in earlier)

    def open(self, example: Example, workspace: str) -> "ExampleModel | None":
        """Return the model that plays an example, or None where the sample shop's orders are not
        in."""
        last_day = self.last_day(workspace)
        return ExampleModel(example, last_day) if last_day else None


def _normalize(words: str) -> str:
    return normalize_text(words).strip(" .?!…")


@dataclass
class ExampleModel:
    """Plays one example: a TurnModel and a Writer, as `AnthropicWriter` is."""

    example: Example
    last_day: date
    name: str = EXAMPLE_WRITER
    by_rules: bool = False
    _requests: list[str] = field(default_factory=list)  # the first message of each conversation

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        """Return the answer of this turn. Raises CannotDo when a look-up failed, or when the shop's
        data lack something that the example names."""
        form = request.output.__name__ if request.output else ""
        if form == MESSAGE_FORM:
            return self._answer(self._fill(self._read_message(), request.messages))
        if form == CLAIM_FORM:
            return self._answer({"verdicts": self._judge(request.messages[-1].text)})
        first = request.messages[0].text
        if first not in self._requests:
            self._requests.append(first)
        turns = self.example.turns[min(self._requests.index(first), len(self.example.turns) - 1)]
        number = sum(one.role == "assistant" for one in request.messages)
        turn = turns[min(number, len(turns) - 1)]
        if turn.form is not None:
            return self._answer(self._fill(turn.form, request.messages))
        calls = [call for tool in turn.tools for call in tool.items()]
        uses = tuple(
            ToolUse(id=f"call_{number}_{place}", name=name, arguments=self._fill(given, ()))
            for place, (name, given) in enumerate(calls, 1)
        )
        return TurnAnswer(text="", tool_uses=uses, stop_reason="tools", model=self.name)

    async def check(self) -> Words | None:
        """There is nothing to set up."""
        return None

    async def close(self) -> None:
        """There is nothing to close."""

    def _answer(self, form: Mapping[str, Any]) -> TurnAnswer:
        text = json.dumps(form, ensure_ascii=False)
        return TurnAnswer(text=text, tool_uses=(), stop_reason="end", model=self.name)

    def _read_message(self) -> dict[str, Any]:
        understood = EMPTY_MESSAGE | self.example.understood
        requests = [EMPTY_REQUEST | one for one in understood["requests"]]
        return understood | {"requests": requests}

    def _judge(self, question: str) -> list[dict[str, str]]:
        """Return a verdict for each sentence that the question lists as `s1: …`."""
        verdicts = []
        for id, text in re.findall(r"^(s\d+)\b[^:]*: (.*)$", question, flags=re.MULTILINE):
            words = next((one for one in self.example.struck if one in text), "")
            judged = "not_supported" if words else "supported"
            why = self.example.struck.get(words, "")
            verdicts.append({"id": id, "verdict": judged, "words": words, "why": why})
        return verdicts

    def _fill(self, value: Any, messages: Iterable[ConversationMessage]) -> Any:
        """Replace references and days in every text of a form."""
        replies = [reply for message in messages for reply in message.tool_replies]
        lines = [
            line
            for message in messages
            for text in (message.text, *(reply.text for reply in message.tool_replies))
            for line in text.splitlines()
        ]

        def name_line(found: re.Match[str]) -> str:
            wanted = found[1].split("|")
            for line in lines:
                if all(words in line for words in wanted) and (name := LINE_NAME.match(line)):
                    return name[1]
            stopped = [words.to("en") for words in (QUERY_TOOK_TOO_LONG, TABLES_ARE_BUSY)]
            too_long = any(words in reply.text for reply in replies for words in stopped)
            raise CannotDo(LOOKUP_FAILED if too_long else OUTDATED)

        def fill(value: Any) -> Any:
            if isinstance(value, str):
                if day := DAY.fullmatch(value):
                    return (self.last_day + timedelta(days=int(day[1] or 0))).isoformat()
                return REFERENCE.sub(name_line, value)
            if isinstance(value, list | tuple):
                return [fill(one) for one in value]
            if isinstance(value, dict):
                return {key: fill(one) for key, one in value.items()}
            return value

        return fill(value)
