"""Two workspaces of one home do not export or receive each other's data."""

import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import Container
from bot.audiences.exporter import AudienceExporter
from bot.cli.import_ import FileImporter
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.audience_rule import AudienceRule
from bot.data.ingest.live.endpoint import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WORKSPACE_HEADER,
    SignedRequest,
    add_library_route,
    derive_live_key,
    sign_request,
)
from bot.db.workspace import Workspace
from bot.errors import CannotDo

BOTH = ("T1", "T2")
NAMES = {"T1": "alba", "T2": "bruma"}
PEOPLE = 30
Client = TestClient[web.Request, web.Application]


def files(folder: Path, one: str) -> list[Path]:
    """Orders and consents of the same customer numbers, each with addresses of its own."""
    ids = [f"c{n}" for n in range(PEOPLE)]
    orders = [f"{one}-{who},2026-11-02,{who},MUG,12.00,EUR" for who in ids]
    consents = [f"{who},{who}@{NAMES[one]}.example,yes,FR" for who in ids]
    texts = {
        "orders.csv": ["order,date,customer_id,product,total,currency", *orders],
        "customers.csv": ["customer_id,email,email_consent,country", *consents],
    }
    found = []
    for name, rows in texts.items():
        path = folder / one / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(rows) + "\n")
        found.append(path)
    return found


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    for one in BOTH:
        with container.database.begin() as session:
            Workspace.ensure(session, one, now())
        importing = FileImporter(container, one)
        with importing.folder() as folder:
            seen, left = importing.inspect(files(tmp_path, one), Path(folder))
            assert not left
            assert [importing.load(table.part, table.found) for table in seen] == [0, 0]
    yield container
    container.database.close()


@pytest.fixture
async def client(container: Container) -> AsyncIterator[Client]:
    site = web.Application()
    add_library_route(site, container.live_rows())
    async with TestClient(TestServer(site)) as found:
        yield found


async def post(client: Client, container: Container, one: str, order: str, *, key_of: str) -> int:
    """One order for a workspace, signed with the key of the same or of the other."""
    body = json.dumps({"order": order, "at": "2026-11-24T10:05:00", "amount": "62.00"}).encode()
    stamp = f"{time.time():.6f}"
    signed = sign_request(
        derive_live_key(container.row_store.key(), key_of),
        SignedRequest(stamp, "orders", one, body),
    )
    told = {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: signed, WORKSPACE_HEADER: one}
    async with client.post("/library/orders", data=io.BytesIO(body), headers=told) as answer:
        return answer.status


def orders_of(container: Container, one: str) -> set[Any]:
    container.live_rows().merge(one, "orders")
    shelf = container.row_store.open(one)
    return {
        row["order"] for row in shelf.engine.to_pyarrow(shelf.engine.table("orders")).to_pylist()
    }


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.sample(2)
def test_exported_audience_contains_own_customers_only(container: Container, one: str) -> None:
    made = AudienceExporter(container).export(one, AudienceRule(purpose="email"), "plain")
    assert made.people == PEOPLE
    assert made.content.decode().count(f"@{NAMES[one]}.example") == PEOPLE
    assert NAMES["T2" if one == "T1" else "T1"] not in made.content.decode()


def test_audience_without_addresses_uses_no_other_addresses(container: Container) -> None:
    (consents,) = container.row_store.sources("T1")["consents"]
    container.row_store.forget("T1", "consents", consents)
    with pytest.raises(CannotDo):
        AudienceExporter(container).export("T1", AudienceRule(purpose="email"), "plain")
    assert (
        AudienceExporter(container).export("T2", AudienceRule(purpose="email"), "plain").people
        == PEOPLE
    )


async def test_http_rows_reach_their_own_workspace(client: Client, container: Container) -> None:
    assert await post(client, container, "T1", "LIVE", key_of="T1") == 200
    assert "LIVE" in orders_of(container, "T1")
    assert "LIVE" not in orders_of(container, "T2")
    for one, other in (BOTH, BOTH[::-1]):
        assert await post(client, container, one, "FORGED", key_of=other) in (401, 403)
        assert "FORGED" not in orders_of(container, one)
        assert "FORGED" not in orders_of(container, other)
