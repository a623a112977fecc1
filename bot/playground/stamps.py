"""Hands out timestamps and ids, each later than the one before, as Slack does."""

import time

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Stamps:
    """The only source of ts values and ids of one local Slack; restarts do not repeat them."""

    def __init__(self) -> None:
        self._moment = 0
        self._number = time.time_ns() // 1000

    def ts(self) -> str:
        """A message's ts: seconds, a dot, six digits. Unique and increasing."""
        self._moment = max(self._moment + 1, time.time_ns() // 1000)
        return f"{self._moment // 1_000_000}.{self._moment % 1_000_000:06d}"

    def id(self, prefix: str) -> str:
        """An id such as F0123ABC; no two are the same, even after a restart."""
        self._number += 1
        digits, left = "", self._number
        while left:
            left, digit = divmod(left, 36)
            digits = LETTERS[digit] + digits
        return prefix + digits
