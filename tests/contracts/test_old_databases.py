"""A home that an earlier edition left …

Each home has something open of each sort, made by that edition's own code (see README.md). The
present code opens it, and everything continues.
"""

import asyncio
import base64
import gzip
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.app import Container
from bot.approvals.decision import Decision
from bot.audiences.platforms import AudienceExport
from bot.cli.journal import verify_journals
from bot.config.settings import Settings
from bot.core.parts import compute_fingerprint, serialize_parts
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.models import FileUpload
from bot.data.warehouse.models import DataFile
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import LANGUAGES
from bot.jobs.engine import Engine, migrate_engine
from bot.jobs.models import Job, QueueLimits
from bot.playground.slack_objects import SlackMessage, StoredFile
from bot.slack.gateway import SlackGateway
from tests.slack.bench import (
    LEA,
    MARIE,
    MAX,
    OTTO,
    POLICY,
    TEAM,
    Bench,
    bench_of,
    buttons,
    text_of,
    with_approval,
)
from tests.support.digests import schedule, worker

HERE = Path(__file__).parent
EDITIONS = ("first_edition", "before_moves")
EDITED = {'["subject", 0, "-"]': {"text": "Linen is back"}}


@dataclass
class Old:
    """An old home, opened by the present code. `made` has ids by what they are of."""

    bench: Bench
    container: Container
    settings: Settings
    made: dict[str, str]

    def draft(self, name: str) -> Draft:
        return [one for one in self.bench.drafts if one.task == self.made[name]][-1]

    def card(self, name: str) -> SlackMessage:
        """The card that stands in Slack since then."""
        return self.at(f"{self.made[name]}.0:card")

    def at(self, post: str) -> SlackMessage:
        found = self.bench.posts()[post]
        return self.bench.slack.places[str(found.channel)].by_ts[str(found.ts)]


def settings_of(home: Path) -> Settings:
    url = f"sqlite:///{home / 'intern.db'}"
    return Settings.read({"SUPER_INTERN_HOME": str(home), "DATABASE_URL": url})


def unpacked(edition: str, name: str) -> str:
    with gzip.open(HERE / edition / name, "rt", encoding="utf-8") as file:
        return file.read()


