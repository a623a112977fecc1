"""`serve` and `work`: answer Slack and run jobs until the process is asked to end."""

import argparse
import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, cast

from bot.agent.column_mapping import ColumnMapper
from bot.agent.llm.turn import TurnModel
from bot.agent.theme_labelling import ThemeLabelJob
from bot.agent.turns import AgentTurn
from bot.app import Container
from bot.audiences.exporter import AudienceExporter
from bot.cli.digest import classify_digest, draft_digest
from bot.config.clock import now, set_clock_ahead
from bot.config.settings import Settings, SlackCommand, find_setting_problems
from bot.core.writer import Writer
from bot.data.analyses.cache import list_due_jobs as list_due_precomputations
from bot.data.analyses.cache import precompute_facts
from bot.data.ingest.import_job import ImportJob, propose_nothing
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.live.endpoint import add_library_route
from bot.data.ingest.watch_folder import WatchFolder
from bot.data.warehouse.integrity import mark_damaged
from bot.db.session import Database
from bot.db.sqlite_file import check_database
from bot.delivery.attribution import AttributionJob, AttributionTrigger
from bot.digests import models
from bot.digests.digest_jobs import (
    ALARM_KINDS,
    MONEY_KINDS,
    AlertJob,
    DigestJob,
    DigestStatus,
    ImportFindings,
)
from bot.digests.history import DigestHistory, load_findings
from bot.digests.models import find_due_digests
from bot.errors import CannotDo, TryAgain
from bot.jobs.engine import Engine
from bot.jobs.models import QueueLimits
from bot.jobs.scheduler import JobScheduler, find_due_merges
from bot.jobs.worker import Worker
from bot.messages.outbox import OutboxMessage
from bot.slack.app import make_app, make_socket_mode
from bot.slack.client import SlackServices, make_client, make_session
from bot.slack.gateway import SlackGateway
from bot.slack.http import make_web_app
from bot.slack.membership import Membership
from bot.slack.notices import HeadPublisher, record_policies
from bot.slack.threads import Place, add_heirs
from bot.slack.users import UserDirectory
from bot.tasks.models import NewTask
from bot.tasks.run import clear_statuses
from bot.tasks.services import TaskServices
from bot.text.escape import escape_line, strip_hidden
from bot.web.server import start_server

# Log lines: one record is one line, and nothing in it can move a terminal's cursor.

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLineFormatter(logging.Formatter):
    """Formats a record as one line, so that a newline in a message can't forge a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  as logging calls it
        record.message = escape_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return strip_hidden(super().format(record))


def build_log_handler() -> logging.Handler:
    """Return a handler that logs to standard error, like that of `logging.basicConfig`."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter(LOG_FORMAT))
    return handler


log = logging.getLogger("bot.serve")


async def serve_(settings: Settings, args: argparse.Namespace) -> None:
    """Run web server and worker in one process; with --web-only, only the web server."""
    if args.migrate:
        await _migrate(settings, "serve")
    await ServerProcess(settings, listens=True, works=not args.web_only).run()


async def work_(settings: Settings, args: argparse.Namespace) -> None:
    if args.migrate:
        await _migrate(settings, "work")
    await ServerProcess(settings, listens=False, works=True).run()


async def _migrate(settings: Settings, command: SlackCommand) -> None:
    """Migrate the database, unless the process could not start anyway."""
    _require_settings(settings, command)
    check_database(settings)
    container = Container(settings)
    try:
        await container.migrate()
    finally:
        container.database.close()


def _require_settings(settings: Settings, command: SlackCommand) -> None:
    if troubles := find_setting_problems(settings, command):
        raise CannotDo("{what}", what="\n".join(troubles))


