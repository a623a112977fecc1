"""The one language detector, on reviews in six languages and on requests in two."""

import pytest

from bot.text.language import WRITTEN_LANGUAGES, detect_language

REVIEWS = [
    ("The dress is lovely and I wear it all the time", "en"),
    ("La robe est très belle et je la porte souvent", "fr"),
    ("O produto chegou antes do prazo, muito bom", "pt"),
    ("El producto llegó muy bien, gracias por todo", "es"),
    ("Das Kleid ist sehr schön und die Lieferung war gut", "de"),
    ("Il vestito è molto bello e sono contenta", "it"),
    ("Sukienka jest piękna", None),
    ("", None),
]
REQUESTS = [
    ("an e-mail for the linen shirt", "en"),
    ("un mail pour la chemise en lin", "fr"),
    ("candles, until Friday", "en"),
    ("relance panier", "fr"),
    ("thé vert", "fr"),
    ("Verger salad bowl", "en"),
    ("bougie Figuier", "fr"),
    ("robe Alba", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "language"), REVIEWS)
def test_language_of_a_review_is_one_of_six(text: str, language: str | None) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(("text", "language"), REQUESTS)
def test_few_words_tell_english_from_french(text: str, language: str | None) -> None:
    assert detect_language(text, WRITTEN_LANGUAGES) == language


def test_accents_may_be_left_out_except_where_they_make_another_word() -> None:
    assert detect_language("La robe est tres belle et je la porte deja") == "fr"
    assert detect_language("Thé vert") is None  # not the English "the"
