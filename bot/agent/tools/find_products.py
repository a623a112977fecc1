"""Finds products by words (in English or French), categories, price, ratings and stock (in_stock
no: sold out, since when, lost sales); sorted by fit, price, newest, best sellers of a period (by
units), most_revenue, stock_cover: those first that are sold out soonest, at the rate of the period
or of its last 7 days, or stock_cover_longest. Returns handles, prices, stock and, sorted by sales,
what sold.
Not for all facts of one product (product), nor for totals by month or country (query_metrics).
Example: {"words": "linen", "category": "none", "without_category": "none", "max_price": 60,
"in_stock": "yes", "stock_at_least": 0, "stock_at_most": 0, "reduced": "no", "sort": "best_sellers",
"country": "none", "since": "2026-10-01", "until": "2026-10-31", "sold_at_least": 0,
"rated_at_least": 0, "rated_at_most": 0, "ratings_at_least": 0, "pace": 0, "compare": "none",
"most": 5}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from bot.agent.tool import MAX_FACTS, ToolDeps, ToolError, ToolResult
from bot.agent.tools._analysis import (
    NO_CATALOGUE,
    build_filter,
    describe_filter,
    name_value,
    number_of,
    read_text,
    run_query,
)
from bot.agent.tools._exhibits import GroupExhibit, build_table_exhibit
from bot.agent.tools._lost_sales import LOST, estimate_lost_sales
from bot.agent.tools._product_comparison import (
    COMPARED,
    FORMER_PRICE,
    MAX_COMPARED,
    RATING_COLUMNS,
    REDUCED,
    rate_products,
    select_rated,
)
from bot.agent.tools._product_filter import filter_products, read_names
from bot.agent.tools._product_search import (
    MAX_PRODUCTS,
    ProductSearch,
    explain,
    say_described,
    say_pace,
    say_week,
    tell_old,
)
from bot.agent.tools._stock_cover import (
    build_last_day,
    find_covers,
    find_covers_of_week,
    group_sales,
    rank_by_sales,
)
from bot.core.exhibits import Exhibit, ScopePart, join_scope
from bot.core.facts import Fact, FactId
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import (
    Product,
    build_availability_facts,
    build_product_facts,
    load_first_days,
)
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Money, Words
from bot.text.normalize import slugify

MAX_CATEGORIES = 2  # that a title names
COVER_DAYS = 28
MAX_PACE = 10
FITTING, IN_STOCK = Words("products that fit"), Words("in stock")
TABLE_ALONE = "The last {n} stand in the table alone, without slots: narrow the call for these."
RATED_AT_LEAST, RATED_AT_MOST = Words("rated at least {n}"), Words("rated at most {n}")
RATINGS_AT_LEAST = Words("number of ratings: at least {n}")
SHOWN_LABELS = ("name", "price", FORMER_PRICE, "stock")
RANKED_BY = {
    "best_sellers": Words("by units sold"),
    "most_revenue": Words("by revenue"),
    "stock_cover": Words("shortest stock first"),
    "stock_cover_longest": Words("longest stock first"),
}
PRODUCTS = GroupExhibit(
    "the products",
    Words("Product"),
    {
        "price": Words("Price"),
        FORMER_PRICE: Words("Former price"),
        "stock": Words("Stock"),
        "stock-cover": Words("Days of stock"),
        "stock-cover-week": Words("Days of stock, last week's rate"),
        "lasts-until": Words("Lasts until"),
        "units": Words("Units sold"),
        **RATING_COLUMNS,
    },
    rows_of="product",
)
SELLERS = GroupExhibit(
    "best sellers",
    Words("Product"),
    {"revenue": Words("Revenue"), "units": Words("Units"), "orders": Words("Orders")},
    bars="units",
    rows_of="product",
)


class Params(ProductSearch):
    pass


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    if not 1 <= params.most <= MAX_PRODUCTS:
        raise ToolError(f"most must be from 1 to {MAX_PRODUCTS}, not {params.most}.")
    if params.max_price < 0:
        raise ToolError("max_price must be 0 (no limit) or more.")
    if params.rated_at_most and params.rated_at_most < params.rated_at_least:
        raise ToolError("rated_at_most is below rated_at_least: exchange the two.")
    if params.sold_at_least and not params.wants_sales:
        raise ToolError(
            "sold_at_least is for the sorts best_sellers, most_revenue and stock_cover; else 0."
        )
    if params.pace and not (params.wants_sales and 0 < params.pace <= MAX_PACE):
        raise ToolError(f"pace is for the sorts by sales, above 0 up to {MAX_PACE}; else 0.")
    where, language = build_filter(params), deps.request.language
    if len(several := read_names(params.category)) > 1:
        where = replace(where, category=None)  # of the sales; the catalogue knows them
    if params.tells_cover and where.since is None:
        after = where.until + timedelta(days=1) if where.until else deps.today
        where = replace(where, since=after - timedelta(days=COVER_DAYS))
    every = await deps.data.list_products()
    if not every and not params.wants_sales:
        raise ToolError(NO_CATALOGUE)
    products, described = filter_products(every, params)
    rated, of_rated = dict[str, list[Fact]](), list[str]()
    if any(bounds := (params.rated_at_least, params.rated_at_most, params.ratings_at_least)):
        products, rated, of_rated = await select_rated(products, *bounds, where.until, deps)
    finding = None
    if params.wants_sales:
        among = [product.handle for product in products] if every else None
        wants_all = params.wants_cover or params.sold_at_least
        most = len(products) if wants_all and every else params.most
        finding = await rank_by_sales(deps, where, among, most, params.measure)
    sales = group_sales(finding) if finding else {}
    where = replace(where, until=finding.where.until) if finding else where
    pace = Decimal(f"{params.pace or 1:g}")
    has_covers = every and params.tells_cover
    covers = await find_covers(deps, where, products, sales, pace) if has_covers else {}
    arrived = await run_query(deps, load_first_days) if params.sort == "newest" else {}
    if params.sort == "newest" and not arrived:
        raise ToolError("Neither orders nor prices tell what is new. Choose another sort.")
    best = _sort_by_cover(covers, params) if covers and params.wants_cover else [*sales]
    ordered = _sort(products, params, best, arrived)
    if params.sold_at_least and every:
        ordered = [
            one
            for one in ordered
            if number_of(sales.get(one.handle, ()), "units") >= params.sold_at_least
        ]
    sold = len(ordered)
    is_shortest = params.sort == "stock_cover" and bool(covers)  # at either rate
    held = ordered if is_shortest else ordered[: params.most]
    of_week, alike = await find_covers_of_week(deps, where, held, covers)
    ranks, beyond_chance = covers, {*of_week}
    if is_shortest:
        of_week |= {
            handle: one for handle, one in alike.items() if one.number < covers[handle].number
        }
        shorter = (covers, of_week)
        ranks = {
            handle: min((some[handle] for some in shorter if handle in some), key=_number)
            for handle in covers
        }
        ordered.sort(key=lambda product: ranks[product.handle].number)
        first = {product.handle for product in ordered[: params.most]}
        of_week = {handle: fact for handle, fact in of_week.items() if handle in first}
    named = replace(where, category=", ".join(several)) if several else where
    basis, scope = await _describe_call(params, named, every, bool(sales), deps)
    short = _shorten(scope, several, language)
    called = [one for one in products if one.handle not in described]
    fitting = () if any(bounds) else _count_fitting(params, called, scope, language)
    lost, more, last = dict[str, list[Fact]](), list[str](), list[str]()
    if params.compare != "none" and every:
        shown = ordered[: min(params.most, MAX_COMPARED)]
        rows, more = await _compare(shown, sales, covers, where.until, deps)
        size = (len(shown), len(products))
        exhibits = _build_table(COMPARED, rows, size, short, language)
        if covers:  # the pieces stand in the table
            rows = [_leave_out(row, "stock") for row in rows]
        rows = [row if _is_reduced(row) else _leave_out(row, "price") for row in rows]
        beside = (*fitting, *of_week.values())
        many = _count_listed(rows, MAX_FACTS - len(beside))
        told = [fact for row in rows[:many] for fact in row]
        facts = (*beside, *_name_country(told, where, language))
        last = [TABLE_ALONE.format(n=len(rows) - many)] if len(rows) > many else []
    else:
        if params.in_stock == "no":
            lost, last = await estimate_lost_sales(ordered[: params.most], deps)
        shown, rows = list[Product](), list[list[Fact]]()
        for product in ordered[: params.most]:
            its = _list_facts(product, sales, covers, params, language)
            its += [of_week[product.handle]] if product.handle in of_week else []
            its += (*rated.get(product.handle, ()), *lost.get(product.handle, ()))
            many = sum(map(len, rows)) + len(its)
            if (lost or params.tells_cover) and many > MAX_FACTS - len(fitting):
                break  # which of them stand here is said below
            shown.append(product)
            rows.append(its)
        # without a catalogue the orders alone name products
        every_row = rows if every else [*sales.values()][: params.most]
        told = [fact for row in every_row for fact in row]
        is_cut = len(shown) < min(params.most, len(ordered))
        size = (len(shown), len(ordered) if is_cut else len(shown))
        rest = {one.about: str(one.value) for of, one in alike.items() if of not in of_week}
        gaps = {"stock-cover-week": rest}
        of_titles = [_leave_out(row, "name") for row in rows]
        of_sales = [fact for fact in told if fact.parts.kind == "sellers"]
        facts = (*_name_country(told, where, language), *fitting)
        exhibits = (
            *_build_table(PRODUCTS, of_titles, size, short, language, gaps),
            *(() if params.wants_cover else _build_sellers(params, of_sales, language)),
            *LOST.build([one for its in lost.values() for one in its[1:]], language),
        )
    return ToolResult(
        facts=facts,
        exhibits=exhibits,
        notes=(
            *say_described(products, called, described, shown, params),
            *explain(params, products, ordered, shown, every, finding, basis, sold, ranks),
            *tell_old(shown, arrived, deps.today),
            *dict.fromkeys((*of_rated, *more)),
            *say_pace(params, where, covers),
            *say_week(of_week, beyond_chance),
            *last,
        ),
        read_as=join_scope(scope),
        scope=scope,
    )


def _list_facts(
    product: Product,
    sales: Mapping[str, Sequence[Fact]],
    covers: Mapping[str, Fact],
    params: Params,
    language: Language,
) -> list[Fact]:
    """Return what is told of a product: what it is, its stock, and what sold."""
    its = [
        fact.model_copy(update={"about": _describe(product, fact)})
        for fact in build_product_facts(product)
        if fact.label in SHOWN_LABELS
    ]
    its += build_availability_facts(product, language)
    if cover := covers.get(product.handle):
        its += [cover, *([build_last_day(cover, its)] if params.pace and cover.value else [])]
    sold = sales.get(product.handle, ())
    return its + [one for one in sold if not params.wants_cover or one.parts.measure == "units"]


def _build_table(
    of: GroupExhibit,
    rows: Sequence[Sequence[Fact]],
    size: tuple[int, int],
    scope: tuple[ScopePart, ...],
    language: Language,
    gaps: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Exhibit, ...]:
    """Return the table of these rows, if any, with how many of how many fit, and what these are."""
    every = [fact for row in rows for fact in row]
    table = build_table_exhibit(
        of.shows,
        every,
        of.heading,
        of.columns,
        language,
        rows_of=PRODUCTS.rows_of,
        groups=rows,
        gaps=gaps,
    )
    if table is None or not rows:
        return ()
    told = Words("{n} of {known} rows shown.", n=size[0], known=size[1]).to(language)
    cut = told if size[0] < size[1] else ""
    return (table.model_copy(update={"cut": cut, "short_scope": scope}),)


def _shorten(
    scope: tuple[ScopePart, ...], categories: Sequence[str], language: Language
) -> tuple[ScopePart, ...]:
    """Return the scope with the first of many categories."""
    if len(categories) <= MAX_CATEGORIES:
        return scope
    first, *rest = categories
    words = Words.count("{names} and {n} more", "{names} and {n} more", len(rest), names=first)
    named = words.to(language)
    return tuple((part, named if part == "category" else text) for part, text in scope)


async def _compare(
    products: Sequence[Product],
    sales: Mapping[str, Sequence[Fact]],
    covers: Mapping[str, Fact],
    until: date | None,
    deps: ToolDeps,
) -> tuple[list[list[Fact]], list[str]]:
    """Return what is compared of each product, and notes."""
    rated, notes = await rate_products(products, until, deps)
    rows = []
    for product in products:
        cover = covers.get(product.handle)
        its = [
            *sales.get(product.handle, ()),
            *(
                fact.model_copy(update={"about": product.title})
                for fact in build_product_facts(product)
            ),
            *([cover] if cover else []),
            *rated[product.handle],
        ]
        rows.append([fact for fact in its if fact.parts.measure in COMPARED.columns])
    if names := [row[0].about for row in rows if _is_reduced(row)]:
        return rows, [*notes, REDUCED.format(names="; ".join(names))]
    return [_leave_out(row, "price") for row in rows], notes


def _is_reduced(row: Sequence[Fact]) -> bool:
    return any(fact.label == FORMER_PRICE for fact in row)


def _leave_out(row: Sequence[Fact], label: str) -> list[Fact]:
    return [fact for fact in row if fact.label != label]


def _count_listed(rows: Sequence[Sequence[Fact]], most: int) -> int:
    """Return of how many rows all facts have room."""
    sizes = accumulate(len(row) for row in rows)
    return sum(size <= most for size in sizes)


async def _describe_call(
    params: Params, where: AnalysisFilter, every: Sequence[Product], has_sales: bool, deps: ToolDeps
) -> tuple[str, tuple[ScopePart, ...]]:
    """Return what the sales count, for the model, and how the call was read."""
    language = deps.request.language
    words = read_text(params.words)
    title = Words("products: {words}", words=words) if words else Words("products")
    basis, bounds = "", [words.to(language) for words in _describe_bounds(params, every)]
    if has_sales:
        read_as, basis = await run_query(deps, _tell_basis)
        tells_revenue = not params.wants_cover and params.compare == "none"
        bounds[1:1] = [read_as.to(language)] if read_as and tells_revenue else []
    scope = describe_filter(title, where, language, date.min)
    return basis, (*scope, *(("more", bound) for bound in bounds))


def _count_fitting(
    params: Params, products: Sequence[Product], scope: Sequence[ScopePart], language: Language
) -> tuple[Fact, ...]:
    """Return how many products of the catalogue fit, where nothing else than the catalogue is
    asked for."""
    if not products or params.wants_sales:
        return ()
    first = products[0]
    parts = [read_text(params.words), *(said for kind, said in scope if kind != "what")]
    parts += [IN_STOCK.to(language)] if params.in_stock == "yes" else []
    about = ", ".join(filter(None, parts))
    return (
        Fact(
            id=str(FactId("catalogue", slugify(about) or "all", "products")),
            label=FITTING.text,
            about=about,
            value=Decimal(len(products)),
            unit="products",
            source=first.source.whole_file,
            as_of=first.as_of,
        ),
    )


def _build_sellers(params: Params, sold: Sequence[Fact], language: Language) -> tuple[Exhibit, ...]:
    return replace(SELLERS, bars=params.measure).build(sold, language)


def _number(fact: Fact) -> Decimal:
    return fact.number


def _sort_by_cover(covers: Mapping[str, Fact], params: Params) -> list[str]:
    is_longest = params.sort == "stock_cover_longest"
    return sorted(covers, key=lambda handle: covers[handle].number, reverse=is_longest)


def _name_country(
    facts: Sequence[Fact], where: AnalysisFilter, language: Language
) -> Iterator[Fact]:
    """Yield the facts, those of sales with the country that they are of. In a table the rows are
    named by the products alone."""
    named = name_value("country", where.country, language) if where.country else ""
    for fact in facts:
        about = ", ".join(filter(None, (fact.about, named)))
        is_of_sales = fact.parts.kind == "sellers"
        yield fact.model_copy(update={"about": about}) if is_of_sales else fact


def _describe(product: Product, fact: Fact) -> str:
    """Return what a fact is about: a name is about the handle, by which other tools are called."""
    return product.handle if fact.label == "name" else product.title


def _describe_bounds(params: Params, products: Sequence[Product]) -> list[Words]:
    """Return what a call narrows the catalogue by, beside the filter of the sales."""
    found = []
    if params.sort in RANKED_BY:
        found.append(RANKED_BY[params.sort])
    if left_out := read_names(params.without_category):
        found.append(Words("without {what}", what=", ".join(left_out)))
    currency = next((product.currency for product in products if product.currency), None)
    if params.max_price:
        most = Decimal(f"{params.max_price:g}")
        price = Money(amount=most, currency=currency) if currency else most
        found.append(Words("price up to {price}", price=price))
    if params.in_stock == "no":
        found.append(Words("only sold out"))
    if n := params.stock_at_least:
        found.append(Words("stock: at least {n}", n=n))
    if n := params.stock_at_most:
        found.append(Words("stock: at most {n}", n=n))
    if params.reduced != "any":
        found.append(Words("reduced now") if params.reduced == "yes" else Words("not reduced now"))
    for text, bound in (
        (RATED_AT_LEAST, params.rated_at_least),
        (RATED_AT_MOST, params.rated_at_most),
        (RATINGS_AT_LEAST, params.ratings_at_least),
    ):
        if bound:
            found.append(text.with_params(n=Decimal(f"{bound:g}")))
    if n := params.sold_at_least:
        found.append(Words.count("at least {n} unit sold", "at least {n} units sold", n))
    return found


def _tell_basis(warehouse: Warehouse) -> tuple[Words | None, str]:
    """Say whether what was returned or paid back counts in the sales: for the reader, and for the
    model."""
    from bot.data.metrics.query.order_cautions import find_revenue_basis, name_revenue

    told = {
        "gross": "before returns: what came back counts in the units and the revenue, ",
        "net": "net of refunds, ",
    }
    basis = find_revenue_basis(warehouse)
    return (name_revenue(warehouse) if basis else None), told.get(basis, "")


def _sort(
    products: list[Product], params: Params, best: list[str], arrived: Mapping[str, date]
) -> list[Product]:
    if params.wants_sales:
        by_handle = {product.handle: product for product in products}
        return [by_handle[handle] for handle in best if handle in by_handle]
    if params.sort == "newest":
        return sorted(
            products, key=lambda product: -arrived.get(product.handle, date.min).toordinal()
        )
    if params.sort == "price_low":
        return sorted(products, key=lambda product: product.price or Decimal("Infinity"))
    if params.sort == "price_high":
        return sorted(products, key=lambda product: -(product.price or Decimal(0)))
    return products
