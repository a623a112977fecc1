"""Tables of digests and alerts: when a digest is due, and which series were alerted where.

Alerts are separate for each place: feedback in one channel does not change another. "Not useful"
raises the bar: the same series is alerted again only with a p-value ten times smaller. A muted
series stays silent. After an alert, a series is not alerted again at that place for four weeks.
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
from bot.db.base import Row
from bot.db.session import insert_once
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.i18n.periods import list_weekday_names
from bot.jobs.models import Job
from bot.tasks.models import NewTask

ScheduleState = Literal["on", "paused", "off"]
MAX_DELAY = timedelta(hours=36)  # a digest that is later than this is skipped
DAILY = -1
BRAND_PREFIX = "brand: "  # marks a brand in `Schedule.about`
DIGEST_SKILL = "digest"
DIGEST_TITLE = Words("What moved this week")
ALERT_TITLE = Words("This just moved")
WEEKLY = "weekly"  # exists from the start, switched off; its name is translated


class Schedule(Row):
    """The schedule and content of one digest, at most one run for each local date. `since` is when
    it was last set or resumed: earlier runs are never made up. `weekday` is 0 for Monday, or
    DAILY."""

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
    sections: Mapped[list[Any]]  # section keys in order
    about: Mapped[str | None] = mapped_column(Text)  # a category, or BRAND_PREFIX and a brand
    only_when_moved: Mapped[bool]
    alerts: Mapped[bool] = mapped_column(default=False)  # also report drops and jumps at once
    since: Mapped[datetime]
    last: Mapped[str | None]  # local date of the last run, ISO 8601
    # No run is due before this moment. The index spares reading rows that are not due.
    next_at: Mapped[datetime | None] = mapped_column(index=True)

    @staticmethod
    def save(session: Session, now: datetime, **fields: Any) -> "Schedule":
        """Create or change a digest. Raises CannotDo for an unknown time zone or a wrong hour."""
        if fields["zone"] not in available_timezones():
            raise CannotDo("There is no time zone called {zone}.", zone=fields["zone"])
        if not (0 <= fields["hour"] <= 23 and 0 <= fields["minute"] <= 59):
            raise CannotDo("That hour does not exist.")
        key = (fields["workspace"], fields["name"])
        insert_once(session, Schedule, **fields, state="on", since=now, last=None)
        row = session.get_one(Schedule, key, with_for_update=True, populate_existing=True)
        for name, value in fields.items():
            setattr(row, name, value)
        row.state, row.since, row.next_at = "on", now, row.next_run(now)
        row._journal(session, "digest set", now)
        return row

    def switch(self, session: Session, state: ScheduleState, now: datetime) -> None:
        """Pause, resume or switch off."""
        self.state, self.since, self.next_at = state, now, self.next_run(now)
        self._journal(session, f"digest {state}", now)

    @staticmethod
    def find(session: Session, workspace: str, name: str) -> "Schedule | None":
        return session.get(Schedule, (workspace, name))

    @staticmethod
    def find_existing(session: Session, workspace: str, name: str) -> "Schedule | None":
        """Like `find`, but None for a deleted digest."""
        found = Schedule.find(session, workspace, name)
        return None if found is None or found.state == "off" else found

    @staticmethod
    def list_all(session: Session, workspace: str) -> list["Schedule"]:
        rows = select(Schedule).where(Schedule.workspace == workspace, Schedule.state != "off")
        return list(session.scalars(rows.order_by(Schedule.name)))

    def latest_run(self, now: datetime) -> tuple[date, datetime] | None:
        """The last run before `now`: its local date and its moment in UTC.

        An hour skipped by daylight saving time counts as the one the clocks jump to. An hour that
        occurs twice counts at its first occurrence."""
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

    def next_run(self, now: datetime) -> datetime:
        """The next run after `now`, in UTC."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, 9))
        moments = (
            datetime.combine(day, time(self.hour, self.minute), zone).astimezone(UTC)
            for day in days
            if self.weekday in (DAILY, day.weekday())
        )
        return next(moment for moment in moments if moment > now)

    def due_day(self, now: datetime) -> date | None:
        """The local date of the digest that is due now, or None."""
        found = self.latest_run(now) if self.state == "on" else None
        if found is None:
            return None
        day, moment = found
        fresh = moment > self.since and now - moment <= MAX_DELAY
        return day if fresh and (self.last is None or day.isoformat() > self.last) else None

    def build_task(self, day: date, *, turn: str = "") -> NewTask:
        """The task of a day. `turn` distinguishes further tasks of the same day ("run now")."""
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
                **self.catalogue_filter,
            },
        )

    @property
    def catalogue_filter(self) -> dict[str, str]:
        """The category or brand that the digest is limited to, as form fields, or empty."""
        if self.about is None:
            return {}
        is_brand = self.about.startswith(BRAND_PREFIX)
        return {"brand" if is_brand else "category": self.about.removeprefix(BRAND_PREFIX)}

    def build_alert_task(self, series: str, now: datetime) -> NewTask:
        """The task that reports one series at the place of the digest."""
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
        """The local date of a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def format_rhythm(self) -> Words:
        """The rhythm for people: "Monday, 9:00 (Europe/Paris)"."""
        day = Words("Every day")
        if self.weekday != DAILY:
            day = Words(list_weekday_names("en")[self.weekday])
        clock = Words("{h}:00", h=self.hour)
        if self.minute:
            clock = Words("{h}:{minute}", h=self.hour, minute=f"{self.minute:02d}")
        return Words("{day}, {clock} ({zone})", day=day, clock=clock, zone=self.zone)

    def _journal(self, session: Session, event: str, now: datetime) -> None:
        journal.record_event(session, self.workspace, event, self.name, now, by=self.owner)


def format_digest_name(name: str) -> Words | str:
    """The display name of a digest."""
    return Words("weekly") if name == WEEKLY else name


def parse_digest_name(text: str) -> str:
    """The stored name for a typed one: translations of "weekly" become `weekly`."""
    translations = {Words("weekly").to(language) for language in LANGUAGES}
    return WEEKLY if text.casefold() in translations else text


def find_due_digests(session: Session, now: datetime) -> Iterable[Job]:
    """Yield a job for each digest that is due. Its id is unique for the digest and the day."""
    near = or_(Schedule.next_at.is_(None), Schedule.next_at <= now)
    for schedule in session.scalars(select(Schedule).where(Schedule.state == "on", near)):
        if (day := schedule.due_day(now)) is None:
            schedule.next_at = schedule.next_run(now)
        else:  # `next_at` moves when the job runs; until then every process yields the same job
            subject = f"{schedule.workspace}/{schedule.name}/{day.isoformat()}"
            yield Job(kind="digest", subject=subject, workspace=schedule.workspace)


ALERT_REST, WEEK = timedelta(days=28), timedelta(days=7)
MAX_ALERTS_A_WEEK = 3
NOT_USEFUL_DIVISOR = 10  # the bar is divided by this
ALERT_KINDS = ("events", "feedback")
LOCAL_WORKSPACE = "local"  # files imported before the workspace was known belong to all


class Alert(Row):
    """A series alerted at one place, for example "funnel.device-mobile-checkout-to-purchase". A new
    alert needs a p-value of at most `bar`. `p` is the p-value of the last alert."""

    __tablename__ = "alerts"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    spot: Mapped[str] = mapped_column(primary_key=True)  # the result of `format_place_key`
    muted: Mapped[bool]
    bar: Mapped[float]
    p: Mapped[float]
    told_at: Mapped[datetime]

    @staticmethod
    def record(
        session: Session, workspace: str, series: str, spot: str, p: float, now: datetime
    ) -> bool:
        """Record an alert that is sent now. False when the series is muted, was alerted recently or
        does not pass its bar, or when the place has had its alerts of the week."""
        row = session.get(Alert, (workspace, series, spot), with_for_update=True)
        if row is not None and (row.muted or now - row.told_at < ALERT_REST or p > row.bar):
            return False
        recent_count = select(func.count()).where(
            Alert.workspace == workspace, Alert.spot == spot, Alert.told_at > now - WEEK
        )
        if (session.scalar(recent_count) or 0) >= MAX_ALERTS_A_WEEK:
            return False
        if row is None:
            key = {"workspace": workspace, "series": series, "spot": spot}
            if not insert_once(session, Alert, **key, muted=False, bar=1.0, p=p, told_at=now):
                return False
        else:
            row.p, row.told_at = p, now
        journal.record_event(session, workspace, "alert told", series, now)
        return True

    def mute(self, session: Session, by: str, now: datetime) -> None:
        self.muted = True
        journal.record_event(session, self.workspace, "alert muted", self.series, now, by=by)

    def unmute(self, session: Session, by: str, now: datetime) -> None:
        """Undo the mute. The rest period and the bar stay as they are."""
        self.muted = False
        journal.record_event(session, self.workspace, "alert unmuted", self.series, now, by=by)

    def raise_bar(self, session: Session, by: str, now: datetime) -> None:
        """Raise the bar after "not useful". Repeating it for the same alert has no effect."""
        self.bar = min(self.bar, self.p / NOT_USEFUL_DIVISOR)
        journal.record_event(session, self.workspace, "alert not useful", self.series, now, by=by)


def format_place_key(place: Mapping[str, Any]) -> str:
    """The key of a place: its channel id."""
    return str(place.get("channel") or "")


def find_due_alerts(session: Session, now: datetime) -> Iterable[Job]:
    """Yield a job for each workspace with alerts and each state of its files."""
    wanted = select(Schedule.workspace).where(Schedule.state == "on", Schedule.alerts.is_(True))
    for workspace in session.scalars(wanted.distinct().order_by(Schedule.workspace)):
        files = DataFile.in_force(session, workspace) or DataFile.in_force(session, LOCAL_WORKSPACE)
        file_ids = [file.id for file in files if file.kind in ALERT_KINDS]
        if file_ids:
            yield Job(kind="look", subject=f"{workspace}/{file_ids[-1]}", workspace=workspace)
