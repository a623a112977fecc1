"""Saves the state of a local Slack to disk and restores it at the next start.

Saved are people, places, messages, files, Home tabs and the id counters. Not saved is what a
restart would end in Slack too: open modals, triggers and "is typing".
"""

import asyncio
import contextlib
import copy
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bot.playground.block_kit import View
from bot.playground.local_slack import LocalSlack
from bot.playground.methods import GRANTED_SCOPES
from bot.playground.slack_objects import Place, SlackMessage, SlackUser, StoredFile
from bot.playground.transport import EventDelivery
from bot.playground.workspace import WorkspaceChange

SavedState = dict[str, Any]
ContentReader = Callable[[str], bytes | None]

STATE_FORMAT = 1
MAX_UNDELIVERED_EVENTS = 100  # events saved for an intern that did not run
SHARING_FIELDS = ("shared_with", "invited", "inside")  # lists of Place
SECRETS = ["signing_secret", "bot_token"]
PLACE_FIELDS = ["id", "name", "kind", "members", "archived", *SHARING_FIELDS]
UNSAVED_FIELDS = {"files", "history", "replies"}
MESSAGE_FIELDS = [field.name for field in fields(SlackMessage) if field.name not in UNSAVED_FIELDS]
VIEW_FIELDS = [field.name for field in fields(View)]
FILE_FIELDS = [
    field.name for field in fields(StoredFile) if field.name not in ("content", "base_url")
]


def dump_state(slack: LocalSlack) -> SavedState:
    """Return the state without the bytes of files.

    Its blocks are not copies, so callers must not change them."""
    return {
        "format": STATE_FORMAT,
        "secrets": _copy_fields(slack, SECRETS),
        "stamps": dict(vars(slack.ids)),
        "installed": slack.installed,
        "people": [asdict(person) for person in slack.people.values()],
        "usergroups": dict(slack.usergroups),
        "places": [_copy_fields(place, PLACE_FIELDS) for place in slack.places.values()],
        "files": [_copy_fields(file, FILE_FIELDS) for file in slack.files.values()],
        "homes": [asdict(view) for view in slack.homes.values()],
        "states": [[*key, copy.deepcopy(values)] for key, values in slack.states.items()],
        "prompts": [[*key, prompts] for key, prompts in slack.prompts.items()],
        "undelivered": [one.event for one in slack.deliveries if not one.done][
            -MAX_UNDELIVERED_EVENTS:
        ],
        "messages": [
            _copy_fields(one, MESSAGE_FIELDS) | {"files": [file.id for file in one.files]}
            for place in slack.places.values()
            for one in (*place.by_ts.values(), *place.ephemerals)
        ],
    }


def restore_state(slack: LocalSlack, state: SavedState, content: ContentReader) -> None:
    """Load a saved state into a new local Slack; `content` returns a file's bytes by its id.

    Raises KeyError, TypeError or ValueError if `state` was not made by `dump_state`.
    """
    vars(slack.ids).update({name: int(state["stamps"][name]) for name in vars(slack.ids)})
    slack.installed = bool(state["installed"])
    slack.people |= {one["id"]: SlackUser(**one) for one in state["people"]}
    slack.usergroups |= state["usergroups"]
    for one in state["places"]:
        slack.places[one["id"]] = _load_place(one)
    for one in state["files"]:
        slack.files[one["id"]] = StoredFile(**one, base_url="", content=content(one["id"]))
    for one in state["messages"]:
        _load_message(slack, one)
    for one in state["homes"]:
        view = View(**{name: one[name] for name in VIEW_FIELDS})  # older files have more
        slack.homes[view.user] = slack.views[view.id] = view
    slack.states |= {(ts, user): values for ts, user, values in state["states"]}
    slack.deliveries.extend(
        EventDelivery(one["event_id"], one["event"]["type"], one) for one in state["undelivered"]
    )
    slack.prompts |= {(channel, thread): shown for channel, thread, shown in state["prompts"]}


def _copy_fields(source: object, names: list[str]) -> SavedState:
    return {name: copy.copy(getattr(source, name)) for name in names}


def _load_place(state: SavedState) -> Place:
    place = Place(state["id"], state["name"], members=state["members"], kind=state["kind"])
    place.archived = bool(state["archived"])
    for name in SHARING_FIELDS:
        setattr(place, name, list(state.get(name, [])))  # older files do not have these fields
    return place


