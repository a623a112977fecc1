"""The form that the model fills in when it reads a message: see `prompts/understand.md`."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field

from bot.agent.skills import load_skills
from bot.core.request import Goal
from bot.i18n.languages import LANGUAGES
from bot.tasks.message_prompt import NONE
from bot.text.normalize import normalize_text

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
    parts: list[str] = Field(
        default=[], description="“all” where the rest of a text is asked for, of which parts stand"
    )
    markets: list[Reading]
    language: Reading
    products: list[Reading]
    topic: str
    goal: str = Field(json_schema_extra={"enum": [NONE, *get_args(Goal)]})
    audience: str
    offer: str
    ended_offers: list[str] = Field(
        default=[], description="earlier words on an offer that this one takes the place of"
    )
    occasion: Reading
    since: str
    until: str
    compared_since: str
    compared_until: str
    period_words: str
    must_say: list[str]
    tone: str


def _read_ids(value: Any) -> Any:
    """Return the ids of a list. Earlier answers hold one id alone."""
    ids = [value] if isinstance(value, str) else value
    return [id for id in ids if not is_none(id)] if isinstance(ids, list) else ids


class MessageForm(BaseModel):
    outcome: Outcome
    requests: list[RequestForm]
    draft: Annotated[list[str], BeforeValidator(_read_ids)]
    instruction: str
    changes: list[str]
    opening: str = NONE
    language: str = Field(
        default=NONE, description=f"of the message, names apart: {', '.join(LANGUAGES)} if it tells"
    )
    answer: str
    closes: bool
    reply: str
    unsupported: list[str]
    left_over: list[str]


def is_none(text: str) -> bool:
    return text.strip().lower() in ("", NONE)


def is_quoted(text: str, sources: Iterable[str]) -> bool:
    """Whether one of the sources holds the text, whatever its case, accents and spaces."""
    return not is_none(text) and any(squeeze(text) in squeeze(source) for source in sources)


def squeeze(text: str) -> str:
    return " ".join(normalize_text(text).replace("“", '"').replace("”", '"').split())
