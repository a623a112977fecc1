"""What the checks found, what the words stand on and what was assumed, in few lines."""

from bot.core.checks import Check
from bot.core.facts import NO_SOURCE
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.action_ids import ANSWER, Ref
from bot.slack.blocks import Block, actions, button, cited, context, cut, quoted, section, told

MOST_LINES, MOST_SOURCES, MOST_ANSWERS, MOST_PICK = 10, 3, 3, 400
DIGEST = "digest"  # a skill
MARKS = {"block": ":no_entry:", "stated": ":speech_balloon:", "warn": ":warning:"}
GRAVEST = ("block", "stated", "warn")


def findings_blocks(draft: Draft, language: str) -> list[Block]:
    """Blocks first, then what was stated, then warnings; at the end what passed."""
    found = draft.findings or ()
    told = [check for level in GRAVEST for check in found if check.level == level]
    lines = [finding_line(check, language) for check in told[:MOST_LINES]]
    if more := len(told) - len(lines):
        lines.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    shown = [section(_fitting(lines))] if lines else []
    small = [line for line in (passed(found, language), sources_line(draft, language)) if line]
    if draft.skill == DIGEST:  # its last part names them, each with its day
        small = small[:1]
    return shown + ([context(*small)] if small else [])


def finding_line(check: Check, language: str) -> str:
    mark = MARKS[check.level]
    words = told(check.words, language, 200)
    if not check.quote or quoted(check.quote, 120) in words:
        return f"{mark} {words}"
    return f"{mark} {words} {cited(check.quote, 120, language)}"


def _fitting(lines: list[str]) -> str:
    return cut("\n".join(cut(line, 350) for line in lines), 3_000)


def passed(found: tuple[Check, ...], language: str) -> str | None:
    """One line for all that is proved: "4 figures and 2 claims with a source"."""
    figures = sum(_many(check) for check in found if check.rule == "figure")
    claims = sum(_many(check) for check in found if check.rule == "claim")
    n = Words.count("{n} figure", "{n} figures", figures)
    m = Words.count("{n} claim", "{n} claims", claims)
    if figures and claims:
        words = Words("{figures} and {claims} with a source", figures=n, claims=m)
    elif figures or claims:
        words = Words("{what} with a source", what=n if figures else m)
    else:
        return None
    return f":white_check_mark: {words.to(language)}"


def _many(check: Check) -> int:
    """How many this finding is about, when it passes: the proof says it once for all of them."""
    return int(check.words.params.get("n", 1)) if check.level == "pass" else 0


def sources_line(draft: Draft, language: str) -> str | None:
    """Where the cited facts are from, each source once."""
    cited = {fact_id for part in draft.parts for fact_id in part.facts}
    sourced = [f for f in draft.facts.facts if f.id in cited and f.source != NO_SOURCE]
    names = list(dict.fromkeys(f.sourced(language) for f in sourced))
    if not names:
        return None
    apart = "\u00a0; " if language == "fr" else "; "
    shown = apart.join(quoted(name, 100) for name in names[:MOST_SOURCES])
    if (more := len(names) - MOST_SOURCES) > 0:
        shown += f" (+{more})"
    return Words("Sources: {names}", names=shown).to(language)


def assumed_blocks(draft: Draft, language: str) -> list[Block]:
    """ "I assumed: …", and the answers that redraft with one tap."""
    brief = draft.brief
    if not brief.assumed:
        return []
    said = ", ".join(told(one.words, language, 150) for one in brief.assumed[:6])
    shown = context(Words("I assumed: {what}", what=said).to(language))
    answers: list[Block] = []
    for option in brief.options:
        value = Ref(task=draft.task, draft=draft.id, pick=option.value, field=option.field).packed()
        if len(value) <= MOST_PICK and len(answers) < MOST_ANSWERS:
            answers.append(button(option.label.to(language), numbered(ANSWER, len(answers)), value))
    return [shown, *actions(*answers)]


def numbered(action: str, number: int) -> str:
    """Slack refuses one action id twice in a row of buttons: the second is `answer.1`."""
    return f"{action}.{number}" if number else action
