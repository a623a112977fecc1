"""The next steps of a result."""

import hashlib

from bot.core.parts import Copy, File, NextStep, Part
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from tests.slack.bench import MARIE, MARKETING, MAX, Bench, buttons, text_of

ANSWER = NextStep(label=Words("Draft an answer"), skill="draft", words="E-mail about sizing")
BLOCKERS = NextStep(
    label=Words("Look into it"), skill="feedback", words="What do customers say?", ask=False
)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


async def test_next_step_opens_filled_brief_and_continues_in_thread(bench: Bench) -> None:
    bench.leads = (ANSWER,)
    card = await bench.drafted()
    await bench.press(MARIE, card, "lead")
    view = bench.form(MARIE)
    (what,) = [b for b in view.blocks if b.get("block_id") == "words"]
    assert what["element"]["initial_value"] == "E-mail about sizing"
    sent = await bench.slack.submit(MARIE, view.id, {"words": {"words": "E-mail on sizing"}})
    assert sent.ok
    await bench.run()
    first, second = bench.tasks
    assert second.words == "E-mail on sizing"
    assert second.form["stands_on"] == f"{first.id}.0.v1"
    assert second.form["skill"] == "draft"
    assert second.parent is None  # the result is the source, not the parent
    assert bench.said()[-1].thread_ts == card.ts


async def test_a_text_that_a_model_proposed_is_taken_up_as_a_proposal(bench: Bench) -> None:
    steps = (ANSWER, BLOCKERS)
    bench.leads = tuple(one.model_copy(update={"ask": False, "proposed": True}) for one in steps)
    card = await bench.drafted()
    for action in ("lead_now", "lead_now.1"):
        await bench.press(MAX, card, action)
    first, text, report = (task.form for task in bench.tasks)
    assert (text["proposed"], text["follows"]) == (ANSWER.words, bench.tasks[0].words)
    assert "proposed" not in {**first, **report}


async def test_immediate_step_starts_once_per_person(bench: Bench) -> None:
    bench.leads = (ANSWER, BLOCKERS)
    card = await bench.drafted()
    await bench.press(MAX, card, "lead_now.1")
    await bench.press(MAX, card, "lead_now.1")
    await bench.run()
    _, second = bench.tasks
    assert (second.author, second.words) == (MAX, "What do customers say?")
    assert second.form["skill"] == "feedback"
    assert bench.said()[-1].thread_ts == card.ts


async def test_each_next_step_has_a_button_and_card_stays_open(bench: Bench) -> None:
    bench.leads = (ANSWER, BLOCKERS)
    card = await bench.drafted()
    assert {"lead", "lead_now.1", "approve"} <= set(buttons(card))


async def test_card_names_its_source_result(bench: Bench) -> None:
    bench.leads = (BLOCKERS,)
    card = await bench.drafted(words="e-mail: what moved this week")
    await bench.press(MARIE, card, "lead_now")
    bench.leads = ()
    await bench.run()
    (task,) = [task for task in bench.tasks if task.form.get("stands_on")]
    with bench.database.begin() as session:  # as the intake reads it
        draft = Draft.latest(session, f"{task.id}.0")
        assert draft is not None
        asked = draft.skill_request
        on = {"stands_on": task.form["stands_on"]}
        again = asked.model_copy(update={"brief": asked.brief.model_copy(update=on)})
        draft.request = again.model_dump_json()
        OutboxMessage.request_redraw(session, bench.enqueue, f"{task.id}.0")
    await bench.run()
    assert "what moved this week" in text_of(bench.said()[-1])


async def test_chart_is_uploaded_once_with_alt_text(
    bench: Bench,
) -> None:
    sha = hashlib.sha256(PNG).hexdigest()
    file = File(name="sizing.png", sha256=sha, alt="Sizing is told most", picture=True)
    bench.parts = (
        Part(kind="copy", key="finding", title="In one sentence", body=Copy(text="Sizing.")),
        Part(kind="file", key="picture", title="Picture", body=file),
    )
    bench.pictures = {sha: PNG}
    card = await bench.drafted()
    await bench.run()
    shared = [m for m in bench.said(thread=card.ts) if m.files]
    assert len(shared) == 1
    (stored,) = shared[0].files
    assert stored.alt_txt == "Sizing is told most"
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert len([m for m in bench.said(thread=card.ts) if m.files]) == 1
    assert card.channel == MARKETING
