"""A digest, in Slack …"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.alert import Alert
from bot.digesting import Digesting, Moved
from bot.draft import Draft
from bot.job import Job, Kind
from bot.parts import Copy, Part, Table
from bot.post import Post
from bot.product import ProductRow
from bot.schedule import Schedule, State
from bot.slack.home import undecided
from bot.slack.place import Place, reaching
from bot.task import Task, Wish
from bot.words import Words
from bot.worker import Failing, Worker
from bot.working import Means
from bot.writers.offline import Offline
from tests.conftest import NOW
from tests.shop import Shop
from tests.slack.bench import (
    LAUNCHES,
    MARIE,
    MARKETING,
    MAX,
    OTTO,
    TEAM,
    Bench,
    buttons,
    text_of,
)

FIELDS: dict[str, Any] = {"name": {"name": "weekly"}}


def schedule(bench: Bench, name: str = "weekly") -> Schedule:
    (found,) = [r for r in bench.rows(Schedule) if (r.workspace, r.name) == (TEAM, name)]
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
    assert name["element"]["initial_value"] == "hebdomadaire"  # Marie reads French
    (where,) = [b for b in bench.form(MARIE).blocks if b.get("block_id") == "where"]
    assert where["element"]["initial_conversation"] == MARKETING


async def change(bench: Bench, card: Any, **fields: dict[str, str]) -> Any:
    """ "Change it" on this card, some fields filled in anew; how the form was answered."""
    await bench.press(MARIE, card, "digest_change")
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)
    await bench.run()
    return answer


async def test_is_changed_on_its_preview_without_leaving_its_channel(bench: Bench) -> None:
    card = await previewed(bench)
    assert (await change(bench, card, hour={"hour": "7"})).ok
    row = schedule(bench)
    assert (row.hour, row.state, row.place["channel"]) == (7, "paused", MARKETING)
    assert bench.said() == []  # the channel has never heard of it


async def test_is_changed_and_run_with_a_line_in_its_channel(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_now")
    assert bench.said()[-1].text == "<@UMARIE> asked for the digest weekly now."
    assert (await change(bench, card)).ok
    said = [one.text for one in bench.said() if one.text.startswith("<@UMARIE> changed")]
    assert said == [
        "<@UMARIE> changed the digest weekly. It rests until somebody switches it on again."
    ]
    assert schedule(bench).state == "paused"


async def test_is_switched_on_once_by_two_presses(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await bench.press(MARIE, card, "digest_on")
    assert len(bench.said()) == 1
    assert "déjà" in bench.whispers(MARIE, card.channel)[-1]


async def test_is_called_anew_and_does_not_come_under_both_names(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    assert (await change(bench, card, name={"name": "linen"})).ok
    assert schedule(bench, "weekly").state == "off"
    assert schedule(bench, "linen").state == "paused"
    assert schedule(bench, "linen").owner == MARIE


async def test_does_not_take_the_name_of_another(bench: Bench) -> None:
    card = await previewed(bench)
    assert (await bench.slack.command(OTTO, MARKETING, "/digest", "linen")).ok
    assert (await bench.slack.submit(OTTO, bench.form(OTTO).id, {})).ok
    answer = await change(bench, card, name={"name": "linen"})
    assert "name" in answer.body["errors"]
    assert schedule(bench, "linen").owner == OTTO


async def test_that_was_deleted_is_nobodys(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_off")
    await previewed(bench, OTTO)
    assert schedule(bench).owner == OTTO


@pytest.mark.parametrize("called", ["weekly", "Hebdomadaire"])
async def test_is_called_in_each_language_and_is_one(bench: Bench, called: str) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": called}})).ok
    assert [row.name for row in bench.rows(Schedule)] == ["weekly"]


async def test_goes_to_a_channel_that_the_intern_is_in(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    view = bench.form(MARIE)
    bench.slack.places[LAUNCHES].members.remove(bench.slack.bot_user)
    answer = await bench.slack.submit(MARIE, view.id, FIELDS | {"where": {"where": LAUNCHES}})
    assert "where" in answer.body["errors"]
    assert bench.rows(Schedule) == []
    bench.slack.places[LAUNCHES].members.append(bench.slack.bot_user)
    assert (await bench.slack.submit(MARIE, view.id, FIELDS | {"where": {"where": LAUNCHES}})).ok
    assert schedule(bench).place["channel"] == LAUNCHES


async def test_without_a_channel_comes_to_its_owner_alone(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    fields = FIELDS | {"where": {"where": None}}
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
    await bench.run()
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_on")
    await digesting(bench, moved=True).run(first(bench))
    await bench.run()
    assert bench.said() == []
    assert len([task for task in bench.tasks if not task.private]) == 1
    cards = [one for one in bench.in_dm(MARIE) if "digest_pause" in buttons(one)]
    assert len(cards) == 2  # the preview, and the digest


async def test_has_nothing_to_approve_on_its_card(bench: Bench) -> None:
    card = await previewed(bench)
    assert not {"approve", "edit", "send_back", "share"} & set(buttons(card))
    assert "more" in buttons(card)


async def test_waits_for_nobody_on_the_home_tab(any_bench: Bench) -> None:
    bench = any_bench
    card = await previewed(bench)
    await bench.drafted()
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    with bench.database.begin() as session:
        found = list(session.scalars(undecided(TEAM, MAX, bench.house.now())))
    assert [draft.brief.words for draft in found] == ["our linen shirt is back"]


async def test_needs_a_name(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": "a/b"}})
    assert "name" in answer.body["errors"]
    assert bench.rows(Schedule) == []


async def test_comes_to_its_channel_once_though_it_is_told_twice(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    for _ in range(2):
        await digesting(bench, moved=True).run(first(bench))
    await bench.run()
    assert first(bench).endswith(f"/{schedule(bench).last}")
    assert len([task for task in bench.tasks if not task.private]) == 1
    assert bench.said()[-1].channel == MARKETING


async def test_that_came_is_not_called_broken_by_a_job_that_died_after_it(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    digest = digesting(bench, moved=True)
    await digest.run(first(bench))
    await digest.fail(first(bench), Words("It died."))
    assert len([task for task in bench.tasks if task.private]) == 1  # the preview


async def test_is_silent_when_nothing_moved_and_silence_was_chosen(bench: Bench) -> None:
    await previewed(bench)
    quiet(bench)
    before = len(bench.tasks)
    await digesting(bench, moved=False).run(first(bench))
    assert len(bench.tasks) == before
    assert first(bench).endswith(f"/{schedule(bench).last}")
    await digesting(bench, moved=True, weeks=1).run(first(bench, weeks=1))
    assert len(bench.tasks) == before + 1


async def test_that_was_deleted_does_not_come(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_off")
    await digesting(bench, moved=True).run(first(bench))
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("state", ["off", "paused"])
async def test_that_is_deleted_or_paused_while_it_is_tried_does_not_come(
    bench: Bench, state: State
) -> None:
    await previewed(bench)
    quiet(bench)

    async def meanwhile(_: Wish) -> bool:
        with bench.database.begin() as session:
            session.get_one(Schedule, (TEAM, "weekly")).turn(session, state, bench.house.now())
        return True

    await digesting(bench, moved=meanwhile).run(first(bench))
    assert len(bench.tasks) == 1
    assert schedule(bench).last is None


async def test_that_is_moved_while_its_job_waits_comes_in_its_new_time_alone(
    bench: Bench,
) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    job, now = first(bench), moment(bench)
    with bench.database.begin() as session:  # to Thursdays, in the minute after its moment
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.weekday = 3
        row.turn(session, "on", now)
    await digesting(bench, moved=True).run(job)
    assert len(bench.tasks) == 1
    await digesting(bench, moved=True, weeks=1).run(first(bench, weeks=1))
    assert len(bench.tasks) == 2


async def test_of_the_same_name_elsewhere_is_another_one(bench: Bench) -> None:
    await previewed(bench)
    theirs = {c.key: getattr(schedule(bench), c.key) for c in Schedule.__table__.columns}
    with bench.database.begin() as session:
        session.add(Schedule(**theirs | {"workspace": "T0OTHER", "state": "on"}))
    job = first(bench)
    await digesting(bench, moved=True).run(job.replace(TEAM, "T0OTHER"))
    made = [task.workspace for task in bench.tasks if not task.private]
    assert made == ["T0OTHER"]
    with bench.database.begin() as session:
        session.get_one(Schedule, (TEAM, "weekly")).turn(session, "on", bench.house.now())
    await digesting(bench, moved=True).run(job)
    made = [task.workspace for task in bench.tasks if not task.private]
    assert sorted(made) == ["T0OTHER", TEAM]


async def test_whose_channel_was_left_comes_to_its_owner(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    bench.slack.places[MARKETING].members.remove(bench.slack.bot_user)
    await digesting(bench, moved=True).run(first(bench))
    await bench.run()
    assert "I am not in <#C0MARKET>" in text_of(bench.in_dm(MARIE)[-1])
    assert bench.said()[-1].text.startswith("<@UMARIE> switched")


async def test_whose_channel_was_archived_comes_to_its_owner_and_says_so(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    bench.slack.places[MARKETING].archived = True
    await digesting(bench, moved=True).run(first(bench))
    await bench.run()
    assert "<#C0MARKET> is archived" in text_of(bench.in_dm(MARIE)[-1])


async def broken(bench: Bench) -> None:
    """The Monday's digest, whose trial run has a bug, as the worker does it."""

    async def breaks(_: Wish) -> bool:
        raise ZeroDivisionError("what customers wrote")

    quiet(bench)
    await worker(bench, moved=breaks).jobs["digest"](first(bench))
    await bench.run()


