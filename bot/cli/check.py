"""`super-intern check`: hold a text that somebody wrote to the data, the brand and the law."""

import argparse
import sys
from functools import partial
from pathlib import Path

from bot.agent.context import SkillContext
from bot.agent.loop import AgentOptions
from bot.app import Container
from bot.cli.try_ import LEVEL_MARKS, TerminalRun
from bot.config.settings import Settings
from bot.core.channels import list_sender_channels, load_channels
from bot.core.checks import Check, group_checks
from bot.core.request import Brief, SkillRequest
from bot.data.catalogue.prices import choose_library
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.text.escape import format_json, strip_hidden
from bot.text.language import detect_language

MAX_FILE_CHARACTERS = 100_000
BLOCKED = 1  # the exit code when something blocks


async def check_(settings: Settings, args: argparse.Namespace) -> int:
    text = read_text(args.text)
    if args.channel and args.channel not in load_channels():
        known = ", ".join(load_channels())
        raise CannotDo(
            Words("There is no channel {name}. There are: {known}.", name=args.channel, known=known)
        )
    found = args.language or detect_language(text, LANGUAGES)
    language: Language = "fr" if found == "fr" else "en"
    container = Container(settings).migrated()
    writer = container.writer()
    try:
        run = await TerminalRun.begin(container, writer, args.workspace, None, language)
        brand = container.brand(run.workspace).for_market(args.market, list_sender_channels())
        brief = Brief(words=text, author=run.person, language=language, market=args.market)
        ctx = SkillContext(
            SkillRequest(skill="check", brief=brief, channel=args.channel),
            brand=brand,
            channel=load_channels().get(args.channel or ""),
            library=choose_library(container.library(run.workspace), brand),
            writer=writer,
            receipt=partial(run.spending.reserve_or_settle, run.payer),
            today=run.today,
            agent=AgentOptions(claims=container.policy(run.workspace).checks.claims),
        )
        await ctx.find_text_to_check(product=args.product or "", whole=True)
        checks = await ctx.check_text(text)
    finally:
        await writer.close()
        container.database.close()
    print_checks(checks, language, as_json=args.json)
    return BLOCKED if any(check.severity == "block" for check in checks) else 0


def read_text(given: str) -> str:
    """Return the text, or what is in the file of that name."""
    path = Path(given)
    try:
        is_file = len(given) < 4_096 and "\n" not in given and path.is_file()
    except OSError:
        is_file = False
    text = path.read_text(encoding="utf-8")[:MAX_FILE_CHARACTERS] if is_file else given
    if not text.strip():
        raise CannotDo(Words("Which text shall I check? Paste it behind your request."))
    return strip_hidden(text).strip()


def print_checks(checks: tuple[Check, ...], language: Language, *, as_json: bool) -> None:
    found = [check for check in checks if check.severity is not None]
    if as_json:
        findings = {"findings": [check.describe(language) for check in found]}
        sys.stdout.write(format_json(findings) + "\n")
        return
    for check in group_checks(checks):
        sys.stdout.write(f"{LEVEL_MARKS[check.level]} {check.words.to(language)}\n")
    if not found:
        sys.stdout.write(Words("Nothing stands in the way of this text.").to(language) + "\n")
