"""The card of a dropped file."""

from datetime import date
from typing import Any

import pytest

from bot.agent.skills import load_skills
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ImportPreview, MatchedColumn
from bot.errors import UNUSABLE_PARAM
from bot.i18n.messages import LANGUAGES, Words
from bot.slack.blocks import Block
from bot.slack.cards.import_card import render_import_card
from bot.slack.cards.import_labels import LABELS, suggest_questions
from tests.conftest import NOW
from tests.support.card_scenes import pressable, sound, text_of

SMALL = ImportPreview(
    kind="orders",
    rows=24_295,
    rejected=3,
    first=date(2025, 5, 1),
    last=date(2026, 11, 20),
    currency="EUR",
    columns=(
        MatchedColumn(theirs="Commande", ours="order", how="as it is"),
        MatchedColumn(theirs="Client", ours="customer", how="keyed"),
        MatchedColumn(theirs="Montant", ours="amount", how="amount"),
    ),
    sample=({"order": "1001", "customer": "(keyed)", "amount": "49.00"},) * 3,
    apart=("E-mail",),
    dropped=("Nom", "Adresse"),
    ignored=("Note interne",),
    assumed=(Words("Dates are read as day/month."),),
)


def arrival(
    state: str = "waiting", preview: ImportPreview | None = SMALL, **more: Any
) -> FileUpload:
    told: dict[str, Any] = {
        "id": "abcdef0123456789",
        "workspace": "T1",
        "author": "UMARIE",
        "place": {"channel": "C1"},
        "file": "F1",
        "name": "orders.csv",
        "size": 1,
        "turn": 0,
        "made_at": NOW,
        "changed_at": NOW,
    }
    seen = preview.model_dump_json() if preview else None
    return FileUpload(**(told | {"state": state, "seen": seen} | more))


def blocks(one: FileUpload, language: str = "en") -> list[Block]:
    """Return the card's blocks, after checking them in both languages."""
    for other in LANGUAGES:
        sound(render_import_card(one, other))
    return render_import_card(one, language).blocks


def test_card_summarizes_the_file() -> None:
    said = text_of(blocks(arrival()))
    assert "I read this as Orders: 24,295 rows, from 1 May 2025 to 20 November 2026." in said
    assert "Amounts are in EUR." in said
    assert "3 more rows can't be imported" in said
    assert "Replaced by a key before anything is stored: Client" in said
    assert "Kept apart, encrypted, where consent allows: E-mail" in said
    assert "Dropped, as it is personal: Nom, Adresse" in said
    assert "Not used: Note interne" in said
    assert "Dates are read as day/month." in said


def test_mapping_table_has_three_sample_values() -> None:
    (table,) = [one for one in blocks(arrival()) if one["type"] == "table"]
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert rows[0] == ["In your file", "Becomes", "Row 1", "Row 2", "Row 3"]
    assert rows[1] == ["Commande", "order number", "1001", "1001", "1001"]
    assert rows[2] == ["Client", "customer (replaced by a key)", "(a key)", "(a key)", "(a key)"]


def test_sample_values_are_localized() -> None:
    known = SMALL.model_copy(
        update={
            "columns": (
                MatchedColumn(theirs="Client", ours="customer", how="keyed"),
                MatchedColumn(theirs="Total", ours="amount", how="amount"),
                MatchedColumn(theirs="Retourné", ours="returned", how="yes/no"),
            ),
            "sample": ({"customer": "(keyed)", "amount": "18.00", "returned": "false"},),
        }
    )
    (table,) = [one for one in blocks(arrival(preview=known), "fr") if one["type"] == "table"]
    shown = [row[2]["text"] for row in table["rows"][1:]]
    assert shown == ["(une clé)", "18,00", "non"]


def test_card_asks_one_question_and_offers_other_kinds() -> None:
    shown = pressable(blocks(arrival()))
    assert list(shown) == ["take_in", "other_kind", "dont_take_in"]
    offered = [one["text"]["text"] for one in shown["other_kind"]["options"]]
    assert "Customer feedback" in offered
    assert "Orders" not in offered


def test_menu_offers_other_readings() -> None:
    unsure = SMALL.model_copy(
        update={"otherwise": (("dates", "month-first"), ("decimal", "point"))}
    )
    options = pressable(blocks(arrival(preview=unsure)))["other_kind"]["options"]
    offered = [one["text"]["text"] for one in options]
    assert offered[:2] == ["Its dates are month/day", "Its decimal sign is the point"]
    shown = pressable(blocks(arrival(preview=unsure), "fr"))["other_kind"]["options"]
    assert shown[0]["text"]["text"] == "Ses dates sont mois/jour"


