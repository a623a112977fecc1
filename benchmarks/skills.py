"""Targeting, feedback and blockers on the sample shop: seconds to the card, the worker's memory.

A real intern beside a local Slack, its home filled as `play` fills it, the offline writer. The
first question of a kind is told apart: from then on the analyses remember what they found, until
the tables change. Of the later ones each asks for something else, so that little is remembered.
"""

import asyncio
import csv
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.signed import SECRET
from benchmarks.table import Figure, percentile
from bot.app import Container
from bot.cli.play import PlaygroundHome
from bot.config.settings import Settings
from bot.data.analyses.result import AnalysisFilter
from bot.data.service import load_analysis
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import TEAM_ID, SlackMessage
from tests.support.processes import Intern

FIRST = {
    "targeting": "whom should I target for the linen launch?",
    "feedback": "what do customers say about sizing this month?",
    "blockers": "what blocks sales right now?",
}
FACTS = {
    "targeting": ("audiences",),
    "feedback": ("feedback",),
    "blockers": ("funnel", "delivery", "campaigns", "trends"),
}
WISHES = {
    "targeting": "whom should I target for the {product}?",
    "feedback": "what do customers say about the {product}?",
    "blockers": "what blocks sales of the {product} right now?",
}
LATER = 97  # with the first ones 100
REVIEWS = 20_000
PATIENCE = 60.0  # seconds


async def skills() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = PlaygroundHome(Settings.read({"SUPER_INTERN_HOME": folder}))
        await asyncio.to_thread(home.fill_in_subprocess, datetime.now(UTC).date())
        async with LocalSlack(signing_secret=SECRET) as slack:
            intern = Intern(slack, home.folder, SUPER_INTERN_LOG="ERROR")
            await intern.start()
            slack.transport.events_url = intern.url
            try:
                figures = await _asked(slack, intern, home)
            finally:
                await intern.kill()
    return [*figures, *await asyncio.to_thread(many_reviews)]


async def _asked(slack: LocalSlack, intern: Intern, home: PlaygroundHome) -> list[Figure]:
    bare = await asyncio.to_thread(facts_alone, home)
    cold = {skill: await _card(slack, words) for skill, words in FIRST.items()}
    again = {skill: await _card(slack, words) for skill, words in FIRST.items()}
    later: dict[str, list[float]] = {skill: [] for skill in FIRST}
    for skill, words in _wishes(home):
        later[skill].append(await _card(slack, words))
    assert intern.process is not None
    memory = psutil.Process(intern.process.pid).memory_info().rss / 1e6
    cards = [
        Figure(
            f"{skill}: finished card, warm worker, p95",
            percentile(later[skill], 0.95),
            "s",
            3,
            f"p50 {percentile(later[skill], 0.5):.2f} s; the first {cold[skill]:.2f} s, the same "
            f"again {again[skill]:.2f} s; facts without a card {bare[skill]:.2f} s",
        )
        for skill in FIRST
    ]
    count = LATER + 2 * len(FIRST)
    return [*cards, Figure(f"memory of the worker after {count} of them", memory, "MB", 600)]


def facts_alone(home: PlaygroundHome) -> dict[str, float]:
    """Seconds of the same facts in this process, each computed for the first time."""
    house, took = Container(home.settings), {}
    shelf = house.open_warehouse(TEAM_ID)
    for skill, kinds in FACTS.items():
        where = AnalysisFilter()
        began = time.perf_counter()
        for kind in kinds:
            load_analysis(kind).find(shelf, where)
        took[skill] = time.perf_counter() - began
    house.database.close()
    return took


def _wishes(home: PlaygroundHome) -> Iterator[tuple[str, str]]:
    """Each skill in turn, product by product."""
    house = Container(home.settings)
    names = [product.title for product in house.products(TEAM_ID)]
    house.database.close()
    skills = list(WISHES)
    for n in range(LATER):
        skill = skills[n % len(skills)]
        yield skill, WISHES[skill].format(product=names[n // len(skills) % len(names)])


async def _card(slack: LocalSlack, words: str) -> float:
    """Seconds from the mention until its card is finished: a draft to approve, or, without such
    buttons, what can't be told."""
    began = time.perf_counter()
    said = await slack.post_message("UMARIE", "C0MARKET", f"<@{slack.bot_user}> {words}")
    answers: list[SlackMessage] = []
    while time.perf_counter() - began < PATIENCE:
        answers = [m for m in slack.transcript("C0MARKET")[-12:] if m.thread_ts == said.ts]
        if any(" · version " in message.text for message in answers):
            return time.perf_counter() - began
        await asyncio.sleep(0.01)
    shown = [message.text for message in answers]
    raise TimeoutError(f"no card for: {words}, but: {shown}")


def many_reviews() -> list[Figure]:
    """The feedback skill on many reviews, from the question to the draft, beside pandas reading
    the same reviews from a CSV file and doing nothing with them."""
    import pandas as pd

    from benchmarks.library_feedback import reviews, shelf_of
    from tests.support.skill_runner import run

    rows = reviews(REVIEWS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "reviews.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        began = time.perf_counter()
        pd.read_csv(path)
        read = time.perf_counter() - began
    shelf = shelf_of(rows)
    began, worked = time.perf_counter(), time.process_time()
    asyncio.run(run(FIRST["feedback"].removesuffix(" this month?") + "?", shelf=shelf))
    took, worked = time.perf_counter() - began, time.process_time() - worked
    beside = f"{worked:.1f} s of a processor; pandas reads them in {read:.2f} s"
    return [Figure(f"feedback on {REVIEWS:,} reviews, to the draft", took, "s", 15, beside)]
