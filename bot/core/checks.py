"""One finding about a draft: it passes, warns, blocks, or was stated by a person."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, field_validator, model_validator

from bot.i18n.messages import Language, Words, restore_words

CheckLevel = Literal["pass", "info", "stated", "warn", "block"]
Severity = Literal["block", "warn", "info"]
Acceptance = Literal["checked", "terms", "fact"]
WORD = re.compile(r"[\w€£$%]+")
OPENING_KEY = "hook."  # begins the part of a finding on another opening, before its number
IN_OPENING = Words("Other opening {n}: {what}")


class Check(BaseModel, frozen=True):
    """One finding of a rule, its place in the draft and its level.

    Levels: pass: fine, and worth showing · info: to know · stated: a person said it, and approving
    confirms it · warn: takes one yes before approval · block: no approval. With `override`, an
    approver may still approve a blocked draft by giving a reason. `quote` is the text that the rule
    objects to; `fact` is the id of the fact that it was compared with. `accepted_by` is the person
    who said yes to a warning, and `accepted_as` on what ground.
    """

    rule: str  # "length", "figure", "claim", "quote", "banned word", "required mention", …
    level: CheckLevel
    words: Words
    part: str | None = None
    quote: str | None = None
    fact: str | None = None
    override: bool = False
    accepted_by: str | None = None
    accepted_as: Acceptance | None = None

    @model_validator(mode="before")
    @classmethod
    def _old_warning(cls, value: Any) -> Any:
        """Read a warning of the first edition, stored without `accepted_by`, as information: it
        was advice that needed no yes."""
        is_stored = isinstance(value, dict) and isinstance(value.get("words"), dict)
        if is_stored and value.get("level") == "warn" and "accepted_by" not in value:
            return {**value, "level": "info"}
        return value

    @field_validator("words", mode="before")
    @classmethod
    def _stored_words(cls, value: object) -> object:
        return restore_words(value) if isinstance(value, dict) else value

    @property
    def opening(self) -> str | None:
        """The number of the other opening that it is about. That is not what gets approved: one
        that is chosen is checked anew as a part of the text."""
        part = self.part or ""
        return part.removeprefix(OPENING_KEY) if part.startswith(OPENING_KEY) else None

    @property
    def severity(self) -> Severity | None:
        """How a person sees it: red, amber or grey. None: it passed."""
        if self.opening and self.level != "pass":
            return "info"
        if self.level == "block" or self.level == "warn":
            return self.level
        return None if self.level == "pass" else "info"

    @property
    def is_open_warning(self) -> bool:
        """Whether nobody has said yes to this warning yet."""
        return self.level == "warn" and self.accepted_by is None and self.opening is None

    def describe(self, language: Language) -> dict[str, str]:
        """The finding for other programs."""
        return {
            "level": self.severity or "pass",
            "rule": self.rule,
            "words": self.quote or "",
            "why": self.words.to(language),
        }


def select_blocking(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.level == "block" and check.opening is None]


def select_final(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that no approver can override: the channel itself would refuse the text."""
    return [check for check in select_blocking(checks) if not check.override]


def sort_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Sort the checks, the gravest first."""
    order = ("block", "warn", "stated", "info", "pass")
    return tuple(sorted(checks, key=lambda check: order.index(check.level)))


# What people read: one line for each fault.


def group_checks(checks: Iterable[Check]) -> list[Check]:
    """Merge findings that say the same of several words into one line, and name the same words
    once, by their gravest finding. The worst come first."""
    groups: dict[tuple[object, ...], list[Check]] = {}
    for check in _drop_repeated(sort_checks(checks)):
        said = check.words.params.items()
        rest = {n: str(v) for n, v in said if n != "quote" and f"{{{n}}}" in check.words.text}
        is_mergeable = "{quote}" in check.words.text and check.quote is not None
        # What people stated stands in one line, whichever rule has found it.
        rule = None if check.level == "stated" and is_mergeable else check.rule
        key = (check.level, rule, check.words.text, str(rest), check.accepted_by, check.opening)
        quote = None if is_mergeable else str(check.words.params.get("quote"))
        groups.setdefault((*key, quote), []).append(check)
    return [_locate(_merge(group)) for group in groups.values()]


def _locate(check: Check) -> Check:
    """Return a finding on another opening with the number of that in its words."""
    if check.opening is None:
        return check
    words = IN_OPENING.with_params(n=check.opening, what=check.words)
    return check.model_copy(update={"words": words})


def _drop_repeated(checks: Iterable[Check]) -> list[Check]:
    """Leave out findings on words that a graver one, or one of the same level by another rule,
    names already in that part, and statements within one that the data deny. What passed, and what
    a person accepted, stays."""
    checks, kept = list(checks), list[Check]()
    denied = [one.quote or "" for one in checks if _is_denied(one)]
    for check in checks:
        is_told = check.quote and any(
            other.quote
            and other.rule != check.rule
            and other.part == check.part
            and other.severity is not None
            and _pad(check.quote) == _pad(other.quote)
            for other in kept
        )
        if check.quote and check.level == "stated" and not _is_denied(check):
            is_told = is_told or any(says_words(one, check.quote) for one in denied)
        if check.severity is None or check.accepted_by or not is_told:
            kept.append(check)
    return kept


def _is_denied(check: Check) -> bool:
    return check.level == "stated" and "why" in check.words.params


def _contains(longer: str, shorter: str) -> bool:
    return _pad(shorter) != _pad(longer) and _pad(shorter) in _pad(longer)


def says_words(longer: str, shorter: str) -> bool:
    """Whether all words of the shorter stand in the longer, in their order."""
    words, rest = WORD.findall(shorter.casefold()), iter(WORD.findall(longer.casefold()))
    return all(word in rest for word in words)


def _pad(text: str) -> str:
    return f" {' '.join(text.casefold().split())} "


def _merge(group: list[Check]) -> Check:
    """Return one finding with the quotes of all, without those that stand within another. What
    people stated is named once, in its longest wording."""
    first = group[0]
    if len(group) < 2 or "{quote}" not in first.words.text:
        return first
    quotes = {check.quote: check.words.params["quote"] for check in group if check.quote}
    wider = [one for one in quotes if not any(_contains(other, one) for other in quotes)]
    if first.level == "stated":
        for one in sorted(wider, key=len):
            if any(says_words(other, one) for other in wider if other is not one):
                wider.remove(one)
    marked, *rest = (quotes[one] for one in wider)
    for quote in rest:
        marked = Words("{first}, {rest}", first=marked, rest=quote)
    words = first.words.with_params(quote=marked)
    return first.model_copy(update={"words": words, "quote": ", ".join(wider)})


def describe_passed(checks: Iterable[Check]) -> Words | None:
    """Say in one line what passed: "4 figures and 3 statements checked"."""
    passed = [check for check in checks if check.level == "pass"]
    figures, claims = (
        sum(int(check.words.params.get("n", 1)) for check in passed if check.rule == rule)
        for rule in ("figure", "claim")
    )
    n = Words.count("{n} figure", "{n} figures", figures)
    m = Words.count("{n} statement", "{n} statements", claims)
    if figures and claims:
        return Words("{figures} and {claims} checked", figures=n, claims=m)
    return Words("{what} checked", what=n if figures else m) if figures or claims else None
