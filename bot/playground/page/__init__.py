"""The playground's page: a Slack client in the browser, with a look behind the scenes."""

from pathlib import Path

from bot.playground.child import Child
from bot.playground.page.behind import Behind
from bot.playground.page.live import Live
from bot.playground.page.site import Site
from bot.playground.page.switches import Switches
from bot.playground.slack import LocalSlack

__all__ = ["add_page"]


def add_page(
    slack: LocalSlack, *, child: Child | None, home: Path | None, database_url: str | None
) -> None:
    """Adds the page's routes to `slack.application`; call it before the start.

    Without a child the page offers no "kill the worker"; without rows (`database_url`, or the
    SQLite file under `home`) its side panel shows only what Slack itself saw.
    """
    if database_url is None and home is not None:
        database_url = f"sqlite:///{home / 'super-intern.db'}"
    behind = Behind(slack.team, database_url)
    live = Live(slack, behind, Switches(slack, child, behind))
    Site(slack, live).add_to(slack.application)
