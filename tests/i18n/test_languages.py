"""The tables of the languages, and that the code asks them instead of naming a language."""

import ast

import pytest
from babel import Locale

from bot.config.brand import Brand
from bot.grounding.legal import ALCOHOL_WARNING
from bot.i18n.languages import LANGUAGES, get_language
from bot.i18n.messages import parse_language
from bot.i18n.typography import insert_nbsp
from bot.offline.template_values import TEMPLATES_FOLDER
from bot.text.language import WRITTEN_LANGUAGES
from tests.support.paths import ROOT
from tests.support.source_trees import parse_source
from tests.support.words_in_code import code

NBSP = "\u00a0"


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_has_all_that_drafts_need(language: str) -> None:
    table = get_language(language)
    assert Locale.parse(table.locale).language == language
    assert set(table.address) in (set(), {"tu", "vous"})
    assert len(table.periods.numbers) == 12
    assert len(table.periods.short_weekdays) == 7
    assert language in WRITTEN_LANGUAGES
    assert ALCOHOL_WARNING[language]
    assert (TEMPLATES_FOLDER / f"{language}.toml").is_file()


def test_languages_of_detection_are_those_with_a_table() -> None:
    assert {*LANGUAGES} == WRITTEN_LANGUAGES


def test_locale_without_a_table_reads_english() -> None:
    assert [parse_language(one) for one in ("fr-CA", "pt_BR", None)] == ["fr", "en", "en"]


def test_french_spaces_do_not_break_and_english_has_none() -> None:
    assert insert_nbsp("Prix : 18 %, « oui » !", "fr") == (
        f"Prix{NBSP}: 18{NBSP}%, «{NBSP}oui{NBSP}»{NBSP}!"
    )
    assert insert_nbsp("Price: 18 %!", "en") == "Price: 18 %!"
    english = insert_nbsp("L'e-mail « The jumper: knitted here! » : 39 %", "fr")
    assert "jumper: knitted here!" in english
    assert english.endswith("\u00a0: 39\u00a0%")


def test_signature_of_a_language_has_a_general_and_an_older_key() -> None:
    brand = Brand(name="Lin", signature="Lin", signature_fr="L'équipe", signatures={"en": "Team"})
    assert [brand.get_signature(one) for one in ("fr", "en")] == ["L'équipe", "Team"]
    newer = Brand(name="Lin", signature_fr="L'équipe", signatures={"fr": "Lin et compagnie"})
    assert newer.get_signature("fr") == "Lin et compagnie"


def test_code_compares_no_language_with_a_name() -> None:
    """What differs between languages is in `bot/i18n/languages`."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in code()
        if "playground/shop" not in str(path)
        for node in ast.walk(parse_source(path))
        if isinstance(node, ast.Compare)
        and {"en", "fr"} & {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
        and "language" in ast.unparse(node)
    ]
    assert not found
