"""Campaign results matched to deliveries."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import Container
from bot.approvals import decision
from bot.config.clock import now
from bot.config.settings import Settings
from bot.data.ingest.live.receiver import BatchReceiver
from bot.delivery.attribution import AttributionJob, AttributionTrigger, CampaignMatch
from bot.delivery.models import CampaignOutcome, Delivery
from bot.drafts.models import Draft
from bot.messages.outbox import OutboxMessage
from tests.support.rows import POLICY, Jobs, draft

SUBJECT = "A shirt for hot days"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    yield found
    found.database.close()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def gone(container: Container, jobs: Jobs) -> Draft:
    """Store an e-mail of Marie's that Max approved and that was just sent."""
    with container.database.begin() as session:
        made = draft(session, jobs)
        decision.approve(
            session,
            jobs,
            made,
            by="UMAX",
            fingerprint=made.fingerprint,
            policy=POLICY,
            now=now(),
        )
        (delivery,) = Delivery.list_for_draft(session, made.id)
        assert delivery.mark_sending(session, made)
        delivery.mark_sent(session, jobs, made, now())
        return made


def bring_in(container: Container, kind: str, *rows: dict[str, Any]) -> None:
    """Store the rows of an imported file."""
    to = container.settings.home / "fresh.parquet"
    body = "\n".join(json.dumps(row) for row in rows).encode()
    receiver = BatchReceiver(container.row_store.key())
    assert not receiver.receive(kind, body, today=now().date(), to=to).rejects
    container.row_store.import_rows("T1", kind, to, source=f"{kind}.csv")


def campaign(**told: Any) -> dict[str, Any]:
    at = f"{now():%Y-%m-%dT%H:%M:%S}"
    return {"id": "C1", "at": at, "channel": "email", "sent": 1204, "opened": 470, **told}


def peers() -> list[dict[str, Any]]:
    """A dozen earlier e-mails with open rates of 35 to 40 percent."""
    days = [now() - timedelta(days=20 * n) for n in range(1, 13)]
    return [
        campaign(id=f"P{n}", at=f"{day:%Y-%m-%d}", subject=f"No. {n}", opened=421 + 5 * n)
        for n, day in enumerate(days)
    ]


def due(container: Container, at: datetime) -> list[str]:
    with container.database.begin() as session:
        return [job.id for job in AttributionTrigger(container).list_due_jobs(session, at)]


def outcome(container: Container, made: Draft) -> CampaignOutcome | None:
    with container.database.begin() as session:
        return session.get(CampaignOutcome, made.piece)


def said(container: Container, made: Draft, language: str = "en") -> list[str]:
    found = outcome(container, made)
    return [words.to(language) for words in found.result_lines] if found else []


def test_results_are_matched_by_code_and_shown_on_the_card(
    container: Container, jobs: Jobs, gone: Draft
) -> None:
    bring_in(container, "campaigns", campaign(code=gone.code, subject=SUBJECT), *peers())
    order = {"at": f"{now():%Y-%m-%d}", "amount": 62, "currency": "EUR"}
    with_code = [{**order, "order": f"A{n}", "code": gone.code} for n in range(5)]
    bring_in(container, "orders", *with_code, {**order, "order": "B1"})
    assert AttributionJob(container, jobs).update_outcomes("T1") == 1
    first, sold, source = said(container, gone)
    assert first == (
        "Sent 1,204, opened 39%: within chance of the median 37.3% of 12 comparable campaigns"
    )
    assert sold == "5 orders came with its code: €310.00"
    assert source.startswith("From campaigns.csv, up to ")
    assert said(container, gone, "fr")[1] == "5 commandes avec son code\u00a0: 310,00\u00a0€"
    assert AttributionJob(container, jobs).update_outcomes("T1") == 0  # nothing new, nothing drawn


@pytest.mark.parametrize(
    ("opened", "told"), [(900, "more than chance explains"), (100, "less than chance explains")]
)
def test_significant_difference_is_stated(
    container: Container, jobs: Jobs, gone: Draft, opened: int, told: str
) -> None:
    bring_in(container, "campaigns", campaign(code=gone.code, opened=opened), *peers())
    AttributionJob(container, jobs).update_outcomes("T1")
    assert told in said(container, gone)[0]


