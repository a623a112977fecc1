"""`digest --preview`: what a digest would say now, and whether it reports any change."""

import argparse
import asyncio
from datetime import datetime

from bot.agent.digest_writer import NOTHING_NEWER
from bot.agent.pipeline import DraftResult, run_skill
from bot.app import Container
from bot.cli.admin import print_line
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.request import IncomingRequest, Question
from bot.digests.digest_jobs import DigestStatus
from bot.digests.history import DigestHistory
from bot.digests.models import WEEKLY, Schedule, parse_digest_name
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.offline import OfflineWriter
from bot.tasks.intake import understand_request
from bot.tasks.models import NewTask

QUIET_PART = "quiet"  # key of the first part of a digest without any change to report
UNTOLD_PART = "answer"  # key of the first part of a digest that can't report anything
GRADED_PART = "graded"  # key of the part about what became of the last digest's findings


async def digest_(settings: Settings, args: argparse.Namespace) -> int:
    """Print what a digest would say now. Returns 0 when something changed, 1 when nothing did or
    nothing can be reported."""
    if not args.preview:
        words = Words("Only a preview can be had here: add --preview. In Slack, type /digest.")
        raise CannotDo(words)
    container = Container(settings).migrated()
    workspace = container.workspace(args.workspace)
    name = parse_digest_name(args.name)
    schedule = await container.database.run(Schedule.find, workspace, name)
    if schedule is None and name != WEEKLY:
        raise CannotDo("There is no digest called {name}.", name=args.name)
    schedule = schedule or build_weekly_schedule(workspace, "en", now())
    schedule.language = args.language or schedule.language
    made = await draft_digest(container, schedule.build_task(now().date()))
    for part in made.parts:
        print_line(f"{Words(part.title).to(schedule.language)}\n{part.text}\n")
    return 0 if classify_digest(made) == "moved" else 1


def build_weekly_schedule(workspace: str, language: str, at: datetime) -> Schedule:
    """Return the default digest: Mondays at nine, all sections."""
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


async def draft_digest(container: Container, wish: NewTask) -> DraftResult:
    """Compose the digest as of now, with the offline writer: nothing is sent or stored."""

    async def ignore_receipt(_: object) -> None:
        """The offline writer makes no call, so there is no receipt."""

    writer, brand = OfflineWriter(), container.brand(wish.workspace)
    library, today = container.library(wish.workspace), now().date()
    incoming = IncomingRequest(words=wish.words, author=wish.author, answers=wish.form)
    intake = await understand_request(incoming, brand=brand, library=library, today=today)
    if isinstance(intake, Question):
        raise CannotDo(intake.words)
    request = intake.requests[0]
    known = await asyncio.to_thread(
        DigestHistory(container).load_extra_facts, wish.workspace, request, wish.form
    )
    made = await run_skill(
        request,
        brand=brand,
        library=library,
        writer=writer,
        receipt=ignore_receipt,
        code="",
        today=today,
        extra_facts=known,
    )
    if isinstance(made, Question):
        raise CannotDo(made.words)
    return made


def classify_digest(made: DraftResult) -> DigestStatus:
    """Classify a digest. What the last one reported is no change while no new rows have arrived."""
    texts = {part.key: part.text for part in made.parts}
    if UNTOLD_PART in texts:
        return "can't tell"
    again = texts.get(GRADED_PART) in [NOTHING_NEWER.to(language) for language in LANGUAGES]
    return "quiet" if QUIET_PART in texts or again else "moved"
