"""What the tools share: parameters, queries and analyses, products, facts of a call, exhibits."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from bot.agent.tool import MAX_FACTS, ToolDeps, ToolError, ToolParams, ToolResult
from bot.core.audience_words import join_with_and
from bot.core.condition_words import describe_amount
from bot.core.exhibits import EXPLAINED, Exhibit, ScopePart, join_scope
from bot.core.facts import ONE_CUSTOMER_MEASURES, Fact, FactId
from bot.core.metric_query import QueryError
from bot.core.rounding import round_alike
from bot.data.analyses.result import (
    TABLES_BY_KIND,
    AnalysisFilter,
    AnalysisResult,
    describe_age,
    split_names,
    split_values,
)
from bot.data.catalogue.product import Product
from bot.data.service import QUERY_TOOK_TOO_LONG, load_analysis
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.countries import translate_country
from bot.i18n.languages import LANGUAGES, get_language
from bot.i18n.messages import Language, Words, format_short_day, format_short_period
from bot.text.normalize import normalize_text, slugify

T = TypeVar("T")
MAX_QUERY_SECONDS = 30.0  # from when the query has the engine

# Parameters.

NONE = "none"  # what a call says for a parameter that it does not use
MAX_WORDS_LENGTH = 200
TEXT_FILTERS = (  # in the order in which a card says them
    *("product", "category", "brand", "country", "region", "device", "source", "channel"),
    *("retailer", "placement", "without_campaign", "segment", "language", "stars", "experiment"),
)


def read_text(value: str) -> str | None:
    """Return the words of a parameter, or None for "none"."""
    text = value.strip()
    if len(text) > MAX_WORDS_LENGTH:
        raise ToolError(f"“{text[:30]}…” is too long: at most {MAX_WORDS_LENGTH} characters.")
    return None if text.lower() in ("", NONE) else text


def read_day(value: str, name: str) -> date | None:
    """Return the day of a parameter, or None for "none". Raises ToolError."""
    text = read_text(value)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{name} must be a day like 2026-11-24 or “none”, not “{text}”.") from None


def read_period(params: ToolParams) -> tuple[date | None, date | None]:
    """Return the first and last day of `since` and `until`. Raises ToolError."""
    since = read_day(getattr(params, "since", NONE), "since")
    until = read_day(getattr(params, "until", NONE), "until")
    if since and until and until < since:
        raise ToolError(f"until ({until}) is before since ({since}): exchange the two days.")
    return since, until


def build_filter(params: ToolParams) -> AnalysisFilter:
    """Return the filter that a call's parameters say. Raises ToolError."""
    values: dict[str, Any] = {
        name: read_text(getattr(params, name)) for name in TEXT_FILTERS if hasattr(params, name)
    }
    since, until = read_period(params)
    return AnalysisFilter(**values, since=since, until=until)


def describe_filter(
    title: Words, where: AnalysisFilter, language: Language, today: date, product: str = ""
) -> tuple[ScopePart, ...]:
    """Return how a call was read, part by part: "segments", "France", "since 1 October". `product`
    is the title of the filter's product."""
    parts = [("what", title.to(language))]
    for name in TEXT_FILTERS:
        if value := getattr(where, name):
            named = product if name == "product" and product else str(value)
            if name == "without_campaign":
                words = Words("without {what}", what=named)
                parts.append(("more", words.to(language)))
            else:
                parts.append((name, name_value(name, named, language)))
    if where.since and where.until:
        parts.append(("days", format_short_period(where.since, where.until, language, today)))
    elif day := where.since or where.until:
        shown = format_short_day(day, language, today)
        words = Words("since {day}", day=shown) if where.since else Words("until {day}", day=shown)
        parts.append(("days", words.to(language)))
    return tuple(parts)


def name_value(name: str, value: str, language: Language) -> str:
    """Return a value as people of that language say it, where it has a name of ours."""
    if name == "category":
        return ", ".join(split_names(value))
    if name == "country":
        return ", ".join(translate_country(one, language) for one in split_values(value))
    if name in ("device", "source", "channel"):
        from bot.data.metrics.query.wording import TRAFFIC_NAMES

        if words := TRAFFIC_NAMES.get(normalize_text(value)):
            return words.to(language)
    if name == "stars":
        words = describe_amount("rating", "in", _list_stars(value))
        return words.to(language) if words else value
    if name == "language" and value in LANGUAGES:
        return Words(get_language(value).phrase).to(language)
    return value if "{" in value else Words(value).to(language)


def _list_stars(value: str) -> list[str]:
    """Return each of "1-2" or "4"."""
    from bot.data.analyses.feedback.texts import parse_stars

    low, high = parse_stars(value)
    return [str(one) for one in range(low, high + 1)]


# Running an analysis.

MAX_NAMED = 8  # of what figures that are left out are of


