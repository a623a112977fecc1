"""Tests of the `play` command: saved state, the intern process and the settings."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.cli import play
from bot.cli import play as cli_play
from bot.cli.play import PlaygroundHome, describe_writer, play_
from bot.config.settings import Settings
from bot.errors import CannotDo
from bot.i18n.messages import Language
from bot.playground.errors import ImpossibleAction
from bot.playground.intern_process import InternProcess, build_environment
from bot.playground.local_slack import LocalSlack
from bot.playground.page.actions import list_examples
from bot.playground.page.intern_records import InternRecords
from bot.playground.page.server import FaultSwitches
from bot.playground.storage import StateSaver, open_slack, resend_events
from tests.playground.conftest import RecordingApp, button, section
from tests.support.waiting import wait_until

MARKETING = "C0MARKET"
LIVES = """
import http.server, os, sys
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Healthy).serve_forever()
"""
KEY, PASTED = "ANTHROPIC_API_KEY", "sk-pasted-" + "x" * 40
DIES = "import sys; sys.exit('The policy has a mistake on line 3.')"


def never(words: str) -> None:
    raise AssertionError(f"nothing should be told: {words}")


# What is printed at the start.


@pytest.mark.parametrize("language", ["en", "fr"])
def test_without_an_ai_the_start_names_examples_and_where_a_key_is_pasted(
    settings: Settings, language: Language
) -> None:
    on_page, in_terminal = (
        [one.to(language) for one in describe_writer(settings, has_page=shown)]
        for shown in (True, False)
    )
    assert len(on_page) == 2
    assert in_terminal == on_page[:1]
    examples, key = on_page
    assert {"en": "some twenty questions", "fr": "une vingtaine de questions"}[language] in examples
    assert 17 <= sum(map(len, list_examples().values())) <= 24
    assert "Claude" in key


def test_with_an_ai_the_start_names_its_model(settings: Settings) -> None:
    connected = settings.model_copy(update={"anthropic_api_key": SecretStr("k" * 20)})
    (sentence,) = describe_writer(connected, has_page=True)
    assert settings.model in sentence.to("en")


# Saved state.


async def lived_in(slack: LocalSlack) -> None:
    """Create messages, a thread, an ephemeral, a file, a Home tab and a direct message."""
    said = await slack.post_message(
        "UMARIE", MARKETING, "<@UINTERN> linen", files=[("a.txt", b"bytes")]
    )
    card = slack.build_bot_message(
        MARKETING, "a card", thread_ts=said.ts, metadata={"event_type": "x"}
    )
    card.blocks = [section() | {"block_id": "b"}, {"type": "actions", "elements": [button("a")]}]
    slack.publish_message(slack.places[MARKETING], card)
    slack.update_message(card, slack.bot_user, text="a better card")
    slack.post_ephemeral(
        slack.places[MARKETING], slack.build_bot_message(MARKETING, "psst", ephemeral_to="UMAX")
    )
    await slack.post_message("UOTTO", slack.open_direct_message("UOTTO"), "only us")
    slack.places["C0SECRET"].members.append(slack.bot_user)


def everything(slack: LocalSlack) -> list[Any]:
    messages = [
        (one.as_slack(slack.team, metadata=True), one.ephemeral_to)
        for place in slack.places.values()
        for one in [*place.by_ts.values(), *place.ephemerals]
    ]
    places = [(one.as_slack(slack.bot_user), one.members) for one in slack.places.values()]
    return [messages, places, slack.bot_token, slack.signing_secret]


async def test_saved_state_is_restored(tmp_path: Path) -> None:
    first = open_slack(tmp_path, 0, never)
    async with first, StateSaver(first, tmp_path):
        await lived_in(first)
        last = first.ids.new_ts()
    second = open_slack(tmp_path, first.port, never)
    async with second, StateSaver(second, tmp_path):
        assert everything(second) == everything(first)
        (file,) = second.files.values()
        assert file.content == b"bytes"
        assert second.ids.new_ts() > last
        root = second.messages(MARKETING)[0]
        assert [one.text for one in root.replies] == ["a better card"]


async def test_state_is_saved_soon_after_change(tmp_path: Path) -> None:
    slack = open_slack(tmp_path, 0, never)
    async with slack, StateSaver(slack, tmp_path, delay=0.02):
        await slack.post_message("UMAX", MARKETING, "kept at once")
        await wait_until(slack, lambda: "kept at once" in read(tmp_path / "slack.json"))
    assert sorted(os.listdir(tmp_path)) == ["files", "slack.json"]
    assert (tmp_path / "slack.json").stat().st_mode & 0o077 == 0  # tokens are in it


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("damage", ["{", '{"format": 99}', '{"format": 1}', "[]", ""])
async def test_damaged_state_starts_empty(tmp_path: Path, damage: str) -> None:
    (tmp_path / "slack.json").write_text(damage)
    told: list[str] = []
    slack = open_slack(tmp_path, 0, told.append)
    assert not slack.transcript(MARKETING)
    assert "so it starts empty. The old file is kept as" in told[0]
    assert (tmp_path / "slack.json.damaged").read_text() == damage


async def test_undelivered_events_are_resent(tmp_path: Path, recording_app: RecordingApp) -> None:
    first = open_slack(tmp_path, 0, never)
    first.transport.events_url = "http://127.0.0.1:9/nobody"
    async with first, StateSaver(first, tmp_path):
        await first.post_message("UMARIE", MARKETING, "is anybody there?")
    second = open_slack(tmp_path, 0, never)
    second.transport.events_url = recording_app.url
    async with second, StateSaver(second, tmp_path):
        resend_events(second)
        await second.wait_for_deliveries()
        assert "is anybody there?" in recording_app.requests[0][1]


# The intern process.


def child_of(
    slack: LocalSlack, home: Path, code: str, told: list[str] | None = None
) -> InternProcess:
    tell: Callable[[str], None] = never if told is None else told.append
    return InternProcess(slack, home, tell, command=(sys.executable, "-c", code), delays=(0.01,))


async def test_killed_intern_is_restarted(tmp_path: Path, slack: LocalSlack) -> None:
    told: list[str] = []
    child = child_of(slack, tmp_path, LIVES, told)
    await child.start()
    url = slack.transport.events_url
    await child.kill()
    await wait_until(slack, lambda: len(told) == 2, 60)
    assert told == [
        "The intern stopped (killed by SIGKILL). Starting it again…",
        "The intern is back. What it had begun, it continues.",
    ]
    assert slack.transport.events_url != url
    pid = child.pid
    assert pid
    await child.end()
    assert not alive(pid)


async def test_failed_start_reports_reason(tmp_path: Path, slack: LocalSlack) -> None:
    child = child_of(slack, tmp_path, DIES)
    with pytest.raises(CannotDo, match=r"could not start\..*a mistake on line 3"):
        await child.start()
    assert child.pid is None


async def test_a_start_that_takes_too_long_is_not_called_a_failure(
    tmp_path: Path, slack: LocalSlack
) -> None:
    child = child_of(slack, tmp_path, "import time; time.sleep(60)")
    child.start_timeout = 0.5
    with pytest.raises(CannotDo, match=r"not ready after 0\.5 seconds.*Start it again"):
        await child.start()
    assert child.pid is None


async def test_serve_process_ends_when_its_stdin_is_closed(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.playground.parent_watchdog", "serve"),
        env={**os.environ, "SUPER_INTERN_HOME": str(tmp_path), "SLACK_BOT_TOKEN": "xoxb-1"}
        | {"SLACK_SIGNING_SECRET": "s", "PORT": "0", "SLACK_API_URL": "http://127.0.0.1:9/"},
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) != 0


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_intern_environment_has_no_real_slack_settings(
    tmp_path: Path, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_APP_TOKEN", "DATABASE_URL", "SLACK_BOT_TOKEN", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "real")
    given = build_environment(slack, tmp_path)
    assert "SLACK_APP_TOKEN" not in given
    assert "DATABASE_URL" not in given
    assert given["SLACK_BOT_TOKEN"] == slack.bot_token
    assert given["SLACK_API_URL"].startswith("http://127.0.0.1:")
    assert given["ANTHROPIC_API_KEY"] == "real"


def test_without_an_ai_the_intern_plays_examples(
    tmp_path: Path, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert build_environment(slack, tmp_path)["SUPER_INTERN_EXAMPLES"] == "1"
    connected = build_environment(slack, tmp_path, "k" * 40)
    assert connected["ANTHROPIC_API_KEY"] == "k" * 40
    assert "SUPER_INTERN_EXAMPLES" not in connected


async def test_a_pasted_key_reaches_the_restarted_intern_and_no_file(
    tmp_path: Path, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    seen, told = tmp_path / "seen", list[str]()
    tells = (
        f"import os; open({str(seen)!r}, 'a').write(str(len(os.environ.get('{KEY}', ''))) + ' ')"
    )
    child = child_of(slack, tmp_path / "home", tells + LIVES, told)
    switches = FaultSwitches(slack, child, InternRecords(slack.team, None))
    await child.start()
    assert not switches.state()["ai"]
    with pytest.raises(ImpossibleAction):
        await switches.connect_ai("no key")
    await switches.connect_ai(PASTED)
    await wait_until(slack, lambda: len(told) == 2, 60)
    assert switches.state()["ai"]
    await switches.connect_ai("")
    await wait_until(slack, lambda: len(told) == 4, 60)
    assert not switches.state()["ai"]
    await child.end()
    assert seen.read_text().split() == ["0", str(len(PASTED)), "0"]
    files = [one for one in (tmp_path / "home").rglob("*") if one.is_file()]
    assert not any(PASTED.encode() in one.read_bytes() for one in files)


# The command.


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(play, "QUIET", 0.2)
    return Settings(home=tmp_path)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop with one product, created without delay."""
    import bot.playground.shop

    def fill(folder: Path, **_: Any) -> None:
        folder.mkdir()
        (folder / "products.csv").write_text("title,price\nLinen shirt,49.00\n")
        (folder / "policy.toml").write_text('[approval]\napprovers = ["UMAX"]\n')
        (folder / "brand.toml").write_text('name = "Maison Lin"\nlanguages = ["en", "fr"]\n')

    monkeypatch.setattr(bot.playground.shop, "fill", fill, raising=False)
    monkeypatch.setattr(cli_play, "FILES", ())
    monkeypatch.setattr(PlaygroundHome, "fill_in_subprocess", PlaygroundHome.fill)


