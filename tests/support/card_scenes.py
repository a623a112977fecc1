"""Drafts and cards in every state, created through the models' own methods."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config.brand import Brand
from bot.config.policy import ApprovalPolicy, DeliveryPolicy, Policy
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Hook, Part
from bot.core.request import Assumption, Brief, Option, SkillRequest
from bot.db.workspace import BrandRow
from bot.drafts.models import Draft
from bot.i18n.messages import LANGUAGES, Words
from bot.messages.outbox import OutboxMessage
from bot.playground.block_kit import check_message_blocks, check_view
from bot.slack.blocks import Message, measure_blocks
from bot.slack.cards.card_data import CardData, load_card_data
from bot.slack.cards.renderer import render_task_card
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.support.rows import Jobs, wish

BOSS, MARIE, PETE = "UBOSS", "UMARIE", "UPETE"
SHOP, WIDE = "CSHOP", "CWIDE"
POLICY = Policy(
    approval=ApprovalPolicy(approvers=(BOSS, PETE)),
    delivery=DeliveryPolicy(channels=("CNEWS", "CSITE")),
)
TWO_NEEDED = POLICY.model_copy(
    update={"approval": ApprovalPolicy(approvers=(BOSS, PETE), needed=2)},
)
THREAD: dict[str, Any] = {"channel": SHOP, "thread": "1.1", "user": MARIE}

SUBJECT = "Our linen shirt is back, from £49"
BODY = (
    "You asked, it's here: the linen shirt is back in three colours.\n\n"
    "Woven in Portugal, 100 % linen. Wash at 30 °C & wear *everywhere*.\n\n"
    "Order before Friday: https://shop.example/linen?utm_campaign=si-1"
)
EMAIL = (
    Part(
        kind="copy",
        key="subject",
        title="Subject",
        body=Copy(text=SUBJECT, facts=("product.linen.price",)),
    ),
    Part(kind="copy", key="body", title="Body", body=Copy(text=BODY)),
    Part(
        kind="copy", key="call_to_action", title="Call to action", body=Copy(text="See the shirt")
    ),
)
PRICE = Fact(
    id="product.linen.price",
    label="price",
    value="£49",
    source="catalogue shop.csv, line 12",
    as_of=NOW.date(),
)
PASSES = (
    Check(
        rule="figure",
        level="pass",
        words=Words.count("{n} figure proven", "{n} figures proven", 4),
    ),
    Check(
        rule="claim",
        level="pass",
        words=Words.count("{n} claim with its source", "{n} claims with their sources", 1),
    ),
)


def blocked(quote: str = "the best linen in Europe", *, override: bool = True) -> Check:
    words = Words("Nothing proves this.")
    return Check(rule="claim", level="block", words=words, quote=quote, override=override)


def stated(quote: str = "20 %") -> Check:
    words = Words("Stated by {who}", who=f"<@{MARIE}>")
    return Check(rule="figure", level="stated", words=words, quote=quote)


def brief(**more: Any) -> Brief:
    told: dict[str, Any] = {
        "words": "our linen shirt is back",
        "author": MARIE,
        "language": "en",
        "product_words": "Linen shirt",
        "channels": ("email",),
    }
    return Brief.model_validate(told | more)


ASSUMED: dict[str, Any] = {
    "assumed": (
        Assumption(field="audience", value="lapsed", words=Words("drifting buyers")),
        Assumption(field="goal", value="sell through", words=Words("sell through")),
    ),
    "options": (
        Option(label=Words("For new customers"), field="audience", value="new"),
        Option(label=Words("For everybody"), field="audience", value="all"),
    ),
}
HOOKS = (Hook(angle="comfort", text="Cool all day"), Hook(angle="return", text="It is back"))


def asked(session: Session, id: str = "t1", **more: Any) -> Task:
    """A task of Marie's in the shop's channel."""
    Task.accept(session, Jobs(), wish(id, **{"place": THREAD, **more}), NOW)
    return session.get_one(Task, id)


def drafted(
    session: Session,
    *checks: Check,
    parts: tuple[Part, ...] = EMAIL,
    hooks: tuple[Hook, ...] = HOOKS,
    wanted: Brief | None = None,
    channel: str | None = "email",
    by_rules: bool = False,
    **more: Any,
) -> Draft:
    """The same task with its draft."""
    task = asked(session, **more)
    task.start(NOW)
    Draft.store_new(
        session,
        workspace="T1",
        task=task.id,
        number=0,
        request=SkillRequest(skill="draft", brief=wanted or brief(), channel=channel),
        parts=parts,
        hooks=hooks,
        evidence=Evidence(facts=(PRICE,)),
        checks=checks,
        writer="claude",
        by_rules=by_rules,
        now=NOW,
    )
    task.finish(session, Jobs(), NOW)
    brand = Brand(name="Maison", site="https://shop.example")
    BrandRow.seed(session, "T1", brand, NOW)
    return session.get_one(Draft, f"{task.id}.0.v1")


def seen(session: Session, task: str = "t1", policy: Policy = POLICY) -> CardData:
    """The blocks of the task's first card."""
    post = session.scalar(select(OutboxMessage).where(OutboxMessage.id == f"{task}.0:card"))
    assert post is not None
    return load_card_data(session, post, policy)


def drawn(shown: CardData, language: str = "en") -> Message:
    """Its card in both languages, checked against Slack's limits."""
    for one in LANGUAGES:
        sound(render_task_card(shown, one))
    return render_task_card(shown, language)


def sound(message: Message) -> Message:
    """Fail unless Slack would accept these blocks."""
    check_message_blocks(message.blocks)
    assert message.blocks
    assert measure_blocks(message.blocks) <= 13_000
    assert 0 < len(message.text) <= 4_000
    return message


def sound_view(view: dict[str, Any]) -> dict[str, Any]:
    return check_view(view, "modal")


def text_of(value: Any) -> str:
    """All visible text, without block ids and button values."""
    if isinstance(value, dict):
        hidden = ("type", "value", "action_id", "block_id", "private_metadata", "url")
        return "\n".join(text_of(one) for key, one in value.items() if key not in hidden)
    if isinstance(value, list):
        return "\n".join(text_of(one) for one in value)
    return value if isinstance(value, str) else ""


def copy_of(blocks: list[dict[str, Any]]) -> list[str]:
    """The exact text of each rich text quote."""
    return [
        "".join(str(one.get("text", "")) for one in element["elements"])
        for block in blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] in ("rich_text_quote", "rich_text_section")
    ]


def pressable(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every interactive element by its action id."""
    found = {}
    for block in blocks:
        for one in [*block.get("elements", []), block.get("accessory")]:
            if isinstance(one, dict) and "action_id" in one:
                found[one["action_id"]] = one
    return found
