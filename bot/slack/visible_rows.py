"""Doing what was asked about a row that this person may see, and refusing it otherwise."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from bot.digests.visibility import NotVisible
from bot.slack.actions.context import Click
from bot.slack.context import Front
from bot.slack.views.submission import Sent

S = TypeVar("S", Click, Sent)
T = TypeVar("T")


async def for_viewer(front: Front, seen: S, do: Callable[[S], Awaitable[T]]) -> T:
    """Do it. When it is about something that this person is not known to see, Slack is asked which
    of the channels they read in which that stands, and it is done again. Raises NotVisible."""
    approvers = front.house.policy(seen.workspace).approvers
    seen = replace(seen, approver=seen.user in approvers)
    try:
        return await do(seen)
    except NotVisible as no:
        found = await front.readable(seen.workspace, seen.user, no.channels)
        if not found:
            raise
    return await do(replace(seen, proven=seen.proven | found))
