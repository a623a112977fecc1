"""Precompute the facts of new data once imports have settled, so that the first question about it
is answered as quickly as later ones."""

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

QUIET_TIME = timedelta(minutes=1)  # without a new import
TIMEOUT_SECONDS = 300.0
IDLE_PRIORITY = 19  # niceness: use only idle processor time
NO_FACTS_EXIT_CODE = 3  # exit code of `facts` when nothing could be reported
log = logging.getLogger(__name__)


def list_due_jobs(session: Session, now: datetime) -> Iterable[Job]:
    """Yield one job a day for each state of a workspace's files, once the newest file is a minute
    old."""
    newest = select(DataFile.workspace, func.max(DataFile.taken_in_at))
    newest = newest.where(DataFile.retired_at.is_(None)).group_by(DataFile.workspace)
    for workspace, at in session.execute(newest.order_by(DataFile.workspace)):
        if at + QUIET_TIME <= now or at > now + QUIET_TIME:  # or the clock has been set back since
            state = f"{workspace}/{at:%Y%m%dT%H%M%S}-{now:%Y%m%d}"
            yield Job(kind="freshen", subject=state, workspace=workspace)


async def precompute_facts(subject: str) -> None:
    """Run `facts all` for `workspace/state` in a process of its own, so that its memory is freed
    afterwards and no answer waits for it. The results stay in the cache on disk. A failure is only
    logged."""
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
    except ProcessLookupError:  # the process has already ended
        ended = await ran.wait()
    except (TimeoutError, asyncio.CancelledError) as stopped:
        ran.kill()
        await ran.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        ended = None
    if ended not in (0, NO_FACTS_EXIT_CODE, None):
        log.warning("the facts of %s could not be looked up beforehand: %s", workspace, ended)
