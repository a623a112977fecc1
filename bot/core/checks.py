"""One finding on a draft: it passes, warns, blocks, or was stated by a person."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from bot.i18n.messages import Words, restore_words

CheckLevel = Literal["pass", "stated", "warn", "block"]


class Check(BaseModel):
    """What was found, where, and how grave it is.

    pass: fine, and worth saying · warn: advice · stated: a person said it, the approver confirms
    it · block: no approval; where `override` is true an approver may still say yes with a reason.
    `quote` is the text found fault with; `fact` the id of the fact it was held against.
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
    """What no approver can override: the channel itself would refuse it."""
    return [check for check in select_blocking(checks) if not check.override]


def select_stated(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.level == "stated"]
