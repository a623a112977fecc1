"""`try`, `ask` and `check`: the whole pipeline in a terminal, without Slack.

`try` is told the skill; `ask` does what a mention of the intern does; `check` holds a text of one's
own to the data, the brand and the law. Receipts are stored, as everywhere.
"""

import argparse
import secrets
import sys
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from bot.agent.context import SkillContext
from bot.agent.llm.turn import TurnModel
from bot.agent.loop import AgentOptions, EarlierWork, LoopLimits
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.skills import load_skills
from bot.agent.spending import Payer, SpendingCap
from bot.app import Container
from bot.config.brand import Brand
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.channels import list_sender_channels, load_channels
from bot.core.checks import Check, describe_passed, group_checks
from bot.core.facts import Evidence, Fact, source_quote, tell_facts_apart
from bot.core.figure_groups import group_figures
from bot.core.parts import Part, Table
from bot.core.request import (
    Brief,
    IncomingRequest,
    IntakeResult,
    Question,
    SkillRequest,
    parse_just_for_me,
)
from bot.core.writer import Writer
from bot.data.catalogue.library import choose_library
from bot.db.workspace import Workspace
from bot.drafts.models import campaign_code
from bot.drafts.recipients import describe_recipients, describe_target, describe_unused
from bot.errors import CALM_PARAM, CannotDo, TryAgain
from bot.grounding.calculations import list_proofs
from bot.grounding.numbers import read_figures
from bot.grounding.sources import Sources, list_text_parts
from bot.i18n.languages import SOURCE_LANGUAGE, get_language
from bot.i18n.messages import LANGUAGES, Language, Words, load_translations
from bot.tasks.audience_report import start_from_report
from bot.tasks.briefs import plan_requests
from bot.tasks.conversation import build_earlier_work
from bot.tasks.intake import understand_request
from bot.tasks.message_prompt import Message
from bot.tasks.understand import demand_request, understand_message
from bot.text.escape import format_json, strip_hidden
from bot.text.language import detect_language

MAX_LINE_LENGTH = 90  # characters of a fact's value
HEADLINE_PART = "headline"  # of a report: its title
LEVEL_MARKS = {"block": "✗", "warn": "!", "stated": "?", "info": "·", "pass": "✓"}


async def try_(settings: Settings, args: argparse.Namespace) -> int:
    if args.skill not in load_skills():
        known = ", ".join(load_skills())
        raise CannotDo(
            "There is no skill {name}. There are: {known}.", name=args.skill, known=known
        )
    return await _run_words(settings, args, skill=args.skill, preview=args.preview)


async def ask_(settings: Settings, args: argparse.Namespace) -> int:
    """Understand the words as those of a mention, do what they ask, and print it, in the language
    of the words where none is named."""
    return await _run_words(settings, args)


async def _run_words(
    settings: Settings,
    args: argparse.Namespace,
    *,
    skill: str | None = None,
    preview: bool = False,
) -> int:
    words = " ".join(args.words)
    named = args.language
    args.language = named or detect_language(words, LANGUAGES) or SOURCE_LANGUAGE  # of errors, too
    container = Container(settings).migrated()
    writer = container.offline_writer() if preview else container.writer()
    try:
        run = await TerminalRun.begin(container, writer, args.workspace, args.person, args.language)
        reading = await run.read(words, args.language, skill, preview=preview)
        args.language = named or reading.language or args.language
        made = await run.write(reading) if reading.question is None else []
    except TryAgain as busy:
        raise CannotDo(busy.words or Words("The writer could not be reached. Try again.")) from busy
    finally:
        await writer.close()
        container.database.close()
    if args.json:
        _print_json(reading, made, writer)
    else:
        _print_result(reading, made, writer, args.language, run.brand)
    return 0 if made or reading.lines else 3


@dataclass
class TerminalReading:
    """What the words were understood as. `lines` are said in reply, and on what is not done."""

    outcome: str
    requests: tuple[SkillRequest, ...] = ()
    left_over: tuple[str, ...] = ()
    lines: tuple[Words, ...] = ()
    question: Question | None = None
    language: Language | None = None  # the message's own, where an AI has read it


@dataclass(frozen=True)
class TerminalDraft:
    """What one request of a run led to, which is not stored."""

    id: str
    request: SkillRequest
    result: DraftResult

    @property
    def skill(self) -> str:
        return self.request.skill

    @property
    def channel(self) -> str | None:
        return self.request.channel

    @property
    def brief(self) -> Brief:
        return self.request.brief

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.result.parts

    @property
    def facts(self) -> Evidence:
        return self.result.evidence

    def list_open_warnings(self) -> list[Check]:
        return [one for one in self.result.checks if one.is_open_warning]


