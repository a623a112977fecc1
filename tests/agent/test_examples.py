"""The demo's example answers, played from Slack to Slack on the sample shop."""

import contextlib
import re
import tomllib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from bot.agent.examples import (
    EXAMPLE_WRITER,
    LOOKUP_FAILED,
    OUTDATED,
    ExampleBook,
    ExampleModel,
)
from bot.agent.llm.turn import ConversationMessage, ToolReply
from bot.app import EXAMPLES
from bot.audit.receipt import Receipt
from bot.config.brand import Brand
from bot.core.checks import Check
from bot.data.service import QUERY_TOOK_TOO_LONG
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.worker import Worker
from bot.offline import OfflineWriter
from bot.playground.page.actions import list_examples
from bot.slack.cards.draft_card import EXAMPLE_ANSWER
from bot.tasks.services import TaskServices
from tests.slack.bench import MARIE, MARKETING, Bench, bench_of, buttons, text_of
from tests.support.sample_tables import TODAY
from tests.support.tool_runner import sample_data

SHIRT = (
    "an e-mail and an SMS: our linen shirt is back in stock, for people who bought one last summer"
)
SHORTER = "Make the e-mail shorter, please"
PLAYGROUND = Path(__file__).parents[2] / "bot/playground"
PAGE_WORDS = PLAYGROUND / "page/web/src/words.tsx"
BRAND_FILE = PLAYGROUND / "shop/brand.toml"


@contextlib.asynccontextmanager
async def demo(home: Path, *, last_day: date | None = TODAY) -> AsyncIterator[Bench]:
    """The demo on the sample shop, without an AI."""
    brand = Brand.model_validate(tomllib.loads(BRAND_FILE.read_text(encoding="utf-8")))
    async with bench_of(home, brand=brand) as bench:
        services = TaskServices(
            database=bench.database,
            enqueue=bench.enqueue,
            slack=bench.outside,
            writer=OfflineWriter(),
            library=lambda _: sample_data(),
            brand=lambda _: brand,
            policy=lambda _: bench.policy,
            now=bench.services.now,
            has_right=bench.outside.may,
            check_admission=bench.outside.admit,
            examples=ExampleBook.load(EXAMPLES, lambda _: last_day),
        )
        bench.do_work = Worker(services).jobs["work"]
        yield bench


async def ask(bench: Bench, words: str, thread: str | None = None) -> list[Draft]:
    """Say this, and return the drafts that come of it."""
    before = {draft.id for draft in bench.rows(Draft)}
    mention = "" if thread else "<@UINTERN> "
    await bench.slack.post_message(MARIE, MARKETING, f"{mention}{words}", thread_ts=thread)
    await bench.run()
    return [draft for draft in bench.rows(Draft) if draft.id not in before]


def findings(drafts: list[Draft]) -> list[Check]:
    return [check for draft in drafts for check in draft.findings or ()]


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_each_example_plays_without_a_fault_and_carries_its_label(
    tmp_path: Path, language: str
) -> None:
    asked = list_examples()[language]
    assert len(asked) >= 10
    async with demo(tmp_path) as bench:
        for words in asked:
            made = await ask(bench, words)
            trouble = bench.tasks[-1].trouble_words
            assert made, f"{words}: {trouble and trouble.to('en')}"
            assert {draft.writer for draft in made} == {EXAMPLE_WRITER}
            blocking = [c.words.to("en") for c in findings(made) if c.level == "block"]
            dropped = [c.words.to("en") for c in findings(made) if "left out" in c.words.to("en")]
            assert (blocking, dropped) == ([], []), words
            card = text_of(bench.slack.transcript(MARKETING)[-3:])
            assert EXAMPLE_ANSWER.to("en") in card or EXAMPLE_ANSWER.to("fr") in card
        assert not bench.rows(Receipt)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_first_suggestion_s_drafts_have_nothing_left_to_correct(
    tmp_path: Path, language: str
) -> None:
    async with demo(tmp_path) as bench:
        made = await ask(bench, list_examples()[language][0])
    assert [draft.channel for draft in made] == ["email", "sms"]
    assert not [c.words.to("en") for c in findings(made) if c.severity in ("block", "warn")]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (ToolReply("call", f"Error: {QUERY_TOOK_TOO_LONG.to('en')}", is_error=True), LOOKUP_FAILED),
        (ToolReply("call", "f1 orders: 3"), OUTDATED),
    ],
)
def test_a_look_up_that_took_too_long_is_not_called_changed_data(
    reply: ToolReply, said: Words
) -> None:
    example = ExampleBook.load(EXAMPLES, lambda _: TODAY).examples["en-loyal"]
    model = ExampleModel(example, TODAY)
    asked = ConversationMessage("user", "how many?", tool_replies=(reply,))
    with pytest.raises(CannotDo) as refused:
        model._fill("{[[customers|Loyal]]}", [asked])
    assert refused.value.words == said


