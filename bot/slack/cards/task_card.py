"""A piece of work as one message: what it is, where it stands, what can be done."""

import json
from typing import Any

from bot.errors import CALM
from bot.i18n.messages import Words, words_from
from bot.slack.action_ids import ANSWER, STOP, TRY_AGAIN, Ref
from bot.slack.blocks import (
    Block,
    Message,
    actions,
    button,
    cited,
    context,
    section,
    titled,
    told,
)
from bot.slack.cards.checks import MOST_PICK, numbered
from bot.slack.cards.data import Shown
from bot.slack.cards.draft_card import draft_card, place_lines
from bot.slack.rich_text import bar, rich, said

__all__ = ["Message", "card"]

MOST_OPTIONS = 8
MOST_GROWN = 2_000


def card(shown: Shown, language: str) -> Message:
    """The card as it stands now, within Slack's limits whatever it holds."""
    if shown.draft is not None:
        return draft_card(shown, language)
    state = shown.task.state
    if state == "asking" and shown.question:
        return _question(shown, language)
    if state == "failed":
        return _failed(shown, language)
    if state in ("stopped", "done"):
        return _ended(shown, language)
    return _working(shown, language)


def _working(shown: Shown, language: str) -> Message:
    stage, grown = _stage(shown.task.stage)
    doing = stage or Words("Reading your brief…")
    line = Words("Your intern is drafting. {doing}", doing=doing)
    stop = button(Words("Stop").to(language), STOP, Ref(task=shown.task.id).packed())
    blocks = [section(f":pencil2: {told(line, language, 2_000)}", stop)]
    if grown:
        blocks.append(rich(bar(said(grown[-MOST_GROWN:]))))
    return Message(told(line, language), blocks + around(shown, language))


def _stage(stage: str | None) -> tuple[Words | None, str]:
    """What is being done now, or the text so far."""
    try:
        stored: Any = json.loads(stage or "")
        return words_from(stored), ""
    except (ValueError, KeyError, TypeError):
        return (Words("Writing…"), stage) if stage else (None, "")


def _question(shown: Shown, language: str) -> Message:
    asked = shown.question
    assert asked is not None
    answers: list[Block] = []
    for option in asked.options:
        value = Ref(task=shown.task.id, pick=option).packed()
        fits = option.strip() and len(value) <= MOST_PICK and len(answers) < MOST_OPTIONS
        if fits and not shown.followed:
            answers.append(button(titled(option, language), numbered(ANSWER, len(answers)), value))
    how = Words("Tap an answer, or write it in this thread.")
    if shown.followed:
        how = Words("Answered. It goes on below.")
    elif not answers:
        how = Words("Write your answer in this thread.")
    blocks = [
        section(f":question: {told(asked.words, language, 2_900)}"),
        *actions(*answers),
        context(how.to(language)),
    ]
    return Message(told(asked.words, language, 3_000), blocks + around(shown, language))


def _failed(shown: Shown, language: str) -> Message:
    why = shown.trouble or Words("This could not be done.")
    if why.params.get(CALM):
        plainly = [section(told(why, language, 2_900)), *around(shown, language)]
        return Message(told(why, language, 3_000), plainly)
    blocks = [
        section(f":x: {told(why, language, 2_900)}"),
        _reference(shown, language),
        *actions(_again(shown, language)),
    ]
    return Message(told(why, language, 3_000), blocks + around(shown, language))


def _ended(shown: Shown, language: str) -> Message:
    line = Words("Stopped. Nothing was drafted.")
    if shown.task.state == "done":
        line = Words("Done, without a draft.")
    stopped = section(f":black_square_for_stop: {line.to(language)}", _again(shown, language))
    blocks = [stopped, _reference(shown, language)]
    return Message(line.to(language), blocks + around(shown, language))


def _again(shown: Shown, language: str) -> Block | None:
    if shown.followed or not (shown.task.words.strip() or shown.task.form):  # taken back
        return None
    return button(Words("Try again").to(language), TRY_AGAIN, Ref(task=shown.task.id).packed())


def _reference(shown: Shown, language: str) -> Block:
    """What a person can quote, and what it was about."""
    small = Words("Reference {reference}", reference=shown.task.reference).to(language)
    words = shown.task.words.strip()
    asked = cited(words, 150, language) if words else ""
    below = Words("It goes on below.").to(language) if shown.followed else ""
    return context(" · ".join(filter(None, [small, asked, below])))


def around(shown: Shown, language: str) -> list[Block]:
    """Where this card is, when that is not where it was asked."""
    lines = place_lines(shown, language)
    return [context(*lines)] if lines else []
