"""Runs a skill on tables as the product does (intake, handler, checks), without rows and Slack."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.request_state import deny_right
from bot.config.brand import Brand
from bot.core.facts import Fact
from bot.core.library import Library
from bot.core.request import IncomingRequest, Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import Product
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.offline import OfflineWriter
from bot.tasks.intake import understand_request
from tests.support.sample_tables import TODAY, sample

BRAND = Brand(name="Maison Ormelin", languages=("fr", "en"), colours=("#2f5d50", "#b5532a"))
AI = "claude-haiku-5-5"


async def run(
    words: str,
    *,
    shelf: Warehouse | None = None,
    writer: Writer | None = None,
    today: date = TODAY,
    language: str = "en",
    material: str = "",
    known: Sequence[Fact] = (),
    library: Library | None = None,
    reason: str | None = None,
    author: str = "UMARIE",
    private: bool = False,
    may: Callable[[str], Awaitable[bool]] = deny_right,
    **answers: str,
) -> DraftResult | Question:
    """The intern's result for these words on the sample shop or other tables."""
    library = library or library_of(shelf or sample())
    writer = writer or OfflineWriter()
    asked = IncomingRequest(
        words=words,
        author=author,
        answers=answers,
        ui_language=language,
        material=material,
        reason=reason,
        private=private,
    )
    taken = await understand_request(asked, brand=BRAND, library=library, today=today)
    if isinstance(taken, Question):
        return taken
    return await run_request(
        taken.requests[0], library=library, writer=writer, today=today, known=known, may=may
    )


async def run_request(
    request: SkillRequest,
    *,
    library: Library | None = None,
    writer: Writer,
    today: date = TODAY,
    known: Sequence[Fact] = (),
    may: Callable[[str], Awaitable[bool]] = deny_right,
) -> DraftResult | Question:
    """The intern's result for a request that was read already."""
    return await run_skill(
        request,
        brand=BRAND,
        library=library or library_of(sample()),
        writer=writer,
        receipt=_keep,
        code="si-test",
        today=today,
        extra_facts=known,
        may=may,
    )


def library_of(shelf: Warehouse) -> WorkspaceData:
    return (
        SampleData() if shelf is sample() else WorkspaceData(CatalogueLibrary(list), lambda: shelf)
    )


class SampleData(WorkspaceData):
    """The data of the sample shop. Its tables never change, so all libraries of a process share
    the results of its analyses."""

    def __init__(self, products: Callable[[], Sequence[Product]] = list) -> None:
        super().__init__(CatalogueLibrary(products), sample)

    def findings(self, kind: str, where: AnalysisFilter) -> AnalysisResult:
        if (kind, where) not in RESULTS:
            RESULTS[kind, where] = super().findings(kind, where)
        return RESULTS[kind, where]


RESULTS: dict[tuple[str, AnalysisFilter], AnalysisResult] = {}


async def _keep(sent: LlmCall) -> None:
    """Drop the receipt: other tests check receipts."""


def collect_text(made: DraftResult | Question) -> str:
    """All text that people read."""
    assert isinstance(made, DraftResult), made
    lines = []
    for part in made.parts:
        lines += [f"## {part.title}", part.text, ""]
    lines += [f"[{lead.label.text}] {lead.words}" for lead in made.leads]
    lines += [f"{check.level}: {check.words.to('en')}" for check in made.checks]
    return "\n".join(lines)
