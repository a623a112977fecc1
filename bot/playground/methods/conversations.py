"""conversations.*: opening, finding and joining places."""

from collections.abc import Sequence
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.chat import visible
from bot.playground.methods.registry import Body, method
from bot.playground.place import Place
from bot.playground.refusals import Refused

KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
MOST_IN_GROUP = 8


@method("conversations.open", "im:write", "mpim:write")
def open_direct(slack: Board, args: Arguments) -> Body:
    """Opens the direct message with one person, or with up to eight."""
    if channel := args.word("channel"):
        place = visible(slack, channel)
    else:
        users = args.names("users")
        if not users:
            raise Refused("users_list_not_supplied")
        if len(users) > MOST_IN_GROUP:
            raise Refused("too_many_users")
        if any(user not in slack.people for user in users):
            raise Refused("user_not_found")
        if any(slack.people[user].deleted for user in users):
            raise Refused("user_disabled")
        if slack.bot_user in users:
            raise Refused("cannot_dm_bot")
        place = slack.direct(users)
    shown = (
        place.as_slack(slack.bot_user, slack.team) if args.flag("return_im") else {"id": place.id}
    )
    return {"channel": shown}


@method("conversations.info", "channels:read", "groups:read", "im:read", "mpim:read")
def show(slack: Board, args: Arguments) -> Body:
    """One place."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    shown = place.as_slack(slack.bot_user, slack.team)
    if args.flag("include_locale"):
        shown["locale"] = "en-US"
    if not args.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


@method("conversations.list", "channels:read", "groups:read", "im:read", "mpim:read")
def list_all(slack: Board, args: Arguments) -> Body:
    """All places of the asked kinds that the bot may know of."""
    places = [
        place
        for place in slack.places.values()
        if place.kind == "channel" or slack.bot_user in place.members
    ]
    return listed(slack, args, places)


@method("users.conversations", "channels:read", "groups:read", "im:read", "mpim:read")
def of_user(slack: Board, args: Arguments) -> Body:
    """The places that the bot, or somebody, is a member of."""
    user = args.word("user") or slack.bot_user
    if user not in slack.people:
        raise Refused("user_not_found")
    return listed(slack, args, [one for one in slack.places.values() if user in one.members])


@method("conversations.members", "channels:read", "groups:read", "im:read", "mpim:read")
def members(slack: Board, args: Arguments) -> Body:
    """Who is in a place."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    page, cursor = paged(place.members, args)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@method("conversations.join", "channels:join")
def join(slack: Board, args: Arguments) -> Body:
    """Makes the bot a member of a public channel."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    if place.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if place.archived:
        raise Refused("is_archived")
    already = slack.bot_user in place.members
    if not already:
        place.members.append(slack.bot_user)
        slack.changed("place", place.id)
    warning = {"warning": "already_in_channel"} if already else {}
    return {"channel": place.as_slack(slack.bot_user, slack.team), **warning}


def listed(slack: Board, args: Arguments, places: list[Place]) -> Body:
    """A page of places of the asked kinds."""
    asked = args.names("types") or ["public_channel"]
    if not set(asked) <= set(KINDS):
        raise Refused("invalid_types")
    kinds = {KINDS[name] for name in asked}
    shown = [one for one in places if one.kind in kinds]
    if args.flag("exclude_archived"):
        shown = [one for one in shown if not one.archived]
    page, cursor = paged(shown, args)
    channels = [place.as_slack(slack.bot_user, slack.team) for place in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def paged(entries: Sequence[Any], args: Arguments, default: int = 100) -> tuple[list[Any], str]:
    """One page of a list and the cursor of the next."""
    limit = args.number("limit", default, most=1000)
    cursor = args.word("cursor")
    if cursor and not (cursor.startswith("at:") and cursor[3:].isdigit()):
        raise Refused("invalid_cursor")
    start = int(cursor[3:]) if cursor else 0
    end = start + limit
    return list(entries[start:end]), f"at:{end}" if end < len(entries) else ""
