"""Recorded answers of a model, and the model that plays them.

A recording belongs to a case, a conversation within the case, and a turn of it. It carries the
version of the prompt's fixed part. When the prompt has changed since, the recording is stale: it is
still played, and counted.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.agent.claim_check import ClaimForm
from bot.agent.llm.turn import (
    ConversationMessage,
    ToolSpec,
    ToolUse,
    TurnAnswer,
    TurnModel,
    TurnRequest,
)
from bot.agent.theme_labelling import ThemeLabelsForm
from bot.core.writer import ReceiptWriter
from bot.i18n.messages import Words

T = TypeVar("T", bound=BaseModel)

RECORDINGS = Path(__file__).parent / "recordings"
BY_HAND = "in the model's place, from the prompts alone"
CHARACTERS_A_TOKEN = 4
BY_NUMBER = (ClaimForm, ThemeLabelsForm)  # name sentences by their numbers, so fit one request
HEADER = "# Recorded answers of a reader in the model's place: see ../../README.md.\n"


@dataclass(frozen=True)
class TurnKey:
    """Which turn of a case. `call` names the conversation by the form that ends it."""

    case: str
    call: str
    turn: int


@dataclass(frozen=True)
class RecordedAnswer:
    """An answer: tool calls, or the filled-in form. `prompt` is the version of the fixed part,
    `messages` that of the messages that it was written for."""

    prompt: str
    messages: str
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    form: dict[str, Any] | None = None

    def as_turn_answer(self, turn: int, model: str) -> TurnAnswer:
        uses = tuple(
            ToolUse(id=f"call_{turn}_{number}", name=name, arguments=arguments)
            for number, (name, arguments) in enumerate(self.tools, 1)
        )
        text = "" if self.form is None else json.dumps(self.form, ensure_ascii=False)
        return TurnAnswer(
            text=text, tool_uses=uses, stop_reason="tools" if uses else "end", model=model
        )


class RecordingStore:
    """The recordings of one set, in one YAML file for each file of its cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers: dict[TurnKey, RecordedAnswer] = {}
        self._files: dict[str, str] = {}  # the file of each case
        self._changed: set[str] = set()
        for path in sorted(folder.glob("*.yaml")):
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
                self._files[entry["case"]] = path.stem
                for turn in entry["turns"]:
                    key = TurnKey(entry["case"], turn["call"], turn["turn"])
                    self._answers[key] = _read_turn(turn)

    def get(self, key: TurnKey) -> RecordedAnswer | None:
        return self._answers.get(key)

    def add(self, file: str, key: TurnKey, answer: RecordedAnswer) -> None:
        """Add an answer. Later turns of its conversation answered something else, so they go."""
        for other in list(self._answers):
            if (other.case, other.call) == (key.case, key.call) and other.turn > key.turn:
                del self._answers[other]
        self._answers[key] = answer
        self._files[key.case] = file
        self._changed.add(file)

    def save(self) -> None:
        """Write the files that have changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self._changed):
            cases = sorted(case for case, own in self._files.items() if own == file)
            entries = [
                {"case": case, "written": BY_HAND, "turns": self._list_turns(case)}
                for case in cases
            ]
            text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=100)
            (self.folder / f"{file}.yaml").write_text(HEADER + text, encoding="utf-8")
        self._changed.clear()

    def _list_turns(self, case: str) -> list[dict[str, Any]]:
        keys = sorted(
            (key for key in self._answers if key.case == case), key=lambda key: (key.call, key.turn)
        )
        return [_write_turn(key, self._answers[key]) for key in keys]


def _read_turn(turn: Mapping[str, Any]) -> RecordedAnswer:
    tools = tuple((one["name"], dict(one["arguments"])) for one in turn.get("tools", ()))
    return RecordedAnswer(turn["prompt"], turn["messages"], tools, turn.get("form"))


def _write_turn(key: TurnKey, answer: RecordedAnswer) -> dict[str, Any]:
    turn: dict[str, Any] = {
        "call": key.call,
        "turn": key.turn,
        "prompt": answer.prompt,
        "messages": answer.messages,
    }
    if answer.tools:
        turn["tools"] = [{"name": name, "arguments": given} for name, given in answer.tools]
    if answer.form is not None:
        turn["form"] = answer.form
    return turn


# The versions and sizes of requests.


def describe_fixed_part(request: TurnRequest) -> str:
    """Return what is the same for every request of its kind: the tools, the system prompt and the
    form of the answer."""
    tools = [[tool.name, tool.description, tool.schema] for tool in request.tools]
    form = request.output.model_json_schema() if request.output else None
    return json.dumps([tools, request.system, form], ensure_ascii=False, sort_keys=True)


def describe_messages(messages: Sequence[ConversationMessage]) -> str:
    """Return the messages as text, without the ids that servers give."""
    described = [
        [
            one.role,
            one.text,
            [[use.name, use.arguments] for use in one.tool_uses],
            [[reply.text, reply.is_error] for reply in one.tool_replies],
        ]
        for one in messages
    ]
    return json.dumps(described, ensure_ascii=False, sort_keys=True)


def hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class RequestSize:
    """Estimated tokens of one request: the fixed part, and the messages that no earlier request of
    its conversation has sent. With a cache on the server only these are new."""

    form: str
    fixed: int
    new: int


def measure_request(request: TurnRequest) -> RequestSize:
    """Estimate the tokens of a request: a token is four characters."""
    before = max(
        (number for number, one in enumerate(request.messages) if one.role == "assistant"),
        default=0,
    )
    return RequestSize(
        form=request.output.__name__ if request.output else "text",
        fixed=len(describe_fixed_part(request)) // CHARACTERS_A_TOKEN,
        new=len(describe_messages(request.messages[before:])) // CHARACTERS_A_TOKEN,
    )


# The model.


class PendingRequest(Exception):
    """A request that no recording answers."""

    def __init__(self, key: TurnKey, request: TurnRequest) -> None:
        super().__init__(f"no answer is recorded for {key.case}, {key.call}, turn {key.turn}")
        self.key, self.request = key, request


class UnfitRecording(Exception):
    """A recorded answer that does not fit the form of today."""


@dataclass
class CaseModel:
    """The model of one case: it plays recordings, or measures a real model. `step` names the
    message of the case, where it has several.

    It is a TurnModel and a Writer, as `AnthropicWriter` is."""

    case: str
    store: RecordingStore | None = None
    live: TurnModel | None = None
    step: str = ""
    name: str = "recorded"
    by_rules: bool = False
    judges_claims: bool = False  # else the second call of a draft gets an empty answer
    sizes: list[RequestSize] = field(default_factory=list)
    stale: int = 0  # recordings of another version of the prompt
    moved: int = 0  # recordings that answered other messages: a tool's result has changed
    played: int = 0
    _conversations: dict[str, int] = field(default_factory=dict)
    _turn: int = 0

    def __post_init__(self) -> None:
        if self.live is not None:
            self.name = self.live.name

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        """Return the recorded answer. Raises PendingRequest and UnfitRecording."""
        is_unasked = request.output is ClaimForm and not self.judges_claims
        if is_unasked and self.live is None:  # no turn of the conversation
            return TurnAnswer(text='{"verdicts": []}', tool_uses=(), stop_reason="end")
        key = self._find_key(request)
        self.sizes.append(measure_request(request))
        if self.live is not None:
            answer = await self.live.take_turn(request, receipt=receipt, deadline=deadline)
            self.played += 1
            return answer
        recorded = self.store.get(key) if self.store else None
        messages = hash_text(describe_messages(request.messages))
        is_other = recorded is not None and recorded.messages != messages
        if recorded is None or (is_other and request.output in BY_NUMBER):
            raise PendingRequest(key, request)
        self.played += 1
        if recorded.prompt != hash_text(describe_fixed_part(request)):
            self.stale += 1
        self.moved += is_other
        if recorded.form is not None and request.output is not None:
            try:
                request.output.model_validate(recorded.form)
            except ValidationError as error:
                raise UnfitRecording(f"{key}: {error.error_count()} faults: {error}") from None
        return recorded.as_turn_answer(key.turn, self.name)

    def _find_key(self, request: TurnRequest) -> TurnKey:
        form = request.output.__name__ if request.output else "text"
        call = f"{self.step}.{form}" if self.step else form
        if any(one.role == "assistant" for one in request.messages):
            self._turn += 1
        else:
            self._turn = 0
            self._conversations[call] = self._conversations.get(call, 0) + 1
        number = self._conversations.get(call, 1)
        return TurnKey(self.case, call if number == 1 else f"{call}.{number}", self._turn)

    async def check(self) -> Words | None:
        return None

    async def close(self) -> None:
        """Nothing is open: whoever made a live model closes it."""


def list_tool_names(tools: Sequence[ToolSpec]) -> list[str]:
    return [tool.name for tool in tools]
