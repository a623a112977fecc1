"""Next steps: buttons under a result that start the task it suggests, in the same thread."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot.core.parts import NextStep
from bot.core.request import task_id
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, actions_block, button
from bot.slack.cards.draft_status import number_action_id
from bot.slack.interactions import (
    GONE,
    BlockAction,
    choose_next_place,
    find_card,
    load_visible_draft,
)
from bot.slack.listener_context import ListenerContext
from bot.slack.location import Place
from bot.slack.views.brief_form import build_brief_form, find_known_values
from bot.tasks.models import NewTask, Task

MAX_NEXT_STEPS = 12  # as many as there are ideas; Slack allows 25 buttons in a row


def build_next_step_buttons(
    draft: Draft, language: str, *, most: int = MAX_NEXT_STEPS
) -> list[Block]:
    """Build a row of at most `most` buttons; none for a draft without next steps."""
    row = [
        button(
            lead.label.to(language),
            number_action_id(action_ids.LEAD if lead.ask else action_ids.LEAD_NOW, number),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=str(number)).pack(),
        )
        for number, lead in enumerate(draft.next_steps[:most])
    ]
    return actions_block(*row) if row else []


def prepare_brief_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], dict[str, Any]]:
    """Build the brief form with everything known filled in, so that the person can change it
    first."""
    context.services.policy(action.workspace).require(action.user, "ask")
    draft = load_visible_draft(session, action.viewer, action.ref)
    lead = find_next_step(draft, action.ref)
    brand, is_full = context.services.brand(action.workspace), not context.services.has_ai
    values = find_known_values(lead.words, lead.form) if is_full else {}
    return lambda language: build_brief_form(
        language, brand, action.ref.pack(), words=lead.words, values=values, is_full=is_full
    )


def start_next_step(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words | None:
    """Start the next step at once, for the person who pressed."""
    context.services.policy(action.workspace).require(action.user, "ask")
    draft = load_visible_draft(session, action.viewer, action.ref)
    lead = find_next_step(draft, action.ref)
    place, private = find_next_step_place(session, draft, action.viewer, action.origin)
    new_task = NewTask(
        id=task_id("lead", draft.id, str(action.ref.pick), action.user),
        workspace=action.workspace,
        author=action.user,
        words=lead.words,
        place=place,
        locale=context.people.cached_locale(action.workspace, action.user),
        private=private,
        form=build_next_step_form(draft, lead),
    )
    if not Task.accept(session, context.services.enqueue, new_task, context.services.now()):
        return Words("That is being worked on already.")
    return None


def find_next_step(draft: Draft, ref: ButtonValue) -> NextStep:
    """Raise CannotDo when the draft no longer has it."""
    leads = draft.next_steps
    if not (ref.pick or "").isdigit() or int(ref.pick or 0) >= len(leads):
        raise CannotDo(GONE)
    return leads[int(ref.pick or 0)]


def build_next_step_form(draft: Draft, lead: NextStep) -> dict[str, str]:
    """Return the form fields of the new task: its skill, its source draft and the step's own."""
    return {**lead.form, "skill": lead.skill, "stands_on": draft.id}


def find_next_step_place(
    session: Session, draft: Draft, viewer: Viewer, at: dict[str, Any]
) -> tuple[Place, bool]:
    """Return the place under the pressed card, and whether only its author sees it."""
    task = session.get_one(Task, draft.task)
    place, private = choose_next_place(task, find_card(session, draft.piece, at, viewer))
    return place | {"user": viewer.person}, private
