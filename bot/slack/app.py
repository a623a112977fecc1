"""The Bolt app: its listeners, its middleware, the answers to errors, and Socket Mode."""

import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.agent.skills import load_commands as skills_commands
from bot.core.request import task_id
from bot.errors import CannotDo, TryAgain, log_bug
from bot.i18n.messages import Words
from bot.jobs.models import Requester, current_requester
from bot.slack import commands
from bot.slack.action_ids import BRIEF_FORM, CHECK_TEXT, OWN_TEXT
from bot.slack.actions import buttons
from bot.slack.authorization import AuthorizationGate, make_empty_response
from bot.slack.client import SlackRefusal, SlackServices
from bot.slack.events import message_changes, message_events
from bot.slack.http import is_verified
from bot.slack.listeners import BackgroundTasks, ListenerContext
from bot.slack.membership import Membership
from bot.slack.notices import enqueue_ephemeral
from bot.slack.sender import HISTORY_LAG_SECONDS
from bot.slack.users import UserDirectory
from bot.slack.views import home, submissions


class RequestBodyFilter(logging.Filter):
    """Keeps request contents out of the log.

    Bolt may log that a signature was invalid, that no listener took a request, and its warnings.
    Its other lines quote whole requests and answers, with what people wrote.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = str(record.msg)
        if "signature" in message:
            record.msg, record.args = "A request was not signed by Slack", ()
            return True
        if message.startswith("Unhandled request"):
            record.msg, record.args = "No listener for a request", ()
        return record.levelno >= logging.WARNING and "will be unused" not in message


def make_bolt_logger() -> logging.Logger:
    """Return the logger that Bolt and its Socket Mode client derive theirs from. Its level does not
    depend on the root logger's."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.INFO)
    if not any(isinstance(one, RequestBodyFilter) for one in logger.filters):
        logger.addFilter(RequestBodyFilter())
    return logger


# The listeners. Each one checks and commits; Slack is answered after that.

ANY_ID = re.compile("")
RETRY_NUMBER = re.compile(r"[0-9]{1,9}")
MAX_RETRIES = 3  # Slack retries at once, after one minute and after five minutes
Body = dict[str, Any]


def make_app(
    services: SlackServices,
    people: UserDirectory,
    signing_secret: str,
    *,
    history_lag: float = HISTORY_LAG_SECONDS,
    membership: Membership | None = None,
) -> tuple[AsyncApp, BackgroundTasks]:
    """Build the app for HTTP and Socket Mode, and the background tasks to close at the end.

    Building it calls nobody. The policy that the listeners read has its user groups resolved.
    """
    membership = membership or Membership(services, people)
    services = replace(services, policy=membership.policy)
    context = ListenerContext(
        services, people, BackgroundTasks(), history_lag, membership=membership
    )
    token = services.client.token

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = AsyncApp(
        name="super-intern",
        logger=make_bolt_logger(),
        # Bolt must not use the intern's client
        client=AsyncWebClient(base_url=services.client.base_url),
        signing_secret=signing_secret,
        authorize=authorize,
        process_before_response=True,
        ignoring_self_events_enabled=False,  # the listeners ignore all bots, without a look-up
        attaching_conversation_kwargs_enabled=False,
    )
    gate = AuthorizationGate(context, membership)

    async def check_authorization(body: Body, next: Callable[[], Awaitable[BoltResponse]]) -> Any:
        answer = await gate.check(body)
        return await next() if answer is None else answer

    app.use(check_authorization)  # before every listener, whatever is registered later
    app.middleware(make_requester_middleware(context))
    _register_listeners(app, context)
    return app, context.background


def make_requester_middleware(
    context: ListenerContext,
) -> Callable[..., Awaitable[BoltResponse | None]]:
    """Build the middleware that counts a request's work towards its person, within the limits of
    the policy's `fairness`."""

    async def middleware(
        body: Body, next: Callable[[], Awaitable[BoltResponse | None]]
    ) -> BoltResponse | None:
        workspace, person = find_requester(body)
        # Bolt runs the listener after this function has returned, so the variable is never reset.
        current_requester.set(
            Requester(person, lambda: context.services.policy(workspace).fairness)
        )
        return await next()

    return middleware


def find_requester(body: Body) -> tuple[str, str]:
    """Return the workspace and the person of any request; the person is "?" when none is named."""
    event = body.get("event") or {}
    sources = [event, event.get("message"), event.get("previous_message")]
    names = [one.get("user") for one in sources if isinstance(one, dict)]
    ids = [one.get("id") if isinstance(one, dict) else one for one in names]
    workspace, user = _find_person(body)
    if event:
        workspace = str(body.get("team_id") or event.get("team") or "")
    return workspace, user or next((str(one) for one in ids if one), "?")


