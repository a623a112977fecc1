"""How a local Slack misbehaves when a test asks for it; all switches start off."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

FaultAction = Callable[[], None]


@dataclass(frozen=True)
class InjectedFault:
    """One thing that goes wrong with one API call."""

    kind: str  # ratelimited, fail, http_500, lose_answer, slow
    error: str = ""
    seconds: float = 0.0


@dataclass
class FaultInjection:
    """The switches; methods are named as in the Web API, "*" is any of them.

    deliver_twice sends each event again, as a retry; deliver_twice_without_headers
    sends it again as if it were new. lost_acks is how many events the app takes while its answer
    never arrives, so that Slack sends them again. both_forms is Slack's own habit: a mention comes
    as `message` and as `app_mention`. late waits so many seconds before each event;
    out_of_order shuffles the events of each `window`. strict_rates allows one
    chat.postMessage a second and channel.
    """

    deliver_twice: bool = False
    lost_acks: int = 0
    deliver_twice_without_headers: bool = False
    send_both_mention_events: bool = True
    delivery_delay: float = 0.0
    out_of_order: bool = False
    shuffle_window: float = 0.05
    strict_rates: bool = False
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 (repeatable on purpose)
    planned_faults: dict[str, deque[InjectedFault]] = field(default_factory=lambda: defaultdict(deque))
    delays: dict[str, float] = field(default_factory=dict)
    on_drop_socket: FaultAction = lambda: None
    on_end_streams: FaultAction = lambda: None

    def rate_limit(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """The next calls get HTTP 429 and Retry-After."""
        self._plan(method, times, InjectedFault("ratelimited", seconds=retry_after))

    def fail(self, method: str, error_name: str, times: int = 1) -> None:
        """The next calls get ok: false with this error."""
        self._plan(method, times, InjectedFault("fail", error_name))

    def refuse_blocks(self, times: int = 1) -> None:
        """The next calls that carry blocks get invalid_blocks."""
        self._plan("blocks", times, InjectedFault("fail", "invalid_blocks"))

    def http_500(self, method: str, times: int = 1) -> None:
        """The next calls get HTTP 500 and are not carried out."""
        self._plan(method, times, InjectedFault("http_500"))

    def lose_answer(self, method: str, times: int = 1) -> None:
        """The next calls are carried out, but the connection breaks before the answer."""
        self._plan(method, times, InjectedFault("lose_answer"))

    def slow(self, method: str, seconds: float) -> None:
        """Every call takes so much longer, until this is set to 0."""
        self.delays[method] = seconds

    def drop_socket(self) -> None:
        """Breaks every Socket Mode connection without a word."""
        self.on_drop_socket()

    def end_streams(self) -> None:
        """Closes every open stream, as Slack does after some five minutes."""
        self.on_end_streams()

    def take_fault(self, method: str, *, with_blocks: bool) -> InjectedFault | None:
        """Takes the trouble that is planned for this call, if any."""
        names = [method, "*", *(["blocks"] if with_blocks else [])]
        for name in names:
            if self.planned_faults.get(name):
                return self.planned_faults[name].popleft()
        return None

    def delay_for(self, method: str) -> float:
        """How much longer this call takes."""
        return self.delays.get(method, self.delays.get("*", 0.0))

    def _plan(self, method: str, times: int, trouble: InjectedFault) -> None:
        self.planned_faults[method].extend([trouble] * times)
