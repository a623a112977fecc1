"""Resolution of a question's words to values of the orders."""

import pytest

from bot.data.metrics.entity_resolution import NameMatches, match_name, resolve_values

KNOWN = {
    "country": {"BE": "BE", "GB": "GB", "Germany": "Germany"},
    "source": {"email": "email", "moteur": "moteur"},
    "device": {"mobile": "mobile", "desktop": "desktop"},
    "code": {"om-260107-soldes": "om-260107-soldes"},
    "reason": {"trop petit": "trop petit"},
    "category": {"Bougies et senteurs": "Bougies et senteurs"},
    "product": {
        "p1": "Chemise Alba en lin lavé",
        "p2": "Chemise Marceau en lin",
        "p3": "Bougie parfumée Figuier d'août",
        "p4": "Pull Ronan en laine",
    },
    "level": {"Gold": "Gold"},
    "city": {"Nantes": "Nantes", "Ronan": "Ronan"},
}


@pytest.mark.parametrize(
    ("words", "only"),
    [
        ("belgium", {"country": ["BE"]}),
        ("belges", {"country": ["BE"]}),
        ("united kingdom", {"country": ["GB"]}),
        ("allemagne", {"country": ["Germany"]}),
        ("newsletter", {"source": ["email"]}),
        ("telephone", {"device": ["mobile"]}),
        ("mobile desktop", {"device": ["desktop", "mobile"]}),
        ("om 260107 soldes", {"code": ["om-260107-soldes"]}),
        ("trop petit", {"reason": ["trop petit"]}),
        ("candles", {"category": ["Bougies et senteurs"]}),
        ("alba shirts", {"product": ["p1"]}),
        ("shirts", {"product": ["p1", "p2"]}),
        ("ronan", {"product": ["p4"]}),  # which a town is called as well
        ("nantes", {"city": ["Nantes"]}),
        ("gold nantes", {"level": ["Gold"], "city": ["Nantes"]}),
        ("candles belgium", {"country": ["BE"], "category": ["Bougies et senteurs"]}),
    ],
)
def test_values_are_found_in_either_language(words: str, only: dict[str, list[str]]) -> None:
    found = resolve_values(words.split(), KNOWN)
    assert {by: sorted(some) for by, some in found.only.items()} == only
    assert found.unknown == []


@pytest.mark.parametrize("words", ["narnia", "belgium narnia", "elephants"])
def test_unknown_words_match_no_value(words: str) -> None:
    found = resolve_values(words.split(), KNOWN)
    assert found.unknown == [words.split()[-1]]


TITLES = {
    "lin-alba": "Chemise Alba en lin lavé",
    "lin-marceau": "Chemise Marceau en lin pour homme",
    "lit-nuee": "Plaid Nuée en mohair et laine",
    "bou-figuier": "Bougie parfumée Figuier",
}


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("LIN-ALBA", "lin-alba"),
        ("Alba shirt", "lin-alba"),
        ("chemise alba lin", "lin-alba"),
        ("the Alba linen shirt", "lin-alba"),
        ("plaid Nuée", "lit-nuee"),
        ("nuee", "lit-nuee"),
        ("bougie figier", "bou-figuier"),
        ("Figuier candle", "bou-figuier"),
    ],
)
def test_product_is_found_however_people_name_it(name: str, reference: str) -> None:
    assert match_name(name, TITLES).found == (reference,)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chemise en lin", {TITLES["lin-alba"], TITLES["lin-marceau"]}),
        ("Alba dress", {TITLES["lin-alba"]}),
    ],
)
def test_name_of_several_products_or_of_none_gives_those_near_it(name: str, near: set[str]) -> None:
    matches = match_name(name, TITLES)
    assert matches.found == ()
    assert set(matches.near) == near


def test_name_that_nothing_resembles_gives_nothing() -> None:
    assert match_name("Zanzibar", TITLES) == NameMatches()
