"""Encrypts addresses and ids, and stores them separately, only for people whose consent allows
it."""

import os
from collections.abc import Sequence
from typing import Any

from bot.data.ingest.file_schema import AddressKind

NONCE_BYTES = 12  # bytes, NIST SP 800-38D


class AddressCipher:
    """AES-256-GCM under a key derived from the home's key by HKDF-SHA256 (RFC 5869). The customer's
    key is authenticated with it, so that an address can't be moved to another customer's row.
    `purpose` separates the derived keys of different kinds of secrets."""

    def __init__(self, key: bytes, purpose: bytes = b"super-intern addresses 1"):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = HKDF(SHA256(), 32, None, purpose).derive(key)
        self._seal = AESGCM(derived)

    def close(self, customer: str, address: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, address.encode(), customer.encode())

    def open(self, customer: str, sealed: bytes) -> str:
        """Decrypt an address. Raises cryptography's InvalidTag for another key or customer."""
        opened = self._seal.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], customer.encode())
        return bytes(opened).decode()


def encrypt_addresses(
    rows: Sequence[tuple[str | None, ...]],
    key: bytes,
    names: Sequence[AddressKind] = ("email", "phone"),
) -> Any:
    """Return the rows (customer, then the values of `names`) as an Arrow table in which all columns
    except customer are encrypted."""
    import pyarrow as pa

    seal = AddressCipher(key)

    def column(at: int) -> list[bytes | None]:
        return [seal.close(str(row[0]), str(row[at])) if row[at] else None for row in rows]

    columns = {"customer": pa.array([row[0] for row in rows], pa.string())}
    columns |= {name: pa.array(column(at), pa.binary()) for at, name in enumerate(names, 1)}
    return pa.table(columns)


# Any of these consents allows the use of the address.
CONSENTS_FOR_ADDRESS: dict[AddressKind, tuple[str, ...]] = {
    "email": ("email", "ads_user_data"),
    "phone": ("sms", "ads_user_data"),
    "id": ("email", "sms", "ads_user_data"),
}