class ServerProcess:
    def __init__(self, settings: Settings, *, listens: bool, works: bool) -> None:
        self.settings, self.listens, self.works = settings, listens, works
        _require_settings(settings, "serve" if listens else "work")
        logging.basicConfig(level=settings.log, handlers=[build_log_handler()])
        for name in ("alembic", "slack_sdk", "httpx2", "aiohttp.access"):
            logging.getLogger(name).setLevel(logging.WARNING)
        set_clock_ahead(settings.seconds_ahead)
        check_database(settings)
        self.container = Container(settings).migrated()
        for fault in mark_damaged(settings.home, self.container.database, now()):
            log.error("%s", fault.sentence)

    async def run(self) -> None:
        ending = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, ending.set)
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            gc.freeze()  # what stands until the end; collecting it stops all work for 0.1 s
            log.info("ready")
            await ending.wait()
            log.info("ending")

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Start the components in the order of their dependencies; they close in reverse order."""
        settings, container = self.settings, self.container
        stack.callback(container.database.close)
        engine = Engine(container.database, now, self._limits())
        session = await stack.enter_async_context(make_session())
        token = settings.slack_bot_token
        client = make_client(
            token.get_secret_value() if token else "", settings.slack_api_url, session
        )
        slack = SlackServices(
            database=container.database,
            enqueue=engine.enqueue,
            policy=container.policy,
            brand=container.brand,
            client=client,
            now=now,
            stop_task=lambda task: engine.stop(f"work:{task}:0"),
            home=settings.home,
            has_ai=settings.writer == "claude",
            places=settings.concurrency_per_workspace,
            audience=AudienceExporter(container).export,
        )
        people = UserDirectory(client)
        membership = Membership(slack, people)
        stack.callback(asyncio.create_task(self._resolve_installation(membership)).cancel)
        writer = container.writer()
        stack.push_async_callback(writer.close)
        stack.push_async_callback(engine.close)  # running jobs end while Slack is still reachable
        if self.works:
            checking = asyncio.create_task(self._check_writer(writer))
            stack.callback(checking.cancel)
            outside = SlackGateway(slack, people, process=engine.id, membership=membership)
            worker = self._build_worker(engine, outside, writer)
            await engine.launch(worker.jobs, worker.give_up)
            clearing = asyncio.create_task(clear_statuses(worker.context))
            stack.callback(clearing.cancel)
        clock = JobScheduler(
            container.database,
            now,
            engine.enqueue,
            (
                find_due_merges,
                OutboxMessage.list_stale_cards,
                AgentTurn.delete_old,
                WatchFolder(container).due,
                find_due_digests,
                models.find_due_alerts,
                AttributionTrigger(container).list_due_jobs,
                list_due_precomputations,
                HeadPublisher(container, engine.enqueue).due,
                partial(record_policies, container),
            ),
        )
        clock.start()
        stack.callback(clock.close)
        if self.listens:
            await self._listen(stack, slack, people, membership)

    async def _check_writer(self, writer: Writer) -> None:
        """Log what is wrong with the writer; answering Slack does not wait for this check. With a
        spending limit of 0, the writer is not called."""
        if self.container.policy("").spend.usd_a_day == 0:
            return
        if (trouble := await writer.check()) is not None:
            log.warning("%s", trouble.to("en"))

    async def _resolve_installation(self, membership: Membership) -> None:
        """Find out the token's workspace early; on failure, the first request will do it."""
        with contextlib.suppress(TryAgain):
            await membership.installation()

    def _build_worker(self, engine: Engine, outside: SlackGateway, writer: Writer) -> Worker:
        container = self.container
        services = TaskServices(
            database=container.database,
            enqueue=engine.enqueue,
            slack=outside,
            writer=writer,
            library=container.library,
            brand=container.brand,
            policy=container.policy,
            now=now,
            extra_facts=DigestHistory(container).load_extra_facts,
            has_right=outside.may,
            check_admission=outside.admit,
            offline=container.offline_writer(),
            key=container.row_store.key,
            task_seconds=container.settings.task_seconds,
            examples=container.examples(),
        )
        mapper = ColumnMapper(
            cast(TurnModel, writer),
            services.spending,
            container.row_store.key,
            lambda workspace: container.policy(workspace).library.mapping,
        )
        import_job = ImportJob(
            container.database,
            engine.enqueue,
            outside,
            LibraryImporter(container),
            container.settings.home,
            now,
            ImportFindings(
                container.database, partial(load_findings, container, MONEY_KINDS), outside.say
            ).post,
            propose_nothing if writer.by_rules else mapper.propose,
        )
        digest_job = self._build_digest_job(engine)
        return Worker(
            services,
            failure_handlers={"digest": digest_job.fail, "work": digest_job.fail_late},
            extra_handlers={
                "merge": container.live_rows().do,
                "inbox": WatchFolder(container).do,
                "join": AttributionJob(container, engine.enqueue).run,
                "digest": digest_job.run,
                "freshen": self._build_freshen_job(services, writer),
                "tell": outside.send_ephemeral,
                "say": outside.post_notice,
                "look": self._build_alert_job(engine).run,
                "publish": HeadPublisher(container, engine.enqueue).run,
            },
            import_job=import_job,
        )

    def _build_freshen_job(
        self, services: TaskServices, writer: Writer
    ) -> Callable[[str], Awaitable[None]]:
        """Return the job after imports: an AI reads the themes of new texts, then the facts are
        computed."""
        container = self.container
        labels = ThemeLabelJob(
            cast(TurnModel, writer),
            services.spending,
            container.library,
            lambda workspace: container.policy(workspace).library,
        )

        async def freshen(subject: str) -> None:
            if not writer.by_rules:
                await labels.run(subject)
            await precompute_facts(subject)

        return freshen

    def _build_digest_job(self, engine: Engine) -> DigestJob:
        container = self.container

        async def moved(wish: NewTask) -> DigestStatus:
            return classify_digest(await draft_digest(container, wish))

        return DigestJob(container.database, engine.enqueue, now, moved, self._reach)

    def _build_alert_job(self, engine: Engine) -> AlertJob:
        look = partial(load_findings, self.container, ALARM_KINDS)
        return AlertJob(self.container.database, engine.enqueue, now, look, self._reach)

    def _reach(self, workspace: str, place: Place, alone: bool) -> Place:
        return add_heirs(place, self.container.policy(workspace).approvers, private=alone)

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
        slack: SlackServices,
        people: UserDirectory,
        membership: Membership,
    ) -> None:
        given = self.settings.slack_signing_secret
        secret = given.get_secret_value() if given else ""
        app, later = make_app(slack, people, secret, membership=membership)
        stack.push_async_callback(later.close)
        if token := self.settings.slack_app_token:
            socket = make_socket_mode(app, slack, token.get_secret_value())
            await socket.connect_async()  # type: ignore[no-untyped-call]
            stack.push_async_callback(socket.close_async)
        site = make_web_app(app, self._health(slack.database), secret)
        add_library_route(site, self.container.live_rows())
        host, port = self.settings.host, self.settings.port
        await stack.enter_async_context(start_server(site, host, port))

    def _health(self, database: Database) -> Any:
        is_healthy = True

        async def health() -> Mapping[str, Any]:
            from sqlalchemy import text

            nonlocal is_healthy

            try:
                async with asyncio.timeout(2):
                    await database.run(lambda s: s.execute(text("SELECT 1")).all())
            except Exception as error:  # noqa: BLE001  any failure means unhealthy
                if is_healthy:
                    log.error("the database does not answer: %s", type(error).__name__)
                is_healthy = False
                return {"ok": False}
            is_healthy = True
            return {"ok": True}

        return health
