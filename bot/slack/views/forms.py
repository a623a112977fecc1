"""The forms that change or decide a draft: edit, brief, openings, reason, product facts,
lowest price."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, demand_open
from bot.config.brand import Brand
from bot.core.channels import PartLimit
from bot.core.parts import Hook, Part
from bot.data.catalogue.models import VALIDITY, ProductFact, list_product_facts
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.grounding.copy_checks import recheck_price_cuts
from bot.grounding.numbers import read_figures
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue, pack_draft
from bot.slack.blocks import (
    Block,
    context_block,
    option,
    plain_text,
    quote_as_mrkdwn,
    render_words,
    section_block,
    translate_title,
    truncate,
)
from bot.slack.cards.draft_parts import find_part_limit
from bot.slack.cards.draft_status import find_fact_proposals, render_check
from bot.slack.listeners import (
    BlockAction,
    FormAnswer,
    ListenerContext,
    View,
    ViewSubmission,
    load_visible_draft,
)
from bot.slack.views.brief_form import build_brief_form
from bot.slack.views.draft_details import build_read_only_view
from bot.slack.views.inputs import (
    VIEW_TITLE,
    FormBuilder,
    encode_separator,
    plain_text_input,
    read_choice,
    read_text,
    split_into_chunks,
)
from bot.text.escape import strip_hidden
from bot.text.normalize import collapse_spaces, normalize_text

MAX_INPUTS, MAX_JSON_CHARACTERS = 95, 200_000  # Slack allows 100 blocks and 250,000 characters
MAX_HOOKS = 2
CHANGED_BRIEF = "brief"  # the field of a button that opened a draft's brief


def build_change_form(draft: Draft, language: str, brand: Brand) -> Block:
    """Build the brief form with what the draft was made from. A report has the question alone."""
    brief = draft.brief
    metadata = ButtonValue(draft=draft.id, seen=draft.fingerprint, field=CHANGED_BRIEF).pack()
    stated = {"channel": draft.channel, "audience": brief.audience, "language": brief.language}
    chosen = {name: value for name, value in stated.items() if value}
    form = build_brief_form(language, brand, metadata, words=brief.words, values=chosen)
    if draft.channel is None:
        form["blocks"] = form["blocks"][:1]
        form["submit"] = plain_text(Words("Look it up").to(language), VIEW_TITLE)
    form["blocks"] = [block for block in form["blocks"] if block["block_id"] != "private"]
    return form | {"title": plain_text(Words("Change it").to(language), VIEW_TITLE)}


def build_angles_form(draft: Draft, language: str) -> Block:
    """Build the form with the other openings of a draft, of which one can be used."""
    blocks: list[Block] = []
    options = []
    for number, hook in list_other_openings(draft):
        angle = translate_title(hook.angle, language) if draft.by_rules else hook.angle
        name = quote_as_mrkdwn(angle, 100) or "…"
        blocks.append(section_block(f"*{name}*\n{quote_as_mrkdwn(hook.text, 1_000)}"))
        options.append(option(angle or "…", str(number)))
    form = FormBuilder(language)
    radio = {"type": "radio_buttons", "options": options}
    blocks.append(form.input("angle", Words("Which opening?"), radio))
    title, use = Words("Other openings"), Words("Use this")
    return form.build(action_ids.ANGLES_FORM, title, use, blocks, pack_draft(draft))


def list_other_openings(draft: Draft) -> list[tuple[int, Hook]]:
    """Return the hooks that the draft does not use already, with their numbers."""
    texts = "\n".join(part.text for part in draft.parts)
    hooks = [*enumerate(draft.other_hooks)][:MAX_HOOKS]
    return [(number, hook) for number, hook in hooks if hook.text not in texts]


def build_edit_form(
    draft: Draft,
    language: str,
    *,
    typed: Mapping[str, str] | None = None,
    notice: Words | None = None,
) -> Block:
    """Build a form with every copy part. `typed` is the text typed into an outdated form."""
    blocks = [section_block(f":warning: {render_words(notice, language, 1_000)}")] if notice else []
    left_out = False
    for part in draft.parts:
        if part.kind != "copy":
            continue
        text = (typed or {}).get(part.key, part.text)
        inputs = _build_part_inputs(part, text, find_part_limit(draft, part), language)
        whole = [*blocks, *inputs]
        if len(whole) > MAX_INPUTS or len(json.dumps(whole)) > MAX_JSON_CHARACTERS:
            left_out = True
        else:
            blocks = whole
    if left_out:
        words = Words("Some of the text is too long to edit here, and stays as it is.")
        blocks.append(context_block(words.to(language)))
    title, save = Words("Edit"), Words("Save")
    return FormBuilder(language).build(action_ids.EDIT_FORM, title, save, blocks, pack_draft(draft))


def build_send_back_form(draft: Draft, language: str) -> Block:
    """Build the form for sending a draft back: reasons to tick, and a text field."""
    reasons = [
        Words("Shorter"),
        Words("Another angle"),
        Words("More formal"),
        Words("Warmer"),
        Words("More about the product"),
        Words("Something is wrong"),
    ]
    form, options = FormBuilder(language), {words.to(language): words for words in reasons}
    tapped = form.choices("reasons", Words("What should change?"), options)
    hint = Words("A new draft takes this up.")
    typed = form.text("reason", Words("In your words"), multiline=True, optional=True, hint=hint)
    title = Words("Request changes")
    return form.build(action_ids.SEND_BACK_FORM, title, title, [tapped, typed], pack_draft(draft))


def build_reject_form(draft: Draft, language: str) -> Block:
    form, hint = FormBuilder(language), Words("There will be no new draft.")
    why = form.text("reason", Words("Why?"), multiline=True, hint=hint)
    title = Words("Reject")
    return form.build(action_ids.REJECT_FORM, title, title, [why], pack_draft(draft))


def build_approve_anyway_form(draft: Draft, language: str) -> Block:
    """Build the form that lists the unproven claims and asks why they are approved."""
    lines = [render_check(check, language) for check in draft.list_blocking_checks()]
    lead = Words("You approve this in your name, and your reason is kept:").to(language)
    blocks = [section_block(f"{lead}\n" + truncate("\n".join(lines), 2_800))]
    form = FormBuilder(language)
    blocks.append(form.text("reason", Words("Why is it right?"), multiline=True))
    title = Words("Approve anyway")
    return form.build(action_ids.APPROVE_ANYWAY_FORM, title, title, blocks, pack_draft(draft))


def _build_part_inputs(
    part: Part, text: str, limit: PartLimit | None, language: str
) -> list[Block]:
    """Build one input for a part, or several when it is long."""
    pieces, form = split_into_chunks(text), FormBuilder(language)
    name = translate_title(part.title, language)
    inputs = []
    for number, (before, piece) in enumerate(pieces):
        is_last = number + 1 == len(pieces)
        label = f"{name} ({number + 1}/{len(pieces)})" if len(pieces) > 1 else name
        long = len(pieces) > 1 or limit is None or limit.unit == "segments" or limit.most > 150
        element = plain_text_input(piece, multiline=long or "\n" in piece) | {"action_id": "text"}
        inputs.append(
            form.input(
                json.dumps([part.key, number, encode_separator(before)]),
                label,
                element,
                optional=len(pieces) > 1,
                hint=_build_hint(limit) if limit and is_last else None,
            )
        )
    return inputs


def _build_hint(limit: PartLimit) -> Words:
    if limit.unit == "segments":
        return Words.count("At most {n} message", "At most {n} messages", limit.most)
    if limit.unit == "words":
        return Words.count("At most {n} word", "At most {n} words", limit.most)
    if limit.kind == "hard":
        return Words.count("At most {n} character", "At most {n} characters", limit.most)
    return Words("Aim for {n} characters at most", n=limit.most)


# Marked claims that a person makes facts of a product.

FACT_FIELD, PRODUCT_FIELD = "fact:", "product"  # a field for each claim, by its number
FACT_TITLE = Words("Product facts")
NO_FACT = Words("Write what is true of the product.")
NO_PROPOSALS = Words("There is nothing on this card that could become a product fact.")


def prepare_fact_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    draft = _load_fact_draft(session, context, action)
    expires = context.services.now().date() + VALIDITY
    return lambda language: build_fact_form(draft, expires, language)


def build_fact_form(draft: Draft, expires: date, language: str) -> Block:
    """Build the form with the marked words, each in a field of its own, and their product."""
    form, brief = FormBuilder(language), draft.brief
    names = {str(brief.product): "" if brief.others else brief.product_words or ""}
    names |= {one.parts.subject: str(one.value) for one in draft.facts.facts if one.label == "name"}
    products = {one: names.get(one) or one for one in (str(brief.product), *brief.others)}
    lead = Words(
        "What you save is a source for texts about this product until {day}. Correct the words as "
        "you would stand by them; an emptied field is left out.",
        day=expires,
    )
    menu = form.menu(PRODUCT_FIELD, Words("Product"), products, brief.product, must=True)
    blocks: list[Block] = [context_block(lead.to(language)), menu]
    for number, check in enumerate(find_fact_proposals(draft)):
        id, quote = f"{FACT_FIELD}{number}", check.quote or ""
        blocks.append(form.text(id, Words("Product fact"), quote, multiline=True, optional=True))
    return form.build(action_ids.FACT_FORM, FACT_TITLE, Words("Save"), blocks, pack_draft(draft))


async def submit_facts(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    added = await context.run(store_facts, context, submission)
    if not added:
        return FormAnswer({f"{FACT_FIELD}0": NO_FACT})
    words = Words.count(
        "{n} product fact added, until {day}. Details lists it.",
        "{n} product facts added, until {day}. Details lists them.",
        added,
        day=context.services.now().date() + VALIDITY,
    )
    language = await context.language(submission.workspace, submission.user)
    told = [section_block(words.to(language))]
    return FormAnswer(view=build_read_only_view(FACT_TITLE, told, language))


def store_facts(session: Session, context: ListenerContext, submission: ViewSubmission) -> int:
    """Store the submitted words as facts of the product, and return how many. What the text claims
    is accepted where its words were kept."""
    draft = _load_fact_draft(session, context, submission)
    brief, now, added = draft.brief, context.services.now(), 0
    product = read_choice(submission.view, PRODUCT_FIELD)
    if product not in (brief.product, *brief.others):
        raise CannotDo(NO_PROPOSALS)
    for number, check in enumerate(find_fact_proposals(draft)):
        text = collapse_spaces(strip_hidden(read_text(submission.view, f"{FACT_FIELD}{number}")))
        if not text:
            continue
        ProductFact.add(
            session,
            workspace=draft.workspace,
            product=product,
            market=brief.market,
            text=text,
            by=submission.user,
            draft=draft.id,
            now=now,
        )
        added += 1
        if normalize_text(check.quote or "") in normalize_text(text):
            draft.accept_warnings(
                session, by=submission.user, ground="fact", now=now, quote=check.quote
            )
    context.redraw(session, draft.piece)
    return added


def _load_fact_draft(
    session: Session, context: ListenerContext, action: BlockAction | ViewSubmission
) -> Draft:
    """Return the draft whose marked claims could become facts. Raises CannotDo."""
    draft = load_visible_draft(session, action)
    draft.demand_current(session, action.ref.seen or "")
    context.services.policy(action.workspace).require(action.user, "approve")
    if draft.brief.product is None or not find_fact_proposals(draft):
        raise CannotDo(NO_PROPOSALS)
    return draft


# The lowest price of the last 30 days, which a person enters where the data don't have it.

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
    metadata = pack_draft(_load_draft(session, context, action))
    return lambda language: build_lowest_price_form(metadata, language)


def build_lowest_price_form(metadata: str, language: str) -> Block:
    form, title = FormBuilder(language), Words("Lowest price")
    price = form.text(FIELD, Words("Lowest price of the last 30 days"))
    blocks = [price, context_block(WHY.to(language))]
    return form.build(action_ids.LOWEST_PRICE_FORM, title, Words("Save"), blocks, metadata)


async def submit_lowest_price(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    price = read_price(submission.view)
    if price is None:
        return FormAnswer({FIELD: NO_PRICE})
    await context.run(store_price, context, submission, price)
    return FormAnswer()


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
    draft = load_visible_draft(session, action)
    policy = context.services.policy(action.workspace)
    draft.demand_current(session, action.ref.seen or "")
    policy.require(action.user, "approve")
    demand_open(Decision.list_for_draft(session, draft.id), policy)
    if draft.brief.product is None or draft.findings is None:
        raise CannotDo("There is no price cut on this card that needs a price.")
    return draft


def _find_currency(draft: Draft) -> str | None:
    prices = [fact for fact in draft.facts.of("product") if fact.label == "price" and fact.unit]
    return prices[0].unit if prices else None
