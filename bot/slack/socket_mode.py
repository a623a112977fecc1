"""Socket Mode: the same app behind a firewall, over a connection that the app opens."""

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.services import SlackServices


class SocketModeConnection:
    """One connection; it reconnects by itself."""

    def __init__(self, app: AsyncApp, base_url: str, app_token: str) -> None:
        client = AsyncWebClient(base_url=base_url)
        self._handler = AsyncSocketModeHandler(app, app_token, web_client=client)

    async def connect_async(self) -> None:
        await self._handler.connect_async()  # type: ignore[no-untyped-call]

    async def close_async(self) -> None:
        await self._handler.close_async()  # type: ignore[no-untyped-call]


def make_socket_mode(
    app: AsyncApp, services: SlackServices, app_token: str
) -> SocketModeConnection:
    """Build the connection without connecting. Call it inside the running event loop."""
    return SocketModeConnection(app, services.client.base_url, app_token)
