"""What a person does on the page, carried out in the local Slack."""

import base64
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from bot.agent.skills import skills
from bot.playground import inviting
from bot.playground.answer import Answer
from bot.playground.refusals import Impossible
from bot.playground.slack import LocalSlack

Deed = dict[str, Any]
Verb = Callable[[str, Deed], Awaitable[Answer | None]]
KEPT = 60
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
INVITE = "/invite"  # Slack's own; the cards name it
NOT_A_COMMAND = "{command} is not a valid command."


def commands() -> list[dict[str, str]]:
    """The slash commands that the intern's skills declare."""
    return [
        {"command": f"/{skill.command}", "what": skill.summary, "hint": skill.hint}
        for skill in skills().values()
        if skill.command
    ]


class Deeds:
    """Each verb takes who does it and what the page sent; `acks` are the intern's answers."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self.acks: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.commands = commands()
        self._verbs: dict[str, Verb] = {
            "say": self._say,
            "command": self._command,
            "click": self._click,
            "fill": self._fill,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
            "edit": self._edit,
            "delete": self._delete,
            "speak": self._speak,
        }

    async def do(self, me: str, deed: Deed) -> dict[str, Any]:
        """Raises Impossible, with words for the log, when it can't be done."""
        verb = self._verbs.get(str(deed.get("do")))
        if verb is None:
            raise Impossible(f"there is no deed {deed.get('do')!r}")
        try:
            answer = await verb(me, deed)
        except (KeyError, TypeError, ValueError) as error:
            raise Impossible(f"{deed.get('do')}: {error!r}") from error
        if answer is None:
            return {}
        return {"ms": round(answer.ms, 1), "error": answer.error, "errors": answer.errors}

    async def _say(self, me: str, deed: Deed) -> None:
        files = [
            (str(one["name"]), base64.b64decode(one["bytes"])) for one in deed.get("files", [])
        ]
        text = meant(self.slack, str(deed.get("text", "")))
        await self.slack.say(me, deed["channel"], text, deed.get("thread") or None, files)

    async def _command(self, me: str, deed: Deed) -> Answer | None:
        command, channel = str(deed["command"]), str(deed["channel"])
        text = meant(self.slack, str(deed.get("text", "")))
        if command == INVITE and f"<@{self.slack.bot_user}>" in text:
            inviting.invite(self.slack, me, self.slack.places[channel])
            return None
        if command not in [one["command"] for one in self.commands]:
            self.slack.refuse_to(me, channel, NOT_A_COMMAND.format(command=command))
            return None
        return self._noted(command, await self.slack.command(me, channel, command, text))

    async def _click(self, me: str, deed: Deed) -> Answer:
        answer = await self.slack.click(
            me,
            deed.get("channel", ""),
            deed.get("ts", ""),
            deed["action_id"],
            deed.get("block_id"),
            deed.get("value"),
            view_id=deed.get("view"),
        )
        return self._noted(f"block_actions · {deed['action_id']}", answer)

    async def _fill(self, me: str, deed: Deed) -> None:
        self.slack.fill(me, deed["view"], deed["values"])

    async def _submit(self, me: str, deed: Deed) -> Answer:
        values = dict(deed.get("values") or {})
        for field in deed.get("files", []):  # a file_input's bytes become files of Slack's first
            stored = self.slack.upload(me, str(field["name"]), base64.b64decode(field["bytes"]))
            block = values.setdefault(field["block_id"], {})
            block.setdefault(field["action_id"], []).append(stored.as_slack())
        name = self.slack.views[deed["view"]].callback_id
        answer = await self.slack.submit(me, deed["view"], values)
        return self._noted(f"view_submission · {name}", answer)

    async def _close(self, me: str, deed: Deed) -> Answer | None:
        return await self.slack.close(me, deed["view"])

    async def _home(self, me: str, deed: Deed) -> None:
        await self.slack.open_home(me, str(deed.get("tab", "home")))

    async def _edit(self, me: str, deed: Deed) -> None:
        text = meant(self.slack, str(deed["text"]))
        await self.slack.edit(me, deed["channel"], deed["ts"], text)

    async def _delete(self, me: str, deed: Deed) -> None:
        await self.slack.delete(me, deed["channel"], deed["ts"])

    async def _speak(self, me: str, deed: Deed) -> None:
        await self.slack.speak(me, LOCALES[deed["language"]])

    def _noted(self, name: str, answer: Answer) -> Answer:
        told = {"name": name, "ms": round(answer.ms, 1), "error": answer.error, "at": time.time()}
        self.acks.append(told)
        return answer


def meant(slack: LocalSlack, text: str) -> str:
    """Typed words as Slack stores them: harmless signs, and names that are addressed."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    names = {}
    for id, person in slack.people.items():
        for name in (person.display_name, person.name):
            names[f"@{name}".lower()] = f"<@{id}>"
    for id, place in slack.places.items():
        if place.name and not place.is_direct:
            names[f"#{place.name}".lower()] = f"<#{id}|{place.name}>"
    longest = sorted(names, key=len, reverse=True)
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)"
    return re.sub(pattern, lambda found: names[found[0].lower()], text, flags=re.IGNORECASE)
