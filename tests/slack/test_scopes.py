"""The scopes in the manifest, the calls that need them, and the comparison by `doctor`."""

import ast
import asyncio
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import bot
from bot.__main__ import main
from bot.playground.local_slack import LocalSlack
from bot.playground.methods import METHODS
from bot.slack.manifest import build_manifest, list_bot_scopes
from tests.support.source_trees import parse_source

PACKAGE = Path(bot.__file__).parent
NEEDED = tomllib.loads((Path(__file__).parent / "scopes.toml").read_text(encoding="utf-8"))
LITERAL = re.compile(r"api_call\(\s*\"([\w.]+)\"")
POLICY = '[approval]\napprovers = ["U0123ABCD"]\n'


@cache
def api_method(name: str) -> str | None:
    """Return the Web API method of a client method: chat.update for chat_update."""
    function = getattr(AsyncWebClient, name, None)
    if name.startswith("_") or not inspect.isfunction(function):
        return None
    found = LITERAL.search(inspect.getsource(function))
    return found[1] if found else None


def calls_in(tree: ast.AST) -> Iterator[str]:
    """Yield the Web API methods that a module calls, by client method or by name, or hands over to
    be called page by page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("conversations_"):
            yield from filter(None, [api_method(node.attr)])
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr != "api_call":
            if (method := api_method(node.func.attr)) is not None:
                yield method
        elif not isinstance(node.func.value, ast.Call):  # super().api_call only forwards a call
            name = node.args[0]
            assert isinstance(name, ast.Constant), f"line {node.lineno}: name the method itself"
            yield str(name.value)


@cache
def methods_called() -> frozenset[str]:
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "handlers").glob("*.py")]
    trees = (parse_source(path) for path in files)
    return frozenset(method for tree in trees for method in calls_in(tree))


def test_calls_are_found_whichever_way_they_are_written() -> None:
    code = """
client.chat_postMessage(channel="C1")
patient(client).conversations_info(channel="C1")
client.api_call("team.info", json={})
super().api_call(method)
"""
    found = set(calls_in(ast.parse(code)))
    assert found == {"chat.postMessage", "conversations.info", "team.info"}


def test_every_method_called_is_in_the_table_and_every_one_in_it_is_called() -> None:
    assert methods_called() == set(NEEDED["methods"])


def test_every_event_and_feature_of_the_manifest_is_in_the_table() -> None:
    events = build_manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) == set(NEEDED["events"])
    assert set(build_manifest()["features"]) == set(NEEDED["features"])


def test_manifest_asks_for_the_scopes_that_are_needed_and_no_other() -> None:
    needed = {scope for table in NEEDED.values() for scopes in table.values() for scope in scopes}
    assert list_bot_scopes() == needed


@pytest.mark.parametrize("method", sorted(NEEDED["methods"]))
def test_local_slack_asks_for_the_same_scopes(method: str) -> None:
    """The local Slack also knows scopes for methods that the intern does not use, such as
    opening group messages."""
    assert set(METHODS[method].scopes) & list_bot_scopes() == set(NEEDED["methods"][method])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder in which `doctor` finds no problem."""
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path))
    return tmp_path


async def doctor(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, token: str | None = None
) -> int:
    monkeypatch.setenv("SLACK_API_URL", slack.url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", token or slack.bot_token)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", slack.signing_secret)
    return await asyncio.to_thread(main, ["doctor"])


@pytest.mark.usefixtures("home")
async def test_doctor_accepts_the_manifests_scopes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with LocalSlack("s" * 32, scopes=list_bot_scopes()) as slack:
        assert await doctor(slack, monkeypatch) == 0
    assert "the app has every scope it needs" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
async def test_doctor_names_missing_and_superfluous_scopes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    granted = list_bot_scopes() - {"mpim:read", "files:read"} | {"team:read"}
    async with LocalSlack("s" * 32, scopes=granted) as slack:
        assert await doctor(slack, monkeypatch) == 1
    printed = capsys.readouterr().out
    assert "lacks scopes that the intern needs: files:read, mpim:read." in printed
    assert "does not use; remove them: team:read" in printed


@pytest.mark.usefixtures("home")
async def test_doctor_accepts_an_app_with_more_scopes_than_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with LocalSlack("s" * 32, scopes=list_bot_scopes() | {"team:read"}) as slack:
        assert await doctor(slack, monkeypatch) == 0


@pytest.mark.usefixtures("home")
async def test_doctor_says_that_slack_refuses_the_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with LocalSlack("s" * 32) as slack:
        assert await doctor(slack, monkeypatch, "xoxb-other") == 1
    assert "Slack refuses SLACK_BOT_TOKEN (invalid_auth)" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
async def test_doctor_says_that_slack_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with LocalSlack("s" * 32) as slack:
        pass
    assert await doctor(slack, monkeypatch) == 1
    assert "Slack could not be asked" in capsys.readouterr().out
