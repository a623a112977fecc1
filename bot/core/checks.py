"""One finding about a draft: it passes, warns, blocks, or was stated by a person."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from bot.i18n.messages import Language, Words, restore_words

CheckLevel = Literal["pass", "info", "stated", "warn", "block"]
Severity = Literal["block", "warn", "info"]
Acceptance = Literal["checked", "terms", "fact"]


class Check(BaseModel):
    """One finding of a rule, its place in the draft and its level.

    Levels: pass: fine, and worth showing · info: to know · stated: a person said it, and approving
    confirms it · warn: takes one yes before approval · block: no approval. With `override`, an
    approver may still approve a blocked draft by giving a reason. `quote` is the text that the rule
    objects to; `fact` is the id of the fact that it was compared with. `accepted_by` is the person
    who said yes to a warning, and `accepted_as` on what ground.
    """

    model_config = ConfigDict(frozen=True)
    rule: str  # "length", "figure", "claim", "quote", "banned word", "required mention", …
    level: CheckLevel
    words: Words
    part: str | None = None
    quote: str | None = None
    fact: str | None = None
    override: bool = False
    accepted_by: str | None = None
    accepted_as: Acceptance | None = None

    @field_validator("words", mode="before")
    @classmethod
    def _stored_words(cls, value: object) -> object:
        return restore_words(value) if isinstance(value, dict) else value

    @property
    def severity(self) -> Severity | None:
        """How a person sees it: red, amber or grey. None: it passed."""
        if self.level == "block" or self.level == "warn":
            return self.level
        return None if self.level == "pass" else "info"

    @property
    def is_open_warning(self) -> bool:
        """Whether nobody has said yes to this warning yet."""
        return self.level == "warn" and self.accepted_by is None

    def describe(self, language: Language) -> dict[str, str]:
        """The finding for other programs."""
        return {
            "level": self.severity or "pass",
            "rule": self.rule,
            "words": self.quote or "",
            "why": self.words.to(language),
        }


def select_blocking(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.level == "block"]


def select_final(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that no approver can override: the channel itself would refuse the text."""
    return [check for check in select_blocking(checks) if not check.override]


def select_open_warnings(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.is_open_warning]


def sort_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Sort the checks, the gravest first."""
    order = ("block", "warn", "stated", "info", "pass")
    return tuple(sorted(checks, key=lambda check: order.index(check.level)))
