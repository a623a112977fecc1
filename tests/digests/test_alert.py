"""Alerts about a drop in the funnel or a jump of complaints."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from bot.core.facts import Evidence, Fact
from bot.core.request import Brief, SkillRequest
from bot.data.analyses.feedback import find as feedback
from bot.data.analyses.funnel import find as funnel
from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.models import DataFile
from bot.db.session import Database
from bot.digests import models
from bot.digests.digest_jobs import AlertJob, find_alarms
from bot.digests.models import ALERT_REST, MAX_ALERTS_A_WEEK, Alert
from bot.drafts.models import Draft
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.digests.test_schedule import made
from tests.support.rows import Jobs
from tests.support.sample_tables import sample

PHONE = "funnel.device-mobile-checkout-to-purchase"


def fall(series: str = PHONE, p: str = "0.0001", status: str = "confirmed") -> list[Fact]:
    def fact(measure: str, value: Decimal | str) -> Fact:
        return Fact(
            id=f"{series}.{measure}",
            label=measure,
            about="mobile",
            value=value,
            source="events.csv",
            as_of=date(2026, 11, 24),
        )

    return [
        fact("status", status),
        fact("rate", Decimal("38.4")),
        fact("before", Decimal("58.0")),
        fact("change", Decimal("-19.6")),
        fact("p", Decimal(p)),
    ]


class Alarmed:
    """A workspace with a digest with alerts, and its clock."""

    def __init__(self, database: Database, *facts: Fact) -> None:
        self.database, self.facts, self.now, self.jobs = database, facts, NOW, Jobs()
        with database.begin() as session:
            session.add(made(alerts=True))

    async def look(self, _: str) -> Sequence[Fact]:
        return self.facts

    async def run(self) -> list[str]:
        """Run the alert job and return all series alerted so far."""
        await AlertJob(self.database, self.jobs, lambda: self.now, self.look).run("T1/h1")
        return [series for series, _ in self.list_alerts()]

    def list_alerts(self) -> list[tuple[str, str]]:
        """Return each alerted series with its place."""
        with self.database.begin() as session:
            tasks = session.query(Task).order_by(Task.made_at, Task.id)
            alerts = [task for task in tasks if "series" in task.form]
            return [(str(task.form["series"]), str(task.place["channel"])) for task in alerts]

    def row(self, act: str, spot: str = "C1") -> None:
        with self.database.begin() as session:
            getattr(session.get_one(Alert, ("T1", PHONE, spot)), act)(session, "UMARIE", self.now)


async def test_alert_is_sent_once_however_often_rows_are_imported(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    assert await alarmed.run() == [PHONE]
    alarmed.now += timedelta(days=1)
    assert await alarmed.run() == [PHONE]
    alarmed.now += ALERT_REST
    assert await alarmed.run() == [PHONE, PHONE]


async def test_change_within_chance_gives_no_alert(database: Database) -> None:
    assert await Alarmed(database, *fall(status="to watch")).run() == []


async def test_muted_series_gives_no_alert(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    await alarmed.run()
    alarmed.row("mute")
    alarmed.now += ALERT_REST + timedelta(days=1)
    assert await alarmed.run() == [PHONE]


async def test_alert_after_not_useful_needs_a_smaller_p_value(database: Database) -> None:
    alarmed = Alarmed(database, *fall(p="0.001"))
    await alarmed.run()
    alarmed.row("raise_bar")
    alarmed.now += ALERT_REST + timedelta(days=1)
    assert await alarmed.run() == [PHONE]
    alarmed.facts = tuple(fall(p="0.0001"))
    assert await alarmed.run() == [PHONE, PHONE]


async def test_alerts_are_limited_per_week(database: Database) -> None:
    many = [one for n in range(9) for one in fall(f"funnel.device-d{n}-checkout-to-purchase")]
    alarmed = Alarmed(database, *many)
    assert len(await alarmed.run()) == MAX_ALERTS_A_WEEK
    alarmed.now += timedelta(days=8)
    assert len(await alarmed.run()) == 2 * MAX_ALERTS_A_WEEK


async def test_each_place_with_alerts_gets_one_alert(
    database: Database,
) -> None:
    alarmed = Alarmed(database, *fall())
    with database.begin() as session:
        session.add(made(name="again here", alerts=True))
        session.add(made(name="launches", place={"channel": "C2"}, alerts=True))
        session.add(made(name="resting", place={"channel": "C3"}, alerts=True, state="paused"))
    await alarmed.run()
    assert sorted(alarmed.list_alerts()) == [(PHONE, "C1"), (PHONE, "C2")]


async def test_mute_in_one_place_does_not_affect_another(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    with database.begin() as session:
        session.add(made(name="launches", place={"channel": "C2"}, alerts=True))
    await alarmed.run()
    alarmed.row("mute", "C1")
    alarmed.now += ALERT_REST + timedelta(days=1)
    await alarmed.run()
    assert sorted(alarmed.list_alerts()) == [(PHONE, "C1"), (PHONE, "C2"), (PHONE, "C2")]


async def test_weekly_limit_is_separate_for_each_place(database: Database) -> None:
    many = [one for n in range(9) for one in fall(f"funnel.device-d{n}-checkout-to-purchase")]
    alarmed = Alarmed(database, *many)
    with database.begin() as session:
        session.add(made(name="launches", place={"channel": "C2"}, alerts=True))
    assert len(await alarmed.run()) == 2 * MAX_ALERTS_A_WEEK


@pytest.mark.parametrize(
    ("days", "status", "again"),
    [(1, "confirmed", False), (40, "confirmed", True), (1, "to watch", True)],
)
async def test_series_just_reported_by_the_digest_gives_no_alert(
    database: Database, days: int, status: str, again: bool
) -> None:
    alarmed = Alarmed(database, *fall())
    when = NOW - timedelta(days=days)
    kept = [fact.model_copy(update={"as_of": when.date()}) for fact in fall(status=status)]
    with database.begin() as session:
        digest_said(session, kept, when)
    assert bool(await alarmed.run()) is again


def digest_said(session: Session, facts: Sequence[Fact], when: datetime) -> None:
    """Store the digest of `made()` of that time with these facts."""
    wish = made(alerts=True).build_task(when.date())
    Task.accept(session, Jobs(), wish, when)
    brief = Brief(words=wish.words, author="UMARIE", language="en")
    Draft.store_new(
        session,
        workspace="T1",
        task=wish.id,
        number=0,
        request=SkillRequest(skill="digest", brief=brief),
        parts=(),
        hooks=(),
        evidence=Evidence(facts=tuple(facts)),
        checks=(),
        writer="rules",
        by_rules=True,
        now=when,
    )


async def test_alert_needs_a_digest_with_alerts(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    with database.begin() as session:
        session.merge(made(alerts=False))
    assert await alarmed.run() == []


def test_sample_shop_gives_the_planted_alerts() -> None:
    shelf = sample()
    facts = (*funnel(shelf, AnalysisFilter()).facts, *feedback(shelf, AnalysisFilter()).facts)
    series = [name for name, _ in find_alarms(Evidence(facts=facts))]
    assert PHONE in series
    assert "feedback.delivery-late" in series
    assert not any("packaging" in name or "desktop" in name for name in series)


def test_one_job_for_each_state_of_the_files(database: Database) -> None:
    with database.begin() as session:
        session.add(made(alerts=True))
    assert look(database) == []
    hold(database, "h1", "feedback")
    assert look(database) == look(database) == ["T1/h1"]
    hold(database, "h2", "events", later=1)
    assert look(database) == ["T1/h2"]
    hold(database, "h3", "products", later=2)
    assert look(database) == ["T1/h2"]


def look(database: Database) -> list[str]:
    with database.begin() as session:
        return [job.subject for job in models.find_due_alerts(session, NOW)]


def hold(database: Database, id: str, kind: str, later: int = 0) -> None:
    with database.begin() as session:
        session.add(
            DataFile(
                id=id,
                workspace="T1",
                kind=kind,
                path=f"{id}.parquet",
                rows=1,
                source="f.csv",
                keyed="",
                as_of=NOW.date(),
                taken_in_at=NOW + timedelta(minutes=later),
                retired_at=None,
            )
        )
