"""What is asked of the conversation around a wish: nothing of it is kept in the library."""

from datetime import date

from bot.evidence import Fact
from bot.library import thread
from bot.library.asking import asides
from bot.request import Request

HERE = ("thread", "thread-words")


def around(kind: str, request: Request, today: date) -> tuple[Fact, ...]:
    """`thread`: what is said of which theme, as feedback.* facts. `thread-words`: who decided,
    asked and promised what, as thread.* facts."""
    material = request.brief.material
    if kind == "thread-words":
        found = thread.find(material, today)
        return (*found.facts, *asides(found, "thread", request.language, today))
    from bot.library.feedback.here import said_here

    found = said_here(material, today)
    return (*found.facts, *asides(found, "feedback", request.language, today))
