"""users.* and usergroups.*: who is there."""

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.conversations import paged
from bot.playground.methods.registry import Body, method
from bot.playground.refusals import Refused


@method("users.info", "users:read")
def show(slack: Board, args: Arguments) -> Body:
    """One person; the locale only when asked for."""
    person = slack.people.get(args.need("user", "user_not_found"))
    if person is None:
        raise Refused("user_not_found")
    return {"user": person.as_slack(slack.team, locale=args.flag("include_locale"))}


@method("users.list", "users:read")
def list_all(slack: Board, args: Arguments) -> Body:
    """Everybody, page by page."""
    page, cursor = paged(list(slack.people.values()), args)
    locale = args.flag("include_locale")
    members = [person.as_slack(slack.team, locale=locale) for person in page]
    return {"members": members, "response_metadata": {"next_cursor": cursor}}


@method("usergroups.list", "usergroups:read")
def groups(slack: Board, args: Arguments) -> Body:
    """The user groups; their members only when asked for."""
    with_users = args.flag("include_users")
    shown = [
        {name: value for name, value in group.items() if name != "users" or with_users}
        for group in slack.usergroups.values()
    ]
    return {"usergroups": shown}


@method("usergroups.users.list", "usergroups:read")
def group_members(slack: Board, args: Arguments) -> Body:
    """Who is in a user group."""
    group = slack.usergroups.get(args.need("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": group["users"]}
