"""The stack of modals before each person, three deep at most."""

from typing import Any

from bot.playground import payloads
from bot.playground.block_kit import (
    View,
    build_element_state,
    check_view,
    find_input_problem,
    list_elements,
    walk_blocks,
)
from bot.playground.connected_workspace import ConnectedWorkspace
from bot.playground.errors import ApiRefusal, ImpossibleAction
from bot.playground.transport import AppResponse

MAX_STACK_DEPTH = 3


def open_view(slack: ConnectedWorkspace, source: Any, user: str, under: View | None = None) -> View:
    """Opens a modal; with `under`, on top of that one."""
    check_view(source, "modal")
    check_external_id(slack, source, None)
    if under is not None and count_stacked_views(under, slack) >= MAX_STACK_DEPTH:
        raise ApiRefusal("push_limit_reached")
    view = create_view(slack, source, "modal", user, under)
    slack.modal_stacks.setdefault(user, []).append(view)
    slack.notify_view_change(view)
    return view


def create_view(
    slack: ConnectedWorkspace, source: Any, kind: str, user: str, under: View | None = None
) -> View:
    """A view with an id of its own, kept under it."""
    id = slack.ids.new_id("V")
    root, previous = (under.root_id, under.id) if under else (id, None)
    view = View(id, kind, user, source, [], "", root, previous)
    view.replace_source(source, slack.ids)
    slack.views[id] = view
    return view


def update_view(slack: ConnectedWorkspace, view: View, source: Any) -> View:
    """Puts a new definition into an open view."""
    check_view(source, view.kind)
    check_external_id(slack, source, view)
    view.replace_source(source, slack.ids)
    slack.notify_view_change(view)
    return view


def close_view(slack: ConnectedWorkspace, view: View, *, all_of_them: bool = False) -> list[View]:
    """Takes a view, or its whole stack, from before the person."""
    stack = slack.modal_stacks.get(view.user, [])
    gone = [one for one in stack if one is view or (all_of_them and one.root_id == view.root_id)]
    for one in gone:
        one.closed = True
        stack.remove(one)
        del slack.views[one.id]
    slack.notify_view_change(view)
    return gone


def count_stacked_views(view: View, slack: ConnectedWorkspace) -> int:
    """How many views lie in this one's stack."""
    return sum(one.root_id == view.root_id for one in slack.modal_stacks.get(view.user, []))


def check_external_id(slack: ConnectedWorkspace, source: dict[str, Any], but: View | None) -> None:
    """An external_id belongs to one open view."""
    if external_id := source.get("external_id"):
        for view in slack.views.values():
            if view.external_id == external_id and view is not but:
                raise ApiRefusal("duplicate_external_id")


# What people do with forms: fill in, send, close.

FormValues = dict[str, dict[str, Any]]
SUBMIT_FAILURE = "We had some trouble connecting. Try again?"


class FormActions(ConnectedWorkspace):
    """The verbs of people before a modal."""

    def fill(self, user: str, view_id: str, values: FormValues) -> View:
        """Puts values into a form without sending it: {block_id: {action_id: value}}."""
        view = self._find_modal(user, view_id)
        elements = {
            (block["block_id"], one["action_id"]): one
            for block in walk_blocks(view.blocks)
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
        """Sends a form, after the checks that Slack's client makes, and does what the app says."""
        view = self.fill(user, view_id, values or {})
        if not view.source.get("submit"):
            raise ImpossibleAction("this view has no submit button")
        if view is not self.open_views(user)[-1]:
            raise ImpossibleAction("another view lies on top of this one")
        if problems := _find_problems(view):
            raise ImpossibleAction(f"Slack would not send this form: {problems}")
        body = payloads.build_interaction(self, "view_submission", user, view.id)
        body |= {
            "view": payloads.build_view_payload(self, view),
            "response_urls": self._create_response_urls(view),
        }
        answer = await self.send_interaction(body)
        return self._apply_response(view, answer)

    async def close(self, user: str, view_id: str) -> AppResponse | None:
        """Closes a modal; the app hears of it only if it asked to (notify_on_close)."""
        view = self._find_modal(user, view_id)
        cleared = bool(view.source.get("clear_on_close"))
        close_view(self, view, all_of_them=cleared)
        if not view.source.get("notify_on_close"):
            return None
        body = payloads.build_interaction(self, "view_closed", user)
        del body["trigger_id"]
        body |= {"view": payloads.build_view_payload(self, view), "is_cleared": cleared}
        return await self.send_interaction(body)

    def _apply_response(self, view: View, answer: AppResponse) -> AppResponse:
        view.errors, view.trouble = {}, None
        said = answer.body if isinstance(answer.body, dict) else {}
        action = said.get("response_action")
        try:
            if answer.error:
                raise ApiRefusal(answer.error)
            if action == "errors":
                view.errors = _check_errors(view, said.get("errors"))
            elif action == "update":
                update_view(self, view, said.get("view"))
            elif action == "push":
                open_view(self, said.get("view"), view.user, view)
            else:
                close_view(self, view, all_of_them=action == "clear")
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

    def _create_response_urls(self, view: View) -> list[dict[str, Any]]:
        urls = []
        for block in walk_blocks(view.blocks):
            for element in list_elements(block):
                if element.get("response_url_enabled"):
                    state = view.values[block["block_id"]][element["action_id"]]
                    channel = state.get("selected_conversation") or state["selected_channel"]
                    urls.append(
                        {
                            "block_id": block["block_id"],
                            "action_id": element["action_id"],
                            "channel_id": channel,
                            "response_url": payloads.create_response_url(self, view.user, channel),
                        }
                    )
        return urls


def _find_problems(view: View) -> dict[str, str]:
    problems = {}
    for block in walk_blocks(view.blocks):
        if block["type"] == "input":
            state = view.values[block["block_id"]][block["element"]["action_id"]]
            if problem := find_input_problem(block, state):
                problems[block["block_id"]] = problem
    return problems


def _check_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in walk_blocks(view.blocks) if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise ApiRefusal("invalid_arguments", ["errors must name input blocks of the view"])
    return {block_id: str(words) for block_id, words in errors.items()}
