"""Slash commands. `/draft` with words makes a task, `/draft` alone opens the form; the commands of
other skills make a task at once."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.agent.skills import load_commands, load_skills
from bot.core.request import parse_just_for_me, task_id
from bot.digests.models import DIGEST_SKILL
from bot.errors import CannotDo
from bot.i18n.messages import Words, parse_language
from bot.offline.routing import find_channels
from bot.slack.actions import digests
from bot.slack.listeners import ListenerContext, find_workspace
from bot.slack.threads import make_place, remove_markup
from bot.slack.views.brief_form import build_brief_form, find_known_values

CHECK_SKILL = "check"


def is_task_command(body: dict[str, Any], *, has_ai: bool) -> bool:
    """Return whether this command makes a task and opens no form. Such a command can be stored
    before its author is verified. Without an AI, words for a text must name its channel."""
    skill = load_skills().get(load_commands().get(str(body.get("command") or "").lstrip("/"), ""))
    if skill is None or skill.name == DIGEST_SKILL:
        return False
    words = parse_just_for_me(remove_markup(str(body.get("text") or "")))[1]
    return bool(words if has_ai else find_channels(words)) or not skill.for_channels


async def handle_command(context: ListenerContext, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Store the task or open the form, then answer. Opening the form is the only call of Slack."""
    skill = load_skills()[load_commands()[str(body.get("command") or "/draft").lstrip("/")]]
    if skill.name == DIGEST_SKILL:
        await digests.open_digest_form(context, ack, body)
        return
    workspace, user = str(body.get("team_id") or body.get("enterprise_id")), str(body["user_id"])
    context.services.policy(workspace).require_if_known(user, "ask")
    context.channel_members.record_press(workspace, user, str(body["channel_id"]))
    private, words = parse_just_for_me(remove_markup(str(body.get("text") or "")))
    place = make_place(str(body["channel_id"]), user, private=private)
    if not words and not skill.for_channels:  # the command alone asks for the whole result
        words = Words(skill.title).to(parse_language(context.people.cached_locale(workspace, user)))
    has_ai = context.services.has_ai
    if not is_task_command(body, has_ai=has_ai):
        language = await context.language(workspace, user)
        values = {} if has_ai else find_known_values(words, {})
        form = build_brief_form(
            language,
            context.services.brand(workspace),
            words=words,
            values=values,
            is_full=not has_ai,
        )
        await context.open_modal(str(body["trigger_id"]), form, place | {"private": private})
    else:
        id = task_id(workspace, "command", str(body["trigger_id"]))
        fields = {} if skill.name == "draft" else {"skill": skill.name}
        new_task = context.build_task(
            workspace, user, id, words, place, private=private, form=fields
        )
        await context.run(context.accept, new_task)
    await ack()


async def handle_check_shortcut(
    context: ListenerContext, ack: AsyncAck, body: dict[str, Any]
) -> None:
    """Check the text of a message, for the person who asked alone."""
    workspace, user = find_workspace(body), str(body["user"]["id"])
    context.services.policy(workspace).require_if_known(user, "ask")
    channel = str(body["channel"]["id"])
    context.channel_members.record_press(workspace, user, channel)
    text = remove_markup(str(body["message"].get("text") or ""))
    if not text.strip():
        raise CannotDo("There is no text in this message.")
    id = task_id(workspace, "shortcut", str(body["trigger_id"]))
    place, form = make_place(channel, user, private=True), {"skill": CHECK_SKILL}
    new_task = context.build_task(workspace, user, id, text, place, private=True, form=form)
    await context.run(context.accept, new_task)
    await ack()
