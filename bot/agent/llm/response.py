"""The form of an answer: a schema for servers that hold to one, blanks to fill for the others."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json

SchemaNode = dict[str, Any]
BLANK_MARK = "⟨"  # opens a place to fill; in an answer, it was left unfilled
MAX_LIST_BLANKS = 6  # blanks in a list at most


def require_all_fields(schema: SchemaNode) -> SchemaNode:
    """A JSON schema in which every field is required, so that no list of facts is left out.

    What a field says beside its `$ref` stays: the SDK's own transformation would drop it.
    """
    tightened: SchemaNode = _require_all_of(schema, schema.get("$defs", {}))
    return tightened


def _require_all_of(node: Any, defs: SchemaNode) -> Any:
    if isinstance(node, list):
        return [_require_all_of(inner, defs) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and len(node) > 1:
        said = {key: value for key, value in node.items() if key not in ("$ref", "default")}
        return {**_require_all_of(defs[node["$ref"].rpartition("/")[2]], defs), **said}
    kept = {key: _require_all_of(value, defs) for key, value in node.items() if key != "default"}
    if isinstance(node.get("properties"), dict):
        kept["properties"] = {k: _require_all_of(v, defs) for k, v in node["properties"].items()}
        kept["required"] = list(node["properties"])
    return kept


@cache
def build_blank_example(output: type[BaseModel]) -> str:
    """An example of the form with a blank in each place: small models fill it in, while of
    a schema they make a copy."""
    schema = output.model_json_schema()
    return json.dumps(
        _fill_with_blanks(schema, schema.get("$defs", {}), "text"), ensure_ascii=False
    )


def _fill_with_blanks(node: SchemaNode, defs: SchemaNode, name: str) -> Any:
    if "$ref" in node:
        said = f"{name}: {node['description']}" if "description" in node else name
        return _fill_with_blanks(defs[node["$ref"].rpartition("/")[2]], defs, said)
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
    """What is to stand in a blank."""
    told = name.replace("_", " ")
    if options := node.get("enum"):
        told += f", one of: {', '.join(map(str, options))}"
    if most := node.get("maxLength"):
        told += f", at most {most} characters"
    return told + (f": {node['description']}" if "description" in node else "")


# What a writer answers: JSON that grows, or JSON wrapped in words. Nothing is repaired.

HIDDEN_FIELDS = ("facts", "fact")  # ids: nobody reads those
THINKING_BLOCK = re.compile(r"<think>.*?</think>", re.DOTALL)
NESTED_OBJECT_PREFIX = re.compile(
    r'([,\[{]|"\s*:)\s*$'
)  # what stands before an object within another


def extract_readable_text(text: str) -> str:
    """The words in a JSON answer so far, a paragraph each; empty while there are none."""
    start = text.find("{")
    if start < 0:
        return ""
    try:
        value = from_json(text[start:], allow_partial="trailing-strings")
    except ValueError:
        return ""
    return "\n\n".join(_iterate_texts(value))


def _iterate_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in HIDDEN_FIELDS:
                yield from _iterate_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _iterate_texts(inner)


def find_json(text: str) -> str | None:
    """The whole JSON object in an answer that wraps it in prose, a fence or thoughts.

    A piece of a broken object is not taken for the whole: None.
    """
    text = THINKING_BLOCK.sub("", text)
    found, at = "", text.find("{")
    while at >= 0:
        end = at + 1
        if not NESTED_OBJECT_PREFIX.search(text, max(0, at - 40), at):
            end = _find_end(text, at) or end
            found = max(found, text[at:end], key=len) if end > at + 1 else found
        at = text.find("{", end)
    return found or None


def _find_end(text: str, at: int) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(text, at)[1]
    except ValueError:
        return None
