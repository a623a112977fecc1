"""A sentence with the facts it stands on, and how sentences stand together."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.text.normalize import tokenize

REPEATED = 0.6  # of the telling words of a sentence


@dataclass(frozen=True)
class Line:
    """A sentence or two, and the facts they stand on."""

    text: str
    cites: tuple[str, ...] = ()
    says_why: bool = False

    def __add__(self, other: "Line") -> "Line":
        return Line(f"{self.text} {other.text}".strip(), unique(self.cites + other.cites))


@dataclass(frozen=True)
class Reason:
    """A clause that says why; `topic` is what it is about, so that it is said once."""

    topic: str
    text: str
    cites: tuple[str, ...] = ()


def again(text: str, told: Iterable[str], name: str = "") -> bool:
    """Whether most of what a sentence says was said already, the product's name aside."""
    words = _telling(text) - _telling(name)
    said = {word for one in told for word in _telling(one)}
    return bool(words) and len(words & said) >= len(words) * REPEATED


def _telling(text: str) -> set[str]:
    return {word.rstrip("s") for word in tokenize(text) if len(word) > 3 or word.isdigit()}


def unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def together(*lines: Line | None) -> Line | None:
    """One paragraph of several sentences."""
    some = [line for line in lines if line]
    if not some:
        return None
    paragraph = some[0]
    for line in some[1:]:
        paragraph = paragraph + line
    return paragraph


def whole(text: str) -> str:
    """With its full stop."""
    return text if text.rstrip()[-1:] in ".!?" else text.rstrip() + "."
