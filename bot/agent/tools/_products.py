"""Finds the product that a call means."""

from bot.agent.tool import ToolDeps, ToolError
from bot.data.catalogue.product import Product

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
