"""The test bench: an intern without its engine and its writer, on a local Slack. Tests run its
jobs by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit.journal import Signer
from bot.config.brand import Brand
from bot.config.policy import Access, ApprovalPolicy, DeliveryPolicy, Policy
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.parts import Copy, Hook, NextStep, Part
from bot.core.request import Brief, Question, SkillRequest
from bot.data.ingest.import_job import ImportJob, MappingProposer, propose_nothing
from bot.data.ingest.importer import LibraryImporter
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import Draft, DraftImage
from bot.errors import TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.messages.outbox import OutboxMessage
from bot.playground.block_kit import View
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from bot.slack.app import make_app, make_socket_mode
from bot.slack.client import SlackServices, make_client, make_session
from bot.slack.gateway import SlackGateway
from bot.slack.http import make_web_app
from bot.slack.listeners import BackgroundTasks
from bot.slack.manifest import list_bot_scopes
from bot.slack.membership import Membership
from bot.slack.users import UserDirectory
from bot.tasks.models import Task
from bot.web.server import start_server
from tests.support.counting_importer import Stockroom
from tests.support.empty_databases import create_sqlite
from tests.support.socket_mode import SocketSlack
from tests.support.waiting import wait_until

MARIE, MAX, LEA, OTTO = "UMARIE", "UMAX", "ULEA", "UOTTO"
MARKETING, LAUNCHES, RANDOM, TEAM = "C0MARKET", "C0LAUNCH", "C0SECRET", "T0SHOP"
POLICY = Policy(
    approval=ApprovalPolicy(approvers=(MAX, LEA)),
    delivery=DeliveryPolicy(channels=(LAUNCHES,)),
    access=Access(
        import_=(MARIE, MAX, LEA), export=(MARIE, MAX, LEA), administer=(MARIE, MAX, LEA)
    ),
)
BRAND = Brand(name="Maison Lin", site="https://shop.example", languages=("en", "fr"))
PARTS = (
    Part(kind="copy", key="subject", title="Subject", body=Copy(text="A shirt for hot days")),
    Part(kind="copy", key="body", title="Body", body=Copy(text="Linen breathes.")),
)
SECRET = "a signing secret"
PATIENT = 20.0  # seconds; generous, because a busy machine must not fail a test


@dataclass
class Bench:
    """`run` does the work of the engine and the worker: each job once, in the order of the
    queue."""

    slack: LocalSlack
    database: Database
    services: SlackServices
    outside: SlackGateway
    later: BackgroundTasks
    jobs: list[Job] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    stopped: list[str] = field(default_factory=list)
    parts: tuple[Part, ...] = PARTS
    checks: tuple[Check, ...] = ()
    leads: tuple[NextStep, ...] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)
    channel: str | None = "email"
    by_rules: bool = True
    question: Question | None = None
    policy: Policy = POLICY
    stockroom: Stockroom = field(default_factory=Stockroom)
    stock: LibraryImporter | None = None  # a real importer instead of the stockroom
    propose: MappingProposer = propose_nothing  # of columns of unknown files
    do_work: Callable[[str], Awaitable[None]] | None = None  # a real worker instead of the bench
    do_check: Callable[[str], Awaitable[None]] | None = None

    @property
    def stocktaking(self) -> ImportJob:
        home = self.services.home
        assert home is not None
        self.stockroom.database = self.database
        stock = self.stock or cast(LibraryImporter, self.stockroom)
        to = (self.database, self.enqueue, self.outside, stock, home, self.services.now)
        return ImportJob(*to, propose=self.propose)

    async def _understand(self, id: str) -> None:
        await self.stocktaking.understand(id)

    async def _take_in(self, id: str) -> None:
        await self.stocktaking.take_in(id)

    def enqueue(self, session: Session, job: Job) -> None:
        if job.id not in self.done and all(job.id != one.id for one in self.jobs):
            self.jobs.append(job)

    async def run(self, *kinds: str) -> None:
        """Run all jobs and the jobs that they enqueue; with `kinds`, only those."""
        await self.settled()
        while wanted := [job for job in self.jobs if not kinds or job.kind in kinds]:
            job = wanted[0]
            self.jobs.remove(job)
            self.done.add(job.id)
            try:
                await getattr(self, f"_{job.kind}")(job.subject)
            except BaseException:
                self.done.discard(job.id)
                self.jobs.append(job)
                raise
        await self.settled()

    async def run_ephemerals(self) -> None:
        """Run the jobs that show ephemeral messages, retried as the engine would."""
        for _ in range(6):
            with contextlib.suppress(TryAgain):
                await self.run("tell")
                break

    async def settled(self) -> None:
        await self.slack.wait_for_deliveries()
        await self.later.close()

    async def _show(self, id: str) -> None:
        async with asyncio.timeout(30):
            await self.outside.show(id)

    async def _tell(self, id: str) -> None:
        async with asyncio.timeout(30):
            await self.outside.send_ephemeral(id)

    async def _say(self, id: str) -> None:
        async with asyncio.timeout(30):
            await self.outside.post_notice(id)

    async def _work(self, id: str) -> None:
        if self.do_work is not None:
            await self.do_work(id)
            return
        await self._show(f"{id}.0:card")
        with self.database.begin() as session:
            task = session.get_one(Task, id)
            if not task.start(self.services.now()):
                return
            if self.question:
                task.ask(session, self.enqueue, self.question, self.services.now())
            else:
                self._draft(session, task)
        await self._show(f"{id}.0:card")

    def _draft(self, session: Session, task: Task) -> None:
        brief = Brief(words=task.words, author=task.author, language="en", channels=("email",))
        Draft.store_new(
            session,
            workspace=task.workspace,
            task=task.id,
            number=0,
            request=SkillRequest(skill="draft", brief=brief, channel=self.channel),
            parts=self.parts,
            hooks=(Hook(angle="comfort", text="Cool all day"),),
            evidence=Evidence(),
            checks=self.checks,
            writer="rules",
            by_rules=self.by_rules,
            now=self.services.now(),
            leads=self.leads,
            before=session.get(Draft, task.previous) if task.previous else None,
        )
        DraftImage.store(session, task.workspace, self.pictures, self.services.now())
        task.finish(session, self.enqueue, self.services.now())

    async def _check(self, id: str) -> None:
        if self.do_check is not None:
            await self.do_check(id)
            return
        with self.database.begin() as session:
            draft = session.get_one(Draft, id)
            draft.store_checks(session, self.enqueue, (), Evidence(), self.services.now())

    async def _deliver(self, id: str) -> None:
        with self.database.begin() as session:
            delivery = session.get_one(Delivery, id)
            if not delivery.mark_sending(session, session.get_one(Draft, delivery.draft)):
                return
        async with asyncio.timeout(30):
            await self.outside.deliver(id)
        with self.database.begin() as session:
            delivery = session.get_one(Delivery, id)
            draft = session.get_one(Draft, delivery.draft)
            delivery.mark_sent(session, self.enqueue, draft, self.services.now())

    # What tests inspect.

    def rows(self, row: type[Any]) -> list[Any]:
        with self.database.begin() as session:
            return list(session.scalars(select(row)))

    @property
    def tasks(self) -> list[Task]:
        return sorted(self.rows(Task), key=lambda task: task.made_at)

    @property
    def drafts(self) -> list[Draft]:
        return sorted(self.rows(Draft), key=lambda draft: (draft.made_at, draft.version))

    def said(self, channel: str = MARKETING, thread: str | None = None) -> list[SlackMessage]:
        """Return the intern's messages in a channel, including threads."""
        mine = [m for m in self.slack.transcript(channel) if m.bot_id == self.slack.bot_id]
        return [m for m in mine if thread is None or m.thread_ts == thread]

    def whispers(self, user: str, channel: str = MARKETING) -> list[str]:
        return [message.text for message in self.slack.ephemerals(user, channel)]

    def in_dm(self, user: str) -> list[SlackMessage]:
        return self.said(self.slack.open_direct_message(user))

    def posts(self) -> dict[str, OutboxMessage]:
        return {post.id: post for post in self.rows(OutboxMessage)}

    # What people do.

    async def drafted(
        self,
        user: str = MARIE,
        channel: str = MARKETING,
        words: str = "e-mail: our linen shirt is back",
    ) -> SlackMessage:
        """Make a request, draft it and return its card."""
        before = len(self.tasks)
        assert (await self.slack.command(user, channel, "/draft", words)).ok
        await self.run()
        task = self.tasks[before]
        post = self.posts()[f"{task.id}.0:card"]
        return self.slack.places[str(post.channel)].by_ts[str(post.ts)]

    async def press(
        self, user: str, card: SlackMessage, action: str, pick: str | None = None
    ) -> None:
        """Press a button and run what follows the answer."""
        chosen = option_for(card, action, pick) if pick else None
        answer = await self.slack.click(user, card.channel, card.ts, action, value=chosen)
        assert answer.ok, answer
        await self.run_ephemerals()

    def form(self, user: str) -> View:
        return self.slack.open_views(user)[-1]

    async def approved(self, by: str = MAX) -> SlackMessage:
        card = await self.drafted()
        await self.press(by, card, "approve")
        await self.run()
        return card


