"""The card of a report: one finding, how it was read, its points; shared, never approved."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.core.checks import Check
from bot.core.facts import Evidence, Fact, Source
from bot.core.parts import Copy, File, NextStep, Quote, Table, split_output
from bot.core.report import MAX_POINTS, Report
from bot.db.session import Database
from bot.drafts.models import CHECKS_ADAPTER, LEADS_ADAPTER, Draft
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.cards.report_card import COLUMNS_SHOWN, ROWS_SHOWN
from bot.slack.views.draft_details import build_details_view, build_sources_view
from tests.conftest import NOW
from tests.support.card_scenes import drafted, drawn, pressable, seen, sound_view, text_of

FACTS = tuple(
    Fact(
        id=f"metric.mobile.{name}",
        label=name,
        value="39%",
        source=Source(file),
        as_of=NOW.date(),
    )
    for name, file in (("paid", "events.csv"), ("lost", "orders.csv"))
)
REPORT = Report(
    headline=Copy(text="Mobile checkout: 39% pay, was 58%", facts=("metric.mobile.paid",)),
    not_used=Copy(text="“Gold”"),
    points=[
        Copy(text="About €11,800 were lost.", facts=("metric.mobile.lost",)),
        Copy(text="Desktop stayed <!channel> as it was."),
    ],
    cannot_tell=Copy(text="why they leave: nobody asked them"),
    read_as=Copy(text="checkout · mobile · 15–26 November\nvisits · October"),
    sources=Copy(text="events.csv, up to 26 November 2026"),
)
TABLE = Table(columns=("Device", "Paid"), rows=(("Mobile", "39%"), ("Desktop", "61%")))


def reported(session: Session, report: Report = REPORT, **more: Any) -> Draft:
    parts, _hooks = split_output(report)
    draft = drafted(session, parts=parts, hooks=(), channel=None, **more)
    draft.evidence = Evidence(facts=FACTS).model_dump_json()
    step = NextStep(
        label=Words("{label}", label="Draft the e-mail"), skill="draft", words="x", ask=False
    )
    draft.leads = LEADS_ADAPTER.dump_json((step,)).decode()
    return draft


def test_report_leads_with_its_finding_and_has_no_approve_button(sqlite: Database) -> None:
    with sqlite.begin() as session:
        reported(session)
        message = drawn(seen(session))
    assert message.blocks[0]["text"]["text"] == "Mobile checkout: 39% pay, was 58%"
    buttons = pressable(message.blocks)
    assert action_ids.APPROVE not in buttons
    assert action_ids.EDIT not in buttons
    assert action_ids.LEAD_NOW in buttons
    assert action_ids.DETAILS in buttons


def test_all_points_stand_on_the_card(sqlite: Database) -> None:
    points = [Copy(text=f"Point {n}.") for n in range(1, MAX_POINTS + 1)]
    with sqlite.begin() as session:
        reported(session, REPORT.model_copy(update={"points": points}))
        shown = text_of(drawn(seen(session)).blocks)
    assert [one.text in shown for one in points] == [True] * MAX_POINTS


def test_point_that_the_check_objects_to_is_marked(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = reported(session)
        point = next(part for part in draft.parts if "lost" in part.text)
        doubt = Check(
            rule="claim", level="warn", words=Words("Not supported"), part=point.key, quote="lost"
        )
        draft.checks = CHECKS_ADAPTER.dump_json((doubt,)).decode()
        shown = text_of(drawn(seen(session)).blocks)
    assert "• :warning: About €11,800 were lost." in shown
    assert "• Desktop" in shown


def test_data_are_not_blamed_for_what_they_hold(sqlite: Database) -> None:
    gap = Copy(text="Belgium (too few customers to show)")
    with sqlite.begin() as session:
        reported(session, REPORT.model_copy(update={"cannot_tell": None, "not_answered": gap}))
        english = text_of(drawn(seen(session)).blocks)
    assert "Not answered: Belgium" in english
    assert "Your data can't tell" not in english


def test_report_says_how_it_was_read_and_what_was_left_out(sqlite: Database) -> None:
    with sqlite.begin() as session:
        reported(session)
        english = text_of(drawn(seen(session)).blocks)
        french = text_of(drawn(seen(session), "fr").blocks)
    assert "Read as: checkout · mobile · 15–26 November\nvisits · October" in english
    assert "Not used: “Gold”" in english
    assert "Your data can't tell: why they leave" in english
    assert "Data: events.csv, up to 26 November 2026" in english
    assert "J'ai compris" in french
    assert "Non repris" in french
    assert "Vos données ne le disent pas" in french


def test_report_escapes_what_a_model_wrote(sqlite: Database) -> None:
    with sqlite.begin() as session:
        reported(session)
        assert "<!channel>" not in text_of(drawn(seen(session)).blocks)


def test_short_table_stands_on_the_card_and_details_have_the_rest(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"table": TABLE}))
        message = drawn(seen(session))
        details = text_of(sound_view(build_details_view(draft, "en")))
    assert any(block["type"] == "table" for block in message.blocks)
    assert "events.csv, up to 26 November 2026" in details
    assert "checkout · mobile" in details


def test_table_has_a_title_on_the_card_and_in_the_details(sqlite: Database) -> None:
    table = TABLE.model_copy(update={"title": "Paid <!channel> · linen · October"})
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"table": table}))
        message = drawn(seen(session))
        details = text_of(build_details_view(draft, "en")["blocks"])
        stored = draft.parts
    place = next(n for n, block in enumerate(message.blocks) if block["type"] == "table")
    assert "· linen · October" in text_of([message.blocks[place - 1]])
    assert "<!channel>" not in text_of([message.blocks[place - 1]])
    assert "· linen · October" in details
    assert next(part.body for part in stored if part.key == "table") == table


@pytest.mark.parametrize("many", [2, 5, 10])
def test_card_turns_a_wide_table_or_shows_it_row_by_row_or_four_columns(
    sqlite: Database, many: int
) -> None:
    columns = ("Device", "Paid", "Before", "Change", "Visits")
    rows = (("a", *"bcd", "–"), *[("f", "g", "h", "", "j")] * (many - 1))
    gap = "“–”: there is none."
    wide = Table(columns=columns, rows=rows, note=f"Others are hidden.\n{gap}")
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"table": wide}))
        message = drawn(seen(session))
        details = text_of(sound_view(build_details_view(draft, "en")))
    tables = [block for block in message.blocks if block["type"] == "table"]
    heads = [[cell["text"] for cell in one["rows"][0]] for one in tables]
    card = text_of(message.blocks)
    assert heads == {2: [["Device", "a", "f"]], 5: [], 10: [[*columns[:4]]]}[many]
    assert (COLUMNS_SHOWN.with_params(shown=4).to("en") in card) == (many == 10)
    assert ("Paid b · Before c · Change d\nVisits –" in card) == (many == 5)
    assert "Others are hidden." in card
    assert "Others are hidden." in details
    assert (gap in card) == (many != 10)  # the card has no such cell
    assert "Paid b · Before c · Change d\nVisits –" in details
    assert "Paid g · Before h · Visits j" in details


def test_second_table_stands_below_the_first_and_in_the_details(sqlite: Database) -> None:
    """A message has one native table."""
    other = Table(columns=("Country", "Orders"), rows=(("France", "77"), ("Italy", "12")))
    tables = {"table": TABLE, "second_table": other}
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update=tables))
        message = drawn(seen(session))
        details = text_of(sound_view(build_details_view(draft, "en")))
    (table,) = [n for n, block in enumerate(message.blocks) if block["type"] == "table"]
    assert "France · 77" in text_of(message.blocks[table:])
    assert "Mobile · 39%" in details
    assert "France · 77" in details


def test_second_table_stands_beside_a_picture_of_the_first(sqlite: Database) -> None:
    other = Table(columns=("Country", "Orders"), rows=(("France", "77"), ("Italy", "12")))
    picture = File(name="x.png", sha256="0" * 64, alt="x", picture=True)
    report = REPORT.model_copy(update={"table": TABLE, "second_table": other, "picture": picture})
    with sqlite.begin() as session:
        reported(session, report)
        message = drawn(seen(session))
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert table["rows"][1][0]["text"] == "France"


def test_long_table_is_cut_on_the_card_and_says_so(sqlite: Database) -> None:
    long = TABLE.model_copy(update={"rows": tuple((f"row {n}", str(n)) for n in range(18))})
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"table": long}))
        message = drawn(seen(session))
        details = text_of(sound_view(build_details_view(draft, "en")))
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert len(table["rows"]) == 13  # and the names of the columns
    assert ROWS_SHOWN.with_params(shown=12).to("en") in text_of(message.blocks)
    assert "row 17" in details


def test_sources_of_a_report_stand_under_how_their_look_ups_were_read(sqlite: Database) -> None:
    readings = ("Checkout <!channel> · mobile", "Orders by device · October")
    facts = tuple(
        fact.model_copy(update={"reading": reading})
        for fact, reading in zip(FACTS, readings, strict=True)
    )
    cell = FACTS[0].model_copy(update={"id": "metric.x.y", "label": "cell", "reading": readings[1]})
    table = TABLE.model_copy(update={"facts": (cell.id,)})
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"table": table}))
        draft.evidence = Evidence(facts=(*facts, cell)).model_dump_json()
        new = text_of(sound_view(build_sources_view(draft, "en")))
        draft.evidence = Evidence(facts=FACTS).model_dump_json()  # as earlier editions stored it
        old = text_of(sound_view(build_sources_view(draft, "en")))
    assert new.index("Checkout") < new.index("paid") < new.index("Orders by device")
    assert new.index("Orders by device") < new.index("lost") < new.index("every other figure")
    assert "<!channel>" not in new
    assert "cell" not in new
    assert "paid" in old
    assert "lost" in old


def test_chart_is_named_and_replaces_the_table(sqlite: Database) -> None:
    picture = File(name="answer-1.png", sha256="1" * 64, alt="bars", picture=True)
    with sqlite.begin() as session:
        reported(session, REPORT.model_copy(update={"table": TABLE, "picture": picture}))
        message = drawn(seen(session))
    assert "The chart is in this thread." in text_of(message.blocks)
    assert not any(block["type"] == "table" for block in message.blocks)


def test_quotations_stand_on_the_card_with_their_source(sqlite: Database) -> None:
    quotes = [Quote(text=f"It runs small, {n}.", fact=FACTS[0].id) for n in range(5)]
    with sqlite.begin() as session:
        draft = reported(session, REPORT.model_copy(update={"quotes": quotes}))
        details = text_of(build_details_view(draft, "en")["blocks"])
        shown = text_of(drawn(seen(session)).blocks)
    assert "> It runs small, 0." in shown
    assert "> _events.csv_" in shown
    assert "It runs small, 4." not in shown
    assert "It runs small, 4." in details
