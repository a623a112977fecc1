"""What Slack refuses, and in which words."""

from dataclasses import dataclass, field
from typing import Any


class ApiRefusal(Exception):
    """An API call that Slack answers with ok: false and an error's name."""

    def __init__(
        self, error: str, messages: list[str] | None = None, *, status: int = 200, **more: Any
    ) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.status = status
        self.fields = more

    def as_slack(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            body["response_metadata"] = {"messages": self.messages}
        return body


class ImpossibleAction(Exception):
    """What a person cannot do in Slack's own client: no such button, a field left empty."""


@dataclass
class SchemaErrors:
    """What is wrong with blocks or a view, each with the JSON pointer of its place."""

    messages: list[str] = field(default_factory=list)

    def add(self, what: str, at: str) -> None:
        """Notes one fault, in Slack's words."""
        self.messages.append(f"[ERROR] {what} [json-pointer:{at}]")

    def raise_if_any(self, error: str) -> None:
        """Raises Refused with all faults, if there is any."""
        if self.messages:
            raise ApiRefusal(error, self.messages)
