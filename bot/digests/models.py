"""What was said at once, outside a digest: one series that fell or jumped, and how people took it.

Each place that wants alerts has its own: what people said in one channel is not said for another.
"Not useful" raises the bar: the same series is told again only when chance explains it ten times
less well. A muted one stays silent. Where a series was told, it rests four weeks.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Text, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.request import task_id
from bot.data.warehouse.models import DataFile
from bot.db.session import Row, insert_once
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.jobs.models import Job
from bot.tasks.models import NewTask

# When a digest is due: a day, an hour and a time zone; at most once for each local date.

ScheduleState = Literal["on", "paused", "off"]
MAX_DELAY = timedelta(hours=36)  # a Monday's digest is none on Wednesday
DAILY = -1
BRAND_PREFIX = "brand: "  # before the name of one, in `about`
DIGEST_SKILL = "digest"
DIGEST_TITLE = Words("What moved this week")
ALERT_TITLE = Words("This just moved")
WEEKLY = "weekly"  # there from the start, switched off; people read its name in their language
WEEKDAYS = (
    *(Words("Monday"), Words("Tuesday"), Words("Wednesday"), Words("Thursday")),
    *(Words("Friday"), Words("Saturday"), Words("Sunday")),
)


class Schedule(Row):
    """One digest's rhythm and what it tells. `since` is when it was set, moved or resumed: what
    lies before is never caught up with. `weekday` is 0 for Monday, or DAILY."""

    __tablename__ = "schedules"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    owner: Mapped[str]
    place: Mapped[dict[str, Any]]
    weekday: Mapped[int]
    hour: Mapped[int]
    minute: Mapped[int]
    zone: Mapped[str]
    language: Mapped[str]
    sections: Mapped[list[Any]]  # keys of what it tells, in order
    about: Mapped[str | None] = mapped_column(Text)  # a category or BRAND and a brand
    only_when_moved: Mapped[bool]
    alerts: Mapped[bool] = mapped_column(default=False)  # what falls or jumps is told at once
    since: Mapped[datetime]
    last: Mapped[str | None]  # the local date of the last one, ISO
    # No moment of it lies before this one, so that a minute with nothing due reads no row.
    next_at: Mapped[datetime | None] = mapped_column(index=True)

    @staticmethod
    def put(session: Session, now: datetime, **told: Any) -> "Schedule":
        """Set or change one. Raises CannotDo for a zone or an hour that does not exist."""
        if told["zone"] not in available_timezones():
            raise CannotDo(Words("There is no time zone called {zone}.", zone=told["zone"]))
        if not (0 <= told["hour"] <= 23 and 0 <= told["minute"] <= 59):
            raise CannotDo(Words("That hour does not exist."))
        key = (told["workspace"], told["name"])
        insert_once(session, Schedule, **told, state="on", since=now, last=None)
        row = session.get_one(Schedule, key, with_for_update=True, populate_existing=True)
        for name, value in told.items():
            setattr(row, name, value)
        row.state, row.since, row.next_at = "on", now, row.following(now)
        row._journal(session, "digest set", now)
        return row

    def turn(self, session: Session, state: ScheduleState, now: datetime) -> None:
        """Pause, resume or switch off."""
        self.state, self.since, self.next_at = state, now, self.following(now)
        self._journal(session, f"digest {state}", now)

    @staticmethod
    def find(session: Session, workspace: str, name: str) -> "Schedule | None":
        return session.get(Schedule, (workspace, name))

    @staticmethod
    def there(session: Session, workspace: str, name: str) -> "Schedule | None":
        """Like `find`, but a deleted one is none."""
        found = Schedule.find(session, workspace, name)
        return None if found is None or found.state == "off" else found

    @staticmethod
    def of(session: Session, workspace: str) -> list["Schedule"]:
        rows = select(Schedule).where(Schedule.workspace == workspace, Schedule.state != "off")
        return list(session.scalars(rows.order_by(Schedule.name)))

    def latest(self, now: datetime) -> tuple[date, datetime] | None:
        """The newest moment that is past: its local date, and the moment in UTC.

        An hour that the clocks leave out counts as the one they jump to; one that comes twice
        counts the first time."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        for back in range(9):
            day = today - timedelta(days=back)
            if self.weekday not in (DAILY, day.weekday()):
                continue
            local = datetime.combine(day, time(self.hour, self.minute), zone)
            moment = local.astimezone(UTC)
            if moment <= now:
                return day, moment
        return None

    def following(self, now: datetime) -> datetime:
        """The first of its moments that is still to come, in UTC."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, 9))
        moments = (
            datetime.combine(day, time(self.hour, self.minute), zone).astimezone(UTC)
            for day in days
            if self.weekday in (DAILY, day.weekday())
        )
        return next(moment for moment in moments if moment > now)

    def due(self, now: datetime) -> date | None:
        """The local date whose digest is to be made now; None when there is none."""
        found = self.latest(now) if self.state == "on" else None
        if found is None:
            return None
        day, moment = found
        fresh = moment > self.since and now - moment <= MAX_DELAY
        return day if fresh and (self.last is None or day.isoformat() > self.last) else None

    def wish(self, day: date, *, turn: str = "") -> NewTask:
        """What it asks for on a day; `turn` makes another one of the same day ("run now")."""
        return NewTask(
            id=task_id("digest", self.workspace, self.name, day.isoformat(), turn),
            workspace=self.workspace,
            author=self.owner,
            words=DIGEST_TITLE.to(self.language),
            place=self.place,
            form={
                "skill": DIGEST_SKILL,
                "language": self.language,
                "sections": " ".join(str(key) for key in self.sections),
                "digest": self.name,
                **self.narrowed,
            },
        )

    @property
    def narrowed(self) -> dict[str, str]:
        """What alone is looked at, in the catalogue's words; nothing when all is."""
        if self.about is None:
            return {}
        is_brand = self.about.startswith(BRAND_PREFIX)
        return {"brand" if is_brand else "category": self.about.removeprefix(BRAND_PREFIX)}

    def alert(self, series: str, now: datetime) -> NewTask:
        """One series told at once, where the digest goes."""
        form = {"skill": DIGEST_SKILL, "language": self.language, "series": series}
        return NewTask(
            id=task_id("alert", self.workspace, self.name, series, now.isoformat()),
            workspace=self.workspace,
            author=self.owner,
            words=ALERT_TITLE.to(self.language),
            place=self.place,
            form=form,
        )

    def day_of(self, moment: datetime) -> date:
        """Which of its local days a moment lies in."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def when(self) -> Words:
        """Its rhythm for people: "Monday, 9:00 (Europe/Paris)"."""
        day = Words("Every day") if self.weekday == DAILY else WEEKDAYS[self.weekday]
        clock = Words("{h}:00", h=self.hour)
        if self.minute:
            clock = Words("{h}:{minute}", h=self.hour, minute=f"{self.minute:02d}")
        return Words("{day}, {clock} ({zone})", day=day, clock=clock, zone=self.zone)

    def _journal(self, session: Session, event: str, now: datetime) -> None:
        journal.record_event(
            session,
            workspace=self.workspace,
            event=event,
            subject=self.name,
            by=self.owner,
            now=now,
        )


def format_digest_name(name: str) -> Words | str:
    """A digest's name as people read it."""
    return Words("weekly") if name == WEEKLY else name


