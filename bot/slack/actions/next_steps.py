"""What a result leads to: a button under it starts the next piece of work, in the same thread."""

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
from bot.slack.blocks import Block, actions, button
from bot.slack.cards.draft_status import number_action_id
from bot.slack.context import ListenerContext
from bot.slack.interactions import (
    GONE,
    BlockAction,
    choose_next_place,
    find_card,
    load_visible_draft,
)
from bot.slack.location import Place
from bot.slack.views.forms import build_brief_form
from bot.tasks.models import NewTask, Task

MAX_NEXT_STEPS = 5  # buttons


def build_next_step_buttons(draft: Draft, language: str) -> list[Block]:
    """A row of what can come next; none for a draft that leads nowhere."""
    row = [
        button(
            lead.label.to(language),
            number_action_id(action_ids.LEAD if lead.ask else action_ids.LEAD_NOW, number),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=str(number)).packed(),
        )
        for number, lead in enumerate(draft.next_steps[:MAX_NEXT_STEPS])
    ]
    return actions(*row) if row else []


def prepare_brief_form(
    session: Session, front: ListenerContext, click: BlockAction
) -> Callable[[str], dict[str, Any]]:
    """The brief with what is known filled in, to be changed before anything is drafted."""
    front.house.policy(click.workspace).require(click.user, "ask")
    draft = load_visible_draft(session, click.viewer, click.ref)
    lead = find_next_step(draft, click.ref)
    brand = front.house.brand(click.workspace)
    return lambda language: build_brief_form(language, brand, click.ref.packed(), words=lead.words)


def start_next_step(session: Session, front: ListenerContext, click: BlockAction) -> Words | None:
    """Started at once, for whoever pressed."""
    front.house.policy(click.workspace).require(click.user, "ask")
    draft = load_visible_draft(session, click.viewer, click.ref)
    lead = find_next_step(draft, click.ref)
    place, private = find_next_step_place(session, draft, click.viewer, click.back)
    wish = NewTask(
        id=task_id("lead", draft.id, str(click.ref.pick), click.user),
        workspace=click.workspace,
        author=click.user,
        words=lead.words,
        place=place,
        locale=front.people.known(click.workspace, click.user),
        private=private,
        form=build_next_step_form(draft, lead),
    )
    if not Task.accept(session, front.house.enqueue, wish, front.house.now()):
        return Words("That is being worked on already.")
    return None


def find_next_step(draft: Draft, ref: ButtonValue) -> NextStep:
    """Raises CannotDo for one that is no longer there."""
    leads = draft.next_steps
    if not (ref.pick or "").isdigit() or int(ref.pick or 0) >= len(leads):
        raise CannotDo(GONE)
    return leads[int(ref.pick or 0)]


def build_next_step_form(draft: Draft, lead: NextStep) -> dict[str, str]:
    """What the wish knows already: its skill, and what it stands on."""
    return {**lead.form, "skill": lead.skill, "stands_on": draft.id}


def find_next_step_place(
    session: Session, draft: Draft, viewer: Viewer, at: dict[str, Any]
) -> tuple[Place, bool]:
    """Under the card that was pressed; whether only its author sees it."""
    task = session.get_one(Task, draft.task)
    place, private = choose_next_place(task, find_card(session, draft.piece, at, viewer))
    return place | {"user": viewer.person}, private
