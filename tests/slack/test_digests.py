"""A digest, in Slack …"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.alert import Alert
from bot.digesting import Digesting, Moved
from bot.draft import Draft
from bot.parts import Copy, Part, Table
from bot.post import Post
from bot.product import ProductRow
from bot.schedule import Schedule
from bot.slack.place import Place, reaching
from bot.task import Task, Wish
from bot.worker import Worker
from bot.working import Means
from bot.writers.offline import Offline
from tests.conftest import NOW
from tests.shop import Shop
from tests.slack.bench import MARIE, MARKETING, MAX, OTTO, TEAM, Bench, buttons, text_of

FIELDS: dict[str, Any] = {"name": {"name": "weekly"}}


def schedule(bench: Bench, name: str = "weekly") -> Schedule:
    (found,) = [row for row in bench.rows(Schedule) if row.name == name]
    assert isinstance(found, Schedule)
    return found


async def previewed(bench: Bench, user: str = MARIE) -> Any:
    """The form opened and sent; the card of the preview."""
    assert (await bench.slack.command(user, MARKETING, "/digest")).ok
    view = bench.form(user)
    assert (await bench.slack.submit(user, view.id, FIELDS)).ok
    await bench.run()
    return bench.in_dm(user)[-1]


async def test_is_previewed_to_whoever_set_it_before_anybody_else_sees_it(bench: Bench) -> None:
    card = await previewed(bench)
    assert schedule(bench).state == "paused"
    assert bench.said() == []
    (task,) = bench.tasks
    assert task.private
    assert task.form["skill"] == "digest"
    assert {"digest_on", "digest_now", "digest_change", "digest_off"} <= set(buttons(card))


async def test_is_switched_on_and_paused_with_a_line_in_its_channel(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.run()
    assert schedule(bench).state == "on"
    assert "switched the digest weekly on" in bench.said()[-1].text
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_pause")
    assert schedule(bench).state == "paused"
    assert "paused" in bench.said()[-1].text
    assert len(bench.said()) == 2


async def test_stays_as_it_is_for_others(bench: Bench) -> None:
    await previewed(bench)
    assert (await bench.slack.command(OTTO, MARKETING, "/digest")).ok
    view = bench.form(OTTO)
    await bench.slack.submit(OTTO, view.id, FIELDS)
    assert schedule(bench).owner == MARIE
    assert len(bench.tasks) == 1


async def test_asks_before_it_is_deleted(bench: Bench) -> None:
    card = await previewed(bench)
    elements = [e for block in card.blocks for e in block.get("elements", [])]
    (delete,) = [one for one in elements if one.get("action_id") == "digest_off"]
    assert delete["confirm"]["title"]["text"] in ("Delete this digest?", "Supprimer ce point ?")


async def test_is_changed_in_a_form_that_knows_what_is_set(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_change")
    (name,) = [b for b in bench.form(MARIE).blocks if b.get("block_id") == "name"]
    assert name["element"]["initial_value"] == "weekly"


async def test_needs_a_name(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": "a/b"}})
    assert "name" in answer.body["errors"]
    assert bench.rows(Schedule) == []


async def test_comes_to_its_channel_once_though_it_is_told_twice(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    day = date(2026, 11, 30).isoformat()
    for _ in range(2):
        await digesting(bench, moved=True).run(f"{schedule(bench).workspace}/weekly/{day}")
    await bench.run()
    assert schedule(bench).last == day
    assert len([task for task in bench.tasks if not task.private]) == 1
    assert bench.said()[-1].channel == MARKETING


async def test_is_silent_when_nothing_moved_and_silence_was_chosen(bench: Bench) -> None:
    await previewed(bench)
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (schedule(bench).workspace, "weekly"))
        row.only_when_moved = True
        row.turn(session, "on", datetime.now(UTC) - timedelta(days=9))
    before = len(bench.tasks)
    await digesting(bench, moved=False).run(f"{schedule(bench).workspace}/weekly/2026-11-30")
    assert len(bench.tasks) == before
    assert schedule(bench).last == "2026-11-30"
    await digesting(bench, moved=True).run(f"{schedule(bench).workspace}/weekly/2026-12-07")
    assert len(bench.tasks) == before + 1


async def test_that_was_deleted_does_not_come(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_off")
    await digesting(bench, moved=True).run(f"{schedule(bench).workspace}/weekly/2026-11-30")
    assert len(bench.tasks) == 1


async def test_whose_channel_was_left_comes_to_its_owner(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    bench.slack.places[MARKETING].archived = True
    await digesting(bench, moved=True).run(f"{schedule(bench).workspace}/weekly/2026-11-30")
    await bench.run()
    assert "#" in text_of(bench.in_dm(MARIE)[-1]) or "not in" in text_of(bench.in_dm(MARIE)[-1])


MONDAY = f"{TEAM}/weekly/2026-11-30"


async def broken(bench: Bench) -> None:
    """The Monday's digest, whose trial run has a bug, as the worker does it."""

    async def breaks(_: Wish) -> bool:
        raise ZeroDivisionError("what customers wrote")

    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.only_when_moved = True
        row.turn(session, "on", datetime.now(UTC) - timedelta(days=9))
    digest = digesting(bench, moved=breaks)
    means = Means(bench.database, bench.enqueue, bench.outside, Offline(bench.house.now),
                  lambda _: Shop(), bench.house.brand, bench.house.policy,
                  bench.house.now)  # fmt: skip
    worker = Worker(means, besides={"digest": digest.run}, failing={"digest": digest.fail})
    await worker.jobs["digest"](MONDAY)
    await bench.run()


