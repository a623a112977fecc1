"""When a digest is due: a day, an hour and a time zone; at most once for each local date.

What is due is computed anew each minute from the wall clock, so a process that was down catches
up with the latest moment alone, and two processes mean the same job.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import journal
from bot.db import Row, insert_once
from bot.errors import CannotDo
from bot.ids import task_id
from bot.job import Job
from bot.task import Wish
from bot.words import LANGUAGES, Words

State = Literal["on", "paused", "off"]
TOO_LATE = timedelta(hours=36)  # a Monday's digest is none on Wednesday
DAILY = -1
BRAND = "brand: "  # before the name of one, in `about`
SKILL = "digest"
TITLE = Words("What moved this week")
ALERT = Words("This just moved")
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

    def turn(self, session: Session, state: State, now: datetime) -> None:
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
        fresh = moment > self.since and now - moment <= TOO_LATE
        return day if fresh and (self.last is None or day.isoformat() > self.last) else None

    def wish(self, day: date, *, turn: str = "") -> Wish:
        """What it asks for on a day; `turn` makes another one of the same day ("run now")."""
        return Wish(
            id=task_id("digest", self.workspace, self.name, day.isoformat(), turn),
            workspace=self.workspace,
            author=self.owner,
            words=TITLE.to(self.language),
            place=self.place,
            form={
                "skill": SKILL,
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
        is_brand = self.about.startswith(BRAND)
        return {"brand" if is_brand else "category": self.about.removeprefix(BRAND)}

    def alert(self, series: str, now: datetime) -> Wish:
        """One series told at once, where the digest goes."""
        form = {"skill": SKILL, "language": self.language, "series": series}
        return Wish(
            id=task_id("alert", self.workspace, self.name, series, now.isoformat()),
            workspace=self.workspace,
            author=self.owner,
            words=ALERT.to(self.language),
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
        journal.record(
            session,
            workspace=self.workspace,
            event=event,
            subject=self.name,
            by=self.owner,
            now=now,
        )


def called(name: str) -> Words | str:
    """A digest's name as people read it."""
    return Words("weekly") if name == WEEKLY else name


def name_of(typed: str) -> str:
    """The name that people mean: `weekly` in whatever language they call it."""
    theirs = {Words("weekly").to(language) for language in LANGUAGES}
    return WEEKLY if typed.casefold() in theirs else typed


def due(session: Session, now: datetime) -> Iterable[Job]:
    """The digests to be made now, each under an id that exists once."""
    near = or_(Schedule.next_at.is_(None), Schedule.next_at <= now)
    for schedule in session.scalars(select(Schedule).where(Schedule.state == "on", near)):
        if (day := schedule.due(now)) is None:
            schedule.next_at = schedule.following(now)
        else:  # it is put off when it is made: until then every process says so again
            subject = f"{schedule.workspace}/{schedule.name}/{day.isoformat()}"
            yield Job(kind="digest", subject=subject, workspace=schedule.workspace)
