"""The log names events and never contains what people wrote."""

import asyncio
from pathlib import Path

import pytest

from bot.playground.local_slack import LocalSlack
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, buttons
from tests.support.processes import Intern
from tests.support.slack_actions import run_shortcut
from tests.support.socket_mode import SocketSlack
from tests.support.waiting import wait_until

POLICY = '[approval]\napprovers = ["UMAX"]\n'
ROWS = (
    b"order_id,date,product,quantity,price,email\n"
    b"O1,2026-11-20,Zanzibar,1,5.00,zelda@secret.example\n"
)


async def until_card(slack: LocalSlack, button: str) -> None:
    def up() -> bool:
        return any(button in buttons(one) for one in slack.transcript(MARKETING))

    await wait_until(slack, up, 120)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("socket", [False, True])
@pytest.mark.sample(2)
async def test_debug_log_contains_no_text_of_people(tmp_path: Path, socket: bool) -> None:
    """A real process at level DEBUG, over HTTP and in Socket Mode."""
    (tmp_path / "policy.toml").write_text(POLICY)
    slack_class = SocketSlack if socket else LocalSlack
    async with slack_class(signing_secret="hushhush") as slack:
        token = slack.app_token if isinstance(slack, SocketSlack) else ""
        more = {"SLACK_APP_TOKEN": token} if token else {}
        intern = Intern(slack, tmp_path, SUPER_INTERN_LOG="DEBUG", **more)
        await intern.start()
        try:
            if isinstance(slack, SocketSlack):
                await wait_until(slack, lambda: slack.sockets.connections)
            else:
                slack.transport.events_url = intern.url
            await everything(slack)
        finally:
            await intern.end()
        log = intern.log()
        assert "ready" in log
        assert "DEBUG" in log
        secrets = (slack.bot_token, *filter(None, [token]), slack.signing_secret)
        words = ("zanzibar", "zelda", "secret.example", "xylophone", "can't approve", "quokka")
        found = [one for one in (*secrets, *words) if one.lower() in log.lower()]
        assert not found, [line for line in log.splitlines() if found[0].lower() in line.lower()][
            :3
        ]


async def everything(slack: LocalSlack) -> None:
    """Text in each kind of request, each kind of response, and an unsigned request."""
    await slack.command(MARIE, MARKETING, "/draft", "e-mail: 20 % off our Zanzibar shirt")
    await until_card(slack, "edit")
    (card,) = [one for one in slack.transcript(MARKETING) if "edit" in buttons(one)]
    await slack.click(OTTO, MARKETING, card.ts, "send_back")  # refused, in words
    await slack.click(MARIE, MARKETING, card.ts, "edit")
    view = slack.open_views(MARIE)[-1]
    block = next(one for one in view.blocks if one["type"] == "input")
    told = {block["block_id"]: {block["element"]["action_id"]: "Xylophone " * 90}}
    await slack.submit(MARIE, view.id, told)  # too long: the form says so
    said = await slack.post_message(MARIE, MARKETING, "<@UINTERN> SMS: the quokka jumper")
    await slack.edit(MARIE, MARKETING, said.ts, "<@UINTERN> SMS: the quokka pullover")
    await slack.post_message(
        MAX, MARKETING, "<@UINTERN> our orders", None, [("zanzibar.csv", ROWS)]
    )
    await until_card(slack, "take_in")
    await run_shortcut(slack, MARIE, "quokka")  # nobody takes it
    if slack.transport.events_url:
        slack.transport._secret = b"another"
        await slack.command(MARIE, MARKETING, "/draft", "a Zanzibar shirt")
    await asyncio.sleep(0.5)
