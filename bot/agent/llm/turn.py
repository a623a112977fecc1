"""One turn of a conversation with a model that may call tools: its request and its answer."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.agent.llm.call import StreamingCall

ModelSize = Literal["main", "small"]
StopReason = Literal["end", "tools"]


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model sees it. `strict`: the server must hold calls to the schema."""

    name: str
    description: str
    schema: dict[str, Any]
    strict: bool = False


@dataclass(frozen=True)
class ToolUse:
    """A call of a tool by the model."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolReply:
    """The answer to a tool call, as text for the model."""

    id: str
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class ConversationMessage:
    """One message. The model's own has `tool_uses`; ours has `tool_replies`, sent before `text`."""

    role: Literal["user", "assistant"]
    text: str = ""
    tool_uses: tuple[ToolUse, ...] = ()
    tool_replies: tuple[ToolReply, ...] = ()


@dataclass(frozen=True)
class TurnRequest:
    """The request of one turn. `system` and `tools` are the same for every request of a skill, so
    that the server can cache them. `schema` is the form of the final answer; None: plain text."""

    system: str
    tools: tuple[ToolSpec, ...]
    messages: tuple[ConversationMessage, ...]
    schema: dict[str, Any] | None
    blank_example: str = ""
    size: ModelSize = "main"


@dataclass(frozen=True)
class TurnAnswer:
    """The model's answer: tool calls, or the final text."""

    text: str
    tool_uses: tuple[ToolUse, ...]
    stop_reason: StopReason
    call: StreamingCall | None = None


class TurnModel(Protocol):
    """A model that takes turns. Raises TryAgain or CannotDo, as writers do."""

    name: str

    async def take_turn(self, request: TurnRequest, *, receipt: Any, deadline: float) -> TurnAnswer:
        """Send one turn. `deadline` is a time of the event loop's clock. `receipt` is awaited
        before anything is sent, and when the call has ended."""
        ...
