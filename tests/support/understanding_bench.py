"""A bench whose tasks are done by the real worker, with a scripted AI that understands messages."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.agent.llm.anthropic import AnthropicWriter
from bot.audit.receipt import Receipt
from bot.config.brand import Brand
from bot.core.library import Library
from bot.errors import TryAgain
from bot.jobs.models import Job
from bot.jobs.worker import Worker
from bot.offline import OfflineWriter
from bot.playground.slack_objects import SlackMessage
from bot.tasks.models import Task
from bot.tasks.services import TaskServices
from tests.fakes.claude import (
    UNDERSTANDS,
    ScriptedClaude,
    fenced,
    obediently,
    plainly_understood,
)
from tests.slack.bench import BRAND, MARIE, MARKETING, Bench, bench_of
from tests.support.small_shop import Shop

Reading = dict[str, Any] | Callable[[str], dict[str, Any]]


@dataclass
class UnderstandingBench:
    """`readings` are what the AI understands, one for each message; after the last, each message is
    one text about the nearest product. `prompts` are what it was told."""

    bench: Bench
    claude: ScriptedClaude
    worker: Worker
    readings: list[Reading] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> dict[str, Any] | str:
        if UNDERSTANDS not in str(body.get("system")):
            return obediently(body)
        prompt = str(body["messages"][0]["content"])
        self.prompts.append(prompt)
        if not self.readings:
            return plainly_understood(prompt)
        reading = self.readings.pop(0)
        return reading(prompt) if callable(reading) else reading

    async def say(
        self,
        words: str,
        *readings: Reading,
        user: str = MARIE,
        channel: str = MARKETING,
        thread: str | None = None,
        run: bool = True,
    ) -> SlackMessage:
        """Write a message in Slack and do what follows from it."""
        self.readings += readings
        said = await self.bench.slack.post_message(user, channel, words, thread_ts=thread)
        if run:
            await self.bench.run()
        else:
            await self.bench.settled()
        return said

    async def fail(self, task: str, why: TryAgain) -> None:
        """Give a task up, as the engine does after the last try."""
        self.bench.jobs = [job for job in self.bench.jobs if job.subject != task]
        await self.worker.give_up(Job(kind="work", subject=task, workspace="T0SHOP"), why)
        await self.bench.run()

    @property
    def tasks(self) -> list[Task]:
        return self.bench.tasks

    @property
    def calls(self) -> list[str]:
        """The receipts of the calls, by how they ended."""
        return [row.ended for row in self.bench.rows(Receipt)]

    @property
    def last_message(self) -> str:
        """The words of the last message, as the AI saw them."""
        return fenced(self.prompts[-1], "message")


@contextlib.asynccontextmanager
async def understanding_bench(
    home: Path,
    *,
    brand: Brand = BRAND,
    url: str | None = None,
    library: Library | None = None,
) -> AsyncIterator[UnderstandingBench]:
    async with (
        bench_of(home, has_ai=True, brand=brand, url=url) as bench,
        ScriptedClaude() as claude,
    ):
        for person in bench.slack.people.values():
            person.locale = "en-GB"
        writer = AnthropicWriter(
            key=claude.key, base_url=claude.url, now=bench.services.now, pause=0.01, deadline=10
        )
        services = TaskServices(
            database=bench.database,
            enqueue=bench.enqueue,
            slack=bench.outside,
            writer=writer,
            library=lambda _: library or Shop(),
            brand=lambda _: brand,
            policy=lambda _: bench.policy,
            now=bench.services.now,
            has_right=bench.outside.may,
            check_admission=bench.outside.admit,
            offline=OfflineWriter(),
            key=lambda: b"k" * 32,
        )
        worker = Worker(services)
        found = UnderstandingBench(bench, claude, worker)
        claude.answer = found.answer
        bench.do_work = worker.jobs["work"]
        try:
            yield found
        finally:
            await writer.close()
