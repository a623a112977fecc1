"""The form of an answer: its JSON schema, an example with blanks, and the parser of answers.

Also how much schema a server takes in one request. Strict tools and the form of the answer are
compiled into one grammar. Reported limits of Anthropic's server: 20 strict tools, 24 optional and
16 union parameters in sum, no recursion (issue threads of 2026). We stay below them, and send no
`strict` to anything larger.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from bot.agent.llm.turn import ToolSpec

if TYPE_CHECKING:
    pass

SchemaNode = dict[str, Any]
BLANK_MARK = "⟨"  # opens a blank; an answer that contains it is incomplete
MAX_LIST_BLANKS = 6  # blanks in one list
THINKING_BLOCK = re.compile(r"<think>.*?</think>", re.DOTALL)
NESTED_OBJECT_PREFIX = re.compile(r'([,\[{]|"\s*:)\s*$')  # precedes an object inside another object
MAX_TOOLS = 12  # of one skill
MAX_OPTIONAL = 20
MAX_UNIONS = 12


def require_all_fields(schema: SchemaNode) -> SchemaNode:
    """Make every field of a JSON schema required, so that no list of fact ids is left out.

    Keys beside a `$ref` are kept: the SDK's own transformation would drop them.
    """
    tightened: SchemaNode = _require_all_of(schema, schema.get("$defs", {}))
    return tightened


def _require_all_of(node: Any, defs: SchemaNode) -> Any:
    if isinstance(node, list):
        return [_require_all_of(inner, defs) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and len(node) > 1:
        own_fields = {key: value for key, value in node.items() if key not in ("$ref", "default")}
        return {**_require_all_of(defs[node["$ref"].rpartition("/")[2]], defs), **own_fields}
    tightened = {
        key: _require_all_of(value, defs) for key, value in node.items() if key != "default"
    }
    if isinstance(node.get("properties"), dict):
        tightened["properties"] = {
            k: _require_all_of(v, defs) for k, v in node["properties"].items()
        }
        tightened["required"] = list(node["properties"])
    return tightened


@cache
def build_blank_example(output: type[BaseModel]) -> str:
    """Build an example of the output model with a blank in each field. Small models fill in an
    example but copy a schema."""
    schema = output.model_json_schema()
    return json.dumps(
        _fill_with_blanks(schema, schema.get("$defs", {}), "text"), ensure_ascii=False
    )


def _fill_with_blanks(node: SchemaNode, defs: SchemaNode, name: str) -> Any:
    if "$ref" in node:
        described_name = f"{name}: {node['description']}" if "description" in node else name
        return _fill_with_blanks(defs[node["$ref"].rpartition("/")[2]], defs, described_name)
    if options := node.get("anyOf"):
        return _fill_with_blanks(
            next((o for o in options if o.get("type") != "null"), {}), defs, name
        )
    if "const" in node:
        return node["const"]
    match node.get("type"):
        case "object":
            fields = node.get("properties", {})
            return {
                k: _fill_with_blanks(v, defs, name if k == "text" else k) for k, v in fields.items()
            }
        case "array":
            many = min(max(1, node.get("minItems", 1)), MAX_LIST_BLANKS)
            return [_fill_with_blanks(node.get("items", {}), defs, name)] * many
        case "integer" | "number":
            return 0
        case "boolean":
            return False
    return f"{BLANK_MARK}{_describe_blank(node, name)}⟩"


def _describe_blank(node: SchemaNode, name: str) -> str:
    description = name.replace("_", " ")
    if options := node.get("enum"):
        description += f", one of: {', '.join(map(str, options))}"
    if max_length := node.get("maxLength"):
        description += f", at most {max_length} characters"
    return description + (f": {node['description']}" if "description" in node else "")


# Parsing: the JSON may be enclosed in prose. Broken JSON is not repaired.


def find_json(text: str) -> str | None:
    """Return the longest JSON object in an answer that may contain prose, a code fence or thoughts.

    None when there is none. An object inside a broken object does not count.
    """
    text = THINKING_BLOCK.sub("", text)
    longest, start = "", text.find("{")
    while start >= 0:
        end = start + 1
        if not NESTED_OBJECT_PREFIX.search(text, max(0, start - 40), start):
            end = _find_end(text, start) or end
            longest = max(longest, text[start:end], key=len) if end > start + 1 else longest
        start = text.find("{", end)
    return longest or None


def _find_end(text: str, at: int) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(text, at)[1]
    except ValueError:
        return None


class SchemaWeight(NamedTuple):
    """What a server counts in a schema."""

    optional: int = 0
    unions: int = 0
    is_recursive: bool = False
    has_free_keys: bool = False  # an object whose keys are not listed

    def plus(self, other: "SchemaWeight") -> "SchemaWeight":
        return SchemaWeight(
            self.optional + other.optional,
            self.unions + other.unions,
            self.is_recursive or other.is_recursive,
            self.has_free_keys or other.has_free_keys,
        )


def weigh_schema(schema: dict[str, Any]) -> SchemaWeight:
    """Count the optional parameters and the unions of a JSON schema."""
    return _weigh_text(json.dumps(schema))


@cache
def _weigh_text(text: str) -> SchemaWeight:
    schema = json.loads(text)
    return _weigh(schema, schema.get("$defs") or {}, ())


def _weigh(node: Any, defs: dict[str, Any], path: tuple[str, ...]) -> SchemaWeight:
    if not isinstance(node, dict):
        return SchemaWeight()
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in path:
            return SchemaWeight(is_recursive=True)
        return _weigh(defs.get(name), defs, (*path, name))
    properties = node.get("properties") or {}
    optional = len(set(properties) - set(node.get("required") or ()))
    unions = sum(1 for key in ("anyOf", "oneOf") if key in node)
    is_object = node.get("type") == "object"
    weight = SchemaWeight(
        optional,
        unions,
        has_free_keys=is_object
        and not properties
        and node.get("additionalProperties") is not False,
    )
    inner = [*properties.values(), *(node.get("anyOf") or ()), *(node.get("oneOf") or ())]
    if isinstance(node.get("additionalProperties"), dict):
        inner.append(node["additionalProperties"])
        weight = weight._replace(has_free_keys=True)
    for one in (*inner, *(node.get("allOf") or ()), node.get("items")):
        weight = weight.plus(_weigh(one, defs, path))
    return weight


def fits_strict(tools: Sequence[dict[str, Any]], form: dict[str, Any] | None) -> bool:
    """Whether these tools' schemas may be strict, together with the form of the answer."""
    if not tools or len(tools) > MAX_TOOLS:
        return False
    weight = weigh_schema(form) if form else SchemaWeight()
    for schema in tools:
        weight = weight.plus(weigh_schema(schema))
    return (
        weight.optional <= MAX_OPTIONAL
        and weight.unions <= MAX_UNIONS
        and not weight.is_recursive
        and not weight.has_free_keys
    )


@cache
def build_schema(output: type[BaseModel]) -> dict[str, Any]:
    """Build the JSON schema of an output model as the API accepts it."""
    from anthropic import transform_schema

    return transform_schema(require_all_fields(output.model_json_schema()))


def build_tool_spec(tool: ToolSpec) -> ToolSpec:
    """The tool with its schema as the API accepts it."""
    return replace(tool, schema=_build_tool_schema(json.dumps(tool.schema)))


@cache
def _build_tool_schema(schema: str) -> dict[str, Any]:
    from anthropic import transform_schema

    return transform_schema(require_all_fields(json.loads(schema)))
