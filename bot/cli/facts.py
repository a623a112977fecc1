"""`facts`: prints what a skill would look up, each value with its source and its query; and what a
tool of the AI finds."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from bot.agent.tool import Tool, ToolDeps, ToolError, ToolResult, load_tools
from bot.app import Container
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.facts import Fact, Source
from bot.core.request import Brief, SkillRequest
from bot.data.analyses.cache import NO_FACTS_EXIT_CODE
from bot.data.analyses.result import TABLES_BY_KIND, AnalysisFilter, AnalysisResult
from bot.data.catalogue.product import build_product_facts
from bot.data.schema import load_kinds
from bot.data.service import list_analyses
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.escape import format_json, strip_hidden
from bot.text.normalize import collapse_spaces

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
        raise CannotDo("{tool} says: {reason}", tool=args.kind, reason=str(error)) from None
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
        raise CannotDo("{tool} says: {reason}", tool=tool.name, reason=reason) from None
    except ValueError:
        raise CannotDo("{tool} wants its parameters as JSON.", tool=tool.name) from None


def _find_neutral_value(annotation: Any) -> Any:
    if get_origin(annotation) is list:
        return []
    if get_origin(annotation) is Literal:
        return next((one for one in NEUTRAL_CHOICES if one in get_args(annotation)), None)
    return {str: "none", int: 0}.get(annotation)


def format_result(result: ToolResult) -> str:
    lines = [result.read_as, ""] if result.read_as else []
    for fact in result.facts:
        value = fact.shown("en")
        about = f" · {fact.about}" if fact.about else ""
        lines.append(f"  {fact.titled('en')}{about}: {value}")
    if result.facts:
        files = ", ".join(dict.fromkeys(str(fact.source) for fact in result.facts))
        lines += ["", f"Source: {files}, as of {result.facts[0].as_of}."]
    return "\n".join([*lines, *result.notes]) + "\n"


# `facts`: prints what a skill would look up, each value with its source and its query.

PRODUCT_KIND = "product"
ALL_KINDS = "all"  # all analyses, one after the other
VALUE_TYPES = (str | None, int | None, date | None)  # the types that --where can set
MAX_VALUE_LENGTH = 60  # characters of a value in the aligned table


def facts_(settings: Settings, args: argparse.Namespace) -> int:
    """Return 0 when there are facts, 3 when there are none."""
    known = (*list_analyses(), PRODUCT_KIND, ALL_KINDS)
    # some tools are called as a kind of facts is: with parameters, the tool is meant
    if args.kind in load_tools() and (args.params is not None or args.kind not in known):
        return run_tool(settings, args)
    if args.params is not None:
        raise CannotDo("{name} is no tool, so it takes no parameters.", name=args.kind)
    if args.kind not in known:
        raise CannotDo(
            "There are no facts of the kind {name}. There are: {known}.",
            name=args.kind,
            known=", ".join((*known, *load_tools())),
        )
    where = parse_where(args.where)
    container = Container(settings).migrated()
    workspace = container.workspace(args.workspace)
    if args.kind == ALL_KINDS:
        library = container.library(workspace)
        library.run_exclusively(library.describe)  # for the AI; it is kept on disk
        results = [
            _find_facts_or_none(container, workspace, kind, where) for kind in list_analyses()
        ]
    elif args.kind == PRODUCT_KIND:
        results = [_find_product_facts(container, workspace, where)]
    else:
        results = [_find_facts(container, workspace, args.kind, where)]
    if args.json:
        each = [facts_to_json(found, where) for found in results]
        whole = each if args.kind == ALL_KINDS else each[0]
        sys.stdout.write(format_json(whole) + "\n")
    else:
        sys.stdout.write(strip_hidden("\n".join(format_facts(found, where) for found in results)))
    return 0 if any(found.facts for found in results) else NO_FACTS_EXIT_CODE


def parse_where(pairs: Sequence[str]) -> AnalysisFilter:
    """Parse `product=linen-shirt`, `since=2026-10-01`, `days=90`. Raises CannotDo for an unknown
    name or a value of the wrong type."""
    types = {one.name: str(one.type) for one in fields(AnalysisFilter) if one.type in VALUE_TYPES}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not value:
            raise CannotDo("--where wants name=value, not {given}.", given=pair)
        if name not in types:
            near = get_close_matches(name, types, n=1)
            raise CannotDo(
                "--where knows no {name}. It knows: {known}.",
                name=name,
                known=", ".join(near or types),
            )
        if name in values:
            raise CannotDo("--where says {name} twice: it can be one alone.", name=name)
        values[name] = _parse_value(name, value, types[name])
    return AnalysisFilter(**values)


def _parse_value(name: str, value: str, type_: str) -> str | int | date:
    try:
        if "date" in type_:
            return date.fromisoformat(value)
        if "int" in type_ and int(value) > 0:
            return int(value)
    except ValueError:
        pass
    else:
        if "int" not in type_:
            return value
    raise CannotDo(
        "{name} wants a day like 2026-11-24 or a number above 0, not {value}.",
        name=name,
        value=value,
    )


def _find_facts(
    container: Container, workspace: str, kind: str, where: AnalysisFilter
) -> AnalysisResult:
    """Run one analysis. Raises CannotDo for a filter that the analysis or the data doesn't have."""
    library = container.library(workspace)
    if where == AnalysisFilter():
        return library.findings(kind, where)
    from bot.data.metrics.filters import validate_filter

    found = library.findings(
        kind, library.run_exclusively(lambda shelf: validate_filter(shelf, kind, where))
    )
    if not found.facts and not found.limits:
        found = replace(found, limits=[Words("Nothing fits what was asked.")])
    return found


