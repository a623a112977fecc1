"""The key of this house: persons' keys are made with it, addresses sealed under it."""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from bot.errors import CannotDo
from bot.i18n.messages import Words

KEY_FILE = "super-intern.key"
MIN_KEY_LENGTH = 32  # signs


def load_key(home: Path, given: str | None, *, holds: Callable[[], bool]) -> bytes:
    """The key from the settings, or the home's own file; made at first need. Raises CannotDo when
    it is gone although the library `holds` rows that were keyed with it."""
    if given:
        return given.encode()
    path = home / KEY_FILE
    if not path.exists():
        if holds():
            raise CannotDo(
                Words(
                    "The key {path} is missing, but the library holds rows that were made with it. "
                    "Put the file back, or set SUPER_INTERN_KEY to what was in it.",
                    path=str(path),
                )
            )
        _create_key_file(path)
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < MIN_KEY_LENGTH:
        raise CannotDo(Words("{path} holds no key: it is too short.", path=str(path)))
    return key.encode()


def compute_key_id(key: bytes) -> str:
    """Tells keys apart and gives nothing of them away: kept with each file of rows."""
    return hmac.new(key, b"super-intern: which key", hashlib.sha256).hexdigest()[:16]


def _create_key_file(path: Path) -> None:
    """Written whole under another name, then put in place unless another process was quicker."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(opened, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()
