"""A Place: where something was asked, and where our messages about it go. Opaque elsewhere.

`channel`, `thread`: where it was asked. `asked`: the ts of the message that asked. `user`: who.
`dm`: for their eyes only. `under`: a thread of ours that it continues, wherever that is.
`fallback`: why it goes to their direct messages after all. `heirs`: who gets these in their place
when they have left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages.outbox import OutboxMessage

Place = dict[str, Any]


@dataclass(frozen=True)
class ChannelThread:
    """A channel, and the thread in it if any."""

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
    """Where a wish came from."""
    found = {"channel": channel, "thread": thread, "asked": asked, "user": user}
    place: Place = {key: value for key, value in found.items() if value}
    return place | ({"dm": True} if private and not channel.startswith("D") else {})


def add_heirs(place: Place, heirs: Sequence[str], *, alone: bool) -> Place:
    """The place of what nobody typed: somebody is reached though its owner has left."""
    dm = alone and not place["channel"].startswith("D")
    return place | {"heirs": list(heirs)} | ({"dm": True} if dm else {})


def continue_in_thread(place: Place, card: OutboxMessage | None) -> Place:
    """The place of what comes after this card: in its thread."""
    fresh = {key: value for key, value in place.items() if key not in ("fallback", "under")}
    spot = find_card_thread(card) if card is not None else None
    return fresh | ({"under": {"channel": spot.channel, "thread": spot.thread}} if spot else {})


def resolve_thread(place: Place) -> ChannelThread | None:
    """Where a message goes; None when the direct message has to be opened first."""
    if place.get("fallback"):
        return None
    if under := place.get("under"):
        return ChannelThread(under["channel"], under["thread"])
    if place.get("dm") or "channel" not in place:
        return None
    return ChannelThread(place["channel"], place.get("thread"))


def find_card_thread(card: OutboxMessage) -> ChannelThread | None:
    """The thread that a card stands in or starts; None while it isn't up."""
    if not card.ts or not card.channel:
        return None
    spot = resolve_thread(card.place)
    root = spot.thread if spot and spot.channel == card.channel else None
    return ChannelThread(card.channel, root or card.ts)


def is_same_conversation(one: Place, other: Place) -> bool:
    """Whether two things were asked at one place: in one thread, or by one person in one channel.
    What is for one person's eyes is near nothing of another's, nor what others see."""
    if one["channel"] != other["channel"] or bool(one.get("dm")) != bool(other.get("dm")):
        return False
    if one.get("user") == other.get("user"):
        return True
    thread = None if one.get("dm") else one.get("thread")
    return thread is not None and thread == other.get("thread")
