"""Views: the views.* methods, each person's stack of modals, and how people submit them."""

import time
from typing import Any

from bot.playground.block_kit import (
    View,
    build_element_state,
    check_view,
    find_input_problem,
    list_elements,
)
from bot.playground.errors import ApiRefusal, ImpossibleAction
from bot.playground.methods import MethodArguments, ResponseBody, register_method
from bot.playground.slack_objects import Trigger
from bot.playground.transport import AppResponse
from bot.playground.workspace import SlackWorkspace


def open_view(slack: SlackWorkspace, source: Any, user: str) -> View:
    """Open a modal, on top of those that are open."""
    check_view(source, "modal")
    view = create_view(slack, source, "modal", user)
    slack.modal_stacks.setdefault(user, []).append(view)
    slack.notify_view_change(view)
    return view


def create_view(slack: SlackWorkspace, source: Any, kind: str, user: str) -> View:
    """Create a view with a new id and store it in the workspace."""
    id = slack.ids.new_id("V")
    view = View(id, kind, user, source, [], "")
    view.replace_source(source, slack.ids)
    slack.views[id] = view
    return view


def update_view(slack: SlackWorkspace, view: View, source: Any) -> View:
    """Replace the definition of an open view."""
    check_view(source, view.kind)
    view.replace_source(source, slack.ids)
    slack.notify_view_change(view)
    return view


def close_view(slack: SlackWorkspace, view: View) -> None:
    view.closed = True
    slack.modal_stacks[view.user].remove(view)
    del slack.views[view.id]
    slack.notify_view_change(view)


# What people do with modals: fill in, submit and close.

FormValues = dict[str, dict[str, Any]]
SUBMIT_FAILURE = "We had some trouble connecting. Try again?"


class FormActions(SlackWorkspace):
    """The actions of people in modals."""

    def fill(self, user: str, view_id: str, values: FormValues) -> View:
        """Fill in fields without submitting. `values` is {block_id: {action_id: value}}."""
        view = self._find_modal(user, view_id)
        elements = {
            (block["block_id"], one["action_id"]): one
            for block in view.blocks
            for one in list_elements(block)
        }
        for block_id, fields in values.items():
            for action_id, value in fields.items():
                element = elements.get((block_id, action_id))
                if element is None:
                    raise ImpossibleAction(
                        f"no field {block_id}/{action_id}; there are {list(elements)}"
                    )
                view.values.setdefault(block_id, {})[action_id] = build_element_state(
                    element, value
                )
        return view

    async def submit(
        self, user: str, view_id: str, values: FormValues | None = None
    ) -> AppResponse:
        """Submit a form after the checks of Slack's client, and apply the app's response_action."""
        view = self.fill(user, view_id, values or {})
        if not view.source.get("submit"):
            raise ImpossibleAction("this view has no submit button")
        if view is not self.open_views(user)[-1]:
            raise ImpossibleAction("another view lies on top of this one")
        if problems := _find_problems(view):
            raise ImpossibleAction(f"Slack would not send this form: {problems}")
        body = self.build_interaction("view_submission", user)
        body |= {"view": self.build_view_payload(view), "response_urls": []}
        answer = await self.send_interaction(body)
        return self._apply_response(view, answer)

    def close(self, user: str, view_id: str) -> None:
        """Close a modal. Slack tells the app only about views with notify_on_close."""
        close_view(self, self._find_modal(user, view_id))

    def _apply_response(self, view: View, answer: AppResponse) -> AppResponse:
        view.errors, view.trouble = {}, None
        response = answer.body if isinstance(answer.body, dict) else {}
        action = response.get("response_action")
        try:
            if answer.error:
                raise ApiRefusal(answer.error)
            if action == "errors":
                view.errors = _check_errors(view, response.get("errors"))
            elif action == "update":
                update_view(self, view, response.get("view"))
            elif action is None:
                close_view(self, view)
            else:
                raise ApiRefusal("invalid_arguments", [f"unknown response_action {action}"])
        except ApiRefusal as refusal:
            view.trouble = f"{SUBMIT_FAILURE} ({refusal.error}{''.join(refusal.messages)})"
        self.notify_view_change(view)
        if view.errors or view.trouble:
            return AppResponse(
                answer.status, answer.ms, answer.body, view.trouble and "trouble", view.errors
            )
        return answer

    def _find_modal(self, user: str, view_id: str) -> View:
        view = self.views.get(view_id)
        if view is None or view.user != user or view.kind != "modal":
            raise ImpossibleAction(f"{user} has no modal {view_id} open")
        return view


def _find_problems(view: View) -> dict[str, str]:
    problems = {}
    for block in view.blocks:
        if block["type"] == "input":
            state = view.values[block["block_id"]][block["element"]["action_id"]]
            if problem := find_input_problem(block, state):
                problems[block["block_id"]] = problem
    return problems


def _check_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise ApiRefusal("invalid_arguments", ["errors must name input blocks of the view"])
    return {block_id: str(words) for block_id, words in errors.items()}


@register_method("views.open")
def open_modal(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    trigger = use_trigger(slack, args)
    return build_view_response(slack, open_view(slack, read_view_source(args), trigger.user))


@register_method("views.publish")
def publish_home(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    user = args.require_string("user_id")
    if user not in slack.people:
        raise ApiRefusal("user_not_found")
    given = check_view(read_view_source(args), "home")
    view = slack.homes.get(user)
    if view is None:
        view = slack.homes[user] = create_view(slack, given, "home", user)
        slack.notify_view_change(view)
    else:
        check_view_hash(args, view)
        update_view(slack, view, given)
    return build_view_response(slack, view)


def read_view_source(args: MethodArguments) -> Any:
    view = args.read_json("view")
    if view is None:
        raise ApiRefusal("invalid_arguments", ["[ERROR] missing required field: view"])
    return view


def use_trigger(slack: SlackWorkspace, args: MethodArguments) -> Trigger:
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


def check_view_hash(args: MethodArguments, view: View) -> None:
    """Raise ApiRefusal (hash_conflict) if the view has changed since the given hash."""
    if args.read_string("hash") not in ("", view.hash):
        raise ApiRefusal("hash_conflict")


def build_view_response(slack: SlackWorkspace, view: View) -> ResponseBody:
    return {"view": slack.build_view_payload(view)}
