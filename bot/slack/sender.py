"""Posts each message once, keeps cards up to date, and simplifies messages that Slack refuses."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from bot.audit.row_checks import require_unchanged_row
from bot.db.base import find_one, lock_one
from bot.db.session import Database
from bot.messages.outbox import OutboxMessage
from bot.slack.action_ids import METADATA_EVENT_TYPE
from bot.slack.blocks import Block, Message, plain_text, truncate
from bot.slack.client import (
    NO_MEMBER,
    READ_OUTSIDE,
    UNREACHABLE_ERRORS,
    SlackBusy,
    SlackRefusal,
    call_slack,
    explain_refusal,
    make_retrying_client,
    read_pages,
)
from bot.slack.membership import Membership
from bot.slack.threads import ChannelThread, Place, resolve_thread
from bot.slack.users import UserDirectory

MAX_FALLBACK_CHARACTERS = 3_500


def simplify_message(message: Message, plainness: int) -> Message:
    """Return a simpler form: 0 the message unchanged, 1 its text and buttons, 2 its text alone.
    What is left out goes into `rest`, which is uploaded as a file."""
    if not plainness:
        return message
    rest = "\n\n".join(filter(None, [collect_text(message.blocks), message.rest])) or None
    text = truncate(message.text, MAX_FALLBACK_CHARACTERS)
    if plainness > 1 or not message.blocks:
        return Message(text, [], rest)
    buttons = [block for block in message.blocks if block.get("type") == "actions"]
    text_block: Block = {"type": "section", "text": plain_text(message.text, 3_000)}
    return Message(text, [text_block, *buttons], rest)


def collect_text(blocks: list[Block]) -> str:
    """Return all words in these blocks except those on buttons."""
    texts = [_collect_words(block) for block in blocks if block.get("type") != "actions"]
    return "\n\n".join(text for text in texts if text)


def _collect_words(value: Any) -> str:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            return str(value["text"])
        inner = [
            _collect_words(one) for key, one in value.items() if key not in ("accessory", "type")
        ]
        return " ".join(text for text in inner if text)
    if isinstance(value, list):
        return "".join(_collect_words(one) for one in value)
    return ""


# Finding a posted message or file again when Slack's answer was lost.

PAGE, PAGES = 200, 5
CLOCK_SKEW_SECONDS = 86_400.0  # seconds by which our clock may be ahead of Slack's


async def find_message(
    client: AsyncWebClient, target: ChannelThread, post: OutboxMessage
) -> str | None:
    """Return the ts of the message that carries this row's id. Raise TryAgain."""
    async for one in _read_messages_since(client, target, post):
        metadata = one.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == METADATA_EVENT_TYPE and payload.get("post") == post.id:
            return str(one["ts"])
    return None


async def find_file(
    client: AsyncWebClient, target: ChannelThread, post: OutboxMessage, name: str
) -> str | None:
    """Return the id of the file with this name, which is unique. Raise TryAgain."""
    async for one in _read_messages_since(client, target, post):
        for shared in one.get("files") or []:
            if shared.get("name") == name:
                return str(shared["id"])
    return None


async def _read_messages_since(
    client: AsyncWebClient, target: ChannelThread, post: OutboxMessage
) -> AsyncIterator[dict[str, Any]]:
    """Read what was posted there since the row was made; nothing where the intern may not read."""
    # a clock that was ahead would give a time in the future
    made_at = min(post.made_at.timestamp(), time.time())
    arguments: dict[str, Any] = {
        "channel": target.channel,
        "oldest": f"{made_at - CLOCK_SKEW_SECONDS:.6f}",
        "limit": PAGE,
        "include_all_metadata": True,
    }
    call: Callable[..., Any] = client.conversations_history
    if target.thread:
        call, arguments["ts"] = client.conversations_replies, target.thread
    try:
        async for page in read_pages(call, PAGES, **arguments):
            for one in page.get("messages") or []:
                yield one
    except SlackRefusal:
        return


# Sending. The row is committed first, then the message is sent, then its ts is stored.

THREAD_GONE_ERRORS = frozenset(
    {"thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"}
)
INVALID_MESSAGE_ERRORS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"}
)
MISSING_MESSAGE_ERRORS = frozenset(["message_not_found"])
UNCHANGEABLE_MESSAGE_ERRORS = frozenset(["edit_window_closed", "cant_update_message"])
MAX_ROUNDS = 6
HISTORY_LAG_SECONDS = 2.0  # seconds by which Slack's history may lag behind

