"""The form of an answer: a schema for servers that hold to one, blanks to fill for the others."""

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

Node = dict[str, Any]
BLANK = "⟨"  # opens a place to fill; in an answer, it was left unfilled
MANY = 6  # blanks in a list at most


def tight(schema: Node) -> Node:
    """A JSON schema in which every field is required, so that no list of facts is left out.

    What a field says beside its `$ref` stays: the SDK's own transformation would drop it.
    """
    tightened: Node = _tight(schema, schema.get("$defs", {}))
    return tightened


def _tight(node: Any, defs: Node) -> Any:
    if isinstance(node, list):
        return [_tight(inner, defs) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and len(node) > 1:
        said = {key: value for key, value in node.items() if key not in ("$ref", "default")}
        return {**_tight(defs[node["$ref"].rpartition("/")[2]], defs), **said}
    kept = {key: _tight(value, defs) for key, value in node.items() if key != "default"}
    if isinstance(node.get("properties"), dict):
        kept["properties"] = {k: _tight(v, defs) for k, v in node["properties"].items()}
        kept["required"] = list(node["properties"])
    return kept


@cache
def blank(output: type[BaseModel]) -> str:
    """An example of the form with a blank in each place: small models fill it in, while of
    a schema they make a copy."""
    schema = output.model_json_schema()
    return json.dumps(_blank(schema, schema.get("$defs", {}), "text"), ensure_ascii=False)


def _blank(node: Node, defs: Node, name: str) -> Any:
    if "$ref" in node:
        said = f"{name}: {node['description']}" if "description" in node else name
        return _blank(defs[node["$ref"].rpartition("/")[2]], defs, said)
    if options := node.get("anyOf"):
        return _blank(next((o for o in options if o.get("type") != "null"), {}), defs, name)
    if "const" in node:
        return node["const"]
    match node.get("type"):
        case "object":
            fields = node.get("properties", {})
            return {k: _blank(v, defs, name if k == "text" else k) for k, v in fields.items()}
        case "array":
            many = min(max(1, node.get("minItems", 1)), MANY)
            return [_blank(node.get("items", {}), defs, name)] * many
        case "integer" | "number":
            return 0
        case "boolean":
            return False
    return f"{BLANK}{_told(node, name)}⟩"


def _told(node: Node, name: str) -> str:
    """What is to stand in a blank."""
    told = name.replace("_", " ")
    if options := node.get("enum"):
        told += f", one of: {', '.join(map(str, options))}"
    if most := node.get("maxLength"):
        told += f", at most {most} characters"
    return told + (f": {node['description']}" if "description" in node else "")
