"""conversations.*, users.*, usergroups.* and auth.*: places, people and the app."""

import re
from collections.abc import Sequence
from typing import Any

from bot.playground import slack_objects as seed
from bot.playground.errors import ApiRefusal
from bot.playground.methods import MethodArguments, ResponseBody, register_method
from bot.playground.methods.chat import find_visible_place
from bot.playground.slack_objects import Place, SlackMessage, slice_messages
from bot.playground.workspace import SlackWorkspace

MAX_GROUP_MEMBERS = 8


@register_method("conversations.open", "im:write", "mpim:write")
def open_conversation(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Open the direct message with one to eight people."""
    if channel := args.read_string("channel"):
        place = find_visible_place(slack, channel)
    else:
        users = args.read_list("users")
        if not users:
            raise ApiRefusal("users_list_not_supplied")
        if len(users) > MAX_GROUP_MEMBERS:
            raise ApiRefusal("too_many_users")
        if any(user not in slack.people for user in users):
            raise ApiRefusal("user_not_found")
        if any(slack.people[user].deleted for user in users):
            raise ApiRefusal("user_disabled")
        if slack.bot_user in users:
            raise ApiRefusal("cannot_dm_bot")
        place = slack.open_conversation(users)
    shown = (
        place.as_slack(slack.bot_user, slack.team)
        if args.read_flag("return_im")
        else {"id": place.id}
    )
    return {"channel": shown}


@register_method("conversations.info", "channels:read", "groups:read", "im:read", "mpim:read")
def show_conversation(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    place = find_visible_place(slack, args.require_string("channel", "channel_not_found"))
    shown = place.as_slack(slack.bot_user, slack.team)
    if args.read_flag("include_locale"):
        shown["locale"] = "en-US"
    if not args.read_flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


@register_method("conversations.members", "channels:read", "groups:read", "im:read", "mpim:read")
def list_members(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    place = find_visible_place(slack, args.require_string("channel", "channel_not_found"))
    page, cursor = paginate_entries(place.members, args)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def paginate_entries(entries: Sequence[Any], args: MethodArguments) -> tuple[list[Any], str]:
    """Return one page of a list and the cursor of the next page."""
    limit = args.read_integer("limit", 100, maximum=1000)
    cursor = args.read_string("cursor")
    if cursor and not (cursor.startswith("at:") and cursor[3:].isdigit()):
        raise ApiRefusal("invalid_cursor")
    start = int(cursor[3:]) if cursor else 0
    end = start + limit
    return list(entries[start:end]), f"at:{end}" if end < len(entries) else ""


# conversations.history and conversations.replies with their pages.

HISTORY_SCOPES = ("channels:history", "groups:history", "im:history", "mpim:history")
TS_PATTERN = re.compile(r"\d{1,10}(\.\d{1,6})?")


@register_method("conversations.history", *HISTORY_SCOPES)
def list_history(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """List a channel's top-level messages, the newest first."""
    place = find_readable_place(slack, args)
    oldest, latest, inclusive = read_ts_range(args)
    if cursor := read_cursor(args):
        latest, inclusive = cursor, False
    found = slice_messages(place.roots, oldest, latest, inclusive=inclusive)[::-1]
    return build_history_page(slack, args, found)


@register_method("conversations.replies", *HISTORY_SCOPES)
def list_replies(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """List a thread: its first message, then the replies, the oldest first."""
    place = find_readable_place(slack, args)
    ts = args.require_string("ts")
    message = place.by_ts.get(ts)
    if message is None:
        raise ApiRefusal("thread_not_found")
    root = place.by_ts.get(message.thread_ts or ts, message)
    oldest, latest, inclusive = read_ts_range(args)
    cursor = read_cursor(args)
    if cursor:
        oldest, inclusive = cursor, False
    found = slice_messages(root.replies, oldest, latest, inclusive=inclusive)
    return build_history_page(slack, args, found if cursor else [root, *found])


def find_readable_place(slack: SlackWorkspace, args: MethodArguments) -> Place:
    """Return a place where the bot is a member, so that it may read the messages."""
    place = find_visible_place(slack, args.require_string("channel", "channel_not_found"))
    if slack.bot_user not in place.members:
        raise ApiRefusal("not_in_channel")
    return place


def read_ts_range(args: MethodArguments) -> tuple[str, str, bool]:
    """Return oldest, latest, and whether the range includes both."""
    oldest, latest = args.read_string("oldest"), args.read_string("latest")
    if oldest and not TS_PATTERN.fullmatch(oldest):
        raise ApiRefusal("invalid_ts_oldest")
    if latest and not TS_PATTERN.fullmatch(latest):
        raise ApiRefusal("invalid_ts_latest")
    return oldest, latest, args.read_flag("inclusive")


def read_cursor(args: MethodArguments) -> str:
    """Return the ts after which the next page begins; empty for the first page."""
    cursor = args.read_string("cursor")
    if not cursor:
        return ""
    if not cursor.startswith("ts:") or not TS_PATTERN.fullmatch(cursor[3:]):
        raise ApiRefusal("invalid_cursor")
    return cursor[3:]


def build_history_page(
    slack: SlackWorkspace, args: MethodArguments, found: list[SlackMessage]
) -> ResponseBody:
    """Build the answer with the first messages and the cursor for the rest."""
    limit = args.read_integer("limit", 100, maximum=1000)
    shown, more = found[:limit], len(found) > limit
    metadata = args.read_flag("include_all_metadata")
    body: ResponseBody = {
        "messages": [one.as_slack(slack.team_of(one.user), metadata=metadata) for one in shown],
        "has_more": more,
    }
    if more:
        body["response_metadata"] = {"next_cursor": f"ts:{shown[-1].ts}"}
    return body


# users.* and usergroups.*.


@register_method("users.info", "users:read")
def show_user(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Return one person; with the locale only if include_locale is set."""
    person = slack.people.get(args.require_string("user", "user_not_found"))
    if person is None:
        raise ApiRefusal("user_not_found")
    return {"user": person.as_slack(slack.team, locale=args.read_flag("include_locale"))}


@register_method("usergroups.users.list", "usergroups:read")
def list_user_group_members(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    group = slack.usergroups.get(args.require_string("usergroup"))
    if group is None:
        raise ApiRefusal("no_such_subteam")
    return {"users": group["users"]}


# auth.*: the app and its workspace.


@register_method("auth.test")
def auth_test(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Return the workspace and the user of the bot token."""
    return {
        "url": f"https://{seed.TEAM_DOMAIN}.slack.com/",
        "team": seed.TEAM_NAME,
        "user": slack.people[slack.bot_user].name,
        "team_id": slack.team,
        "user_id": slack.bot_user,
        "bot_id": slack.bot_id,
        **({"enterprise_id": seed.ENTERPRISE_ID} if slack.org_wide else {}),
        "is_enterprise_install": slack.org_wide,
    }
