"""Tests of the page's server."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from bot.db.session import Database
from bot.playground.local_slack import LocalSlack
from bot.playground.page import add_page
from bot.playground.page.intern_records import count_outcomes, count_posts, list_task_cards
from bot.playground.page.server import BUNDLE
from bot.playground.slack_objects import TEAM_ID, SlackMessage
from bot.tasks.models import NewTask, Task

SINGLE = (
    *("index.html", "package.json", "package-lock.json"),
    *("sources.mjs", "tsconfig.json", "vite.config.ts"),
)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    slack = LocalSlack(signing_secret="s")
    slack.transport.retry_delays = ()
    add_page(slack, child=None, home=None, database_url=None)
    async with slack:
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def address(slack: LocalSlack, path: str = "/") -> str:
    return f"http://127.0.0.1:{slack.port}{path}"


class Tab:
    """An open page that acts like the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._news: list[dict[str, Any]] = []

    async def until(self, kind: str) -> dict[str, Any]:
        while True:
            while self._news:
                news = self._news.pop(0)
                if news["type"] == kind:
                    return news
            self._news = await self.socket.receive_json(timeout=3)

    async def do(self, deed: str, **more: Any) -> dict[str, Any]:
        await self.socket.send_json({"do": deed, "id": 1, **more})
        return await self.until("done")


async def tab(slack: LocalSlack, session: aiohttp.ClientSession, person: str = "UMARIE") -> Tab:
    return Tab(await session.ws_connect(address(slack, f"/page/live?as={person}")))


async def test_page_has_strict_content_security_policy(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    async with session.get(address(slack)) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "http" not in (await answer.text()).replace("http-equiv", "")
    for name in ("page.js", "page.css"):
        async with session.get(address(slack, f"/page/{name}")) as answer:
            assert answer.status == 200


async def test_request_from_other_site_is_refused(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        async with session.get(address(slack, "/page/live"), headers=headers) as answer:
            assert answer.status == 403
    async with session.get(address(slack, "/page/..%2Fsite.py")) as answer:
        assert answer.status == 404


async def test_message_is_sent_to_second_tab(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    marie, max_ = await tab(slack, session), await tab(slack, session, "UMAX")
    assert (await marie.until("everything"))["me"] == "UMARIE"
    assert (await max_.until("everything"))["me"] == "UMAX"
    said = await marie.do("say", channel="C0MARKET", text="Hello @Max <b> in #random")
    assert said["error"] is None
    message = (await max_.until("message"))["message"]
    assert message["text"] == "Hello <@UMAX> &lt;b&gt; in <#C0SECRET|random>"


async def test_ephemeral_message_is_sent_to_one_person_only(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    marie, max_ = await tab(slack, session), await tab(slack, session, "UMAX")
    await marie.do("command", channel="C0MARKET", command="/nothing", text="")
    await marie.do("say", channel="C0MARKET", text="after")
    message = (await max_.until("message"))["message"]
    assert message["text"] == "after"
    assert [one.text for one in slack.ephemerals("UMARIE", "C0MARKET")] == [
        "/nothing is not a valid command."
    ]


async def test_changed_switch_is_sent_to_every_tab(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    marie, max_ = await tab(slack, session), await tab(slack, session, "UMAX")
    await max_.until("everything")
    await marie.do("switch", name="twice", on=True)
    assert (await max_.until("switches"))["switches"]["twice"]
    assert slack.faults.deliver_twice_without_headers
    assert (await marie.do("switch", name="kill", on=True))["error"]


async def test_impossible_action_returns_error(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    page = await tab(slack, session)
    for deed in ("fly", "say", "click", "_record_ack"):
        assert (await page.do(deed))["error"]


async def test_side_panel_shows_events(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    page = await tab(slack, session)
    await page.do("watch", on=True, language="en")
    await page.do("say", channel="C0MARKET", text="@Super-Intern hello")
    while not (behind := (await page.until("behind"))["behind"])["events"]:
        pass
    assert {one["name"] for one in behind["events"]} == {"message", "app_mention"}
    assert behind["tasks"] == []
    assert behind["journal"] is None


async def test_shared_html_file_is_downloaded_not_displayed(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    file = slack.upload("UMARIE", "evil.html", b"<script>1</script>")
    async with session.get(address(slack, f"/page/file/{file.id}")) as answer:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_bundle_matches_its_sources() -> None:
    """Compare with the checksum that web/sources.mjs wrote when it built the bundle; no Node."""
    web = BUNDLE.parent / "web"
    folders = [path for name in ("src", "public") for path in (web / name).rglob("*")]
    found = [web / name for name in SINGLE] + [path for path in folders if path.is_file()]
    by_path = {path.relative_to(web).as_posix(): path for path in found}
    lines = [
        f"{sha256(by_path[path].read_bytes()).hexdigest()}  {path}\n" for path in sorted(by_path)
    ]
    told = (BUNDLE / "sources.txt").read_text().strip()
    assert told == sha256("".join(lines).encode()).hexdigest(), "run `make web` and commit it"


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=5)


def put_up(slack: LocalSlack, post: str, times: int = 1) -> list[SlackMessage]:
    told = {"event_type": "super_intern_post", "event_payload": {"post": post}}
    place = slack.places["C0MARKET"]
    cards = [slack.build_bot_message(place.id, "a card", metadata=told) for _ in range(times)]
    return [slack.publish_message(place, card) for card in cards]


async def test_duplicate_posts_are_counted_by_post_id(slack: LocalSlack) -> None:
    put_up(slack, "1.0:card")
    put_up(slack, "2.0:card", times=3)
    _, second = put_up(slack, "3.0:card", times=2)
    slack.delete_message(second)
    await slack.post_message("UMARIE", "C0MARKET", "no card")
    tasks = [(f"{n}.0:card", "done", LONG_AGO) for n in (1, 2, 3)]
    told = count_outcomes(tasks, count_posts(slack), NOW)
    assert told == {"asked": 3, "ended": 3, "open": 0, "lost": 0, "doubled": 1}


async def test_accepted_task_without_card_counts_as_lost(slack: LocalSlack) -> None:
    (gone,) = put_up(slack, "1.0:card")
    slack.delete_message(gone)
    tasks = [
        ("1.0:card", "done", LONG_AGO),
        ("2.0:card", "failed", LONG_AGO),
        ("3.0:card", "done", NOW),  # its card may still be on its way
        ("4.0:card", "working", LONG_AGO),
    ]
    told = count_outcomes(tasks, count_posts(slack), NOW)
    assert told == {"asked": 4, "ended": 0, "open": 2, "lost": 2, "doubled": 0}


def test_only_tasks_of_own_workspace_are_counted(sqlite: Database) -> None:
    with sqlite.begin() as session:
        for number in range(12):
            wish = NewTask(id=f"t{number}", workspace=TEAM_ID, author="UMARIE", words="an e-mail")
            Task.accept(session, lambda *_: None, wish, NOW)
        other = NewTask(id="other", workspace="T0OTHER", author="UMARIE", words="an e-mail")
        Task.accept(session, lambda *_: None, other, NOW)
    with sqlite.begin() as session:
        tasks = list_task_cards(session, TEAM_ID)
    assert count_outcomes(tasks, Counter(), NOW)["asked"] == 12
    assert {card for card, _, _ in tasks} == {f"t{number}.0:card" for number in range(12)}
