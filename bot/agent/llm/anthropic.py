"""The writer that calls Claude, or any server with the same API (ANTHROPIC_BASE_URL).

The answer is streamed: JSON that matches the requested schema, or calls of tools. Every call has a
receipt, also when it fails.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bot.agent.llm import failures
from bot.agent.llm.anthropic_client import AnthropicClient, StreamingCall
from bot.agent.llm.api_request import DEFAULT_MODEL, EFFORT, LlmRequest, build_request, is_claude
from bot.agent.llm.failures import LlmError, RetryPolicy
from bot.agent.llm.turn import TurnAnswer, TurnRequest
from bot.core.model_prices import find_cheapest_model
from bot.core.writer import BUDGET_RESERVED, ReceiptWriter
from bot.errors import SpendingBusy
from bot.i18n.messages import Words

log = logging.getLogger(__name__)
R = TypeVar("R")

# The least thinking that each model allows. Other models think as much as `effort` permits.
MIN_THINKING = {"claude-sonnet-5-5": "between_tools", "claude-haiku-5-5": "disabled"}
DEFAULT_SECONDS = 120.0  # for one call, with all its tries


class AnthropicWriter:
    """A Writer and a TurnModel. One instance serves the whole process and holds the connections
    until `close`.

    `models_without_schema` are the models whose server turned out to ignore the schema. From then
    on their prompt asks for JSON as well. `small` is the model for small tasks; None: the cheapest
    at Anthropic's own address, elsewhere the main model. `deadline` holds for one call, in seconds.
    """

    by_rules = False

    def __init__(
        self,
        *,
        key: str | None,
        base_url: str | None,
        name: str = DEFAULT_MODEL,
        fallback: str | None = None,
        small: str | None = None,
        now: Callable[[], datetime],
        deadline: float = DEFAULT_SECONDS,
        pause: float = 1.0,
    ):
        self.name, self.fallback = name, fallback
        self.models_without_schema: set[str] = set()
        self._client = AnthropicClient(key=key, base_url=base_url, now=now, deadline=deadline)
        self.small = small or (find_cheapest_model() if self._client.is_anthropic else name)
        self._now, self._deadline, self._pause = now, deadline, pause
        self._thinking: dict[str, str | None] = {**MIN_THINKING}
        self._unsupported_settings: dict[str, frozenset[str]] = {}

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        """Send one turn of a conversation. Raises TryAgain or CannotDo. An answer that does not
        fit the form is sent back; tool calls are returned as they came."""
        await self._client.client()
        name = request.model or (self.small if request.size == "small" else self.name)

        def read(call: StreamingCall, display_name: str) -> TurnAnswer:
            return call.read_turn(request.output, display_name, must_answer=request.must_answer)

        fallback = self.name if name != self.name else self.fallback
        return await self._request(
            self._address(name, build_request(name, request)),
            read,
            receipt,
            self._build_retry_policy(fallback, asyncio.get_running_loop().time(), deadline),
        )

    async def _request(
        self,
        request: LlmRequest,
        read: Callable[[StreamingCall, str], R],
        receipt: ReceiptWriter,
        retry_policy: RetryPolicy,
    ) -> R:
        """Send the request until it is answered. Raises TryAgain or CannotDo."""
        while True:
            try:
                return await self._call(request, read, receipt, retry_policy.deadline)
            except LlmError as failure:
                error = failure
            self._record_limits(request, error)
            request = await retry_policy.next_request(request, error)

    async def check(self) -> Words | None:
        """Explain to an administrator what is wrong with the configured models. None when nothing
        is wrong or the server did not answer. Remembers which settings each model accepts."""
        names = dict.fromkeys(filter(None, (self.name, self.fallback, self.small)))
        for name in names:
            try:
                problem = self._check_model(name, await self._client.look_up(name))
            except LlmError as failure:
                problem = self._handle_failed_lookup(name, failure)
            if problem and name == self.small != self.name:
                log.warning("%s, the small model, can't be used: %s", name, problem.to("en"))
                self.small, problem = self.name, None
            if problem:
                return problem
        return None

    async def close(self) -> None:
        await self._client.close()

    def _build_retry_policy(
        self, fallback: str | None, start: float, deadline: float | None = None
    ) -> RetryPolicy:
        end = start + self._deadline
        return RetryPolicy(
            deadline=end if deadline is None else min(end, deadline),
            pause=self._pause,
            fallback=(lambda request: self._address(fallback, request)) if fallback else None,
        )

    def _address(self, name: str, request: LlmRequest) -> LlmRequest:
        """The request for the model `name`, with the settings that it accepts. A model that is not
        Claude's gets no effort, which some servers take for an order to think."""
        unsupported = self._unsupported_settings.get(name, frozenset())
        thinking = self._thinking.get(name, None if is_claude(name) else "disabled")
        return replace(
            request,
            name=name,
            thinking=thinking,
            effort=EFFORT if is_claude(name) else None,
            unsupported_settings=unsupported,
            ignores_schema=name in self.models_without_schema,
        )

    async def _call(
        self,
        request: LlmRequest,
        read: Callable[[StreamingCall, str], R],
        receipt: ReceiptWriter,
        deadline: float,
    ) -> R:
        """Make one call and write its receipt. Raises LlmError."""
        call, display_name = (
            StreamingCall(request.name, self._now(), receipt),
            self._client.display_name(request.name),
        )
        try:
            async with asyncio.timeout_at(deadline):
                await self._client.stream(request, call)
            answer = read(call, display_name)
            call.ended = "done"
        except TimeoutError:
            if call.is_reserving:  # nothing was sent yet
                raise SpendingBusy(
                    "timed out waiting for the spending limit", words=BUDGET_RESERVED
                ) from None
            error = failures.build_timeout_error(display_name, self._deadline)
            call.ended = error.ended
            raise error from None
        except LlmError as failure:
            call.ended = failure.ended
            raise
        finally:
            log.info("%s, call %s: %s", call.name, call.request_id, call.ended)
            if call.blocked_by is None:
                await receipt(call.receipt())
        return answer

    def _record_limits(self, request: LlmRequest, failure: LlmError) -> None:
        """Remember which settings the server rejected, for the next request."""
        new = next((s for s in failure.suspect_settings if request.has_setting(s)), None)
        if new == "format" or failure.kind == "not json":
            if self._client.is_anthropic:  # it accepts schemas in general, only not this one
                return
            self.models_without_schema.add(request.name)
        if new:
            self._unsupported_settings[request.name] = request.unsupported_settings | {new}

    def _check_model(self, name: str, model_info: Any) -> Words | None:
        """Read the server's description of a model: return a problem, or remember its settings."""
        if _read_field(model_info, "lifecycle") == "retired":
            return Words(
                "{name} is retired. An administrator can name another in SUPER_INTERN_MODEL.",
                name=name,
            )
        if _read_field(model_info, "capabilities.structured_outputs.supported") is False:
            return Words(
                "{name} can't answer in the form we need. "
                "An administrator can name another in SUPER_INTERN_MODEL.",
                name=name,
            )
        self._learn_thinking(name, model_info)
        if _read_field(model_info, "capabilities.effort.supported") is False:
            self._unsupported_settings[name] = self._unsupported_settings.get(name, frozenset()) | {
                "effort"
            }
        if retires_at := _read_field(model_info, "retires_at"):
            log.warning("%s retires on %s", name, retires_at)
        return None

    def _learn_thinking(self, name: str, model_info: Any) -> None:
        can = _read_field(model_info, "capabilities.thinking.supported")
        if can is not None:
            kinds = ("disabled", "between_tools")
            able = [
                k
                for k in kinds
                if _read_field(model_info, f"capabilities.thinking.types.{k}.supported")
            ]
            self._thinking[name] = able[0] if can and able else None

    def _handle_failed_lookup(self, name: str, failure: LlmError) -> Words | None:
        """Handle a failed look-up: a wrong name, a temporary error, or a server without look-up."""
        if failure.kind in ("gone", "setting") and not self._client.is_anthropic:
            self.models_without_schema.add(name)
            return None
        if failure.kind in ("gone", "final"):
            return failure.words
        log.warning("%s could not be looked up: %s", name, failure.ended)
        return None


def _read_field(model_info: Any, path: str) -> Any:
    """Read a dotted path of attributes. None when the server left one out."""
    for step in path.split("."):
        model_info = getattr(model_info, step, None)
    return model_info
