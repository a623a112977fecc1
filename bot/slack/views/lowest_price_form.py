"""The form in which an approver enters the lowest price of the last 30 days, where it is not known.

The price becomes a fact of the product until the promotion ends, and the price cuts of the draft
are checked against it at once.
"""

from collections.abc import Callable
from decimal import Decimal

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, demand_open
from bot.data.catalogue.models import ProductFact, list_product_facts
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.grounding.copy_checks import recheck_price_cuts
from bot.grounding.numbers import read_figures
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, context_block
from bot.slack.interactions import BlockAction, View, ViewSubmission, load_visible_draft
from bot.slack.listener_context import ListenerContext
from bot.slack.views.inputs import build_form, read_text, text_input

FIELD = "price"
DEFAULT_CURRENCY = "EUR"
NO_PRICE = Words("Write one price, such as 49.90.")
WHY = Words(
    "A price cut is shown against the lowest price of the 30 days before it. Your data don't have "
    "it, so what you enter is used for this promotion, with your name and the day."
)


def prepare_lowest_price_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    draft = _load_draft(session, context, action)
    metadata = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    return lambda language: build_lowest_price_form(metadata, language)


def build_lowest_price_form(metadata: str, language: str) -> Block:
    blocks = [
        text_input(FIELD, Words("Lowest price of the last 30 days"), language),
        context_block(WHY.to(language)),
    ]
    return build_form(
        action_ids.LOWEST_PRICE_FORM,
        Words("Lowest price"),
        Words("Save"),
        blocks,
        metadata,
        language,
    )


async def submit_lowest_price(
    context: ListenerContext, ack: AsyncAck, submission: ViewSubmission
) -> BoltResponse:
    language = await context.language(submission.workspace, submission.user)
    price = read_price(submission.view)
    if price is None:
        return await ack(response_action="errors", errors={FIELD: NO_PRICE.to(language)})
    await context.run(store_price, context, submission, price)
    return await ack()


def read_price(view: View) -> tuple[Decimal, str | None] | None:
    """Return the one sum that was typed and its currency, if it has one."""
    figures = read_figures(read_text(view, FIELD))
    if len(figures) != 1 or not figures[0].is_number or figures[0].first.base <= 0:
        return None
    reading = figures[0].first
    if reading.unit is not None and not figures[0].is_money:
        return None
    return reading.base, reading.unit


def store_price(
    session: Session,
    context: ListenerContext,
    submission: ViewSubmission,
    price: tuple[Decimal, str | None],
) -> None:
    draft = _load_draft(session, context, submission)
    brief, now = draft.brief, context.services.now()
    currency = price[1] or _find_currency(draft) or DEFAULT_CURRENCY
    ProductFact.add_lowest_price(
        session,
        workspace=draft.workspace,
        product=str(brief.product),
        market=brief.market,
        price=price[0],
        currency=currency,
        until=brief.until,
        by=submission.user,
        draft=draft.id,
        now=now,
    )
    session.flush()
    today = now.date()
    added = list_product_facts(session, draft.workspace, brief.product, brief.market, today)
    evidence = draft.facts.plus(added)
    checks = recheck_price_cuts(
        draft.findings or (), draft.parts, draft.other_hooks, evidence, brief
    )
    draft.store_checks(session, context.services.enqueue, checks, evidence, now)


def _load_draft(
    session: Session, context: ListenerContext, action: BlockAction | ViewSubmission
) -> Draft:
    """Return the draft that is open to be approved. Raises CannotDo."""
    draft = load_visible_draft(session, action.viewer, action.ref)
    policy = context.services.policy(action.workspace)
    draft.demand_current(session, action.ref.seen or "")
    policy.require(action.user, "approve")
    demand_open(Decision.list_for_draft(session, draft.id), policy)
    if draft.brief.product is None or draft.findings is None:
        raise CannotDo(Words("There is no price cut on this card that needs a price."))
    return draft


def _find_currency(draft: Draft) -> str | None:
    """Return the currency of the product's prices."""
    prices = [fact for fact in draft.facts.of("product") if fact.label == "price" and fact.unit]
    return prices[0].unit if prices else None
