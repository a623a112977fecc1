"""A Place says where a request was made and where the messages about it go. Other packages only
store it.

`channel` and `thread` are where the request was made, `asked` is the ts of its message, and `user`
its author. With `dm` the messages go to the user's direct messages. `under` is a thread of the
intern that the request continues. `fallback` is the reason why messages go to the user's direct
messages after all. `heirs` receive them when the user has left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.messages.outbox import OutboxMessage

MAX_THREAD_CARDS = 50  # the newest cards of one thread

Place = dict[str, Any]


@dataclass(frozen=True)
class ChannelThread:
    """A channel, and the thread in it if there is one."""

    channel: str
    thread: str | None = None


def make_place(
    channel: str,
    user: str,
    *,
    thread: str | None = None,
    asked: str | None = None,
    private: bool = False,
) -> Place:
    """Return the Place of a request."""
    fields = {"channel": channel, "thread": thread, "asked": asked, "user": user}
    place: Place = {key: value for key, value in fields.items() if value}
    return place | ({"dm": True} if private and not channel.startswith("D") else {})


def add_heirs(place: Place, heirs: Sequence[str], *, private: bool) -> Place:
    """Return the Place of a task that nobody typed, with the people who get it when its owner has
    left."""
    dm = private and not place["channel"].startswith("D")
    return place | {"heirs": list(heirs)} | ({"dm": True} if dm else {})


def continue_in_thread(place: Place, card: OutboxMessage | None) -> Place:
    """Return the Place of what follows this card, in the card's thread."""
    fresh = {key: value for key, value in place.items() if key not in ("fallback", "under")}
    thread = find_card_thread(card) if card is not None else None
    return fresh | (
        {"under": {"channel": thread.channel, "thread": thread.thread}} if thread else {}
    )


def resolve_thread(place: Place) -> ChannelThread | None:
    """Return where a message goes; None when a direct message must be opened first."""
    if place.get("fallback"):
        return None
    if target := place.get("under"):
        return ChannelThread(target["channel"], target["thread"])
    if place.get("dm") or "channel" not in place:
        return None
    return ChannelThread(place["channel"], place.get("thread"))


def find_card_thread(card: OutboxMessage) -> ChannelThread | None:
    """Return the thread that a card is in or starts; None while the card is not posted."""
    if not card.ts or not card.channel:
        return None
    thread = resolve_thread(card.place)
    root = thread.thread if thread and thread.channel == card.channel else None
    return ChannelThread(card.channel, root or card.ts)


def find_thread(place: Mapping[str, Any]) -> ChannelThread | None:
    """Return the thread that the request was made in, or the one that it started. None for a
    private request in a channel: nothing about it may be seen there."""
    if place.get("dm") or place.get("fallback") or "channel" not in place:
        return None
    return ChannelThread(place["channel"], place.get("thread") or place.get("asked"))


def list_thread_cards(
    session: Session, workspace: str, thread: ChannelThread
) -> list[OutboxMessage]:
    """Return the posted cards in this thread, newest first."""
    root = thread.thread
    in_thread = or_(
        OutboxMessage.ts == root,
        OutboxMessage.place["thread"].as_string() == root,
        OutboxMessage.place["under"]["thread"].as_string() == root,
    )
    cards = (
        select(OutboxMessage)
        .where(
            OutboxMessage.workspace == workspace,
            OutboxMessage.kind == "card",
            OutboxMessage.channel == thread.channel,
            in_thread,
        )
        .order_by(OutboxMessage.ts.desc())
        .limit(MAX_THREAD_CARDS)
    )
    return [card for card in session.scalars(cards) if _is_in_thread(card, root)]


def _is_in_thread(card: OutboxMessage, root: str | None) -> bool:
    spot = find_card_thread(card)
    return spot is not None and spot.thread == root


def is_same_conversation(one: Place, other: Place) -> bool:
    """Return whether two requests belong together: made in one thread, or by one person in one
    channel. A private request belongs only to private requests of the same person."""
    if one["channel"] != other["channel"] or bool(one.get("dm")) != bool(other.get("dm")):
        return False
    if one.get("user") == other.get("user"):
        return True
    thread = None if one.get("dm") else one.get("thread")
    return thread is not None and thread == other.get("thread")
