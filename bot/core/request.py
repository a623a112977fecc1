"""One skill for one channel of a Brief, frozen, in retail words."""

from pydantic import BaseModel, ConfigDict

from bot.core.brief import Brief
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
