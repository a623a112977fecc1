"""Authenticates senders of live rows by HMAC-SHA256 over the whole request, with a derived key."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_AGE = timedelta(minutes=5)  # older requests may be replayed ones
SIGNATURE_PREFIX = "v1="
TIMESTAMP_PATTERN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def derive_live_key(ours: bytes, workspace: str | None) -> str:
    """Return the signing key, 64 hex digits, derived from SUPER_INTERN_KEY (`ours`) by HKDF-SHA256
    (RFC 5869). With a workspace, the key is valid for that one only; without, for the only one
    there is."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    meant = f"super-intern live rows {workspace or ''}".strip()
    return HKDF(SHA256(), 32, salt=None, info=meant.encode()).derive(ours).hex()


@dataclass(frozen=True)
class SignedRequest:
    """The signed content of a request. `workspace` is the header's value, or "" without one. The
    verifier refuses dots in kind and workspace, so that no two requests sign the same bytes."""

    timestamp: str
    kind: str
    workspace: str
    body: bytes

    def signed(self) -> bytes:
        told = ".".join((self.timestamp, self.kind, self.workspace, ""))
        return told.encode("utf-8", "replace") + self.body


def sign_request(key: str, request: SignedRequest) -> str:
    """Return `v1=` and 64 hex digits over `timestamp.kind.workspace.body`. The key is used as its
    hex text, as `openssl dgst -hmac` does."""
    return SIGNATURE_PREFIX + hmac.new(key.encode(), request.signed(), hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Return whether the request was signed within MOST_AGE. `timestamp` is in seconds since 1970,
    with or without decimals."""
    if not TIMESTAMP_PATTERN.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - float(timestamp)) <= MOST_AGE.total_seconds()


def is_valid_signature(key: str, request: SignedRequest, given: str) -> bool:
    """Return whether the signature is valid, in constant time."""
    wanted = sign_request(key, request)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))
