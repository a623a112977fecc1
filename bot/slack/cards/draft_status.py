"""The state of a draft on its card: audience, assumptions, decisions, deliveries, findings and
results."""

import hashlib
from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, demand_author_or_approver
from bot.core.channels import load_channels
from bot.core.checks import Check, Severity, describe_passed, group_checks, says_words
from bot.core.facts import NO_SOURCE
from bot.delivery.attribution import CampaignMatch
from bot.delivery.models import CampaignOutcome, Delivery
from bot.drafts.models import Draft
from bot.drafts.recipients import describe_recipients, describe_unused
from bot.errors import CannotDo
from bot.grounding.price_cuts import UNKNOWN_PRICE
from bot.i18n.languages import get_language
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ANSWER, ButtonValue, pack_draft
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    quote_as_mrkdwn,
    quote_in_language,
    render_time,
    render_words,
    section_block,
    truncate,
)
from bot.slack.cards.card_data import CardData
from bot.slack.listeners import BlockAction, ListenerContext, load_visible_draft
from bot.tasks.models import Task

MAX_ANSWERS, MAX_PICK_CHARACTERS = 3, 400


def render_audience(card: CardData, draft: Draft, language: str) -> list[Block]:
    """ "For: people who bought linen · 1,240 customers fit · until Sunday", and a button that
    opens the brief. What code says is in the card's language; words of the brief for a text in
    another one are quoted."""

    def show(said: Words | str) -> str:
        if isinstance(said, str) and draft.brief.language != language:
            return quote_in_language(said, 300, language)
        return quote_as_mrkdwn(said.to(language) if isinstance(said, Words) else said, 300)

    listed = describe_recipients(draft.brief, draft.facts, load_channels().get(draft.channel or ""))
    words = Words("For: {audience}", audience=" · ".join(map(show, listed))).to(language)
    if card.status != "open":
        return [context_block(words)] if listed else []
    change = button(Words("Change it").to(language), action_ids.CHANGE, pack_draft(draft))
    return [section_block(words, change)] if listed else actions_block(change)


def render_unused(draft: Draft, language: str) -> list[Block]:
    """List what was not used of the request."""
    if not draft.brief.left_over:
        return []
    apart = f"{get_language(language).marks.semicolon} "
    words = quote_as_mrkdwn(apart.join(draft.brief.left_over), 400)
    said = describe_unused(words, is_copy=draft.channel is not None, by_rules=draft.by_rules)
    return [context_block(said.to(language))]


def render_assumptions(draft: Draft, language: str) -> list[Block]:
    """List the assumptions: "I assumed: …", with buttons for other answers, each of which starts a
    new draft."""
    brief = draft.brief
    if not brief.assumed:
        return []
    apart = f"{get_language(language).marks.semicolon} "
    listed = apart.join(render_words(one.words, language, 150) for one in brief.assumed[:6])
    block = context_block(Words("I assumed: {what}", what=listed).to(language))
    answers: list[Block] = []
    for option in brief.options:
        value = ButtonValue(
            task=draft.task, draft=draft.id, pick=option.value, field=option.field
        ).pack()
        if len(value) <= MAX_PICK_CHARACTERS and len(answers) < MAX_ANSWERS:
            answers.append(
                button(option.label.to(language), number_action_id(ANSWER, len(answers)), value)
            )
    return [block, *actions_block(*answers)]


def number_action_id(action: str, number: int) -> str:
    """Add a number, because Slack refuses two equal action ids in one row: `answer.1`."""
    return f"{action}.{number}" if number else action


# Decisions and deliveries.

MAX_DELIVERIES = 10


def render_draft_status(card: CardData, language: str) -> list[Block]:
    lines = [render_decision(decision, language) for decision in card.decisions]
    if card.status == "open" and card.decisions:
        needed, n = card.policy.approval.needed, len(card.decisions)
        lines.append(Words("{n} of {needed} approvals", n=n, needed=needed).to(language))
    if card.is_continued and card.status == "sent back":
        lines.append(Words("A new draft follows below.").to(language))
    blocks = [section_block("\n".join(lines))] if lines else []
    small = [
        render_delivery(one, language) for one in list_visible_deliveries(card)[:MAX_DELIVERIES]
    ]
    small += [
        _render_void_approval(n, decision, language) for n, decision in card.void_approvals[-2:]
    ]
    if card.error_words:
        small.append(f":warning: {render_words(card.error_words, language, 300)}")
    return blocks + ([context_block(*small)] if small else [])


def list_visible_deliveries(card: CardData) -> list[Delivery]:
    """Return the deliveries to show. A downloaded file is shown only when it failed."""
    return [
        one
        for one in card.deliveries
        if one.destination.get("kind") not in ("file", "audience") or one.state == "failed"
    ]