def worker(bench: Bench, *, moved: bool | Moved = True) -> Worker:
    digest = digesting(bench, moved=moved)
    means = Means(bench.database, bench.enqueue, bench.outside, Offline(bench.house.now),
                  lambda _: Shop(), bench.house.brand, bench.house.policy,
                  bench.house.now)  # fmt: skip
    failing: dict[Kind, Failing] = {"digest": digest.fail, "work": digest.fail_late}
    return Worker(means, besides={"digest": digest.run}, failing=failing)


async def given_up(bench: Bench, task: str) -> None:
    """A task that fails for good, as the engine says it."""
    await worker(bench).give_up(Job(kind="work", subject=task, workspace=TEAM), None)
    await bench.run("show")


async def test_that_breaks_as_a_task_is_told_to_its_owner_too(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    await digesting(bench, moved=True).run(first(bench))
    (task,) = [task for task in bench.tasks if not task.private]
    for _ in range(2):  # told again, it is told once
        await given_up(bench, task.id)
    assert "Something broke on our side" in text_of(bench.said()[-1])
    dms = bench.in_dm(MARIE)
    assert len(dms) == 2  # the preview, and this
    assert "Le point «\u00a0hebdomadaire\u00a0» du " in text_of(dms[-1])
    assert "s'est interrompu" in text_of(dms[-1])
    await bench.press(MARIE, dms[-1], "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_as_an_alert_that_breaks_is_told_to_its_owner_too(bench: Bench) -> None:
    await previewed(bench)
    now = bench.house.now()
    with bench.database.begin() as session:
        wish = session.get_one(Schedule, (TEAM, "weekly")).alert("funnel.x", now)
        Task.accept(session, bench.enqueue, wish, now)
    await given_up(bench, wish.id)
    assert "Une alerte n'a pas pu être donnée" in text_of(bench.in_dm(MARIE)[-1])


async def test_alone_is_told_so_what_somebody_typed_fails_on_its_card(bench: Bench) -> None:
    await previewed(bench)
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "our linen shirt")).ok
    await bench.settled()
    await given_up(bench, bench.tasks[-1].id)
    assert len(bench.tasks) == 2


