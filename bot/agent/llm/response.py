"""The format of an answer: a JSON schema, an example with blanks, and the parser of answers."""

import json
import re
from functools import cache
from typing import Any

from pydantic import BaseModel

SchemaNode = dict[str, Any]
BLANK_MARK = "⟨"  # opens a blank; an answer that contains it is incomplete
MAX_LIST_BLANKS = 6  # blanks in one list


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
    """Describe the expected content of a blank."""
    description = name.replace("_", " ")
    if options := node.get("enum"):
        description += f", one of: {', '.join(map(str, options))}"
    if max_length := node.get("maxLength"):
        description += f", at most {max_length} characters"
    return description + (f": {node['description']}" if "description" in node else "")


# Parsing: the JSON may be enclosed in prose. Broken JSON is not repaired.

THINKING_BLOCK = re.compile(r"<think>.*?</think>", re.DOTALL)
NESTED_OBJECT_PREFIX = re.compile(r'([,\[{]|"\s*:)\s*$')  # precedes an object inside another object


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
