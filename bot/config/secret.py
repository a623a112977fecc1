"""The home's secret key. Customers' pseudonyms and sealed addresses are made with it."""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from bot.errors import CannotDo

KEY_FILE = "super-intern.key"
MIN_KEY_LENGTH = 32  # characters


def load_key(home: Path, given: str | None, *, holds: Callable[[], bool]) -> bytes:
    """Return the key from the settings (`given`) or from the home's key file, which is created
    when it is first needed. Raises CannotDo when the file is missing although `holds()` says that
    the library has rows that were made with the key."""
    if given:
        return given.encode()
    path = home / KEY_FILE
    if not path.exists():
        if holds() and not path.exists():  # another process may have made it since
            raise CannotDo(
                "The key {path} is missing, but the library holds rows that were made with it. "
                "Put the file back, or set SUPER_INTERN_KEY to what was in it.",
                path=str(path),
            )
        if not path.exists():
            _create_key_file(path)
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < MIN_KEY_LENGTH:
        raise CannotDo("{path} holds no key: it is too short.", path=str(path))
    return key.encode()


def compute_key_id(key: bytes) -> str:
    """Return an id by which keys can be told apart without revealing them. It is stored with each
    data file."""
    return hmac.new(key, b"super-intern: which key", hashlib.sha256).hexdigest()[:16]


def _create_key_file(path: Path) -> None:
    """Write the file under a temporary name and link it into place, unless another process was
    faster."""
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
