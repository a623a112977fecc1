"""The `Library` of one workspace: the catalogue's products and the results of the analyses."""

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.core.facts import NO_SOURCE, Fact
from bot.core.request import SkillRequest
from bot.data.analyses.cache import ResultCache
from bot.data.analyses.result import (
    TABLES_BY_KIND,
    AnalysisFilter,
    AnalysisResult,
    build_filter,
    iter_age_facts,
    iter_cannot_facts,
)
from bot.data.catalogue.library import CatalogueLibrary, find_seller_facts, select_offered
from bot.data.catalogue.product import (
    build_availability_facts,
    find_reduced_facts,
    find_writing_prices,
)
from bot.data.column_labels import SOURCE_LABELS
from bot.data.copy_context import WRITING_KINDS, cache_key, find_writing_facts
from bot.data.thread_facts import THREAD_KINDS, find_surrounding_facts
from bot.data.warehouse.warehouse import DamagedRows
from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.metrics.answer_log import AnswerLog
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
}
T = TypeVar("T")
MOST_REMEMBERED = 100  # results kept for one version of the tables
MAX_ENGINE_WAIT = 150.0  # seconds that a limited look-up waits for those before it
LOOKUP_SECONDS = 300.0  # seconds for one look-up, including the wait for others


def list_analyses() -> tuple[str, ...]:
    """Return the kinds of facts that are computed from the team's rows."""
    return tuple(ANALYSES)


PRODUCT_KINDS = ("availability", "prices", "best_sellers", "reduced")


def load_analysis(kind: str) -> ModuleType:
    """Return the module whose `find` computes facts of this kind. It is imported on first use."""
    return import_module(ANALYSES[kind])


INTERRUPT_TRIES, INTERRUPT_PAUSE = 40, 0.25  # a look-up may consist of several queries
TABLES_ARE_BUSY = Words("Other look-ups kept the tables for too long. Ask again in a moment.")
QUERY_TOOK_TOO_LONG = Words(
    "This took too long, so I stopped. Ask about fewer days, or with fewer groups."
)


def _retrieve_error(lookup: "asyncio.Future[Any]") -> None:
    """Take the error of a look-up that nobody waits for any more."""
    if not lookup.cancelled():
        lookup.exception()


class _LimitedQuery(Generic[T]):
    """A look-up that can be stopped while it has the engine, and not when another one has it.
    `tell_start` is called in its thread when it gets the engine."""

    def __init__(self, ask: Callable[["Warehouse"], T], tell_start: Callable[[], object]) -> None:
        self._ask = ask
        self._tell_start = tell_start
        self._guard = threading.Lock()  # of the two below
        self._engine: Any = None  # while the look-up runs
        self._stopped = False
        self._done = threading.Event()

    def run(
        self, open_warehouse: Callable[[], "Warehouse"], lock: threading.RLock, seconds: float
    ) -> T:
        try:
            warehouse = open_warehouse()
            if not lock.acquire(timeout=seconds):
                raise CannotDo(TABLES_ARE_BUSY)
            try:
                with self._guard:
                    if self._stopped:
                        raise CannotDo(QUERY_TOOK_TOO_LONG)
                    self._engine = warehouse.engine
                self._tell_start()
                return self._ask(warehouse)
            finally:
                with self._guard:
                    self._engine = None
                lock.release()
        finally:
            self._done.set()

    def interrupt(self) -> None:
        """Stop the query that runs, and those that follow it."""
        for _try in range(INTERRUPT_TRIES):
            with self._guard:
                self._stopped = True
                stop = getattr(getattr(self._engine, "con", None), "interrupt", None)
                if stop:
                    stop()
            if self._done.wait(INTERRUPT_PAUSE):
                return


