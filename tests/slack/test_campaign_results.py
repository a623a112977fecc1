"""Campaign results on the card of a draft."""

import pytest

from bot.delivery.attribution import CampaignMatch
from bot.delivery.models import CampaignOutcome
from bot.i18n.messages import LANGUAGES, Words
from bot.playground.block_kit import check_message_blocks
from bot.playground.slack_objects import SlackMessage
from bot.slack.action_ids import RESULT_NOT, RESULT_OURS
from bot.slack.cards.card_data import load_card_data
from bot.slack.cards.renderer import render_task_card
from tests.slack.bench import MARIE, MAX, OTTO, TEAM, Bench, buttons, text_of

LINES = [Words("Sent {sent}", sent=1204), Words("From {source}, up to {day}", source="a", day="b")]
QUESTION = Words(
    "“{name}” of {day} came in without our code. Is it this one?", name="Alba", day="b"
)


async def show_results(
    bench: Bench, lines: list[Words], asked: tuple[str, Words] | None
) -> SlackMessage:
    """Return the card of a delivered draft that has results."""
    shown = await bench.approved()
    draft = bench.drafts[0]
    with bench.database.begin() as session:
        assert CampaignOutcome.record(
            session,
            bench.enqueue,
            workspace=TEAM,
            piece=draft.piece,
            code=draft.code,
            lines=lines,
            asked=asked,
            now=bench.services.now(),
        )
    await bench.run("show")
    return shown


def outcome(bench: Bench) -> CampaignOutcome:
    (found,) = bench.rows(CampaignOutcome)
    assert isinstance(found, CampaignOutcome)
    return found


async def test_results_are_shown_with_their_source(bench: Bench) -> None:
    shown = await show_results(bench, LINES, None)
    assert "Envois\u00a0: 1\u202f204" in text_of(shown)  # Marie reads French
    assert "D'après a, jusqu'au b" in text_of(shown)
    assert RESULT_OURS not in buttons(shown)


@pytest.mark.parametrize(("button", "same"), [(RESULT_OURS, True), (RESULT_NOT, False)])
async def test_person_confirms_or_rejects_results(bench: Bench, button: str, same: bool) -> None:
    shown = await show_results(bench, [], ("C1", QUESTION))
    assert "S'agit-il de cette proposition" in text_of(shown)
    await bench.press(MARIE, shown, button)
    await bench.run("show")
    (said,) = bench.rows(CampaignMatch)
    code = bench.drafts[0].code
    assert (said.result, said.code, said.same, said.by) == ("C1", code, same, MARIE)
    assert outcome(bench).asked is None
    assert not {RESULT_OURS, RESULT_NOT} & set(buttons(shown))
    (job,) = [job for job in bench.jobs if job.kind == "join"]
    assert job.subject.startswith(f"{TEAM}/{code}-")


async def test_outsider_cannot_confirm_results(bench: Bench) -> None:
    shown = await show_results(bench, [], ("C1", QUESTION))
    await bench.press(OTTO, shown, RESULT_OURS)
    assert not bench.rows(CampaignMatch)
    (whisper,) = bench.whispers(OTTO)
    assert "Only whoever asked" in whisper


async def test_two_simultaneous_answers_count_once(bench: Bench) -> None:
    shown = await show_results(bench, [], ("C1", QUESTION))
    await bench.press(MARIE, shown, RESULT_NOT)  # the card is not redrawn yet
    await bench.press(MAX, shown, RESULT_OURS)
    (said,) = bench.rows(CampaignMatch)
    assert (said.same, said.by) == (False, MARIE)
    assert bench.whispers(MAX) == ["Somebody has answered that already."]


async def test_results_fit_slacks_limits_in_every_language(bench: Bench) -> None:
    hostile = Words("Sent {sent}", sent="<!channel> *" + "x" * 5000)
    question = Words("{name} of {day}", name="<@UMAX>" * 500, day="b")
    await show_results(bench, [hostile, hostile, LINES[1]], ("C" * 900, question))
    post = bench.posts()[f"{bench.drafts[0].piece}:card"]
    with bench.database.begin() as session:
        seen = load_card_data(session, post, bench.policy)
    for language in LANGUAGES:
        message = render_task_card(seen, language)
        check_message_blocks(message.blocks)
        assert "<!channel>" not in text_of(message.blocks)
