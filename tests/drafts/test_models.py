"""What a draft's stored JSON is read as."""

from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.drafts.models import CHECKS_ADAPTER, Draft
from bot.i18n.messages import Words


def test_evidence_and_checks_are_parsed_once() -> None:
    check = Check(rule="length", level="pass", words=Words("Nothing to correct."))
    stored = CHECKS_ADAPTER.dump_json((check,)).decode()
    draft = Draft(evidence=Evidence().model_dump_json(), checks=stored)
    assert draft.facts is draft.facts
    assert draft.findings is draft.findings
    draft.checks = "[]"
    assert draft.findings == ()
