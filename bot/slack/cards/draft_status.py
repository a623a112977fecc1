"""The state of a draft on its card: checks, sources, assumptions, decisions and deliveries."""

from bot.approvals.decision import Decision
from bot.core.checks import Check
from bot.core.source import NO_SOURCE
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.action_ids import ANSWER, ButtonValue
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

MAX_CHECK_LINES, MAX_SOURCES, MAX_ANSWERS, MAX_PICK_CHARACTERS = 10, 3, 3, 400
DIGEST_SKILL = "digest"
SEVERITY_EMOJI = {"block": ":no_entry:", "stated": ":speech_balloon:", "warn": ":warning:"}
SEVERITY_ORDER = ("block", "stated", "warn")


def render_checks(draft: Draft, language: str) -> list[Block]:
    """List blocking findings first, then unproven claims, then warnings; at the end what passed."""
    checks = draft.findings or ()
    listed = [check for level in SEVERITY_ORDER for check in checks if check.level == level]
    lines = [render_check(check, language) for check in listed[:MAX_CHECK_LINES]]
    if more := len(listed) - len(lines):
        lines.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    blocks = [section_block(_fit_lines(lines))] if lines else []
    small = [
        line
        for line in (render_passed_checks(checks, language), render_sources(draft, language))
        if line
    ]
    if draft.skill == DIGEST_SKILL:  # its last part lists the sources, each with its day
        small = small[:1]
    return blocks + ([context_block(*small)] if small else [])


def render_check(check: Check, language: str) -> str:
    mark = SEVERITY_EMOJI[check.level]
    words = render_words(check.words, language, 200)
    if not check.quote or quote_as_mrkdwn(check.quote, 120) in words:
        return f"{mark} {words}"
    return f"{mark} {words} {quote_in_language(check.quote, 120, language)}"


def _fit_lines(lines: list[str]) -> str:
    return truncate("\n".join(truncate(line, 350) for line in lines), 3_000)


def render_passed_checks(checks: tuple[Check, ...], language: str) -> str | None:
    """Summarize the proved statements in one line: "4 figures and 2 claims with a source"."""
    figures = sum(_count_findings(check) for check in checks if check.rule == "figure")
    claims = sum(_count_findings(check) for check in checks if check.rule == "claim")
    n = Words.count("{n} figure", "{n} figures", figures)
    m = Words.count("{n} claim", "{n} claims", claims)
    if figures and claims:
        words = Words("{figures} and {claims} with a source", figures=n, claims=m)
    elif figures or claims:
        words = Words("{what} with a source", what=n if figures else m)
    else:
        return None
    return f":white_check_mark: {words.to(language)}"


def _count_findings(check: Check) -> int:
    """Return how many statements a passed check covers; one check reports all of them."""
    return int(check.words.params.get("n", 1)) if check.level == "pass" else 0


def render_sources(draft: Draft, language: str) -> str | None:
    """List where the cited facts come from, each source once."""
    cited = {fact_id for part in draft.parts for fact_id in part.facts}
    sourced = [f for f in draft.facts.facts if f.id in cited and f.source != NO_SOURCE]
    names = list(dict.fromkeys(f.sourced(language) for f in sourced))
    if not names:
        return None
    apart = "\u00a0; " if language == "fr" else "; "
    listed = apart.join(quote_as_mrkdwn(name, 100) for name in names[:MAX_SOURCES])
    if (more := len(names) - MAX_SOURCES) > 0:
        listed += f" (+{more})"
    return Words("Sources: {names}", names=listed).to(language)


def render_unused(draft: Draft, language: str) -> list[Block]:
    """List what was not used of the request."""
    if not draft.brief.left_over:
        return []
    words = quote_as_mrkdwn(", ".join(draft.brief.left_over), 400)
    return [context_block(Words("Not used: {what}", what=words).to(language))]


def render_assumptions(draft: Draft, language: str) -> list[Block]:
    """List the assumptions: "I assumed: …", with buttons for other answers, each of which starts a
    new draft."""
    brief = draft.brief
    if not brief.assumed:
        return []
    apart = "\u00a0; " if language == "fr" else "; "
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
    """Render the decision as a section; deliveries and void approvals as context."""
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
