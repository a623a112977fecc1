"""Delivery of an approved version: rendered as Slack messages, and sent to a thread, a channel or a
person.

Nothing is cut: the text takes as many messages as it needs. A message may have one native Slack
table, so the first table is native and the others are rendered row by row.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audiences.platforms import AudienceExport
from bot.audit.row_checks import require_unchanged_task
from bot.config.brand import Brand
from bot.core.audience_rule import AudienceRule
from bot.core.parts import File, Heading, Part, Table
from bot.delivery.models import Delivery
from bot.drafts.export import render_draft
from bot.drafts.models import Draft
from bot.drafts.recipients import describe_draft_target
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words, parse_language
from bot.messages.outbox import OutboxMessage
from bot.slack.actions.exports import (
    find_approved_rule,
    find_approved_size,
    find_audience_name,
    record_export,
)
from bot.slack.blocks import (
    FALLBACK,
    Block,
    Message,
    context_block,
    count_utf16_units,
    linked_text_elements,
    measure_blocks,
    plain_context_block,
    quote_as_mrkdwn,
    render_title,
    rich_text,
    rich_text_section,
    split_at_pause,
    text_elements,
)
from bot.slack.cards.draft_parts import MAX_CELL_CHARACTERS, fits_slack_table, render_slack_table
from bot.slack.cards.renderer import make_thread_place
from bot.slack.files import upload_file
from bot.slack.sender import MessageSender
from bot.slack.threads import Place, find_card_thread
from bot.tasks.models import Task

PIECE_CHARACTERS, MESSAGE_CHARACTERS, BLOCKS_PER_MESSAGE = 2_800, 10_000, 40


def render_approved_messages(
    draft: Draft, language: str, hosts: Collection[str], brand: Brand | None = None
) -> list[Message]:
    """Render every part under its name, uncut. The last message carries the page that the text
    leads to and the campaign code."""
    groups: list[list[Block]] = [[]]
    first = next((part.key for part in draft.parts if _fits_slack_table(part)), None)
    for part in draft.parts:
        for part_blocks in _render_part(part, language, hosts, table=part.key == first):
            full = len(groups[-1]) + len(part_blocks) > BLOCKS_PER_MESSAGE
            if groups[-1] and (
                full
                or measure_blocks(groups[-1]) + measure_blocks(part_blocks) > MESSAGE_CHARACTERS
            ):
                groups.append([])
            groups[-1] += part_blocks
    code = Words("Campaign code {code}", code=f"`{draft.code}`").to(language)
    if target := describe_draft_target(draft, brand):
        groups[-1].append(plain_context_block(target.to(language)))
    groups[-1].append(context_block(code))
    text = next((part.text for part in draft.parts if part.text), draft.code)
    return [
        Message(_render_fallback_text(text, number, len(groups), hosts), blocks)
        for number, blocks in enumerate(groups, 1)
    ]


def _render_part(
    part: Part, language: str, hosts: Collection[str], *, table: bool = False
) -> list[list[Block]]:
    """Render a part as groups of blocks; each group stays in one message. A long part has
    several."""
    body = part.body
    if isinstance(body, Heading):
        return [
            [rich_text(rich_text_section(text_elements(piece, bold=True)))]
            for piece in split_text(part.text)
        ]
    above = context_block(render_title(part.title, language))
    if isinstance(body, File):
        return [[above, context_block(f":paperclip: {quote_as_mrkdwn(body.name, 200)}")]]
    if isinstance(body, Table):
        lines = "\n".join(_render_row(body.columns, row, language) for row in body.rows)
        blocks = [rich_text(rich_text_section(text_elements(piece))) for piece in split_text(lines)]
        blocks = [render_slack_table(body)] if table else blocks
    else:
        blocks = [
            rich_text(rich_text_section(linked_text_elements(piece, hosts)))
            for piece in split_text(part.text)
        ]
    if not blocks:
        return []
    return [[above, blocks[0]], *([one] for one in blocks[1:])]


def _fits_slack_table(part: Part) -> bool:
    """Return whether the part is a table that a native Slack table can show whole."""
    body = part.body
    if not isinstance(body, Table) or not fits_slack_table(body):
        return False
    cells = [cell for row in (body.columns, *body.rows) for cell in row]
    return (
        all(count_utf16_units(cell) <= MAX_CELL_CHARACTERS for cell in cells)
        and sum(map(count_utf16_units, cells)) <= MESSAGE_CHARACTERS / 2
    )


def _render_row(heads: Sequence[str], row: Sequence[str], language: str) -> str:
    """Render one table row as a line: the first cell, then each value with its column's name."""
    values = [
        Words("{name}: {value}", name=head, value=cell).to(language)
        for head, cell in zip(heads[1:], row[1:], strict=False)
    ]
    extra = row[len(heads) :] if len(row) > len(heads) else ()
    return " · ".join(["".join(("• ", row[0] if row else "")), *values, *extra])


def split_text(text: str) -> list[str]:
    """Split the text into pieces that together are the text, each ending at a pause."""
    pieces = []
    while text:
        piece, text = split_at_pause(text, PIECE_CHARACTERS)
        pieces.append(piece)
    return pieces


def _render_fallback_text(text: str, number: int, of: int, hosts: Collection[str]) -> str:
    mark = f"({number}/{of}) " if of > 1 else ""
    return mark + quote_as_mrkdwn(text, FALLBACK, hosts)


