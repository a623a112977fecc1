"""The products and ranges that a request or a brief names."""

from collections.abc import Iterable, Sequence

from bot.core.library import Library
from bot.core.request import Brief
from bot.tasks.understanding import ProductReference

MAX_NAMED = 3  # titles of products that a brief holds in words


async def find_exact_product(name: str, library: Library) -> ProductReference | None:
    for match in await library.find(name):
        if match.handle == name or match.score >= 1:
            return ProductReference(words=name, handle=match.handle, title=match.title)
    return None


def list_products(source: Brief) -> tuple[ProductReference, ...]:
    """Return the products or the range that a text is about."""
    words = source.product_words or source.product or source.category or ""
    handles = [*filter(None, [source.product]), *source.others]
    if not handles:
        return tuple(ProductReference(words=words, category=one) for one in source.categories)
    own = ProductReference(words=words, handle=handles[0], title=words)
    return (own, *(ProductReference(words=one, handle=one, title="") for one in handles[1:]))


def name_products(products: Sequence[ProductReference]) -> dict[str, object]:
    """Return the fields of a brief that name these products of the catalogue, or the ranges where
    none of its products is named. Empty when the catalogue has none of them."""
    known = [one for one in products if one.handle] or [one for one in products if one.category]
    if not known:
        return {}
    titles = dict.fromkeys(one.words if one.title is None else one.title for one in known)
    handles = list(dict.fromkeys(one.handle for one in known if one.handle))
    categories = tuple(dict.fromkeys(one.category for one in known if one.category))
    return {
        "product": next(iter(handles), None),
        "product_words": ", ".join([*filter(None, titles)][:MAX_NAMED]),
        "others": tuple(handles[1:]),
        "category": None if handles else categories[0],
        "more_categories": () if handles else categories[1:],
    }


def list_unknown(products: Iterable[ProductReference]) -> list[str]:
    """Return the words for what is neither a product nor a range of the catalogue."""
    return [one.words for one in products if not (one.handle or one.category)]
