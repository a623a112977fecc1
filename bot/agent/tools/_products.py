"""Finds the product that a call means."""

from collections.abc import Sequence

from bot.agent.tool import ToolDeps, ToolError
from bot.data.catalogue.product import Product

NO_CATALOGUE = "There are no products yet: import a catalogue."
CERTAIN_SCORE = 0.9  # from here on a phrase names the whole product
MAX_NEAR = 5


async def find_product(name: str, deps: ToolDeps) -> Product:
    """Return the product with this handle or title. Raises ToolError with the nearest ones."""
    products = await deps.data.list_products()
    if not products:
        raise ToolError(NO_CATALOGUE)
    wanted = name.strip().lower()
    for product in products:
        if wanted in (product.handle.lower(), product.title.lower()):
            return product
    matches = await deps.data.find(name)
    if matches and matches[0].score >= CERTAIN_SCORE:
        return _by_handle(matches[0].handle, products)
    near = ", ".join(f"{match.handle} ({match.title})" for match in matches[:MAX_NEAR])
    hint = f" Nearest: {near}." if near else " Use find_products with other words."
    raise ToolError(f"There is no product called “{name.strip()[:60]}”.{hint}")


def _by_handle(handle: str, products: Sequence[Product]) -> Product:
    return next(product for product in products if product.handle == handle)