# Sending the approved version.


@dataclass(frozen=True)
class DeliveryData:
    """Everything that one delivery needs, read in one transaction."""

    delivery: Delivery
    draft: Draft
    task: Task
    card: OutboxMessage | None
    approvals: tuple[Decision, ...]


@dataclass(frozen=True)
class SlackDelivery:
    """Sends deliveries. The worker keeps the state of the delivery."""

    sender: MessageSender
    brand: Callable[[str], Brand]
    now: Callable[[], datetime]
    # Takes workspace, rule and platform.
    audience: Callable[[str, AudienceRule, str], AudienceExport] | None = None

    async def deliver(self, id: str) -> None:
        """Send the whole delivery once. Raise TryAgain or CannotDo."""
        load: DeliveryData = await self.sender.database.run(load_delivery, id)
        load.delivery.demand_approved_text(load.draft)
        if load.delivery.destination.get("kind") == "file":
            await self._send_file(load)
        elif load.delivery.destination.get("kind") == "audience":
            await self._send_audience(load)
        else:
            await self._send_messages(load)

    async def _send_file(self, load: DeliveryData) -> None:
        format = str(load.delivery.destination["format"])
        brand, reader = self.brand(load.draft.workspace), load.delivery.destination.get("to")
        people = self.sender.people
        language = await people.language(load.draft.workspace, reader or load.task.author)
        text = render_draft(load.draft, brand, format, language, load.approvals)
        id = f"{load.delivery.id}:0"
        await self._plan(load, id, "file", self._find_place(load))
        await upload_file(self.sender, id, f"{load.draft.code}.{format}", text.encode())

    async def _send_audience(self, load: DeliveryData) -> None:
        """Export the people of one approved rule and send the file to the requester. The people are
        looked up now and not stored."""
        destination, draft, id = load.delivery.destination, load.draft, f"{load.delivery.id}:0"
        if self.audience is None:
            raise CannotDo("Audiences can't be exported here.")
        rule, platform, to = (
            find_approved_rule(draft, str(destination["audience"])),
            destination["format"],
            destination["to"],
        )
        export = await asyncio.to_thread(self.audience, draft.workspace, rule, platform)
        await self._plan(load, id, "file", self._find_place(load))
        await self.sender.database.run(
            record_export, draft, load.delivery, export, by=to, now=self.now()
        )
        language = await self.sender.people.language(draft.workspace, to)
        name = find_audience_name(draft, str(destination["audience"]))
        lines = [Words("Audience: {name}.", name=name), *export.notice_lines]
        if size := find_approved_size(draft):
            approved = size.model_copy(update={"unit": None}).spelled(language)
            lines.insert(
                1,
                Words(
                    "Approved at {before} people, counted again today: {now}.",
                    before=approved,
                    now=export.fitting,
                ),
            )
        comment = "\n".join(words.to(language) for words in lines)
        await upload_file(self.sender, id, export.name, export.content, comment=comment)

    async def _send_messages(self, load: DeliveryData) -> None:
        place = self._find_place(load)
        brand = self.brand(load.draft.workspace)
        people = self.sender.people
        locale = await people.locale(load.task.workspace, load.task.author)
        language = load.task.message_language or parse_language(locale)
        for number, message in enumerate(
            render_approved_messages(load.draft, language, brand.link_sites, brand)
        ):
            id = f"{load.delivery.id}:{number}"
            await self._plan(load, id, "delivery", place)
            post, sent_message = await self.sender.send(id, message)
            if sent_message.rest:
                await self._plan(load, f"{id}:rest", "file", make_thread_place(post))
                await upload_file(self.sender, f"{id}:rest", "rest.txt", sent_message.rest.encode())

    def _find_place(self, load: DeliveryData) -> Place:
        """Return where the delivery goes. Only the requester's own thread may fall back to their
        direct messages."""
        destination = load.delivery.destination
        if destination["kind"] == "place":
            return {"channel": destination["channel"]}
        if destination["kind"] in ("file", "audience") and destination.get("to"):
            return {"channel": destination["to"], "dm": True, "user": destination["to"]}
        thread = find_card_thread(load.card) if load.card else None
        if thread is None:
            raise TryAgain("the card is not posted yet")
        under = {"channel": thread.channel, "thread": thread.thread}
        return {"channel": thread.channel, "user": load.task.author, "under": under}

    async def _plan(self, load: DeliveryData, id: str, kind: str, place: Place) -> None:
        await self.sender.plan(id, load.draft.workspace, kind, place, self.now())


def load_delivery(session: Session, id: str) -> DeliveryData:
    """Load a delivery with its draft, task, approvals and card; the shared card where there is
    one."""
    delivery = session.get_one(Delivery, id)
    draft = session.get_one(Draft, delivery.draft)
    require_unchanged_task(session, draft.workspace, draft.task)
    cards = session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.piece == draft.piece,
            OutboxMessage.kind == "card",
            OutboxMessage.ts.is_not(None),
        )
    )
    by_id: dict[Any, OutboxMessage] = {card.id: card for card in cards}
    card = by_id.get(f"{draft.piece}:shared") or by_id.get(f"{draft.piece}:card")
    decisions = Decision.list_for_draft(session, draft.id)
    return DeliveryData(
        delivery=delivery,
        draft=draft,
        task=session.get_one(Task, draft.task),
        card=card,
        approvals=tuple(one for one in decisions if one.verdict == "approve"),
    )
