"""`super-intern try`: one request in a terminal, from words to a draft or an answer."""

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
    assert "No orders are imported yet" in capsys.readouterr().out