@dataclass(frozen=True)
class Finding:
    """The result of an analysis for one call. `where` has a product's reference in place of its
    title."""

    result: AnalysisResult
    where: AnalysisFilter
    notes: tuple[str, ...]  # what can't be told, and the age of old data
    language: Language  # of the report
    today: date
    age: Words | None = None
    product: str = ""  # the title of the filter's product

    def prepare(
        self,
        facts: Iterable[Fact],
        *,
        period: tuple[date | None, date | None] | None = None,
        of_call: str = "",
    ) -> tuple[Fact, ...]:
        """Return facts of one call: with their period, and with ids that differ from those of a
        call with other filters. Figures of one customer are left out. `of_call` tells calls apart
        whose difference is not in the filter."""
        suffix = _build_suffix(self.where, of_call)
        since, until = period or (self.where.since, self.where.until)
        prepared = []
        for fact in facts:
            if fact.parts.measure in ONE_CUSTOMER_MEASURES:
                continue
            id, compared = _add_suffix(fact.id, suffix), fact.compared_with
            changes = {
                "id": id,
                "compared_with": compared and _add_suffix(compared, suffix),
                "since": fact.since or since,
                "until": fact.until or until or (fact.as_of if since else None),
            }
            prepared.append(fact.model_copy(update=changes))
        return round_alike(prepared)

    def build_result(
        self,
        facts: Sequence[Fact],
        *,
        title: Words,
        reading: Words | None = None,
        explained: Words | None = None,
        exhibits: Sequence[Exhibit] = (),
        notes: Sequence[str] = (),
        most: int = MAX_FACTS,
    ) -> ToolResult:
        """Return a tool's result, with the limits of the analysis among its notes. `reading` says
        more of how the call was read than its filter, `explained` what names in it mean. Facts
        beyond `most` are left out and counted."""
        left_out = name_left_out(facts[most:])
        said = (("more", reading), (EXPLAINED, explained))
        more = tuple((part, words.to(self.language)) for part, words in said if words)
        read_as, scope = (
            (*describe_filter(title, self.where, self.language, today, self.product), *more)
            for today in (self.today, date.min)  # a card has the years
        )
        ages = [self.age.to(self.language)] if self.age else []
        return ToolResult(
            facts=tuple(facts[:most]),
            exhibits=tuple(exhibits),
            notes=(*self.notes, *notes, *left_out),
            read_as="\n".join([join_scope(read_as), *ages]),
            scope=scope,
        )


