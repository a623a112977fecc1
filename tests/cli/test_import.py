"""The `import` command."""

import io
import os
import re
import signal
import sys
from pathlib import Path

import duckdb
import pytest

import bot.data.ingest.importer as importer
from bot.__main__ import main
from bot.data.ingest.file_schema import LoadResult
from bot.data.ingest.loader import load_file

ORDERS = (
    "order,date,customer,sku,title,quantity,amount\n"
    "1,2026-10-01,C1,LIN-ALBA,Alba shirt,1,79.00\n"
    "2,2026-10-02,C2,LIN-ALBA,Alba shirt,2,158.00\n"
)
REVIEWS = 'id,date,rating,comment\n1,2026-10-01,5,"Lovely linen"\n2,2026-10-03,2,"Came late"\n'


class Person(io.StringIO):
    """A person at a terminal who gives this answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def file(home: Path, text: str, name: str = "orders.csv") -> str:
    home.parent.mkdir(exist_ok=True)
    path = home.parent / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def answering(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys, "stdin", Person(answer))


def files(home: Path, kind: str = "*") -> list[Path]:
    """The library's files on disk, without temporary ones."""
    assert not list(home.glob("import-*"))
    return sorted(home.glob(f"library/*/{kind}/*.parquet"))


def rows(home: Path, kind: str, columns: str = "*") -> list[tuple[object, ...]]:
    told = [str(path) for path in files(home, kind)]
    return duckdb.sql(f"SELECT {columns} FROM read_parquet({told}) ORDER BY ALL").fetchall()


def test_preview_is_shown_and_confirmed_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, "y\n")
    assert main(["import", file(home, ORDERS)]) == 0
    told = capsys.readouterr().out
    shown, asked, after = told.partition("Import it? [y/N] ")
    assert asked
    assert "Import it?" not in after
    assert "orders.csv: orders, 2 rows (text, commas between columns" in shown
    assert re.search(r"sku +product +reference +lin-alba", shown)
    assert "C1" not in shown
    assert "(keyed)" in shown
    assert "2 new rows, 0 replaced, 0 known already" in after
    assert len(rows(home, "orders")) == 2


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "perhaps\n"])
@pytest.mark.sample(3)
def test_nothing_is_imported_without_a_yes(
    answer: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, answer)
    assert main(["import", file(home, ORDERS)]) == 1
    assert "Nothing was taken in." in capsys.readouterr().out
    assert files(home) == []


@pytest.mark.parametrize("answer", ["YES\n", "o\n", " oui \n"])
@pytest.mark.sample(2)
def test_yes_is_understood_in_english_and_french(
    answer: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, answer)
    assert main(["import", file(home, ORDERS)]) == 0
    assert len(rows(home, "orders")) == 2


def test_import_without_terminal_needs_yes_option(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["import", file(home, ORDERS)]) == 2
    assert capsys.readouterr().err.strip().endswith("Say --yes, and it is done.")
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["import", file(home, ORDERS)]) == 2
    assert files(home) == []


def test_kind_option_is_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ambiguous = "customer,date,since,amount\nC1,2026-10-01,2025-01-01,79.00\n"
    assert main(["import", "--yes", "--as", "orders", file(home, ambiguous, "x.csv")]) == 0
    assert len(rows(home, "orders")) == 1
    assert main(["import", "--yes", "--as", "sandwiches", file(home, ORDERS)]) == 2
    assert "sandwiches" in capsys.readouterr().err


