"""Errors of the local Slack: refused API calls, impossible actions and invalid blocks; and the
faults that it injects when a test or the page asks for them."""

from collections import defaultdict, deque
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


# Faults that a local Slack injects when a test or the page asks for them; all start off.


@dataclass(frozen=True)
class InjectedFault:
    """A fault for one API call; `seconds` is the Retry-After of a rate limit."""

    kind: str  # ratelimited, fail, http_500, lose_answer, slow
    error: str = ""
    seconds: float = 0.0


@dataclass
class FaultInjection:
    """The faults that are switched on. `method` is a Web API method name, or "*" for any.

    deliver_twice sends each event again as a retry; deliver_twice_without_headers sends it again
    without the retry headers. lost_acks is the number of acknowledgements that get lost, so that
    Slack sends these events again.
    """

    deliver_twice: bool = False
    lost_acks: int = 0
    deliver_twice_without_headers: bool = False
    planned_faults: dict[str, deque[InjectedFault]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    delays: dict[str, float] = field(default_factory=dict)

    def rate_limit(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """Answer the next calls with HTTP 429 and Retry-After."""
        self._plan(method, times, InjectedFault("ratelimited", seconds=retry_after))

    def fail(self, method: str, error_name: str, times: int = 1) -> None:
        """Answer the next calls with ok: false and this error."""
        self._plan(method, times, InjectedFault("fail", error_name))

    def refuse_blocks(self, times: int = 1) -> None:
        """Answer the next calls that carry blocks with invalid_blocks."""
        self._plan("blocks", times, InjectedFault("fail", "invalid_blocks"))

    def http_500(self, method: str, times: int = 1) -> None:
        """Answer the next calls with HTTP 500 without executing them."""
        self._plan(method, times, InjectedFault("http_500"))

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Execute the next calls, but break the connection before the answer."""
        self._plan(method, times, InjectedFault("lose_answer"))

    def slow(self, method: str, seconds: float) -> None:
        """Delay every call by so many seconds, until this is set to 0."""
        self.delays[method] = seconds

    def take_fault(self, method: str, *, with_blocks: bool) -> InjectedFault | None:
        """Return the fault planned for this call and remove it from the plan."""
        names = [method, "*", *(["blocks"] if with_blocks else [])]
        for name in names:
            if self.planned_faults.get(name):
                return self.planned_faults[name].popleft()
        return None

    def delay_for(self, method: str) -> float:
        """Return the extra seconds that a call of this method takes."""
        return self.delays.get(method, self.delays.get("*", 0.0))

    def _plan(self, method: str, times: int, fault: InjectedFault) -> None:
        self.planned_faults[method].extend([fault] * times)