Render = Callable[[OutboxMessage], Awaitable[Message]]
T = TypeVar("T")


@dataclass(frozen=True)
class MessageSender:
    """Posts messages and updates cards."""

    database: Database
    client: AsyncWebClient
    people: UserDirectory
    history_lag: float = HISTORY_LAG_SECONDS
    membership: Membership | None = None  # None: the caller has checked the readers

    async def plan(
        self, id: str, workspace: str, kind: str, place: Place, now: datetime
    ) -> OutboxMessage:
        """Store the row of a message unless it is stored already, and return it."""

        def store(session: Session) -> OutboxMessage:
            OutboxMessage.plan(session, id=id, workspace=workspace, kind=kind, place=place, now=now)
            return session.get_one(OutboxMessage, id)

        return await self.database.run(store)

    async def draw(self, id: str, render: Render) -> tuple[OutboxMessage, Message]:
        """Post or update the message of this row, as `render` renders it now. Raise TryAgain or
        CannotDo."""
        return await self.draw_from(id, _read_nothing, lambda post, _: render(post))

    async def draw_from(
        self,
        id: str,
        read: Callable[[Session, OutboxMessage], T],
        render: Callable[[OutboxMessage, T], Awaitable[Message]],
        loaded: tuple[OutboxMessage, T] | None = None,
    ) -> tuple[OutboxMessage, Message]:
        """Draw a message that `render` renders from what `read` returns. `read` runs in the
        transaction that checks the row; `loaded` is its result, if it has just run."""

        def load(session: Session) -> tuple[OutboxMessage, T]:
            post = _load_recorded_post(session, id)
            return post, read(session, post)

        plainness = 0
        for _ in range(MAX_ROUNDS):
            if loaded is None:
                loaded = await self.database.run(load)
            (post, content), loaded = loaded, None
            message = await render(post, content)
            simplified = simplify_message(message, plainness)
            try:
                if post.ts is None:
                    post = await self._send(post, simplified)
                else:
                    await self._update(post, simplified)
            except SlackRefusal as refusal:
                plainness += refusal.error in INVALID_MESSAGE_ERRORS
                await self.plan_retry(post, refusal, plainness)
            else:
                return post, simplified
        raise explain_refusal(SlackRefusal("refused_in_every_way"))

    async def send(self, id: str, message: Message) -> tuple[OutboxMessage, Message]:
        """Post a message that is never updated; do nothing when it is posted already."""

        async def same(_: OutboxMessage) -> Message:
            return message

        post = await self.database.run(_load_recorded_post, id)
        return (post, message) if post.ts else await self.draw(id, same)

    async def resolve_thread(self, post: OutboxMessage) -> ChannelThread:
        """Return where this row's message goes, opening the direct message if needed."""
        if thread := resolve_thread(post.place):
            await self._demand_readers(post, thread.channel)
            return thread
        if post.channel:
            await self._demand_readers(post, post.channel)
            return ChannelThread(post.channel)
        channel = await self._open_direct_message(
            post.workspace, [str(post.place.get("user")), *post.place.get("heirs", ())]
        )
        await self.database.run(_set_channel, post.id, channel)
        return ChannelThread(channel)

    async def _demand_readers(self, post: OutboxMessage, channel: str) -> None:
        """Raise SlackRefusal when somebody who is no full member would read it, TryAgain when that
        can't be asked."""
        if self.membership is None:
            return
        if not channel.startswith(("D", "U", "W")):
            if await self.membership.is_closed(post.workspace, channel):
                raise SlackRefusal(READ_OUTSIDE)
            return
        readers = [post.place.get("user"), *post.place.get("heirs", ())]
        for one in filter(None, readers):
            if await self.membership.is_member(post.workspace, str(one)):
                return
        raise SlackRefusal(NO_MEMBER)

    async def _open_direct_message(self, workspace: str, users: list[str]) -> str:
        """Open the direct messages with the first of these people who is still a full member."""
        refused = SlackRefusal("user_not_found")
        for user in users:
            if self.membership and not await self.membership.is_member(workspace, user):
                refused = SlackRefusal(NO_MEMBER)
                continue
            try:
                return await self.people.open_direct_message(user)
            except SlackRefusal as error:
                refused = error
        raise explain_refusal(refused)

    async def begin_try(self, post: OutboxMessage) -> bool:
        """Record a try before it is made. Return whether an earlier try may have succeeded, after
        waiting until Slack's history would show it."""
        earlier_tries = await self.database.run(OutboxMessage.begin_try, post.id)
        if earlier_tries:
            await asyncio.sleep(self.history_lag)
        return bool(earlier_tries)

    async def mark_not_sent(self, post: OutboxMessage) -> None:
        """Take the try back: Slack said that nothing was posted, so there is nothing to search
        for."""
        await self.database.run(OutboxMessage.undo_try, post.id)

    async def mark_sent(self, post: OutboxMessage, ts: str, channel: str) -> OutboxMessage:
        return await self.database.run(_mark_sent, post.id, ts, channel)

    async def _send(self, post: OutboxMessage, message: Message) -> OutboxMessage:
        """Post the message, unless an earlier try did; return its row as it is now."""
        target = await self.resolve_thread(post)
        if await self.begin_try(post):
            ts = await find_message(make_retrying_client(self.client), target, post)
            if ts is not None:
                sent = await self.mark_sent(post, ts, target.channel)
                await self._update(sent, message)
                return sent
        try:
            answer = await call_slack(
                self.client.chat_postMessage(
                    channel=target.channel,
                    thread_ts=target.thread,
                    metadata={
                        "event_type": METADATA_EVENT_TYPE,
                        "event_payload": {"post": post.id},
                    },
                    **_build_arguments(message),
                )
            )
        except (SlackBusy, SlackRefusal):
            await self.mark_not_sent(post)
            raise
        return await self.mark_sent(post, str(answer["ts"]), str(answer["channel"]))

    async def _update(self, post: OutboxMessage, message: Message) -> None:
        if post.kind != "card":
            return
        try:
            await self._demand_readers(post, post.channel or "")
        except SlackRefusal:
            return  # leave the posted card unchanged
        try:
            await call_slack(
                make_retrying_client(self.client).chat_update(
                    channel=post.channel or "",
                    ts=post.ts or "",
                    **_build_arguments(message, keep_none=True),
                )
            )
        except SlackRefusal as refusal:
            if refusal.error not in UNCHANGEABLE_MESSAGE_ERRORS:
                raise

    async def plan_retry(
        self, post: OutboxMessage, refusal: SlackRefusal, plainness: int = 3
    ) -> None:
        """Change the row so that the next try can succeed after this refusal. Raise CannotDo when
        nothing is left to try."""
        if refusal.error in INVALID_MESSAGE_ERRORS and plainness < 3:
            return
        home = post.place.get("fallback") or not post.place.get("user")
        if refusal.error in MISSING_MESSAGE_ERRORS:
            await self.database.run(_move_unsent_post, post.id, post.place)
        elif refusal.error in THREAD_GONE_ERRORS:
            await self.database.run(_move_unsent_post, post.id, _drop_thread(post.place))
        elif refusal.error in UNREACHABLE_ERRORS and not home:
            await self.database.run(
                _move_unsent_post, post.id, post.place | {"fallback": refusal.error}
            )
        else:
            raise explain_refusal(refusal)


