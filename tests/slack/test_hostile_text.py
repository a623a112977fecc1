"""Text from people, files and models never pings anybody, makes a link or hides anything."""

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.approvals import decision
from bot.core.audience_rule import AudienceRule
from bot.core.checks import Check
from bot.core.facts import Evidence, Source
from bot.core.parts import Copy, Hook, Part, Quote
from bot.db.session import Database
from bot.digests.models import DAILY, Schedule
from bot.i18n.messages import LANGUAGES, Words
from bot.messages.outbox import OutboxMessage
from bot.slack.actions.digests import announce_digest_change, build_digest_buttons
from bot.slack.blocks import render_words
from bot.slack.cards.import_card import render_import_card
from bot.slack.cards.renderer import render_task_card
from bot.slack.notices import render_notice
from bot.slack.views.draft_details import build_history_view, build_sources_view
from bot.slack.views.forms import build_approve_anyway_form, build_edit_form
from bot.slack.views.home import HomeLine, render_home
from bot.slack.views.next_step_forms import _describe_kept_rule
from tests.conftest import NOW
from tests.slack.test_import_card import SMALL, arrival
from tests.support.card_scenes import (
    BOSS,
    POLICY,
    PRICE,
    asked,
    blocked,
    brief,
    drafted,
    seen,
    stated,
)
from tests.support.rows import Jobs

PIECES = (
    *("<!channel>", "<!here>", "<!everyone>", "<@UEVIL>", "<#CEVIL>", "<!subteam^S1|all>"),
    *("<http://evil.example|your bank>", "<https://evil.example>", "http://evil.example/x"),
    *("@channel", "@here", "www.evil.example", "<mailto:a@evil.example|b>", "&lt;!channel&gt;"),
    *("`", "```", "*", "_", "~", "&amp;", "|", ">", "<", "\u202e", "\u200b", "\n", " "),
    *("Linen", "shirt", "chemise", "l'été", "49 €"),
)
OURS = re.compile(r"<@(?:UMARIE|UBOSS|UPETE)>|<#(?:CSHOP|C1)>|<!date\^\d+\^[^|<>]*\|[^<>]*>")
CODE = re.compile(r"`[^`\n]*`")
LIVE = re.compile(r"@(?:channel|here|everyone)\b|(?:https?://|(?<!\w)www\.)\S", re.IGNORECASE)


def hostile(seed: int) -> Iterator[str]:
    """Yield single snippets, because a whole name may be one, then combinations."""
    rng = random.Random(seed)
    while True:
        yield "".join(rng.choices(PIECES, k=rng.choice((1, 1, 2, 4, 7))))


