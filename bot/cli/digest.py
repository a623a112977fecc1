"""Digests outside their moment: a preview in a terminal, and whether one would tell anything."""

import argparse
import asyncio
from datetime import datetime

from bot.agent.pipeline import DraftResult, run_skill
from bot.app import Container
from bot.cli.admin import print_line
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.request import Question
from bot.digests.history import DigestHistory
from bot.digests.models import WEEKLY, Schedule, parse_digest_name
from bot.digests.run import DigestStatus
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.rules.telling.lookback import NOTHING_NEWER
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, understand_request
from bot.tasks.models import NewTask

QUIET_PART = "quiet"  # the key of the first part of a digest that has nothing to tell
UNTOLD_PART = "answer"  # and of one that can't tell anything
GRADED_PART = "graded"  # what became of what it told last time


async def digest_(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print what a digest would say now. 0 when something moved, 1 when nothing did or nothing
    can be told."""
    if not chosen.preview:
        words = Words("Only a preview can be had here: add --preview. In Slack, type /digest.")
        raise CannotDo(words)
    house = Container(settings).migrated()
    workspace = house.workspace(chosen.workspace)
    name = parse_digest_name(chosen.name)
    schedule = await house.database.run(Schedule.find, workspace, name)
    if schedule is None and name != WEEKLY:
        raise CannotDo(Words("There is no digest called {name}.", name=chosen.name))
    schedule = schedule or build_weekly_schedule(workspace, "en", now())
    schedule.language = chosen.language or schedule.language
    made = await draft_digest(house, schedule.build_task(now().date()))
    for part in made.parts:
        print_line(f"{Words(part.title).to(schedule.language)}\n{part.text}\n")
    return 0 if classify_digest(made) == "moved" else 1


def build_weekly_schedule(workspace: str, language: str, at: datetime) -> Schedule:
    """The digest that is there from the start: Mondays at nine, all sections."""
    return Schedule(
        workspace=workspace,
        name=WEEKLY,
        state="off",
        owner="",
        place={},
        weekday=0,
        hour=9,
        minute=0,
        zone="Europe/Paris",
        language=language,
        sections=[],
        about=None,
        only_when_moved=False,
        alerts=False,
        since=at,
        last=None,
        next_at=None,
    )


async def draft_digest(house: Container, wish: NewTask) -> DraftResult:
    """What this digest says now, by rules: nothing leaves and nothing is kept."""

    async def unkept(_: object) -> None:
        """No call is made, so there is no receipt."""

    writer, brand = Offline(now), house.brand(wish.workspace)
    library, today = house.library(wish.workspace), now().date()
    asked = IncomingRequest(words=wish.words, author=wish.author, answers=wish.form)
    taken = await understand_request(
        asked, brand=brand, library=library, writer=writer, today=today, receipt=unkept
    )
    if isinstance(taken, Question):
        raise CannotDo(taken.words)
    request = taken.requests[0]
    known = await asyncio.to_thread(
        DigestHistory(house).load_extra_facts, wish.workspace, request, wish.form
    )
    made = await run_skill(
        request,
        brand=brand,
        library=library,
        writer=writer,
        receipt=unkept,
        code="",
        today=today,
        extra_facts=known,
    )
    if isinstance(made, Question):
        raise CannotDo(made.words)
    return made


def classify_digest(made: DraftResult) -> DigestStatus:
    """What was told last time is no move while no rows have come in since."""
    said = {part.key: part.text for part in made.parts}
    if UNTOLD_PART in said:
        return "can't tell"
    again = said.get(GRADED_PART) in [NOTHING_NEWER.to(language) for language in LANGUAGES]
    return "quiet" if QUIET_PART in said or again else "moved"
