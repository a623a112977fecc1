"""The form that asks for a figure: what to measure, for whom, for which days."""

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.core.metric_query import ComparisonName, QuestionFields
from bot.core.request import task_id
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import reports
from bot.slack.blocks import Block, option, plain_text
from bot.slack.interactions import ViewSubmission, load_visible_draft
from bot.slack.listener_context import ListenerContext
from bot.slack.views.inputs import (
    HINT,
    LABEL,
    build_form,
    read_choice,
    read_date,
    read_text,
    select_input,
    text_input,
)
from bot.tasks.models import NewTask, Task

COMPARISONS: Mapping[ComparisonName, Words] = {
    "previous_period": Words("the days before"),
    "same_period_last_year": Words("the same days last year"),
}


def build_question_form(fields: QuestionFields, language: str, metadata: str = "") -> Block:
    """Build the form, filled with what is known."""
    figures, splits = list_measures(language), list_splits(language)
    compared = {str(name): words.to(language) for name, words in COMPARISONS.items()}
    only = text_input("only", Words("Only"), language, fields.only, optional=True)
    hint = Words("Countries, devices, products, categories … with commas between them")
    only["hint"] = plain_text(hint.to(language), HINT)
    blocks = [
        _build_menu("measure", Words("Which figure"), figures, fields.measure, language, must=True),
        _build_menu("split", Words("Split by"), splits, fields.split, language),
        only,
        _build_date("since", Words("From"), fields.since, language),
        _build_date("until", Words("To"), fields.until, language),
        _build_menu("comparison", Words("Compared with"), compared, fields.comparison, language),
    ]
    return build_form(
        action_ids.QUESTION_FORM,
        Words("Ask your data"),
        Words("Look it up"),
        blocks,
        metadata,
        language,
    )


def list_measures(language: str) -> dict[str, str]:
    """Return the labels of the measures, dataset by dataset."""
    from bot.data.metrics.query.runner import DATASETS

    return {
        name: _capitalize(measure.label.to(language))
        for dataset in DATASETS.values()
        for name, measure in dataset.measures.items()
        if not measure.of_one_customer
    }


def list_splits(language: str) -> dict[str, str]:
    from bot.data.metrics.query.runner import DATASETS

    return {
        name: _capitalize(dimension.label.to(language))
        for dataset in DATASETS.values()
        for name, dimension in dataset.dimensions.items()
    }


def read_question(view: dict[str, Any]) -> QuestionFields:
    return QuestionFields.model_validate(
        {
            "measure": read_choice(view, "measure") or None,
            "split": read_choice(view, "split") or None,
            "only": read_text(view, "only"),
            "since": read_date(view, "since") or None,
            "until": read_date(view, "until") or None,
            "comparison": read_choice(view, "comparison") or get_args(ComparisonName)[0],
        }
    )


async def submit_question_form(
    context: ListenerContext, ack: AsyncAck, submission: ViewSubmission
) -> BoltResponse:
    """Start a task that looks the figure up."""
    language = await context.language(submission.workspace, submission.user)
    fields = read_question(submission.view)
    if fields.since and fields.until and fields.since > fields.until:
        errors = {"until": Words("This day is before the first one.").to(language)}
        return await ack(response_action="errors", errors=errors)
    await context.run(_accept_question, context, submission, fields, language)
    return await ack()


def _accept_question(
    session: Session,
    context: ListenerContext,
    submission: ViewSubmission,
    fields: QuestionFields,
    language: str,
) -> None:
    context.services.policy(submission.workspace).require(submission.user, "ask")
    draft = load_visible_draft(session, submission.viewer, submission.ref)
    lead = reports.find_next_step(draft, submission.ref)
    place, private = reports.find_next_step_place(
        session, draft, submission.viewer, submission.origin
    )
    new_task = NewTask(
        id=task_id(submission.workspace, "question", str(submission.view["id"])),
        workspace=submission.workspace,
        author=submission.user,
        words=describe_question(fields, language),
        place=place,
        locale=context.people.cached_locale(submission.workspace, submission.user),
        private=private,
        form={
            **reports.build_next_step_form(draft, lead),
            "query": fields.model_dump_json(exclude_defaults=True),
            "language": draft.language,
        },
    )
    Task.accept(session, context.services.enqueue, new_task, context.services.now())


def describe_question(fields: QuestionFields, language: str) -> str:
    """Return the question in words, for the title of its card: "Revenue by country · France"."""
    words = list_measures(language).get(fields.measure or "", "")
    if fields.split:
        by = Words("by {what}", what=list_splits(language)[fields.split].lower())
        words = f"{words} {by.to(language)}"
    return " · ".join(filter(None, [words, fields.only]))


def _build_menu(
    id: str,
    label: Words,
    options: Mapping[str, str],
    chosen: str | None,
    language: str,
    *,
    must: bool = False,
) -> Block:
    by_value = {value: option(text, value) for value, text in options.items()}
    block = select_input(id, label, list(by_value.values()), language, must=must)
    if chosen in by_value:
        block["element"]["initial_option"] = by_value[chosen]
    placeholder = Words("Choose") if must else Words("None")
    block["element"]["placeholder"] = plain_text(placeholder.to(language), 150)
    return block


def _build_date(id: str, label: Words, day: date | None, language: str) -> Block:
    picker: Block = {"type": "datepicker", "action_id": id}
    if day is not None:
        picker["initial_date"] = day.isoformat()
    return {
        "type": "input",
        "block_id": id,
        "optional": True,
        "label": plain_text(label.to(language), LABEL),
        "element": picker,
    }


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
