"""Requests that somebody answers by hand, in a model's place.

Each waiting case is a file to read, `<case>.md`, and a file to write, `<case>.answer.json`. What is
the same for many cases stands once, in `system.<set>.md`.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.agent.llm.answer_schema import build_blank_example
from bot.agent.llm.turn import ConversationMessage, TurnRequest
from bot.agent.tool import describe_mistakes
from bot.core.channels import Channel, load_channels
from evals.recordings import (
    PendingRequest,
    RecordedAnswer,
    RecordingStore,
    TurnKey,
    describe_fixed_part,
    describe_messages,
    hash_text,
    list_tool_names,
)

INDEX = "pending.json"  # what `accept_answers` needs to know about each request
MANY = ".answers.json"  # the end of a file with the answers of many cases
ACCEPTED = "accepted"  # the folder of what was answered
INSTRUCTIONS = """\
Be the model. Read this file once, then each `<case>.md` that names it, and write what a good model
would honestly answer from these words alone into `<case>.answer.json`. It holds one of these:

- the final answer: one JSON object of the form below, every field filled in
- calls of tools: {"content": [{"type": "tool_use", "name": "…", "input": {…}}, …],
  "stop_reason": "tool_use"}

Several answers can stand in one file `<any name>.answers.json`: {"<case>": <answer>, …}.
"""


@dataclass(frozen=True)
class PendingCase:
    """A case that waits for an answer. `file` is the file of its set."""

    set_name: str
    file: str
    pending: PendingRequest


def write_pending(folder: Path, cases: list[PendingCase]) -> None:
    """Write the requests, in place of those of an earlier round. Answers that were not yet accepted
    stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    systems: dict[str, str] = {}  # the file of each fixed part
    index: dict[str, dict[str, Any]] = {}
    for one in cases:
        key, request = one.pending.key, one.pending.request
        fixed = describe_fixed_part(request)
        if fixed not in systems:
            number = sum(name.startswith(f"system.{one.set_name}") for name in systems.values())
            name = f"system.{one.set_name}{f'.{number + 1}' if number else ''}.md"
            systems[fixed] = name
            (folder / name).write_text(format_system(request), encoding="utf-8")
        text = format_request(key, request, systems[fixed])
        (folder / f"{key.case}.md").write_text(text, encoding="utf-8")
        output = request.output
        index[key.case] = {
            "set": one.set_name,
            "file": one.file,
            "call": key.call,
            "turn": key.turn,
            "prompt": hash_text(fixed),
            "messages": hash_text(describe_messages(request.messages)),
            "tools": list_tool_names(request.tools),
            "form": f"{output.__module__}:{output.__qualname__}" if output else None,
        }
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def format_system(request: TurnRequest) -> str:
    """Return the fixed part as text to read."""
    parts = [INSTRUCTIONS, "# System prompt", request.system]
    for tool in request.tools:
        schema = json.dumps(tool.schema, ensure_ascii=False)
        parts += [f"# Tool {tool.name}", tool.description, f"Input: {schema}"]
    if output := request.output:
        schema = json.dumps(output.model_json_schema(), ensure_ascii=False)
        parts += ["# Form of the final answer", f"Schema: {schema}"]
        parts += [f"Every field, to fill in: {build_blank_example(output)}"]
    return "\n\n".join(parts) + "\n"


def format_request(key: TurnKey, request: TurnRequest, system: str) -> str:
    """Return the messages as text to read."""
    lines = [
        f"# {key.case}: {key.call}, turn {key.turn}",
        f"Read first: {system}. Answer in: {key.case}.answer.json",
    ]
    if request.must_answer and request.tools:
        lines.append("No more tools can be called: give the final answer.")
    for message in request.messages:
        lines += [f"## {message.role.upper()}", format_message(message)]
    return "\n\n".join(lines) + "\n"


def format_message(message: ConversationMessage) -> str:
    names = [
        f"[calls {use.name}] {json.dumps(use.arguments, ensure_ascii=False)}"
        for use in message.tool_uses
    ]
    replies = [
        f"[result {number}{', an error' if reply.is_error else ''}]\n{reply.text}"
        for number, reply in enumerate(message.tool_replies, 1)
    ]
    return "\n\n".join(filter(None, [*replies, message.text, *names]))


# Reading the answers.


class UnfitAnswer(Exception):
    """An answer that can't be recorded, with what is wrong."""