@pytest.mark.parametrize("columns", [0, 1, 30, 100, 300])
@pytest.mark.parametrize("width", [3, 60, 3_000])
@pytest.mark.sample(4)
def test_card_fits_slack_with_many_long_columns(columns: int, width: int) -> None:
    names = [f"{n}{'ü🧵' * width}" for n in range(columns)]
    wide = SMALL.model_copy(
        update={
            "columns": tuple(MatchedColumn(theirs=one, ours=one, how="keyed") for one in names),
            "sample": tuple({one: one for one in names} for _ in range(3)),
            "apart": tuple(names),
            "dropped": tuple(names),
            "ignored": tuple(names),
            "assumed": tuple(Words("Assumed {x}", x=one) for one in names),
        }
    )
    said = text_of(blocks(arrival(preview=wide, name="n" * 250)))
    assert "take_in" in pressable(blocks(arrival(preview=wide)))
    if columns == 300:
        assert "more" in said


def test_columns_without_a_row_are_listed_in_a_line() -> None:
    many = tuple(MatchedColumn(theirs=f"column {n}", ours="text") for n in range(120))
    said = text_of(blocks(arrival(preview=SMALL.model_copy(update={"columns": many}))))
    assert "And column 99" in said


def test_column_names_are_escaped() -> None:
    evil = "<!channel> *x* @here <https://evil.example|click>"
    columns = (MatchedColumn(theirs=evil, ours="text"),)
    told = {"columns": columns, "ignored": (evil,), "sample": ({"text": "\u202eabc"},)}
    found = blocks(arrival(preview=SMALL.model_copy(update=told), name=f"{evil}.csv"))
    for block in found:
        if block["type"] in ("context", "section"):
            assert "<!channel>" not in str(block)
            assert "<https" not in str(block)
    assert "\u202e" not in str(found)


def test_card_shows_progress() -> None:
    said = text_of(blocks(arrival("taking", progress=312_000, preview=_rows(1_000_000))))
    assert "Importing orders.csv: 312,000 of 1,000,000 rows" in said
    assert "dont_take_in" in pressable(blocks(arrival("taking", progress=None)))


def test_no_cancel_button_while_storing() -> None:
    assert not pressable(blocks(arrival("storing")))


def test_card_reports_the_result() -> None:
    counts: dict[str, Any] = {"new": 24_290, "replaced": 2, "same": 0, "rejected": 3}
    done = arrival("in", **counts, by="UMAX", rejects="rejects/a.csv")
    said = text_of(blocks(done))
    assert "24,292 rows are in: 24,290 new, 2 replaced. 3 rows stayed out." in said
    assert "Confirmed by <@UMAX>" in said
    assert list(pressable(blocks(done))) == ["stayed_out", "undo_import"]
    assert "24 292 lignes intégrées" in text_of(blocks(done, "fr")).replace("\u202f", " ")


def test_suggested_questions_need_installed_skills() -> None:
    skills = {one["text"]: one["skill"] for one in LABELS["questions"]}
    for kind in {kind for one in LABELS["questions"] for kind in one["kinds"]}:
        assert {skills[ask.text] for ask in suggest_questions(kind)} <= load_skills().keys()
    assert suggest_questions("orders")


@pytest.mark.parametrize("state", ["reading", "refused", "failed", "cancelled", "in", "waiting"])
def test_card_is_valid_in_every_state(state: str) -> None:
    why = Words("{file} is no table.", file="orders.csv").model_dump(mode="json")
    counts = {"new": 0, "replaced": 0, "same": 5, "rejected": 0}
    bare = arrival(state, SMALL if state == "waiting" else None, why=why, by="UMARIE", **counts)
    assert text_of(blocks(bare))


def test_reference_is_shown_only_for_bugs() -> None:
    why = Words("Something broke.").model_dump(mode="json")
    assert "SI-ABCDEF01" in text_of(blocks(arrival("failed", why=why)))
    assert "read_again" in pressable(blocks(arrival("failed", why=why)))
    assert "SI-" not in text_of(blocks(arrival("refused", why=why)))


def test_refused_file_offers_kinds_only_for_tables() -> None:
    why = Words("{file} is no table.", file="a.png")
    assert "other_kind" in pressable(blocks(arrival("refused", why=why.model_dump(mode="json"))))
    gone = Words("{file} is no table.", file="a.png", **{UNUSABLE_PARAM: "yes"})
    card = blocks(arrival("refused", why=gone.model_dump(mode="json")))
    assert not pressable(card)
    assert "a.png is no table." in text_of(card)


def test_card_says_why_it_is_in_a_direct_message() -> None:
    place = {"channel": "C1", "user": "UMARIE", "fallback": "not_in_channel"}
    card = render_import_card(arrival(), "en", place)
    assert "I am not in <#C1>, so this comes to you alone." in text_of(card.blocks)


def _rows(count: int) -> ImportPreview:
    return SMALL.model_copy(update={"rows": count})
