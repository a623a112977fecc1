"""Parsing and checking the body of a live request."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data.ingest.live.receiver import BatchReceiver, ReceivedBatch, join_batches
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import schema_of
from bot.errors import CannotDo

TODAY = date(2026, 11, 24)
RECEIVER = BatchReceiver(b"k" * 32)
ORDER = {"order": "A1", "line": 1, "at": "2026-11-24T10:05:00", "product": "LIN-ALBA", "amount": 62}

Told = list[tuple[int, str | None, str]]


def receive(
    to: Path, *rows: Any, kind: str = "orders", by: BatchReceiver = RECEIVER
) -> ReceivedBatch:
    body = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return by.receive(kind, body.encode(), today=TODAY, to=to)


def rows_in(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = duckdb.sql(f"FROM '{path}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def list_rejects(found: ReceivedBatch) -> Told:
    return [(one.line, one.column, str(one.reason)) for one in found.rejects]


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "rows.parquet"


def test_rows_have_all_our_columns(to: Path) -> None:
    row = {**ORDER, "amount": "62.005", "quantity": 1, "returned": "oui", "shipped": "2026-11-25"}
    assert receive(to, row).rows == 1
    (got,) = rows_in(to)
    assert list(got) == list(load_kinds()["orders"].columns)
    assert got["at"] == datetime(2026, 11, 24, 10, 5)
    assert got["product"] == "lin-alba"
    assert (got["amount"], got["quantity"], got["returned"]) == (Decimal("62.01"), 1.0, True)
    assert got["shipped"] == date(2026, 11, 25)
    assert got["region"] is None


def test_bad_rows_are_reported_by_line_and_column(to: Path) -> None:
    found = receive(
        to,
        ORDER,
        "{not json",
        "[1, 2]",
        "",
        {**ORDER, "order": None},
        {**ORDER, "at": "24/11/2026"},
        {**ORDER, "amount": "12,50"},
        {**ORDER, "amount": "12.50 €"},
        {**ORDER, "amount": True},
        {**ORDER, "at": "2026-12-24"},
        {**ORDER, "line": 1.5},
        {**ORDER, "title": {"a": 1}},
        {**ORDER, "line": None},
        {**ORDER, "at": "soon"},
        {**ORDER, "order": "A2"},
    )
    assert [row["order"] for row in rows_in(to)] == ["A1", "A2"]
    assert found.rows == 2
    assert list_rejects(found) == [
        (2, None, "this line is no JSON object"),
        (3, None, "this line is no JSON object"),
        (5, "order", "is empty"),
        (6, "at", "is no date; write 2026-11-24 or 2026-11-24T18:05:00"),
        (7, "amount", "is no number; write 1234.50"),
        (8, "amount", "is no number; write 1234.50"),
        (9, "amount", "is no amount"),
        (10, "at", "lies in the future"),
        (11, "line", "is no whole number"),
        (12, "title", "is a list or an object; one value is wanted"),
        (13, "line", "is needed where a product is named: 1, 2, 3 …"),
        (14, "at", "is no date that I can read"),
    ]


def test_stored_rows_contain_no_readable_person(tmp_path: Path) -> None:
    row = {**ORDER, "customer": " Ana@Shop.example ", "email": "ana@shop.example", "name": "Ana"}
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    found = receive(first, row, {**row, "customer": "ana@shop.example", "line": 2})
    one, other = (got["customer"] for got in rows_in(first))
    assert one == other
    assert len(one) == 32
    assert found.ignored == ["email", "name"]
    assert b"shop.example" not in first.read_bytes()
    receive(second, row, by=BatchReceiver(b"x" * 32))
    assert rows_in(second)[0]["customer"] != one


def test_feedback_text_is_stored_without_address(to: Path) -> None:
    text = "Too small. Write me: ana@shop.example or 06 12 34 56 78"
    receive(to, {"text": text}, {"text": text}, {"text": "Lovely"}, kind="feedback")
    rows = rows_in(to)
    assert [row["text"] for row in rows] == [
        "Too small. Write me: [EMAIL] or [PHONE]",
        "Lovely",
    ]
    assert len({row["id"] for row in rows}) == 2


def test_feedback_id_is_independent_of_other_rows(tmp_path: Path) -> None:
    row = {"text": "Lovely", "rating": 5, "at": "2026-11-20"}
    receive(tmp_path / "1.parquet", row, kind="feedback")
    receive(tmp_path / "2.parquet", {**row, "text": "Too small"}, row, kind="feedback")
    assert rows_in(tmp_path / "1.parquet")[0] in rows_in(tmp_path / "2.parquet")
    mixed = receive(tmp_path / "3.parquet", {**row, "id": "r1"}, row, kind="feedback")
    assert list_rejects(mixed) == [(2, "id", "is empty, and other rows have one")]


def test_whole_order_needs_no_line(to: Path) -> None:
    row = {name: value for name, value in ORDER.items() if name not in ("line", "product")}
    receive(to, row)
    assert rows_in(to)[0]["line"] == 0


def test_experiment_row_needs_name_and_unit(to: Path) -> None:
    row = {"variant": "A", "metric": "visit", "successes": 1}
    found = receive(
        to,
        row,
        {**row, "experiment": "e1"},
        {**row, "experiment": "e1", "unit": "u1"},
        kind="experiments",
    )
    assert list_rejects(found) == [(1, "experiment", "is empty"), (2, "unit", "is empty")]
    assert rows_in(to)[0]["users"] == 1


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
def test_unambiguous_times_are_read(to: Path, given: Any, wanted: datetime) -> None:
    receive(to, {**ORDER, "at": given})
    assert rows_in(to)[0]["at"] == wanted


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"order": "\xe9"}'])
def test_binary_body_is_refused(to: Path, body: bytes) -> None:
    with pytest.raises(CannotDo, match="UTF-8"):
        RECEIVER.receive("orders", body, today=TODAY, to=to)
    assert not to.exists()


HOSTILE = [
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": 1e999}',
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": NaN}',
    '{"order": "A", "line": 1, "at": "2026-11-24", "amount": 1' + "0" * 5000 + "}",
    '{"order": "A", "line": 1e30, "at": "2026-11-24", "amount": 1}',
    '{"order": "A", "line": 1, "at": 1e308, "amount": 1}',
    '{"order": "A", "line": 1, "at": -1e30, "amount": 1}',
    '{"order": "A", "line": 1, "at": 9999999999999999, "amount": 1}',
    '{"order": "A", "line": 1, "at": "99999999999999", "amount": 1}',
    "[" * 100_000,
    '{"order":' * 20_000,
]


@pytest.mark.parametrize("line", HOSTILE)
def test_malicious_line_is_rejected_like_any_other(to: Path, line: str) -> None:
    found = receive(to, line)
    assert (found.rows, len(found.rejects)) == (0, 1)
    assert not to.exists()


VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.from_regex(r"[-+]?[0-9]{1,17}[-/:.eT ][0-9]{1,12}", fullmatch=True)
    | st.just([])
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(load_kinds())),
    values=st.lists(VALUES, min_size=30, max_size=30),
    filled=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_random_values_give_rows_or_reasons(
    to: Path, kind: str, values: list[Any], filled: list[bool]
) -> None:
    to.unlink(missing_ok=True)
    known = zip(load_kinds()[kind].columns, values, filled, strict=False)
    found = receive(to, {name: value for name, value, is_ in known if is_}, kind=kind)
    assert found.rows + len(found.rejects) == 1
    assert len(rows_in(to)) == found.rows


def test_joined_batches_have_exactly_the_columns_of_kind(tmp_path: Path) -> None:
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    receive(first, ORDER)
    receive(second, {**ORDER, "amount": 60}, {**ORDER, "line": 2})
    assert join_batches([first, second], tmp_path / "all.parquet") == 3
    found = duckdb.sql(f"FROM '{tmp_path}/all.parquet'")
    assert found.columns == list(schema_of("orders"))
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
