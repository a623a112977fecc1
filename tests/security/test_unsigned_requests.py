"""A request that Slack did not sign does nothing at all, however it is malformed."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.live.endpoint import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WORKSPACE_HEADER,
    SignedRequest,
    add_library_route,
    derive_live_key,
)
from bot.data.ingest.live.endpoint import sign_request as live_signature
from bot.db.base import Row
from bot.db.session import Database
from bot.slack.app import make_app
from bot.slack.http import RequestSignature, make_web_app, sign_body
from bot.slack.users import UserDirectory
from bot.web import server as web_module
from bot.web.server import start_server
from tests.slack.bench import MARIE, MARKETING, SECRET, TEAM, Bench, bench_of

MARK = "zebrafinch"  # stands in every body, and must stand in no log
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
Pairs = list[tuple[str, str | bytes]]
Payload = tuple[bytes, str, dict[str, str]]  # the body, its type, headers beside the signature


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


def form(**fields: Any) -> bytes:
    return urlencode(fields).encode()


def interaction(kind: str, **more: Any) -> bytes:
    common = {"type": kind, "team": {"id": TEAM}, "user": {"id": MARIE}, "trigger_id": "1.2.3"}
    return form(payload=json.dumps(common | {"api_app_id": "A", "token": MARK} | more))


def event(**more: Any) -> bytes:
    said = {"type": "message", "channel_type": "im", "channel": "D1", "user": MARIE, "ts": "1.2"}
    whole = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": said | more}
    return json.dumps(whole).encode()


PAYLOADS: dict[str, Payload] = {
    "event": (event(text=MARK), JSON, {}),
    "last retry of an event": (
        event(text=MARK),
        JSON,
        {"X-Slack-Retry-Num": "3", "X-Slack-Retry-Reason": "http_error"},
    ),
    "command": (
        form(
            command="/draft",
            text=f"e-mail: {MARK}",
            team_id=TEAM,
            channel_id=MARKETING,
            user_id=MARIE,
            trigger_id="1.2.3",
            api_app_id="A",
        ),
        FORM,
        {},
    ),
    "block_actions": (
        interaction(
            "block_actions",
            channel={"id": MARKETING},
            container={"type": "message", "message_ts": "1.2", "channel_id": MARKETING},
            actions=[{"action_id": "approve", "block_id": "b", "type": "button"}],
        ),
        FORM,
        {},
    ),
    "view_submission": (
        interaction(
            "view_submission",
            view={
                "id": "V1",
                "type": "modal",
                "callback_id": "brief_form",
                "private_metadata": "",
                "blocks": [{"type": "input", "block_id": "words", "element": {}}],
                "state": {"values": {"words": {"words": {"value": MARK}}}},
            },
        ),
        FORM,
        {},
    ),
    "url_verification": (
        json.dumps({"type": "url_verification", "token": "x", "challenge": MARK}).encode(),
        JSON,
        {},
    ),
    "ssl_check": (form(ssl_check="1", token=MARK), FORM, {}),
}

# Each changes the stamp and the digest of a request that would else be Slack's.
Change = Callable[[str, str], Pairs]


def stamped(stamp: str | bytes) -> Change:
    return lambda _, digest: pairs(stamp, digest)


def digested(change: Callable[[str], str | bytes]) -> Change:
    return lambda stamp, digest: pairs(stamp, change(digest))


def pairs(stamp: str | bytes, digest: str | bytes) -> Pairs:
    return [("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", digest)]


ODD_STAMPS = (
    *("", "abc", "0", "-1", "1e9", "1e999", "inf", "nan", "NaN", "0x6a000000", "1_700_000_000"),
    *(
        "१७०००००००००",
        "²²²²²²²²²²",
        "１７０００００００0",
        "9" * 10,
        "9" * 400,
        "9" * 5000,
        "0" * 10,
    ),
    *("1700000000.0", "+1700000000", "1700000000 ", "1700000000,1700000000", "null", "[]", "é"),
)
CHANGES: dict[str, Change] = {
    "no headers": lambda _, __: [],
    "no stamp": lambda _, digest: pairs("", digest)[1:],
    "no digest": lambda stamp, _: pairs(stamp, "")[:1],
    "two stamps": lambda stamp, digest: [*pairs(stamp, digest), pairs(stamp, "")[0]],
    "two stamps, one odd": lambda stamp, digest: [pairs("abc", "")[0], *pairs(stamp, digest)],
    "two digests": lambda stamp, digest: [*pairs(stamp, digest), pairs("", digest)[1]],
    "old": lambda stamp, _: resigned(int(stamp) - 301),
    "early": lambda stamp, _: resigned(int(stamp) + 301),
    "bytes no text": lambda stamp, _: pairs(stamp, b"v0=\xff\xfe\x80"),
    "stamp no text": lambda _, digest: pairs(b"17\xff\xfe000000", digest),
    "wrong digest": digested(lambda _: "v0=" + "0" * 64),
    "another version": digested(lambda digest: "v1" + digest[2:]),
    "no version": digested(lambda digest: digest[3:]),
    "capitals": digested(lambda digest: digest.upper()),
    "cut": digested(lambda digest: digest[:-1]),
    "longer": digested(lambda digest: digest + "0"),
    "two in one": digested(lambda digest: f"{digest}, {digest}"),
    "not ASCII": digested(lambda digest: digest[:-1] + "é"),
    "digits of elsewhere": digested(lambda digest: digest[:-1] + "٣"),
    "signed with nothing": lambda stamp, _: resigned(int(stamp), secret=""),
    **{f"stamp {one[:12]!r} {len(one)}": stamped(one.encode()) for one in ODD_STAMPS},
}
BODY: list[bytes] = [b""]  # what `resigned` signs: the request's own body


def resigned(stamp: int, secret: str = SECRET) -> Pairs:
    """The right digest with this timestamp, or with another secret."""
    key = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + BODY[0], hashlib.sha256)
    return pairs(str(stamp), "v0=" + key.hexdigest())


def random_changes(seed: int, count: int) -> Iterator[Change]:
    """Random values in both headers, drawn from unusual ones."""
    rng = random.Random(seed)
    pieces = ("v0=", "v1=", "0", "9", "a", "F", "é", "٣", " ", ",", "=", "\t", "1700000000", "\xff")

    def odd() -> bytes:
        return "".join(rng.choices(pieces, k=rng.choice((0, 1, 3, 10, 67)))).encode().strip()

    for _ in range(count):
        stamp, digest = odd(), odd()
        yield lambda now, _, s=stamp, d=digest: pairs(rng.choice((s, now)), d)  # type: ignore[misc]


def signed_now(body: bytes) -> tuple[str, str]:
    stamp = str(int(time.time()))
    return stamp, sign_body(SECRET, stamp, body)


def rows(database: Database) -> dict[str, int]:
    """The number of rows in each table."""

    def count(session: Session) -> dict[str, int]:
        tables = Row.metadata.sorted_tables
        return {
            one.name: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables
        }

    with database.begin() as session:
        return count(session)


async def raw(port: int, head: Pairs, body: bytes, path: str = "/slack/events") -> bytes:
    """Send one request byte for byte, since no client sends some of these; return the whole
    response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: x", b"Connection: close"]
    for name, value in head:
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    writer.write(b"\r\n".join([*lines, b"", b""]) + body)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def port_of(bench: Bench) -> int:
    return int(str(bench.slack.transport.events_url).split(":")[2].split("/")[0])


