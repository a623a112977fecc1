"""Calls a tool as the loop does: parameters validated, dependencies of one asker."""

import json
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin

from bot.agent.tool import FoundThings, Tool, ToolDeps, ToolResult, load_tools, render_result
from bot.config.brand import Brand
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.core.request import Brief, SkillRequest
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.reader import read_catalogue
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language
from bot.privacy import Pseudonymizer
from tests.support.sample_tables import TODAY, made
from tests.support.skill_runner import SampleData


@cache
def sample_data() -> WorkspaceData:
    """The sample shop's rows and catalogue."""
    products = read_catalogue(made() / "products.csv", as_of=TODAY).products
    return SampleData(lambda: products)


def data_of(shop: Warehouse) -> WorkspaceData:
    return WorkspaceData(CatalogueLibrary(list), lambda: shop)


def tool_deps(
    data: WorkspaceData | None = None,
    *,
    language: Language = "en",
    words: str = "",
    material: str = "",
    private: bool = False,
    rights: Sequence[str] = (),
    **more: Any,
) -> ToolDeps:
    """The dependencies of a call. Without `rights` the asker has none."""

    async def may(right: str) -> bool:
        return right in rights

    brief = Brief(words=words, author="U1", language=language, material=material)
    return ToolDeps(
        data=data or sample_data(),
        request=SkillRequest(skill="answer", brief=brief),
        brand=Brand(name="Maison Ormelin"),
        today=TODAY,
        person="U1",
        is_private=private,
        may=may,
        **more,
    )


def default_params(tool: Tool) -> dict[str, Any]:
    """The parameters of a call that narrows nothing."""
    known = {"most": 5, "days": 90, "days_ahead": 60}
    return {
        name: known[name] if name in known else _default(field.annotation)
        for name, field in tool.params.model_fields.items()
    }


def _default(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Literal:
        return get_args(annotation)[0]
    if origin in (list, tuple) or isinstance(annotation, types.GenericAlias):
        return []
    return {str: "none", int: 0, float: 0.0, bool: False}[annotation]


def full_params(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with the defaults of all other parameters."""
    defaults = default_params(load_tools()[name])
    assert set(given) <= set(defaults), set(given) - set(defaults)
    return {**defaults, **given}


async def call_tool(
    name: str, given: Mapping[str, Any] | None = None, deps: ToolDeps | None = None
) -> ToolResult:
    tool = load_tools()[name]
    params = tool.params.model_validate(full_params(name, given or {}))
    return await tool.run(params, deps or tool_deps())


def read_example(tool: Tool) -> dict[str, Any]:
    """The example call that the tool's description ends with."""
    _, _, text = tool.description.rpartition("Example: ")
    example: dict[str, Any] = json.loads(text)
    return example


def figure(result: ToolResult, id: str) -> Fact:
    """The fact with this id."""
    found = [fact for fact in result.facts if fact.id == id]
    assert found, f"{id} is not among {[fact.id for fact in result.facts]}"
    return found[0]


def text_of(result: ToolResult, language: Language = "en") -> str:
    return render_result(result, FoundThings(FactBook()), Pseudonymizer(), language)
