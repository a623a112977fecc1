"""The catalogue as a Library: what a desk asks for about products."""

import asyncio
from collections.abc import Callable, Hashable, Sequence

from bot.core.facts import Fact
from bot.core.library import ProductMatch
from bot.core.request import SkillRequest
from bot.data.catalogue.product import Product, build_product_facts, build_range_facts
from bot.data.catalogue.search import ProductIndex


class CatalogueLibrary:
    """Products of one workspace, loaded when asked for and indexed once for each version.

    `version` tells cheaply whether `load` would give something else; without it, `load` is called
    each time, and the same object back means that nothing changed.
    """

    def __init__(
        self,
        load: Callable[[], Sequence[Product]],
        *,
        version: Callable[[], Hashable] | None = None,
    ):
        self._load, self._version = load, version
        self._current_version: _CatalogueVersion | None = None

    async def find(self, words: str) -> Sequence[ProductMatch]:
        return (await asyncio.to_thread(self._load_current)).index.find(words)

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """`product`: the facts of the brief's product. `range`: what is sold, by some titles.
        There are no other kinds here."""
        if kind == "range":
            return build_range_facts((await asyncio.to_thread(self._load_current)).products)
        if kind != "product" or request.brief.product is None:
            return ()
        product = (await asyncio.to_thread(self._load_current)).by_handle.get(request.brief.product)
        return build_product_facts(product) if product else ()

    def _load_current(self) -> "_CatalogueVersion":
        version = self._version() if self._version else None
        current = self._current_version
        if current and self._version and current.version == version:
            return current
        products = self._load()
        if current is None or current.products is not products:
            current = _CatalogueVersion(products, version)
        current.version = version
        self._current_version = current
        return current


class _CatalogueVersion:
    """One version of the products."""

    def __init__(self, products: Sequence[Product], version: Hashable):
        self.products, self.version = products, version
        self.index = ProductIndex(products)
        self.by_handle = {product.handle: product for product in products}
