"""The team's own data as a Library: the catalogue's products, and what the analyses find."""

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from bot.core.facts import Fact
from bot.core.library import Library, ProductMatch
from bot.core.request import SkillRequest
from bot.core.sales_query import SalesQuery
from bot.core.source import NO_SOURCE
from bot.data.analyses.cache import ResultCache
from bot.data.analyses.request import (
    TABLES_BY_KIND,
    build_filter,
    iter_age_facts,
    iter_cannot_facts,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.copy_context import WRITING_KINDS, cache_key, find_writing_facts
from bot.data.thread_facts import THREAD_KINDS, find_surrounding_facts
from bot.data.warehouse.warehouse import DamagedRows
from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.metrics.orders.answer_guard import AnswerLog
    from bot.data.warehouse.warehouse import Warehouse

ANALYSES = {
    "segments": "bot.data.analyses.segments",
    "behaviour": "bot.data.analyses.forecast",
    "feedback": "bot.data.analyses.feedback",
    "trends": "bot.data.analyses.trends",
    "funnel": "bot.data.analyses.funnel",
    "delivery": "bot.data.analyses.late_parcels",
    "campaigns": "bot.data.analyses.campaigns",
    "experiments": "bot.data.analyses.experiments",
    "plan": "bot.data.analyses.experiments.plan",
    "audiences": "bot.data.analyses.audience_proposals",
    "sellers": "bot.data.metrics.best_sellers",
    "sold": "bot.data.metrics.orders",
}
T = TypeVar("T")
MOST_REMEMBERED = 100  # findings of one version of the tables
LOOKUP_SECONDS = 300.0  # seconds that one thing may take to look up, the wait for others counted


def list_analyses() -> tuple[str, ...]:
    """The kinds of facts that are computed from the team's rows."""
    return tuple(ANALYSES)


def load_analysis(kind: str) -> ModuleType:
    """The package that computes facts of this kind by its `find`. It is loaded when first used."""
    return import_module(ANALYSES[kind])


class WorkspaceData:
    """The library of one workspace. `shelf` opens its tables as they are now, and gives the same
    object as long as nothing changed."""

    def __init__(
        self,
        catalogue: Library,
        shelf: Callable[[], "Warehouse"],
        lasting: ResultCache | None = None,
        stands_on: Callable[[], Hashable] | None = None,
        let_go: Callable[[], None] = lambda: None,
        answers: "AnswerLog | None" = None,
    ) -> None:
        """`stands_on` tells cheaply which tables these are, `lasting` keeps what was found of
        them; without them findings are remembered in this process, as long as the shelf stays.
        `let_go` has the tables opened anew, for an engine that does not answer any more.
        `answers` is the log of what each person was told about sales: without it no difference is
        refused."""
        self._catalogue, self._open = catalogue, shelf
        self._lasting, self._stands_on = lasting, stands_on or shelf
        self._let_go, self._answers = let_go, answers
        self._one = threading.RLock()  # the engine does one thing at a time
        self._of: object = None  # what the known findings stand on
        self._known: dict[tuple[str, AnalysisFilter], AnalysisResult] = {}
        self._given: dict[Hashable, tuple[Fact, ...]] = {}  # for writing
        self._given_of: Warehouse | None = None

    async def find(self, words: str) -> Sequence[ProductMatch]:
        return await self._catalogue.find(words)

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """The facts of an analysis for the brief's product and days, of the product itself, of what
        is said around the wish (HERE), or of what a text is written with (WRITING)."""
        if kind in THREAD_KINDS:
            return await self._patiently(self._around, kind, request)
        if kind in WRITING_KINDS:
            return await self._patiently(self._for_writing, kind, request)
        if kind not in list_analyses():
            return await self._catalogue.look_up(kind, request)
        return await self._patiently(self._facts, kind, request)

    async def _patiently(
        self,
        look: Callable[[str, SkillRequest], tuple[Fact, ...]],
        kind: str,
        request: SkillRequest,
    ) -> tuple[Fact, ...]:
        """In a thread. An engine that hangs must not leave this or the next question without an
        answer, so it is let go of: whoever asks from then on has another one. Raises CannotDo."""
        looking = asyncio.ensure_future(asyncio.to_thread(look, kind, request))
        done, _ = await asyncio.wait({looking}, timeout=LOOKUP_SECONDS)
        if done:
            return looking.result()
        looking.add_done_callback(lambda late: late.cancelled() or late.exception())
        shelf = await asyncio.to_thread(self._open)
        self._one = threading.RLock()
        self._let_go()
        if stop := getattr(getattr(shelf.engine, "con", None), "interrupt", None):
            await asyncio.to_thread(stop)
        raise CannotDo(
            Words(
                "Looking this up took longer than {n} minutes, so I stopped. Ask about a shorter"
                " time, or one product.",
                n=round(LOOKUP_SECONDS / 60),
            )
        )

    def _facts(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        """What was found, what can't be told, and how old the rows are when they are old."""
        where = build_filter(request)
        shelf, found = self._open(), self.findings(kind, where)
        if kind == "sold" and where.tally is not None:
            found = self._guarded(shelf, found, where, request.brief.author)
        elif kind == "sellers" and request.skill == "answer" and "orders" in shelf.listed:
            total = replace(where, tally=SalesQuery())  # it tells the total of the same days, too
            known = self.findings("sold", total)
            if self._guarded(shelf, known, total, request.brief.author).get("few", "under"):
                found = AnalysisResult(kind, found.source, found.as_of)
        aside = iter_cannot_facts(found, kind, request.language, shelf.today)
        return (*found.facts, *aside, *iter_age_facts(shelf, kind))

    def _guarded(
        self, shelf: "Warehouse", found: AnalysisResult, where: AnalysisFilter, person: str
    ) -> AnalysisResult:
        """What this person may be told of it, after all that was told before."""
        if self._answers is None:
            return found
        from bot.data.metrics.orders.answer_guard import guard_answer

        with self._one:
            return guard_answer(shelf, found, where, self._answers, person, _digest_orders(shelf))

    def _around(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        return find_surrounding_facts(kind, request, self._open().today)

    def _for_writing(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        """A text is written all the same where the library can't tell."""
        shelf, asked = self._open(), cache_key(kind, request)
        with self._one:
            if self._given_of is not shelf or len(self._given) >= MOST_REMEMBERED:
                self._given_of, self._given = shelf, {}
            if asked not in self._given:
                try:
                    self._given[asked] = find_writing_facts(kind, shelf, request)
                except CannotDo:
                    self._given[asked] = ()
            return self._given[asked]

    def alone(self, ask: Callable[["Warehouse"], T]) -> T:
        """What `ask` says of the tables, while nobody else asks the engine."""
        shelf = self._open()
        with self._one:
            return ask(shelf)

    def findings(self, kind: str, where: AnalysisFilter) -> AnalysisResult:
        """What one analysis finds; remembered until the tables change. Raises CannotDo."""
        now = self._stands_on()
        with self._one:
            if not _is_same_warehouse(now, self._of):
                self._of, self._known = now, {}
            if (kind, where) not in self._known:
                try:
                    found = self._read_again(now, kind, where) or self._find(kind, where)
                except DamagedRows as why:  # the same answer until the rows are whole
                    found = AnalysisResult(kind, NO_SOURCE, self._open().today)
                    found.cannot.append(why.words)
                if not _is_same_warehouse(now, self._stands_on()):
                    return found  # the tables changed meanwhile: it may be of either
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[kind, where] = found
            return self._known[kind, where]

    def _read_again(self, now: Hashable, kind: str, where: AnalysisFilter) -> AnalysisResult | None:
        if self._lasting is None:
            return None
        return self._lasting.get(now, kind, where)

    def _find(self, kind: str, where: AnalysisFilter) -> AnalysisResult:
        now = self._stands_on()
        with self._one:
            found: AnalysisResult = load_analysis(kind).find(
                self._open().for_reading(TABLES_BY_KIND.get(kind, ())), where
            )
            if self._lasting is not None and _is_same_warehouse(now, self._stands_on()):
                self._lasting.put(now, where, found)
            return found


def _digest_orders(shelf: "Warehouse") -> str:
    """The state of the orders, as a digest: another as soon as rows come in or go."""
    one = shelf.listed["orders"]
    told = (sorted(path.name for path in one.paths), one.rows, str(one.as_of))
    return sha256(repr(told).encode()).hexdigest()


def _is_same_warehouse(one: object, other: object) -> bool:
    """The same tables: a shelf is itself alone, since to compare its expressions makes new ones."""
    return one is other or (isinstance(one, tuple) and one == other)