async def sent(bench: Bench, payload: Payload, headers: Pairs) -> bytes:
    body, kind, more = payload
    head: Pairs = [*more.items(), ("Content-Type", kind), ("Content-Length", str(len(body)))]
    return await raw(port_of(bench), [*headers, *head], body)


@pytest.mark.parametrize("name", PAYLOADS)
async def test_malformed_signatures_do_nothing(
    bench: Bench, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    payload = PAYLOADS[name]
    before = rows(bench.database)
    changes = [*CHANGES.values(), *random_changes(len(name), 40)]
    for number, change in enumerate(changes):
        BODY[0] = payload[0]
        answer = await sent(bench, payload, change(*signed_now(payload[0])))
        assert status_of(answer) in (400, 401), (number, answer)  # 400: it was no HTTP
        assert MARK.encode() not in answer
        assert b"Traceback" not in answer
    await bench.settled()
    assert rows(bench.database) == before
    assert not bench.jobs
    assert not bench.slack.calls
    for record in caplog.records:
        assert MARK not in record.getMessage()
        assert record.exc_info is None, record
        assert record.levelno < logging.ERROR, record


@pytest.mark.parametrize("name", PAYLOADS)
async def test_same_request_with_a_signature_passes(bench: Bench, name: str) -> None:
    payload = PAYLOADS[name]
    answer = await sent(bench, payload, pairs(*signed_now(payload[0])))
    assert status_of(answer) == 200, answer
    if name in ("command", "view_submission"):
        assert len(bench.tasks) == 1


async def test_signature_covers_the_body(bench: Bench) -> None:
    before = rows(bench.database)
    for name, (body, kind, more) in PAYLOADS.items():
        headers = pairs(*signed_now(body))
        for other in (
            body + b"&x=1",
            body + b" ",
            body[:-1],
            b"",
            b"{" + body,
            b"\xef\xbb\xbf" + body,
        ):
            assert status_of(await sent(bench, (other, kind, more), headers)) == 401, name
    await bench.settled()
    assert rows(bench.database) == before
    assert not bench.slack.calls


BOMB = 100_000
ODD_BODIES: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "a list": (b"[1]", JSON, {}),
    "a number": (b"7", JSON, {}),
    "null": (b"null", JSON, {}),
    "a text": (b'"event"', JSON, {}),
    "nothing": (b"", JSON, {}),
    "half": (b'{"type": "event_callback"', JSON, {}),
    "not a number": (b'{"a": NaN}', JSON, {}),
    "a long number": (b'{"a": ' + b"9" * 10_000 + b"}", JSON, {}),
    "nested objects": (b'{"a":' * BOMB + b"1" + b"}" * BOMB, JSON, {}),
    "nested lists": (b'{"a":' + b"[" * BOMB + b"]" * BOMB + b"}", JSON, {}),
    "nested in a form": (b"payload=" + b"[" * BOMB, FORM, {}),
    "a list in a form": (form(payload="[1]"), FORM, {}),
    "null in a form": (form(payload="null"), FORM, {}),
    "an empty payload": (form(payload=""), FORM, {}),
    "an empty form": (b"", FORM, {}),
    "many fields": (b"&".join(b"a%d=1" % n for n in range(100_000)), FORM, {}),
    "no text": (b"\xff\xfe{}", JSON, {}),
    "UTF-16": ('{"type":"event_callback"}'.encode("utf-16"), JSON + "; charset=utf-16", {}),
    "an unknown type": (b"x", "text/plain", {}),
    "several parts": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", {}),
    "said to be packed": (b"\x1f\x8b\x08\x00", JSON, {"Content-Encoding": "gzip"}),
    "fields of other kinds": (
        json.dumps(
            {
                "type": [],
                "team": 7,
                "user": "x",
                "event": 3,
                "authorizations": 5,
                "enterprise": 9,
                "view": [],
                "channel": 4,
            }
        ).encode(),
        JSON,
        {},
    ),
}


