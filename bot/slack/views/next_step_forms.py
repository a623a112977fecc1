"""The forms of a report's next steps: a question to the data, and the rule of an audience."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy.orm import Session

from bot.audiences.platforms import DEFAULT_PLATFORMS, PLATFORMS, adapt_rule
from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.audience_words import CONSENT_LABELS, describe_conditions
from bot.core.facts import Evidence
from bot.core.metric_query import ComparisonName, QuestionFields
from bot.core.parts import NextStep
from bot.core.request import task_id
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import reports
from bot.slack.blocks import Block, context_block, count_utf16_units, render_words
from bot.slack.listeners import (
    BlockAction,
    FormAnswer,
    ListenerContext,
    ViewSubmission,
    load_visible_draft,
)
from bot.slack.views.inputs import (
    OPTION_VALUE,
    FormBuilder,
    Labels,
    read_checked,
    read_choice,
    read_date,
    read_text,
)

COMPARISONS: Mapping[str, Words] = {
    "previous_period": Words("the days before"),
    "same_period_last_year": Words("the same days last year"),
}


def build_question_form(fields: QuestionFields, language: str, metadata: str = "") -> Block:
    """Build the form, filled with what is known."""
    form = FormBuilder(language)
    hint = Words("Countries, devices, products, categories … with commas between them")

    def menu(id: str, label: Words, options: Labels, chosen: str | None) -> Block:
        return form.menu(id, label, options, chosen, placeholder=Words("None"))

    blocks = [
        form.menu(
            "measure", Words("Which figure"), list_measures(language), fields.measure, must=True
        ),
        menu("split", Words("Split by"), list_splits(language), fields.split),
        form.text("only", Words("Only"), fields.only, optional=True, hint=hint),
        _build_date(form, "since", Words("From"), fields.since),
        _build_date(form, "until", Words("To"), fields.until),
        menu("comparison", Words("Compared with"), COMPARISONS, fields.comparison),
    ]
    title, send = Words("Ask your data"), Words("Look it up")
    return form.build(action_ids.QUESTION_FORM, title, send, blocks, metadata)


def list_measures(language: str) -> dict[str, str]:
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


async def submit_question_form(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Start a task that looks the figure up."""
    fields = read_question(submission.view)
    if fields.since and fields.until and fields.since > fields.until:
        return FormAnswer({"until": Words("This day is before the first one.")})
    language = await context.language(submission.workspace, submission.user)
    await context.run(_accept_question, context, submission, fields, language)
    return FormAnswer()


def _accept_question(
    session: Session,
    context: ListenerContext,
    submission: ViewSubmission,
    fields: QuestionFields,
    language: str,
) -> None:
    context.services.policy(submission.workspace).require(submission.user, "ask")
    draft = load_visible_draft(session, submission)
    id = task_id(submission.workspace, "question", str(submission.view["id"]))
    query = {"query": fields.model_dump_json(exclude_defaults=True), "language": draft.language}
    words = describe_question(fields, language)
    reports.accept_next_step(session, context, submission, id, words, query)


def describe_question(fields: QuestionFields, language: str) -> str:
    """Return the question in words, for the title of its card: "Revenue by country · France"."""
    words = list_measures(language).get(fields.measure or "", "")
    if fields.split:
        by = Words("by {what}", what=list_splits(language)[fields.split].lower())
        words = f"{words} {by.to(language)}"
    return " · ".join(filter(None, [words, fields.only]))


def _build_date(form: FormBuilder, id: str, label: Words, day: date | None) -> Block:
    initial = {"initial_date": day.isoformat()} if day is not None else {}
    return form.input(id, label, {"type": "datepicker", **initial}, optional=True)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


NUMBER_FIELDS = ("bought_within", "bought_at_least", "not_within", "min_orders", "max_orders")
NOT_A_NUMBER = Words("Write a whole number, 1 or more.")


