"""The playground's page: a Slack client in the browser, with the intern's records at its side."""

from pathlib import Path

from bot.playground.intern_process import InternProcess
from bot.playground.local_slack import LocalSlack
from bot.playground.page.intern_records import InternRecords
from bot.playground.page.server import FaultSwitches, OpenPages, PageRoutes

__all__ = ["add_page"]


def add_page(
    slack: LocalSlack, *, child: InternProcess | None, home: Path | None, database_url: str | None
) -> None:
    """Add the page's routes to `slack.application`; call it before the Slack starts.

    Without `child` the page has no switch to kill the intern. Without a database (`database_url`,
    or the SQLite file in `home`) its side panel shows only what Slack itself saw.
    """
    if database_url is None and home is not None:
        database_url = f"sqlite:///{home / 'super-intern.db'}"
    records = InternRecords(slack.team, database_url)
    pages = OpenPages(slack, records, FaultSwitches(slack, child, records))
    PageRoutes(slack, pages).add_to(slack.application)
