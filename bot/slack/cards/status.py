"""What people said of a draft, and where its words have gone."""

from bot.approvals.decision import Decision
from bot.delivery.models import Delivery
from bot.i18n.messages import Words
from bot.slack.blocks import Block, context, moment, quoted, section, told
from bot.slack.cards.data import Shown

MOST_DELIVERIES = 10


def outcome_blocks(shown: Shown, language: str) -> list[Block]:
    """The decision, large; deliveries and what is void, small."""
    lines = [decided(decision, language) for decision in shown.decisions]
    if shown.standing == "open" and shown.decisions:
        needed, n = shown.policy.approval.needed, len(shown.decisions)
        lines.append(Words("{n} of {needed} approvals", n=n, needed=needed).to(language))
    if shown.followed and shown.standing == "sent back":
        lines.append(Words("A new draft follows below.").to(language))
    blocks = [section("\n".join(lines))] if lines else []
    small = [delivered(one, language) for one in worth_saying(shown)[:MOST_DELIVERIES]]
    small += [_voided(n, decision, language) for n, decision in shown.earlier[-2:]]
    if shown.trouble:
        small.append(f":warning: {told(shown.trouble, language, 300)}")
    return blocks + ([context(*small)] if small else [])


def worth_saying(shown: Shown) -> list[Delivery]:
    """A file that somebody downloaded is in the history; on the card only when it failed."""
    return [
        one
        for one in shown.deliveries
        if one.destination.get("kind") not in ("file", "audience") or one.state == "failed"
    ]


def decided(decision: Decision, language: str) -> str:
    told = {"who": f"<@{decision.by}>", "when": moment(decision.at, language)}
    mark, words = {
        "approve": (":white_check_mark:", Words("Approved by {who} on {when}", **told)),
        "reject": (":no_entry_sign:", Words("Rejected by {who} on {when}", **told)),
    }.get(
        decision.verdict,
        (":leftwards_arrow_with_hook:", Words("Sent back by {who} on {when}", **told)),
    )
    line = f"{mark} {words.to(language)}"
    if decision.reason:
        reason = quoted(decision.reason, 300).replace("\n", "\n> ")
        line += f"\n> {reason}"
    return line


def delivered(delivery: Delivery, language: str) -> str:
    where = _where(delivery)
    code = f"`{delivery.code}`"
    if delivery.state == "gone" and delivery.gone_at:
        at = moment(delivery.gone_at, language)
        gone = {"where": where, "when": at, "code": code}
        words = Words("Sent to {where} on {when}, campaign code {code}", **gone)
        return f":outbox_tray: {words.to(language)}"
    if delivery.state == "failed":
        why = delivery.said or Words("nobody knows why")
        words = Words("Not sent to {where}: {why}", where=where, why=why)
        return f":x: {told(words, language, 250)}"
    if delivery.state == "stopped":
        return Words("Stopped before it went to {where}", where=where).to(language)
    words = Words("On its way to {where}, campaign code {code}", where=where, code=code)
    return f":hourglass_flowing_sand: {words.to(language)}"


def _where(delivery: Delivery) -> Words | str:
    channel = delivery.destination.get("channel")
    if channel:
        return f"<#{channel}>"
    if delivery.destination.get("kind") == "file":
        return Words("a file")
    if delivery.destination.get("kind") == "audience":
        return Words("an audience file")
    return Words("this thread")


def _voided(version: int, decision: Decision, language: str) -> str:
    return Words(
        "{who} had approved version {n}; the edit has made that void",
        who=f"<@{decision.by}>",
        n=version,
    ).to(language)
