"""`super-intern try`: one request in a terminal, from words to a draft or an answer."""

import json
from pathlib import Path

import pytest

from bot.__main__ import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one product and nothing else."""
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path / "home"))
    products = tmp_path / "products.csv"
    products.write_text("handle,title,price\nlinen-shirt,Linen shirt,49.00\n", encoding="utf-8")
    assert main(["import", "--yes", "--currency", "EUR", str(products)]) == 0
    return tmp_path / "home"


def test_a_question_about_sales_without_orders_is_told_what_is_missing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", "answer", "how much did we sell by country?"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("== Answer ==")
    assert "No orders are imported yet" in printed


def test_check_gives_findings_as_json_and_ends_with_one_when_something_blocks(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(text: str) -> tuple[int, list[dict[str, str]]]:
        capsys.readouterr()
        code = main(["check", text, "--product", "linen-shirt", "--json"])
        return code, json.loads(capsys.readouterr().out)["findings"]

    code, findings = check("The Linen shirt, €39.")
    assert code == 1
    assert all({*one} == {"level", "rule", "words", "why"} for one in findings)
    assert ("block", "price", "€39") in {(f["level"], f["rule"], f["words"]) for f in findings}
    assert ("info", "claims unchecked") in {(f["level"], f["rule"]) for f in findings}
    code, findings = check("The Linen shirt, under €50.")
    assert (code, {one["level"] for one in findings}) == (0, {"info"})


def test_draft_is_followed_by_the_facts_that_it_stands_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["try", "draft", "an e-mail for the linen shirt"]) in (0, 1)
    text, _, sources = capsys.readouterr().out.partition("Sources:\n")
    assert "For: your whole list\n" in text
    assert "price: €49.00 (products.csv" in sources


def test_text_that_stands_on_no_fact_has_no_heading_of_sources(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["try", "draft", "e-mail: the parcel is late"]) in (0, 1)
    assert "Sources:" not in capsys.readouterr().out
