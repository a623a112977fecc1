"""A request for one skill and one channel, made from a Brief."""

import hashlib

from pydantic import BaseModel, ConfigDict

from bot.core.brief import Brief, Goal
from bot.i18n.messages import Language, Words


class KeptPassage(BaseModel):
    """A passage that a person wrote into a draft: the key of its part, and its words."""

    model_config = ConfigDict(frozen=True)
    part: str
    text: str


class SkillRequest(BaseModel):
    """A handler's input. When a person sent a draft back, it also holds their reason and the
    draft's text."""

    model_config = ConfigDict(frozen=True)
    skill: str
    brief: Brief
    channel: str | None = None  # a key of channels.toml
    reason: str | None = None  # why the previous draft was sent back
    sender: str | None = None  # the id of the person who sent it back
    previous: str | None = None  # the previous draft's text
    # of the previous draft, what people wrote themselves and nobody asked to change
    kept: tuple[KeptPassage, ...] = ()

    @property
    def language(self) -> Language:
        return self.brief.language

    def describe_previous(self) -> str | None:
        """Return the previous draft for the prompt, with the passages to keep."""
        if not self.previous or not self.kept:
            return self.previous
        passages = "\n".join(f"- {one.part}: {one.text}" for one in self.kept)
        return (
            f"{self.previous}\n\nPeople wrote these passages. Keep them word for word:\n{passages}"
        )


class Question(BaseModel):
    """A question to the person that must be answered before work starts. `options` are answers
    to tap."""

    model_config = ConfigDict(frozen=True)
    words: Words
    options: tuple[str, ...] = ()


# The incoming request, and what intake makes of it.


class IncomingRequest(BaseModel):
    """A request as it came in: its words, and the fields that a form or a button set. A set field
    takes precedence over the words."""

    model_config = ConfigDict(frozen=True)
    words: str
    author: str
    material: str = ""
    private: bool = False
    skill: str | None = None
    channel: str | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: Goal | None = None
    occasion: str | None = None
    dates: str | None = None
    language: Language | None = None
    ui_language: Language = "en"
    reason: str | None = None
    previous: str | None = None
    follows: str | None = None  # the preceding question in the same thread
    answers: dict[str, str] = {}  # Brief field → value; under any other key, additional words
    digest: str | None = None  # the digest's name, when the clock made the request: nobody typed it
    heard: str | None = None  # how a message reached us, see `bot.tasks.models`
    without_ai: str | None = None  # set when the person asked for standard text

    @property
    def more_words(self) -> list[str]:
        """Answers to our question that set no field; they are read together with the words."""
        known = {*Brief.model_fields, *IncomingRequest.model_fields}
        return [value for key, value in self.answers.items() if key not in known]


class IntakeResult(BaseModel):
    """A Brief and the requests made from it, one per channel."""

    model_config = ConfigDict(frozen=True)
    brief: Brief
    requests: tuple[SkillRequest, ...]


# Row ids that are derived from their content.


def task_id(*values: str) -> str:
    """Derive one id from what identifies a Slack event, which Slack may deliver twice."""
    return hashlib.sha256("|".join(values).encode()).hexdigest()[:16]
