"""Socket Mode: the same app behind a firewall, over a connection that we open."""

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.house import House


def make_socket(app: AsyncApp, house: House, app_token: str) -> AsyncSocketModeHandler:
    """`await connect_async()` to begin, `await close_async()` to end. Make it inside the loop."""
    client = AsyncWebClient(base_url=house.client.base_url)
    return AsyncSocketModeHandler(app, app_token, web_client=client)
