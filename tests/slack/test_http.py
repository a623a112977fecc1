"""The HTTP endpoint and Socket Mode, the Home tab, and the words of messages."""

import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.channels import load_channels
from bot.core.parts import Copy, Hook, Part
from bot.drafts.models import _replace_first_sentence, fit_opening, replace_opening
from bot.errors import CannotDo
from bot.slack.events.message_events import remove_mention
from bot.slack.threads import remove_markup
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, Bench, bench_of, text_of
from tests.support.slack_actions import request_disconnect
from tests.support.socket_mode import SocketSlack
from tests.support.waiting import wait_until


async def test_unsigned_request_is_refused(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="slack_bolt.RequestVerification")
    bench.slack.transport._secret = b"a wrong one"
    answer = await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: a secret product")
    assert answer.status == 401
    assert not bench.tasks
    assert "signed" in caplog.text
    assert "secret product" not in caplog.text.replace("+", " ")


async def test_url_verification_is_answered(bench: Bench) -> None:
    asked = json.dumps({"type": "url_verification", "token": "x", "challenge": "abc"})
    answer = await bench.slack.transport._post(asked, "application/json", {})
    assert (answer.status, answer.body) == (200, {"challenge": "abc"})


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"payload=%7B", b""])
async def test_malformed_requests_are_survived(bench: Bench, body: bytes) -> None:
    url = str(bench.slack.transport.events_url)
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer,
    ):
        assert answer.status in (400, 401)


async def test_health_route_reports_state(tmp_path: Path) -> None:
    well = True

    async def health() -> dict[str, Any]:
        return {"ok": well, "writer": "offline"}

    async with bench_of(tmp_path, health=health) as bench, aiohttp.ClientSession() as session:
        url = str(bench.slack.transport.events_url).replace("/slack/events", "/health")
        async with session.get(url) as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True})
        well = False
        async with session.get(url) as answer:
            assert answer.status == 503


async def test_start_makes_no_calls(bench: Bench, socket_bench: Bench) -> None:
    assert not bench.slack.calls
    assert [call.method for call in socket_bench.slack.calls] == ["apps.connections.open"]


async def test_home_tab_lists_undecided_drafts_and_own_tasks(any_bench: Bench) -> None:
    bench = any_bench
    await bench.drafted(words="e-mail: the linen shirt")
    await bench.slack.command(MARIE, MARKETING, "/draft", "just for me: e-mail: a surprise")
    await bench.run()
    for who in (MARIE, MAX, OTTO):
        await bench.slack.open_home(who)
    await bench.settled()
    mine, boss, other = (text_of(bench.slack.home(one).blocks) for one in (MARIE, MAX, OTTO))  # type: ignore[union-attr]
    assert "the linen shirt" in mine
    assert "a surprise" in mine
    assert "the linen shirt" in boss
    assert "a surprise" not in boss
    assert "the linen shirt" not in other


async def test_home_tab_shows_state_of_a_draft(bench: Bench) -> None:
    card = await bench.drafted(words="e-mail: the linen shirt")
    await bench.press(MAX, card, "approve")
    await bench.run()
    await bench.slack.open_home(MARIE)
    await bench.settled()
    seen = text_of(bench.slack.home(MARIE).blocks)  # type: ignore[union-attr]
    assert "the linen shirt · validé" in seen
    assert "rédigé" not in seen


async def test_brief_form_opens_from_home_tab(bench: Bench) -> None:
    await bench.slack.open_home(OTTO)
    await bench.settled()
    home = bench.slack.home(OTTO)
    assert home
    assert (await bench.slack.click(OTTO, action_id="brief_form", view_id=home.id)).ok
    form = bench.form(OTTO)
    assert (await bench.slack.submit(OTTO, form.id, {"words": {"words": "linen"}})).ok
    await bench.run()
    assert len(bench.in_dm(OTTO)) == 1


async def test_direct_message_shows_suggested_prompts(bench: Bench) -> None:
    await bench.slack.open_home(MAX, tab="messages")
    await bench.settled()
    prompts = [
        p
        for (place, _), p in bench.slack.prompts.items()
        if place == bench.slack.open_direct_message(MAX)
    ]
    assert len(prompts[0]) == 3
    bench.slack.faults.fail("assistant.threads.setSuggestedPrompts", "unknown_method")
    await bench.slack.open_home(MAX, tab="messages")
    await bench.settled()


async def test_broken_socket_reconnects(socket_bench: Bench) -> None:
    bench, slack = socket_bench, socket_bench.slack
    assert isinstance(slack, SocketSlack)
    (first,) = slack.sockets.connections
    await request_disconnect(slack)
    await wait_until(
        slack,
        lambda: (
            any(one is not first for one in slack.sockets.connections)
            and first not in slack.sockets.connections
        ),
    )
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: linen")).ok
    assert len(bench.tasks) == 1


async def test_opening_replaces_the_existing_one(bench: Bench) -> None:
    await bench.drafted()
    (draft,) = bench.drafts
    assert replace_opening(draft, "0") == {"subject": "Cool all day"}
    sms = "Maison Lin: Linen is back. From 49 EUR. STOP 36063"
    assert (
        _replace_first_sentence(sms, "Cool all day")
        == "Maison Lin: Cool all day. From 49 EUR. STOP 36063"
    )
    assert _replace_first_sentence("One sentence", "Why wait?") == "Why wait?"
    assert Hook(angle="a", text="b")
    assert Part(kind="copy", key="text", title="Text", body=Copy(text=sms)).text == sms


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<@U1> linen", "linen"),
        ("hey <@U1|intern>, linen", "hey linen"),
        ("<@U1>", ""),
        ("<@U1> <@U1>: linen", "linen"),
        ("no mention of <@U2>", "no mention of <@U2>"),
    ],
)
def test_bot_mention_is_removed_from_words(text: str, left: str) -> None:
    assert remove_mention(text, "U1") == left


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a <https://x.example> b", "a https://x.example b"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<https://x.example/p|x.example/p>", "https://x.example/p"),
        ("<!channel> now", "now"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
    ],
)
def test_markup_is_removed_from_words(text: str, words: str) -> None:
    assert remove_markup(text) == words


def test_too_long_opening_is_refused() -> None:
    limit = load_channels()["email"].parts["subject"]
    assert fit_opening("Cool all day", limit) == "Cool all day"
    long = "Two pockets in the seams. Each of them is deep enough for a telephone and for keys."
    assert fit_opening(long, limit) == "Two pockets in the seams."
    with pytest.raises(CannotDo) as refused:
        fit_opening("a" * 80, limit)
    assert "80 characters" in refused.value.words.to("en")
