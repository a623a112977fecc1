"""How much schema may be strict."""

from pydantic import BaseModel

from bot.agent.llm.answer_schema import MAX_TOOLS, fits_strict, weigh_schema


class Inner(BaseModel):
    name: str
    note: str | None


class Outer(BaseModel):
    inner: list[Inner]
    other: Inner
    least: int = 0


class Tree(BaseModel):
    children: list["Tree"]


class Free(BaseModel):
    values: dict[str, str]


def test_optional_and_union_parameters_are_counted_wherever_they_stand() -> None:
    weight = weigh_schema(Outer.model_json_schema())
    assert (weight.optional, weight.unions) == (1, 2)
    assert not weight.is_recursive
    assert not weight.has_free_keys


def test_recursion_and_free_keys_are_found() -> None:
    assert weigh_schema(Tree.model_json_schema()).is_recursive
    assert weigh_schema(Free.model_json_schema()).has_free_keys
    assert not fits_strict([Tree.model_json_schema()], None)
    assert not fits_strict([Free.model_json_schema()], None)


def test_the_form_counts_together_with_the_tools() -> None:
    tool, form = Inner.model_json_schema(), Outer.model_json_schema()
    assert fits_strict([tool] * 10, form)
    assert not fits_strict([tool] * 11, form)  # 13 unions
    assert not fits_strict([{"type": "object", "properties": {"a": {}}}] * (MAX_TOOLS + 1), None)


def test_the_same_schema_is_weighed_once() -> None:
    assert weigh_schema(Outer.model_json_schema()) is weigh_schema(Outer.model_json_schema())
