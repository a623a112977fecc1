"""Fixtures: a local Slack, an unmodified Slack client, a recording app and a Bolt app."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack

SECRET = "s"


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(signing_secret=SECRET) as one:
        one.transport.retry_delays = ()
        yield one


@pytest.fixture
async def client(slack: LocalSlack) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            slack.bot_token, base_url=slack.url, session=session, retry_handlers=[]
        )


@dataclass
class RecordingApp:
    """An HTTP app that records the requests it gets and answers with `reply(body)`."""

    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    reply: Callable[[str], web.Response] = lambda body: web.Response()
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append((dict(request.headers), body))
        return self.reply(body)


@pytest.fixture
async def recording_app(slack: LocalSlack) -> AsyncIterator[RecordingApp]:
    one = RecordingApp()
    app = web.Application()
    app.router.add_post("/slack/events", one.handle)
    async with serve_app(app) as base:
        slack.transport.events_url = one.url = f"{base}/slack/events"
        yield one
        await slack.transport.close()


class serve_app:  # noqa: N801  (used like a function)
    """Serves an aiohttp application on a free port within an async context."""

    def __init__(self, app: web.Application) -> None:
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> str:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


@pytest.fixture
async def bolt(slack: LocalSlack, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app like the intern's; connect it with the fixture `over_http`."""
    return AsyncApp(
        name="super-intern",  # without a name, Bolt reads the source files of all callers
        client=client,
        signing_secret=SECRET,
        process_before_response=True,
        request_verification_enabled=True,
    )


@pytest.fixture
async def over_http(slack: LocalSlack, bolt: AsyncApp) -> AsyncIterator[AsyncApp]:
    server = bolt.server(port=0, path="/slack/events")
    async with serve_app(server.web_app) as base:
        slack.transport.events_url = f"{base}/slack/events"
        yield bolt
        await slack.wait_for_deliveries()


def section(text: str = "hello") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str, **more: Any) -> dict[str, Any]:
    words = {"type": "plain_text", "text": "Press"}
    return {"type": "button", "action_id": action_id, "text": words, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Edit"}
    return {"type": "modal", "callback_id": "edit", "title": title, "blocks": list(blocks), **more}


def field_of(block_id: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": "Copy"},
        "element": {"type": "plain_text_input", "action_id": "words"} | more,
    }


SUBMIT = {"type": "plain_text", "text": "Save"}