def test_delivered_messages_are_not_called_sent(
    container: Container, jobs: Jobs, gone: Draft
) -> None:
    rows = [{**one, "delivered": 1000} for one in (campaign(code=gone.code), *peers())]
    bring_in(container, "campaigns", *rows)
    AttributionJob(container, jobs).update_outcomes("T1")
    assert said(container, gone)[0].startswith("Delivered 1,000, opened 47%: ")
    assert said(container, gone, "fr")[0].startswith("Délivrés\u00a0: 1\u202f000, ouverts")


def test_too_few_similar_campaigns_are_stated(
    container: Container, jobs: Jobs, gone: Draft
) -> None:
    bring_in(container, "campaigns", campaign(code=gone.code))
    AttributionJob(container, jobs).update_outcomes("T1")
    assert said(container, gone)[0] == (
        "Sent 1,204, opened 39%; too few comparable campaigns to say more"
    )


def test_card_is_updated_by_new_results(container: Container, jobs: Jobs, gone: Draft) -> None:
    def wanted() -> list[int]:
        with container.database.begin() as session:
            return list(
                session.scalars(
                    select(OutboxMessage.wanted).where(OutboxMessage.piece == gone.piece)
                )
            )

    before = wanted()
    bring_in(container, "campaigns", campaign(code=gone.code))
    AttributionJob(container, jobs).update_outcomes("T1")
    assert before
    assert wanted() == [one + 1 for one in before]


def test_results_without_a_code_are_asked_about(
    container: Container, jobs: Jobs, gone: Draft
) -> None:
    bring_in(container, "campaigns", campaign(code="NL-46", subject=SUBJECT.upper()), *peers())
    AttributionJob(container, jobs).update_outcomes("T1")
    found = outcome(container, gone)
    assert found is not None
    assert found.lines == []
    assert found.asked is not None
    assert found.asked["result"] == "C1"
    assert found.question is not None
    assert SUBJECT.upper() in found.question.to("fr")


@pytest.mark.parametrize("same", [True, False])
def test_answer_of_a_person_decides_the_match(
    container: Container, jobs: Jobs, gone: Draft, same: bool
) -> None:
    bring_in(container, "campaigns", campaign(code="NL-46", subject=SUBJECT), *peers())
    AttributionJob(container, jobs).update_outcomes("T1")
    with container.database.begin() as session:
        told = {"workspace": "T1", "result": "C1", "code": gone.code, "by": "UMARIE", "now": now()}
        assert CampaignMatch.record(session, same=same, **told)  # type: ignore[arg-type]
    AttributionJob(container, jobs).update_outcomes("T1")
    found = outcome(container, gone)
    assert found is not None
    assert found.asked is None
    lines = said(container, gone)
    assert (
        lines[0].startswith("Sent 1,204, opened 39%: within chance") if lines else False
    ) is same


def test_one_job_for_each_state_of_the_files(container: Container, jobs: Jobs, gone: Draft) -> None:
    first = due(container, now())
    assert len(first) == 1
    assert due(container, now() + timedelta(minutes=5)) == first
    bring_in(container, "campaigns", campaign(code="NL-46"))
    second = due(container, now())
    assert second != first
    bring_in(container, "feedback", {"text": "Lovely"})
    assert due(container, now()) == second


def test_no_job_without_deliveries(container: Container, jobs: Jobs) -> None:
    with container.database.begin() as session:
        draft(session, jobs)
    assert due(container, now()) == []


def test_job_waits_for_other_queries_of_the_engine(
    container: Container, jobs: Jobs, gone: Draft
) -> None:
    bring_in(container, "campaigns", campaign(code=gone.code))
    asking, answered, joined = threading.Event(), threading.Event(), threading.Event()

    def somebody(_: object) -> None:
        asking.set()
        assert answered.wait(20)

    def join() -> None:
        AttributionJob(container, jobs).update_outcomes("T1")
        joined.set()

    other = threading.Thread(target=container.library("T1").run_exclusively, args=(somebody,))
    ours = threading.Thread(target=join)
    other.start()
    assert asking.wait(20)
    ours.start()
    assert not joined.wait(0.5)
    answered.set()
    assert joined.wait(20)
    other.join(20)
    ours.join(20)
