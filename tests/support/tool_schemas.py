"""Counts what servers limit in a handler's set of strict tools, together with its answer's form."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from bot.agent.tool import Tool, load_tools

MAX_TOOLS = 12  # of one handler
MAX_STRICT_TOOLS = 15
MAX_OPTIONAL = 20  # parameters that need not be given, in sum with the form
MAX_UNIONS = 12  # parameters of several types, in sum with the form


def tool_schema(tool: Tool) -> dict[str, Any]:
    return tool.params.model_json_schema()


def iter_schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from iter_schemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from iter_schemas(value)


def count_optional(schema: dict[str, Any]) -> int:
    return sum(
        len(set(one["properties"]) - set(one.get("required", ())))
        for one in iter_schemas(schema)
        if isinstance(one.get("properties"), dict)
    )


def count_unions(schema: dict[str, Any]) -> int:
    return sum(
        "anyOf" in one or "oneOf" in one or isinstance(one.get("type"), list)
        for one in iter_schemas(schema)
    )


def is_recursive(schema: dict[str, Any]) -> bool:
    """Whether a definition of the schema refers, through others too, to itself."""
    refers = {
        name: {str(one["$ref"]).rpartition("/")[2] for one in iter_schemas(part) if "$ref" in one}
        for name, part in schema.get("$defs", {}).items()
    }
    for name in refers:
        reached, new = set[str](), refers[name]
        while new - reached:
            reached |= new
            new = set().union(*(refers.get(one, set()) for one in reached))
        if name in reached:
            return True
    return False


def check_tool_set(names: Sequence[str], form: type[BaseModel] | None = None) -> None:
    """Assert that these tools and the answer's form stay within the limits."""
    tools = [load_tools()[name] for name in names]
    assert len(tools) <= MAX_TOOLS, f"{len(tools)} tools: at most {MAX_TOOLS} for one handler"
    assert len(tools) <= MAX_STRICT_TOOLS
    schemas = [tool_schema(tool) for tool in tools]
    if form is not None:
        schemas.append(form.model_json_schema())
    assert sum(map(count_optional, schemas)) <= MAX_OPTIONAL
    assert sum(map(count_unions, schemas)) <= MAX_UNIONS
