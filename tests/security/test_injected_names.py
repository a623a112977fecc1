"""Prompt injections in the name of a sheet or an experiment, or in a brief that a button fills
in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from bot.approvals.decision import Decision
from bot.db import migrate
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.messages.outbox import OutboxMessage
from bot.offline import OfflineWriter
from bot.slack.views.brief_form import build_brief_form
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import Task
from bot.text.escape import strip_hidden as plain_text
from tests.security.test_injected_results import SMALL, TITLE, made, shelf
from tests.security.test_obeyed_injections import Case, worked
from tests.slack.test_hostile_text import harmless, mrkdwn
from tests.support.import_files import take_in
from tests.support.injections import IN_MATERIAL, IN_WORDS
from tests.support.skill_runner import BRAND
from tests.support.small_tables import small

pytestmark = pytest.mark.sample(7)

ATTACKS = (*IN_WORDS, *IN_MATERIAL)
EACH = pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))


def workbook(folder: Path, name: str) -> Path:
    """Thirty reviews on a sheet of that name, as far as Excel allows it."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name)[:31].strip("' ")
    page.append(["id", "date", "review", "rating"])
    for n in range(30):
        page.append([f"V{n}", f"2026-11-{1 + n % 20:02}", SMALL[n % 3].format(TITLE), 2])
    folder.mkdir(exist_ok=True)
    book.save(folder / "reviews.xlsx")
    return folder / "reviews.xlsx"


@EACH
def test_injection_in_a_sheet_name_changes_no_row(attack: str, tmp_path: Path) -> None:
    plain = take_in(workbook(tmp_path / "plain", "Reviews"), tmp_path / "plain")
    hostile = take_in(workbook(tmp_path / "hostile", attack), tmp_path / "hostile")
    assert hostile.understood.kind == plain.understood.kind == "feedback"
    assert hostile.understood.columns == plain.understood.columns
    assert hostile.rows == plain.rows


def a_test_called(name: str) -> Any:
    """An experiment of that name that variant B won."""
    rows = [
        {
            "experiment": name,
            "metric": "purchase",
            "variant": one,
            "users": 9000,
            "successes": bought,
        }
        for one, bought in (("A", 360), ("B", 504))
    ]
    return small(experiments=rows)


@EACH
async def test_injection_in_an_experiment_name_changes_only_the_name(attack: str) -> None:
    plain = await made("read our tests", shelf=a_test_called("photos"), skill="experiment")
    hostile = await made("read our tests", shelf=a_test_called(attack), skill="experiment")
    texts = [
        [nameless(part.text, name) for part in one.parts]
        for one, name in ((plain, "photos"), (hostile, attack))
    ]
    assert texts[0] == texts[1]
    assert [lead.skill for lead in hostile.leads] == [lead.skill for lead in plain.leads]
    wrong = {check.rule for check in hostile.checks if check.level == "block"}
    assert wrong <= {"gap", "quote"}  # such a name looks like a gap, or hides some of its letters


def nameless(text: str, name: str) -> str:
    """The text with @ in place of the name, with any remains of its spaces and hidden
    characters."""
    seen, whole, shown = (re.sub(r"[\s_]", "", one) for one in (text, name, plain_text(name)))
    return seen.replace(whole, "@").replace(shown, "@")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all attempts, so that any change would be seen."""
    found = Database(f"sqlite:///{tmp_path_factory.mktemp('line') / 'super-intern.db'}")
    migrate.upgrade(found)
    yield found
    found.close()


def pressed(at: int, attack: str) -> Any:
    """Tables in which a product or an experiment has that name."""
    return a_test_called(attack) if at % 2 else shelf((), title=attack)


@EACH
async def test_injection_in_a_prefilled_brief_is_not_obeyed(attack: str, line: Database) -> None:
    """The form is sent as it is or at once: only the button's purpose is carried out."""
    at = ATTACKS.index(attack)
    asked = ("read our tests", "experiment") if at % 2 else ("what do customers say?", "feedback")
    found = await made(asked[0], shelf=pressed(at, attack), skill=asked[1])
    assert found.leads
    for number, lead in enumerate(found.leads):
        opened = build_brief_form("en", BRAND, "-", words=lead.words)
        harmless(*mrkdwn(opened))
        id = f"lead-{at}-{number}"
        await worked(
            line,
            id,
            Case(lead.words, lead.skill, pressed(at, attack)),
            OfflineWriter(),
        )
        with line.begin() as session:
            assert not session.get_one(Task, id).private
            assert {one.skill for one in list_newest_drafts(session, id)} <= {lead.skill}
            for row in (Decision, Delivery):
                assert session.scalar(select(func.count()).select_from(row)) == 0
            assert len({str(post.place) for post in session.scalars(select(OutboxMessage))}) <= 1
