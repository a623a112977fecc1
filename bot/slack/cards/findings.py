"""What the checks found, as a card shows it: grouped, worst first, and what was checked.

Red blocks approval, amber takes one yes, grey informs.
"""

from collections.abc import Sequence

from bot.core.checks import Check, Severity, group_checks
from bot.core.source import NO_SOURCE
from bot.drafts.models import Draft
from bot.grounding.price_cuts import UNKNOWN_PRICE
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    quote_as_mrkdwn,
    quote_in_language,
    render_words,
    section_block,
    truncate,
)

MAX_LINES, MAX_GREY_LINES, MAX_SOURCES = 8, 4, 3
MAX_LINE, MAX_SECTION = 600, 3_000
SEVERITY_MARKS: dict[Severity, str] = {"block": ":no_entry:", "warn": ":warning:", "info": ""}
DIGEST_SKILL = "digest"
UNCHECKED_RULE = "claims unchecked"  # the finding that no second call could be had
LEGAL_NOTE = Words(
    "The checks point out what may be against the law. They don't certify that a text is legal."
)


def render_findings(draft: Draft, language: str, *, is_open: bool = False) -> list[Block]:
    """Render the findings: red and amber lines, grey lines, and what was checked. `is_open`: a
    person can still say yes to amber ones."""
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
    small += [line for line in (proof, sources) if line]
    return blocks + ([context_block("\n".join(small))] if small else [])


def render_check(check: Check, language: str) -> str:
    """Render a finding as one line."""
    mark = SEVERITY_MARKS[check.severity or "info"]
    words = render_words(check.words, language, MAX_LINE)
    if check.quote and quote_as_mrkdwn(check.quote, 120) not in words:
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
    """Say in one line what was checked: "4 figures and 3 claims checked"."""
    figures, claims = (_count_passed(checks, rule) for rule in ("figure", "claim"))
    n = Words.count("{n} figure", "{n} figures", figures)
    m = Words.count("{n} claim", "{n} claims", claims)
    words = None
    if figures and claims:
        words = Words("{figures} and {claims} checked", figures=n, claims=m)
    elif figures or claims:
        words = Words("{what} checked", what=n if figures else m)
    unchecked = next((check.words for check in checks if check.rule == UNCHECKED_RULE), None)
    lines = [f":white_check_mark: {words.to(language)}"] if words else []
    lines += [unchecked.to(language)] if unchecked else []
    return " · ".join(lines) or None


def _count_passed(checks: Sequence[Check], rule: str) -> int:
    """Return how many statements passed; one check reports all of them."""
    passed = [check for check in checks if check.rule == rule and check.level == "pass"]
    return sum(int(check.words.params.get("n", 1)) for check in passed)


def render_sources(draft: Draft, language: str) -> str | None:
    """List where the cited facts come from, each source once."""
    cited = {fact_id for part in draft.parts for fact_id in part.facts}
    sourced = [f for f in draft.facts.facts if f.id in cited and f.source != NO_SOURCE]
    names = list(dict.fromkeys(f.sourced(language) for f in sourced))
    if not names:
        return None
    separator = "\u00a0; " if language == "fr" else "; "
    listed = separator.join(quote_as_mrkdwn(name, 100) for name in names[:MAX_SOURCES])
    if (more := len(names) - MAX_SOURCES) > 0:
        listed += f" (+{more})"
    return Words("Sources: {names}", names=listed).to(language)
