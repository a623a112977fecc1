"""Files dropped in Slack, from the message to the imported rows."""

import asyncio
import threading
from typing import Any

import pytest

from bot.data.ingest.models import FileUpload
from bot.data.ingest.review import ImportReview
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.playground.slack_objects import SlackMessage
from bot.slack import files as slack_files
from tests.slack.bench import (
    LEA,
    MARIE,
    MARKETING,
    MAX,
    OTTO,
    POLICY,
    Bench,
    buttons,
    option_for,
    text_of,
)

CSV = b"Order,Amount\n1,49\n2,20\n3,bad\n"


async def dropped(
    bench: Bench,
    content: bytes = CSV,
    words: str = "",
    name: str = "orders.csv",
    user: str = MARIE,
    channel: str = MARKETING,
    locale: str = "en-GB",
) -> FileUpload:
    """Drop a file with a mention and read it."""
    bench.slack.people[user].locale = locale
    before = {one.id for one in bench.rows(FileUpload)}
    text = f"<@{bench.slack.bot_user}> {words}".strip()
    await bench.slack.post_message(user, channel, text, files=[(name, content)])
    await bench.run()
    fresh = [one for one in bench.rows(FileUpload) if one.id not in before]
    (found,) = fresh
    assert isinstance(found, FileUpload)
    return found


def now(bench: Bench, arrival: FileUpload) -> FileUpload:
    with bench.database.begin() as session:
        return session.get_one(FileUpload, arrival.id)


def card(bench: Bench, arrival: FileUpload) -> SlackMessage:
    post = bench.posts()[arrival.card_post_id]
    return bench.slack.places[str(post.channel)].by_ts[str(post.ts)]


async def test_file_is_summarized_and_not_imported_yet(bench: Bench) -> None:
    arrival = await dropped(bench)
    assert arrival.state == "waiting"
    said = text_of(card(bench, arrival))
    assert "I read this as Orders: 3 rows." in said
    assert "Nothing is imported yet" in said
    assert "Amount" in said
    assert "49" in said
    assert bench.stockroom.rows == []
    assert not bench.tasks


async def test_card_is_in_the_messages_thread(bench: Bench) -> None:
    arrival = await dropped(bench)
    message = card(bench, arrival)
    assert message.thread_ts == arrival.place["thread"]


async def test_no_file_is_kept_before_confirmation(bench: Bench) -> None:
    arrival = await dropped(bench)
    assert bench.services.home is not None
    assert not (bench.services.home / "arrivals" / arrival.id).exists()


