"""What people look up about a draft: its sources, its history, what left the house."""

from collections.abc import Sequence
from decimal import Decimal

from bot.approvals.decision import Decision
from bot.audiences.export import ExportNote
from bot.audit.receipt import Receipt
from bot.core.facts import NO_SOURCE, Fact
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Money, Words
from bot.slack.blocks import (
    Block,
    cited,
    context,
    cut,
    moment,
    plain,
    quoted,
    section,
    titled,
    told,
)
from bot.slack.cards.status import decided, delivered
from bot.slack.rich_text import bar, inline, rich, said

VIEW_TITLE, MOST_BLOCKS, MOST_SENT = 24, 95, 9_000


def notice_view(title: Words | str, text: Words | str, language: str = "en") -> Block:
    """One thing said, to be closed."""
    said = told(text, language) if isinstance(text, Words) else quoted(text, 3_000)
    return shown_view(title, [section(said or "…")], language)


def shown_view(title: Words | str, blocks: list[Block], language: str) -> Block:
    """A modal to read, with nothing to send."""
    head = title.to(language) if isinstance(title, Words) else title
    return {
        "type": "modal",
        "title": plain(head, VIEW_TITLE),
        "close": plain(Words("Close").to(language), VIEW_TITLE),
        "blocks": blocks[:MOST_BLOCKS],
    }


def sources_view(draft: Draft, language: str) -> Block:
    """Part by part: each fact it stands on, with its value, its source and its day."""
    blocks: list[Block] = []
    for part in draft.parts:
        facts = [fact for id in part.facts if (fact := draft.facts.get(id))]
        if facts:
            lines = [_fact(fact, language) for fact in facts]
            name = quoted(titled(part.title, language), 150)
            blocks.append(section(f"*{name}*\n" + cut("\n".join(lines), 2_800)))
    without = [check for check in draft.blocked() if check.quote]
    if without:
        lines = [f"• {cited(check.quote or '', 200, language)}" for check in without[:15]]
        blocks.append(section(f"*{Words('No source').to(language)}*\n" + "\n".join(lines)))
    if not blocks:
        blocks = [section(Words("These words stand on no figures and no facts.").to(language))]
    return shown_view(Words("Sources"), blocks, language)


def _fact(fact: Fact, language: str) -> str:
    """ "price: £49 — catalogue shop.csv, line 12, 24 November 2026"."""
    value = quoted(fact.spelled(language), 300)
    name = quoted(fact.titled(language), 100)
    colon = "\u00a0:" if language == "fr" else ":"
    line = f"• {name}{colon} *{value}*" if value else f"• {name}"
    if fact.stated_by:
        who = f"<@{fact.stated_by}>"
        return f"{line} — {Words('Stated by {who}', who=who).to(language)}"
    if fact.source == NO_SOURCE:
        return line
    at = Words(
        "{source}, as of {date}", source=quoted(fact.sourced(language), 300), date=fact.as_of
    )
    return f"{line} — {at.to(language)}"


def history_view(
    versions: Sequence[Draft],
    decisions: Sequence[Decision],
    deliveries: Sequence[Delivery],
    language: str,
) -> Block:
    """Every version, the newest first, with what was said of it and where it went."""
    blocks: list[Block] = []
    for draft in sorted(versions, key=lambda one: -one.version)[:30]:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        n = Words("Version {n}", n=draft.version).to(language)
        by = Words("by {who} on {when}", who=who, when=moment(draft.made_at, language))
        lines = [f"*{n}* {by.to(language)}"]
        lines += [decided(one, language) for one in decisions if one.draft == draft.id]
        lines += [delivered(one, language) for one in deliveries if one.draft == draft.id]
        blocks.append(section("\n".join(lines)))
        first = next((part.text for part in draft.parts if part.text), "")
        if first:
            blocks.append(rich(bar(inline(cut(first, 200)))))
        label = Words("Fingerprint").to(language)
        blocks.append(context(f"{label} `{draft.fingerprint[:16]}`"))
    return shown_view(Words("History"), blocks or [section("…")], language)


def what_left_view(receipts: Sequence[Receipt], language: str) -> Block:
    """For each call to a writer: where to, how much, at what price, and the text as it was sent;
    for each file of an audience what was in it, and nobody's address."""
    left = [receipt for receipt in receipts if receipt.sent]
    if not left:
        words = Words("Nothing left the house: the rules that wrote this run on your own server.")
        return shown_view(Words("What left"), [section(words.to(language))], language)
    notes = {one.id: note for one in left if (note := ExportNote.read(one.sent))}
    calls = [one for one in left if one.id not in notes]
    blocks = [section(_total(calls, language))] if calls else []
    if notes:
        files = Words.count("{n} audience as a file", "{n} audiences as files", len(notes))
        blocks.append(section(files.to(language)))
    room = MOST_SENT
    for receipt in left[:15]:
        note = notes.get(receipt.id)
        text = _noted(note, language) if note else receipt.sent
        who = _taken(receipt, note, language) if note else _call(receipt, language)
        blocks.append(context(who))
        kept = cut(text, max(room, 200))
        blocks.append(rich(bar(said(kept))))
        room -= len(kept)
        if kept != text:
            words = Words("Cut here. All of it is in the download.")
            blocks.append(context(words.to(language)))
    if len(left) > 15:
        rest = Words("What else left is in the download.")
        blocks.append(context(rest.to(language)))
    return shown_view(Words("What left"), blocks, language)


def _noted(note: ExportNote, language: str) -> str:
    return "\n".join(words.to(language) for words in (note.title, *note.said))


def _taken(receipt: Receipt, note: ExportNote, language: str) -> str:
    when = moment(receipt.at, language)
    return Words("Taken out by {who} on {when}", who=f"<@{note.by}>", when=when).to(language)


def _total(left: list[Receipt], language: str) -> str:
    calls = Words.count("{n} call", "{n} calls", len(left))
    hosts = ", ".join(sorted({quoted(one.to or "?", 100) for one in left}))
    words = Words("{calls} to {hosts}", calls=calls, hosts=f"`{hosts}`")
    priced = [one.usd for one in left if one.usd is not None]
    if not priced:
        return words.to(language)
    usd = Money(amount=sum(priced, Decimal(0)), currency="USD")
    return f"{words.to(language)}, {Words('{usd} in all', usd=usd).to(language)}"


def _call(receipt: Receipt, language: str) -> str:
    told = Words(
        "{writer} on {when}: {tokens_in} tokens in, {tokens_out} out",
        writer=quoted(receipt.writer, 100),
        when=moment(receipt.at, language),
        tokens_in=receipt.tokens_in,
        tokens_out=receipt.tokens_out,
    ).to(language)
    if receipt.usd is not None:
        told += f" · {receipt.usd:.4f} USD"
    return told if receipt.ended == "done" else f"{told} · {quoted(receipt.ended, 100)}"
