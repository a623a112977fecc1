"""Views to read about a draft: its sources, its history, and what was sent to a model."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audiences.platforms import ExportReceipt
from bot.audit.receipt import Receipt
from bot.core.facts import NO_SOURCE, Fact, tell_facts_apart
from bot.core.figure_groups import group_figures
from bot.core.parts import Part
from bot.data.catalogue.models import ProductFact
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.grounding.calculations import list_proofs
from bot.grounding.legal import list_unverified_sources
from bot.i18n.languages import get_language
from bot.i18n.messages import Money, Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue, pack_draft
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    linked_text_elements,
    plain_text,
    quote_as_mrkdwn,
    quote_in_language,
    render_time,
    render_title,
    rich_text,
    rich_text_preformatted,
    rich_text_quote,
    section_block,
    text_elements,
    truncate,
)
from bot.slack.cards.draft_parts import is_report, list_folded_parts, render_part
from bot.slack.cards.draft_status import (
    LEGAL_NOTE,
    number_action_id,
    render_decision,
    render_delivery,
)
from bot.slack.listeners import BlockAction, ListenerContext, load_visible_draft

MAX_ADDED_FACTS = 20
MAX_VALUE, AGAIN = 300, 60  # characters of a fact's value, and where it is shown again
VIEW_TITLE, MAX_VIEW_BLOCKS, MAX_PROMPT_CHARACTERS = 24, 95, 9_000


def build_read_only_view(title: Words | str, blocks: list[Block], language: str) -> Block:
    """Build a view that can't be submitted."""
    head = title.to(language) if isinstance(title, Words) else title
    return {
        "type": "modal",
        "title": plain_text(head, VIEW_TITLE),
        "close": plain_text(Words("Close").to(language), VIEW_TITLE),
        "blocks": blocks[:MAX_VIEW_BLOCKS],
    }


def build_sources_view(draft: Draft, language: str) -> Block:
    return build_read_only_view(Words("Sources"), list_source_blocks(draft, language), language)


def list_source_blocks(draft: Draft, language: str) -> list[Block]:
    """List for each part the facts that it cites, with value, source and day, and the
    calculations of its figures: of a report for each look-up. A long value is shown once, and cut
    where it comes again."""
    blocks = _list_report_figures(draft, language) if is_report(draft) else []
    shown: set[str] = set()
    cited = [fact for part in draft.parts for id in part.facts if (fact := draft.facts.get(id))]
    apart = tell_facts_apart(cited, draft.facts.facts, language)
    for part in draft.parts if not is_report(draft) else ():
        if facts := _list_part_facts(part, draft):
            lines = [
                _render_fact(
                    fact, language, AGAIN if fact.id in shown else MAX_VALUE, apart.get(fact.id, "")
                )
                for fact in facts
            ]
            shown.update(fact.id for fact in facts)
            name = render_title(part.title, language)
            blocks.append(section_block(f"{name}\n" + truncate("\n".join(lines), 2_800)))
    without = [check for check in draft.list_blocking_checks() if check.quote]
    if without:
        lines = [
            f"• {quote_in_language(check.quote or '', 200, language)}" for check in without[:15]
        ]
        blocks.append(section_block(f"*{Words('No source').to(language)}*\n" + "\n".join(lines)))
    if not blocks:
        blocks = [
            section_block(Words("These words stand on no figures and no facts.").to(language))
        ]
    return blocks


def _list_part_facts(part: Part, draft: Draft) -> list[Fact]:
    facts = [fact for id in part.facts if (fact := draft.facts.get(id))]
    facts += list_proofs(part.text, draft.facts.facts)
    return [fact for fact in facts if not fact.is_rule]


def _list_report_figures(draft: Draft, language: str) -> list[Block]:
    """List the figures of a report under how their look-ups were read."""
    facts = [fact for part in draft.parts for fact in _list_part_facts(part, draft)]
    blocks = []
    for group in group_figures(facts, draft.parts):
        apart = group.tell_apart(draft.facts, language)
        lines = [
            _render_fact(fact, language, MAX_VALUE, apart.get(fact.id, "")) for fact in group.facts
        ]
        if cells := group.name_cells(language):
            lines.append(f"• {quote_as_mrkdwn(cells, MAX_VALUE)}")
        head = f"*{quote_as_mrkdwn(group.reading, MAX_VALUE)}*\n" if group.reading else ""
        if lines:
            blocks.append(section_block(head + truncate("\n".join(lines), 2_500)))
    return blocks


