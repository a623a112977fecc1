"""What the app answered to something that Slack sent it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """HTTP status (0: nothing came), how many milliseconds it took, the body.

    `error` is the name under which Slack tells the person: operation_timeout or
    dispatch_failed. `errors` are those of a form, by block_id.
    """

    status: int
    ms: float
    body: Any = None
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    stop: bool = False

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return self.error is None
