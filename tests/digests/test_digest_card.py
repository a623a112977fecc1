"""The card of a digest."""

from typing import Any

from bot.core.parts import Copy, Part, Table
from bot.drafts.models import Draft
from bot.messages.outbox import OutboxMessage
from bot.slack.views.home import select_undecided
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, TEAM, Bench, buttons, text_of
from tests.support.digests import previewed


async def test_digest_card_has_no_approve_button(bench: Bench) -> None:
    card = await previewed(bench)
    assert not {"approve", "edit", "send_back", "share"} & set(buttons(card))
    assert "more" in buttons(card)


async def test_digest_does_not_wait_on_the_home_tab(any_bench: Bench) -> None:
    bench = any_bench
    card = await previewed(bench)
    await bench.drafted()
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    with bench.database.begin() as session:
        found = list(session.scalars(select_undecided(TEAM, MAX, bench.services.now())))
    assert [draft.brief.words for draft in found] == ["e-mail: our linen shirt is back"]


async def posted(bench: Bench, *parts: Part) -> Any:
    """Post a digest with these parts in #marketing."""
    bench.parts = parts or (
        Part(kind="copy", key="moved", title="What moved", body=Copy(text="Mobile fell.")),
        Part(kind="copy", key="more", title="What else moved", body=Copy(text="Candles rose.")),
        Part(
            kind="table",
            key="week",
            title="The week in figures",
            body=Table(columns=("What", "Last week"), rows=(("Orders", "250"),)),
        ),
        Part(kind="copy", key="missing", title="What I can't tell", body=Copy(text="No visits.")),
    )
    card = await bench.drafted(words="e-mail: what moved this week?")
    with bench.database.begin() as session:
        draft = session.get_one(Draft, bench.drafts[-1].id)
        draft.skill = "digest"
        OutboxMessage.request_redraw(session, bench.enqueue, draft.piece)
    await bench.run()
    return card


async def test_digest_card_fits_one_screen_and_opens_its_details(bench: Bench) -> None:
    card = await posted(bench)
    assert "Mobile fell" in text_of(card)
    assert "Candles" not in text_of(card)
    assert "No visits" not in text_of(card)
    await bench.press(OTTO, card, "details")
    shown = str(bench.form(OTTO).blocks)
    assert "Candles rose." in shown
    assert "No visits." in shown
    assert "• Orders · 250" in shown


async def test_details_open_in_the_language_of_the_digest(bench: Bench) -> None:
    card = await posted(bench)
    await bench.press(MARIE, card, "details")  # she reads French
    shown = str(bench.form(MARIE).blocks)
    assert "In figures" in shown
    assert "En chiffres" not in shown


async def test_question_in_the_thread_needs_no_mention(any_bench: Bench) -> None:
    bench = any_bench
    card = await posted(bench)
    await bench.slack.post_message(OTTO, MARKETING, "how many orders last week?", thread_ts=card.ts)
    await bench.run()
    first, second = bench.tasks
    sections = "sales site feedback campaigns"
    assert second.form == {"skill": "answer", "stands_on": f"{first.id}.0.v1", "sections": sections}
    assert (second.author, second.words) == (OTTO, "how many orders last week?")
    assert bench.said()[-1].thread_ts == card.ts


async def test_talk_between_people_in_the_thread_is_ignored(bench: Bench) -> None:
    card = await posted(bench)
    for words in ("thanks!", f"<@{MARIE}> can you look into this?", "Really?", "I'll call them"):
        await bench.slack.post_message(OTTO, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1


async def test_thread_of_another_card_takes_no_question_without_mention(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.post_message(OTTO, MARKETING, "how many orders last week?", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