@pytest.mark.parametrize("name", ODD_BODIES)
async def test_signed_unusable_body_is_a_bad_request(
    bench: Bench, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    payload = ODD_BODIES[name]
    assert status_of(await sent(bench, payload, pairs(*signed_now(payload[0])))) == 400
    assert status_of(await sent(bench, payload, [])) == 401
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]


@pytest.mark.parametrize("seed", range(3))
async def test_signed_malformed_payload_leaves_no_traceback(
    bench: Bench, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack's own payloads with values of other types: a response, and no traceback."""
    rng = random.Random(seed)
    odd: tuple[Any, ...] = (None, 0, "", "x", [], {}, [1], {"id": 7}, True, -1)
    for _ in range(40):
        for body, kind, more in PAYLOADS.values():
            if kind != JSON:
                continue
            found = json.loads(body)
            target = rng.choice([found, found.get("event") or found])
            target[rng.choice(list(target))] = rng.choice(odd)
            changed = json.dumps(found).encode()
            answer = await sent(bench, (changed, kind, more), pairs(*signed_now(changed)))
            assert status_of(answer) in (200, 400, 404, 500)
            assert b"Traceback" not in answer
    await bench.settled()
    assert not [one for one in caplog.records if one.exc_info]
    assert MARK not in caplog.text


async def test_command_may_contain_the_word_payload(bench: Bench) -> None:
    """Bolt takes a form that contains "payload" anywhere for an interaction, and loses its
    fields."""
    assert (
        await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: the payload of a linen bag")
    ).ok
    assert [task.words for task in bench.tasks] == ["e-mail: the payload of a linen bag"]


async def test_bolts_own_headers_are_ignored(bench: Bench) -> None:
    body, kind, _ = PAYLOADS["command"]
    tricks = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "command"}
    assert status_of(await sent(bench, (body, kind, tricks), pairs(*signed_now(body)))) == 200
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("secret", ["", " ", "\t\n"])
async def test_everything_is_refused_without_a_secret(bench: Bench, secret: str) -> None:
    app, _ = make_app(bench.services, UserDirectory(bench.services.client), secret)

    async def well() -> dict[str, Any]:
        return {"ok": True}

    async with start_server(make_web_app(app, well, secret), "127.0.0.1", 0) as port:
        for body, kind, _ in PAYLOADS.values():
            stamp = str(int(time.time()))
            head = [
                *pairs(stamp, sign_body(secret, stamp, body)),
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
            ]
            assert status_of(await raw(port, head, body)) == 401
    assert not bench.tasks
    assert not bench.slack.calls


