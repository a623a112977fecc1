"""POST /library/KIND: live rows over HTTP."""

import asyncio
import gzip
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import duckdb
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.app import Container
from bot.config.clock import now
from bot.config.settings import Settings
from bot.data.ingest.live.endpoint import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WORKSPACE_HEADER,
    SignedRequest,
    add_library_route,
    derive_live_key,
    sign_request,
)
from bot.data.ingest.live.queue import LOCK
from bot.data.ingest.live.receiver import BatchReceiver
from bot.data.ingest.models import LiveBatch
from bot.data.warehouse.parquet import try_lock
from bot.db.workspace import Workspace

Client = TestClient[web.Request, web.Application]


def lines(*orders: str, **told: Any) -> bytes:
    whole = {"at": "2026-11-24T10:05:00", "amount": "62.00", "currency": "EUR", **told}
    return "\n".join(json.dumps({"order": order, **whole}) for order in orders).encode()


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    yield found
    found.database.close()


@pytest.fixture
async def client(container: Container) -> AsyncIterator[Client]:
    site = web.Application(client_max_size=2 * 1024 * 1024)
    add_library_route(site, container.live_rows())
    async with TestClient(TestServer(site)) as found:
        yield found


async def post(
    client: Client,
    container: Container,
    body: bytes,
    kind: str = "orders",
    *,
    workspace: str | None = None,
    age: float = 0,
    stamp: str | None = None,
    encoding: str | None = None,
    **headers: str,
) -> tuple[int, Any]:
    """Signed as the docs say, unless a header is given."""
    stamp = stamp or f"{time.time() - age:.6f}"
    said = SignedRequest(stamp, kind, workspace or "", body)
    signed = sign_request(derive_live_key(container.row_store.key(), workspace), said)
    told = {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: signed} | (
        {WORKSPACE_HEADER: workspace} if workspace else {}
    )
    if encoding:
        headers["Content-Encoding"] = encoding
    sent = io.BytesIO(body)
    async with client.post(f"/library/{kind}", data=sent, headers={**told, **headers}) as answer:
        return answer.status, await answer.json()


def batches(container: Container) -> list[LiveBatch]:
    with container.database.begin() as session:
        return list(session.scalars(select(LiveBatch)))


def held(container: Container, workspace: str = "local") -> list[tuple[Any, ...]]:
    """order and amount of all orders in the library."""
    table = container.row_store.open(workspace).table("orders")
    if table is None:
        return []
    rows = container.row_store.open(workspace).engine.to_pyarrow(table).to_pylist()
    return sorted((row["order"], str(row["amount"])) for row in rows)


async def test_response_follows_storage_on_disk(client: Client, container: Container) -> None:
    status, told = await post(client, container, lines("A1", "A2"))
    assert status == 200
    assert told == {
        "kind": "orders",
        "rows": 2,
        "again": False,
        "rejected": 0,
        "rejects": [],
        "ignored": [],
    }
    (batch,) = batches(container)
    rows = duckdb.sql(f"FROM '{container.settings.home / str(batch.path)}'").fetchall()
    assert [row[0] for row in rows] == ["A1", "A2"]
    assert (batch.workspace, batch.rows, batch.merged_at) == ("local", 2, None)


async def test_repeated_request_is_stored_once(client: Client, container: Container) -> None:
    body, stamp = lines("A1"), f"{time.time():.6f}"
    told = await asyncio.gather(*(post(client, container, body, stamp=stamp) for _ in range(8)))
    assert {status for status, _ in told} == {200}
    assert sorted(answer["again"] for _, answer in told) == [False] + [True] * 7
    (batch,) = batches(container)
    files = list((container.settings.home / "live").rglob("*.parquet"))
    assert files == [container.settings.home / str(batch.path)]


async def test_earlier_state_sent_again_later_is_stored(
    client: Client, container: Container
) -> None:
    live = container.live_rows()
    for amount in ("62.00", "60.00", "62.00"):
        _, told = await post(client, container, lines("A1", amount=amount))
        assert told["again"] is False
        live.merge("local", "orders")
        assert held(container) == [("A1", amount)]
    for amount in ("60.00", "62.00", "60.00"):  # merged together, the last one said holds
        await post(client, container, lines("A1", amount=amount))
    live.merge("local", "orders")
    assert held(container) == [("A1", "60.00")]


