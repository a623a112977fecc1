"""One skill for one channel of a Brief, frozen, in retail words."""

import hashlib

from pydantic import BaseModel, ConfigDict

from bot.core.brief import Brief, Goal
from bot.i18n.messages import Language, Words


class SkillRequest(BaseModel):
    """What a handler is handed. Coming back from a person, it carries why and what was before."""

    model_config = ConfigDict(frozen=True)
    skill: str
    brief: Brief
    channel: str | None = None  # a key of channels.toml
    reason: str | None = None  # why the last draft was sent back
    sender: str | None = None  # who sent it back
    previous: str | None = None  # its words

    @property
    def language(self) -> Language:
        return self.brief.language


class Question(BaseModel):
    """What the intern must know before it can start; options are answers to tap."""

    model_config = ConfigDict(frozen=True)
    words: Words
    options: tuple[str, ...] = ()


# What came in, and what was made of it.


class IncomingRequest(BaseModel):
    """What came in: the words, and what a form or a tap chose. What was chosen wins over words."""

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
    follows: str | None = None  # the question before, in the same thread
    answers: dict[str, str] = {}  # a field of the Brief → its value; any other key: more words
    digest: str | None = None  # the name of the one that nobody typed: no words of anybody's

    @property
    def more_words(self) -> list[str]:
        """Answers to a question of ours: they belong to the words."""
        known = {*Brief.model_fields, *IncomingRequest.model_fields}
        return [value for key, value in self.answers.items() if key not in known]


class IntakeResult(BaseModel):
    """A Brief and what follows from it: one Request a channel."""

    model_config = ConfigDict(frozen=True)
    brief: Brief
    requests: tuple[SkillRequest, ...]


# Ids of rows that are made from what they stand for.


def task_id(*told: str) -> str:
    """One id for one thing that Slack may tell us twice."""
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:16]