async def test_that_breaks_is_told_to_its_owner_and_to_nobody_else(bench: Bench) -> None:
    await previewed(bench)
    await broken(bench)
    card = bench.in_dm(MARIE)[-1]
    said = text_of(card)
    assert "Le point «\u00a0weekly\u00a0» du 30 novembre 2026 n’a pas pu être fait" in said
    assert "what customers wrote" not in said
    assert bench.said() == []
    assert schedule(bench).last == "2026-11-30"
    await bench.press(MARIE, card, "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_that_breaks_is_told_to_an_approver_when_its_owner_has_left(bench: Bench) -> None:
    await previewed(bench)
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await broken(bench)
    assert "weekly" in text_of(bench.in_dm(MAX)[-1])
    assert len(bench.in_dm(MARIE)) == 1  # the preview


async def test_without_channel_and_owner_comes_to_an_approver(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    bench.slack.places[MARKETING].archived = True
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await digesting(bench, moved=True).run(MONDAY)
    await bench.run()
    assert "Je ne suis pas dans <#C0MARKET>" in text_of(bench.in_dm(MAX)[-1])


async def test_can_be_run_now_by_an_approver(bench: Bench) -> None:
    card = await previewed(bench)
    assert card is not None
    before = len(bench.tasks)
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    assert len(bench.tasks) == before + 1
    assert bench.said()


def digesting(bench: Bench, *, moved: bool | Moved) -> Digesting:
    async def tells(_: Wish) -> bool:
        return bool(moved)

    def reach(workspace: str, place: Place, alone: bool) -> Place:
        return reaching(place, bench.house.policy(workspace).approval.approvers, alone=alone)

    tried = tells if isinstance(moved, bool) else moved
    return Digesting(bench.database, bench.enqueue, bench.house.now, tried, reach)


async def posted(bench: Bench, *parts: Part) -> Any:
    """A digest on its card in #marketing, as its skill would have made it."""
    bench.parts = parts or (
        Part(kind="copy", key="moved", title="What moved", body=Copy(text="Mobile fell.")),
        Part(kind="copy", key="more", title="What else moved", body=Copy(text="Candles rose.")),
        Part(kind="table", key="week", title="The week in figures",
             body=Table(columns=("What", "Last week"), rows=(("Orders", "250"),))),
    )  # fmt: skip
    card = await bench.drafted(words="what moved this week?")
    with bench.database.begin() as session:
        draft = session.get_one(Draft, bench.drafts[-1].id)
        draft.skill = "digest"
        Post.changed(session, bench.enqueue, draft.piece)
    await bench.run()
    return card


async def test_stays_on_one_screen_and_opens_its_details(bench: Bench) -> None:
    card = await posted(bench)
    assert "Mobile fell" in text_of(card)
    assert "Candles" not in text_of(card)
    await bench.press(OTTO, card, "details")
    shown = str(bench.form(OTTO).blocks)
    assert "Candles rose." in shown
    assert "Orders | 250" in shown


async def test_is_asked_about_in_its_thread_without_a_mention(any_bench: Bench) -> None:
    bench = any_bench
    card = await posted(bench)
    await bench.slack.say(OTTO, MARKETING, "how many orders last week?", thread_ts=card.ts)
    await bench.run()
    first, second = bench.tasks
    assert second.form == {"skill": "answer", "stands_on": f"{first.id}.0.v1"}
    assert (second.author, second.words) == (OTTO, "how many orders last week?")
    assert bench.said()[-1].thread_ts == card.ts


async def test_leaves_alone_what_people_say_to_each_other_below_it(bench: Bench) -> None:
    card = await posted(bench)
    for words in ("thanks!", f"<@{MARIE}> can you look into this?", "Really?", "I'll call them"):
        await bench.slack.say(OTTO, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1


async def test_of_other_work_takes_no_question_that_nobody_asked_it(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.say(OTTO, MARKETING, "how many orders last week?", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1


@pytest.mark.parametrize(
    ("about", "name", "shown", "value"),
    [
        ("Bougies", "category", "Catégorie\u00a0: Bougies", "Bougies"),
        ("brand: Linea", "brand", "Marque\u00a0: Linea", "Linea"),
    ],
)
async def test_may_be_of_one_brand_or_category_of_the_catalogue(
    bench: Bench, about: str, name: str, shown: str, value: str
) -> None:
    made = [("b1", "Bougie", '{"handle": "b1", "type": "Bougies", "vendor": "Linea"}'),
            ("b2", "Drap", '{"handle": "b2", "type": "Linge", "vendor": "Alba"}')]  # fmt: skip
    with bench.database.begin() as session:
        ProductRow.put(session, TEAM, made, file="f.csv", now=NOW)
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    form = bench.form(MARIE)
    assert shown in text_of(form.blocks)
    assert (await bench.slack.submit(MARIE, form.id, FIELDS | {"about": {"about": about}})).ok
    assert schedule(bench).about == about
    assert bench.tasks[-1].form[name] == value


async def test_offers_no_brand_where_one_made_all(bench: Bench) -> None:
    body = '{"handle": "b1", "title": "Bougie", "vendor": "Maison Lin"}'
    with bench.database.begin() as session:
        ProductRow.put(session, TEAM, [("b1", "Bougie", body)], file="f.csv", now=NOW)
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert "Maison Lin" not in text_of(bench.form(MARIE).blocks)


async def alerted(bench: Bench) -> Any:
    """An alert on its card in #marketing, where a digest with alerts goes."""
    await previewed(bench)
    series, now = "funnel.device-mobile-checkout-to-purchase", bench.house.now()
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.turn(session, "on", now)
        assert Alert.tell(session, TEAM, series, 0.001, now)
        Task.accept(session, bench.enqueue, row.alert(series, now), now)
    await bench.run()
    return bench.said()[-1]


async def test_between_digests_alerts_with_ways_to_say_no(bench: Bench) -> None:
    card = await alerted(bench)
    assert "3 par semaine au plus" in text_of(card)  # whoever set it reads French
    await bench.press(OTTO, card, "alert_useless")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
    await bench.press(OTTO, card, "alert_mute")
    (row,) = bench.rows(Alert)
    assert row.muted


async def test_is_asked_to_alert_in_its_form(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    fields = FIELDS | {"alerts": {"alerts": ["yes"]}}
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
    assert schedule(bench).alerts