async def test_error_handler_acts_only_on_verified_requests(bench: Bench) -> None:
    """Even when another component passes Bolt a request: its verifier raises, and nothing
    happens."""
    app, _ = make_app(bench.services, UserDirectory(bench.services.client), SECRET)
    before = rows(bench.database)
    for body, kind, _ in PAYLOADS.values():
        headers = {
            "content-type": kind,
            "x-slack-request-timestamp": "abc",
            "x-slack-signature": "é",
        }
        asked = AsyncBoltRequest(body=body.decode(), headers=headers)  # type: ignore[arg-type]
        answer = await app.async_dispatch(asked)
        if b"ssl_check" not in body:
            assert answer.status == 401
    await bench.settled()
    assert rows(bench.database) == before
    assert not bench.slack.calls


def test_signature_is_read_only_in_slacks_format() -> None:
    stamp, digest = "1700000000", "v0=" + "a" * 64
    assert RequestSignature.read([stamp], [digest])
    for odd in (stamp + "\n", "\n" + stamp, stamp + "\x00", stamp[:-1] + "٣", " " + stamp):
        assert RequestSignature.read([odd], [digest]) is None
    for odd in (digest + "\n", digest + "\x00", digest.upper(), "", digest[:-1] + "g"):
        assert RequestSignature.read([stamp], [odd]) is None


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /slack/ev",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Sl",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"POST /library/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ],
)
@pytest.mark.parametrize("claims", [False, True])
async def test_slow_requests_are_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes, claims: bool
) -> None:
    """A client that sends slowly is disconnected although its bytes still arrive."""
    monkeypatch.setattr(web_module, "READ_SECONDS", 0.4)
    monkeypatch.setattr(web_module, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(web_module.ConnectionGuard.watch, "__defaults__", (0.4,))
    if claims:  # signed by the looks of it, so that the body is read
        claim = f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}"
        begun = begun.replace(b"Host: x", b"Host: x\r\n" + claim.encode())
    async with bench_of(tmp_path) as bench:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(bench))
        writer.write(begun)
        async with asyncio.timeout(15):
            while True:
                with contextlib.suppress(TimeoutError, ConnectionError):
                    if not await asyncio.wait_for(reader.read(1000), 0.1):
                        break
                with contextlib.suppress(ConnectionError):
                    writer.write(b"0" if b"chunked" not in begun else b"")
                if writer.is_closing():
                    break
        writer.close()


async def test_slack_is_served_during_a_flood(bench: Bench) -> None:
    """500 unsigned requests at once, most of them with bodies that never end."""
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n"
    stamp = f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}\r\n"
    begun = head + stamp.encode() + b"\r\n" + b"x" * 50_000
    writers = []
    try:
        for _ in range(250):
            _, writer = await asyncio.open_connection("127.0.0.1", port_of(bench))
            writer.write(begun)
            writers.append(writer)
        body, kind, _ = PAYLOADS["command"]
        flood = asyncio.gather(*(sent(bench, (body, kind, {}), []) for _ in range(250)))
        answers = [
            await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: linen") for _ in range(5)
        ]
        assert {status_of(one) for one in await flood} == {401}
        assert all(answer.ok for answer in answers)
        assert len(bench.tasks) == 5
    finally:
        for writer in writers:
            writer.close()


async def test_bodies_share_a_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """When much memory is in use, long bodies are refused and short ones are still read."""
    monkeypatch.setattr(web_module, "MAX_UNVERIFIED_BYTES", 100_000)
    monkeypatch.setattr(web_module, "SHORT_BODY_BYTES", 10_000)
    bodies = web_module.BodyReader()

    class Request:
        def __init__(self, *chunks: bytes) -> None:
            self.content_length, self.content, self.chunks = None, self, chunks

        async def iter_any(self) -> AsyncIterator[bytes]:
            for chunk in self.chunks:
                yield chunk
                await asyncio.sleep(0)

    async def read(*chunks: bytes) -> int:
        return len(await bodies.read(Request(*chunks)))  # type: ignore[arg-type]

    long = [b"x" * 30_000] * 3
    done = await asyncio.gather(
        *(read(*long) for _ in range(8)),
        *(read(b"x" * 5_000) for _ in range(8)),
        return_exceptions=True,
    )
    assert any(isinstance(one, web.HTTPServiceUnavailable) for one in done[:8])
    assert done[8:] == [5_000] * 8
    assert await read(*long) == 90_000  # everything was given back