def accept_answers(folder: Path, recordings: Path) -> tuple[int, list[str]]:
    """Record the answers of a folder. Return how many, and what is wrong with the others, which
    stay where they are."""
    if not (folder / INDEX).exists():
        return 0, [f"{folder} holds no {INDEX}: write the requests first, with --pending {folder}"]
    index: dict[str, dict[str, Any]] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    stores: dict[str, RecordingStore] = {}
    accepted: dict[str, str] = {}  # the name that each accepted case gets
    given, faults = _collect_answers(folder)
    for case, answer in sorted(given.items()):
        about = index.get(case)
        if about is None:
            faults.append(f"{case}: no request of this name is waiting")
            continue
        try:
            recorded = read_answer(answer, about)
        except UnfitAnswer as fault:
            faults.append(f"{case}: {fault}")
            continue
        name = about["set"]
        store = stores.setdefault(name, RecordingStore(recordings / name))
        store.add(about["file"], TurnKey(case, about["call"], about["turn"]), recorded)
        accepted[case] = f"{case}.{about['call']}.{about['turn']}"
        del index[case]
    for store in stores.values():
        store.save()
    _put_away(folder, accepted)
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return len(accepted), faults


def _put_away(folder: Path, accepted: Mapping[str, str]) -> None:
    """Move what was accepted, so that no later turn takes it for its own answer."""
    done = folder / ACCEPTED
    done.mkdir(exist_ok=True)
    for case, name in accepted.items():
        for suffix in (".md", ".answer.json"):
            if (path := folder / f"{case}{suffix}").exists():
                path.rename(done / f"{name}{suffix}")
    for path in folder.glob(f"*{MANY}"):
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        taken = {case: answer for case, answer in read.items() if case in accepted}
        for case, answer in taken.items():
            text = json.dumps(answer, ensure_ascii=False, indent=1)
            (done / f"{accepted[case]}.answer.json").write_text(text + "\n", encoding="utf-8")
            del read[case]
        if read:
            path.write_text(json.dumps(read, ensure_ascii=False, indent=1), encoding="utf-8")
        else:
            path.unlink()


def _collect_answers(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the answers by case, and what could not be read. A file of one case counts more than
    one of many."""
    found: dict[str, Any] = {}
    faults: list[str] = []
    many = sorted(folder.glob(f"*{MANY}"))
    for path in (*many, *sorted(folder.glob("*.answer.json"))):
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            faults.append(f"{path.name}: no JSON: {error}")
            continue
        found |= read if path in many else {path.name.removesuffix(".answer.json"): read}
    return found, faults


def read_answer(answer: Any, about: Mapping[str, Any]) -> RecordedAnswer:
    """Return an answer as it is recorded. Raises UnfitAnswer."""
    if not isinstance(answer, dict):
        raise UnfitAnswer("an answer is a JSON object")
    content = answer.get("content")
    prompt, messages = about["prompt"], about["messages"]
    if not isinstance(content, list):
        return RecordedAnswer(prompt, messages, form=_check_form(answer, about["form"]))
    uses = [block for block in content if block.get("type") == "tool_use"]
    unknown = {use.get("name") for use in uses} - set(about["tools"])
    if unknown:
        raise UnfitAnswer(f"no tools of these names: {', '.join(sorted(map(str, unknown)))}")
    if uses:
        tools = tuple((use["name"], dict(use.get("input") or {})) for use in uses)
        return RecordedAnswer(prompt, messages, tools=tools)
    text = "".join(block.get("text", "") for block in content)
    try:
        form = json.loads(text)
    except ValueError:
        raise UnfitAnswer("the text is no JSON of the form") from None
    return RecordedAnswer(prompt, messages, form=_check_form(form, about["form"]))


def _check_form(form: dict[str, Any], name: str | None) -> dict[str, Any]:
    """Return the form if it is whole."""
    if name is None:
        return form
    module, _, qualified = name.partition(":")
    of_channels = {one.output.__qualname__: one.output for one in load_channels().values()}
    if module == Channel.__module__ and qualified in of_channels:
        output = of_channels[qualified]
    else:
        output = getattr(importlib.import_module(module), qualified)
    try:
        output.model_validate(form)
    except ValidationError as error:
        raise UnfitAnswer(describe_mistakes(error)) from None
    if missing := set(output.model_fields) - set(form):
        raise UnfitAnswer(f"these fields are missing: {', '.join(sorted(missing))}")
    return form
