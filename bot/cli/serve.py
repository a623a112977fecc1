"""`serve` and `work`: Slack answered, the work done, until the process is asked to end."""

import argparse
import asyncio
import contextlib
import logging
import signal
from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.app import Container
from bot.audiences.exporter import AudienceExporter
from bot.cli.digest import classify_digest, draft_digest
from bot.config.clock import now, set_clock_ahead
from bot.config.settings import Settings, SlackCommand, find_setting_problems
from bot.core.writer import Writer
from bot.data.analyses.precompute import list_due_jobs as to_freshen
from bot.data.analyses.precompute import precompute_facts
from bot.data.ingest.import_job import ImportJob
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.live.endpoint import add_library_route
from bot.data.ingest.watch_folder import WatchFolder
from bot.data.warehouse.integrity import mark_damaged
from bot.db.session import Database
from bot.db.sqlite_file import check_database
from bot.delivery.attribution import AttributionJob, AttributionTrigger
from bot.digests import models
from bot.digests.alerts import AlertJob
from bot.digests.history import DigestHistory
from bot.digests.models import find_due_digests as digests_due
from bot.digests.run import DigestJob, DigestStatus
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.engine import Engine
from bot.jobs.queues import QueueLimits
from bot.jobs.scheduler import JobScheduler, find_due_merges
from bot.jobs.worker import Worker
from bot.messages.outbox import OutboxMessage
from bot.slack.app import make_app
from bot.slack.client import make_client, make_session
from bot.slack.gateway import SlackGateway
from bot.slack.http import make_web_app
from bot.slack.location import Place, add_heirs
from bot.slack.membership import Membership
from bot.slack.published_heads import HeadPublisher, record_policies
from bot.slack.services import SlackServices as SlackHouse
from bot.slack.socket_mode import make_socket_mode
from bot.slack.users import UserDirectory
from bot.tasks.models import NewTask
from bot.tasks.run import TaskServices
from bot.text.escape import escape_line, strip_hidden
from bot.web.server import start_server

# Lines of the log: one record is one line, and nothing in it moves a terminal's cursor.

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLineFormatter(logging.Formatter):
    """A message that holds a newline can't pass for a record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  as logging calls it
        record.message = escape_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return strip_hidden(super().format(record))


def build_log_handler() -> logging.Handler:
    """To standard error, as `logging.basicConfig` does it."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter(LOG_FORMAT))
    return handler


log = logging.getLogger("bot.serve")


async def serve_(settings: Settings, chosen: argparse.Namespace) -> None:
    """Web and worker in one process; with --web-only the work is left to others."""
    if chosen.migrate:
        await _migrate(settings, "serve")
    await ServerProcess(settings, listens=True, works=not chosen.web_only).run()


async def work_(settings: Settings, chosen: argparse.Namespace) -> None:
    if chosen.migrate:
        await _migrate(settings, "work")
    await ServerProcess(settings, listens=False, works=True).run()


async def _migrate(settings: Settings, door: SlackCommand) -> None:
    """Bring the database up to date, unless the process could not start anyway."""
    _demand_settings(settings, door)
    check_database(settings)
    house = Container(settings)
    try:
        await house.migrate()
    finally:
        house.database.close()


def _demand_settings(settings: Settings, door: SlackCommand) -> None:
    if troubles := find_setting_problems(settings, door):
        raise CannotDo(Words("{what}", what="\n".join(troubles)))


