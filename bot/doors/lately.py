"""What a digest knows besides the library: what it said last time, the queue, what was sent."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.doors.returning import as_gone, gone_out
from bot.draft import Draft
from bot.errors import CannotDo
from bot.evidence import Fact
from bot.joining import Joining
from bot.library.campaigns import letter_against_peers
from bot.library.findings import Where
from bot.library.results import Result, joined
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.local_data import LocalData
from bot.request import Request
from bot.time_source import now
from bot.visibility import told_to_team
from bot.week import SKILL, before, work

LATELY = timedelta(days=28)
MOST = 5  # campaigns told of, the newest


@dataclass(frozen=True)
class Lately:
    """The facts of a workspace that are in its rows."""

    house: LocalData

    def besides(
        self, workspace: str, request: Request, form: Mapping[str, Any]
    ) -> tuple[Fact, ...]:
        """before.*, work.* and sent.* for a digest; none for any other skill."""
        if request.skill != SKILL:
            return ()
        at, policy = now(), self.house.policy(workspace)
        name, language = str(form.get("digest") or ""), request.language
        with self.house.database.begin() as session:
            told = before(session, workspace, name, at) if name else ()
            told += work(session, workspace, policy, language, at)
        return (*told, *self.sent(workspace, at))

    async def alarming(self, workspace: str) -> Sequence[Fact]:
        """The facts that an alert may come from. What can't be told is no alarm."""
        return await asyncio.to_thread(self._alarming, workspace)

    def _alarming(self, workspace: str) -> list[Fact]:
        library, found = self.house.library(workspace), list[Fact]()
        for kind in ("funnel", "feedback"):
            with contextlib.suppress(CannotDo):
                found += library.findings(kind, Where()).facts
        return found

    def sent(self, workspace: str, at: datetime) -> tuple[Fact, ...]:
        """sent.<code>.*: each campaign of the last four weeks that results came back for, against
        its comparable median. sent.all.without: how many nothing came back for."""
        with self.house.database.begin() as session:
            gone = [(d, draft) for d, draft in gone_out(session, workspace, at)
                    if d.gone_at and d.gone_at >= at - LATELY
                    and told_to_team(session, draft)]  # fmt: skip
            said = Joining.said(session, workspace)
        if not gone:
            return ()
        drafts = {draft.code: draft for _, draft in gone}

        def asked_of(shelf: Shelf) -> tuple[Fact, ...]:
            found = joined(shelf, [as_gone(delivery, draft) for delivery, draft in gone], said)
            newest = sorted(found.results, key=lambda one: drafts[one.code].made_at, reverse=True)
            facts = [fact for one in newest[:MOST] for fact in _facts(shelf, one, drafts[one.code])]
            return (*facts, _fact("all", "without", len(drafts) - len(newest), "-", at))

        return self.house.library(workspace).alone(asked_of)  # an import may ask at this moment


def _facts(shelf: Shelf, result: Result, draft: Draft) -> list[Fact]:
    """One campaign: its name, its wish again, its rates against the median, what was sold."""
    kind = "campaigns" if result.campaigns else "orders"
    source, day = shelf.source(kind), shelf.as_of(kind)
    texts = {part.key: part.text for part in draft.parts}
    name = texts.get("subject") or draft.brief.product_words or draft.brief.words
    subject = slug(result.code)

    def fact(measure: str, value: str | int | Decimal, unit: str | None = None) -> Fact:
        known = value if isinstance(value, str) else Decimal(value)
        return Fact(id=f"sent.{subject}.{measure}", label=measure.replace("-", " "), about=name,
                    value=known, unit=unit, source=source, as_of=day)  # fmt: skip

    found = [fact("name", name), fact("asked", draft.brief.words)]
    if len(result.letters) == 1:
        held = letter_against_peers(shelf, result.letters[0]).facts
        for one in held:
            measure = one.id.rsplit(".", 1)[-1]
            new = {"id": f"sent.{subject}.{measure}", "about": name, "query": None}
            found.append(one.model_copy(update=new))
    if result.orders and len(result.ordered) == 1 and result.buyers >= shelf.sales_floor:
        ((currency, amount),) = result.ordered.items()
        found += [fact("orders", result.orders, "orders"), fact("sales", amount, currency or None)]
    return found


def _fact(subject: str, measure: str, value: int, source: str, at: datetime) -> Fact:
    return Fact(id=f"sent.{subject}.{measure}", label=measure, value=Decimal(value), source=source,
                as_of=at.date())  # fmt: skip