async def test_later_file_overrides_live_rows(client: Client, container: Container) -> None:
    to = container.settings.home / "file.parquet"
    key, today = container.row_store.key(), now().date()
    BatchReceiver(key).receive("orders", lines("A1", amount="99.00"), today=today, to=to)
    await post(client, container, lines("A1", "A2"))
    container.row_store.import_rows("local", "orders", to, source="orders.csv")
    assert container.live_rows().merge("local", "orders") == 0
    assert held(container) == [("A1", "99.00"), ("A2", "62.00")]


@pytest.mark.parametrize("elsewhere", [{"kind": "prices"}, {"workspace": "T1"}])
async def test_recorded_request_is_valid_for_nothing_else(
    client: Client, container: Container, elsewhere: dict[str, str]
) -> None:
    with container.database.begin() as session:
        Workspace.ensure(session, "T1", now())
    body, stamp = lines("A1"), f"{time.time():.6f}"
    signed = sign_request(
        derive_live_key(container.row_store.key(), None), SignedRequest(stamp, "orders", "", body)
    )
    told = {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: signed}
    if workspace := elsewhere.get("workspace"):
        told[WORKSPACE_HEADER] = workspace
    kind = elsewhere.get("kind", "orders")
    async with client.post(f"/library/{kind}", data=io.BytesIO(body), headers=told) as answer:
        assert answer.status == 401
    assert not batches(container)


async def test_good_rows_are_stored_and_bad_ones_reported(
    client: Client, container: Container
) -> None:
    body = lines("A1") + b"\nnonsense\n" + lines("A2", at="soon", email="ana@shop.example")
    status, told = await post(client, container, body)
    assert (status, told["rows"], told["rejected"]) == (200, 1, 2)
    assert told["rejects"][0] == {
        "line": 2,
        "column": None,
        "reason": "this line is no JSON object",
    }
    assert (told["rejects"][1]["line"], told["rejects"][1]["column"]) == (3, "at")


async def test_body_without_good_row_is_refused_and_not_stored(
    client: Client, container: Container
) -> None:
    status, told = await post(client, container, b"x\n" * 5000)
    assert (status, told["rejected"], len(told["rejects"])) == (422, 5000, 100)
    assert (await post(client, container, b""))[0] == 422
    assert (await post(client, container, b"\xff\xfe"))[1] == {
        "error": "The body is not UTF-8 text."
    }
    assert not batches(container)


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        ({SIGNATURE_HEADER: "v1=00"}, 401, "signature"),
        ({SIGNATURE_HEADER: ""}, 401, "signature"),
        ({TIMESTAMP_HEADER: "0"}, 401, "signature"),
        ({"kind": "secrets"}, 404, "There are: orders, events"),
        ({"age": 301}, 401, "5 minutes"),
        ({"age": -301}, 401, "5 minutes"),
        ({"workspace": "TNONE"}, 404, "no such workspace"),
        ({WORKSPACE_HEADER: "T1"}, 401, "signature"),
    ],
)
async def test_bad_request_is_refused_with_reason(
    client: Client, container: Container, told: dict[str, Any], status: int, said: str
) -> None:
    got, answer = await post(client, container, lines("A1"), **told)
    assert (got, said in answer["error"]) == (status, True), answer
    assert not batches(container)


async def test_unsigned_request_learns_nothing_about_server(
    client: Client, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(container.row_store), "_holds", lambda _: True)  # rows, and no key
    (container.settings.home / "super-intern.key").unlink()
    container.row_store._key = None
    claimed = {TIMESTAMP_HEADER: f"{time.time():.6f}", SIGNATURE_HEADER: "v1=" + "0" * 64}
    sent = io.BytesIO(lines("A1"))
    async with client.post("/library/orders", data=sent, headers=claimed) as answer:
        status, told = answer.status, await answer.text()
    assert status == 503
    assert str(container.settings.home) not in told


