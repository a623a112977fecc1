"""The Anthropic writer against a real scripted server on the loopback interface."""

import asyncio
import importlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.llm.anthropic_client import StreamingCall
from bot.agent.llm.turn import ConversationMessage, TurnRequest
from bot.core.parts import Copy
from bot.core.writer import LlmCall
from bot.errors import CannotDo, TryAgain
from tests.conftest import NOW
from tests.fakes.claude import (
    ScriptedClaude,
    Step,
    breaks,
    cut_off,
    fails,
    obediently,
    refuses,
    says,
)
from tests.support.processes import free_port

KEY = "sk-ant-secret-0451"
GOOD = {"subject": {"text": "Cool all day", "facts": []}, "body": {"text": "Linen.", "facts": []}}
BAD = {"subject": {"text": "Cool all day", "facts": []}}


class Output(BaseModel):
    subject: Copy
    body: Copy


class Short(BaseModel):
    name: str = Field(max_length=5)


def turn(
    output: type[BaseModel],
    system: str = "You are the intern.",
    prompt: str = "Write about linen.",
) -> TurnRequest:
    """The first turn of a conversation, as the loop sends it."""
    message = ConversationMessage(role="user", text=prompt)
    return TurnRequest(system=system, tools=(), messages=(message,), output=output)


class WriterHarness:
    """A writer with its server. Collects the receipts."""

    def __init__(self, url: str, **more: Any):
        told = {"key": KEY, "base_url": url, "now": lambda: NOW, "pause": 0.01, "deadline": 5.0}
        self.claude = AnthropicWriter(**{**told, **more})
        self.kept: dict[str | None, LlmCall] = {}
        self.before: list[LlmCall] = []  # as they were told of before anything left

    async def write(self, output: type[Any] = Output, **more: Any) -> Any:
        answer = await self.claude.take_turn(
            turn(output, **more), receipt=self._keep, deadline=float("inf")
        )
        return output.model_validate_json(answer.text)

    async def fail(self, kind: type[Exception] = CannotDo) -> Any:
        with pytest.raises(kind) as caught:
            await self.write()
        return caught.value

    @property
    def receipts(self) -> list[LlmCall]:
        return list(self.kept.values())

    @property
    def ended(self) -> list[str]:
        return [sent.ended for sent in self.receipts]

    async def _keep(self, sent: LlmCall) -> None:
        if sent.call not in self.kept:
            self.before.append(sent)
        self.kept[sent.call] = sent


@pytest.fixture(scope="module", autouse=True)
def _the_sdk_is_loaded() -> None:
    """Import the SDK first: it takes seconds on a busy machine and would break the deadlines."""
    importlib.import_module("anthropic.resources.messages")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedClaude]:
    async with ScriptedClaude() as claude:
        yield claude


@pytest.fixture
async def harness(server: ScriptedClaude) -> AsyncIterator[WriterHarness]:
    seat = WriterHarness(server.url)
    yield seat
    await seat.claude.close()


