"""The JSON schema and the blank example of an output model."""

import json
from typing import Literal

from pydantic import BaseModel, Field

from bot.agent.llm.answer_schema import build_blank_example, require_all_fields
from bot.core.parts import Copy, Hook


class Output(BaseModel):
    subject: Copy = Field(title="Subject", description="At most 40 characters.")
    body: Copy
    more: Copy | None = None
    default: str = "x"
    hooks: tuple[Hook, ...] = Field(min_length=2)


class Small(BaseModel):
    tone: Literal["warm", "dry"]
    name: str = Field(max_length=5)
    many: int
    sure: bool


def test_schema_requires_every_field() -> None:
    schema = require_all_fields(Output.model_json_schema())
    assert schema["required"] == ["subject", "body", "more", "default", "hooks"]
    assert schema["$defs"]["Copy"]["required"] == ["text", "facts"]
    assert schema["properties"]["more"]["anyOf"][1] == {"type": "null"}


def test_schema_keeps_field_descriptions() -> None:
    subject = require_all_fields(Output.model_json_schema())["properties"]["subject"]
    assert subject["description"] == "At most 40 characters."
    assert subject["required"] == ["text", "facts"]


def test_blank_example_has_a_blank_in_each_field() -> None:
    hook = {"angle": "⟨angle⟩", "text": "⟨hooks⟩", "facts": ["⟨facts⟩"]}
    assert json.loads(build_blank_example(Output)) == {
        "subject": {"text": "⟨subject: At most 40 characters.⟩", "facts": ["⟨facts⟩"]},
        "body": {"text": "⟨body⟩", "facts": ["⟨facts⟩"]},
        "more": {"text": "⟨more⟩", "facts": ["⟨facts⟩"]},
        "default": "⟨default⟩",
        "hooks": [hook, hook],
    }


def test_blank_names_the_allowed_values() -> None:
    assert json.loads(build_blank_example(Small)) == {
        "tone": "⟨tone, one of: warm, dry⟩",
        "name": "⟨name, at most 5 characters⟩",
        "many": 0,
        "sure": False,
    }