async def test_compressed_body_is_refused(client: Client, container: Container) -> None:
    packed = gzip.compress(lines("A1"))
    status, told = await post(client, container, packed, encoding="gzip")
    assert (status, told) == (415, {"error": "Send the body as it is, not compressed."})


async def test_body_above_two_megabytes_is_refused(client: Client, container: Container) -> None:
    most = 2 * 1024 * 1024
    assert (await post(client, container, lines("A1").ljust(most)))[0] == 200
    assert (await post(client, container, lines("A2").ljust(most + 1)))[0] == 413
    assert len(batches(container)) == 1


async def test_workspace_header_is_required_with_several_workspaces(
    client: Client, container: Container
) -> None:
    with container.database.begin() as session:
        for name in ("T1", "T2"):
            Workspace.ensure(session, name, now())
    status, told = await post(client, container, lines("A1"))
    assert (status, WORKSPACE_HEADER in told["error"]) == (400, True)
    assert (await post(client, container, lines("A1"), workspace="T2"))[0] == 200
    assert [batch.workspace for batch in batches(container)] == ["T2"]


async def test_log_contains_nothing_of_body(
    client: Client, container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await post(client, container, lines("SECRET-77", customer="ana@shop.example") + b"\nSECRET-78")
    container.live_rows().merge("local", "orders")
    assert "SECRET" not in caplog.text
    assert "ana@" not in caplog.text
    files = [path for path in container.settings.home.rglob("*") if path.is_file()]
    assert not [path for path in files if b"ana@shop" in path.read_bytes()]


async def test_rows_are_in_library_after_merge(client: Client, container: Container) -> None:
    await post(client, container, lines("A1", "A2"))
    await post(client, container, lines("A2", amount="60.00"))
    live = container.live_rows()
    assert live.merge("local", "orders") == 3
    assert held(container) == [("A1", "62.00"), ("A2", "60.00")]
    assert all(batch.merged_at for batch in batches(container))
    assert not list((container.settings.home / "live").rglob("*.parquet"))
    assert live.merge("local", "orders") == 0
    await post(client, container, lines("A1", "A3"))
    live.merge("local", "orders")
    assert [order for order, _ in held(container)] == ["A1", "A2", "A3"]


class Killed(BaseException):
    """A process that ends in the middle."""


@pytest.mark.parametrize("where", ["join", "take", "merged"])
async def test_killed_merge_is_completed_by_next_one(
    client: Client, container: Container, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    await post(client, container, lines("A1", "A2"))

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    deadly = {
        "join": ("bot.data.ingest.live.queue.join_batches", die),
        "take": ("bot.data.warehouse.store.RowStore.import_rows", die),
        "merged": ("bot.data.ingest.models.LiveBatch.merged", die),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*deadly[where])
        with pytest.raises(Killed):
            container.live_rows().merge("local", "orders")
    assert [batch.merged_at for batch in batches(container)] == [None]
    assert held(container) == []
    assert container.live_rows().merge("local", "orders") == 2
    assert held(container) == [("A1", "62.00"), ("A2", "62.00")]


async def test_merge_is_skipped_while_another_runs(client: Client, container: Container) -> None:
    await post(client, container, lines("A1"))
    lock = container.live_rows().folder / "local" / "orders" / LOCK
    with try_lock(lock) as locked:
        assert locked
        assert container.live_rows().merge("local", "orders") == 0
    assert container.live_rows().merge("local", "orders") == 1


async def test_rows_before_first_workspace_belong_to_it(
    client: Client, container: Container
) -> None:
    await post(client, container, lines("A1"))
    with container.database.begin() as session:
        Workspace.ensure(session, "T1", now())
    container.live_rows().merge("local", "orders")
    assert held(container, "T1") == [("A1", "62.00")]


async def test_chunked_body_without_length_is_accepted(
    client: Client, container: Container
) -> None:
    """In pieces, without a length."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    body, stamp = lines("A1"), str(int(time.time()))
    signed = sign_request(
        derive_live_key(container.row_store.key(), None), SignedRequest(stamp, "orders", "", body)
    )
    headers = {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: signed}
    payload = aiohttp.payload.AsyncIterablePayload(pieces())
    async with client.post("/library/orders", data=payload, headers=headers) as answer:
        assert answer.status == 200