def _register_listeners(app: AsyncApp, context: ListenerContext) -> None:
    async def message(body: Body) -> None:
        changes = (message_changes.CHANGED, message_changes.DELETED)
        if body["event"].get("subtype") in changes:
            await message_changes.handle_message_change(context, body)
        else:
            await message_events.handle_message(context, body)

    async def ignore(body: Body) -> None:
        """Accept the events that no listener needs."""

    async def view_closed(ack: AsyncAck) -> None:
        await ack()

    async def handle_error(error: Exception, body: Body, request: AsyncBoltRequest) -> BoltResponse:
        if not is_verified(request):  # an unverified sender gets no information
            return BoltResponse(status=401)
        return await build_error_response(context, error, body, last=_is_last_retry(request))

    for name in skills_commands():
        app.command(f"/{name}")(partial(commands.handle_command, context))
    app.event("app_mention")(message)
    app.event("message")(message)
    app.event("app_home_opened")(partial(home.handle_home_opened, context))
    app.event("user_change")(partial(message_changes.handle_user_change, context))
    app.event("agent_session_stopped")(partial(message_events.handle_session_stopped, context))
    app.event(ANY_ID)(ignore)
    app.message_shortcut(CHECK_TEXT)(partial(commands.handle_check_shortcut, context))
    app.action(BRIEF_FORM)(partial(home.open_new_brief, context))
    app.action(OWN_TEXT)(partial(home.open_own_text, context))
    app.action(ANY_ID)(partial(buttons.handle_block_action, context))
    app.view_submission(ANY_ID)(partial(submissions.handle_view_submission, context))
    app.view_closed(ANY_ID)(view_closed)
    app.error(handle_error)


async def build_error_response(
    context: ListenerContext, error: Exception, body: Body, *, last: bool = False
) -> BoltResponse:
    """Build the answer to Slack after a listener raised, and notify the person.

    Slack sends a failed event again, so the person is notified only after the `last` retry.
    Somebody who is known to be no member is not notified.
    """
    workspace, user = _find_person(body)
    standing = context.cached_standing(workspace, user)
    if standing not in (None, "member"):
        return make_empty_response()
    if isinstance(error, CannotDo):
        words = error.words
    elif isinstance(error, TryAgain | SlackRefusal):
        words = Words("Slack didn't answer in time. Nothing was lost; please try again.")
    else:
        reference = log_bug(error)
        words = Words(
            "Something broke on our side. Nothing of yours was lost. Please try again, or quote "
            "{reference} to whoever runs the intern.",
            reference=reference,
        )
    if "event" in body:
        if last and standing == "member" and (place := message_events.find_addressed_message(body)):
            context.background.start(context.people.notify(*place[:2], words, *place[2:]))
        return BoltResponse(status=500)  # Slack sends it again
    if body.get("type") == "view_submission":
        text = words.to(await context.language(workspace, user))
        return _build_form_error(body["view"], text)
    if body.get("command"):
        text = words.to(await context.language(workspace, user))
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
    if user:
        await _report_error(context, body, workspace, user, words, getattr(error, "once", None))
    return BoltResponse(status=200)


async def _report_error(
    context: ListenerContext, body: Body, workspace: str, user: str, words: Words, once: str | None
) -> None:
    """Notify the person who pressed a button, through the outbox, so that it survives a crash.

    An error with the same `once` is reported once. When the rows can't be written, the person is
    notified directly.
    """
    channel = (body.get("channel") or {}).get("id")
    thread = (body.get("container") or {}).get("thread_ts")
    about = task_id(workspace, user, str(body.get("trigger_id") or uuid.uuid4().hex))
    if once is not None:
        about = task_id(workspace, user, once)
    try:
        await context.run(
            enqueue_ephemeral,
            context.services.enqueue,
            about=about,
            workspace=workspace,
            user=user,
            words=words,
            channel=channel,
            thread=thread,
            now=context.services.now(),
        )
    except SQLAlchemyError:
        context.background.start(context.people.notify(workspace, user, words, channel, thread))


def _is_last_retry(request: AsyncBoltRequest) -> bool:
    """Return whether Slack will not send this event again."""
    tried = request.headers.get("x-slack-retry-num", ["0"])[0]
    return bool(RETRY_NUMBER.fullmatch(tried)) and int(tried) >= MAX_RETRIES


def _build_form_error(view: Body, text: str) -> BoltResponse:
    """Show the error at the form's first field, so that the form keeps what was typed."""
    for block in view.get("blocks") or []:
        if block.get("type") == "input":
            errors = {str(block["block_id"]): text[:2_000]}
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    return BoltResponse(status=200)


def _find_person(body: Body) -> tuple[str, str]:
    """Return the workspace and the person of a request of any kind."""
    user, team = body.get("user"), body.get("team")
    person = user.get("id") if isinstance(user, dict) else body.get("user_id")
    if isinstance(body.get("event"), dict):
        event_user = body["event"].get("user")
        person = event_user.get("id") if isinstance(event_user, dict) else event_user
    workspace = team.get("id") if isinstance(team, dict) else body.get("team_id")
    return str(workspace or ""), str(person or "")


def make_socket_mode(
    app: AsyncApp, services: SlackServices, app_token: str
) -> AsyncSocketModeHandler:
    """Build the connection, which reconnects by itself, without connecting. Call it inside the
    running event loop."""
    client = AsyncWebClient(base_url=services.client.base_url)
    return AsyncSocketModeHandler(app, app_token, web_client=client)
