"""Slack's signature on an HTTP request: `v0=` and the HMAC-SHA256 of `v0:timestamp:body`."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_AGE = 300  # seconds between signing and arrival; an older request may be a recording
TIMESTAMP = re.compile(r"[0-9]{10}")
DIGEST = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True)
class Signature:
    """What the two headers of one request claim. Whether it is true, `proves` says."""

    timestamp: str
    digest: str

    @classmethod
    def read(cls, timestamps: Sequence[str], digests: Sequence[str]) -> "Signature | None":
        """The signature in all values of both headers; None unless each is there exactly once and
        has exactly Slack's shape, in ASCII."""
        if len(timestamps) != 1 or len(digests) != 1:
            return None
        if not TIMESTAMP.fullmatch(timestamps[0]) or not DIGEST.fullmatch(digests[0]):
            return None
        return cls(timestamps[0], digests[0])

    def is_fresh(self, now: float) -> bool:
        """Whether it was made within five minutes of `now`, in seconds since 1970."""
        return abs(now - int(self.timestamp)) <= MAX_AGE

    def proves(self, secret: str, body: bytes, now: float) -> bool:
        """Whether the holder of `secret` signed these bytes just now. An empty secret proves
        nothing. The comparison takes the same time wherever the digests differ."""
        if not secret.strip() or not self.is_fresh(now):
            return False
        return hmac.compare_digest(sign(secret, self.timestamp, body), self.digest)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The digest that Slack sends with these bytes."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
