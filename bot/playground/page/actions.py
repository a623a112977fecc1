"""Runs the actions that people take on the page in the local Slack."""

import base64
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import yaml

from bot.agent.skills import load_skills
from bot.i18n.languages import get_language, load_languages
from bot.playground import user_actions
from bot.playground.errors import ImpossibleAction
from bot.playground.local_slack import LocalSlack
from bot.playground.terminal.text_rendering import compose_text
from bot.playground.transport import AppResponse

ActionRequest = dict[str, Any]
ActionHandler = Callable[[str, ActionRequest], Awaitable[AppResponse | None]]
MAX_RESPONSES = 60
INVITE_COMMAND = "/invite"  # a built-in command of Slack that the cards mention
EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE_FILES = {
    language: path
    for language, table in load_languages().items()
    if (path := EXAMPLES / f"{table.name.lower()}.yaml").is_file()
}
UNKNOWN_COMMAND = "{command} is not a valid command."


def list_commands() -> list[dict[str, str]]:
    """Return the slash commands that the intern's skills declare."""
    return [
        {"command": f"/{skill.command}", "what": skill.summary, "hint": skill.hint}
        for skill in load_skills().values()
        if skill.command
    ]


def list_examples() -> dict[str, list[str]]:
    """Return the questions with example answers, by language."""
    found: dict[str, list[str]] = {}
    for language, file in EXAMPLE_FILES.items():
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []
        found[language] = [one["ask"] for one in entries if not one.get("after")]
    return found


class ActionRunner:
    """Runs the actions of one page; `acks` are the intern's latest acknowledgements."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self.acks: deque[dict[str, Any]] = deque(maxlen=MAX_RESPONSES)
        self.commands = list_commands()
        self.examples = list_examples()
        self._handlers: dict[str, ActionHandler] = {
            "say": self._post_message,
            "command": self._command,
            "click": self._click,
            "fill": self._fill,
            "submit": self._submit,
            "close": self._close,
            "home": self._open_home,
            "edit": self._edit,
            "delete": self._delete,
            "speak": self._set_language,
        }

    async def run(self, user: str, request: ActionRequest) -> dict[str, Any]:
        """Run an action for a person and return its result for the page.

        Raises ImpossibleAction if the action is unknown, incomplete or not possible."""
        verb = self._handlers.get(str(request.get("do")))
        if verb is None:
            raise ImpossibleAction(f"there is no action {request.get('do')!r}")
        try:
            answer = await verb(user, request)
        except (KeyError, TypeError, ValueError) as error:
            raise ImpossibleAction(f"{request.get('do')}: {error!r}") from error
        if answer is None:
            return {}
        return {"ms": round(answer.ms, 1), "error": answer.error, "errors": answer.errors}

    async def _post_message(self, user: str, request: ActionRequest) -> None:
        files = [
            (str(one["name"]), base64.b64decode(one["bytes"])) for one in request.get("files", [])
        ]
        text = compose_text(str(request.get("text", "")), self.slack)
        await self.slack.post_message(
            user, request["channel"], text, request.get("thread") or None, files
        )

    async def _command(self, user: str, request: ActionRequest) -> AppResponse | None:
        command, channel = str(request["command"]), str(request["channel"])
        text = compose_text(str(request.get("text", "")), self.slack)
        if command == INVITE_COMMAND and f"<@{self.slack.bot_user}>" in text:
            user_actions.invite_bot(self.slack, user, self.slack.places[channel])
            return None
        if command not in [one["command"] for one in self.commands]:
            self.slack.show_slack_error(user, channel, UNKNOWN_COMMAND.format(command=command))
            return None
        return self._record_ack(command, await self.slack.command(user, channel, command, text))

    async def _click(self, user: str, request: ActionRequest) -> AppResponse:
        answer = await self.slack.click(
            user,
            request.get("channel", ""),
            request.get("ts", ""),
            request["action_id"],
            request.get("block_id"),
            request.get("value"),
            view_id=request.get("view"),
        )
        return self._record_ack(f"block_actions · {request['action_id']}", answer)

    async def _fill(self, user: str, request: ActionRequest) -> None:
        self.slack.fill(user, request["view"], request["values"])

    async def _submit(self, user: str, request: ActionRequest) -> AppResponse:
        values = dict(request.get("values") or {})
        name = self.slack.views[request["view"]].callback_id
        answer = await self.slack.submit(user, request["view"], values)
        return self._record_ack(f"view_submission · {name}", answer)

    async def _close(self, user: str, request: ActionRequest) -> None:
        self.slack.close(user, request["view"])

    async def _open_home(self, user: str, request: ActionRequest) -> None:
        await self.slack.open_home(user, str(request.get("tab", "home")))

    async def _edit(self, user: str, request: ActionRequest) -> None:
        text = compose_text(str(request["text"]), self.slack)
        await self.slack.edit(user, request["channel"], request["ts"], text)

    async def _delete(self, user: str, request: ActionRequest) -> None:
        await self.slack.delete(user, request["channel"], request["ts"])

    async def _set_language(self, user: str, request: ActionRequest) -> None:
        await self.slack.set_locale(
            user, get_language(request["language"]).locale.replace("_", "-")
        )

    def _record_ack(self, name: str, answer: AppResponse) -> AppResponse:
        ack = {"name": name, "ms": round(answer.ms, 1), "error": answer.error, "at": time.time()}
        self.acks.append(ack)
        return answer
