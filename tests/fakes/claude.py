"""A Claude on the loopback: a real server that speaks its API and answers by a script.

    async with ScriptedClaude(says({"body": {"text": "Linen.", "facts": []}})) as claude:
        writer = Claude(key="k", base_url=claude.url, now=now)

Steps are used one a call; after the last, and without any, `answer` answers. `delay` is how
many seconds an answer takes. `asked` is the transcript. For a whole line set
ANTHROPIC_BASE_URL to `claude.url` and ANTHROPIC_API_KEY to `claude.key`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal

from aiohttp import web

Break = Literal["drop", "garble", "end early", "error event", "stall", "cut call"]
Answer = dict[str, Any] | str | list[dict[str, Any]]  # an object, text, or content blocks
CACHEABLE = 2_048  # characters
SAID = ("Soft washed linen, cut to move with you", "Cool all day, from desk to dinner")
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Step:
    """What one call gets. `breaks` happens after half of the text."""

    text: str | None = None  # None: what `answer` says
    uses: tuple[dict[str, Any], ...] = ()  # calls of tools, after the text
    stop: str = "end_turn"
    category: str | None = None
    breaks: Break | None = None
    status: int = 200
    error: str = ""
    code: str | None = None
    message: str = "no"
    headers: dict[str, str] = field(default_factory=dict)


def says(answer: dict[str, Any] | str | None = None, *, stop: str = "end_turn") -> Step:
    """An answer: an object, or text that need not be JSON; None: what the server would say."""
    text = answer if isinstance(answer, str | None) else json.dumps(answer, ensure_ascii=False)
    return Step(text=text, stop=stop)


def calls(*uses: tuple[str, dict[str, Any]], text: str = "", how: Break | None = None) -> Step:
    """An answer that calls tools. With "cut call", the last call's arguments are incomplete."""
    blocks = tuple(use(name, arguments) for name, arguments in uses)
    return Step(text=text, uses=blocks, stop="tool_use", breaks=how)


