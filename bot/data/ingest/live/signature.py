"""Who may send rows: an HMAC-SHA256 over all that a request says, under a key made from ours."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_AGE = timedelta(minutes=5)  # older, and it may be somebody's recording
SIGNATURE_PREFIX = "v1="
TIMESTAMP_PATTERN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def derive_live_key(ours: bytes, workspace: str | None) -> str:
    """The key to sign with, 64 hex digits; `ours` is SUPER_INTERN_KEY's. With a workspace it opens
    that one alone; without, the only one there is. HKDF-SHA256, RFC 5869."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    meant = f"super-intern live rows {workspace or ''}".strip()
    return HKDF(SHA256(), 32, salt=None, info=meant.encode()).derive(ours).hex()


@dataclass(frozen=True)
class SignedRequest:
    """What a request says and what is therefore signed. `workspace` as the header names it, ""
    without one. Whoever checks it refuses points in kind and workspace, so that no two requests
    sign the same bytes."""

    timestamp: str
    kind: str
    workspace: str
    body: bytes

    def signed(self) -> bytes:
        told = ".".join((self.timestamp, self.kind, self.workspace, ""))
        return told.encode("utf-8", "replace") + self.body


def sign_request(key: str, said: SignedRequest) -> str:
    """`v1=` and 64 hex digits over `timestamp.kind.workspace.body`. The key goes in as its
    letters, as `openssl dgst -hmac` takes it."""
    return SIGNATURE_PREFIX + hmac.new(key.encode(), said.signed(), hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether it was signed within five minutes. `timestamp`: seconds since 1970, with or without
    decimals."""
    if not TIMESTAMP_PATTERN.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - float(timestamp)) <= MOST_AGE.total_seconds()


def is_valid_signature(key: str, said: SignedRequest, given: str) -> bool:
    """Whether this signature is ours; takes the same time wherever it differs."""
    wanted = sign_request(key, said)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))