def _find_facts_or_none(
    container: Container, workspace: str, kind: str, where: AnalysisFilter
) -> AnalysisResult:
    """Run one of several analyses. CannotDo becomes a result without facts, with the reason."""
    try:
        return _find_facts(container, workspace, kind, where)
    except CannotDo as reason:
        found = AnalysisResult(kind, Source(""), date.min)
        found.add_limit(reason.words)
        return found


def _find_product_facts(
    container: Container, workspace: str, where: AnalysisFilter
) -> AnalysisResult:
    products = container.products(workspace)
    wanted = [p for p in products if where.product in (None, p.handle, p.title)]
    newest = max((p.as_of for p in wanted), default=date.min)
    found = AnalysisResult(PRODUCT_KIND, Source("the catalogue"), newest)
    for product in wanted:
        for fact in build_product_facts(product):
            found.facts.append(fact.model_copy(update={"about": product.title}))
    if not wanted and where.product:
        raise CannotDo("There is no product {name}.", name=where.product)
    if not wanted:
        found.add_limit("There are no products yet: import a catalogue.")
    return found


def facts_to_json(found: AnalysisResult, where: AnalysisFilter) -> dict[str, Any]:
    """Convert the result for scripts. Decimal amounts are strings, so that no digit is lost."""
    return {
        "kind": found.kind,
        "source": str(found.source),
        "as_of": found.as_of.isoformat(),
        "stale_days": count_stale_days(found, where),
        "facts": [fact.model_dump(mode="json") for fact in found.facts],
        "queries": dict(found.queries),
        "cannot": [words.to("en") for words in found.limits],
    }


def count_stale_days(found: AnalysisResult, where: AnalysisFilter) -> int | None:
    """Return for how many days no rows have arrived, when that is longer than normal for this kind
    of data; None otherwise, or when the filter ends at a day in the past."""
    if found.kind not in TABLES_BY_KIND or where.until:
        return None
    days = (now().date() - found.as_of).days
    return days if days > load_kinds()[TABLES_BY_KIND[found.kind][0]].stale else None


def format_facts(found: AnalysisResult, where: AnalysisFilter) -> str:
    """Format as text: grouped by subject and aligned, with what can't be answered at the end."""
    lines: list[str] = []
    for subject in found.subjects():
        facts = [fact for fact in found.facts if fact.parts.subject == subject]
        about = facts[0].about
        heading = f"{about} ({subject})" if about and about != subject else subject
        lines += [heading, *_align_facts(facts, found), ""]
    if found.facts:
        lines.append(f"Source: {found.source}, as of {_format_day(found.as_of)}.")
        if days := count_stale_days(found, where):
            lines.append(f"Old: it ends {days:,} days ago, and what came since is not in it.")
    if found.queries:
        lines.append(f"Queries, shown by --json: {', '.join(found.queries)}.")
    lines += [f"Can't be told: {words.to('en')}" for words in found.limits]
    return "\n".join(lines) + "\n"


def _align_facts(facts: Sequence[Fact], found: AnalysisResult) -> list[str]:
    """Format label and value; the source and date are added where they differ from the result's."""
    labels = [fact.titled("en") for fact in facts]
    values = [_shorten(_format_value(fact)) for fact in facts]
    label_width, value_width = max(map(len, labels)), max(map(len, values))
    lines = []
    for fact, label, value in zip(facts, labels, values, strict=True):
        remarks = []
        if fact.rows is not None:
            remarks.append(f"{fact.rows:,} rows")
        if fact.source != found.source:
            remarks.append(str(fact.source))
        if fact.as_of != found.as_of:
            remarks.append(f"as of {_format_day(fact.as_of)}")
        cells = (label.ljust(label_width), value.ljust(value_width), ", ".join(remarks))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return lines


def _format_value(fact: Fact) -> str:
    """Format a value; a small one that would be shown as 0 becomes "under 0.001"."""
    text = fact.spelled("en")
    return "under 0.001" if text == "0" and isinstance(fact.value, Decimal) and fact.value else text


def _shorten(value: str) -> str:
    plain = collapse_spaces(value)
    return plain if len(plain) <= MAX_VALUE_LENGTH else f"{plain[: MAX_VALUE_LENGTH - 1]}…"


def _format_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
