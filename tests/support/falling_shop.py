"""The small sample shop before its mobile checkout failed, and its later visits as a file."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.app import Container
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.upload import TableFile
from bot.digests.models import Schedule
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from tests.support.sample_tables import made

TEAM, LAUNCHES = "T0SHOP", "C0LAUNCH"
SINCE = "2026-11-11"  # the last 14 days of its visits
SERIES = "funnel.device-mobile-checkout-to-purchase"


def before_the_fall(home: Path) -> bytes:
    """A home whose library holds the earlier visits and whose digest in #launches has alerts, and
    the file of the later visits."""
    head, *rows = (made("small") / "events.csv").read_text(encoding="utf-8-sig").splitlines()
    fresh = [row for row in rows if row.split(",", 3)[2] >= SINCE]
    held = home / "visits.csv"
    held.parent.mkdir(parents=True, exist_ok=True)
    held.write_text("\n".join([head, *(row for row in rows if row.split(",", 3)[2] < SINCE)]))
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    FileImporter(container, TEAM).load(TableFile(held), detect_schema(held, name=held.name))
    with container.database.begin() as session:
        _alert(session)
    container.database.close()
    return "\n".join([head, *fresh]).encode()


def alerts(slack: LocalSlack) -> list[SlackMessage]:
    """The messages in #launches with a button that mutes the alert."""
    return [one for one in slack.transcript(LAUNCHES) if "alert_mute" in str(one.blocks)]


def _alert(session: Session) -> None:
    """A digest of Marie's with alerts."""
    Schedule.save(
        session,
        datetime.now(UTC),
        workspace=TEAM,
        name="weekly",
        owner="UMARIE",
        place={"channel": LAUNCHES, "user": "UMARIE"},
        weekday=0,
        hour=9,
        minute=0,
        zone="Europe/Paris",
        language="en",
        sections=["site"],
        about=None,
        only_when_moved=False,
        alerts=True,
    )
