"""Who may send rows: an HMAC-SHA256 over `timestamp.body`, under a key made from ours."""

import hashlib
import hmac
from datetime import datetime, timedelta

AGE = timedelta(minutes=5)  # older, and it may be somebody's recording
PREFIX = "v1="


def live_key(ours: bytes, workspace: str | None) -> str:
    """The key to sign with, 64 hex digits; `ours` is SUPER_INTERN_KEY's. With a workspace it opens
    that one alone; without, the only one there is. HKDF-SHA256, RFC 5869."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    meant = f"super-intern live rows {workspace or ''}".strip()
    return HKDF(SHA256(), 32, salt=None, info=meant.encode()).derive(ours).hex()


def signature(key: str, timestamp: str, body: bytes) -> str:
    """`v1=` and 64 hex digits. The key goes in as its letters, as `openssl dgst -hmac` takes it."""
    signed = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return PREFIX + signed.hexdigest()


def fresh(timestamp: str, now: datetime) -> bool:
    """Whether it was signed within five minutes. `timestamp`: seconds since 1970."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= AGE.total_seconds()


def holds(key: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether this signature is ours; takes the same time wherever it differs."""
    wanted = signature(key, timestamp, body)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))
