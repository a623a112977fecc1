"""The card of a task without a draft: its state, its questions and its buttons."""

import json
from typing import Any

from bot.agent.skills import load_skills
from bot.errors import CALM_PARAM, FORMS_PARAM, SKILLS_PARAM
from bot.i18n.messages import Words, restore_words
from bot.slack.action_ids import ANSWER, BRIEF_FORM, STOP, TRY_AGAIN, ButtonValue
from bot.slack.blocks import (
    Block,
    Message,
    actions_block,
    button,
    context_block,
    quote_in_language,
    render_words,
    rich_text,
    rich_text_quote,
    section_block,
    text_elements,
    translate_title,
)
from bot.slack.cards.card_data import CardData
from bot.slack.cards.draft_card import render_draft_card, render_visibility
from bot.slack.cards.draft_status import MAX_PICK_CHARACTERS, number_action_id

__all__ = ["Message", "render_task_card"]

MAX_QUESTION_OPTIONS = 8
OFFERED_SKILLS = ("answer", "feedback", "trends", "targeting")  # where nothing could be read
MAX_PARTIAL_CHARACTERS = 2_000


def render_task_card(card: CardData, language: str) -> Message:
    """Render the current card within Slack's limits."""
    if card.draft is not None:
        return render_draft_card(card, language)
    state = card.task.state
    if state == "asking" and card.question:
        return _render_question(card, language)
    if state == "failed" or (state == "done" and card.error_words):
        return _render_failed(card, language)
    if state in ("stopped", "done"):
        return _render_ended(card, language)
    return _render_working(card, language)


def _render_working(card: CardData, language: str) -> Message:
    stage, grown = _parse_stage(card.task.stage)
    doing = stage or Words("Reading your brief…")
    line = Words("Working on it. {doing}", doing=doing)
    stop = button(Words("Stop").to(language), STOP, ButtonValue(task=card.task.id).pack())
    blocks = [section_block(f":pencil2: {render_words(line, language, 2_000)}", stop)]
    if grown:
        blocks.append(rich_text(rich_text_quote(text_elements(grown[-MAX_PARTIAL_CHARACTERS:]))))
    return Message(render_words(line, language), blocks + render_placement(card, language))


def _parse_stage(stage: str | None) -> tuple[Words | None, str]:
    """Return the current step, or the text written so far."""
    try:
        stored: Any = json.loads(stage or "")
        return restore_words(stored), ""
    except (ValueError, KeyError, TypeError):
        return (Words("Writing…"), stage) if stage else (None, "")


def _render_question(card: CardData, language: str) -> Message:
    question = card.question
    assert question is not None
    answers: list[Block] = []
    for option in question.options:
        value = ButtonValue(task=card.task.id, pick=option).pack()
        fits = (
            option.strip()
            and len(value) <= MAX_PICK_CHARACTERS
            and len(answers) < MAX_QUESTION_OPTIONS
        )
        if fits and not card.is_continued:
            answers.append(
                button(
                    translate_title(option, language), number_action_id(ANSWER, len(answers)), value
                )
            )
    hint = Words("Tap an answer, or write it in this thread.")
    if card.is_continued:
        hint = Words("Answered. It goes on below.")
    elif not answers:
        hint = Words("Write your answer in this thread.")
    blocks = [
        section_block(f":question: {render_words(question.words, language, 2_900)}"),
        *actions_block(*answers),
        context_block(hint.to(language)),
    ]
    return Message(
        render_words(question.words, language, 3_000), blocks + render_placement(card, language)
    )


def _render_failed(card: CardData, language: str) -> Message:
    why = card.error_words or Words("This could not be done.")
    if why.params.get(CALM_PARAM):
        plainly = [
            section_block(render_words(why, language, 2_900)),
            *render_placement(card, language),
        ]
        return Message(render_words(why, language, 3_000), plainly)
    if why.params.get(FORMS_PARAM):
        blocks = [
            section_block(render_words(why, language, 2_900)),
            *_build_form_buttons(card, language),
        ]
        return Message(
            render_words(why, language, 3_000), blocks + render_placement(card, language)
        )
    blocks = [
        section_block(f":x: {render_words(why, language, 2_900)}"),
        _render_reference(card, language),
        *actions_block(_build_retry_button(card, language)),
    ]
    return Message(render_words(why, language, 3_000), blocks + render_placement(card, language))


def _build_form_buttons(card: CardData, language: str) -> list[Block]:
    """Build the buttons of what can be done without the AI: while it is away, and where none is
    connected."""
    if card.is_continued:
        return []
    id, params = card.task.id, card.error_words.params if card.error_words else {}
    new = button(Words("New brief").to(language), BRIEF_FORM, ButtonValue(task=id).pack())
    if SKILLS_PARAM in params:
        chosen = str(params[SKILLS_PARAM]).split() or OFFERED_SKILLS
        skills = [(Words(load_skills()[name].title), "skill", name) for name in chosen]
        choices = [*skills, (Words("Preview what the AI would get"), "preview", "yes")]
    else:
        choices = [(Words("Standard text, without the AI"), "without_ai", "yes")]
    buttons: list[Block | None] = [new]
    for number, (words, field, pick) in enumerate(choices):
        value = ButtonValue(task=id, field=field, pick=pick).pack()
        action_id = number_action_id(ANSWER, number) if number else ANSWER
        buttons.append(button(words.to(language), action_id, value))
    if SKILLS_PARAM not in params:
        buttons.append(_build_retry_button(card, language))
    return actions_block(*filter(None, buttons))


def _render_ended(card: CardData, language: str) -> Message:
    line = Words("Stopped. Nothing was drafted.")
    if card.task.state == "done":
        line = Words("Done, without a draft.")
    stopped = section_block(
        f":black_square_for_stop: {line.to(language)}", _build_retry_button(card, language)
    )
    blocks = [stopped, _render_reference(card, language)]
    return Message(line.to(language), blocks + render_placement(card, language))


def _build_retry_button(card: CardData, language: str) -> Block | None:
    if card.is_continued or not (
        card.task.words.strip() or card.task.form
    ):  # the request was deleted
        return None
    return button(Words("Try again").to(language), TRY_AGAIN, ButtonValue(task=card.task.id).pack())


def _render_reference(card: CardData, language: str) -> Block:
    """Render the reference that a person can quote, and the request."""
    small = Words("Reference {reference}", reference=card.task.reference).to(language)
    words = card.task.words.strip()
    quote = quote_in_language(words, 150, language) if words else ""
    below = Words("It goes on below.").to(language) if card.is_continued else ""
    return context_block(" · ".join(filter(None, [small, quote, below])))


def render_placement(card: CardData, language: str) -> list[Block]:
    """Say where this card is, when that is not where the request was made."""
    lines = render_visibility(card, language)
    return [context_block(*lines)] if lines else []