@dataclass(frozen=True)
class TerminalRun:
    """One run in a terminal. `person` is whose rights apply."""

    container: Container
    writer: Writer
    workspace: str
    task: str
    person: str
    today: date

    @staticmethod
    async def begin(
        container: Container,
        writer: Writer,
        workspace: str | None,
        person: str | None,
        language: Language,
    ) -> "TerminalRun":
        """Raises CannotDo when the person may not ask, or the spending limit is reached."""
        known, task = container.workspace(workspace), f"try-{secrets.token_hex(4)}"
        if person is not None:
            container.policy(known).require(person, "ask")
        author = person or Words("you").to(language)
        run = TerminalRun(container, writer, known, task, author, now().date())
        await container.database.run(Workspace.ensure, known, now())
        if not writer.by_rules:
            await run.spending.demand_budget(run.payer, writer.name)
        return run

    @property
    def brand(self) -> Brand:
        return self.container.brand(self.workspace)

    @property
    def payer(self) -> Payer:
        return Payer(self.workspace, self.task)

    @property
    def spending(self) -> SpendingCap:
        return SpendingCap(self.container.database, self.container.policy, now)

    async def read(
        self, typed: str, language: Language, skill: str | None, *, preview: bool = False
    ) -> TerminalReading:
        """Understand the words: by the AI, or by keywords where none is connected."""
        private, words = parse_just_for_me(typed)
        answers = {"skill": skill} if skill else {}
        if preview:
            answers["preview"] = "yes"
        incoming = IncomingRequest(
            words=words, author=self.person, private=private, ui_language=language, answers=answers
        )
        if self.writer.by_rules:
            return await self._read_offline(incoming)
        brand, library = (
            self.container.brand(self.workspace),
            self.container.library(self.workspace),
        )
        products = tuple(await library.find_mentioned(words)) if words else ()
        ranges = tuple(await library.list_ranges())
        understanding = await understand_message(
            Message(words=words, today=self.today, products=products, ranges=ranges),
            brand=brand,
            model=cast(TurnModel, self.writer),
            receipt=partial(self.spending.reserve_or_settle, self.payer),
        )
        understanding = demand_request(understanding, answers, words)
        plan = await plan_requests(
            understanding, incoming, brand=brand, library=library, today=self.today
        )
        return TerminalReading(
            understanding.outcome,
            requests=plan.requests,
            left_over=understanding.left_over,
            lines=tuple(filter(None, (understanding.line, plan.cannot))),
            question=plan.question,
            language=understanding.language,
        )

    async def _read_offline(self, incoming: IncomingRequest) -> TerminalReading:
        try:
            found = await understand_request(
                incoming,
                brand=self.container.brand(self.workspace),
                library=self.container.library(self.workspace),
                today=self.today,
            )
        except CannotDo as error:
            if not error.words.params.get(CALM_PARAM):
                raise
            return TerminalReading("reply", lines=(error.words,))
        if isinstance(found, IntakeResult):
            return TerminalReading("requests", requests=found.requests)
        return TerminalReading("requests", question=found)

    async def write(self, reading: TerminalReading) -> list[tuple[SkillRequest, DraftResult]]:
        """Run the skills. A question that a handler asks is put into the reading."""
        made: list[TerminalDraft] = []
        policy = self.container.policy(self.workspace)

        async def may(right: Any) -> bool:
            return policy.may(self.person, right)

        for number, planned in enumerate(reading.requests):
            request = start_from_report(planned, made)
            on = next((one for one in made if one.id == request.brief.stands_on), None)
            brand = self.container.brand(self.workspace).for_market(
                request.brief.market, list_sender_channels()
            )
            result = await run_skill(
                request,
                brand=brand,
                library=choose_library(self.container.library(self.workspace), brand),
                writer=self.writer,
                receipt=partial(self.spending.reserve_or_settle, self.payer),
                code=campaign_code(f"{self.task}.{number}"),
                today=self.today,
                may=may,
                agent=AgentOptions(
                    call=str(number),
                    piece=f"{self.task}.{number}",
                    limits=LoopLimits(seconds=self.container.settings.task_seconds),
                    cap_used=partial(self.spending.measure_task, self.payer),
                    person=self.person,
                    is_private=True,
                    claims=policy.checks.claims,
                    earlier=EarlierWork()
                    if on is None or self.writer.by_rules
                    else build_earlier_work(request.brief, source=on),
                ),
            )
            if isinstance(result, Question):
                reading.question = result
            else:
                if answers := self.container.library(self.workspace).answers:
                    answers.settle(f"{self.task}.{number}", result.told)
                made.append(TerminalDraft(str(number), result.request, result))
        return [(one.request, one.result) for one in made]