async def test_one_example_shows_the_claim_check_striking_words(tmp_path: Path) -> None:
    async with demo(tmp_path) as bench:
        made = await ask(bench, "an Instagram post for our canvas tote")
    marked = [check for check in findings(made) if check.level == "warn"]
    assert [check.quote for check in marked] == ["for twenty years"]


@pytest.mark.parametrize(
    "words",
    [
        "what blocks our sales now in Belgium?",
        "whom should I target for the wool launch?",
        "an Instagram post for our canvas tote and our linen shirt",
    ],
)
async def test_a_question_that_only_resembles_an_example_is_not_played(
    tmp_path: Path, words: str
) -> None:
    async with demo(tmp_path) as bench:
        made = await ask(bench, words)
        assert EXAMPLE_WRITER not in {draft.writer for draft in made}


async def test_a_follow_up_is_played_only_in_the_thread_of_its_example(tmp_path: Path) -> None:
    async with demo(tmp_path) as bench:
        await ask(bench, SHIRT)
        root = bench.slack.transcript(MARKETING)[0]
        shorter = await ask(bench, SHORTER, thread=root.ts)
        assert [draft.writer for draft in shorter] == [EXAMPLE_WRITER]
        assert [draft.channel for draft in shorter] == ["email"]

        await ask(bench, "e-mail: our canvas tote is back in stock")
        other = [one for one in bench.slack.transcript(MARKETING) if not one.is_reply][-1]
        again = await ask(bench, SHORTER, thread=other.ts)
        assert EXAMPLE_WRITER not in {draft.writer for draft in again}


async def test_a_version_written_without_an_ai_keeps_the_draft_s_product(tmp_path: Path) -> None:
    async with demo(tmp_path) as bench:
        first = (await ask(bench, list_examples()["fr"][0]))[-1]
        cards = [one for one in bench.slack.transcript(MARKETING) if "shorter" in buttons(one)]
        sms = next(one for one in cards if "SMS" in one.text)
        await bench.press(MARIE, sms, "shorter")
        await bench.run()
        (second,) = [draft for draft in bench.rows(Draft) if draft.version == 2]
    assert second.by_rules
    assert (second.channel, second.brief.product) == ("sms", first.brief.product)


async def test_without_the_shop_s_orders_the_same_question_is_answered_without_an_ai(
    tmp_path: Path,
) -> None:
    async with demo(tmp_path, last_day=None) as bench:
        made = await ask(bench, SHIRT)
        assert {draft.channel for draft in made} == {"email", "sms"}
        assert EXAMPLE_WRITER not in {draft.writer for draft in made}


def test_the_page_s_suggestions_have_example_answers() -> None:
    said = re.findall(r's[124]_words:\s*"(?:@Super-Intern )?([^"]+)"', PAGE_WORDS.read_text())
    book = ExampleBook.load(EXAMPLES, lambda _: TODAY)
    missing = [words for words in said if book.find(words) is None]
    assert len(said) == 6
    assert missing == []