def mrkdwn(value: Any) -> Iterator[str]:
    """Yield all text that Slack parses as mrkdwn."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for one in value.values():
            yield from mrkdwn(one)
    elif isinstance(value, list):
        for one in value:
            yield from mrkdwn(one)


def harmless(*texts: str) -> None:
    for text in texts:
        left = OURS.sub("", text)
        assert not re.search("[<\u202e\u200b]", left), text
        assert not re.search(r"&(?!amp;|lt;|gt;)", left), text
        assert not LIVE.search(CODE.sub("", left)), text


@pytest.mark.parametrize("name", ["*", "_x_", "~no~", "a*", "`", "*Approved by Max*", "> yes"])
def test_hostile_text_does_not_style_surrounding_text(sqlite: Database, name: str) -> None:
    """The card's own formatting marks stay in pairs, and no mark of a foreign text pairs with
    them."""
    shown = render_words(Words("{file} is read together with it.", file=name), "en")
    assert not re.search(r"[*~`]|(?<!\w)_|_(?!\w)|^(?:>|&gt;)", shown), shown
    part = Part(kind="copy", key="name", title=name, body=Copy(text="Linen"))
    with sqlite.begin() as session:
        drafted(session, parts=(part,), words=name)
        message = render_task_card(seen(session), "en")
    for line in (line for text in mrkdwn(message.blocks) for line in text.splitlines()):
        assert len(re.findall(r"(?<!\w)\*|\*(?!\w)", line)) % 2 == 0, line


def check(shown: Any) -> None:
    harmless(*mrkdwn(shown))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.sample(5)
def test_hostile_text_on_draft_card_and_its_views(
    sqlite: Database, seed: int, language: str
) -> None:
    said = hostile(seed)
    fact = PRICE.model_copy(
        update={
            "label": next(said),
            "about": next(said),
            "value": next(said),
            "source": Source(next(said)),
        }
    )
    parts = (
        Part(
            kind="copy",
            key="subject",
            title="Subject",
            body=Copy(text=next(said), facts=(fact.id,)),
        ),
        Part(
            kind="quote", key="quote", title=next(said), body=Quote(text=next(said), fact=fact.id)
        ),
    )
    found: tuple[Check, ...] = (
        blocked(next(said)),
        stated(next(said)),
        Check(
            rule="claim",
            level="warn",
            quote=next(said),
            words=Words("No source has the page {page}. Take the link out.", page=next(said)),
        ),
    )
    with sqlite.begin() as session:
        draft = drafted(
            session,
            *found,
            parts=parts,
            words=next(said),
            hooks=(Hook(angle=next(said), text=next(said)),),
            wanted=brief(words=next(said), product_words=next(said)),
        )
        draft.evidence = Evidence(facts=(fact,)).model_dump_json()
        views = [render_task_card(seen(session), language)]
        shown = [
            build_approve_anyway_form(draft, language),
            build_edit_form(draft, language),
            build_sources_view(draft, language),
        ]
        decision.send_back(
            session,
            Jobs(),
            draft,
            by=BOSS,
            fingerprint=draft.fingerprint,
            reason=next(said) + "no",
            policy=POLICY,
            now=NOW,
        )
        views.append(render_task_card(seen(session), language))
        kept = decision.Decision.list_for_draft(session, draft.id)
        shown.append(build_history_view([draft], kept, [], language))
    for message in views:
        check(message.blocks)
        harmless(message.text)
    for view in shown:
        check(view)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "state", ["reading", "half", "waiting", "taking", "in", "cancelled", "refused", "failed"]
)
@pytest.mark.sample(5)
def test_hostile_text_on_import_card(seed: int, state: str) -> None:
    said = hostile(seed)
    assumed = Words("{file} is read together with it.", file=next(said))
    preview = SMALL.model_copy(
        update={
            "currency": next(said),
            "apart": (next(said),),
            "dropped": (next(said), next(said)),
            "ignored": (next(said),),
            "assumed": (assumed,),
            "joined": (assumed,),
        }
    )
    one = arrival(state, preview, name=next(said), by="UBOSS")
    if state in ("refused", "failed", "half"):
        one.why = assumed.model_dump(mode="json")
    for language in LANGUAGES:
        message = render_import_card(one, language, {"fallback": "not_in_channel"})
        check(message.blocks)
        harmless(message.text)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.sample(5)
def test_hostile_text_on_running_and_failed_tasks(sqlite: Database, seed: int) -> None:
    said = hostile(seed)
    with sqlite.begin() as session:
        task = asked(session, words=next(said))
        stage = Words("Reading {file}…", file=next(said))
        task.stage = stage.model_dump_json()
        messages = [render_task_card(seen(session), one) for one in LANGUAGES]
        task.fail(session, Jobs(), Words("Nothing of {file} was taken in.", file=next(said)), NOW)
        messages += [render_task_card(seen(session), one) for one in LANGUAGES]
    for message in messages:
        check(message.blocks)
        harmless(message.text)


@pytest.mark.parametrize("seed", range(24))
def test_hostile_text_in_digest_name_and_home_tab(seed: int) -> None:
    said = hostile(seed)
    one = Schedule(
        workspace="T1",
        name=next(said),
        state="paused",
        owner="UMARIE",
        place={"channel": "C1"},
        weekday=DAILY,
        hour=9,
        minute=0,
        zone="Europe/Paris",
        language="fr",
        sections=[],
        about=next(said),
        only_when_moved=False,
        since=NOW - timedelta(days=1),
        last=None,
    )
    rule = AudienceRule(like_category=next(said), like_product=next(said))
    for language in LANGUAGES:
        check(build_digest_buttons(one, "t1", language))
        lines = [HomeLine(next(said), state, None) for state in ("waiting", "done", "failed")]
        check(render_home(lines, lines, language))
        check(_describe_kept_rule(rule, {}, language))


@pytest.mark.parametrize("name", PIECES[:14])
@pytest.mark.sample(3)
async def test_hostile_text_in_digest_notice(sqlite: Database, name: str) -> None:
    class Context:
        class services:  # noqa: N801
            enqueue = Jobs()

            @staticmethod
            def now() -> Any:
                return NOW

            @staticmethod
            def policy(_: str) -> Any:
                return POLICY

    one = Schedule(
        workspace="T1",
        name=name,
        owner="UMARIE",
        place={"channel": "C1"},
        weekday=DAILY,
        hour=9,
        minute=0,
        zone="Europe/Paris",
        language="en",
    )
    with sqlite.begin() as session:
        announce_digest_change(session, Context(), one, "UBOSS", "digest_now", "1")  # type: ignore[arg-type]
        message = await render_notice(session.scalars(select(OutboxMessage)).one())
    harmless(message.text)
    check(message.blocks)