def option_for(card: SlackMessage, action: str, pick: str) -> Any:
    """Return the value of the menu option, or of the button, whose reference has this pick."""
    for block in card.blocks:
        for one in [*block.get("elements", []), block.get("accessory") or {}]:
            if one.get("action_id") == action:
                for option in one.get("options", []):
                    if f'"p":"{pick}"' in option["value"]:
                        return option["value"]
    raise AssertionError(f"no {pick} in {action}")


def buttons(card: SlackMessage) -> list[str]:
    found = []
    for block in card.blocks:
        for one in [*block.get("elements", []), block.get("accessory") or {}]:
            if "action_id" in one:
                found.append(one["action_id"])
    return found


def text_of(value: Any) -> str:
    """Return all readable text of a message or view."""
    if isinstance(value, SlackMessage):
        return "\n".join([value.text, text_of(value.blocks)])
    if isinstance(value, dict):
        hidden = ("type", "value", "action_id", "block_id", "private_metadata", "url")
        return "\n".join(text_of(one) for key, one in value.items() if key not in hidden)
    if isinstance(value, list):
        return "\n".join(text_of(one) for one in value)
    return value if isinstance(value, str) else ""


@contextlib.asynccontextmanager
async def bench_of(
    home: Path,
    *,
    socket: bool = False,
    health: Callable[[], Any] | None = None,
    url: str | None = None,
    signer: Signer | None = None,
    has_ai: bool = False,
    brand: Brand = BRAND,
) -> AsyncIterator[Bench]:
    """Start the whole bench without a draft, over HTTP or Socket Mode. It uses SQLite unless
    the `url` of a migrated database is given; with a `signer` the journal is signed from the
    start. With `has_ai` messages are stored for an AI to read."""
    database = Database(url or create_sqlite(home / "intern.db"))
    database.signer = signer
    slack_class = SocketSlack if socket else LocalSlack
    async with (
        slack_class(SECRET, scopes=list_bot_scopes()) as slack,
        make_session() as session,
    ):
        slack.transport.retry_delays = (0.02, 0.02)
        slack.trigger_seconds = slack.transport.ack_timeout = PATIENT
        client = make_client(slack.bot_token, slack.url, session)
        held: list[Bench] = []

        async def stop(task: str) -> None:
            held[0].stopped.append(task)

        services = SlackServices(
            database=database,
            enqueue=lambda s, job: held[0].enqueue(s, job),
            policy=lambda _: held[0].policy,
            brand=lambda _: brand,
            client=client,
            now=lambda: datetime.now(UTC),
            stop_task=stop,
            has_ai=has_ai,
            home=home,
        )
        people = UserDirectory(client)
        membership = Membership(services, people)
        await membership.installation()  # every process does this when it starts
        slack.calls.clear()
        app, later = make_app(services, people, SECRET, history_lag=0.05, membership=membership)
        outside = SlackGateway(services, people, history_lag=0.05, membership=membership)
        held.append(Bench(slack, database, services, outside, later))

        async def well() -> dict[str, Any]:
            return {"ok": True}

        site = make_web_app(app, health or well, SECRET)
        stack = contextlib.AsyncExitStack()
        try:
            if isinstance(slack, SocketSlack):
                connection = make_socket_mode(app, services, slack.app_token)
                await connection.connect_async()  # type: ignore[no-untyped-call]
                await wait_until(slack, lambda: slack.sockets.connections)
            else:
                port = await stack.enter_async_context(start_server(site, "127.0.0.1", 0))
                slack.transport.events_url = f"http://127.0.0.1:{port}/slack/events"
            yield held[0]
            if isinstance(slack, SocketSlack):
                await connection.close_async()  # type: ignore[no-untyped-call]
        finally:
            await later.close()
            await stack.aclose()
            database.close()


def blocked(override: bool = True) -> Check:
    words = Words("{figure} has no source.", figure="20 %")
    return Check(rule="figure", level="block", words=words, part="body", override=override)


def with_approval(policy: Policy, **more: Any) -> Policy:
    approval: ApprovalPolicy = policy.approval.model_copy(update=more)
    return policy.model_copy(update={"approval": approval})
