"""The engine's queues: which jobs wait in which, how many run at once, how often each is tried."""

import random
from dataclasses import dataclass
from typing import TypedDict

from bot.jobs.models import Job, Kind

SLOW, QUICK, SUSPECTS = "slow", "quick", "suspects"
LONG: tuple[Kind, ...] = ("work", "understand", "take_in")
TRIES, LONGEST_WAIT = 6, 60.0


@dataclass(frozen=True)
class Limits:
    """How much at once, and how often to look. Times in seconds."""

    drafts: int = 10  # drafts at once in this process
    drafts_per_workspace: int = 3
    quick: int = 20  # checks, deliveries and cards at once
    quick_per_workspace: int = 6
    poll: float = 0.1
    beat: float = 2.0
    dead_after: float = 10.0


class Bounds(TypedDict, total=False):
    """What a queue lets run at once: in one process, there for one workspace, in all processes."""

    worker_concurrency: int
    partition_worker_concurrency: int
    global_concurrency: int
    polling_interval_sec: float


def queues(limits: Limits) -> dict[str, Bounds]:
    """Each queue's bounds: suspects run alone, whoever runs them."""

    def bounds(at_once: int, per_workspace: int) -> Bounds:
        return {
            "worker_concurrency": at_once,
            "partition_worker_concurrency": min(per_workspace, at_once),
            "polling_interval_sec": limits.poll,
        }

    return {
        SLOW: bounds(limits.drafts, limits.drafts_per_workspace),
        QUICK: bounds(limits.quick, limits.quick_per_workspace),
        SUSPECTS: {"global_concurrency": 1, "polling_interval_sec": limits.poll},
    }


def usual_queue(job: Job) -> str:
    return SLOW if job.kind in LONG else QUICK


def wait_before(attempt: int, after: float | None) -> float:
    """Seconds until the next try: what the other side asked for, else doubling, never in step."""
    usual = min(LONGEST_WAIT, 0.5 * 2.0 ** min(attempt, TRIES * 2))
    return max(after or 0.0, usual * random.uniform(0.5, 1.0))  # noqa: S311