def parse_digest_name(typed: str) -> str:
    """The name that people mean: `weekly` in whatever language they call it."""
    theirs = {Words("weekly").to(language) for language in LANGUAGES}
    return WEEKLY if typed.casefold() in theirs else typed


def find_due_digests(session: Session, now: datetime) -> Iterable[Job]:
    """The digests to be made now, each under an id that exists once."""
    near = or_(Schedule.next_at.is_(None), Schedule.next_at <= now)
    for schedule in session.scalars(select(Schedule).where(Schedule.state == "on", near)):
        if (day := schedule.due(now)) is None:
            schedule.next_at = schedule.following(now)
        else:  # it is put off when it is made: until then every process says so again
            subject = f"{schedule.workspace}/{schedule.name}/{day.isoformat()}"
            yield Job(kind="digest", subject=subject, workspace=schedule.workspace)


ALERT_REST, WEEK = timedelta(days=28), timedelta(days=7)
MAX_ALERTS_A_WEEK = 3
NOT_USEFUL_DIVISOR = 10  # times
ALERT_KINDS = ("events", "feedback")
LOCAL_WORKSPACE = "local"  # files from before the workspace was known serve all


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
        if row is not None and (row.muted or now - row.told_at < ALERT_REST or p > row.bar):
            return False
        lately = select(func.count()).where(
            Alert.workspace == workspace, Alert.spot == spot, Alert.told_at > now - WEEK
        )
        if (session.scalar(lately) or 0) >= MAX_ALERTS_A_WEEK:
            return False
        if row is None:
            key = {"workspace": workspace, "series": series, "spot": spot}
            if not insert_once(session, Alert, **key, muted=False, bar=1.0, p=p, told_at=now):
                return False
        else:
            row.p, row.told_at = p, now
        _record_event(session, workspace, series, "alert told", now)
        return True

    def mute(self, session: Session, by: str, now: datetime) -> None:
        self.muted = True
        _record_event(session, self.workspace, self.series, "alert muted", now, by)

    def unmute(self, session: Session, by: str, now: datetime) -> None:
        """As before it was muted: what was told rests, and the bar stays where it is."""
        self.muted = False
        _record_event(session, self.workspace, self.series, "alert unmuted", now, by)

    def useless(self, session: Session, by: str, now: datetime) -> None:
        """Raise the bar, once for what was told."""
        self.bar = min(self.bar, self.p / NOT_USEFUL_DIVISOR)
        _record_event(session, self.workspace, self.series, "alert not useful", now, by)


def format_place_key(place: Mapping[str, Any]) -> str:
    """One word for where alerts go: a channel, or whoever has them alone."""
    return str(place.get("channel") or "")


def _record_event(
    session: Session, workspace: str, series: str, event: str, now: datetime, by: str | None = None
) -> None:
    journal.record_event(session, workspace=workspace, event=event, subject=series, by=by, now=now)


def find_due_alerts(session: Session, now: datetime) -> Iterable[Job]:
    """A look at the newest rows of each workspace that wants alerts: one for each state of its
    files."""
    wanted = select(Schedule.workspace).where(Schedule.state == "on", Schedule.alerts.is_(True))
    for workspace in session.scalars(wanted.distinct().order_by(Schedule.workspace)):
        held = DataFile.in_force(session, workspace) or DataFile.in_force(session, LOCAL_WORKSPACE)
        mine = [one.id for one in held if one.kind in ALERT_KINDS]
        if mine:
            yield Job(kind="look", subject=f"{workspace}/{mine[-1]}", workspace=workspace)
