"""auth.*, api.*, apps.*, bots.*, team.*: the app and its workspace."""

from bot.playground import people as seed
from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.registry import Body, method
from bot.playground.refusals import Refused


@method("api.test", caller="anyone")
def api_test(slack: Board, args: Arguments) -> Body:
    """Answers what it is asked to answer."""
    if error := args.word("error"):
        raise Refused(error)
    return {"args": args.given}


@method("auth.test")
def auth_test(slack: Board, args: Arguments) -> Body:
    """Whose token this is."""
    return {
        "url": f"https://{seed.TEAM_DOMAIN}.slack.com/",
        "team": seed.TEAM_NAME,
        "user": slack.people[slack.bot_user].name,
        "team_id": slack.team,
        "user_id": slack.bot_user,
        "bot_id": slack.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", "connections:write", caller="app")
def open_connection(slack: Board, args: Arguments) -> Body:
    """An address that one socket can connect to."""
    base = slack.base_url.replace("http://", "ws://", 1)
    return {"url": f"{base}socket/?ticket={slack.sockets.ticket()}"}


@method("bots.info", "users:read")
def bot(slack: Board, args: Arguments) -> Body:
    """What a bot is called."""
    known = {slack.bot_id: slack.people[slack.bot_user].name, seed.OTHER_BOT: "other"}
    id = args.word("bot") or slack.bot_id
    if id not in known:
        raise Refused("bot_not_found")
    shown = {"id": id, "deleted": False, "name": known[id], "updated": 1700000000, "icons": {}}
    if id == slack.bot_id:
        shown |= {"app_id": slack.app, "user_id": slack.bot_user}
    return {"bot": shown}


@method("team.info", "team:read")
def team(slack: Board, args: Arguments) -> Body:
    """The workspace."""
    if args.word("team") not in ("", slack.team):
        raise Refused("team_not_found")
    return {
        "team": {
            "id": slack.team,
            "name": seed.TEAM_NAME,
            "domain": seed.TEAM_DOMAIN,
            "email_domain": "",
            "icon": {},
        }
    }
