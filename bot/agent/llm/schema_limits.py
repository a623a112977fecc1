"""How much schema a server takes in one request.

Strict tools and the form of the answer are compiled into one grammar. Reported limits of
Anthropic's server: 20 strict tools, 24 optional and 16 union parameters in sum, no recursion
(issue threads of 2026). We stay below them, and send no `strict` to anything larger.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

MAX_TOOLS = 12  # of one skill
MAX_OPTIONAL = 20
MAX_UNIONS = 12


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
