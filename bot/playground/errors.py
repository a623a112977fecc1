"""Errors of the local Slack: refused API calls, impossible actions and invalid blocks."""

from dataclasses import dataclass, field
from typing import Any


class ApiRefusal(Exception):
    """An API call that Slack answers with ok: false and an error code.

    `messages` are the details in response_metadata; keyword arguments become fields of the body."""

    def __init__(
        self, error: str, messages: list[str] | None = None, *, status: int = 200, **fields: Any
    ) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.status = status
        self.fields = fields

    def as_slack(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            body["response_metadata"] = {"messages": self.messages}
        return body


class ImpossibleAction(Exception):
    """An action that Slack's own client does not allow, such as pressing a missing button."""


@dataclass
class SchemaErrors:
    """The errors found in blocks or a view, each with the JSON pointer of its location."""

    messages: list[str] = field(default_factory=list)

    def add(self, message: str, pointer: str) -> None:
        """Record an error in the format of Slack's messages."""
        self.messages.append(f"[ERROR] {message} [json-pointer:{pointer}]")

    def raise_if_any(self, error: str) -> None:
        """Raise ApiRefusal with all recorded errors, if there are any."""
        if self.messages:
            raise ApiRefusal(error, self.messages)
