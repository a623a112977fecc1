"""What the catalogue surely has of a name, and what goes by another name there."""

from dataclasses import dataclass

from bot.core.library import Found, Library
from bot.text.normalize import words_of


@dataclass(frozen=True)
class Known:
    """Products that a name may mean, the likeliest first: those it does not contradict, and such
    things that go by another name."""

    sure: tuple[Found, ...] = ()
    otherwise: tuple[Found, ...] = ()


async def known(called: str, library: Library, house: str = "") -> Known:
    """What is found by this name. The name of the `house` contradicts none."""
    hits = sorted(await library.find(called), key=lambda hit: -hit.score) if called else []
    ours = {*words_of(house)}

    def other(hit: Found) -> bool:
        return bool(hit.otherwise) and not {*words_of(hit.otherwise)} <= ours

    return Known(
        tuple(hit for hit in hits if not other(hit)), tuple(hit for hit in hits if other(hit))
    )
