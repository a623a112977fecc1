"""`try`: the whole pipeline from words to a checked draft, in a terminal and without Slack.

Receipts are stored, as everywhere.
"""

import argparse
import secrets
import sys
from functools import partial
from typing import Any

from bot.agent.context import AgentOptions
from bot.agent.loop import LoopLimits
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.skills import load_skills
from bot.agent.spending import Payer, SpendingCap
from bot.app import Container
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.core.request import Question, SkillRequest
from bot.core.writer import Writer
from bot.db.workspace import Workspace
from bot.drafts.tracking import campaign_code
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words, load_translations
from bot.rules.proof import sources
from bot.tasks.intake import IncomingRequest, understand_request
from bot.text.escape import format_json, strip_hidden

MAX_LINE_LENGTH = 90  # characters of a fact's value
LEVEL_MARKS = {"block": "✗", "stated": "?", "warn": "!", "pass": "✓"}


async def try_(settings: Settings, args: argparse.Namespace) -> int:
    if args.skill not in load_skills():
        known = ", ".join(load_skills())
        raise CannotDo(
            Words("There is no skill {name}. There are: {known}.", name=args.skill, known=known)
        )
    container = Container(settings).migrated()
    writer = container.writer()
    try:
        return await _run(container, writer, args)
    except TryAgain as busy:
        raise CannotDo(busy.words or Words("The writer could not be reached. Try again.")) from busy
    finally:
        await writer.close()
        container.database.close()


async def _run(container: Container, writer: Writer, args: argparse.Namespace) -> int:
    workspace, task = container.workspace(args.workspace), f"try-{secrets.token_hex(4)}"
    payer, spending = Payer(workspace, task), SpendingCap(container.database, container.policy, now)
    receipt = partial(spending.receipt, payer)
    await container.database.run(Workspace.ensure, workspace, now())
    if not writer.by_rules:
        await spending.demand_budget(payer, writer.name)
    brand, library, today = container.brand(workspace), container.library(workspace), now().date()
    incoming = IncomingRequest(
        words=" ".join(args.words), author="you", skill=args.skill, ui_language=args.language
    )
    intake = await understand_request(
        incoming, brand=brand, library=library, writer=writer, today=today, receipt=receipt
    )
    made: list[tuple[SkillRequest, DraftResult]] = []
    question = intake if isinstance(intake, Question) else None
    for number, request in enumerate(() if isinstance(intake, Question) else intake.requests):
        result = await run_skill(
            request,
            brand=brand,
            library=library,
            writer=writer,
            receipt=receipt,
            code=campaign_code(f"{task}.{number}"),
            today=today,
            agent=AgentOptions(
                call=str(number),
                limits=LoopLimits(seconds=container.settings.task_seconds),
                cap_used=partial(spending.measure_task, payer),
                is_private=True,
            ),
        )
        if isinstance(result, Question):
            question = result
        else:
            made.append((request, result))
    if args.json:
        _print_json(question, made, writer)
    else:
        _print_result(question, made, writer, args.language)
    return 0 if made else 3


def _print_result(
    question: Question | None,
    made: list[tuple[SkillRequest, DraftResult]],
    writer: Writer,
    language: str,
) -> None:
    lines: list[str] = []
    if question is not None:
        lines.append(question.words.to(language))
        lines += [
            f"  - {load_translations(language).get(one, (one,))[0]}" for one in question.options
        ]
    for request, drafted in made:
        lines += _format_draft(request, drafted, writer, language)
    sys.stdout.write(strip_hidden("\n".join(lines).rstrip()) + "\n")


def _format_draft(
    request: SkillRequest, drafted: DraftResult, writer: Writer, language: str
) -> list[str]:
    def say(words: Words) -> str:
        return words.to(language)

    channel, colon = (
        load_channels().get(request.channel or ""),
        "\u00a0:" if language == "fr" else ":",
    )
    lines = [f"== {say(Words(channel.title)) if channel else request.skill} =="]
    if writer.by_rules:
        lines.append(say(Words("No AI connected: written by rules")))
    lines += [*_format_assumptions(request.brief, language), ""]
    for part in drafted.parts:
        lines += [
            f"{say(Words(part.title))}{colon}",
            *(f"  {line}" for line in part.text.split("\n")),
            "",
        ]
    if drafted.hooks:
        lines.append(say(Words("Other ways in:")))
        lines += [
            f"  - {load_translations(language).get(hook.angle, (hook.angle,))[0]}: {hook.text}"
            for hook in drafted.hooks
        ] + [""]
    lines.append(say(Words("Checks:")))
    lines += [_format_check(check, language) for check in drafted.checks] + [""]
    lines.append(say(Words("Sources:")))
    for fact in _collect_proof(drafted):
        value = fact.spelled(language)
        text = value if len(value) <= MAX_LINE_LENGTH else f"{value[:MAX_LINE_LENGTH].rstrip()}…"
        lines.append(f"  {fact.titled(language)}{colon} {text} ({fact.sourced(language)})")
    return [*lines, ""]


def _collect_proof(drafted: DraftResult) -> list[Fact]:
    """Return the facts that prove something in the draft, each once, without stated ones."""
    found = {fact.id: fact for _, fact in sources(drafted.parts, drafted.evidence)}
    return [fact for fact in found.values() if fact.stated_by is None]


def _format_assumptions(brief: Brief, language: str) -> list[str]:
    if not brief.assumed:
        return []
    assumed = "; ".join(assumption.words.to(language) for assumption in brief.assumed)
    return [Words("I assumed: {what}", what=assumed).to(language)]


def _format_check(check: Check, language: str) -> str:
    return f"  {LEVEL_MARKS[check.level]} {check.words.to(language)}"


def _print_json(
    question: Question | None, made: list[tuple[SkillRequest, DraftResult]], writer: Writer
) -> None:
    result: dict[str, Any] = {
        "question": question.words.to("en") if question else None,
        "writer": writer.name,
        "by_rules": writer.by_rules,
        "drafts": [
            {
                "channel": request.channel,
                "language": request.language,
                "assumed": [
                    a.model_dump(mode="json", exclude={"words"}) for a in request.brief.assumed
                ],
                "parts": {part.key: part.text for part in drafted.parts},
                "hooks": [hook.model_dump(mode="json") for hook in drafted.hooks],
                "checks": [
                    {"rule": c.rule, "level": c.level, "part": c.part, "words": c.words.to("en")}
                    for c in drafted.checks
                ],
                "sources": [fact.model_dump(mode="json") for fact in _collect_proof(drafted)],
            }
            for request, drafted in made
        ],
    }
    sys.stdout.write(format_json(result) + "\n")
