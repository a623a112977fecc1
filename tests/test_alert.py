"""An alert …"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bot import alert
from bot.alert import MOST_A_WEEK, RESTS, Alert
from bot.alerting import Alerting, alarming
from bot.db import Database
from bot.evidence import Evidence, Fact
from bot.holding import Holding
from bot.library.feedback import find as feedback
from bot.library.findings import Where
from bot.library.funnel import find as funnel
from bot.task import Task
from tests.conftest import NOW
from tests.library.sample import sample
from tests.making import Jobs
from tests.test_schedule import made

PHONE = "funnel.device-mobile-checkout-to-purchase"


def fall(series: str = PHONE, p: str = "0.0001", status: str = "confirmed") -> list[Fact]:
    def fact(measure: str, value: Decimal | str) -> Fact:
        return Fact(id=f"{series}.{measure}", label=measure, about="mobile", value=value,
                    source="events.csv", as_of=date(2026, 11, 24))  # fmt: skip

    return [
        fact("status", status),
        fact("rate", Decimal("38.4")),
        fact("before", Decimal("58.0")),
        fact("change", Decimal("-19.6")),
        fact("p", Decimal(p)),
    ]


class Alarmed:
    """A workspace whose digest alerts, and the time there."""

    def __init__(self, database: Database, *facts: Fact) -> None:
        self.database, self.facts, self.now, self.jobs = database, facts, NOW, Jobs()
        with database.begin() as session:
            session.add(made(alerts=True))

    async def look(self, _: str) -> Sequence[Fact]:
        return self.facts

    async def run(self) -> list[str]:
        """The series told so far, after one more look."""
        await Alerting(self.database, self.jobs, lambda: self.now, self.look).run("T1/h1")
        with self.database.begin() as session:
            tasks = session.query(Task).order_by(Task.made_at, Task.id)
            return [str(task.form["series"]) for task in tasks]

    def row(self, act: str) -> None:
        with self.database.begin() as session:
            getattr(session.get_one(Alert, ("T1", PHONE)), act)(session, "UMARIE", self.now)


async def test_comes_once_for_a_fall_however_often_rows_come_in(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    assert await alarmed.run() == [PHONE]
    alarmed.now += timedelta(days=1)
    assert await alarmed.run() == [PHONE]
    alarmed.now += RESTS
    assert await alarmed.run() == [PHONE, PHONE]


async def test_is_not_sent_for_what_may_be_chance(database: Database) -> None:
    assert await Alarmed(database, *fall(status="to watch")).run() == []


async def test_stays_away_once_it_is_muted(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    await alarmed.run()
    alarmed.row("mute")
    alarmed.now += RESTS + timedelta(days=1)
    assert await alarmed.run() == [PHONE]


async def test_must_be_surer_after_it_was_not_useful(database: Database) -> None:
    alarmed = Alarmed(database, *fall(p="0.001"))
    await alarmed.run()
    alarmed.row("useless")
    alarmed.now += RESTS + timedelta(days=1)
    assert await alarmed.run() == [PHONE]
    alarmed.facts = tuple(fall(p="0.0001"))
    assert await alarmed.run() == [PHONE, PHONE]


async def test_comes_a_stated_number_of_times_a_week(database: Database) -> None:
    many = [one for n in range(9) for one in fall(f"funnel.device-d{n}-checkout-to-purchase")]
    alarmed = Alarmed(database, *many)
    assert len(await alarmed.run()) == MOST_A_WEEK
    alarmed.now += timedelta(days=8)
    assert len(await alarmed.run()) == 2 * MOST_A_WEEK


async def test_comes_only_where_a_digest_wants_it(database: Database) -> None:
    alarmed = Alarmed(database, *fall())
    with database.begin() as session:
        session.merge(made(alerts=False))
    assert await alarmed.run() == []


def test_of_the_sample_shop_is_what_was_planted() -> None:
    shelf = sample()
    facts = (*funnel(shelf, Where()).facts, *feedback(shelf, Where()).facts)
    series = [name for name, _ in alarming(Evidence(facts=facts))]
    assert PHONE in series
    assert "feedback.delivery-late" in series
    assert not any("packaging" in name or "desktop" in name for name in series)


def test_is_looked_for_once_for_each_state_of_the_files(database: Database) -> None:
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
        return [job.subject for job in alert.due(session, NOW)]


def hold(database: Database, id: str, kind: str, later: int = 0) -> None:
    with database.begin() as session:
        session.add(
            Holding(id=id, workspace="T1", kind=kind, path=f"{id}.parquet", rows=1, source="f.csv",
                    keyed="", as_of=NOW.date(), taken_in_at=NOW + timedelta(minutes=later),
                    retired_at=None)
        )  # fmt: skip