def _build_arguments(message: Message, *, keep_none: bool = False) -> dict[str, Any]:
    """Return the message as arguments of a call. An update without blocks must say so."""
    blocks = {"blocks": message.blocks} if message.blocks or keep_none else {}
    return {"text": message.text or "…", "unfurl_links": False, "unfurl_media": False, **blocks}


def _drop_thread(place: Place) -> Place:
    """Return the place without its thread, which no longer exists."""
    remaining = {key: value for key, value in place.items() if key not in ("thread", "under")}
    under = place.get("under")
    return remaining | ({"under": {"channel": under["channel"], "thread": None}} if under else {})


def _read_nothing(_: Session, __: OutboxMessage) -> None:
    return None


def _load_recorded_post(session: Session, id: str) -> OutboxMessage:
    """Raise CannotDo when its place was changed outside the program."""
    post = find_one(session, OutboxMessage, id)
    require_unchanged_row(session, post)
    return post


def _mark_sent(session: Session, id: str, ts: str, channel: str) -> OutboxMessage:
    post = lock_one(session, OutboxMessage, id)
    post.mark_sent(ts, channel)
    return post


def _set_channel(session: Session, id: str, channel: str) -> None:
    session.get_one(OutboxMessage, id).channel = channel


def _move_unsent_post(session: Session, id: str, place: Place) -> None:
    """Set the place of a message that is not posted."""
    post = session.get_one(OutboxMessage, id)
    post.place, post.ts, post.channel = place, None, None