def prepare_next_step_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    """Build the form of a next step: the rule form when the step has a rule, the question form when
    it has a query, else the brief form."""
    context.services.policy(action.workspace).require(action.user, "ask")
    draft = load_visible_draft(session, action)
    lead = reports.find_next_step(draft, action.ref)
    if "query" in lead.form:
        fields = QuestionFields.model_validate_json(lead.form["query"])
        return lambda language: build_question_form(fields, language, action.ref.pack())
    if lead.skill != "targeting" or "rule" not in lead.form:
        return reports.prepare_brief_form(session, context, action)
    return lambda language: build_rule_form(language, lead, draft.facts, action.ref.pack())


def build_rule_form(language: str, lead: NextStep, facts: Evidence, metadata: str = "") -> Block:
    """Build the fields with the current rule. Products are shown by their titles, one per line."""
    rule = AudienceRule.model_validate_json(lead.form["rule"])
    titles = _find_product_titles(facts)
    categories = dict.fromkeys([*_find_categories(facts), *rule.bought_categories])
    bought = [*rule.bought_named, *(titles.get(key, key) for key in rule.bought)]
    without = [titles.get(key, key) for key in rule.not_bought]
    without += [name for name in rule.not_bought_categories if name not in without]
    platforms = {key: one.title for key, one in PLATFORMS.items()}
    platform = lead.form.get("platform") or DEFAULT_PLATFORMS[rule.purpose]
    form = FormBuilder(language)

    def several(id: str, label: Words, options: Labels, chosen: Sequence[str]) -> Block:
        return form.choices(id, label, options, chosen, type="multi_static_select")

    def lines(id: str, label: Words, values: Sequence[str]) -> Block:
        hint = Words("One per line")
        return form.text(id, label, "\n".join(values), multiline=True, optional=True, hint=hint)

    def number_input(id: str, label: Words) -> Block:
        value = getattr(rule, id)
        return form.text(id, label, "" if value is None else str(value), optional=True)

    blocks = [
        form.menu("platform", Words("For"), platforms, platform, must=True),
        form.menu(
            "purpose", Words("Who may be written to"), CONSENT_LABELS, rule.purpose, must=True
        ),
        several("segments", Words("In one of these groups"), SEGMENT_LABELS, rule.segments),
    ]
    if categories:
        label = Words("Bought from one of these categories")
        named = {one: one for one in categories}
        blocks.append(several("bought_categories", label, named, rule.bought_categories))
    blocks += [
        lines("bought", Words("Bought one of these products"), bought),
        number_input("bought_at_least", Words("How many of them, at least")),
        number_input("bought_within", Words("Bought within (days)")),
        lines("not_bought", Words("Did not buy these"), without),
        number_input("not_within", Words("Not bought for (days)")),
        number_input("min_orders", Words("Orders, at least")),
        number_input("max_orders", Words("Orders, at most")),
        lines("countries", Words("Ordered to these countries"), rule.countries),
        lines("regions", Words("Ordered to these regions"), rule.regions),
        *_describe_kept_rule(rule, titles, language),
    ]
    title, send = Words("Export audience"), Words("Continue")
    return form.build(action_ids.RULE_FORM, title, send, blocks, metadata)


def read_rule(
    view: dict[str, Any], before: AudienceRule, facts: Evidence
) -> tuple[AudienceRule | None, dict[str, Words]]:
    """Read the rule from the form, or return the errors by field.

    A product that was typed keeps its words; the library looks them up.
    """
    keys = {title: key for key, title in _find_product_titles(facts).items()}
    numbers, errors = _read_numbers(view)
    if errors:
        return None, errors
    bought = _read_lines(view, "bought")
    changed = {
        "purpose": read_choice(view, "purpose") or before.purpose,
        "segments": tuple(read_checked(view, "segments")),
        "bought_categories": (
            *read_checked(view, "bought_categories"),
            *_list_unlisted_categories(before),
        ),
        "bought_named": tuple(line for line in bought if line in before.bought_named),
        "bought": tuple(keys.get(line, line) for line in bought if line not in before.bought_named),
        "not_bought": tuple(keys.get(line, line) for line in _read_lines(view, "not_bought")),
        "not_bought_categories": (),  # the lines of the "not bought" field include them
        "countries": tuple(_read_lines(view, "countries")),
        "regions": tuple(_read_lines(view, "regions")),
        **numbers,
    }
    try:
        rule = AudienceRule.model_validate(before.model_dump() | changed)
    except ValidationError as error:
        field, why = _explain_invalid_rule(error)
        return None, {field if field in changed else "purpose": why}
    if rule.impossible:
        field, why = rule.impossible
        return None, {field if field in changed else "purpose": why}
    try:
        adapt_rule(rule, read_choice(view, "platform") or DEFAULT_PLATFORMS[rule.purpose])
    except CannotDo as refusal:
        return None, {"platform": refusal.words}
    return rule, {}


