"""The catalogue as a library, reloaded only when it changes."""

from collections.abc import Sequence
from datetime import date

import pytest

from bot.core.library import Library
from bot.core.request import Brief, SkillRequest
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import Product


def sold(title: str, handle: str) -> Product:
    return Product(handle=handle, title=title, source="shop.csv, line 2", as_of=date(2026, 1, 1))


def about(product: str | None) -> SkillRequest:
    brief = Brief(words="the vase", author="U1", language="en", product=product)
    return SkillRequest(skill="draft", brief=brief)


class Shelf:
    """Where products come from, counting how often it was asked."""

    def __init__(self, *products: Product):
        self.products: Sequence[Product] = products
        self.version = 1
        self.loads = 0

    def load(self) -> Sequence[Product]:
        self.loads += 1
        return self.products


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(sold("Clay Vase", "vase"))


async def test_products_are_found_and_looked_up(shelf: Shelf) -> None:
    library: Library = CatalogueLibrary(shelf.load)
    (hit,) = await library.find("the vase")
    assert (hit.handle, hit.title) == ("vase", "Clay Vase")
    facts = await library.look_up("product", about("vase"))
    assert [fact.id for fact in facts] == ["product.vase.name"]


async def test_unknown_product_has_no_facts(shelf: Shelf) -> None:
    library = CatalogueLibrary(shelf.load)
    assert await library.look_up("segment", about("vase")) == ()
    assert await library.look_up("product", about(None)) == ()
    assert await library.look_up("product", about("gone")) == ()


async def test_changed_catalogue_is_loaded_at_once(shelf: Shelf) -> None:
    library = CatalogueLibrary(shelf.load)
    await library.find("vase")
    shelf.products = (sold("Clay Pot", "pot"),)
    assert await library.find("vase") == []
    assert [hit.handle for hit in await library.find("pot")] == ["pot"]


async def test_same_version_is_not_loaded_again(shelf: Shelf) -> None:
    library = CatalogueLibrary(shelf.load, version=lambda: shelf.version)
    for _ in range(3):
        await library.find("vase")
    assert shelf.loads == 1
    shelf.version, shelf.products = 2, (sold("Clay Pot", "pot"),)
    assert [hit.handle for hit in await library.find("pot")] == ["pot"]
    assert shelf.loads == 2


async def test_empty_catalogue_finds_nothing() -> None:
    library = CatalogueLibrary(lambda: ())
    assert await library.find("vase") == []