def render_decision(decision: Decision, language: str) -> str:
    who = f"<@{decision.by}>"
    mark, words = {
        "approve": (":white_check_mark:", Words("Approved by {who}", who=who)),
        "reject": (":no_entry_sign:", Words("Rejected by {who}", who=who)),
    }.get(
        decision.verdict,
        (":leftwards_arrow_with_hook:", Words("Changes requested by {who}", who=who)),
    )
    line = f"{mark} {words.to(language)} · {render_time(decision.at, language)}"
    if decision.reason:
        reason = quote_as_mrkdwn(decision.reason, 300).replace("\n", "\n> ")
        line += f"\n> {reason}"
    return line


def render_delivery(delivery: Delivery, language: str) -> str:
    where = _render_destination(delivery)
    code = f"`{delivery.code}`"
    if delivery.state == "gone" and delivery.gone_at:
        at = render_time(delivery.gone_at, language)
        gone = {"where": where, "when": at, "code": code}
        words = Words("Sent to {where} on {when}, campaign code {code}", **gone)
        return f":outbox_tray: {words.to(language)}"
    if delivery.state == "failed":
        why = delivery.status_words or Words("nobody knows why")
        words = Words("Not sent to {where}: {why}", where=where, why=why)
        return f":x: {render_words(words, language, 250)}"
    if delivery.state == "stopped":
        return Words("Stopped before it went to {where}", where=where).to(language)
    words = Words("On its way to {where}, campaign code {code}", where=where, code=code)
    return f":hourglass_flowing_sand: {words.to(language)}"


def _render_destination(delivery: Delivery) -> Words | str:
    channel = delivery.destination.get("channel")
    if channel:
        return f"<#{channel}>"
    if delivery.destination.get("kind") == "file":
        return Words("a file")
    if delivery.destination.get("kind") == "audience":
        return Words("an audience file")
    return Words("this thread")


def _render_void_approval(version: int, decision: Decision, language: str) -> str:
    return Words(
        "{who} had approved version {n}; the edit has made that void",
        who=f"<@{decision.by}>",
        n=version,
    ).to(language)


# What the checks found, as a card shows it: grouped, worst first, and what was checked.
#
# Red blocks approval, amber takes one yes, grey informs.

MAX_LINES, MAX_GREY_LINES, MAX_SOURCES = 8, 4, 3
MAX_LINE, MAX_SECTION = 600, 3_000
SEVERITY_MARKS: dict[Severity, str] = {"block": ":no_entry:", "warn": ":warning:", "info": ""}
DIGEST_SKILL = "digest"
UNCHECKED_RULE = "claims unchecked"  # the finding that no second call could be had
LEGAL_NOTE = Words(
    "The checks point out what may be against the law. They don't certify that a text is legal."
)


def render_findings(
    draft: Draft, language: str, *, is_open: bool = False, details: Block | None = None
) -> list[Block]:
    """Render the findings: red and amber lines, grey lines, and what was checked, with the button
    for the details beside it. `is_open`: a person can still say yes to amber ones."""
    checks = group_checks(draft.findings or ())
    marked = [check for check in checks if check.severity in ("block", "warn")]
    lines = [render_check(check, language) for check in marked[:MAX_LINES]]
    if more := len(marked) - len(lines):
        lines.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    blocks = [section_block(_fit_lines(lines))] if lines else []
    if is_open:
        blocks += _build_acceptance_buttons(draft, language)
    grey = [check for check in checks if check.severity == "info" and check.rule != UNCHECKED_RULE]
    small = [render_check(check, language) for check in grey[:MAX_GREY_LINES]]
    if more := len(grey) - len(small):
        small.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    proof = render_proof(draft.findings or (), language)
    # A digest's last part lists the sources, each with its day.
    sources = None if draft.skill == DIGEST_SKILL else render_sources(draft, language)
    if proof and details is None:
        small.append(proof)
    small += [sources] if sources else []
    blocks += [context_block("\n".join(small))] if small else []
    if details is not None:
        blocks.append(section_block(proof or Words("Checks and sources").to(language), details))
    return blocks


def render_check(check: Check, language: str) -> str:
    mark = SEVERITY_MARKS[check.severity or "info"]
    words = render_words(check.words, language, MAX_LINE)
    if check.quote and not says_words(words, check.quote):
        words = f"{words} {quote_in_language(check.quote, 120, language)}"
    if check.accepted_by:
        accepted = Words("{who} has checked this", who=f"<@{check.accepted_by}>").to(language)
        return f":white_check_mark: {words} · {accepted}"
    return f"{mark} {words}".strip()


def _fit_lines(lines: list[str]) -> str:
    return truncate("\n".join(truncate(line, MAX_LINE) for line in lines), MAX_SECTION)


