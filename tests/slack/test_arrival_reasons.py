"""Why a row stayed out …"""

from pathlib import Path

import pytest

from bot.library.files.columns import REASONS as OF_COLUMNS
from bot.library.files.rejecting import Reject, write_rejects
from bot.slack.arrival_reasons import REASONS, in_their_language


def written(folder: Path, *reasons: str) -> bytes:
    """The file of so many rows that stayed out, each for one of these reasons."""
    path = folder / "rejects.csv"
    rows = [Reject(n + 2, "Montant", why, 'a,"b"\nc') for n, why in enumerate(reasons)]
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
def test_is_read_in_french_and_its_row_as_it_was(tmp_path: Path, reason: str, french: str) -> None:
    content = in_their_language(written(tmp_path, reason), "fr")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == (
        f'ligne,colonne,motif,ligne d\'origine\r\n2,Montant,{french},"a,""b""\nc"\r\n'
    )


def test_stays_as_it_was_written_for_english_eyes(tmp_path: Path) -> None:
    content = written(tmp_path, "is no number")
    assert in_their_language(content, "en") == content


def test_of_a_cell_has_its_words_in_every_language() -> None:
    assert set(OF_COLUMNS.values()) <= set(REASONS)
