"""One turn of a conversation with a model that may call tools: its request and its answer."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from bot.core.writer import ReceiptWriter

ModelSize = Literal["main", "small"]
StopReason = Literal["end", "tools"]


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model sees it. `schema` is the JSON schema of its parameters."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class ToolUse:
    """A call of a tool by the model."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class NextCall:
    """A call that should follow a look-up before its figures are told, and why. A call of the tool
    that has these `arguments` counts. `card` is the line on the card where none was made. `facts`
    are the ids of the figures that ask for it; `of_finding`: only where they are what an answer
    finds, not beside it."""

    tool: str
    why: str
    card: str
    facts: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    of_finding: bool = False

    @property
    def sentence(self) -> str:
        given = f" {json.dumps(self.arguments, ensure_ascii=False)}" if self.arguments else ""
        return f"call {self.tool}{given} as well: {self.why}"

    def is_made_by(self, use: ToolUse) -> bool:
        return use.name == self.tool and self.arguments.items() <= use.arguments.items()


@dataclass(frozen=True)
class ToolReply:
    """The answer to a tool call, as text for the model. `notes` and `next_calls` are those in the
    text."""

    id: str
    text: str
    is_error: bool = False
    notes: tuple[str, ...] = ()
    next_calls: tuple[NextCall, ...] = ()


@dataclass(frozen=True)
class ConversationMessage:
    """One message. The model's own has `tool_uses`; ours has `tool_replies`, sent before `text`.

    `blocks` are the content blocks of the model's message as they came, its thoughts among them;
    they are sent back unchanged to the same `model`."""

    role: Literal["user", "assistant"]
    text: str = ""
    tool_uses: tuple[ToolUse, ...] = ()
    tool_replies: tuple[ToolReply, ...] = ()
    blocks: tuple[dict[str, Any], ...] = ()
    model: str = ""


@dataclass(frozen=True)
class TurnRequest:
    """The request of one turn. `system` and `tools` are the same for every request of a skill, so
    that the server can cache them. `output` is the form of the final answer; None: plain text.
    `model` names another model than that of the
    `size`. `must_answer`: the model may call no more tools."""

    system: str
    tools: tuple[ToolSpec, ...]
    messages: tuple[ConversationMessage, ...]
    output: type[BaseModel] | None
    size: ModelSize = "main"
    model: str | None = None
    must_answer: bool = False


@dataclass(frozen=True)
class TurnAnswer:
    """The model's answer: tool calls, or the final text. With a form, the final text is JSON that
    fits it. `model` is the name of the model that answered."""

    text: str
    tool_uses: tuple[ToolUse, ...]
    stop_reason: StopReason
    blocks: tuple[dict[str, Any], ...] = ()
    model: str = ""

    def as_message(self) -> ConversationMessage:
        return ConversationMessage(
            role="assistant",
            text=self.text,
            tool_uses=self.tool_uses,
            blocks=self.blocks,
            model=self.model,
        )


class TurnModel(Protocol):
    """A model that takes turns. Raises TryAgain or CannotDo, as writers do."""

    name: str

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        """Send one turn. `deadline` is a time of the event loop's clock. `receipt` is awaited
        before anything is sent, and when the call has ended."""
        ...
