"""The current time of this process. The playground can run its clock ahead."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """Return the current time in UTC, with its time zone."""
    return datetime.now(UTC) + _ClockOffset.by


def set_clock_ahead(seconds: float) -> None:
    """Run the clock ahead by so many seconds, for a playground that has skipped time."""
    _ClockOffset.by = timedelta(seconds=seconds)


class _ClockOffset:
    """How far this process's clock runs ahead. It is set once, before the time is first read."""

    by = timedelta(0)