def use(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A tool_use block."""
    id = f"toolu_{abs(hash((name, json.dumps(arguments, sort_keys=True)))) % 10**12}"
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def cut_off(text: str = '{"body": {"text": "Linen is') -> Step:
    return Step(text=text, stop="max_tokens")


def refuses(category: str | None = "general_harms") -> Step:
    return Step(text="", stop="refusal", category=category)


def breaks(how: Break) -> Step:
    return Step(breaks=how)


def fails(
    status: int,
    error: str = "api_error",
    *,
    code: str | None = None,
    message: str = "no",
    retry_after: float | str | None = None,
) -> Step:
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Step(status=status, error=error, code=code, message=message, headers=headers)


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body


class ScriptedClaude:
    """The server. `lifecycle` and `unable` say what GET /v1/models/{name} tells of a name;
    `simple` is a local server: it knows no names, no counting and no `output_config`."""

    key = "sk-ant-loopback"

    def __init__(
        self,
        *script: Step,
        answer: Callable[[dict[str, Any]], Answer] | None = None,
        delay: float = 0.0,
        chunk: int = 16,
        lifecycle: dict[str, str] | None = None,
        unable: tuple[str, ...] = (),
        simple: bool = False,
        port: int = 0,
        refuses: Callable[[dict[str, Any]], str | None] = lambda _: None,
        judge: Callable[[dict[str, Any]], Answer] | None = None,
        label: Callable[[dict[str, Any]], Answer] | None = None,
    ):
        """`refuses` returns why a request is a bad one (400), or None. `judge` answers when
        sentences are to be judged, which takes no step of the script; without it, each is called
        supported. `label` answers in the same way when themes of texts are to be labelled; without
        it, no text gets labels."""
        self.judge, self.label = judge or support_all, label or label_none
        self.refuses = refuses
        self.script = list(script)
        self.answer = answer or (simply if simple else obediently)
        self.delay, self.chunk, self.simple = delay, chunk, simple
        self.lifecycle, self.unable = lifecycle or {}, unable
        self.asked: list[Asked] = []
        self.open = self.most_open = 0  # answers being given now, and at once at most
        self.port = port
        self.answering = asyncio.Event()  # set when the first answer begins
        self._cached: set[str] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def letters(self) -> list[dict[str, Any]]:
        """The bodies of the calls for an answer, in their order, without those that judge or
        label."""
        return [body for body in self._bodies if not (is_judging(body) or is_labelling(body))]

    @property
    def labelled(self) -> list[dict[str, Any]]:
        """The bodies of the calls that label themes of texts."""
        return [body for body in self._bodies if is_labelling(body)]

    @property
    def judged(self) -> list[dict[str, Any]]:
        """The bodies of the calls that judge sentences."""
        return [body for body in self._bodies if is_judging(body)]

    @property
    def _bodies(self) -> list[dict[str, Any]]:
        return [asked.body for asked in self.asked if asked.path == "/v1/messages"]

    async def __aenter__(self) -> "ScriptedClaude":
        app = web.Application(client_max_size=32 * 2**20)
        app.router.add_post("/v1/messages", self._message)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_get("/v1/models/{name:.+}", self._model)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _note(self, request: web.Request) -> Asked:
        asked = Asked(request.method, request.path, dict(request.headers), await request.text())
        self.asked.append(asked)
        return asked

    async def _message(self, request: web.Request) -> web.StreamResponse:
        body = (await self._note(request)).body
        number = f"req_{len(self.asked)}"
        if why := self.refuses(body):
            bad = Step(status=400, error="invalid_request_error", message=why)
            return web.json_response(problem(bad, number), status=400, headers=id_of(number))
        is_aside = is_judging(body) or is_labelling(body)
        step = self.script.pop(0) if self.script and not is_aside else Step()
        if step.status != 200:
            return web.json_response(
                problem(step, number), status=step.status, headers={**step.headers, **id_of(number)}
            )
        text = step.text
        if text is None:
            answer = self._answer(body)
            if isinstance(answer, list):
                called = tuple(block for block in answer if block["type"] == "tool_use")
                text = "".join(block.get("text", "") for block in answer)
                step = replace(step, uses=called, stop="tool_use" if called else step.stop)
            else:
                text = _text(answer)
        response = web.StreamResponse(
            headers={"content-type": "text/event-stream", **id_of(number)}
        )
        await response.prepare(request)
        self.open += 1
        self.answering.set()
        self.most_open = max(self.open, self.most_open)
        try:
            async for event in self._stream(body, step, text):
                await response.write(event)
        except _DropError:
            assert request.transport is not None
            request.transport.abort()
        finally:
            self.open -= 1
        return response

    def _answer(self, body: dict[str, Any]) -> Answer:
        if is_judging(body):
            return self.judge(body)
        return self.label(body) if is_labelling(body) else self.answer(body)

    async def _stream(self, body: dict[str, Any], step: Step, text: str) -> AsyncIterator[bytes]:
        usage = self._usage(body)
        start = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
        start |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield event("message_start", message=start)
        block = {"type": "text", "text": ""}
        if text or not step.uses:
            yield event("content_block_start", index=0, content_block=block)
        chunks = [text[i : i + self.chunk] for i in range(0, len(text), self.chunk)]
        for index, piece in enumerate(chunks):
            if step.breaks and step.breaks != "cut call" and index >= len(chunks) // 2:
                async for last in _break(step.breaks):
                    yield last
                return
            if self.delay:
                await asyncio.sleep(self.delay / len(chunks))
            yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        if text or not step.uses:
            yield event("content_block_stop", index=0)
        for index, called in enumerate(step.uses, 1 if text else 0):
            yield event("content_block_start", index=index, content_block={**called, "input": {}})
            written = json.dumps(called["input"], ensure_ascii=False)
            if step.breaks == "cut call" and called is step.uses[-1]:
                written = written[: len(written) // 2]
            for piece in (written[: len(written) // 2], written[len(written) // 2 :]):
                part = {"type": "input_json_delta", "partial_json": piece}
                yield event("content_block_delta", index=index, delta=part)
            yield event("content_block_stop", index=index)
        details = {"type": "refusal", "category": step.category} if step.stop == "refusal" else None
        delta: dict[str, Any] = {
            "stop_reason": step.stop,
            "stop_sequence": None,
            "stop_details": details,
        }
        out = {"output_tokens": tokens(text + "".join(str(one["input"]) for one in step.uses))}
        yield event("message_delta", delta=delta, usage=out)
        yield event("message_stop")

    def _usage(self, body: dict[str, Any]) -> dict[str, Any]:
        """Input tokens; a long system block marked for the cache is written once, then read."""
        asked = sum(tokens(_text(turn["content"])) for turn in body["messages"])
        system = body.get("system") or ""
        if isinstance(system, str):
            return {"input_tokens": asked + tokens(system), "output_tokens": 1}
        block = "".join(part["text"] for part in system)
        cached = any("cache_control" in part for part in system) and len(block) >= CACHEABLE
        known = cached and block in self._cached
        self._cached |= {block} if cached else set()
        return {
            "input_tokens": asked + (0 if cached else tokens(block)),
            "cache_creation_input_tokens": tokens(block) if cached and not known else 0,
            "cache_read_input_tokens": tokens(block) if known else 0,
            "output_tokens": 1,
        }

    async def _count(self, request: web.Request) -> web.Response:
        asked = await self._note(request)
        if self.simple:
            raise web.HTTPNotFound
        return web.json_response({"input_tokens": tokens(asked.text)})

    async def _model(self, request: web.Request) -> web.Response:
        await self._note(request)
        name = request.match_info["name"]
        if self.simple:
            raise web.HTTPNotFound
        if not name.startswith("claude-"):
            missing = Step(status=404, error="not_found_error")
            return web.json_response(problem(missing, "req_0"), status=404)
        return web.json_response(about(name, self.lifecycle.get(name, "active"), self.unable))


class _DropError(Exception):
    """The line is to be cut here."""


async def _break(how: Break) -> AsyncIterator[bytes]:
    if how == "drop":
        raise _DropError
    if how == "garble":
        yield b'event: content_block_delta\ndata: {"type": "content_bl\n\n'
    if how == "error event":
        yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    if how == "stall":
        await asyncio.sleep(3_600)


def event(name: str, **fields: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


def problem(step: Step, number: str) -> dict[str, Any]:
    error: dict[str, Any] = {"type": step.error, "message": step.message}
    if step.code:
        error["details"] = {"error_code": step.code}
    return {"type": "error", "error": error, "request_id": number}


def id_of(number: str) -> dict[str, str]:
    return {"request-id": number}


def about(name: str, lifecycle: str, unable: tuple[str, ...]) -> dict[str, Any]:
    """What the API tells of a name. Sonnet can't do without thinking, Haiku can."""
    least = "between_tools" if "sonnet" in name else "disabled"
    types = {
        kind: {"supported": kind in ("adaptive", least) and kind not in unable}
        for kind in ("adaptive", "between_tools", "disabled", "enabled")
    }
    can: dict[str, Any] = {
        ability: {"supported": ability not in unable}
        for ability in ("batch", "citations", "effort", "structured_outputs", "thinking")
    }
    can["thinking"]["types"] = types
    return {
        "id": name,
        "type": "model",
        "display_name": name,
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": lifecycle,
        "retires_at": None if lifecycle == "active" else "2026-12-01T00:00:00Z",
        "capabilities": can,
    }


def tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _text(answer: Answer) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def obediently(body: dict[str, Any]) -> dict[str, Any] | str:
    """A valid object of the asked form; words without a figure, standing on the facts given."""
    said = body["messages"][0]["content"]
    if not isinstance(said, str):
        said = "".join(block.get("text", "") for block in said)
    if UNDERSTANDS in str(body.get("system")):
        return plainly_understood(said)
    facts = re.findall(r"^\[([\w.:/-]+)\] ", said, re.MULTILINE)[:2]
    filled: dict[str, Any]
    if schema := body.get("output_config", {}).get("format", {}).get("schema"):
        filled = fill(schema, schema.get("$defs", {}), facts)
    elif blanks := re.search(r"^\{.*⟨.*\}$", said, re.MULTILINE):
        filled = fill_in(json.loads(blanks[0]), facts)
    else:
        return "Which form would you like?"
    return filled


JUDGES = "You check sentences against facts"  # how prompts/claims.md begins
LABELS = "You read what customers wrote to a shop"  # how prompts/theme_labels.md begins


def is_judging(body: dict[str, Any]) -> bool:
    return JUDGES in str(body.get("system"))


def is_labelling(body: dict[str, Any]) -> bool:
    return LABELS in str(body.get("system"))


def label_none(_: dict[str, Any]) -> Answer:
    return {"texts": []}


def list_labelled(body: dict[str, Any]) -> dict[int, str]:
    """The texts to label, by number."""
    said = body["messages"][0]["content"]
    text = said if isinstance(said, str) else "".join(one.get("text", "") for one in said)
    lines = re.findall(r"^(\d+)\. (.*)$", fenced(text, "texts"), re.MULTILINE)
    return {int(number): line for number, line in lines}


def list_judged(body: dict[str, Any]) -> dict[str, str]:
    """The sentences to judge, by id."""
    said = body["messages"][0]["content"]
    text = said if isinstance(said, str) else "".join(one.get("text", "") for one in said)
    return dict(re.findall(r"^(s\d+) \[[^\]]*\]: (.*)$", fenced(text, "sentences"), re.MULTILINE))


def support_all(body: dict[str, Any]) -> dict[str, Any]:
    verdicts = [verdict(id) for id in list_judged(body)]
    return {"verdicts": verdicts}


def verdict(
    id: str, judgement: str = "supported", words: str = "", why: str = ""
) -> dict[str, str]:
    return {"id": id, "verdict": judgement, "words": words, "why": why}


UNDERSTANDS = "You are the first to read a message"  # how prompts/understand.md begins
NOTHING = {"value": "none", "words": "none"}


def reading(value: str, words: str) -> dict[str, str]:
    return {"value": value, "words": words}


def asked_request(skill: str = "draft", **fields: Any) -> dict[str, Any]:
    """One request of the form that a message is understood as; what is not given is "none"."""
    blank: dict[str, Any] = {
        **dict.fromkeys(("about", "topic", "goal", "audience", "offer", "since"), "none"),
        **dict.fromkeys(("until", "compared_since", "compared_until"), "none"),
        "period_words": "none",
        "tone": "none",
        "language": NOTHING,
        "occasion": NOTHING,
        **{name: [] for name in ("channels", "markets", "products", "must_say")},
    }
    assert set(fields) <= set(blank), fields
    return {"skill": skill, **blank, **fields}


def understood(outcome: str, *requests: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a message is understood as; what is not given is "none"."""
    blank: dict[str, Any] = {
        **dict.fromkeys(("draft", "instruction", "opening", "language", "answer", "reply"), "none"),
        **{name: [] for name in ("changes", "unsupported", "left_over")},
        "closes": False,
    }
    assert set(fields) <= set(blank), fields
    return {"outcome": outcome, "requests": [*requests], **blank, **fields}


def fenced(said: str, name: str) -> str:
    """What stands under this name in a prompt."""
    found = re.search(rf"<<<{name}\n(.*?)\n{name}>>>", said, re.DOTALL)
    return "" if found is None or found[1] == "none" else found[1]


def plainly_understood(said: str) -> dict[str, Any]:
    """Each message as one text about the nearest product; under a draft as its revision."""
    words, drafts = fenced(said, "message"), fenced(said, "drafts")
    if drafts:
        draft = drafts.partition(": ")[0]
        return understood("revise", draft=draft, instruction=words)
    products = [line.partition(": ")[0] for line in fenced(said, "products").splitlines()]
    sms = re.search(r"\bsms\b", words, re.IGNORECASE)
    french = re.search(r"\b(?:notre|nos|est|pour|de|la)\b", words)
    return understood(
        "requests",
        asked_request(
            products=[reading(one, words) for one in products[:1]],
            topic="none" if products else words,
            channels=[reading("sms", sms[0])] if sms else [],
            language=reading("fr" if french else "en", "none"),
        ),
    )


def simply(body: dict[str, Any]) -> dict[str, Any] | str:
    """As a local server does that never heard of `output_config`: JSON only when asked in words."""
    deaf = {key: value for key, value in body.items() if key != "output_config"}
    answer = obediently(deaf)
    if isinstance(answer, str):
        return "Sure! Here is a lovely text about linen."
    return f"Sure! Here it is:\n```json\n{_text(answer)}\n```\nShall I change anything?"


def fill_in(value: Any, facts: list[str], key: str = "", index: int = 0) -> Any:
    """The same with words in the place of each blank."""
    if isinstance(value, dict):
        return {
            name: fill_in(inner, facts, key if name in ("text", "angle") else name, index)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        if key == "facts":
            return facts
        return [fill_in(inner, facts, key, i) for i, inner in enumerate(value)]
    return _sentence({}, facts, key, index) if isinstance(value, str) else value


def fill(
    node: dict[str, Any], defs: dict[str, Any], facts: list[str], key: str = "", index: int = 0
) -> Any:
    """Any value that a JSON schema allows."""
    if "$ref" in node:
        return fill(defs[node["$ref"].rpartition("/")[2]], defs, facts, key, index)
    if "const" in node or "enum" in node:
        return node["const"] if "const" in node else node["enum"][0]
    if options := node.get("anyOf"):
        wanted = next((o for o in options if o.get("type") != "null"), options[0])
        return fill(wanted, defs, facts, key, index)
    match node.get("type"):
        case "object":
            fields = node.get("properties", {})
            return {
                name: fill(inner, defs, facts, key if name in ("text", "angle") else name, index)
                for name, inner in fields.items()
            }
        case "array":
            if key == "facts":
                return facts
            items = node.get("items", {"type": "string"})
            many = _limit(node, "minItems") or 1
            return [fill(items, defs, facts, key, i) for i in range(many)]
        case "string":
            return _sentence(node, facts, key, index)
        case "boolean":
            return True
        case "null":
            return None
    return _limit(node, "minimum") or 1


def _sentence(node: dict[str, Any], facts: list[str], key: str, index: int) -> str:
    if key == "fact":
        return facts[0] if facts else "none"
    if node.get("format") == "date":
        return "2026-12-01"
    name = key.replace("_", " ").capitalize() or "Text"
    words = f"{name}: {SAID[index % 2]}, {ORDER[index % 6]} version."
    return words[: _limit(node, "maxLength") or len(words)].strip()


def _limit(node: dict[str, Any], name: str) -> int | None:
    """A limit of a schema; transform_schema moves it into the description."""
    if name in node:
        return int(node[name])
    found = re.search(rf"\b{name}: (\d+)", node.get("description", ""))
    return int(found[1]) if found else None