async def test_answer_is_parsed_into_the_output_model(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [says(GOOD)]
    assert await harness.write() == Output.model_validate(GOOD)
    (letter,) = server.letters
    assert letter["model"] == "claude-sonnet-5-5"
    assert letter["stream"] is True
    assert letter["thinking"] == {"type": "between_tools"}
    assert letter["output_config"]["effort"] == "medium"
    form = letter["output_config"]["format"]
    assert form["schema"]["required"] == ["subject", "body"]
    assert not {"tools", "temperature", "top_p", "top_k"} & set(letter)
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_receipt_holds_the_exact_bytes_sent(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    await harness.write(prompt="Écris sur le lin : « léger ».")
    (sent,) = harness.receipts
    assert sent.sent == server.asked[0].text
    assert sent.to == f"127.0.0.1:{server.port}"
    assert (sent.writer, sent.ended, sent.at) == ("claude-sonnet-5-5", "done", NOW)
    assert sent.usd == (sent.tokens_in * Decimal(2) + sent.tokens_out * Decimal(10)) / 1_000_000
    assert sent.tokens_in > 0 < sent.tokens_out


async def test_call_keeps_no_copy_of_the_bytes_it_sent() -> None:
    call, body = StreamingCall("claude-sonnet-5-5", NOW), '{"model": "…"}'.encode()
    await call.record_outgoing(body, "api.anthropic.com:443")
    assert call.sent is body
    assert call.receipt().sent == '{"model": "…"}'


async def test_long_system_prompt_is_read_from_the_cache(harness: WriterHarness) -> None:
    for _ in range(2):
        await harness.write(system="We are Maison. " * 200)
    first, second = harness.receipts
    assert first.tokens_in == second.tokens_in
    assert (first.tokens_cached, second.tokens_cached) == (0, 750)
    assert first.usd is not None
    assert second.usd is not None
    assert first.usd - second.usd == Decimal(750) * Decimal("1.15") * 2 / 1_000_000


async def test_local_model_has_no_price(server: ScriptedClaude) -> None:
    harness = WriterHarness(server.url, name="qwen3:8b")
    await harness.write()
    assert harness.receipts[0].usd is None
    await harness.claude.close()


@pytest.mark.parametrize(
    "step",
    [
        fails(429, "rate_limit_error"),
        fails(429, "rate_limit_error", code="ramp_limit_exceeded", retry_after=0.02),
        fails(529, "overloaded_error"),
        fails(500),
        fails(503),
        fails(504, "timeout_error"),
        fails(409, "conflict_error"),
        breaks("drop"),
        breaks("garble"),
        breaks("end early"),
        breaks("error event"),
    ],
    ids=lambda step: f"{step.status} {step.code or step.breaks or step.error}",
)
async def test_temporary_error_is_retried(
    server: ScriptedClaude, harness: WriterHarness, step: Step
) -> None:
    server.script = [step, says(GOOD)]
    assert await harness.write() == Output.model_validate(GOOD)
    assert len(harness.receipts) == len(server.letters) == 2
    assert harness.ended[0] != "done" == harness.ended[1]
    assert harness.receipts[0].sent == harness.receipts[1].sent != ""


async def test_broken_call_counts_the_tokens_written_so_far(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [breaks("drop"), fails(529, "overloaded_error"), says(GOOD)]
    await harness.write()
    broken, overloaded, _ = harness.receipts
    assert broken.usd is not None
    assert broken.usd > 0
    assert broken.tokens_out > 20
    assert overloaded.usd == 0 == overloaded.tokens_in


async def test_exhausted_retries_raise_try_again(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [fails(529, "overloaded_error")] * 9
    error = await harness.fail(TryAgain)
    assert len(server.letters) == 5
    assert str(error) == "529 overloaded_error"
    assert error.words.to("en") == (
        "Claude is overloaded at the moment. Ask again in a few minutes."
    )
    assert error.after is None
    assert error.__context__ is None  # no request, and so no key, hangs on it


@pytest.mark.parametrize("asked", [60, "Tue, 24 Nov 2026 09:01:00 GMT"])
async def test_no_retry_after_the_deadline(
    server: ScriptedClaude, harness: WriterHarness, asked: float | str
) -> None:
    server.script = [fails(429, "rate_limit_error", retry_after=asked)]
    error = await harness.fail(TryAgain)
    assert error.after == 60
    assert len(server.letters) == 1


async def test_retry_after_header_is_respected(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [fails(429, "rate_limit_error", retry_after=0.3)]
    start = time.monotonic()
    await harness.write()
    assert time.monotonic() - start >= 0.3


async def test_receipt_is_written_before_the_bytes_are_sent(server: ScriptedClaude) -> None:
    harness = WriterHarness(server.url)
    seen: list[list[str]] = []

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        seen.append([sent.sent for sent in harness.receipts])
        return GOOD

    server.answer = answer
    await harness.write()
    assert seen == [[server.asked[0].text]]
    assert (harness.before[0].ended, harness.ended) == ("no answer kept", ["done"])
    await harness.claude.close()


async def test_nothing_is_sent_when_the_receipt_cannot_be_stored(server: ScriptedClaude) -> None:
    harness = WriterHarness(server.url)

    async def full(_: LlmCall) -> None:
        raise OSError("no space left")

    harness._keep = full  # type: ignore[assignment,method-assign]
    with pytest.raises(OSError, match="no space"):
        await harness.write()
    assert server.asked == []
    await harness.claude.close()


async def test_silent_server_times_out(server: ScriptedClaude) -> None:
    harness = WriterHarness(server.url, deadline=0.4)
    server.script = [breaks("stall")]
    error = await harness.fail(TryAgain)
    assert error.words.to("en") == "Claude took too long to answer. Ask again in a few minutes."
    assert harness.ended == ["no answer within 0.4 s"]
    assert harness.receipts[0].sent
    await harness.claude.close()


async def test_nothing_is_sent_without_a_connection(server: ScriptedClaude) -> None:
    harness = WriterHarness("http://127.0.0.1:9")
    error = await harness.fail(TryAgain)
    assert error.words.to("en").startswith("Claude can't be reached. An administrator can check")
    assert {(sent.sent, sent.to) for sent in harness.receipts} == {("", None)}
    assert sum(sent.usd or 0 for sent in harness.receipts) == 0
    await harness.claude.close()


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("cyber", "Claude declined to write this: it took it for an attack on computers. "),
        ("bio", "Claude declined to write this: it took it for a danger to health. "),
        (None, "Claude declined to write this. "),
        ("brand new", "Claude declined to write this. "),
    ],
)
async def test_refusal_names_its_category(
    server: ScriptedClaude, harness: WriterHarness, category: str | None, said: str
) -> None:
    server.script = [refuses(category)]
    error = await harness.fail()
    assert error.words.to("en").startswith(said)
    assert len(server.letters) == 1
    assert harness.ended == [f"refused: {category or 'no category'}"]
    assert harness.receipts[0].usd is not None


async def test_max_tokens_is_raised_once(server: ScriptedClaude, harness: WriterHarness) -> None:
    server.script = [cut_off(), says(GOOD)]
    await harness.write()
    first, second = server.letters
    assert second["max_tokens"] > first["max_tokens"]
    assert second["messages"] == first["messages"]


async def test_cut_off_answer_is_never_repaired(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    whole = json.dumps(GOOD)
    server.script = [cut_off(whole), cut_off(whole)]
    error = await harness.fail()
    assert error.words.to("en") == "The answer of Claude grew too long. Ask for less at once."
    assert harness.ended == ["cut off", "cut off"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            fails(401, "authentication_error"),
            "The key for Claude was refused. An administrator can check ANTHROPIC_API_KEY.",
        ),
        (fails(402, "billing_error"), "The account for Claude has reached its spending limit"),
        (
            fails(429, "rate_limit_error", code="enforced_spend_limit_reached", retry_after=1),
            "The account for Claude has reached its spending limit",
        ),
        (
            fails(400, "invalid_request_error", message="Your credit balance is too low"),
            "The account for Claude has reached its spending limit",
        ),
        (fails(403, "permission_error"), "The key for Claude may not use claude-sonnet-5-5."),
        (fails(404, "not_found_error"), "There is no AI called claude-sonnet-5-5, or no longer."),
        (fails(413, "request_too_large"), "This is more text than Claude can read at once."),
        (
            fails(400, "invalid_request_error", message="prompt is too long: 1000001 tokens"),
            "This is more text than Claude can read at once.",
        ),
        (fails(400, "x", code="organization_on_hold"), "The account for Claude is on hold."),
        (
            fails(400, "invalid_request_error", message="messages.0: odd"),
            "Claude did not accept this request (number req_1).",
        ),
        (fails(301), "What answers there is not Claude (code 301)."),
        (says(stop="model_context_window_exceeded"), "This is more text than Claude can read"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
async def test_permanent_errors_have_plain_words(
    server: ScriptedClaude, harness: WriterHarness, step: Step, said: str
) -> None:
    server.script = [step]
    error = await harness.fail()
    assert error.words.to("en").startswith(said)
    assert len(server.letters) == len(harness.receipts) == 1
    assert error.__context__ is None


async def test_invalid_answer_is_sent_back_with_its_errors(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [says(BAD), says(GOOD)]
    assert await harness.write() == Output.model_validate(GOOD)
    *_, answer, wrong = server.letters[1]["messages"]
    assert json.loads(answer["content"]) == BAD
    assert "- body: Field required" in wrong["content"]
    assert harness.ended == ["did not fit the form", "done"]


async def test_limits_ignored_by_the_server_are_validated(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [says({"name": "far too long"}), says({"name": "short"})]
    assert (await harness.write(Short)).name == "short"


async def test_invalid_answer_is_sent_back_at_most_twice(
    server: ScriptedClaude, harness: WriterHarness
) -> None:
    server.script = [says(BAD)] * 9
    error = await harness.fail()
    assert len(server.letters) == 3
    assert error.words.to("en").startswith("Claude could not put its answer into the form")


class TestWithASecond:
    """A writer with a fallback model."""

    @pytest.fixture
    async def harness(self, server: ScriptedClaude) -> AsyncIterator[WriterHarness]:
        seat = WriterHarness(server.url, fallback="claude-haiku-5-5")
        yield seat
        await seat.claude.close()

    @pytest.mark.parametrize(
        ("steps", "names"),
        [
            ([fails(529, "overloaded_error")], "sonnet sonnet"),
            ([fails(529, "overloaded_error"), fails(500)], "sonnet sonnet haiku"),
            ([breaks("error event"), breaks("error event")], "sonnet sonnet haiku"),
            ([fails(429, "rate_limit_error", retry_after=60)], "sonnet haiku"),
            ([fails(404, "not_found_error")], "sonnet haiku"),
        ],
    )
    async def test_fallback_model_is_used_when_the_first_fails(
        self, server: ScriptedClaude, harness: WriterHarness, steps: list[Step], names: str
    ) -> None:
        server.script = steps
        await harness.write()
        assert [sent.writer.split("-")[1] for sent in harness.receipts] == names.split()
        assert [letter["model"].split("-")[1] for letter in server.letters] == names.split()

    async def test_each_model_uses_its_least_thinking(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.script = [fails(404, "not_found_error")]
        await harness.write()
        assert server.letters[1]["thinking"] == {"type": "disabled"}

    async def test_fallback_is_not_used_after_a_refusal(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.script = [refuses()]
        await harness.fail()
        assert len(server.letters) == 1

    async def test_there_is_no_third_model(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.script = [fails(404, "not_found_error")] * 3
        error = await harness.fail()
        assert "claude-haiku-5-5" in error.words.to("en")
        assert len(server.letters) == 2


class TestOnALocalServer:
    """A local server without schemas, model look-up and token counts."""

    @pytest.fixture
    async def server(self) -> AsyncIterator[ScriptedClaude]:
        async with ScriptedClaude(simple=True) as simple:
            yield simple

    @pytest.fixture
    async def harness(self, server: ScriptedClaude) -> AsyncIterator[WriterHarness]:
        seat = WriterHarness(f"{server.url}/v1/", name="qwen3:8b", key=None)
        yield seat
        await seat.claude.close()

    async def test_json_is_requested_in_the_prompt_after_an_ignored_schema(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        assert (await harness.write()).body.text.startswith("Body")
        assert harness.claude.name in harness.claude.models_without_schema
        assert harness.ended == ["not JSON", "done"]
        await harness.write()
        assert harness.ended == ["not JSON", "done", "done"]
        assert "⟨body⟩" in server.letters[2]["messages"][0]["content"]

    async def test_check_detects_a_server_that_ignores_schemas(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        assert await harness.claude.check() is None
        assert harness.claude.name in harness.claude.models_without_schema
        await harness.write()
        assert harness.ended == ["done"]
        assert server.letters[0]["max_tokens"] == 4_096

    @pytest.mark.parametrize(
        ("message", "left_out"),
        [
            ("output_config: Extra inputs are not permitted", "output_config"),
            ("thinking: Extra inputs are not permitted", "thinking"),
        ],
    )
    async def test_unsupported_settings_are_left_out(
        self, server: ScriptedClaude, message: str, left_out: str
    ) -> None:
        harness = WriterHarness(server.url)
        server.answer = obediently
        server.script = [fails(400, "invalid_request_error", message=message)]
        await harness.write()
        await harness.write()
        first, *others = server.letters
        assert left_out in first
        assert not any(left_out in letter for letter in others)
        assert len(others) == 2
        await harness.claude.close()

    async def test_no_empty_message_after_an_empty_answer(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        harness.claude.models_without_schema.add(harness.claude.name)
        server.script = [says(""), says(GOOD)]
        await harness.write()
        assert [turn["role"] for turn in server.letters[1]["messages"]] == ["user"]

    async def test_unfilled_blank_is_sent_back(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        harness.claude.models_without_schema.add(harness.claude.name)
        server.script = [says({**GOOD, "body": {"text": "⟨body⟩", "facts": []}})]
        await harness.write()
        assert harness.ended == ["did not fit the form", "done"]

    async def test_gives_up_when_the_answer_is_never_json(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.script = [says("Linen is lovely.")] * 9
        error = await harness.fail()
        assert len(server.letters) == 4
        assert error.words.to("en").startswith("qwen3:8b could not put its answer into the form")

    async def test_stop_reason_of_the_server_is_trusted(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.script = [Step(text="{}", stop="length"), Step(text=json.dumps(GOOD), stop="stop")]
        await harness.write()
        assert harness.ended == ["cut off", "done"]

    async def test_local_server_is_never_reached_through_a_proxy(
        self, harness: WriterHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        await harness.write()
        assert harness.ended[-1] == "done"


class TestChecked:
    """`check` runs at the start of the process."""

    async def test_check_passes_for_valid_models(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        assert await harness.claude.check() is None
        assert not harness.claude.models_without_schema
        assert server.asked[0].path == "/v1/models/claude-sonnet-5-5"

    async def test_check_names_a_retired_model(self, server: ScriptedClaude) -> None:
        server.lifecycle = {"claude-haiku-5-5": "retired"}
        harness = WriterHarness(server.url, fallback="claude-haiku-5-5")
        wrong = await harness.claude.check()
        assert wrong is not None
        assert wrong.to("en").startswith("claude-haiku-5-5 is retired. An administrator can")
        await harness.claude.close()

    async def test_check_warns_of_a_model_that_will_retire(
        self, server: ScriptedClaude, harness: WriterHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.lifecycle = {"claude-sonnet-5-5": "deprecated"}
        assert await harness.claude.check() is None
        assert "claude-sonnet-5-5 retires on 2026-12-01" in caplog.text

    async def test_check_names_a_model_without_structured_output(
        self, server: ScriptedClaude, harness: WriterHarness
    ) -> None:
        server.unable = ("structured_outputs",)
        wrong = await harness.claude.check()
        assert wrong is not None
        assert wrong.to("en").startswith("claude-sonnet-5-5 can't answer in the form we need.")

    async def test_check_learns_the_settings_of_a_model(self, server: ScriptedClaude) -> None:
        server.unable = ("effort", "disabled", "between_tools")
        harness = WriterHarness(server.url)
        await harness.claude.check()
        await harness.write()
        assert "thinking" not in server.letters[0]
        assert "effort" not in server.letters[0]["output_config"]
        await harness.claude.close()

    async def test_check_reports_a_refused_key(self) -> None:
        async with Answering(401, {"error": {"type": "authentication_error"}}) as url:
            harness = WriterHarness(url)
            wrong = await harness.claude.check()
            await harness.claude.close()
        assert wrong is not None
        assert wrong.to("en").startswith("The key for Claude was refused.")

    async def test_check_ignores_an_outage(self, caplog: pytest.LogCaptureFixture) -> None:
        harness = WriterHarness("http://127.0.0.1:9")
        assert await harness.claude.check() is None
        assert "claude-sonnet-5-5 could not be looked up" in caplog.text
        await harness.claude.close()

    @pytest.mark.parametrize("status", [404, 405, 501])
    async def test_check_treats_a_server_without_models_as_simple(self, status: int) -> None:
        async with Answering(status, {}) as url:
            harness = WriterHarness(url, name="qwen3:8b")
            assert await harness.claude.check() is None
            assert harness.claude.name in harness.claude.models_without_schema
            await harness.claude.close()

    @pytest.mark.parametrize("told", [{"id": "x", "object": "model"}, [1], "x"])
    async def test_check_tolerates_an_unexpected_response(self, told: Any) -> None:
        async with Answering(200, told) as url:
            harness = WriterHarness(url, name="org/x")
            assert await harness.claude.check() is None
            await harness.claude.close()


async def test_api_key_never_appears_in_logs_or_errors(
    server: ScriptedClaude, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = fails(401, "authentication_error", message=f"Received API key {KEY}")
    server.script = [fails(529, message=KEY), says(GOOD), echo]
    harness = WriterHarness(server.url)
    await harness.write(prompt="Our secret launch")
    error = await harness.fail()
    told = [
        caplog.text,
        repr(harness.claude),
        repr(vars(harness.claude)),
        repr(vars(harness.claude._client)),
    ]
    told += [repr(error), error.words.to("en"), *map(repr, harness.receipts)]
    assert not any(KEY in text for text in told)
    assert "Our secret launch" not in caplog.text
    assert "call req_2: done" in caplog.text
    await harness.claude.close()


async def test_redirects_are_not_followed() -> None:
    """The receipt names the host, so the request must not go to another one."""
    async with ScriptedClaude() as elsewhere:
        to = {"location": f"{elsewhere.url}/v1/messages"}
        async with Answering(307, {}, headers=to) as url:
            harness = WriterHarness(url)
            await harness.fail()
            await harness.claude.close()
        assert not elsewhere.asked


async def test_cancelled_call_has_a_receipt(server: ScriptedClaude, harness: WriterHarness) -> None:
    server.script = [breaks("stall")]
    task = asyncio.create_task(harness.write())
    await server.answering.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert harness.ended == ["stopped"]
    assert harness.receipts[0].sent


async def test_two_hundred_calls_run_at_once(server: ScriptedClaude) -> None:
    server.delay, server.chunk = 0.5, 64
    harness = WriterHarness(server.url, deadline=60.0)
    await asyncio.gather(*(harness.write() for _ in range(200)))
    await harness.claude.close()
    assert harness.ended == ["done"] * 200
    assert server.most_open > 150


def test_second_event_loop_gets_its_own_client() -> None:
    async def once() -> None:
        async with ScriptedClaude(port=port):
            await harness.write()
            await harness.claude.close()

    port = free_port()
    harness = WriterHarness(f"http://127.0.0.1:{port}")
    for _ in range(2):
        asyncio.run(once())
    assert harness.ended == ["done", "done"]


def test_sdk_is_imported_only_on_the_first_call() -> None:
    code = "import sys, bot.agent.llm.anthropic; sys.exit('anthropic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Answering:
    """A server that gives the same answer to every request."""

    def __init__(self, status: int, told: Any, *, headers: dict[str, str] | None = None):
        self.status, self.told, self.headers = status, told, headers

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        return web.json_response(self.told, status=self.status, headers=self.headers)
