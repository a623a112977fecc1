"""Every view stays within Slack's limits, whatever it shows."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.approvals import decision
from bot.approvals.decision import Decision
from bot.audit.receipt import Receipt
from bot.config.brand import Brand
from bot.core.audience_rule import AudienceRule
from bot.core.checks import Check
from bot.core.facts import Evidence, Source
from bot.core.parts import Copy, Hook, NextStep, Part, Quote, Table
from bot.db.session import Database
from bot.digests.models import BRAND_PREFIX, DAILY, Schedule
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.playground.block_kit import check_view
from bot.slack.actions.exports import build_export_form
from bot.slack.blocks import Block
from bot.slack.listeners import pack_metadata
from bot.slack.views.brief_form import build_brief_form
from bot.slack.views.digest_form import build_digest_form
from bot.slack.views.draft_details import (
    build_details_view,
    build_history_view,
    build_receipts_view,
    build_sources_view,
)
from bot.slack.views.forms import (
    build_approve_anyway_form,
    build_edit_form,
    build_reject_form,
    build_send_back_form,
)
from bot.slack.views.home import HomeLine, render_home
from bot.slack.views.inputs import FormBuilder, fit_view
from bot.slack.views.next_step_forms import build_rule_form, read_rule
from tests.conftest import NOW
from tests.slack.bench import MARIE, Bench, bench_of
from tests.slack.test_forms import filled
from tests.support.card_scenes import BOSS, POLICY, PRICE, blocked, brief, drafted, stated
from tests.support.rows import Jobs

PIECES = (
    "",
    " ",
    "x",
    "é",
    "🧵",
    "\n",
    "\n\n",
    "\u202e",
    "<!channel>",
    "&",
    '"',
    "\\",
    "\x00",
    "👩‍👩‍👧",
    "ﷺ",
    "*",
    "`",
    "| ",
    "-",
    "0",
    "Linen shirt ",
    "49 € ",
)
LENGTHS = (0, 1, 2, 24, 25, 75, 76, 150, 151, 255, 256, 2_000, 3_001, 13_000)


def odd(seed: int, *, most: int = 13_000, least: int = 0) -> Iterator[str]:
    """Texts of every length near a limit, with characters that are counted or written in unusual
    ways."""
    rng = random.Random(seed)
    while True:
        piece = rng.choice(PIECES)
        many = rng.choice([one for one in LENGTHS if one <= most])
        text = (piece * many)[:many] if rng.random() < 0.7 else "".join(rng.choices(PIECES, k=many))
        if len(text) >= least and (not least or text.strip()):
            yield text


def taken(view: Block, language: str = "en") -> Block:
    """Check the view as Slack would; a valid view must stay unchanged."""
    fitted = fit_view(view, language)
    check_view(fitted, view["type"])
    assert fit_view(fitted, language) == fitted
    return fitted


Maker = Callable[[Any, Iterator[str], Iterator[str], random.Random, str], list[Block]]


def of_a_draft(
    session: Any, said: Iterator[str], short: Iterator[str], rng: random.Random, language: str
) -> list[Block]:
    """All views of one draft whose every text is odd."""
    name = f"t{rng.random()}"
    fact = PRICE.model_copy(
        update={
            "label": next(said),
            "about": next(said),
            "value": next(said),
            "source": Source(next(said)),
        }
    )
    keys = [next(short) or "k" for _ in range(rng.choice((1, 4, 60)))]
    quote = Quote(text=next(said) or "x", fact=fact.id)
    parts = (
        *(
            Part(
                kind="copy", key=one, title=next(said), body=Copy(text=next(said), facts=(fact.id,))
            )
            for one in keys
        ),
        Part(kind="quote", key="quote", title=next(said), body=quote),
    )
    checks: tuple[Check, ...] = tuple(blocked(next(said)) for _ in range(rng.choice((1, 20))))
    draft = drafted(
        session,
        *checks,
        stated(next(said)),
        parts=parts,
        id=name,
        words=next(short) or "x",
        hooks=(Hook(angle=next(short), text=next(said)),),
        wanted=brief(words=next(short) or "x"),
    )
    draft.evidence = Evidence(facts=(fact,)).model_dump_json()
    typed_anew = {key: next(said) for key in keys}
    notice = Words("{who} changed this.", who=next(said))
    receipts = [
        Receipt(
            workspace="T1",
            task=name,
            writer=next(said),
            to=next(said),
            sent=next(said),
            tokens_in=1,
            tokens_cached=0,
            tokens_out=1,
            usd=None,
            ended=next(said),
            at=NOW,
        )
        for _ in range(rng.choice((1, 20)))
    ]
    decision.send_back(
        session,
        Jobs(),
        draft,
        by=BOSS,
        fingerprint=draft.fingerprint,
        reason=next(short) + "no",
        policy=POLICY,
        now=NOW,
    )
    kept = Decision.list_for_draft(session, draft.id)
    return [
        build_edit_form(draft, language),
        build_edit_form(draft, language, typed=typed_anew, notice=notice),
        build_approve_anyway_form(draft, language),
        build_reject_form(draft, language),
        build_send_back_form(draft, language),
        build_sources_view(draft, language),
        build_history_view([draft] * rng.choice((1, 40)), kept * rng.choice((1, 30)), [], language),
        build_receipts_view(receipts, language),
        build_details_view(draft, language),
        build_export_form(targeting(draft, said, rng), language),  # type: ignore[arg-type]
    ]


class targeting:  # noqa: N801
    """A draft of audiences whose names and codes are odd."""

    skill = "targeting"

    def __init__(self, draft: Draft, said: Iterator[str], rng: random.Random) -> None:
        rules = [AudienceRule(countries=(f"C{n}",)) for n in range(rng.choice((1, 3, 120)))]
        rows = tuple((next(said) or "x", rule.code) for rule in rules)
        self.id, self.fingerprint = draft.id, draft.fingerprint
        body = Table(columns=("a", "b"), rows=rows)
        self.parts = (Part(kind="table", key="rules", title="Rules", body=body),)
        facts = tuple(
            PRICE.model_copy(update={"id": f"audiences.x{n}.rule", "value": rule.stored})
            for n, rule in enumerate(rules)
        )
        self.facts = Evidence(facts=facts)


def without_a_draft(
    _: Any, said: Iterator[str], short: Iterator[str], rng: random.Random, language: str
) -> list[Block]:
    """Views that belong to no draft."""
    about = rng.choice((None, BRAND_PREFIX + next(said), next(said)))
    one = Schedule(
        workspace="T1",
        name=next(said)[:60],
        state="paused",
        owner=MARIE,
        place={"channel": "C1"},
        weekday=DAILY,
        hour=9,
        minute=0,
        zone="Europe/Paris",
        language="en",
        sections=[],
        about=about,
        only_when_moved=False,
        since=NOW - timedelta(days=1),
        last=None,
    )
    brand = Brand(name="Maison Lin", languages=("en", "fr"))
    narrower = [next(said) for _ in range(rng.choice((0, 3, 90)))]
    things = tuple(
        PRICE.model_copy(update={"id": f"audiences.{kind}.{n}", "about": next(short), "value": v})
        for n in range(rng.choice((0, 3, 150)))
        for kind in ("things", "category")
        if (v := next(said))
    )
    many = tuple(next(short) or "x" for _ in range(rng.choice((0, 2, 200))))
    rule = AudienceRule(
        bought=many,
        bought_categories=many,
        not_bought=many,
        countries=many,
        regions=many,
        like_product=next(said),
        like_category=next(said),
    )
    lead = NextStep(skill="targeting", label=Words("x"), words="x", form={"rule": rule.stored})
    states = ("waiting", "done", "failed", "rejected")
    lines = [HomeLine(next(said), rng.choice(states), None) for _ in range(rng.choice((0, 5, 200)))]
    return [
        build_brief_form(language, brand, words=next(said)),
        build_digest_form(language, brand, next(short) or "x", one, narrower, "C1"),
        build_digest_form(language, brand, next(short) or "x", None, narrower),
        build_rule_form(language, lead, Evidence(facts=things), "{}"),
        {"type": "home", "blocks": render_home(lines, lines, language)},
    ]


@pytest.mark.parametrize("make", [of_a_draft, without_a_draft])
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.sample(5)
def test_every_view_with_odd_texts_is_within_limits(
    sqlite: Database, make: Maker, seed: int
) -> None:
    rng = random.Random(seed)
    for language in LANGUAGES:
        with sqlite.begin() as session:
            views = make(session, odd(seed), odd(seed + 99, most=300), rng, language)
            for view in views:
                taken(view | pack_metadata(view, {"channel": "C1", "thread": "1.2"}), language)
            session.rollback()


FORM = FormBuilder("en")


def test_valid_view_is_unchanged() -> None:
    words = FORM.text("words", Words("x"), "a")
    view = FORM.build("x", Words("Edit"), Words("Save"), [words])
    assert fit_view(view) == view


def test_values_that_slack_returns_are_never_cut() -> None:
    view = FORM.build("x", Words("Edit"), Words("Save"), [], json.dumps({"a": "x" * 3_000}))
    with pytest.raises(CannotDo, match="too long for a form"):
        fit_view(view)


def test_omitted_field_is_mentioned() -> None:
    fields = [FORM.text(f"f{n}", Words("x"), "x" * 3_000) for n in range(100)]
    fitted = taken(FORM.build("x", Words("Edit"), Words("Save"), fields), "fr")
    assert "trop longue" in json.dumps(fitted["blocks"][-1], ensure_ascii=False)


async def test_form_opens_with_any_typed_text(tmp_path: Any) -> None:
    async with bench_of(tmp_path) as bench:
        await _opens(bench)


async def _opens(bench: Bench) -> None:
    for text in ("", "x" * 2_900, "🧵" * 1_500, "é" * 3_500, "a/b\n" * 500):
        before = len(bench.slack.open_views(MARIE))
        assert (await bench.slack.command(MARIE, "C0MARKET", "/digest", text)).ok
        opened = len(bench.slack.open_views(MARIE)) > before
        assert (
            opened
            or "too long" in str(bench.whispers(MARIE))
            or "trop long" in str(bench.slack.transcript("C0MARKET"))
        )


def test_category_missing_from_the_menu_stays_in_the_rule() -> None:
    long = "Linen " * 40
    rule = AudienceRule(bought_categories=(long, "Shirts"))
    lead = NextStep(skill="targeting", label=Words("x"), words="x", form={"rule": rule.stored})
    view = filled(taken(build_rule_form("en", lead, Evidence(), "{}")))
    read, errors = read_rule(view, rule, Evidence())
    assert not errors
    assert read is not None
    assert set(read.bought_categories) == {long, "Shirts"}
