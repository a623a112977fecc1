"""The `forget` command."""

from pathlib import Path

import pytest

from bot.__main__ import main

ORDERS = "order,date,customer,sku,title,quantity,amount\n1,2026-10-01,C1,LIN,Alba,1,79.00\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of orders are taken in."""
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path / "home"))
    for name, order in (("autumn.csv", "1"), ("test.csv", "9")):
        (tmp_path / name).write_text(ORDERS.replace("\n1,", f"\n{order},"), encoding="utf-8")
        assert main(["import", str(tmp_path / name), "--yes"]) == 0
    return tmp_path


def stored(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["forget"]) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_rows_of_one_file_go_and_the_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    assert stored(capsys) == "orders: autumn.csv, test.csv\n"
    assert main(["forget", "test.csv", "--yes"]) == 0
    assert "1 row left" in capsys.readouterr().out
    assert stored(capsys) == "orders: autumn.csv\n"


@pytest.mark.usefixtures("folder")
def test_nothing_goes_unasked_or_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "test.csv"]) != 0, "nobody can be asked here"
    assert main(["forget", "tests.csv", "--yes"]) != 0
    assert "autumn.csv, test.csv" in capsys.readouterr().err
    assert stored(capsys) == "orders: autumn.csv, test.csv\n"
