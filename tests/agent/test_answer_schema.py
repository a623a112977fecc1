"""The form of an answer: what a writer is told to fill."""

import json
from typing import Literal

from pydantic import BaseModel, Field

from bot.agent.llm.response import build_blank_example, require_all_fields
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


def test_wants_every_field_filled() -> None:
    schema = require_all_fields(Output.model_json_schema())
    assert schema["required"] == ["subject", "body", "more", "default", "hooks"]
    assert schema["$defs"]["Copy"]["required"] == ["text", "facts"]
    assert schema["properties"]["more"]["anyOf"][1] == {"type": "null"}


def test_keeps_what_a_field_says_of_itself() -> None:
    subject = require_all_fields(Output.model_json_schema())["properties"]["subject"]
    assert subject["description"] == "At most 40 characters."
    assert subject["required"] == ["text", "facts"]


def test_has_a_blank_in_each_place() -> None:
    hook = {"angle": "⟨angle⟩", "text": "⟨hooks⟩", "facts": ["⟨facts⟩"]}
    assert json.loads(build_blank_example(Output)) == {
        "subject": {"text": "⟨subject: At most 40 characters.⟩", "facts": ["⟨facts⟩"]},
        "body": {"text": "⟨body⟩", "facts": ["⟨facts⟩"]},
        "more": {"text": "⟨more⟩", "facts": ["⟨facts⟩"]},
        "default": "⟨default⟩",
        "hooks": [hook, hook],
    }


def test_says_what_is_allowed_there() -> None:
    assert json.loads(build_blank_example(Small)) == {
        "tone": "⟨tone, one of: warm, dry⟩",
        "name": "⟨name, at most 5 characters⟩",
        "many": 0,
        "sure": False,
    }
