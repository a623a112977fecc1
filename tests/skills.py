"""Runs a skill on a shelf, as the line does: intake, handler, proof; without rows or Slack."""

from collections.abc import Sequence
from datetime import date

from bot.brand import Brand
from bot.desk import Library, Sent, Writer
from bot.drafting import Drafted, draft
from bot.evidence import Fact
from bot.intake import Asked, take_in
from bot.library.catalogue.library import CatalogueLibrary
from bot.library.shelf import Shelf
from bot.library.team import TeamLibrary
from bot.request import Question
from bot.writers.offline import Offline
from tests.conftest import NOW
from tests.library.sample import TODAY, sample

BRAND = Brand(name="Maison Ormelin", languages=("fr", "en"), colours=("#2f5d50", "#b5532a"))


async def run(
    words: str,
    *,
    shelf: Shelf | None = None,
    writer: Writer | None = None,
    today: date = TODAY,
    language: str = "en",
    material: str = "",
    known: Sequence[Fact] = (),
    library: Library | None = None,
    **answers: str,
) -> Drafted | Question:
    """What the intern makes of these words on the sample shop, or on another shelf. A `library`
    that is given again has found its facts already."""
    library = library or library_of(shelf or sample())
    writer = writer or Offline(lambda: NOW)
    asked = Asked(words=words, author="UMARIE", answers=answers, ui_language=language,
                  material=material)  # fmt: skip
    taken = await take_in(
        asked, brand=BRAND, library=library, writer=writer, today=today, receipt=_keep
    )
    if isinstance(taken, Question):
        return taken
    return await draft(
        taken.requests[0],
        brand=BRAND,
        library=library,
        writer=writer,
        receipt=_keep,
        code="si-test",
        today=today,
        known=known,
    )


def library_of(shelf: Shelf) -> TeamLibrary:
    return TeamLibrary(CatalogueLibrary(list), lambda: shelf)


async def _keep(sent: Sent) -> None:
    """Receipts are kept elsewhere."""


def told(made: Drafted | Question) -> str:
    """Everything that people read, as text."""
    assert isinstance(made, Drafted), made
    lines = []
    for part in made.parts:
        lines += [f"## {part.title}", part.text, ""]
    lines += [f"[{lead.label.text}] {lead.words}" for lead in made.leads]
    lines += [f"{check.level}: {check.words.to('en')}" for check in made.checks]
    return "\n".join(lines)
