"""An unknown file dropped in Slack: an AI proposes its columns, the file proves them, a person says
yes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.agent.column_mapping import ColumnMapper
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.spending import SpendingCap
from bot.app import Container
from bot.audit.receipt import Receipt
from bot.config.settings import Settings
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ColumnProof
from tests.fakes.claude import ScriptedClaude, says
from tests.slack.bench import MARIE, Bench, buttons, text_of
from tests.slack.test_imports import card, dropped, now

UNKNOWN = b"""Vorgang;Wann genau;Wer;Ding;Wie oft;Je;Summe Zeile;Darf
V1;2026-05-01;lea.martin@shop.example;Hemd;2;49,90;99,80;ja
V1;2026-05-01;lea.martin@shop.example;Hose;1;20,00;20,00;ja
V2;2026-05-02;tom.durand@shop.example;Hemd;3;49,90;149,70;nein
V3;2026-05-03;eva.petit@shop.example;Hose;1;20,00;20,00;ja
"""
TRUE = {1: "order", 2: "at", 3: "customer", 4: "title", 5: "quantity", 6: "unit_price", 7: "amount"}


def mapping(kind: str = "orders", columns: dict[int, str] | None = None) -> dict[str, Any]:
    named = TRUE if columns is None else columns
    return {
        "kind": kind,
        "columns": [{"column": at, "becomes": ours} for at, ours in named.items()],
    }


@pytest.fixture
async def claude() -> AsyncIterator[ScriptedClaude]:
    async with ScriptedClaude() as claude:
        yield claude


@pytest.fixture
def library(bench: Bench, tmp_path: Path, claude: ScriptedClaude) -> Bench:
    """A bench with a real library and a model that proposes mappings."""
    told = {"SUPER_INTERN_HOME": str(tmp_path / "library"), "DATABASE_URL": bench.database.url}
    container = Container(Settings.read(told)).migrated()
    bench.stock = LibraryImporter(container)
    writer = AnthropicWriter(key=claude.key, base_url=claude.url, now=bench.services.now)
    bench.propose = ColumnMapper(
        writer,
        SpendingCap(bench.database, lambda _: bench.policy, bench.services.now),
        container.row_store.key,
        lambda _: bench.policy.library.mapping,
    ).propose
    return bench


def proofs(bench: Bench, upload: FileUpload) -> dict[str, ColumnProof]:
    preview = now(bench, upload).preview
    assert preview is not None
    return {one.ours: one for one in preview.proposed}


async def drop(bench: Bench, content: bytes = UNKNOWN, name: str = "export.csv") -> FileUpload:
    upload = await dropped(bench, content, name=name)
    return now(bench, upload)


async def test_proposal_is_proved_shown_and_imported_after_a_yes(
    library: Bench, claude: ScriptedClaude
) -> None:
    claude.script = [says(mapping())]
    upload = await drop(library)
    assert upload.state == "waiting"
    found = proofs(library, upload)
    assert {ours for ours, one in found.items() if one.proved} == {
        *("order", "at", "customer", "quantity", "unit_price", "amount")
    }
    assert not found["title"].proved
    shown = text_of(card(library, upload))
    assert "proposes these columns" in shown
    assert "nothing in the file proves it" in shown
    assert "take_in" in buttons(card(library, upload))
    await library.press(MARIE, card(library, upload), "take_in")
    await library.run()
    done = now(library, upload)
    assert (done.state, done.new, done.rejected) == ("in", 4, 0)


async def test_model_sees_no_personal_data_and_the_receipt_comes_first(
    library: Bench, claude: ScriptedClaude
) -> None:
    claude.script = [says(mapping())]
    upload = await drop(library)
    (sent,) = claude.letters
    said = json.dumps(sent, ensure_ascii=False)
    assert "Wie oft" in said
    for hidden in ("lea.martin", "tom.durand", "shop.example"):
        assert hidden not in said
    with library.database.begin() as session:
        (receipt,) = Receipt.list_for_task(session, upload.id)
    assert "Wie oft" in receipt.sent
    assert receipt.usd is not None
    await library.press(MARIE, card(library, upload), "what_left")
    assert "Wie oft" in str(library.form(MARIE))


@pytest.mark.parametrize(
    ("columns", "contradicted"),
    [
        pytest.param({**TRUE, 3: "title", 4: "customer"}, "Wer", id="address as title"),
        pytest.param({**TRUE, 5: "line", 6: "amount", 7: "quantity"}, "Summe Zeile", id="amount"),
        pytest.param({**TRUE, 8: "quantity", 5: "line"}, "Darf", id="yes and no as quantity"),
    ],
)
async def test_what_the_cells_contradict_is_left_out_and_said(
    library: Bench, claude: ScriptedClaude, columns: dict[int, str], contradicted: str
) -> None:
    claude.script = [says(mapping(columns=columns))]
    upload = await drop(library)
    assert upload.preview is not None
    assert contradicted in upload.preview.contradicted
    assert contradicted not in {one.theirs for one in upload.preview.proposed}
    assert "the cells say something else" in text_of(card(library, upload))


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({**TRUE, 1: "title", 3: "order", 4: "size"}, id="address as order"),
        pytest.param({**TRUE, 2: "order", 1: "at"}, id="order number as day"),
        pytest.param({**TRUE, 6: "amount", 7: "unit_price"}, id="swapped prices"),
    ],
)
async def test_lie_about_a_needed_column_leaves_the_file_unknown(
    library: Bench, claude: ScriptedClaude, columns: dict[int, str]
) -> None:
    claude.script = [says(mapping(columns=columns))]
    assert (await drop(library)).state == "refused"


async def test_whole_amount_as_quantity_is_not_called_proved(
    library: Bench, claude: ScriptedClaude
) -> None:
    claude.script = [says(mapping(columns={1: "order", 2: "at", 3: "quantity", 4: "amount"}))]
    text = b"Vorgang;Wann genau;Gesamt;Porto\nV1;2026-05-01;40;4,90\nV2;2026-05-02;60;4,90\n"
    upload = await drop(library, text)
    assert upload.state == "refused" or not proofs(library, upload)["quantity"].proved


async def test_no_consent_is_ever_taken_from_a_proposal(
    library: Bench, claude: ScriptedClaude
) -> None:
    for kind, columns in (
        ("consents", {3: "customer", 8: "email"}),
        ("customers", {3: "email", 8: "sms"}),
    ):
        claude.script = [says(mapping(kind, columns))]
        upload = await drop(library)
        assert upload.state == "refused"


async def test_lie_about_consents_leaves_the_rest_of_the_proposal(
    library: Bench, claude: ScriptedClaude
) -> None:
    claude.script = [says(mapping(columns={**TRUE, 8: "opted_out"}))]
    assert set(proofs(library, await drop(library))) == set(TRUE.values())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("not a form", id="no form"),
        pytest.param(mapping("nonsense"), id="unknown kind"),
        pytest.param(mapping(columns={99: "order", -4: "at"}), id="no such columns"),
        pytest.param(mapping(columns={}), id="no columns"),
    ],
)
async def test_useless_answer_leaves_the_file_unknown(
    library: Bench, claude: ScriptedClaude, answer: Any
) -> None:
    claude.script = [says(answer)] * 6
    upload = await drop(library)
    assert upload.state == "refused"
    assert "I can't tell what export.csv holds" in text_of(card(library, upload))


async def test_confirmed_mapping_is_remembered_without_another_call(
    library: Bench, claude: ScriptedClaude
) -> None:
    claude.script = [says(mapping())]
    first = await drop(library)
    await library.press(MARIE, card(library, first), "take_in")
    await library.run()
    again = UNKNOWN.replace(b"V1", b"V7").replace(b"V2", b"V8").replace(b"V3", b"V9")
    second = await drop(library, again, "june.csv")
    assert second.state == "waiting"
    assert len(claude.letters) == 1
    preview = second.preview
    assert preview is not None
    assert preview.proposed == ()


async def test_policy_switches_proposals_off(library: Bench, claude: ScriptedClaude) -> None:
    off = library.policy.library.model_copy(update={"mapping": "off"})
    library.policy = library.policy.model_copy(update={"library": off})
    assert (await drop(library)).state == "refused"
    assert claude.letters == []


async def test_known_file_is_not_sent_anywhere(library: Bench, claude: ScriptedClaude) -> None:
    upload = await drop(library, b"Order,Date,Amount\n1,2026-05-01,49\n", "may.csv")
    assert upload.state == "waiting"
    assert claude.letters == []
