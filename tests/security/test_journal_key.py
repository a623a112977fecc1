"""The key that signs a home's journal, and published heads that reveal a restored database."""

import argparse
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.app import Container
from bot.audit.journal import JournalEntry, Signer
from bot.audit.verify import find_signer
from bot.cli import journal as journal_command
from bot.cli.journal import journal_
from bot.config.secret import KEY_FILE, load_key
from bot.config.settings import Settings
from bot.errors import CannotDo
from bot.messages.outbox import OutboxMessage
from bot.slack.notices import HEADS_FILE, HeadPublisher, read_heads, record_policies
from tests.conftest import NOW
from tests.support.rows import Jobs, draft


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path))
    return Settings.read()


@pytest.fixture
def container(settings: Settings) -> Iterator[Container]:
    """A home with a draft, created by the program itself."""
    found = Container(settings).migrated()
    with found.database.begin() as session:
        draft(session, Jobs(), place={"channel": "C1"})
    yield found
    found.database.close()


def _missing_once(find: Callable[[Settings], Signer | None]) -> Callable[[Settings], Signer | None]:
    """The same look-up, which finds nothing the first time."""
    looks = iter([True])

    def look(settings: Settings) -> Signer | None:
        return None if next(looks, False) else find(settings)

    return look


def verify(settings: Settings, *heads: str) -> int:
    return journal_(settings, argparse.Namespace(verb="verify", head=list(heads)))


def publish(container: Container, day: str = "2026-11-24") -> None:
    with container.database.begin() as session:
        subjects = {job.subject for job in HeadPublisher(container, Jobs()).due(session, NOW)}
    assert subjects == {"T1/2026-11-24"}
    with container.database.begin() as session:
        year, month, date = (int(part) for part in day.split("-"))
        HeadPublisher(container, Jobs())._publish(
            session, "T1", NOW.date().replace(year, month, date)
        )


def test_key_is_created_at_the_first_start(
    container: Container, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (settings.home / KEY_FILE).exists()
    with container.database.begin() as session:
        assert all(session.scalars(select(JournalEntry.signature)))
    assert verify(settings) == 0
    assert "whole" in capsys.readouterr().out


def test_verify_without_key_reports_it(
    container: Container, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.home / KEY_FILE).unlink()
    assert verify(settings) == 0
    assert "No key here: signatures not checked." in capsys.readouterr().out


def test_start_without_key_is_refused(container: Container, settings: Settings) -> None:
    (settings.home / KEY_FILE).unlink()
    with pytest.raises(CannotDo) as refused:
        Container(settings).migrated()
    assert "is missing, but the journal is signed with it" in refused.value.words.to("en")
    (settings.home / KEY_FILE).write_text("x" * 40)
    with pytest.raises(CannotDo) as refused:
        Container(settings).migrated()
    assert "signed with another key" in refused.value.words.to("en")
    assert verify(settings) == 1


def test_key_made_by_another_process_between_two_looks_is_used(
    container: Container, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.database.signer = None
    monkeypatch.setattr(journal_command, "find_signer", _missing_once(find_signer))
    container.sign()
    assert container.database.signer is not None


def test_key_file_made_while_the_library_was_looked_at_is_read(tmp_path: Path) -> None:
    def holds() -> bool:
        (tmp_path / KEY_FILE).write_text("k" * 43, encoding="ascii")
        return True

    assert load_key(tmp_path, None, holds=holds) == b"k" * 43


def test_adopt_starts_again_with_a_new_key(
    container: Container, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.home / KEY_FILE).write_text("x" * 40)
    assert journal_(settings, argparse.Namespace(verb="adopt")) == 0
    assert verify(settings) == 0
    assert "signed with another key: not checked" in capsys.readouterr().out
    Container(settings).migrated().database.close()


def test_restored_earlier_database_is_detected(container: Container, settings: Settings) -> None:
    path = settings.home / "super-intern.db"
    container.database.close()
    shutil.copy(path, settings.home / "earlier")
    container = Container(settings).migrated()
    with container.database.begin() as session:
        draft(session, Jobs(), id="t2")
    publish(container)
    publish(container)  # once a day
    assert len(list(read_heads(settings.home / HEADS_FILE))) == 1
    assert (settings.home / HEADS_FILE).stat().st_mode & 0o777 == 0o600
    assert verify(settings) == 0
    container.database.close()
    for left in settings.home.glob("super-intern.db-*"):
        left.unlink()
    shutil.copy(settings.home / "earlier", path)
    assert verify(settings) == 1


def test_verify_accepts_a_head_or_a_file_of_heads(container: Container, settings: Settings) -> None:
    publish(container)
    kept = settings.home / "kept.jsonl"
    (settings.home / HEADS_FILE).rename(kept)
    (one,) = read_heads(kept)
    assert verify(settings, str(kept), one.head) == 0
    kept.write_text(kept.read_text().replace(one.head, "0" * 64))
    assert verify(settings, str(kept)) == 1
    assert verify(settings, "0" * 64) == 1


def test_head_is_published_to_the_channel_of_the_policy(
    container: Container, settings: Settings
) -> None:
    (settings.home / "policy.toml").write_text('[journal]\npublish = "C0AUDIT"\n')
    publish(container)
    with container.database.begin() as session:
        post = session.get_one(OutboxMessage, "head:T1:2026-11-24")
        assert post.place["channel"] == "C0AUDIT"
        told = session.scalars(select(JournalEntry.hash).where(JournalEntry.workspace == "T1"))
        assert any(hash in str(post.place["words"]) for hash in told)
    assert verify(settings) == 0


def test_rows_are_not_adopted_after_heads_were_published(
    container: Container, settings: Settings
) -> None:
    publish(container)
    with container.database.begin() as session:
        for table in ("row_digests", "journal", "journal_heads"):
            session.execute(text(f"DELETE FROM {table}"))
    Container(settings).migrated().database.close()
    assert verify(settings) == 1


def test_changed_policy_is_recorded(container: Container, settings: Settings) -> None:
    def noted() -> int:
        with container.database.begin() as session:
            list(record_policies(container, session, NOW))
        with container.database.begin() as session:
            events = select(JournalEntry.event).where(JournalEntry.event == "policy applied")
            return len(list(session.scalars(events)))

    assert (noted(), noted()) == (1, 1)
    (settings.home / "policy.toml").write_text('[approval]\napprovers = ["UEVA"]\n')
    assert (noted(), noted()) == (2, 2)
    (settings.home / "policy.toml").write_text("not toml [")
    assert noted() == 2
