"""assistant.threads.* and agents.sessions.*: status, title and prompts of a thread."""

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.chat import writable
from bot.playground.methods.registry import Body, method
from bot.playground.methods.streams import SESSION_STATUSES
from bot.playground.place import Place
from bot.playground.refusals import Refused

MOST_PROMPTS = 4
MOST_LOADING = 10
MOST_TITLE = 200


@method("assistant.threads.setStatus", "assistant:write", "chat:write")
def set_status(slack: Board, args: Arguments) -> Body:
    """Shows what the app is doing; an empty status, or the app's next reply, ends it."""
    place, thread_ts = thread(slack, args)
    if not args.has("status"):
        raise Refused("invalid_arguments", ["[ERROR] missing required field: status"])
    loading = args.json("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > MOST_LOADING:
        raise Refused("invalid_arguments", ["[ERROR] no more than 10 loading_messages"])
    if status := args.word("status"):
        slack.statuses[(place.id, thread_ts)] = status
    else:
        slack.statuses.pop((place.id, thread_ts), None)
    slack.changed("status", place.id, thread_ts)
    return {}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(slack: Board, args: Arguments) -> Body:
    """Names a thread with the app."""
    place, thread_ts = thread(slack, args)
    slack.titles[(place.id, thread_ts)] = args.need("title")
    slack.changed("status", place.id, thread_ts)
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_prompts(slack: Board, args: Arguments) -> Body:
    """Offers up to four things to say; without a thread, for the app's whole view."""
    place = writable(slack, args.need("channel_id", "channel_not_found"))
    prompts = args.array("prompts", "invalid_arguments") or []
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        raise Refused("invalid_arguments", ["[ERROR] from 1 to 4 prompts"])
    if not all(isinstance(one, dict) and set(one) == {"title", "message"} for one in prompts):
        raise Refused("invalid_arguments", ["[ERROR] a prompt has title and message"])
    slack.prompts[(place.id, args.word("thread_ts"))] = prompts
    slack.changed("status", place.id, args.word("thread_ts"))
    return {}


@method("agents.sessions.setStatus", "chat:write")
def set_session_status(slack: Board, args: Arguments) -> Body:
    """Says whether the agent is at work in a thread; makes the session when there is none."""
    place, thread_ts = thread(slack, args)
    status, title = args.need("status"), args.word("title")
    if status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", [f"[ERROR] status must be one of {SESSION_STATUSES}"])
    if len(title) > MOST_TITLE:
        raise Refused("invalid_arguments", ["[ERROR] title must be less than 201 characters"])
    key = (place.id, thread_ts)
    if title and key not in slack.sessions:
        slack.titles[key] = title
    slack.sessions[key] = status
    slack.changed("status", place.id, thread_ts)
    return {"status": status, "agent_status": status, "title": slack.titles.get(key, "")}


def thread(slack: Board, args: Arguments) -> tuple[Place, str]:
    """The thread these methods are about; it must exist."""
    place = writable(slack, args.need("channel_id", "channel_not_found"))
    thread_ts = args.need("thread_ts")
    if thread_ts not in place.by_ts:
        raise Refused("thread_not_found")
    return place, thread_ts
