"""Posting once: the row is committed first, then the message is sent, then its ts is kept.

A send whose answer was lost is found again by the post's id in the message's metadata. Where
the intern may not write, a message goes to the asker's direct messages and its row says why.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from bot.audit.row_digests import demand_row
from bot.db.session import Database
from bot.messages.outbox import Post
from bot.slack import dedupe
from bot.slack.action_ids import EVENT_TYPE
from bot.slack.blocks import Message
from bot.slack.client import HOMELESS, NO_MEMBER, READ_OUTSIDE, Busy, Refused, ask, patient, refusal
from bot.slack.degrade import simpler
from bot.slack.location import Place, Spot, spot_of
from bot.slack.membership import Membership
from bot.slack.users import People

UNTHREADED = frozenset(
    {"thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"}
)
UNFIT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"}
)
LOST = frozenset(["message_not_found"])
SETTLED = frozenset(["edit_window_closed", "cant_update_message"])
ROUNDS = 6
PATIENCE = 2.0  # seconds: how long Slack's history may lag behind

Draw = Callable[[Post], Awaitable[Message]]


@dataclass(frozen=True)
class Poster:
    """Puts messages up, and keeps them up to date."""

    database: Database
    client: AsyncWebClient
    people: People
    patience: float = PATIENCE
    membership: Membership | None = None  # None: whoever reads it was looked at before

    async def put(self, id: str, draw: Draw) -> tuple[Post, Message]:
        """The message of this row, up once, as `draw` says it now. Raises TryAgain, CannotDo."""
        plainness = 0
        for _ in range(ROUNDS):
            post = await self.database.run(_recorded, id)
            message = await draw(post)
            shown = simpler(message, plainness)
            try:
                if post.ts is None:
                    await self._send(post, shown)
                else:
                    await self._change(post, shown)
            except Refused as no:
                plainness += no.error in UNFIT
                await self.give_way(post, no, plainness)
            else:
                post = await self.database.run(lambda s: s.get_one(Post, id))
                return post, shown
        raise refusal(Refused("refused_in_every_way"))

    async def send(self, id: str, message: Message) -> tuple[Post, Message]:
        """A message that never changes: when it is up, it stays as it is."""

        async def same(_: Post) -> Message:
            return message

        post = await self.database.run(_recorded, id)
        return (post, message) if post.ts else await self.put(id, same)

    async def spot(self, post: Post) -> Spot:
        """Where this row's message goes; opens the direct message when that is where."""
        if found := spot_of(post.place):
            await self._demand_readers(post, found.channel)
            return found
        if post.channel:
            await self._demand_readers(post, post.channel)
            return Spot(post.channel)
        channel = await self._direct(
            post.workspace, [str(post.place.get("user")), *post.place.get("heirs", ())]
        )
        await self.database.run(_at, post.id, channel)
        return Spot(channel)

    async def _demand_readers(self, post: Post, channel: str) -> None:
        """Raises Refused where somebody who is no full member would read it; TryAgain while that
        can't be asked."""
        if self.membership is None:
            return
        if not channel.startswith(("D", "U", "W")):
            if await self.membership.is_closed(post.workspace, channel):
                raise Refused(READ_OUTSIDE)
            return
        readers = [post.place.get("user"), *post.place.get("heirs", ())]
        for one in filter(None, readers):
            if await self.membership.is_member(post.workspace, str(one)):
                return
        raise Refused(NO_MEMBER)

    async def _direct(self, workspace: str, users: list[str]) -> str:
        """Our direct messages with the first of them who is still there, and a full member."""
        refused = Refused("user_not_found")
        for user in users:
            if self.membership and not await self.membership.is_member(workspace, user):
                refused = Refused(NO_MEMBER)
                continue
            try:
                return await self.people.direct(user)
            except Refused as no:
                refused = no
        raise refusal(refused)

    async def begin(self, post: Post) -> bool:
        """Note a try before it is made. True when an earlier one may have gone through, after
        the wait that Slack's history needs to show it."""
        begun = await self.database.run(_trying, post.id)
        if begun:
            await asyncio.sleep(self.patience)
        return bool(begun)

    async def not_sent(self, post: Post) -> None:
        """Slack itself said that nothing was posted: this try leaves nothing to look for."""
        await self.database.run(_not_sent, post.id)

    async def sent(self, post: Post, ts: str, channel: str) -> None:
        await self.database.run(_sent, post.id, ts, channel)

    async def _send(self, post: Post, message: Message) -> None:
        spot = await self.spot(post)
        if await self.begin(post):
            found = await dedupe.message(patient(self.client), spot, post)
            if found is not None:
                await self.sent(post, found, spot.channel)
                return await self._change(await self._again(post), message)
        try:
            answer = await ask(
                self.client.chat_postMessage(
                    channel=spot.channel,
                    thread_ts=spot.thread,
                    metadata={"event_type": EVENT_TYPE, "event_payload": {"post": post.id}},
                    **_said(message),
                )
            )
        except (Busy, Refused):
            await self.not_sent(post)
            raise
        return await self.sent(post, str(answer["ts"]), str(answer["channel"]))

    async def _change(self, post: Post, message: Message) -> None:
        if post.kind != "card":
            return
        try:
            await self._demand_readers(post, post.channel or "")
        except Refused:
            return  # it stands as it is
        try:
            await ask(
                patient(self.client).chat_update(
                    channel=post.channel or "", ts=post.ts or "", **_said(message, keep_none=True)
                )
            )
        except Refused as no:
            if no.error not in SETTLED:
                raise

    async def _again(self, post: Post) -> Post:
        return await self.database.run(lambda s: s.get_one(Post, post.id))

    async def give_way(self, post: Post, no: Refused, plainness: int = 3) -> None:
        """What to try next after this refusal; raises CannotDo when there is nothing."""
        if no.error in UNFIT and plainness < 3:
            return
        home = post.place.get("fallback") or not post.place.get("user")
        if no.error in LOST:
            await self.database.run(_elsewhere, post.id, post.place)
        elif no.error in UNTHREADED:
            await self.database.run(_elsewhere, post.id, _unthreaded(post.place))
        elif no.error in HOMELESS and not home:
            await self.database.run(_elsewhere, post.id, post.place | {"fallback": no.error})
        else:
            raise refusal(no)