async def test_confirmed_file_is_imported(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    assert now(bench, arrival).state == "taking"
    await bench.run()
    said = text_of(card(bench, arrival))
    assert "2 rows are in: 2 new, 0 replaced." in said
    assert "1 row stayed out." in said
    assert f"Confirmed by <@{MARIE}>" in said
    assert bench.stockroom.rows == ["1,49", "2,20"]


async def test_rejected_rows_are_attached_to_thread_once(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    await bench.stocktaking.take_in(arrival.id)  # as after a crash
    files = [one for one in bench.said() if one.files]
    assert len(files) == 1
    assert files[0].thread_ts == arrival.place["thread"]
    assert files[0].files[0].name.startswith("orders-stayed-out")
    assert files[0].files[0].content == b"line,column,reason,row\n3,bad"


async def test_rejected_rows_are_sent_only_to_those_allowed(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    await bench.press(OTTO, card(bench, arrival), "stayed_out")
    assert "Only whoever dropped this file" in bench.whispers(OTTO)[-1]
    await bench.press(MAX, card(bench, arrival), "stayed_out")
    assert [one.files[0].content for one in bench.in_dm(MAX)] == [b"line,column,reason,row\n3,bad"]


async def test_second_import_reports_no_change(bench: Bench) -> None:
    for _ in range(2):
        arrival = await dropped(bench, b"Order,Amount\n1,49\n2,20\n")
        await bench.press(MARIE, card(bench, arrival), "take_in")
        await bench.run()
    assert "Nothing changed: all 2 rows were in already." in text_of(card(bench, arrival))
    assert len(bench.stockroom.rows) == 2


async def test_approver_may_confirm_and_others_may_not(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(OTTO, card(bench, arrival), "take_in")
    assert "You can't take files into the library here." in bench.whispers(OTTO)[-1]
    await bench.press(OTTO, card(bench, arrival), "dont_take_in")
    assert now(bench, arrival).state == "waiting"
    await bench.press(LEA, card(bench, arrival), "take_in")
    assert now(bench, arrival).state == "taking"


async def test_import_is_cancelled_before_start(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "dont_take_in")
    await bench.run()
    assert "Cancelled. Nothing of orders.csv was imported." in text_of(card(bench, arrival))
    assert bench.stockroom.rows == []


async def test_import_is_cancelled_while_reading(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.data.ingest.import_job.POLL_SECONDS", 0.02)
    bench.stockroom.slow = threading.Event()
    arrival = await dropped(bench)
    before = card(bench, arrival)
    await bench.press(MARIE, before, "take_in")
    reading = asyncio.create_task(bench.run("take_in"))
    async with asyncio.timeout(30):
        while "1 of 3 rows" not in text_of(card(bench, arrival)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await bench.press(MARIE, card(bench, arrival), "dont_take_in")
        await reading
    await bench.run()
    assert now(bench, arrival).state == "cancelled"
    assert "Cancelled by" in text_of(card(bench, arrival))
    assert bench.stockroom.rows == []
    assert bench.services.home is not None
    assert not list((bench.services.home / "arrivals").iterdir())


async def test_finished_import_cannot_be_cancelled(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert "dont_take_in" not in buttons(card(bench, arrival))
    at = bench.services.now()
    with bench.database.begin() as session:
        row = session.get_one(FileUpload, arrival.id)
        with pytest.raises(CannotDo, match="over already"):
            ImportReview(session, bench.enqueue, row, MARIE, POLICY, at).cancel()


async def test_changed_kind_rereads_the_file(bench: Bench) -> None:
    arrival = await dropped(bench)
    old = card(bench, arrival)
    picked = option_for(old, "other_kind", "feedback")
    await bench.slack.click(MARIE, old.channel, old.ts, "other_kind", value=picked)
    await bench.run()
    assert bench.stockroom.seen_kinds == [None, "feedback"]
    assert "I read this as Customer feedback" in text_of(card(bench, arrival))
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert now(bench, arrival).state == "in"


async def test_changed_date_order_rereads_the_file(bench: Bench) -> None:
    arrival = await dropped(bench)
    old = card(bench, arrival)
    picked = option_for(old, "other_kind", "dates=day-first")
    await bench.slack.click(MARIE, old.channel, old.ts, "other_kind", value=picked)
    await bench.run()
    assert bench.stockroom.told == [{}, {"dates": "day-first"}]
    again = card(bench, arrival)
    assert "day/month" not in str(again.blocks)
    picked = option_for(again, "other_kind", "feedback")
    await bench.slack.click(MARIE, again.channel, again.ts, "other_kind", value=picked)
    await bench.run()
    assert (bench.stockroom.seen_kinds[-1], bench.stockroom.told[-1]) == (
        "feedback",
        {"dates": "day-first"},
    )
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert now(bench, arrival).state == "in"


async def test_unreadable_file_gets_one_clear_sentence(bench: Bench) -> None:
    arrival = await dropped(bench, b"Order\n")
    assert arrival.state == "refused"
    assert "orders.csv has no rows." in text_of(card(bench, arrival))
    assert buttons(card(bench, arrival)) == ["other_kind"]


async def test_non_table_presented_as_data_is_answered(bench: Bench) -> None:
    arrival = await dropped(bench, b"png\n", words="here is our data", name="photo.png")
    assert arrival.state == "refused"
    assert "photo.png" in text_of(card(bench, arrival))
    assert not bench.tasks


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("photo.png", "here is a file"),
        ("notes.txt", "here's a file"),
        ("brief.pdf", "can you read this?"),
        ("letter.docx", "voici un fichier"),
        ("plan.pdf", ""),
    ],
)
async def test_file_without_purpose_is_answered_about_itself(
    bench: Bench, name: str, words: str
) -> None:
    arrival = await dropped(bench, b"%PDF-1.4 no table\n", words=words, name=name)
    assert arrival.state == "refused"
    assert name in text_of(card(bench, arrival))
    assert not bench.tasks


async def test_file_with_named_channel_belongs_to_brief(bench: Bench) -> None:
    text = f"<@{bench.slack.bot_user}> here is a file, an e-mail about the linen shirt please"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("photo.png", b"png")])
    await bench.run()
    assert not bench.rows(FileUpload)
    assert len(bench.tasks) == 1


async def test_picture_beside_brief_is_not_imported(bench: Bench) -> None:
    text = f"<@{bench.slack.bot_user}> our linen shirt is back, for our customers"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("photo.png", b"png")])
    await bench.run()
    assert not bench.rows(FileUpload)
    assert len(bench.tasks) == 1


async def test_several_files_get_a_card_each(bench: Bench) -> None:
    text = f"<@{bench.slack.bot_user}>"
    files = [("orders.csv", CSV), ("visits.csv", CSV), ("photo.png", b"png")]
    await bench.slack.post_message(MARIE, MARKETING, text, files=files)
    await bench.run()
    assert sorted(one.name for one in bench.rows(FileUpload)) == ["orders.csv", "visits.csv"]
    assert len({message.ts for message in bench.said()}) == 2


async def test_repeated_event_imports_file_once(bench: Bench) -> None:
    bench.slack.faults.deliver_twice = True
    await dropped(bench)
    assert len(bench.rows(FileUpload)) == 1
    assert len(bench.said()) == 1


async def test_draft_request_with_file_makes_a_draft(bench: Bench) -> None:
    text = f"<@{bench.slack.bot_user}> write an e-mail about these"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("orders.csv", CSV)])
    await bench.run()
    assert not bench.rows(FileUpload)
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("words", ["our e-mail campaign results", "import this", "voilà nos SMS"])
async def test_words_naming_the_file_make_an_import(bench: Bench, words: str) -> None:
    await dropped(bench, words=words)
    assert not bench.tasks


