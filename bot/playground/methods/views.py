"""views.*: opening and updating modals and Home tabs."""

import time
from typing import Any

from bot.playground import modals, payloads
from bot.playground.block_kit import View, check_view
from bot.playground.connected_workspace import ConnectedWorkspace
from bot.playground.errors import ApiRefusal
from bot.playground.methods.registry import MethodArguments, ResponseBody, register_method
from bot.playground.slack_objects import Trigger


@register_method("views.open")
def open_modal(slack: ConnectedWorkspace, args: MethodArguments) -> ResponseBody:
    """Open a modal for the person of the trigger_id."""
    trigger = use_trigger(slack, args)
    return build_view_response(slack, modals.open_view(slack, read_view_source(args), trigger.user))


@register_method("views.push")
def push_modal(slack: ConnectedWorkspace, args: MethodArguments) -> ResponseBody:
    """Open a view on top of the modal that the trigger_id belongs to."""
    trigger = use_trigger(slack, args)
    parent = slack.views.get(trigger.view_id or "")
    if parent is None or parent.kind != "modal":
        raise ApiRefusal("not_found")
    top = slack.open_views(trigger.user)[-1]
    return build_view_response(
        slack, modals.open_view(slack, read_view_source(args), trigger.user, top)
    )


@register_method("views.update")
def change_view(slack: ConnectedWorkspace, args: MethodArguments) -> ResponseBody:
    """Update an open view by its view_id or external_id."""
    view = slack.views.get(args.read_string("view_id")) or find_by_external_id(slack, args)
    if view is None:
        raise ApiRefusal("not_found")
    check_view_hash(args, view)
    return build_view_response(slack, modals.update_view(slack, view, read_view_source(args)))


@register_method("views.publish")
def publish_home(slack: ConnectedWorkspace, args: MethodArguments) -> ResponseBody:
    """Publish the Home tab of one person."""
    user = args.require_string("user_id")
    if user not in slack.people:
        raise ApiRefusal("user_not_found")
    given = check_view(read_view_source(args), "home")
    view = slack.homes.get(user)
    if view is None:
        modals.check_external_id(slack, given, None)
        view = slack.homes[user] = modals.create_view(slack, given, "home", user)
        slack.notify_view_change(view)
    else:
        check_view_hash(args, view)
        modals.update_view(slack, view, given)
    return build_view_response(slack, view)


def read_view_source(args: MethodArguments) -> Any:
    view = args.read_json("view")
    if view is None:
        raise ApiRefusal("invalid_arguments", ["[ERROR] missing required field: view"])
    return view


def use_trigger(slack: ConnectedWorkspace, args: MethodArguments) -> Trigger:
    """Use up a trigger_id; it is valid once and for three seconds."""
    given = args.read_string("trigger_id") or args.require_string(
        "interactivity_pointer", "invalid_arguments"
    )
    trigger = slack.triggers.get(given)
    if trigger is None:
        raise ApiRefusal("invalid_trigger_id")
    if trigger.used:
        raise ApiRefusal("exchanged_trigger_id")
    if time.monotonic() > trigger.expires:
        raise ApiRefusal("expired_trigger_id")
    trigger.used = True
    return trigger


def find_by_external_id(slack: ConnectedWorkspace, args: MethodArguments) -> View | None:
    """Return the open view with the given external_id, or None."""
    external_id = args.read_string("external_id")
    found = (view for view in slack.views.values() if view.external_id == external_id)
    return next(found, None) if external_id else None


def check_view_hash(args: MethodArguments, view: View) -> None:
    """Raise ApiRefusal (hash_conflict) if the view has changed since the given hash."""
    if args.read_string("hash") not in ("", view.hash):
        raise ApiRefusal("hash_conflict")


def build_view_response(slack: ConnectedWorkspace, view: View) -> ResponseBody:
    return {"view": payloads.build_view_payload(slack, view)}
