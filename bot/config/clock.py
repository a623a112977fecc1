"""The time of this process: the machine's, or what the playground's page made of it."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The time, aware of its zone (UTC)."""
    return datetime.now(UTC) + _ClockOffset.by


def set_clock_ahead(seconds: float) -> None:
    """Set the clock of a playground that has travelled."""
    _ClockOffset.by = timedelta(seconds=seconds)


class _ClockOffset:
    """By how much this process's clock runs ahead; set once, before anything asks the time."""

    by = timedelta(0)
