"""The page's server side …"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.play.page import add_page
from bot.play.slack import LocalSlack


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    slack = LocalSlack(signing_secret="s")
    slack.retry_delays = ()
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
    """One open page, as the browser would be."""

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


async def test_serves_the_page_under_a_strict_policy(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    async with session.get(address(slack)) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "http" not in (await answer.text()).replace("http-equiv", "")
    for name in ("page.js", "page.css"):
        async with session.get(address(slack, f"/page/{name}")) as answer:
            assert answer.status == 200


async def test_answers_no_other_site(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        async with session.get(address(slack, "/page/live"), headers=headers) as answer:
            assert answer.status == 403
    async with session.get(address(slack, "/page/..%2Fsite.py")) as answer:
        assert answer.status == 404


async def test_tells_a_second_window_what_was_said(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    marie, max_ = await tab(slack, session), await tab(slack, session, "UMAX")
    assert (await marie.until("everything"))["me"] == "UMARIE"
    assert (await max_.until("everything"))["me"] == "UMAX"
    said = await marie.do("say", channel="C0MARKET", text="Hello @Max <b> in #random")
    assert said["error"] is None
    message = (await max_.until("message"))["message"]
    assert message["text"] == "Hello <@UMAX> &lt;b&gt; in <#C0SECRET|random>"


async def test_shows_a_whisper_to_one_person_only(
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


async def test_flips_switches_for_every_window(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    marie, max_ = await tab(slack, session), await tab(slack, session, "UMAX")
    await max_.until("everything")
    await marie.do("switch", name="twice", on=True)
    assert (await max_.until("switches"))["switches"]["twice"]
    assert slack.mischief.deliver_twice_without_headers
    assert (await marie.do("switch", name="kill", on=True))["error"]


async def test_says_what_cannot_be_done(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    page = await tab(slack, session)
    for deed in ("fly", "say", "click", "_noted"):
        assert (await page.do(deed))["error"]


async def test_shows_events_behind_the_scenes(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    page = await tab(slack, session)
    await page.do("watch", on=True, language="en")
    await page.do("say", channel="C0MARKET", text="@Super-Intern hello")
    while not (behind := (await page.until("behind"))["behind"])["events"]:
        pass
    assert {one["name"] for one in behind["events"]} == {"message", "app_mention"}
    assert behind["tasks"] == []
    assert behind["journal"] is None


async def test_serves_shared_files_without_running_them(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    file = slack.upload("UMARIE", "evil.html", b"<script>1</script>")
    async with session.get(address(slack, f"/page/file/{file.id}")) as answer:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
