"""All facts of one product in the catalogue: name, price, former price, lowest price of 30 days,
description, materials and what is true of them, sizes, colours, stock, link; and what customers
praise and object to most, with a sentence of theirs. Takes the handle or the title. Call it before
writing about a product: claims need a fact.
Not for searching (find_products), sales (query_metrics) or old prices (price_history).
Example: {"product": "linen-shirt"}
"""

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import find_product
from bot.agent.tools._exhibits import build_exhibit
from bot.core.facts import PRODUCT_KINDS, Evidence, Fact
from bot.core.material_facts import find_material_facts
from bot.core.parts import Table
from bot.data.catalogue.product import Product
from bot.i18n.messages import Language, Words

MAX_CUSTOMER_FACTS = 8


class Params(ToolParams):
    product: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    product = await find_product(params.product, deps)
    language = deps.request.language
    brief = deps.request.brief.model_copy(update={"product": product.handle})
    request = deps.request.model_copy(update={"brief": brief})
    found = [fact for kind in PRODUCT_KINDS for fact in await deps.data.look_up(kind, request)]
    known = tuple(fact.model_copy(update={"about": product.title}) for fact in found)
    known += find_material_facts(Evidence(facts=known), request)
    praise = await deps.data.look_up("praise", request)
    facts = (*known, *praise[:MAX_CUSTOMER_FACTS])
    return ToolResult(
        facts=facts,
        exhibits=build_exhibit(f"the facts of {product.title}", _build_table(known, language)),
        notes=_list_gaps(product),
        read_as=product.title,
    )


def _build_table(facts: tuple[Fact, ...], language: Language) -> Table:
    columns = (Words("Property"), Words("Value"))
    return Table(
        columns=tuple(column.to(language) for column in columns),
        rows=tuple((fact.titled(language), fact.spelled(language)) for fact in facts),
        facts=tuple(fact.id for fact in facts),
    )


def _list_gaps(product: Product) -> tuple[str, ...]:
    """Say what the catalogue does not tell, so that nobody invents it."""
    values = {
        "description": product.description,
        "materials": product.materials,
        "sizes": product.sizes,
        "colours": product.colours,
        "price": product.price,
        "stock": product.stock,
    }
    gaps = [name for name, value in values.items() if value in (None, "", ())]
    notes = [f"Handle: {product.handle}."]
    if gaps:
        notes.append(f"The catalogue does not tell: {', '.join(gaps)}.")
    if product.status not in (None, "active"):
        notes.append(f"It is not on sale: its status is {product.status}.")
    return tuple(notes)
