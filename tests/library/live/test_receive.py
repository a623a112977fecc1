"""A body of live rows …"""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import CannotDo
from bot.library.kinds import kinds
from bot.library.live import Received, receive
from bot.library.live.parquet import join, write
from bot.library.shelf import schema

TODAY = date(2026, 11, 24)
KEY = b"k" * 32
ORDER = {"order": "A1", "line": 1, "at": "2026-11-24T10:05:00", "product": "LIN-ALBA", "amount": 62}


def received(*rows: Any, kind: str = "orders") -> Received:
    body = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return receive(kind, body.encode(), key=KEY, today=TODAY)


def told(found: Received) -> list[tuple[int, str | None, str]]:
    return [(one.line, one.column, one.reason) for one in found.rejects]


def test_becomes_rows_of_all_our_columns() -> None:
    row = {**ORDER, "amount": "62.005", "quantity": 1, "returned": "oui", "shipped": "2026-11-25"}
    (got,) = received(row).rows
    assert list(got) == list(kinds()["orders"].columns)
    assert got["at"] == datetime(2026, 11, 24, 10, 5)
    assert got["product"] == "lin-alba"
    assert (got["amount"], got["quantity"], got["returned"]) == (Decimal("62.00"), 1.0, True)
    assert got["shipped"] == date(2026, 11, 25)
    assert got["region"] is None


def test_keeps_its_good_rows_and_tells_the_others_by_line_and_column() -> None:
    found = received(
        ORDER,
        "{not json",
        "[1, 2]",
        "",
        {**ORDER, "order": None},
        {**ORDER, "at": "24/11/2026"},
        {**ORDER, "amount": "12,50"},
        {**ORDER, "amount": True},
        {**ORDER, "at": "2026-12-24"},
        {**ORDER, "line": 1.5},
        {**ORDER, "title": {"a": 1}},
        {**ORDER, "line": None},
        {**ORDER, "order": "A2"},
    )
    assert [row["order"] for row in found.rows] == ["A1", "A2"]
    assert told(found) == [
        (2, None, "not JSON: each line is one object"),
        (3, None, "not an object: each line is {“column”: value, …}"),
        (5, "order", "is needed"),
        (6, "at", "is no date; write 2026-11-24 or 2026-11-24T18:05:00"),
        (7, "amount", "is no number; write 1234.50"),
        (8, "amount", "is true or false; a number is wanted"),
        (9, "at", "lies in the future"),
        (10, "line", "is no whole number"),
        (11, "title", "is a list or an object; one value is wanted"),
        (12, "line", "is needed where a product is named: 1, 2, 3 …"),
    ]


def test_holds_no_person_that_can_be_read() -> None:
    row = {**ORDER, "customer": " Ana@Shop.example ", "email": "ana@shop.example", "name": "Ana"}
    found = received(row, {**row, "customer": "ana@shop.example", "line": 2})
    assert found.rows[0]["customer"] == found.rows[1]["customer"]
    assert len(found.rows[0]["customer"]) == 32
    assert found.ignored == ["email", "name"]
    assert "ana" not in str(found.rows).lower().replace(found.rows[0]["customer"], "")
    other = receive("orders", json.dumps(row).encode(), key=b"x" * 32, today=TODAY)
    assert other.rows[0]["customer"] != found.rows[0]["customer"]


def test_of_feedback_keeps_the_words_without_the_address() -> None:
    text = "Too small. Write me: ana@shop.example or 06 12 34 56 78"
    rows = received({"text": text}, {"text": text}, {"text": "Lovely"}, kind="feedback").rows
    assert rows[0]["text"] == "Too small. Write me: [EMAIL] or [PHONE]"
    assert rows[0]["id"] == rows[1]["id"] != rows[2]["id"]


def test_of_an_order_as_a_whole_needs_no_line() -> None:
    row = {name: value for name, value in ORDER.items() if name not in ("line", "product")}
    assert received(row).rows[0]["line"] == 0


def test_of_consents_needs_the_moment_they_were_given() -> None:
    said = {"customer": "c1", "email": False}
    assert told(received(said, kind="consents")) == [(1, "at", "is needed: when it was said")]
    assert received({**said, "at": "2026-11-24"}, kind="consents").rows[0]["email"] is False


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("2026-11-24T10:05:00+02:00", datetime(2026, 11, 24, 10, 5)),
        ("2026-11-24T10:05:00Z", datetime(2026, 11, 24, 10, 5)),
        ("2026-11-24", datetime(2026, 11, 24)),
        (1795514700, datetime(2026, 11, 24, 10, 5)),
        (1795514700000, datetime(2026, 11, 24, 10, 5)),
    ],
)
def test_reads_moments_as_they_are_written(given: Any, wanted: datetime) -> None:
    assert received({**ORDER, "at": given}).rows[0]["at"] == wanted


def test_names_steps_as_we_do() -> None:
    row = {"session": "s1", "at": "2026-11-24", "step": "Add_To_Cart", "device": "Mobile"}
    (got,) = received(row, kind="events").rows
    assert (got["step"], got["device"]) == ("cart", "mobile")


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"order": "\xe9"}'])
def test_that_is_no_text_is_refused_whole(body: bytes) -> None:
    with pytest.raises(CannotDo, match="UTF-8"):
        receive("orders", body, key=KEY, today=TODAY)


HOSTILE = [
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": 1e999}',
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": NaN}',
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": 1' + "0" * 5000 + "}",
    '{"order": "A", "line": 1e30, "at": "2026-11-24", "amount": 1}',
    '{"order": "A", "line": 1, "at": 1e308, "amount": 1}',
    '{"order": "A", "line": 1, "at": -1e30, "amount": 1}',
    '{"order": "A\\ud800", "line": 1, "at": "2026-11-24", "amount": 1}',
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": 1, "quantity": 1e400}',
    "[" * 100_000,
    '{"order":' * 20_000,
]


@pytest.mark.parametrize("line", HOSTILE)
def test_that_means_harm_is_told_like_any_other(line: str) -> None:
    found = received(line)
    assert not found.rows
    assert len(found.rejects) == 1


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([])
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(kinds()["orders"].columns)), VALUES))
def test_of_any_values_ends_in_rows_that_can_be_written(row: dict[str, Any]) -> None:
    import pyarrow as pa

    from bot.library.live.parquet import arrow_schema

    found = received(json.dumps(row))
    assert len(found.rows) + len(found.rejects) == 1
    pa.Table.from_pylist(found.rows, schema=arrow_schema("orders"))


def test_is_written_in_exactly_the_kinds_columns(tmp_path: Path) -> None:
    first, second = tmp_path / "deep" / "1.parquet", tmp_path / "2.parquet"
    write(received(ORDER).rows, "orders", first)
    write(received({**ORDER, "amount": 60}, {**ORDER, "line": 2}).rows, "orders", second)
    assert join([first, second], "orders", tmp_path / "all.parquet") == 3
    found = duckdb.sql(f"FROM '{tmp_path}/all.parquet'")
    assert found.columns == list(schema("orders"))
    assert [str(t) for t in found.types[:5]] == [
        "VARCHAR",
        "BIGINT",
        "TIMESTAMP",
        "VARCHAR",
        "VARCHAR",
    ]
    amounts = [str(row[0]) for row in found.select("amount").fetchall()]
    assert amounts == ["62.00", "60.00", "62.00"]
    assert not list(tmp_path.rglob("*.part"))
