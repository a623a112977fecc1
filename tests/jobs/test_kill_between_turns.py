"""A process that is killed between two turns of a conversation with the AI, through the whole line.

Each time the process is killed at another place, rows are imported while it is away, and it starts
again a day later. Nothing is lost, nothing comes twice, and no call is paid twice.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.agent.turns import AgentTurn
from bot.audit.receipt import Receipt
from bot.core.writer import PENDING_END
from bot.data.metrics.answer_log import SalesAnswer
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from bot.tasks.models import Task
from tests.e2e.chaos import POLICY, migrated_postgres
from tests.fakes.claude import (
    UNDERSTANDS,
    ScriptedClaude,
    asked_request,
    fenced,
    is_judging,
    reading,
    understood,
    use,
)
from tests.support.dying_intern import DIE_AT
from tests.support.metric_queries import NEUTRAL
from tests.support.paths import ROOT
from tests.support.processes import Intern, kill_processes_of
from tests.support.slack_actions import press_stop
from tests.support.waiting import wait_until

# What is stored for a report: the message to be understood and its answer, then three turns with
# tools and the report, each with its answer, then the claim check and its verdicts. For a draft:
# one turn with a tool, and the text, with the same around them.
REPORT_PLACES, DRAFT_PLACES = 12, 8
REPORT_TURNS, DRAFT_TURNS = 4, 2
# The place at which the first figure of the report is stored, or the price that the tool found. A
# tool that had not run when the process died finds what was imported meanwhile.
FIRST_FIGURE = FIRST_PRICE = 5
DAY = 24 * 60 * 60
CUSTOMERS = 30  # that each import adds: more than a small group
CHANNEL, ASKER = "C0MARKET", "UMARIE"
QUESTION = "how many orders do we have?"
BRIEF = "an e-mail about our linen shirt"
MEASURES = ("orders", "customers", "units")
PRICE = re.compile(r"(f\d+): €(\d+\.\d\d) · price, Linen shirt")
CHECKED_PRICE = re.compile(r"^f\d+ price, .*?€(\d+\.\d\d)$", re.MULTILINE)


def answer(body: dict[str, Any]) -> Any:
    """An AI that reads, looks up and writes; what it does depends only on what it is sent."""
    first = text_of(body["messages"][0])
    if UNDERSTANDS in str(body.get("system")):
        is_question = QUESTION in fenced(first, "message")
        shirt = [reading("linen-shirt", "linen shirt")]
        mail = [reading("email", "an e-mail")]
        asked = (
            asked_request("answer") if is_question else asked_request(products=shirt, channels=mail)
        )
        return understood("requests", asked)
    turn = len(body["messages"]) // 2
    if "call_to_action" in str(body.get("output_config")):
        if turn == 0:
            return [use("product", {"product": "linen-shirt"})]
        return write_mail(text_of(body["messages"][-1]))
    if turn < len(MEASURES):
        look_up = {"dataset": "orders", "measures": [MEASURES[turn]], **NEUTRAL}
        return [use("query_metrics", look_up)]
    report = {"headline": "We have {f1}.", "points": ["They are of {f2}.", "They hold {f3}."]}
    return report | {"exhibit": "none", "cannot_tell": "none", "not_used": [], "next_steps": []}


def write_mail(found: str) -> dict[str, Any]:
    """A mail with the price that the tool has found, and its source."""
    ((name, price),) = PRICE.findall(found)
    body = f"One shirt for the hot days ahead. It is €{price}."
    texts = {
        "subject": "A shirt for slow mornings",
        "preheader": "It hangs by the door.",
        "body": body,
        "call_to_action": "See the shirt",
    }
    hooks = [("calm", "A shirt that waits for you"), ("light", "Put it on and go")]
    return {
        **{
            part: {"text": text, "facts": [name] if part == "body" else []}
            for part, text in texts.items()
        },
        "hooks": [{"angle": angle, "text": text, "facts": []} for angle, text in hooks],
    }


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(one.get("text") or str(one.get("content", "")) for one in content)


@dataclass
class Line:
    """A shop with an AI and an intern that can be killed. `imports` counts those of rows."""

    home: Path
    slack: LocalSlack
    claude: ScriptedClaude
    database: Database
    settings: dict[str, str]
    intern: Intern = field(init=False)
    imports: int = 0
    starts: int = 0

    @property
    def price(self) -> Decimal:
        return Decimal(59) + self.imports

    @property
    def orders(self) -> int:
        return CUSTOMERS * self.imports

    async def start(self) -> None:
        """Start a process; each is started a day after the last one."""
        settings = {**self.settings, "SUPER_INTERN_SECONDS_AHEAD": str(DAY * self.starts)}
        self.intern = Intern(self.slack, self.home, module="tests.support.dying_intern", **settings)
        self.starts += 1
        await self.intern.start()
        self.slack.transport.events_url = self.intern.url

    async def import_rows(self) -> None:
        """Import orders of new customers, and another price."""
        self.imports += 1
        day = f"{datetime.now(UTC) - timedelta(days=20):%Y-%m-%d}"
        rows = [
            f"o{self.imports}-{n};{day};c{self.imports}-{n};linen-shirt;1;59.00;EUR"
            for n in range(CUSTOMERS)
        ]
        head = "order;date;customer;product;quantity;amount;currency"
        (self.home / "orders.csv").write_text("\n".join([head, *rows]))
        shop = f"handle;name;price;currency\nlinen-shirt;Linen shirt;{self.price}.00;EUR\n"
        (self.home / "shop.csv").write_text(shop)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "import", "--yes", "orders.csv", "shop.csv"),
            cwd=self.home,
            env={"SUPER_INTERN_HOME": str(self.home), "PYTHONPATH": str(ROOT), **self.settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, printed.decode()

    async def ask(self, words: str) -> SlackMessage:
        text = f"<@{self.slack.bot_user}> {words}"
        return await self.slack.post_message(ASKER, CHANNEL, text)

    async def wait_for_death(self) -> None:
        assert self.intern.process is not None
        assert await asyncio.wait_for(self.intern.process.wait(), 60) == -9, self.intern.log()
        kill_processes_of(self.home)  # such as one that computes facts beforehand

    async def wait_for_card(self, said: SlackMessage) -> SlackMessage:
        def ended() -> bool:
            cards = self.cards(said)
            return bool(cards) and "'action_id': 'stop'" not in str(cards[0].blocks)

        await wait_until(self.slack, ended, 60)
        return self.cards(said)[0]

    def list_sent(self) -> list[str]:
        """The exact bodies of all calls to the AI."""
        return [asked.text for asked in self.claude.asked if asked.path == "/v1/messages"]

    def cards(self, said: SlackMessage) -> list[SlackMessage]:
        replies = self.slack.messages(CHANNEL, said.ts)
        return [one for one in replies if one.bot_id and not one.deleted]


@asynccontextmanager
async def open_line(home: Path, url: str | None) -> AsyncIterator[Line]:
    (home / "policy.toml").write_text(POLICY)
    async with LocalSlack(signing_secret="kill") as slack, ScriptedClaude(answer=answer) as claude:
        slack.people[ASKER].locale = "en-GB"
        slack.transport.retry_delays = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
        settings = {"ANTHROPIC_BASE_URL": claude.url, "ANTHROPIC_API_KEY": claude.key}
        database = Database(url or f"sqlite:///{home / 'super-intern.db'}")
        line = Line(
            home, slack, claude, database, settings | ({"DATABASE_URL": url} if url else {})
        )
        try:
            await line.import_rows()
            await line.start()
            yield line
        finally:
            await line.intern.kill()
            kill_processes_of(line.home)
            database.close()


@pytest.fixture
def line_url(request: pytest.FixtureRequest) -> str | None:
    """The database: None for the SQLite file of the home."""
    if request.param == "sqlite":
        return None
    return migrated_postgres(request.getfixturevalue("postgres_url"))


def list_messages(letter: dict[str, Any]) -> list[list[Any]]:
    """The contents of the messages, without the marks of what the server may keep."""
    contents = [one["content"] for one in letter["messages"]]
    blocks = [[{"type": "text", "text": one}] if isinstance(one, str) else one for one in contents]
    return [
        [{key: value for key, value in block.items() if key != "cache_control"} for block in some]
        for some in blocks
    ]


def check_calls(line: Line, since: int, task: str, turns: int, *, lost: int = 0) -> dict[str, Any]:
    """Each call since this one was sent once: the one that understands the message, the turns, of
    which each goes on from what was sent before, and the claim check. Each has one receipt of its
    exact bytes. Of the `lost` calls the receipt has no end; their bytes were sent again. Return the
    body of the claim check."""
    sent = line.list_sent()[since:]
    understanding, *conversation, claim_check = map(json.loads, sent)
    assert UNDERSTANDS in str(understanding["system"])
    assert is_judging(claim_check)
    assert len(conversation) == turns
    for earlier, later in pairwise(map(list_messages, conversation)):
        assert later[: len(earlier)] == earlier
        assert len(later) == len(earlier) + 2
    with line.database.begin() as session:
        receipts = Receipt.list_for_task(session, task)
        ended = [one for one in receipts if one.ended != PENDING_END]
        assert [one.sent for one in ended] == sent
        assert {(one.ended, one.reserved) for one in ended} == {("done", None)}
        assert len(receipts) == len(ended) + lost
        assert {one.sent for one in receipts} == set(sent)
        assert not session.scalar(select(func.count()).select_from(AgentTurn))
    return dict(claim_check)


def check_draft(line: Line, said: SlackMessage) -> Draft:
    """There is one task, one card and one draft of it."""
    with line.database.begin() as session:
        (task,) = session.scalars(select(Task).order_by(Task.changed_at.desc()).limit(1))
        (draft,) = session.scalars(select(Draft).where(Draft.task == task.id))
        assert task.state == "done"
        assert len(line.cards(said)) == 1
        assert {row.piece for row in session.scalars(select(SalesAnswer))} <= {None}
        return draft


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("line_url", ["sqlite", "postgres"], indirect=True)
async def test_report_of_a_process_killed_between_any_two_turns(
    tmp_path: Path, line_url: str | None
) -> None:
    async with open_line(tmp_path, line_url) as line:
        for place in range(1, REPORT_PLACES + 1):
            before = len(line.list_sent())
            orders = line.orders
            (line.home / DIE_AT).write_text(str(place))
            said = await line.ask(QUESTION)
            await line.wait_for_death()
            await line.import_rows()
            await line.start()
            card = await line.wait_for_card(said)
            known = orders if place >= FIRST_FIGURE else line.orders
            assert card.text == f"We have {known}\u00a0orders.", place
            draft = check_draft(line, said)
            # At each second place a receipt is stored, and its bytes have not left.
            lost = place % 2
            claim_check = check_calls(line, before, draft.task, REPORT_TURNS, lost=lost)
            facts = fenced(text_of(claim_check["messages"][0]), "facts")
            assert f": {known} orders (" in facts, place
            assert line.slack.status(CHANNEL, said.ts) == ""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("line_url", ["sqlite", "postgres"], indirect=True)
async def test_draft_of_a_process_killed_between_any_two_turns(
    tmp_path: Path, line_url: str | None
) -> None:
    async with open_line(tmp_path, line_url) as line:
        for place in range(1, DRAFT_PLACES + 1):
            before = len(line.list_sent())
            price = line.price
            (line.home / DIE_AT).write_text(str(place))
            said = await line.ask(BRIEF)
            await line.wait_for_death()
            await line.import_rows()
            await line.start()
            await line.wait_for_card(said)
            known = price if place >= FIRST_PRICE else line.price
            draft = check_draft(line, said)
            assert any(f"It is €{known}.00." in part.text for part in draft.parts), place
            assert not draft.list_blocking_checks(), place
            claim_check = check_calls(line, before, draft.task, DRAFT_TURNS, lost=place % 2)
            facts = fenced(text_of(claim_check["messages"][0]), "facts")
            assert CHECKED_PRICE.findall(facts) == [f"{known}.00"], place
            assert line.slack.status(CHANNEL, said.ts) == ""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("line_url", ["sqlite", "postgres"], indirect=True)
async def test_call_that_was_under_way_is_sent_again_and_counts_with_its_most(
    tmp_path: Path, line_url: str | None
) -> None:
    async with open_line(tmp_path, line_url) as line:
        line.claude.delay = 120
        said = await line.ask(QUESTION)
        await asyncio.wait_for(line.claude.answering.wait(), 60)
        await line.intern.kill()
        line.claude.delay = 0
        await line.start()
        card = await line.wait_for_card(said)
        assert card.text == f"We have {line.orders}\u00a0orders."
        draft = check_draft(line, said)
        died, again, *_ = line.list_sent()
        assert again == died
        with line.database.begin() as session:
            lost = Receipt.list_for_task(session, draft.task)[0]
            assert lost.sent == died
            assert lost.usd is None
            assert lost.reserved
        check_calls(line, 1, draft.task, REPORT_TURNS, lost=1)
        assert line.slack.status(CHANNEL, said.ts) == ""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("line_url", ["sqlite", "postgres"], indirect=True)
async def test_stop_cuts_the_call_short_and_clears_the_status(
    tmp_path: Path, line_url: str | None
) -> None:
    async with open_line(tmp_path, line_url) as line:
        line.claude.delay = 120
        said = await line.ask(QUESTION)
        await asyncio.wait_for(line.claude.answering.wait(), 60)
        await wait_until(line.slack, lambda: line.slack.status(CHANNEL, said.ts), 60)
        await press_stop(line.slack, ASKER, CHANNEL, said.ts)
        await wait_until(line.slack, lambda: not line.claude.open, 60)
        await wait_until(line.slack, lambda: not line.slack.status(CHANNEL, said.ts), 60)
        assert await line.intern.end(60) == 0
        assert len(line.claude.letters) == 1
        with line.database.begin() as session:
            (task,) = session.scalars(select(Task))
            assert task.state == "stopped"
            assert not session.scalar(select(func.count()).select_from(Draft))
            assert not session.scalar(select(func.count()).select_from(AgentTurn))