def _said(message: Message, *, keep_none: bool = False) -> dict[str, Any]:
    """What a message says, as arguments; without blocks, an update has to say so."""
    blocks = {"blocks": message.blocks} if message.blocks or keep_none else {}
    return {"text": message.text or "…", "unfurl_links": False, "unfurl_media": False, **blocks}


def _unthreaded(place: Place) -> Place:
    """The same place without its thread, which is gone."""
    kept = {key: value for key, value in place.items() if key not in ("thread", "under")}
    under = place.get("under")
    return kept | ({"under": {"channel": under["channel"], "thread": None}} if under else {})


def _recorded(session: Session, id: str) -> Post:
    """Raises CannotDo when its place was changed outside the program."""
    post = session.get_one(Post, id)
    demand_row(session, post)
    return post


def _trying(session: Session, id: str) -> int:
    return session.get_one(Post, id, with_for_update=True).trying()


def _not_sent(session: Session, id: str) -> None:
    post = session.get_one(Post, id, with_for_update=True)
    post.tries = max(0, post.tries - 1)


def _sent(session: Session, id: str, ts: str, channel: str) -> None:
    session.get_one(Post, id, with_for_update=True).sent(ts, channel)


def _at(session: Session, id: str, channel: str) -> None:
    session.get_one(Post, id).channel = channel


def _elsewhere(session: Session, id: str, place: Place) -> None:
    """It is nowhere yet, and goes to this place."""
    post = session.get_one(Post, id)
    post.place, post.ts, post.channel = place, None, None
