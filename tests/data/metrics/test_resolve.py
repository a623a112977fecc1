"""Resolution of a question's words to values of the orders."""

import pytest

from bot.data.metrics.entity_resolution import resolve_values

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
        ("candles belgium", {"country": ["BE"], "category": ["Bougies et senteurs"]}),
    ],
)
def test_values_are_found_in_either_language(words: str, only: dict[str, list[str]]) -> None:
    found = resolve_values(words.split(), KNOWN, nearly=False)
    assert {by: sorted(some) for by, some in found.only.items()} == only
    assert found.unknown == []


@pytest.mark.parametrize("words", ["narnia", "belgium narnia", "elephants"])
def test_unknown_words_match_no_value(words: str) -> None:
    found = resolve_values(words.split(), KNOWN, nearly=True)
    assert found.unknown == [words.split()[-1]]


def test_misspelt_words_are_resolved_only_when_requested() -> None:
    assert resolve_values(["figier"], KNOWN, nearly=False).unknown == ["figier"]
    found = resolve_values(["figier"], KNOWN, nearly=True)
    assert found.only == {"product": ["p3"]}
    assert found.read == {"figier": "figuier"}
