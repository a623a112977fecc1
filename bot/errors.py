"""The two errors that are expected. Everything else is a bug, caught once, in the worker."""

from bot.words import Words


class TryAgain(Exception):
    """Something outside is busy or down; the engine tries again.

    `after` is how many seconds the other side asked us to wait, when it said so.
    `words` is what the person reads should every try fail.
    """

    def __init__(self, reason: str, *, words: Words | None = None, after: float | None = None):
        super().__init__(reason)
        self.words = words
        self.after = after


class CannotDo(Exception):
    """It can't be done, and trying again won't help. `words` are for the person."""

    def __init__(self, words: Words):
        super().__init__(words.to("en"))
        self.words = words


class SpendingRefused(CannotDo):
    """A call to an AI would cost more than may be spent, or nobody knows what it costs."""


class SpendingBusy(TryAgain):
    """What is left to spend is reserved by calls under way; it may be free in a moment."""


class TooMany(CannotDo):
    """One person asks for more than their share. `once` names the reason: it is told once."""

    def __init__(self, words: Words, once: str):
        super().__init__(words)
        self.once = once


CALM = "calm"  # a word's parameter, "yes" where nothing went wrong: a greeting, what can be asked
ANYHOW = "anyhow"  # a word's parameter, "yes" where a file is of no use whatever it is said to be