def test_map_option_renames_a_column(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = ORDERS.replace("amount", "zorglub")
    assert main(["import", "--yes", file(home, strange)]) == 2
    assert "not what they were worth" in capsys.readouterr().err
    assert files(home) == []
    assert main(["import", "--yes", "--map", "zorglub=amount", file(home, strange)]) == 0
    assert [str(row[0]) for row in rows(home, "orders", "amount")] == ["79.00", "158.00"]
    assert main(["import", "--yes", "--map", "zorglub", file(home, strange)]) == 2
    assert "theirs=ours" in capsys.readouterr().err
    assert main(["import", "--yes", "--map", "nowhere=amount", file(home, strange)]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_currency_option_is_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--yes", "--currency", "CHF", file(home, ORDERS)]) == 0
    assert rows(home, "orders", "DISTINCT currency") == [("CHF",)]
    assert main(["import", "--yes", "--currency", "francs", file(home, ORDERS)]) == 2
    assert "francs" in capsys.readouterr().err


def test_rejected_rows_are_written_with_reasons(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ORDERS + "3,yesterday,C3,LIN-ALBA,Alba shirt,1,79.00\n"
    assert main(["import", "--yes", file(home, bad)]) == 1
    told = capsys.readouterr().out
    path = Path(told.split("Why, row by row: ")[1].split("\n")[0])
    assert "1 row stayed out" in told
    assert path == home / "rejects" / "orders.rejects.csv"
    header, row = path.read_text("utf-8-sig").splitlines()
    assert header == "line,column,reason,row"
    assert row.startswith("4,date,is no date that I can read,")
    assert row.endswith('"3,…,(keyed),LIN-ALBA,Alba shirt,1,79.00"')  # no word, no person
    assert len(rows(home, "orders")) == 2


def test_second_import_adds_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(home, ORDERS)
    assert main(["import", "--yes", path]) == 0
    before = files(home)
    capsys.readouterr()
    assert main(["import", "--yes", path]) == 0
    assert "0 new rows, 0 replaced, 2 known already" in capsys.readouterr().out
    assert files(home) == before


def test_changes_of_stored_rows_are_said_before_the_question(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "order,date,amount,country\nA1,2026-05-01,10.00,FR\n"
    assert main(["import", "--yes", file(home, text)]) == 0
    capsys.readouterr()
    answering(monkeypatch, "n")
    assert main(["import", file(home, "order,date,amount\nA1,2026-05-01,12.00\n")]) == 1
    out = capsys.readouterr().out
    assert "1 row that is stored is replaced by one of this file." in out
    assert "this file leaves it empty: country." in out
    assert out.index("is replaced by") < out.index("Nothing was taken in.")
    assert rows(home, "orders", "amount")[0][0] == 10


def test_several_files_need_one_confirmation(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, "yes\n")
    both = [file(home, ORDERS), file(home, REVIEWS, "reviews.csv")]
    assert main(["import", *both]) == 0
    told = capsys.readouterr().out
    assert told.count("Import it?") == 1
    assert told.index("reviews.csv: feedback") < told.index("Import it?")
    assert len(rows(home, "orders")) == 2
    assert len(rows(home, "feedback")) == 2


def test_orders_and_lines_are_joined(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    placed = "order_id,customer_id,order_date\n1,C1,2026-10-01\n2,C2,2026-10-02\n"
    bought = "order_id,line,product_id,price\n1,1,LIN,79.00\n1,2,TOTE,24.00\n2,1,LIN,79.00\n"
    both = [file(home, placed, "placed.csv"), file(home, bought, "bought.csv")]
    assert main(["import", "--yes", *both]) == 0
    assert "placed.csv and bought.csv are read as one: 3 lines, and" in capsys.readouterr().out
    assert [row[0] for row in rows(home, "orders", "\"order\" || '-' || line")] == [
        "1-1",
        "1-2",
        "2-1",
    ]
    assert main(["import", "--yes", *both]) == 0
    assert "0 new rows, 0 replaced, 3 known already" in capsys.readouterr().out


def test_unusable_file_does_not_stop_the_others(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [file(home, "a,b\nhello,world\n", "notes.csv"), file(home, ORDERS)]
    assert main(["import", "--yes", *paths]) == 1
    assert "Left: I can't tell what notes.csv holds." in capsys.readouterr().out
    assert len(rows(home, "orders")) == 2


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("empty.csv", "", "empty"),
        ("nothing.csv", ORDERS.splitlines()[0] + "\n", "no rows"),
        ("notes.csv", "a,b\nhello,world\n", "notes.csv"),
        ("page.csv", "<!doctype html><html><body>Log in</body></html>", "page"),
    ],
)
def test_unusable_file_gets_one_sentence(
    name: str, text: str, word: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "--yes", file(home, text, name)]) == 2
    said = capsys.readouterr()
    assert word in said.err
    assert name in said.err
    assert "Traceback" not in said.err
    assert "broke" not in said.err
    assert said.out == ""
    assert files(home) == []


def test_missing_file_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--yes", str(home / "gone.csv")]) == 2
    assert "gone.csv" in capsys.readouterr().err


def test_ctrl_c_leaves_the_library_unchanged(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "--yes", file(home, ORDERS)]) == 0
    before = [(path, path.read_bytes()) for path in files(home)]
    handler = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background
    asked = list[bool]()

    def interrupted(*args: object, **asked_for: object) -> LoadResult:
        os.kill(os.getpid(), signal.SIGINT)
        asked.append(True)
        return load_file(*args, **asked_for)  # type: ignore[arg-type]

    monkeypatch.setattr(importer, "load_file", interrupted)
    more = ORDERS + "".join(f"{n},2026-10-03,C{n},A,A,1,5.00\n" for n in range(3, 4000))
    assert main(["import", "--yes", file(home, more)]) == 130
    assert asked
    assert "Stopped. Nothing was taken in." in capsys.readouterr().err
    assert [(path, path.read_bytes()) for path in files(home)] == before
    assert signal.getsignal(signal.SIGINT) is handler


def test_second_ctrl_c_ends_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*args: object, **asked_for: object) -> LoadResult:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("it went on")

    monkeypatch.setattr(importer, "load_file", twice)
    assert main(["import", "--yes", file(home, ORDERS)]) == 130
    assert files(home) == []


PRODUCTS = "name,price,colour,size,Prix d'achat\nLinen shirt,59.90,sand,S,20\nVase,34.50,white,,9\n"


def test_catalogue_is_previewed_and_confirmed_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, "n\n")
    path = file(home, PRODUCTS, "shop.csv")
    assert main(["import", path]) == 1
    shown = capsys.readouterr().out
    assert "shop.csv: products, 2 rows (text, commas between columns" in shown
    assert re.search(r"price +price +amount +59\.90 +34\.50", shown)
    assert re.search(r"colour +colours +as it is +sand +white", shown)
    assert "Not understood, left out: Prix d'achat" in shown
    assert "Assumed: No currency is named." in shown
    assert shown.count("Import it?") == 1
    assert shown.endswith("Nothing was taken in.\n")
    answering(monkeypatch, "y\n")
    assert main(["import", path]) == 0
    assert "2 products from shop.csv: 2 new, 0 replaced." in capsys.readouterr().out