def _print_result(
    reading: TerminalReading,
    made: list[tuple[SkillRequest, DraftResult]],
    writer: Writer,
    language: str,
    brand: Brand,
) -> None:
    lines: list[str] = []
    lines += [line.to(language) for line in reading.lines]
    if reading.question is not None:
        lines.append(reading.question.words.to(language))
        lines += [
            f"  - {load_translations(language).get(one, (one,))[0]}"
            for one in reading.question.options
        ]
        lines.append(Words("To answer, ask again and add your answer.").to(language))
    for request, drafted in made:
        lines += _format_draft(request, drafted, writer, language, brand)
    sys.stdout.write(strip_hidden("\n".join(lines).rstrip()) + "\n")


def _format_draft(
    request: SkillRequest, drafted: DraftResult, writer: Writer, language: str, brand: Brand
) -> list[str]:
    def say(words: Words) -> str:
        return words.to(language)

    channel = load_channels().get(request.channel or "")
    colon = get_language(language).marks.colon
    finding = next((part for part in drafted.parts if part.key == HEADLINE_PART), None)
    if finding is not None and channel is None:
        heading = finding.text
    else:
        heading = say(Words(channel.title if channel else load_skills()[request.skill].title))
    lines = [f"== {heading} =="]
    if writer.by_rules:
        lines.append(say(Words("Standard text (no AI connected)")))
    if channel:
        listed = describe_recipients(request.brief, drafted.evidence, channel)
        shown = " · ".join(one if isinstance(one, str) else say(one) for one in listed)
        lines += [say(Words("For: {audience}", audience=shown))] if shown else []
    lines += [*_format_assumptions(request, language, by_rules=writer.by_rules), ""]
    shown_parts = [part for part in drafted.parts if part is not finding or channel]
    for (title, _table), group in groupby(
        shown_parts, lambda part: (part.title, part.key if part.kind == "table" else "")
    ):
        parts = tuple(group)
        limit = channel.find_limit(parts[0].key) if channel else None
        title = limit.name(len(parts)) if limit else title
        texts = (line for part in parts for line in _list_lines(part, drafted.evidence, language))
        of = "".join(f" {one.body.title}" for one in parts if isinstance(one.body, Table))
        lines += [f"{say(Words(title))}{colon}{of.rstrip()}", *(f"  {line}" for line in texts), ""]
    found = (request.brief, drafted.parts, drafted.evidence, channel)
    if leads := describe_target(*found, brand=brand):
        lines += [say(leads), ""]
    if drafted.hooks:
        lines.append(say(Words("Other ways in:")))
        lines += [
            f"  - {say(Words(hook.angle)) if writer.by_rules else hook.angle}{colon} {hook.text}"
            for hook in drafted.hooks
        ] + [""]
    checks = group_checks(drafted.checks)
    lines += [say(Words("Checks:"))] if checks else []
    passed = describe_passed(checks)
    lines += [f"  {LEVEL_MARKS['pass']} {say(passed)}"] if passed else []
    counted = [check for check in checks if check.rule in ("figure", "claim")]
    lines += [
        f"  {LEVEL_MARKS[check.level]} {check.words.to(language)}"
        for check in checks
        if check.level != "pass" or check not in counted
    ] + [""]
    lines += _format_proof(drafted, language, is_report=finding is not None and not channel)
    if drafted.leads:
        steps = ", ".join(say(lead.label) for lead in drafted.leads)
        lines += ["", say(Words("In Slack, buttons lead on: {steps}", steps=steps))]
    return [*lines, ""]


def _format_proof(drafted: DraftResult, language: str, *, is_report: bool) -> list[str]:
    """Return the lines of what proves the draft: of a report by how its look-ups were read, what
    stands in the table alone as one line."""
    proof = _collect_proof(drafted, is_report=is_report)
    if not is_report:
        apart = tell_facts_apart(proof, drafted.evidence.facts, language)
        lines = [f"  {_format_fact(fact, apart, language)}" for fact in proof]
        return [Words("Sources:").to(language), *dict.fromkeys(lines)] if lines else []
    lines = []
    for group in group_figures(proof, drafted.parts):
        apart = group.tell_apart(drafted.evidence, language)
        told = [_format_fact(fact, apart, language) for fact in group.facts]
        told += filter(None, [group.name_cells(language)])
        indent = "    " if group.reading else "  "
        lines += [f"  {group.reading}"] if group.reading and told else []
        lines += [f"{indent}{line}" for line in dict.fromkeys(told)]
    return [Words("Every figure:").to(language), *lines] if lines else []