async def test_responses_reveal_no_versions(tmp_path: Path) -> None:
    async def health() -> dict[str, Any]:
        return {"ok": False, "database": "OperationalError at /srv/secret"}

    async with bench_of(tmp_path, health=health) as bench, aiohttp.ClientSession() as session:
        for path in ("/health", "/slack/events", "/nothing"):
            async with session.get(f"http://127.0.0.1:{port_of(bench)}{path}") as answer:
                assert "aiohttp" not in str(answer.headers)
                assert "Python" not in str(answer.headers)
                assert "secret" not in await answer.text()
        async with session.get(f"http://127.0.0.1:{port_of(bench)}/health") as answer:
            assert (answer.status, await answer.json()) == (503, {"ok": False})


async def test_health_checks_run_one_at_a_time(tmp_path: Path) -> None:
    looks = 0

    async def health() -> dict[str, Any]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.3)
        return {"ok": True}

    async with bench_of(tmp_path, health=health) as bench, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port_of(bench)}/health"
        answers = await asyncio.gather(*(session.get(url) for _ in range(50)))
        assert {one.status for one in answers} == {200}
    assert looks < 10


# POST /library/KIND, with the same eye.

ROW = b'{"order": "zebrafinch", "at": "2026-11-24T10:05:00", "amount": "6", "currency": "EUR"}'


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    yield found
    found.database.close()


def live_pairs(container: Container, workspace: str = "") -> tuple[str, str]:
    stamp = f"{time.time():.6f}"
    key = derive_live_key(container.row_store.key(), workspace or None)
    return stamp, live_signature(key, SignedRequest(stamp, "orders", workspace, ROW))


async def test_malformed_live_rows_are_refused(
    container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_web_app(None, None, "")  # type: ignore[arg-type]
    add_library_route(site, container.live_rows())
    before = rows(container.database)
    odd_names = (b"\xff\xfe", b"T\xc2\xa0", b"../..", b"T0.SHOP", "é".encode(), b"T" * 500)
    async with start_server(site, "127.0.0.1", 0) as port:

        async def post(*head: tuple[str, str | bytes]) -> int:
            length = ("Content-Length", str(len(ROW)))
            return status_of(await raw(port, [*head, length], ROW, "/library/orders"))

        for stamp in (*ODD_STAMPS, "1700000000.", ".5", "1.1.1"):
            assert await post(
                (TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, live_pairs(container)[1])
            ) in (400, 401), stamp
        stamp, digest = live_pairs(container)
        for odd in (
            "",
            "v1=",
            "v0" + digest[2:],
            digest[:-1],
            digest + "0",
            digest.upper(),
            "é",
            digest[:-1] + "é",
            b"v1=\xff\xfe",
        ):
            assert await post((TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, odd)) in (400, 401), odd
        for name in odd_names:
            assert (
                await post(
                    (TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, digest), (WORKSPACE_HEADER, name)
                )
                == 401
            ), name
        assert (
            await post(
                (TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, digest), (SIGNATURE_HEADER, digest)
            )
            == 401
        )
        assert (
            await post(
                (TIMESTAMP_HEADER, stamp), (TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, digest)
            )
            == 401
        )
        twice = ((WORKSPACE_HEADER, "local"), (WORKSPACE_HEADER, "T1"))
        assert await post((TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, digest), *twice) == 401
        assert rows(container.database) == before
        assert not [one for one in caplog.records if one.exc_info or "zebrafinch" in one.msg]
        assert await post((TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, digest)) == 200
    assert rows(container.database) != before


async def test_invalid_http_leaves_nothing_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for junk in (
        b"\x16\x03\x01\x02zebrafinch",
        b"GET / HTTP/9.9\r\nzebrafinch\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nContent-Length: zebrafinch\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX: " + b"zebrafinch" * 2000 + b"\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\n" + b"X: zebrafinch\r\n" * 200 + b"\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzebra\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(bench))
        writer.write(junk)
        writer.write_eof()
        with contextlib.suppress(ConnectionError):
            answer = await reader.read()
            assert not answer or status_of(answer) in (400, 401), answer
        writer.close()
    await bench.settled()
    ours = [one for one in caplog.records if not one.name.startswith("asyncio")]
    assert not [one for one in ours if one.exc_info or "zebra" in one.getMessage()]


async def test_rows_are_counted_in_every_table(bench: Bench) -> None:
    """The count above would notice one: it covers every table of the database."""
    with bench.database.begin() as session:
        there = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    assert there - {"alembic_version", "sqlite_sequence"} <= set(rows(bench.database))