async def test_that_breaks_as_a_preview_is_told_once(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, FIELDS)).ok
    await given_up(bench, bench.tasks[-1].id)
    assert len(bench.in_dm(MARIE)) == len(bench.tasks) == 1


async def test_that_breaks_is_told_to_its_owner_and_to_nobody_else(bench: Bench) -> None:
    await previewed(bench)
    await broken(bench)
    card = bench.in_dm(MARIE)[-1]
    said = text_of(card)
    assert "Le point «\u00a0hebdomadaire\u00a0» du " in said
    assert "n'a pas pu être fait" in said
    assert "what customers wrote" not in said
    assert bench.said() == []
    assert first(bench).endswith(f"/{schedule(bench).last}")
    await bench.press(MARIE, card, "try_again")
    assert bench.tasks[-1].private
    assert bench.tasks[-1].form["digest"] == "weekly"


async def test_that_breaks_is_told_to_an_approver_when_its_owner_has_left(bench: Bench) -> None:
    await previewed(bench)
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await broken(bench)
    assert "hebdomadaire" in text_of(bench.in_dm(MAX)[-1])
    assert len(bench.in_dm(MARIE)) == 1  # the preview


async def test_without_channel_and_owner_comes_to_an_approver(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    bench.slack.places[MARKETING].archived = True
    bench.slack.people[MARIE] = replace(bench.slack.people[MARIE], deleted=True)
    await digesting(bench, moved=True).run(first(bench))
    await bench.run()
    assert "<#C0MARKET> is archived" in text_of(bench.in_dm(MAX)[-1])


async def test_can_be_run_now_by_an_approver(bench: Bench) -> None:
    card = await previewed(bench)
    assert card is not None
    before = len(bench.tasks)
    await bench.press(MARIE, card, "digest_now")
    await bench.run()
    assert len(bench.tasks) == before + 1
    assert bench.said()


def quiet(bench: Bench) -> None:
    """It is on, and shall only speak when something moved."""
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.only_when_moved = True
        row.turn(session, "on", bench.house.now())


def moment(bench: Bench, weeks: int = 0) -> datetime:
    """A minute after the first moment that is still to come, or some weeks on."""
    return schedule(bench).following(bench.house.now()) + timedelta(weeks=weeks, minutes=1)


def first(bench: Bench, weeks: int = 0) -> str:
    """The job of that moment, as the clock enqueues it."""
    found = schedule(bench).latest(moment(bench, weeks))
    assert found is not None
    return f"{TEAM}/weekly/{found[0]}"


def digesting(bench: Bench, *, moved: bool | Moved, weeks: int = 0) -> Digesting:
    async def tells(_: Wish) -> bool:
        return bool(moved)

    def reach(workspace: str, place: Place, alone: bool) -> Place:
        return reaching(place, bench.house.policy(workspace).approval.approvers, alone=alone)

    tried = tells if isinstance(moved, bool) else moved
    now = moment(bench, weeks)
    return Digesting(bench.database, bench.enqueue, lambda: now, tried, reach)


async def posted(bench: Bench, *parts: Part) -> Any:
    """A digest on its card in #marketing, as its skill would have made it."""
    bench.parts = parts or (
        Part(kind="copy", key="moved", title="What moved", body=Copy(text="Mobile fell.")),
        Part(kind="copy", key="more", title="What else moved", body=Copy(text="Candles rose.")),
        Part(kind="table", key="week", title="The week in figures",
             body=Table(columns=("What", "Last week"), rows=(("Orders", "250"),))),
        Part(kind="copy", key="missing", title="What I can't tell", body=Copy(text="No visits.")),
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
    assert "No visits" not in text_of(card)
    await bench.press(OTTO, card, "details")
    shown = str(bench.form(OTTO).blocks)
    assert "Candles rose." in shown
    assert "No visits." in shown
    assert "• Orders · 250" in shown


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
    assert "at most 3 a week" in text_of(card)  # whoever set it reads French, the channel not
    await bench.press(OTTO, card, "alert_useless")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
    await bench.press(OTTO, card, "alert_mute")
    (row,) = bench.rows(Alert)
    assert row.muted
    await bench.run()
    assert "alert_mute" not in buttons(bench.said()[-1])
    await bench.press(OTTO, bench.said()[-1], "alert_unmute")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)


async def test_is_asked_to_alert_in_its_form(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    fields = FIELDS | {"alerts": {"alerts": ["yes"]}}
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
    assert schedule(bench).alerts
