"""The prices that a product had, with their days, and the lowest price of the last 30 days, with
which the law has a price cut compared, percentage included (Directive 98/6/EC, article 6a). Call it
before a text names a former price, a cut or "instead of". Takes the handle or the title.
Not for prices of many products (find_products).
Example: {"product": "linen-shirt"}
"""

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import find_product, run_query
from bot.agent.tools._exhibits import build_exhibit
from bot.core.exhibits import ExhibitChart, ExhibitPoint
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.data.catalogue.product import PriceHistory, Product, build_price_facts, load_price_history
from bot.i18n.messages import Language, Words, format_value

MAX_CHANGES = 12


class Params(ToolParams):
    product: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    product = await find_product(params.product, deps)
    history = await run_query(deps, lambda warehouse: load_price_history(warehouse, product))
    facts = build_price_facts(product, history, MAX_CHANGES)
    return ToolResult(
        facts=facts,
        exhibits=build_exhibit(
            f"the prices of {product.title}",
            _build_table(facts, deps.request.language),
            _build_chart(product, history, deps.request.language),
        ),
        notes=_explain(product, history),
        read_as=Words("prices of {product}", product=product.title).to(deps.request.language),
    )


def _build_table(facts: tuple[Fact, ...], language: Language) -> Table | None:
    changes = [fact for fact in facts if fact.since]
    if not changes:
        return None
    columns = (Words("From"), Words("Price"))
    return Table(
        columns=tuple(column.to(language) for column in columns),
        rows=tuple(
            (format_value(fact.since, language), fact.spelled(language)) for fact in changes
        ),
        facts=tuple(fact.id for fact in changes),
    )


def _build_chart(
    product: Product, history: PriceHistory, language: Language
) -> ExhibitChart | None:
    if len(history.changes) < 2:
        return None
    return ExhibitChart(
        kind="line",
        title=Words("Price of {product}", product=product.title).to(language),
        points=tuple(
            ExhibitPoint(name=one.day.isoformat(), day=one.day, value=float(one.price))
            for one in history.changes[-MAX_CHANGES:]
        ),
        unit=product.currency or "",
    )


def _explain(product: Product, history: PriceHistory) -> tuple[str, ...]:
    notes = []
    if not history.changes:
        notes.append("No former prices are known: import a file of past prices to see them.")
    elif len(history.changes) > MAX_CHANGES:
        notes.append(f"Only the last {MAX_CHANGES} of {len(history.changes)} prices stand here.")
    if history.lowest is None:
        notes.append("The lowest price of the last 30 days is not known, so announce no price cut.")
    elif product.price is not None and product.price >= history.lowest:
        notes.append(
            "Today's price is not below the lowest of the last 30 days: no cut to announce."
        )
    if history.changes and product.price not in (None, history.changes[-1].price):
        notes.append("The catalogue's price differs from the last price of the history: say so.")
    return tuple(notes)