class WorkspaceData:
    """The data of one workspace: its catalogue and its analyses."""

    def __init__(
        self,
        catalogue: CatalogueLibrary,
        open_warehouse: Callable[[], "Warehouse"],
        result_cache: ResultCache | None = None,
        version: Callable[[], Hashable] | None = None,
        close: Callable[[], None] = lambda: None,
        answers: "AnswerLog | None" = None,
        added_facts: Callable[[str, str | None], Sequence[Fact]] = lambda *_: (),
    ) -> None:
        """`open_warehouse` returns the tables as they are now, and the same object while nothing
        changed. `version` tells at low cost which tables these are, and `result_cache` stores
        results by that version; without them, results are kept in this process until the warehouse
        object changes. `close` makes the next call open a new warehouse, for an engine that does
        not respond. `answers` is the log of what each person was told about sales; without it, no
        difference between answers is refused. `added_facts` returns what people added for a product
        in a market."""
        self._catalogue, self._open = catalogue, open_warehouse
        self.find, self.find_mentioned = catalogue.find, catalogue.find_mentioned
        self.list_ranges, self.list_names = catalogue.list_ranges, catalogue.list_names
        self.list_products = catalogue.list_products
        self._result_cache, self._version = result_cache, version or open_warehouse
        self._close, self._answers, self._added_facts = close, answers, added_facts
        self._engine_lock = threading.RLock()  # the engine runs one query at a time
        self._known_version: object = None  # the version of the tables of the cached results
        self._known: dict[tuple[str, AnalysisFilter], AnalysisResult] = {}
        self._writing_facts: dict[Hashable, tuple[Fact, ...]] = {}  # facts for writing, by request
        self._writing_warehouse: Warehouse | None = None

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """Return the facts of an analysis for the brief's product and days, of the product itself,
        of the conversation (THREAD_KINDS), or for writing a text (PRODUCT_KINDS,
        WRITING_KINDS)."""
        if kind in THREAD_KINDS:
            return await self.run_with_timeout(partial(self._surrounding_facts, kind, request))
        if kind in PRODUCT_KINDS:
            return await self._find_product_facts(kind, request)
        if kind in WRITING_KINDS:
            return await self.run_with_timeout(partial(self._find_writing_facts, kind, request))
        if kind == "product":
            found = await self._catalogue.look_up(kind, request)
            return (*found, *await self.list_added_facts(request.brief.product, request))
        if kind not in list_analyses():
            return await self._catalogue.look_up(kind, request)
        return await self.run_with_timeout(partial(self._facts, kind, request))

    async def list_added_facts(
        self, product: str | None, request: SkillRequest
    ) -> tuple[Fact, ...]:
        """Return the facts that people added for a product, in the market of the request."""
        if product is None:
            return ()
        return tuple(await asyncio.to_thread(self._added_facts, product, request.brief.market))

    async def run_with_timeout(self, work: Callable[[], T]) -> T:
        """Run a look-up in a thread. An engine that hangs must not block this or the next question,
        so after LOOKUP_SECONDS it is abandoned and later calls open a new one. Raises CannotDo
        then."""
        lookup = asyncio.ensure_future(asyncio.to_thread(work))
        lookup.add_done_callback(_retrieve_error)
        done, _ = await asyncio.wait({lookup}, timeout=LOOKUP_SECONDS)
        if done:
            return lookup.result()
        warehouse = await asyncio.to_thread(self._open)
        self._engine_lock = threading.RLock()
        self._close()
        if stop := getattr(getattr(warehouse.engine, "con", None), "interrupt", None):
            await asyncio.to_thread(stop)
        raise CannotDo(
            "Looking this up took longer than {n} minutes, so I stopped. Ask about a shorter"
            " time, or one product.",
            n=round(LOOKUP_SECONDS / 60),
        )

    def _facts(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        """Return the results, the reasons for missing ones, and the age of old data."""
        where = build_filter(request)
        warehouse, found = self._open(), self.findings(kind, where)
        if request.skill == "answer":
            found = self.guard_sales(kind, found, where, request.brief.author)
        refusals = iter_cannot_facts(found, kind, request.language, warehouse.today)
        return (*found.facts, *refusals, *iter_age_facts(warehouse, kind))

    def name_files(self) -> dict[str, Words]:
        """Return what people call the data of each file: "orders"."""
        tables = self._open().listed.values()
        return {
            file: SOURCE_LABELS[table.kind]
            for table in tables
            for file in (*table.names, table.source.file)
        }

    def guard_sales(
        self, kind: str, found: AnalysisResult, where: AnalysisFilter, person: str
    ) -> AnalysisResult:
        """Return the part of a result on sales that this person may see, given all earlier answers;
        any other result unchanged. Best sellers are told where the total of their orders may be."""
        warehouse = self._open()
        if kind != "sellers" or self._answers is None or "orders" not in warehouse.listed:
            return found
        from bot.data.metrics.best_sellers import find_refusal

        with self._engine_lock:
            why = find_refusal(warehouse, where, self._answers, person)
        return AnalysisResult(kind, found.source, found.as_of, limits=[why]) if why else found

    def _surrounding_facts(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        return find_surrounding_facts(kind, request, self._open().today)

    def _find_writing_facts(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        """Return facts for writing a text. There are none when the library can't answer, since the
        text is written all the same."""
        warehouse, key = self._open(), cache_key(kind, request)
        with self._engine_lock:
            if (
                self._writing_warehouse is not warehouse
                or len(self._writing_facts) >= MOST_REMEMBERED
            ):
                self._writing_warehouse, self._writing_facts = warehouse, {}
            if key not in self._writing_facts:
                try:
                    self._writing_facts[key] = find_writing_facts(kind, warehouse, request)
                except CannotDo:
                    self._writing_facts[key] = ()
            return self._writing_facts[key]

    async def _find_product_facts(self, kind: str, request: SkillRequest) -> tuple[Fact, ...]:
        """Return facts of one of PRODUCT_KINDS. `prices`: earlier prices of the brief's product.
        `availability`: that it is sold out. `best_sellers`: names and prices of a few products in
        stock that sell best, of the brief's categories if it has any. `reduced`:
        the lowest prices of the brief's products that are cheaper today, else of those of its
        categories. There are none when the library can't answer."""
        products, categories = await self._catalogue.list_products(), request.brief.categories
        named = {request.brief.product, *request.brief.others} - {None}
        find: Callable[[Warehouse], tuple[Fact, ...]]
        if kind == "best_sellers":
            find = partial(find_seller_facts, products=products, categories=categories)
        elif kind == "reduced":
            offered = [one for one in products if one.handle in named]
            offered = offered or select_offered(products, categories)
            find = partial(find_reduced_facts, products=offered)
        else:
            handle = request.brief.product
            product = next((one for one in products if one.handle == handle), None)
            if product is None:
                return ()
            if kind == "availability":
                return build_availability_facts(product, request.language)
            find = partial(find_writing_prices, product=product)
        try:
            return await self.run_with_timeout(partial(self.run_exclusively, find))
        except CannotDo:
            return ()

    def run_exclusively(self, ask: Callable[["Warehouse"], T]) -> T:
        """Return what `ask` computes from the tables, while no other thread uses the engine."""
        warehouse = self._open()
        with self._engine_lock:
            return ask(warehouse)

    @property
    def answers(self) -> "AnswerLog | None":
        return self._answers

    async def run_limited(self, ask: Callable[["Warehouse"], T], seconds: float) -> T:
        """Return what `ask` computes from the tables, in a thread and alone on the engine. Raises
        CannotDo `seconds` after it got the engine, and stops the query then; or when it has waited
        MAX_ENGINE_WAIT for look-ups before it."""
        loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = loop.create_future()

        def set_started() -> None:
            if not started.done():
                started.set_result(None)

        query = _LimitedQuery(ask, lambda: loop.call_soon_threadsafe(set_started))
        lookup = asyncio.ensure_future(
            asyncio.to_thread(query.run, self._open, self._engine_lock, MAX_ENGINE_WAIT)
        )
        lookup.add_done_callback(_retrieve_error)
        either: set[asyncio.Future[Any]] = {lookup, started}
        await asyncio.wait(either, timeout=MAX_ENGINE_WAIT, return_when=asyncio.FIRST_COMPLETED)
        has_engine = started.done()
        done, _ = await asyncio.wait({lookup}, timeout=seconds if has_engine else 0)
        if done:
            return lookup.result()
        await asyncio.to_thread(query.interrupt)
        raise CannotDo(QUERY_TOOK_TOO_LONG if has_engine else TABLES_ARE_BUSY)

    def findings(self, kind: str, where: AnalysisFilter) -> AnalysisResult:
        """Return the result of one analysis, cached until the tables change. Raises CannotDo."""
        version = self._version()
        with self._engine_lock:
            if not _is_same_warehouse(version, self._known_version):
                self._known_version, self._known = version, {}
            if (kind, where) not in self._known:
                try:
                    found = self._read_cached(version, kind, where) or self._find(kind, where)
                except DamagedRows as why:  # the same answer until the rows are readable again
                    found = AnalysisResult(kind, NO_SOURCE, self._open().today)
                    found.limits.append(why.words)
                if not _is_same_warehouse(version, self._version()):
                    return found  # the tables changed meanwhile, so the result is not cached
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[kind, where] = found
            return self._known[kind, where]

    def describe(self, warehouse: "Warehouse") -> list[str]:
        """Return what the data hold, for the model that asks; cached until the tables change."""
        from bot.data.metrics.query.describe import describe_data

        if self._result_cache is None:
            return describe_data(warehouse)
        version = self._version()
        lines = self._result_cache.get_description(version)
        if lines is None:
            lines = describe_data(warehouse)
            if _is_same_warehouse(version, self._version()):
                self._result_cache.put_description(version, lines)
        return lines

    def drop_findings(self, kind: str) -> None:
        """Forget the results of one analysis, because what it reads besides the tables changed."""
        with self._engine_lock:
            self._known = {key: known for key, known in self._known.items() if key[0] != kind}
            self._writing_facts = {}
            if self._result_cache is not None:
                self._result_cache.drop(kind)

    def _read_cached(
        self, version: Hashable, kind: str, where: AnalysisFilter
    ) -> AnalysisResult | None:
        if self._result_cache is None:
            return None
        return self._result_cache.get(version, kind, where)

    def _find(self, kind: str, where: AnalysisFilter) -> AnalysisResult:
        version = self._version()
        with self._engine_lock:
            found: AnalysisResult = load_analysis(kind).find(
                self._open().for_reading(TABLES_BY_KIND.get(kind, ())), where
            )
            if self._result_cache is not None and _is_same_warehouse(version, self._version()):
                self._result_cache.put(version, where, found)
            return found


def _is_same_warehouse(one: object, other: object) -> bool:
    """Return whether two versions are the same. Warehouses are compared by identity, because
    comparing their ibis expressions creates new ones."""
    return one is other or (isinstance(one, tuple) and one == other)
