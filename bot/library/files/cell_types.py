"""What a cell of a file says, as one of our types: SQL over the cells laid bare."""

from bot.library.files.source import literal
from bot.library.files.understood import Understood
from bot.library.kinds import Type

TEXTS = ("text", "key", "person")
NUMBERS = ("money", "number", "whole")


def typed(type_: Type, raw: str, understood: Understood) -> str:
    """A cell's text as one of our types."""
    moment = read_time(raw, understood)
    if type_ in NUMBERS:
        place = int(raw[1:])
        return f"as_{type_}({raw}, d{place}, {mark(understood, place)})"
    ways: dict[Type, str] = {
        "text": raw,
        "key": f"as_key({raw})",
        "person": f"as_person({raw})",
        "day": f"likely({moment})::DATE",
        "moment": f"likely({moment})",
        "yes": f"as_yes({raw})",
    }
    return ways[type_]


def read_time(raw: str, understood: Understood) -> str:
    """A cell as a time. Where the whole file has one way to write it, only that one is looked for:
    the engine takes longer to plan all of them than to read the rows."""
    if raw.removeprefix("t").isdigit() and int(raw.removeprefix("t")) in understood.iso:
        return f"iso({raw})"
    if understood.year_first:
        return f"as_moment(turned({raw}), true)"
    return f"as_moment({raw}, {str(understood.day_first).lower()})"


def mark(understood: Understood, place: int) -> str:
    """The decimal sign of a column, as SQL."""
    return literal(understood.mark(place))