def test_map_option_renames_a_catalogue_column(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = file(home, PRODUCTS.replace("name", "zorglub"), "shop.csv")
    assert main(["import", "--yes", "--map", "zorglub=title", strange]) == 0
    assert re.search(r"zorglub +title +as it is +Linen shirt", capsys.readouterr().out)
    assert main(["import", "--yes", "--as", "products", "--map", "size=shoe", strange]) == 2
    assert "no column shoe" in capsys.readouterr().err


def test_dates_and_decimal_options_are_used_and_suggested(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "order,date,amount\n1,03/04/2026,1.234\n"
    assert main(["import", "--yes", file(home, text)]) == 0
    shown = capsys.readouterr().out
    assert "Assumed: Dates are read as month/day." in shown
    assert "To say otherwise: --dates day-first, --dates year-first, --decimal comma." in shown
    assert "Assumed: “1.234” in amount is read as 1.234" in shown
    told = ["--dates", "day-first", "--decimal", "comma"]
    assert main(["import", "--yes", *told, file(home, text)]) == 0
    shown = capsys.readouterr().out
    assert "otherwise" not in shown
    assert "0 new rows, 1 replaced" in shown
    assert [str(cell) for cell in rows(home, "orders", '"at", amount')[-1]] == [
        "2026-04-03 00:00:00",
        "1234.00",
    ]


def test_people_are_joined_to_orders_by_email_where_that_knows_more(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = "order,date,email,amount\n1,2026-10-01,lea@shop.example,79.00\n"
    assert main(["import", file(home, orders), "--yes"]) == 0
    people = "client;courriel;niveau\n1;lea@shop.example;Or\n2;tom@shop.example;Argent\n"
    assert main(["import", file(home, people, "fidelite.csv"), "--yes"]) == 0
    assert "1 of 2 people of this file have orders, by courriel." in capsys.readouterr().out
    stored = rows(home, "customers", "customer")
    assert rows(home, "orders", "customer")[0] in stored
