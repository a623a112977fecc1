"""The reasons why rows were rejected, in the reader's language."""

import ast
from pathlib import Path

import pytest

from bot.data import catalogue
from bot.data.catalogue.cells import AMBIGUOUS_THOUSANDS
from bot.data.catalogue.text_file import CSV_REASONS as OF_QUOTES
from bot.data.catalogue.text_file import STRAY_QUOTE
from bot.data.ingest.column_sql import TYPE_REASONS as OF_COLUMNS
from bot.data.ingest.rejects import KNOWN_REASONS, RejectedRow, translate_reason, write_rejects
from bot.slack.cards.import_card import translate_rejects


def written(folder: Path, *reasons: str) -> bytes:
    """Write the file of rejected rows with one row per reason."""
    path = folder / "rejects.csv"
    rows = [RejectedRow(n + 2, "Montant", why, 'a,"b"\nc') for n, why in enumerate(reasons)]
    write_rejects(rows, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("reason", "french"),
    [
        ("is no number", "n'est pas un nombre"),
        ("lies in the future", "est dans le futur"),
        ("has 5 cells where the header has 7", "a 5 cellules alors que l'en-tête en a 7"),
        ("something nobody has a word for", "something nobody has a word for"),
    ],
)
def test_reason_is_translated_and_row_unchanged(tmp_path: Path, reason: str, french: str) -> None:
    content = translate_rejects(written(tmp_path, reason), "fr")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == (
        f'ligne,colonne,motif,ligne d\'origine\r\n2,Montant,{french},"a,""b""\nc"\r\n'
    )


def test_english_reasons_stay_as_written(tmp_path: Path) -> None:
    content = written(tmp_path, "is no number")
    assert translate_rejects(content, "en") == content


def test_cell_reasons_are_translated_into_every_language() -> None:
    assert set(OF_COLUMNS.values()) <= set(KNOWN_REASONS)


def reasons_of_catalogues() -> list[str]:
    """Return every reason that the catalogue's code writes, with 7 in place of the row's values."""
    found = [*OF_QUOTES.values(), STRAY_QUOTE]
    for path in sorted(Path(catalogue.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in ("BadCell", "ValueError", "_remark", "_reject"):
                    said = node.args[2 if called == "_reject" else -1]
                    if isinstance(said, ast.Constant | ast.JoinedStr):
                        found.append(spelled(said))
    # part of a reason that is listed already
    return [one for one in found if not one.startswith("7: left out")]


def spelled(said: ast.expr) -> str:
    if isinstance(said, ast.JoinedStr):
        return "".join(map(spelled, said.values))
    if isinstance(said, ast.FormattedValue):
        return {"UNSURE": AMBIGUOUS_THOUSANDS, "what": "name"}.get(ast.unparse(said.value), "7")
    assert isinstance(said, ast.Constant)
    return str(said.value)


@pytest.mark.parametrize("reason", reasons_of_catalogues())
def test_catalogue_reasons_are_translated_into_french(reason: str) -> None:
    words = translate_reason(reason)
    assert words is not None
    assert words.to("en") == reason
    assert words.to("fr") != reason


@pytest.mark.parametrize(
    ("reason", "french"),
    [
        ('"12,5o €" is not a price', "« 12,5o € » n'est pas un prix"),
        ('"a-b" is not a price: left out', "« a-b » n'est pas un prix : cellule laissée de côté"),
        ("EUR, but line 7 says USD", "EUR, mais la ligne 7 indique USD"),
    ],
)
def test_catalogue_reasons_keep_values_of_the_row(reason: str, french: str) -> None:
    words = translate_reason(reason)
    assert words is not None
    assert words.to("fr").replace("\u00a0", " ").replace("\u202f", " ") == french
