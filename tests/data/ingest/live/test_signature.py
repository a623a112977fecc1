"""Signatures of live requests."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.data.ingest.live.endpoint import (
    SignedRequest,
    derive_live_key,
    is_fresh,
    is_valid_signature,
    sign_request,
)

KEY = derive_live_key(b"s" * 32, None)
BODY = '{"order": "A1", "title": "Été"}\n'.encode()
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
SAID = SignedRequest(STAMP, "orders", "T1", BODY)


def test_signature_is_valid_for_signed_content_only() -> None:
    given = sign_request(KEY, SAID)
    assert is_valid_signature(KEY, SAID, given)
    assert not is_valid_signature(KEY, replace(SAID, body=BODY + b" "), given)
    assert not is_valid_signature(KEY, replace(SAID, timestamp=str(int(STAMP) + 1)), given)
    assert not is_valid_signature(KEY, replace(SAID, kind="events"), given)
    assert not is_valid_signature(KEY, replace(SAID, workspace="T2"), given)
    assert not is_valid_signature(KEY, replace(SAID, workspace=""), given)
    assert not is_valid_signature(derive_live_key(b"s" * 32, "T1"), SAID, given)
    assert not is_valid_signature(KEY, SAID, given.upper())
    assert not is_valid_signature(KEY, SAID, "")
    assert not is_valid_signature(KEY, SAID, "v1=é\udc80")


def test_workspace_key_is_valid_for_one_workspace() -> None:
    keys = {derive_live_key(b"s" * 32, name) for name in (None, "T1", "T2")}
    assert len(keys) == 3
    assert all(len(key) == 64 for key in keys)
    assert derive_live_key(b"t" * 32, None) != KEY


def test_signature_equals_documented_openssl_command() -> None:
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", KEY],
        input=f"{STAMP}.orders.T1.".encode() + BODY,
        capture_output=True,
        check=True,
    )
    assert "v1=" + made.stdout.decode().split("= ")[1].strip() == sign_request(KEY, SAID)


@pytest.mark.parametrize(
    ("stamp", "good"),
    [
        (STAMP, True),
        (str(int(STAMP) - 300), True),
        (str(int(STAMP) + 300), True),
        (str(int(STAMP) - 301), False),
        (str(int(STAMP) + 301), False),
        (STAMP + ".25", True),
        (str(int(STAMP) + 300) + ".5", False),
        (STAMP + ".", False),
        ("inf", False),
        (STAMP + "000", False),
        ("", False),
        ("-1", False),
        ("١٢٣", False),
        ("9" * 400, False),
    ],
)
def test_signature_expires_after_five_minutes(stamp: str, good: bool) -> None:
    assert is_fresh(stamp, NOW) is good