def _build_acceptance_buttons(draft: Draft, language: str) -> list[Block]:
    """The ways to say yes to amber findings, besides approving, and to enter a price."""
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    price = None
    if draft.brief.product and any(is_price_unknown(one) for one in draft.findings or ()):
        text = Words("Enter the lowest price").to(language)
        price = button(text, action_ids.LOWEST_PRICE, ref.pack())
    if not draft.list_open_warnings() or draft.list_final_checks():
        return actions_block(price)
    terms = None
    if any(check.quote for check in draft.list_open_warnings()):
        text = Words("It's in our terms").to(language)
        terms = button(text, action_ids.ACCEPT_TERMS, ref.pack())
    add = None
    if draft.brief.product and find_fact_proposals(draft):
        text = Words("Add to product facts").to(language)
        add = button(text, action_ids.ADD_FACT, ref.pack())
    return actions_block(price, terms, add)


def is_price_unknown(check: Check) -> bool:
    """Whether a price cut can't be checked because nobody knows the lowest price of 30 days."""
    return check.words.text == UNKNOWN_PRICE.text and check.accepted_by is None


def find_fact_proposals(draft: Draft) -> list[Check]:
    """Return the open warnings whose words could become facts of the product."""
    warnings = draft.list_open_warnings()
    return [check for check in warnings if check.quote and check.rule != "price cut"]


def render_proof(checks: Sequence[Check], language: str) -> str | None:
    """Say in one line what was checked, and what was not."""
    words = describe_passed(checks)
    unchecked = next((check.words for check in checks if check.rule == UNCHECKED_RULE), None)
    lines = [f":white_check_mark: {words.to(language)}"] if words else []
    lines += [unchecked.to(language)] if unchecked else []
    return " · ".join(lines) or None


def render_sources(draft: Draft, language: str) -> str | None:
    """List where the cited facts come from, each source once."""
    cited = {fact_id for part in draft.parts for fact_id in part.facts}
    sourced = [f for f in draft.facts.facts if f.id in cited and f.source != NO_SOURCE]
    names = list(dict.fromkeys(f.sourced(language) for f in sourced))
    if not names:
        return None
    separator = f"{get_language(language).marks.semicolon} "
    listed = separator.join(quote_as_mrkdwn(name, 100) for name in names[:MAX_SOURCES])
    if (more := len(names) - MAX_SOURCES) > 0:
        listed += f" (+{more})"
    return Words("Sources: {names}", names=listed).to(language)


# The results of a campaign, and the question whether they are its.

MAX_LINE_CHARACTERS = 400


def render_results(card: CardData, language: str) -> list[Block]:
    """Render the results with their source, and the question that a person must answer."""
    outcome, draft = card.outcome, card.draft
    if outcome is None or draft is None:
        return []
    blocks: list[Block] = []
    if outcome.result_lines:
        *lines, source = (
            render_words(words, language, MAX_LINE_CHARACTERS) for words in outcome.result_lines
        )
        blocks += [section_block(":bar_chart: " + "\n".join(lines)), context_block(source)]
    if outcome.question and outcome.asked:
        ref = ButtonValue(
            draft=draft.id, seen=draft.fingerprint, pick=outcome.asked["result"]
        ).pack()
        yes = button(Words("Yes, it is ours").to(language), action_ids.RESULT_OURS, ref)
        no_button = button(Words("No").to(language), action_ids.RESULT_NOT, ref)
        blocks.append(section_block(render_words(outcome.question, language, MAX_LINE_CHARACTERS)))
        blocks += actions_block(yes, no_button)
    return blocks


def _record_answer(
    session: Session, context: ListenerContext, action: BlockAction, *, same: bool
) -> Words | None:
    """Record whether these results belong to this draft."""
    draft, services = load_visible_draft(session, action), context.services
    task, result = session.get_one(Task, draft.task), action.ref.pick or ""
    demand_author_or_approver(task, draft, action.user, services.policy(action.workspace))
    outcome = _find_open_question(session, draft, result)
    first = CampaignMatch.record(
        session,
        workspace=action.workspace,
        result=result,
        code=draft.code,
        same=same,
        by=action.user,
        now=services.now(),
    )
    outcome.asked = None
    session.flush()
    OutboxMessage.request_redraw(session, services.enqueue, draft.piece)
    # After "yes" the results are loaded; after "no" the next campaign may be asked about.
    again = f"{action.workspace}/{draft.code}-{hashlib.sha256(result.encode()).hexdigest()[:16]}"
    services.enqueue(session, Job(kind="join", subject=again, workspace=action.workspace))
    return None if first else Words("Somebody has answered that already.")


def _find_open_question(session: Session, draft: Draft, result: str) -> CampaignOutcome:
    """Raise CannotDo when this question is no longer open."""
    outcome = session.get(CampaignOutcome, draft.piece, with_for_update=True)
    if outcome is None or outcome.asked is None or outcome.asked["result"] != result:
        raise CannotDo("Somebody has answered that already.")
    return outcome


RESULT_ACTIONS = {
    action_ids.RESULT_OURS: partial(_record_answer, same=True),
    action_ids.RESULT_NOT: partial(_record_answer, same=False),
}
