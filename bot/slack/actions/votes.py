"""The two buttons that say whether a report was useful."""

from functools import partial

from sqlalchemy.orm import Session

from bot.drafts.models import Draft
from bot.drafts.votes import Vote
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, button
from bot.slack.interactions import BlockAction, load_visible_draft
from bot.slack.listener_context import ListenerContext

THUMBS = {action_ids.VOTE_UP: "👍", action_ids.VOTE_DOWN: "👎"}


def build_vote_buttons(draft: Draft, votes: tuple[int, int]) -> list[Block]:
    """Build the buttons, with the number of votes where there are any."""
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    return [
        button(f"{thumb} {count}" if count else thumb, action, ref)
        for (action, thumb), count in zip(THUMBS.items(), votes, strict=True)
    ]


def cast_vote(
    session: Session, context: ListenerContext, action: BlockAction, *, useful: bool
) -> Words | None:
    """Store the vote of whoever sees the report. The card then shows the new count."""
    draft = load_visible_draft(session, action.viewer, action.ref)
    Vote.cast(session, draft, by=action.user, useful=useful, now=context.services.now())
    OutboxMessage.request_redraw(session, context.services.enqueue, draft.piece)
    return None


VOTE_ACTIONS = {
    action_ids.VOTE_UP: partial(cast_vote, useful=True),
    action_ids.VOTE_DOWN: partial(cast_vote, useful=False),
}
