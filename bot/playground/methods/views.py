"""views.*: modals and Home tabs."""

import time
from typing import Any

from bot.playground import events, modals
from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.registry import Body, method
from bot.playground.passes import Trigger
from bot.playground.refusals import Refused
from bot.playground.view import View, check_view


@method("views.open")
def open_modal(slack: Board, args: Arguments) -> Body:
    """Opens a modal before the person whose trigger_id it is."""
    trigger = use_trigger(slack, args)
    return shown(slack, modals.open_view(slack, source(args), trigger.user))


@method("views.push")
def push(slack: Board, args: Arguments) -> Body:
    """Puts a view on top of the modal from which the trigger_id came."""
    trigger = use_trigger(slack, args)
    under = slack.views.get(trigger.view_id or "")
    if under is None or under.kind != "modal":
        raise Refused("not_found")
    top = slack.open_views(trigger.user)[-1]
    return shown(slack, modals.open_view(slack, source(args), trigger.user, top))


@method("views.update")
def update(slack: Board, args: Arguments) -> Body:
    """Changes an open view, by its id or by the app's own."""
    view = slack.views.get(args.word("view_id")) or by_external_id(slack, args)
    if view is None:
        raise Refused("not_found")
    check_hash(args, view)
    return shown(slack, modals.update_view(slack, view, source(args)))


@method("views.publish")
def publish(slack: Board, args: Arguments) -> Body:
    """Shows a Home tab to one person."""
    user = args.need("user_id")
    if user not in slack.people:
        raise Refused("user_not_found")
    given = check_view(source(args), "home")
    view = slack.homes.get(user)
    if view is None:
        modals.check_external_id(slack, given, None)
        view = slack.homes[user] = modals.new_view(slack, given, "home", user)
        slack.shown(view)
    else:
        check_hash(args, view)
        modals.update_view(slack, view, given)
    return shown(slack, view)


def source(args: Arguments) -> Any:
    """The view's definition as it was given."""
    view = args.json("view")
    if view is None:
        raise Refused("invalid_arguments", ["[ERROR] missing required field: view"])
    return view


def use_trigger(slack: Board, args: Arguments) -> Trigger:
    """Takes a trigger_id: once, and within three seconds."""
    given = args.word("trigger_id") or args.need("interactivity_pointer", "invalid_arguments")
    trigger = slack.triggers.get(given)
    if trigger is None:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if time.monotonic() > trigger.expires:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger


def by_external_id(slack: Board, args: Arguments) -> View | None:
    """The open view with the app's own id."""
    external_id = args.word("external_id")
    found = (view for view in slack.views.values() if view.external_id == external_id)
    return next(found, None) if external_id else None


def check_hash(args: Arguments, view: View) -> None:
    """Refuses a change to a view that is not the one the app has seen."""
    if args.word("hash") not in ("", view.hash):
        raise Refused("hash_conflict")


def shown(slack: Board, view: View) -> Body:
    """The answer of every views method."""
    return {"view": events.view_of(slack, view)}
