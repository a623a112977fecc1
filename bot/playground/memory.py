"""A local Slack as plain values, and back: what is kept from one start to the next.

Kept are people, places, messages, files, Home tabs and the numbers given out. Left out is what
a restart ends in Slack too: open modals, triggers, streams and "is typing".
"""

import copy
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from bot.playground.deliver import Delivery
from bot.playground.file import StoredFile
from bot.playground.message import Message
from bot.playground.people import Person
from bot.playground.place import Place
from bot.playground.slack import LocalSlack
from bot.playground.view import View

Kept = dict[str, Any]
Bytes = Callable[[str], bytes | None]

FORMAT = 1
MOST_LEFT = 100  # events for an intern that was away for long
BY_THREAD = ("titles", "prompts", "sessions")  # by (channel, thread) in a Workspace
SHARED = ("shared_with", "invited", "inside")  # of a Place
NOT_KEPT = {"files", "history", "replies", "streaming_until"}
OF_MESSAGE = [field.name for field in fields(Message) if field.name not in NOT_KEPT]
OF_FILE = [field.name for field in fields(StoredFile) if field.name not in ("content", "base_url")]


def remembered(slack: LocalSlack) -> Kept:
    """Everything but the bytes of files. The blocks in it are the ones in use: only to be read."""
    return {
        "format": FORMAT,
        "secrets": {
            "signing_secret": slack.signing_secret,
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
        },
        "stamps": dict(vars(slack.stamps)),
        "installed": slack.installed,
        "people": [asdict(person) for person in slack.people.values()],
        "usergroups": dict(slack.usergroups),
        "places": [_place(place) for place in slack.places.values()],
        "files": [_fields(file, OF_FILE) for file in slack.files.values()],
        "homes": [asdict(view) for view in slack.homes.values()],
        "states": [[*key, copy.deepcopy(values)] for key, values in slack.states.items()],
        **{name: _listed(getattr(slack, name)) for name in BY_THREAD},
        "undelivered": [one.event for one in slack.deliveries if not one.done][-MOST_LEFT:],
        "messages": [_message(one) for place in slack.places.values() for one in _all(place)],
    }


def restore(slack: LocalSlack, kept: Kept, content: Bytes) -> None:
    """Puts it all into a local Slack that has just been made; `content` gives a file's bytes.

    Raises KeyError, TypeError or ValueError when it is not what `remembered` made.
    """
    vars(slack.stamps).update({name: int(kept["stamps"][name]) for name in vars(slack.stamps)})
    slack.installed = bool(kept["installed"])
    slack.people |= {one["id"]: Person(**one) for one in kept["people"]}
    slack.usergroups |= kept["usergroups"]
    for one in kept["places"]:
        slack.places[one["id"]] = _made_place(one)
    for one in kept["files"]:
        slack.files[one["id"]] = StoredFile(**one, base_url="", content=content(one["id"]))
    for one in kept["messages"]:
        _put(slack, one)
    for one in kept["homes"]:
        view = View(**one)
        slack.homes[view.user] = slack.views[view.id] = view
    slack.states |= {(ts, user): values for ts, user, values in kept["states"]}
    slack.deliveries.extend(_on_its_way(one) for one in kept["undelivered"])
    for name in BY_THREAD:
        getattr(slack, name).update({(c, t): value for c, t, value in kept[name]})


def _on_its_way(body: Kept) -> Delivery:
    return Delivery(body["event_id"], body["event"]["type"], body)


def _all(place: Place) -> list[Message]:
    return [*place.by_ts.values(), *place.ephemerals]


def _fields(one: object, names: list[str]) -> Kept:
    return {name: copy.copy(getattr(one, name)) for name in names}


def _message(message: Message) -> Kept:
    return _fields(message, OF_MESSAGE) | {"files": [file.id for file in message.files]}


def _place(place: Place) -> Kept:
    return _fields(place, ["id", "name", "kind", "members", "archived", *SHARED])


def _made_place(kept: Kept) -> Place:
    place = Place(kept["id"], kept["name"], members=kept["members"], kind=kept["kind"])
    place.archived = bool(kept["archived"])
    for name in SHARED:
        setattr(place, name, list(kept.get(name, [])))  # an older file says nothing of it
    return place


def _put(slack: LocalSlack, kept: Kept) -> None:
    shown = [slack.files[id] for id in kept["files"] if id in slack.files]
    message = Message(**{**kept, "files": shown})
    place = slack.places[message.channel]
    if message.ephemeral_to is not None:
        place.ephemerals.append(message)
    else:
        place.add(message)


def _listed(by_thread: dict[tuple[str, str], Any]) -> list[list[Any]]:
    return [[*key, value] for key, value in by_thread.items()]
