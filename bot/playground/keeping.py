"""Keeps a local Slack on disk, so that a restart continues where it was."""

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.playground.memory import FORMAT, remembered, restore
from bot.playground.scopes import GRANTED
from bot.playground.slack import LocalSlack
from bot.playground.workspace import Change

FILE, FILES = "slack.json", "files"
PAUSE = 0.4  # seconds; what changes within them is saved together


class Damaged(Exception):
    """What was kept cannot be read; the reason in a few words."""


def open_slack(
    folder: Path,
    port: int,
    tell: Callable[[str], None],
    scopes: frozenset[str] = GRANTED,
) -> LocalSlack:
    """The local Slack as it was left, or a new one; not started yet. `scopes` are what the app's
    tokens may do.

    A file that cannot be read is put aside, and that is told in a sentence.
    """
    try:
        kept = read(folder)
        if kept is None:
            return LocalSlack(secrets.token_hex(16), port, scopes=scopes)
        slack = LocalSlack(**kept["secrets"], port=port, scopes=scopes)
        restore(slack, kept, lambda id: _bytes(folder / FILES / id))
    except (Damaged, KeyError, TypeError, ValueError, AttributeError) as fault:
        aside = folder / f"{FILE}.damaged"
        os.replace(folder / FILE, aside)
        tell(
            f"What was said in the local Slack cannot be read ({_words(fault)}), so it starts "
            f"empty. The old file is kept as {aside}."
        )
        return LocalSlack(secrets.token_hex(16), port, scopes=scopes)
    return slack


def read(folder: Path) -> dict[str, Any] | None:
    """What was kept there, or None when nothing was. Raises Damaged."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as fault:
        raise Damaged("it is not whole") from fault
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise Damaged("another version wrote it")
    return kept


def send_again(slack: LocalSlack) -> None:
    """Puts the events on their way that had not arrived when everything ended."""
    waiting = [one for one in slack.deliveries if not one.done]
    slack.deliveries[:] = [one for one in slack.deliveries if one.done]
    for one in waiting:
        slack.courier.event(one.event)


class Keeper:
    """Saves a local Slack soon after each change, and once more at the end.

    Use it as `async with Keeper(slack, folder)`, around a Slack that has started.
    """

    def __init__(self, slack: LocalSlack, folder: Path, pause: float = PAUSE) -> None:
        self.slack, self.folder, self.pause = slack, folder, pause
        self._changed = asyncio.Event()
        self._written: set[str] = set()

    async def __aenter__(self) -> "Keeper":
        for file in self.slack.files.values():
            file.base_url = self.slack.base_url
        self._leave = self.slack.listen(self._note)
        self._work = asyncio.create_task(self._keep())
        self._changed.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()
        self._work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._work
        await asyncio.to_thread(self._write, remembered(self.slack))

    def _note(self, change: Change) -> None:
        if change.kind not in ("call", "status"):
            self._changed.set()

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(self.pause)
            self._changed.clear()
            writing = asyncio.create_task(
                asyncio.to_thread(self._write, remembered(self.slack)), name="keep"
            )
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing  # two at once would write over each other
                raise

    def _write(self, kept: dict[str, Any]) -> None:
        """The bytes of new files first, then the file that names them, whole or not at all."""
        files = self.folder / FILES
        files.mkdir(parents=True, exist_ok=True)
        for file in list(self.slack.files.values()):
            if file.content is not None and file.id not in self._written:
                _replace(files / file.id, file.content)
                self._written.add(file.id)
        _replace(self.folder / FILE, _document(kept).encode())


def _document(kept: dict[str, Any]) -> str:
    """JSON with a line for each message: in pieces, so that nobody waits long for this thread."""
    messages = [json.dumps(one, ensure_ascii=False) for one in kept["messages"]]
    head = json.dumps({**kept, "messages": None}, ensure_ascii=False)
    start, _, end = head.rpartition('"messages": null')
    return f'{start}"messages": [\n' + ",\n".join(messages) + f"\n]{end}\n"


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _words(fault: Exception) -> str:
    return str(fault) if isinstance(fault, Damaged) else "a part of it is missing"