def _list_unlisted_categories(rule: AudienceRule) -> list[str]:
    """Return the categories whose names are too long for a menu: they stay in the rule."""
    return [name for name in rule.bought_categories if count_utf16_units(name) > OPTION_VALUE]


def _explain_invalid_rule(error: ValidationError) -> tuple[str, Words]:
    """Return the first invalid field, and what it may be."""
    first = error.errors()[0]
    limits = first.get("ctx") or {}
    if "le" in limits:
        why = Words("Write {n} or less.", n=limits["le"])
    elif "ge" in limits:
        why = Words("Write {n} or more.", n=limits["ge"])
    else:
        why = Words("This can't be a rule: look at this field again.")
    return str(first["loc"][0]), why


async def submit_rule_form(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Start a task that drafts the audience of the rule, to be approved and exported."""
    return FormAnswer(await context.run(_accept_rule, context, submission))


def _accept_rule(
    session: Session, context: ListenerContext, submission: ViewSubmission
) -> dict[str, Words]:
    context.services.policy(submission.workspace).require(submission.user, "ask")
    draft = load_visible_draft(session, submission)
    lead = reports.find_next_step(draft, submission.ref)
    before = AudienceRule.model_validate_json(lead.form["rule"])
    rule, errors = read_rule(submission.view, before, draft.facts)
    if rule is None:
        return errors
    id = task_id(submission.workspace, "rule", str(submission.view["id"]))
    platform = read_choice(submission.view, "platform")
    form = {"rule": rule.stored, "platform": platform, "language": draft.language}
    reports.accept_next_step(session, context, submission, id, lead.words, form)
    return {}


def _find_product_titles(facts: Evidence) -> dict[str, str]:
    return {f.about: str(f.value) for f in facts.of("audiences") if f.parts.subject == "things"}


def _find_categories(facts: Evidence) -> list[str]:
    category_facts = (fact for fact in facts.of("audiences") if fact.parts.subject == "category")
    return [str(fact.value) for fact in category_facts]


def _describe_kept_rule(rule: AudienceRule, titles: dict[str, str], language: str) -> list[Block]:
    """Say what stays in the rule because the form has no field for it."""
    kept_fields = (
        "like_product",
        "like_category",
        "min_spend",
        "last_from",
        "last_until",
        "orders",
        "rated",
        "any_of",
        "never_ordered",
        "joined_within",
        "reads",
        "viewed",
    )
    rest = AudienceRule(**{name: getattr(rule, name) for name in kept_fields})
    if rest == AudienceRule():
        return []
    return [
        context_block(
            render_words(
                Words("And as before: {rule}", rule=describe_conditions(rest, titles)), language
            )
        )
    ]


def _read_lines(view: dict[str, Any], id: str) -> list[str]:
    lines = (line.strip() for line in read_text(view, id).splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def _read_numbers(view: dict[str, Any]) -> tuple[dict[str, int | None], dict[str, Words]]:
    numbers: dict[str, int | None] = {}
    errors = {}
    for id in NUMBER_FIELDS:
        text = read_text(view, id)
        if text and not (text.isascii() and text.isdigit() and int(text) > 0):
            errors[id] = NOT_A_NUMBER
        numbers[id] = int(text) if text and id not in errors else None
    return numbers, errors
