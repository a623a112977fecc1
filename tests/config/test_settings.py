"""The settings: one frozen model of the environment, and messages for its mistakes."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config.settings import (
    Settings,
    SettingsError,
    SlackCommand,
    find_setting_problems,
    list_variables,
)
from tests.support.paths import ROOT

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s3cret"}


def test_defaults_are_enough_to_try_it() -> None:
    settings = Settings.read({})
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.port == 3000
    assert settings.writer == "offline"
    assert settings.home == Path("var").absolute()
    assert settings.sqlite
    assert settings.database_url == f"sqlite:///{Path('var').absolute()}/super-intern.db"
    assert (settings.concurrency, settings.concurrency_per_workspace) == (10, 3)


def test_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "4321")
    assert Settings.read().port == 4321


def test_empty_variable_counts_as_not_set() -> None:
    assert Settings.read({"PORT": "", "ANTHROPIC_API_KEY": "  "}) == Settings.read({})


def test_spaces_around_a_value_are_stripped() -> None:
    token = Settings.read({"SLACK_BOT_TOKEN": " xoxb-1\n"}).slack_bot_token
    assert token
    assert token.get_secret_value() == "xoxb-1"


def test_other_programs_variables_are_ignored() -> None:
    others = {"PATH": "/bin", "KEY": "abc", "SUPER_INTERN_BACKUP_BUCKET": "b"}
    assert Settings.read(others) == Settings.read({})


def test_short_key_is_refused() -> None:
    key = Settings.read({"SUPER_INTERN_KEY": "k" * 32}).key
    assert key
    assert key.get_secret_value() == "k" * 32
    with pytest.raises(SettingsError, match=r"SUPER_INTERN_KEY .*at least 32") as refused:
        Settings.read({"SUPER_INTERN_KEY": "abcdefgh"})
    assert "abcdefgh" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:9/api", "http://localhost:9/api/"),
        ("http://localhost:9/api/", "http://localhost:9/api/"),
        ("http://localhost:9/api///", "http://localhost:9/api/"),
    ],
)
def test_slack_api_url_ends_with_one_slash(given: str, used: str) -> None:
    assert Settings.read({"SLACK_API_URL": given}).slack_api_url == used


@pytest.mark.parametrize(
    ("given", "used", "sqlite"),
    [
        ("postgres://u:p@h:1/d?a=b", "postgresql+psycopg://u:p@h:1/d?a=b", False),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d", False),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d", False),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db", True),
        ("sqlite+pysqlite:///x.db", "sqlite:///x.db", True),
    ],
)
def test_database_url_is_converted_for_sqlalchemy(given: str, used: str, sqlite: bool) -> None:
    settings = Settings.read({"DATABASE_URL": given})
    assert settings.database_url == used
    assert settings.sqlite is sqlite


def test_home_is_made_absolute(tmp_path: Path) -> None:
    assert Settings.read({"SUPER_INTERN_HOME": "~/x"}).home == Path.home() / "x"
    home = Settings.read({"SUPER_INTERN_HOME": str(tmp_path)})
    assert home.database_url == f"sqlite:///{tmp_path}/super-intern.db"


@pytest.mark.parametrize(
    ("environ", "writer"),
    [
        ({"ANTHROPIC_API_KEY": "k"}, "claude"),
        ({"ANTHROPIC_BASE_URL": "http://localhost:11434"}, "claude"),
        ({"SUPER_INTERN_MODEL": "claude-opus-5"}, "offline"),
    ],
)
def test_api_key_or_base_url_selects_claude(environ: dict[str, str], writer: str) -> None:
    assert Settings.read(environ).writer == writer


def test_version_is_removed_from_the_base_url() -> None:
    assert Settings.read({"ANTHROPIC_BASE_URL": "http://h/v1/"}).anthropic_base_url == "http://h"


def test_log_level_is_case_insensitive() -> None:
    assert Settings.read({"SUPER_INTERN_LOG": "debug"}).log == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", 'PORT must be a whole number (it is "abc")'),
        ("PORT", "0", 'PORT must be at least 1 (it is "0")'),
        ("PORT", "70000", 'PORT must be at most 65535 (it is "70000")'),
        ("SUPER_INTERN_CONCURRENCY", "0", "SUPER_INTERN_CONCURRENCY must be at least 1"),
        ("SUPER_INTERN_CONCURRENCY", "1.5", "SUPER_INTERN_CONCURRENCY must be a whole number"),
        ("SUPER_INTERN_POLL_SECONDS", "nan", "SUPER_INTERN_POLL_SECONDS must be"),
        ("SUPER_INTERN_POLL_SECONDS", "0", "SUPER_INTERN_POLL_SECONDS must be at least 0.01"),
        ("SUPER_INTERN_LOG", "loud", "SUPER_INTERN_LOG must be 'DEBUG', 'INFO', 'WARNING' or"),
        ("SLACK_API_URL", "slack.com/api", "SLACK_API_URL must be an address that starts with"),
        ("SLACK_API_URL", "https://", "SLACK_API_URL must be an address that starts with"),
        ("ANTHROPIC_BASE_URL", "localhost:1", "ANTHROPIC_BASE_URL must be an address that"),
        ("DATABASE_URL", "mysql://u:p4ss@h/d", "DATABASE_URL must start with postgresql:// or"),
        ("DATABASE_URL", "/tmp/x.db", "DATABASE_URL must start with postgresql:// or"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL must name a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "DATABASE_URL must name a file"),
        ("SUPER_INTERN_HOMME", "/x", "SUPER_INTERN_HOMME is unknown; did you mean SUPER_INTERN_"),
    ],
)
def test_bad_value_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as mistake:
        Settings.read({name: value})
    assert str(mistake.value).startswith(f"environment: {said}")


def test_all_bad_values_are_named_without_secrets() -> None:
    with pytest.raises(SettingsError) as mistake:
        Settings.read({"PORT": "x", "DATABASE_URL": "mysql://u:p4ss@h/d", "SUPER_INTERN_LOG": "y"})
    for name in ("PORT", "DATABASE_URL", "SUPER_INTERN_LOG"):
        assert name in str(mistake.value)
    assert "p4ss" not in str(mistake.value)


def test_secrets_are_not_printed() -> None:
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-hush1",
        "SLACK_SIGNING_SECRET": "hush2",
        "SLACK_APP_TOKEN": "xapp-hush3",
        "ANTHROPIC_API_KEY": "hush4",
        "DATABASE_URL": "postgresql://u:hush5@h/d",
    }
    settings = Settings.read(secrets)
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hush" not in shown


def test_settings_are_frozen() -> None:
    settings = Settings.read({})
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("command", "environ", "missing"),
    [
        ("serve", {}, ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]),
        ("serve", {"SLACK_BOT_TOKEN": "xoxb-1"}, ["SLACK_SIGNING_SECRET"]),
        ("serve", {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, []),
        ("serve", SLACK, []),
        ("work", {}, ["SLACK_BOT_TOKEN", "DATABASE_URL"]),
        ("work", SLACK | {"DATABASE_URL": "postgres://h/d"}, []),
        ("serve", SLACK | {"SLACK_BOT_TOKEN": "xapp-1"}, ["SLACK_BOT_TOKEN"]),
        ("serve", SLACK | {"SLACK_APP_TOKEN": "xoxb-1"}, ["SLACK_APP_TOKEN"]),
    ],
)
def test_all_missing_settings_are_named_at_once(
    command: SlackCommand, environ: dict[str, str], missing: list[str]
) -> None:
    found = find_setting_problems(Settings.read(environ), command)
    assert [p.split()[0] for p in found] == missing


def test_docs_list_exactly_the_settings_with_their_defaults() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]+)`)? ?\| (.+\.) \|$", page, re.M)
    defaults = [
        (name, "" if field.default is None else str(field.default))
        for name, field in list_variables().items()
    ]
    assert [(name, default) for name, default, _ in rows] == defaults


def test_clock_offset_needs_a_local_slack() -> None:
    told = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}
    ahead = {"SUPER_INTERN_SECONDS_AHEAD": "604800"}
    here = {"SLACK_API_URL": "http://127.0.0.1:3001/api/"}
    assert find_setting_problems(Settings.read(told | ahead | here), "serve") == []
    (problem,) = find_setting_problems(Settings.read(told | ahead), "serve")
    assert "SECONDS_AHEAD" in problem
    elsewhere = {"SLACK_API_URL": "http://127.0.0.1.example.com/api/"}
    assert find_setting_problems(Settings.read(told | ahead | elsewhere), "serve") == [problem]
