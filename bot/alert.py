"""What was said at once, outside a digest: one series that fell or jumped, and how people took it.

Each place that wants alerts has its own: what people said in one channel is not said for another.
"Not useful" raises the bar: the same series is told again only when chance explains it ten times
less well. A muted one stays silent. Where a series was told, it rests four weeks.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import journal
from bot.db import Row, insert_once
from bot.holding import Holding
from bot.job import Job
from bot.schedule import Schedule

RESTS, WEEK = timedelta(days=28), timedelta(days=7)
MOST_A_WEEK = 3
STRICTER = 10  # times
READ = ("events", "feedback")
LOCAL = "local"  # files from before the workspace was known serve all


class Alert(Row):
    """One series at one place: "funnel.device-mobile-checkout-to-purchase". `bar` is the p that
    its change must stay below; `p` is that of the last one told."""

    __tablename__ = "alerts"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    spot: Mapped[str] = mapped_column(primary_key=True)  # `place_key` where it goes
    muted: Mapped[bool]
    bar: Mapped[float]
    p: Mapped[float]
    told_at: Mapped[datetime]

    @staticmethod
    def tell(
        session: Session, workspace: str, series: str, spot: str, p: float, now: datetime
    ) -> bool:
        """Write down that it is told there now; False when it is muted, resting, below its bar, or
        when the place has had its alerts of the week."""
        row = session.get(Alert, (workspace, series, spot), with_for_update=True)
        if row is not None and (row.muted or now - row.told_at < RESTS or p > row.bar):
            return False
        lately = select(func.count()).where(
            Alert.workspace == workspace, Alert.spot == spot, Alert.told_at > now - WEEK
        )
        if (session.scalar(lately) or 0) >= MOST_A_WEEK:
            return False
        if row is None:
            key = {"workspace": workspace, "series": series, "spot": spot}
            if not insert_once(session, Alert, **key, muted=False, bar=1.0, p=p, told_at=now):
                return False
        else:
            row.p, row.told_at = p, now
        _journal(session, workspace, series, "alert told", now)
        return True

    def mute(self, session: Session, by: str, now: datetime) -> None:
        self.muted = True
        _journal(session, self.workspace, self.series, "alert muted", now, by)

    def unmute(self, session: Session, by: str, now: datetime) -> None:
        """As before it was muted: what was told rests, and the bar stays where it is."""
        self.muted = False
        _journal(session, self.workspace, self.series, "alert unmuted", now, by)

    def useless(self, session: Session, by: str, now: datetime) -> None:
        """Raise the bar, once for what was told."""
        self.bar = min(self.bar, self.p / STRICTER)
        _journal(session, self.workspace, self.series, "alert not useful", now, by)


def place_key(place: Mapping[str, Any]) -> str:
    """One word for where alerts go: a channel, or whoever has them alone."""
    return str(place.get("channel") or "")


def _journal(
    session: Session, workspace: str, series: str, event: str, now: datetime, by: str | None = None
) -> None:
    journal.record(session, workspace=workspace, event=event, subject=series, by=by, now=now)


def due(session: Session, now: datetime) -> Iterable[Job]:
    """A look at the newest rows of each workspace that wants alerts: one for each state of its
    files."""
    wanted = select(Schedule.workspace).where(Schedule.state == "on", Schedule.alerts.is_(True))
    for workspace in session.scalars(wanted.distinct().order_by(Schedule.workspace)):
        held = Holding.held(session, workspace) or Holding.held(session, LOCAL)
        mine = [one.id for one in held if one.kind in READ]
        if mine:
            yield Job(kind="look", subject=f"{workspace}/{mine[-1]}", workspace=workspace)