def _format_fact(fact: Fact, apart: dict[str, str], language: str) -> str:
    value, colon = fact.shown(language), get_language(language).marks.colon
    text = value if len(value) <= MAX_LINE_LENGTH else f"{value[:MAX_LINE_LENGTH].rstrip()}…"
    name = ", ".join(filter(None, (fact.named(language), apart.get(fact.id))))
    return f"{name}{colon} {text} ({fact.sourced(language)})"


def _list_lines(part: Part, evidence: Evidence, language: str) -> list[str]:
    """Return the lines of a part, a customer's words with what they are on."""
    fact = evidence.get(part.facts[0]) if part.kind == "quote" and part.facts else None
    return [*part.text.split("\n"), *([f"  {source_quote(fact, language)}"] if fact else [])]


def _collect_proof(drafted: DraftResult, *, is_report: bool = False) -> list[Fact]:
    """Return the facts that prove something in the draft, each once, without stated ones. A report
    cites each of its figures."""
    evidence, found = drafted.evidence, list[Fact | None]()
    sources = Sources(evidence)
    for text in list_text_parts(drafted.parts):
        found += map(evidence.get, text.cites)
        if not is_report:
            known = [sources.find_figure(one, text.cites) for one in read_figures(text.text)]
            found += [one.fact for one in known if one is not None]
        found += list_proofs(text.text, evidence.facts)
    proving = {
        fact.id: fact
        for fact in found
        if fact is not None and fact.stated_by is None and not fact.is_rule
    }
    return list(proving.values())


def _format_assumptions(request: SkillRequest, language: str, *, by_rules: bool) -> list[str]:
    brief, apart = request.brief, f"{get_language(language).marks.semicolon} "
    line = describe_unused(
        apart.join(brief.left_over), is_copy=request.channel is not None, by_rules=by_rules
    )
    unused = [line.to(language)] if brief.left_over else []
    if not brief.assumed:
        return unused
    assumed = apart.join(assumption.words.to(language) for assumption in brief.assumed)
    return [*unused, Words("I assumed: {what}", what=assumed).to(language)]


def _print_json(
    reading: TerminalReading, made: list[tuple[SkillRequest, DraftResult]], writer: Writer
) -> None:
    question = reading.question
    result: dict[str, Any] = {
        "outcome": reading.outcome,
        "requests": [_describe_request(request) for request in reading.requests],
        "left_over": list(reading.left_over),
        "line": "\n".join(line.to("en") for line in reading.lines) or None,
        "question": question.words.to("en") if question else None,
        "options": list(question.options) if question else [],
        "writer": writer.name,
        "by_rules": writer.by_rules,
        "drafts": [
            {
                "skill": request.skill,
                "channel": request.channel,
                "market": request.brief.market,
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
                "facts": [fact.model_dump(mode="json") for fact in drafted.evidence.facts],
            }
            for request, drafted in made
        ],
    }
    sys.stdout.write(format_json(result) + "\n")


def _describe_request(request: SkillRequest) -> dict[str, Any]:
    """Return what a request was read as. Dates are ISO 8601."""
    brief = request.brief
    compared = brief.against or (None, None)
    fields: dict[str, Any] = {
        "skill": request.skill,
        "channel": request.channel,
        "market": brief.market,
        "language": request.language,
        "products": [handle for handle in (brief.product, *brief.others) if handle],
        "product_words": brief.product_words,
        "goal": brief.goal,
        "audience": brief.audience,
        "offer": brief.offer,
        "occasion": brief.occasion,
        "since": brief.since,
        "until": brief.until,
        "compared_since": compared[0],
        "compared_until": compared[1],
        "must_say": list(brief.must_say),
        "tone": brief.tone,
        "private": brief.private,
    }
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in fields.items()}


# `check`: a text that somebody wrote, held to the data, the brand and the law.

MAX_FILE_CHARACTERS = 100_000
BLOCKED = 1  # the exit code when something blocks


async def check_(settings: Settings, args: argparse.Namespace) -> int:
    text = read_text(args.text)
    if args.channel and args.channel not in load_channels():
        known = ", ".join(load_channels())
        raise CannotDo(
            "There is no channel {name}. There are: {known}.", name=args.channel, known=known
        )
    found = args.language or detect_language(text, LANGUAGES)
    language: Language = found or SOURCE_LANGUAGE
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
        raise CannotDo("Which text shall I check? Paste it behind your request.")
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
