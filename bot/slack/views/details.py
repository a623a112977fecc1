"""What a card leaves behind a button, so that it stays on one screen."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import Click, draft_of
from bot.slack.blocks import Block, button
from bot.slack.cards.draft_parts import behind, part_blocks
from bot.slack.context import Front
from bot.slack.views.info import shown_view


def details_button(draft: Draft, language: str) -> Block | None:
    """None for a draft that is whole on its card."""
    if not behind(draft):
        return None
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    return button(Words("Details").to(language), action_ids.DETAILS, ref)


def details(session: Session, front: Front, click: Click) -> Callable[[str], Block]:
    draft = draft_of(session, click.viewer, click.ref)
    return lambda language: details_view(draft, language)


def details_view(draft: Draft, language: str) -> Block:
    """A form holds no table block: rows are written one a line. A digest speaks one language, its
    headings too."""
    spoken = draft.brief.language if draft.skill == "digest" else language
    parts = [part_blocks(part, draft, spoken, (), table=False) for part in behind(draft)]
    return shown_view(Words("Details"), [block for blocks in parts for block in blocks], language)