def laid_out(edition: str, home: Path) -> Path:
    """The home as that edition left it."""
    home.mkdir(parents=True)
    shutil.copy2(HERE / edition / "super-intern.key", home)
    (home / "super-intern.key").chmod(0o600)
    database = sqlite3.connect(home / "intern.db")
    database.executescript(unpacked(edition, "database.sql.gz"))
    database.close()
    return home


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The home of an edition after its first start with the present code. Copy it before use."""

    @cache
    def migrated_once(edition: str) -> Path:
        home = laid_out(edition, tmp_path_factory.mktemp(edition) / "first")
        Container(settings_of(home)).migrated().database.close()
        return home

    return migrated_once


@pytest.fixture(params=EDITIONS)
async def old(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Callable[[str], Path]
) -> AsyncIterator[Old]:
    edition = str(request.param)
    home = Path(shutil.copytree(migrated(edition), tmp_path / "home"))
    settings = settings_of(home)
    kept = json.loads(unpacked(edition, "slack.json.gz"))
    container = Container(settings).migrated()
    signer = container.database.signer
    async with bench_of(home, url=settings.database_url, signer=signer) as bench:
        bench.stock = LibraryImporter(container)
        later = datetime.now(UTC) - datetime.fromisoformat(kept["made_at"]) - timedelta(hours=1)
        object.__setattr__(bench.services, "now", lambda: datetime.now(UTC) - later)
        remember(bench, kept)
        yield Old(bench, container, settings, kept["made"])
    container.database.close()


def remember(bench: Bench, kept: dict[str, Any]) -> None:
    """What stood in Slack."""
    slack = bench.slack
    assert slack.bot_id == kept["bot_id"]
    for user, channel in kept["direct"].items():
        assert slack.open_direct_message(user) == channel
    for one in kept["files"]:
        content = base64.b64decode(one.pop("content"))
        slack.files[one["id"]] = StoredFile(**one, base_url=slack.url, content=content)
    for one in kept["messages"]:
        files = [slack.files[id] for id in one.pop("files")]
        slack.places[one["channel"]].add(SlackMessage(**one, files=files))
    newest = max(int(float(one["ts"]) * 1_000_000) for one in kept["messages"])
    slack.ids._moment = max(slack.ids._moment, newest)


@pytest.mark.parametrize("edition", EDITIONS)
def test_verifies_once_it_was_started(
    edition: str,
    tmp_path: Path,
    migrated: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings_of(Path(shutil.copytree(migrated(edition), tmp_path / "home")))
    assert verify_journals(settings, []) == 0, capsys.readouterr().out
    assert "whole" in capsys.readouterr().out


async def test_has_fingerprints_that_are_computed_again_to_the_same(old: Old) -> None:
    assert len(old.bench.drafts) == 8
    for draft in old.bench.drafts:
        assert compute_fingerprint(draft.canonical) == draft.fingerprint
        told = {name: getattr(draft, name) for name in ("channel", "language", "audience")}
        assert serialize_parts(draft.parts, **told) == draft.canonical


async def test_has_rows_that_are_read_in_both_languages(old: Old) -> None:
    for draft in old.bench.drafts:
        assert draft.facts is not None
        assert draft.brief.words
        assert draft.other_hooks is not None
        for words in (
            *(check.words for check in draft.findings or ()),
            *(lead.label for lead in draft.next_steps),
        ):
            english, french = (words.to(language) for language in LANGUAGES)
            assert english
            assert french != english
    (arrival,) = old.bench.rows(FileUpload)
    assert arrival.preview.kind == "orders"


async def test_has_a_card_that_is_approved(old: Old) -> None:
    card = old.card("open_approve")
    assert {"approve", "edit", "send_back", "more"} <= set(buttons(card))
    await old.bench.press(MAX, card, "approve")
    await old.bench.run()
    (sent,) = old.bench.said(thread=card.ts)
    assert "Linen breathes." in text_of(sent)
    assert verify_journals(old.settings, []) == 0


async def test_has_a_card_that_is_edited(old: Old) -> None:
    card = old.card("open_edit")
    await old.bench.press(OTTO, card, "edit")
    assert (await old.bench.slack.submit(OTTO, old.bench.form(OTTO).id, EDITED)).ok
    await old.bench.run()
    assert "Linen is back" in text_of(card)
    assert "approve" in buttons(card)
    assert old.draft("open_edit").version == 2


async def test_has_a_card_that_is_sent_back(old: Old) -> None:
    await old.bench.press(MAX, old.card("open_back"), "send_back")
    form = old.bench.form(MAX)
    assert (await old.bench.slack.submit(MAX, form.id, {"reason": {"reason": "warmer"}})).ok
    await old.bench.run()
    again = old.bench.tasks[-1]
    assert (again.parent, again.reason) == (old.made["open_back"], "warmer")
    assert again.state == "done"


async def test_has_one_of_two_approvals_and_takes_the_second(old: Old) -> None:
    old.bench.policy = with_approval(POLICY, needed=2)
    card = old.card("one_of_two")
    assert not old.bench.said(thread=card.ts)
    await old.bench.press(MAX, card, "approve")  # the same person's is no second one
    await old.bench.run()
    assert not old.bench.said(thread=card.ts)
    await old.bench.press(LEA, card, "approve")
    await old.bench.run()
    assert len(old.bench.said(thread=card.ts)) == 1
    mine = [one for one in old.bench.rows(Decision) if one.draft == old.draft("one_of_two").id]
    assert {one.by for one in mine} == {MAX, LEA}


async def test_has_a_question_that_is_answered(old: Old) -> None:
    card = old.card("question")
    pressed = next(name for name in buttons(card) if name.startswith("answer"))
    await old.bench.press(MARIE, card, pressed)
    await old.bench.run()
    again = old.bench.tasks[-1]
    assert again.parent == old.made["question"]
    assert "E-mail" in {*again.form.values(), again.words}
    assert again.state == "done"


async def test_has_work_in_the_engine_that_is_done(old: Old) -> None:
    """A delivery that was planned, and a wish that nobody had begun."""
    bench = old.bench
    await migrate_engine(bench.database)
    engine = Engine(bench.database, bench.services.now, QueueLimits(poll=0.02))
    await engine.launch(worker(bench).jobs, given_up)
    try:
        for _ in range(400):
            if done(old):
                break
            await asyncio.sleep(0.05)
    finally:
        await engine.close()
    assert done(old)
    await bench.run()
    (sent,) = bench.said(thread=old.card("queued").ts)
    assert "Linen breathes." in text_of(sent)
    assert "approve" in buttons(old.card("in_flight"))
    assert old.draft("in_flight").parts
    assert verify_journals(old.settings, []) == 0


async def given_up(job: Job, why: Exception | None) -> None:
    raise AssertionError(f"{job.id} was given up: {why}")


def done(old: Old) -> bool:
    states = {one.id: one.state for one in old.bench.tasks}
    planned = f"{old.made['queued']}.0.v1:thread"
    (delivery,) = [one for one in old.bench.rows(Delivery) if one.id == planned]
    return bool(delivery.state == "gone" and states[old.made["in_flight"]] == "done")


async def test_has_a_digest_that_was_graded_and_comes_again(old: Old) -> None:
    bench, card = old.bench, old.card("digest")
    assert schedule(bench).state == "on"
    assert "candles would rise" in text_of(card)
    await bench.press(MARIE, card, "details")
    assert "Orders · 250" in str(bench.form(MARIE).blocks)
    await bench.press(MARIE, card, "digest_pause")
    assert schedule(bench).state == "paused"
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_has_an_approved_audience_that_is_exported(old: Old) -> None:
    bench, card = old.bench, old.card("audience")
    asked: list[str] = []

    def export(workspace: str, rule: Any, platform: str) -> AudienceExport:
        asked.append(rule.code)
        told: dict[str, Any] = {"platform": platform, "rule": "ab" * 32}
        return AudienceExport(**told, fitting=340, people=339, content=b"Email\r\n8f0c\r\n")

    bench.outside = SlackGateway(replace(bench.services, audience=export), bench.outside.people)
    await bench.press(MARIE, card, "export_audience")
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id)).ok
    await bench.run()
    assert len(asked) == 1
    assert asked[0] in old.draft("audience").canonical
    assert "339" in text_of(bench.in_dm(MARIE)[-1])


async def test_has_an_upload_that_is_taken_in(old: Old) -> None:
    (arrival,) = old.bench.rows(FileUpload)
    card = old.at(arrival.card_post_id)
    assert "take_in" in buttons(card)
    await old.bench.press(MARIE, card, "take_in")
    await old.bench.run()
    with old.bench.database.begin() as session:
        assert session.get_one(FileUpload, arrival.id).state == "in"
        assert sum(one.rows for one in DataFile.in_force(session, TEAM, "orders")) == 3
    assert verify_journals(old.settings, []) == 0
