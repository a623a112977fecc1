"""What a result leads to: a button under it starts the next piece of work, in the same thread."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot.core.ids import task_id
from bot.core.parts import Lead
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import GONE, Click, card_at, draft_of, next_place
from bot.slack.blocks import Block, actions, button
from bot.slack.cards.checks import numbered
from bot.slack.context import Front
from bot.slack.location import Place
from bot.slack.views.forms import brief_form
from bot.tasks.models import Task, Wish

MOST = 5  # buttons


def lead_buttons(draft: Draft, language: str) -> list[Block]:
    """A row of what can come next; none for a draft that leads nowhere."""
    row = [
        button(
            lead.label.to(language),
            numbered(action_ids.LEAD if lead.ask else action_ids.LEAD_NOW, number),
            Ref(draft=draft.id, seen=draft.fingerprint, pick=str(number)).packed(),
        )
        for number, lead in enumerate(draft.leads_on[:MOST])
    ]
    return actions(*row) if row else []


def ask(session: Session, front: Front, click: Click) -> Callable[[str], dict[str, Any]]:
    """The brief with what is known filled in, to be changed before anything is drafted."""
    front.house.policy(click.workspace).demand(click.user, "ask")
    draft = draft_of(session, click.viewer, click.ref)
    lead = lead_of(draft, click.ref)
    brand = front.house.brand(click.workspace)
    return lambda language: brief_form(language, brand, click.ref.packed(), words=lead.words)


def now(session: Session, front: Front, click: Click) -> Words | None:
    """Started at once, for whoever pressed."""
    front.house.policy(click.workspace).demand(click.user, "ask")
    draft = draft_of(session, click.viewer, click.ref)
    lead = lead_of(draft, click.ref)
    place, private = place_of(session, draft, click.viewer, click.back)
    wish = Wish(
        id=task_id("lead", draft.id, str(click.ref.pick), click.user),
        workspace=click.workspace,
        author=click.user,
        words=lead.words,
        place=place,
        locale=front.people.known(click.workspace, click.user),
        private=private,
        form=form_of(draft, lead),
    )
    if not Task.accept(session, front.house.enqueue, wish, front.house.now()):
        return Words("That is being worked on already.")
    return None


def lead_of(draft: Draft, ref: Ref) -> Lead:
    """Raises CannotDo for one that is no longer there."""
    leads = draft.leads_on
    if not (ref.pick or "").isdigit() or int(ref.pick or 0) >= len(leads):
        raise CannotDo(GONE)
    return leads[int(ref.pick or 0)]


def form_of(draft: Draft, lead: Lead) -> dict[str, str]:
    """What the wish knows already: its skill, and what it stands on."""
    return {**lead.form, "skill": lead.skill, "stands_on": draft.id}


def place_of(
    session: Session, draft: Draft, viewer: Viewer, at: dict[str, Any]
) -> tuple[Place, bool]:
    """Under the card that was pressed; whether only its author sees it."""
    task = session.get_one(Task, draft.task)
    place, private = next_place(task, card_at(session, draft.piece, at, viewer))
    return place | {"user": viewer.person}, private
