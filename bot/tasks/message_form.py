"""The form that the model fills in when it reads a message: see `prompts/understand.md`."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from bot.agent.skills import load_skills
from bot.core.request import Goal
from bot.tasks.message_prompt import NONE

COPY_SKILL = "draft"

Outcome = Literal["requests", "revise", "answer_question", "reply", "not_for_us"]

# Every field is required; "none" stands for nothing.


def _list_skills(schema: dict[str, Any]) -> None:
    schema["enum"] = sorted(load_skills(), key=lambda name: name != COPY_SKILL)


class Reading(BaseModel):
    """A value of a list, and the words of the message that it was read from."""

    value: str
    words: str


class RequestForm(BaseModel):
    skill: str = Field(json_schema_extra=_list_skills)
    about: str
    channels: list[Reading]
    parts: list[str] = []
    markets: list[Reading]
    language: Reading
    products: list[Reading]
    topic: str
    goal: str = Field(json_schema_extra={"enum": [NONE, *get_args(Goal)]})
    audience: str
    offer: str
    occasion: Reading
    since: str
    until: str
    compared_since: str
    compared_until: str
    period_words: str
    must_say: list[str]
    tone: str


class MessageForm(BaseModel):
    outcome: Outcome
    requests: list[RequestForm]
    draft: str
    instruction: str
    changes: list[str]
    opening: str = NONE
    answer: str
    closes: bool
    reply: str
    unsupported: list[str]
    left_over: list[str]