async def test_text_file_is_imported_when_asked(bench: Bench) -> None:
    await dropped(bench, words="import our orders", name="CDNOW_master.txt")
    await dropped(bench, name="CDNOW_sample.txt")
    assert not bench.tasks
    text = f"<@{bench.slack.bot_user}> our linen shirt, see this"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("brief.txt", CSV)])
    await bench.run()
    assert len(bench.tasks) == 1


async def test_file_without_mention_is_ignored(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "for Otto", files=[("orders.csv", CSV)])
    await bench.run()
    assert not bench.rows(FileUpload)


async def test_file_in_direct_message_needs_no_mention(bench: Bench) -> None:
    channel = bench.slack.open_direct_message(MARIE)
    bench.slack.people[MARIE].locale = "en-GB"
    await bench.slack.post_message(MARIE, channel, "", files=[("orders.csv", CSV)])
    await bench.run()
    assert [one.state for one in bench.rows(FileUpload)] == ["waiting"]
    assert "I read this as Orders" in text_of(bench.in_dm(MARIE))


async def test_private_import_is_shown_to_author_only(bench: Bench) -> None:
    arrival = await dropped(bench, words="just for me: our orders")
    assert not bench.said()
    assert "Only you see this" in text_of(bench.in_dm(MARIE))
    assert arrival.state == "waiting"


async def test_import_in_direct_message_stays_there(bench: Bench) -> None:
    arrival = await dropped(bench, channel=bench.slack.open_direct_message(MARIE))
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert not bench.said()
    assert [one.files[0].content for one in bench.in_dm(MARIE) if one.files]


async def test_too_large_file_names_the_limit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_files, "MAX_FILE_BYTES", 10)
    arrival = await dropped(bench)
    assert arrival.state == "refused"
    assert "super-intern import" in text_of(card(bench, arrival))


async def test_file_deleted_in_slack_is_reported(bench: Bench) -> None:
    arrival = await dropped(bench)
    bench.slack.files.clear()
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    said = text_of(card(bench, arrival))
    assert now(bench, arrival).state == "failed"
    assert "orders.csv is no longer in Slack. Please drop it again." in said
    assert "Nothing was imported." in said


async def test_import_with_bug_can_be_retried(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    bench.jobs.clear()
    await bench.stocktaking.fail(arrival.id, Words("Something broke."))
    assert "Something broke." in text_of(card(bench, arrival))
    await bench.press(MARIE, card(bench, arrival), "read_again")
    await bench.run()
    assert now(bench, arrival).state == "waiting"
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert now(bench, arrival).state == "in"


async def test_import_resumes_after_process_kill(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    taking = bench.stocktaking
    assert bench.services.home is not None
    left = bench.services.home / "arrivals" / arrival.id / "dropped.csv"
    left.parent.mkdir(parents=True)
    left.write_text("half a fi")
    with bench.database.begin() as session:
        assert session.get_one(FileUpload, arrival.id).store(
            session, bench.enqueue, now=bench.services.now()
        )
    await taking.take_in(arrival.id)
    assert now(bench, arrival).state == "in"
    assert bench.stockroom.rows == ["1,49", "2,20"]
    assert not left.exists()


async def test_french_user_sees_french_card(bench: Bench) -> None:
    arrival = await dropped(bench, locale="fr-FR")
    said = text_of(card(bench, arrival))
    assert "Rien n'est encore importé" in said
    assert "Importer" in said


async def test_rejects_file_has_french_name(bench: Bench) -> None:
    arrival = await dropped(bench, locale="fr-FR")
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    (file,) = [file for one in bench.said() for file in one.files]
    assert file.name.startswith("orders-reste-dehors")
    assert file.content is not None
    assert file.content.decode("utf-8-sig").startswith("ligne,colonne,motif,ligne d'origine")


async def test_button_of_other_workspace_is_refused(bench: Bench) -> None:
    arrival = await dropped(bench)
    with bench.database.begin() as session:
        session.get_one(FileUpload, arrival.id).workspace = "TOTHER"
    await bench.press(MARIE, card(bench, arrival), "take_in")
    assert "no longer known here" in bench.whispers(MARIE)[-1]
