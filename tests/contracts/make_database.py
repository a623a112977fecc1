"""Makes a home as a running team leaves it, with something open of each sort.

Run with the code of the commit that shall have made it, from that commit's folder:

    python make_database.py FOLDER

It writes `database.sql.gz`, `slack.json.gz` and the home's key into FOLDER. The README beside this
file says how the two homes of the tests were made.
"""

import asyncio
import base64
import gzip
import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, os.getcwd())

from bot.app import Container
from bot.config.settings import Settings
from bot.core.checks import Check
from bot.core.parts import Copy, Part, Table
from bot.core.request import Question
from bot.data.ingest.importer import LibraryImporter
from bot.drafts.models import Draft
from bot.i18n.messages import Money, Words
from bot.jobs.engine import Engine, migrate_engine
from bot.jobs.models import QueueLimits
from bot.messages.outbox import OutboxMessage
from bot.playground.slack_objects import SlackMessage
from tests.slack import bench as slack_bench
from tests.slack.bench import MARIE, MARKETING, MAX, PARTS, POLICY, Bench, bench_of, with_approval
from tests.slack.test_audience_rule import answered
from tests.support.digests import previewed

KEY = "a key for the tests of old databases, nothing else"
ORDERS = b"Order,Date,Amount\n1,2026-05-01,49\n2,2026-05-02,20\n3,2026-05-03,35\n"
OF_MESSAGE = (
    "ts",
    "channel",
    "user",
    "text",
    "blocks",
    "thread_ts",
    "bot_id",
    "app_id",
    "subtype",
    "metadata",
)
OF_FILE = ("id", "name", "title", "user", "size", "created", "complete", "channels", "shares")


async def fill(bench: Bench, container: Container) -> dict[str, str]:
    """Something open of each sort; the ids of their drafts, tasks and rows by what they are."""
    made: dict[str, str] = {}

    async def drafted(name: str, **more: Any) -> SlackMessage:
        card = await bench.drafted(words=f"e-mail: our linen shirt is back: {name}", **more)
        made[name] = bench.tasks[-1].id
        return card

    usual = bench._draft
    bench.checks = (
        Check(
            rule="figure",
            level="pass",
            words=Words.count("{n} figure proven", "{n} figures proven", 4),
        ),
        Check(rule="figure", level="stated", words=Words("Stated by {who}", who=f"<@{MARIE}>")),
        Check(
            rule="price",
            level="warn",
            words=Words("{figure} has no source.", figure=Money(amount="49.90", currency="EUR")),
        ),
    )
    for name in ("open_approve", "open_edit", "open_back"):
        await drafted(name)
    card = await drafted("queued")
    await bench.press(MAX, card, "approve")  # its delivery waits until the end
    waiting, bench.jobs = bench.jobs, []
    bench.policy = with_approval(POLICY, needed=2)
    card = await drafted("one_of_two")
    await bench.press(MAX, card, "approve")
    await bench.run()
    bench.policy = POLICY
    card = await drafted("gone")
    await bench.press(MAX, card, "approve")
    await bench.run()

    bench.checks = ()
    bench.question = Question(words=Words("Which channel is it for?"), options=("E-mail", "SMS"))
    await drafted("question")
    bench.question = None

    bench.parts = (
        Part(kind="copy", key="moved", title="What moved", body=Copy(text="Mobile fell.")),
        Part(
            kind="copy",
            key="graded",
            title="What I told you last time",
            body=Copy(text="Last week I said that candles would rise: they did."),
        ),
        Part(
            kind="table",
            key="week",
            title="The week in figures",
            body=Table(columns=("What", "Last week"), rows=(("Orders", "250"),)),
        ),
        Part(kind="copy", key="missing", title="What I can't tell", body=Copy(text="No visits.")),
    )
    card = await previewed(bench)
    made["digest"] = bench.tasks[-1].id
    with bench.database.begin() as session:
        draft = session.get_one(Draft, f"{made['digest']}.0.v1")
        draft.skill = "digest"  # the bench calls everything a draft
        OutboxMessage.request_redraw(session, bench.enqueue, draft.piece)
    await bench.run()
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    bench.parts = PARTS

    card = await answered(bench)
    made["audience"] = bench.tasks[-1].id
    await bench.press(MAX, card, "approve")
    await bench.run()
    bench._draft = usual  # type: ignore[method-assign]

    bench.stock = LibraryImporter(container)
    said = f"<@{bench.slack.bot_user}> our orders"
    await bench.slack.post_message(MARIE, MARKETING, said, files=[("orders.csv", ORDERS)])
    await bench.run()

    words = "e-mail: our linen shirt is back, written after the upgrade"
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", words)).ok
    await bench.settled()
    made["in_flight"] = bench.tasks[-1].id
    bench.jobs += [job for job in waiting if job.kind == "deliver"]
    engine = Engine(bench.database, bench.services.now, QueueLimits())
    await migrate_engine(bench.database)
    with bench.database.begin() as session:
        for job in bench.jobs:
            engine.enqueue(session, job)
    await engine.close()
    return made


def stored_slack(bench: Bench, made: dict[str, str]) -> dict[str, Any]:
    """What Slack has, without anything of the local Slack's own."""
    slack = bench.slack
    return {
        "made": made,
        "made_at": bench.services.now().isoformat(),
        "bot_id": slack.bot_id,
        "direct": {user: slack.open_direct_message(user) for user in slack.people if user == MARIE},
        "messages": [
            {name: getattr(one, name) for name in OF_MESSAGE} | {"files": [f.id for f in one.files]}
            for place in slack.places.values()
            for one in place.by_ts.values()
        ],
        "files": [
            {name: getattr(one, name) for name in OF_FILE}
            | {"content": base64.b64encode(one.content or b"").decode()}
            for one in slack.files.values()
        ],
    }


def signs(signer: Any) -> None:
    """Have the bench's database sign its journal from the start, where that edition signs."""
    usual: Any = slack_bench.Database  # type: ignore[attr-defined]

    def signing(url: str) -> Any:
        database = usual(url)
        if signer is not None:
            database.signer = signer
        return database

    slack_bench.Database = signing  # type: ignore[attr-defined,assignment]


def packed(path: Path, text: str) -> None:
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write(text.encode())


async def filled(home: Path) -> dict[str, Any]:
    """Fill the home; what Slack has at the end."""
    url = f"sqlite:///{home / 'intern.db'}"
    told = {"SUPER_INTERN_HOME": str(home), "DATABASE_URL": url}
    container = Container(Settings.read(told)).migrated()
    signs(getattr(container.database, "signer", None))
    async with bench_of(home, url=url) as bench:
        made = await fill(bench, container)
        slack = stored_slack(bench, made)
    container.database.close()
    return slack


def make(to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "super-intern.key").write_text(f"{KEY}\n")
        (home / "super-intern.key").chmod(0o600)
        slack = asyncio.run(filled(home))
        database = sqlite3.connect(home / "intern.db")
        packed(to / "database.sql.gz", "\n".join(database.iterdump()) + "\n")
        database.close()
    packed(to / "slack.json.gz", json.dumps(slack, indent=1, sort_keys=True))
    (to / "super-intern.key").write_text(f"{KEY}\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
