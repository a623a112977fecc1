"""What people do with forms: fill in, send, close."""

from typing import Any

from bot.playground import events, modals
from bot.playground.answer import Answer
from bot.playground.blocks import flat, own_elements
from bot.playground.board import Board
from bot.playground.fields import filled, problem_of
from bot.playground.refusals import Impossible, Refused
from bot.playground.view import View

Typed = dict[str, dict[str, Any]]
TROUBLE = "We had some trouble connecting. Try again?"


class Filling(Board):
    """The verbs of people before a modal."""

    def fill(self, user: str, view_id: str, values: Typed) -> View:
        """Puts values into a form without sending it: {block_id: {action_id: value}}."""
        view = self._open(user, view_id)
        elements = {
            (block["block_id"], one["action_id"]): one
            for block in flat(view.blocks)
            for one in own_elements(block)
        }
        for block_id, fields in values.items():
            for action_id, value in fields.items():
                element = elements.get((block_id, action_id))
                if element is None:
                    raise Impossible(f"no field {block_id}/{action_id}; there are {list(elements)}")
                view.values.setdefault(block_id, {})[action_id] = filled(element, value)
        return view

    async def submit(self, user: str, view_id: str, values: Typed | None = None) -> Answer:
        """Sends a form, after the checks that Slack's client makes, and does what the app says."""
        view = self.fill(user, view_id, values or {})
        if not view.source.get("submit"):
            raise Impossible("this view has no submit button")
        if view is not self.open_views(user)[-1]:
            raise Impossible("another view lies on top of this one")
        if problems := _problems(view):
            raise Impossible(f"Slack would not send this form: {problems}")
        body = events.interaction(self, "view_submission", user, view.id)
        body |= {"view": events.view_of(self, view), "response_urls": self._response_urls(view)}
        answer = await self.interact(body)
        return self._obey(view, answer)

    async def close(self, user: str, view_id: str) -> Answer | None:
        """Closes a modal; the app hears of it only if it asked to (notify_on_close)."""
        view = self._open(user, view_id)
        cleared = bool(view.source.get("clear_on_close"))
        modals.close_view(self, view, all_of_them=cleared)
        if not view.source.get("notify_on_close"):
            return None
        body = events.interaction(self, "view_closed", user)
        del body["trigger_id"]
        body |= {"view": events.view_of(self, view), "is_cleared": cleared}
        return await self.interact(body)

    def _obey(self, view: View, answer: Answer) -> Answer:
        view.errors, view.trouble = {}, None
        said = answer.body if isinstance(answer.body, dict) else {}
        action = said.get("response_action")
        try:
            if answer.error:
                raise Refused(answer.error)
            if action == "errors":
                view.errors = _checked(view, said.get("errors"))
            elif action == "update":
                modals.update_view(self, view, said.get("view"))
            elif action == "push":
                modals.open_view(self, said.get("view"), view.user, view)
            else:
                modals.close_view(self, view, all_of_them=action == "clear")
        except Refused as refusal:
            view.trouble = f"{TROUBLE} ({refusal.error}{''.join(refusal.messages)})"
        self.shown(view)
        if view.errors or view.trouble:
            return Answer(
                answer.status, answer.ms, answer.body, view.trouble and "trouble", view.errors
            )
        return answer

    def _open(self, user: str, view_id: str) -> View:
        view = self.views.get(view_id)
        if view is None or view.user != user or view.kind != "modal":
            raise Impossible(f"{user} has no modal {view_id} open")
        return view

    def _response_urls(self, view: View) -> list[dict[str, Any]]:
        urls = []
        for block in flat(view.blocks):
            for element in own_elements(block):
                if element.get("response_url_enabled"):
                    state = view.values[block["block_id"]][element["action_id"]]
                    channel = state.get("selected_conversation") or state["selected_channel"]
                    urls.append(
                        {
                            "block_id": block["block_id"],
                            "action_id": element["action_id"],
                            "channel_id": channel,
                            "response_url": events.new_response_url(self, view.user, channel),
                        }
                    )
        return urls


def _problems(view: View) -> dict[str, str]:
    problems = {}
    for block in flat(view.blocks):
        if block["type"] == "input":
            state = view.values[block["block_id"]][block["element"]["action_id"]]
            if problem := problem_of(block, state):
                problems[block["block_id"]] = problem
    return problems


def _checked(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in flat(view.blocks) if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refused("invalid_arguments", ["errors must name input blocks of the view"])
    return {block_id: str(words) for block_id, words in errors.items()}
