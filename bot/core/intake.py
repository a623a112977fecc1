"""What came in, and what was made of it."""

from pydantic import BaseModel, ConfigDict

from bot.core.brief import Brief, Goal
from bot.core.request import SkillRequest
from bot.i18n.messages import Language


class Asked(BaseModel):
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
        known = {*Brief.model_fields, *Asked.model_fields}
        return [value for key, value in self.answers.items() if key not in known]


class Intake(BaseModel):
    """A Brief and what follows from it: one Request a channel."""

    model_config = ConfigDict(frozen=True)
    brief: Brief
    requests: tuple[SkillRequest, ...]
