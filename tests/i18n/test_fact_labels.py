"""Every fact's label has its French: those that analyses name in the code, and those of tools."""

import ast
from collections.abc import Iterator

import pytest

from bot.i18n.languages import SOURCE_LANGUAGE
from bot.i18n.messages import LANGUAGES, load_translations
from tests.support.paths import ROOT
from tests.support.source_trees import parse_source

OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


def _labels_in_code() -> Iterator[tuple[str, str]]:
    """Each label that an analysis or a fact names, and its file: the measure of `result.add`, or
    of a partial of it that is called `add`, unless it has a label of its own."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        is_analysis = "data" in path.parts
        for node in ast.walk(parse_source(path)):
            if not isinstance(node, ast.Call):
                continue
            own = next((one.value for one in node.keywords if one.arg == "label"), None)
            if own is not None:
                if isinstance(node.func, ast.Name) and node.func.id == "Fact":
                    yield from _read(own, path.name)
            elif is_analysis and isinstance(node.func, ast.Attribute):
                if node.func.attr == "add" and len(node.args) > 2:
                    yield from _read(node.args[1], path.name)
                if node.func.attr == "add_measures":
                    for one in node.args[1:]:
                        if isinstance(one, ast.Tuple):
                            yield from _read(one.elts[0], path.name)
            elif is_analysis and isinstance(node.func, ast.Name) and node.func.id == "add":
                yield from _read(node.args[0], path.name)


def _read(node: ast.expr, file: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value.replace("-", " "), file


@pytest.mark.parametrize("language", OTHERS)
def test_every_label_in_the_code_is_translated(language: str) -> None:
    found, known = set(_labels_in_code()), load_translations(language)
    assert len(found) > 150
    assert sorted((label, file) for label, file in found if label not in known) == []