def name_left_out(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Return a note of how many figures a result leaves out, and of what."""
    if not facts:
        return ()
    of = [about for about in dict.fromkeys(fact.about for fact in facts) if about]
    named = "; ".join([*of[:MAX_NAMED], *(["others"] if of[MAX_NAMED:] else [])])
    what = f", of {named}" if named else ""
    return (f"{len(facts)} more figures are left out{what}: narrow the call to see them.",)


Analysis = Callable[[Warehouse, AnalysisFilter], AnalysisResult]


async def find_analysis(
    deps: ToolDeps,
    kind: str,
    where: AnalysisFilter,
    *,
    part: Analysis | str = "",
    validate: bool = True,
) -> Finding:
    """Run an analysis, or only a `part` of it (a function, or the name of one of the analysis'
    module), as far as the asker may see it. Raises ToolError for a value that the data doesn't
    have, with those that it has."""

    def work(warehouse: Warehouse) -> Finding:
        from bot.data.metrics.filters import validate_filter

        known = where
        if validate and where != AnalysisFilter():
            known = validate_filter(warehouse, kind, where)
        if not part:
            found = deps.data.findings(kind, known)
        else:
            find = getattr(load_analysis(kind), part) if isinstance(part, str) else part
            found = find(warehouse.for_reading(TABLES_BY_KIND[kind]), known)
        found = deps.data.guard_sales(kind, found, known, deps.person)
        ages = _list_ages(warehouse, kind)
        language = deps.request.language
        limits = [words.to(language) for words in found.limits]
        old = [f"{age.to('en')} Say so." for age in ages]
        if known.until != where.until:
            last = f"The last whole day in the data is {known.until}"
            old.append(f"{last}, so the period ends there.")
        age = ages[0] if ages else None
        product = name_product(warehouse, known)
        return Finding(found, known, (*limits, *old), language, deps.today, age, product)

    return await run_query(deps, work)


def name_product(warehouse: Warehouse, where: AnalysisFilter) -> str:
    """Return the title of the filter's product; its reference where it has none."""
    from bot.data.analyses.products import load_product_titles

    if not where.product:
        return ""
    return load_product_titles(warehouse, [where.product]).get(where.product, where.product)


async def label_themes(deps: ToolDeps, where: AnalysisFilter) -> None:
    """Have a model read the themes of the newest texts, where one may."""
    if deps.labels is not None:
        await deps.labels.label(where)


def _list_ages(warehouse: Warehouse, kind: str) -> list[Words]:
    tables = TABLES_BY_KIND.get(kind, ())
    return [age for table in tables if (age := describe_age(warehouse, table)) is not None][:1]


async def run_query(
    deps: ToolDeps, ask: Callable[[Warehouse], T], *, too_long: Words = QUERY_TOOK_TOO_LONG
) -> T:
    """Return what `ask` computes from the tables, within the time limit of a look-up. Raises
    ToolError for what the data can't answer; `too_long` is what it says when the time is over."""
    try:
        return await deps.data.run_limited(ask, MAX_QUERY_SECONDS)
    except QueryError as error:
        raise ToolError(str(error)) from None
    except CannotDo as error:
        words = too_long if error.words == QUERY_TOOK_TOO_LONG else error.words
        raise ToolError(words.to("en")) from None


# Segments and products.


def describe_segments(names: Iterable[str]) -> Words | None:
    """Return what each of these segments is; None without one that is known."""
    from bot.data.analyses.segments.rfm import SEGMENTS_BY_ID

    known = [SEGMENTS_BY_ID[name] for name in dict.fromkeys(names) if name in SEGMENTS_BY_ID]
    told = [Words("{name}: {value}", name=one.name, value=one.rule) for one in known]
    return join_with_and(told) if told else None


def find_order_days(warehouse: Warehouse) -> tuple[date, date] | None:
    """Return the first and the last day of the orders."""
    from bot.data.metrics.query.orders import DATASET
    from bot.data.metrics.query.periods import find_known_days

    return find_known_days(warehouse, DATASET)


def name_revenue(warehouse: Warehouse) -> Words:
    """Return what revenue is in these orders: before or after returns."""
    from bot.data.metrics.query import order_cautions

    return order_cautions.name_revenue(warehouse)


NO_CATALOGUE = "There are no products yet: import a catalogue."
MAX_NEAR = 5


async def find_product(name: str, deps: ToolDeps) -> Product:
    """Return the product with this handle or title. Raises ToolError with the nearest ones."""
    from bot.data.metrics.entity_resolution import match_name

    products = await deps.data.list_products()
    if not products:
        raise ToolError(NO_CATALOGUE)
    matches = match_name(name, {product.handle: product.title for product in products})
    if len(matches.found) == 1:
        return next(product for product in products if product.handle == matches.found[0])
    near = matches.near or [one.title for one in await deps.data.find(name)][:MAX_NEAR]
    hint = f" Near it: {', '.join(near)}." if near else " Use find_products with other words."
    raise ToolError(f"There is no product called “{name.strip()[:60]}”.{hint}")


# Facts.


def _build_suffix(where: AnalysisFilter, of_call: str) -> str:
    values = [getattr(where, name) for name in TEXT_FILTERS]
    days = (where.since, where.until, where.days and f"{where.days}-days")
    known = [str(value) for value in (*values, *days, of_call) if value]
    return "".join(f"--{slugify(value)}" for value in known)


def _add_suffix(id: str, suffix: str) -> str:
    parts = FactId.parse(id)
    return str(parts._replace(subject=parts.subject + suffix))


def pick_measures(facts: Iterable[Fact], measures: Collection[str]) -> list[Fact]:
    return [fact for fact in facts if fact.parts.measure in measures]


def number_of(facts: Iterable[Fact], measure: str) -> Decimal:
    """Return the value of a measure among the facts of one subject; 0 when it has none."""
    values = (fact.value for fact in facts if fact.parts.measure == measure)
    return next((value for value in values if isinstance(value, Decimal)), Decimal(0))


def read_day_of(facts: Iterable[Fact], measure: str) -> date | None:
    """Return the day that a measure states among the facts of one subject."""
    stated = next((str(fact.value) for fact in facts if fact.parts.measure == measure), None)
    return date.fromisoformat(stated) if stated else None


def group_by_subject(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(fact.parts.subject, []).append(fact)
    return groups


def link_changes(facts: Iterable[Fact], earlier: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return the facts, where each measure named in `earlier` is compared with the earlier figure
    of its subject: {"rate": "before"}."""
    listed = tuple(facts)
    known = {fact.id for fact in listed}
    linked = []
    for fact in listed:
        before = earlier.get(fact.parts.measure)
        id = str(fact.parts._replace(measure=before)) if before else None
        linked.append(fact.model_copy(update={"compared_with": id}) if id in known else fact)
    return round_alike(linked)


Period = tuple[date | None, date | None]


def set_periods(facts: Iterable[Fact], periods: Mapping[str, Period]) -> list[Fact]:
    """Return the facts, where those of the measures named in `periods` have that period."""
    return [
        fact.model_copy(
            update=dict(zip(("since", "until"), periods[fact.parts.measure], strict=True))
        )
        if fact.parts.measure in periods
        else fact
        for fact in facts
    ]
