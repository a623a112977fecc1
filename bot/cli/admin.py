"""Short commands: `migrate`, `manifest` and `doctor`."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Iterator
from functools import partial

from bot.agent.spending import Payer, SpendingCap, find_unpriced_models
from bot.app import Container
from bot.config.clock import now
from bot.config.policy import RIGHTS, Access, Policy
from bot.config.settings import Settings, describe_listener, find_setting_problems
from bot.data.warehouse.integrity import (
    abandon_rows,
    find_damaged_files,
    list_lost_files,
    set_aside,
    set_aside_database,
)
from bot.db.sqlite_file import describe_damage, find_database_fault
from bot.db.workspace import Workspace
from bot.errors import CannotDo, TryAgain
from bot.text.escape import format_json, strip_hidden

ANSWERS_WITHIN = 10.0  # seconds that `doctor` waits for Slack's answer


def print_line(line: str = "") -> None:
    """Print a line. Text of others in it can't move the cursor or reorder what is read."""
    sys.stdout.write(strip_hidden(line) + "\n")


async def migrate_(settings: Settings, _: argparse.Namespace) -> int:
    """Migrate our tables and the engine's."""
    changed = await Container(settings).migrate()
    print_line("The database was brought up to date." if changed else "The database is up to date.")
    return 0


def manifest_(_: Settings, __: argparse.Namespace) -> int:
    from bot.slack.manifest import build_manifest

    sys.stdout.write(format_json(build_manifest()) + "\n")
    return 0


async def doctor_(settings: Settings, args: argparse.Namespace) -> int:
    """Check whether everything is ready for `serve`; print each problem as a line."""
    if args.set_aside or args.give_up:
        return _repair_damage(settings, args)
    container = Container(settings)
    troubles = [*find_setting_problems(settings, "serve"), *_find_damage(container)]
    policy = container.policy("")
    if not policy.approvers:
        troubles.append("policy.toml names no approver, so nobody can approve a draft.")
    elif not policy.access.groups and len(policy.approvers) < policy.approval.needed:
        troubles.append(
            f"policy.toml needs {policy.approval.needed} approvals but names fewer approvers, so "
            "no draft can ever be approved."
        )
    troubles += find_unpriced_models(settings, policy)
    notes, scope_troubles = await _compare_scopes(settings)
    troubles += scope_troubles
    if args.live:
        live_notes, live_troubles = await _call_ai(settings)
        notes, troubles = [*notes, *live_notes], [*troubles, *live_troubles]
    print_line(f"Home: {settings.home}")
    print_line(f"Rows: {'SQLite' if settings.sqlite else 'PostgreSQL'}")
    print_line(describe_listener(settings))
    written_by = settings.model if settings.writer == "claude" else "rules (no AI connected)"
    print_line(f"Texts are written by: {written_by}")
    for line in notes:
        print_line(line)
    for line in describe_rights(policy):
        print_line(line)
    for trouble in troubles:
        print_line(f"- {trouble}")
    print_line("Everything is in place." if not troubles else f"{len(troubles)} to settle.")
    return 1 if troubles else 0


async def _call_ai(settings: Settings) -> tuple[list[str], list[str]]:
    """Send one turn with the largest set of tools; return remarks, and problems to solve."""
    from bot.agent.connection_check import check_tool_turn

    if settings.writer != "claude":
        return ["No AI is connected, so none was called."], []
    container = Container(settings).migrated()
    workspace, task = container.workspace(None), f"doctor-{secrets.token_hex(4)}"
    spending = SpendingCap(container.database, container.policy, now)
    writer = container.writer()
    try:
        await container.database.run(Workspace.ensure, workspace, now())
        receipt = partial(spending.reserve_or_settle, Payer(workspace, task))
        return await check_tool_turn(writer, receipt, settings.call_seconds)
    finally:
        await writer.close()
        container.database.close()


