"""`facts TOOL '{…}'`: runs one tool as the AI would, and prints what it found."""

import argparse
import asyncio
import json
import sys
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from bot.agent.tool import Tool, ToolDeps, ToolError, ToolResult, load_tools
from bot.app import Container
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.brief import Brief
from bot.core.request import SkillRequest
from bot.data.analyses.precompute import NO_FACTS_EXIT_CODE
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.escape import format_json, strip_hidden

NEUTRAL_CHOICES = ("none", "natural")


def run_tool(settings: Settings, args: argparse.Namespace) -> int:
    """Return 0 when the tool found something, 3 when it did not. Whoever has the machine has the
    files, so nothing is held against earlier answers."""
    tool = load_tools()[args.kind]
    params = parse_params(tool, args.params or "{}")
    container = Container(settings).migrated()
    workspace = container.workspace(args.workspace)
    deps = ToolDeps(
        data=container.library(workspace),
        request=SkillRequest(skill="answer", brief=Brief(words="", author="", language="en")),
        brand=container.brand(workspace),
        today=now().date(),
        person="",
        is_private=True,
        may=_allow,
    )
    try:
        result = asyncio.run(_run(tool, params, deps))
    except ToolError as error:
        raise CannotDo(Words("{tool} says: {reason}", tool=args.kind, reason=str(error))) from None
    if args.json:
        sys.stdout.write(format_json(result.model_dump(mode="json")) + "\n")
    else:
        sys.stdout.write(strip_hidden(format_result(result)))
    return 0 if result.facts or result.notes else NO_FACTS_EXIT_CODE


async def _run(tool: Tool, params: Any, deps: ToolDeps) -> ToolResult:
    return await tool.run(params, deps)


async def _allow(_right: str) -> bool:
    return True


def parse_params(tool: Tool, text: str) -> Any:
    """Parse the parameters. One that is left out and has a neutral value gets that: no filters.
    Raises CannotDo."""
    try:
        given = json.loads(text)
        if not isinstance(given, dict):
            raise ValueError("not an object")
        neutral = {
            name: value
            for name, field in tool.params.model_fields.items()
            if (value := _find_neutral_value(field.annotation)) is not None
        }
        return tool.params.model_validate({**neutral, **given})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}"
        raise CannotDo(Words("{tool} says: {reason}", tool=tool.name, reason=reason)) from None
    except ValueError:
        raise CannotDo(Words("{tool} wants its parameters as JSON.", tool=tool.name)) from None


def _find_neutral_value(annotation: Any) -> Any:
    if get_origin(annotation) is list:
        return []
    if get_origin(annotation) is Literal:
        return next((one for one in NEUTRAL_CHOICES if one in get_args(annotation)), None)
    return {str: "none", int: 0}.get(annotation)


def format_result(result: ToolResult) -> str:
    lines = [result.read_as, ""] if result.read_as else []
    for fact in result.facts:
        value = fact.spelled("en")
        about = f" · {fact.about}" if fact.about else ""
        lines.append(f"  {fact.titled('en')}{about}: {value}")
    if result.facts:
        lines += ["", f"Source: {result.facts[0].source}, as of {result.facts[0].as_of}."]
    return "\n".join([*lines, *result.notes]) + "\n"
