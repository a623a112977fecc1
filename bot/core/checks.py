"""One finding about a draft: it passes, warns, blocks, or was stated by a person."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from bot.i18n.messages import Words, restore_words

CheckLevel = Literal["pass", "stated", "warn", "block"]


class Check(BaseModel):
    """One finding of a rule, its place in the draft and its level.

    Levels: pass: fine, and worth showing · warn: advice · stated: a person said it, and the
    approver confirms it · block: no approval. With `override`, an approver may still approve a
    blocked draft by giving a reason. `quote` is the text that the rule objects to; `fact` is the
    id of the fact that it was compared with.
    """

    model_config = ConfigDict(frozen=True)
    rule: str  # "length", "figure", "claim", "quote", "banned word", "required mention", …
    level: CheckLevel
    words: Words
    part: str | None = None
    quote: str | None = None
    fact: str | None = None
    override: bool = False

    @field_validator("words", mode="before")
    @classmethod
    def _stored_words(cls, value: object) -> object:
        return restore_words(value) if isinstance(value, dict) else value


def select_blocking(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.level == "block"]


def select_final(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that no approver can override: the channel itself would refuse the text."""
    return [check for check in select_blocking(checks) if not check.override]


def select_stated(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.level == "stated"]
