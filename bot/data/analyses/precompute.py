"""New rows are looked through once they have come to rest, so that the first question after them
is answered as quickly as the next."""

import asyncio
import logging
import os
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.data.warehouse.models import DataFile
from bot.jobs.models import Job

QUIET_TIME = timedelta(minutes=1)  # without news
TIMEOUT_SECONDS = 300.0  # seconds
IDLE_PRIORITY = 19  # only with what nobody else wants of the processors
NO_FACTS_EXIT_CODE = 3  # how `facts` ends when nothing could be told
log = logging.getLogger(__name__)


def list_due_jobs(session: Session, now: datetime) -> Iterable[Job]:
    """One look a day at each state of a workspace's files, when the newest is a minute old."""
    newest = select(DataFile.workspace, func.max(DataFile.taken_in_at))
    newest = newest.where(DataFile.retired_at.is_(None)).group_by(DataFile.workspace)
    for workspace, at in session.execute(newest.order_by(DataFile.workspace)):
        if at + QUIET_TIME <= now or at > now + QUIET_TIME:  # or the clock has been set back since
            state = f"{workspace}/{at:%Y%m%dT%H%M%S}-{now:%Y%m%d}"
            yield Job(kind="freshen", subject=state, workspace=workspace)


async def precompute_facts(subject: str) -> None:
    """`workspace/state`: `facts all` in a process of its own, which takes its memory away with it
    and holds up no answer. It leaves what it found on the disk; that it failed is no reason to
    fail."""
    workspace = subject.partition("/")[0]
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "facts", "all", "--workspace", workspace),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        os.setpriority(os.PRIO_PROCESS, ran.pid, IDLE_PRIORITY)
        ended = await asyncio.wait_for(ran.wait(), TIMEOUT_SECONDS)
    except ProcessLookupError:  # it was quicker
        ended = await ran.wait()
    except (TimeoutError, asyncio.CancelledError) as stopped:
        ran.kill()
        await ran.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        ended = None
    if ended not in (0, NO_FACTS_EXIT_CODE, None):
        log.warning("the facts of %s could not be looked up beforehand: %s", workspace, ended)
