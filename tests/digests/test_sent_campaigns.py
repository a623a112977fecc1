"""What a digest reports about sent campaigns."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.app import Container
from bot.approvals import decision
from bot.cli.digest import build_weekly_schedule, draft_digest
from bot.config.clock import now
from bot.config.settings import Settings
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from tests.delivery.test_attribution import bring_in, campaign, peers
from tests.support.rows import POLICY, Jobs, draft

SUBJECT = "A shirt for hot days"
PEERS = "37%"  # the middle of theirs: 421 + 5 n of 1,204, n from 0 to 11


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    yield found
    found.database.close()


def gone(container: Container, id: str = "t1") -> Draft:
    """Store an e-mail of Marie's that Max approved and that was just sent."""
    jobs = Jobs()
    with container.database.begin() as session:
        made = draft(session, jobs, id=id)
        decision.approve(
            session, jobs, made, by="UMAX", fingerprint=made.fingerprint, policy=POLICY, now=now()
        )
        (delivery,) = Delivery.list_for_draft(session, made.id)
        assert delivery.mark_sending(session, made)
        delivery.mark_sent(session, jobs, made, now())
        return made


def sold(code: str, *amounts: int) -> list[dict[str, Any]]:
    return [
        {
            "order": f"{code}-{n}",
            "at": f"{now():%Y-%m-%d}",
            "amount": amount,
            "currency": "EUR",
            "code": code,
        }
        for n, amount in enumerate(amounts)
    ]


async def digest(container: Container, language: str = "en") -> DraftResult:
    at = now()
    return await draft_digest(
        container, build_weekly_schedule("T1", language, at).build_task(at.date())
    )


def sent(made: DraftResult) -> str:
    return next((part.text for part in made.parts if part.key == "sent"), "")


@pytest.mark.parametrize(
    ("opened", "own", "said"),
    [
        (470, "39%", "chance explains what lies between."),
        (720, "60%", "better than chance explains."),
        (200, "16.6%", "worse than chance explains."),
    ],
)
async def test_rate_is_compared_with_similar_campaigns(
    container: Container, opened: int, own: str, said: str
) -> None:
    mine = gone(container)
    bring_in(
        container, "campaigns", campaign(code=mine.code, subject=SUBJECT, opened=opened), *peers()
    )
    bring_in(container, "orders", *sold(mine.code, 31, 31, 11, 10, 10), *sold("si-other", 900))
    made = await digest(container)
    (line,) = sent(made).splitlines()
    assert f"{SUBJECT}: " in line
    assert f"{own} opened" in line
    assert f"{PEERS} in the middle of comparable ones" in line
    assert said in line
    assert "It brought 5\u00a0orders, €93.00." in line
    assert [c.words.to("en") for c in made.checks if c.level in ("block", "stated")] == []


async def test_report_is_written_in_french_too(container: Container) -> None:
    mine = gone(container)
    bring_in(container, "campaigns", campaign(code=mine.code, subject=SUBJECT), *peers())
    made = await digest(container, "fr")
    assert "chance" not in sent(made)
    assert "hasard" in sent(made)
    assert [c.words.to("en") for c in made.checks if c.level in ("block", "stated")] == []


async def test_report_leads_to_a_brief_and_a_test(container: Container) -> None:
    mine = gone(container)
    bring_in(container, "campaigns", campaign(code=mine.code, subject=SUBJECT), *peers())
    leads = {lead.label.text: lead for lead in (await digest(container)).leads}
    assert leads["Adjust what we sent"].ask
    assert leads["Adjust what we sent"].words == mine.brief.words
    assert leads["Plan a test"].skill == "experiment"
    assert SUBJECT in leads["Plan a test"].words


async def test_campaigns_without_results_are_counted(container: Container) -> None:
    mine = gone(container)
    gone(container, "t2")
    bring_in(container, "campaigns", campaign(code=mine.code, subject=SUBJECT), *peers())
    assert "without results so far: 1" in sent(await digest(container))


async def test_no_rate_with_too_few_similar_campaigns(container: Container) -> None:
    mine = gone(container)
    bring_in(container, "campaigns", campaign(code=mine.code, subject=SUBJECT), peers()[0])
    said = sent(await digest(container))
    assert f"{SUBJECT}: too few comparable campaigns to say whether it did well." in said
    assert "%" not in said


async def test_old_campaigns_are_not_reported(container: Container) -> None:
    mine = gone(container)
    with container.database.begin() as session:
        (delivery,) = Delivery.list_for_draft(session, mine.id)
        delivery.gone_at = now() - timedelta(days=40)
    bring_in(container, "campaigns", campaign(code=mine.code, subject=SUBJECT), *peers())
    assert sent(await digest(container)) == ""