def build_copy_view(draft: Draft, language: str) -> Block:
    """Show the text part by part, ready to be selected, with a button for the file."""
    blocks: list[Block] = []
    for part in draft.parts:
        if part.kind == "file" or not part.text:
            continue
        blocks.append(context_block(render_title(part.title, language)))
        blocks.append(rich_text(rich_text_preformatted(text_elements(part.text))))
    ref = pack_draft(draft)
    download = button(Words("Download as a file").to(language), action_ids.DOWNLOAD, ref)
    return build_read_only_view(
        Words("Copy text"), [*blocks[: MAX_VIEW_BLOCKS - 1], *actions_block(download)], language
    )


def _render_fact(fact: Fact, language: str, most: int, apart: str = "") -> str:
    """Render one fact: "price: £49 — catalogue shop.csv, line 12, 24 November 2026". Its value has
    at most `most` characters. `apart`: what tells it from others of the same name."""
    value = quote_as_mrkdwn(fact.spelled(language), most)
    name = quote_as_mrkdwn(", ".join(filter(None, (fact.named(language), apart))), 140)
    colon = get_language(language).marks.colon
    line = f"• {name}{colon} *{value}*" if value else f"• {name}"
    if fact.stated_by:
        who = f"<@{fact.stated_by}>"
        return f"{line} — {Words('Stated by {who}', who=who).to(language)}"
    if fact.source == NO_SOURCE:
        return line
    at = Words(
        "{source}, as of {date}",
        source=quote_as_mrkdwn(fact.sourced(language), 300),
        date=fact.as_of,
    )
    return f"{line} — {at.to(language)}"


def build_history_view(
    versions: Sequence[Draft],
    decisions: Sequence[Decision],
    deliveries: Sequence[Delivery],
    language: str,
) -> Block:
    """List all versions, newest first, with their decisions and deliveries."""
    blocks: list[Block] = []
    for draft in sorted(versions, key=lambda one: -one.version)[:30]:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        n = Words("Version {n}", n=draft.version).to(language)
        by = Words("by {who} on {when}", who=who, when=render_time(draft.made_at, language))
        lines = [f"*{n}* {by.to(language)}"]
        lines += [render_decision(one, language) for one in decisions if one.draft == draft.id]
        lines += [render_delivery(one, language) for one in deliveries if one.draft == draft.id]
        blocks.append(section_block("\n".join(lines)))
        first = next((part.text for part in draft.parts if part.text), "")
        if first:
            blocks.append(rich_text(rich_text_quote(linked_text_elements(truncate(first, 200)))))
        label = Words("Fingerprint").to(language)
        blocks.append(context_block(f"{label} `{draft.fingerprint[:16]}`"))
    return build_read_only_view(Words("History"), blocks or [section_block("…")], language)


def build_receipts_view(receipts: Sequence[Receipt], language: str) -> Block:
    """List for each call of a model its host, its size, its price and the text as it was sent;
    for each exported audience its counts, without an address."""
    sent_receipts = [receipt for receipt in receipts if receipt.sent]
    if not sent_receipts:
        words = Words("Nothing was sent to an AI.")
        return build_read_only_view(Words("AI log"), [section_block(words.to(language))], language)
    notes = {one.id: note for one in sent_receipts if (note := ExportReceipt.parse(one.sent))}
    calls = [one for one in sent_receipts if one.id not in notes]
    blocks = [section_block(_render_total(calls, language))] if calls else []
    if notes:
        files = Words.count("{n} audience as a file", "{n} audiences as files", len(notes))
        blocks.append(section_block(files.to(language)))
    room = MAX_PROMPT_CHARACTERS
    for receipt in sent_receipts[:15]:
        note = notes.get(receipt.id)
        text = _render_export_note(note, language) if note else receipt.sent
        who = _render_export(receipt, note, language) if note else _render_call(receipt, language)
        blocks.append(context_block(who))
        excerpt = truncate(text, max(room, 200))
        blocks.append(rich_text(rich_text_quote(text_elements(excerpt))))
        room -= len(excerpt)
        if excerpt != text:
            words = Words("Cut here. All of it is in the download.")
            blocks.append(context_block(words.to(language)))
    if len(sent_receipts) > 15:
        rest = Words("The rest of the log is in the download.")
        blocks.append(context_block(rest.to(language)))
    return build_read_only_view(Words("AI log"), blocks, language)