def chosen(**given: Any) -> argparse.Namespace:
    usual = {"reset": False, "fill_only": False, "no_browser": True, "port": 0}
    return argparse.Namespace(**{**usual, "terminal": True, "script": None, **given})


@pytest.mark.usefixtures("shop")
@pytest.mark.slow
async def test_draft_is_approved_and_survives_restart(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    script = settings.home / "script.txt"
    script.write_text("/draft e-mail: the linen shirt, 49 €\n4\nLinen weather\n\n\n\n")
    assert await play_(settings, chosen(script=script)) == 0
    first = capsys.readouterr().out
    assert "1 products from products.csv" in first
    for words in ("inen shirt ·\u00a0v1", "·\u00a0v2", "Linen weather"):
        assert words in first, first

    script.write_text("/as otto\n3\n/as max\n3\ny\n")
    assert await play_(settings, chosen(script=script)) == 0
    second = capsys.readouterr().out
    assert "Filling" not in second
    refused, approved = second.split("You are now Max Weber, manager.")
    assert "·\u00a0v2" in refused
    assert "(2) Super-Intern · only you see this" in refused
    assert "par @Max" not in refused.split("(2)")[0]
    for words in ("(1) Super-Intern · redrawn", "par @Max", "in the thread of (1)"):
        assert words in approved, approved


@pytest.mark.usefixtures("shop")
@pytest.mark.slow
async def test_reset_keeps_files_of_others(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    script = settings.home / "script.txt"
    script.write_text("good morning\n")
    await play_(settings, chosen(script=script))
    home = PlaygroundHome(settings)
    (home.folder / "notes.txt").write_text("mine")
    (settings.home / "brand.toml").write_text('name = "Mine"\n')
    home.reset()
    assert "notes.txt." in capsys.readouterr().out
    assert sorted(path.name for path in home.folder.iterdir()) == ["notes.txt", "play.lock"]
    assert (settings.home / "brand.toml").exists()


@pytest.mark.usefixtures("shop")
async def test_shop_is_imported_only_once(settings: Settings) -> None:
    assert await play_(settings, chosen(fill_only=True)) == 0
    folder = settings.home / "play"
    (folder / "brand.toml").write_text('name = "Changed"\n')
    assert await play_(settings, chosen(fill_only=True)) == 0
    assert "Changed" in (folder / "brand.toml").read_text()
    assert not (folder / "slack").exists()


@pytest.mark.usefixtures("shop")
async def test_second_play_is_refused(settings: Settings) -> None:
    with (
        PlaygroundHome(settings).lock(),
        pytest.raises(CannotDo, match="Another `play` is running"),
    ):
        await play_(settings, chosen(fill_only=True))


@pytest.mark.usefixtures("shop")
async def test_occupied_port_is_reported(settings: Settings, slack: LocalSlack) -> None:
    with pytest.raises(CannotDo, match=f"Port {slack.port} cannot be used"):
        await play_(settings, chosen(port=slack.port, script=Path(os.devnull)))


@pytest.mark.slow
async def test_play_imports_sample_shop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_play, "SIZE", "small")
    home = PlaygroundHome(settings)
    home.folder.mkdir()
    await asyncio.to_thread(home.fill, date(2026, 11, 24))
    assert (home.folder / "policy.toml").exists()
