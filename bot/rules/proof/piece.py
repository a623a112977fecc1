"""One stretch of a draft's words under examination: a part, or a hook."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.core.parts import Hook, Part, PartKind


@dataclass(frozen=True, slots=True)
class Piece:
    """`key` is the part's, or `hook.1`; `cites` are the ids of the facts it names."""

    key: str
    kind: PartKind | Literal["hook"]
    text: str
    cites: tuple[str, ...]

    @property
    def goes_out(self) -> bool:
        return self.kind != "hook"

    @property
    def written(self) -> bool:
        """Our own sentences: not a table's cells, not a customer's words."""
        return self.kind in ("copy", "heading", "hook")


def pieces(parts: Iterable[Part], hooks: Iterable[Hook] = ()) -> tuple[Piece, ...]:
    found = [Piece(part.key, part.kind, part.text, part.facts) for part in parts]
    found += [Piece(f"hook.{n}", "hook", hook.text, hook.facts) for n, hook in enumerate(hooks, 1)]
    return tuple(found)
