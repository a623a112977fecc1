"""The rows that stay out: stored with codes, downloaded as sentences, old files still read."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from bot.data.ingest.rejects import (
    REJECTS_SUFFIX,
    RejectedRow,
    export_rejects,
    load_legacy_reasons,
    parse_legacy_reason,
    read_rejects,
    render_rejects,
    write_rejects,
)
from bot.data.reject_reasons import TEMPLATES, RejectCode, RejectReason
from bot.slack.actions.imports import render_stored_rejects

ROW = 'a,"b"\nc'


def store(folder: Path, *reasons: RejectReason) -> Path:
    """A stored file with a row for each reason."""
    path = folder / f"rejects{REJECTS_SUFFIX}"
    rows = [
        RejectedRow(line=n, column="Montant", reason=reason, row=ROW)
        for n, reason in enumerate(reasons, start=2)
    ]
    write_rejects(rows, path)
    return path


def store_legacy(folder: Path, *sentences: str) -> Path:
    """A file as earlier editions stored it: the sentences in a CSV."""
    path = folder / "rejects.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "reason", "row"))
        writer.writerows((n, "Montant", one, ROW) for n, one in enumerate(sentences, start=2))
    return path


def unspaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("code", [code for code in RejectCode if code is not RejectCode.OTHER])
def test_each_code_has_a_sentence_in_french(code: RejectCode) -> None:
    template = TEMPLATES[code]
    gaps = re.findall(r"\{(\w+)\}", template)
    reason = RejectReason(code, args=dict.fromkeys(gaps, "7"))
    assert str(reason) == re.sub(r"\{\w+\}", "7", template)
    assert reason.words().to("fr") != str(reason)


def test_what_is_stored_is_the_code_with_its_arguments(tmp_path: Path) -> None:
    reason = RejectReason(RejectCode.CELL_COUNT, n=5, width=1234)
    path = store(tmp_path, reason)
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["reason"] == {
        "code": "cell_count",
        "args": {"n": 5, "width": 1234},
        "cell_only": False,
    }
    (row,) = read_rejects(path.read_bytes())
    assert row == RejectedRow(line=2, column="Montant", reason=reason, row=ROW)
    assert str(row.reason) == "has 5 cells where the header has 1234"


@pytest.mark.parametrize(
    ("sentence", "reason", "french"),
    [
        ("is no number", RejectReason(RejectCode.NOT_A_NUMBER), "n'est pas un nombre"),
        ("lies in the future", RejectReason(RejectCode.IN_THE_FUTURE), "est dans le futur"),
        (
            "has 5 cells where the header has 7",
            RejectReason(RejectCode.CELL_COUNT, n="5", width="7"),
            "a 5 cellules alors que l'en-tête en a 7",
        ),
        (
            '"12,5o €" is not a price',
            RejectReason(RejectCode.NOT_A_PRICE, cell="12,5o €"),
            "« 12,5o € » n'est pas un prix",
        ),
        (
            '"a-b" is not a price: left out',
            RejectReason(RejectCode.NOT_A_PRICE, cell="a-b").for_cell,
            "« a-b » n'est pas un prix : cellule laissée de côté",
        ),
        (
            "EUR, but line 7 says USD",
            RejectReason(RejectCode.CURRENCY_NOT_OF_LINE, currency="EUR", n="7", other="USD"),
            "EUR, mais la ligne 7 indique USD",
        ),
        (
            "something nobody has a word for",
            RejectReason(RejectCode.OTHER, sentence="something nobody has a word for"),
            "something nobody has a word for",
        ),
    ],
)
def test_old_and_new_files_are_downloaded_alike(
    sentence: str, reason: RejectReason, french: str, tmp_path: Path
) -> None:
    assert parse_legacy_reason(sentence) == reason
    new, old = store(tmp_path, reason), store_legacy(tmp_path, sentence)
    for path in (new, old):
        content = render_stored_rejects(path, "fr")
        assert content.startswith(b"\xef\xbb\xbf")
        header, row = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        assert header == ["ligne", "colonne", "motif", "ligne d'origine"]
        assert [unspaced(cell) for cell in row] == ["2", "Montant", french, ROW]
    assert render_stored_rejects(new, "en") == old.read_bytes()
    assert render_stored_rejects(old, "en") == old.read_bytes()


def test_an_import_from_the_command_line_exports_the_same_csv(tmp_path: Path) -> None:
    stored = store(tmp_path, RejectReason(RejectCode.EMPTY))
    export_rejects(stored, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == store_legacy(tmp_path, "is empty").read_bytes()


@pytest.mark.parametrize(("code", "sentence"), load_legacy_reasons())
def test_each_sentence_of_earlier_editions_is_read(code: RejectCode, sentence: str) -> None:
    """Today's templates must not be needed for it: the sentences are kept apart from them."""
    filled = re.sub(r"\{\w+\}", "7", sentence)
    for said in (filled, f"{filled}: left out"):
        reason = parse_legacy_reason(said)
        assert (reason.code, reason.cell_only) == (code, said != filled)
        assert str(reason) == said


def test_a_cell_that_would_be_computed_is_escaped() -> None:
    reason = RejectReason(RejectCode.OTHER, sentence="=1+1")
    rows = [RejectedRow(line=2, column="=A1", reason=reason, row="@x")]
    _, row = csv.reader(io.StringIO(render_rejects(rows, "fr").decode("utf-8-sig"), newline=""))
    assert row == ["2", "'=A1", "'=1+1", "'@x"]


def test_reading_a_short_file_leaves_the_limit_of_cells_as_it_was() -> None:
    before = csv.field_size_limit()
    assert list(read_rejects(b"line,column,reason,row\n", ".csv")) == []
    assert csv.field_size_limit() >= before
