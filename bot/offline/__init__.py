"""The mode without an AI: forms, keyword routing, templates and reports by code."""

from datetime import date
from typing import TYPE_CHECKING, Protocol

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.charts import ChartPicture
from bot.core.facts import Evidence, Fact
from bot.core.parts import File
from bot.core.request import SkillRequest
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.service import WorkspaceData


class OfflineContext(Protocol):
    """See `bot.agent.context.SkillContext`, which has all of these."""

    request: SkillRequest
    brand: Brand
    channel: Channel | None
    today: date
    evidence: Evidence

    @property
    def data(self) -> "WorkspaceData": ...

    @property
    def person(self) -> str: ...

    @property
    def is_private(self) -> bool: ...

    async def look_up(
        self, *kinds: str, request: SkillRequest | None = None, replace: bool = False
    ) -> Evidence: ...

    def keep_facts(self, *facts: Fact | None) -> None: ...

    async def may(self, right: str) -> bool: ...

    async def draw(self, picture: ChartPicture) -> File: ...


class OfflineWriter:
    """A `Writer` without an AI: the texts are those of `bot.offline.drafts` and its reports."""

    name = "rules"
    by_rules = True

    async def check(self) -> Words | None:
        """There is nothing to set up."""
        return None

    async def close(self) -> None:
        """There is nothing to close."""
