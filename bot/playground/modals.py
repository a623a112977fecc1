"""The stack of modals before each person, three deep at most."""

from typing import Any

from bot.playground.board import Board
from bot.playground.refusals import Refused
from bot.playground.view import View, check_view

DEEPEST = 3


def open_view(slack: Board, source: Any, user: str, under: View | None = None) -> View:
    """Opens a modal; with `under`, on top of that one."""
    check_view(source, "modal")
    check_external_id(slack, source, None)
    if under is not None and depth(under, slack) >= DEEPEST:
        raise Refused("push_limit_reached")
    view = new_view(slack, source, "modal", user, under)
    slack.stacks.setdefault(user, []).append(view)
    slack.shown(view)
    return view


def new_view(slack: Board, source: Any, kind: str, user: str, under: View | None = None) -> View:
    """A view with an id of its own, kept under it."""
    id = slack.stamps.id("V")
    root, previous = (under.root_id, under.id) if under else (id, None)
    view = View(id, kind, user, source, [], "", root, previous)
    view.rewrite(source, slack.stamps)
    slack.views[id] = view
    return view


def update_view(slack: Board, view: View, source: Any) -> View:
    """Puts a new definition into an open view."""
    check_view(source, view.kind)
    check_external_id(slack, source, view)
    view.rewrite(source, slack.stamps)
    slack.shown(view)
    return view


def close_view(slack: Board, view: View, *, all_of_them: bool = False) -> list[View]:
    """Takes a view, or its whole stack, from before the person."""
    stack = slack.stacks.get(view.user, [])
    gone = [one for one in stack if one is view or (all_of_them and one.root_id == view.root_id)]
    for one in gone:
        one.closed = True
        stack.remove(one)
        del slack.views[one.id]
    slack.shown(view)
    return gone


def depth(view: View, slack: Board) -> int:
    """How many views lie in this one's stack."""
    return sum(one.root_id == view.root_id for one in slack.stacks.get(view.user, []))


def check_external_id(slack: Board, source: dict[str, Any], but: View | None) -> None:
    """An external_id belongs to one open view."""
    if external_id := source.get("external_id"):
        for view in slack.views.values():
            if view.external_id == external_id and view is not but:
                raise Refused("duplicate_external_id")