def _load_message(slack: LocalSlack, state: SavedState) -> None:
    shown = [slack.files[id] for id in state["files"] if id in slack.files]
    known = {name: state[name] for name in MESSAGE_FIELDS}  # older files have more
    message = SlackMessage(**known, files=shown)
    place = slack.places[message.channel]
    if message.ephemeral_to is not None:
        place.ephemerals.append(message)
    else:
        place.add(message)


# Reading and writing the files of a local Slack.

STATE_FILE, FILES_FOLDER = "slack.json", "files"
SAVE_DELAY = 0.4  # seconds in which changes are collected before a save


class DamagedState(Exception):
    """The saved state cannot be read; the message is a short reason."""


def open_slack(
    folder: Path, port: int, report: Callable[[str], None], scopes: frozenset[str] = GRANTED_SCOPES
) -> LocalSlack:
    """Return the saved local Slack, or a new one, without starting it.

    `scopes` are the scopes of the app's tokens. A file that cannot be read is renamed, and
    `report` gets a sentence about it.
    """
    try:
        state = read_state(folder)
        if state is None:
            return LocalSlack(secrets.token_hex(16), port, scopes=scopes)
        kept = {name: state["secrets"][name] for name in SECRETS}  # older files have more
        slack = LocalSlack(**kept, port=port, scopes=scopes)
        restore_state(slack, state, lambda id: _read_bytes(folder / FILES_FOLDER / id))
    except (DamagedState, KeyError, TypeError, ValueError, AttributeError) as fault:
        aside = folder / f"{STATE_FILE}.damaged"
        os.replace(folder / STATE_FILE, aside)
        why = str(fault) if isinstance(fault, DamagedState) else "a part of it is missing"
        report(
            f"What was said in the local Slack cannot be read ({why}), so it starts empty. The old "
            f"file is kept as {aside}."
        )
        return LocalSlack(secrets.token_hex(16), port, scopes=scopes)
    return slack


def read_state(folder: Path) -> dict[str, Any] | None:
    """Return the saved state, or None if there is none. Raises DamagedState."""
    try:
        state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as fault:
        raise DamagedState("it is not whole") from fault
    if not isinstance(state, dict) or state.get("format") != STATE_FORMAT:
        raise DamagedState("another version wrote it")
    return state


def resend_events(slack: LocalSlack) -> None:
    """Send the events again that were not delivered when the process ended."""
    waiting = [one for one in slack.deliveries if not one.done]
    slack.deliveries[:] = [one for one in slack.deliveries if one.done]
    for one in waiting:
        slack.transport.send_event(one.event)


class StateSaver:
    """Saves a local Slack shortly after each change, and once more at the end.

    Use it as `async with StateSaver(slack, folder)` with a Slack that has started.
    """

    def __init__(self, slack: LocalSlack, folder: Path, delay: float = SAVE_DELAY) -> None:
        self.slack, self.folder, self.delay = slack, folder, delay
        self._changed = asyncio.Event()
        self._written: set[str] = set()

    async def __aenter__(self) -> "StateSaver":
        for file in self.slack.files.values():
            file.base_url = self.slack.base_url
        self._stop_listening = self.slack.listen(self._on_change)
        self._save_task = asyncio.create_task(self._save_loop())
        self._changed.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_listening()
        self._save_task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._save_task
        await asyncio.to_thread(self._write, dump_state(self.slack))

    def _on_change(self, change: WorkspaceChange) -> None:
        if change.kind not in ("call", "status"):
            self._changed.set()

    async def _save_loop(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(self.delay)
            self._changed.clear()
            writing = asyncio.create_task(
                asyncio.to_thread(self._write, dump_state(self.slack)), name="save local Slack"
            )
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing  # two writers at once would overwrite each other's files
                raise

    def _write(self, state: dict[str, Any]) -> None:
        """Write the bytes of new files, then replace the state file that refers to them."""
        files = self.folder / FILES_FOLDER
        files.mkdir(parents=True, exist_ok=True)
        for file in list(self.slack.files.values()):
            if file.content is not None and file.id not in self._written:
                _replace_file(files / file.id, file.content)
                self._written.add(file.id)
        _replace_file(self.folder / STATE_FILE, _serialize_state(state).encode())


def _serialize_state(state: dict[str, Any]) -> str:
    """Serialize the state as JSON with one line per message.

    Encoding message by message lets other threads run in between."""
    messages = [json.dumps(one, ensure_ascii=False) for one in state["messages"]]
    head = json.dumps({**state, "messages": None}, ensure_ascii=False)
    start, _, end = head.rpartition('"messages": null')
    return f'{start}"messages": [\n' + ",\n".join(messages) + f"\n]{end}\n"


def _replace_file(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