def _render_export_note(note: ExportReceipt, language: str) -> str:
    return "\n".join(words.to(language) for words in (note.title, *note.detail_lines))


def _render_export(receipt: Receipt, note: ExportReceipt, language: str) -> str:
    when = render_time(receipt.at, language)
    return Words("Taken out by {who} on {when}", who=f"<@{note.by}>", when=when).to(language)


def _render_total(receipts: list[Receipt], language: str) -> str:
    calls = Words.count("{n} call", "{n} calls", len(receipts))
    hosts = ", ".join(sorted({quote_as_mrkdwn(one.to or "?", 100) for one in receipts}))
    words = Words("{calls} to {hosts}", calls=calls, hosts=f"`{hosts}`")
    priced = [one.usd for one in receipts if one.usd is not None]
    if not priced:
        return words.to(language)
    usd = Money(amount=sum(priced, Decimal(0)), currency="USD")
    return f"{words.to(language)}, {Words('{usd} in all', usd=usd).to(language)}"


def _render_call(receipt: Receipt, language: str) -> str:
    summary = Words(
        "{writer} on {when}: {tokens_in} tokens in, {tokens_out} out",
        writer=quote_as_mrkdwn(receipt.writer, 100),
        when=render_time(receipt.at, language),
        tokens_in=receipt.tokens_in,
        tokens_out=receipt.tokens_out,
    ).to(language)
    if receipt.usd is not None:
        summary += f" · {receipt.usd:.4f} USD"
    return (
        summary if receipt.ended == "done" else f"{summary} · {quote_as_mrkdwn(receipt.ended, 100)}"
    )


# The parts that a card leaves out, so that it fits on one screen.


def build_details_button(draft: Draft, language: str) -> Block | None:
    """Return None for a report that its card shows as a whole. Of copy, the details are what it
    stands on."""
    if not list_folded_parts(draft) and not draft.channel:
        return None
    ref = pack_draft(draft)
    return button(Words("Details").to(language), action_ids.DETAILS, ref)


def prepare_details_view(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    draft = load_visible_draft(session, action)
    today = context.services.now().date()
    brief = draft.brief
    added = ProductFact.list_valid(session, draft.workspace, brief.product, brief.market, today)
    return lambda language: build_details_view(draft, language, added)


def _list_added_facts(draft: Draft, added: Sequence[ProductFact], language: str) -> list[Block]:
    """List the product facts that people added, each with a button that revokes it."""
    blocks = []
    for number, fact in enumerate(added[:MAX_ADDED_FACTS]):
        line = Words(
            "Product fact by {who}, {day}, until {end}",
            who=f"<@{fact.by}>",
            day=fact.at.date(),
            end=fact.expires,
        ).to(language)
        market = f" · {fact.market}" if fact.market else ""
        ref = ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=fact.id).pack()
        revoke = button(
            Words("Revoke").to(language), number_action_id(action_ids.REVOKE_FACT, number), ref
        )
        said = quote_in_language(fact.text, 300, language)
        if fact.amount is not None:
            price = Money(amount=fact.amount, currency=str(fact.currency))
            said = Words("Lowest price of the last 30 days: {price}", price=price).to(language)
        blocks.append(section_block(f"{said}\n{line}{market}", revoke))
    return blocks


def build_details_view(draft: Draft, language: str, added: Sequence[ProductFact] = ()) -> Block:
    """Build the view of the left-out parts. A view can't hold a table block, so a table has one
    line per row. The headings are in the language of the draft."""
    spoken = draft.brief.language if draft.skill == "digest" else language
    parts = [render_part(part, draft, spoken, (), table=False) for part in list_folded_parts(draft)]
    blocks = [block for some in parts for block in some]
    if draft.channel:
        blocks += list_source_blocks(draft, language)
        blocks += _list_added_facts(draft, added, language)
        note = LEGAL_NOTE.to(language)
        if sources := list_unverified_sources(check.rule for check in draft.findings or ()):
            listed = f"{get_language(language).marks.semicolon} ".join(
                source.to(language) for source in sources
            )
            what = Words("Not looked up in the text of the law: {sources}", sources=listed)
            note += f"\n{quote_as_mrkdwn(what.to(language), 600)}"
        blocks.append(context_block(note))
    return build_read_only_view(Words("Details"), blocks, language)