async def _compare_scopes(settings: Settings) -> tuple[list[str], list[str]]:
    """Compare the token's scopes with the needed ones; return remarks, and problems to solve."""
    from bot.slack.client import SlackRefusal, make_client, make_session
    from bot.slack.manifest import compare_scopes

    if settings.slack_bot_token is None:
        return [], []
    token = settings.slack_bot_token.get_secret_value()
    try:
        async with asyncio.timeout(ANSWERS_WITHIN), make_session() as session:
            compared = await compare_scopes(make_client(token, settings.slack_api_url, session))
    except SlackRefusal as no:
        return [], [f"Slack refuses SLACK_BOT_TOKEN ({no.error}). Install the app again."]
    except (TryAgain, TimeoutError):
        return [], ["Slack could not be asked which scopes the app has: it did not answer."]
    if compared is None:
        return ["Slack did not say which scopes the app has."], []
    if not compared.missing:
        notes, troubles = ["Slack accepts the token; the app has every scope it needs."], []
    else:
        notes, names = [], ", ".join(compared.missing)
        troubles = [
            f"The app lacks scopes that the intern needs: {names}. Update the app's manifest "
            "(`super-intern manifest`) and install the app again."
        ]
    if compared.superfluous:
        names = ", ".join(compared.superfluous)
        notes.append(f"The app has scopes that the intern does not use; remove them: {names}")
    return notes, troubles


def describe_rights(policy: Policy) -> Iterator[str]:
    """Yield who has which right, a line each; or one line if no right is configured."""
    if policy.access == Access():
        yield (
            "No [access] in policy.toml: every full member may ask; approvers import, export and "
            "administer; nobody sees named customers."
        )
        return
    for right in RIGHTS:
        people = policy.people_with(right)
        who = "every full member" if people is None else ", ".join(people) or "nobody"
        yield f"May {right.replace('_', ' ')}: {who}"
    if channels := policy.access.shared_channels:
        yield f"Open though another company reads them: {', '.join(channels)}"


def _find_damage(container: Container) -> list[str]:
    """Return a sentence for each damaged file. Changes nothing."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.db import migrate

    database = container.settings.sqlite_file
    if database is not None:
        if (why := find_database_fault(database, thorough=True)) is not None:
            return [describe_damage(database, why).to("en")]
        if not database.exists():
            return []
    try:
        if migrate.read_revision(container.database) != migrate.find_newest_revision():
            return []  # an older schema: the next start migrates it
        lost = [
            f"{one.path} was set aside: rows of {one.kind} from {one.source} are missing. Import "
            f"that file once more, or do without: `super-intern doctor --give-up {one.path}`"
            for one in list_lost_files(container.database)
        ]
        return [
            *(
                one.sentence
                for one in find_damaged_files(container.settings.home, container.database)
            ),
            *lost,
        ]
    except SQLAlchemyError as error:
        return [f"The database does not answer ({type(error).__name__})."]


def _repair_damage(settings: Settings, args: argparse.Namespace) -> int:
    if args.set_aside:
        database = settings.sqlite_file
        named = {str(database), database.name} if database is not None else set()
        if database is not None and args.set_aside in named:
            if find_database_fault(database, thorough=True) is None:
                raise CannotDo("{file} is whole: nothing was set aside.", file=args.set_aside)
            print_line(f"Set aside: {set_aside_database(settings, now())}")
            return 0
        container = Container(settings).migrated()
        print_line(
            f"Set aside: {set_aside(settings.home, container.database, args.set_aside, now())}"
        )
        return 0
    container = Container(settings).migrated()
    source = abandon_rows(container.database, args.give_up, now())
    print_line(
        f"The rows of {source} that were damaged are given up: questions are answered without."
    )
    return 0


# `key`: prints the secret that a sender of live rows signs with.


def key_(settings: Settings, args: argparse.Namespace) -> int:
    """Print the key for live rows: of one workspace if it is named, else of the home."""
    from bot.data.ingest.live.endpoint import derive_live_key

    container = Container(settings).migrated()  # the home may be new
    print_line(derive_live_key(container.row_store.key(), args.workspace))
    return 0
