"""`/draft words`: a wish. `/draft` alone: the form. Other skills with a command start at once."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.agent.skills import commands, skills
from bot.core.brief import just_for_me
from bot.core.ids import task_id
from bot.digests.models import SKILL
from bot.i18n.messages import Words, language_of
from bot.slack.actions import digests
from bot.slack.context import Front
from bot.slack.history import as_words
from bot.slack.location import asked_at
from bot.slack.views.forms import brief_form
from bot.tasks.models import Task, Wish


def only_stores(body: dict[str, Any]) -> bool:
    """Whether this command makes a task and opens no form: it can wait until it is known whose it
    is."""
    skill = skills().get(commands().get(str(body.get("command") or "").lstrip("/"), ""))
    if skill is None or skill.name == SKILL:
        return False
    words = just_for_me(as_words(str(body.get("text") or "")))[1]
    return bool(words) or not skill.for_channels


async def asked(front: Front, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Store the wish, or open the form; then answer. No other call of Slack's on the way."""
    skill = skills()[commands()[str(body.get("command") or "/draft").lstrip("/")]]
    if skill.name == SKILL:
        await digests.opened(front, ack, body)
        return
    workspace, user = str(body.get("team_id") or body.get("enterprise_id")), str(body["user_id"])
    front.house.policy(workspace).demand_if_known(user, "ask")
    front.channel_members.pressed_in(workspace, user, str(body["channel_id"]))
    private, words = just_for_me(as_words(str(body.get("text") or "")))
    place = asked_at(str(body["channel_id"]), user, private=private)
    if not words and not skill.for_channels:  # of all there is
        words = Words(skill.title).to(language_of(front.people.known(workspace, user)))
    if not words:
        language = await front.language(workspace, user)
        form = brief_form(language, front.house.brand(workspace))
        await front.open(str(body["trigger_id"]), form, place | {"private": private})
    else:
        wish = Wish(
            id=task_id(workspace, "command", str(body["trigger_id"])),
            workspace=workspace,
            author=user,
            words=words,
            place=place,
            locale=front.people.known(workspace, user),
            private=private,
            form={} if skill.name == "draft" else {"skill": skill.name},
        )
        await front.run(Task.accept, front.house.enqueue, wish, front.house.now())
    await ack()
