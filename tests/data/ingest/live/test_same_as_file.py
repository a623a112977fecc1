"""Live rows compared with the same rows of a file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.live.receiver import BatchReceiver
from bot.data.ingest.loader import load_file
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import Warehouse
from tests.support.sample_tables import TODAY, sample

KEY = b"k" * 32
MOST = 400  # rows of a kind

# Words as shops write them; each is one row's change of a row of the sample shop.
SPELT: dict[str, list[dict[str, Any]]] = {
    "orders": [
        {"customer": "Ana@Shop.Example ", "product": "Robe Été – Alba", "returned": "oui"},
        {"customer": " ana@shop.example", "status": "Payée", "currency": "€", "device": "iPhone"},
        {"status": "refunded", "returned": False, "amount": -12.5, "quantity": "-1"},
        {"status": "Canceled", "amount": 1e3, "at": "2026-11-02 09:05:00+01:00"},
        {"title": " ", "region": "null", "at": 1795514700, "amount": "(12.50)"},
    ],
    "events": [
        {"step": "Add to cart", "device": "Téléphone", "page": "/p?mail=ana@shop.example"},
        {"step": "Achat", "product": "ÉTÉ 26", "at": "2026-11-02T10:05:00Z", "amount": 62},
        {"step": "wishlist", "device": "Kiosk", "at": "20261102101500"},
    ],
    "feedback": [
        {"text": "Écrivez-moi : ana@shop.example ou 06 12 34 56 78", "rating": "4.5"},
        {"title": "Appelez le 06 12 34 56 78", "rating": 1, "channel": "Google"},
    ],
    "consents": [
        {"email": "opt-in", "sms": "non", "ads_user_data": "GRANTED", "opted_out": "no"},
        {"email": 1, "sms": False, "opted_out": "2026-10-01"},
    ],
    "campaigns": [
        {"opened": "12", "spend": "12.499", "product": "LIN_ALBA", "currency": "eur"},
        {"text": "Écrivez à ana@shop.example", "clicks": 3.0},
    ],
    "experiments": [{"share": "50%", "users": "10"}, {"share": 50, "device": "ipad"}],
    "customers": [
        {"customer": "Ana@Shop.Example ", "points": "1250.5", "level": "Or"},
        {"customer": " ana@shop.example", "orders": "3", "spent": "12.499", "currency": "eur"},
    ],
    "returns": [
        {"amount": "12.50", "quantity": "-1", "product": "Lin Alba"},
        {"reason": "Trop petit", "customer": "Ana@Shop.Example "},
    ],
    "traffic": [
        {"sessions": "10", "conversions": "1.5", "sales": "62.50"},
        {"device": "iPhone", "channel": "Direct", "users": 3.0},
    ],
    "prices": [{"price": "62.005", "product": "Lin Alba"}, {"price": 62, "since": "2026-01-02"}],
}


def rows_of(shelf: Warehouse, kind: str) -> list[dict[str, Any]]:
    """Rows of the sample shop as a shop's system sends them."""
    table = shelf.table(kind)
    assert table is not None
    order = [table[name] for name in load_kinds()[kind].key]
    found = shelf.engine.to_pyarrow(table.order_by(order).limit(MOST)).to_pylist()
    rows = [
        {name: _said(value) for name, value in row.items() if value is not None} for row in found
    ]
    for number, changed in enumerate(SPELT[kind]):
        rows[number * 7].update(changed)
    return rows


def _said(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else str(value)


@pytest.mark.parametrize("kind", sorted(SPELT))
@pytest.mark.sample(5)
def test_live_row_equals_file_row(kind: str, tmp_path: Path) -> None:
    rows = rows_of(sample("small"), kind)
    assert len(rows) > 20
    live = BatchReceiver(KEY)
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    got = live.receive(kind, body.encode(), today=TODAY, to=tmp_path / "live.parquet")
    assert not got.rejects
    file = tmp_path / f"{kind}.jsonl"
    file.write_text(body, encoding="utf-8")
    # In a file a column of that name holds addresses, unless somebody says otherwise.
    column_names = {"email": "email"} if kind == "consents" else {}
    understood = detect_schema(
        file, name=file.name, options=ImportOptions(kind=kind, called=column_names)
    )
    assert not understood.ignored
    taken = load_file(file, understood, to=tmp_path / "file.parquet", key=KEY, today=TODAY)
    assert taken.rejected == 0
    assert content(tmp_path / "live.parquet") == content(tmp_path / "file.parquet")


@pytest.mark.slow
def test_live_rows_sent_one_by_one_equal_file_rows(tmp_path: Path) -> None:
    rows = rows_of(sample("small"), "orders")[:40]
    live = BatchReceiver(KEY)
    whole = "\n".join(json.dumps(row) for row in rows).encode()
    live.receive("orders", whole, today=TODAY, to=tmp_path / "whole.parquet")
    for number, row in enumerate(rows):
        to = tmp_path / f"one{number}.parquet"
        assert live.receive("orders", json.dumps(row).encode(), today=TODAY, to=to).rows == 1
    assert content(tmp_path / "whole.parquet") == content(tmp_path / "one*.parquet")


def test_every_kind_is_compared() -> None:
    assert sorted(SPELT) == sorted(load_kinds())


def content(path: Path) -> tuple[Sequence[Any], Sequence[Any], list[Any]]:
    """Columns, types and rows, in the order of all columns."""
    found = duckdb.sql(f"FROM read_parquet('{path}') ORDER BY ALL")
    return found.columns, [str(one) for one in found.types], found.fetchall()
