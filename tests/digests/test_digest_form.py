"""Creating and changing a digest in Slack."""

import pytest

from bot.data.catalogue.models import ProductRow
from bot.digests.models import Schedule
from tests.conftest import NOW
from tests.slack.bench import LAUNCHES, MARIE, MARKETING, MAX, OTTO, TEAM, Bench, buttons, text_of
from tests.support.digests import FIELDS, change, digesting, first, previewed, schedule


async def test_new_digest_is_previewed_to_its_owner_first(bench: Bench) -> None:
    card = await previewed(bench)
    assert schedule(bench).state == "paused"
    assert bench.said() == []
    (task,) = bench.tasks
    assert task.private
    assert task.form["skill"] == "digest"
    assert {"digest_on", "digest_now", "digest_change", "digest_off"} <= set(buttons(card))


async def test_others_may_not_change_a_digest(bench: Bench) -> None:
    await previewed(bench)
    answer = await bench.slack.command(OTTO, MARKETING, "/digest")
    assert answer.body["text"].startswith("You can't set up digests and alerts here.")
    assert not bench.slack.open_views(OTTO)
    assert schedule(bench).owner == MARIE
    assert len(bench.tasks) == 1


async def test_deletion_asks_for_confirmation(bench: Bench) -> None:
    card = await previewed(bench)
    elements = [e for block in card.blocks for e in block.get("elements", [])]
    (delete,) = [one for one in elements if one.get("action_id") == "digest_off"]
    assert delete["confirm"]["title"]["text"] in ("Delete this digest?", "Supprimer ce point ?")


async def test_form_shows_the_current_settings(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_change")
    (name,) = [b for b in bench.form(MARIE).blocks if b.get("block_id") == "name"]
    assert name["element"]["initial_value"] == "hebdomadaire"  # Marie reads French
    (where,) = [b for b in bench.form(MARIE).blocks if b.get("block_id") == "where"]
    assert where["element"]["initial_conversation"] == MARKETING


async def test_preview_change_keeps_the_channel(bench: Bench) -> None:
    card = await previewed(bench)
    assert (await change(bench, card, hour={"hour": "7"})).ok
    row = schedule(bench)
    assert (row.hour, row.state, row.place["channel"]) == (7, "paused", MARKETING)
    assert bench.said() == []  # the channel has never heard of it


async def test_renamed_digest_is_not_sent_under_both_names(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_on")
    assert (await change(bench, card, name={"name": "linen"})).ok
    assert schedule(bench, "weekly").state == "off"
    assert schedule(bench, "linen").state == "paused"
    assert schedule(bench, "linen").owner == MARIE


async def test_name_of_another_digest_is_refused(bench: Bench) -> None:
    card = await previewed(bench)
    assert (await bench.slack.command(MAX, MARKETING, "/digest", "linen")).ok
    assert (await bench.slack.submit(MAX, bench.form(MAX).id, {})).ok
    answer = await change(bench, card, name={"name": "linen"})
    assert "name" in answer.body["errors"]
    assert schedule(bench, "linen").owner == MAX


async def test_deleted_digest_can_be_created_by_anybody(bench: Bench) -> None:
    card = await previewed(bench)
    await bench.press(MARIE, card, "digest_off")
    await previewed(bench, MAX)
    assert schedule(bench).owner == MAX


@pytest.mark.parametrize("called", ["weekly", "Hebdomadaire"])
async def test_weekly_digest_is_one_in_every_language(bench: Bench, called: str) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": called}})).ok
    assert [row.name for row in bench.rows(Schedule)] == ["weekly"]


async def test_channel_must_include_the_intern(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    view = bench.form(MARIE)
    bench.slack.places[LAUNCHES].members.remove(bench.slack.bot_user)
    answer = await bench.slack.submit(MARIE, view.id, FIELDS | {"where": {"where": LAUNCHES}})
    assert "where" in answer.body["errors"]
    assert bench.rows(Schedule) == []
    bench.slack.places[LAUNCHES].members.append(bench.slack.bot_user)
    assert (await bench.slack.submit(MARIE, view.id, FIELDS | {"where": {"where": LAUNCHES}})).ok
    assert schedule(bench).place["channel"] == LAUNCHES


async def test_digest_without_a_channel_goes_to_its_owner(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    fields = FIELDS | {"where": {"where": None}}
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
    await bench.run()
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_on")
    await bench.press(MARIE, bench.in_dm(MARIE)[-1], "digest_now")
    assert "message direct" in bench.whispers(MARIE, bench.in_dm(MARIE)[-1].channel)[-1]
    await digesting(bench).run(first(bench))
    await bench.run()
    assert bench.said() == []
    assert len([task for task in bench.tasks if not task.private]) == 2
    cards = [one for one in bench.in_dm(MARIE) if "digest_pause" in buttons(one)]
    assert len(cards) == 3  # the preview, and two digests


async def test_digest_needs_a_name(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": "a/b"}})
    assert "name" in answer.body["errors"]
    assert bench.rows(Schedule) == []


@pytest.mark.parametrize(
    ("about", "name", "shown", "value"),
    [
        ("Bougies", "category", "Catégorie\u00a0: Bougies", "Bougies"),
        ("brand: Linea", "brand", "Marque\u00a0: Linea", "Linea"),
    ],
)
async def test_digest_can_be_limited_to_a_brand_or_category(
    bench: Bench, about: str, name: str, shown: str, value: str
) -> None:
    made = [
        ("b1", "Bougie", '{"handle": "b1", "type": "Bougies", "vendor": "Linea"}'),
        ("b2", "Drap", '{"handle": "b2", "type": "Linge", "vendor": "Alba"}'),
    ]
    with bench.database.begin() as session:
        ProductRow.put(session, TEAM, made, file="f.csv", now=NOW)
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    form = bench.form(MARIE)
    assert shown in text_of(form.blocks)
    assert (await bench.slack.submit(MARIE, form.id, FIELDS | {"about": {"about": about}})).ok
    assert schedule(bench).about == about
    assert bench.tasks[-1].form[name] == value


async def test_form_offers_no_brand_when_there_is_only_one(bench: Bench) -> None:
    body = '{"handle": "b1", "title": "Bougie", "vendor": "Maison Lin"}'
    with bench.database.begin() as session:
        ProductRow.put(session, TEAM, [("b1", "Bougie", body)], file="f.csv", now=NOW)
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    assert "Maison Lin" not in text_of(bench.form(MARIE).blocks)


async def test_form_can_switch_alerts_on(bench: Bench) -> None:
    assert (await bench.slack.command(MARIE, MARKETING, "/digest")).ok
    fields = FIELDS | {"alerts": {"alerts": ["yes"]}}
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
    assert schedule(bench).alerts
