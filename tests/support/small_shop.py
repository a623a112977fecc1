"""A small invented shop: nine products in English and French, and a library that knows them."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from bot.core.facts import Fact
from bot.core.library import ProductMatch
from bot.core.request import SkillRequest
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import tokenize
from tests.support.small_tables import small

T = TypeVar("T")
TODAY = date(2026, 11, 24)

ENGLISH: dict[str, dict[str, str | Decimal]] = {
    "linen-shirt": {
        "name": "Linen Shirt",
        "description": "White linen shirt with a straight collar and long sleeves. Loose fit.",
        "price": Decimal("59"),
        "sizes": "S, M, L, XL",
        "colours": "white, sky blue, sage",
        "type": "Shirts",
    },
    "cotton-shirt": {
        "name": "Cotton Shirt",
        "description": "Striped cotton shirt with a narrow collar, two chest pockets and "
        "a rounded hem.",
        "price": Decimal("45"),
        "sizes": "XS, S, M, L",
        "colours": "white, navy",
        "type": "Shirts",
    },
    "wool-jumper": {
        "name": "Yellow Wool Jumper",
        "description": "Knitted jumper in a soft wool blend with low shoulders and wide sleeves.",
        "price": Decimal("89.90"),
        "sizes": "S, M, L",
        "type": "Knitwear",
    },
    "ceramic-vase": {
        "name": "White Ceramic Vase",
        "description": "<p>Round white ceramic vase.</p>",
        "price": Decimal("34"),
        "type": "Home",
    },
    "glass-vase": {
        "name": "Glass Vase",
        "description": "<p>Tall vase in blown glass, for long stems.</p>",
        "price": Decimal("29"),
        "type": "Home",
    },
    "leather-bag": {
        "name": "Black Leather Bag",
        "description": "Black leather bag with a zipped pocket and an adjustable strap.",
        "price": Decimal("139"),
        "type": "Bags",
    },
    "winter-jacket": {
        "name": "Soft Winter Jacket",
        "description": "Thick black winter jacket, with soft fleece lining and a hood.",
        "price": Decimal("120"),
        "sizes": "S, M, L",
        "type": "Jackets",
    },
    "yellow-sofa": {
        "name": "Yellow Sofa",
        "description": "Two seater yellow sofa with wooden legs.",
        "price": Decimal("499"),
        "type": "Living room",
    },
    "vanilla-candle": {
        "name": "Vanilla Candle",
        "description": "Vanilla scent candle in a jar.",
        "price": Decimal("15.90"),
        "type": "Candles",
    },
}
FRENCH: dict[str, dict[str, str | Decimal]] = {
    "chemise-en-lin": {
        "name": "Chemise en lin Alma",
        "description": "Chemise en lin blanche, col droit et manches longues. Coupe ample.",
        "price": Decimal("59"),
        "sizes": "S, M, L, XL",
        "colours": "blanc, bleu ciel, vert sauge",
        "type": "Chemises",
    },
    "pull-en-laine": {
        "name": "Pull en laine jaune",
        "description": "Pull en maille de laine douce, épaules tombantes et manches larges.",
        "price": Decimal("89.90"),
        "sizes": "S, M, L",
        "type": "Mailles",
    },
    "vase-en-gres": {
        "name": "Vase en grès",
        "description": "Vase en grès émaillé blanc, au col étroit.",
        "price": Decimal("34"),
        "type": "Maison",
    },
}
CATALOGUE = ENGLISH | FRENCH


class Shop:
    """A `Library` over a catalogue. It finds a product by the share of its name that the words
    contain."""

    def __init__(self, catalogue: dict[str, dict[str, str | Decimal]] = CATALOGUE):
        self.catalogue = catalogue
        self.asked: list[str] = []

    def name_files(self) -> dict[str, str]:
        return {}

    async def find(self, words: str) -> Sequence[ProductMatch]:
        self.asked.append(words)
        said = {word.rstrip("s") for word in tokenize(words)}
        hits = []
        for handle, facts in self.catalogue.items():
            name = {word.rstrip("s") for word in tokenize(str(facts["name"])) if len(word) > 2}
            score = len(name & said) / len(name) if name else 0
            score = 0.97 if words == handle else score
            title = tokenize(str(facts["name"]))
            is_one = any(word.rstrip("s") in said for word in (title[0], title[-1]))
            if score:
                hits.append(
                    ProductMatch(
                        handle=handle, title=str(facts["name"]), score=score, is_one=is_one
                    )
                )
        return sorted(hits, key=lambda hit: -hit.score)[:5]

    answers = None

    async def run_limited(self, ask: Callable[[Warehouse], T], _seconds: float) -> T:
        return ask(small())

    def run_exclusively(self, ask: Callable[[Warehouse], T]) -> T:
        return ask(small())

    async def find_mentioned(self, words: str) -> Sequence[ProductMatch]:
        return await self.find(words)

    async def list_ranges(self) -> Sequence[str]:
        return list(dict.fromkeys(str(facts["type"]) for facts in self.catalogue.values()))

    async def list_names(self) -> Sequence[str]:
        return [str(facts[one]) for facts in self.catalogue.values() for one in ("name", "type")]

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        handle = request.brief.product
        if kind != "product" or handle not in self.catalogue:
            return []
        return [
            Fact(
                id=f"product.{handle}.{re.sub(r'[^a-z0-9]+', '-', label)}",
                label=label,
                value=value,
                unit="EUR" if isinstance(value, Decimal) else None,
                source="shop.csv, line 2",
                as_of=TODAY,
            )
            for label, value in self.catalogue[handle].items()
        ]
