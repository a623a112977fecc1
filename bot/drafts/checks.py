"""A version that says what an earlier one said: rules could not take up why it was sent back."""

from collections.abc import Iterable

from bot.core.checks import Check
from bot.core.parts import Part
from bot.drafts.tracking import campaign_code
from bot.i18n.messages import Words

MOST = 120  # characters of a reason that are repeated


def unchanged(
    parts: Iterable[Part],
    piece: str,
    before: Iterable[tuple[str, Iterable[Part]]],
    reason: str | None,
) -> tuple[Check, ...]:
    """The finding on these parts of `piece`, where they are those of a version `before`: its piece
    and its parts. Each piece has its own campaign code in its links; that is no other text."""
    said = _plain(parts, piece)
    if not any(_plain(old, its_piece) == said for its_piece, old in before):
        return ()
    told = " ".join((reason or "").split()).rstrip(".")  # the sentence around it has its own
    told = told if len(told) <= MOST else f"{told[: MOST - 1].rstrip()}…"
    words = Words(
        "Written by rules, I could not take that up: “{reason}”. The text is the same as before. "
        "Edit it, or connect an AI.",
        reason=told,
    )
    return (Check(rule="unchanged", level="warn", words=words),)


def _plain(parts: Iterable[Part], piece: str) -> list[tuple[str, str]]:
    return [(part.key, part.text.replace(campaign_code(piece), "")) for part in parts]
