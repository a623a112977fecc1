"""Drafts by rules about neighbouring products …"""

import re
from collections import Counter
from itertools import combinations

import pytest

from bot.data.catalogue.product import Product
from bot.i18n.messages import LANGUAGES, Language
from tests.rules.test_texts import shared
from tests.rules.writers.catalogues import products, written
from tests.support.channel_outputs import OUTPUTS
from tests.support.paths import DATA as REAL

SHARED = 0.4
REAL_FILES = ("shopify_apparel.csv", "shopify_home-and-garden.csv", "amazon_toys_863.csv")
# What a text said of every shirt or lamp alike, and no fact of any.
IDLE = re.compile(
    r"reach for|nothing else seems right|bunching under a jacket on|colle pas à la peau"
    r"|ne convient|used, not thanked|dont on se sert|from desk to dinner|du bureau au dîner"
    r"|what you already own|avec <?votre>? penderie|first coffee|supermarket tulips",
    re.IGNORECASE,
)


def alike(name: str, language: Language, channel: str) -> list[tuple[float, str, str]]:
    """Pairs of products of one sort whose texts share too much."""
    found = []
    for one, other in combinations(products(name), 2):
        if name or one.type == other.type:
            share = _shared(name, one, other, language, channel)
            if share > SHARED:
                found.append((share, one.title, other.title))
    return found


def _shared(name: str, one: Product, other: Product, language: Language, channel: str) -> float:
    texts = [written(name, p.handle, language, channel) for p in (one, other)]
    return shared(*texts)


@pytest.mark.parametrize("channel", OUTPUTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_share_little_in_the_sample_shop(language: Language, channel: str) -> None:
    assert len(products()) == 60
    assert alike("", language, channel) == []


@pytest.mark.parametrize("name", REAL_FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_share_little_in_real_shops(name: str, language: Language) -> None:
    """Where the catalogue says next to nothing of a thing, two short texts are alike."""
    if not (REAL / name).exists():
        pytest.skip("the real files are not here")
    pairs = len(products(name)) * (len(products(name)) - 1) / 2
    for channel in OUTPUTS:
        assert len(alike(name, language, channel)) <= pairs * 0.02


@pytest.mark.parametrize("language", LANGUAGES)
def test_begin_otherwise(language: Language) -> None:
    firsts: Counter[str] = Counter()
    for product in products():
        subject = written("", product.handle, language, "email").split("\n")[0]
        firsts[" ".join(re.findall(r"\w+", subject.lower())[:3])] += 1
    assert max(firsts.values()) <= 60 * 2 / 10


@pytest.mark.parametrize("channel", OUTPUTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_have_no_idle_benefit(language: Language, channel: str) -> None:
    for product in products():
        text = written("", product.handle, language, channel)
        assert not IDLE.search(text), (product.title, text)
