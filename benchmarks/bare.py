"""A bare AsyncApp with process_before_response that only acknowledges: the anchor."""

import sys

from slack_bolt.async_app import AsyncAck, AsyncApp

from benchmarks.signed import SECRET


def main(port: int) -> None:
    from slack_bolt.authorization import AuthorizeResult

    async def known(**_: object) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T0SHOP", bot_token="xoxb-1", bot_id="B1", bot_user_id="U1"
        )

    app = AsyncApp(signing_secret=SECRET, authorize=known, process_before_response=True)

    @app.command("/draft")
    async def draft(ack: AsyncAck) -> None:
        await ack()

    app.start(port=port, path="/slack/events")


if __name__ == "__main__":
    main(int(sys.argv[1]))