class ServerProcess:
    """One process's lifetime."""

    def __init__(self, settings: Settings, *, listens: bool, works: bool) -> None:
        self.settings, self.listens, self.works = settings, listens, works
        _demand_settings(settings, "serve" if listens else "work")
        logging.basicConfig(level=settings.log, handlers=[build_log_handler()])
        for noisy in ("alembic", "slack_sdk", "httpx2", "aiohttp.access"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        set_clock_ahead(settings.seconds_ahead)
        check_database(settings)
        self.house = Container(settings).migrated()
        for fault in mark_damaged(settings.home, self.house.database, now()):
            log.error("%s", fault.sentence)

    async def run(self) -> None:
        ending = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, ending.set)
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            log.info("ready")
            await ending.wait()
            log.info("ending")

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Everything up, in the order in which it needs the others; closed the other way round."""
        settings, house = self.settings, self.house
        stack.callback(house.database.close)
        engine = Engine(house.database, now, self._limits())
        session = await stack.enter_async_context(make_session())
        token = settings.slack_bot_token
        client = make_client(
            token.get_secret_value() if token else "", settings.slack_api_url, session
        )
        slack = SlackHouse(
            database=house.database,
            enqueue=engine.enqueue,
            policy=house.policy,
            brand=house.brand,
            client=client,
            now=now,
            stop_task=lambda task: engine.stop(f"work:{task}:0"),
            home=settings.home,
            audience=AudienceExporter(house).export,
        )
        people = UserDirectory(client)
        membership = Membership(slack, people)
        stack.callback(asyncio.create_task(self._install(membership)).cancel)
        writer = house.writer()
        stack.push_async_callback(writer.close)
        stack.push_async_callback(engine.close)  # the jobs end while they can still reach Slack
        if self.works:
            checking = asyncio.create_task(self._check(writer))
            stack.callback(checking.cancel)
            outside = SlackGateway(slack, people, process=engine.id, membership=membership)
            worker = self._worker(engine, outside, writer)
            await engine.launch(worker.jobs, worker.give_up)
        clock = JobScheduler(
            house.database,
            now,
            engine.enqueue,
            (
                find_due_merges,
                OutboxMessage.list_stale_cards,
                WatchFolder(house).due,
                digests_due,
                models.find_due_alerts,
                AttributionTrigger(house).due,
                to_freshen,
                HeadPublisher(house, engine.enqueue).due,
                partial(record_policies, house),
            ),
        )
        clock.start()
        stack.callback(clock.close)
        if self.listens:
            await self._listen(stack, slack, people, membership)

    async def _check(self, writer: Writer) -> None:
        """Said in the log once known; answering Slack does not wait for it. A limit of 0 calls
        nobody."""
        if self.house.policy("").spend.usd_a_day == 0:
            return
        if (trouble := await writer.check()) is not None:
            log.warning("%s", trouble.to("en"))

    async def _install(self, membership: Membership) -> None:
        """Whose token this is, asked before anybody writes; else with the first request."""
        with contextlib.suppress(TryAgain):
            await membership.installation()

    def _worker(self, engine: Engine, outside: SlackGateway, writer: Writer) -> Worker:
        house = self.house
        means = TaskServices(
            database=house.database,
            enqueue=engine.enqueue,
            outside=outside,
            writer=writer,
            library=house.library,
            brand=house.brand,
            policy=house.policy,
            now=now,
            besides=DigestHistory(house).besides,
            may=outside.may,
            admit=outside.admit,
        )
        stocktaking = ImportJob(
            house.database,
            engine.enqueue,
            outside,
            LibraryImporter(house),
            house.settings.home,
            now,
        )
        digesting = self._digesting(engine)
        return Worker(
            means,
            failing={"digest": digesting.fail, "work": digesting.fail_late},
            besides={
                "merge": house.live_rows().do,
                "inbox": WatchFolder(house).do,
                "join": AttributionJob(house, engine.enqueue).do,
                "digest": digesting.run,
                "freshen": precompute_facts,
                "tell": outside.send_ephemeral,
                "say": outside.post_notice,
                "look": self._alerting(engine).run,
                "publish": HeadPublisher(house, engine.enqueue).run,
            },
            stocktaking=stocktaking,
        )

    def _digesting(self, engine: Engine) -> DigestJob:
        house = self.house

        async def moved(wish: NewTask) -> DigestStatus:
            return classify_digest(await draft_digest(house, wish))

        return DigestJob(house.database, engine.enqueue, now, moved, self._reach)

    def _alerting(self, engine: Engine) -> AlertJob:
        look = DigestHistory(self.house).alarming
        return AlertJob(self.house.database, engine.enqueue, now, look, self._reach)

    def _reach(self, workspace: str, place: Place, alone: bool) -> Place:
        return add_heirs(place, self.house.policy(workspace).approvers, private=alone)

    def _limits(self) -> QueueLimits:
        settings = self.settings
        return QueueLimits(
            drafts=settings.concurrency,
            drafts_per_workspace=settings.concurrency_per_workspace,
            poll=settings.poll_seconds,
        )

    async def _listen(
        self,
        stack: contextlib.AsyncExitStack,
        slack: SlackHouse,
        people: UserDirectory,
        membership: Membership,
    ) -> None:
        given = self.settings.slack_signing_secret
        secret = given.get_secret_value() if given else ""
        app, later = make_app(slack, people, secret, membership=membership)
        stack.push_async_callback(later.close)
        if token := self.settings.slack_app_token:
            socket = make_socket_mode(app, slack, token.get_secret_value())
            await socket.connect_async()
            stack.push_async_callback(socket.close_async)
        site = make_web_app(app, self._health(slack.database), secret)
        add_library_route(site, self.house.live_rows())
        host, port = self.settings.host, self.settings.port
        await stack.enter_async_context(start_server(site, host, port))

    def _health(self, database: Database) -> Any:
        well = True

        async def health() -> Mapping[str, Any]:
            from sqlalchemy import text

            nonlocal well

            try:
                async with asyncio.timeout(2):
                    await database.run(lambda s: s.execute(text("SELECT 1")).all())
            except Exception as error:  # noqa: BLE001  whatever it is, we are not well
                if well:
                    log.error("the database does not answer: %s", type(error).__name__)
                well = False
                return {"ok": False}
            well = True
            return {"ok": True}

        return health
